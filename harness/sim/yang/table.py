"""The compiled form of a family of models: what is in the file, reading it and writing it.

One JSON document, compressed by its file name (``.json.xz``, ``.json.gz``, or neither)::

    {"format": "junos-schema", "version": 1, "family": "junos-es", "release": "18.4R3.3",
     "modules": ["junos-es-conf-root@2019-01-01", …], "carried_from": "",
     "musts": [[expression, message], …], "types": [type, …],
     "groupings": [[item, …], …], "root": [item, …],
     "carried_groupings": [[item, …], …], "carried_root": [item, …]}

An item is the number of a grouping (a ``uses``; nothing is expanded in the file), or a list that
begins with its kind (:class:`Item`)::

    [CONTAINER, name, flags, [item, …]]           flags: :class:`Flag`
    [LIST, name, flags, [item, …], [key, …]]
    [LEAF, name, flags, type] and [LEAF_LIST, name, flags, type]
    [EMPTY, name, flags]                          a leaf without a value
    [CHOICE, name, flags, [[case, [item, …]], …]]

and may end in an object with ``must`` (numbers of rules) and ``max`` (elements). A type is
``["string", [[low, high], …], pattern, message, name]``, ``["integer", [[low, high], …]]``,
``["decimal", digits, [[low, high], …]]``, ``["enumeration", [word, …], {word: [rule, …]}]`` or
``["union", [type, …]]``; ``name`` is the vendor's own ("ipaddr", "unreadable").

``carried_…`` is the part of another family that has rules, for a family whose models have none:
it's followed by name beside ``root``, and what it says is marked as inferred.
"""

from __future__ import annotations

import gc
import gzip
import json
import lzma
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from pathlib import Path
from typing import TypeAlias

from harness.errors import UsageError

FORMAT = "junos-schema"
VERSION = 1
_MAX_SIZE = 256 * 1024 * 1024  # bytes of JSON; a family has 15 million

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
ItemBody: TypeAlias = list["Json"]


class Item(IntEnum):
    """The first element of an item."""

    CONTAINER = 0
    LIST = 1
    LEAF = 2
    LEAF_LIST = 3
    EMPTY = 4
    CHOICE = 5


class Flag(IntFlag):
    """What is said of a statement in one number."""

    PRESENCE = 1
    USER_ORDER = 2
    MANDATORY = 4
    RULES = 8  # here or below
    INLINE = 16  # has no apply-groups of its own: printed on one line


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """A compiled family."""

    family: str
    release: str
    modules: tuple[str, ...]
    carried_from: str
    musts: list[list[str]]
    types: list[ItemBody]
    groupings: list[list[Json]]
    root: list[Json]
    carried_groupings: list[list[Json]]
    carried_root: list[Json]

    def __repr__(self) -> str:
        """Name the family; the content is megabytes."""
        return f"<table of {self.family} {self.release}>"


def write_table(table: Table, target: Path) -> int:
    """Write a table, all of it or nothing; return the size of the file in bytes.

    Raises :class:`~harness.errors.UsageError` when the folder can't be written to.
    """
    document = {"format": FORMAT, "version": VERSION}
    document |= {name: getattr(table, name) for name in Table.__slots__}
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=True).encode("ascii")
    if target.suffix == ".xz":
        text = lzma.compress(text, preset=6)
    elif target.suffix == ".gz":
        text = gzip.compress(text, mtime=0)
    try:
        handle, scratch = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(text)
            Path(scratch).chmod(0o644)
            Path(scratch).replace(target)
        except BaseException:
            Path(scratch).unlink(missing_ok=True)
            raise
    except OSError as exc:
        raise UsageError(f"{target}: can't be written ({exc.strerror})") from exc
    return len(text)


def read_table(source: Path) -> Table:
    """Read a compiled table.

    Raises :class:`~harness.errors.UsageError` for a file that isn't one, or of another version.
    """
    try:
        content = _decompressed(source)
    except FileNotFoundError as exc:
        raise UsageError(f"{source}: no such file") from exc
    except IsADirectoryError as exc:
        raise UsageError(f"{source}: is a folder; allowed: a compiled schema") from exc
    except (OSError, EOFError, lzma.LZMAError) as exc:
        raise UsageError(f"{source}: can't be read as a compiled schema ({exc})") from exc
    no_schema = f"{source}: no compiled schema; make one with: harness sim schema build"
    try:
        with without_collection():
            document = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise UsageError(no_schema) from exc
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UsageError(no_schema)
    if document.get("version") != VERSION:
        said = str(document.get("version"))[:20]
        raise UsageError(f"{source}: version {said} of the format, this program reads {VERSION}")
    missing = [name for name in Table.__slots__ if name not in document]
    if missing:
        raise UsageError(f"{source}: incomplete, it lacks {', '.join(missing)}")
    document["modules"] = tuple(document["modules"])
    return Table(**{name: document[name] for name in Table.__slots__})


def _decompressed(source: Path) -> bytes:
    if source.suffix == ".xz":
        with lzma.open(source) as xz:
            content = xz.read(_MAX_SIZE + 1)
    elif source.suffix == ".gz":
        with gzip.open(source) as gz:
            content = gz.read(_MAX_SIZE + 1)
    else:
        with source.open("rb") as plain:
            content = plain.read(_MAX_SIZE + 1)
    if len(content) > _MAX_SIZE:
        raise OSError(f"larger than {_MAX_SIZE} bytes")
    return content


@contextmanager
def without_collection() -> Iterator[None]:
    """Switch the cyclic garbage collector off: it walks a growing table again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
