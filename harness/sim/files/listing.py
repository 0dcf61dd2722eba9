"""Directory listings and free space, as the FreeBSD tools under Junos write them."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from typing import Final

from harness.sim.files.file_system import Directory, Entry, File, FileSystem

GROUP: Final = "wheel"
_DEVICE: Final = "/dev/ad0s1f"  # what the var file system of a virtual SRX is mounted from
_BLOCK: Final = 512


def permissions(entry: Entry) -> str:
    """Return the ten letters of ``ls -l``."""
    kind = stat.S_IFDIR if isinstance(entry, Directory) else stat.S_IFREG
    return stat.filemode(kind | entry.mode)


def links(entry: Entry) -> int:
    """Return how many names an entry has: a directory is named by those in it, too."""
    if isinstance(entry, File):
        return 1
    return 2 + sum(isinstance(below, Directory) for below in entry.entries.values())


def long_lines(named: Sequence[tuple[str, Entry]]) -> list[str]:
    """Write ``ls -l`` lines, columns aligned as FreeBSD's ls aligns them."""
    owners = max((len(entry.owner) for _, entry in named), default=0)
    sizes = max((len(str(entry.size)) for _, entry in named), default=0)
    counts = max((len(str(links(entry))) for _, entry in named), default=0)
    return [
        f"{permissions(entry)}  {links(entry):>{counts}} {entry.owner:<{owners}}  {GROUP}  "
        f"{entry.size:>{sizes}} {_date(entry)} {name}"
        for name, entry in named
    ]


def _date(entry: Entry) -> str:
    return f"{entry.modified:%b} {entry.modified.day:>2} {entry.modified:%H:%M}"


def blocks(entry: Entry) -> int:
    """Return how many 512-byte blocks an entry takes."""
    return -(-entry.size // _BLOCK)


def df(files: FileSystem) -> str:
    """Write what ``df -k`` says of /var."""
    total, used = files.capacity // 1024, -(-files.used // 1024)
    percent = -(-100 * used // total) if total else 100
    return (
        "Filesystem  1K-blocks     Used    Avail Capacity  Mounted on\n"
        f"{_DEVICE:<11} {total:>9} {used:>8} {total - used:>8} {percent:>7}%  /var\n"
    )
