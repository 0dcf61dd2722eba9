"""One rung on one device: from the proven baseline to the tunnels, and back, whatever happens.

Lease and plan are the caller's; this module keeps the order of the steps and the journal:
refuse, lock, baseline, journal, load, the device's own diff, check, commit confirmed, probe,
baseline again, proof. Between the steps it looks for the hand of somebody else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

from harness.deploy.access import Access, still_locked
from harness.deploy.baseline import Baseline
from harness.deploy.beside import Left
from harness.deploy.blast_radius import check_addition
from harness.deploy.confirming import refuses_the_form
from harness.deploy.deadman import Action, DeadMansSwitch, State
from harness.deploy.journal import (
    COMMITTED,
    COMMITTING,
    FAILED,
    REFUSED,
    RESOLVED,
    RETURNING,
    Journal,
)
from harness.deploy.locking import Lock
from harness.deploy.lookout import Lookout
from harness.deploy.mark import Mark, Phase
from harness.deploy.others import Since
from harness.deploy.resolve import CommitOutcome, resolve
from harness.deploy.restore import RestoreProof, restore
from harness.deploy.rung import Held, Owner, Payload, Pushed, RungResult, V
from harness.deploy.start import Start, begin, refuse
from harness.deploy.watch import Moment
from harness.drivers.protocol import Writer
from harness.errors import (
    CommitRefused,
    DeviceBusy,
    DeviceError,
    DeviceMessage,
    HarnessError,
    LabError,
    LoadRefused,
    NoConfirmedCommit,
    OutcomeUnknown,
    Rebooted,
    RestoreFailed,
    SecondWriter,
)

_FOUND = {
    CommitOutcome.NOT_COMMITTED: Action.FOUND_ABSENT,
    CommitOutcome.PARTIAL: Action.FOUND_PART,
    CommitOutcome.RUNNING: Action.FOUND_RUNNING,
}
_REASON = 500  # characters of a reason that the journal keeps


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
    Raises :class:`SecondWriter` when somebody else changes the device meanwhile, other
    :class:`LabError`, :class:`OutcomeUnknown`, and :class:`DeviceError` for an answer that
    can't be had or read, after restoring; :class:`RestoreFailed` above all else.
    """
    with held_rung(access, journal, owner, prepare) as held:
        conclusion = probe(held.pushed) if held.pushed is not None else None
    return held.result(conclusion)


@contextmanager
def held_rung(
    access: Access, journal: Journal, owner: Owner, prepare: Callable[[Baseline], Payload]
) -> Iterator[Held]:
    """Hold a rung's tunnels on a device while the context lasts; restore and prove at its end.

    What is begun in one thread may end in another one, as long as only one at a time has it.
    Raises what :func:`run_rung` does.
    """
    refuse(access, journal)
    with ExitStack() as sessions:
        writer = sessions.enter_context(access.writer())
        lock = Lock(access, journal, owner)
        with lock.taken_to_begin(writer):
            start = begin(access, journal, owner.run_id, writer.session_id)
            payload = prepare(start.baseline)
            journal.open(
                start.baseline,
                payload.ours,
                run_id=owner.run_id,
                owner=owner.name,
                minutes=payload.confirm_minutes,
                url=owner.url,
                serial=access.serial(),
                session_id=writer.session_id or start.footing.own,
                note=payload.note,
                newest=start.newest,
            )
        mark = Mark(owner.run_id, Phase.PUSH, payload.note)
        rung = _Rung(access, journal, mark, start, sessions=sessions, writer=writer, lock=lock)
        held = Held(start.baseline)
        try:
            held.pushed, held.refused = rung.push(payload)
            yield held
            rung.lookout.look(Moment.RETURNING)
        except BaseException as cause:
            rung.back(cause)
            raise
        held.restored = rung.back(None)
        held.commits, held.diff = rung.commits, rung.diff


def rehearse(
    access: Access, journal: Journal, owner: Owner, prepare: Callable[[Baseline], Payload]
) -> tuple[int, tuple[DeviceMessage, ...]]:
    """Lock, load, diff, check, discard: everything but a commit.

    Returns the number of statements in the device's own diff, and its messages.
    """
    refuse(access, journal)
    lock = Lock(access, journal, owner)
    with access.writer() as writer:
        lock.take(writer)
        try:
            payload = prepare(begin(access).baseline)
            loaded = writer.load(payload.text, payload.fmt)
            statements = check_addition(writer.diff(), payload.allowed)
            checked = writer.commit_check()
        finally:
            try:
                writer.rollback(0)
            finally:
                lock.give_back(writer)
    return statements, (*loaded.messages, *checked.messages)


class _Rung:
    """The part of a rung during which the device holds something of ours."""

    def __init__(
        self,
        access: Access,
        journal: Journal,
        mark: Mark,
        start: Start,
        *,
        sessions: ExitStack,
        writer: Writer,
        lock: Lock,
    ) -> None:
        self._access = access
        self._journal = journal
        self._mark = mark
        self._start = start
        self._sessions = sessions
        self._writer = writer
        self._lock = lock
        since = Since(frozenset({mark.run_id}), str(mark), start.newest)
        self._left = Left(
            since,
            frozenset(),
            session=start.footing.own,
            user=start.footing.user,
            opened=access.clock.now(),
        )
        self._switch = DeadMansSwitch()
        self.lookout = Lookout(access, journal, since, start.footing, happened=self._switch.happens)
        self._sent = False  # a commit, not only its check
        self._resolved = ""
        self.commits = 0
        self.diff = ""

    def push(self, payload: Payload) -> tuple[Pushed | None, DeviceError | None]:
        """Load, hold the diff against the allow-list, check, commit confirmed."""
        self._left = replace(self._left, ours=payload.ours)
        try:
            messages, statements = self._load(payload)
            began = self._access.clock.monotonic()
            replies, lost = self._commit(payload)
        except (LoadRefused, CommitRefused) as refused:
            self._journal.note(REFUSED, reason=_brief(refused))
            self._blame_the_form(payload, refused)
            return None, refused
        seconds = self._access.clock.monotonic() - began
        self._journal.note(
            COMMITTED,
            answer_lost=lost,
            seconds=round(seconds, 3),
            minutes=payload.confirm_minutes,
        )
        self.lookout.commit(
            str(self._mark), payload.confirm_minutes, loaded=self.diff, now=self._writer.diff
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
                outcome=self._resolved,
                beside=self._start.footing.names(),
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
        # Before the check, which would confirm what somebody has pending.
        self.lookout.look(Moment.LOADED)
        statements = check_addition(self.diff, payload.allowed)
        self._switch.step(Action.CHECK)
        checked = self._writer.commit_check()
        self.lookout.look(Moment.COMMITTING)
        self.lookout.candidate(Moment.COMMITTING, self._writer.diff(), self.diff)
        return (*loaded.messages, *checked.messages), statements

    def _commit(self, payload: Payload) -> tuple[tuple[DeviceMessage, ...], bool]:
        held = payload.confirm_minutes is not None
        self._journal.note(
            COMMITTING, log=str(self._mark), minutes=payload.confirm_minutes, deadman=held
        )
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
            self._resolve(payload, exc)
            self._switch.step(Action.FOUND_COMMITTED if held else Action.FOUND_STANDING)
            self._lock_again()
            return (), True
        return reply.messages, False

    def _resolve(self, payload: Payload, lost: OutcomeUnknown) -> None:
        """Return when the device shows the commit; raise what it's known to be otherwise."""
        found = resolve(self._access, self._mark, payload.ours, self._start.footing.own)
        self._journal.note(RESOLVED, outcome=found.outcome, why=found.why, seconds=found.seconds)
        self._resolved = found.outcome
        if found.outcome is CommitOutcome.COMMITTED:
            return
        self._switch.step(_FOUND[found.outcome])
        if found.outcome is CommitOutcome.NOT_COMMITTED:
            self.commits = 0
        words = f"{lost}; asked again, {found.why}: {found.outcome}"
        raise OutcomeUnknown(words, found.outcome) from lost

    def _lock_again(self) -> None:
        """Take the lock by a new session, unless the lost one keeps it and everybody else out.

        Ended now, that one might take its confirmed commit with it.
        """
        with suppress(DeviceError):  # not every release tells: then the lock is asked for
            if still_locked(self._access, self._start.footing.own):
                return
        fresh = self._sessions.enter_context(self._access.writer())
        try:
            self._lock.take_again(fresh)
        except DeviceBusy as busy:
            raise self.lookout.kept_out(busy) from busy
        self._writer = fresh
        self._left = replace(self._left, session=self.lookout.relocked().own)

    def back(self, cause: BaseException | None) -> RestoreProof:
        """Restore and close the journal; on failure the journal stays open."""
        self._journal.note_if_possible(RETURNING)
        left = replace(self._left, in_flight=self._switch.state is State.UNKNOWN)
        changed = self._switch.state is not State.BASELINE
        if changed:
            self._switch.step(Action.RETURN)
        mark = Mark(self._mark.run_id, Phase.RESTORED, self._mark.note)
        try:
            proof = restore(
                self._start.baseline, self._access, mark, writer=self._writer, left=left
            )
        except RestoreFailed as failed:
            if changed:
                self._switch.step(Action.NOT_PROVEN)
            self._journal.note_if_possible(FAILED, reason=_brief(failed))
            raise failed from cause
        if changed:
            self._switch.step(Action.THEIRS_KEPT if proof.kept else Action.PROVEN)
        self.commits += proof.commits
        try:
            self._journal.close(proof.how, self.commits, proof.fingerprint, proof.kept)
            self._look_back(cause)
        finally:
            self._lock.give_back(self._writer, self.lookout.own)
        return proof

    def _look_back(self, cause: BaseException | None) -> None:
        """Look once more, now that the device is put back; what is seen goes before ``cause``."""
        if isinstance(cause, SecondWriter | Rebooted):
            return  # seen already
        if cause is not None and not isinstance(cause, HarnessError):
            return  # a signal, or a defect of ours: nothing explains it away
        try:
            self.lookout.look(Moment.RETURNED)
        except (SecondWriter, Rebooted) as seen:
            raise seen from cause
        except LabError:
            return  # the proof stands; nothing more can be asked


def _brief(words: HarnessError) -> str:
    return str(words)[:_REASON]
