"""Comparisons that both calibration and judging rest on: a sighting, a configuration, keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harness.outcome import Finding
from harness.render.readback import Path, Statements, deepest
from harness.verify.expect import Expectation, without_value
from harness.verify.facts import Leg, Sighting, named
from harness.verify.secret9 import Comparison, compare

STATEMENTS = 3  # that a sentence quotes; a tunnel is many, and all of them say the same


def sightings(
    expected: Expectation, seen: Mapping[Leg, Sighting], before: Mapping[Leg, Sighting], source: str
) -> tuple[Finding, ...]:
    """Compare what a witness saw with the baseline it saw before and with our tunnels.

    One finding for the count and one for the members of each leg; both name tunnels.
    """
    findings: list[Finding] = []
    for leg, sighting in seen.items():
        ours = expected.of_leg(leg)
        base = before[leg]
        findings.append(_count(leg, sighting, base, len(ours), source))
        findings.append(_members(leg, sighting, base, ours, source))
        findings.extend(
            Finding(f"{leg} table", "no contradiction", complaint, ok=False, source=source)
            for complaint in sighting.complaints
        )
    return tuple(findings)


def _count(leg: Leg, seen: Sighting, base: Sighting, ours: int, source: str) -> Finding:
    wanted = base.count + ours
    return Finding(
        what=f"{leg} count",
        expected=f"{wanted} ({base.count} of the baseline + {ours} of ours)",
        seen=str(seen.count),
        ok=seen.count == wanted,
        source=source,
    )


def _members(
    leg: Leg, seen: Sighting, base: Sighting, ours: Mapping[str, str], source: str
) -> Finding:
    missing = [f"{name} ({label})" for label, name in ours.items() if label not in seen.members]
    lost = sorted(base.members - seen.members)
    ghosts = sorted(seen.members - base.members - ours.keys())
    words = [
        f"{word} {named(names)}"
        for word, names in (
            ("missing", missing),
            ("lost from the baseline", lost),
            ("not configured", ghosts),
        )
        if names
    ]
    return Finding(
        what=f"{leg} members",
        expected="the baseline's and ours",
        seen="; ".join(words) if words else "the same",
        ok=not words,
        source=source,
    )


def configurations(expected: Expectation, seen: Statements) -> tuple[Finding, ...]:
    """Compare a read-back with baseline + planned, statement by statement."""
    planned, baseline = expected.planned.members, expected.baseline.members
    present = seen.members
    missing = deepest(planned - baseline - present)
    lost = deepest(baseline - present)
    extra = deepest(present - planned - baseline)
    changed = _changed((*missing, *lost), extra)
    gone = [path for path in missing if path not in changed]
    return (
        _missing(expected, gone),
        _statements("statements of the baseline", [p for p in lost if p not in changed], "lost"),
        _statements(
            "statements not planned", [p for p in extra if p not in changed.values()], "added"
        ),
        _altered(expected, changed),
        _order(expected.baseline, seen),
    )


def _missing(expected: Expectation, gone: Sequence[Path]) -> Finding:
    owners = set(map(expected.owner, gone))
    tunnels = [one.name for one in expected.tunnels if one.name in owners]
    words = f"{len(gone)} missing: {_some(gone)}"
    if tunnels:
        words = f"{len(tunnels)} {expected.noun}(s) incomplete: {named(tunnels)}; {words}"
    return Finding(
        what="planned statements",
        expected=f"all {len(deepest(expected.planned.paths))}",
        seen=words if gone else "all",
        ok=not gone,
        source="read-back",
    )


def _some(paths: Iterable[Path]) -> str:
    return named((" ".join(path) for path in paths), STATEMENTS)


def _statements(what: str, paths: Sequence[Path], verb: str) -> Finding:
    return Finding(
        what=what,
        expected=f"none {verb}",
        seen=f"{len(paths)} {verb}: {_some(paths)}" if paths else f"none {verb}",
        ok=not paths,
        source="read-back",
    )


def _changed(wanted: Iterable[Path], extra: Iterable[Path]) -> dict[Path, Path]:
    """Pair leaves that are there with another value: planned → found.

    Only where one stands against one: of a list nobody can say which replaced which.
    """
    pairs: dict[Path, tuple[list[Path], list[Path]]] = {}
    for path in wanted:
        pairs.setdefault(without_value(path), ([], []))[0].append(path)
    for path in extra:
        pairs.setdefault(without_value(path), ([], []))[1].append(path)
    return {old[0]: new[0] for old, new in pairs.values() if len(old) == len(new) == 1}


def _altered(expected: Expectation, changed: Mapping[Path, Path]) -> Finding:
    words = []
    for path, found in changed.items():
        owner = expected.owner(path)
        of = f"{owner}: " if owner else ""
        words.append(f"{of}{' '.join(path)} is {found[-1]}")
    return Finding(
        what="values",
        expected="as planned",
        seen=f"{len(words)} changed: {named(words, STATEMENTS)}" if words else "as planned",
        ok=not words,
        source="read-back",
    )


def _order(baseline: Statements, seen: Statements) -> Finding:
    """Compare the order of what was there: of policies and terms it is the meaning."""
    before, present = baseline.members, seen.members
    kept = [path for path in seen.paths if path in before]
    wanted = [path for path in baseline.paths if path in present]
    moved = [path for path, other in zip(kept, wanted, strict=False) if path != other]
    return Finding(
        what="order of the baseline",
        expected="unchanged",
        seen=f"changed from '{' '.join(moved[0])}' on" if moved else "unchanged",
        ok=not moved,
        source="read-back",
    )


def keys(expected: Expectation, seen: Statements) -> tuple[Finding, ...]:
    """Compare keys by digest; those that can't be read are counted, never passed silently.

    That every key is present is checked with the statements: its path ends in ``<secret>``.
    """
    results = _compared(expected, seen)
    wanted = len({**expected.baseline.secrets, **expected.planned.secrets})
    unread = sum(result is Comparison.NOT_COMPARED for result in results.values())
    different = [
        expected.owner(path) or " ".join(path)
        for path, result in results.items()
        if result is Comparison.DIFFERENT
    ]
    return (
        Finding(
            what="keys",
            expected="those that were planned, and those of the baseline",
            seen=f"{len(different)} different: {named(different)}" if different else "the same",
            ok=not different,
            source="read-back",
        ),
        Finding(
            what="keys compared",
            expected=f"{wanted}",
            seen=f"{wanted - unread}; {unread} not compared (encrypted or hidden)"
            if unread
            else f"{wanted}",
            ok=True,
            source="read-back",
        ),
    )


def different_keys(expected: Expectation, seen: Statements) -> frozenset[str]:
    """Return the tunnels whose keys aren't those that were planned."""
    results = _compared(expected, seen)
    return frozenset(
        expected.owner(path) for path, r in results.items() if r is Comparison.DIFFERENT
    )


def _compared(expected: Expectation, seen: Statements) -> dict[Path, Comparison]:
    """Compare every key that is there; one that isn't is reported as a missing statement."""
    wanted = {**expected.baseline.secrets, **expected.planned.secrets}
    return {
        path: _compare_all(values, seen.secrets[path])
        for path, values in wanted.items()
        if path in seen.secrets
    }


def _compare_all(wanted: Sequence[str], found: Sequence[str]) -> Comparison:
    if len(wanted) != len(found):
        return Comparison.DIFFERENT
    results = [compare(one, other) for one, other in zip(wanted, found, strict=True)]
    for worst in (Comparison.DIFFERENT, Comparison.NOT_COMPARED):
        if worst in results:
            return worst
    return Comparison.SAME
