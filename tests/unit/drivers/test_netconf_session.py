"""The NETCONF session against a scripted device: what ncclient's own session can't survive."""

import queue
import re
import threading

import pytest
from ncclient.operations import TimeoutExpiredError
from ncclient.transport.errors import TransportError

from harness.clock import ManualClock
from harness.drivers.framing import Deframer, frame
from harness.drivers.netconf_session import DirectSession, RawManager

BASE = "urn:ietf:params:netconf:base:1."
CANDIDATE = "urn:ietf:params:netconf:capability:candidate:1.0"
HELLO = (
    '<?xml version="1.0" encoding="us-ascii"?>\n<!-- No zombies were killed -->\n'
    '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities>'
    "{capabilities}</capabilities><session-id>7</session-id></hello>"
)
WAIT = 5.0


class Peer:
    """A device at the other end: answers each request as the script says, in any pieces."""

    def __init__(self, *, chunked=False, step=1 << 16):
        self.chunked = chunked
        self.step = step
        self.answers: list[str | None] = []  # None hangs up; "{id}" is the message-id
        self.requests: list[str] = []
        self.senders: list[threading.Thread] = []
        self._incoming = Deframer()
        self._greeted = False
        self._outgoing: queue.Queue[bytes] = queue.Queue()
        self._timeout = WAIT

    # what DirectSession asks of a paramiko client, transport and channel

    def get_transport(self):
        return self

    @property
    def sock(self):
        return self

    def shutdown(self, how):
        pass

    def is_alive(self):
        return False

    def open_session(self, timeout):
        versions = "01" if self.chunked else "0"
        names = [f"{BASE}{version}" for version in versions] + [CANDIDATE]
        capabilities = "".join(f"<capability>{name}</capability>" for name in names)
        self._say(HELLO.format(capabilities=capabilities), chunked=False)
        return self

    def invoke_subsystem(self, name):
        assert name == "netconf"

    def settimeout(self, seconds):
        self._timeout = seconds

    def recv(self, size):
        try:
            return self._outgoing.get(timeout=WAIT)
        except queue.Empty:
            raise TimeoutError from None

    def send(self, data):
        self.senders.append(threading.current_thread())
        for message in self._incoming.feed(data, chunked=self._greeted and self.chunked):
            if self._greeted:
                self._reply(message.decode())
            self._greeted = True
        return len(data)

    def close(self):
        self._outgoing.put(b"")

    # the script

    def _reply(self, request):
        self.requests.append(request)
        if not self.answers:
            return
        answer = self.answers.pop(0)
        if answer is None:
            self.close()
            return
        number = re.search(r'message-id="([^"]+)"', request)[1]
        self._say(answer.replace("{id}", number), chunked=self.chunked)

    def _say(self, text, *, chunked):
        data = frame(text.encode(), chunked=chunked)
        for start in range(0, len(data), self.step):
            self._outgoing.put(data[start : start + self.step])


def _manager(peer, timeout=WAIT):
    session = DirectSession(peer, ManualClock(), timeout)
    session.start_netconf(WAIT)
    return RawManager(session, session._device_handler, timeout=timeout)


@pytest.fixture
def threads_end():
    """Fail if a thread outlives the test."""
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


@pytest.mark.usefixtures("threads_end")
@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("step", [1, 2, 3, 7, 1 << 16])
def test_reply_arrives_in_any_pieces(chunked, step):
    """Both framings, a character split between reads included, give the reply unchanged."""
    peer = Peer(chunked=chunked, step=step)
    reply = '<rpc-reply message-id="{id}"><output>→ tünnel</output></rpc-reply>'
    peer.answers = [reply, reply]
    manager = _manager(peer)

    raw = manager.command("show x", format="text").xml
    manager.hang_up()

    assert raw == reply.replace("{id}", re.search(r'message-id="([^"]+)"', raw)[1])


@pytest.mark.usefixtures("threads_end")
def test_request_is_sent_by_the_caller():
    """The calling thread writes the request itself instead of queueing it for another one."""
    peer = Peer()
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
def test_replies_are_not_judged(body):
    """Errors, warnings and ill-formed replies come back as text; nothing is raised or lost."""
    peer = Peer()
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
def test_end_of_the_session_reaches_the_caller(answer):
    """Whatever ends the session is raised in the waiting call, and every later one."""
    peer = Peer()
    peer.answers = [answer]
    manager = _manager(peer)

    for _ in range(2):
        with pytest.raises(TransportError):
            manager.commit()

    assert not manager.connected
    manager.hang_up()


@pytest.mark.usefixtures("threads_end")
def test_late_reply_is_not_taken_for_the_next():
    """A reply that comes after its request timed out doesn't answer another request."""
    peer = Peer()
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
def test_deadline_ends_a_send_that_is_stuck():
    """A device that takes nothing is given up, and the half-sent session is closed."""
    clock = ManualClock()
    peer = Peer()
    session = DirectSession(peer, clock, 10)
    session.start_netconf(WAIT)
    manager = RawManager(session, session._device_handler, timeout=10)

    def crawl(data):
        clock.advance(6)
        return 1

    peer.send = crawl
    with pytest.raises(TransportError, match="TimeoutError"):
        manager.command("show x")
    assert not manager.connected


@pytest.mark.usefixtures("threads_end")
def test_hang_up_twice():
    """Closing a closed session does nothing."""
    manager = _manager(Peer())
    manager._session.close()

    manager.hang_up()
    manager.hang_up()
