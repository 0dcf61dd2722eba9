"""``harness lease`` from outside: people of two machines who share a directory."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.clock import ManualClock
from harness.deploy.baseline import Baseline
from harness.deploy.journal import Journal
from harness.lab.leasing import home_of
from harness.lease import FileLease, Holder, LeaseDirectory, Record, Use
from harness.system_clock import SystemClock

KEY = "192.0.2.9_830"


class Machine:
    """One machine: a user, a state directory, the shared directory, and a testbed."""

    def __init__(self, folder: Path, user: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.state = folder / user / "state"
        self.shared = folder / "shared"
        self.shared.mkdir(exist_ok=True)
        self.testbed = folder / user / "lab.yaml"
        self.testbed.parent.mkdir()
        self._user = user
        self._patch = monkeypatch
        self.write(f"  leases: {self.shared}\n")

    def write(self, head: str) -> None:
        self.testbed.write_text(
            f"testbed:\n  name: lab\n{head}"
            "devices:\n  srx:\n    platform: srx4100\n"
            "    connections: {netconf: {host: 192.0.2.9}}\n"
            "    credentials: {default: {username: hil, password: {env: PW}}}\n"
            "    underlay: {external_interface: xe-0/0/0.0, external_zone: untrust,\n"
            "      local_address: 192.0.2.1, peers: 198.18.0.0/15, inner: 100.64.0.0/10}\n"
        )

    def __call__(self, *arguments: str) -> int:
        self._patch.setenv("LOGNAME", self._user)
        self._patch.setenv("HARNESS_STATE", str(self.state))
        self._patch.setenv("HARNESS_TESTBED", str(self.testbed))
        return main(["lease", *arguments])

    def run_record(self, ago: timedelta = timedelta(0), term: timedelta = timedelta(hours=1)):
        """Leave the record of a run of this machine that began some time ago."""
        clock = ManualClock(datetime.now(UTC) - ago)
        directory = LeaseDirectory(self.shared, clock, lambda _: clock.now())
        since = clock.now().isoformat(timespec="seconds")
        owner = f"{self._user}@there"
        holder = Holder(owner, 7, "feedf00d", since, "this run", home_of(self.state))
        return directory.take(KEY, Use.RUN, holder, term)

    def newest(self, use: Use) -> Record | None:
        return LeaseDirectory(self.shared, SystemClock()).newest(KEY, use)

    def open_journal(self) -> Journal:
        journal = Journal(self.state / "journals", KEY, SystemClock())
        baseline = Baseline("srx", "f" * 64, 1, "<configuration/>")
        journal.open(baseline, run_id="feedf00d", owner="ann@here", note="rung=1")
        return journal


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Machine]:
    """Give a maker of machines by the name of their user."""
    for name in ("HARNESS_LEASES", "HARNESS_RESERVATION"):
        monkeypatch.delenv(name, raising=False)
    return lambda user: Machine(tmp_path, user, monkeypatch)


def test_a_reservation_is_seen_by_others_and_refused_to_them(machine, capsys) -> None:
    """Who has it, until when, what for; the second person is told, exit 69."""
    ann, bob = machine("ann"), machine("bob")
    assert ann("take", "srx", "--for", "2h", "--reason", "console work") == 0
    said = capsys.readouterr().out
    assert said.startswith("srx: yours until 20")
    name = said.partition("HARNESS_RESERVATION=")[2].strip()
    assert bob("take", "srx", "--for", "15m", "--reason", "mine") == 69
    assert "srx: held by ann@" in capsys.readouterr().err
    assert bob("list", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["key"], row["where"], row["use"]) == (KEY, "shared", "reservation")
    assert (row["run_id"], row["purpose"], row["expired"]) == (name, "console work", False)
    left = datetime.fromisoformat(row["until"]) - datetime.now(UTC)
    assert timedelta(hours=1, minutes=59) < left < timedelta(hours=2)
    assert bob("list") == 0
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.split()[:4] == ["device", "where", "state", "holder"]
    assert line.split()[:3] == ["srx", "shared", "held"]


def test_ones_own_reservation_ends_at_once(machine, capsys) -> None:
    """Freed by its owner it's free for the next; the reason stays beside it."""
    ann, bob = machine("ann"), machine("bob")
    ann("take", "srx", "--for", "1h", "--reason", "a")
    assert ann("free", "srx", "--reason", "done") == 0
    assert bob("take", "srx", "--for", "1h", "--reason", "b") == 0
    (freed,) = ann.shared.glob("*.freed")
    assert json.loads(freed.read_text())["reason"] == "done"


def test_somebody_elses_reservation_needs_force(machine, capsys) -> None:
    """It's his until its time is over; who frees it by force is named to him."""
    ann, bob = machine("ann"), machine("bob")
    ann("take", "srx", "--for", "1h", "--reason", "a")
    assert bob("free", "srx", "--reason", "mine now") == 69
    assert ann.newest(Use.RESERVATION) is not None
    assert bob("free", "srx", "--force", "--reason", "mine now") == 0
    assert ann.newest(Use.RESERVATION) is None


def test_taking_again_replaces_ones_own(machine, capsys) -> None:
    """A longer time is asked for by taking it once more."""
    ann = machine("ann")
    ann("take", "srx", "--for", "15m", "--reason", "a")
    assert ann("take", "srx", "--for", "2d", "--reason", "longer") == 0
    assert ann.newest(Use.RESERVATION).until > datetime.now(UTC) + timedelta(days=1)


def test_somebody_elses_needs_force_and_the_reason_stays(machine, capsys) -> None:
    """Held by a living run elsewhere: 69 and the way; with --force it's recorded who did it."""
    ann, bob = machine("ann"), machine("bob")
    ann.run_record()
    assert bob("free", "srx", "--reason", "it hangs") == 69
    err = capsys.readouterr().err
    assert "held by ann@there (pid 7, run feedf00d" in err
    assert "--force" in err
    assert ann.newest(Use.RUN) is not None
    assert bob("free", "srx", "--force", "--reason", "it hangs") == 0
    assert ann.newest(Use.RUN) is None
    (freed,) = ann.shared.glob("*.freed")
    facts = json.loads(freed.read_text())
    assert (facts["by"].partition("@")[0], facts["reason"]) == ("bob", "it hangs")


def test_expired_is_marked_and_may_be_freed(machine, capsys) -> None:
    """The list calls it dirty; whoever knows that it's clean may say so, with a reason."""
    ann, bob = machine("ann"), machine("bob")
    ann.run_record(timedelta(hours=3))
    assert bob("list") == 0
    assert "EXPIRED: dirty" in capsys.readouterr().out
    assert bob("free", "srx", "--reason", "looked at it") == 0
    assert "freed the run of ann@there" in capsys.readouterr().out
    assert ann.newest(Use.RUN) is None


def test_an_expired_reservation_is_not_taken_over(machine, capsys) -> None:
    """Not even by a reservation: free it first, knowing what you do."""
    ann, bob = machine("ann"), machine("bob")
    clock = ManualClock(datetime.now(UTC) - timedelta(hours=3))
    holder = Holder("ann@there", 7, "feedf00d", "then", "work")
    LeaseDirectory(ann.shared, clock, lambda _: clock.now()).take(
        KEY, Use.RESERVATION, holder, timedelta(hours=1)
    )
    assert bob("take", "srx", "--for", "1h", "--reason", "b") == 69
    assert "has expired" in capsys.readouterr().err


def test_an_open_journal_here_is_never_freed(machine, capsys) -> None:
    """Restoring comes first, whatever the time or the force says."""
    ann = machine("ann")
    ann.run_record(timedelta(hours=3))
    journal = ann.open_journal()
    assert ann("free", "srx", "--force", "--reason", "x") == 69
    assert "'harness restore srx'" in capsys.readouterr().err
    assert ann.newest(Use.RUN) is not None
    assert ann("list", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["expired"], row["journal_open"]) == (True, True)
    journal.close("by hand", 0)
    assert ann("free", "srx", "--reason", "x") == 0


def test_a_run_that_lives_here_is_never_freed(machine, capsys) -> None:
    """The kernel says that it lives: stop it instead."""
    ann = machine("ann")
    ann.run_record()
    holder = Holder("ann@here", 4711, "feedf00d", "now", "this run")
    with FileLease(ann.state / "leases", f"{KEY}.run", holder) as lease:
        lease.acquire(ManualClock())
        assert ann("free", "srx", "--force", "--reason", "x") == 69
        assert "(pid 4711, run feedf00d" in capsys.readouterr().err
        assert ann("list", "--json") == 0
        rows = json.loads(capsys.readouterr().out)
        assert [row["where"] for row in rows] == ["here", "shared"]
    assert ann("free", "srx", "--reason", "it died") == 0


def test_a_run_that_lives_here_and_says_no_name_is_never_freed(machine, capsys) -> None:
    """It took the lock and hasn't written its name yet, or its disk is full."""
    ann = machine("ann")
    ann.run_record()
    holder = Holder("ann@here", 4711, "feedf00d", "now", "this run")
    with FileLease(ann.state / "leases", f"{KEY}.run", holder) as lease:
        lease.acquire(ManualClock())
        (ann.state / "leases" / f"{KEY}.run.lock").write_text("")
        assert ann("free", "srx", "--force", "--reason", "x") == 69
        assert "held on this machine by another process; stop that" in capsys.readouterr().err
        assert ann("list") == 0
        assert "cannot be read" in capsys.readouterr().out
    assert ann.newest(Use.RUN) is not None


def test_an_open_journal_without_a_lease_is_listed(machine, capsys) -> None:
    """A device that nobody put back is nobody's, and still not free."""
    ann = machine("ann")
    ann.open_journal()
    assert ann("list") == 0
    assert "not put back" in capsys.readouterr().out


def test_a_run_elsewhere_keeps_a_person_off(machine, capsys) -> None:
    """A reservation isn't written over a living run of somebody else, and none is left behind."""
    ann, bob = machine("ann"), machine("bob")
    ann.run_record()
    assert bob("take", "srx", "--for", "1h", "--reason", "b") == 69
    assert "held by ann@there (pid 7" in capsys.readouterr().err
    assert bob.newest(Use.RESERVATION) is None


def test_a_dirty_device_may_be_reserved_to_clean_it(machine, capsys) -> None:
    """Who reserves it hears of the run that left it."""
    ann, bob = machine("ann"), machine("bob")
    ann.run_record(timedelta(hours=3))
    assert bob("take", "srx", "--for", "1h", "--reason", "clean up") == 0
    assert "beware, there's a run's lease too: ann@there" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("take", "srx", "--for", "2", "--reason", "x"), "isn't a time of 15m to 14d"),
        (("take", "srx", "--for", "", "--reason", "x"), "isn't a time"),
        (("take", "srx", "--for", "14m", "--reason", "x"), "isn't a time"),
        (("take", "srx", "--for", "15d", "--reason", "x"), "isn't a time"),
        (("take", "srx", "--for", "2h", "--reason", " "), "--reason: allowed"),
        (("take", "srx", "--for", "2h", "--reason", "a\nb"), "--reason: allowed"),
        (("take", "srx", "--for", "2h"), "Missing option '--reason'"),
        (("take", "nobody", "--for", "2h", "--reason", "x"), "no device named 'nobody'"),
        (("free", "srx", "--reason", "x"), "nobody holds it"),
    ],
)
def test_mistakes_are_one_line(machine, capsys, arguments, says) -> None:
    """Each is exit 64, says what is allowed, and writes nothing."""
    ann = machine("ann")
    assert ann(*arguments) == 64
    assert says in capsys.readouterr().err
    assert list(ann.shared.iterdir()) == []


def test_without_a_directory_there_is_nothing_to_take(machine, capsys) -> None:
    """On one machine runs exclude each other by themselves; the list still works."""
    ann = machine("ann")
    ann.write("")
    assert ann("take", "srx", "--for", "2h", "--reason", "x") == 64
    assert "testbed.leases" in capsys.readouterr().err
    assert ann("list") == 0
    assert "no lease is held" in capsys.readouterr().out


def test_the_environment_goes_before_the_testbed(machine, capsys, tmp_path, monkeypatch) -> None:
    """A machine may mount the directory elsewhere."""
    ann = machine("ann")
    other = tmp_path / "mounted here"
    other.mkdir()
    monkeypatch.setenv("HARNESS_LEASES", str(other))
    assert ann("take", "srx", "--for", "2h", "--reason", "x") == 0
    assert list(ann.shared.iterdir()) == []
    assert len(list(other.iterdir())) == 1


def test_a_directory_that_is_not_there_is_the_labs_fault(machine, capsys) -> None:
    """Exit 69, and it isn't made."""
    ann = machine("ann")
    ann.write(f"  leases: {ann.shared}/unmounted\n")
    assert ann("list") == 69
    assert "unmounted: can't keep leases there" in capsys.readouterr().err
    assert not (ann.shared / "unmounted").exists()


def test_the_list_shows_no_control_characters(machine, capsys) -> None:
    """Anybody may write into a shared directory: what a terminal acts upon isn't printed."""
    ann = machine("ann")
    facts = {"owner": "\x1b[2J", "pid": 1, "run_id": "x", "since": "x", "purpose": "x"}
    (ann.shared / f"{KEY}.run.000001.lease").write_text(json.dumps(facts))
    (ann.shared / "evil\x1b[2J.run.000001.lease").write_text(json.dumps(facts))
    assert ann("list") == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert out.count("cannot be read") == 2
