"""A simulated device behind real SSH, with a clock that tests move, and the ways to change it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from harness.clock import ManualClock
from harness.deploy.access import Access
from harness.deploy.baseline import Baseline, capture
from harness.deploy.blast_radius import AllowList
from harness.deploy.journal import Journal
from harness.deploy.mark import Mark, Phase
from harness.deploy.rung import Owner, Payload
from harness.drivers.protocol import Endpoint, Secret, Writer
from harness.drivers.registry import session
from harness.lab.lab import open_lab
from harness.lab.run import Run
from harness.plan.builder import build_plan
from harness.plan.model import Kind, Site
from harness.plan.occupied import occupied
from harness.render.allowlist import allowed_hierarchies
from harness.render.rendering import render
from harness.sim.server import SimulatorServer
from harness.sim.spec import DeviceSpec, FaultSpec
from harness.sim.store.profiles import profile
from harness.testbed.load import load_testbed

SITE = Site(
    device="dut",
    platform="srx4100",
    external_interface="xe-0/0/0.0",
    external_zone="untrust",
    local=IPv4Address("192.0.2.1"),
    peers=IPv4Network("198.18.0.0/16"),
    inner=IPv4Network("10.128.0.0/10"),
)
# Policies match in order: the one that comes first alphabetically comes last.
_ZONES = "set security policies from-zone trust to-zone vpn-corp policy"
ORDERED = "".join(
    f"{_ZONES} {name} match source-address any destination-address any application any\n"
    f"{_ZONES} {name} then {then}\n"
    for name, then in (("z-first", "permit"), ("m-second", "deny"), ("a-last", "permit"))
)
MINUTES = 5
DEAD_RUN = "deadbeef"  # of the run that left something on the device


@dataclass
class Dut:
    """One device and what a rung needs of it."""

    server: SimulatorServer
    endpoint: Endpoint
    clock: ManualClock
    journal: Journal
    wrap: Callable[[Writer], object] = field(default=lambda writer: writer)

    @property
    def handle(self):
        """Return the device behind the port."""
        return self.server.device("dut")

    @property
    def key(self) -> str:
        """Return what a lab keeps leases and journals of the device under."""
        return f"{self.endpoint.host}_{self.endpoint.port}"

    def keep_journal_in(self, state: Path) -> None:
        """Put the journal where a lab with that state directory finds it."""
        self.journal = Journal(state / "journals", self.key, self.clock)

    def access(self, driver: str = "pyez", clock=None, **endpoint) -> Access:
        """Return the ways in; reader and writer are of different libraries."""
        reader = "ncclient" if driver != "ncclient" else "pyez"
        where = replace(self.endpoint, **endpoint)

        @contextmanager
        def writer() -> Iterator[object]:
            with session(driver, where) as opened:
                yield self.wrap(opened)

        return Access("dut", writer, lambda: session(reader, where), clock or self.clock)

    def arm(self, fault: str, **options) -> None:
        """Switch a fault on."""
        self.handle.arm(FaultSpec(fault, options))

    def plan(self, count: int, *, driver: str = "pyez", note: str = "rung=1"):
        """Return what makes the payload of a rung from a baseline."""

        def prepare(baseline: Baseline) -> Payload:
            plan = build_plan(
                SITE, Kind.IPSEC, count, run_key=b"k" * 32, occupied=occupied(baseline.xml)
            )
            rendered = render(plan)
            by_cli = driver == "netmiko"
            return Payload(
                text="\n".join(rendered.set_lines()) if by_cli else rendered.xml(),
                fmt="set" if by_cli else "xml",
                allowed=AllowList(allowed_hierarchies(plan)),
                note=note,
                confirm_minutes=MINUTES,
                ours=frozenset(rendered.paths()),
            )

        return prepare

    def state(self):
        """Return the device's datastore; only to look at."""
        return self.handle.call(lambda device: device.store)

    @property
    def committed(self):
        """Return what the device runs."""
        return self.handle.call(lambda device: device.store.committed)

    def logs(self) -> list[str]:
        """Return the logs of its commits, newest first."""
        return [each.log for each in self.handle.call(lambda device: device.store.history)]

    def assert_untouched_since(self, before) -> None:
        """Expect the configuration ``before``, nothing pending, no lock, a clean candidate."""
        store = self.state()
        assert store.committed == before
        assert store.pending is None
        assert store.lock_holder is None
        assert not store.dirty

    def commit_as(self, user: str, lines: str, **options) -> None:
        """Commit set lines as somebody at the CLI would."""

        def act(device) -> None:
            hand = device.store.session(user, "cli", 4711)
            assert not hand.lock()
            assert not hand.load(lines, "set", "set")
            assert hand.commit(**options).committed
            hand.close()

        self.handle.call(act)

    def baseline_of_now(self) -> Baseline:
        """Read what the device runs."""
        with self.access().reader() as reader:
            return capture(reader)

    def pushed_by_a_dead_run(self) -> Baseline:
        """Push two tunnels and die: the confirmed commit runs, the journal is open."""
        baseline = self.baseline_of_now()
        payload = self.plan(2)(baseline)
        mark = Mark(DEAD_RUN, Phase.PUSH, payload.note)
        with self.access().writer() as writer:
            writer.lock()
            self.journal.open(
                baseline,
                payload.ours,
                run_id=DEAD_RUN,
                owner="eve@lab",
                minutes=payload.confirm_minutes,
                session_id=writer.session_id,
                note=payload.note,
            )
            writer.load(payload.text, payload.fmt)
            self.journal.note("committing", log=str(mark), minutes=payload.confirm_minutes)
            writer.commit(str(mark), payload.confirm_minutes)
            self.journal.note("committed", minutes=payload.confirm_minutes)
        return baseline


@pytest.fixture
def testbed(dut: Dut, tmp_path: Path) -> Path:
    """Write a testbed of the device, which is already running, and of one that nobody serves."""
    known_hosts = tmp_path / "known_hosts"
    where = f"[{dut.endpoint.host}]:{dut.endpoint.port}"
    known_hosts.write_text(f"{where} {dut.endpoint.trusted_host_key}\n")
    underlay = {
        "external_interface": SITE.external_interface,
        "external_zone": SITE.external_zone,
        "local_address": str(SITE.local),
        "peers": str(SITE.peers),
        "inner": str(SITE.inner),
    }
    devices = {
        name: {
            "platform": "srx4100",
            "simulated": True,
            "alias": f"the-{name}",
            "underlay": underlay,
            "connections": {
                kind: {"host": dut.endpoint.host, "port": port} for kind in ("netconf", "cli")
            },
        }
        for name, port in {"dut": dut.endpoint.port, "absent": 1}.items()
    }
    lab = {
        "name": "lab",
        "credentials": {"default": {"username": "lab", "password": "lab"}},
        "known_hosts": str(known_hosts),
    }
    path = tmp_path / "testbed.yaml"
    path.write_text(json.dumps({"testbed": lab, "devices": devices}))
    return path


@pytest.fixture
def owner() -> Owner:
    """Return who runs."""
    return Owner("0badcafe", "ada@lab")


@pytest.fixture
def dut_at(tmp_path: Path) -> Iterator[Callable[..., Dut]]:
    """Give a maker of devices; keywords are those of the simulator's specification."""
    servers = []

    def make(clock: ManualClock | None = None, **fields) -> Dut:
        base = profile("srx4100").base + ORDERED
        clock = clock or ManualClock()
        server = SimulatorServer([DeviceSpec("dut", "srx4100", base=base, **fields)], clock)
        servers.append(server)
        address = server.start()["dut"]
        endpoint = Endpoint(
            device="dut",
            host=address.host,
            port=address.port,
            username=address.username,
            password=Secret(address.password),
            trusted_host_key=address.host_key,
            timeout=30.0,
        )
        return Dut(server, endpoint, clock, Journal(tmp_path / "journals", "dut", clock))

    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def dut(dut_at) -> Dut:
    """Give an SRX4100 whose policies stand in an order of their own."""
    return dut_at()


@pytest.fixture
def lab_as(dut, testbed, tmp_path):
    """Give a maker of open labs: run id, and the driver that pushes."""
    opened = []

    def make(run_id=DEAD_RUN, driver="pyez"):
        run = Run(run_id, b"k" * 32, tmp_path / "state", dut.clock, driver)
        dut.keep_journal_in(run.state)
        context = open_lab(load_testbed(testbed), run, str, only=frozenset({"dut"}))
        opened.append(context)
        return context.__enter__()

    yield make
    for context in reversed(opened):
        context.__exit__(None, None, None)


@pytest.fixture
def bench(lab_as):
    """Return the bench of the device in the run that left something there."""
    return lab_as().bench("dut")
