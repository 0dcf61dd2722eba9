"""Deployments as a person runs them: hubs held, sites in waves, and whoever lies is named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.outcome import Outcome
from harness.reporting import record
from harness.reporting.summary import summarise
from harness.sim.store.profiles import profile

SUITES = ("suites/hub_and_spoke", "suites/mesh")
BRANCH = {"external_interface": "ge-0/0/0.0", "external_zone": "untrust"}
HUB = {"external_interface": "xe-0/0/0.0", "external_zone": "untrust"}


def fleet(count: int, platform: str = "nfx250", **more: object) -> dict[str, Any]:
    """Return a simulated fleet."""
    underlay = HUB if platform.startswith("srx") else BRANCH
    return {
        "count": count,
        "platform": platform,
        "simulated": True,
        "underlay": underlay,
        **more,
    }


def spokes(number: int, sites: int, **more: object) -> dict[str, Any]:
    """Return a hub-and-spoke deployment with pools of its own."""
    return {
        "topology": "hub-and-spoke",
        "sites": sites,
        "hubs": 1,
        "outer": f"10.{number}.0.0/16",
        "inner": f"100.{64 + number}.0.0/16",
        "played_by": ["branch"],
        "hubs_played_by": ["hub"],
        **more,
    }


def mesh(number: int, sites: int, **more: object) -> dict[str, Any]:
    """Return a mesh with pools of its own."""
    deployment = spokes(number, sites, topology="full-mesh", **more)
    return {k: v for k, v in deployment.items() if k not in {"hubs", "hubs_played_by"}}


def single(platform: str, number: int, host: int, **more: object) -> dict[str, Any]:
    """Return one simulated device that plays among a fleet, with an address of its own."""
    underlay = HUB if platform.startswith("srx") else BRANCH
    pools = {"peers": f"10.{number}.0.0/16", "inner": f"100.{64 + number}.0.0/16"}
    known: dict[str, Any] = {
        "platform": platform,
        "simulated": True,
        "underlay": {**underlay, **pools, "local_address": f"203.0.113.{host}"},
        **more,
    }
    if "connections" not in known:
        known["custom"] = {**known.get("custom", {}), "base": f"{platform}-{host}.set"}
    return known


def faulty(name: str, **options: object) -> dict[str, Any]:
    """Return what a testbed says of a device with one fault."""
    return {"custom": {"faults": [{"name": name, **options}]}}


def write(path: Path, **parts: Mapping[str, Any]) -> Path:
    """Write a testbed, JSON is YAML, and what its single devices start with."""
    for device in parts.get("devices", {}).values():
        address = f"{device['underlay']['local_address']}/24"
        if "base" in device.get("custom", {}):
            base = profile(device["platform"]).base.replace("192.0.2.1/24", address)
            (path.parent / device["custom"]["base"]).write_text(base)
    path.write_text(json.dumps({"testbed": {"name": path.stem}, **parts}, indent=1))
    return path


def series(run, case: str) -> dict[str, dict[str, Any]]:
    """Return what a case's series says of each place."""
    lines = (run.folder / "tests" / case / "devices.jsonl").read_text().splitlines()
    return {row["place"]: row for row in map(json.loads, lines)}


def reasons(run, label: str) -> tuple[str, str]:
    """Return why a case ended so, by the record and by JUnit."""
    testcase = run.testcases[label]
    (element,) = (*testcase.iter("failure"), *testcase.iter("error"))
    return run.cases[label].reason, f"{element.get('message')} {element.text}"


# -- everybody is honest


@pytest.fixture(scope="module")
def honest(runner):
    """Run all shapes and kinds, two of them on one fleet, one with a single device in it."""
    claims = {"claim": "small-hub-and-spoke-sites"}
    deployments = {
        "wide": spokes(1, 6, links=2, hubs=2, hubs_per_site=2, oam=True, wave=4, **claims),
        "deep": spokes(2, 4, kind="gre-over-ipsec"),
        "mesh": mesh(3, 5, kind="gre", wave=2, plays={"site-3": "nfx-a"}, claim="tenant-sites"),
        "tenants": mesh(4, 10, tenants=2, claim="full-mesh-tenants", wave=20),
    }
    testbed = write(
        runner.folder / "honest.yaml",
        devices={"nfx-a": single("nfx250", 3, 1)},
        fleets={"branch": fleet(20), "hub": fleet(2, "srx4200")},
        deployments=deployments,
    )
    run = runner("suites", "--testbed", testbed, "--count", "2", "-k", "not events")
    assert run.exit_code == 0, run.output
    return run


def test_each_step_is_a_case(honest):
    """Hubs, waves, whole, one deployment after another."""
    labels = [name for name in honest.cases if name.startswith(("hub_and_spoke", "mesh"))]
    assert labels == [
        "hub_and_spoke wide-hubs",
        "hub_and_spoke wide-wave-1",
        "hub_and_spoke wide-wave-2",
        "hub_and_spoke wide-whole",
        "hub_and_spoke deep-hubs",
        "hub_and_spoke deep-wave-1",
        "hub_and_spoke deep-whole",
        "mesh mesh-wave-1",
        "mesh mesh-wave-2",
        "mesh mesh-wave-3",
        "mesh mesh-whole",
        "mesh tenants-wave-1",
        "mesh tenants-whole",
    ]
    assert {honest.cases[label].outcome for label in labels} == {Outcome.PASS}


@pytest.mark.parametrize(
    ("label", "sites", "pairs"),
    [
        ("hub_and_spoke wide-whole", 6, 6 * (2 * 2 + 1)),
        ("hub_and_spoke deep-whole", 4, 4),
        ("mesh mesh-whole", 5, 10),
        ("mesh tenants-whole", 20, 90),
    ],
)
def test_every_pair_is_compared(honest, label, sites, pairs):
    """Both ends of each tunnel were read back, in whichever waves they were."""
    case = honest.cases[label]
    assert case.properties["sites.accepted"] == sites
    assert (case.properties["pairs.agreed"], case.properties["pairs.differ"]) == (pairs, 0)


def test_the_whole_counts_in_the_unit_of_its_claim(honest):
    """Tenants are no sites."""
    found = {
        label: (case.requested, case.accepted, case.standing)
        for label, case in honest.cases.items()
        if label.endswith("whole") and case.claim_id
    }
    assert found == {
        "hub_and_spoke wide-whole": (6, 6, "sampled"),
        "mesh mesh-whole": (5, 5, "sampled"),
        "mesh tenants-whole": (2, 2, "sampled"),
    }


def test_deployments_are_restored_in_the_record(honest):
    """The summary has a word for each, and the single device is proven as ever."""
    for name in ("wide", "deep", "mesh", "tenants"):
        assert honest.restores[name].proven
        assert honest.restores[name].how == "by each wave"
    assert honest.restores["nfx-a"].proven
    assert {row.restored for row in summarise(honest.events).rows} == {True}


def test_a_device_plays_and_is_tested_alone(honest):
    """Its own rungs come after the deployment, in the same run."""
    assert honest.cases["tunnels nfx-a-ipsec-2"].outcome is Outcome.PASS
    assert series(honest, "mesh-wave-2")["site-3"]["device"] == "nfx-a"


def test_the_cli_is_asked_of_a_sample_alone(honest):
    """Named where it was asked, and nowhere else; of GRE, with one table, it's everybody."""
    rows = series(honest, "tenants-wave-1").values()
    sampled = [row for row in rows if any(w.startswith("cli-") for w in row["witnesses"])]
    assert len(sampled) == honest.cases["mesh tenants-wave-1"].properties["cli.sampled"] == 3
    assert all(
        row["witnesses"] == ["ipsec-tunnels", "st0-units"] for row in rows if row not in sampled
    )
    for row in series(honest, "mesh-wave-1").values():
        assert any(w.startswith("cli-") for w in row["witnesses"])


def test_hubs_are_proven_at_the_end(honest):
    """While they stand nothing is said of their way back; the whole's series has it."""
    standing, after = series(honest, "wide-hubs"), series(honest, "wide-whole")
    assert {row["restored"] for row in standing.values()} == {""}
    assert {row["restored"] for row in after.values()} == {"proven"}


# -- somebody isn't

LIARS = {
    "dropping": single("nfx250", 1, 1, **faulty("drop-tunnel")),
    "refusing": single("nfx250", 1, 2, **faulty("refuse-above")),
    "away": single(
        "nfx250",
        1,
        3,
        connections={"netconf": {"host": "127.0.0.1", "port": 9}},
        credentials={"default": {"username": "lab", "password": "lab"}},
    ),
    "swapping": single("srx4200", 2, 4, **faulty("swap-psk", index=2, from_count=3)),
    "stuck": single("nfx250", 4, 5, **faulty("rollback-leftover")),
}
ONE_BY_ONE = {"at_once": 1, "failures_percent": 100}  # the control is made on the first, an honest


@pytest.fixture(scope="module")
def lying(runner):
    """Run deployments in which a single device lies, refuses, is away, or can't be put back."""
    deployments = {
        "some": spokes(
            1,
            6,
            claim="small-hub-and-spoke-sites",
            plays={"site-2": "dropping", "site-3": "refusing", "site-4": "away"},
            **ONE_BY_ONE,
        ),
        "keys": spokes(2, 6, hubs_played_by=["swapping"], **ONE_BY_ONE),
        "rule": spokes(3, 6, wave=2, at_once=1, played_by=["small"], links=3),
        "left": mesh(4, 3, plays={"site-3": "stuck"}, at_once=1),
    }
    testbed = write(
        runner.folder / "lying.yaml",
        devices=LIARS,
        fleets={
            "branch": fleet(6),
            "hub": fleet(1, "srx4200"),
            "small": fleet(6, **faulty("refuse-above", count=2)),  # three are too many
        },
        deployments=deployments,
    )
    return runner(*SUITES, "--testbed", testbed)


def test_exactly_the_dropped_pair_is_named(lying):
    """In the case's reason, in its series and in JUnit; every other pair agrees."""
    pair = "hil-site-2_0_hub-1_0 (hub-1 (hub-1) and site-2 (dropping))"
    for words in reasons(lying, "hub_and_spoke some-wave-1"):
        assert pair in words
        assert words.count("hil-site-1_0") == words.count("hil-site-5_0") == 0
    assert pair in lying.cases["hub_and_spoke some-whole"].reason
    rows = series(lying, "some-wave-1")
    assert rows["site-2"]["outcome"] == "fail"
    assert "hil-site-2_0_hub-1_0" in rows["site-2"]["reason"]
    assert [n for n, row in rows.items() if row["outcome"] == "pass"] == [
        "site-1",
        "site-5",
        "site-6",
    ]
    assert lying.cases["hub_and_spoke some-whole"].properties["pairs.differ"] == 1


def test_a_refusal_is_told_in_the_devices_words(lying):
    """It's the device's fault; nothing is on it."""
    row = series(lying, "some-wave-1")["site-3"]
    assert row["outcome"] == "fail"
    assert row["reason"].startswith("refused: ")
    assert row["restored"] == "proven"


def test_who_is_away_is_an_error_of_the_lab(lying):
    """And untouched."""
    row = series(lying, "some-wave-1")["site-4"]
    assert (row["outcome"], row["restored"]) == ("error", "untouched")
    assert row["reason"].startswith("Unreachable: ")


def test_swapped_keys_of_a_hub_name_their_two_pairs(lying):
    """The hub's own read-back names the tunnels; the pairs name both ends, in whose waves."""
    hubs, _ = reasons(lying, "hub_and_spoke keys-hubs")
    assert "keys: 2 different: hil-site-2_0_hub-1_0, hil-site-3_0_hub-1_0" in hubs
    for words in reasons(lying, "hub_and_spoke keys-wave-1"):
        for site in (2, 3):
            ends = f"(hub-1 (swapping) and site-{site} (branch-{site}))"
            assert f"hil-site-{site}_0_hub-1_0 {ends}: their keys differ" in words
        assert "hil-site-1_0" not in words
    rows = series(lying, "keys-wave-1")
    assert [n for n, row in rows.items() if row["outcome"] != "pass"] == ["site-2", "site-3"]


def test_the_stop_rule_skips_what_is_left(lying):
    """Two of two sites refuse: no further wave begins, each says why, the hub is put back."""
    first = lying.cases["hub_and_spoke rule-wave-1"]
    assert first.outcome is Outcome.FAIL
    for number in (2, 3):
        case = lying.cases[f"hub_and_spoke rule-wave-{number}"]
        assert case.outcome is Outcome.SKIP
        assert case.reason == "not reached: 2 of 2 sites failed in wave 1"
    whole = lying.cases["hub_and_spoke rule-whole"]
    assert whole.outcome is Outcome.FAIL
    assert "0 of 6 sites accepted" in whole.reason
    assert series(lying, "rule-whole")["hub-1"]["restored"] == "proven"


def test_a_device_that_is_not_back_is_loud(lying):
    """An error of its wave and of the whole, no word of proof, and the run ends with 76."""
    assert lying.exit_code == 76
    row = series(lying, "left-wave-1")["site-3"]
    assert (row["outcome"], row["restored"]) == ("error", "")
    assert row["reason"].startswith("RestoreFailed: ")
    assert lying.cases["mesh left-whole"].outcome is Outcome.ERROR
    assert not lying.restores["left"].proven
    assert lying.restores["left"].reason == "not proven: stuck"
    assert lying.restores["some"].proven


def test_nothing_qualifies_with_a_failed_site(lying):
    """The standing of the row says so."""
    assert lying.cases["hub_and_spoke some-whole"].standing == "not accepted"


def test_how_to_run_it_again(lying):
    """A wave with its hubs, the whole with everything; with the failure and in the record."""
    rerun = lying.cases["hub_and_spoke some-wave-1"].rerun
    assert "test_hub_and_spoke[some-hubs]" in rerun
    assert "test_hub_and_spoke[some-wave-1]" in rerun
    assert f"run again: {rerun}" in lying.output
    assert "devices.jsonl" in lying.output
    assert "-k some-" in lying.cases["hub_and_spoke some-whole"].rerun


# -- options


@pytest.fixture(scope="module")
def small(runner) -> Path:
    """Write a testbed of one small deployment."""
    return write(
        runner.folder / "small.yaml",
        fleets={"branch": fleet(4), "hub": fleet(1, "srx4200")},
        deployments={"few": spokes(1, 4, wave=2, claim="small-hub-and-spoke-sites")},
    )


def test_a_dry_run_says_what_would_be_pushed(runner, small):
    """Line by line, and nothing is started."""
    run = runner(*SUITES, "--testbed", small, "--dry-run")
    assert run.exit_code == 0
    assert "[few-hubs]: would push 4 ends of ipsec tunnels to hub-1..hub-1" in run.output
    assert "[few-wave-2]: would push 2 ends of ipsec tunnels to site-3..site-4" in run.output
    assert "[few-whole]: puts back what stands, and judges all" in run.output
    assert not run.reports.exists()


def test_what_a_testbed_has_nothing_for_is_no_case(runner, small):
    """Fleets alone: nothing is shown as skipped because there are no single devices."""
    run = runner(
        "suites/tunnels", "suites/preflight", *SUITES, "--testbed", small, "--collect-only"
    )
    assert "test_hub_and_spoke[few-whole]" in run.output
    assert "NOTSET" not in run.output


@pytest.mark.parametrize(
    ("option", "why"),
    [
        (("--rehearse",), "a deployment isn't rehearsed"),
        (("--require-grade", "hardware"), "branch-1 is simulated, hardware is required"),
    ],
)
def test_what_skips_a_deployment(runner, small, option, why):
    """Each case says why; nothing is pushed, so there's nothing to restore."""
    run = runner(*SUITES, "--testbed", small, *option)
    assert run.exit_code == 0, run.output
    assert {case.outcome for case in run.cases.values()} == {Outcome.SKIP}
    assert all(why in case.reason for case in run.cases.values())
    assert not run.restores


def test_count_changes_no_deployment(runner, small):
    """Its numbers are the testbed's."""
    run = runner(*SUITES, "--testbed", small, "--count", "2", "--require-grade", "simulated")
    assert run.exit_code == 0, run.output
    assert run.cases["hub_and_spoke few-whole"].properties["sites.accepted"] == 4


def test_one_wave_alone(runner, small):
    """With its hubs; without the whole the controller puts them back, and says so."""
    run = runner(*SUITES, "--testbed", small, "-k", "hubs or wave-2")
    assert run.exit_code == 0, run.output
    assert [case.outcome for case in run.cases.values()] == [Outcome.PASS, Outcome.PASS]
    assert run.restores["few"].proven


def test_side_by_side_on_two_workers(runner):
    """Deployments are one scope: the hubs stand where the waves are pushed from."""
    testbed = write(
        runner.folder / "workers.yaml",
        fleets={"branch": fleet(4), "hub": fleet(1, "srx4200")},
        deployments={"few": spokes(1, 4, wave=2), "more": mesh(2, 3)},
    )
    run = runner(*SUITES, "--testbed", testbed, "-n", "2")
    assert run.exit_code == 0, run.output
    assert {case.outcome for case in run.cases.values()} == {Outcome.PASS}
    assert run.restores["few"].proven
    assert run.one(record.RunFinished).exit_status == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"sites": 5}, "fleets.*|deployments.few.played_by: has 4 devices"),
        ({"claim": "no-such"}, "deployments.few.claim: "),
        ({"claim": "srx4100-tunnels"}, "isn't of a hub-and-spoke deployment"),
        ({"links": 5}, "links"),
        ({"outer": "10.1.0.0/30"}, "10.1.0.0/30"),
    ],
)
def test_bad_input_touches_nothing(runner, small, change, told):
    """One line, exit 64, no run folder."""
    known = json.loads(small.read_text())
    known["deployments"]["few"] |= change
    testbed = runner.folder / "bad.yaml"
    testbed.write_text(json.dumps(known, indent=1))
    run = runner(*SUITES, "--testbed", testbed)
    assert run.exit_code == 64
    assert any(f"{testbed}:" in line for line in run.output.splitlines())
    assert told.rpartition("|")[2] in run.output
    assert not run.reports.exists()
