"""Devices that lie, refuse or die: each gets the verdict it deserves, and is put back.

One run carries many devices, each with another fault. Where that is possible twice: from three
tunnels on, so that the negative control with two passes and the rung itself has to notice; and from
the first tunnel on, so that the negative control has to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from lxml import etree

from harness.deploy.mark import Mark, Phase
from harness.deploy.restore import restore
from harness.drivers.protocol import Endpoint, Secret
from harness.errors import OutcomeUnknown
from harness.lab.lab import Lab
from harness.lab.ladder import Rung
from harness.lab.qualify import qualify
from harness.lab.restoring import put_back
from harness.lab.run import Run
from harness.outcome import Outcome
from harness.plan.model import Kind
from harness.sim.spec import DeviceSpec, FaultSpec
from harness.system_clock import SystemClock
from harness.testbed.load import load_testbed

COUNT = 8  # tunnels of a rung; small, because a fault is the same at every count
EVERY_KIND = ("ipsec", "gre", "gre-over-ipsec")
SECURE = ("ipsec", "gre-over-ipsec")
XSD = Path(__file__).parents[1] / "unit" / "reporting" / "data" / "junit-xunit1.xsd"
TUNNELS = "suites/tunnels/test_tunnels.py::test_tunnels"


@dataclass(frozen=True)
class Lie:
    """A fault, and what is made of it.

    ``rung`` and ``control`` are (outcome, pattern of the reason) when the fault begins with the
    third tunnel and with the first; ``accepted`` is how many of the rung's eight count.
    """

    fault: str
    rung: tuple[Outcome, str]
    control: tuple[Outcome, str]
    accepted: int | None
    options: dict[str, object] = field(default_factory=dict)
    kinds: tuple[str, ...] = EVERY_KIND

    @property
    def name(self) -> str:
        return "-".join([self.fault, *(str(v) for k, v in self.options.items() if k == "when")])


FAIL, ERROR, BLOCKED = Outcome.FAIL, Outcome.ERROR, Outcome.BLOCKED
NOT_COMMITTED = r"outcome isn't known: .*the commit history doesn't show it: not committed"
LIES = (
    Lie(
        "drop-tunnel",
        (FAIL, r"1 tunnel\(s\) incomplete: hil-t00003; \d+ missing: interfaces "),
        (FAIL, r"^negative control: .*1 tunnel\(s\) incomplete: hil-t00002; \d+ missing"),
        accepted=7,
        options={"index": 3},
    ),
    Lie(
        "wrong-unit",
        (FAIL, r"tunnel\(s\) incomplete: hil-t00004; .*unit 15999"),
        (FAIL, r"^negative control: .*tunnel\(s\) incomplete: hil-t00002; .*unit 15999"),
        accepted=7,
        options={"index": 4},
    ),
    Lie(
        "swap-psk",
        (FAIL, r"keys: 2 different: hil-t00002, hil-t00003 \[read-back\]"),
        (FAIL, r"^negative control: .*keys: 2 different: hil-t00001, hil-t00002"),
        accepted=6,
        options={"index": 2},
        kinds=SECURE,
    ),
    Lie(
        "drop-sa",
        (FAIL, r"expected \d \(. of the baseline \+ 8 of ours\), seen \d .*missing hil-t00005 \("),
        (BLOCKED, r"^negative control: .*doesn't count 2 for 2: .*missing hil-t00002 \("),
        accepted=7,
        options={"index": 5},
    ),
    Lie(
        "ghost-tunnel",
        (FAIL, r"not configured (198\.51\.100\.254|gr-0/0/0\.15999) \["),
        (BLOCKED, r"^negative control: .*not configured (198\.51\.100\.254|gr-0/0/0\.15999)"),
        accepted=8,
    ),
    Lie(
        "stale-sa-table",
        (FAIL, r"missing hil-t00001 .*hil-t00008 .*; not configured 198\.19\.0\.1, "),
        (BLOCKED, r"^negative control: .*missing hil-t00001 .*; not configured 198\.19\.0\.1, "),
        accepted=0,
        kinds=SECURE,
    ),
    Lie(
        "ok-beside-error",
        (FAIL, r"fail: commit reply: error: \[edit\] commit failed \[simulated\]"),
        (FAIL, r"^negative control: .*commit reply: error: \[edit\] commit failed \[simulated\]"),
        accepted=0,
    ),
    Lie(
        "die-during-commit",
        (ERROR, NOT_COMMITTED),
        (ERROR, NOT_COMMITTED),
        accepted=None,
        options={"when": "before"},
        kinds=("ipsec",),
    ),
)
TOLD = [(lie, kind) for lie in LIES for kind in lie.kinds]
STANDS_STILL = r"^negative control: .*commit history: it doesn't show our commit; .*it stands still"
ALWAYS = {  # faults that know no count: the negative control meets them
    "stale-history": STANDS_STILL,
    "repeat-reply": STANDS_STILL,
}
HONEST = {  # the commit was carried out, whatever its reply looked like
    "warnings-only": {"name": "warnings-only"},
    "die-during-commit-after": {"name": "die-during-commit", "when": "after"},
}
REFUSED = {  # found before anything was sent; the last is what has to be named
    "secret-data": ({"name": "secret-data"}, "LabError", "SECRET-DATA"),
    "lock-held": ({"name": "lock-held"}, "DeviceBusy", "alice terminal p0 (pid 4242)"),
    "dirty-candidate": ({"name": "dirty-candidate"}, "DeviceBusy", "alice"),
    "foreign-confirm": ({"name": "foreign-confirm"}, "DeviceBusy", "alice's commit confirmed"),
}
FORGETFUL = [{"name": "die-during-commit"}, {"name": "stale-history"}]
LIMIT = 600  # tunnels in all; one of them is the device's own, so that 599 of ours fit


def _case(device: str, kind: str, count: int = COUNT) -> str:
    return f"tunnels {device}-{kind}-{count}"


def _liars(simulated_device) -> dict[str, dict[str, object]]:
    devices = {}
    for lie in LIES:
        late = {"name": lie.fault, **lie.options, "from_count": 3}
        devices[f"{lie.name}-late"] = simulated_device(limit=COUNT, faults=[late])
        early = {"name": lie.fault, **lie.options}
        devices[f"{lie.name}-early"] = simulated_device(limit=COUNT, faults=[early])
    for name in ALWAYS:
        devices[name] = simulated_device(limit=COUNT, faults=[{"name": name}])
    for name, fault in HONEST.items():
        devices[name] = simulated_device(limit=COUNT, faults=[fault])
    for name, (fault, _, _) in REFUSED.items():
        devices[name] = simulated_device(limit=COUNT, faults=[fault])
    devices["forgetful"] = simulated_device(limit=COUNT, faults=FORGETFUL)
    return devices


def _wanted() -> Iterator[str]:
    for lie, kind in TOLD:
        yield f"{TUNNELS}[{lie.name}-late-{kind}-{COUNT}]"
        yield f"{TUNNELS}[{lie.name}-early-{kind}-{COUNT}]"
    for name in (*ALWAYS, *HONEST, *REFUSED, "forgetful"):
        yield f"{TUNNELS}[{name}-ipsec-{COUNT}]"


@pytest.fixture(scope="module")
def liars(runner, simulated_device):
    """Run preflight, the chosen tunnels and restore on one device per fault."""
    testbed = runner.testbed("liars", _liars(simulated_device))
    return runner("suites/preflight", *_wanted(), "suites/restore", "--testbed", testbed)


@pytest.fixture(scope="module")
def limited(runner, simulated_device):
    """Run the whole ramp of an NFX250 that takes 600 tunnels, its own included."""
    devices = {
        "full": simulated_device("nfx250", tunnel_limit=LIMIT),
        "spared": simulated_device("nfx250", limit=LIMIT - 1, tunnel_limit=LIMIT),
    }
    chosen = [f"{TUNNELS}[full-ipsec-{n}]" for n in (60, 300, 600, 601)]
    chosen += [f"{TUNNELS}[spared-ipsec-{n}]" for n in (599,)]
    return runner(*chosen, "suites/restore", "--testbed", runner.testbed("limited", devices))


@pytest.fixture(scope="module")
def stuck(runner, simulated_device):
    """Run a device that no rollback brings back, and an honest one beside it."""
    devices = {
        "leftover": simulated_device(limit=2, faults=[{"name": "rollback-leftover"}]),
        "honest": simulated_device(limit=2),
    }
    chosen = [f"{TUNNELS}[{name}-{kind}-2]" for name in devices for kind in ("ipsec", "gre")]
    return runner(*chosen, "suites/restore", "--testbed", runner.testbed("stuck", devices))


@pytest.mark.parametrize(("lie", "kind"), TOLD, ids=lambda v: getattr(v, "name", v))
def test_a_rung_is_not_taken_in(liars, lie, kind):
    """The control passes, the rung doesn't: its reason names the tunnel or quotes the device."""
    case = liars.cases[_case(f"{lie.name}-late", kind)]
    outcome, says = lie.rung
    assert (case.outcome, case.accepted) == (outcome, lie.accepted), case.reason
    assert re.search(says, case.reason), case.reason
    assert not case.reason.startswith("negative control")
    assert case.standing == "not accepted"
    assert case.requested == COUNT


@pytest.mark.parametrize(("lie", "kind"), TOLD, ids=lambda v: getattr(v, "name", v))
def test_the_negative_control_is_not_taken_in(liars, lie, kind):
    """A fault that is there from the first tunnel on is found with two, and nothing passes."""
    case = liars.cases[_case(f"{lie.name}-early", kind)]
    outcome, says = lie.control
    assert case.outcome is outcome, case.reason
    assert re.search(says, case.reason), case.reason
    assert case.standing == "not accepted"


@pytest.mark.parametrize("name", ALWAYS)
def test_an_old_answer_is_not_taken_for_a_new_one(liars, name):
    """A history that stands still, or a reply that repeats itself, proves nothing."""
    case = liars.cases[_case(name, "ipsec")]
    assert case.outcome is FAIL
    assert re.search(ALWAYS[name], case.reason), case.reason


def test_warnings_alone_are_no_refusal(liars):
    """A commit that answers with warnings and no ok is judged by what the device shows."""
    case = liars.cases[_case("warnings-only", "ipsec")]
    assert (case.outcome, case.accepted, case.standing) == (Outcome.PASS, COUNT, "sampled")
    assert case.warnings == ("[edit] mgd: requires 'tunnel' license [simulated]",)


def test_a_lost_answer_is_looked_up(liars):
    """A device that dies after the commit took it, and its history is where that is found."""
    case = liars.cases[_case("die-during-commit-after", "ipsec")]
    assert (case.outcome, case.accepted) == (Outcome.PASS, COUNT)
    assert case.reason.endswith("the answer to the commit was lost; the history shows it")


def test_a_device_that_dies_and_forgets_is_put_back(liars):
    """It took the tunnels, and its history denies it: unknown, and the baseline is proven."""
    case = liars.cases[_case("forgetful", "ipsec")]
    assert case.outcome is ERROR
    assert re.search(NOT_COMMITTED, case.reason)
    assert liars.restores["forgetful"].proven


@pytest.mark.parametrize("driver", ["ncclient", "netmiko"])
def test_no_driver_is_taken_in(runner, simulated_device, driver):
    """The same lies to the libraries that push by choice, which read replies in their own ways."""
    told = [lie for lie in LIES if lie.fault in {"drop-tunnel", "ok-beside-error"}]
    devices = {
        lie.name: simulated_device(faults=[{"name": lie.fault, **lie.options, "from_count": 3}])
        for lie in told
    }
    devices |= {name: simulated_device(faults=[fault]) for name, fault in HONEST.items()}
    chosen = [f"{TUNNELS}[{name}-ipsec-{COUNT}]" for name in devices]
    testbed = runner.testbed(driver, devices)
    options = ("--testbed", testbed, "--driver", driver, "--count", str(COUNT))
    run = runner(*chosen, *options)
    for lie in told:
        case = run.cases[_case(lie.name, "ipsec")]
        assert (case.outcome, case.accepted) == (lie.rung[0], lie.accepted), case.reason
        assert re.search(lie.rung[1], case.reason), case.reason
    for name in HONEST:
        case = run.cases[_case(name, "ipsec")]
        assert (case.outcome, case.accepted) == (Outcome.PASS, COUNT), case.reason
    assert all(proof.proven for proof in run.restores.values())


@pytest.mark.parametrize("name", REFUSED)
def test_a_device_in_use_is_refused_untouched(liars, name):
    """Nothing is sent to it, and whoever is there is named."""
    case = liars.cases[_case(name, "ipsec")]
    _, error, words = REFUSED[name]
    assert case.outcome is ERROR
    assert case.reason.startswith(f"{error}: {name}: ")
    assert words in case.reason
    assert liars.cases[f"restore {name}"].outcome is Outcome.SKIP
    assert name not in liars.restores


def test_every_device_is_put_back(liars):
    """Each device that was pushed to is proven to be at its baseline, by case and by controller."""
    pushed = {case.device for case in liars.cases.values() if case.kind} | {
        f"{lie.name}-{when}" for lie in LIES for when in ("late", "early")
    }
    assert liars.restores.keys() == pushed - REFUSED.keys()
    for device, proof in liars.restores.items():
        assert proof.proven, proof.reason
        assert proof.fingerprint_before == proof.fingerprint_after
        assert liars.cases[f"restore {device}"].outcome is Outcome.PASS


def test_a_run_with_failed_cases_ends_with_1(liars):
    """Devices failed, restores didn't: pytest's own exit code."""
    assert liars.exit_code == 1


def test_junit_tells_whose_fault_it_was(liars):
    """Refused by the device is a failure, all else an error; the words are those of the record."""
    etree.XMLSchema(file=str(XSD)).assertValid(liars.junit)
    tags = {FAIL: "failure", ERROR: "error", BLOCKED: "error", Outcome.SKIP: "skipped"}
    for label, case in liars.cases.items():
        found = [(e.tag, e.get("type")) for e in liars.testcases[label] if e.tag in tags.values()]
        told = tags.get(case.outcome)
        assert found == ([(told, str(case.outcome))] if told else [])
    suites = liars.junit.findall("testsuite")
    assert {suite.get("name").partition(" ")[2] for suite in suites} == {"[simulated]"}


def test_the_failure_message_carries_the_numbers(liars):
    """What GitLab and GitHub drop as a property stands in the message again."""
    failure = liars.testcases[_case("drop-tunnel-late", "ipsec")].find("failure")
    message = failure.get("message")
    assert message.startswith("accepted 7 of 8 (documented: 1500) on drop-tunnel-late [simulated]:")
    assert "hil-t00003" in message
    assert "NOT OK: gateway members" in failure.text


def test_a_device_is_refused_above_its_limit(limited):
    """60 and 300 pass, 600 fails with the device's own words, 601 is only observed."""
    found = {n: limited.cases[_case("full", "ipsec", n)] for n in (60, 300, 600, 601)}
    assert [found[n].outcome for n in (60, 300, 600)] == [Outcome.PASS, Outcome.PASS, FAIL]
    assert found[600].accepted == 0
    refusal = "601 tunnels are configured, this device takes 600 [simulated]"
    assert refusal in found[600].reason
    assert found[601].observation
    assert found[601].standing == "observed"
    assert found[601].reason.startswith("observed above the claim, not judged: full refused 601")
    assert limited.exit_code == 1


def test_the_limit_counts_the_tunnels_that_were_there(limited):
    """599 of ours and one of its own are the 600 that the device takes; its claim stays sampled."""
    case = limited.cases[_case("spared", "ipsec", 599)]
    assert (case.outcome, case.accepted, case.standing) == (Outcome.PASS, 599, "sampled")


def test_a_refused_device_is_at_its_baseline(limited):
    """A commit that was refused leaves nothing behind."""
    assert all(proof.proven for proof in limited.restores.values())
    assert len(limited.restores) == 2


def test_a_device_that_can_not_be_put_back_is_loud(stuck):
    """Every way was tried and is named; exit code 76; the restore case fails; nothing follows."""
    first = stuck.cases[_case("leftover", "ipsec", 2)]
    assert first.outcome is ERROR
    ways = ("rollback 1: ", "load update: ", "load override: ")
    assert all(f"{way}committed, but the device shows another" in first.reason for way in ways)
    second = stuck.cases[_case("leftover", "gre", 2)]
    assert second.outcome is ERROR
    assert "leftover is out for this run: " in second.reason
    assert not stuck.restores["leftover"].proven
    assert stuck.cases["restore leftover"].outcome is FAIL
    assert stuck.exit_code == 76


def test_other_devices_go_on(stuck):
    """A device that is out takes nothing else with it."""
    for kind in ("ipsec", "gre"):
        assert stuck.cases[_case("honest", kind, 2)].outcome is Outcome.PASS
    assert stuck.restores["honest"].proven


def test_nothing_is_pushed_to_another_device(serve, runner, simulated_device):
    """What answers at the address is a vSRX, the testbed says SRX4100: it stays untouched."""
    served = serve(DeviceSpec("box", "vsrx"))
    entry = served.entry("box", simulated_device(limit=2))
    testbed = runner.testbed("stranger", {"box": entry}, known_hosts=str(served.known_hosts))
    run = runner("suites", "--testbed", testbed)
    for kind in EVERY_KIND:
        case = run.cases[_case("box", kind, 2)]
        assert case.outcome is ERROR
        assert "the testbed says srx4100, the device shows vSRX" in case.reason
    assert len(served.look("box", lambda device: device.store.history)) == 1
    assert not run.restores


class Close:
    """One device with a lab around it in this process, and drivers that give up after seconds."""

    SECONDS = 2.0

    def __init__(self, served, name: str, testbed: Path, state: Path, driver: str) -> None:
        run = Run("c1a5e000", b"k" * 32, state, SystemClock(), driver)
        address = served.addresses[name]
        way = Endpoint(
            name,
            address.host,
            address.port,
            address.username,
            Secret(address.password),
            trusted_host_key=address.host_key,
            timeout=self.SECONDS,
        )
        ways = dict.fromkeys(("pyez", "ncclient", "netmiko"), way)
        self.lab = Lab(load_testbed(testbed), run, {name: ways})
        self.bench = self.lab.bench(name)


@pytest.fixture
def close_to(serve, runner, simulated_device, tmp_path):
    """Give the way to work on one served device from this process."""
    labs = []

    def make(*faults: FaultSpec, driver: str = "pyez") -> tuple[Close, object]:
        served = serve(DeviceSpec("dut", "srx4100", faults=faults))
        entry = served.entry("dut", simulated_device())
        testbed = runner.testbed("close", {"dut": entry}, known_hosts=str(served.known_hosts))
        close = Close(served, "dut", testbed, tmp_path / "state", driver)
        labs.append(close.lab)
        return close, served

    yield make
    for lab in labs:
        lab.close()


def test_a_commit_that_was_never_answered_is_looked_up(close_to):
    """The device took the tunnels and fell silent: the history says so, over another session."""
    close, _ = close_to(FaultSpec("hang-commit", {"from_count": 3}))
    case = qualify(close.bench, Rung("dut", Kind.IPSEC, 3))
    assert (case.outcome, case.accepted) == (Outcome.PASS, 3)
    assert "the answer to the commit was lost; the history shows it" in case.reason
    assert put_back(close.bench).proven


def test_a_commit_that_never_happened_is_an_error(close_to):
    """Silence, and a history without the commit: unknown is not refused, and nothing is left."""
    close, _ = close_to(FaultSpec("hang-commit", {"when": "before", "from_count": 3}))
    with pytest.raises(OutcomeUnknown, match="doesn't show it: not committed"):
        qualify(close.bench, Rung("dut", Kind.IPSEC, 3))
    assert put_back(close.bench).proven


@pytest.mark.parametrize("driver", ["pyez", "ncclient"])
def test_a_baseline_that_no_rollback_holds_is_loaded_back(close_to, driver):
    """Somebody committed five times since: the saved baseline is loaded and proven."""
    close, served = close_to(driver=driver)
    before = close.bench.baseline()
    with close.bench.access.writer() as writer:
        for number in range(5):
            writer.load(f'set system login message "{number}"', "set", "set")
            writer.commit(f"by hand, {number}")
    proof = restore(before, close.bench.access, Mark("c1a5e000", Phase.RESTORED, "in the test"))
    assert proof.how == "load update"
    assert close.bench.baseline().fingerprint == before.fingerprint
    text = served.look("dut", lambda device: device.store.render(device.store.committed, "set"))
    assert "login message" not in text
