"""How a client gets in: password, keyboard-interactive, public key; and what it's told before."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import asyncssh
import paramiko
import pytest

from harness.clock import ManualClock
from harness.sim.server import SimulatorServer
from harness.sim.spec import DeviceSpec, UserSpec

ROOT = 'set system root-authentication encrypted-password "$6$simulated$hash"\n'
TIMEOUT = 60.0


@pytest.fixture
def serve():
    """Return a function that serves one device with some set lines and returns its address."""
    with ExitStack() as stack:

        def start(*lines, **fields):
            base = ROOT + "\n".join(lines) + "\n"
            server = SimulatorServer([DeviceSpec("dut", "vmx", base=base, **fields)], ManualClock())
            stack.callback(server.stop)
            start.server = server
            return server.start()["dut"]

        yield start


def transport_to(stack: ExitStack, address) -> paramiko.Transport:
    transport = paramiko.Transport((address.host, address.port))
    stack.callback(transport.close)
    transport.start_client(timeout=TIMEOUT)
    return transport


@pytest.fixture
def stack():
    """Close what a test opens."""
    with ExitStack() as opened:
        yield opened


def test_keyboard_interactive(serve, stack):
    """The password may be typed at a prompt as well."""
    transport = transport_to(stack, serve())
    asked = []

    def answer(_title, _instructions, prompts):
        asked.extend(prompts)
        return ["lab"]

    assert transport.auth_interactive("lab", answer) == []
    assert asked == [("Password:", False)]


@pytest.mark.parametrize("user", ["alice", "root"])
def test_public_key(serve, stack, user):
    """A key that the committed configuration has for a user opens the door, another doesn't."""
    key = paramiko.RSAKey.generate(2048)
    where = "root-authentication" if user == "root" else f"login user {user} authentication"
    lines = [f'set system {where} ssh-rsa "ssh-rsa {key.get_base64()} me@home"']
    if user != "root":
        lines.append(f"set system login user {user} class super-user")
    address = serve(*lines)
    transport_to(stack, address).auth_publickey(user, key)
    for wrong_user, wrong_key in ((user, paramiko.RSAKey.generate(2048)), ("bob", key)):
        with pytest.raises(paramiko.AuthenticationException):
            transport_to(stack, address).auth_publickey(wrong_user, wrong_key)


def test_a_key_first_and_then_the_password(serve, stack):
    """A client may go on to the password on the same connection, as paramiko and OpenSSH do."""
    transport = transport_to(stack, serve())
    with pytest.raises(paramiko.AuthenticationException):
        transport.auth_publickey("lab", paramiko.RSAKey.generate(2048))
    transport.auth_password("lab", "lab", fallback=False)
    assert transport.is_authenticated()


def test_further_users(serve, stack):
    """Each login of the device has its own password."""
    address = serve(users=(UserSpec("carol", "hers", "read-only"),))
    transport_to(stack, address).auth_password("carol", "hers")
    for user, password in (("carol", "lab"), ("lab", "hers"), ("nobody", "")):
        with pytest.raises(paramiko.AuthenticationException):
            transport_to(stack, address).auth_password(user, password)


def test_message_before_the_login(serve, stack):
    """What ``system login message`` says is shown before anybody is let in."""
    transport = transport_to(stack, serve('set system login message "keep out\\\\nplease"'))
    transport.auth_password("lab", "lab")
    assert transport.get_banner() == b"keep out\nplease"


def test_a_client_that_does_not_answer_is_given_up(serve):
    """With client-alive-interval a client that answers no keep-alive loses its connection."""
    address = serve(
        "set system services ssh client-alive-interval 1",
        "set system services ssh client-alive-count-max 1",
    )

    async def fall_silent() -> None:
        client = await asyncssh.connect(
            address.host,
            address.port,
            username="lab",
            password="lab",
            known_hosts=None,
            config=None,
        )
        client._transport.pause_reading()
        await asyncio.to_thread(wait_until_alone)
        client.abort()

    def wait_until_alone() -> None:
        for _ in range(100_000):
            if not serve.server.run_on_loop(lambda: len(serve.server._service.connections)):
                break
        else:
            pytest.fail("a connection that was closed is still counted")

    asyncio.run(asyncio.wait_for(fall_silent(), TIMEOUT))


@pytest.mark.parametrize("acknowledged", ["quick", "delayed"])
def test_acknowledgements(serve, stack, acknowledged):
    """Either way of acknowledging lets a client in."""
    address = serve(switches={"tcp-acknowledgement": acknowledged})
    transport_to(stack, address).auth_password("lab", "lab")


def test_no_packet_is_there_to_be_ignored(serve, stack):
    """Each reply is one packet: asyncssh would put another one before it, as sshd does not."""
    transport = transport_to(stack, serve())
    seen = []
    honest = transport.packetizer.read_message

    def read():
        kind, message = honest()
        seen.append(kind)
        return kind, message

    transport.packetizer.read_message = read
    transport.auth_password("lab", "lab")
    channel = transport.open_session(timeout=TIMEOUT)
    channel.settimeout(TIMEOUT)
    channel.exec_command("show version")
    while channel.recv(65_536):
        pass
    assert paramiko.common.MSG_CHANNEL_DATA in seen
    assert paramiko.common.MSG_IGNORE not in seen
