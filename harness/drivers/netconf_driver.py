"""What the two NETCONF adapters share: judging raw replies, and the life of a session.

An adapter only makes its library send a request and returns the reply's text; whether the device
agreed is decided here, from that text alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

from harness.clock import Clock
from harness.drivers import replies, requests
from harness.drivers.netconf_session import RawManager, connect
from harness.drivers.protocol import (
    Database,
    Endpoint,
    Facts,
    LoadAction,
    PayloadFormat,
    Reply,
)
from harness.drivers.replies import Element
from harness.drivers.transcript import OPENING, Transcript
from harness.drivers.translate import Rule, border
from harness.errors import (
    CommitRefused,
    DeviceBusy,
    HarnessError,
    LoadRefused,
    OutcomeUnknown,
    RpcRefused,
    Unreachable,
)


class NetconfDriver(ABC):
    """A :class:`~harness.drivers.protocol.Writer` over NETCONF.

    A request that got no answer ends the session: the device works through requests in order,
    and closing drops the candidate and the lock.
    """

    name: str
    rules: ClassVar[Sequence[Rule]]

    def __init__(
        self, endpoint: Endpoint, clock: Clock, transcript: Transcript | None = None
    ) -> None:
        self.device = endpoint.device
        self._endpoint = endpoint
        self._clock = clock
        self._transcript = transcript
        self._manager: RawManager | None = None
        self._lost: Unreachable | None = None
        self._locked = False
        self._changed = False  # the candidate holds something this session loaded

    @property
    def session_id(self) -> int | None:
        """Return the session-id of the device's hello: on Junos the process that serves it."""
        told = str(self._manager.session_id) if self._manager is not None else ""
        return int(told) if told.isascii() and told.isdecimal() else None

    def open(self) -> None:
        """Connect, verify the host key, log in and exchange hellos."""
        self.close()
        began = self._clock.monotonic()
        try:
            self._manager = connect(self._endpoint, self._clock)
        except HarnessError as error:
            self._note(OPENING, None, began, None, str(error))
            raise
        self._note(OPENING, self._manager, began, "", "")
        self._lost = None
        with border(self.device, "opening", self.rules):
            self._attach(self._manager)

    def close(self) -> None:
        """End the session; locks and uncommitted changes of it go with it."""
        self._hang_up(silent=False)

    def facts(self) -> Facts:
        """Ask who the device is, in one RPC."""
        request = requests.operational("get-system-information", None)
        root = self._answer("get-system-information", lambda: self._send(request))
        information = replies.find(root, "system-information")
        if information is None:
            raise RpcRefused(f"{self.device}: get-system-information brought no such element")
        return Facts(
            hostname=replies.text_of(information, "host-name"),
            model=replies.text_of(information, "hardware-model"),
            version=replies.text_of(information, "os-version"),
            serial=replies.text_of(information, "serial-number"),
            capabilities=tuple(self._session().server_capabilities),
        )

    def configuration(
        self, database: Database = "committed", fmt: PayloadFormat = "xml", subtree: str = ""
    ) -> str:
        """Return the configuration; see the protocol for its shape."""
        requests.path(subtree)
        root = self._answer(
            "get-configuration", lambda: self._send_get_configuration(database, fmt, subtree)
        )
        if fmt == "xml":
            return replies.configuration_xml(root, whole=not subtree)
        found = replies.find(root, f"configuration-{fmt}")
        if found is None and not subtree:
            raise RpcRefused(f"{self.device}: get-configuration brought no <configuration-{fmt}>")
        return (found.text or "").strip("\n") if found is not None else ""

    def rpc(self, name: str, arguments: dict[str, str | bool] | None = None) -> Reply:
        """Run an operational RPC; a reply with any error raises ``RpcRefused``."""
        request = requests.operational(name, arguments)
        return self._asked(name, lambda: self._send(request))[0]

    def cli(self, command: str) -> str:
        """Run an operational command and return its text."""
        root = self._answer(command, lambda: self._send(requests.command(command)))
        for tag in ("output", "configuration-output", "rpc-reply"):
            found = replies.find(root, tag)
            if found is not None:
                return "".join(map(str, found.itertext())).strip("\n")
        return ""

    def lock(self) -> None:
        """Take the configuration lock."""
        reply, _ = self._exchange("locking", self._send_lock)
        if reply.errors:
            raise lock_refused(self.device, reply)
        self._locked = True

    def unlock(self) -> None:
        """Release the lock."""
        reply, _ = self._exchange("unlocking", self._send_unlock)
        self._refuse_errors(reply, "unlocking")
        self._locked = False

    def load(self, payload: str, fmt: PayloadFormat, action: LoadAction = "merge") -> Reply:
        """Load statements into the candidate."""
        action = requests.load_action(fmt, action)
        reply, _ = self._exchange("loading", lambda: self._send_load(payload, fmt, action))
        if reply.errors:
            raise self._put_back(LoadRefused(f"{self.device} refused the load", reply.errors))
        self._changed = True
        return reply

    def rollback(self, index: int = 0) -> Reply:
        """Load a previous configuration into the candidate."""
        requests.rollback_index(index)
        reply, _ = self._exchange(f"rollback {index}", lambda: self._send_rollback(index))
        if reply.errors:
            raise LoadRefused(f"{self.device} refused rollback {index}", reply.errors)
        self._changed = index != 0
        return reply

    def diff(self, index: int = 0) -> str:
        """Return the device's own patch."""
        request = requests.compare(index)
        root = self._answer("comparing", lambda: self._send(request))
        output = replies.find(root, "configuration-output")
        if output is None:
            # Never taken for "no difference": what may change is judged by this text.
            raise RpcRefused(f"{self.device}: comparing brought no <configuration-output>")
        patch = "".join(map(str, output.itertext())).strip("\n")
        if self._transcript is not None:
            self._transcript.compared(self.name, self._number(self._manager), patch)
        return patch

    def commit_check(self) -> Reply:
        """Validate the candidate."""
        reply, _ = self._exchange("commit check", self._send_commit_check)
        if reply.errors:
            raise CommitRefused(f"{self.device} refused the commit check", reply.errors)
        return reply

    def commit(self, log: str, confirm_minutes: int | None = None) -> Reply:
        """Commit; returns unless the device clearly refused."""
        log = requests.commit_log(log)
        minutes = requests.confirm_minutes(confirm_minutes)
        self._session()
        try:
            reply, root = self._exchange("commit", lambda: self._send_commit(log, minutes))
        except HarnessError as error:
            raise OutcomeUnknown(
                f"{self.device}: a commit was sent and its outcome isn't known: {error}"
            ) from error
        if reply.errors and not replies.carried_out(root):
            raise CommitRefused(f"{self.device} refused the commit", reply.errors)
        self._changed = False
        return reply

    def _session(self) -> RawManager:
        if self._lost is not None:
            raise Unreachable(f"{self.device}: the session was lost earlier") from self._lost
        if self._manager is None:
            raise Unreachable(f"{self.device}: no session is open")
        if not self._manager.connected:
            raise Unreachable(f"{self.device}: the device closed the session")
        return self._manager

    def _exchange(
        self, doing: str, send: Callable[[], str], *, repair: bool = True
    ) -> tuple[Reply, Element]:
        manager = self._session()
        began = self._clock.monotonic()
        raw, failure = None, "interrupted"
        try:
            with border(self.device, doing, self.rules):
                raw = send()
            failure = ""
        except Unreachable as error:
            failure = str(error)
            self._hang_up(silent=True)
            self._lost = error
            raise
        finally:
            self._note(doing, manager, began, raw, failure)
        try:
            return replies.read(raw, repair=repair)
        except RpcRefused as error:
            raise RpcRefused(f"{self.device}: {doing}: {error}") from error

    def _note(
        self, doing: str, manager: RawManager | None, began: float, raw: str | None, failure: str
    ) -> None:
        """Tell the transcript; the request is what the session wrote last."""
        if self._transcript is not None:
            seconds = self._clock.monotonic() - began
            sent = manager.sent if manager is not None else ""
            number = self._number(manager)
            self._transcript.note(
                self.name, number, doing,
                request=sent, reply=raw, seconds=seconds, failure=failure,
            )  # fmt: skip

    @staticmethod
    def _number(manager: RawManager | None) -> str:
        return str(manager.session_id) if manager is not None else ""

    def _hang_up(self, *, silent: bool) -> None:
        manager, self._manager = self._manager, None
        self._locked = self._changed = False
        if manager is not None:
            manager.hang_up(silent=silent)

    def _answer(self, doing: str, send: Callable[[], str]) -> Element:
        return self._asked(doing, send)[1]

    def _asked(self, doing: str, send: Callable[[], str]) -> tuple[Reply, Element]:
        """Ask a question, whose answer is evidence: an ill-formed one isn't guessed at."""
        reply, root = self._exchange(doing, send, repair=False)
        self._refuse_errors(reply, doing)
        return reply, root

    def _refuse_errors(self, reply: Reply, doing: str) -> None:
        if reply.errors:
            raise RpcRefused(f"{self.device} refused {doing}", reply.errors)

    def _put_back(self, refused: LoadRefused) -> LoadRefused:
        """Undo what a refused load left behind, where that can't undo anything else.

        Junos keeps the statements before the wrong one. Only a candidate that this session holds
        alone and hasn't changed before is known to equal the committed configuration.
        """
        if self._locked and not self._changed:
            try:
                self.rollback(0)
            except HarnessError as error:
                refused.add_note(f"the candidate could not be put back: {error}")
        return refused

    @abstractmethod
    def _attach(self, manager: RawManager) -> None:
        """Hand the open session to the library."""

    @abstractmethod
    def _send(self, request: Element) -> str: ...

    @abstractmethod
    def _send_get_configuration(
        self, database: Database, fmt: PayloadFormat, subtree: str
    ) -> str: ...

    @abstractmethod
    def _send_lock(self) -> str: ...

    @abstractmethod
    def _send_unlock(self) -> str: ...

    @abstractmethod
    def _send_load(self, payload: str, fmt: PayloadFormat, action: LoadAction) -> str: ...

    @abstractmethod
    def _send_rollback(self, index: int) -> str: ...

    @abstractmethod
    def _send_commit_check(self) -> str: ...

    @abstractmethod
    def _send_commit(self, log: str, minutes: int | None) -> str: ...


def lock_refused(device: str, reply: Reply) -> DeviceBusy:
    """Say who holds the configuration, in the device's words, and how to go on."""
    words = "; ".join(str(message) for message in reply.errors) or " ".join(reply.raw.split())
    return DeviceBusy(
        f"{device}: the configuration can't be locked: {words}; "
        "let the holder finish (or commit or discard his changes), then run again"
    )
