"""Hide keys by where they stand: in elements and statements that Junos keeps unreadable; pure.

What's found by its looks alone (a password after ``password=``) is left to
:mod:`harness.reporting.redact`; both pass over everything that's written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

HIDDEN: Final = "*hidden*"  # one word without brackets: whoever hides values again takes it whole

# Leaves of type ``jt:unreadable`` in Juniper's models of 18.4R3 (junos, junos-es, junos-nfx),
# and the names under which older releases and loads in clear have the same.
_PLAIN: Final = (
    "ascii-text", "hexadecimal", "encrypted-password", "plain-text-password",
    "plain-text-password-value", "pre-shared-key-value", "authentication-key", "auth_key",
    "hello-authentication-key", "authentication-password", "privacy-password", "privacy-key",
    "simple-password", "challenge-password", "default-password", "local-password",
    "pap-password", "ila-password", "secret", "chap-secret", "default-chap-secret",
    "preauthentication-secret", "shared-secret", "encrypted-sim-unlock-code", "keyname",
)  # fmt: skip
# Their names mean other things elsewhere: as a statement they count where the value is quoted.
_AMBIGUOUS: Final = (
    "password", "key", "value", "authentication", "community-name", "url-parameter",
)  # fmt: skip


def _any(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


# One pass each, nothing that can start twice on the same text: replies have megabytes.
_ELEMENT: Final = re.compile(
    rf"(?P<name><(?:[\w.-]{{1,40}}:)?(?:{_any((*_PLAIN, *_AMBIGUOUS))})(?:\s[^<>]*)?(?<!/)>)"
    r"(?=[^<]*[^<\s])[^<]+"
)
_QUOTED: Final = r'(?:"[^"\n]*"?|&quot;.{0,1024}?(?:&quot;|$))'
_STATEMENT: Final = re.compile(
    rf"(?P<name>(?<![\w-])(?:{_any(_PLAIN)})[ \t]{{1,8}})(?:{_QUOTED}|(?![{{<\[])[^\s;<]+)"
    rf"|(?P<other>(?<![\w-])(?:{_any(_AMBIGUOUS)})[ \t]{{1,8}}){_QUOTED}",
    re.MULTILINE,
)
# $9$ and $8$ are reversible, the others are hashes of crypt(3).
_ENCODED: Final = re.compile(r"\$(?:9|8|1|5|6|7|y|2[abxy]?|sha1)\$[^\s\"'<>;,)}\]&]+")
_KEY_NAME: Final = r"[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
_PEM: Final = re.compile(rf"-----BEGIN {_KEY_NAME}.*?(?:-----END {_KEY_NAME}|\Z)", re.DOTALL)
_PEM_END: Final = re.compile(rf"-----END {_KEY_NAME}")
_SHORTEST: Final = 4  # characters; a shorter password is a part of ordinary words


def hide(text: str, known: Iterable[str] = ()) -> str:
    """Return ``text`` with every key replaced by ``HIDDEN``.

    ``known`` are secrets by their value: a login's own password, wherever a device repeats it.
    """
    text = _PEM.sub(HIDDEN, text)
    if end := _PEM_END.search(text):  # it began in what was cut off
        text = HIDDEN + text[end.end() :]
    text = _ELEMENT.sub(rf"\g<name>{HIDDEN}", text)
    text = _STATEMENT.sub(_hidden, text)
    text = _ENCODED.sub(HIDDEN, text)
    for value in known:
        if len(value) >= _SHORTEST:
            text = text.replace(value, HIDDEN)
    return text


def values(text: str) -> frozenset[str]:
    """Return the values that :func:`hide` finds in statements of ``text``, without quotes."""
    found = (m[0][len(m["name"] or m["other"]) :] for m in _STATEMENT.finditer(text))
    return frozenset(value.strip('"') for value in found if value.strip('"'))


def _hidden(found: re.Match[str]) -> str:
    return f"{found['name'] or found['other']}{HIDDEN}"
