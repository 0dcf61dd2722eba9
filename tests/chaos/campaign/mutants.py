"""Broken harnesses: each lacks one thing that the campaign is there to notice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from harness.deploy import push
from harness.deploy.access import Access
from harness.deploy.baseline import Baseline
from harness.deploy.journal import Journal
from harness.deploy.mark import Mark
from harness.deploy.restore import RestoreProof
from harness.lab import control, qualify, restoring
from harness.outcome import Evidence, Outcome, Verdict
from harness.render.readback import fingerprint

NAME = "CHAOS_MUTANT"  # in the environment of a child

_SLOTS = 10


def install(name: str) -> None:
    """Break what the mutant of that name breaks; "" breaks nothing."""
    if name:
        MUTANTS[name]()


def _skip_restore() -> None:
    """Say that a device is back, and do nothing."""

    def restore(baseline: Baseline, *_: Any, **__: Any) -> RestoreProof:
        return RestoreProof(baseline.device, "untouched", baseline.fingerprint, 0, 0.0)

    _replace(restore, push, restoring)


def _no_journal() -> None:
    """Write nothing down."""
    for name in ("open", "note", "close"):
        patch.object(Journal, name, lambda *_, **__: None).start()


def _roll_theirs_away() -> None:
    """Go back to the baseline over whatever somebody else committed on top of ours."""

    def restore(
        baseline: Baseline, access: Access, mark: Mark, *, writer: Any = None, **_: Any
    ) -> RestoreProof:
        if writer is not None:
            writer.close()
        with access.writer() as fresh:
            fresh.lock()
            for index in range(_SLOTS):
                fresh.rollback(index)
                if fingerprint(fresh.configuration("candidate", "xml")) == baseline.fingerprint:
                    fresh.commit(str(mark))
                    break
        return RestoreProof(baseline.device, "rollback", baseline.fingerprint, 1, 0.0)

    _replace(restore, push, restoring)


def _pass_regardless() -> None:
    """Judge without looking."""

    def judge(*_: Any, **__: Any) -> Verdict:
        return Verdict(Outcome.PASS, "accepted: it says so itself", Evidence.READ_BACK, ())

    for module in (qualify, control):
        patch.object(module, "judge", judge).start()


def _replace(restore: Callable[..., RestoreProof], *modules: Any) -> None:
    for module in modules:
        patch.object(module, "restore", restore).start()


MUTANTS: dict[str, Callable[[], None]] = {
    "skip-restore": _skip_restore,
    "no-journal": _no_journal,
    "roll-theirs-away": _roll_theirs_away,
    "pass-regardless": _pass_regardless,
}
