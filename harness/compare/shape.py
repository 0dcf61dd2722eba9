"""From an answer to the lines that are held against another device's: pure.

What differs between any two devices (names, times, addresses, numbers) is masked; what software
is written against (elements, attributes, namespaces, prefixes, error fields and their texts)
stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from harness.compare.probe import Judging
from harness.document.xml import parse
from harness.errors import DeviceError

_BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"
_FRAMES = re.compile(r"]]>]]>")
_JUNOS_NAMESPACE = re.compile(r"http://xml\.juniper\.net/junos/[^/]+/(junos(?:-[\w-]+)?)\Z")
_YANG_NAMESPACE = re.compile(
    r"http://yang\.juniper\.net/.+/(configuration)/.*|http://yang\.juniper\.net/(.+)"
)

# Attributes by which two replies to one request always differ, or that a client chose.
_OWN_ATTRIBUTES = frozenset(("message-id",))
# Elements whose text is the device's own business; only that there is some counts.
_VOLATILE = frozenset(("session-id", "serial-number", "host-name", "filename"))

_MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?: ?[A-Z]{2,5}|Z|[+-]\d\d:?\d\d)?"
        ),
        "TIME",
    ),
    (re.compile(r"\bidle (?:\d+d )?\d\d:\d\d(?::\d\d)?"), "idle DURATION"),
    (re.compile(r"\b\d+:\d\d(?::\d\d)?\b"), "DURATION"),
    (re.compile(r"\bpid \d+"), "pid N"),
    (re.compile(r"\bterminal (?:pts/\d+|p\d+|u\d+|d\d+|console|-)?"), "terminal T"),
    (re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}(?:/\d+)?\b"), "ADDRESS"),
    (re.compile(r"\b\d\d\.\d[A-Z][\w.-]*"), "RELEASE"),
    (re.compile(r"\b(?:re|fpc|node)\d+\b"), "ENGINE"),
    (re.compile(r"\b\d+\b"), "N"),
)
_BY_USER = re.compile(r"\b(locked by|by|user)(:?) [\w.-]+")
_LABEL = re.compile(r"(?:\A|\s{2,}|, )([A-Za-z][A-Za-z0-9 ()/_-]{0,40}?)\s{0,4}:(?=\s|\Z)")
_OWN_CAPABILITY = "urn:hil-harness:"  # by which the simulated device declares itself
_OWN_WORDS = re.compile(r"\s*\[simulated\]")


@dataclass(frozen=True, slots=True)
class Lines:
    """One answer as lines; ``ordered`` says whether their order counts."""

    lines: tuple[str, ...]
    ordered: bool


def lines_of(text: str, judging: Judging, *, user: str, host: str) -> Lines:
    """Return what of ``text`` is compared; ``user`` and ``host`` are masked where they appear."""
    mask = _Mask(user, host)
    if judging is Judging.UNJUDGED:
        return Lines((), ordered=False)
    if judging is Judging.LABELS:
        return Lines(tuple(dict.fromkeys(_labels(text, mask))), ordered=False)
    root = _parsed(text)
    if root is None:
        return Lines(("not well-formed XML",), ordered=False)
    if judging is Judging.SHAPE:
        return Lines(tuple(dict.fromkeys(_whole(root, mask, with_text=False))), ordered=False)
    if judging is Judging.NEWEST:
        entry = root.find(".//{*}commit-history")
        newest = _walk(entry, "", mask, with_text=True) if entry is not None else ("no history",)
        return Lines(tuple(newest), ordered=True)
    return Lines(tuple(_whole(root, mask, with_text=True)), ordered=True)


def unchanged(answer: str) -> bool:
    """Say whether an answer to ``compare="rollback"`` shows no difference."""
    root = _parsed(answer)
    if root is None:
        return False
    outputs = list(root.iter("{*}configuration-output"))
    return bool(outputs) and not any((each.text or "").strip() for each in outputs)


def own_words(line: str) -> bool:
    """Say whether a line holds words that the simulator marks as its own."""
    return _OWN_WORDS.search(line) is not None


class _Mask:
    """Replaces what differs between any two devices."""

    def __init__(self, user: str, host: str) -> None:
        names = [(host, "HOST"), (user, "USER")]
        self._names = [
            (re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])"), word)
            for name, word in names
            if name
        ]

    def __call__(self, text: str) -> str:
        text = " ".join(text.split())
        for pattern, word in self._names:
            text = pattern.sub(word, text)
        text = _BY_USER.sub(r"\1\2 USER", text)
        for pattern, word in _MASKS:
            text = pattern.sub(word, text)
        return text


def _parsed(text: str) -> etree._Element | None:
    try:
        return parse(_FRAMES.sub("", text).lstrip(), "answer", comments=True, huge=True)
    except DeviceError:
        return None


def _whole(root: etree._Element, mask: _Mask, *, with_text: bool) -> Iterator[str]:
    yield from _comments(root, mask)
    yield from _walk(root, "", mask, with_text=with_text)


def _comments(root: etree._Element, mask: _Mask) -> Iterator[str]:
    """Yield the comments before the root: the device's hello has two."""
    found = []
    before = root.getprevious()
    while before is not None:
        found.append(f"comment {mask(str(before.text))}")
        before = before.getprevious()
    return reversed(found)


def _walk(element: etree._Element, above: str, mask: _Mask, *, with_text: bool) -> Iterator[str]:
    """Yield a line for the element, one for each attribute, and what is below."""
    here = f"{above}/{_name(element, above)}"
    text = (element.text or "").strip()
    tag = etree.QName(element).localname
    if with_text and text and len(element) == 0:
        yield f"{here} = {'…' if tag in _VOLATILE else mask(text)}"
    else:
        yield here
    for attribute in sorted(map(str, element.attrib)):
        name = etree.QName(attribute)
        if name.localname not in _OWN_ATTRIBUTES:
            yield f"{here}@{_family(name.namespace)}{name.localname}"
    for child in element:
        if isinstance(child.tag, str) and not (child.text or "").startswith(_OWN_CAPABILITY):
            yield from _walk(child, here, mask, with_text=with_text)


def _name(element: etree._Element, above: str) -> str:
    """Return the local name, with the prefix of NETCONF's own tags or the namespace of a root."""
    name = etree.QName(element)
    if name.namespace == _BASE and element.prefix:
        return f"{element.prefix}:{name.localname}"
    parent = element.getparent()
    inherited = parent is not None and etree.QName(parent).namespace == name.namespace
    if not above or inherited or name.namespace in {None, _BASE}:
        return name.localname
    return f"{{{_family(name.namespace).rstrip(':')}}}{name.localname}"


def _family(namespace: str | None) -> str:
    """Return a namespace without what changes with the release."""
    if namespace is None:
        return ""
    if namespace == _BASE:
        return "nc:"
    if found := _JUNOS_NAMESPACE.fullmatch(namespace):
        return f"{found[1]}:"
    if found := _YANG_NAMESPACE.fullmatch(namespace):
        return f"{found[1] or found[2]}:"
    return f"{namespace}:"


def _labels(text: str, mask: _Mask) -> Iterator[str]:
    """Yield the labels of a command's output, and its errors whole."""
    for line in text.splitlines():
        bare = line.strip()
        if bare.startswith(("error:", "warning:", "syntax error", "unknown command")):
            yield mask(bare)
            continue
        for label in _LABEL.findall(line.rstrip()):
            yield f"label {mask(label)}"
