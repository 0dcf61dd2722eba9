"""Runs as a person starts them: the default testbed, its options, and what is refused at once."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from lxml import etree

from harness.claims.catalogue import Catalogue
from harness.lab.steps import steps
from harness.outcome import Grade, Outcome
from harness.reporting import record
from harness.sim.spec import DeviceSpec
from harness.testbed.load import load_testbed

CHECKOUT = Path(__file__).parents[2]
XSD = CHECKOUT / "tests" / "unit" / "reporting" / "data" / "junit-xunit1.xsd"
SECURE = ("nfx250", "srx4100", "srx4200", "vsrx")
DEVICES = ("nfx250", "nfx250-jdm", *SECURE[1:], "vmx")
PLAYED = "harness-cpes"  # whose events are measured: no device
CLAIMS = {
    "nfx250": ("nfx250-tunnels", 600),
    "srx4100": ("srx4100-tunnels", 1500),
    "srx4200": ("srx4200-tunnels", 1500),
    "vsrx": ("srx4100-tunnels", 1500),  # what it emulates
    "vmx": ("srx4100-tunnels", 1500),
}
RUNGS = [
    *((device, kind) for device in SECURE for kind in ("ipsec", "gre", "gre-over-ipsec")),
    ("vmx", "gre"),
]
BLANK = "log-events-per-second"
SUITES = {  # of deployments: folder → topology
    "hub_and_spoke": "hub-and-spoke",
    "mesh": "full-mesh",
    "dvpn": "dvpn",
    "distributed": "distributed",
    "centralized": "centralized",
}
TESTBED = load_testbed(CHECKOUT / "testbeds" / "simulated.yaml")
DEPLOYMENTS = {deployment.name for deployment in TESTBED.deployments}
STEPS = {f"{folder} {s.id}" for folder, kind in SUITES.items() for s in steps(TESTBED, kind)}
WHO_RAN = """
import json

def pytest_runtest_logreport(report):
    if report.when == "call" and hasattr(report, "worker_id"):
        with open({log!r}, "a") as log:
            log.write(json.dumps([report.nodeid, report.worker_id]) + "\\n")
"""
THREE_MISTAKES = """\
testbed: {name: broken}
devices:
  one:
    platform: srx4000
    simulated: true
    underlay: &branch
      external_interface: ge-0/0/0.0
      external_zone: untrust
      local_address: 192.0.2.1
      peers: 198.18.0.0/15
      inner: 100.64.0.0/10
  two:
    platform: vsrx
    simulated: true
    tag: [x]
    underlay:
      <<: *branch
      local_address: 192.0.2.1.1
"""


@pytest.fixture(scope="module")
def alone(runner):
    """Run the default testbed with two tunnels each, in one process."""
    return runner("suites", "--count", "2", "-n", "0", "--claim", f"{BLANK}=7")


@pytest.fixture(scope="module")
def who_ran(tmp_path_factory):
    """Give a plugin that writes down which worker ran which case, and where it does."""
    folder = tmp_path_factory.mktemp("plugin")
    log = folder / "who_ran.jsonl"
    (folder / "who_ran.py").write_text(WHO_RAN.format(log=str(log)))
    return folder, log


@pytest.fixture(scope="module")
def shared(runner, who_ran):
    """Run the same by two workers."""
    paths = (str(who_ran[0]), os.environ.get("PYTHONPATH"))
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    return runner("suites", "--count", "2", "-n", "2", "-p", "who_ran", environment=environment)


@pytest.fixture(params=["alone", "shared"])
def run(request):
    """Give either run."""
    return request.getfixturevalue(request.param)


def test_everything_passes(run):
    """Exit code 0; each device × kind that it carries; only what pushes nothing is skipped."""
    assert run.exit_code == 0, run.output
    wanted = {f"tunnels {device}-{kind}-2" for device, kind in RUNGS}
    wanted |= {f"{suite} {device}" for suite in ("preflight", "restore") for device in DEVICES}
    wanted |= {f"events {device}" for device in SECURE} | {f"events {PLAYED}-tcp-2"}
    assert run.cases.keys() == wanted | STEPS
    skipped = {label for label, case in run.cases.items() if case.outcome is Outcome.SKIP}
    assert skipped == {"restore nfx250-jdm"}
    assert {case.outcome for case in run.cases.values()} == {Outcome.PASS, Outcome.SKIP}


def test_workers_change_nothing(alone, shared):
    """The same names and verdicts, whoever ran them."""

    def told(run):
        return {case.nodeid: (case.outcome, case.accepted) for case in run.cases.values()}

    assert told(alone) == told(shared)
    names = [sorted((c.get("classname"), c.get("name")) for c in run.junit.iter("testcase"))
             for run in (alone, shared)]  # fmt: skip
    assert names[0] == names[1]
    assert len(set(names[0])) == len(names[0])


def test_a_device_stays_with_one_worker(shared, who_ran):
    """All cases of a device are run by one process, and those of all deployments; both had work."""
    told = [json.loads(line) for line in who_ran[1].read_text().splitlines()]
    workers = {}
    for nodeid, worker in told:
        (device,) = (c.device for c in shared.cases.values() if c.nodeid == nodeid)
        workers.setdefault(device, set()).add(worker)
    assert workers.keys() == {*DEVICES, PLAYED, *DEPLOYMENTS}
    assert all(len(ids) == 1 for ids in workers.values()), workers
    assert len(set.union(*(workers[name] for name in DEPLOYMENTS))) == 1
    assert set.union(*workers.values()) == {"gw0", "gw1"}


def test_junit_is_valid(run):
    """The schema of xunit1; the suite carries the grade; no attempt and no time in a name."""
    etree.XMLSchema(file=str(XSD)).assertValid(run.junit)
    (suite,) = run.junit.findall("testsuite")
    assert suite.get("name") == "hil-harness [simulated]"
    for label in run.testcases:
        suite_name, _, case = label.partition(" ")
        assert suite_name in {"preflight", "tunnels", "events", "restore", *SUITES}
        assert re.fullmatch(r"[a-z0-9-]+", case)


@pytest.mark.parametrize(("device", "kind"), RUNGS)
def test_each_tunnel_case_carries_its_numbers(run, device, kind):
    """The properties by which a number can be defended, as record and junit.xml have them."""
    label = f"tunnels {device}-{kind}-2"
    case, found = run.cases[label], run.properties(label)
    claim, value = CLAIMS[device]
    assert (case.standing, case.evidence.name) == ("sampled", "READ_BACK")
    assert found["claim.id"] == claim
    assert found["claim.value"] == str(value)
    assert found["claim.standing"] == "sampled at 2"
    assert (found["tunnels.requested"], found["tunnels.accepted"]) == ("2", "2")
    assert float(found["commit.seconds"]) > 0 or found["commit.seconds"] == "0.000"
    assert found["device.name"] == device
    assert found["device.model"].lower().startswith("vsrx" if device == "nfx250" else device)
    assert re.fullmatch(r"\d\d\.\d[RX].*", found["device.os_version"])
    assert found["evidence.grade"] == "simulated"
    assert re.fullmatch("[0-9a-f]{64}", found["config.sha256"])


def test_a_sample_is_no_coverage(run):
    """Nothing is qualified, and the summary ends with what was, on hardware."""
    rows = 16 if run.one(record.RunStarted).operator_claims else 15  # those that have a value
    assert f"0 of {rows} rows qualified on hardware" in run.output
    assert "qualified at" not in run.output
    assert not [case for case in run.cases.values() if case.standing == "qualified"]


def test_every_device_is_proven_to_be_back(run):
    """The controller's own proof, one per device that was pushed to, and one per deployment."""
    assert run.restores.keys() == set(CLAIMS) | DEPLOYMENTS
    for proof in run.restores.values():
        assert proof.proven
        assert proof.fingerprint_before == proof.fingerprint_after


def test_nothing_stays_in_the_state_directory(run):
    """Simulated devices end with the run, and so do their journals and leases."""
    assert [path for path in run.state.rglob("*") if path.is_file()] == []


def test_a_value_for_a_blank_row_is_the_operators(alone):
    """It's named as his wherever the run says what it was held to."""
    assert alone.one(record.RunStarted).operator_claims == {BLANK: 7}
    rows = {event.id: event for event in alone.events if isinstance(event, record.Claim)}
    assert (rows[BLANK].value, rows[BLANK].source) == (7, "operator")
    assert rows["nfx250-tunnels"].source == "document"
    suite = alone.junit.find("testsuite/properties")
    assert {p.get("name"): p.get("value") for p in suite}[f"operator.{BLANK}"] == "7"


def test_a_full_count_is_qualified_on_its_grade(runner):
    """1500 on a simulated SRX4100: all of them accepted, and qualified on that grade alone."""
    label = "tunnels srx4100-ipsec-1500"
    chosen = "suites/tunnels/test_tunnels.py::test_tunnels[srx4100-ipsec-1500]"
    run = runner(chosen, "suites/restore", "-k", "srx4100")
    assert run.exit_code == 0
    case = run.cases[label]
    assert (case.accepted, case.standing, case.grade) == (1500, "qualified", Grade.SIMULATED)
    assert len(case.witnesses) == 4
    assert not case.unusable_witnesses
    assert run.properties(label)["claim.standing"] == "qualified"
    assert "0 of 15 rows qualified on hardware" in run.output
    assert run.restores["srx4100"].proven


@pytest.mark.parametrize(
    ("driver", "count"),
    [("ncclient", 2), ("ncclient", 300), ("netmiko", 2), ("netmiko", 300)],
)
def test_every_driver_pushes(runner, simulated_device, driver, count):
    """The library that pushes is a choice; what is proven isn't."""
    testbed = runner.testbed(f"{driver}{count}", {"dut": simulated_device()})
    options = ("--driver", driver, "--count", str(count), "--testbed", testbed)
    run = runner("suites", *options)
    assert run.exit_code == 0, run.output
    for kind in ("ipsec", "gre", "gre-over-ipsec"):
        case = run.cases[f"tunnels dut-{kind}-{count}"]
        assert (case.outcome, case.accepted) == (Outcome.PASS, count)
    assert run.restores["dut"].proven


def test_the_demonstration_names_its_tunnel(runner):
    """`make demo-fault` runs this testbed: red, and the seventh tunnel is named."""
    run = runner("suites", "--testbed", "testbeds/demo-fault.yaml", "--count", "8")
    assert run.exit_code == 1
    for kind in ("ipsec", "gre", "gre-over-ipsec"):
        case = run.cases[f"tunnels srx4100-{kind}-8"]
        assert (case.outcome, case.accepted) == (Outcome.FAIL, 7)
        assert "hil-t00007" in case.reason
    assert run.restores["srx4100"].proven


def test_a_dry_run_touches_nothing(runner):
    """Each push is announced; no folder, no state, no device; and that's a success."""
    run = runner("suites", "--dry-run", "--count", "2", "-n", "2")
    assert run.exit_code == 0
    for device, kind in RUNGS:
        words = f"test_tunnels[{device}-{kind}-2]: would push 2 {kind} tunnels (hil-t00001.."
        assert words in run.output
    assert not run.reports.exists()
    assert not run.state.exists()


def test_a_rehearsal_commits_nothing(serve, runner, simulated_device):
    """The device's own diff and check are asked for; its history and candidate stay as they are."""
    served = serve(DeviceSpec("dut", "srx4100"))
    entry = served.entry("dut", simulated_device())
    testbed = runner.testbed("rehearsal", {"dut": entry}, known_hosts=str(served.known_hosts))

    def looked(device):
        store = device.store
        return store.history, store.dirty, store.lock_holder, store.pending

    before = served.look("dut", looked)
    run = runner("suites", "--rehearse", "--count", "9", "--testbed", testbed)
    assert run.exit_code == 0
    assert served.look("dut", looked) == before
    for kind in ("ipsec", "gre", "gre-over-ipsec"):
        case = run.cases[f"tunnels dut-{kind}-9"]
        assert case.outcome is Outcome.SKIP
        assert re.match(r"rehearsed only: \d+ statements in the device's own diff", case.reason)
        assert case.standing == "not accepted"
    assert run.cases["restore dut"].outcome is Outcome.SKIP
    assert not run.restores


def test_a_required_grade_skips_what_is_below_it(runner):
    """Nothing is pushed to a simulated device when hardware is asked for, and it says so."""
    run = runner("suites", "--require-grade", "hardware", "--count", "2")
    assert run.exit_code == 0
    assert {case.outcome for case in run.cases.values()} == {Outcome.SKIP}
    for label, case in run.cases.items():
        device = label.partition(" ")[2]
        assert re.match(r"\S+ is simulated, hardware is required \(", case.reason), device
    assert not run.restores
    assert "0 of 15 rows qualified on hardware" in run.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--count", "0"), "--count: '0' isn't a whole number of at least 1"),
        (("--count", "many"), "--count: 'many' isn't a whole number"),
        (("--claim", "nosuch=5"), "--claim: unknown claim 'nosuch'; known: small-centralized"),
        (("--claim", "nfx250-tunnels=5"), "--claim: nfx250-tunnels: the document says 600"),
        (("--claim", BLANK), f"--claim: '{BLANK}' isn't ID=VALUE"),
        (("--claim", f"{BLANK}=1", "--claim", f"{BLANK}=2"), f"'{BLANK}' is given twice"),
        (("--driver", "scp"), "--driver: 'scp' isn't one of pyez, ncclient, netmiko"),
        (("--require-grade", "gold"), "--require-grade: 'gold' isn't one of simulated, virtual"),
        (("--testbed", "nosuch.yaml"), "nosuch.yaml: can't be read: No such file or directory"),
        (("-n", "auto", "--count", "0"), "--count: '0' isn't a whole number of at least 1"),
    ],
    ids=" ".join,
)
def test_a_wrong_option_ends_the_run_at_once(runner, arguments, says):
    """One clear line, exit code 64, nothing touched."""
    run = runner("suites", *arguments)
    assert run.exit_code == 64
    assert says in run.output
    assert "Traceback" not in run.output
    assert not run.reports.exists()
    assert not run.state.exists()


def test_the_environment_says_the_same(runner):
    """A wrong value in an option's twin names the twin."""
    run = runner("suites", environment={"HARNESS_COUNT": "0"})
    assert run.exit_code == 64
    assert "HARNESS_COUNT: '0' isn't a whole number of at least 1" in run.output


def test_every_mistake_of_a_testbed_is_told_at_once(runner, tmp_path):
    """Three mistakes, three lines with file and line; exit code 64."""
    testbed = tmp_path / "broken.yaml"
    testbed.write_text(THREE_MISTAKES)
    run = runner("suites", "--testbed", testbed)
    assert run.exit_code == 64
    told = [line for line in run.output.splitlines() if "broken.yaml:" in line]
    assert [re.search(r"broken\.yaml:(\d+): devices\.(\S+):", line).groups() for line in told] == [
        ("4", "one.platform"),
        ("15", "two.tag"),
        ("18", "two.underlay.local_address"),
    ]
    assert "Traceback" not in run.output


def test_more_than_the_testbed_allows_is_refused(runner, simulated_device):
    """A count above a device's own limit fails before a byte is sent, and names the limit."""
    testbed = runner.testbed("small", {"dut": simulated_device(limit=4)})
    run = runner("suites/tunnels", "--testbed", testbed, "--count", "5", "-k", "not over")
    assert run.exit_code == 1
    case = run.cases["tunnels dut-ipsec-5"]
    assert case.outcome is Outcome.ERROR
    assert "device dut: 5 tunnels asked, its testbed entry allows 4" in case.reason
    assert not run.restores


@pytest.mark.parametrize("where", ["suites", "elsewhere"])
def test_it_runs_from_anywhere(runner, simulated_device, where, tmp_path):
    """From inside the suites, and from another folder: the same names in the record.

    Without an argument pytest takes a FILE that stands alone for its only folder, hence the "=".
    """
    testbed = runner.testbed("anywhere", {"dut": simulated_device("vmx")})
    folder = CHECKOUT / "suites" if where == "suites" else tmp_path
    suites = () if where == "suites" else (CHECKOUT / "suites",)
    run = runner(*suites, f"--testbed={os.path.relpath(testbed, folder)}", cwd=folder)
    assert run.exit_code == 0, run.output
    assert {case.nodeid for case in run.cases.values()} == {
        "suites/preflight/test_preflight.py::test_preflight[dut]",
        "suites/tunnels/test_tunnels.py::test_tunnels[dut-gre-2]",
        "suites/events/test_events.py::test_rate[harness-cpes-tcp-1000]",
        "suites/restore/test_restore.py::test_restored[dut]",
    }


def test_each_row_of_the_document_is_tried(alone):
    """The default run has a case for every number of both tables, and judges no blank one."""
    tried = {case.claim_id for case in alone.cases.values() if case.claim_id}
    assert tried == {claim.id for claim in Catalogue.load()}
