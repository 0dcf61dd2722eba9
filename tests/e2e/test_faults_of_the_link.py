"""Devices that can't be reached, are garbled or unwell, and one that somebody else works on."""

from __future__ import annotations

import re

import pytest

from harness.outcome import Evidence, Outcome

COUNT = 3  # tunnels of a rung: one more than the negative control has
TUNNELS = "suites/tunnels/test_tunnels.py::test_tunnels"
KEY = r"\(ssh-ed25519 SHA256:[\w+/]{43}\)"  # as OpenSSH prints it
UNTOUCHED = {  # fault → what the case says, the words as a pattern; nothing was sent
    "refuse-login": ({}, "LoginRefused: ", "connecting: the device refuses these credentials"),
    "other-host-key": (
        {},
        "LoginRefused: ",
        f"connecting: the device shows another host key {KEY} than the one that is trusted {KEY}",
    ),
    "reboot": ({"seconds": 3600.0}, "Unreachable: ", "connecting: "),
    "ill-formed-reply": (
        {"rpc": "get-configuration"},
        "RpcRefused: ",
        "get-configuration: unreadable reply: not well-formed XML",
    ),
}
HARMLESS = {
    "split-replies": {"bytes": 1000},
    "commit-time": {"seconds": 0.01},
    "slow-banner": {"seconds": 0.01},
    "alarm": {},
    "core-file": {},
    "log-lines-lost": {},
}


@pytest.fixture(scope="module")
def troubled(runner, simulated_device):
    """Run preflight, one rung and restore on one device per fault, the stranger's apart."""
    faults = {name: {"name": name, **options} for name, (options, *_) in UNTOUCHED.items()}
    faults |= {name: {"name": name, **options} for name, options in HARMLESS.items()}
    faults["disk-full"] = {"name": "disk-full"}
    faults["refuse-above"] = {"name": "refuse-above", "count": 3}
    devices = {
        name: simulated_device(limit=COUNT, faults=[fault]) for name, fault in faults.items()
    }
    devices["half-up"] = simulated_device(
        limit=COUNT, faults=[{"name": "half-up"}], switches={"peers": "answering"}
    )
    chosen = [f"{TUNNELS}[{name}-ipsec-{COUNT}]" for name in devices]
    testbed = runner.testbed("troubled", devices)
    return runner("suites/preflight", *chosen, "suites/restore", "--testbed", testbed)


@pytest.fixture(scope="module")
def visited(runner, simulated_device):
    """Run a device on which alice commits as soon as we gave the lock back."""
    fault = {"name": "second-writer", "when": "after-commit"}
    testbed = runner.testbed("visited", {"visited": simulated_device(limit=2, faults=[fault])})
    chosen = [f"{TUNNELS}[visited-{kind}-2]" for kind in ("ipsec", "gre")]
    return runner(*chosen, "suites/restore", "--testbed", testbed)


def _case(run, name: str):
    return run.cases[f"tunnels {name}-ipsec-{COUNT}"]


@pytest.mark.parametrize("name", UNTOUCHED)
def test_a_device_that_can_not_be_asked_is_an_error(troubled, name):
    """It's named with the reason, nothing was pushed, and preflight says so too."""
    case = _case(troubled, name)
    _, error, words = UNTOUCHED[name]
    assert case.outcome is Outcome.ERROR
    assert case.reason.startswith(f"{error}{name}")
    assert re.search(words, case.reason)
    assert name not in troubled.restores
    preflight = troubled.cases[f"preflight {name}"]
    assert preflight.outcome is not Outcome.PASS
    assert re.search(words, preflight.reason)


@pytest.mark.parametrize("name", [*HARMLESS, "half-up"])
def test_what_does_no_harm_passes(troubled, name):
    """Accepted and proven to be back."""
    case = _case(troubled, name)
    assert (case.outcome, case.accepted) == (Outcome.PASS, COUNT), case.reason
    assert troubled.restores[name].proven


def test_half_a_tunnel_is_read_back_only(troubled):
    """Far ends that answer don't make it established."""
    assert _case(troubled, "half-up").evidence is Evidence.READ_BACK


def test_a_full_disk_is_told_in_the_device_s_words(troubled):
    """It can't take two tunnels either, and is at its baseline."""
    case = _case(troubled, "disk-full")
    assert (case.outcome, case.accepted) == (Outcome.FAIL, 0)
    assert "disk-full refused the negative control with 2 tunnels: " in case.reason
    assert "No space left on device" in case.reason
    assert troubled.restores["disk-full"].proven


def test_a_refusal_behind_the_check_is_a_refusal(troubled):
    """What the check let pass and the commit didn't."""
    case = _case(troubled, "refuse-above")
    assert (case.outcome, case.accepted) == (Outcome.FAIL, 0)
    assert "refused the commit: [edit] 4 tunnels, 3 allowed" in case.reason
    assert troubled.restores["refuse-above"].proven


def test_such_a_run_fails(troubled):
    """Every device that was pushed to is proven: pytest's own exit code."""
    assert troubled.exit_code == 1


def test_a_device_that_somebody_changed_is_kept_as_it_is(visited):
    """The rungs after it end as errors that name her; hers is kept, and the rest is proven."""
    words = "'' by alice via cli"
    cases = [visited.cases[f"tunnels visited-{kind}-2"] for kind in ("ipsec", "gre")]
    assert [case.outcome for case in cases] == [Outcome.ERROR, Outcome.ERROR]
    assert any(words in case.reason for case in cases)
    restored = visited.restores["visited"]
    assert (restored.proven, restored.kept) == (True, words)
    assert restored.fingerprint_after != restored.fingerprint_before
    assert visited.properties("restore visited")["restore.kept"] == words
    case = visited.cases["restore visited"]
    assert (case.outcome, words in case.reason) == (Outcome.PASS, True)
    assert visited.exit_code == 1
