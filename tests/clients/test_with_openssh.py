"""The programs of OpenSSH: a command, a NETCONF subsystem, scp and sftp."""

import os
import shutil
import subprocess

import pytest

PROGRAMS = ("ssh", "scp", "sftp")
pytestmark = pytest.mark.skipif(
    not all(shutil.which(name) for name in PROGRAMS), reason="OpenSSH's clients aren't installed"
)
HELLO = (
    '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities><capability>'
    "urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>\n]]>]]>\n"
)
RPC = '<rpc message-id="1">{}</rpc>\n]]>]]>\n'


@pytest.fixture
def ssh(vsrx, tmp_path):
    """Return what runs one of the programs, with the announced host key as the only known one."""
    (tmp_path / "known_hosts").write_text(f"[{vsrx.host}]:{vsrx.port} {vsrx.host_key}\n")
    ask = tmp_path / "ask"
    ask.write_text(f"#!/bin/sh\necho {vsrx.password}\n")
    ask.chmod(0o700)
    environment = os.environ | {"SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force"}
    (tmp_path / "config").write_text(
        f"Host device\n  HostName {vsrx.host}\n  Port {vsrx.port}\n  User {vsrx.username}\n"
        f"  UserKnownHostsFile {tmp_path}/known_hosts\n  StrictHostKeyChecking yes\n"
        "  PubkeyAuthentication no\n  NumberOfPasswordPrompts 1\n"
    )

    def run(program, *arguments, given=""):
        return subprocess.run(
            [shutil.which(program), "-F", tmp_path / "config", *arguments],
            cwd=tmp_path,
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_a_command(ssh, vsrx):
    """`ssh device COMMAND` prints what the command prints, without prompt and greeting."""
    done = ssh("ssh", "device", "show version")
    assert done.returncode == 0
    assert f"Hostname: {vsrx.name}" in done.stdout
    assert ">" not in done.stdout
    assert "syntax error" in ssh("ssh", "device", "show frobnication").stdout


def test_a_command_with_pipes(ssh, vsrx):
    """Pipes belong to the device."""
    done = ssh("ssh", "device", "show configuration | display set | match host-name")
    assert done.stdout.strip() == f"set system host-name {vsrx.name}"


def test_a_session_at_the_prompt(ssh, vsrx):
    """Lines on standard input are a session: configure, commit, leave."""
    lines = "configure\nset system login message hello\ncommit and-quit\nexit\n"
    done = ssh("ssh", "-T", "device", given=lines)
    assert "commit complete" in done.stdout
    done = ssh("ssh", "device", "show configuration system login | display set")
    assert "set system login message hello" in done.stdout


def test_the_netconf_subsystem(ssh, vsrx):
    """`ssh -s device netconf` is a NETCONF session."""
    given = HELLO + RPC.format("<get-system-information/>") + RPC.format("<close-session/>")
    done = ssh("ssh", "-s", "device", "netconf", given=given)
    assert done.returncode == 0
    assert done.stdout.count("]]>]]>") == 3
    assert f"<host-name>{vsrx.name}</host-name>" in done.stdout


def test_junoscript_by_command(ssh, vsrx):
    """`xml-mode netconf need-trailer` is the same, for clients without subsystems."""
    given = HELLO + RPC.format("<get-system-information/>") + RPC.format("<close-session/>")
    done = ssh("ssh", "device", "xml-mode", "netconf", "need-trailer", given=given)
    assert f"<host-name>{vsrx.name}</host-name>" in done.stdout


@pytest.mark.parametrize("protocol", ["-O", "-s"], ids=["scp", "sftp"])
def test_copies(ssh, tmp_path, protocol):
    """Scp copies there and back by either protocol, and says what isn't there."""
    (tmp_path / "sent").write_bytes(bytes(range(256)) * 500)
    done = ssh("scp", protocol, "sent", "device:/var/tmp/sent")
    assert (done.returncode, done.stderr) == (0, "")
    assert ssh("scp", protocol, "device:/var/tmp/sent", "back").returncode == 0
    assert (tmp_path / "back").read_bytes() == (tmp_path / "sent").read_bytes()
    done = ssh("scp", protocol, "device:/var/tmp/nothing-here", "x")
    assert done.returncode == 1
    assert "No such file or directory" in done.stderr
    listed = ssh("ssh", "device", "file list /var/tmp/")
    assert "sent" in listed.stdout


def test_an_sftp_session(ssh, tmp_path):
    """Sftp puts, lists, renames, gets and removes."""
    (tmp_path / "a").write_text("one\n")
    batch = tmp_path / "batch"
    batch.write_text(
        "cd /var/tmp\nput a\nmkdir room\nrename a room/b\nls room\nget room/b b\nrm room/b\n"
        "rmdir room\nls\n"
    )
    done = ssh("sftp", "-o", "BatchMode=no", "-b", str(batch), "device")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "b").read_text() == "one\n"
    assert "room/b" in done.stdout
