"""Directories and files of one device, kept in memory up to a capacity."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from harness.sim.files.errors import FileError, Reason
from harness.sim.files.paths import Parts, home, split

CAPACITY: Final = 256 * 1024 * 1024  # bytes of all files of a device
MAX_ENTRIES: Final = 10_000  # files and directories of a device
_WRITABLE: Final = ("var", "tmp", "config", "root")  # the rest is the read-only system image


@dataclass(slots=True)
class File:
    """A regular file."""

    owner: str
    modified: datetime
    mode: int = 0o644
    content: bytearray = field(default_factory=bytearray)

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return len(self.content)


@dataclass(slots=True)
class Directory:
    """A directory; ``entries`` are in the order of their making."""

    owner: str
    modified: datetime
    mode: int = 0o755
    entries: dict[str, File | Directory] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Return what the directory itself occupies, as FreeBSD counts it."""
        return 512


Entry = File | Directory


class FileSystem:
    """What a device's shell, CLI and file transfer see; every path is absolute.

    All operations raise :class:`FileError`.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        capacity: int = CAPACITY,
        image: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        """``image``: files of the read-only part, by absolute path."""
        self._now = now
        self.capacity = capacity
        self.used = 0
        self._count = 0
        self._root = Directory("root", now())
        for path in ("/var/tmp", "/var/log", "/var/home", "/var/db/config", "/config", "/root"):  # noqa: S108 - the device's own
            self._make_all(split(path))
        self._make_all(("tmp",))
        for path, content in image.items():
            directory = self._make_all(split(path)[:-1])
            directory.entries[split(path)[-1]] = File("root", now(), content=bytearray(content))

    def find(self, path: str) -> Entry:
        """Return what is at ``path``."""
        return self._find(split(path), path)

    def exists(self, path: str) -> bool:
        """Say whether anything is at ``path``."""
        try:
            self.find(path)
        except FileError:
            return False
        return True

    def is_directory(self, path: str) -> bool:
        """Say whether a directory is at ``path``."""
        return self.exists(path) and isinstance(self.find(path), Directory)

    def names(self, path: str) -> list[str]:
        """Return the names in a directory, sorted."""
        found = self.find(path)
        if not isinstance(found, Directory):
            raise FileError(Reason.NOT_A_DIRECTORY, path)
        return sorted(found.entries)

    def file(self, path: str) -> File:
        """Return the file at ``path``."""
        found = self.find(path)
        if isinstance(found, Directory):
            raise FileError(Reason.IS_A_DIRECTORY, path)
        return found

    def read(self, path: str) -> bytes:
        """Return what a file holds."""
        return bytes(self.file(path).content)

    def create(self, path: str, owner: str, mode: int = 0o644) -> File:
        """Make an empty file, or empty the one that is there."""
        directory, name = self._parent(path)
        found = directory.entries.get(name)
        if isinstance(found, Directory):
            raise FileError(Reason.IS_A_DIRECTORY, path)
        if found is not None:
            self.truncate(found, 0)
            return found
        made = File(owner, self._now(), mode & 0o7777)
        self._add(directory, name, made, path)
        return made

    def write(self, path: str, content: bytes, owner: str) -> None:
        """Make ``content`` all that the file holds."""
        self.write_at(self.create(path, owner), 0, content, path)

    def append(self, path: str, content: bytes, owner: str) -> None:
        """Add ``content`` to the end of the file, which is made if it isn't there."""
        file = self.file(path) if self.exists(path) else self.create(path, owner)
        self.write_at(file, file.size, content, path)

    def write_at(self, file: File, offset: int, data: bytes, path: str) -> None:
        """Write into a file; a hole before ``offset`` is filled with zero bytes."""
        growth = max(0, offset + len(data) - file.size)
        if self.used + growth > self.capacity:
            raise FileError(Reason.NO_SPACE, path)
        if offset > file.size:
            file.content.extend(bytes(offset - file.size))
        file.content[offset : offset + len(data)] = data
        self.used += growth
        file.modified = self._now()

    def refresh(self, path: str, content: bytes) -> None:
        """Let a file of the system itself hold ``content``, whatever room there is."""
        file = self.file(path) if self.exists(path) else self.create(path, "root", 0o640)
        self.used += len(content) - file.size
        file.content[:] = content
        file.modified = self._now()

    def truncate(self, file: File, size: int, path: str = "") -> None:
        """Cut a file, or fill it with zero bytes, to ``size``."""
        if size < file.size:
            self.used -= file.size - size
            del file.content[size:]
        elif size > file.size:
            self.write_at(file, size, b"", path)
        file.modified = self._now()

    def make_directory(self, path: str, owner: str, mode: int = 0o755) -> None:
        """Make one directory in an existing one."""
        directory, name = self._parent(path)
        if name in directory.entries:
            raise FileError(Reason.EXISTS, path)
        self._add(directory, name, Directory(owner, self._now(), mode & 0o7777), path)

    def remove(self, path: str) -> None:
        """Remove a file."""
        directory, name = self._parent(path)
        found = directory.entries.get(name)
        if found is None:
            raise FileError(Reason.MISSING, path)
        if isinstance(found, Directory):
            raise FileError(Reason.IS_A_DIRECTORY, path)
        self._drop(directory, name)

    def remove_directory(self, path: str) -> None:
        """Remove an empty directory."""
        directory, name = self._parent(path)
        found = directory.entries.get(name)
        if found is None:
            raise FileError(Reason.MISSING, path)
        if not isinstance(found, Directory):
            raise FileError(Reason.NOT_A_DIRECTORY, path)
        if found.entries:
            raise FileError(Reason.NOT_EMPTY, path)
        self._drop(directory, name)

    def remove_tree(self, path: str) -> None:
        """Remove a file, or a directory with all that is in it."""
        if self.is_directory(path):
            for name in self.names(path):
                self.remove_tree(f"{path}/{name}")
            self.remove_directory(path)
        else:
            self.remove(path)

    def rename(self, old: str, new: str) -> None:
        """Move a file or directory; a file that is at ``new`` is replaced."""
        source, old_name = self._parent(old)
        moved = self.find(old)
        target, new_name = self._parent(new)
        if moved is target or _inside(split(old), split(new)):
            raise FileError(Reason.INVALID, new)
        there = target.entries.get(new_name)
        if there is moved:
            return
        if isinstance(there, Directory):
            raise FileError(Reason.EXISTS if there.entries else Reason.IS_A_DIRECTORY, new)
        if there is not None:
            self._drop(target, new_name)
        del source.entries[old_name]
        target.entries[new_name] = moved

    def copy(self, old: str, new: str, owner: str) -> None:
        """Copy a file; into a directory under its own name."""
        content = self.read(old)
        if self.is_directory(new):
            new = f"{new}/{split(old)[-1]}"
        self.write(new, content, owner)

    def home(self, user: str) -> str:
        """Return the home directory of ``user``, made when it's first asked for."""
        path = home(user)
        if not self.exists(path):
            self.make_directory(path, user)
        return path

    def walk(self, path: str) -> Iterator[tuple[str, Entry]]:
        """Walk a directory tree, the directory itself last, as (path, entry)."""
        found = self.find(path)
        if isinstance(found, Directory):
            for name in sorted(found.entries):
                yield from self.walk(f"{path.rstrip('/')}/{name}")
        yield path, found

    def _find(self, parts: Parts, path: str) -> Entry:
        found: Entry = self._root
        for part in parts:
            if not isinstance(found, Directory):
                raise FileError(Reason.NOT_A_DIRECTORY, path)
            below = found.entries.get(part)
            if below is None:
                raise FileError(Reason.MISSING, path)
            found = below
        return found

    def _parent(self, path: str) -> tuple[Directory, str]:
        """Return the directory that holds ``path``, which must be writable, and the last name."""
        parts = split(path)
        if len(parts) < 2 or parts[0] not in _WRITABLE:
            raise FileError(Reason.READ_ONLY, path)
        parent = self._find(parts[:-1], path)
        if not isinstance(parent, Directory):
            raise FileError(Reason.NOT_A_DIRECTORY, path)
        return parent, parts[-1]

    def _add(self, directory: Directory, name: str, entry: Entry, path: str) -> None:
        if self._count >= MAX_ENTRIES:
            raise FileError(Reason.NO_SPACE, path)
        self._count += 1
        directory.entries[name] = entry
        directory.modified = self._now()

    def _drop(self, directory: Directory, name: str) -> None:
        entry = directory.entries.pop(name)
        self._count -= 1
        if isinstance(entry, File):
            self.used -= entry.size
        directory.modified = self._now()

    def _make_all(self, parts: Parts) -> Directory:
        directory = self._root
        for part in parts:
            below = directory.entries.setdefault(part, Directory("root", self._now()))
            if isinstance(below, Directory):
                directory = below
        return directory


def _inside(old: Parts, new: Parts) -> bool:
    return len(new) > len(old) and new[: len(old)] == old
