"""A device at the other end of a NETCONF session, as a script instead of a simulation."""

import queue
import re
import threading

import paramiko
import pytest

from harness.drivers.framing import Deframer, frame

BASE = "urn:ietf:params:netconf:base:1."
CANDIDATE = "urn:ietf:params:netconf:capability:candidate:1.0"
HELLO = (
    '<?xml version="1.0" encoding="us-ascii"?>\n<!-- No zombies were killed -->\n'
    '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities>'
    "{capabilities}</capabilities><session-id>7</session-id></hello>"
)
WAIT = 5.0


class ScriptedDevice:
    """A device at the other end: answers each request as the script says, in any pieces."""

    def __init__(self, *, chunked=False, step=1 << 16, subsystem=True):
        self.chunked = chunked
        self.step = step
        self.subsystem = subsystem  # False: refused, as where only "xml-mode netconf" is offered
        self.commands: list[str] = []
        self.answers: list[str | None] = []  # None hangs up; "{id}" is the message-id
        self.requests: list[str] = []
        self.senders: list[threading.Thread] = []
        self._incoming = Deframer()
        self._greeted = False
        self._outgoing: queue.Queue[bytes] = queue.Queue()
        self._timeout = WAIT
        self.closed = self.eof_received = False

    # what DirectSession asks of a paramiko client, transport and channel

    def get_transport(self):
        return self

    @property
    def sock(self):
        return self

    @property
    def packetizer(self):
        return self

    def complete_handshake(self):
        pass

    def shutdown(self, how):
        pass

    def is_alive(self):
        return False

    def open_session(self, timeout):
        self._outgoing = queue.Queue()
        versions = "01" if self.chunked else "0"
        names = [f"{BASE}{version}" for version in versions] + [CANDIDATE]
        capabilities = "".join(f"<capability>{name}</capability>" for name in names)
        self._say(HELLO.format(capabilities=capabilities), chunked=False)
        return self

    def invoke_subsystem(self, name):
        assert name == "netconf"
        if not self.subsystem:
            raise paramiko.SSHException("Channel closed.")

    def exec_command(self, command):
        self.commands.append(command)

    def settimeout(self, seconds):
        self._timeout = seconds

    def recv(self, size):
        try:
            data = self._outgoing.get(timeout=self._timeout)
        except queue.Empty:
            raise TimeoutError from None
        self.eof_received = not data
        return data

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


@pytest.fixture
def scripted_device():
    """Return the class of scripted devices."""
    return ScriptedDevice


@pytest.fixture
def threads_end():
    """Fail if a thread outlives the test."""
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before
