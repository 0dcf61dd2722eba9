"""Questions for evidence: read-only, each bounded in time and all of them together.

A device that just failed may be slow, half-dead or gone. Nothing here takes a lock or enters
configuration mode, and no answer is waited for longer than these seconds.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Final, Self

from harness.clock import Deadline
from harness.drivers.protocol import Reader
from harness.errors import DeviceError, HarnessError, LabError
from harness.lab.bench import Bench

QUESTION_SECONDS: Final = 30.0
ALL_SECONDS: Final = 120.0
SUPPORT_SECONDS: Final = 900.0  # `request support information` takes minutes on a loaded device
_SESSIONS: Final = 2  # an answer that doesn't come ends its session; one more is tried


class Asking(AbstractContextManager["Asking"]):
    """Asks one device, by sessions of its own, until its time is over.

    ``as_text``: what's asked for may hold any character, which no XML can: the CLI is tried first.
    """

    def __init__(
        self,
        bench: Bench,
        *,
        as_text: bool = False,
        seconds: float = ALL_SECONDS,
        each: float = QUESTION_SECONDS,
    ) -> None:
        self._bench = bench
        self._as_text = as_text
        self._each = each
        self._seconds = seconds
        self._deadline = Deadline.after(seconds, bench.run.clock)
        self._session: Reader | None = None
        self._opened = 0
        self.gone = ""  # why nobody answers any more

    def text(self, command: str) -> str:
        """Return what an operational command prints.

        Raises :class:`~harness.errors.HarnessError`: the device's refusal, or why it isn't asked.
        """
        if self.gone:
            raise LabError(f"not asked: {self.gone}")
        if self._deadline.passed(self._bench.run.clock):
            raise LabError(f"not asked: the {self._seconds:.0f} s for evidence are over")
        session = self._session or self._open()
        try:
            return session.cli(command)
        except DeviceError:
            raise  # it answered
        except HarnessError as error:
            self._close()
            if self._opened >= _SESSIONS:
                self.gone = str(error)
            raise

    def _open(self) -> Reader:
        self._opened += 1
        try:
            self._session = self._bench.apart(self._each, cli_first=self._as_text)
        except HarnessError as error:
            self.gone = str(error)
            raise
        return self._session

    def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
