"""The last fence against secrets: patterns of key material, replaced in every recorded string.

What handles a secret keeps it out of its own output; this module only makes sure that a
device's echo or a forgotten argument doesn't reach a file that people attach to tickets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

HIDDEN: Final = "[redacted]"

# Words whose value is secret: Junos statement names, and what URLs, INI files and argv use.
# Every repetition below is bounded or can't start twice on the same text: a device's reply of
# a megabyte must not cost more than a pass over it.
_WORD: Final = (
    r"(?:(?:password|passwd|passphrase|passcode|secret(?!s?-data\b))[\w-]{0,32}"
    r"|(?<![a-z])(?:ascii-text|hexadecimal|authentication-key|privacy-key|pre-shared-key"
    r"|api[-_]?key|token)(?![\w-]))"
)
_PSK: Final = r"(?<![a-z])psk(?![\w-])"  # with "=" alone: "psk: not compared" is a report's own
# What stands for a secret isn't one: a reference of a testbed, and what was replaced already.
_STAND_IN: Final = (
    r"""(?!"\[redacted\]"|'\[redacted\]'|\[redacted\](?:[\s"',;<>&)}\]]|\Z)"""
    r"""|\{(?:env|keyring|agent|prompt|file): ?[^{}\s"']{1,256}\})"""
)
_VALUE: Final = _STAND_IN + r"""(?:"[^"\n]*"?|'[^'\n]*'?|(?:\[redacted\])?[^\s"',;<>&)}\]]+)"""

_PEM: Final = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r".*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)
# Junos $9$ (reversible), $8$ (master password); crypt(3) $1$ $5$ $6$ $2b$ $y$ $sha1$.
_HASH: Final = re.compile(r"\$(?:9|8|1|5|6|7|y|2[abxy]?|sha1)\$[^\s\"'<>;,)}\]]+")
_ELEMENT: Final = re.compile(
    rf"(?P<name><[^<>/\s]{{0,64}}?{_WORD}[^<>]{{0,256}}>)[^<]+", re.IGNORECASE
)
_ASSIGNED: Final = re.compile(
    rf"""(?P<name>(?:{_WORD}["']?\s{{0,8}}[=:]|{_PSK}\s{{0,8}}=)\s{{0,8}}){_VALUE}""",
    re.IGNORECASE,
)
_STATEMENT: Final = re.compile(
    r"(?P<name>\b(?:ascii-text|hexadecimal|encrypted-password|plain-text-password-value"
    r"|authentication-key|privacy-key|authentication-password|privacy-password|secret)\s{1,8})"
    rf"{_VALUE}",
    re.IGNORECASE,
)
_URL: Final = re.compile(
    r"(?P<name>\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@]{0,256}:)[^\s/@]{1,1024}(?=@)", re.IGNORECASE
)
_PATTERNS: Final = (_ELEMENT, _ASSIGNED, _STATEMENT, _URL)

_SECRET_NAME: Final = re.compile(rf"{_WORD}|{_PSK}", re.IGNORECASE)


def redact(text: str) -> str:
    """Return ``text`` with everything that looks like key material replaced by ``HIDDEN``."""
    text = _PEM.sub(HIDDEN, text)
    text = _HASH.sub(HIDDEN, text)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<name>{HIDDEN}", text)
    return text


def names_a_secret(name: str) -> bool:
    """Say whether a value stored under ``name`` must not be kept, whatever it looks like."""
    return _SECRET_NAME.search(name) is not None


def redact_argv(argv: Sequence[str]) -> tuple[str, ...]:
    """Redact a command line, where an option's value is an argument of its own.

    ``--seed`` counts as secret: every pre-shared key of the run is derived from it.
    """
    kept: list[str] = []
    hide_next = False
    for argument in argv:
        option, assigned, _ = argument.partition("=")
        is_secret = option.startswith("-") and (option == "--seed" or names_a_secret(option))
        if hide_next:
            kept.append(HIDDEN)
        elif is_secret and assigned:
            kept.append(f"{option}={HIDDEN}")
        else:
            kept.append(redact(argument))
        hide_next = is_secret and not assigned and not hide_next
    return tuple(kept)
