"""Reading a document's plain data in which anything may have the wrong type."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

from harness.document.parse import Value
from harness.document.problems import Path

Raw = dict[str, Value]
Found = Iterator[tuple[Path, str]]  # where, and what's wrong with what is allowed


def at(value: Value, *keys: str) -> Value:
    """Return what stands at a path of keys, None where there's nothing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def mapping(value: Value) -> dict[str, Value]:
    """Return a mapping, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def entries(data: Value, part: str) -> dict[str, Raw]:
    """Return the mappings of a top-level part by name."""
    return {name: raw for name, raw in mapping(at(data, part)).items() if isinstance(raw, dict)}


def number(value: Value) -> int | None:
    """Return a whole number, None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def words(value: Value) -> list[str]:
    """Return the texts of a list."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def network(text: Value) -> IPv4Network | None:
    """Return a network, bits behind its length cut off."""
    if not isinstance(text, str) or "/" not in text:
        return None
    try:
        return IPv4Network(text, strict=False)
    except (AddressValueError, NetmaskValueError):
        return None


def pool(text: Value) -> IPv4Network | None:
    """Return a network that hosts can have, written as it should be; else None."""
    found = network(text)
    if found is None or str(found) != text:
        return None
    return None if found.is_multicast or found.is_loopback or found.is_reserved else found


def pools(raw: Raw, first: str, second: str) -> Found:
    """Say what is wrong with two pools, alone and beside each other."""
    for key in (first, second):
        found = network(raw.get(key))
        if found is None or pool(raw.get(key)) is not None:
            continue
        if str(found) != raw.get(key):
            yield (key,), f"has bits set behind its length; allowed: {found}"
        else:
            yield (key,), "is not unicast; allowed: a network that hosts can have"
    one, other = pool(raw.get(first)), pool(raw.get(second))
    if one is not None and other is not None and one.overlaps(other):
        yield (
            (second,),
            f"overlaps {first} ({one}); allowed: two pools without a common address",
        )
