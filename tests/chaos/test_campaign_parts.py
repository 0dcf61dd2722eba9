"""What the campaign is made of does what its scenarios take for granted."""

from __future__ import annotations

import errno
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from campaign.full_disk import FLAG, STATE
from campaign.judge import State, judge
from campaign.network import Cut, Line
from campaign.scenario import scenario
from campaign.shared_clock import SharedClock
from campaign.world import DUT, World

from harness.clock import ManualClock

HERE = Path(__file__).parent
SECONDS = 20.0  # a hang ends here


@pytest.fixture
def echo():
    """Give a port whose next client hears what it says, and the server's end of it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)
        yield listener


@pytest.fixture
def line(echo):
    """Give a line to that port, and the clock it's cut by."""
    clock = ManualClock()
    made = Line(echo.getsockname()[1], clock)
    made.clock = clock
    yield made
    made.close()


def _connected(line: Line, echo: socket.socket) -> tuple[socket.socket, socket.socket]:
    near = socket.create_connection(("127.0.0.1", line.port), timeout=SECONDS)
    far, _ = echo.accept()
    far.settimeout(SECONDS)
    near.sendall(b"hello")
    assert far.recv(5) == b"hello"
    far.sendall(b"there")
    assert near.recv(5) == b"there"
    return near, far


def test_a_line_that_is_reset_ends_at_both_ends(line, echo):
    """At once; new connections are refused until its time is over."""
    near, far = _connected(line, echo)
    with near, far:
        line.cut(Cut.RESET, 60.0)
        for end in (near, far):
            try:
                assert end.recv(1) == b""
            except ConnectionResetError:
                continue
    refused = socket.create_connection(("127.0.0.1", line.port), timeout=SECONDS)
    with refused:
        try:
            assert refused.recv(1) == b""
        except ConnectionResetError:
            assert line.down
    line.clock.advance(60.0)
    assert not line.down
    for end in _connected(line, echo):
        end.close()


def test_a_line_can_fall_silent(line, echo):
    """The device hears nothing, not even the client's end, until its keep-alive gives it up."""
    near, far = _connected(line, echo)
    with far:
        line.cut(Cut.SILENT, 60.0)
        near.sendall(b"lost")
        near.close()
        far.settimeout(0.2)
        with pytest.raises(TimeoutError):
            far.recv(1)
        line.mend()
        line.keep_alive()
        with pytest.raises(TimeoutError):
            far.recv(1)
        line.clock.advance(8000.0)
        line.keep_alive()
        far.settimeout(SECONDS)
        try:
            assert far.recv(1) == b""
        except ConnectionResetError:
            assert True


def test_a_sleep_of_one_process_passes_for_all(tmp_path):
    """The clock is in the file; a wrong wall clock of ours doesn't touch the devices'."""
    clock = SharedClock(tmp_path / "clock")
    begun = clock.now()
    code = (
        "import sys; from pathlib import Path; from campaign.shared_clock import SharedClock; "
        "clock = SharedClock(Path(sys.argv[1])); clock.sleep(90.0); clock.set_us_wrong(-30.0)"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "clock"], cwd=HERE, check=True)
    assert 90.0 <= (clock.now() - begun).total_seconds() < 90.0 + SECONDS
    assert clock.our_error == -30.0
    clock.close()


def test_a_full_disk_tears_a_line(tmp_path):
    """Half of it is written, nothing new can be made, and elsewhere there is room."""
    state = tmp_path / "state"
    state.mkdir()
    code = f"""
import os, sys
from pathlib import Path
from campaign import full_disk
folder, state = Path(sys.argv[1]), Path(sys.argv[2])
full_disk.install(folder)
journal = os.open(state / "journal", os.O_WRONLY | os.O_CREAT, 0o600)
os.write(journal, b"whole\\n")
(folder / "{FLAG}").touch()
for act in (lambda: os.write(journal, b"half\\n..."), lambda: (state / "new").open("w").close(),
            lambda: os.open(state / "new", os.O_WRONLY | os.O_CREAT)):
    try:
        act()
    except OSError as exc:
        print(exc.errno)
os.close(os.open(folder / "elsewhere", os.O_WRONLY | os.O_CREAT))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path, state],
        cwd=HERE,
        env={STATE: str(state)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(errno.ENOSPC)] * 3
    assert (state / "journal").read_bytes() == b"whole\nhalf"
    assert (tmp_path / "elsewhere").exists()


class _Nobody:
    """A director of a run in which nothing happened."""

    hands = ()
    edit_lost = ""


def test_a_device_is_judged_by_what_it_runs(tmp_path):
    """Clean as it starts; one statement more, an edit or a lock, and it's dirty."""
    one = scenario(4)
    world = World(one, tmp_path / "seed")
    try:
        assert [each.state for each in judge(world, one, _Nobody(), (0,))] == [State.CLEAN]
        session = world.dut.store.session("lab", "netconf", 1)
        session.lock()
        assert judge(world, one, _Nobody(), (0,))[0].wrong == "lab holds the lock"
        session.load('set system login message "x"\n', "set", "set")
        assert judge(world, one, _Nobody(), (0,))[0].wrong == "the candidate holds changes"
        session.commit(confirm_minutes=5)
        found = judge(world, one, _Nobody(), (0,))[0]
        assert (found.device, found.state) == (DUT, State.DIRTY)
        assert "+set system login message x" in found.wrong.replace('"', "")
    finally:
        world.close()
