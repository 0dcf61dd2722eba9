"""The cases of a deployment: which there are, and what they say of what became of the places."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from harness.claims.catalogue import Catalogue
from harness.errors import UsageError
from harness.lab.deployed import Passed
from harness.lab.place import PlaceEnd
from harness.lab.rollout_cases import RolloutCases, check_deployment
from harness.lab.rollout_counts import Count, counted
from harness.lab.steps import Part, Step, steps
from harness.outcome import Evidence, Grade, Outcome
from harness.plan.deployments import Place, Rollout, rollout_of
from harness.reporting.record import Case
from harness.reporting.runfolder import RunFolder
from harness.testbed.load import load_testbed_text
from harness.verify.pairs import EndSeen, Ledger

CATALOGUE = Catalogue.load()
LAB = """\
testbed: {name: lab}
devices:
  srx-a:
    platform: srx4200
    simulated: true
    underlay: {external_interface: xe-0/0/0.0, external_zone: untrust, local_address: 192.0.2.1,
      peers: 10.0.0.0/16, inner: 100.64.0.0/10}
fleets:
  branch:
    count: 2000
    platform: nfx250
    simulated: true
    underlay: {external_interface: ge-0/0/0.0, external_zone: untrust}
  hub:
    count: 8
    platform: srx4200
    simulated: true
    underlay: {external_interface: xe-0/0/0.0, external_zone: untrust}
deployments:
  small:
    topology: hub-and-spoke
    claim: small-hub-and-spoke-sites
    sites: 25
    hubs: 2
    outer: 10.0.0.0/15
    inner: 100.64.0.0/10
    played_by: [branch]
    hubs_played_by: [hub]
    wave: 10
  tenants:
    topology: full-mesh
    claim: full-mesh-tenants
    tenants: 3
    sites: 10
    outer: 10.0.0.0/15
    inner: 100.64.0.0/10
    played_by: [branch]
    wave: 30
"""
SMALL = "small-hub-and-spoke-sites"


def lab(*replacements: tuple[str, str]):
    """Return the testbed with some of its text replaced."""
    text = LAB
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    return load_testbed_text(text, "lab.yaml")


def end_of(place: Place, outcome: Outcome = Outcome.PASS, reason: str = "ok") -> PlaceEnd:
    """Return an end with one tunnel, accepted if it passed."""
    return PlaceEnd(
        place=place.name,
        device=place.device.name,
        outcome=outcome,
        reason=reason,
        requested=1,
        accepted=int(outcome is Outcome.PASS),
        grade=Grade.SIMULATED,
        evidence=Evidence.READ_BACK,
        witnesses=("ipsec-tunnels", "st0-units"),
        commit_seconds=0.5,
        restored="proven",
    )


@dataclass
class HandMade:
    """A deployment under way in which everything goes as a test says."""

    rollout: Rollout
    end: Callable[[Place], PlaceEnd] = end_of
    ledger: Ledger = field(default_factory=Ledger)
    passed: list[Passed] = field(default_factory=list)
    under_way: Passed = field(default_factory=Passed)
    stopped: str = ""
    hubs_off: bool = False

    def push_hubs(self) -> Passed:
        """Let every hub end."""
        return self._ended(self.rollout.hubs)

    def wave(self, places) -> Passed:
        """Let every site of a wave end."""
        self.passed.append(self._ended(places))
        return self.passed[-1]

    def take_off_hubs(self, pushed: Passed) -> None:
        """Remember it."""
        self.hubs_off = True

    def _ended(self, places) -> Passed:
        self.under_way = Passed(seconds=1.0)
        for place in places:
            self.under_way.ends.append(self.end(place))
        return self.under_way


def cases(
    name: str = "small", *, folder: RunFolder | None = None, testbed=None, **hand_made: object
) -> tuple[RolloutCases, tuple[Step, ...]]:
    """Return the cases of a deployment and its steps."""
    testbed = testbed or lab()
    deployment = testbed.deployment(name)
    rollout = rollout_of(testbed, deployment, run_key=b"k" * 32)
    made = HandMade(rollout, **hand_made)
    claim = CATALOGUE.get(deployment.claim)
    wanted = steps(testbed, deployment.topology)
    return RolloutCases(made, claim, folder), wanted


def run_all(name: str = "small", **hand_made: object) -> dict[str, Case]:
    """Take every step."""
    rollout, wanted = cases(name, **hand_made)
    return {step.id: rollout.run(step) for step in wanted}


def ends_as(outcome: Outcome, *names: str) -> Callable[[Place], PlaceEnd]:
    """Return ends of which those with these names are ``outcome``, and the others pass."""

    def end(place: Place) -> PlaceEnd:
        return end_of(place, outcome, "because") if place.name in names else end_of(place)

    return end


# -- which cases there are


def test_hubs_then_waves_then_the_whole():
    """Cut by the wave's size, the last one as long as it is; numbers sort."""
    found = steps(lab(("wave: 10", "wave: 2")), "hub-and-spoke")
    assert [found[0].id, found[1].id, found[-2].id, found[-1].id] == [
        "small-hubs",
        "small-wave-01",
        "small-wave-13",
        "small-whole",
    ]
    waves = [step for step in found if step.part is Part.WAVE]
    assert [(step.first, step.last) for step in waves[-2:]] == [(22, 24), (24, 25)]
    assert sorted(step.id for step in waves) == [step.id for step in waves]


def test_a_mesh_has_no_hubs():
    """Its waves need none, and only deployments of the topology are there."""
    found = steps(lab(), "full-mesh")
    assert [(step.id, step.needs_hubs) for step in found] == [
        ("tenants-wave-1", False),
        ("tenants-whole", False),
    ]


# -- what they say


def test_all_accepted():
    """Only the whole speaks to the claim; a small deployment samples it."""
    found = run_all()
    assert {case.outcome for case in found.values()} == {Outcome.PASS}
    assert {name: case.claim_id for name, case in found.items() if case.claim_id} == {
        "small-whole": SMALL
    }
    whole = found["small-whole"]
    assert (whole.requested, whole.accepted, whole.standing) == (25, 25, "sampled")
    assert whole.seconds == 3.0
    assert whole.witnesses == ("ipsec-tunnels", "st0-units")
    assert found["small-hubs"].requested == 2


def test_the_claimed_number_qualifies():
    """500 of 500."""
    big = lab(("sites: 25", "sites: 500"), ("wave: 10", "wave: 500"))
    whole = run_all(testbed=big)["small-whole"]
    assert whole.standing == "qualified"


@pytest.mark.parametrize(
    "outcome", [Outcome.FAIL, Outcome.UNHEALTHY, Outcome.ERROR, Outcome.BLOCKED]
)
def test_the_worst_site_makes_the_case(outcome):
    """It's named in its wave and in the whole, which doesn't qualify."""
    testbed = lab(("wave: 10", "wave: 10\n    failures_percent: 50"))
    found = run_all(testbed=testbed, end=ends_as(outcome, "site-12"))
    assert found["small-wave-1"].outcome is Outcome.PASS
    for name in ("small-wave-2", "small-whole"):
        assert found[name].outcome is outcome
        assert f"site-12 (branch-0012): {outcome}: because" in found[name].reason
    assert found["small-whole"].accepted == 24
    assert found["small-whole"].standing in {"not accepted", "unhealthy"}
    assert found["small-wave-3"].outcome is Outcome.PASS


def test_a_failure_outweighs_an_error():
    """The device's fault isn't hidden behind the lab's."""
    found = run_all(
        end=lambda place: {
            "site-1": end_of(place, Outcome.ERROR),
            "site-2": end_of(place, Outcome.FAIL),
        }.get(place.name, end_of(place))
    )
    assert found["small-wave-1"].outcome is Outcome.FAIL


def test_the_first_ten_are_named():
    """And how many more there are."""
    found = run_all("tenants", end=lambda place: end_of(place, Outcome.FAIL, f"why {place.index}"))
    reason = found["tenants-wave-1"].reason
    assert reason.startswith("0 of 30 sites accepted; 0 tunnels agree at both ends; t1-s1 (")
    assert all(f"why {index}" in reason for index in range(10))
    assert "why 10" not in reason
    assert reason.endswith("; and 20 more")


def test_the_stop_rule_is_a_skip_with_the_reason():
    """What isn't reached isn't a pass, and the whole says why."""
    rollout, wanted = cases(end=ends_as(Outcome.FAIL, "site-3"))
    hubs, first, *others, whole = wanted
    assert rollout.run(hubs).outcome is Outcome.PASS
    assert rollout.run(first).outcome is Outcome.FAIL
    rollout.deployed.stopped = "1 of 10 sites failed in wave 1"
    for step in others:
        case = rollout.run(step)
        assert case.outcome is Outcome.SKIP
        assert case.reason == "not reached: 1 of 10 sites failed in wave 1"
    end = rollout.run(whole)
    assert end.outcome is Outcome.FAIL
    assert "9 of 25 sites accepted" in end.reason
    assert "stopped: 1 of 10 sites failed in wave 1" in end.reason


def test_a_hub_that_failed_stops_the_deployment():
    """Unless the testbed allows for it; an unreachable one isn't the device's fault."""
    found = run_all(end=ends_as(Outcome.ERROR, "hub-2"))
    assert found["small-wave-1"].outcome is Outcome.SKIP
    assert "hub-2" in found["small-wave-1"].reason
    assert found["small-whole"].outcome is Outcome.ERROR
    allowed = lab(("wave: 10", "wave: 10\n    failures_percent: 50"))
    found = run_all(testbed=allowed, end=ends_as(Outcome.ERROR, "hub-2"))
    assert found["small-wave-1"].outcome is Outcome.PASS
    assert found["small-whole"].outcome is Outcome.ERROR


def test_what_was_not_selected_is_not_judged():
    """A wave without its hubs, and a whole without its waves, are no pass and no failure."""
    rollout, (_, first, *_, whole) = cases()
    assert rollout.run(first).outcome is Outcome.SKIP
    end = rollout.run(whole)
    assert end.outcome is Outcome.SKIP
    assert "0 of 25 sites were tried" in end.reason
    assert rollout.deployed.hubs_off


def test_two_ends_that_differ_fail_the_whole():
    """Although each device was accepted by itself, and only the pair is named."""
    rollout, wanted = cases("tenants")
    seen = EndSeen("hil-a_b", "t1-s1 (branch-0001)", (("10.0.0.1", "10.0.0.2"),), (), "one")
    other = replace(seen, at="t1-s2 (branch-0002)", ways=(("10.0.0.2", "10.0.0.1"),), key="two")
    wave, whole = (step for step in wanted if step.deployment == "tenants")
    assert rollout.run(wave).outcome is Outcome.PASS
    rollout.deployed.ledger.add([seen, other])
    end = rollout.run(whole)
    assert end.outcome is Outcome.FAIL
    named = "hil-a_b (t1-s1 (branch-0001) and t1-s2 (branch-0002)): their keys differ"
    assert named in end.reason


def test_an_end_without_its_other_one_fails_the_whole():
    """All sites accepted, and one tunnel was never read back at its other end."""
    rollout, wanted = cases("tenants")
    wave, whole = (step for step in wanted if step.deployment == "tenants")
    rollout.run(wave)
    rollout.deployed.ledger.add([EndSeen("hil-a_b", "t1-s1 (branch-0001)", (), (), "")])
    end = rollout.run(whole)
    assert (end.outcome, end.standing) == (Outcome.FAIL, "not accepted")
    assert "hil-a_b (t1-s1 (branch-0001)): its other end was never read back" in end.reason


def test_the_series_has_a_line_for_each_device(tmp_path):
    """JSON, one device a line, attached to its case; what they say acts as no markup."""
    folder = RunFolder.create(tmp_path, "run", datetime(2026, 1, 1, tzinfo=UTC))
    words = "line\nanother, key $9$abcdefgh"
    rollout, wanted = cases(
        folder=folder,
        end=lambda p: end_of(p, Outcome.FAIL, words) if p.name == "site-2" else end_of(p),
    )
    _, case = (rollout.run(step) for step in wanted[:2])
    (path,) = case.attachments
    assert path == "tests/small-wave-1/devices.jsonl"
    rows = [json.loads(line) for line in (folder.path / path).read_text().splitlines()]
    assert [row["place"] for row in rows] == [f"site-{n}" for n in range(1, 11)]
    assert rows[1]["outcome"] == "fail"
    assert "\n" not in rows[1]["reason"]
    assert "abcdefgh" not in rows[1]["reason"]
    assert (rows[0]["grade"], rows[0]["evidence"]) == ("simulated", "read back")


def test_what_is_known_by_an_interrupt_is_in_the_series(tmp_path):
    """The wave ends with the interrupt; four sites had ended by then."""
    folder = RunFolder.create(tmp_path, "run", datetime(2026, 1, 1, tzinfo=UTC))

    def interrupted(place: Place) -> PlaceEnd:
        if place.name == "site-5":
            raise KeyboardInterrupt
        return end_of(place)

    rollout, (hubs, wave, *_, whole) = cases(folder=folder, end=interrupted)
    rollout.run(hubs)
    with pytest.raises(KeyboardInterrupt):
        rollout.run(wave)
    lines = (folder.path / "tests/small-wave-1/devices.jsonl").read_text().splitlines()
    assert [json.loads(line)["place"] for line in lines] == [f"site-{n}" for n in range(1, 5)]
    end = rollout.run(whole)
    assert (end.outcome, end.standing) == (Outcome.ERROR, "not accepted")


# -- what counts for a claim

MESH = "full-mesh-tenants"
EACH = "full-mesh-sites-per-tenant"


@pytest.mark.parametrize(
    ("claim", "tenants", "sites", "refused", "count"),
    [
        (MESH, 200, 10, (), Count(200, 200)),
        (MESH, 200, 10, (1999,), Count(200, 199)),
        (MESH, 200, 10, (0, 1, 10), Count(200, 198)),
        (MESH, 3, 10, (), Count(3, 3)),
        (MESH, 200, 9, (), Count(0, 0)),  # none of the tenants is as large as the claim's
        (EACH, 200, 10, (), Count(10, 10)),
        (EACH, 200, 10, (5,), Count(10, 9)),
        (EACH, 201, 10, (5,), Count(10, 10)),  # 200 others have ten
        (EACH, 199, 10, (), Count(0, 0)),
        ("tenant-sites", 1, 250, (3, 4), Count(250, 248)),
        ("tenant-sites", 5, 50, (), Count(50, 50)),  # not 250: a tenant's own count
    ],
)
def test_a_claim_is_counted_in_its_own_unit(claim, tenants, sites, refused, count):
    """Sites aren't tenants, and those of one tenant aren't another's."""
    testbed = lab(("tenants: 3\n    sites: 10", "tenants: 1\n    sites: 2"))
    deployment = replace(testbed.deployment("tenants"), tenants=tenants, sites=sites)
    accepted = set(range(tenants * sites)) - set(refused)
    assert counted(deployment, CATALOGUE.get(claim), accepted) == count


def test_the_whole_of_tenants_counts_tenants():
    """One site of the second tenant fails: two of three tenants are accepted."""
    whole = run_all("tenants", end=ends_as(Outcome.FAIL, "t2-s4"))["tenants-whole"]
    assert (whole.requested, whole.accepted) == (3, 2)
    assert whole.properties["sites.accepted"] == 29
    assert "29 of 30 sites accepted" in whole.reason


# -- what can't be


@pytest.mark.parametrize(
    ("old", "new", "name", "told"),
    [
        (f"claim: {SMALL}", "claim: some-sites", "small", "deployments.small.claim: .*some-sites"),
        (f"claim: {SMALL}", "claim: srx4100-tunnels", "small", "isn't of a hub-and-spoke depl"),
        (f"claim: {SMALL}", "claim: large-distributed-sites", "small", "allowed: small-hub-and-"),
        (f"claim: {MESH}", f"claim: {SMALL}", "tenants", "isn't of a full-mesh deployment"),
        ("sites: 25\n    hubs: 2", "sites: 1501\n    hubs: 1", "small", "hub-1 would carry 1501"),
        ("  small:", "  srx-a:", "srx-a", "a device is called so too"),
        ("outer: 10.0.0.0/15", "outer: 10.0.0.0/28", "small", "10.0.0.0/28"),
    ],
)
def test_what_cannot_be_is_one_line(old, new, name, told):
    """With file and line, before anything is started."""
    testbed = lab((old, new))
    with pytest.raises(UsageError, match=told) as refused:
        check_deployment(testbed, testbed.deployment(name), CATALOGUE)
    assert str(refused.value).startswith("lab.yaml:")
    assert "\n" not in str(refused.value)


def test_the_testbed_itself_can_be():
    """None of the refusals above is of what they change."""
    testbed = lab()
    for deployment in testbed.deployments:
        check_deployment(testbed, deployment, CATALOGUE)
