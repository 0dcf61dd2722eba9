"""A NETCONF session of the simulated device: bytes in, effects out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum

from lxml import etree

from harness.sim.answers import DaemonRefusal, Refusal, syntax_error
from harness.sim.device import Login
from harness.sim.dialect import BASE_1_1, Dialect, daemon_error
from harness.sim.effects import Effect, HangUp, Send
from harness.sim.faults.replies import spoiled
from harness.sim.markup import MarkupError, child, children, local_name, parse, text_of
from harness.sim.netconf import rpc_commit, rpc_configuration, rpc_operational, rpc_rfc, rpc_session
from harness.sim.netconf.framing import FramingError, MessageReader, frame
from harness.sim.netconf.replies import Reply, Then
from harness.sim.onlooker import Stage, told
from harness.sim.permissions import needed
from harness.sim.temper import before

_HANDLERS = {
    **rpc_session.HANDLERS,
    **rpc_configuration.HANDLERS,
    **rpc_commit.HANDLERS,
    **rpc_rfc.HANDLERS,
    **rpc_operational.HANDLERS,
}
_OWN_PREFIXES = ("nc", "junos")
_COMMITS = frozenset(("commit-configuration", "commit", "validate"))


class _State(Enum):
    SILENT = "silent"  # nothing sent yet
    OPEN = "open"
    HUNG = "hung"  # a reply was withheld, and so is every later one
    CLOSED = "closed"


class NetconfSession:
    """One NETCONF session, from the device's hello to close-session."""

    def __init__(self, login: Login, dialect: Dialect) -> None:
        self._login = login
        self._dialect = dialect
        self._reader = MessageReader()
        self._state = _State.SILENT
        self._hello_seen = False

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        self._reader.feed(data)

    def close(self) -> None:
        """Release the lock, the candidate and the place in the device's list of sessions."""
        self._state = _State.CLOSED
        self._login.close()

    def run(self) -> Iterator[Effect]:
        """Answer every whole message that arrived; unframeable bytes end the session."""
        if self._state is _State.SILENT:
            self._state = _State.OPEN
            login = self._login
            hello = self._dialect.hello(login.user, login.class_name, login.pid)
            yield Send(self._framed(hello))
        while self._state is _State.OPEN:
            try:
                message = self._reader.next_message()
            except FramingError:
                yield HangUp()
                return
            if message is None:
                return
            yield from self._message(message)

    def _message(self, message: bytes) -> Iterator[Effect]:
        if not message.strip():
            return
        try:
            root = parse(message)
        except MarkupError:
            yield self._reply(self._refused(syntax_error("]]>]]>")), {})
            return
        match local_name(root):
            case "hello":
                self._hello(root)
            case "rpc":
                yield from self._rpc(root)
            case other:
                yield self._reply(self._refused(syntax_error(other)), {})

    def _hello(self, root: etree._Element) -> None:
        if self._hello_seen:
            return
        self._hello_seen = True
        offered = child(root, "capabilities")
        names = [text_of(each) for each in children(offered)] if offered is not None else []
        self._reader.chunked = self._dialect.offers_chunks and BASE_1_1 in names

    def _rpc(self, root: etree._Element) -> Iterator[Effect]:
        attributes = _echoed(root)
        operations = children(root)
        if len(operations) != 1:
            yield self._reply(self._refused(syntax_error("rpc")), attributes)
            return
        operation = operations[0]
        name = local_name(operation)
        checks = name == "validate" or child(operation, "check") is not None
        commits = name in _COMMITS
        yield from before(self._login, name, commits=commits, checks=checks)
        reply = self._answer(operation)
        yield from told(self._login, name, Stage.DONE, commits=commits and not checks)
        body = spoiled(self._login.device.faults, name, reply.body)
        match reply.then:
            case Then.SILENCE:
                self._state = _State.HUNG
            case Then.DROP:
                yield HangUp(abrupt=True)
            case Then.GO_ON:
                yield self._reply(body, attributes)
            case Then.CLOSE:
                yield self._reply(body, attributes)
                yield HangUp()

    def _answer(self, operation: etree._Element) -> Reply:
        self._login.device.tick()
        name = local_name(operation)
        handler = _HANDLERS.get(name)
        try:
            if handler is None:
                raise syntax_error(name)
            permission = needed(name)
            if permission is not None:
                self._login.require(permission, name)
            return handler(self._login, self._dialect, operation)
        except Refusal as refusal:
            return Reply(self._refused(refusal))
        except DaemonRefusal as refusal:
            return Reply(daemon_error(refusal.daemon, refusal.text))

    def _refused(self, refusal: Refusal) -> str:
        return self._dialect.errors(refusal.complaints)

    def _reply(self, body: str, attributes: Mapping[str, str]) -> Send:
        return Send(self._framed(self._dialect.reply(body, attributes)))

    def _framed(self, text: str) -> bytes:
        return frame(text.encode(), chunked=self._reader.chunked)


def _echoed(root: etree._Element) -> dict[str, str]:
    """Return the attributes of an rpc as they go back, foreign prefixes declared with them.

    An attribute whose prefix the reply declares itself isn't echoed.
    """
    echoed: dict[str, str] = {}
    prefixes = {uri: prefix for prefix, uri in root.nsmap.items() if prefix is not None}
    for name, value in root.attrib.items():
        namespace, _, local = str(name).rpartition("}")
        prefix = prefixes.get(namespace[1:], "")
        if not namespace:
            echoed[local] = str(value)
        elif prefix and prefix not in _OWN_PREFIXES:
            echoed[f"xmlns:{prefix}"] = namespace[1:]
            echoed[f"{prefix}:{local}"] = str(value)
    return echoed
