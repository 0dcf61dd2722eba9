"""Verify against simulated devices over real SSH: honest ones pass, each lie is named."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

import pytest

from harness.drivers.history import find_log, parse_history
from harness.drivers.protocol import Endpoint, Secret, Writer
from harness.drivers.registry import make_driver
from harness.outcome import Evidence, Grade, Outcome, Verdict
from harness.plan.builder import build_plan
from harness.plan.model import Kind, Plan, Site
from harness.plan.occupied import occupied
from harness.render.rendering import render
from harness.sim.server import DeviceHandle, SimulatorServer
from harness.sim.spec import DeviceSpec, FaultSpec
from harness.system_clock import SystemClock
from harness.testbed.model import Device, HealthLimits
from harness.verify.calibration import Calibration, calibrate
from harness.verify.examine import examine
from harness.verify.expect import expectation
from harness.verify.illness import judge_health
from harness.verify.judge import judge
from harness.verify.observe import gather, observe
from harness.verify.preflight import preflight
from harness.verify.witnesses import Observation

PLATFORMS = {"srx4100": "xe-0/0/0.0", "nfx250": "ge-0/0/0.0", "vmx": "ge-0/0/0.0"}
CARRIED = [
    *[(platform, kind) for platform in ("srx4100", "nfx250") for kind in Kind],
    ("vmx", Kind.GRE),
]


@dataclass
class Dut:
    """A simulated device with a session that writes and two, of other libraries, that read."""

    handle: DeviceHandle
    platform: str
    writer: Writer
    netconf: Writer
    cli: Writer

    def __post_init__(self) -> None:
        self.readers = {"netconf": self.netconf, "cli": self.cli}
        self.baseline = self.netconf.configuration()
        self.calibrations: dict[Kind, Calibration] = {}
        self.commits = 0

    def plan(self, kind: Kind, count: int) -> Plan:
        site = Site(
            device=self.handle.name,
            platform=self.platform,
            external_interface=PLATFORMS[self.platform],
            external_zone=None if self.platform == "vmx" else "untrust",
            local=IPv4Address("192.0.2.1"),
            peers=IPv4Network("198.18.0.0/16"),
            inner=IPv4Network("10.128.0.0/10"),
        )
        used = occupied(self.baseline)
        return build_plan(site, kind, count, run_key=b"k" * 32, occupied=used)

    def push(self, kind: Kind, count: int):
        """Commit, gather from the other sessions, go back; return the evidence and the log."""
        self.commits += 1
        log = f"verify test {self.commits} kind={kind} count={count}"
        before = parse_history(self.netconf.rpc("get-commit-information").raw)
        self.writer.lock()
        try:
            self.writer.load(render(self.plan(kind, count)).xml(), "xml")
            messages = self.writer.commit(log, 5).messages
            bundle = gather(kind, self.readers, messages=messages, history_before=before)
        finally:
            self.go_back(log)
        return bundle, log

    def go_back(self, log: str) -> None:
        for lie_about_history in ("stale-history", "repeat-reply"):
            self.handle.disarm(lie_about_history)
        history = parse_history(self.netconf.rpc("get-commit-information").raw)
        if find_log(history[:1], log) is None:
            self.writer.rollback(0)
        else:
            self.writer.rollback(1)
            self.writer.commit("verify test: back")
        self.writer.unlock()

    def calibrated(self, kind: Kind) -> Calibration:
        if kind not in self.calibrations:
            self.calibrations[kind] = self.calibrate(kind, observe(kind, self.readers))
        return self.calibrations[kind]

    def calibrate(self, kind: Kind, before: tuple[Observation, ...]) -> Calibration:
        bundle, _ = self.push(kind, 2)
        two, three = (expectation(self.plan(kind, n), self.baseline) for n in (2, 3))
        return calibrate(two, three, before, bundle.observations)

    def verdict(self, kind: Kind, count: int, *faults: FaultSpec) -> Verdict:
        calibration = self.calibrated(kind)
        for fault in faults:
            self.handle.arm(fault)
        try:
            bundle, log = self.push(kind, count)
        finally:
            for fault in faults:
                self.handle.disarm(fault.name)
        expected = expectation(self.plan(kind, count), self.baseline)
        return judge(expected, bundle, calibration, log)


@pytest.fixture(scope="module")
def duts():
    """Start one device of each platform and open three sessions to each."""
    server = SimulatorServer([DeviceSpec(name, name) for name in PLATFORMS])
    found = {}
    try:
        for name, address in server.start().items():
            endpoint = Endpoint(
                name,
                address.host,
                address.port,
                address.username,
                Secret(address.password),
                trusted_host_key=address.host_key,
            )
            drivers = [make_driver(d, endpoint) for d in ("pyez", "ncclient", "netmiko")]
            for driver in drivers:
                driver.open()
            found[name] = Dut(server.device(name), name, *drivers)
        yield found
        for dut in found.values():
            for driver in (dut.writer, dut.netconf, dut.cli):
                driver.close()
    finally:
        server.stop()


@pytest.mark.parametrize(("platform", "kind"), CARRIED)
def test_an_honest_device_passes_on_every_witness(duts, platform, kind):
    """Each kind on each platform that carries it: all witnesses usable, five tunnels proven."""
    dut = duts[platform]
    assert not dut.calibrated(kind).unusable
    verdict = dut.verdict(kind, 5)
    assert verdict.passed, verdict.reason
    assert verdict.evidence is Evidence.READ_BACK


TUNNEL = "hil-t00002"


@pytest.mark.parametrize(
    ("kind", "fault", "says"),
    [
        (Kind.IPSEC, FaultSpec("drop-tunnel", {"index": 2}), [TUNNEL, "seen 5"]),
        (Kind.GRE, FaultSpec("drop-tunnel", {"index": 2}), [TUNNEL]),
        (Kind.GRE_OVER_IPSEC, FaultSpec("drop-tunnel", {"index": 2}), [TUNNEL]),
        (Kind.IPSEC, FaultSpec("swap-psk", {"index": 2}), ["keys: 2 different", TUNNEL]),
        (Kind.IPSEC, FaultSpec("wrong-unit", {"index": 2}), [TUNNEL, "not configured st0."]),
        (Kind.GRE, FaultSpec("wrong-unit", {"index": 2}), [TUNNEL, "gr-0/0/0."]),
        (Kind.IPSEC, FaultSpec("drop-sa", {"index": 2}), [TUNNEL, "cli-ipsec-tunnels"]),
        (Kind.GRE, FaultSpec("drop-sa", {"index": 2}), [TUNNEL, "cli-gr-units"]),
        (Kind.IPSEC, FaultSpec("ghost-tunnel"), ["not configured 198.51.100.254"]),
        (Kind.GRE, FaultSpec("ghost-tunnel"), ["not configured gr-0/0/0.15999"]),
        (Kind.IPSEC, FaultSpec("stale-sa-table"), ["missing hil-t00001", "not configured"]),
        (Kind.GRE, FaultSpec("stale-history"), ["it doesn't show our commit"]),
        (Kind.IPSEC, FaultSpec("ok-beside-error"), ["error: ", "[simulated]"]),
    ],
    ids=lambda value: value.name if isinstance(value, FaultSpec) else None,
)
def test_each_lie_fails_and_is_named(duts, kind, fault, says):
    """The verdict names the tunnel, or quotes the device."""
    verdict = duts["srx4100"].verdict(kind, 5, fault)
    assert verdict.outcome is Outcome.FAIL, verdict.reason
    for words in says:
        assert words in verdict.reason


def test_warnings_alone_are_a_success_with_findings(duts):
    """A commit whose reply has warnings and no ok was carried out: the evidence says so."""
    verdict = duts["srx4100"].verdict(Kind.IPSEC, 3, FaultSpec("warnings-only"))
    assert verdict.passed, verdict.reason
    assert any(f.what == "commit reply" and f.seen.startswith("warning") for f in verdict.findings)


def test_a_device_that_repeats_its_first_reply_can_not_be_judged(duts):
    """The operational witnesses don't count two; the one that is left isn't enough."""
    dut = duts["srx4100"]
    dut.handle.arm(FaultSpec("repeat-reply"))
    try:
        calibration = dut.calibrate(Kind.GRE, observe(Kind.GRE, dut.readers))
    finally:
        dut.handle.disarm("repeat-reply")
    assert set(calibration.unusable) == {"gr-units", "cli-gr-units"}
    bundle, log = dut.push(Kind.GRE, 3)
    expected = expectation(dut.plan(Kind.GRE, 3), dut.baseline)
    verdict = judge(expected, bundle, calibration, log)
    assert verdict.outcome is Outcome.BLOCKED
    assert "usable witnesses: 1: cli-gr-configuration" in verdict.reason


@pytest.mark.parametrize("platform", PLATFORMS)
def test_health_is_the_same_over_either_way(duts, platform):
    """Every part is readable over NETCONF and on the CLI, and both tell the same."""
    dut = duts[platform]
    dut.handle.arm(FaultSpec("core-file"))
    dut.handle.arm(FaultSpec("alarm"))
    try:
        netconf, cli = (
            examine(platform, {way: reader}, SystemClock()) for way, reader in dut.readers.items()
        )
    finally:
        dut.handle.disarm("core-file")
        dut.handle.disarm("alarm")
    assert (dict(netconf.gaps), dict(cli.gaps)) == ({}, {})
    assert (netconf.cores, netconf.alarms) == (cli.cores, cli.alarms)
    assert netconf.figures == cli.figures
    assert [core.path for core in netconf.cores] == ["/var/crash/kmd.core.0.gz"]
    assert [alarm.text for alarm in netconf.alarms if alarm.major] == ["FPC 0 Hard errors"]
    assert judge_health(netconf, cli, HealthLimits()).outcome is Outcome.PASS


def test_preflight_of_a_simulated_device(duts):
    """It's clean, and graded as what it says it is although the testbed doesn't."""
    dut = duts["srx4100"]
    found = preflight(Device("srx4100", "srx4100"), dut.readers, SystemClock())
    assert found.clean, [str(f) for f in found.findings if not f.ok]
    assert found.graded.grade is Grade.SIMULATED


def test_preflight_sees_hidden_secrets(duts):
    """A login that can't read secrets is refused before anything is pushed."""
    dut = duts["srx4100"]
    dut.handle.arm(FaultSpec("secret-data"))
    try:
        found = preflight(Device("srx4100", "srx4100"), dut.readers, SystemClock())
    finally:
        dut.handle.disarm("secret-data")
    assert not found.clean
    assert "couldn't be restored" in found.seen("keys")
