"""One rung on one device: from the proven baseline to the tunnels, and back, whatever happens.

Lease and plan are the caller's; this module keeps the order of the steps and the journal:
refuse, baseline, journal, lock, load, the device's own diff, check, commit confirmed, probe,
baseline again, proof.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.deploy.access import Access, unlock_or_close
from harness.deploy.baseline import Baseline
from harness.deploy.blast_radius import check_addition
from harness.deploy.confirming import refuses_the_form
from harness.deploy.deadman import Action, DeadMansSwitch, State
from harness.deploy.journal import COMMITTED, COMMITTING, FAILED, REFUSED, RETURNING, Journal
from harness.deploy.mark import Mark, Phase
from harness.deploy.resolve import was_committed
from harness.deploy.restore import RestoreProof, restore
from harness.deploy.rung import Owner, Payload, Pushed, RungResult, V
from harness.deploy.start import Start, begin, refuse
from harness.drivers.protocol import Writer
from harness.errors import (
    CommitRefused,
    DeviceError,
    DeviceMessage,
    LoadRefused,
    NoConfirmedCommit,
    OutcomeUnknown,
    RestoreFailed,
)


def run_rung(
    access: Access,
    journal: Journal,
    owner: Owner,
    prepare: Callable[[Baseline], Payload],
    probe: Callable[[Pushed], V],
) -> RungResult[V]:
    """Push, probe, restore, prove.

    ``prepare`` makes the payload from the baseline (so that plans avoid what is there); whatever it
    raises leaves the device untouched. A refusal by the device is a result, not an exception.
    Raises :class:`LabError`, :class:`OutcomeUnknown`, and :class:`DeviceError` for an answer that
    can't be had or read, after restoring; :class:`RestoreFailed` above all else.
    """
    refuse(access, journal)
    with access.writer() as writer:
        writer.lock()
        start = begin(access)
        payload = prepare(start.baseline)
        journal.open(
            start.baseline,
            payload.ours,
            run_id=owner.run_id,
            owner=owner.name,
            minutes=payload.confirm_minutes,
            url=owner.url,
            serial=access.serial(),
            session_id=writer.session_id,
            note=payload.note,
            newest=start.newest,
        )
        mark = Mark(owner.run_id, Phase.PUSH, payload.note)
        rung = _Rung(access, journal, mark, start, writer)
        try:
            pushed, refused = rung.push(payload)
            conclusion = probe(pushed) if pushed is not None else None
        except BaseException as cause:
            rung.back(cause)
            raise
        restored = rung.back(None)
        return RungResult(
            start.baseline, restored, pushed, conclusion, refused, rung.commits, rung.diff
        )


def rehearse(
    access: Access, prepare: Callable[[Baseline], Payload], journal: Journal
) -> tuple[int, tuple[DeviceMessage, ...]]:
    """Lock, load, diff, check, discard: everything but a commit.

    Returns the number of statements in the device's own diff, and its messages.
    """
    refuse(access, journal)
    with access.writer() as writer:
        writer.lock()
        try:
            payload = prepare(begin(access).baseline)
            loaded = writer.load(payload.text, payload.fmt)
            statements = check_addition(writer.diff(), payload.allowed)
            checked = writer.commit_check()
        finally:
            writer.rollback(0)
            writer.unlock()
    return statements, (*loaded.messages, *checked.messages)


class _Rung:
    """The part of a rung during which the device holds something of ours."""

    def __init__(
        self, access: Access, journal: Journal, mark: Mark, start: Start, writer: Writer
    ) -> None:
        self._access = access
        self._journal = journal
        self._mark = mark
        self._start = start
        self._writer = writer
        self._switch = DeadMansSwitch()
        self._sent = False  # a commit, not only its check
        self.commits = 0
        self.diff = ""

    def push(self, payload: Payload) -> tuple[Pushed | None, DeviceError | None]:
        """Load, hold the diff against the allow-list, check, commit confirmed."""
        try:
            messages, statements = self._load(payload)
            began = self._access.clock.monotonic()
            replies, lost = self._commit(payload)
        except (LoadRefused, CommitRefused) as refused:
            self._journal.note(REFUSED, reason=str(refused)[:500])
            self._blame_the_form(payload, refused)
            return None, refused
        seconds = self._access.clock.monotonic() - began
        self._journal.note(
            COMMITTED,
            answer_lost=lost,
            seconds=round(seconds, 3),
            minutes=payload.confirm_minutes,
        )
        return (
            Pushed(
                baseline=self._start.baseline,
                history_before=self._start.history,
                mark=self._mark,
                messages=(*messages, *replies),
                answer_lost=lost,
                commit_seconds=seconds,
                statements=statements,
                diff=self.diff,
                confirm_minutes=payload.confirm_minutes,
            ),
            None,
        )

    def _blame_the_form(self, payload: Payload, refused: DeviceError) -> None:
        """Raise :class:`NoConfirmedCommit` where it wasn't our statements that were refused."""
        minutes = payload.confirm_minutes
        if minutes is None or payload.confirmed_before or not self._sent:
            return
        if refuses_the_form(self._writer, self._mark, minutes):
            raise NoConfirmedCommit(
                f"{self._access.device} refuses confirmed commits, whatever they hold ({refused}): "
                "nothing would take the tunnels off if everything here died; "
                "--without-deadman pushes all the same, and then only 'harness restore' does it"
            ) from refused

    def _load(self, payload: Payload) -> tuple[tuple[DeviceMessage, ...], int]:
        self._switch.step(Action.LOAD)
        loaded = self._writer.load(payload.text, payload.fmt)
        self.diff = self._writer.diff()
        statements = check_addition(self.diff, payload.allowed)
        self._switch.step(Action.CHECK)
        checked = self._writer.commit_check()
        return (*loaded.messages, *checked.messages), statements

    def _commit(self, payload: Payload) -> tuple[tuple[DeviceMessage, ...], bool]:
        self._journal.note(COMMITTING, log=str(self._mark), minutes=payload.confirm_minutes)
        held = payload.confirm_minutes is not None
        self._switch.step(Action.COMMIT_CONFIRMED if held else Action.COMMIT)
        self._sent = True
        self.commits = 1  # until the device says that it took none
        try:
            reply = self._writer.commit(str(self._mark), payload.confirm_minutes)
        except CommitRefused:
            self._switch.step(Action.REFUSED)
            self.commits = 0
            raise
        except OutcomeUnknown as exc:
            self._switch.step(Action.LOST)
            self._writer.close()  # its lock must not stand in the way of asking
            if not was_committed(self._access, self._mark):
                self._switch.step(Action.FOUND_ABSENT)
                self.commits = 0
                raise OutcomeUnknown(
                    f"{exc}; asked again, the commit history doesn't show it: not committed"
                ) from exc
            self._switch.step(Action.FOUND_COMMITTED if held else Action.FOUND_STANDING)
            return (), True
        return reply.messages, False

    def back(self, cause: BaseException | None) -> RestoreProof:
        """Restore and close the journal; on failure the journal stays open."""
        self._journal.note(RETURNING)
        changed = self._switch.state is not State.BASELINE
        if changed:
            self._switch.step(Action.RETURN)
        mark = Mark(self._mark.run_id, Phase.RESTORED, self._mark.note)
        try:
            proof = restore(self._start.baseline, self._access, mark, writer=self._writer)
        except RestoreFailed as failed:
            if changed:
                self._switch.step(Action.NOT_PROVEN)
            self._journal.note(FAILED, reason=str(failed)[:500])
            raise failed from cause
        if changed:
            self._switch.step(Action.PROVEN)
        self.commits += proof.commits
        self._journal.close(proof.how, self.commits, proof.fingerprint)
        unlock_or_close(self._writer)
        return proof
