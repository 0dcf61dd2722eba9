"""The record of a run: typed events in an append-only JSONL stream, the only source of reports.

A line is one JSON object: ``v`` (version of this schema), ``type`` (a key of ``EVENT_TYPES``),
``at`` (UTC, when it was written) and the fields of the event. A stream may be written by
several processes and may end anywhere; whatever line is whole can be read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO, Final, Literal, Self

from pydantic import BeforeValidator, TypeAdapter

from harness.clock import Clock
from harness.errors import UsageError
from harness.outcome import Evidence, Finding, Grade, Outcome
from harness.reporting.line import MAX_LINE, LineError, decode, encode

VERSION: Final = 1
STREAM_NAME: Final = "events.jsonl"

ClaimSource = Literal["document", "operator"]
Standing = Literal["qualified", "sampled", "observed", "unhealthy", "not accepted", ""]
Property = str | int | float | bool


def _grade(word: object) -> object:
    return Grade[word.upper()] if isinstance(word, str) else word


def _evidence(words: object) -> object:
    return Evidence[words.upper().replace(" ", "_")] if isinstance(words, str) else words


RecordedGrade = Annotated[Grade, BeforeValidator(_grade)]
RecordedEvidence = Annotated[Evidence, BeforeValidator(_evidence)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The first event: who ran what with which software."""

    run_id: str
    argv: tuple[str, ...]  # after redact_argv
    started: datetime  # UTC
    testbed: str
    testbed_path: str = ""
    folder: str = ""  # the run folder as a CI job sees it, from the project's root
    python: str = ""
    libraries: Mapping[str, str] = field(default_factory=dict)  # name → version
    git_commit: str | None = None  # with "+changes" when the tree wasn't clean
    operator_claims: Mapping[str, int] = field(default_factory=dict)  # claim id → his value


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Every case that was selected; what never ends is reported as not reached."""

    nodeids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One endpoint and how real it is; the last event of a name holds."""

    name: str
    platform: str
    grade: RecordedGrade
    reasons: tuple[str, ...] = ()  # why not a higher grade
    model: str = ""
    emulates: str | None = None
    os_version: str = ""
    serial: str = ""
    hostname: str = ""
    deadman: str = ""  # what is known of its dead-man's switch, and how what isn't is taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One row of the claims catalogue. All rows are written, so that coverage has its total."""

    id: str
    title: str
    value: int | None  # None: the document leaves the cell blank, and nobody supplied a value
    source: ClaimSource
    citation: str
    unit: str = "tunnels"
    in_play: bool = False  # a device of this testbed can answer it


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStarted:
    """A case began; without a later ``Case`` it's reported as interrupted."""

    nodeid: str
    device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case ended."""

    nodeid: str  # "suites/tunnels/test_tunnels.py::test_tunnels[srx4100-ipsec-1500]"
    outcome: Outcome
    reason: str = ""
    seconds: float = 0.0
    device: str | None = None
    kind: str | None = None
    grade: RecordedGrade | None = None  # at most the device's own counts
    requested: int | None = None
    accepted: int | None = None
    claim_id: str | None = None
    claimed: int | None = None
    claim_source: ClaimSource | None = None
    observation: bool = False  # a rung above the claim: never a failure, never coverage
    evidence: RecordedEvidence = Evidence.NONE
    negotiated_by: str | None = None  # "device", "strongswan", "embedded engine"
    commit_seconds: float | None = None
    config_sha256: str | None = None
    witnesses: tuple[str, ...] = ()  # usable, and heard
    unusable_witnesses: Mapping[str, str] = field(default_factory=dict)  # name → why
    warnings: tuple[str, ...] = ()  # the device's own words
    findings: tuple[Finding, ...] = ()
    attachments: tuple[str, ...] = ()  # paths relative to the run folder
    rerun: str = ""  # the command that runs this case again, at this count
    properties: Mapping[str, Property] = field(default_factory=dict)

    @property
    def suite(self) -> str:
        """Return the dotted suite path, "suites.tunnels.test_tunnels"."""
        return split_nodeid(self.nodeid)[0]

    @property
    def name(self) -> str:
        """Return the case name, "test_tunnels[srx4100-ipsec-1500]"."""
        return split_nodeid(self.nodeid)[1]

    @property
    def standing(self) -> Standing:
        """Say what this case means for its claim, on its grade; computed, never asserted."""
        if self.claim_id is None or self.requested is None:
            return ""
        if self.observation:
            return "observed"
        if self.outcome is Outcome.UNHEALTHY:
            return "unhealthy"
        if self.outcome is not Outcome.PASS or (self.accepted or 0) < self.requested:
            return "not accepted"
        if self.claimed is not None and self.requested >= self.claimed:
            return "qualified"
        return "sampled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """Whether a device is back at its baseline, as the controller proved it."""

    device: str
    proven: bool
    how: str = ""  # "rollback 1", "load update", "nothing to do"
    fingerprint_before: str | None = None
    fingerprint_after: str | None = None
    commits: int = 0  # used by the whole run; each pushes a rollback out of the device
    seconds: float = 0.0
    reason: str = ""
    attachments: tuple[str, ...] = ()  # paths relative to the run folder
    rerun: str = ""  # the command that tries again
    kept: str = ""  # who else committed meanwhile: theirs is on top of the baseline
    quarantined: bool = False  # theirs and ours are entangled: only a person can go on


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """The last event; without it the run was killed or still goes on."""

    exit_status: int
    interrupted_by: str | None = None  # "SIGINT", "SIGTERM"


Event = RunStarted | Planned | Device | Claim | CaseStarted | Case | Restore | RunFinished

EVENT_TYPES: Final[Mapping[str, type[Event]]] = {
    "run-started": RunStarted,
    "planned": Planned,
    "device": Device,
    "claim": Claim,
    "case-started": CaseStarted,
    "case": Case,
    "restore": Restore,
    "run-finished": RunFinished,
}


def split_nodeid(nodeid: str) -> tuple[str, str]:
    """Split a pytest node id into suite path and case name.

    A trailing ``@group``, which xdist's own grouping appends, is cut: a name must not depend on
    how many workers ran.
    """
    path, _, rest = nodeid.partition("::")
    head, bracket, parameters = rest.partition("[")
    *classes, function = head.split("::")
    if bracket:
        name = function + bracket + parameters[: parameters.rfind("]") + 1]
    else:
        name = function.partition("@")[0]
    return ".".join([path.removesuffix(".py").replace("/", "."), *classes]), name


class RunRecord:
    """The writing end of a stream: one event, one line, one write."""

    def __init__(self, path: Path, clock: Clock, *, fsync: bool = False) -> None:
        """Open ``path`` for appending; a torn last line is closed first, so it stays alone."""
        self.path = path
        self._clock = clock
        self._fsync = fsync
        self._file = path.open("ab+", buffering=0)
        if self._ends_torn():
            self._file.write(b"\n")

    @classmethod
    def create(cls, folder: Path, clock: Clock, *, fsync: bool = False) -> Self:
        """Open the stream of the run folder ``folder``, new or to be continued."""
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder / STREAM_NAME, clock, fsync=fsync)

    def append(self, event: Event) -> None:
        """Write ``event`` redacted, as one line; it's with the kernel when this returns.

        Raises :class:`harness.errors.HarnessBug` for a value that JSON can't hold.
        """
        line = encode(_TYPE_NAMES[type(event)], event, at=self._clock.now(), version=VERSION)
        view = memoryview(line)
        while view:
            view = view[self._file.write(view) or 0 :]
        if self._fsync:
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Release the file; appending afterwards raises ``ValueError``."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ends_torn(self) -> bool:
        if not self._file.seek(0, os.SEEK_END):
            return False
        self._file.seek(-1, os.SEEK_END)
        return self._file.read(1) != b"\n"


_TYPE_NAMES: Final = {kind: name for name, kind in EVENT_TYPES.items()}
_ADAPTERS: Final = {name: TypeAdapter[Event](kind) for name, kind in EVENT_TYPES.items()}


def read_events(path: Path) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """Read a stream; return its events and a note for each line that isn't whole or known.

    Raises :class:`harness.errors.UsageError` when ``path`` can't be read at all.
    """
    events: list[Event] = []
    notes: list[str] = []
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(_bounded_lines(stream), start=1):
                event = _read_line(line, number, notes)
                if event is not None:
                    events.append(event)
    except OSError as error:
        raise UsageError(f"{path}: no record to read ({error.strerror or error})") from error
    return tuple(events), tuple(notes)


def _read_line(line: bytes, number: int, notes: list[str]) -> Event | None:
    try:
        decoded = decode(line, _ADAPTERS, version=VERSION)
    except LineError as error:
        notes.append(f"line {number}: {error}")
        return None
    notes.extend(f"line {number}: {note}" for note in decoded.notes)
    return decoded.event


def _bounded_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield lines of at most MAX_LINE + 1 bytes; the rest of a longer one is passed over."""
    while line := stream.readline(MAX_LINE + 1):
        whole = line.endswith(b"\n")
        yield line
        while not whole and (rest := stream.readline(MAX_LINE)):
            whole = rest.endswith(b"\n")
