"""One holder among machines, a term that ends as "dirty", and nobody who frees unseen."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from harness.clock import ManualClock
from harness.errors import DeviceBusy, LabError
from harness.lease import Holder, LeaseDirectory, SharedLease, Use, Waiting
from harness.lease.records import GRACE
from harness.lease.shared_lease import TERM

EVE = Holder("eve@one", 1, "aaaa1111", "2026-01-01T00:00:00+00:00", "this run", home="one")
BOB = Holder("bob@two", 2, "bbbb2222", "2026-01-01T00:00:01+00:00", "this run", home="two")
MINUTE = timedelta(minutes=1)


class Site:
    """A shared directory and one clock for everybody, unless a machine's own is off."""

    def __init__(self, path):
        self.path = path
        self.clock = ManualClock()

    def directory(self, ahead=0.0):
        """Return the directory as a machine sees it whose clock is ``ahead`` by so many seconds."""
        clock = ManualClock(self.clock.now() + timedelta(seconds=ahead))
        return LeaseDirectory(self.path, clock if ahead else self.clock, self._server_time)

    def _server_time(self, _):
        return self.clock.now()

    def lease(self, holder, reservation="", ahead=0.0):
        return SharedLease(self.directory(ahead), "srx_830", "srx", holder, reservation)

    def take(self, holder, seconds=0.0, tell=None, reservation=""):
        lease = self.lease(holder, reservation)
        waiting = Waiting.at_most(seconds, self.clock, *([tell] if tell else []))
        lease.acquire(self.clock, waiting)
        return lease

    def reserve(self, holder, term=timedelta(hours=2)):
        return self.directory().take("srx_830", Use.RESERVATION, holder, term)


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def test_the_second_machine_is_refused_with_the_firsts_name(site):
    """The message says who, which run, since when, until when."""
    site.take(replace(EVE, url="https://ci.lab.example/job/7"))
    with pytest.raises(
        DeviceBusy,
        match=r"srx: held by eve@one \(pid 1, run aaaa1111, this run, https://ci.lab.example/job/7\)"
        r" since 2026-01-01T00:00:00\+00:00, until 2026-01-01T00:15:00\+00:00",
    ):
        site.take(BOB)


def test_what_was_given_back_is_free(site):
    """A clean end lets the next machine in at once."""
    site.take(EVE).release(clean=True)
    assert site.take(BOB).record.generation == 2


def test_waiting_shows_the_holder_now_and_then(site):
    """A line at once and one every half a minute; then the holder in the error."""
    site.take(EVE)
    told = []
    with pytest.raises(DeviceBusy, match="eve@one"):
        site.take(BOB, 70, told.append)
    assert [line.partition(": held by")[0] for line in told] == [
        "srx: waiting, at most 70 s more",
        "srx: waiting, at most 40 s more",
        "srx: waiting, at most 10 s more",
    ]
    assert all("eve@one (pid 1" in line for line in told)
    assert site.clock.monotonic() == pytest.approx(70)


def test_waiting_ends_when_the_holder_ends(site):
    """Who waits gets the device as soon as it's given back."""
    first = site.take(EVE)

    def told(_):
        first.release(clean=True)

    assert site.take(BOB, 60, told).record.holder == BOB
    assert site.clock.monotonic() < 30


def test_renewing_outlasts_the_term(site):
    """A living run keeps its device for hours."""
    lease = site.take(EVE)
    for _ in range(10):
        site.clock.advance(TERM.total_seconds() / 2)
        lease.renew()
    assert lease.lost() == ""
    with pytest.raises(DeviceBusy, match="held by eve@one"):
        site.take(BOB)


def test_expired_is_dirty_not_free(site):
    """Nobody waits for an expired record: it names the commands that put the device back."""
    site.take(EVE)
    site.clock.advance((TERM + GRACE).total_seconds() + 1)
    with pytest.raises(
        DeviceBusy, match=r"has expired: the device may hold.*harness restore srx.*lease free srx"
    ):
        site.take(BOB, 600)
    assert site.clock.monotonic() == (TERM + GRACE).total_seconds() + 1


def test_a_run_that_could_not_clean_up_leaves_its_record(site):
    """Unclean, the device stays held, and then expired, until a person looks."""
    site.take(EVE).release(clean=False)
    with pytest.raises(DeviceBusy, match="held by eve@one"):
        site.take(BOB)


@pytest.mark.parametrize(("ahead", "held"), [(110.0, True), (130.0, False)])
def test_skewed_clocks_do_not_expire_a_living_lease(site, ahead, held):
    """Two clocks a minute off each, in both directions, agree that a term isn't over."""
    site.take(EVE)
    site.clock.advance(TERM.total_seconds())  # it ends this second
    lease = site.lease(BOB, ahead=ahead)
    clock = site.clock
    with pytest.raises(DeviceBusy, match="held by" if held else "has expired"):
        lease.acquire(clock, Waiting.at_most(0, clock))


@pytest.mark.parametrize("ahead", [61.0, -61.0])
def test_a_clock_that_is_off_keeps_no_leases(site, ahead):
    """A machine more than a minute off the file server's time writes nothing."""
    lease = site.lease(EVE, ahead=ahead)
    with pytest.raises(LabError, match=rf"clock is \{ahead:+.0f} s off.*NTP"):
        lease.acquire(site.clock, Waiting.at_most(0, site.clock))
    assert list(site.path.iterdir()) == []


def test_a_dead_run_of_this_machine_is_taken_over(site):
    """Who has the kernel's lock and the journals needn't wait for a term to end."""
    site.take(EVE)
    again = site.take(replace(EVE, run_id="cccc3333", pid=9))
    assert again.record.generation == 2
    assert site.directory().newest("srx_830", Use.RUN).holder.run_id == "cccc3333"


def test_the_same_name_elsewhere_is_not_this_machine(site):
    """user@host may recur in containers; the state directory with the journals can't."""
    site.take(EVE)
    with pytest.raises(DeviceBusy, match="held by eve@one"):
        site.take(replace(EVE, run_id="cccc3333", home="another"))


def test_a_freed_lease_is_lost_and_stays_so(site):
    """Renewing doesn't take a device back that was given to somebody else."""
    lease = site.take(EVE)
    site.directory().free(lease.record, "ann@desk", "took it home")
    site.take(BOB)
    lease.renew()
    assert "ann@desk freed our lease at 2026-01-01T00:00:00+00:00: took it home" in lease.lost()
    assert site.directory().newest("srx_830", Use.RUN).holder == BOB


def test_a_holder_that_slept_can_not_disturb_the_next(site):
    """What it writes goes to its own generation; the device stays with who has it now."""
    lease = site.take(EVE)
    site.clock.advance(3600)
    site.directory().free(lease.record, "ann@desk", "looked at it")
    second = site.take(BOB)
    lease.renew()
    lease.release(clean=True)
    assert second.lost() == ""
    assert site.directory().newest("srx_830", Use.RUN).holder == BOB


def test_a_lease_that_was_not_renewed_is_lost_until_it_is(site):
    """A run whose term ran out says so; nobody took the device, so renewing mends it."""
    lease = site.take(EVE)
    site.clock.advance(TERM.total_seconds() + 1)
    assert "our lease ran out" in lease.lost()
    lease.renew()
    assert lease.lost() == ""


def test_a_reservation_keeps_others_off_and_lets_its_owner_pass(site):
    """Own runs go on, by user@host or by the reservation's id; they still exclude each other."""
    site.reserve(EVE)
    with pytest.raises(DeviceBusy, match="held by eve@one"):
        site.take(BOB)
    own = site.take(replace(EVE, run_id="dddd4444"))
    own.release(clean=True)
    site.take(BOB, reservation=EVE.run_id)
    with pytest.raises(DeviceBusy, match="held by bob@two"):
        site.take(replace(EVE, run_id="eeee5555"))


def test_an_expired_reservation_is_not_free_either(site):
    """Nobody knows what its owner left on the device."""
    site.reserve(EVE)
    site.clock.advance(7200 + GRACE.total_seconds() + 1)
    with pytest.raises(DeviceBusy, match=r"has expired.*ask its owner"):
        site.take(BOB)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"owner": 3}', '{"owner": "\\u001b[31m"}', "[" * 5000, "\x00" * 9000],
)
def test_a_record_that_nobody_wrote_holds_the_device(site, text):
    """What can't be read is held, not free; nothing of it is shown."""
    (site.path / "srx_830.run.000004.lease").write_text(text)
    with pytest.raises(DeviceBusy, match="a record that cannot be read, until nobody knows when"):
        site.take(BOB)


def test_text_that_a_terminal_acts_upon_is_not_shown(site):
    """Anybody may write to a shared directory."""
    site.take(EVE)
    (path,) = site.path.glob("*.lease")
    facts = json.loads(path.read_text())
    path.write_text(json.dumps({**facts, "purpose": "\x1b[2J gone"}))
    with pytest.raises(DeviceBusy, match="a record that cannot be read"):
        site.take(BOB)


def test_other_files_do_not_matter(site):
    """What lies there besides isn't read, and isn't touched."""
    for name in ("README", "srx_830.run.x.lease", ".hidden.run.000001.lease", "a.b.c.d"):
        (site.path / name).write_text("mine")
    site.take(BOB)
    assert (site.path / "README").read_text() == "mine"


def test_old_generations_are_forgotten_but_not_who_freed_what_of_whom(site):
    """The directory doesn't grow with every run; a forced end stays, with its reason."""
    victim = site.take(EVE)
    site.directory().free(victim.record, "ann@desk", "it hung")
    for _ in range(30):
        site.take(BOB).release(clean=True)
    assert len(list(site.path.iterdir())) < 30
    assert json.loads((site.path / "srx_830.run.000001.freed").read_text())["reason"] == "it hung"


def test_records_are_readable_for_everybody_and_hold_no_secret(site):
    """Whatever the umask, other users see the holder; temporary files don't stay."""
    lease = site.take(EVE)
    lease.renew()
    assert {path.suffix for path in site.path.iterdir()} == {".lease", ".until"}
    assert {path.stat().st_mode & 0o777 for path in site.path.iterdir()} == {0o644}


def test_a_missing_directory_is_not_made(site):
    """An unmounted share must not become a private directory that excludes nobody."""
    site.path = site.path / "not-mounted"
    with pytest.raises(LabError, match="not-mounted: can't keep leases there: No such file"):
        site.take(EVE)


def test_the_real_file_system_gives_the_time(tmp_path):
    """Without a stand-in the file's own time is asked."""
    clock = ManualClock(datetime.now(UTC))
    lease = SharedLease(LeaseDirectory(tmp_path, clock), "srx", "srx", EVE)
    lease.acquire(clock, Waiting.at_most(0, clock))
    assert lease.lost() == ""


RACE = """
import sys
from pathlib import Path
from harness.errors import DeviceBusy
from harness.lease import Holder, LeaseDirectory, SharedLease, Waiting
from harness.system_clock import SystemClock
number, directory, rounds = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
clock = SystemClock()
holder = Holder(f"racer{number}@lab", number, f"run{number}", "then", "race", home=f"h{number}")
print("ready", flush=True)
for line in sys.stdin:
    lease = SharedLease(LeaseDirectory(directory, clock), f"d{line.strip()}", "d", holder)
    try:
        lease.acquire(clock, Waiting.at_most(0, clock))
    except DeviceBusy:
        print("lost", flush=True)
    else:
        print("won", flush=True)
"""


def test_of_many_processes_exactly_one_wins(tmp_path):
    """Four processes are let loose on one record, thirty times over; never two, never none."""
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(number), str(tmp_path), "30"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    try:
        assert [racer.stdout.readline() for racer in racers] == ["ready\n"] * 4
        for round_ in range(30):
            for racer in racers:
                racer.stdin.write(f"{round_}\n")
                racer.stdin.flush()
            said = sorted(racer.stdout.readline() for racer in racers)
            assert said == ["lost\n"] * 3 + ["won\n"], round_
    finally:
        for racer in racers:
            racer.stdin.close()
            racer.wait(30)
            racer.stdout.close()
