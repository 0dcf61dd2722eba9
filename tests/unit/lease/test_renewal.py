"""What a run does about its leases while it lives; the thread only calls it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.clock import ManualClock
from harness.lab.leasing import Held, home_of, to_wire, why_lost
from harness.lease import Holder, LeaseDirectory, SharedLease, Waiting
from harness.lease.shared_lease import RENEW_SECONDS, TERM

HOLDER = Holder("eve@one", 1, "aaaa1111", "then", "this run", home="one")


def held_in(path: Path, clock: ManualClock) -> Held:
    """Return what a run holds that took two devices."""
    held = Held()
    for device in ("a", "b"):
        directory = LeaseDirectory(path, clock, lambda _: clock.now())
        lease = SharedLease(directory, device, device, HOLDER)
        lease.acquire(clock, Waiting.at_most(0, clock))
        held.add(device, lease)
    return held


def test_all_are_renewed_and_a_worker_sees_it(tmp_path: Path) -> None:
    """Through what it was sent at its start, long after the first term."""
    clock = ManualClock(datetime.now(UTC))
    held = held_in(tmp_path, clock)
    wire = to_wire(held, tmp_path)
    for _ in range(20):
        clock.advance(RENEW_SECONDS)
        held.renew()
        assert [why_lost(wire, device, clock) for device in ("a", "b")] == ["", ""]
    clock.advance(TERM.total_seconds() + 1)
    assert "our lease ran out" in why_lost(wire, "a", clock)


def test_an_unreachable_directory_is_tried_again(tmp_path: Path) -> None:
    """A file server that is away for a while ends nothing; the next renewal mends it."""
    clock = ManualClock(datetime.now(UTC))
    share = tmp_path / "share"
    share.mkdir()
    held = held_in(share, clock)
    wire = to_wire(held, share)
    clock.advance(TERM.total_seconds() / 2)
    share.rename(tmp_path / "away")
    held.renew()
    (tmp_path / "away").rename(share)
    clock.advance(TERM.total_seconds() / 2 + 1)
    assert "ran out" in why_lost(wire, "a", clock)
    held.renew()
    assert why_lost(wire, "a", clock) == ""
    assert held.records["b"].until == clock.now() + timedelta(seconds=TERM.total_seconds())


def test_a_run_without_a_shared_directory_loses_nothing(tmp_path: Path) -> None:
    """On one machine the kernel's lock is enough."""
    assert why_lost(to_wire(Held(), None), "a", ManualClock()) == ""


def test_a_state_directory_has_one_id(tmp_path: Path) -> None:
    """Made once, private, and another one elsewhere."""
    first = home_of(tmp_path / "state")
    assert len(first) == 16
    assert home_of(tmp_path / "state") == first != home_of(tmp_path / "other")
    assert (tmp_path / "state" / "home").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
