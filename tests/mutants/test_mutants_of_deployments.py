"""Deployments in which one device lies, and the harness broken where it finds that out."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from harness.claims.catalogue import Catalogue
from harness.lab.deployed import Deployed, Passed
from harness.lab.lab import Lab, open_lab
from harness.lab.place import taken_over
from harness.lab.rollout_cases import RolloutCases
from harness.lab.rollout_counts import Count
from harness.lab.run import Run
from harness.lab.steps import Step, steps
from harness.outcome import Outcome
from harness.plan.deployments import rollout_of
from harness.reporting.record import Case
from harness.sim.store.profiles import profile
from harness.system_clock import SystemClock
from harness.testbed.load import load_testbed_text

LAB = """\
testbed: {{name: fleets}}
devices:
  odd:
    platform: {platform}
    simulated: true
    underlay: {{external_interface: {interface}, external_zone: untrust,
      local_address: 203.0.113.1, peers: 10.1.0.0/16, inner: 100.64.0.0/16}}
    custom: {{base: odd.set, faults: [{fault}]}}
fleets:
  branch:
    count: 20
    platform: nfx250
    simulated: true
    underlay: {{external_interface: ge-0/0/0.0, external_zone: untrust}}
  hub:
    count: 1
    platform: srx4200
    simulated: true
    underlay: {{external_interface: xe-0/0/0.0, external_zone: untrust}}
deployments:
  dut:
    outer: 10.1.0.0/16
    inner: 100.64.0.0/16
    at_once: 1
    played_by: [branch]
    {deployment}
"""
ODD = "plays: {site-2: odd}"
OWN_TUNNEL = (
    "set interfaces gr-0/0/0 unit 7 tunnel source 203.0.113.1\n"
    "set interfaces gr-0/0/0 unit 7 tunnel destination 203.0.113.9\n"
    "set interfaces gr-0/0/0 unit 7 family inet address 172.31.7.0/31\n"
)


@dataclass
class Trial:
    """A deployment under way in this process, on fleets in one of their own."""

    lab: Lab
    cases: RolloutCases
    steps: dict[str, Step]

    def run(self, name: str) -> Case:
        """Take one step."""
        return self.cases.run(self.steps[f"dut-{name}"])

    def committed(self, place: str) -> str:
        """Ask the device of a place for its configuration."""
        rollout = self.cases.deployed.rollout
        device = rollout.place(rollout.topology.index(place)).device
        with self.lab.bench_of(device).reader() as reader:
            return reader.configuration()


@contextmanager
def trial(
    *deployment: str, fault: str = "", platform: str = "nfx250", own: str = ""
) -> Iterator[Trial]:
    """Open a lab with one deployment; ``deployment`` are its lines but pools and fleet."""
    text = LAB.format(
        deployment="\n    ".join(deployment),
        fault=fault,
        platform=platform,
        interface="xe-0/0/0.0" if platform.startswith("srx") else "ge-0/0/0.0",
    )
    with tempfile.TemporaryDirectory() as folder:
        base = profile(platform).base.replace("192.0.2.1/24", "203.0.113.1/24")
        Path(folder, "odd.set").write_text(base + own)
        testbed = load_testbed_text(text, f"{folder}/fleets.yaml")
        run = Run("fleet-run", b"k" * 32, Path(folder, "state"), SystemClock(), restore_wait=0.0)
        (dut,) = testbed.deployments
        claim = Catalogue.load().get(dut.claim) if dut.claim else None
        wanted = {step.id: step for step in steps(testbed, dut.topology)}
        with open_lab(testbed, run, lambda question: question) as lab:
            deployed = Deployed(lab, rollout_of(testbed, dut, run_key=run.key))
            try:
                yield Trial(lab, RolloutCases(deployed, claim, None), wanted)
            finally:
                deployed.abandon()


def spokes(*more: str) -> tuple[str, ...]:
    """Return the lines of a small hub-and-spoke deployment."""
    return (
        "topology: hub-and-spoke",
        "hubs: 1",
        "sites: 6",
        "wave: 3",
        *(() if any("hubs_played_by" in line for line in more) else ("hubs_played_by: [hub]",)),
        *more,
    )


# -- lies of one device, as docs/faults.md has them

KEYS = ("hubs_played_by: [odd]", "failures_percent: 100")
LIES = {  # lie → (lines of the deployment, fault with its options, platform)
    "drops the tunnel of its site": ((ODD,), "{name: drop-tunnel}", "nfx250"),
    "exchanges two keys of its hub": (
        KEYS,
        "{name: swap-psk, index: 2, from_count: 3}",
        "srx4200",
    ),
    "refuses the commit of its site": ((ODD,), "{name: refuse-above}", "nfx250"),
    "keeps a statement of its site": ((ODD,), "{name: rollback-leftover}", "nfx250"),
}


@pytest.mark.parametrize("lie", LIES)
def test_one_device_is_named(documented, lie):
    """The wave ends as documented, and in those words."""
    lines, fault, platform = LIES[lie]
    row = documented["One device of a deployment"][lie]
    with trial(*spokes(*lines), fault=fault, platform=platform) as dut:
        dut.run("hubs")
        case = dut.run("wave-1")
    assert (str(case.outcome), row.fault) == (row.ends, fault[7:].partition(",")[0].rstrip("}"))
    assert re.search(".*".join(map(re.escape, row.says)), case.reason), case.reason


def test_every_lie_is_documented(documented):
    """And none more."""
    assert set(documented["One device of a deployment"]) == set(LIES)


# -- guards: what an unbroken harness does


def wrong_keys(_stage):
    """Name the two pairs whose hub has their keys exchanged."""
    hub = spokes("hubs_played_by: [odd]", "failures_percent: 100")
    fault = "{name: swap-psk, index: 2, from_count: 3}"
    with trial(*hub, fault=fault, platform="srx4200") as dut:
        dut.run("hubs")
        case = dut.run("wave-1")
        assert case.outcome is Outcome.FAIL, f"the wave ended as {case.outcome}"
        for site in (2, 3):
            ends = f"(hub-1 (odd) and site-{site} (branch-0{site}))"
            assert f"hil-site-{site}_0_hub-1_0 {ends}: their keys differ" in case.reason


def own_tunnel(_stage):
    """Count on a device from what that device showed before, which has a tunnel of its own."""
    with trial("topology: full-mesh", "sites: 3", "kind: gre", ODD, own=OWN_TUNNEL) as dut:
        case = dut.run("wave-1")
        assert case.outcome is Outcome.PASS, f"ended as {case.outcome}: {case.reason}"


def stuck_device(_stage):
    """Call no wave accepted of which a device isn't proven to be back."""
    mesh = ("topology: full-mesh", "sites: 3", ODD)
    with trial(*mesh, fault="{name: rollback-leftover}") as dut:
        case = dut.run("wave-1")
        assert case.outcome is Outcome.ERROR, f"the wave ended as {case.outcome}"
        assert "site-2 (odd): error: RestoreFailed" in case.reason


def stop_rule(_stage):
    """Begin no further wave after one in which more failed than is allowed."""
    with trial(*spokes(ODD), fault="{name: refuse-above}") as dut:
        dut.run("hubs")
        assert dut.run("wave-1").outcome is Outcome.FAIL
        case = dut.run("wave-2")
        assert case.outcome is Outcome.SKIP, f"the second wave ended as {case.outcome}"


def sample(_stage):
    """Name the CLI where it was asked, and nowhere else."""
    with trial(*spokes()[:3], "wave: 6", "hubs_played_by: [hub]") as dut:
        dut.run("hubs")
        case = dut.run("wave-1")
        assert case.outcome is Outcome.PASS, f"ended as {case.outcome}: {case.reason}"
        (passed,) = dut.cases.deployed.passed
        named = {e.place for e in passed.ends if any(w.startswith("cli-") for w in e.witnesses)}
        assert named == set(passed.sampled), f"the CLI is named of {len(named)} devices"


def standing_hub(_stage):
    """Keep the hub's tunnels on it while waves pass, and no longer."""
    with trial(*spokes()) as dut:
        dut.run("hubs")
        dut.run("wave-1")
        assert "hil-site-1_0_hub-1_0" in dut.committed("hub-1"), "the hub has lost its tunnels"
        dut.run("wave-2")
        assert dut.run("whole").outcome is Outcome.PASS
        assert "hil-" not in dut.committed("hub-1")


def tenants(_stage):
    """Count tenants, not their sites."""
    mesh = ("topology: full-mesh", "claim: full-mesh-tenants", "tenants: 2", "sites: 10")
    with trial(*mesh) as dut:
        dut.run("wave-1")
        case = dut.run("whole")
        assert case.requested == 2, f"two tenants were asked, {case.requested} are reported"


# -- mutants: what is taken out, and which guard misses it


def kept_quiet(self, names, passed, honest=Deployed._taken_off):
    """Put back, and tell nobody how it went."""
    honest(self, names, Passed())


def released(self, honest=Deployed.push_hubs):
    """Push the hubs and put them back at once."""
    passed = honest(self)
    self.take_off_hubs(passed)
    return passed


def named_all_the_same(control, expected, before):
    """Take those for usable here that nobody asked here."""
    found = taken_over(control, expected, before)
    return replace(found, usable={**control.usable, **found.usable})


row = dict  # the arguments of the fixture "kill"
DEPLOYED, CASES = "harness.lab.deployed.Deployed", "harness.lab.rollout_cases"

MUTANTS = {
    "pairs aren't compared": row(
        breaks=f"{DEPLOYED}._judge_pairs",
        by=lambda self, passed: None,
        guard=wrong_keys,
        says="the wave ended as pass",
    ),
    "the reference is the control's": row(
        breaks="harness.lab.place.taken_over",
        by=lambda control, expected, before: control,
        guard=own_tunnel,
        says="ended as (fail|error)",
    ),
    "a wave is judged before it's back": row(
        breaks=f"{DEPLOYED}._taken_off",
        by=kept_quiet,
        guard=stuck_device,
        says="the wave ended as pass",
    ),
    "the stop rule is ignored": row(
        breaks=f"{CASES}.RolloutCases._not_pushed",
        by=lambda self: "",
        guard=stop_rule,
        says="the second wave ended as pass",
    ),
    "the CLI is named where it wasn't asked": row(
        breaks="harness.lab.place.taken_over",
        by=named_all_the_same,
        guard=sample,
        says="ended as error|the CLI is named of 6",
    ),
    "hubs are released before the waves": row(
        breaks=f"{DEPLOYED}.push_hubs",
        by=released,
        guard=standing_hub,
        says="the hub has lost its tunnels",
    ),
    "sites are counted as tenants": row(
        breaks=f"{CASES}.counted",
        by=lambda deployment, claim, accepted: Count(deployment.all_sites, len(accepted)),
        guard=tenants,
        says="two tenants were asked, 20 are reported",
    ),
}
GUARDS = {row["guard"] for row in MUTANTS.values()}


@pytest.mark.parametrize("guard", sorted(GUARDS, key=lambda one: one.__name__))
def test_each_guard_holds(guard):
    """Unbroken, the harness does what the guard wants."""
    guard(None)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_mutant_turns_its_guard_red(kill, mutant):
    """Broken, it doesn't, and the guard says why."""
    kill(**MUTANTS[mutant])
