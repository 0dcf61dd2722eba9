"""Whether a device logs to a collector: its history, its configuration, and what arrives; pure.

No operational command of the published models shows a stream (18.4R3: ``get-security-log-*`` shows
the events of the device's own buffer, the security profile's counts those of logical systems). So
the two witnesses are the CLI's own notation of the configuration, and the collector. Both are
calibrated where they stand: before the push neither may show anything of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from harness.drivers.history import CommitEntry, newest, shows
from harness.errors import DeviceMessage
from harness.outcome import Evidence, Finding, Outcome, Verdict
from harness.render.readback import Path, Statements, deepest
from harness.verify.calibration import ENOUGH
from harness.verify.compare import STATEMENTS
from harness.verify.facts import Unreadable, named

COMMAND: Final = "show configuration security log | display set"
CLI_WITNESS: Final = "cli-log-configuration"
COLLECTOR: Final = "collector"


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came from the device: before the push, and in the time that was given."""

    before: int
    events: int
    seconds: float
    played: int | None = None  # events that were sent in its place; None: it sends itself


@dataclass(frozen=True, slots=True)
class LogEvidence:
    """All that was collected; ``lines`` are those of :data:`COMMAND`, before and after."""

    history: tuple[CommitEntry, ...] | Unreadable
    history_before: tuple[CommitEntry, ...]
    readback: Statements | Unreadable
    lines_before: frozenset[str] | Unreadable
    lines: frozenset[str] | Unreadable
    arrived: Arrived
    messages: tuple[DeviceMessage, ...] = ()


@dataclass(frozen=True, slots=True)
class LogExpectation:
    """The baseline and what was added to it, as paths and as lines of :data:`COMMAND`."""

    device: str
    baseline: Statements
    planned: Statements
    lines: frozenset[str]


@dataclass(slots=True)
class _Judging:
    findings: list[Finding] = field(default_factory=list)
    wrong: dict[Outcome, list[str]] = field(default_factory=dict)
    usable: list[str] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)

    def note(self, finding: Finding, otherwise: Outcome = Outcome.FAIL, *, words: str = "") -> None:
        self.findings.append(finding)
        if not finding.ok:
            told = words or f"{finding.what}: {finding.seen}"
            self.wrong.setdefault(otherwise, []).append(told)

    def unreadable(self, what: str, reason: str) -> None:
        self.note(Finding(what, "readable", reason, ok=False, source=what), Outcome.ERROR)


def judge_log_stream(expected: LogExpectation, evidence: LogEvidence, commit_log: str) -> Verdict:
    """Conclude whether the device took its log stream and sends by it.

    FAIL: it shows something else than it accepted. ERROR: a part can't be read, or less came than
    was sent in its place. BLOCKED: fewer than two witnesses, as where nothing arrives: then only
    its configuration is proven.
    """
    judging = _Judging()
    for message in evidence.messages:
        seen, ok = f"{message.severity}: {message}", message.severity == "warning"
        judging.note(Finding("commit reply", "no error", seen, ok=ok, source="device"))
    _judge_history(judging, evidence, commit_log)
    _judge_configuration(judging, expected, evidence.readback)
    read_back = not judging.wrong
    _judge_lines(judging, expected, evidence)
    _judge_arrival(judging, evidence.arrived)
    usable = len(judging.usable)
    seen = "; ".join([f"{usable}: {', '.join(judging.usable) or 'none'}", *judging.unusable])
    judging.note(
        Finding("usable witnesses", f"{ENOUGH}", seen, ok=usable >= ENOUGH, source="calibration"),
        Outcome.BLOCKED,
    )
    outcome = next(
        (o for o in (Outcome.FAIL, Outcome.ERROR, Outcome.BLOCKED) if o in judging.wrong),
        Outcome.PASS,
    )
    return Verdict(
        outcome,
        _reason(expected.device, judging, evidence.arrived, outcome),
        Evidence.READ_BACK if read_back else Evidence.NONE,
        tuple(judging.findings),
    )


def _judge_history(judging: _Judging, evidence: LogEvidence, commit_log: str) -> None:
    history = evidence.history
    if isinstance(history, Unreadable):
        judging.unreadable("commit history", history.reason)
        return
    latest = newest(history)
    ours = shows(history, commit_log) and latest != newest(evidence.history_before)
    told = "; ".join(f"'{e.log or e.comment}' by {e.user} via {e.client}" for e in latest)
    seen = "our commit" if ours else f"it doesn't show our commit; the newest is {told or 'none'}"
    wanted = f"'{commit_log}' as the newest commit"
    judging.note(Finding("commit history", wanted, seen, ok=ours, source="commit history"))


def _judge_configuration(
    judging: _Judging, expected: LogExpectation, readback: Statements | Unreadable
) -> None:
    if isinstance(readback, Unreadable):
        judging.unreadable("read-back", readback.reason)
        return
    seen, baseline, planned = (
        readback.members,
        expected.baseline.members,
        expected.planned.members,
    )
    for what, paths, verb in (
        ("planned statements", planned - seen, "missing"),
        ("statements of the baseline", baseline - planned - seen, "lost"),
        ("statements not planned", seen - planned - baseline, "added"),
    ):
        judging.note(_statements(what, deepest(paths), verb))


def _statements(what: str, paths: Iterable[Path], verb: str) -> Finding:
    told = [" ".join(path) for path in paths]
    words = f"{len(told)} {verb}: {named(told, STATEMENTS)}" if told else f"none {verb}"
    return Finding(what, f"none {verb}", words, ok=not told, source="read-back")


def _judge_lines(judging: _Judging, expected: LogExpectation, evidence: LogEvidence) -> None:
    """Hear the CLI: another way, another library, another notation."""
    for when, lines in (("before", evidence.lines_before), ("after", evidence.lines)):
        if isinstance(lines, Unreadable):
            judging.unusable.append(f"{CLI_WITNESS}: {when} the push: {lines.reason}")
            return
    before, after = evidence.lines_before, evidence.lines
    if isinstance(before, Unreadable) or isinstance(after, Unreadable):
        return
    if expected.lines & before:
        judging.unusable.append(f"{CLI_WITNESS}: before the push it shows lines of ours")
        return
    judging.usable.append(CLI_WITNESS)
    missing = sorted(expected.lines - after)
    words = f"{len(missing)} missing: {named(missing, STATEMENTS)}" if missing else "all"
    wanted = f"all {len(expected.lines)}"
    judging.note(Finding("set lines", wanted, words, ok=not missing, source=CLI_WITNESS))


def _judge_arrival(judging: _Judging, arrived: Arrived) -> None:
    wanted = "one or more" if arrived.played is None else f"{arrived.played}"
    seen = f"{arrived.events} in {arrived.seconds:g} s"
    if arrived.before:
        judging.unusable.append(f"{COLLECTOR}: {arrived.before} came before the push already")
        return
    if not arrived.events and arrived.played is None:
        judging.unusable.append(
            f"{COLLECTOR}: nothing came in {arrived.seconds:g} s: it's configured, and whether it "
            "sends isn't known; let sessions pass its zone, or wait longer (events.seconds)"
        )
        return
    judging.usable.append(COLLECTOR)
    whole = arrived.played is None or arrived.events == arrived.played
    judging.note(
        Finding("events", wanted, seen, ok=whole, source=COLLECTOR),
        Outcome.ERROR,
        words=f"events: {arrived.played} were sent in its place, {arrived.events} came",
    )


def _reason(device: str, judging: _Judging, arrived: Arrived, outcome: Outcome) -> str:
    if outcome is not Outcome.PASS:
        return f"{device}: log stream {outcome}: {'; '.join(judging.wrong[outcome])}"
    return f"{device}: log stream accepted: commit history, read-back and " + "; ".join(
        _passed(judging, arrived)
    )


def _passed(judging: _Judging, arrived: Arrived) -> Iterator[str]:
    yield f"{len(judging.usable)} witnesses agree ({', '.join(judging.usable)})"
    if arrived.played is None:
        yield f"{arrived.events} events came from it in {arrived.seconds:g} s"
    else:
        yield f"{arrived.events} events came, played by the harness where it says to send them"
