"""Clients that send garbage, never read, never finish or never stop: they cost little and end."""

from __future__ import annotations

import asyncio
import errno
import socket
from contextlib import ExitStack

import asyncssh
import paramiko
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.clock import ManualClock
from harness.sim.server import SimulatorServer, port
from harness.sim.server.limits import Limits
from harness.sim.spec import DeviceSpec

END = b"]]>]]>"
TIMEOUT = 20.0
QUICK = Limits(login_seconds=0.2, stalled_seconds=0.2, handshakes=5, full_seconds=0.05)
PATIENT = Limits(handshakes=5, login_tries=4)


@pytest.fixture
def serve():
    """Return a function that serves one device and returns where it listens."""
    with ExitStack() as stack:

        def start(limits=PATIENT, lines="", **fields):
            base = f"{ROOT}{lines}\n" if lines else None
            spec = DeviceSpec("dut", "vmx", base=base, **fields)
            server = SimulatorServer([spec], ManualClock(), limits=limits)
            start.server = server
            stack.callback(server.stop)
            return server.start()["dut"]

        yield start


ROOT = 'set system root-authentication encrypted-password "$6$simulated$hash"\n'
UNLIMITED = {"switches": {"session-limits": "off"}}


def dial(address) -> socket.socket:
    return socket.create_connection((address.host, address.port), timeout=TIMEOUT)


def connect(address, password=None) -> paramiko.Transport:
    transport = paramiko.Transport((address.host, address.port))
    transport.connect(username=address.username, password=password or address.password)
    return transport


def netconf(transport: paramiko.Transport, **channel_options) -> paramiko.Channel:
    channel = transport.open_session(timeout=TIMEOUT, **channel_options)
    channel.settimeout(TIMEOUT)
    channel.invoke_subsystem("netconf")
    read_to(channel, END)
    channel.sendall(b"<hello/>" + END)
    return channel


def read_to(channel: paramiko.Channel, mark: bytes) -> bytes:
    seen = b""
    while mark not in seen:
        data = channel.recv(65536)
        if not data:
            raise EOFError(seen)
        seen += data
    return seen


def is_closed(connection: socket.socket) -> bool:
    """Read to the end of what the other side says; True when it ended the connection."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return True


def require_alive(address) -> None:
    """Log in and have one request answered."""
    transport = connect(address)
    channel = netconf(transport)
    channel.sendall(b"<rpc><get-system-information/></rpc>" + END)
    assert b"<host-name>" in read_to(channel, END)
    transport.close()


def test_a_handshake_that_is_never_finished(serve):
    """A connection on which nobody logs in is ended when its time is over."""
    address = serve(QUICK)
    with dial(address) as silent, dial(address) as halfway:
        halfway.sendall(b"SSH-2.0-half\r\n")
        assert is_closed(silent)
        assert is_closed(halfway)


def test_half_open_connections_have_a_bound(serve):
    """Beyond so many connections without a login the next one is closed at once."""
    address = serve(PATIENT)
    with ExitStack() as stack:
        held = [stack.enter_context(dial(address)) for _ in range(PATIENT.handshakes)]
        for each in held:
            assert each.recv(100).startswith(b"SSH-2.0-")
        with dial(address) as refused:
            assert is_closed(refused)
    wait_until_left(serve, 0)
    require_alive(address)


def connections(serve) -> int:
    """Return how many connections the server has, seen between two of its steps."""
    return serve.server.run_on_loop(lambda: len(serve.server._service.connections))


def wait_until_left(serve, count: int) -> None:
    """Come back when no more than ``count`` connections are left."""
    for _ in range(100_000):
        if connections(serve) <= count:
            return
    pytest.fail("connections aren't forgotten")


def test_any_bytes_in_place_of_ssh(serve):
    """Whatever is sent to the port, the next client is served."""
    address = serve(Limits(), **UNLIMITED)
    starts = st.sampled_from(
        [b"", b"SSH-2.0-x\r\n", b"SSH-2.0-x\r\n\0\0\0\x0c\x0a\x14", b"\xff" * 300]
    )

    @settings(
        max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
    )
    @given(starts, st.binary(max_size=400))
    def check(start, data):
        with dial(address) as plain:
            plain.sendall(start + data)

    check()
    require_alive(address)


def test_a_client_that_floods_with_garbage(serve):
    """A NETCONF session that never ends its message is ended; another one goes on."""
    address = serve()
    other = netconf(connect(address))
    flooding = netconf(connect(address))
    for _ in range(100):
        try:
            flooding.sendall(b"garbage " * (1024 * 1024 // 8))
        except OSError:
            break
    else:
        pytest.fail("100 MB of garbage were taken")
    assert flooding.recv_exit_status() == 0
    other.sendall(b"<rpc><get-system-information/></rpc>" + END)
    assert b"<host-name>" in read_to(other, END)


def test_a_client_that_does_not_read_its_channel(serve):
    """A client that asks and asks but takes no answer is ended; the others aren't slower."""
    address = serve(QUICK)
    deaf = netconf(connect(address), window_size=65536)
    try:
        while True:
            deaf.sendall(b"<rpc><get-configuration/></rpc>" + END)
    except (OSError, EOFError):
        pass
    deaf.get_transport().join(TIMEOUT)  # the channel is told before the transport
    assert not deaf.get_transport().is_active()
    require_alive(address)


def test_a_client_that_does_not_read_its_socket(serve):
    """A huge SSH window doesn't help: what the connection doesn't take isn't made."""
    address = serve(QUICK)

    async def ask_without_reading() -> None:
        client = await asyncssh.connect(
            address.host,
            address.port,
            username=address.username,
            password=address.password,
            known_hosts=None,
            config=None,
        )
        writer, reader, _ = await client.open_session(
            subsystem="netconf", encoding=None, window=1 << 30
        )
        await reader.readuntil(END)
        client._transport.pause_reading()
        writer.write((b"<rpc><get-configuration/></rpc>" + END) * 10_000)
        await asyncio.to_thread(wait_until_left, serve, 0)
        client.abort()

    asyncio.run(asyncio.wait_for(ask_without_reading(), TIMEOUT))
    require_alive(address)


def test_channels_of_one_connection_have_a_bound(serve):
    """An eleventh channel of one connection is refused, the ten go on."""
    transport = connect(serve())
    open_ones = [netconf(transport) for _ in range(Limits().channels)]
    with pytest.raises(paramiko.ChannelException):
        transport.open_session(timeout=TIMEOUT)
    open_ones[0].sendall(b"<rpc><close-session/></rpc>" + END)
    assert open_ones[0].recv_exit_status() == 0
    open_ones[0].close()
    for _ in range(100_000):  # the client's own thread closes it a little later
        if channels_of_the_only_connection(serve) < Limits().channels:
            break
    netconf(transport)
    transport.close()


def channels_of_the_only_connection(serve) -> int:
    def count() -> int:
        (connection,) = serve.server._service.connections
        return len(connection.get_owner()._channels)

    return serve.server.run_on_loop(count)


def test_a_channel_carries_one_session(serve):
    """A second request on a channel that has its session is refused."""
    channel = netconf(connect(serve()))
    with pytest.raises(paramiko.SSHException):
        channel.invoke_shell()


def test_login_tries_have_a_bound(serve):
    """Trying one password after the other ends the connection."""
    address = serve(PATIENT)
    transport = paramiko.Transport((address.host, address.port))
    transport.start_client(timeout=TIMEOUT)
    for _ in range(PATIENT.login_tries):
        with pytest.raises(paramiko.AuthenticationException):
            transport.auth_password(address.username, "guess", fallback=False)
    assert transport.is_active()
    with pytest.raises(paramiko.SSHException):
        transport.auth_password(address.username, "guess", fallback=False)
    assert not transport.is_active()


def test_descriptors_run_out(serve, monkeypatch, caplog):
    """Without a descriptor left nobody is accepted for a while, and then the one who waited is."""
    calls = []

    def fails_once(listener):
        calls.append(listener)
        if len(calls) == 1:
            raise OSError(errno.EMFILE, "Too many open files")
        return original(listener)

    original = port.accept
    monkeypatch.setattr(port, "accept", fails_once)
    require_alive(serve(QUICK))
    assert "accepts nobody for 0.05 s" in caplog.text


def test_connection_limit(serve):
    """The connection beyond connection-limit is closed; when one leaves, the next one comes in."""
    address = serve(lines="set system services ssh connection-limit 2")
    first, second = connect(address), connect(address)
    with dial(address) as third:
        assert is_closed(third)
    first.close()
    wait_until_left(serve, 1)
    require_alive(address)
    second.close()


def test_rate_limit(serve):
    """Attempts beyond rate-limit within a minute are closed at once."""
    address = serve(lines="set system services netconf ssh rate-limit 3")
    for _ in range(3):
        require_alive(address)
    with dial(address) as fourth:
        assert is_closed(fourth)


def test_limits_may_be_off(serve):
    """The switch session-limits lifts both."""
    address = serve(lines="set system services ssh rate-limit 1", **UNLIMITED)
    for _ in range(3):
        require_alive(address)
