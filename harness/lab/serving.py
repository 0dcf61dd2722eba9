"""Serve simulated devices in the foreground, in this process or shared out over several."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from harness.errors import HarnessError, LabError, UsageError
from harness.lab.child import answer_of
from harness.lab.garbage import collect_rarely
from harness.lab.run import state_directory
from harness.lab.sim_control import control_socket
from harness.lab.simulation import specs_of, with_schemas
from harness.sim.server import Address, SimulatorServer
from harness.sim.spec import DeviceSpec
from harness.testbed.load import load_testbed

_HIGHEST_PORT = 65535
_END_SECONDS = 10.0  # for a shard to close its connections


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which devices to serve: those of a testbed, or ``count`` of one platform without any.

    ``host`` and ``port_base`` place them: device n listens on port ``port_base`` + n. ``schemas``:
    compiled ones, for the devices that don't name one themselves.
    """

    testbed: Path | None = None
    platform: str | None = None
    count: int = 1
    host: str | None = None
    port_base: int | None = None
    schemas: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class ServedDevice:
    """One simulated device that is listening."""

    name: str
    platform: str
    host: str
    port: int
    username: str
    host_key: str  # "ssh-ed25519 AAAA…", for a known_hosts file


def wanted_specs(wanted: Wanted) -> list[DeviceSpec]:
    """Return what the simulator is told; raises :class:`UsageError` for ports that don't exist."""
    if wanted.testbed is not None:
        specs = specs_of(load_testbed(wanted.testbed))
    else:
        specs = list(_of_platform(wanted.platform or "", wanted.count))
    specs = with_schemas(specs, wanted.schemas)
    if wanted.host is not None:
        specs = [replace(spec, host=wanted.host) for spec in specs]
    if wanted.port_base is not None:
        last = wanted.port_base + len(specs) - 1
        if last > _HIGHEST_PORT:
            raise UsageError(
                f"--port-base {wanted.port_base}: {len(specs)} devices would need ports up to "
                f"{last}; the highest is {_HIGHEST_PORT}"
            )
        specs = [replace(spec, port=wanted.port_base + n) for n, spec in enumerate(specs)]
    return specs


def _of_platform(platform: str, count: int) -> Iterator[DeviceSpec]:
    for number in range(1, count + 1):
        yield DeviceSpec(platform if count == 1 else f"{platform}-{number}", platform)


def serve(
    wanted: Wanted,
    *,
    on_ready: Callable[[Sequence[ServedDevice]], None],
    shards: int = 1,
) -> None:
    """Serve until interrupted (:class:`KeyboardInterrupt` passes through, all being ended).

    With several ``shards`` each is a process with its part of the devices; tunnels come up only
    between devices of one shard. Raises :class:`LabError` when a shard ends by itself.
    """
    specs = wanted_specs(wanted)
    if not specs:
        raise UsageError(f"{wanted.testbed}: no simulated devices without an address of their own")
    shards = min(shards, len(specs))
    with ExitStack() as stack:
        if shards == 1:
            on_ready(stack.enter_context(_served(specs)))
            while True:
                signal.pause()  # until one of them raises
        processes, served = stack.enter_context(_shards(wanted, shards))
        order = {spec.name: place for place, spec in enumerate(specs)}
        on_ready(sorted(served, key=lambda device: order[device.name]))
        _watch(processes, served)


@contextmanager
def served_from_here(specs: Sequence[DeviceSpec]) -> Iterator[Mapping[str, Address]]:
    """Serve from this process, which does nothing else, and lend the addresses by name."""
    server = SimulatorServer(specs, control=control_socket(state_directory(), os.getpid()))
    try:
        addresses = server.start()
        collect_rarely()  # thousands of devices stay
        yield addresses
    finally:
        server.stop()


@contextmanager
def _served(specs: Sequence[DeviceSpec]) -> Iterator[list[ServedDevice]]:
    with served_from_here(specs) as addresses:
        yield [
            ServedDevice(s.name, s.platform, a.host, a.port, a.username, a.host_key)
            for s, a in zip(specs, addresses.values(), strict=True)
        ]


@contextmanager
def _shards(wanted: Wanted, count: int) -> Iterator[tuple[list[BaseProcess], list[ServedDevice]]]:
    """Start all shards, then wait for each; end all of them whatever happens."""
    context = multiprocessing.get_context("spawn")
    processes: list[BaseProcess] = []
    pipes: list[Connection] = []
    try:
        for index in range(count):
            ours, theirs = context.Pipe()
            given = (theirs, wanted, index, count)
            processes.append(context.Process(target=_shard, args=given, daemon=True))
            with _ctrl_c_later():  # a shard inherits that until it ignores the signal
                processes[-1].start()
            theirs.close()
            pipes.append(ours)
        served: list[ServedDevice] = []
        for index, pipe in enumerate(pipes):
            served += _first_word(pipe, f"shard {index + 1} of {count}")
        yield processes, served
    finally:
        for pipe in pipes:
            pipe.close()  # which is what a shard waits for
        for process in processes:
            process.join(_END_SECONDS)
            process.kill()


@contextmanager
def _ctrl_c_later() -> Iterator[None]:
    resource_tracker.ensure_running()  # which would let the signal through when it's started
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _first_word(pipe: Connection, shard: str) -> list[ServedDevice]:
    """Return the devices of a shard, or raise what it raised."""
    return list(answer_of(pipe, f"{shard} ended before its devices were listening"))


def _watch(processes: Sequence[BaseProcess], served: Sequence[ServedDevice]) -> None:
    """Wait until a shard ends by itself, which none should."""
    ended = wait([process.sentinel for process in processes])
    for index, process in enumerate(processes):
        if process.sentinel in ended:
            process.join()
            lost = len(range(index, len(served), len(processes)))
            raise LabError(
                f"shard {index + 1} of {len(processes)} (pid {process.pid}) ended with "
                f"{process.exitcode}: its {lost} devices are gone; the others were stopped"
            )


def _shard(pipe: Connection, wanted: Wanted, index: int, count: int) -> None:
    """Serve every ``count``-th device until the parent hangs up; a Ctrl-C is the parent's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with _served(wanted_specs(wanted)[index::count]) as served:
            pipe.send(served)
            pipe.recv()
    except (EOFError, ConnectionError):
        pass  # the parent ended, and so do we
    except HarnessError as exc:
        with suppress(ConnectionError):  # another shard's word was enough for the parent
            pipe.send(exc)
