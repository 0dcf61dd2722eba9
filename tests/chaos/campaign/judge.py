"""What a device is like at the end, beside what it should be like; the harness isn't asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from enum import StrEnum
from pathlib import Path

from campaign.director import Director, ours
from campaign.foreign import USER, Hand
from campaign.kinds import Kind
from campaign.scenario import COUNT, Scenario
from campaign.world import DUT, World
from harness.clock import ManualClock
from harness.errors import Quarantined
from harness.outcome import Outcome
from harness.reporting import record
from harness.sim.device import SimulatedDevice
from harness.sim.messages import refused
from harness.sim.spec import DeviceSpec

_SECRET = re.compile(r'"\$\d\$[^"]*"')


class State(StrEnum):
    """The end of one device."""

    CLEAN = "clean"  # baseline and what others committed, nothing of ours, nothing lost
    QUARANTINED = "quarantined"  # ours and theirs are entangled; it was said, theirs is kept
    DIRTY = "dirty"
    LOST = "foreign change lost"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The end of one device, and what is wrong with it."""

    device: str
    state: State
    wrong: str = ""


def judge(
    world: World, scenario: Scenario, director: Director, codes: Sequence[int | None]
) -> list[Judgement]:
    """Judge every device of ``world``; ``codes`` are how the run and each restore ended."""
    return [
        _judged(world, scenario, director, codes)
        if name == DUT
        else _untouched(world, scenario, name)
        for name in world.names
    ]


def _untouched(world: World, scenario: Scenario, name: str) -> Judgement:
    wrong = _difference(expected(scenario, name, ()), world.configuration(name))
    return Judgement(name, State.DIRTY if wrong else State.CLEAN, wrong)


def _judged(
    world: World, scenario: Scenario, director: Director, codes: Sequence[int | None]
) -> Judgement:
    standing = [hand for hand in director.hands if hand.stands]
    now = world.configuration(DUT)
    lost = _lost(scenario, standing, now)
    if director.edit_lost:
        lost = f"what {USER} was editing went with our {director.edit_lost}"
    if lost:
        return Judgement(DUT, State.LOST, lost)
    wrong = _difference(expected(scenario, DUT, standing), now) or _unsettled(world)
    if not wrong:
        return Judgement(DUT, State.CLEAN)
    entangled = any(death.kind is Kind.THEY_ENTANGLE for death in scenario.deaths) and standing
    if entangled and codes[-1] == Quarantined.exit_code:
        return Judgement(DUT, State.QUARANTINED, wrong)
    return Judgement(DUT, State.DIRTY, wrong)


def expected(scenario: Scenario, name: str, standing: Sequence[Hand]) -> str:
    """Return what should be committed: the platform's own configuration and what others did to it.

    What others did to something that is only there with ours isn't part of it.
    """
    device = SimulatedDevice(DeviceSpec(name, scenario.platform), ManualClock())
    for hand in standing:
        session = device.store.session(USER, "cli", 1)
        if refused(session.load(hand.lines + "\n", "set", "set")) or not session.commit().committed:
            session.discard()
        session.close()
    return device.store.render(device.store.committed, "set")


def _lost(scenario: Scenario, standing: Sequence[Hand], now: str) -> str:
    """Return what somebody else had committed and isn't there."""
    there = set(now.splitlines())
    for hand in standing:
        before = set(expected(scenario, DUT, ()).splitlines())
        for line in hand.lines.splitlines():
            verb, _, rest = line.partition(" ")
            stays = f"set {rest}" in there or any(
                each.startswith(f"set {rest} ") for each in before & there
            )
            if verb == "set" and not _present(line, there):
                return f"gone: {line}"
            if verb == "delete" and stays and "hil-" not in line:
                return f"back again: {rest}"
    return ""


def _present(line: str, there: set[str]) -> bool:
    """Say whether a set line is there; one may say more than one statement."""
    words = line.split()
    return line in there or all(
        any(word in each.split() for each in there if each.split()[:3] == words[:3])
        for word in words[3:]
    )


def _unsettled(world: World) -> str:
    """Return what is right only for now."""
    store = world.dut.store
    if store.pending is not None:
        return "a confirmed commit is pending"
    if store.dirty:
        return "the candidate holds changes"
    holder = store.lock_holder
    return f"{holder.user} holds the lock" if holder is not None else ""


def _difference(wanted: str, now: str) -> str:
    lines = unified_diff(wanted.splitlines(), now.splitlines(), "expected", "committed", n=0)
    return _SECRET.sub('"<secret>"', "\n".join([*lines][2:]))


def false_passes(world: World, scenario: Scenario, director: Director) -> list[str]:
    """Return the cases that passed and shouldn't have.

    A rung may pass only where the device told the truth, and if all of its tunnels were once
    committed by us under its name; a device's restore only if none of ours was left on it.
    """
    passed = [c for c in cases(world.reports) if c.outcome is Outcome.PASS and c.device == DUT]
    wrong = [_wrong_rung(scenario, director, case) for case in passed if case.kind is not None]
    theirs = ours(expected(scenario, DUT, [hand for hand in director.hands if hand.stands]))
    if director.left_by_run > theirs and any("test_restored" in case.nodeid for case in passed):
        wrong.append(f"restored passed, and {director.left_by_run} tunnels of ours were there")
    return [each for each in wrong if each]


def _wrong_rung(scenario: Scenario, director: Director, case: record.Case) -> str:
    name = f"kind={case.kind} count={case.requested}"
    if scenario.lie:
        return f"{name} passed on a device that lies: {scenario.lie}"
    pushes = {log: n for log, n in director.landed.items() if "phase=push" in log}
    landed = [tunnels for log, tunnels in pushes.items() if log.endswith(name)]
    return "" if COUNT in landed else f"{name} passed, and the device never had it: {pushes}"


def cases(reports: Path) -> list[record.Case]:
    """Return the cases of the run, as far as its record goes."""
    stream = reports / "latest" / record.STREAM_NAME
    if not stream.exists():
        return []
    events, _ = record.read_events(stream)
    return [event for event in events if isinstance(event, record.Case)]
