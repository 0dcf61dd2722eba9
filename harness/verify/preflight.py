"""Look at a device before anything is done to it: read-only, takes no lock, changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from harness.clock import Clock
from harness.drivers.database import Editor
from harness.drivers.history import CommitEntry, newest, parse_history
from harness.drivers.protocol import Facts, Reader
from harness.drivers.uptime import Times
from harness.errors import DeviceError, HarnessError, LabError, PlanError
from harness.outcome import Finding, Grade
from harness.plan.builder import build_plan
from harness.plan.keys import RUN_KEY_BYTES
from harness.plan.model import NAME_PREFIX, Kind
from harness.plan.occupied import Occupied, occupied
from harness.plan.sites import device_proposal, site_of
from harness.render.readback import Path, deepest, fingerprint, statements
from harness.testbed.model import Device
from harness.verify import system
from harness.verify.examine import examine
from harness.verify.facts import Answer, Unreadable, named
from harness.verify.grade import Chassis, Graded, grade
from harness.verify.illness import state_of_health
from harness.verify.observe import CLI, NETCONF, Readers, ask
from harness.verify.witnesses import Command, Rpc

SKEW_SECONDS = 60  # more, and neither a commit time nor a roll-back deadline can be trusted
FREE_BYTES = 64 * 1024 * 1024  # 1500 tunnels are 2.3 MB, and fifty roll-backs keep a copy
NOT_READABLE = "not readable"

_HIDDEN = "SECRET-DATA"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Preflight:
    """What was found: a finding per column, and how real the device is."""

    device: str
    graded: Graded
    facts: Facts | None
    findings: tuple[Finding, ...]

    @property
    def clean(self) -> bool:
        """Say whether nothing was found that forbids a run."""
        return all(finding.ok for finding in self.findings)

    def seen(self, what: str) -> str:
        """Return what was seen under a heading, "" if nothing was looked at."""
        return next((f.seen for f in self.findings if f.what == what), "")


def preflight(
    declared: Device, readers: Readers, clock: Clock, jdm: Reader | None = None
) -> Preflight:
    """Ask an open device about itself; ``jdm`` is the JDM of an NFX250's chassis, also open.

    What a release doesn't offer read-only is "not readable" and doesn't count against the device;
    what has to be known for a safe run does.
    """
    reader = readers.get(NETCONF) or readers[CLI]
    try:
        facts = reader.facts()
        configurations = tuple(reader.configuration(db, "xml") for db in ("committed", "candidate"))
    except (LabError, DeviceError) as error:
        return unreachable(declared, error)
    graded = grade(declared, facts, chassis(jdm) if jdm is not None else None)
    committed, candidate = configurations
    findings = (
        Finding("reachable", "yes", f"yes, over {reader.name}", ok=True, source=reader.name),
        _model(declared, facts, graded),
        *_time(_ask(reader, "get-system-uptime-information"), clock),
        _lock(readers),
        _uncommitted(committed, candidate),
        _pending(reader, clock),
        *_tunnels(committed),
        _underlay(declared, committed),
        _secrets(committed),
        _licence(_ask(reader, "get-license-summary-information")),
        _disk(_ask(reader, "get-system-storage")),
        _cluster(reader),
        *state_of_health(examine(declared.platform, readers, clock), declared.health),
    )
    return Preflight(declared.name, graded, facts, findings)


def unreachable(declared: Device, error: HarnessError) -> Preflight:
    """Say that nothing could be asked, and why."""
    finding = Finding("reachable", "yes", f"no: {error}", ok=False)
    graded = Graded(Grade.UNVERIFIED, "the device wasn't reached")
    return Preflight(declared.name, graded, None, (finding,))


def _ask(reader: Reader, rpc: str) -> Answer:
    return ask(reader, Rpc(rpc))


def chassis(jdm: Reader) -> Chassis:
    """Ask an open JDM who it is and which virtual machines it runs."""
    running = system.machines(ask(jdm, Command("show virtual-network-functions")))
    return Chassis(jdm.facts(), frozenset() if isinstance(running, Unreadable) else running)


def _model(declared: Device, facts: Facts, graded: Graded) -> Finding:
    return Finding(
        "model",
        declared.platform,
        f"{facts.model} {facts.version}, serial {facts.serial}, host {facts.hostname}: "
        f"{graded.grade} ({graded.reason})",
        ok=graded.grade is not Grade.UNVERIFIED,
    )


def _told(
    what: str, expected: str, read: T | Unreadable, tell: Callable[[T], tuple[str, bool]]
) -> Finding:
    """Make a finding of something that not every device offers."""
    if isinstance(read, Unreadable):
        return Finding(what, expected, f"{NOT_READABLE}: {read.reason}", ok=True)
    seen, ok = tell(read)
    return Finding(what, expected, seen, ok=ok)


def _time(answer: Answer, clock: Clock) -> tuple[Finding, ...]:
    now = clock.now().timestamp()
    read = system.times(answer)

    def skew(times: Times) -> tuple[str, bool]:
        seconds = round(times.now - now)
        return f"{seconds:+d} s", abs(seconds) <= SKEW_SECONDS

    def uptime(times: Times) -> tuple[str, bool]:
        if times.booted is None:
            return NOT_READABLE, True
        return str(timedelta(seconds=max(0, times.now - times.booted))), True

    return (
        _told("uptime", "any", read, uptime),
        _told("clock skew", f"at most {SKEW_SECONDS} s", read, skew),
    )


def _lock(readers: Readers) -> Finding:
    """Report who is in the configuration database; only NETCONF answers that read-only."""
    reader = readers.get(NETCONF)
    if reader is None:
        return Finding("lock", "nobody", f"{NOT_READABLE}: only NETCONF tells", ok=True)
    read = system.editors(_ask(reader, "get-database-status-information"))

    def tell(editors: tuple[Editor, ...]) -> tuple[str, bool]:
        holders = [editor for editor in editors if editor.exclusive]
        words = named(map(str, holders or editors))
        return words or "nobody", not holders

    return _told("lock", "nobody holds it", read, tell)


def _uncommitted(committed: str, candidate: str) -> Finding:
    """Compare the candidate with what is committed; asking for a diff would need a writer."""
    try:
        same = fingerprint(committed) == fingerprint(candidate)
    except DeviceError as error:
        return Finding("uncommitted changes", "none", f"{NOT_READABLE}: {error}", ok=False)
    return Finding("uncommitted changes", "none", "none" if same else "yes", ok=same)


def _pending(reader: Reader, clock: Clock) -> Finding:
    what, expected = "pending confirmed commit", "none"
    answer = _ask(reader, "get-commit-information")
    try:
        history = parse_history(answer) if isinstance(answer, str) else ()
    except DeviceError as error:
        return Finding(what, expected, f"{NOT_READABLE}: {error}", ok=False)
    if not isinstance(answer, str):
        return Finding(what, expected, f"{NOT_READABLE}: {answer.words}", ok=False)
    told = [_pending_words(entry, clock.now()) for entry in newest(history)]
    waiting = [words for words in told if words]
    return Finding(what, expected, named(waiting) or "none", ok=not waiting)


def _pending_words(entry: CommitEntry, now: datetime) -> str:
    """Say whose timer runs, or may: the mark proves it, the comment alone stays for ever."""
    minutes = entry.confirm_minutes
    if minutes is None and not entry.pending:
        return ""
    certainty = "pending" if entry.pending else "maybe pending (newest commit was confirmed-type)"
    who = f"{certainty}, by {entry.user}"
    if minutes is None or entry.seconds is None:
        return who
    deadline = datetime.fromtimestamp(entry.seconds, UTC) + timedelta(minutes=minutes)
    if not entry.pending and now > deadline + timedelta(seconds=SKEW_SECONDS):
        return ""
    return f"{who}, until {deadline:%Y-%m-%d %H:%M:%S} UTC"


def _tunnels(committed: str) -> tuple[Finding, ...]:
    try:
        found = statements(committed).members
    except DeviceError as error:
        return (Finding("tunnels there", "any", f"{NOT_READABLE}: {error}", ok=False),)
    vpns = [path for path in found if path[:3] == ("security", "ipsec", "vpn") and len(path) == 4]
    units = [path for path in found if _is_gre_unit(path)]
    ours = deepest(path for path in found if any(word.startswith(NAME_PREFIX) for word in path))
    return (
        Finding("tunnels there", "any", f"{len(vpns)} ipsec, {len(units)} gre", ok=True),
        Finding(
            "left over from a run",
            "nothing",
            named(" ".join(path) for path in ours) or "nothing",
            ok=not ours,
        ),
    )


def _is_gre_unit(path: Path) -> bool:
    return path[:2] == ("interfaces", "interface") and (
        path[2].startswith("gr-") and path[3:4] == ("unit",) and len(path) == 5
    )


def _underlay(declared: Device, committed: str) -> Finding:
    """Hold the testbed's words on where tunnels leave the device against what it has there."""
    what, expected = "underlay", f"as the testbed says from line {declared.line} on"
    if declared.underlay is None:
        return Finding(what, expected, "none declared", ok=True)
    wrong = []
    try:
        used = occupied(committed)
        for kind in declared.kinds:
            wrong += _refusal(declared, Kind(kind), used)
    except DeviceError as error:
        return Finding(what, expected, f"{NOT_READABLE}: {error}", ok=False)
    return Finding(what, expected, "; ".join(dict.fromkeys(wrong)) or "fits", ok=not wrong)


def _refusal(declared: Device, kind: Kind, used: Occupied) -> list[str]:
    try:
        build_plan(
            site_of(declared),
            kind,
            1,
            run_key=bytes(RUN_KEY_BYTES),
            occupied=used,
            proposal=device_proposal(declared),
        )
    except PlanError as error:
        return [str(error)]
    return []


def _secrets(committed: str) -> Finding:
    hidden = _HIDDEN in committed
    seen = f"hidden as {_HIDDEN}: the baseline couldn't be restored" if hidden else "readable"
    return Finding("keys", "readable", seen, ok=not hidden)


def _licence(answer: Answer) -> Finding:
    def tell(found: tuple[system.Licence, ...]) -> tuple[str, bool]:
        words = [
            f"{one.name} ({one.used} of {one.installed} used"
            + (f", {one.needed} needed)" if one.needed else ")")
            for one in found
        ]
        return named(words) or "none", True  # a missing licence is a warning at commit

    return _told("licence", "any", system.licences(answer), tell)


def _disk(answer: Answer) -> Finding:
    """Look at the file systems that configurations go to."""
    read = system.file_systems(answer)
    if not isinstance(read, Unreadable):
        read = tuple(fs for fs in read if fs.written) or Unreadable(
            "neither /var nor /config is listed"
        )

    def tell(found: tuple[system.FileSystem, ...]) -> tuple[str, bool]:
        least = min(found, key=lambda fs: fs.free_bytes)
        return f"{least.free_bytes // 2**20} MiB on {least.mounted_on}", (
            least.free_bytes >= FREE_BYTES
        )

    return _told("free disk", f"at least {FREE_BYTES // 2**20} MiB", read, tell)


def _cluster(reader: Reader) -> Finding:
    nodes = system.cluster_nodes(_ask(reader, "get-chassis-cluster-status"))

    def tell(found: tuple[system.ClusterNode, ...]) -> tuple[str, bool]:
        if not found:
            return "standalone", True
        inventory = system.serials(_ask(reader, "get-chassis-inventory"))
        known = {} if isinstance(inventory, Unreadable) else inventory
        words = [
            f"{node.name} {node.state}, serial {known.get(node.name) or NOT_READABLE}"
            for node in found
        ]
        whole = len(found) == 2 and {node.state for node in found} <= {"primary", "secondary"}
        return named(words), whole and len({known.get(node.name) for node in found} - {None}) == 2

    return _told("chassis cluster", "standalone, or both nodes well", nodes, tell)
