"""File transfer: SFTP and SCP of a connection, over the files of the simulated device alone."""

from __future__ import annotations

import errno
import posixpath
import stat
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final, NoReturn, ParamSpec, TypeVar, cast

import asyncssh
from asyncssh.channel import SSHChannel
from asyncssh.constants import FILEXFER_TYPE_DIRECTORY, FILEXFER_TYPE_REGULAR
from asyncssh.stream import SSHServerStreamSession

from harness.sim.device import SimulatedDevice
from harness.sim.files.errors import FileError, Reason
from harness.sim.files.file_system import Directory, Entry, File
from harness.sim.files.listing import GROUP, long_lines
from harness.sim.files.paths import absolute

P = ParamSpec("P")
T = TypeVar("T")

_VERSION: Final = 3  # of SFTP, what OpenSSH on Junos speaks
_BLOCK: Final = 4096
_NUMBERS: Final = {
    Reason.MISSING: errno.ENOENT,
    Reason.EXISTS: errno.EEXIST,
    Reason.NOT_A_DIRECTORY: errno.ENOTDIR,
    Reason.IS_A_DIRECTORY: errno.EISDIR,
    Reason.NOT_EMPTY: errno.ENOTEMPTY,
    Reason.NO_SPACE: errno.ENOSPC,
    Reason.READ_ONLY: errno.EROFS,
    Reason.NAME_TOO_LONG: errno.ENAMETOOLONG,
    Reason.INVALID: errno.EINVAL,
}


def transfer_session(device: SimulatedDevice, user: str) -> SSHServerStreamSession[bytes]:
    """Return what carries a channel of the ``sftp`` subsystem or of an ``scp`` command."""

    def server(channel: SSHChannel[bytes]) -> asyncssh.SFTPServer:
        return DeviceFiles(cast("asyncssh.SSHServerChannel[bytes]", channel), device, user)

    return SSHServerStreamSession(None, server, _VERSION, allow_scp=True)


@dataclass(slots=True)
class _Open:
    """A file that a client has open."""

    file: File
    path: str
    append: bool = False


class DeviceFiles(asyncssh.SFTPServer):
    """Answers every operation from the device's own files.

    All that the class above does to the host's file system is overridden; a test holds it to that.
    """

    def __init__(
        self, channel: asyncssh.SSHServerChannel[bytes], device: SimulatedDevice, user: str
    ) -> None:
        super().__init__(channel)
        self._files = device.files
        self._user = user
        self._home = device.files.home(user)

    def _path(self, path: bytes) -> str:
        return _told(absolute, path.decode("utf-8", "replace"), self._home)

    def map_path(self, path: bytes) -> bytes:
        return self._path(path).encode()

    def reverse_map_path(self, path: bytes) -> bytes:
        return path

    def format_user(self, uid: int | None) -> str:
        return "root" if not uid else self._user

    def format_group(self, gid: int | None) -> str:
        del gid
        return GROUP

    def format_longname(self, name: asyncssh.SFTPName) -> None:
        """Leave the line as :meth:`scandir` wrote it."""

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        name = self._path(path)
        there = self._files.exists(name)
        if there and pflags & asyncssh.FXF_CREAT and pflags & asyncssh.FXF_EXCL:
            _refuse(Reason.EXISTS)
        if pflags & asyncssh.FXF_CREAT and (not there or pflags & asyncssh.FXF_TRUNC):
            mode = 0o644 if attrs.permissions is None else attrs.permissions
            file = _told(self._files.create, name, self._user, mode)
        else:
            file = _told(self._files.file, name)
            if pflags & asyncssh.FXF_TRUNC:
                self._files.truncate(file, 0)
        return _Open(file, name, append=bool(pflags & asyncssh.FXF_APPEND))

    def open56(
        self, path: bytes, desired_access: int, flags: int, attrs: asyncssh.SFTPAttrs
    ) -> object:
        del path, desired_access, flags, attrs
        _unsupported()

    def close(self, file_obj: object) -> None:
        """Forget an open file; there is nothing to write back."""

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        return bytes(_opened(file_obj).file.content[offset : offset + size])

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        handle = _opened(file_obj)
        place = handle.file.size if handle.append else offset
        _told(self._files.write_at, handle.file, place, data, handle.path)
        return len(data)

    def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        return _attributes(_told(self._files.find, self._path(path)))

    def lstat(self, path: bytes) -> asyncssh.SFTPAttrs:
        return self.stat(path)

    def fstat(self, file_obj: object) -> asyncssh.SFTPAttrs:
        return _attributes(_opened(file_obj).file)

    def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        self._change(_told(self._files.find, self._path(path)), attrs)

    def lsetstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        self.setstat(path, attrs)

    def fsetstat(self, file_obj: object, attrs: asyncssh.SFTPAttrs) -> None:
        self._change(_opened(file_obj).file, attrs)

    def _change(self, entry: Entry, attrs: asyncssh.SFTPAttrs) -> None:
        """Change the permissions and the size; owners and times stay what they are."""
        if attrs.permissions is not None:
            entry.mode = attrs.permissions & 0o7777
        if attrs.size is not None and isinstance(entry, File):
            _told(self._files.truncate, entry, attrs.size)

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        directory = self._path(path)
        names = _told(self._files.names, directory)
        shown = [(".", directory), ("..", posixpath.dirname(directory))]
        shown += [(name, f"{directory.rstrip('/')}/{name}") for name in names]
        for name, place in shown:
            entry = _told(self._files.find, place)
            line = long_lines([(name, entry)])[0]
            yield asyncssh.SFTPName(name.encode(), line.encode(), _attributes(entry))

    def remove(self, path: bytes) -> None:
        _told(self._files.remove, self._path(path))

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        mode = 0o755 if attrs.permissions is None else attrs.permissions
        _told(self._files.make_directory, self._path(path), self._user, mode)

    def rmdir(self, path: bytes) -> None:
        _told(self._files.remove_directory, self._path(path))

    def realpath(self, path: bytes) -> bytes:
        return self._path(path).encode()

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        new = self._path(newpath)
        if self._files.exists(new):  # SFTP version 3 replaces nothing; posix-rename does
            _refuse(Reason.EXISTS)
        _told(self._files.rename, self._path(oldpath), new)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        _told(self._files.rename, self._path(oldpath), self._path(newpath))

    def readlink(self, path: bytes) -> bytes:
        _told(self._files.find, self._path(path))
        _refuse(Reason.INVALID)  # there are no links

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        del oldpath, newpath
        _unsupported()

    def link(self, oldpath: bytes, newpath: bytes) -> None:
        del oldpath, newpath
        _unsupported()

    def lock(self, file_obj: object, offset: int, length: int, flags: int) -> None:
        del file_obj, offset, length, flags
        _unsupported()

    def unlock(self, file_obj: object, offset: int, length: int) -> None:
        del file_obj, offset, length
        _unsupported()

    def statvfs(self, path: bytes) -> asyncssh.SFTPVFSAttrs:
        _told(self._files.find, self._path(path))
        total = self._files.capacity // _BLOCK
        free = (self._files.capacity - self._files.used) // _BLOCK
        return asyncssh.SFTPVFSAttrs(
            bsize=_BLOCK, frsize=_BLOCK, blocks=total, bfree=free, bavail=free, namemax=255
        )

    def fstatvfs(self, file_obj: object) -> asyncssh.SFTPVFSAttrs:
        return self.statvfs(_opened(file_obj).path.encode())

    def fsync(self, file_obj: object) -> None:
        """Do nothing: what was written is there."""

    def exit(self) -> None:
        """Say that all went well: OpenSSH's programs fail when nothing is said."""
        self.channel.exit(0)


def _opened(file_obj: object) -> _Open:
    if not isinstance(file_obj, _Open):
        raise TypeError("a file handle of another server")
    return file_obj


def _attributes(entry: Entry) -> asyncssh.SFTPAttrs:
    directory = isinstance(entry, Directory)
    when = int(entry.modified.timestamp())
    return asyncssh.SFTPAttrs(
        type=FILEXFER_TYPE_DIRECTORY if directory else FILEXFER_TYPE_REGULAR,
        size=entry.size,
        uid=0 if entry.owner == "root" else 2000,
        gid=0,
        permissions=(stat.S_IFDIR if directory else stat.S_IFREG) | entry.mode,
        atime=when,
        mtime=when,
    )


def _told(action: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Carry out a file operation; asyncssh knows the errors of the operating system."""
    try:
        return action(*arguments, **named)
    except FileError as exc:
        raise OSError(_NUMBERS[exc.reason], exc.reason.value) from exc


def _refuse(reason: Reason) -> NoReturn:
    raise OSError(_NUMBERS[reason], reason.value)


def _unsupported() -> NoReturn:
    raise asyncssh.SFTPOpUnsupported("not available [simulated]")
