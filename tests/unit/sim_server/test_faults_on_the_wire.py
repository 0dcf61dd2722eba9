"""Faults of connections, asked for while devices are served over SSH."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from harness.cli.main import main
from harness.clock import ManualClock
from harness.drivers.protocol import Endpoint, Secret
from harness.drivers.raw_wire import RawNetconf, run_command
from harness.errors import LabError, LoginRefused, Unreachable
from harness.lab.sim_control import SOCKETS, control_socket, switch
from harness.sim.faults.kinds import KINDS
from harness.sim.server import SimulatorServer
from harness.sim.spec import DeviceSpec, FaultSpec
from harness.system_clock import SystemClock

_ASK = '<rpc message-id="1"><get-system-information/></rpc>'


class Served:
    """One device that listens, its clock, and the socket that takes requests."""

    def __init__(self, server: SimulatorServer, state: Path, clock: ManualClock) -> None:
        self.server = server
        self.state = state
        self.clock = clock
        self.address = server.start()["srx-a"]

    def endpoint(self, timeout: float = 20.0) -> Endpoint:
        """Where it is and how it's trusted."""
        return Endpoint(
            device="srx-a",
            host=self.address.host,
            port=self.address.port,
            username=self.address.username,
            password=Secret(self.address.password),
            trusted_host_key=self.address.host_key,
            timeout=timeout,
        )

    def netconf(self, timeout: float = 20.0) -> RawNetconf:
        """Open a session."""
        return RawNetconf(self.endpoint(timeout), SystemClock())

    def on(self, name: str, **options: float | str) -> None:
        """Switch a fault on through the socket."""
        switch(self.state, "srx-a", {"arm": {"name": name, "options": options}})

    def off(self, name: str) -> None:
        """Switch it off."""
        switch(self.state, "srx-a", {"disarm": name})


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Serve a device that ``harness sim fault`` finds."""
    monkeypatch.setenv("HARNESS_STATE", str(tmp_path))
    clock = ManualClock()
    socket = control_socket(tmp_path, 4711)
    server = SimulatorServer([DeviceSpec("srx-a", "srx4100")], clock, control=socket)
    try:
        yield Served(server, tmp_path, clock)
    finally:
        server.stop()


def test_replies_in_pieces_are_the_same_replies(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every byte arrives, in its order, and none of the pieces is larger than told."""
    sizes: list[int] = []
    honest = asyncssh.SSHServerChannel.write

    def write(channel: asyncssh.SSHServerChannel[bytes], data: bytes) -> None:
        sizes.append(len(data))
        honest(channel, data)

    monkeypatch.setattr(asyncssh.SSHServerChannel, "write", write)
    whole = served.netconf()
    expected = whole.ask(_ASK)
    whole.close()
    assert max(sizes) >= len(expected)
    served.on("split-replies", bytes=3)
    sizes.clear()  # what was sent before
    cut = served.netconf()
    assert cut.ask(_ASK) == expected
    cut.close()
    assert max(sizes) == 3


def test_nobody_is_let_in(served: Served) -> None:
    """The right password is refused until the fault is over."""
    served.on("refuse-login")
    with pytest.raises(LoginRefused, match="refuses these credentials"):
        served.netconf()
    served.off("refuse-login")
    served.netconf().close()


def test_another_host_key_is_shown(served: Served) -> None:
    """A client that knows the device's key doesn't log in."""
    served.on("other-host-key")
    with pytest.raises(LoginRefused, match="another host key"):
        served.netconf()
    served.off("other-host-key")
    served.netconf().close()


def test_a_late_banner_is_waited_for_in_vain(served: Served) -> None:
    """A client with less patience than the banner is late gives up."""
    served.on("slow-banner", seconds=3600.0)
    with pytest.raises(Unreachable):
        served.netconf(timeout=0.2)
    served.off("slow-banner")
    served.netconf().close()


def test_a_rebooting_device_is_away(served: Served) -> None:
    """Its sessions end, nobody gets in, and then it's there again."""
    open_one = served.netconf()
    served.on("reboot", seconds=120.0)
    with pytest.raises(Unreachable):
        open_one.ask(_ASK)
    with pytest.raises(Unreachable):
        served.netconf(timeout=5.0)
    served.clock.advance(120.0)
    again = served.netconf()
    assert "<system-information>" in again.ask(_ASK)
    again.close()


def test_a_scheduled_fault_comes_and_goes(served: Served) -> None:
    """Between its beginning and its end the device has it, before and after it hasn't."""
    timed = {"name": "ill-formed-reply", "after": 10, "lasting": 20}
    assert switch(served.state, "srx-a", {"arm": timed}) == ()
    wire = served.netconf()
    seen = []
    for seconds in (0, 15, 20):
        served.clock.advance(seconds)
        seen.append("</hardware-model>" in wire.ask(_ASK))
    wire.close()
    assert seen == [True, False, True]


def test_the_command_line_switches_faults(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    """What ``harness sim fault`` switches on is on, and what it prints is what is on."""
    assert main(["sim", "fault", "srx-a", "lock-held", "user=carol", "pid=77"]) == 0
    assert "user=carol pid=77" in capsys.readouterr().out
    said = run_command(served.endpoint(), "configure exclusive", SystemClock())
    assert "carol" in said
    assert main(["sim", "fault", "srx-a", "--off", "lock-held"]) == 0
    assert capsys.readouterr().out == "no fault is on\n"


def test_every_fault_can_be_switched_from_outside(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is on with its defaults filled in, and off again; a reboot happens once."""
    for name, kind in KINDS.items():
        assert main(["sim", "fault", "srx-a", name, "--json"]) == 0, name
        armed = [{"name": name, "options": dict(kind.options)}]
        assert json.loads(capsys.readouterr().out) == ([] if name == "reboot" else armed)
        assert main(["sim", "fault", "srx-a", "--off", name]) == 0, name
        assert capsys.readouterr().out == "no fault is on\n", name


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["srx-a", "lock-hold"], 64, "did you mean 'lock-held'?"),
        (["srx-a", "slow", "seconds=fast"], 64, "seconds=fast: allowed is a number"),
        (["srx-a", "slow", "5"], 64, "'5' isn't OPTION=VALUE"),
        (["srx-b", "slow"], 69, "no running simulator of yours serves 'srx-b'"),
        ([], 64, "give a DEVICE, or --known"),
        (["srx-a", "slow", "--off", "slow"], 64, "goes alone"),
    ],
)
def test_a_mistake_is_one_line(
    served: Served, arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What's wrong and what is allowed, with the exit code of whose fault it is."""
    assert main(["sim", "fault", *arguments]) == code
    assert words in capsys.readouterr().err


def test_every_fault_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """``--known`` needs no device."""
    assert main(["sim", "fault", "--known"]) == 0
    said = capsys.readouterr().out
    assert "die-during-commit" in said
    assert "reboot" in said


def test_the_socket_is_its_owners_alone(served: Served) -> None:
    """Nobody else on the machine switches faults, and it's gone with the server."""
    path = control_socket(served.state, 4711)
    assert path.stat().st_mode & 0o777 == 0o600
    served.server.stop()
    assert not path.exists()


def test_a_long_state_directory_has_short_sockets(tmp_path: Path) -> None:
    """A socket's name is short enough, and two state directories don't share one."""
    one, other = (tmp_path / ("x" * 200) / name for name in ("a", "b"))
    assert len(str(control_socket(one, 4194304))) < 108
    assert control_socket(one, 1) != control_socket(other, 1)


def test_a_socket_of_a_dead_process_is_swept(tmp_path: Path) -> None:
    """A simulator that was killed leaves a socket; it isn't asked twice."""
    with SimulatorServer(
        [DeviceSpec("x", "vmx", faults=(FaultSpec("slow"),))], control=control_socket(tmp_path, 1)
    ):
        dead = tmp_path / SOCKETS / "2.sock"
        (tmp_path / SOCKETS / "1.sock").rename(dead)
    with pytest.raises(LabError, match="no running simulator"):
        switch(tmp_path, "x", {})
    assert not dead.exists()
