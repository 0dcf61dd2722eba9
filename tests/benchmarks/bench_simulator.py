"""Measure the simulated device at scale; prints one run's figures, asserts no time.

The devices are a process of their own, the clients (asyncssh) another one on the same machine; the
same sessions go to a plain server with a thread per connection (paramiko) for comparison. What is
called device time has no socket in it. ``python tests/benchmarks/bench_simulator.py [devices]``.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import threading
import time
import types
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import asyncssh
import paramiko
from paramiko.common import AUTH_SUCCESSFUL, OPEN_SUCCEEDED
from rich.console import Console
from rich.table import Table

from harness.clock import ManualClock
from harness.sim.device import SimulatedDevice
from harness.sim.effects import Send
from harness.sim.netconf.framing import frame
from harness.sim.server import SimulatorServer
from harness.sim.sessions import open_netconf
from harness.sim.spec import DeviceSpec

DEVICES = 6000
COMPARED = 300  # sessions that the plain server gets as well
AT_ONCE = 16
TUNNELS = 1500
ROLLBACKS = 50
IDLE_SECONDS = 5
END = b"]]>]]>"
HELLO = b"<hello><capabilities/></hello>" + END
PAGE = os.sysconf("SC_PAGE_SIZE")
START = """
import time; began = time.perf_counter()
from harness.sim.server import SimulatorServer
from harness.sim.spec import DeviceSpec
import socket
server = SimulatorServer([DeviceSpec("dut", "srx4100")])
where = server.start()["dut"]
socket.create_connection((where.host, where.port)).recv(1)
print(time.perf_counter() - began)
server.stop()
"""

Where = tuple[str, int]
Job = Callable[["asyncssh.SSHReader[bytes]", "asyncssh.SSHWriter[bytes]", int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process has used so far."""

    rss: int  # bytes
    cpu: float  # seconds


def cost() -> Cost:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return Cost(pages * PAGE, time.process_time())


def raise_descriptor_limit() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


# -- the two servers, each in a process of its own


def serve_devices(pipe: Connection, count: int) -> None:
    before = cost()
    began = time.perf_counter()
    server = SimulatorServer([DeviceSpec(f"d{n}", "srx4100") for n in range(count)])
    addresses = server.start()
    seconds = time.perf_counter() - began
    pipe.send(([(a.host, a.port) for a in addresses.values()], seconds, before, cost()))
    answer_costs(pipe)
    server.stop()


def serve_plainly(pipe: Connection, _count: int) -> None:
    key = paramiko.RSAKey.generate(2048)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    threading.Thread(target=accept_plainly, args=(listener, key), daemon=True).start()
    pipe.send(([listener.getsockname()[:2]], 0.0, cost(), cost()))
    answer_costs(pipe)


def answer_costs(pipe: Connection) -> None:
    while pipe.recv() == "cost":
        pipe.send(cost())


class Plain(paramiko.ServerInterface):
    """Lets everybody in and says hello; everything else is left to the transport's thread."""

    def check_auth_password(self, _username: str, _password: str) -> int:
        return AUTH_SUCCESSFUL

    def check_channel_request(self, _kind: str, _channel: int) -> int:
        return OPEN_SUCCEEDED

    def check_channel_subsystem_request(self, channel: paramiko.Channel, _name: str) -> bool:
        threading.Thread(target=talk_plainly, args=(channel,), daemon=True).start()
        return True


def accept_plainly(listener: socket.socket, key: paramiko.PKey) -> None:
    while True:
        connected, _ = listener.accept()
        transport = paramiko.Transport(connected)
        transport.add_server_key(key)
        transport.start_server(event=threading.Event(), server=Plain())


def talk_plainly(channel: paramiko.Channel) -> None:
    channel.sendall(b"<hello><capabilities/><session-id>1</session-id></hello>" + END)
    while channel.recv(4096):
        pass
    channel.close()


@contextmanager
def running(
    server: Callable[[Connection, int], None], count: int
) -> Iterator[tuple[list[Where], float, Cost, Callable[[], Cost]]]:
    """Run a server; gives its addresses, start seconds, cost before, and a way to ask its cost."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=server, args=(theirs, count), daemon=True)
    process.start()
    addresses, seconds, before, _ = ours.recv()

    def ask() -> Cost:
        ours.send("cost")
        answer = ours.recv()
        assert isinstance(answer, Cost)
        return answer

    try:
        yield addresses, seconds, before, ask
    finally:
        ours.send("stop")
        process.join(60)


# -- the client


def options() -> asyncssh.SSHClientConnectionOptions:
    return asyncssh.SSHClientConnectionOptions(
        username="lab",
        password="lab",
        known_hosts=None,
        client_keys=None,
        agent_path=None,
        config=[],
        preferred_auth=["password"],
        compression_algs=["none"],
    )


class Fleet:
    """Sessions to many devices, a few being worked on at a time."""

    def __init__(self, addresses: list[Where]) -> None:
        self._addresses = addresses
        self._options = options()
        self._open: list[tuple[asyncssh.SSHClientConnection, asyncssh.SSHWriter[bytes]]] = []

    async def each(self, count: int, job: Job, *, keep: bool = False) -> float:
        """Open ``count`` sessions, one per device in turn, do the job on each; return seconds."""
        numbers = iter(range(count))
        began = time.perf_counter()
        await asyncio.gather(*(self._worker(numbers, job, keep=keep) for _ in range(AT_ONCE)))
        return time.perf_counter() - began

    async def close(self) -> None:
        for client, _ in self._open:
            client.abort()
        await asyncio.gather(*(client.wait_closed() for client, _ in self._open))
        self._open.clear()

    async def _worker(self, numbers: Iterator[int], job: Job, *, keep: bool) -> None:
        for number in numbers:
            host, port = self._addresses[number % len(self._addresses)]
            client = await asyncssh.connect(host, port, options=self._options)
            writer, reader, _ = await client.open_session(subsystem="netconf", encoding=None)
            await reader.readuntil(END)
            writer.write(HELLO)
            await job(reader, writer, number)
            if keep:
                self._open.append((client, writer))
            else:
                client.close()
                await client.wait_closed()


async def ask(
    reader: asyncssh.SSHReader[bytes], writer: asyncssh.SSHWriter[bytes], request: str
) -> None:
    writer.write(f"<rpc>{request}</rpc>".encode() + END)
    reply = await reader.readuntil(END)
    if b"<rpc-error" in reply:
        raise RuntimeError(reply.decode())


async def nothing(
    _reader: asyncssh.SSHReader[bytes], _writer: asyncssh.SSHWriter[bytes], _number: int
) -> None:
    return


async def configure(
    reader: asyncssh.SSHReader[bytes], writer: asyncssh.SSHWriter[bytes], number: int
) -> None:
    await ask(reader, writer, load(tunnel_lines(2, first=1 + 2 * (number % 7000))))
    await ask(reader, writer, "<commit-configuration/>")


async def cycle(
    reader: asyncssh.SSHReader[bytes], writer: asyncssh.SSHWriter[bytes], number: int
) -> None:
    await ask(reader, writer, "<lock-configuration/>")
    await configure(reader, writer, number)
    await ask(reader, writer, '<get-configuration database="committed"/>')
    await ask(reader, writer, "<unlock-configuration/>")


def load(lines: str) -> str:
    return (
        '<load-configuration action="set" format="text"><configuration-set>'
        f"{lines}</configuration-set></load-configuration>"
    )


def tunnel_lines(count: int, first: int = 1) -> str:
    lines = []
    for n in range(first, first + count):
        name, unit = f"t{n}", n % 16000
        lines += [
            f"set interfaces st0 unit {unit} family inet address 10.{n >> 15}.{n >> 7 & 255}."
            f"{n % 128 * 2}/31",
            f"set security zones security-zone vpn-corp interfaces st0.{unit}",
            f"set routing-options static route 10.{100 + n // 250}.{n % 250}.0/24 "
            f"next-hop st0.{unit}",
            f"set security ike policy {name} proposals corp-ike",
            f'set security ike policy {name} pre-shared-key ascii-text "secret-{n}"',
            f"set security ike gateway {name} ike-policy {name}",
            f"set security ike gateway {name} address 198.18.{n // 250}.{n % 250 + 1}",
            f"set security ike gateway {name} external-interface xe-0/0/0.0",
            f"set security ipsec vpn {name} bind-interface st0.{unit}",
            f"set security ipsec vpn {name} ike gateway {name}",
            f"set security ipsec vpn {name} ike ipsec-policy corp-esp",
        ]
    return "\n".join(lines) + "\n"


# -- what is measured


def of_fleet(count: int) -> Iterator[tuple[str, str, str]]:
    """Give rows about many devices in one process."""
    with running(serve_devices, count) as (addresses, seconds, before, asked):
        idle = asked()
        grown = idle.rss - before.rss
        each = f"{mib(idle.rss)} in all, {grown / count:.0f} B each"
        yield f"{count} idle devices", f"{seconds:.2f} s", each
        fleet = Fleet(addresses)
        yield asyncio.run(compared(fleet, asked))
        yield from asyncio.run(connected(fleet, count, asked))


async def compared(fleet: Fleet, asked: Callable[[], Cost]) -> tuple[str, str, str]:
    await fleet.each(AT_ONCE, nothing)  # both ends have done it once
    before = asked()
    seconds = await fleet.each(COMPARED, nothing)
    cpu = (asked().cpu - before.cpu) / COMPARED * 1000
    return (
        "new NETCONF sessions, both ends here",
        f"{COMPARED / seconds:.0f} /s",
        f"{cpu:.2f} ms of the server's CPU each",
    )


async def connected(
    fleet: Fleet, count: int, asked: Callable[[], Cost]
) -> list[tuple[str, str, str]]:
    before = asked()
    await fleet.each(count, configure, keep=True)
    held = asked()
    what = f"{count} sessions open, a configuration of its own on each"
    each = f"{(held.rss - before.rss) / count / 1024:.1f} KiB per device and session"
    rows = [(what, mib(held.rss), each)]
    began = asked()
    with suppress(TimeoutError):  # nothing happens: that is what is measured
        await asyncio.wait_for(asyncio.Event().wait(), IDLE_SECONDS)
    busy = (asked().cpu - began.cpu) / IDLE_SECONDS
    rows.append(("those sessions, idle", f"{busy:.1%} of a core", ""))
    await fleet.close()
    seconds = await fleet.each(count, cycle)
    what = f"{count} × open, lock, load, commit, get, close"
    rows.append((what, f"{seconds:.1f} s", f"{count / seconds:.0f} devices/s"))
    return rows


def of_a_plain_server() -> Iterator[tuple[str, str, str]]:
    """Give the rows that compare with a thread per connection."""
    with running(serve_plainly, 1) as (addresses, _, _, asked):
        fleet = Fleet(addresses)

        async def run() -> tuple[float, float, int]:
            await fleet.each(AT_ONCE, nothing)
            before = asked()
            seconds = await fleet.each(COMPARED, nothing)
            cpu = (asked().cpu - before.cpu) / COMPARED * 1000
            before = asked()
            await fleet.each(COMPARED, nothing, keep=True)
            grown = asked().rss - before.rss
            await fleet.close()
            return seconds, cpu, grown

        seconds, cpu, grown = asyncio.run(run())
        yield (
            "a thread per connection (paramiko): sessions",
            f"{COMPARED / seconds:.0f} /s",
            f"{cpu:.2f} ms, {grown / COMPARED / 1024:.0f} KiB each, hello only",
        )


def of_one_device() -> Iterator[tuple[str, str, str]]:
    """Give rows about one device without a socket; times are of the processor."""
    device, timed = without_socket("one")
    read = '<get-configuration database="committed"/>'
    lines = timed(load(tunnel_lines(TUNNELS)))[0]
    check = timed("<commit-configuration/>")[0]
    first, reply = timed(read)
    again = timed(read)[0]
    tree = reply[reply.index(b"<configuration") : reply.index(b"</rpc-reply>")].decode()
    xml = f'<load-configuration action="merge" format="xml">{tree}</load-configuration>'
    twin, timed_twin = without_socket("other")
    elements = timed_twin(re.sub(r' (xmlns|junos:[a-z-]+)="[^"]*"', "", xml))[0]
    assert twin.store.dirty
    yield f"load of {TUNNELS} tunnels", f"{elements:.0f} ms as XML", f"{lines:.0f} ms as set lines"
    yield f"commit of {TUNNELS} tunnels", f"{check:.0f} ms", ""
    yield "get-configuration of all that", f"{first:.0f} ms", f"{again:.1f} ms unchanged"
    loads, commits = [], []
    for n in range(ROLLBACKS):
        loads.append(timed(load(tunnel_lines(1, first=TUNNELS + 1 + n)))[0])
        commits.append(timed("<commit-configuration/>")[0])
    yield (
        f"one tunnel on {TUNNELS} (median of {ROLLBACKS})",
        f"{statistics.median(loads):.2f} ms to load",
        f"{statistics.median(commits):.2f} ms to commit",
    )
    slots = device.store._slots
    newest = [device.store.rollback_tree(0), device.store.rollback_tree(1)]
    kept = (size(slots) - size(newest)) / (ROLLBACKS - len(newest)) / 1024
    yield "a kept rollback of one of these", f"{kept:.1f} KiB", ""


def without_socket(name: str) -> tuple[SimulatedDevice, Callable[[str], tuple[float, bytes]]]:
    """Return a device and a function that asks it and returns milliseconds and the reply."""
    device = SimulatedDevice(DeviceSpec(name, "srx4100"), ManualClock())
    session = open_netconf(device, "lab", lambda: None)

    def answer() -> bytes:
        return b"".join(effect.data for effect in session.run() if isinstance(effect, Send))

    def timed(request: str) -> tuple[float, bytes]:
        session.feed(frame(f"<rpc>{request}</rpc>".encode(), chunked=False))
        gc.disable()
        began = time.process_time()
        reply = answer()
        seconds = time.process_time() - began
        gc.enable()
        if b"<rpc-error" in reply:
            raise RuntimeError(reply.decode())
        return seconds * 1000, reply

    assert END in answer()
    return device, timed


def size(root: object) -> int:
    """Return the bytes of all plain data that can be reached from ``root``."""
    seen: set[int] = set()
    waiting, total = [root], 0
    while waiting:
        item = waiting.pop()
        if id(item) in seen or isinstance(item, type | types.ModuleType | types.FunctionType):
            continue
        seen.add(id(item))
        total += sys.getsizeof(item)
        waiting += gc.get_referents(item)
    return total


def of_the_start() -> Iterator[tuple[str, str, str]]:
    """Give the row about starting one device in a fresh interpreter."""
    runs = [
        float(subprocess.run([sys.executable, "-c", START], capture_output=True, check=True).stdout)
        for _ in range(3)
    ]
    yield "embedded server: import to first byte on the wire", f"{min(runs):.2f} s", "best of 3"


def mib(size: int) -> str:
    return f"{size / 1024 / 1024:.0f} MiB"


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else DEVICES
    raise_descriptor_limit()
    table = Table("what", "figure", "", title=f"simulated devices, {os.cpu_count()} cores")
    console = Console()
    for rows in (of_the_start(), of_fleet(count), of_a_plain_server(), of_one_device()):
        for row in rows:
            table.add_row(*row)
            console.print("·", *row, style="dim")
    console.print(table)


if __name__ == "__main__":
    main()
