"""The reversible ``$9$`` form in which Junos stores pre-shared keys.

A widely published obfuscation, not encryption: each byte becomes the gaps between neighbouring
letters of a fixed 65-letter alphabet. A salt letter leads, followed by up to three fill letters;
how many depends on the group of the alphabet that the salt is from.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

PREFIX = "$9$"

_GROUPS = ("QzF3n6/9CAtpu0O", "B1IREhcSyrleKvMW8LXx", "7N-dVbwsY2g4oaJZGUDj", "iHkq.mPf5T")
_ALPHABET = "".join(_GROUPS)
_SIZE = len(_ALPHABET)
_LETTERS = frozenset(_ALPHABET)
_INDEX = {letter: index for index, letter in enumerate(_ALPHABET)}
_FILL = {letter: 3 - group for group, letters in enumerate(_GROUPS) for letter in letters}
# How many times each weight goes into a byte is what a gap says; the row is the position mod 7.
_WEIGHTS = (
    (1, 4, 32),
    (1, 16, 32),
    (1, 8, 32),
    (1, 64),
    (1, 32),
    (1, 4, 16, 128),
    (1, 32, 64),
)


class Salts:
    """Salt and fill letters, one set per key; the same seed gives the same sequence."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self.count = 0

    def next(self) -> str:
        """Return the salt letter and the fill letters that it asks for."""
        digest = hashlib.blake2b(self._seed + self.count.to_bytes(8, "big"), digest_size=4)
        self.count += 1
        salt, *fill = (_ALPHABET[byte % _SIZE] for byte in digest.digest())
        return salt + "".join(fill[: _FILL[salt]])


@lru_cache(maxsize=_SIZE * len(_WEIGHTS) * 96)
def _letters(byte: int, row: int, previous: int) -> tuple[str, int]:
    """Encode one byte after the letter ``previous``; return its letters and the last one."""
    gaps: list[int] = []
    for weight in reversed(_WEIGHTS[row]):
        gaps.append(byte // weight)
        byte %= weight
    letters = ""
    for gap in reversed(gaps):
        previous = (previous + gap + 1) % _SIZE
        letters += _ALPHABET[previous]
    return letters, previous


def encode(clear: str, salt: str) -> str:
    """Return the stored form of ``clear``; ``salt`` is what :meth:`Salts.next` gives."""
    previous = _INDEX[salt[0]]
    parts = [PREFIX, salt]
    for position, byte in enumerate(clear.encode()):
        letters, previous = _letters(byte, position % 7, previous)
        parts.append(letters)
    return "".join(parts)


def decode(stored: str) -> str | None:
    """Return the clear text of a stored form; None when it isn't one."""
    body = stored.removeprefix(PREFIX)
    if body == stored or not body or not _LETTERS.issuperset(body):
        return None
    places = [_INDEX[letter] for letter in body[1 + _FILL[body[0]] :]]
    previous = _INDEX[body[0]]
    clear = bytearray()
    start, end = 0, len(places)
    while start < end:
        weights = _WEIGHTS[len(clear) % 7]
        if start + len(weights) > end:
            return None
        byte = 0
        for weight in weights:
            place = places[start]
            byte += ((place - previous) % _SIZE - 1) * weight
            previous = place
            start += 1
        clear.append(byte % 256)
    try:
        return clear.decode()
    except UnicodeDecodeError:
        return None


def same_secret(one: str, other: str) -> bool:
    """Say whether two values, clear or stored, are the same key."""
    if one == other:
        return True
    return (decode(one) or one) == (decode(other) or other)
