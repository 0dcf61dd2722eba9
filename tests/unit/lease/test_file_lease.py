"""One holder at a time, and no holder that is dead."""

import resource
import subprocess
import sys

import pytest

from harness.clock import ManualClock
from harness.errors import DeviceBusy, LabError
from harness.lease import FileLease, Holder, held_by, leases_in

EVE = Holder("eve@lab", 1, "r1", "2026-01-01T00:00:00+00:00", "writing")
BOB = Holder("bob@lab", 2, "r2", "2026-01-01T00:00:01+00:00", "writing")


def test_the_second_is_refused_with_the_firsts_name(tmp_path):
    """The message says who, since when, for what."""
    with FileLease(tmp_path, "srx", EVE) as first:
        first.acquire(ManualClock())
        with pytest.raises(DeviceBusy, match=r"eve@lab \(pid 1, run r1, writing\) since 2026"):
            FileLease(tmp_path, "srx", BOB).acquire(ManualClock())


def test_waiting_ends_at_its_time(tmp_path):
    """The wait is the caller's clock, bounded by what he gave."""
    clock = ManualClock()
    with FileLease(tmp_path, "srx", EVE) as first:
        first.acquire(clock)
        with pytest.raises(DeviceBusy):
            FileLease(tmp_path, "srx", BOB).acquire(clock, wait_seconds=5)
    assert clock.monotonic() == pytest.approx(5)


def test_release_lets_the_next_in(tmp_path):
    """A lease that was given back names nobody."""
    first, second = FileLease(tmp_path, "srx", EVE), FileLease(tmp_path, "srx", BOB)
    first.acquire(ManualClock())
    assert leases_in(tmp_path) == (("srx", EVE),)
    first.release()
    assert leases_in(tmp_path) == ()
    second.acquire(ManualClock())
    assert second.held
    second.release()


HOLD = """
import sys
from pathlib import Path
from harness.clock import ManualClock
from harness.lease import FileLease, Holder
lease = FileLease(Path(sys.argv[1]), "srx", Holder("ghost@lab", 3, "r3", "then", "writing"))
lease.acquire(ManualClock())
print("held", flush=True)
sys.stdin.read()
"""


def test_a_killed_holder_holds_nothing(tmp_path):
    """The kernel frees the lock of a process that was shot."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "held\n"
        lease = FileLease(tmp_path, "srx", EVE)
        with pytest.raises(DeviceBusy, match="ghost@lab"):
            lease.acquire(ManualClock())
        process.kill()
        process.wait()
        lease.acquire(ManualClock())
        lease.release()


@pytest.mark.parametrize("written", ["", '{"owner": "ev', "[]", "\0" * 100])
def test_a_lease_is_held_whatever_its_file_says(tmp_path, written):
    """The lock decides: who takes it has it before his name stands there, and on a full disk."""
    with FileLease(tmp_path, "srx", EVE) as first:
        first.acquire(ManualClock())
        (tmp_path / "srx.lock").write_text(written)
        assert leases_in(tmp_path) == (("srx", None),)
        assert held_by(tmp_path, "srx") == "another process"
        with pytest.raises(DeviceBusy, match="held by another process"):
            FileLease(tmp_path, "srx", BOB).acquire(ManualClock())
    assert leases_in(tmp_path) == ()
    assert held_by(tmp_path, "srx") == ""


def test_a_full_disk_keeps_nobody_from_a_lease(tmp_path):
    """A way back needs it; only the name isn't there, then."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    lease = FileLease(tmp_path, "srx", EVE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        lease.acquire(ManualClock())
        assert held_by(tmp_path, "srx") == "another process"
        lease.release()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert held_by(tmp_path, "srx") == ""


def test_an_unwritable_directory_is_the_labs_fault(tmp_path):
    """The message names the file."""
    (tmp_path / "state").write_text("a file")
    with pytest.raises(LabError, match="can't keep leases"):
        FileLease(tmp_path / "state", "srx", EVE).acquire(ManualClock())
