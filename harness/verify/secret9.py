"""Keys as devices read them back: ``$9$`` decoded in memory, compared by digest, never shown.

``$9$`` is an obfuscation, published many times (CPAN Crypt::Juniper): a character stands for the
distance to the one before it in a fixed alphabet, and distances are digits of a mixed radix.
``$8$`` is encrypted under the device's master password and can't be read here.
"""

from __future__ import annotations

import hashlib
import hmac
from enum import Enum

_FAMILIES = ("QzF3n6/9CAtpu0O", "B1IREhcSyrleKvMW8LXx", "7N-dVbwsY2g4oaJZGUDj", "iHkq.mPf5T")
_ALPHABET = "".join(_FAMILIES)
_INDEX = {character: index for index, character in enumerate(_ALPHABET)}
# The first character says how many random ones follow it before the text begins.
_PADDING = {character: 3 - number for number, f in enumerate(_FAMILIES) for character in f}
_WEIGHTS = ((1, 4, 32), (1, 16, 32), (1, 8, 32), (1, 64), (1, 32), (1, 4, 16, 128), (1, 32, 64))
_MAGIC = "$9$"
_OPAQUE = ("$8$", "/*")  # encrypted; hidden from this login


class Comparison(Enum):
    """What can be said about two keys without showing either."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_COMPARED = "not compared"


def decode(encoded: str) -> str | None:
    """Return the clear text of a ``$9$`` string, None when it isn't a well-formed one."""
    body = encoded.removeprefix(_MAGIC)
    if body == encoded or not body or any(character not in _INDEX for character in body):
        return None
    rest = body[1 + _PADDING[body[0]] :]
    previous = body[0]
    clear = bytearray()
    while rest:
        weights = _WEIGHTS[len(clear) % len(_WEIGHTS)]
        if len(rest) < len(weights):
            return None
        value = 0
        for weight, character in zip(weights, rest, strict=False):  # only as many as weights
            value += weight * ((_INDEX[character] - _INDEX[previous]) % len(_ALPHABET) - 1)
            previous = character
        clear.append(value % 256)
        rest = rest[len(weights) :]
    return clear.decode("utf-8", errors="replace") if clear else None


def readable(read: str) -> str | None:
    """Return what of a key can be compared, None when nothing can.

    A hash ($1$, $5$, $6$) is compared as it is: it changes only when somebody sets it anew.
    """
    if read.startswith(_MAGIC):
        return decode(read)
    return None if read.startswith(_OPAQUE) else read


def compare(one: str, other: str) -> Comparison:
    """Compare two keys, each in clear or as read back."""
    if _same(one, other):
        return Comparison.SAME
    clear_one, clear_other = readable(one), readable(other)
    if clear_one is None or clear_other is None:
        return Comparison.NOT_COMPARED
    return Comparison.SAME if _same(clear_one, clear_other) else Comparison.DIFFERENT


def _same(one: str, other: str) -> bool:
    digests = (hashlib.sha256(text.encode()).digest() for text in (one, other))
    return hmac.compare_digest(*digests)
