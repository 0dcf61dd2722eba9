"""Measure on a device what sources leave open about confirmed commits, and put it back.

The one place that sends on purpose what ``deadman.TRANSITIONS`` forbids: a check, a commit and a
second confirmed commit while one is pending. What it commits is a configuration group that nothing
applies: daemons are given the configuration with its groups expanded and know nothing of groups
(Junos CLI guide, "Configuration Groups Overview"), so none of them is told of it; every platform
has the statement, the simulated ones too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Literal

from harness.clock import Deadline
from harness.deploy.access import Access, history
from harness.deploy.beside import Left
from harness.deploy.blast_radius import AllowList, check_addition
from harness.deploy.confirming import refuses_the_form
from harness.deploy.journal import COMMITTED, COMMITTING, FAILED, RETURNING, Journal
from harness.deploy.locking import Lock
from harness.deploy.mark import Mark, Phase
from harness.deploy.others import Since, automatic, others, told
from harness.deploy.restore import restore
from harness.deploy.rung import Owner
from harness.deploy.start import Start, begin, refuse
from harness.drivers.history import CommitEntry, newest
from harness.drivers.protocol import Writer
from harness.drivers.uptime import UPTIME_RPC, parse_uptime
from harness.errors import (
    CommitRefused,
    DeviceError,
    LabError,
    RestoreFailed,
    SecondWriter,
    Unreachable,
)
from harness.render.readback import Path, fingerprint, statements

FIRST: Final = "hil-probe-1"
SECOND: Final = "hil-probe-2"
ALLOWED: Final = AllowList([("groups", FIRST), ("groups", SECOND)])
_HISTORY_COMMAND: Final = "show system commit"
_PENDING_TEXT: Final = "rollback pending"
_MINUTES: Final = 1  # the least that Junos takes
_REBOOT_MINUTES: Final = 5  # longer than it takes to go down
_AWAY_SECONDS: Final = 1800.0  # that a reboot may last
_POLL_SECONDS: Final = 5.0
_LATE_SECONDS: Final = 15.0  # that a rollback may come late, beside what commits take

Followup = Literal["first", "previous"]
Say = Callable[[str], None]


class Way(StrEnum):
    """What may confirm a pending confirmed commit."""

    CHECK_OTHER = "commit check, another session"
    CHECK_SAME = "commit check, same session"
    COMMIT_OTHER = "commit, another session"
    COMMIT_SAME = "commit, same session"

    @property
    def checks(self) -> bool:
        """Say whether it only checks."""
        return self in {Way.CHECK_OTHER, Way.CHECK_SAME}

    @property
    def elsewhere(self) -> bool:
        """Say whether another session does it."""
        return self in {Way.CHECK_OTHER, Way.COMMIT_OTHER}


def _paths(group: str) -> Iterator[Path]:
    """Return what a question adds, as read-backs are flattened."""
    xml = (
        f"<configuration><groups><name>{group}</name><system><location><building>{group}"
        "</building></location></system></groups></configuration>"
    )
    yield from statements(xml).members


_OURS: Final = frozenset((*_paths(FIRST), *_paths(SECOND)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a device answered; None where it wasn't asked or couldn't be told: the bad case."""

    refused: str = ""  # the device's words, where it takes no confirmed commits at all
    refused_in_private: str | None = None  # the same of a private copy; "": it takes them there
    marks_pending: bool | None = None  # its history marks a commit that is pending
    rolls_back: bool | None = None  # an unconfirmed commit goes by itself
    rolls_back_locked: bool | None = None  # while the session that made it holds the lock, too
    followup: Followup | None = None  # where it leads after a second confirmed commit
    confirmed_by: Mapping[Way, bool] = field(default_factory=dict)
    survives_reboot: bool | None = None
    commit_seconds: tuple[float, ...] = ()  # of commits of one statement
    commits: int = 0  # rollback slots that asking took


def probe(
    access: Access, journal: Journal, owner: Owner, *, reboot: bool = False, say: Say
) -> Answers:
    """Ask the device by tiny changes; it's at its baseline afterwards, proven as after a rung.

    ``reboot`` reboots it once. ``say`` is told what is being done. Raises as
    :func:`harness.deploy.push.run_rung` does, after restoring.
    """
    refuse(access, journal)
    lock = Lock(access, journal, owner)
    with access.writer() as writer, lock.taken_to_begin(writer):
        start = begin(access)
        journal.open(
            start.baseline,
            _OURS,
            run_id=owner.run_id,
            owner=owner.name,
            minutes=_MINUTES,
            url=owner.url,
            serial=access.serial(),
            session_id=writer.session_id,
            note="probe",
            newest=start.newest,
        )
        lock.give_back(writer)
    one = _Probe(access, journal, owner, start, say)
    try:
        answers = one.ask(reboot=reboot)
    except BaseException as cause:
        one.close(cause)
        raise
    one.close(None)
    return replace(answers, commits=one.commits)


class _Probe:
    """One device while it's asked; every question begins at the baseline and ends there."""

    def __init__(
        self, access: Access, journal: Journal, owner: Owner, start: Start, say: Say
    ) -> None:
        self._access = access
        self._journal = journal
        self._owner = owner
        self._start = start
        self._say = say
        self._left = Left(Since(frozenset({owner.run_id}), newest=start.newest), _OURS)
        self._step = 0
        self.commits = 0
        self._seconds: list[float] = []

    def ask(self, *, reboot: bool) -> Answers:
        """Ask everything, one question after the other."""
        self._say("whether it takes confirmed commits, and where a second one leads")
        answers = self._followup()
        if answers.refused or not answers.rolls_back:
            return self._with_times(answers)
        answers = replace(answers, confirmed_by=self._confirmed_by(answers))
        self._say("whether it takes them from a private copy")
        answers = replace(answers, refused_in_private=self._refused_in_private())
        if reboot:
            self._say("whether a pending rollback survives a reboot: the device reboots now")
            answers = replace(answers, survives_reboot=self._survives_reboot())
        return self._with_times(answers)

    def _with_times(self, answers: Answers) -> Answers:
        return replace(answers, commit_seconds=tuple(round(s, 3) for s in self._seconds))

    # -- questions

    def _followup(self) -> Answers:
        """Send a second confirmed commit on top of a first, and see where the device goes back."""
        with self._locked() as writer:
            refused = self._arm(writer, FIRST)
            if refused is not None:
                form = refuses_the_form(writer, self._mark(Phase.PUSH), _MINUTES)
                if not form:
                    raise refused
                self.commits += 1
                return Answers(refused=str(refused))
            marks = self._pending()
            after_first = self._running()
            refused = self._arm(writer, SECOND)
            if refused is not None:
                raise refused
            locked = self._rolled_back()
        rolled_back = locked or self._rolled_back()
        target: Followup | None = None
        if rolled_back:
            runs = self._running()
            targets: dict[str, Followup] = {
                self._start.baseline.fingerprint: "first",
                after_first: "previous",
            }
            target = targets.get(runs)
        self._return()
        return Answers(
            marks_pending=marks,
            rolls_back=rolled_back,
            rolls_back_locked=locked,
            followup=target,
        )

    def _confirmed_by(self, known: Answers) -> dict[Way, bool]:
        """Try what may confirm; the mark is believed once waiting has borne it out."""
        marks = known.marks_pending is True
        confirmed: dict[Way, bool] = {}
        for way in Way:
            self._say(f"whether it's confirmed by: {way}")
            if not self._try(way):
                self._return()
                continue
            pending = self._pending()
            if marks and confirmed:
                confirmed[way] = not pending
            else:
                confirmed[way] = not self._rolled_back()
                marks = marks and confirmed[way] is not pending
            self._return()
        return confirmed

    def _try(self, way: Way) -> bool:
        """Let a confirmed commit be pending and do what may confirm it; False: it was refused."""
        with self._locked() as writer:
            refused = self._arm(writer, FIRST)
            if refused is not None:
                raise refused
            if not way.elsewhere:
                return self._confirm(writer, way)
        with self._locked() as another:
            return self._confirm(another, way)

    def _confirm(self, writer: Writer, way: Way) -> bool:
        try:
            if way.checks:
                writer.commit_check()
            else:
                self._commit(writer, None)
        except CommitRefused:
            return False
        return True

    def _refused_in_private(self) -> str | None:
        """Try it in a private copy; None when there is none to be had."""
        with self._access.writer() as writer:
            try:
                writer.rpc("open-configuration", {"private": True})
                refused = self._arm(writer, FIRST)
            except DeviceError:
                return None
        self._return()
        return "" if refused is None else str(refused)

    def _survives_reboot(self) -> bool:
        """Reboot with a confirmed commit pending, and wait until it must have gone."""
        with self._locked() as writer:
            refused = self._arm(writer, FIRST, _REBOOT_MINUTES)
            if refused is not None:
                raise refused
        booted = self._booted()
        self._journal.note("rebooting")
        try:
            with self._access.writer() as writer:
                writer.rpc("request-reboot")
        except Unreachable:
            pass  # it may hang up before it has answered
        self._await_boot(booted)
        survives = self._rolled_back(_REBOOT_MINUTES)
        self._return()
        return survives

    # -- what questions are made of

    @contextmanager
    def _locked(self) -> Iterator[Writer]:
        with self._access.writer() as writer:
            lock = Lock(self._access, self._journal, self._owner)
            lock.take(writer)
            self._history()
            yield writer
            lock.give_back(writer)

    def _arm(self, writer: Writer, group: str, minutes: int = _MINUTES) -> CommitRefused | None:
        """Commit ``group`` confirmed, held against the allow-list; return how it was refused."""
        writer.load(f"set groups {group} system location building {group}", "set", "set")
        check_addition(writer.diff(), ALLOWED)
        try:
            self._commit(writer, minutes)
        except CommitRefused as refused:
            return refused
        return None

    def _commit(self, writer: Writer, minutes: int | None) -> None:
        mark = self._mark(Phase.PUSH)
        self._journal.note(COMMITTING, log=str(mark), minutes=minutes)
        began = self._access.clock.monotonic()
        writer.commit(str(mark), minutes)
        seconds = self._access.clock.monotonic() - began
        self.commits += 1
        self._seconds.append(seconds)
        self._journal.note(COMMITTED, seconds=round(seconds, 3), minutes=minutes)

    def _mark(self, phase: Phase) -> Mark:
        self._step += 1
        return Mark(self._owner.run_id, phase, f"probe step={self._step}")

    def _pending(self) -> bool:
        """Say whether the history marks its newest commit as pending, in XML or in text alone."""
        if any(entry.pending for entry in newest(self._history())):
            return True
        with self._access.reader() as reader:
            try:
                return _PENDING_TEXT in reader.cli(_HISTORY_COMMAND)
            except DeviceError:
                return False

    def _running(self) -> str:
        with self._access.reader() as reader:
            return fingerprint(reader.configuration("committed", "xml"))

    def _rolled_back(self, minutes: int = _MINUTES) -> bool:
        """Wait until the device rolls back by itself, or must have."""
        late = _LATE_SECONDS + 3 * max(self._seconds, default=0.0)
        deadline = Deadline.after(minutes * 60 + late, self._access.clock)
        while True:
            if all(automatic(entry) for entry in newest(self._history())):
                return True
            if deadline.passed(self._access.clock):
                return False
            self._access.clock.sleep(_POLL_SECONDS)

    def _history(self) -> tuple[CommitEntry, ...]:
        """Read the history; :class:`SecondWriter` when somebody else committed meanwhile."""
        with self._access.reader() as reader:
            entries = history(reader)
        foreign = others(entries, self._left.since)
        if foreign:
            raise SecondWriter(
                f"{self._access.device}: somebody else committed while it was probed "
                f"({'; '.join(map(told, foreign[:3]))}): their change is kept, nothing was measured"
            )
        return entries

    def _booted(self) -> int | None:
        with self._access.reader() as reader:
            times = parse_uptime(reader.rpc(UPTIME_RPC).raw)
        return None if times is None else times.booted

    def _await_boot(self, before: int | None) -> None:
        """Wait until the device has booted anew; raises :class:`LabError` when it doesn't."""
        deadline = Deadline.after(_AWAY_SECONDS, self._access.clock)
        away = False
        while not deadline.passed(self._access.clock):
            self._access.clock.sleep(_POLL_SECONDS)
            try:
                if self._booted() != before or away:
                    return
            except (LabError, DeviceError):
                away = True
        raise Unreachable(
            f"{self._access.device}: not back {_AWAY_SECONDS / 60:.0f} minutes after its reboot"
        )

    # -- the way back

    def _return(self) -> None:
        """Put the device back between two questions."""
        proof = restore(
            self._start.baseline, self._access, self._mark(Phase.RESTORED), left=self._left
        )
        self.commits += proof.commits

    def close(self, cause: BaseException | None) -> None:
        """Put it back, prove it and close the journal; on failure the journal stays open."""
        self._journal.note_if_possible(RETURNING)
        try:
            proof = restore(
                self._start.baseline,
                self._access,
                self._mark(Phase.RESTORED),
                in_flight=cause is not None,
                left=self._left,
            )
        except RestoreFailed as failed:
            self._journal.note_if_possible(FAILED, reason=str(failed)[:500])
            raise failed from cause
        self.commits += proof.commits
        self._journal.close(proof.how, self.commits, proof.fingerprint)
