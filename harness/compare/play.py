"""Ask one device the steps of a probe, over whatever carries them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from harness.compare.probe import Answer, Ask, Command, Leave, Observation, Open, Probe, Step
from harness.errors import LabError


class Wire(Protocol):
    """One NETCONF session, raw: what the device sends comes back as it came."""

    hello: str

    def ask(self, message: str) -> str:
        """Send one message and return the answer; raises ``LabError`` when none comes."""
        ...

    def close(self) -> None:
        """End the session with ``<close-session/>``; never raises."""
        ...

    def drop(self) -> None:
        """End the connection without a word; never raises."""
        ...


class Endpoint(Protocol):
    """A device that can be asked."""

    @property
    def user(self) -> str:
        """Return as whom it's asked."""
        ...

    @property
    def host(self) -> str:
        """Return what it calls itself."""
        ...

    def netconf(self) -> Wire:
        """Open a NETCONF session; raises ``LabError``."""
        ...

    def command(self, text: str) -> str:
        """Run one command and return what it printed; raises ``LabError``."""
        ...


_NAMESPACE = "urn:ietf:params:xml:ns:netconf:base:1.0"


def play(probe: Probe, endpoint: Endpoint) -> Observation:
    """Return what ``endpoint`` answers to the steps of ``probe``; its sessions are closed after.

    A step that isn't answered ends the probe: what follows would be asked of another state.
    """
    sessions: dict[str, Wire] = {}
    answers: list[Answer] = []
    try:
        for number, step in enumerate(probe.steps):
            answer = _answer(step, number, endpoint, sessions)
            answers.append(answer)
            if answer.lost:
                break
    finally:
        for wire in sessions.values():
            wire.close()
    return Observation(probe.name, tuple(answers), endpoint.user, endpoint.host)


def _answer(step: Step, number: int, endpoint: Endpoint, sessions: dict[str, Wire]) -> Answer:
    label = str(step)
    try:
        return Answer(label, _asked(step, number, endpoint, sessions))
    except LabError as error:
        return Answer(label, lost=type(error).__name__)


def _asked(step: Step, number: int, endpoint: Endpoint, sessions: dict[str, Wire]) -> str:
    match step:
        case Open():
            return _session(step.session, endpoint.netconf, sessions).hello
        case Ask():
            wire = _session(step.session, endpoint.netconf, sessions)
            return wire.ask(step.rpc if step.whole else rpc(step.rpc, number))
        case Command():
            return endpoint.command(step.text)
        case Leave():
            wire = sessions.pop(step.session)
            wire.drop()
            return ""


def _session(name: str, opened: Callable[[], Wire], sessions: dict[str, Wire]) -> Wire:
    if name not in sessions:
        sessions[name] = opened()
    return sessions[name]


def rpc(operation: str, number: int = 0) -> str:
    """Return the message that asks for ``operation``."""
    return f'<rpc xmlns="{_NAMESPACE}" message-id="{number + 1}">{operation}</rpc>'
