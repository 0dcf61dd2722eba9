"""Tunnels on demand: waves that create and delete them, and devices that don't."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.outcome import Outcome
from harness.reporting import record

CHECKOUT = Path(__file__).parents[2]
UNDERLAY = {"external_interface": "ge-0/0/0.0", "external_zone": "untrust"}
PER_TENANT, ALL = "dvpn-tunnels-per-tenant", "dvpn-tunnels-per-installation"
WAVES = ["dvpn demand-wave-1", "dvpn demand-wave-2", "dvpn demand-wave-3"]
WHOLE = "dvpn demand-whole"


def fleet(count: int, *faults: dict[str, object]) -> dict[str, object]:
    """Return a simulated fleet, each device with the same faults."""
    custom = {"custom": {"faults": list(faults)}} if faults else {}
    return {
        "count": count,
        "platform": "nfx250",
        "simulated": True,
        "underlay": UNDERLAY,
        **custom,
    }


def dvpn(runner, name: str, fleets: dict[str, object], **numbers: object) -> Path:
    """Write a testbed with one DVPN deployment; ``numbers`` go before the usual ones."""
    demand = {
        "topology": "dvpn",
        "claim": PER_TENANT,
        "sites": 8,
        "waves": 3,
        "tunnels": 8,
        "churn": 16,
        "delete_threshold": 2,
        "outer": "10.0.0.0/16",
        "inner": "100.64.0.0/10",
        "played_by": list(fleets),
        **numbers,
    }
    path = runner.folder / f"{name}.yaml"
    text = {"testbed": {"name": name}, "fleets": fleets, "deployments": {"demand": demand}}
    path.write_text(json.dumps(text, indent=1), encoding="utf-8")
    return path


def run_of(runner, testbed: Path, *arguments: str):
    """Run the suite of tunnels on demand alone."""
    return runner("suites/dvpn", "--testbed", testbed, *arguments)


@pytest.fixture(scope="module")
def tenants(runner):
    """Run two tenants of four sites and two tag pairs, with a number of the operator's."""
    testbed = dvpn(
        runner,
        "tenants",
        {"branch": fleet(8)},
        claim=ALL,
        tenants=2,
        sites=4,
        tag_pairs=2,
        tunnels=6,
        churn=14,
    )
    return run_of(runner, testbed, "--claim", f"{ALL}=12")


def test_exactly_the_right_ones_are_there(tenants):
    """Every wave has as many as asked for, at both ends, and one case of its own."""
    assert tenants.exit_code == 0, tenants.output
    assert list(tenants.cases) == [*WAVES, WHOLE]
    for number, label in enumerate(WAVES):
        case = tenants.cases[label]
        assert (case.outcome, case.requested, case.accepted) == (Outcome.PASS, 12, 12)
        assert case.properties["pairs.agreed"] == 12
        assert case.claim_id is None  # the whole speaks to it
        created = case.properties["tunnels.created"]
        assert created == (12 if number == 0 else 8)
        assert case.properties["tunnels.deleted"] == (0 if number == 0 else created)


def test_what_came_is_gone(tenants):
    """As many are deleted as were created, and every device is proven to be as it was."""
    properties = tenants.cases[WHOLE].properties
    assert [properties[f"tunnels.{what}"] for what in ("created", "deleted", "left")] == [28, 28, 0]
    assert [properties[f"tunnels.per_{what}"] for what in ("tenant", "installation")] == [6, 12]
    restored = tenants.restores
    assert restored
    assert all(each.proven for each in restored.values())


def test_each_device_has_a_line(tenants):
    """The series of a wave says of each site what became of it."""
    (series,) = tenants.cases[WAVES[1]].attachments
    lines = (tenants.folder / series).read_text().splitlines()
    ends = [json.loads(line) for line in lines]
    assert {end["outcome"] for end in ends} == {"pass"}
    assert sum(end["requested"] for end in ends) == 2 * 12
    assert len({end["device"] for end in ends}) == len(ends)


def test_a_number_of_the_operators_is_called_his(tenants):
    """In the record, in JUnit and in the summary; never as the document's."""
    claims = {e.id: e for e in tenants.events if isinstance(e, record.Claim)}
    assert (claims[ALL].value, claims[ALL].source) == (12, "operator")
    assert (claims[PER_TENANT].value, claims[PER_TENANT].source) == (None, "document")
    whole = tenants.cases[WHOLE]
    assert (whole.claimed, whole.claim_source, whole.standing) == (12, "operator", "qualified")
    assert "operator" in tenants.properties(WHOLE).values()
    assert f"values of the operator, not of the document: {ALL}" in tenants.output


@pytest.mark.parametrize("selected", [None, "demand-wave-3"])
def test_a_blank_row_is_only_measured(runner, selected):
    """Without a number nothing is qualified; a wave can be run alone, then the whole can't."""
    testbed = dvpn(runner, "blank", {"branch": fleet(8)})
    run = run_of(runner, testbed, *(("-k", selected) if selected else ()))
    assert run.exit_code == 0, run.output
    if selected:
        assert list(run.cases) == [WAVES[2]]
        assert run.cases[WAVES[2]].properties["tunnels.created"] == 8
        return
    assert (run.cases[WHOLE].claimed, run.cases[WHOLE].standing) == (None, "sampled")
    assert "no value" in run.output
    stood = [run.cases[label].properties["sites.stood"] for label in WAVES]
    assert any(stood), "a site whose tunnels don't change keeps them"


def test_a_lacking_tunnel_is_named(runner):
    """The device that drops what was created fails its wave; no further one begins."""
    fleets = {"branch": fleet(7), "bad": fleet(1, {"name": "drop-tunnel", "index": 1})}
    run = run_of(runner, dvpn(runner, "lacking", fleets))
    assert run.exit_code == 1
    first = run.cases[WAVES[0]]
    assert first.outcome is Outcome.FAIL
    assert "bad-1: 3 ipsec tunnels fail" in first.reason
    assert "1 tunnel(s) incomplete: hil-site-2_0_site-8_0" in first.reason
    assert run.cases[WAVES[1]].outcome is Outcome.SKIP
    properties = run.cases[WHOLE].properties
    assert properties["tunnels.created"] == properties["tunnels.deleted"] == 3
    assert properties["tunnels.left"] == 0


def test_a_kept_tunnel_is_named(runner):
    """The device that doesn't delete is not proven: the tunnel is named, the exit code is 76."""
    fleets = {"branch": fleet(7), "bad": fleet(1, {"name": "rollback-leftover"})}
    run = run_of(runner, dvpn(runner, "kept", fleets))
    assert run.exit_code == 76, run.output
    second = run.cases[WAVES[1]]
    assert second.outcome is Outcome.ERROR
    assert "site-8 (bad-1): error: RestoreFailed: still configured" in second.reason
    assert "hil-site-2_0_site-8_0" in second.reason
    left = run.cases[WHOLE].properties
    assert left["tunnels.created"] - left["tunnels.deleted"] == left["tunnels.left"] == 3


def test_a_tunnel_that_lingers_is_named(runner):
    """The configuration is the baseline again, and daemons go on with a tunnel that is deleted."""
    fleets = {"branch": fleet(7), "bad": fleet(1, {"name": "linger-sa"})}
    run = run_of(runner, dvpn(runner, "lingering", fleets))
    assert run.exit_code == 1, run.output
    second = run.cases[WAVES[1]]
    assert second.outcome is Outcome.FAIL
    still = "ipsec-tunnels still shows hil-site-2_0_site-8_0"
    assert (
        "site-8 (bad-1): fail: deleted tunnels are there: its configuration is the baseline again; "
        f"{still}"
    ) in second.reason
    page = (Path(__file__).parents[2] / "docs" / "faults.md").read_text(encoding="utf-8")
    assert f"| `linger-sa` | fail | `{still}` |" in page
    left = run.cases[WHOLE].properties
    assert (left["tunnels.deleted"], left["tunnels.left"]) == (9, 3)


@pytest.mark.slow
def test_ten_thousand_leave_nothing(runner):
    """The shipped testbed: 10,000 tunnels come and go between 60 sites."""
    run = run_of(runner, CHECKOUT / "testbeds" / "dvpn-churn.yaml")
    assert run.exit_code == 0, run.output
    whole = run.cases[WHOLE]
    assert whole.outcome is Outcome.PASS
    counted = [whole.properties[f"tunnels.{what}"] for what in ("created", "deleted", "left")]
    assert counted == [10_000, 10_000, 0]
    assert all(restored.proven for restored in run.restores.values())
