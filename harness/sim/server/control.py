"""The control socket of a running server: local, of its owner alone."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from harness.errors import LabError
from harness.sim.faults.control import MAX_REQUEST, Faulty, answer

_SECONDS = 10.0  # for one request; nobody types it by hand


class Control:
    """Answers requests (:mod:`harness.sim.faults.control`) on a UNIX socket."""

    def __init__(self, path: Path, find: Callable[[str], Faulty | None]) -> None:
        self._path = path
        self._find = find
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; raises :class:`LabError` when the socket can't be made."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._path.unlink(missing_ok=True)
            before = os.umask(0o177)  # the socket is born without access for others
            try:
                self._server = await asyncio.start_unix_server(
                    self._serve, path=self._path, limit=MAX_REQUEST
                )
            finally:
                os.umask(before)
        except OSError as exc:
            raise LabError(f"{self._path}: no control socket: {exc.strerror or exc}") from exc

    def stop(self) -> None:
        """Listen no more and remove the socket."""
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, TimeoutError):
            async with asyncio.timeout(_SECONDS):
                request = await reader.readline()
                writer.write(answer(request, self._find))
                await writer.drain()
        writer.close()
