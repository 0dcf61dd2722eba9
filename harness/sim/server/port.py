"""One device's port: takes connections within the limits, and knows which are open."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

import asyncssh

from harness.sim.device import SimulatedDevice
from harness.sim.server.admission import Turnstile, allowance
from harness.sim.server.connection import Connection
from harness.sim.server.limits import Limits
from harness.sim.server.listening import accept
from harness.sim.server.slot import Slot

_log = logging.getLogger(__name__)

_AT_ONCE = 32  # connections taken before the loop looks at anything else


@dataclass(slots=True, eq=False)
class Service:
    """What all ports of a server share."""

    loop: asyncio.AbstractEventLoop
    options: asyncssh.SSHServerConnectionOptions
    # the same with another host key, made when a fault asks for it
    options_of_another: Callable[[], asyncssh.SSHServerConnectionOptions]
    limits: Limits
    connections: set[Connection] = field(default_factory=set)
    starting: set[asyncio.Task[object]] = field(default_factory=set)
    late: set[socket.socket] = field(default_factory=set)  # taken, and not greeted yet


class Port:
    """Accepts connections for one device, which is made when the first one comes."""

    __slots__ = ("_listener", "_service", "_silent", "_slot", "_turnstile")

    def __init__(self, listener: socket.socket, slot: Slot, service: Service) -> None:
        self._listener = listener
        self._slot = slot
        self._service = service
        self._turnstile = Turnstile()
        self._silent = 0  # connections whose client hasn't logged in
        self._open()

    @property
    def device(self) -> SimulatedDevice:
        """The device behind the port."""
        return self._slot.device

    def entered(self, connection: Connection) -> None:
        """Note a connection that has begun."""
        self._service.connections.add(connection)

    def logged_in(self) -> None:
        """Note that one more client is known."""
        self._silent -= 1

    def left(self, connection: Connection, *, silent: bool) -> None:
        """Note a connection that is over; ``silent`` if nobody had logged in on it."""
        self._service.connections.discard(connection)
        self._turnstile.left()
        self._silent -= silent

    def _open(self) -> None:
        self._service.loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                connected = accept(self._listener)
            except (BlockingIOError, ConnectionAbortedError, InterruptedError):
                return
            except OSError as exc:
                self._rest(exc)
                return
            if self._admits():
                connected.delayed = self.device.switches["tcp-acknowledgement"] == "delayed"
                self._greet(connected)
            else:
                connected.close()

    def _rest(self, exc: OSError) -> None:
        """Stop accepting for a while: the process has no descriptor left.

        The listener stays readable meanwhile, so asking again at once would ask for ever.
        """
        seconds = self._service.limits.full_seconds
        _log.warning("%s: accepts nobody for %g s: %s", self._slot.name, seconds, exc.strerror)
        self._service.loop.remove_reader(self._listener)
        self._service.loop.call_later(seconds, self._open_again)

    def _open_again(self) -> None:
        if self._listener.fileno() >= 0:
            self._open()

    def _admits(self) -> bool:
        if self._silent >= self._service.limits.handshakes:
            return False
        device = self.device
        if device.away:
            return False
        if device.switches["session-limits"] == "off":
            self._turnstile.inside += 1
            return True
        return self._turnstile.admit(allowance(device.store.effective), self._service.loop.time())

    def _greet(self, connected: socket.socket) -> None:
        late = self.device.faults.get("slow-banner")
        if late is None:
            self._begin(connected)
        else:
            self._service.late.add(connected)
            self._service.loop.call_later(late.seconds(), self._begin, connected)

    def _begin(self, connected: socket.socket) -> None:
        service = self._service
        service.late.discard(connected)
        self._silent += 1
        task = service.loop.create_task(
            service.loop.connect_accepted_socket(self._connection, connected)
        )
        service.starting.add(task)
        task.add_done_callback(self._begun)

    def _begun(self, task: asyncio.Task[object]) -> None:
        self._service.starting.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.debug("%s: no connection: %s", self._slot.name, task.exception())

    def _connection(self) -> Connection:
        service = self._service
        changed = self.device.faults.get("other-host-key") is not None
        options = service.options_of_another() if changed else service.options
        return Connection(service.loop, options, self, service.limits)
