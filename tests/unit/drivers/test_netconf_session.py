"""The NETCONF session against a scripted device: what ncclient's own session can't survive."""

import re
import threading

import pytest
from ncclient.operations import TimeoutExpiredError
from ncclient.transport.errors import TransportError

from harness.clock import ManualClock
from harness.drivers import netconf_session
from harness.drivers.netconf_session import DirectSession, RawManager
from harness.drivers.protocol import Endpoint
from harness.errors import Unreachable

WAIT = 5.0


def _manager(peer, timeout=WAIT, clock=None):
    session = DirectSession(peer, clock or ManualClock(), timeout)
    session.start_netconf(WAIT)
    return RawManager(session, session._device_handler, timeout=timeout)


@pytest.mark.usefixtures("threads_end")
@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("step", [1, 2, 3, 7, 1 << 16])
def test_reply_arrives_in_any_pieces(chunked, step, scripted_device):
    """Both framings, a character split between reads included, give the reply unchanged."""
    peer = scripted_device(chunked=chunked, step=step)
    reply = '<rpc-reply message-id="{id}"><output>→ tünnel</output></rpc-reply>'
    peer.answers = [reply, reply]
    manager = _manager(peer)

    raw = manager.command("show x", format="text").xml
    manager.hang_up()

    assert raw == reply.replace("{id}", re.search(r'message-id="([^"]+)"', raw)[1])


@pytest.mark.usefixtures("threads_end")
def test_a_session_has_no_thread(scripted_device):
    """Hundreds of them are kept in one process."""
    before = set(threading.enumerate())
    manager = _manager(scripted_device())

    assert set(threading.enumerate()) == before
    manager.hang_up()


@pytest.mark.usefixtures("threads_end")
@pytest.mark.parametrize("end", ["closed", "eof_received"])
def test_a_device_that_hung_up_meanwhile_is_sent_nothing(end, scripted_device):
    """Nobody reads while nobody asks, and still no request goes to a session that is over."""
    peer = scripted_device()
    manager = _manager(peer)
    setattr(peer, end, True)

    assert not manager.connected
    with pytest.raises(TransportError, match="the session is closed"):
        manager.command("show x")
    assert peer.requests == []
    manager.hang_up()


@pytest.mark.usefixtures("threads_end")
def test_closed_by_another_thread_while_it_waits(scripted_device):
    """Who waits for an answer hears of it at once."""
    peer = scripted_device()
    manager = _manager(peer)
    peer.answers = [None]
    waiting = threading.Thread(target=manager._session.close)
    peer.send = lambda data: waiting.start() or len(data)

    with pytest.raises(TransportError):
        manager.command("show x")
    waiting.join(WAIT)


@pytest.mark.usefixtures("threads_end")
def test_hanging_up_does_not_wait_for_an_answer_that_another_thread_awaits(scripted_device):
    """The device may work on a commit for minutes; who waits for it hears that it's over."""
    peer = scripted_device()
    manager = _manager(peer)
    hanging_up = threading.Thread(target=manager.hang_up)
    peer.send = lambda data: hanging_up.start() or len(data)

    with pytest.raises(TransportError):
        manager.commit()
    hanging_up.join(WAIT)
    assert not hanging_up.is_alive()
    assert not manager.connected


@pytest.mark.usefixtures("threads_end")
def test_request_is_sent_by_the_caller(scripted_device):
    """The calling thread writes the request itself instead of queueing it for another one."""
    peer = scripted_device()
    peer.answers = ['<rpc-reply message-id="{id}"><ok/></rpc-reply>'] * 2
    manager = _manager(peer)
    peer.senders.clear()

    manager.lock("candidate")

    assert peer.senders == [threading.current_thread()]
    manager.hang_up()


@pytest.mark.usefixtures("threads_end")
@pytest.mark.parametrize(
    "body",
    [
        "<ok/><rpc-error><error-severity>error</error-severity></rpc-error>",
        "<rpc-error><error-severity>warning</error-severity></rpc-error>",
        "<commit-results><routing-engine><name>node0</name><ok/></commit-results>",
    ],
)
def test_replies_are_not_judged(body, scripted_device):
    """Errors, warnings and ill-formed replies come back as text; nothing is raised or lost."""
    peer = scripted_device()
    peer.answers = [f'<rpc-reply message-id="{{id}}">{body}</rpc-reply>', None]
    manager = _manager(peer)

    assert body in manager.commit().xml
    manager.hang_up()


@pytest.mark.usefixtures("threads_end")
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(None, id="hangs up"),
        pytest.param("<rpc-reply><ok/></rpc-reply>", id="without message-id"),
        pytest.param('<!DOCTYPE x><rpc-reply message-id="{id}"/>', id="with a document type"),
        pytest.param("no XML at all", id="not XML"),
    ],
)
def test_end_of_the_session_reaches_the_caller(answer, scripted_device):
    """Whatever ends the session is raised in the waiting call, and every later one."""
    peer = scripted_device()
    peer.answers = [answer]
    manager = _manager(peer)

    for _ in range(2):
        with pytest.raises(TransportError):
            manager.commit()

    assert not manager.connected
    manager.hang_up()


@pytest.mark.usefixtures("threads_end")
def test_late_reply_is_not_taken_for_the_next(scripted_device):
    """A reply that comes after its request timed out doesn't answer another request."""
    peer = scripted_device()
    manager = _manager(peer, timeout=0.01)
    with pytest.raises(TimeoutExpiredError):
        manager.command("first")
    late = re.search(r'message-id="([^"]+)"', peer.requests[0])[1]
    peer._say(f'<rpc-reply message-id="{late}"><output>1</output></rpc-reply>', chunked=False)
    peer.answers = ['<rpc-reply message-id="{id}"><output>2</output></rpc-reply>', None]
    manager.timeout = WAIT

    assert "<output>2" in manager.command("second").xml
    manager.hang_up()


@pytest.mark.usefixtures("threads_end")
def test_deadline_ends_a_send_that_is_stuck(scripted_device):
    """A device that takes nothing is given up, and the half-sent session is closed."""
    clock = ManualClock()
    peer = scripted_device()
    manager = _manager(peer, timeout=10, clock=clock)

    def crawl(data):
        clock.advance(6)
        return 1

    peer.send = crawl
    with pytest.raises(TransportError, match="TimeoutError"):
        manager.command("show x")
    assert not manager.connected


@pytest.mark.usefixtures("threads_end")
def test_interrupt_while_sending(scripted_device, monkeypatch):
    """Ctrl-C in the middle of a message ends the session: the device holds half of it."""
    device = scripted_device()
    manager = _manager(device)

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(device, "send", interrupt)
    with pytest.raises(KeyboardInterrupt):
        manager.command("show x")
    assert not manager.connected


@pytest.mark.usefixtures("threads_end")
def test_hang_up_twice(scripted_device):
    """Closing a closed session does nothing."""
    manager = _manager(scripted_device())
    manager._session.close()

    manager.hang_up()
    manager.hang_up()


@pytest.mark.usefixtures("threads_end")
def test_command_where_the_subsystem_is_refused(scripted_device):
    """A device without the subsystem is asked for the same protocol by Junos' command."""
    device = scripted_device(subsystem=False)
    device.answers = ['<rpc-reply message-id="{id}"><ok/></rpc-reply>']
    manager = _manager(device)

    assert device.commands == ["xml-mode netconf need-trailer"]
    manager.hang_up()


@pytest.mark.usefixtures("threads_end")
def test_no_hello(scripted_device, monkeypatch):
    """A device that hangs up instead of saying hello is unreachable, and nothing is left open."""
    device = scripted_device()
    monkeypatch.setattr(device, "invoke_subsystem", lambda _: device.close())
    monkeypatch.setattr(device, "_say", lambda *_, **__: None)
    monkeypatch.setattr(netconf_session, "connected_client", lambda _: device)

    with pytest.raises(Unreachable, match="srx1: starting NETCONF: the device closed"):
        netconf_session.connect(Endpoint("srx1", "h", 830, "lab", timeout=WAIT), ManualClock())
