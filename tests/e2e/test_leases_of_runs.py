"""Runs that meet somebody else's lease, and what they leave in a directory that machines share."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.clock import ManualClock
from harness.deploy.journal import Journal
from harness.errors import DeviceBusy
from harness.lab.lab import open_lab
from harness.lab.leasing import home_of
from harness.lab.restoring import finish
from harness.lab.run import Run
from harness.lease import Holder, LeaseDirectory, Use, Waiting
from harness.outcome import Outcome
from harness.sim.spec import DeviceSpec
from harness.system_clock import SystemClock
from harness.testbed.load import load_testbed

Serve = Callable[..., Any]


@pytest.fixture
def served(serve: Serve, simulated_device: Any) -> tuple[Any, dict[str, Any], str]:
    """Serve one device as a lab would: what a testbed says of it, and the key of its leases."""
    lab = serve(DeviceSpec("dut", "srx4100"))
    entry = lab.entry("dut", {**simulated_device("srx4100", 2), "simulated": True})
    address = lab.addresses["dut"]
    return lab, entry, f"{address.host}_{address.port}"


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """Make the directory that machines share."""
    path = tmp_path / "leases"
    path.mkdir()
    return path


def leave(shared: Path, key: str, ago: timedelta = timedelta(0), home: str = "elsewhere") -> None:
    """Leave the record of a run that took the device some time ago, for an hour."""
    clock = ManualClock(datetime.now(UTC) - ago)
    holder = Holder("eve@other", 7, "feedf00d", "some time ago", "this run", home)
    directory = LeaseDirectory(shared, clock, lambda _: clock.now())
    assert directory.take(key, Use.RUN, holder, timedelta(hours=1)) is not None


def newest(shared: Path, key: str) -> Any:
    return LeaseDirectory(shared, SystemClock()).newest(key, Use.RUN)


ONE = ("suites/tunnels", "--count", "2", "-k", "ipsec and not gre")


def test_a_run_takes_renewable_leases_and_gives_them_back(runner, served, shared) -> None:
    """By the environment's word; at the end the chain says whose it was, and that it ended."""
    lab, entry, key = served
    testbed = runner.testbed("taken", {"dut": entry}, known_hosts=str(lab.known_hosts))
    run = runner(
        *ONE,
        "--testbed",
        testbed,
        environment={"HARNESS_LEASES": str(shared), "BUILD_URL": "https://ci.lab.example/7"},
    )
    assert run.exit_code == 0, run.output
    assert newest(shared, key) is None
    (record,) = (json.loads(path.read_text()) for path in shared.glob("*.lease"))
    assert record["url"] == "https://ci.lab.example/7"
    assert record["home"] == home_of(run.state)
    (freed,) = (json.loads(path.read_text()) for path in shared.glob("*.freed"))
    assert (freed["by"], freed["reason"]) == (record["owner"], "its run ended")


def test_a_held_device_is_waited_for_and_then_refused(runner, served, shared) -> None:
    """Exit 69 before anything is asked of the device; who holds it is said while waiting."""
    lab, entry, key = served
    leave(shared, key)
    testbed = runner.testbed(
        "held", {"dut": entry}, known_hosts=str(lab.known_hosts), leases=str(shared)
    )
    run = runner(*ONE, "--testbed", testbed, "--wait", "1")
    assert run.exit_code == 69, run.output
    assert "dut: waiting, at most 1 s more: held by eve@other (pid 7, run feedf00d" in run.output
    assert "dut: held by eve@other" in run.output
    assert not (run.reports / "latest").exists()
    assert lab.look("dut", lambda device: len(device.store.history)) == 1


def test_an_expired_device_is_refused_at_once(runner, served, shared) -> None:
    """However long one would wait: it's dirty, and the commands are named."""
    lab, entry, key = served
    leave(shared, key, timedelta(hours=2))
    testbed = runner.testbed(
        "expired", {"dut": entry}, known_hosts=str(lab.known_hosts), leases=str(shared)
    )
    run = runner(*ONE, "--testbed", testbed, "--wait", "3000")
    assert run.exit_code == 69, run.output
    assert "has expired: the device may hold what was left on it" in run.output
    assert "harness restore dut" in run.output
    assert "harness lease free dut" in run.output


def test_a_lease_that_is_taken_away_ends_the_pushing(served, shared, runner, monkeypatch) -> None:
    """A worker sees that somebody freed it by force, and pushes nothing more."""
    from harness.lab.ladder import Rung  # noqa: PLC0415 - only here
    from harness.lab.qualify import qualify  # noqa: PLC0415
    from harness.plan.model import Kind  # noqa: PLC0415

    lab, entry, key = served
    testbed = runner.testbed(
        "lost", {"dut": entry}, known_hosts=str(lab.known_hosts), leases=str(shared)
    )
    run = Run("aaaa1111", b"k" * 32, shared.parent / "state", SystemClock())
    with open_lab(load_testbed(testbed), run, str) as opened:
        LeaseDirectory(shared, SystemClock()).free(newest(shared, key), "ann@desk", "mine now")
        with pytest.raises(DeviceBusy, match=r"ann@desk freed our lease at .*: mine now"):
            qualify(opened.bench("dut"), Rung("dut", Kind.IPSEC, 2))
    assert lab.look("dut", lambda device: len(device.store.history)) == 1


def test_what_a_killed_run_left_is_taken_over_by_its_own_machine(served, shared, runner) -> None:
    """While the journal is open the record stays, even after another run; restoring frees it."""
    lab, entry, key = served
    testbed = load_testbed(
        runner.testbed(
            "killed", {"dut": entry}, known_hosts=str(lab.known_hosts), leases=str(shared)
        )
    )
    state, clock = shared.parent / "state", SystemClock()
    leave(shared, key, home=home_of(state))
    journal = Journal(state / "journals", key, clock)
    with open_lab(testbed, Run("aaaa1111", b"k" * 32, state, clock), str) as opened:
        baseline = opened.bench("dut").baseline()
        journal.open(baseline, run_id="feedf00d", owner="eve@other", note="rung=1")
    assert newest(shared, key).holder.run_id == "aaaa1111"
    with open_lab(testbed, Run("bbbb2222", b"k" * 32, state, clock), str) as opened:
        assert finish(opened.bench("dut")).proven
    assert newest(shared, key) is None


def test_another_machine_can_not_take_it_over(served, shared, runner) -> None:
    """Only where the journals are is it known that the run is dead."""
    lab, entry, key = served
    testbed = load_testbed(
        runner.testbed(
            "other", {"dut": entry}, known_hosts=str(lab.known_hosts), leases=str(shared)
        )
    )
    leave(shared, key)
    run = Run("aaaa1111", b"k" * 32, shared.parent / "state", SystemClock())
    with pytest.raises(DeviceBusy, match="held by eve@other"), open_lab(testbed, run, str):
        pass


def test_two_runs_that_want_the_same_devices_do_not_wait_for_each_other(
    serve, simulated_device, shared, runner
) -> None:
    """Leases are taken in the order of the addresses, however the testbeds name and order them."""
    lab = serve(DeviceSpec("a", "srx4100"), DeviceSpec("b", "srx4100"))
    entries = {
        name: lab.entry(name, {**simulated_device("srx4100"), "simulated": True}) for name in "ab"
    }
    state, clock = shared.parent / "state", ManualClock()
    orders = []
    for order in ("ab", "ba"):
        path = runner.testbed(order, {n: entries[n] for n in order}, known_hosts="known_hosts")
        taken: list[str] = []
        with open_lab(load_testbed(path), Run("aaaa1111", b"k" * 32, state, clock), str):
            waiting = Waiting.at_most(1, clock, taken.append)
            with (
                pytest.raises(DeviceBusy),
                open_lab(
                    load_testbed(path),
                    Run("bbbb2222", b"k" * 32, state, clock),
                    str,
                    waiting=waiting,
                ),
            ):
                pass
        orders.append(taken[0].partition(".run")[0])
    assert orders[0] == orders[1]


def test_new_host_keys_are_stored_by_a_run_and_said(runner, served, tmp_path) -> None:
    """Once; the next run needs no switch, and a changed key is refused with both fingerprints."""
    _, entry, key = served
    known_hosts = tmp_path / "of the lab" / "known_hosts"
    testbed = runner.testbed("keys", {"dut": entry}, known_hosts=str(known_hosts))
    first = runner(*ONE, "--testbed", testbed, "--accept-new-host-keys", "-n", "1")
    assert first.exit_code == 0, first.output
    host, port = key.rsplit("_", 1)
    assert f"dut: stored the host key of [{host}]:{port} in {known_hosts}: ssh-ed25519 SHA256:" in (
        first.output
    )
    assert "stored the host key" not in runner(*ONE, "--testbed", testbed).output
    name, kind, _ = known_hosts.read_text().split()
    other = "AAAAC3NzaC1lZDI1NTE5AAAAIIMfUKJTNtvwu0DwA8Q1e6CVmLd9w0Xm4w7W7hM0QO1g"
    known_hosts.write_text(f"{name} {kind} {other}\n")
    changed = runner(*ONE, "--testbed", testbed, "--accept-new-host-keys")
    assert changed.exit_code == 1
    (case,) = changed.cases.values()
    assert case.outcome is Outcome.ERROR
    assert "another host key" in case.reason
    assert f"ssh-keygen -R '{name}'" in case.reason
    assert known_hosts.read_text() == f"{name} {kind} {other}\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--wait", "soon"), "--wait: 'soon' isn't a whole number of at least 0"),
        (("--wait", "-1"), "--wait: '-1' isn't a whole number of at least 0"),
    ],
)
def test_a_wrong_wait_is_one_line(runner, arguments, says) -> None:
    """Exit 64, nothing touched."""
    run = runner("suites", *arguments)
    assert (run.exit_code, says in run.output) == (64, True), run.output


def test_the_seed_on_a_command_line_is_told_of(runner, tmp_path) -> None:
    """The process list shows it to everybody; the record never does."""
    run = runner("suites", "--count", "2", "-k", "vmx and no-such", "--seed", "Xyzzy-47")
    assert "--seed is shown to every user of this machine" in run.output
    quiet = runner(
        "suites", "--count", "2", "-k", "no-such", environment={"HARNESS_SEED": "Xyzzy-47"}
    )
    assert "--seed" not in quiet.output
