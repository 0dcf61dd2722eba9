"""Paths of the device: absolute, with the home directory, and out of ``file:`` URLs."""

from __future__ import annotations

from harness.sim.files.errors import FileError, Reason

MAX_NAME = 255  # FreeBSD NAME_MAX
MAX_PATH = 1024  # FreeBSD PATH_MAX

Parts = tuple[str, ...]


def home(user: str) -> str:
    """Return where a login starts: root has a directory of its own (Junos file system layout)."""
    return "/root" if user == "root" else f"/var/home/{user}"


def split(path: str, directory: str = "/") -> Parts:
    """Return the parts of ``path`` from the root on; a relative one starts at ``directory``.

    Raises :class:`FileError` for a path that no file can have.
    """
    if len(path) > MAX_PATH:
        raise FileError(Reason.NAME_TOO_LONG, f"{path[:40]}...")
    whole = path if path.startswith("/") else f"{directory}/{path}"
    parts: list[str] = []
    for part in whole.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            if len(part.encode()) > MAX_NAME:
                raise FileError(Reason.NAME_TOO_LONG, f"{part[:40]}...")
            if "\0" in part:
                raise FileError(Reason.INVALID, part.replace("\0", "?"))
            parts.append(part)
    return tuple(parts)


def absolute(path: str, directory: str = "/") -> str:
    """Return ``path`` without dots and doubled slashes; raises :class:`FileError`."""
    return "/" + "/".join(split(path, directory))


def local(name: str, user: str, directory: str) -> str | None:
    """Return the absolute path that a CLI file name means; None for another host's.

    ``~`` is the home directory; ``file:`` URLs and the ``re0:`` form of routing engines are this
    device's own files. Raises :class:`FileError`.
    """
    if name == "~" or name.startswith("~/"):
        name = home(user) + name[1:]
    for prefix in ("file://localhost", "file://", "file:", "re0:", "localhost:"):
        if name.startswith(prefix):
            return absolute(name.removeprefix(prefix), "/")
    if "://" in name or name.partition("/")[0].endswith(":"):
        return None
    return absolute(name, directory)
