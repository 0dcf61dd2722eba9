"""Carries out a session's effects on a connection, one after another, pauses included."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Protocol

from harness.sim.effects import Cut, Effect, HangUp, Pause, Send, Session

_log = logging.getLogger(__name__)


class Wire(Protocol):
    """What a pump needs of a connection."""

    def send(self, data: bytes) -> None:
        """Send bytes to the client."""
        ...

    def end(self, *, abrupt: bool) -> None:
        """End the session; ``abrupt`` drops the connection under it."""
        ...

    def later(self, seconds: float, resume: Callable[[], None]) -> None:
        """Call ``resume`` when that time has passed."""
        ...

    def hold(self, *, held: bool) -> None:
        """Take no more from the client, or go on taking."""
        ...


class Pump:
    """Runs one session on one wire; ``name`` is whose session it is, for the log.

    Nothing is made for a client that doesn't read (:meth:`choke`), and not much is taken from one
    that isn't answered yet: beyond ``waiting_limit`` bytes the wire holds the rest back.
    """

    def __init__(self, name: str, session: Session, wire: Wire, *, waiting_limit: int) -> None:
        self._name = name
        self._wire = wire
        self._session: Session | None = session
        self._effects: Iterator[Effect] | None = None
        self._input_ended = False
        self._pausing = False
        self._choked = False  # the client doesn't read
        self._gone = False  # the client is; what it asked for last is finished all the same
        self._waiting = 0  # bytes fed since the work at hand began
        self._waiting_limit = waiting_limit
        self._held = False

    def feed(self, data: bytes) -> None:
        """Hand over what arrived; during a pause it waits."""
        if self._session is not None:
            self._session.feed(data)
            self.run()
            if self._effects is not None:
                self._waiting += len(data)
                self._hold(held=self._waiting > self._waiting_limit)

    def end_of_input(self) -> None:
        """Finish what was asked for so far, then end the session: the client sends no more."""
        self._input_ended = True
        self.run()

    def run(self) -> None:
        """Do all that can be done now."""
        if self._effects is None and self._session is not None:
            self._effects = self._session.run()
            self._resume()

    def choke(self) -> None:
        """Make nothing more for now: what was sent isn't taken."""
        self._choked = True

    def flow(self) -> None:
        """Go on: the client reads again."""
        self._choked = False
        if not self._pausing:
            self._resume()

    def hang_up(self, *, abrupt: bool = False) -> None:
        """End the session from this side."""
        if self._session is not None:
            self._release()
            if not self._gone:
                self._wire.end(abrupt=abrupt)

    def closed(self) -> None:
        """Release the session, whose wire is gone, once what it's working on is finished."""
        self._gone = self._input_ended = True
        self._choked = False  # nobody is left to read, so nobody is waited for
        if not self._pausing:
            self._release()

    def _release(self) -> None:
        session, self._session, self._effects = self._session, None, None
        if session is not None:
            session.close()

    def _pause_is_over(self) -> None:
        self._pausing = False
        self._resume()

    def _resume(self) -> None:
        while self._effects is not None and not self._choked:
            match self._next(self._effects):
                case Send(data):
                    if not self._gone:
                        self._wire.send(data)
                case Pause(seconds):
                    self._pausing = True
                    self._wire.later(seconds, self._pause_is_over)
                    return
                case Cut():
                    self._wire.end(abrupt=True)
                case HangUp(abrupt):
                    self.hang_up(abrupt=abrupt)
                case None:
                    self._effects = None
        if self._effects is None:
            self._waiting = 0
            self._hold(held=False)
            if self._input_ended:
                self.hang_up()

    def _hold(self, *, held: bool) -> None:
        if held is not self._held:
            self._held = held
            if not self._gone:
                self._wire.hold(held=held)

    def _next(self, effects: Iterator[Effect]) -> Effect | None:
        try:
            return next(effects, None)
        except Exception:  # noqa: BLE001 - logged whole; one session's defect must not stop the rest
            _log.exception("%s: a session failed", self._name)
            return HangUp(abrupt=True)
