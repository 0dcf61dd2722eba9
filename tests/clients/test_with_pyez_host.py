"""PyEZ's StartShell, SCP and FS, and the installer's refusal, against the simulated device."""

import hashlib

import pytest
from jnpr.junos import Device
from jnpr.junos.exception import RpcError
from jnpr.junos.utils.fs import FS
from jnpr.junos.utils.scp import SCP
from jnpr.junos.utils.start_shell import StartShell
from jnpr.junos.utils.sw import SW
from scp import SCPException

CONTENT = b"set system login message hello\n" * 40


@pytest.fixture
def device(vsrx):
    """Return an open Device of an untouched vSRX."""
    with Device(
        host=vsrx.host,
        port=vsrx.port,
        user=vsrx.username,
        passwd=vsrx.password,
        look_for_keys=False,
        allow_agent=False,
    ) as one:
        yield one


@pytest.fixture
def local(tmp_path):
    """Return the path of a file to send."""
    path = tmp_path / "change.set"
    path.write_bytes(CONTENT)
    return path


@pytest.mark.parametrize("shell", ["sh", "csh"])
def test_a_shell_runs_commands(device, shell):
    """run() returns the output, and whether the command's exit code was 0."""
    with StartShell(device, shell_type=shell) as sh:
        fine, output = sh.run("pwd")
        assert fine is True
        assert "/var/home/lab" in output
        fine, output = sh.run("hostname")
        assert fine is True
        assert device.facts["hostname"] in output
        fine, output = sh.run("ls /var/tmp/nothing-here")
        assert fine is False
        assert "No such file or directory" in output
        assert sh.run("frobnicate")[0] is False


def test_a_shell_runs_the_cli(device):
    """`cli -c` shows what a command of the operational mode shows."""
    with StartShell(device) as sh:
        fine, output = sh.run('cli -c "show version | no-more"')
    assert fine is True
    assert f"Hostname: {device.facts['hostname']}" in output


def test_a_file_goes_there_and_back(device, local, tmp_path):
    """SCP puts a file, the shell reads it, SCP gets the same bytes back."""
    shown = []
    with SCP(device, progress=lambda _, report: shown.append(report)) as scp:
        scp.put(str(local), "/var/tmp/change.set")
        scp.get("/var/tmp/change.set", str(tmp_path / "back.set"))
    assert (tmp_path / "back.set").read_bytes() == CONTENT
    assert any("100%" in line for line in shown)
    with StartShell(device) as sh:
        fine, output = sh.run("cat /var/tmp/change.set")
        assert fine is True
        assert output.count("set system login message hello") == 40
        assert sh.run("rm -f /var/tmp/change.set")[0] is True
        assert sh.run("cat /var/tmp/change.set")[0] is False


def test_refused_copies(device, local, tmp_path):
    """A directory that isn't there and a file that isn't there raise, and SCP still works."""
    with SCP(device) as scp, pytest.raises(SCPException, match="No such file or directory"):
        scp.put(str(local), "/var/nowhere/change.set")
    with SCP(device) as scp, pytest.raises(SCPException, match="No such file or directory"):
        scp.get("/var/tmp/nothing-here", str(tmp_path / "x"))
    with SCP(device) as scp:
        scp.put(str(local), "/var/tmp/")
    assert FS(device).stat("/var/tmp/change.set")["size"] == len(CONTENT)


def test_files_by_rpc(device, local):
    """FS lists, reads, checks, copies, renames and deletes what SCP has put."""
    with SCP(device) as scp:
        scp.put(str(local), "/var/tmp/a.set")
    fs = FS(device)
    assert fs.cat("/var/tmp/a.set").strip() == CONTENT.decode().strip()
    assert fs.checksum("/var/tmp/a.set") == hashlib.md5(CONTENT).hexdigest()  # noqa: S324 - as Junos
    assert fs.checksum("/var/tmp/a.set", "sha1") == hashlib.sha1(CONTENT).hexdigest()  # noqa: S324
    assert fs.checksum("/var/tmp/a.set", "sha256") == hashlib.sha256(CONTENT).hexdigest()
    stat = fs.stat("/var/tmp/a.set")
    assert (stat["type"], stat["path"], stat["size"]) == ("file", "/var/tmp/a.set", len(CONTENT))
    assert stat["owner"] == "lab"
    assert fs.cp("/var/tmp/a.set", "/var/tmp/b.set") is True
    assert fs.mv("/var/tmp/b.set", "/var/tmp/c.set") is True
    listing = fs.ls("/var/tmp", brief=True)
    assert {"a.set", "c.set"} <= set(listing["files"])
    assert "b.set" not in listing["files"]
    assert fs.ls("/var/tmp")["files"]["c.set"]["size"] == len(CONTENT)
    assert fs.rm("/var/tmp/c.set") is True
    assert fs.ls("/var/tmp/c.set") is None
    assert fs.stat("/var/tmp/nothing-here") is None
    assert fs.cat("/var/tmp/nothing-here") is None
    assert fs.checksum("/var/tmp/nothing-here") is None


def test_directories_by_shell(device):
    """mkdir, rmdir and symlink go through the shell; pwd and cwd through the CLI."""
    fs = FS(device)
    assert fs.mkdir("/var/tmp/room") is True
    assert fs.stat("/var/tmp/room") == {
        "type": "dir",
        "path": "/var/tmp/room/",
        "file_count": 0,
        "size": 0,
    }
    assert fs.rmdir("/var/tmp/room") is True
    assert fs.stat("/var/tmp/room") is None
    assert fs.cwd("/var/tmp") == "/var/tmp"
    assert fs.pwd() == "/var/tmp"


def test_storage(device):
    """storage_usage() names each filesystem with its mount point."""
    usage = FS(device).storage_usage()
    mounts = {row["mount"]: row for row in usage.values()}
    assert {"/", "/var"} <= set(mounts)
    assert mounts["/var"]["total_blocks"] > mounts["/var"]["used_blocks"] > 0


def test_a_configuration_file_of_the_device_is_loaded(device, local):
    """load(url=...) reads a file that was copied to the device."""
    from jnpr.junos.utils.config import Config  # noqa: PLC0415 - this test alone writes

    with SCP(device) as scp:
        scp.put(str(local), "/var/tmp/change.set")
    config = Config(device)
    config.load(url="/var/tmp/change.set")
    assert config.diff() == "\n[edit system login]\n+   message hello;\n"


@pytest.mark.parametrize("job", ["poweroff", "zeroize"])
def test_what_would_take_the_device_away_is_refused(device, job):
    """Power off and zeroize are refused with an error, and the device lives on."""
    with pytest.raises(RpcError):
        getattr(SW(device), job)()
    assert device.rpc.get_system_information().findtext("host-name")
