"""A commit as the device carries it out, with the faults that spoil it or its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Final, Literal

from harness.sim.device import Login
from harness.sim.faults.named import Fault
from harness.sim.faults.tunnel_faults import new_tunnels
from harness.sim.messages import SIMULATED, Complaint, check_out_failed, error
from harness.sim.store.commit import CommitResult
from harness.sim.tunnels import tunnels


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
_LOST: Final = {"die-during-commit": Manner.DROP, "hang-commit": Manner.SILENCE}
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

    confirmed = confirm_minutes is not None or rfc_confirm_seconds is not None
    refusal = _refusal(login, confirmed=confirmed)
    if refusal is not None:
        return Told(_refused(refusal))
    fault = _spoiler(login) if at is None else None
    return Told(carry_out()) if fault is None else _spoiled(fault, carry_out)


def _spoiled(fault: Fault, carry_out: Callable[[], CommitResult]) -> Told:
    """Carry a commit out, or not, and say how it's told."""
    if fault.name == "ok-beside-error":
        return Told(_refused("commit failed"), Manner.OK_BESIDE_ERROR)
    if fault.name in _LOST and fault.word("when") == "before":
        return Told(CommitResult(), _LOST[fault.name])
    result = carry_out()
    if not result.committed:
        return Told(result)
    if fault.name == "warnings-only":
        return Told(replace(result, complaints=(_WARNING,)), Manner.WARNINGS_ONLY)
    return Told(result, _LOST[fault.name])


def _refusal(login: Login, *, confirmed: bool) -> str | None:
    """Return why nothing can be committed now, whatever the candidate holds."""
    faults = login.device.faults
    if faults.get("disk-full") is not None:
        return "could not write the configuration: No space left on device"
    if confirmed and faults.get("no-confirmed-commit") is not None:
        return "commit confirmed is not supported"
    bound = faults.get("refuse-above")
    if bound is None:
        return None
    count, allowed = len(tunnels(login.config.candidate)), bound.count("count")
    return f"{count} tunnels, {allowed} allowed" if count > allowed else None


def _spoiler(login: Login) -> Fault | None:
    device = login.device
    if not any(device.faults.get(name) for name in _SPOILERS):
        return None
    count = len(new_tunnels(device.store.committed, login.config.candidate))
    found = (device.faults.get(name, count) for name in _SPOILERS)
    return next((fault for fault in found if fault is not None), None)


def _refused(text: str) -> CommitResult:
    return CommitResult((error(f"{text} {SIMULATED}", "[edit]"), check_out_failed()))
