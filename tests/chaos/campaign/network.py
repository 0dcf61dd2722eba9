"""The way to one device: a TCP relay whose line can be cut for a time, with or without a word."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
import threading
from collections.abc import Coroutine
from enum import Enum
from typing import Any, TypeVar

from harness.clock import Clock

T = TypeVar("T")

_KEPT_BY_DEVICE = 7800.0  # seconds until its keep-alive gives up a client that said nothing
_CHUNK = 65_536


class Cut(Enum):
    """What those notice who are on the line."""

    RESET = "reset"  # both ends, at once
    SILENT = "silent"  # nobody: bytes vanish, and the device goes on with its session for hours


class Line:
    """Relays connections to ``port`` of this machine; while it's cut, new ones are refused."""

    def __init__(self, port: int, clock: Clock) -> None:
        self._target = port
        self._clock = clock
        self._back_at = 0.0
        self._given_up_at = 0.0
        self._open: set[_Relay] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = listener.getsockname()[1]
        self._server = self._run(asyncio.start_server(self._accept, sock=listener))

    @property
    def down(self) -> bool:
        """Say whether it's cut now."""
        return self._clock.monotonic() < self._back_at

    @property
    def silent(self) -> int:
        """Return how many connections are open at the device alone."""
        return sum(relay.silent for relay in tuple(self._open))

    def cut(self, how: Cut, seconds: float = math.inf) -> None:
        """Cut it for that long; returns when nothing passes any more."""
        now = self._clock.monotonic()
        self._back_at = now + seconds
        self._given_up_at = now + _KEPT_BY_DEVICE
        self._run(self._cut(how))

    def mend(self) -> None:
        """Let new connections through; what was cut stays cut."""
        self._back_at = 0.0

    def keep_alive(self) -> None:
        """Let the device give up the sessions that nobody is at the other end of, if it's time."""
        if self._clock.monotonic() >= self._given_up_at:
            self._run(self._drop_stale())

    def close(self) -> None:
        """End all of it."""
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.down:
            writer.transport.abort()
            return
        relay = _Relay(reader, writer)
        self._open.add(relay)
        try:
            await relay.run(self._target)
        finally:
            self._open.discard(relay)

    async def _cut(self, how: Cut) -> None:
        for relay in tuple(self._open):
            await relay.cut(how)

    async def _drop_stale(self) -> None:
        for relay in tuple(self._open):
            if relay.silent:
                await relay.cut(Cut.RESET)

    async def _end(self) -> None:
        self._server.close()
        for relay in tuple(self._open):
            await relay.cut(Cut.RESET)
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*rest, return_exceptions=True)


class _Relay:
    """One connection, both ways."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._client = (reader, writer)
        self._device: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.silent = False
        self._over = asyncio.Event()

    async def run(self, port: int) -> None:
        with contextlib.suppress(OSError):
            self._device = await asyncio.open_connection("127.0.0.1", port)
            here, there = self._client, self._device
            await asyncio.gather(
                self._carry(here[0], there[1], from_client=True),
                self._carry(there[0], here[1], from_client=False),
            )
        await self.cut(Cut.RESET)

    async def _carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, from_client: bool
    ) -> None:
        while data := await source.read(_CHUNK):
            if not self.silent:
                sink.write(data)
                await sink.drain()
        if self.silent and from_client:  # its end isn't heard at the device
            await self._over.wait()
        if not self.silent:
            sink.write_eof()

    async def cut(self, how: Cut) -> None:
        if how is Cut.SILENT:
            self.silent = True
            return
        self._over.set()
        for end in (self._client, self._device):
            if end is not None:
                end[1].transport.abort()
                with contextlib.suppress(OSError):
                    await end[1].wait_closed()
