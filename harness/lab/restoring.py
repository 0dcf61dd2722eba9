"""Put devices back from the controller, and say in the record whether each one is proven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.deploy.access import history
from harness.deploy.journal import FAILED, RETURNING, Entry, Journal
from harness.deploy.mark import Mark, Phase, parse_mark
from harness.deploy.restore import restore
from harness.errors import HarnessError, RestoreFailed
from harness.lab.bench import Bench, address_key
from harness.lab.run import Run
from harness.outcome import Finding, Outcome
from harness.reporting.record import Case, Restore
from harness.testbed.model import Testbed

_OTHERS_SHOWN = 3  # commits of somebody else that a reason names


def touched(bench: Bench) -> tuple[Entry, ...]:
    """Return what this run's journal says about the device; empty when nothing was pushed."""
    entries = bench.journal.read().entries
    for index, entry in enumerate(entries):
        if entry.get("event") == "opened" and entry.get("run") == bench.run.run_id:
            return entries[index:]
    return ()


def put_back(bench: Bench) -> Restore:
    """Finish what a case left open, then prove the baseline of this run by its fingerprint.

    Never raises: a device that can't be proven is the answer, with the reason.
    """
    entries = touched(bench)
    if not entries:
        return Restore(device=bench.device.name, proven=True, how="nothing was pushed")
    before = str(entries[0].get("baseline", ""))
    began = bench.run.clock.monotonic()
    try:
        how, commits = _finish(bench) if bench.journal.read().open_entry else ("by each case", 0)
        after = bench.baseline().fingerprint
    except HarnessError as exc:
        return _unproven(bench, before, str(exc))
    if after != before:
        words = f"fingerprint {after[:12]}, baseline {before[:12]}; {_others_since(bench)}"
        return _unproven(bench, before, words, after)
    return Restore(
        device=bench.device.name,
        proven=True,
        how=how,
        fingerprint_before=before,
        fingerprint_after=after,
        commits=commits + _commits(entries),
        seconds=round(bench.run.clock.monotonic() - began, 3),
    )


def finish(bench: Bench) -> Restore:
    """Finish the run that the journal of ``bench`` has open, whoever's it was.

    Never raises for what lab or device do: a device that can't be proven is the answer.
    """
    opened = bench.journal.read().open_entry
    if opened is None:
        return Restore(device=bench.device.name, proven=True, how="its journal isn't open")
    before = str(opened.get("baseline", ""))
    try:
        how, commits = _finish(bench)
    except HarnessError as exc:
        return _unproven(bench, before, str(exc))
    return Restore(
        device=bench.device.name,
        proven=True,
        how=how,
        fingerprint_before=before,
        fingerprint_after=before,
        commits=commits,
    )


def waiting(testbed: Testbed, run: Run, names: Sequence[str]) -> dict[str, str]:
    """Return device → what its open journal says, without connecting to anything."""
    found: dict[str, str] = {}
    for name in names:
        key = address_key(testbed.device(name))
        opened = Journal(run.state / "journals", key, run.clock).read().open_entry
        if opened is not None:
            found[name] = (
                f"run {opened.get('run')} by {opened.get('owner')} since {opened.get('time')}, "
                f"{opened.get('note')}"
            )
    return found


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
        return replace(case, outcome=Outcome.SKIP, reason="this run pushed nothing to it")
    before, after = str(entries[0].get("baseline", "")), bench.baseline().fingerprint
    finding = Finding(
        "committed configuration", before[:12], after[:12], ok=before == after, source="read-back"
    )
    outcome = Outcome.PASS if finding.ok else Outcome.FAIL
    reason = str(finding) if finding.ok else f"{finding}; {_others_since(bench)}"
    return replace(case, outcome=outcome, reason=reason, findings=(finding,))


def _finish(bench: Bench) -> tuple[str, int]:
    with bench.lease():
        baseline = bench.journal.saved_baseline(bench.device.name)
        state = bench.journal.read()
        opened = state.open_entry or {}
        note = f"finishing run {opened.get('run')} {opened.get('note', '')}".strip()
        mark = Mark(bench.run.run_id, Phase.RESTORED, note)
        bench.journal.note(RETURNING)
        try:
            proof = restore(baseline, bench.rescue, mark, in_flight=state.commit_in_flight)
        except RestoreFailed as exc:
            bench.journal.note(FAILED, reason=str(exc)[:500])
            raise
        commits = proof.commits + (1 if state.committed else 0)
        bench.journal.close(proof.how, commits, proof.fingerprint)
        return proof.how, commits


def _others_since(bench: Bench) -> str:
    """Say who else committed since this run's first push: a device may differ because of them."""
    try:
        with bench.reader() as reader:
            entries = history(reader)
    except HarnessError as exc:
        return f"its commit history can't be read ({exc})"
    marks = {entry: parse_mark(entry.log or entry.comment) for entry in entries}
    ours = {e for e, mark in marks.items() if mark and mark.run_id == bench.run.run_id}
    first = max((entry.sequence for entry in ours), default=0)
    others = [entry for entry in entries if entry.sequence < first and entry not in ours]
    told = (f"'{e.log or e.comment}' by {e.user} via {e.client}" for e in others[:_OTHERS_SHOWN])
    return f"commits of others since our first: {'; '.join(told) or 'none in its history'}"


def _commits(entries: tuple[Entry, ...]) -> int:
    return sum(int(entry.get("commits") or 0) for entry in entries if entry["event"] == "closed")


def _unproven(bench: Bench, before: str, reason: str, after: str | None = None) -> Restore:
    return Restore(
        device=bench.device.name,
        proven=False,
        fingerprint_before=before,
        fingerprint_after=after,
        reason=reason,
    )
