"""Health against what it was: tables of before, now, what is allowed, and what is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.outcome import Outcome
from harness.testbed.model import HealthLimits
from harness.verify.facts import Refusal, Unreadable
from harness.verify.health import (
    CHASSIS_ALARMS,
    CORES,
    CPU,
    DISK,
    DISKS,
    ENGINES,
    MEMORY,
    UNITS,
    UPTIME,
    Alarm,
    CoreFile,
    Figure,
    Health,
)
from harness.verify.illness import judge_health, state_of_health

OLD = CoreFile("/var/crash/kmd.core.0.gz", 100, "2026-01-01 10:00:00 UTC")
NEW = replace(OLD, written="2026-01-02 11:00:00 UTC")
RESCUE = Alarm("minor", "Rescue configuration is not set", "system")
HARD = Alarm("major", "FPC 0 Hard errors", "chassis")
RE_CPU = Figure(CPU, "routing engine 0, 1 minute")
RE_MEMORY = Figure(MEMORY, "routing engine 0")
VAR = Figure(DISK, "/var")
WELL = Health(
    asked=1000.0,
    cores=frozenset({OLD}),
    alarms=frozenset({RESCUE}),
    figures={RE_CPU: 10, RE_MEMORY: 30, VAR: 40},
    up={"the system": 5000, "the routing protocol process": 4900},
)
LATER = replace(WELL, asked=1300.0, up={name: value + 300 for name, value in WELL.up.items()})
SYSTEM, PROTOCOLS = WELL.up


def figures(**changes: int) -> Health:
    """Return LATER with other figures."""
    named = {"cpu": RE_CPU, "memory": RE_MEMORY, "disk": VAR}
    return replace(LATER, figures={**LATER.figures, **{named[k]: v for k, v in changes.items()}})


def up(system: int, protocols: int = 5200) -> Health:
    """Return LATER with other uptimes."""
    return replace(LATER, up={SYSTEM: system, PROTOCOLS: protocols})


def test_a_device_that_stays_as_it_was_is_well():
    """Old core files, old alarms, and time that passed are nothing new."""
    verdict = judge_health(WELL, LATER, HealthLimits())
    assert verdict.outcome is Outcome.PASS
    assert [finding.what for finding in verdict.findings] == [
        "core files", "alarms", "restarts", "CPU", "memory", "disk",
    ]  # fmt: skip
    assert verdict.findings[0].seen == "none new, 1 from before the first push"
    assert {finding.source for finding in verdict.findings} == {"health"}


ILL = {
    "another core file": (
        replace(LATER, cores=frozenset({OLD, replace(OLD, path="/var/crash/rpd.core.0.gz")})),
        "core files: new: /var/crash/rpd.core.0.gz (100 bytes, 2026-01-01 10:00:00 UTC)",
    ),
    "a core file in place of another": (
        replace(LATER, cores=frozenset({NEW})),
        "core files: new: /var/crash/kmd.core.0.gz (100 bytes, 2026-01-02 11:00:00 UTC)",
    ),
    "a core file of another size": (
        replace(LATER, cores=frozenset({replace(OLD, size=101)})),
        "core files: new: /var/crash/kmd.core.0.gz (101 bytes",
    ),
    "the same core file on another node": (
        replace(LATER, cores=frozenset({OLD, replace(OLD, node="node1")})),
        "10:00:00 UTC) on node1",
    ),
    "a major alarm": (
        replace(LATER, alarms=frozenset({RESCUE, HARD})),
        "alarms: new: major chassis alarm: FPC 0 Hard errors",
    ),
    "a reboot": (up(200, 100), "restarts: the system started anew 200 s ago, the routing protocol"),
    "a restart of the routing process": (up(5300, 10), "restarts: the routing protocol process"),
    "memory": (figures(memory=96), "memory of routing engine 0: 96 percent, was 30, 95 allowed"),
    "disk": (figures(disk=96), "disk of /var: 96 percent, was 40, 95 allowed"),
    "a routing engine that's gone": (
        replace(LATER, figures={VAR: 40}),
        "memory: routing engine 0 isn't shown any more",
    ),
    "a daemon that doesn't answer any more": (
        replace(LATER, gaps={ENGINES: Refusal("the chassis-control subsystem is not running")}),
        "routing engines: not readable: refused: the chassis-control subsystem is not running",
    ),
}


@pytest.mark.parametrize(("now", "words"), ILL.values(), ids=ILL.keys())
def test_what_is_new_and_bad_is_illness(now, words):
    """By default: core files, major alarms, restarts, memory and disk; the reason says which."""
    verdict = judge_health(WELL, now, HealthLimits())
    assert verdict.outcome is Outcome.UNHEALTHY
    assert words in verdict.reason
    assert len(verdict.failures) == 1


WELL_ENOUGH = {
    "a new minor alarm": (replace(LATER, alarms=frozenset({replace(HARD, severity="minor")})), {}),
    "an alarm less": (replace(LATER, alarms=frozenset()), {}),
    "a core file less": (replace(LATER, cores=frozenset()), {}),
    "ignored core files": (replace(LATER, cores=frozenset({NEW})), {"cores": "ignore"}),
    "ignored alarms": (replace(LATER, alarms=frozenset({HARD})), {"alarms": "ignore"}),
    "ignored restarts": (up(1, 1), {"restarts": "ignore"}),
    "a clock that lags": (up(5241, 5141), {}),
    "as much as is allowed": (figures(memory=95, disk=95), {}),
    "more than the default, allowed": (figures(memory=99), {"memory_percent": 99}),
    "a busy processor, which isn't judged": (figures(cpu=100), {}),
    "a file system that's gone": (replace(LATER, figures={RE_MEMORY: 1, RE_CPU: 1}), {}),
}


@pytest.mark.parametrize(("now", "limits"), WELL_ENOUGH.values(), ids=WELL_ENOUGH.keys())
def test_what_is_allowed_or_not_worse_is_no_illness(now, limits):
    """Each key of the testbed switches or moves its own threshold."""
    assert judge_health(WELL, now, HealthLimits(**limits)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("now", "limits"),
    [
        (replace(LATER, alarms=frozenset({replace(HARD, severity="minor")})), {"alarms": "minor"}),
        (figures(cpu=91), {"cpu_percent": 90}),
        (figures(memory=61), {"memory_percent": 60}),
        (figures(disk=61), {"disk_percent": 60}),
    ],
)
def test_a_testbed_may_be_stricter(now, limits):
    """What passes by default doesn't here."""
    assert judge_health(WELL, now, HealthLimits()).outcome is Outcome.PASS
    assert judge_health(WELL, now, HealthLimits(**limits)).outcome is Outcome.UNHEALTHY


def test_what_was_above_before_the_first_push_is_not_of_our_making():
    """The device was that full when it came."""
    full = replace(WELL, figures={**WELL.figures, VAR: 97})
    assert judge_health(full, figures(disk=98), HealthLimits()).outcome is Outcome.PASS


GAP = Unreadable("garbled")


def test_what_a_release_does_not_tell_is_said_and_is_not_health():
    """It's a finding of its own, in the words of the device."""
    before, now = (replace(h, gaps={UNITS: Refusal("syntax error")}) for h in (WELL, LATER))
    verdict = judge_health(before, now, HealthLimits())
    assert verdict.outcome is Outcome.PASS
    assert str(verdict.findings[-1]) == (
        "ok: security processing units: expected readable, seen not readable: refused: "
        "syntax error [health]"
    )


def test_what_can_not_be_read_any_more_is_an_error():
    """It was readable before: nobody knows whether the device is well."""
    verdict = judge_health(WELL, replace(LATER, gaps={CORES: GAP}), HealthLimits())
    assert verdict.outcome is Outcome.ERROR
    assert verdict.reason == "core files: not readable: garbled"


def test_illness_outweighs_what_can_not_be_read():
    """A new core file is one, whatever else is garbled."""
    now = replace(LATER, cores=frozenset({NEW}), gaps={UPTIME: GAP})
    assert judge_health(WELL, now, HealthLimits()).outcome is Outcome.UNHEALTHY


@pytest.mark.parametrize(
    ("part", "now"),
    [
        (CORES, replace(LATER, cores=frozenset({NEW}))),
        (CHASSIS_ALARMS, replace(LATER, alarms=frozenset({HARD}))),
    ],
)
def test_without_a_before_nothing_is_new(part, now):
    """What wasn't readable before the first push can't be compared."""
    before = replace(WELL, gaps={part: GAP})
    verdict = judge_health(before, now, HealthLimits())
    assert verdict.outcome is Outcome.PASS


def test_the_state_before_a_run_names_what_is_there():
    """Alarms and core files are told, the worst first; only a figure above its limit is wrong."""
    health = replace(WELL, alarms=frozenset({RESCUE, HARD}), gaps={UNITS: Refusal("no")})
    findings = {finding.what: finding for finding in state_of_health(health, HealthLimits())}
    assert findings["alarms"].seen == f"{HARD}, {RESCUE}"
    assert findings["core files"].seen == str(OLD)
    assert findings["disk"].seen == "/var: 40 percent"
    assert findings["memory"].seen.endswith("; security processing units not readable: refused: no")
    assert all(finding.ok for finding in findings.values())
    full = state_of_health(health, HealthLimits(disk_percent=39))
    assert [finding.what for finding in full if not finding.ok] == ["disk"]


def test_of_what_is_not_readable_none_is_said_to_be_there():
    """A gap isn't "none"."""
    (cores, *_) = state_of_health(Health(0.0, gaps={CORES: GAP, DISKS: GAP}), HealthLimits())
    assert cores.seen == "core files not readable: garbled"
