"""A harness that plans, renders, grades or reports wrongly: for each way to, a guard turns red."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from harness.outcome import Grade, Outcome
from harness.plan.addressing import Block
from harness.plan.keys import KeyRing
from harness.plan.model import Kind, PreSharedKey
from harness.plan.occupied import Occupied
from harness.render import ipsec
from harness.render.allowlist import ALLOWANCES
from harness.render.rendering import _KINDS

ROOT = Path(__file__).parents[2]
COUNT = 5


# -- guards: what must hold, each on a device of its own


def honest_device(stage):
    """Pass an honest device, on every witness."""
    case = stage.fresh().qualify()
    assert case.outcome is Outcome.PASS, f"an honest device ended as {case.outcome}: {case.reason}"
    assert not case.unusable_witnesses, f"of an honest device: {case.unusable_witnesses}"


def swapped_keys(stage):
    """Tell keys apart."""
    dut = stage.fresh()
    dut.arm("swap-psk", index=3, from_count=3)
    dut.must_end("fail", "keys: 2 different: hil-t00003, hil-t00004")


def keys_stay_inside(stage):
    """Keep every key out of case, journal and commit history."""
    dut = stage.fresh()
    case = dut.qualify()
    history = dut.handle.call(lambda device: device.store.history)
    told = f"{case!r} {case.reason} {history!r} {dut.bench.journal.path.read_text()}"
    ring = KeyRing(dut.bench.run.key, dut.bench.device.name)
    for number in range(1, COUNT + 1):
        key = ring.key(f"hil-t{number:05}").reveal()
        assert key not in told, f"the key of tunnel {number} got out: {told.replace(key, '<KEY>')}"


def simulated_is_simulated(stage):
    """Say what the device says it is, whatever the testbed calls it."""
    case = stage.fresh().of_another_run(real=True).qualify()
    assert case.grade is Grade.SIMULATED, f"a simulated device was graded {case.grade}"


def sampled_is_sampled(stage):
    """Call five of ten tunnels a sample."""
    case = stage.fresh().qualify(claim_id="srx4100-tunnels", claimed=10)
    assert case.standing == "sampled", f"5 of 10 tunnels stand as {case.standing}"


def failed_at_the_claim(stage):
    """Fail a device that refuses what the document says."""
    dut = stage.fresh()
    dut.arm("drop-tunnel", index=3, from_count=3)
    case = dut.qualify(claim_id="srx4100-tunnels", claimed=COUNT)
    assert case.outcome is Outcome.FAIL, f"four of five claimed tunnels ended as {case.outcome}"
    assert case.standing == "not accepted", f"four of five stand as {case.standing}"


def observed_above_the_claim(stage):
    """Hold nothing against a device that the document doesn't say."""
    dut = stage.fresh()
    dut.spoil(lambda device: setattr(device.store, "_limit", COUNT - 1))
    case = dut.qualify(claim_id="srx4100-tunnels", claimed=COUNT - 1, observation=True)
    assert case.outcome is Outcome.PASS, f"above the claim it ended as {case.outcome}"
    assert case.standing == "observed"


def of_the_project(path, test):
    """Make a guard of a test that the project has."""

    def guard(_stage):
        """Pass."""
        reports = []

        class Watch:
            """Keeps what the tests report."""

            def pytest_runtest_logreport(self, report):
                reports.append(report)

        quiet = ("cacheprovider", "xdist", "pytest_cov", "faulthandler", "logging")
        options = [option for name in quiet for option in ("-p", f"no:{name}")]
        pytest.main([f"{ROOT / path}::{test}", "--rootdir", str(ROOT), "-q", *options], [Watch()])
        assert reports, f"there's no test {path}::{test}"
        told = "\n".join(str(report.longrepr) for report in reports if report.failed)
        assert not told, told

    guard.__name__ = test
    return guard


# -- mutants: what is wrong, and which guard misses it


def same_key_for_all():
    """Give each tunnel the key of the first."""
    honest = KeyRing.key
    return lambda ring, tunnel: honest(ring, "hil-t00001")


def without_route(plan, one, *, placeholders):
    """Forget the static route."""
    return ipsec.secure_leg(plan, one, placeholders=placeholders)


row = dict  # the arguments of the fixture "kill"
ONE_TUNNEL = of_the_project(
    "tests/unit/render/test_render_kinds.py", "test_one_tunnel_of_each_kind"
)
ELSE = of_the_project("tests/unit/render/test_render_allowlist.py", "test_everything_else_is_not")
SHOWS = of_the_project(
    "tests/unit/plan/test_plan_parts.py", "test_a_key_shows_itself_only_when_asked"
)

MUTANTS = {
    "a plan repeats a peer's address": row(
        breaks="harness.plan.addressing.Supply.peer",
        by=lambda supply: IPv4Address("198.18.0.1"),
        guard=honest_device,
        says="gateway hil-t00001 has the same peer",
    ),
    "a plan repeats a unit": row(
        breaks="harness.plan.addressing.Supply.st0_unit",
        by=lambda supply: 7,
        guard=honest_device,
        says="st0.7 is point-to-point and is bound to vpn hil-t00001",
    ),
    "a plan repeats a block of addresses": row(
        breaks="harness.plan.addressing.Supply.block",
        by=lambda supply: Block(int(IPv4Address("100.64.0.0"))),
        guard=honest_device,
        says="address 100.64.0.0 is already configured on st0.1",
    ),
    "a plan gives all tunnels one key": row(
        breaks="harness.plan.keys.KeyRing.key",
        by=same_key_for_all(),
        guard=swapped_keys,
        says="ended as pass",
    ),
    "a plan doesn't look at the baseline": row(
        breaks="harness.lab.attempt.occupied",
        by=lambda xml: Occupied.none(),
        guard=honest_device,
        says="st0.0 is point-to-point and is bound to vpn corp-hq",
    ),
    "rendering forgets the route": row(
        breaks="harness.render.rendering._KINDS",
        by={**_KINDS, Kind.IPSEC: (ipsec.common, without_route)},
        guard=ONE_TUNNEL,
        says="routing-options static route",
    ),
    "rendering forgets the zone's interface": row(
        breaks="harness.render.shared.zone_interface",
        by=lambda *_: iter(()),
        guard=ONE_TUNNEL,
        says="security zones security-zone hil-ipsec interfaces",
    ),
    "the allow-list grows": row(
        breaks="harness.render.allowlist.ALLOWANCES",
        by=(*ALLOWANCES, replace(ALLOWANCES[-1], words=("system",))),
        guard=ELSE,
        says="system",
    ),
    "a key shows itself": row(
        breaks="harness.plan.model.PreSharedKey.__str__",
        by=PreSharedKey.reveal,
        guard=SHOWS,
        says="test_a_key_shows_itself_only_when_asked",
    ),
    "keys stand in the paths of statements": row(
        breaks="harness.render.readback._Walk._leaf",
        by=lambda walk, path, text: (*path, text),
        guard=keys_stay_inside,
        says="the key of tunnel 1 got out: .*<KEY> is",
    ),
    "the device's own word isn't taken": row(
        breaks="harness.verify.grade._declares_simulated",
        by=lambda facts: False,
        guard=simulated_is_simulated,
        says="a simulated device was graded hardware",
    ),
    "a sample counts as qualified": row(
        breaks="harness.reporting.record.Case.standing",
        by=property(lambda case: "qualified"),
        guard=sampled_is_sampled,
        says="5 of 10 tunnels stand as qualified",
    ),
    "a failure counts as an observation": row(
        breaks="harness.lab.qualify._observed",
        by=lambda case: replace(case, outcome=Outcome.PASS),
        guard=failed_at_the_claim,
        says="four of five claimed tunnels ended as pass",
    ),
    "an observation counts as a failure": row(
        breaks="harness.lab.qualify._observed",
        by=lambda case: case,
        guard=observed_above_the_claim,
        says="above the claim it ended as fail",
    ),
}
GUARDS = {row["guard"] for row in MUTANTS.values()}


@pytest.mark.parametrize("guard", sorted(GUARDS, key=lambda one: one.__name__))
def test_each_guard_holds(stage, guard):
    """Unbroken, the harness does what the guard wants."""
    guard(stage)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_mutant_turns_its_guard_red(kill, mutant):
    """Broken, it doesn't, and the guard says why."""
    kill(**MUTANTS[mutant])
