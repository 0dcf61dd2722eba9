"""A full disk below our state directory: nothing new can be made there, and a line is torn."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

FLAG = "state-disk-is-full"  # a file in the folder of the seed
STATE = "HARNESS_STATE"

_WRITES = os.O_WRONLY | os.O_RDWR


def install(folder: Path) -> None:
    """Let writing to the state directory fail as long as the flag is in ``folder``."""
    flag, state = folder / FLAG, os.environ.get(STATE, "")
    if not state:
        return
    really_open, really_write = os.open, os.write
    below: set[int] = set()  # descriptors of files in the state directory

    def opens(path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        ours = isinstance(path, str | Path) and str(path).startswith(state)
        new = ours and flags & os.O_CREAT and not Path(path).exists()
        if new and flag.exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        descriptor = really_open(path, flags, mode, **more)
        (below.add if ours and flags & _WRITES else below.discard)(descriptor)
        return descriptor

    def writes(descriptor: int, data: bytes) -> int:
        if descriptor in below and flag.exists():
            really_write(descriptor, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return really_write(descriptor, data)

    def opens_file(path: Any, mode: str = "r", *more: Any, **named: Any) -> Any:
        if set(mode) & set("wax+") and str(path).startswith(state) and flag.exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return really_open_file(path, mode, *more, **named)

    really_open_file = io.open
    patch.multiple(os, open=opens, write=writes).start()
    patch.object(io, "open", opens_file).start()  # what pathlib uses
