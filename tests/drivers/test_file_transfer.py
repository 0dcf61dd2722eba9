"""Files between this host and a simulated device, by clients that nobody here wrote."""

from __future__ import annotations

import asyncio
import inspect
import os
import shutil
import stat
import subprocess
import warnings

import asyncssh
import pytest

from harness.clock import ManualClock
from harness.sim.server import SimulatorServer
from harness.sim.server.transfer import DeviceFiles
from harness.sim.spec import DeviceSpec

with warnings.catch_warnings():  # what the libraries themselves still use isn't ours to fix
    warnings.simplefilter("ignore")
    import netmiko
    import paramiko
    from jnpr.junos import Device
    from jnpr.junos.utils.fs import FS
    from jnpr.junos.utils.scp import SCP
    from jnpr.junos.utils.start_shell import StartShell

pytestmark = pytest.mark.filterwarnings("ignore")

CONTENT = bytes(range(256)) * 1000


@pytest.fixture(scope="module")
def served():
    """Serve one device; return the server and where it listens."""
    server = SimulatorServer([DeviceSpec("dut", "vsrx", password="pass word")], ManualClock())
    yield server, server.start()["dut"]
    server.stop()


@pytest.fixture
def server(served):
    """Return the server."""
    return served[0]


@pytest.fixture
def address(served):
    """Return where the device listens."""
    return served[1]


@pytest.fixture
def files(server):
    """Return a reader of the device's files, emptied of what an earlier test left."""
    handle = server.device("dut")

    def clean(device):
        for name in device.files.names("/var/tmp"):
            device.files.remove_tree(f"/var/tmp/{name}")

    handle.call(clean)
    return lambda path: handle.call(lambda device: device.files.read(path))


@pytest.fixture
def local(tmp_path):
    """Return a file of this host."""
    path = tmp_path / "local.bin"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def openssh(address, tmp_path):
    """Return a runner of OpenSSH's programs, which are told the password by a program of ours."""
    if missing := [name for name in ("ssh", "scp", "sftp") if shutil.which(name) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    asker = tmp_path / "asker"
    asker.write_text(f"#!/bin/sh\necho '{address.password}'\n")
    asker.chmod(stat.S_IRWXU)
    environment = os.environ | {
        "SSH_ASKPASS": str(asker),
        "SSH_ASKPASS_REQUIRE": "force",
        "DISPLAY": ":0",
    }
    known = tmp_path / "known_hosts"
    known.write_text(f"[{address.host}]:{address.port} {address.host_key}\n")
    options = ["-q", "-F", "none", "-o", "BatchMode=no", "-o", f"UserKnownHostsFile={known}"]

    def run(program, *arguments, given=None):
        port = ["-P" if program != "ssh" else "-p", str(address.port)]
        return subprocess.run(
            [program, *options, *port, *map(str, arguments)],
            env=environment, input=given, capture_output=True, timeout=60, check=False,
        )  # fmt: skip

    return run


@pytest.mark.parametrize("flags", [(), ("-O",)], ids=["sftp", "old protocol"])
def test_openssh_scp(openssh, address, files, local, flags):
    """The scp program copies there and back, over either protocol."""
    host = f"lab@{address.host}:"
    sent = openssh("scp", *flags, local, f"{host}/var/tmp/there.bin")
    assert sent.returncode == 0, sent.stderr
    assert files("/var/tmp/there.bin") == CONTENT
    copy = local.with_suffix(".back")
    back = openssh("scp", *flags, f"{host}/var/tmp/there.bin", copy)
    assert back.returncode == 0, back.stderr
    assert copy.read_bytes() == CONTENT


@pytest.mark.parametrize("flags", [(), ("-O",)], ids=["sftp", "old protocol"])
def test_openssh_scp_refused(openssh, address, local, flags):
    """A directory that isn't there, or can't be written to, fails the copy."""
    host = f"lab@{address.host}:"
    for target in ("/var/tmp/none/x", "/etc/passwd"):
        refused = openssh("scp", *flags, local, f"{host}{target}")
        assert refused.returncode != 0
    assert openssh("scp", *flags, f"{host}/var/tmp/none", local).returncode != 0


def test_openssh_scp_recursive(openssh, address, files, tmp_path):
    """A directory is copied with what is in it."""
    (tmp_path / "tree" / "below").mkdir(parents=True)
    (tmp_path / "tree" / "below" / "file").write_bytes(b"deep")
    sent = openssh("scp", "-O", "-r", tmp_path / "tree", f"lab@{address.host}:/var/tmp/")
    assert sent.returncode == 0, sent.stderr
    assert files("/var/tmp/tree/below/file") == b"deep"


def test_openssh_sftp(openssh, address, files, local):
    """The sftp program puts, lists, renames and removes."""
    batch = f"cd /var/tmp\nput {local} a\nrename a b\nls -l b\nmkdir d\nrmdir d\n"
    done = openssh("sftp", "-b", "-", f"lab@{address.host}", given=batch.encode())
    assert done.returncode == 0, done.stderr
    assert str(len(CONTENT)).encode() in done.stdout
    assert files("/var/tmp/b") == CONTENT


def test_openssh_ssh(openssh, address):
    """One command per channel, several in one, and a session from a pipe."""
    target = f"lab@{address.host}"
    assert openssh("ssh", target, "show version | match Hostname").stdout == b"Hostname: dut\n"
    both = openssh("ssh", target, "show version | match Hostname; nonsense").stdout
    assert both == b"Hostname: dut\n\nerror: unknown command: nonsense\n"
    piped = openssh("ssh", target, given=b"show version\nexit\n").stdout
    assert b"Hostname: dut" in piped
    assert b"<hello" in openssh("ssh", target, "netconf", given=b"").stdout


def test_paramiko_sftp(address, files, local, tmp_path):
    """Paramiko's SFTP works with the device's own files, and with no others."""
    transport = paramiko.Transport((address.host, address.port))
    try:
        transport.connect(username="lab", password=address.password)
        sftp = paramiko.SFTPClient.from_transport(transport)
        assert sftp.normalize(".") == "/var/home/lab"
        sftp.chdir("/var/tmp")
        sftp.put(str(local), "x")
        assert files("/var/tmp/x") == CONTENT
        sftp.get("x", str(tmp_path / "back"))
        assert (tmp_path / "back").read_bytes() == CONTENT
        sftp.truncate("x", 3)
        sftp.chmod("x", 0o600)
        assert [(each.filename, each.st_size) for each in sftp.listdir_attr()] == [("x", 3)]
        assert "-rw-------" in str(sftp.stat("x"))
        with sftp.open("x", "a") as file:
            file.write(b"end")
        assert files("/var/tmp/x") == CONTENT[:3] + b"end"
        with pytest.raises(OSError, match=r"."):
            sftp.put(str(local), "/etc/passwd")
        with pytest.raises(OSError, match=r"."):
            sftp.symlink("x", "y")
        with pytest.raises(FileNotFoundError):
            sftp.stat("/etc/passwd")
    finally:
        transport.close()


def test_a_full_device(server, address, files):
    """What doesn't fit is refused, and the session lives on."""
    server.device("dut").call(lambda device: setattr(device.files, "capacity", 100_000))
    try:
        with paramiko.SSHClient() as client:
            client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
            client.connect(address.host, address.port, "lab", address.password)
            sftp = client.open_sftp()
            with pytest.raises(OSError, match="No space left on device"):
                sftp.open("/var/tmp/x", "w").write(bytes(200_000))
            assert sftp.listdir("/var/tmp") == ["x"]
            sftp.remove("/var/tmp/x")
    finally:
        server.device("dut").call(lambda device: setattr(device.files, "capacity", 1 << 28))


def test_asyncssh_sftp(address, files, local, tmp_path):
    """Asyncssh's own client meets its server, over our files."""

    async def session() -> None:
        options = {"username": "lab", "password": address.password, "known_hosts": None}
        async with (
            asyncssh.connect(address.host, address.port, **options) as connection,
            connection.start_sftp_client() as sftp,
        ):
            await sftp.put(str(local), "/var/tmp/x")
            await sftp.posix_rename("/var/tmp/x", "/var/tmp/y")
            assert await sftp.listdir("/var/tmp") == [".", "..", "y"]
            assert (await sftp.statvfs("/var/tmp")).bavail > 0
            await asyncssh.scp((connection, "/var/tmp/y"), str(tmp_path / "back"))

    asyncio.run(session())
    assert (tmp_path / "back").read_bytes() == CONTENT


def test_netmiko_file_transfer(address, files, local, tmp_path):
    """Netmiko looks for room, copies, and compares checksums, in both directions."""
    with netmiko.ConnectHandler(
        device_type="juniper_junos", host=address.host, port=address.port,
        username="lab", password=address.password,
    ) as session:  # fmt: skip
        options = {"file_system": "/var/tmp"}
        done = netmiko.file_transfer(
            session, source_file=str(local), dest_file="x", direction="put", **options
        )
        assert done == {"file_exists": True, "file_transferred": True, "file_verified": True}
        back = str(tmp_path / "back")
        netmiko.file_transfer(session, source_file="x", dest_file=back, direction="get", **options)
        assert session.send_command("show version | match Hostname") == "Hostname: dut\n"
    assert (tmp_path / "back").read_bytes() == CONTENT
    detected = netmiko.SSHDetect(
        device_type="autodetect", host=address.host, port=address.port,
        username="lab", password=address.password,
    )  # fmt: skip
    assert detected.autodetect() == "juniper_junos"


def test_pyez_tools(address, files, local, tmp_path):
    """PyEZ's SCP, shell and file system tools agree with each other."""
    with Device(
        host=address.host, port=address.port, user="lab", passwd=address.password
    ) as device:
        with SCP(device) as scp:
            scp.put(str(local), "/var/tmp/x")
            scp.get("/var/tmp/x", str(tmp_path / "back"))
        with StartShell(device) as shell:
            ok, text = shell.run("md5 /var/tmp/x")
            assert ok
            assert shell.run("nonsense")[0] is False
        tools = FS(device)
        assert tools.checksum("/var/tmp/x") in text
        assert tools.stat("/var/tmp/x")["size"] == len(CONTENT)
        assert tools.mv("/var/tmp/x", "/var/tmp/y")
        assert tools.rm("/var/tmp/y")
        assert tools.stat("/var/tmp/y") is None
    assert (tmp_path / "back").read_bytes() == CONTENT


def test_nothing_of_the_host_is_reached():
    """Every operation that asyncssh would carry out on the host's files is our own."""
    theirs = {
        name
        for name, _ in inspect.getmembers(asyncssh.SFTPServer, inspect.isfunction)
        if not name.startswith("_")
    }
    harmless = {"convert_attrs"}  # turns what the operations return into a packet
    assert theirs - harmless <= set(vars(DeviceFiles))
