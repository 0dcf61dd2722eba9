"""Devices that fall ill: the ramp ends there, the device is put back, and the run says why."""

from __future__ import annotations

import pytest

from harness.outcome import Evidence, Outcome
from harness.sim.spec import DeviceSpec, FaultSpec

FIRST, SECOND = 60, 70  # the rungs of an NFX250 that may have 70 tunnels
ALONE = 3  # the only rung of the others: one more than the negative control has
CORE = "core files: new: /var/crash/kmd.core.0.gz (65536 bytes, "
SUITES = ("suites/preflight", "suites/tunnels", "suites/restore")
TUNNELS = "suites/tunnels/test_tunnels.py::test_tunnels"


def committed(device):
    """Return the configuration as the device has it."""
    return device.store.render(device.store.committed, "set")


def test_a_core_file_at_the_second_rung_ends_the_ramp(serve, runner, simulated_device):
    """The rung keeps its numbers, the rest is skipped with the cause, the device is put back."""
    fault = FaultSpec("core-file", {"from_count": SECOND})
    served = serve(DeviceSpec("nfx", "nfx250", faults=(fault,)))
    before = served.look("nfx", committed)
    entry = served.entry("nfx", simulated_device("nfx250", limit=SECOND))
    testbed = runner.testbed("ramp", {"nfx": entry}, known_hosts=str(served.known_hosts))
    run = runner(*SUITES, "--testbed", testbed)
    assert run.exit_code == 1, run.output

    assert run.cases[f"tunnels nfx-ipsec-{FIRST}"].outcome is Outcome.PASS
    ill = run.cases[f"tunnels nfx-ipsec-{SECOND}"]
    assert (ill.outcome, ill.standing) == (Outcome.UNHEALTHY, "unhealthy")
    assert (ill.accepted, ill.evidence) == (SECOND, Evidence.READ_BACK)
    assert ill.reason.startswith(CORE)
    assert f"(with {SECOND} tunnels); nfx: {SECOND} ipsec tunnels accepted: " in ill.reason

    rest = [f"nfx-{kind}-{n}" for kind in ("gre", "gre-over-ipsec") for n in (FIRST, SECOND)]
    for name in rest:
        case = run.cases[f"tunnels {name}"]
        assert case.outcome is Outcome.SKIP
        assert case.reason.startswith(f"not pushed: nfx fell ill under nfx-ipsec-{SECOND}: {CORE}")

    assert run.restores["nfx"].proven
    assert run.cases["restore nfx"].outcome is Outcome.PASS
    assert served.look("nfx", committed) == before

    (failure,) = run.testcases[f"tunnels nfx-ipsec-{SECOND}"].iter("failure")
    assert failure.get("type") == "unhealthy"
    assert failure.get("message").startswith(f"accepted {SECOND} of {SECOND}")
    assert CORE in failure.get("message")
    properties = run.properties(f"tunnels nfx-ipsec-{SECOND}")
    assert properties["claim.standing"] == "unhealthy"
    assert properties["tunnels.accepted"] == str(SECOND)
    assert float(properties["health.seconds"]) > 0
    assert "cases: 3 pass, 0 fail, 1 unhealthy, 0 error, 0 blocked, 4 skip" in run.output


@pytest.fixture(scope="module")
def unwell(runner, simulated_device):
    """Run preflight, one rung and restore on one device for each thing that a testbed may say."""
    late = {"from_count": ALONE}
    faults = {
        "alarmed": {"name": "alarm"},
        "alarming": {"name": "alarm", **late},
        "strict": {"name": "load", "memory": 80, **late},
        "tolerant": {"name": "core-file", **late},
        "full": {"name": "load", "disk": 97},
    }
    health = {"strict": {"memory_percent": 70}, "tolerant": {"cores": "ignore"}}
    devices = {
        name: {
            **simulated_device(limit=ALONE, faults=[fault]),
            **({"health": health[name]} if name in health else {}),
        }
        for name, fault in faults.items()
    }
    chosen = [f"{TUNNELS}[{name}-ipsec-{ALONE}]" for name in devices]
    testbed = runner.testbed("unwell", devices)
    return runner("suites/preflight", *chosen, "suites/restore", "--testbed", testbed)


def rung(run, name: str):
    """Return the case of a device's only rung."""
    return run.cases[f"tunnels {name}-ipsec-{ALONE}"]


def test_an_alarm_that_was_there_is_named_and_is_nothing_new(unwell):
    """Preflight says what it is; the rung passes, and says that it was there before."""
    alarm = "major chassis alarm: FPC 0 Hard errors"
    preflight = unwell.cases["preflight alarmed"]
    assert preflight.outcome is Outcome.PASS
    assert [f.seen for f in preflight.findings if f.what == "alarms"] == [
        f"{alarm}, minor system alarm: Rescue configuration is not set"
    ]
    case = rung(unwell, "alarmed")
    assert case.outcome is Outcome.PASS
    assert [f.seen for f in case.findings if f.what == "alarms"] == [
        "none new, 2 from before the first push"
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("alarming", "alarms: new: major chassis alarm: FPC 0 Hard errors (with 3 tunnels)"),
        ("strict", "memory: memory of routing engine 0: 80 percent, was 27, 70 allowed"),
    ],
)
def test_what_comes_with_the_tunnels_is_illness(unwell, name, words):
    """Where it isn't the default, the testbed says so."""
    case = rung(unwell, name)
    assert (case.outcome, case.accepted) == (Outcome.UNHEALTHY, ALONE)
    assert case.reason.startswith(words)
    assert unwell.restores[name].proven


def test_what_the_testbed_lets_pass_passes(unwell):
    """The core file is named all the same."""
    case = rung(unwell, "tolerant")
    assert case.outcome is Outcome.PASS
    (seen,) = [f.seen for f in case.findings if f.what == "core files"]
    assert seen.startswith("/var/crash/kmd.core.0.gz (65536 bytes, ")
    assert seen.endswith(" (ignored)")


def test_a_disk_that_was_full_before_is_found_before(unwell):
    """Preflight says no; what the rung met isn't of its making."""
    preflight = unwell.cases["preflight full"]
    assert preflight.outcome is Outcome.ERROR
    assert "disk: /config: 1 percent, /var: 97 percent" in preflight.reason
    assert rung(unwell, "full").outcome is Outcome.PASS


def test_every_device_is_put_back(unwell):
    """Ill or not."""
    assert all(restore.proven for restore in unwell.restores.values())
    assert len(unwell.restores) == 5
