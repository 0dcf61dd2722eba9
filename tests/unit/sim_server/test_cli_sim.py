"""`harness sim run`: what it prints, and how it ends."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.cli import sim_run as command
from harness.cli.main import main
from harness.errors import LabError
from harness.lab.serving import Wanted, _shard
from harness.sim.server import SimulatorServer
from harness.sim.spec import DeviceSpec

TESTBED = """\
testbed: {name: lab, credentials: {default: {username: lab, password: open}}}
devices:
  first:
    platform: vmx
    simulated: true
    underlay: {external_interface: ge-0/0/0.0, local_address: 192.0.2.1,
               peers: 198.18.0.0/15, inner: 100.64.0.0/10}
  second:
    platform: srx4100
    simulated: true
    underlay: {external_interface: xe-0/0/0.0, external_zone: untrust, local_address: 192.0.2.1,
               peers: 198.18.0.0/15, inner: 100.64.0.0/10}
    credentials:
      default: {username: me, password: {env: SECRET_OF_THE_LAB}}
"""


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """Return a testbed whose devices are served until Ctrl-C, which comes at once."""

    def serve(wanted, *, on_ready, **given):
        def ready(devices):
            on_ready(devices)
            raise KeyboardInterrupt

        original(wanted, on_ready=ready, **given)

    original = command.serve
    monkeypatch.setattr(command, "serve", serve)
    monkeypatch.setenv("HARNESS_STATE", str(tmp_path / "state"))
    path = tmp_path / "lab.yaml"
    path.write_text(TESTBED)
    return path


def test_table(lab, capsys):
    """A line for each device says where it listens, as whom, and whence the password."""
    assert main(["sim", "run", "--testbed", str(lab)]) == 0
    captured = capsys.readouterr()
    header, first, second = captured.out.splitlines()
    assert header.split() == ["device", "platform", "host", "port", "user", "password"]
    name, platform, host, port, user, password = first.split()
    assert (name, platform, host, user, password) == ("first", "vmx", "127.0.0.1", "lab", "open")
    assert int(port) > 0
    assert second.endswith("the simulator's default")
    assert "stopped" in captured.err


def test_json(lab, capsys):
    """The same as JSON, alone on the standard output."""
    assert main(["sim", "run", "--testbed", str(lab), "--json"]) == 0
    devices = json.loads(capsys.readouterr().out)
    assert [(each["name"], each["username"]) for each in devices] == [
        ("first", "lab"),
        ("second", "me"),
    ]
    assert devices[1]["password"] == "the simulator's default"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "--testbed FILE or --platform NAME"),
        (["--testbed", "x.yaml", "--platform", "vmx"], "--testbed FILE or --platform NAME"),
        (["--testbed", "x.yaml", "--count", "2"], "--count goes with --platform"),
        (["--platform", "nfx25"], "known: srx4100"),
        (["--platform", "vmx", "--host", "192.0.2.1"], "loopback"),
        (["--platform", "vmx", "--count", "3", "--port-base", "65534"], "65536"),
        (["--platform", "vmx", "--shards", "0"], "--shards"),
    ],
)
def test_wrong_usage(lab, capsys, given, said):
    """What can't be served is one line with the remedy and exit code 64."""
    assert main(["sim", "run", *given]) == 64
    assert said in capsys.readouterr().err


def test_a_platform_without_a_testbed(lab, capsys):
    """One line starts a stand-in; its user and password are lab."""
    assert main(["sim", "run", "--platform", "srx4100"]) == 0
    _, row = capsys.readouterr().out.splitlines()
    assert row.split()[:3] == ["srx4100", "srx4100", "127.0.0.1"]
    assert row.split()[4:] == ["lab", "lab"]


def test_ports_follow_each_other(lab, capsys):
    """With a base each device has the port that its place gives it."""
    with socket.create_server(("127.0.0.9", 0)) as probe:
        base = min(probe.getsockname()[1], 65000)
    given = ["--count", "2", "--host", "127.0.0.9", "--port-base", str(base), "--json"]
    assert main(["sim", "run", "--platform", "vmx", *given]) == 0
    devices = json.loads(capsys.readouterr().out)
    assert [(d["name"], d["host"], d["port"]) for d in devices] == [
        ("vmx-1", "127.0.0.9", base),
        ("vmx-2", "127.0.0.9", base + 1),
    ]


# Tests that a script starts in the background ignore Ctrl-C, and so would their children.
PROGRAM = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from harness.cli.main import main
raise SystemExit(main())
"""


def environment(state):
    """Return the environment without coverage, whose tracer may wait for ever after a signal."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COVERAGE_", "COV_"))}
    return kept | {"HARNESS_STATE": str(state)}


@pytest.fixture
def sharded(tmp_path):
    """Return a running command that shares four devices over two processes, and its devices."""
    command = ["sim", "run", "--platform", "vmx", "--count", "4", "--shards", "2", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(tmp_path),
    )
    text = ""
    while not text.endswith("\n]\n"):
        line = process.stdout.readline()
        assert line, process.stderr.read()
        text += line
    yield process, json.loads(text)
    process.kill()
    process.communicate()


def greeting(device) -> bytes:
    with socket.create_connection((device["host"], device["port"]), timeout=20) as connection:
        return connection.recv(8)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_shards_end_together(sharded, end):
    """All devices of all shards are served, in order, until the one signal that ends them."""
    process, devices = sharded
    assert [device["name"] for device in devices] == ["vmx-1", "vmx-2", "vmx-3", "vmx-4"]
    assert [greeting(device) for device in devices] == [b"SSH-2.0-"] * 4
    process.send_signal(end)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "stopped\n")
    for device in devices:
        with pytest.raises(ConnectionRefusedError):
            greeting(device)


def test_a_dead_shard_is_reported(sharded):
    """When a shard dies the command says which in one line, and ends the others."""
    process, devices = sharded
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        pytest.skip("this kernel doesn't list a process's children")
    served = shards_of(children)
    os.kill(served[-1], signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 69
    assert len(errors.splitlines()) == 1
    assert f"shard 2 of 2 (pid {served[-1]}) ended with -9" in errors
    with pytest.raises(ConnectionRefusedError):
        greeting(devices[0])


def shards_of(children: Path) -> list[int]:
    return [pid for pid in map(int, children.read_text().split()) if is_shard(pid)]


def is_shard(pid: int) -> bool:
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False  # it ended meanwhile


def test_no_place_for_the_control_socket(tmp_path):
    """A state directory that can't be is one error, and a server that failed may be stopped."""
    (tmp_path / "file").touch()
    server = SimulatorServer([DeviceSpec("a", "vmx")], control=tmp_path / "file/in/a.sock")
    with pytest.raises(LabError, match="no control socket: Not a directory"):
        server.start()
    for thread in threading.enumerate():
        if thread.name == "simulated-devices":
            thread.join()  # the later the stop, the more of the server is gone
    server.stop()


@pytest.fixture
def deaf_parent():
    """Return a shard's end of a pipe whose other end is closed; the signals are put back after."""
    before = signal.getsignal(signal.SIGINT)
    ours, theirs = multiprocessing.Pipe()
    ours.close()
    yield theirs
    theirs.close()
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("platform", ["vmx", "none"])
def test_a_shard_outlives_its_parent_quietly(deaf_parent, tmp_path, monkeypatch, platform):
    """A shard whose parent is gone, because another one failed, says nothing and ends."""
    monkeypatch.setenv("HARNESS_STATE", str(tmp_path))
    _shard(deaf_parent, Wanted(platform=platform), 0, 1)


def test_ctrl_c_while_shards_start(tmp_path):
    """A Ctrl-C at a terminal reaches all processes; the command alone says that it's over."""
    command = ["sim", "run", "--platform", "vmx", "--count", "4", "--shards", "2"]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(tmp_path),
        start_new_session=True,
    ) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        if not children.exists():
            pytest.skip("this kernel doesn't list a process's children")
        try:
            while process.poll() is None and not shards_of(children):
                pass
            os.killpg(process.pid, signal.SIGINT)
            printed, errors = process.communicate(timeout=60)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    assert (process.returncode, printed, errors) == (0, "", "stopped\n")


def test_testbed_that_is_not_there(tmp_path, capsys):
    """A file that can't be read is one line and exit code 64."""
    assert main(["sim", "run", "--testbed", str(tmp_path / "none.yaml")]) == 64
    assert len(capsys.readouterr().err.splitlines()) == 1
