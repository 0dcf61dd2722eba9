"""`harness sim run`: what it prints, and how it ends."""

from __future__ import annotations

import json

import pytest

from harness.cli import sim_run as command
from harness.cli.main import main

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

    def serve(path, *, on_ready, **given):
        def ready(devices):
            on_ready(devices)
            raise KeyboardInterrupt

        original(path, on_ready=ready, **given)

    original = command.serve_simulated
    monkeypatch.setattr(command, "serve_simulated", serve)
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


def test_no_testbed(capsys):
    """The testbed has to be named."""
    assert main(["sim", "run"]) == 64
    assert "--testbed" in capsys.readouterr().err


def test_testbed_that_is_not_there(tmp_path, capsys):
    """A file that can't be read is one line and exit code 64."""
    assert main(["sim", "run", "--testbed", str(tmp_path / "none.yaml")]) == 64
    assert len(capsys.readouterr().err.splitlines()) == 1
