"""Every exception the harness raises; the class says whose fault it is.

::

    HarnessError
    ├── UsageError              the person running must change something        exit 64
    │   ├── TestbedError        one or more lines of a testbed file are wrong
    │   ├── ClaimError          a claim row, or an operator's value, is wrong
    │   └── PlanError           what was asked can't be built on this device
    ├── DeviceError             the device refused or misbehaved                exit 65
    │   ├── LoadRefused         it refused statements before a commit
    │   ├── CommitRefused       it refused the commit or the commit check
    │   └── RpcRefused          it refused a question
    ├── LabError                the lab isn't usable right now                  exit 69
    │   ├── Unreachable         no connection, or it was lost
    │   ├── LoginRefused        the device or the operator's credentials say no
    │   ├── DeviceBusy          lease, lock, dirty candidate, foreign confirm
    │   │   └── SecondWriter    somebody else changed it during our run
    │   ├── NoConfirmedCommit   the device takes none, so nothing would undo a dead run
    │   ├── Rebooted            the device rebooted in the middle of a rung
    │   ├── TimerNotRunning     our commit isn't held as a confirmed one
    │   └── UnsafeChange        the device's own diff leaves the allow-list
    ├── HarnessBug              can't happen; ours                              exit 70
    ├── OutcomeUnknown          a commit was sent, no answer came               exit 74
    └── RestoreFailed           the baseline is not proven                      exit 76
        └── Quarantined         ours and somebody else's change are entangled   exit 77

A failed check is a :class:`harness.outcome.Verdict`, never an exception. Exit codes follow
sysexits.h where it has a word for the case; pytest's own 0–5 are never used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class DeviceMessage:
    """One complaint in a device's own words, from an ``rpc-error``, ``xnm:error`` or CLI line."""

    severity: str  # "error" or "warning"
    text: str
    path: str = ""  # "[edit security ike]"
    bad_element: str = ""
    daemon: str = ""
    tag: str = ""  # NETCONF error-tag, kept even when unknown

    def __str__(self) -> str:
        """Write path, element and text on one line."""
        parts = (self.path, f"'{self.bad_element}'" if self.bad_element else "", self.text)
        return " ".join(part for part in parts if part)


class HarnessError(Exception):
    """Root of the tree; never raised itself."""

    exit_code: ClassVar[int] = 70


class UsageError(HarnessError):
    """The person running must change something; the message says what is allowed."""

    exit_code = 64


class TestbedError(UsageError):
    """A testbed file is wrong; ``problems`` holds every line-level error, one line each."""

    __test__ = False  # pytest must not take the name for a test class

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type[TestbedError], tuple[tuple[str, ...]]]:
        """Survive the way from another process: an exception is remade from its one text."""
        return type(self), (self.problems,)


class ClaimError(UsageError):
    """A claim row has no citation, or an operator's value is malformed."""


class PlanError(UsageError):
    """The requested tunnels can't be built on this device; nothing was sent."""


class DeviceError(HarnessError):
    """The device refused or misbehaved; ``messages`` are its own words."""

    exit_code = 65

    def __init__(self, summary: str, messages: Sequence[DeviceMessage] = ()) -> None:
        words = "; ".join(str(message) for message in messages)
        super().__init__(f"{summary}: {words}" if words else summary)
        self.messages = tuple(messages)


class LoadRefused(DeviceError):
    """The device refused statements while loading them."""


class CommitRefused(DeviceError):
    """The device refused the commit or the commit check."""


class RpcRefused(DeviceError):
    """The device refused to answer an operational question."""


class LabError(HarnessError):
    """The lab isn't usable right now; the device's capacity is not in question."""

    exit_code = 69


class Unreachable(LabError):
    """No connection, or an open one was lost."""


class LoginRefused(LabError):
    """Authentication or the host key failed."""


class DeviceBusy(LabError):
    """Somebody else holds the device; the message names who, and how to go on."""


class SecondWriter(DeviceBusy):
    """Somebody else changed the device during our run; theirs is kept, ours goes no further."""


class NoConfirmedCommit(LabError):
    """The device refuses confirmed commits as such; nothing is pushed without being told to."""


class Rebooted(LabError):
    """The device rebooted in the middle of a rung: its confirm timer may be gone."""


class TimerNotRunning(LabError):
    """The device took our commit, and its history doesn't say that it undoes it by itself."""


class UnsafeChange(LabError):
    """The device's own diff holds a line outside the allow-list; nothing was committed."""


class HarnessBug(HarnessError):
    """A state that can't happen."""


class OutcomeUnknown(HarnessError):
    """A commit was sent and no answer came; the device must be asked before anything else.

    ``outcome`` is what asking brought, in the words of the record; "" before it was asked.
    """

    exit_code = 74

    def __init__(self, summary: str, outcome: str = "") -> None:
        super().__init__(summary)
        self.outcome = outcome


class RestoreFailed(HarnessError):
    """The device isn't proven to be at its baseline; it's out for the rest of the run."""

    exit_code = 76


class Quarantined(RestoreFailed):
    """Somebody else changed what we had changed: which of it may go, only a person can say."""

    exit_code = 77
