"""Compare our drivers with a bare SSH client on one simulated device; prints, asserts no time.

Each client in turn loads and commits 1500 tunnels and reads the configuration back; the device
returns to its baseline in between. No payload is sent twice, so that no cache of the device helps.
The device is a process of its own. ``python tests/benchmarks/bench_drivers.py [repetitions]``.
"""

import json
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Address, IPv4Network
from multiprocessing.connection import Connection

from rich.console import Console
from rich.table import Table

from harness.drivers.protocol import Endpoint, PayloadFormat, Secret, Writer
from harness.drivers.registry import open_driver
from harness.drivers.ssh import connected_client
from harness.plan.builder import build_plan
from harness.plan.model import Kind, Site
from harness.plan.occupied import Occupied, occupied
from harness.render.rendering import render
from harness.sim.server import SimulatorServer
from harness.sim.spec import DeviceSpec

TUNNELS = 1500
REPETITIONS = 5
QUESTIONS = 200
DEVICE = "srx4100"
SITE = Site(
    device=DEVICE,
    platform="srx4100",
    external_interface="xe-0/0/0.0",
    external_zone="untrust",
    local=IPv4Address("192.0.2.1"),
    peers=IPv4Network("198.18.0.0/16"),
    inner=IPv4Network("10.128.0.0/10"),
)
END = b"]]>]]>"
HELLO = (
    '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities><capability>'
    "urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>"
)


class BareClient:
    """The least that can be sent and read: bytes on a channel, a reply up to its delimiter."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._client = connected_client(endpoint)
        transport = self._client.get_transport()
        if transport is None:
            raise ConnectionError("no transport")
        self._channel = transport.open_session()
        self._channel.invoke_subsystem("netconf")
        self._read()
        self._send(HELLO)

    def ask(self, request: str) -> bytes:
        self._send(f'<rpc message-id="1">{request}</rpc>')
        reply = self._read()
        if b"<rpc-error" in reply or b"xnm:error" in reply:
            raise RuntimeError(reply[:500].decode())
        return reply

    def push(self, payload: str, log: str) -> None:
        self.ask(f'<load-configuration action="merge" format="xml">{payload}</load-configuration>')
        self.ask(f"<commit-configuration><log>{log}</log></commit-configuration>")

    def read_back(self) -> None:
        self.ask('<get-configuration database="committed" format="xml"/>')

    def question(self) -> None:
        self.ask("<get-system-information/>")

    def close(self) -> None:
        self._client.close()

    def _send(self, text: str) -> None:
        self._channel.sendall(text.encode() + END)

    def _read(self) -> bytes:
        parts: list[bytes] = []
        tail = b""
        while END not in tail:
            data = self._channel.recv(1 << 16)
            if not data:
                raise EOFError
            parts.append(data)
            tail = tail[-len(END) :] + data
        return b"".join(parts)


class DriverClient:
    """One of our drivers, doing the same."""

    def __init__(self, name: str, endpoint: Endpoint, fmt: PayloadFormat) -> None:
        self.driver: Writer = open_driver(name, endpoint)
        self._fmt = fmt

    def push(self, payload: str, log: str) -> None:
        self.driver.load(payload, self._fmt)
        self.driver.commit(log)

    def read_back(self) -> None:
        self.driver.configuration()

    def question(self) -> None:
        self.driver.rpc("get-system-information")

    def close(self) -> None:
        self.driver.close()


@dataclass
class Times:
    """What one client took, in milliseconds."""

    push: list[float] = field(default_factory=list)
    read_back: list[float] = field(default_factory=list)
    question: list[float] = field(default_factory=list)


FORMATS: Mapping[str, PayloadFormat] = {
    "bare SSH": "xml",
    "pyez": "xml",
    "ncclient": "xml",
    "netmiko": "set",
}


def main() -> None:
    """Run the comparison and print its table."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else REPETITIONS
    with device() as endpoint:
        clients = {
            "bare SSH": BareClient(endpoint),
            **{
                name: DriverClient(name, endpoint, fmt)
                for name, fmt in FORMATS.items()
                if name != "bare SSH"
            },
        }
        restore = open_driver("ncclient", endpoint)
        used = occupied(restore.configuration())
        times = {name: Times() for name in clients}
        for round_number in range(repetitions):
            for name, client in clients.items():
                payload = _payload(FORMATS[name], f"{round_number} {name}", used)
                log = f"bench {round_number} {name}"
                times[name].push.append(_timed(partial(client.push, payload, log)))
                times[name].read_back.append(_timed(client.read_back))
                restore.rollback(1)
                restore.commit("bench: back to the baseline")
        for _ in range(QUESTIONS):
            for name, client in clients.items():
                times[name].question.append(_timed(client.question))
        for client in [*clients.values(), restore]:
            client.close()
    _print(times, repetitions)


@contextmanager
def device() -> Iterator[Endpoint]:
    """Serve one device from another process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,))
    process.start()
    try:
        given = json.loads(ours.recv())
        yield Endpoint(
            device=DEVICE,
            host=given["host"],
            port=given["port"],
            username=given["username"],
            password=Secret(given["password"]),
            trusted_host_key=given["host_key"],
        )
    finally:
        ours.send(None)
        process.join()


def _serve(theirs: Connection) -> None:
    server = SimulatorServer([DeviceSpec(DEVICE, "srx4100")])
    address = server.start()[DEVICE]
    theirs.send(
        json.dumps(
            {
                "host": address.host,
                "port": address.port,
                "username": address.username,
                "password": address.password,
                "host_key": address.host_key,
            }
        )
    )
    theirs.recv()
    server.stop()


def _payload(fmt: PayloadFormat, seed: str, used: Occupied) -> str:
    plan = build_plan(
        SITE, Kind.IPSEC, TUNNELS, run_key=seed.encode().ljust(32, b"."), occupied=used
    )
    rendered = render(plan)
    return rendered.xml() if fmt == "xml" else "\n".join(rendered.set_lines()) + "\n"


def _timed(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _print(times: Mapping[str, Times], repetitions: int) -> None:
    table = Table(title=f"{TUNNELS} tunnels, {repetitions} rounds, {QUESTIONS} small RPCs, in ms")
    table.add_column("client")
    for column in ("load + commit", "read back", "small RPC"):
        for what in (f"{column}, min", "median", "ratio of min"):
            table.add_column(what, justify="right")
    bare = times["bare SSH"]
    for name, taken in times.items():
        row = [name]
        for mine, theirs in (
            (taken.push, bare.push),
            (taken.read_back, bare.read_back),
            (taken.question, bare.question),
        ):
            least, middle = min(mine), statistics.median(mine)
            row += [f"{least:.1f}", f"{middle:.1f}", f"{least / min(theirs):.2f}"]
        table.add_row(*row)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
