"""Configurations as devices send them back: statements to compare, and a fingerprint to prove.

Pure. What a plan renders to and what a device reads back go through the same flattening, so the
comparison never depends on white space, name spaces, comments or the dialect of the session.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice, takewhile
from types import MappingProxyType

from lxml import etree

from harness.document.xml import parse
from harness.errors import DeviceError

Path = tuple[str, ...]

HIDDEN = "<secret>"  # stands for every key in a path, so that no finding can hold one

# Attributes that are configuration. All others say who asked, when, and in which dialect:
# junos:changed-seconds, junos:commit-user, timestamp, operation, xmlns …
KEPT_ATTRIBUTES = ("inactive", "protect")

# A list entry is identified by its leading key leaves. 3049 of the 3064 keyed lists of the 18.4R3
# models use "name"; policies between zones are the one other list that a tunnel device carries.
_KEYS = frozenset({"name", "from-zone-name", "to-zone-name"})

# An encoded or hashed secret: $9$ and $8$ (reversible), $1$ $5$ $6$ $sha1$ (hashes), or the
# comment that Junos puts there for a login without the secret permission.
_SECRET_TEXT = re.compile(r"\$(?:\d|sha1)\$|/\* SECRET-DATA \*/")
_SECRET_LEAVES = frozenset({"ascii-text", "hexadecimal", "encrypted-password"})

# The baseline and what was committed on top of it are read seven times in a rung, by parts that
# know nothing of each other: enough for the devices that are worked on at once, and no more, as
# the statements of 1500 tunnels take 15 MB.
_TEXTS_KEPT = 8

# What the head of a configuration says of the commit; the same statements come under several.
_OF_THE_COMMIT = re.compile(r'\s(?:\w+:)?(?:changed|commit)-(?:seconds|localtime|user)="[^"<>]*"')


@dataclass(frozen=True, slots=True)
class Statements:
    """A configuration as paths in the device's order, keys apart.

    A path is ``("security", "ike", "gateway", "hil-t00001", "address", "198.18.0.1")``: list
    entries add their key, leaves their value. Containers and entries have a path of their own, so
    that adding to an empty one removes nothing. A deactivated or protected node has one more path
    that ends in ``<inactive>`` or ``<protect>``. ``secrets`` maps the paths that end in ``HIDDEN``
    to the values as they were read, several for a list of keys; it's not shown by ``repr``.
    """

    paths: tuple[Path, ...]
    secrets: Mapping[Path, tuple[str, ...]] = field(
        default_factory=lambda: MappingProxyType({}), repr=False
    )
    _members: list[frozenset[Path]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )  # once they were asked for

    @property
    def members(self) -> frozenset[Path]:
        """Return the paths without their order."""
        if not self._members:
            self._members.append(frozenset(self.paths))
        return self._members[0]


def parse_document(text: str | bytes) -> etree._Element:
    """Parse XML from a device: no entities, no network, no DTD, bounded size and depth.

    A fragment cut out of a reply may use prefixes that were declared outside of it
    (``junos:changed-seconds``); the returned element is a wrapper that declares them and holds
    what was given. Raises :class:`~harness.errors.DeviceError` when it isn't well-formed.
    """
    return parse(text, "XML", fragment=True)


def local_name(element: etree._Element) -> str:
    """Return the tag without its name space, which differs by release and dialect."""
    tag = element.tag
    return tag.rpartition("}")[2] if "}" in tag else tag


def configuration_of(text: str | bytes) -> etree._Element:
    """Return the one ``<configuration>`` of a reply.

    Raises :class:`~harness.errors.DeviceError` when there is none or more than one.
    """
    found = [*parse_document(text).iter("{*}configuration")]
    if len(found) != 1:
        raise DeviceError(
            f"unreadable configuration: expected one <configuration>, found {len(found)}"
        )
    return found[0]


def is_secret(leaf: str, text: str) -> bool:
    """Say whether the value of a leaf is a key, a password or a hash."""
    return leaf in _SECRET_LEAVES or _SECRET_TEXT.match(text) is not None


def keys_of(element: etree._Element) -> tuple[str, ...]:
    """Return the values of the leading keys that make ``element`` an entry; () for any other."""
    keys = takewhile(lambda child: local_name(child) in _KEYS and not len(child), element)
    return tuple((key.text or "").strip() for key in keys)


def statements(configuration: str | bytes) -> Statements:
    """Flatten configuration XML into statements; see :class:`Statements` for the shape.

    Raises :class:`~harness.errors.DeviceError` when the XML can't be read.
    """
    return _statements(_timeless(configuration))


@lru_cache(maxsize=_TEXTS_KEPT)
def _statements(configuration: str | bytes) -> Statements:
    root = configuration_of(configuration)
    walk = _Walk(marked=_has_kept_attributes(configuration))
    walk.children(root, ())
    return Statements(
        tuple(walk.paths),
        MappingProxyType({path: tuple(read) for path, read in walk.secrets.items()}),
    )


def fingerprint(configuration: str | bytes) -> str:
    """Return the SHA-256 (hex) of the normalised configuration.

    Kept: element names, values, order, ``inactive`` and ``protect``. Dropped: name spaces,
    XML comments, surrounding white space, every other attribute (when, by whom, which dialect).
    Raises :class:`~harness.errors.DeviceError` when the XML can't be read.
    """
    return _fingerprint(_timeless(configuration))


@lru_cache(maxsize=_TEXTS_KEPT)
def _fingerprint(configuration: str | bytes) -> str:
    root = configuration_of(configuration)
    marked = _has_kept_attributes(configuration)
    text: list[str] = []
    _normalise(root, text.append, {}, marked=marked)
    return hashlib.sha256("".join(text).encode()).hexdigest()


def _timeless(configuration: str | bytes) -> str | bytes:
    """Leave out when and by whom it was committed, so that what is the same is read once."""
    if isinstance(configuration, bytes):
        return configuration
    start = configuration.find("<configuration")
    end = configuration.find(">", start)
    if min(start, end) < 0:
        return configuration
    return "".join(
        (
            configuration[:start],
            _OF_THE_COMMIT.sub("", configuration[start:end]),
            configuration[end:],
        )
    )


def deepest(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the paths that no other one extends, sorted: what a person would call statements."""
    ordered = sorted(paths)
    afterwards = [*ordered[1:], ()] if ordered else []
    return tuple(
        path for path, after in zip(ordered, afterwards, strict=True) if after[: len(path)] != path
    )


def _has_kept_attributes(configuration: str | bytes) -> bool:
    # Reading the attributes of 45 000 elements costs a third of the walk, and they are rare.
    if isinstance(configuration, bytes):
        return any(f"{name}=".encode() in configuration for name in KEPT_ATTRIBUTES)
    return any(f"{name}=" in configuration for name in KEPT_ATTRIBUTES)


class _Walk:
    """One pass over the tree; tags are resolved once, not 45 000 times."""

    def __init__(self, *, marked: bool) -> None:
        self.paths: list[Path] = []
        self.secrets: dict[Path, list[str]] = {}
        self._marked = marked
        self._tags: dict[str, str] = {}

    def children(self, parent: Iterable[etree._Element], path: Path) -> None:
        """Add a path for every element of ``parent`` and below, in order."""
        tags = self._tags
        add = self.paths.append
        for child in parent:
            tag = tags.get(child.tag) or self._tag(child)
            if len(child):
                here = self._container(child, (*path, tag))
            else:
                text = (child.text or "").strip()
                here = self._leaf((*path, tag), text) if text else (*path, tag)
                add(here)
            if self._marked:
                self.paths.extend((*here, f"<{n}>") for n in KEPT_ATTRIBUTES if child.get(n))

    def _container(self, element: etree._Element, path: Path) -> Path:
        keys = 0
        for key in element:
            if (self._tags.get(key.tag) or self._tag(key)) not in _KEYS or len(key):
                break
            path = (*path, (key.text or "").strip())
            keys += 1
        self.paths.append(path)
        self.children(islice(element, keys, None), path)
        return path

    def _leaf(self, path: Path, text: str) -> Path:
        if not is_secret(path[-1], text):
            return (*path, text)
        hidden = (*path, HIDDEN)
        self.secrets.setdefault(hidden, []).append(text)
        return hidden

    def _tag(self, element: etree._Element) -> str:
        return self._tags.setdefault(element.tag, local_name(element))


def _normalise(
    root: etree._Element, add: Callable[[str], None], tags: dict[str, str], *, marked: bool
) -> None:
    """Write the document with lengths in front of values, so that no value can imitate a tag."""
    for element in root:
        tag = tags.get(element.tag) or tags.setdefault(element.tag, local_name(element))
        text = (element.text or "").strip()
        marks = [n for n in KEPT_ATTRIBUTES if element.get(n)] if marked else ()
        add(f"<{tag} {' '.join(marks)}{len(text)}:{text}")
        if len(element):
            _normalise(element, add, tags, marked=marked)
        add(">")
