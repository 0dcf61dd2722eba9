"""Simulated devices behind real sockets: addresses, logins, and what one client can't spoil."""

from __future__ import annotations

import socket
from dataclasses import replace

import paramiko
import pytest

from harness.clock import ManualClock
from harness.errors import HarnessBug, LabError, UsageError
from harness.sim.effects import HangUp, Pause, Send
from harness.sim.server import SimulatorServer
from harness.sim.server.pump import Pump
from harness.sim.spec import DeviceSpec, FaultSpec
from harness.system_clock import SystemClock

END = b"]]>]]>"
TIMEOUT = 20.0


@pytest.fixture(scope="module")
def served():
    """Return a running server with two devices, and their addresses."""
    specs = [DeviceSpec("one", "srx4100"), DeviceSpec("two", "vmx", "other", "second")]
    server = SimulatorServer(specs, ManualClock())
    addresses = server.start()
    yield server, addresses
    server.stop()


def connect(address, **changes) -> paramiko.Transport:
    where = replace(address, **changes)
    transport = paramiko.Transport((where.host, where.port))
    transport.connect(username=where.username, password=where.password)
    return transport


def netconf(transport: paramiko.Transport) -> paramiko.Channel:
    channel = transport.open_session(timeout=TIMEOUT)
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


def test_addresses(served):
    """Each device has a port of its own on loopback; the password isn't in the repr."""
    _, addresses = served
    assert set(addresses) == {"one", "two"}
    assert {each.host for each in addresses.values()} == {"127.0.0.1"}
    assert len({each.port for each in addresses.values()}) == 2
    assert "second" not in repr(addresses)


def test_host_key(served):
    """The address names the host key that the device shows."""
    _, addresses = served
    transport = connect(addresses["one"])
    key = transport.get_remote_server_key()
    assert addresses["one"].host_key == f"{key.get_name()} {key.get_base64()}"
    transport.close()


@pytest.mark.parametrize(
    "wrong", [{"password": "nope"}, {"username": "root"}, {"username": "lab\0lab", "password": ""}]
)
def test_wrong_login(served, wrong):
    """A wrong user or password is refused, and the device goes on serving."""
    _, addresses = served
    with pytest.raises(paramiko.SSHException):
        connect(addresses["one"], **wrong)
    connect(addresses["one"]).close()


def test_netconf_shell_and_command_on_one_port(served):
    """One connection carries NETCONF, a shell and a command side by side."""
    _, addresses = served
    transport = connect(addresses["one"])
    channel = netconf(transport)
    channel.sendall(b"<rpc><get-system-information/></rpc>" + END)
    assert b"<host-name>one</host-name>" in read_to(channel, END)
    shell = transport.open_session(timeout=TIMEOUT)
    shell.settimeout(TIMEOUT)
    shell.get_pty()
    shell.invoke_shell()
    assert b"lab@one> " in read_to(shell, b"lab@one> ")
    shell.sendall(b"exit\n")
    assert shell.recv_exit_status() == 0
    command = transport.open_session(timeout=TIMEOUT)
    command.settimeout(TIMEOUT)
    command.exec_command("show version")
    assert b"Hostname: one" in read_to(command, b"Release")
    assert command.recv_exit_status() == 0
    unknown = transport.open_session(timeout=TIMEOUT)
    with pytest.raises(paramiko.SSHException):
        unknown.invoke_subsystem("telnet")
    transport.close()


def test_shell_fed_from_a_pipe(served):
    """Without a terminal the shell reads its input to the end, answers, and ends."""
    _, addresses = served
    transport = connect(addresses["two"])
    shell = transport.open_session(timeout=TIMEOUT)
    shell.settimeout(TIMEOUT)
    shell.invoke_shell()
    shell.sendall(b"show version\n")
    shell.shutdown_write()
    assert shell.recv_exit_status() == 0
    assert b"Hostname: two" in read_to(shell, b"Hostname: two")
    transport.close()


def test_garbage_does_not_stop_the_server(served):
    """A client that doesn't speak SSH, or leaves at once, disturbs nobody."""
    _, addresses = served
    where = (addresses["one"].host, addresses["one"].port)
    for data in (b"", b"GET / HTTP/1.1\r\n\r\n", b"SSH-2.0-x\r\n" + b"\0" * 100):
        with socket.create_connection(where, timeout=TIMEOUT) as plain:
            plain.sendall(data)
    transport = connect(addresses["one"])
    channel = netconf(transport)
    channel.sendall(b"<rpc><lock-configuration/></rpc>" + END)
    assert b"<ok/>" in read_to(channel, END)
    transport.close()


def test_a_lost_connection_frees_the_lock(served):
    """When a client vanishes its lock is free for the next one."""
    _, addresses = served
    first = connect(addresses["two"])
    channel = netconf(first)
    channel.sendall(b"<rpc><lock-configuration/></rpc>" + END)
    assert b"ok/>" in read_to(channel, END)
    first.close()
    for _ in range(200):  # the server sees the end of the connection a little later
        second = connect(addresses["two"])
        channel = netconf(second)
        channel.sendall(b"<rpc><lock-configuration/></rpc>" + END)
        answer = read_to(channel, END)
        second.close()
        if b"ok/>" in answer:
            break
    else:
        pytest.fail("the lock was never freed")


def unlocked(server, addresses, name):
    """Return the handle of a device that nobody has locked any more, whoever did before."""
    handle = server.device(name)
    for _ in range(50):  # logins; each lets the server see that an earlier connection is gone
        if handle.call(lambda device: device.store.lock_holder is None):
            return handle
        connect(addresses[name]).close()
    pytest.fail("the lock was never freed")


def test_dying_during_commit(served):
    """The fault drops the connection in the middle of a commit; the next login finds it done."""
    server, addresses = served
    handle = unlocked(server, addresses, "one")
    handle.arm(FaultSpec("die-during-commit", {"from_count": 0}))
    commits = handle.call(lambda device: len(device.store.history))
    channel = netconf(connect(addresses["one"]))
    channel.sendall(b"<rpc><commit-configuration/></rpc>" + END)
    with pytest.raises((EOFError, OSError)):
        read_to(channel, END)
    assert handle.call(lambda device: len(device.store.history)) == commits + 1
    handle.disarm("die-during-commit")
    connect(addresses["one"]).close()


def test_killed_session_loses_its_channel(served):
    """A session that another one kills is closed under its client."""
    server, addresses = served
    victim = netconf(connect(addresses["one"]))
    victim.sendall(b"<rpc><get-system-uptime-information/></rpc>" + END)
    read_to(victim, END)
    pid = server.device("one").call(lambda device: max(device._logins))  # the newest is it
    killer = netconf(connect(addresses["one"]))
    kill = f"<rpc><kill-session><session-id>{pid}</session-id></kill-session></rpc>"
    killer.sendall(kill.encode() + END)
    assert b"<ok/>" in read_to(killer, END)
    assert victim.status_event.wait(30)
    assert victim.recv_exit_status() == 0


def test_a_pause_lets_others_work(served):
    """While one session waits for its slow answer, another device answers."""
    server, addresses = served
    server.device("one").arm(FaultSpec("slow", {"seconds": 0.3}))
    slow, quick = netconf(connect(addresses["one"])), netconf(connect(addresses["two"]))
    slow.sendall((b"<rpc><get-system-information/></rpc>" + END) * 2)
    quick.sendall(b"<rpc><get-system-information/></rpc>" + END)
    assert b"host-name" in read_to(quick, END)
    assert not slow.recv_ready()
    seen = b""
    while seen.count(END) < 2:
        seen += read_to(slow, END)
    server.device("one").disarm("slow")


def test_wrong_arming_is_raised_in_the_caller(served):
    """An error on the loop comes back to the thread that asked."""
    server, _ = served
    with pytest.raises(UsageError, match="unknown fault"):
        server.device("one").arm(FaultSpec("nonsense"))
    with pytest.raises(UsageError, match="known: one, two"):
        server.device("three")
    assert server.device("one").name == "one"


@pytest.mark.parametrize("host", ["0.0.0.1", "192.0.2.1", "localhost", "::", ""])
def test_only_loopback(host):
    """A host that isn't a loopback address is refused before anything listens."""
    server = SimulatorServer([DeviceSpec("x", "vmx", host=host)])
    with pytest.raises(UsageError, match="loopback"):
        server.start()
    server.stop()


def test_port_in_use(served):
    """A port that is taken is the lab's problem, and the message says which."""
    _, addresses = served
    port = addresses["one"].port
    server = SimulatorServer([DeviceSpec("x", "vmx", port=port)])
    with pytest.raises(LabError, match=f"port {port}"):
        server.start()
    server.stop()


def test_names_are_distinct():
    """Two devices of one name are refused."""
    with pytest.raises(UsageError, match="share a name: x"):
        SimulatorServer([DeviceSpec("x", "vmx"), DeviceSpec("x", "vsrx")])


def test_life_of_a_server():
    """A server starts once, stops as often as asked, and its handles work before and after."""
    server = SimulatorServer([DeviceSpec("x", "vmx")], ManualClock())
    server.device("x").arm(FaultSpec("stale-history"))
    with server, pytest.raises(HarnessBug):
        server.start()
    server.stop()
    assert server.device("x").call(lambda device: device.store.dirty) is False


def test_a_deadline_passes_without_a_client():
    """A confirmed commit rolls back although nobody asks."""
    clock = ManualClock()
    server = SimulatorServer([DeviceSpec("x", "vmx")], clock)
    with server:
        handle = server.device("x")
        handle.arm(FaultSpec("foreign-confirm", {"minutes": 1}))
        clock.advance(61)
        for _ in range(100_000):  # the server's own tick does it
            if handle.call(lambda device: device.store.pending) is None:
                break
        else:
            pytest.fail("the confirmed commit is still pending")


def test_system_clock():
    """The real clock is aware, in UTC, and sleeping for no time returns."""
    clock = SystemClock()
    clock.sleep(0)
    assert clock.now().utcoffset().total_seconds() == 0
    assert clock.monotonic() <= clock.monotonic()


class Wire:
    """A wire that remembers what it was asked to do."""

    def __init__(self):
        self.sent, self.ends, self.waiting, self.held = [], [], [], []

    def send(self, data):
        self.sent.append(data)

    def end(self, *, abrupt):
        self.ends.append(abrupt)

    def later(self, seconds, resume):
        self.waiting.append((seconds, resume))

    def hold(self, *, held):
        self.held.append(held)


class Scripted:
    """A session that plays prepared effects; an exception among them is raised."""

    def __init__(self, *effects):
        self.effects, self.fed, self.closed = list(effects), b"", 0

    def feed(self, data):
        self.fed += data

    def run(self):
        while self.effects:
            effect = self.effects.pop(0)
            if isinstance(effect, Exception):
                raise effect
            yield effect

    def close(self):
        self.closed += 1


def test_pump_waits_before_going_on():
    """What follows a pause is done when it's over, with what arrived meanwhile."""
    wire, session = Wire(), Scripted(Send(b"a"), Pause(2.0), Send(b"b"))
    pump = Pump("x", session, wire, waiting_limit=8)
    pump.run()
    pump.feed(b"more")
    assert wire.sent == [b"a"]
    assert session.fed == b"more"
    ((seconds, resume),) = wire.waiting
    resume()
    assert (seconds, wire.sent) == (2.0, [b"a", b"b"])


def test_pump_ends_after_the_input(caplog):
    """The end of the input ends the session once everything is answered."""
    wire, session = Wire(), Scripted(Pause(1.0), Send(b"b"))
    pump = Pump("x", session, wire, waiting_limit=8)
    pump.run()
    pump.end_of_input()
    assert wire.ends == []
    wire.waiting[0][1]()
    assert (wire.sent, wire.ends, session.closed) == ([b"b"], [False], 1)
    pump.feed(b"late")
    assert session.fed == b""


def test_pump_survives_a_defect(caplog):
    """A defect in one session is logged and drops that connection alone."""
    wire, session = Wire(), Scripted(Send(b"a"), RuntimeError("defect"), HangUp())
    Pump("device-7", session, wire, waiting_limit=8).run()
    assert (wire.ends, session.closed) == ([True], 1)
    assert "device-7: a session failed" in caplog.text


def test_pump_hangs_up_once():
    """A connection that is lost during a pause isn't touched when the pause is over."""
    wire, session = Wire(), Scripted(Pause(1.0), Send(b"late"))
    pump = Pump("x", session, wire, waiting_limit=8)
    pump.run()
    pump.closed()
    pump.closed()
    wire.waiting[0][1]()
    pump.hang_up()
    assert (wire.sent, wire.ends, session.closed) == ([], [], 1)


def test_pump_makes_nothing_for_a_client_that_does_not_read():
    """What follows a choked answer is made only when the client reads again."""
    wire, session = Wire(), Scripted(Send(b"a"), Send(b"b"), Pause(1.0), Send(b"c"))
    pump = Pump("x", session, wire, waiting_limit=8)
    take, wire.send = wire.send, lambda data: (take(data), pump.choke())
    pump.run()
    assert wire.sent == [b"a"]
    pump.feed(b"asked meanwhile")
    assert wire.held == [True]
    pump.flow()
    assert wire.sent == [b"a", b"b"]
    wire.send = take
    pump.flow()
    wire.waiting[0][1]()
    assert (wire.sent, wire.held) == ([b"a", b"b", b"c"], [True, False])


def test_pump_holds_back_what_comes_during_a_pause():
    """Beyond the limit the wire keeps the client waiting, until the pause is over."""
    wire, session = Wire(), Scripted(Pause(1.0), Send(b"a"))
    pump = Pump("x", session, wire, waiting_limit=8)
    pump.run()
    pump.feed(b"12345678")
    assert wire.held == []
    pump.feed(b"9")
    assert wire.held == [True]
    wire.waiting[0][1]()
    assert wire.held == [True, False]


def test_pump_waits_for_nobody_who_left():
    """A client that left while it didn't read is released at once."""
    wire, session = Wire(), Scripted(Send(b"a"), Send(b"b"))
    pump = Pump("x", session, wire, waiting_limit=8)
    wire.send = lambda _data: pump.choke()
    pump.run()
    pump.closed()
    assert session.closed == 1
