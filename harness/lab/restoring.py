"""Put devices back from the controller, and say in the record whether each one is proven."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from harness.deploy.access import history
from harness.deploy.backoff import Backoff
from harness.deploy.baseline import capture
from harness.deploy.beside import Left
from harness.deploy.journal import CLOSED, FAILED, OPENED, RETURNING, Entry, JournalState
from harness.deploy.locking import free_lock_left
from harness.deploy.mark import Mark, Phase, parse_mark, unfinished
from harness.deploy.others import Since, automatic, others
from harness.deploy.reconcile import named
from harness.deploy.restore import RestoreProof, restore
from harness.deploy.stale import holds_lock
from harness.drivers.history import CommitEntry
from harness.errors import (
    DeviceError,
    HarnessBug,
    HarnessError,
    Quarantined,
    RestoreFailed,
    Unreachable,
)
from harness.lab.bench import Bench
from harness.outcome import Finding, Outcome
from harness.plan.occupied import occupied
from harness.reporting.record import Case, Restore

T = TypeVar("T")
_BY = "read-back"


def touched(bench: Bench) -> tuple[Entry, ...]:
    """Return what this run's journal says about the device; empty when nothing was pushed."""
    entries = bench.journal.read().entries
    for index, entry in enumerate(entries):
        if entry.get("event") == OPENED and entry.get("run") == bench.run.run_id:
            return entries[index:]
    return ()


def forgotten(bench: Bench) -> str:
    """Say that a push of this run is on the device, of which no journal tells; "" if none is.

    A state directory may be removed, or replaced, under a run; the device is the second journal.
    One that can't be asked says nothing.
    """
    try:
        with bench.reader() as reader:
            mark = unfinished(history(reader))
    except HarnessError:
        return ""
    if mark is None or mark.run_id != bench.run.run_id:
        return ""
    timer = "its timer takes it off" if bench.run.deadman else "nothing takes it off by itself"
    return (
        f"{bench.device.name}: its newest commit is a push of this run ({mark.note}), and "
        f"{bench.journal.path}, which knew what was there before, is gone: {timer}; else "
        "'rollback 1' on the device is what was there before"
    )


def put_back(bench: Bench) -> Restore:
    """Finish what a case left open, then prove the device by its fingerprint and its history.

    Proven is the baseline of this run, or that with what others committed meanwhile. Never raises:
    a device that can't be proven is the answer, with the reason.
    """
    before = ""
    began = bench.run.clock.monotonic()
    try:
        entries = touched(bench)
        if not entries and not lock_lost(bench):
            return _untouched(bench)
        before = str(entries[0].get("baseline", "")) if entries else ""
        how, commits = "by each case", 0
        if bench.journal.read().pending:
            how, _, commits = _finish(bench)
        if not entries:
            return Restore(device=bench.device.name, proven=True, how=how)
        now = _patiently(bench, lambda: _look(bench))
    except HarnessError as exc:
        return _unproven(bench, before, exc)
    except Exception as exc:  # noqa: BLE001 - a mistake of ours on one device mustn't end the others' way back
        return _unproven(bench, before, _mistake(exc))
    if not now.proven:
        kind = Quarantined if now.entangled else RestoreFailed
        failed = kind(f"fingerprint {now.fingerprint[:12]}, baseline {before[:12]}; {now.words}")
        return replace(_unproven(bench, before, failed), fingerprint_after=now.fingerprint)
    return Restore(
        device=bench.device.name,
        proven=True,
        how=how,
        fingerprint_before=before,
        fingerprint_after=now.fingerprint,
        commits=commits + _commits(entries),
        seconds=round(bench.run.clock.monotonic() - began, 3),
        reason=f"others committed meanwhile, and theirs is kept: {now.kept}" if now.kept else "",
        kept=now.kept,
    )


def _untouched(bench: Bench) -> Restore:
    gone = forgotten(bench)
    if gone:
        return _unproven(bench, "", RestoreFailed(gone))
    return Restore(device=bench.device.name, proven=True, how="nothing was pushed")


def lock_lost(bench: Bench) -> str:
    """Say that a session of this run was lost that may have the lock; "" if none was."""
    left = bench.journal.read().lock_left
    if not left or left[0].get("run") != bench.run.run_id:
        return ""
    return f"the session that locked its configuration at {left[0].get('time')} was lost"


def finish(bench: Bench) -> Restore:
    """Finish the run that the journal of ``bench`` has open, whoever's it was.

    Never raises for what lab or device do: a device that can't be proven is the answer.
    """
    pending = bench.journal.read().pending
    if pending is None:
        return Restore(device=bench.device.name, proven=True, how="its journal isn't open")
    before = str(pending.get("baseline", ""))
    try:
        how, proof, commits = _finish(bench)
    except HarnessError as exc:
        return _unproven(bench, before, exc)
    except Exception as exc:  # noqa: BLE001 - the others' way back, as above
        return _unproven(bench, before, _mistake(exc))
    return Restore(
        device=bench.device.name,
        proven=True,
        how=how,
        fingerprint_before=before,
        fingerprint_after=proof.fingerprint if proof else "",
        commits=commits,
        kept=proof.kept if proof else "",
    )


def exit_code(result: Restore) -> int:
    """Return the exit code that a result asks for; the greatest of several is the loudest."""
    if result.proven:
        return 0
    return Quarantined.exit_code if result.quarantined else RestoreFailed.exit_code


def at_baseline(bench: Bench) -> Case:
    """Compare the device's committed configuration with what it was before this run's pushes."""
    entries = touched(bench)
    case = Case(
        nodeid="",
        outcome=Outcome.PASS,
        device=bench.device.name,
        grade=bench.identity.grade,
    )
    if not entries:
        gone = forgotten(bench) or lock_lost(bench)
        outcome = Outcome.FAIL if gone else Outcome.SKIP
        return replace(case, outcome=outcome, reason=gone or "this run pushed nothing to it")
    before, now = str(entries[0].get("baseline", "")), _look(bench)
    finding = Finding(
        "committed configuration", before[:12], now.fingerprint[:12], ok=now.proven, source=_BY
    )
    outcome = Outcome.PASS if finding.ok else Outcome.FAIL
    reason = "; ".join(filter(None, (str(finding), now.words)))
    return replace(case, outcome=outcome, reason=reason, findings=(finding,))


@dataclass(frozen=True, slots=True)
class _Now:
    """What the device shows at the end, and who else had a hand in it."""

    fingerprint: str
    proven: bool
    kept: str  # who committed meanwhile; "" where nobody did
    words: str
    entangled: bool = False  # what others committed holds tunnels of ours


def _look(bench: Bench) -> _Now:
    """Hold what is committed against what this run proved last, and the history against ours.

    What was proven last may already hold others' commits; what they committed after that is on top
    of it, and the history names them. A difference that it doesn't explain isn't proven, and no
    more are tunnels of ours, whoever committed them: a rollback by hand may lead to our push.
    """
    entries = touched(bench)
    since = Since(frozenset({bench.run.run_id}), newest=str(entries[0].get("newest") or ""))
    with bench.reader() as reader:
        committed = capture(reader)
        now = committed.fingerprint
        if now == entries[0].get("baseline"):
            return _Now(now, proven=True, kept="", words="")
        try:
            commits = history(reader)
        except DeviceError as exc:
            return _Now(now, proven=False, kept="", words=f"its history can't be read ({exc})")
    foreign = others(commits, since) or ()
    ours = [e for e in commits if _of_this_run(e.log or e.comment, bench) or automatic(e)]
    top = min((entry.sequence for entry in ours), default=len(commits))
    later = [entry for entry in foreign if entry.sequence < top]
    if bench.journal.read().open_entry is not None:
        return _Now(now, proven=False, kept="", words="what this run pushed isn't proven undone")
    seamless, last = _proven_by_cases(entries)
    if later and (again := occupied(committed.xml).ours):
        return _Now(now, proven=False, kept="", words=_again(again, later, top), entangled=True)
    proven = bool(later) or (now == last and (seamless or bool(foreign)))
    kept = named(foreign) or "; ".join(str(e["kept"]) for e in entries if e.get("kept"))
    words = f"commits of others since our first: {kept or 'none in its history'}"
    return _Now(now, proven, kept if proven else "", words)


def _again(line: str, commits: Sequence[CommitEntry], proven: int) -> str:
    return (
        f"tunnels of ours are committed again, by others ({named(commits)}): '{line}'; their "
        f"rollback may have led to our push; 'rollback {proven}' is what this run had proven"
    )


def _of_this_run(log: str, bench: Bench) -> bool:
    mark = parse_mark(log)
    return mark is not None and mark.run_id == bench.run.run_id


def _proven_by_cases(entries: Sequence[Entry]) -> tuple[bool, str]:
    """Say whether each case began where the one before was proven, and what was proven last."""
    seamless, last = True, ""
    for entry in entries:
        if entry.get("event") == OPENED:
            seamless = seamless and last in ("", entry.get("baseline"))
        elif entry.get("event") == CLOSED:
            last = str(entry.get("proven") or "")
    return seamless, last


def _finish(bench: Bench) -> tuple[str, RestoreProof | None, int]:
    """Finish an open run, then see that no lost session of ours keeps the lock.

    Returns how, the proof of an open run, and the commits that it took.
    """
    with bench.lease():
        state = bench.journal.read()
        how, proof, commits = "a lost session keeps no lock", None, 0
        if state.open_entry is not None:
            proof, commits = _finish_run(bench, state, state.open_entry)
            how = proof.how
        if bench.journal.read().lock_left:
            run = bench.run
            _patiently(
                bench, lambda: free_lock_left(bench.rescue, bench.journal, run.owner, bench.user)
            )
        return how, proof, commits


def _finish_run(bench: Bench, state: JournalState, opened: Entry) -> tuple[RestoreProof, int]:
    bench.journal.note_if_possible(RETURNING)
    try:
        _patiently(bench, lambda: _check_serial(bench, opened))
        proof = _restored(bench, state, opened)
    except HarnessError as exc:
        bench.journal.note_if_possible(FAILED, reason=str(exc)[:500])
        raise
    commits = proof.commits + (1 if state.committed else 0)
    bench.journal.close(proof.how, commits, proof.fingerprint, proof.kept)
    return proof, commits


def _restored(bench: Bench, state: JournalState, opened: Entry) -> RestoreProof:
    note = f"finishing run {opened.get('run')} {opened.get('note', '')}".strip()
    mark = Mark(bench.run.run_id, Phase.RESTORED, note)
    try:
        baseline = bench.journal.saved_baseline(bench.device.name)
    except RestoreFailed as lost:
        return _by_fingerprint(bench, state, lost)
    return restore(
        baseline,
        bench.rescue,
        mark,
        in_flight=state.commit_in_flight,
        left=_left(bench, state, opened),
    )


def _by_fingerprint(bench: Bench, state: JournalState, lost: RestoreFailed) -> RestoreProof:
    """Prove a device whose saved baseline is lost, if it runs it again; raise ``lost`` if not.

    A commit that may still be at work proves it wrong later: its session has the lock until then.
    """
    opened = state.open_entry or {}
    at_work = state.commit_in_flight and holds_lock(bench.access, _left(bench, state, opened))
    with bench.reader() as reader:
        ours = unfinished(history(reader))
        now = capture(reader).fingerprint
    if at_work or ours is not None or now != opened.get("baseline"):
        raise lost
    return RestoreProof(bench.device.name, "put back by other hands", now, 0, 0.0)


def _left(bench: Bench, state: JournalState, opened: Entry) -> Left:
    runs = frozenset({str(opened.get("run")), bench.run.run_id})
    return Left(
        Since(runs, state.push_log, str(opened.get("newest") or "")),
        bench.journal.saved_statements(),
        session=str(opened.get("session_id") or ""),
        user=bench.user,
        opened=state.opened_at,
        in_flight=state.commit_in_flight,
        unmarked=str(opened.get("unmarked") or ""),
    )


def _check_serial(bench: Bench, opened: Entry) -> None:
    """Refuse to load a baseline into another box that has taken over the address."""
    wanted = str(opened.get("serial") or "")
    if wanted and bench.facts.serial != wanted:
        raise RestoreFailed(
            f"{bench.device.name}: at its address is serial number {bench.facts.serial}, the "
            f"journal is that of {wanted}; nothing was changed. Connect that one, or restore it "
            f"by hand from {bench.journal.baseline_path}"
        )


def _patiently(bench: Bench, ask: Callable[[], T]) -> T:
    """Ask a device that may be away for minutes, within the bounds of a restore."""
    backoff = Backoff(bench.run.clock, bench.restore_patience())
    while True:
        try:
            return ask()
        except Unreachable:
            if not backoff.pause():
                raise


def _commits(entries: tuple[Entry, ...]) -> int:
    return sum(int(entry.get("commits") or 0) for entry in entries if entry.get("event") == CLOSED)


def _mistake(error: Exception) -> HarnessBug:
    """Say where it broke, not with what: the message of an unknown error may hold anything."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{frame.filename}:{frame.lineno}"
    return HarnessBug(f"internal error: {type(error).__name__} at {where}; please report it")


def _unproven(bench: Bench, before: str, failed: HarnessError) -> Restore:
    return Restore(
        device=bench.device.name,
        proven=False,
        fingerprint_before=before,
        reason=str(failed),
        quarantined=isinstance(failed, Quarantined),
    )
