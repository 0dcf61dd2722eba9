"""What a check concludes: outcomes, grades and levels of evidence, verdicts."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Outcome(StrEnum):
    """The six ends of a case; who is to blame decides between the last five."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    FAIL = "fail"  # the device: it refused, or doesn't show what it accepted
    UNHEALTHY = "unhealthy"  # the device fell ill under the load
    ERROR = "error"  # the harness or the lab
    BLOCKED = "blocked"  # too few usable witnesses to say anything
    SKIP = "skip"


class Grade(IntEnum):
    """How real the device was; the order is the order of trust."""

    UNVERIFIED = 0
    SIMULATED = 1
    VIRTUAL = 2
    HARDWARE = 3

    def __str__(self) -> str:
        """Return the word that reports use."""
        return self.name.lower()


class Evidence(IntEnum):
    """How far a number was proven; each level includes the ones below it."""

    NONE = 0
    CONFIGURED = 1
    ACCEPTED = 2
    READ_BACK = 3
    ESTABLISHED = 4
    CARRYING = 5

    def __str__(self) -> str:
        """Return the words that reports use."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check looked at: what, what was expected, what was seen, who said so."""

    what: str
    expected: str
    seen: str
    ok: bool
    source: str = ""  # the witness

    def __str__(self) -> str:
        """Write one line for a terminal or a failure message."""
        mark = "ok" if self.ok else "NOT OK"
        by = f" [{self.source}]" if self.source else ""
        return f"{mark}: {self.what}: expected {self.expected}, seen {self.seen}{by}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The end of one check: outcome, one-line reason, and the findings behind it."""

    outcome: Outcome
    reason: str
    evidence: Evidence = Evidence.NONE
    findings: tuple[Finding, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Say whether the outcome is PASS."""
        return self.outcome is Outcome.PASS

    @property
    def failures(self) -> tuple[Finding, ...]:
        """Return the findings that aren't ok, in the order they were made."""
        return tuple(finding for finding in self.findings if not finding.ok)
