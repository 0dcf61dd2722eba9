"""State of embedded devices: it ends with its run, or with the next one."""

import pytest

from harness.clock import ManualClock
from harness.errors import LabError
from harness.lab.leftovers import private_state
from harness.lab.run import Run
from harness.lease import FileLease, leases_in


def run_of(state, run_id):
    """Return a run; its journals would lie in its private state."""
    return Run(run_id, b"key", state, ManualClock())


def leave(run):
    """Write what a run keeps there."""
    (run.private_state / "journals").mkdir(parents=True)
    (run.private_state / "journals" / "vmx.journal.jsonl").write_text("{}\n")


def test_a_run_removes_its_own(tmp_path):
    """Folder and lease are gone at its end, also after an error."""
    run = run_of(tmp_path, "aaaa0000")

    def act():
        with private_state(run):
            leave(run)
            assert leases_in(tmp_path / "leases")[0][0] == "run-aaaa0000"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        act()
    assert not run.private_state.exists()
    assert list((tmp_path / "leases").iterdir()) == []


def test_a_dead_runs_state_is_removed(tmp_path):
    """Nobody holds its lease any more; the file of the lease goes, too."""
    dead = run_of(tmp_path, "dead0000")
    leave(dead)
    lease = FileLease(tmp_path / "leases", "run-dead0000", dead.holder(""))
    lease.acquire(dead.clock)
    lease.release()  # as the kernel does
    with private_state(run_of(tmp_path, "aaaa0000")):
        assert not dead.private_state.exists()
    assert list((tmp_path / "leases").iterdir()) == []


def test_a_living_runs_state_stays(tmp_path):
    """Two runs at once on one machine don't know each other's devices."""
    living = run_of(tmp_path, "bbbb0000")
    with private_state(living):
        leave(living)
        with private_state(run_of(tmp_path, "aaaa0000")):
            pass
        assert (living.private_state / "journals" / "vmx.journal.jsonl").exists()


def test_a_state_directory_that_can_not_be_written(tmp_path):
    """It's the lab's fault, in one line."""
    (tmp_path / "state").write_text("a file")
    with (
        pytest.raises(LabError, match="can't keep leases"),
        private_state(run_of(tmp_path / "state", "aaaa0000")),
    ):
        pass
