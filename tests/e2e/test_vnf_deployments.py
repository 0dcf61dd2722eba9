"""VNFs at sites and in a centre as a person runs them; whoever lies is named."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.outcome import Grade, Outcome
from harness.sim.store.profiles import profile

SUITES = ("suites/distributed", "suites/centralized")
GATEWAY = {"external_zone": "untrust"}
JDM = {"platform": "nfx250", "type": "jdm", "simulated": True}
NODE = {"platform": "compute-node", "type": "compute", "os": "linux", "simulated": True}
VNFS = {
    "fw": {
        "platform": "vsrx",
        "simulated": True,
        "underlay": {**GATEWAY, "external_interface": "ge-0/0/0.0"},
    },
    "hub": {
        "platform": "srx4200",
        "simulated": True,
        "count": 1,
        "underlay": {**GATEWAY, "external_interface": "xe-0/0/0.0"},
    },
}


def branches(sites: int, **more: object) -> dict[str, Any]:
    """Return a distributed deployment of vSRX-like VNFs."""
    return {
        "topology": "distributed",
        "claim": "medium-distributed-sites",
        "sites": sites,
        "image": "/var/third-party/images/vsrx.qcow2",
        "memory": 4194304,
        "vlan": "wan",
        "played_by": ["jdm"],
        **more,
    }


def centre(vnfs: int, **more: object) -> dict[str, Any]:
    """Return a centralized deployment, two VNFs on a node."""
    return {
        "topology": "centralized",
        "claim": "small-centralized-vnfs",
        "vnfs": vnfs,
        "per_node": 2,
        "nodes": ["node"],
        "hubs": 1,
        "outer": "10.0.0.0/15",
        "inner": "100.64.0.0/10",
        "played_by": ["fw"],
        "hubs_played_by": ["hub"],
        **more,
    }


def faulty(name: str, **options: object) -> dict[str, Any]:
    """Return what a testbed says of a device with one fault."""
    return {"custom": {"faults": [{"name": name, **options}]}}


def write(folder: Path, name: str, **parts: Mapping[str, Any]) -> Path:
    """Write a testbed; JSON is YAML."""
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps({"testbed": {"name": name}, **parts}, indent=1))
    return path


def series(run, case: str) -> dict[str, dict[str, Any]]:
    """Return what a case's series says of each place."""
    lines = (run.folder / "tests" / case / "devices.jsonl").read_text().splitlines()
    return {row["place"]: row for row in map(json.loads, lines)}


# -- everybody is honest


@pytest.fixture(scope="module")
def honest(runner):
    """Run both kinds of deployments, in two waves and on two nodes."""
    testbed = write(
        runner.folder,
        "vnfs",
        fleets={
            "jdm": {**JDM, "count": 3},
            "node": {**NODE, "count": 2},
            **VNFS,
            "fw": {**VNFS["fw"], "count": 4},
        },
        deployments={"branches": branches(3, wave=2), "centre": centre(4)},
    )
    run = runner(*SUITES, "--testbed", testbed)
    assert run.exit_code == 0, run.output
    return run


def test_each_step_is_a_case(honest):
    """Waves, one above, the whole; nodes, hubs, waves, the whole."""
    labels = [name for name in honest.cases if name.startswith(("distributed", "centralized"))]
    assert labels == [
        "distributed branches-wave-1",
        "distributed branches-wave-2",
        "distributed branches-above",
        "distributed branches-whole",
        "centralized centre-nodes",
        "centralized centre-hubs",
        "centralized centre-wave-1",
        "centralized centre-whole",
    ]
    assert {honest.cases[label].outcome for label in labels} == {Outcome.PASS}


@pytest.mark.parametrize(
    ("label", "claim", "count"),
    [
        ("distributed branches-whole", "medium-distributed-sites", 3),
        ("centralized centre-whole", "small-centralized-vnfs", 4),
    ],
)
def test_a_small_deployment_is_sampled(honest, label, claim, count):
    """Fewer than claimed never qualify, and the grade is that of simulated devices."""
    case = honest.cases[label]
    assert (case.claim_id, case.standing, case.accepted) == (claim, "sampled", count)
    assert case.grade == Grade.SIMULATED
    assert f"sampled at {count}" in honest.output


def test_vnfs_are_seen_by_every_way_and_taken_off(honest):
    """Each JDM by two ways over NETCONF, some by the CLI too; and each is proven to be back."""
    case = honest.cases["distributed branches-wave-1"]
    assert set(case.witnesses) == {"vnf-information", "vnf-table", "cli-vnf-table"}
    assert case.properties["vnfs.accepted"] == 4
    rows = series(honest, "branches-wave-1")
    assert set(rows) == {"site-1", "site-2"}
    assert {row["restored"] for row in rows.values()} == {"proven"}


def test_the_third_vnf_is_observed(honest):
    """One above the claim says something, and nothing about the claim."""
    case = honest.cases["distributed branches-above"]
    assert case.standing == ""
    assert case.observation
    assert "3 VNFs accepted" in case.reason


def test_nodes_are_asked_and_vnfs_take_tunnel_and_service(honest):
    """Two nodes run two each; tunnels agree at both ends."""
    assert honest.cases["centralized centre-nodes"].accepted == 4
    words = honest.cases["centralized centre-nodes"].reason
    assert words == "2 of 2 compute nodes run exactly their VNFs"
    assert "4 tunnels agree at both ends" in honest.cases["centralized centre-whole"].reason


@pytest.mark.parametrize(
    ("first", "outcome", "says"),
    [
        (faulty("drop-vnf", index=3), Outcome.PASS, "observed above the claim, not judged: fail:"),
        (faulty("lock-held"), Outcome.ERROR, "DeviceBusy: .*alice"),
        ({"custom": {"base": "two.set"}}, Outcome.SKIP, "not tried: .*3 VNFs of 4194304 kB need"),
    ],
    ids=["not all", "somebody else", "no room"],
)
def test_one_vnf_more_is_an_observation_only_where_the_device_was_asked(
    runner, tmp_path, first, outcome, says
):
    """Nobody having found out is no observation, and a sum that doesn't come out is no fault."""
    two = profile("nfx250-jdm").base.replace("page-count 13", "page-count 9")
    (tmp_path / "two.set").write_text(two)
    testbed = write(
        tmp_path,
        "above",
        fleets={"first": {**JDM, "count": 1, **first}},
        deployments={"branches": branches(1, played_by=["first"])},
    )
    run = runner("suites/distributed", "--testbed", testbed, "-k", "above")
    case = run.cases["distributed branches-above"]
    assert (case.outcome, bool(re.search(says, case.reason))) == (outcome, True), case.reason


# -- somebody isn't

SITES = {
    "drop-vnf": "1 VNF(s) incomplete: hil-vnf-2",
    "dead-vnf": "alive members: missing hil-vnf-2",
    "stopped-vnf": "alive members: missing hil-vnf-2",
    "absent-vnf": "vnf members: missing hil-vnf-2",
    "ghost-vnf": "before the push it shows what the baseline doesn't configure: hil-vnf-99",
}


@pytest.mark.parametrize("fault", SITES)
def test_the_page_says_what_the_run_says(fault):
    """docs/faults.md has a row for each of these lies, in the words that are expected here."""
    page = (Path(__file__).parents[2] / "docs" / "faults.md").read_text(encoding="utf-8")
    outcome = "blocked" if fault == "ghost-vnf" else "fail"
    assert f"| `{fault}` | {outcome} | `{SITES[fault]}` |" in page


@pytest.fixture(scope="module")
def lying(runner):
    """Run JDMs that lie, and one without enough hugepages, beside one that doesn't."""
    small = profile("nfx250-jdm").base.replace("page-count 13", "page-count 4")
    (runner.folder / "small.set").write_text(small)
    lies = {
        f"f-{fault.removesuffix('-vnf')}": {
            **JDM,
            "count": 1,
            **faulty(fault, **({} if fault == "ghost-vnf" else {"index": 2})),
        }
        for fault in SITES
    }
    testbed = write(
        runner.folder,
        "lying",
        fleets={
            "jdm": {**JDM, "count": 1},
            **lies,
            "small": {**JDM, "count": 1, "custom": {"base": "small.set"}},
        },
        deployments={
            "branches": branches(
                len(lies) + 2,
                played_by=["jdm", *lies, "small"],
                at_once=1,
                failures_percent=100,
            )
        },
    )
    return runner("suites/distributed", "--testbed", testbed)


@pytest.mark.parametrize("fault", [fault for fault in SITES if fault != "ghost-vnf"])
def test_a_jdm_that_lies_is_named_with_its_vnf(lying, fault):
    """Site, device, and the VNF that isn't there or isn't alive."""
    rows = {row["device"]: row for row in series(lying, "branches-wave-1").values()}
    row = rows[f"f-{fault.removesuffix('-vnf')}-1"]
    assert (row["outcome"], row["restored"]) == ("fail", "proven")
    assert SITES[fault] in row["reason"]


def test_a_jdm_that_shows_a_ghost_is_not_believed(lying):
    """It shows one of our names before anything was pushed: none of its witnesses is usable."""
    rows = {row["device"]: row for row in series(lying, "branches-wave-1").values()}
    assert rows["f-ghost-1"]["outcome"] == "blocked"
    assert SITES["ghost-vnf"] in rows["f-ghost-1"]["reason"]


def test_a_jdm_without_room_is_not_pushed_to(lying):
    """The sum is done before a byte is sent, and the line says what is there."""
    rows = {row["device"]: row for row in series(lying, "branches-wave-1").values()}
    assert rows["small-1"]["restored"] == "untouched"
    assert (
        "2 VNFs of 4194304 kB need 8 hugepages of 1024 MB; 4 are configured"
        in (rows["small-1"]["reason"])
    )


def test_the_honest_one_among_them_is_accepted(lying):
    """One of seven; the wave and the whole fail."""
    assert lying.exit_code == 1
    case = lying.cases["distributed branches-whole"]
    assert (case.outcome, case.accepted) == (Outcome.FAIL, 1)
    assert re.search(r"site-2 \(f-drop-1\): fail", case.reason)


NODES = {
    "absent-vnf": "VNFs missing: fw-2",
    "stopped-vnf": "VNFs not running: fw-4 is shut off",
    "ghost-vnf": "VNFs of ours that belong elsewhere: fw-1",
}


@pytest.fixture(scope="module")
def wrong_nodes(runner):
    """Run compute nodes with a VNF missing, one shut off, and one that belongs elsewhere."""
    nodes = {
        fault: {
            **NODE,
            "count": 1,
            **faulty(fault, **({"vnf": "fw-1"} if fault == "ghost-vnf" else {"index": 2})),
        }
        for fault in NODES
    }
    testbed = write(
        runner.folder,
        "nodes",
        fleets={**nodes, **VNFS, "fw": {**VNFS["fw"], "count": 6}},
        deployments={"centre": centre(6, nodes=[*nodes])},
    )
    return runner("suites/centralized", "--testbed", testbed)


@pytest.mark.parametrize("fault", NODES)
def test_a_wrong_list_is_named(wrong_nodes, fault):
    """Which node, which VNF, and what is wrong with it."""
    rows = series(wrong_nodes, "centre-nodes")
    assert rows[f"{fault}-1"]["outcome"] == "fail"
    assert NODES[fault] in rows[f"{fault}-1"]["reason"]
    assert NODES[fault] in wrong_nodes.cases["centralized centre-nodes"].reason


def test_vnfs_that_take_all_do_not_mend_their_nodes(wrong_nodes):
    """Each VNF took its tunnel, and the whole fails all the same."""
    assert wrong_nodes.cases["centralized centre-wave-1"].outcome is Outcome.PASS
    whole = wrong_nodes.cases["centralized centre-whole"]
    assert (whole.outcome, whole.standing) == (Outcome.FAIL, "not accepted")
    assert "VNFs missing: fw-2" in whole.reason


def test_nodes_that_were_not_asked_leave_the_whole_open(runner):
    """Without its first case a deployment isn't judged."""
    testbed = runner.folder / "vnfs.yaml"
    testbed = write(
        runner.folder,
        "unasked",
        fleets={
            "node": {**NODE, "count": 1},
            **VNFS,
            "fw": {**VNFS["fw"], "count": 2},
        },
        deployments={"centre": centre(2)},
    )
    run = runner("suites/centralized", "--testbed", testbed, "-k", "not nodes")
    whole = run.cases["centralized centre-whole"]
    assert whole.outcome is Outcome.SKIP
    assert "its compute nodes weren't looked at" in whole.reason


# -- what can't be, touches nothing

MISTAKES = {
    "a claim of other sites": (
        branches(1, claim="small-hub-and-spoke-sites"),
        "deployments.branches.claim: small-hub-and-spoke-sites isn't of a distributed deployment",
    ),
    "a stand-in for nobody": (
        branches(1, plays={"site-2": "nfx"}),
        "deployments.branches: no site is called 'site-2'; allowed: site-1",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_and_exit_64(runner, mistake):
    """Nothing is started for it."""
    deployment, words = MISTAKES[mistake]
    devices = {
        "nfx": {**JDM, "chassis": "box"},
        "gateway": {
            "platform": "nfx250",
            "chassis": "box",
            "simulated": True,
            "underlay": {
                **GATEWAY,
                "external_interface": "ge-0/0/0.0",
                "local_address": "192.0.2.1",
                "peers": "198.18.0.0/16",
                "inner": "100.64.0.0/16",
            },
        },
    }
    testbed = write(
        runner.folder,
        "mistake",
        devices=devices,
        fleets={"jdm": {**JDM, "count": 1}},
        deployments={"branches": deployment},
    )
    run = runner("suites/distributed", "--testbed", testbed)
    assert run.exit_code == 64
    assert words in run.output
    assert not run.reports.exists()
