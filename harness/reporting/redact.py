"""The last fence against secrets: patterns of key material, replaced in every recorded string.

What handles a secret keeps it out of its own output; this module only makes sure that a
device's echo or a forgotten argument doesn't reach a file that people attach to tickets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

HIDDEN = "[redacted]"

# Words whose value is secret: Junos statement names, and what URLs, INI files and argv use.
_WORD = (
    r"(?:[\w.-]*(?:password|passwd|passphrase|passcode|secret(?!s?-data\b))[\w.-]*"
    r"|ascii-text|hexadecimal|authentication-key|privacy-key|psk|pre-shared-key|api[-_]?key"
    r"|(?:[\w-]+[-_])?token)"
)
_VALUE = r"""(?:"[^"\n]*"?|'[^'\n]*'?|[^\s"',;<>&)}\]]+)"""

_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
    r".*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)
# Junos $9$ (reversible), $8$ (master password); crypt(3) $1$ $5$ $6$ $2b$ $y$ $sha1$.
_HASH = re.compile(r"\$(?:9|8|1|5|6|7|y|2[abxy]?|sha1)\$[^\s\"'<>;,)}\]]+")
_ELEMENT = re.compile(rf"(?P<open><(?:[\w.-]+:)?{_WORD}(?:\s[^<>]*)?>)[^<]+(?=<|\Z)", re.IGNORECASE)
_ASSIGNED = re.compile(
    rf"""(?P<name>(?<![\w-])-{{0,2}}{_WORD}["']?\s*[=:]\s*){_VALUE}""", re.IGNORECASE
)
_STATEMENT = re.compile(
    r"(?P<name>\b(?:ascii-text|hexadecimal|encrypted-password|plain-text-password-value"
    r"|authentication-key|privacy-key|authentication-password|privacy-password|secret)\s+)"
    rf"{_VALUE}",
    re.IGNORECASE,
)
_URL = re.compile(r"(?P<name>\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(?=@)", re.IGNORECASE)

_SECRET_OPTION = re.compile(rf"--?(?:{_WORD}|seed)", re.IGNORECASE)
_SECRET_NAME = re.compile(_WORD, re.IGNORECASE)


def redact(text: str) -> str:
    """Return ``text`` with everything that looks like key material replaced by ``HIDDEN``."""
    text = _PEM.sub(HIDDEN, text)
    text = _HASH.sub(HIDDEN, text)
    text = _ELEMENT.sub(rf"\g<open>{HIDDEN}", text)
    text = _ASSIGNED.sub(rf"\g<name>{HIDDEN}", text)
    text = _STATEMENT.sub(rf"\g<name>{HIDDEN}", text)
    return _URL.sub(rf"\g<name>{HIDDEN}", text)


def names_a_secret(name: str) -> bool:
    """Say whether a value stored under ``name`` must not be kept, whatever it looks like."""
    return _SECRET_NAME.fullmatch(name) is not None


def redact_argv(argv: Sequence[str]) -> tuple[str, ...]:
    """Redact a command line, where an option's value is an argument of its own.

    ``--seed`` counts as secret: every pre-shared key of the run is derived from it.
    """
    kept: list[str] = []
    hide_next = False
    for argument in argv:
        option, assigned, _ = argument.partition("=")
        is_secret = _SECRET_OPTION.fullmatch(option) is not None
        if hide_next:
            kept.append(HIDDEN)
        elif is_secret and assigned:
            kept.append(f"{option}={HIDDEN}")
        else:
            kept.append(redact(argument))
        hide_next = is_secret and not assigned and not hide_next
    return tuple(kept)
