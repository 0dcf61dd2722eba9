"""The reversible ``$9$`` form in which Junos stores pre-shared keys.

A widely published obfuscation, not encryption: each byte becomes the gaps between neighbouring
letters of a fixed 65-letter alphabet. A salt letter leads, followed by up to three fill letters;
how many depends on the group of the alphabet that the salt is from.
"""

from __future__ import annotations

import hashlib
from functools import cache
from itertools import accumulate, cycle
from operator import getitem

PREFIX = "$9$"

_GROUPS = ("QzF3n6/9CAtpu0O", "B1IREhcSyrleKvMW8LXx", "7N-dVbwsY2g4oaJZGUDj", "iHkq.mPf5T")
_ALPHABET = "".join(_GROUPS)
_SIZE = len(_ALPHABET)
_LETTERS = frozenset(_ALPHABET)
_LETTER_OF_BYTE = bytes(ord(_ALPHABET[byte % _SIZE]) for byte in range(256))
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
        letters = digest.digest().translate(_LETTER_OF_BYTE).decode()
        return letters[: 1 + _FILL[letters[0]]]


@cache
def _steps() -> tuple[tuple[bytes, ...], ...]:
    """Return, by position mod 7 and byte, how far each letter is from the one before."""
    return tuple(tuple(_steps_of(byte, row) for byte in range(256)) for row in _WEIGHTS)


def _steps_of(byte: int, row: tuple[int, ...]) -> bytes:
    gaps: list[int] = []
    for weight in reversed(row):
        gaps.append(byte // weight)
        byte %= weight
    return bytes(gap + 1 for gap in reversed(gaps))


@cache
def _ring(turns: int) -> str:
    """Return the alphabet so many times: who goes through it needn't begin again at its end."""
    return _ALPHABET * turns


def encode(clear: str, salt: str) -> str:
    """Return the stored form of ``clear``; ``salt`` is what :meth:`Salts.next` gives."""
    data = clear.encode()
    # The steps of all bytes at once: a key of 32 characters takes 4 µs in place of 9, and 15 where
    # the encodings of bytes seen before were kept, as there are 44,000 of them to keep.
    steps = b"".join(map(getitem, cycle(_steps()), data))
    ring = _ring(128 * (len(data) // 64 + 1) + 1)  # a byte goes less than twice round
    letters = [ring[place] for place in accumulate(steps, initial=_INDEX[salt[0]])]
    return f"{PREFIX}{salt}{''.join(letters[1:])}"


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
