"""A commit as the device carries it out, with the faults that spoil it or its answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final, Literal

from harness.sim.device import Login
from harness.sim.faults.named import Fault
from harness.sim.faults.tunnel_faults import new_tunnels
from harness.sim.messages import SIMULATED, Complaint, check_out_failed, error
from harness.sim.store.commit import CommitResult


class Manner(Enum):
    """How the outcome is told."""

    PLAIN = "plain"
    OK_BESIDE_ERROR = "ok beside an error"
    WARNINGS_ONLY = "warnings without ok"
    SILENCE = "no answer"
    DROP = "the connection is lost"


@dataclass(frozen=True, slots=True)
class Told:
    """The result of a commit and how it's told."""

    result: CommitResult
    manner: Manner = Manner.PLAIN


_SPOILERS: Final = ("ok-beside-error", "die-during-commit", "hang-commit", "warnings-only")
_WARNING: Final = Complaint("warning", f"mgd: requires 'tunnel' license {SIMULATED}", "[edit]")


def commit(
    login: Login,
    *,
    log: str = "",
    confirm_minutes: int | None = None,
    rfc_confirm_seconds: int | None = None,
    at: datetime | Literal["reboot"] | None = None,
) -> Told:
    """Commit the candidate; ``faults.KINDS`` says what may happen instead."""

    def carry_out() -> CommitResult:
        return login.config.commit(
            log=log,
            confirm_minutes=confirm_minutes,
            rfc_confirm_seconds=rfc_confirm_seconds,
            at=at,
        )

    fault = _spoiler(login) if at is None else None
    if fault is None:
        return Told(carry_out())
    if fault.name == "ok-beside-error":
        return Told(_refused_for_nothing(), Manner.OK_BESIDE_ERROR)
    if fault.name == "warnings-only":
        result = carry_out()
        if not result.committed:
            return Told(result)
        warned = CommitResult((_WARNING,), True, result.confirmed_minutes)  # noqa: FBT003 - a value
        return Told(warned, Manner.WARNINGS_ONLY)
    manner = Manner.DROP if fault.name == "die-during-commit" else Manner.SILENCE
    if fault.word("when") == "before":
        return Told(CommitResult(), manner)
    result = carry_out()
    return Told(result, manner if result.committed else Manner.PLAIN)


def _spoiler(login: Login) -> Fault | None:
    device = login.device
    if not any(device.faults.get(name) for name in _SPOILERS):
        return None
    count = len(new_tunnels(device.store.committed, login.config.candidate))
    found = (device.faults.get(name, count) for name in _SPOILERS)
    return next((fault for fault in found if fault is not None), None)


def _refused_for_nothing() -> CommitResult:
    return CommitResult((error(f"commit failed {SIMULATED}", "[edit]"), check_out_failed()))
