"""The verdict on a push: three conjuncts, each with findings; pure.

Accepted = the commit history shows our commit ∧ the committed configuration, read back, is the
baseline and what was planned ∧ two calibrated witnesses or more agree on count and members.
"No exception" is not acceptance, and neither is the reply to the commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from harness.drivers.history import CommitEntry, find_log, newest, shows
from harness.errors import DeviceError, DeviceMessage, HarnessBug
from harness.outcome import Evidence, Finding, Outcome, Verdict
from harness.render.readback import Statements, deepest, statements
from harness.verify import compare
from harness.verify.calibration import ENOUGH, Calibration, Reference
from harness.verify.expect import Expectation
from harness.verify.facts import GATEWAY, Unreadable, named
from harness.verify.witnesses import Observation

NAMED_REASONS = 4  # failing findings that the one-line reason quotes


@dataclass(frozen=True, slots=True)
class Bundle:
    """All that was collected after a push; nothing in it comes from the session that committed.

    ``messages`` are the device's words in the reply to the commit: they can only speak against it.
    """

    history: tuple[CommitEntry, ...] | Unreadable
    readback: str | Unreadable = field(repr=False)
    observations: tuple[Observation, ...]
    messages: tuple[DeviceMessage, ...] = ()
    history_before: tuple[CommitEntry, ...] = ()  # of the baseline, to see a history stand still


@dataclass(frozen=True, slots=True)
class _Judged:
    """A finding, and what it makes of the verdict when it isn't ok."""

    finding: Finding
    otherwise: Outcome = Outcome.FAIL


def judge(
    expected: Expectation, bundle: Bundle, calibration: Calibration, commit_log: str
) -> Verdict:
    """Conclude from the evidence whether the device took every tunnel and nothing else.

    FAIL: the device shows something else than it accepted. ERROR: a part of the evidence can't be
    read. BLOCKED: too few usable witnesses. The reason quotes the device, or names tunnels.
    """
    if calibration.kind != expected.kind:
        raise HarnessBug(f"witnesses calibrated for {calibration.kind}, used for {expected.kind}")
    history = [*_history(bundle, commit_log)]
    configuration = [*_configuration(expected, bundle.readback)]
    judged = [
        *_messages(bundle.messages),
        *history,
        *configuration,
        *_witnesses(expected, bundle.observations, calibration),
    ]
    outcome = _outcome(judged)
    return Verdict(
        outcome=outcome,
        reason=_reason(expected, judged, calibration, outcome),
        evidence=(
            Evidence.ESTABLISHED
            if outcome is Outcome.PASS and _all_up(expected, bundle.observations, calibration)
            else _evidence(history, configuration)
        ),
        findings=tuple(one.finding for one in judged),
    )


def accepted(expected: Expectation, bundle: Bundle, calibration: Calibration) -> int:
    """Return how many of our tunnels every conjunct shows, for the report of a push that failed.

    0 when the read-back or a usable witness can't be read, or too few witnesses are usable.
    """
    present = _read(bundle.readback)
    if isinstance(present, Unreadable) or not calibration.enough:
        return 0
    gone = deepest(expected.planned.members - present.members)
    incomplete = {expected.owner(path) for path in gone}
    if "" in incomplete:
        return 0  # a statement that all tunnels share is missing: none is whole
    whole = {one.name for one in expected.tunnels} - incomplete
    whole -= compare.different_keys(expected, present)
    seen = {observation.witness: observation.seen for observation in bundle.observations}
    for name in calibration.usable:
        sighting = seen.get(name)
        if sighting is None or isinstance(sighting, Unreadable):
            return 0
        for leg, table in sighting.items():
            whole &= {
                tunnel for label, tunnel in expected.of_leg(leg).items() if label in table.members
            }
    return len(whole)


def _messages(messages: Iterable[DeviceMessage]) -> Iterator[_Judged]:
    for message in messages:
        warning = message.severity == "warning"
        yield _Judged(
            Finding(
                what="commit reply",
                expected="no error",
                seen=f"{message.severity}: {message}",
                ok=warning,
                source=message.daemon or "device",
            )
        )


def _history(bundle: Bundle, commit_log: str) -> Iterator[_Judged]:
    history = bundle.history
    if isinstance(history, Unreadable):
        yield _unreadable("commit history", history.reason)
        return
    latest = newest(history)
    yield _Judged(
        Finding(
            what="commit history",
            expected=f"'{commit_log}' as the newest commit",
            seen=_told(history, latest, commit_log),
            ok=shows(history, commit_log),
            source="commit history",
        )
    )
    if bundle.history_before:
        moved = latest != newest(bundle.history_before)
        yield _Judged(
            Finding(
                what="commit history",
                expected="a commit since the baseline",
                seen="one" if moved else "the same as before the push: it stands still",
                ok=moved,
                source="commit history",
            )
        )


def _told(history: Sequence[CommitEntry], latest: Sequence[CommitEntry], commit_log: str) -> str:
    if shows(history, commit_log):
        return "our commit"
    if not latest:
        return "an empty history: it doesn't show our commit"
    words = "; ".join(f"'{e.log or e.comment}' by {e.user} via {e.client}" for e in latest)
    if find_log(history, commit_log) is not None:
        return f"a later commit than ours: {words}"
    return f"it doesn't show our commit; the newest is {words}"


def _configuration(expected: Expectation, readback: str | Unreadable) -> Iterator[_Judged]:
    present = _read(readback)
    if isinstance(present, Unreadable):
        yield _unreadable("read-back", present.reason)
        return
    for finding in compare.configurations(expected, present):
        yield _Judged(finding)
    for finding in compare.keys(expected, present):
        yield _Judged(finding)


def _read(readback: str | Unreadable) -> Statements | Unreadable:
    if isinstance(readback, Unreadable):
        return readback
    try:
        return statements(readback)
    except DeviceError as error:
        return Unreadable(str(error))


def _witnesses(
    expected: Expectation, observations: Sequence[Observation], calibration: Calibration
) -> Iterator[_Judged]:
    yield _Judged(
        Finding(
            what="usable witnesses",
            expected=f"{ENOUGH} or more, and one at least of each table",
            seen=_heard(calibration),
            ok=calibration.enough,
            source="calibration",
        ),
        Outcome.BLOCKED,
    )
    for name, reason in calibration.unusable.items():
        yield _Judged(Finding("witness", "usable", f"not usable: {reason}", ok=True, source=name))
    found = {observation.witness: observation for observation in observations}
    for name, reference in calibration.usable.items():
        yield from _witness(expected, found.get(name), reference, name)


def _heard(calibration: Calibration) -> str:
    """Name who is heard; where that's too few, also what nobody sees, and why."""
    heard = f"{len(calibration.usable)}: {named(calibration.usable) or 'none'}"
    if calibration.enough:
        return heard
    unwatched = named(f"the {leg} table" for leg in calibration.unwatched)
    objections = (f"{name}: {reason}" for name, reason in calibration.unusable.items())
    return "; ".join(filter(None, (heard, unwatched and f"none of {unwatched}", *objections)))


def _witness(
    expected: Expectation, observation: Observation | None, reference: Reference, name: str
) -> Iterator[_Judged]:
    if observation is None:
        yield _unreadable(name, "it wasn't asked")
        return
    if isinstance(observation.seen, Unreadable):
        yield _unreadable(name, observation.seen.reason)
        return
    if observation.seen.keys() != reference.baseline.keys():
        yield _unreadable(name, "it saw other tables than when it was calibrated")
        return
    findings = compare.sightings(expected, observation.seen, reference.baseline, name)
    if observation.digest in reference.replies and not all(finding.ok for finding in findings):
        words = "the reply is the one given before this push: it's out of date"
        yield _Judged(Finding("reply", "a new one", words, ok=False, source=name))
    for finding in findings:
        yield _Judged(finding)


def _unreadable(what: str, reason: str) -> _Judged:
    return _Judged(Finding(what, "readable", reason, ok=False, source=what), Outcome.ERROR)


def _outcome(judged: Iterable[_Judged]) -> Outcome:
    wrong = {one.otherwise for one in judged if not one.finding.ok}
    for worst in (Outcome.FAIL, Outcome.ERROR, Outcome.BLOCKED):
        if worst in wrong:
            return worst
    return Outcome.PASS


def _reason(
    expected: Expectation,
    judged: Iterable[_Judged],
    calibration: Calibration,
    outcome: Outcome,
) -> str:
    what = f"{expected.device}: {expected.what}"
    if outcome is Outcome.PASS:
        limits = [
            f"; keys: {one.finding.seen}"
            for one in judged
            if "not compared" in one.finding.seen and one.finding.what == "keys compared"
        ]
        return (
            f"{what} accepted: commit history, read-back and {len(calibration.usable)} witnesses"
            f" agree ({', '.join(calibration.usable)}){''.join(limits)}"
        )
    wrong: dict[str, list[str]] = {}  # what was told → who told it
    for one in judged:
        if not one.finding.ok and one.otherwise is outcome:
            words = f"{one.finding.what}: {_short(one.finding)}"
            wrong.setdefault(words, []).append(one.finding.source)
    told = "; ".join(
        f"{words} [{', '.join(sources)}]" for words, sources in [*wrong.items()][:NAMED_REASONS]
    )
    more = len(wrong) - NAMED_REASONS
    rest = f"; and {more} more finding(s)" if more > 0 else ""
    return f"{what} {outcome}: {told}{rest}"


def _short(finding: Finding) -> str:
    """Return what was seen, for a count with what was expected: it means nothing without."""
    if finding.what.endswith("count"):
        return f"expected {finding.expected}, seen {finding.seen}"
    return finding.seen


def _evidence(history: Iterable[_Judged], configuration: Iterable[_Judged]) -> Evidence:
    if not all(one.finding.ok for one in history):
        return Evidence.NONE
    if not all(one.finding.ok for one in configuration):
        return Evidence.ACCEPTED
    return Evidence.READ_BACK


def _all_up(
    expected: Expectation, observations: Iterable[Observation], calibration: Calibration
) -> bool:
    """Say whether a usable witness saw an SA up for every tunnel of ours."""
    ours = expected.of_leg(GATEWAY).keys()
    return any(
        ours <= observation.seen[GATEWAY].up
        for observation in observations
        if observation.witness in calibration.usable
        and not isinstance(observation.seen, Unreadable)
        and GATEWAY in observation.seen
    )
