"""The server of simulated devices: one event loop in one thread, one loopback port per device."""

from __future__ import annotations

import asyncio
import functools
import itertools
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import asyncssh

from harness.clock import Clock
from harness.errors import HarnessBug, LabError, UsageError
from harness.sim.device import SimulatedDevice
from harness.sim.fabric import Fabric
from harness.sim.server.control import Control
from harness.sim.server.limits import Limits
from harness.sim.server.listening import allow_descriptors, listen
from harness.sim.server.options import shared_options
from harness.sim.server.port import Port, Service
from harness.sim.server.slot import Slot
from harness.sim.spec import DeviceSpec, FaultSpec
from harness.system_clock import SystemClock

T = TypeVar("T")

_LIMITS = Limits()
_TICK_SECONDS = 0.5  # how late an expired confirmed commit may be rolled back when nobody asks
_TICKED_AT_ONCE = 1000  # devices; with more of them each is later by as many turns


@dataclass(frozen=True, slots=True)
class Address:
    """Where a simulated device listens; the password stays out of ``repr``."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    host_key: str  # "ssh-ed25519 AAAA…", one key per server run


class DeviceHandle:
    """A simulated device as another thread may use it: every call runs on the server's loop."""

    def __init__(self, server: SimulatorServer, slot: Slot) -> None:
        self._server = server
        self._slot = slot

    @property
    def name(self) -> str:
        """Return the device's name."""
        return self._slot.name

    def arm(self, fault: FaultSpec) -> None:
        """Switch a fault on; raises :class:`UsageError` for an unknown name or option."""
        self.call(lambda device: device.arm(fault))

    def disarm(self, name: str) -> None:
        """Switch a fault off; one that isn't on is no error."""
        self.call(lambda device: device.disarm(name))

    def call(self, action: Callable[[SimulatedDevice], T]) -> T:
        """Run ``action`` on the loop's thread and return what it returns."""
        return self._server.run_on_loop(lambda: action(self._slot.device))


class SimulatorServer:
    """Serves simulated devices until stopped; may be used as a context manager.

    Raises :class:`UsageError` for a host that isn't a loopback address and for two devices of one
    name, :class:`LabError` when an address can't be bound.
    """

    def __init__(
        self,
        specs: Sequence[DeviceSpec],
        clock: Clock | None = None,
        *,
        limits: Limits = _LIMITS,
        control: Path | None = None,
    ) -> None:
        """``control``: a UNIX socket that takes requests about faults while devices run."""
        _require_distinct([spec.name for spec in specs])
        self._clock: Clock = clock if clock is not None else SystemClock()
        self._limits = limits
        fabric = Fabric()  # what lies between all devices of this server
        self._slots = {spec.name: Slot(spec, self._clock, fabric) for spec in specs}
        self._turns = itertools.cycle(self._slots.values())
        _make_one_of_each_kind(self._slots.values())
        self._host_key = asyncssh.generate_private_key("ssh-ed25519")
        self._public_key = self._host_key.export_public_key("openssh").decode().strip()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._listeners: dict[socket.socket, Slot] = {}
        self._service: Service | None = None
        self._control = Control(control, self._served) if control is not None else None

    def start(self) -> Mapping[str, Address]:
        """Bind every device, serve from a thread of its own, and return the addresses."""
        if self._thread is not None:
            raise HarnessBug("the simulator server was started twice")
        allow_descriptors(len(self._slots))
        addresses = {name: self._bind(slot) for name, slot in self._slots.items()}
        started: Future[None] = Future()
        self._thread = threading.Thread(
            target=self._serve, args=(started,), name="simulated-devices", daemon=True
        )
        self._thread.start()
        started.result(timeout=30)
        return addresses

    def device(self, name: str) -> DeviceHandle:
        """Return the handle of one device."""
        try:
            return DeviceHandle(self, self._slots[name])
        except KeyError:
            known = ", ".join(self._slots)
            raise UsageError(f"no simulated device {name!r}; known: {known}") from None

    def run_on_loop(self, action: Callable[[], T]) -> T:
        """Run ``action`` between two messages; before the start and after the end run it here."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None or threading.current_thread() is thread:
            return action()
        done: Future[T] = Future()
        loop.call_soon_threadsafe(_resolve, done, action)
        return done.result()

    def stop(self) -> None:
        """Drop every connection, close the ports and end the thread; may be called again."""
        loop, thread = self._loop, self._thread
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
        self._loop = self._thread = None
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()

    def __enter__(self) -> Self:
        """Start serving."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop serving."""
        self.stop()

    def _served(self, name: str) -> SimulatedDevice | None:
        slot = self._slots.get(name)
        return slot.device if slot is not None else None

    def _options_of_another_key(self) -> asyncssh.SSHServerConnectionOptions:
        key = asyncssh.generate_private_key("ssh-ed25519")
        return shared_options(key, self._limits.login_seconds)

    def _bind(self, slot: Slot) -> Address:
        spec = slot.spec
        listener = listen(spec)
        self._listeners[listener] = slot
        port = listener.getsockname()[1]
        return Address(spec.host, port, spec.username, spec.password, self._public_key)

    def _serve(self, started: Future[None]) -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        self._loop = loop
        try:
            if self._control is not None:
                loop.run_until_complete(self._control.start())
        except LabError as exc:
            self._loop = None  # nobody shall send it anything
            loop.close()
            started.set_exception(exc)
            return
        loop.call_soon(self._listen, loop, started)
        try:
            loop.run_forever()
            loop.run_until_complete(self._drop_connections())
        finally:
            if self._control is not None:
                self._control.stop()
            loop.close()

    def _listen(self, loop: asyncio.AbstractEventLoop, started: Future[None]) -> None:
        try:
            options = shared_options(self._host_key, self._limits.login_seconds)
            another = functools.cache(self._options_of_another_key)
            self._service = Service(loop, options, another, self._limits)
        except (ValueError, asyncssh.Error) as exc:
            started.set_exception(exc)
            return
        for listener, slot in self._listeners.items():
            Port(listener, slot, self._service)
        loop.call_later(_TICK_SECONDS, self._tick, loop)
        started.set_result(None)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.call_later(_TICK_SECONDS, self._tick, loop)
        for slot in itertools.islice(self._turns, min(len(self._slots), _TICKED_AT_ONCE)):
            if slot.made is not None:
                slot.made.tick()

    async def _drop_connections(self) -> None:
        service = self._service
        if service is None:
            return
        for connected in service.late:
            connected.close()
        for task in service.starting:
            task.cancel()
        await asyncio.gather(*service.starting, return_exceptions=True)
        connections = list(service.connections)
        for connection in connections:
            connection.abort()
        await asyncio.gather(*(each.wait_closed() for each in connections))


def _resolve(done: Future[T], action: Callable[[], T]) -> None:
    try:
        done.set_result(action())
    except Exception as exc:  # noqa: BLE001 - handed to the waiting thread, which raises it
        done.set_exception(exc)


def _require_distinct(names: Sequence[str]) -> None:
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise UsageError(f"simulated devices share a name: {', '.join(twice)}")


def _make_one_of_each_kind(slots: Iterable[Slot]) -> None:
    """Make a device of every kind now, so that mistakes show at once; the others on first use.

    Those with faults are made too, as a fault's time begins with the device, and those with a
    configuration of their own, as they may be the far end of somebody's tunnel.
    """
    kinds = set()
    for slot in slots:
        spec = slot.spec
        switches = frozenset(spec.switches.items())
        kind = (spec.platform, spec.version, spec.schema, spec.cluster, spec.users, switches)
        if spec.faults or spec.base is not None or kind not in kinds:
            kinds.add(kind)
            slot.make()
