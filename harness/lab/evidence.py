"""What a failed case leaves for a person: a bundle of what was said, and of what the device shows.

Collected after the device was put back, or could not be: questions only. Whatever can't be had
is a line of the bundle's index; the verdict stands as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import harness
from harness.drivers.protocol import Facts
from harness.drivers.transcript import MOST_DIFFERENCES, Exchange, Transcript
from harness.errors import HarnessError, RpcRefused
from harness.lab.asking import SUPPORT_SECONDS, Asking
from harness.lab.bench import Bench
from harness.lab.log_window import device_time, log_window
from harness.reporting.bundle import Bundle
from harness.reporting.environment import git_commit, library_versions, python_version
from harness.reporting.record import Case
from harness.reporting.runfolder import RunFolder

BEFORE: Final = "before"
AFTER: Final = "after"
CORES: Final = "cores.txt"
SUPPORT: Final = "support-information.txt"
_LOG_LINES: Final = 2000
_LOG: Final = "show log messages"
_SUPPORT_LIMIT: Final = 16 * 1024 * 1024  # characters

# file → commands whose output stands in it, and what that is
_SHOWN: Final = {
    "alarms.txt": (("show system alarms", "show chassis alarms"), "active alarms"),
    CORES: (("show system core-dumps",), "core files"),
    "commit-history.txt": (("show system commit",), "who committed what, newest first"),
}
_STATE: Final = {
    "version.txt": (("show version", "show system uptime"), "release, and up since when"),
    **_SHOWN,
    "health.txt": (
        ("show system processes summary", "show chassis routing-engine", "show system storage"),
        "load, memory, disk",
    ),
}


@dataclass(frozen=True, slots=True)
class Occasion:
    """When a case began on a device, and why the device was out for the run already, if it was."""

    bench: Bench
    began: datetime  # UTC
    at: float  # monotonic
    out: str


def case_begins(bench: Bench) -> Occasion:
    """Start the transcript of a case anew."""
    bench.transcript.begin()
    clock = bench.run.clock
    return Occasion(bench, clock.now(), clock.monotonic(), bench.seen.broken)


def collect(
    folder: RunFolder, occasion: Occasion, case: Case, rerun: str, *, support: bool = False
) -> tuple[str, ...]:
    """Write the bundle of ``case`` and return its files, as paths inside the run folder.

    ``rerun`` is the command that runs the case again; ``support`` asks for the device's support
    information too, which takes minutes. Raises ``OSError`` when the folder can't be made.
    """
    bench = occasion.bench
    bundle = Bundle(folder.case(case.nodeid), bench.transcript.hidden)
    bundle.add("rerun.txt", rerun, "the command that runs this case again, at this count")
    _said(bundle, bench.transcript)
    why = _why_not(occasion)
    if why:
        for name in ("log.txt", *_SHOWN, *((SUPPORT,) if support else ())):
            bundle.lacks(name, why)
    else:
        with Asking(bench, as_text=True) as asking:
            _log(bundle, asking, occasion)
            _shown(bundle, asking, _SHOWN)
        bench.seen.gone = asking.gone
        _new_cores(bundle, folder, bench)
        if support:
            _support(bundle, bench)
    bundle.add("versions.json", _versions(bench), "device, release, harness, libraries")
    bundle.finish(_heading(occasion, case, rerun))
    return tuple(str((bundle.folder / name).relative_to(folder.path)) for name in bundle.files)


def show_device(folder: RunFolder, bench: Bench, when: str, *, support: bool = False) -> None:
    """Write what the device shows at the run's start or end under ``devices/NAME/WHEN/``, once.

    The same file names in both, so that ``diff -r before after`` says what a run changed. Raises
    ``OSError`` when the folder can't be made.
    """
    place = folder.device(bench.device.name) / when
    if place.exists():
        return
    place.mkdir()
    bundle = Bundle(place, bench.transcript.hidden)
    with Asking(bench) as asking:
        _shown(bundle, asking, _STATE)
    bench.seen.gone = asking.gone
    if asking.gone:
        bundle.lacks("device.json", "the device doesn't answer")
    else:
        _add_identity(bundle, bench)
    if support:
        _support(bundle, bench)
    now = bench.run.clock.now()
    bundle.finish({"Device": bench.device.name, "Asked": _utc(now), "When": f"{when} the run"})


def _why_not(occasion: Occasion) -> str:
    """Return why the device isn't asked, "" if it is: a dead one isn't waited for at every case."""
    bench = occasion.bench
    if occasion.out:
        return f"not asked: the device was out for the run before this case: {occasion.out}"
    if bench.seen.gone and bench.transcript.nobody_answers:
        return f"not asked again: nobody answered this case, nor before it: {bench.seen.gone}"
    return ""


def _said(bundle: Bundle, transcript: Transcript) -> None:
    """Write what was sent and answered, and every difference that the device told."""
    patches = list(_patches(transcript))
    if patches:
        words = "the device's own differences during the case, in order: what would be committed"
        bundle.add("candidate.diff", "\n".join(patches), words, limit=MOST_DIFFERENCES)
    else:
        bundle.lacks("candidate.diff", "the device was asked for no difference during the case")
    lines = [line for each in transcript.exchanges() for line in _lines(each)]
    if transcript.lost:
        lines.insert(0, f"[{transcript.lost} older exchanges or differences weren't kept]\n")
    words = "requests and replies of every session of the case"
    if lines:
        bundle.add("transcript.txt", "\n".join(lines), words)
    else:
        bundle.lacks("transcript.txt", "nothing was said to the device during the case")


def _patches(transcript: Transcript) -> Iterator[str]:
    """Yield each difference below the time it was told; of one told before, only that time."""
    known = {"": "none"}
    for each in transcript.differences():
        when = _utc(each.told)
        shown = f"# {known[each.patch]}" if each.patch in known else each.patch
        known.setdefault(each.patch, f"as at {when}")
        yield f"# {when} {each.driver} {_session(each.session)}\n{shown}\n"


def _lines(each: Exchange) -> Iterator[str]:
    yield f"{_utc(each.began)} +{each.seconds:.3f} s  {each.driver} {_session(each.session)}"
    yield f"  {each.doing}" + (f": {each.failure}" if each.failure else "")
    yield from _quoted(">", str(each.request))
    yield from _quoted("<", "(no reply)" if each.reply is None else str(each.reply))
    yield ""


def _quoted(sign: str, text: str) -> Iterator[str]:
    return (f"  {sign} {line}" for line in text.strip().splitlines())


def _log(bundle: Bundle, asking: Asking, occasion: Occasion) -> None:
    """Write the device's log since the case began, by the device's own clock."""
    try:
        now = device_time(asking.text("show system uptime"))
        log = _last_lines(asking)
    except HarnessError as error:
        bundle.lacks("log.txt", str(error))
        return
    clock = occasion.bench.run.clock
    if now is None:
        words = f"its last {_LOG_LINES} lines: the device doesn't tell its time"
        bundle.add("log.txt", log, f"the device's log, {words}", newest=True)
        return
    start = now - timedelta(seconds=clock.monotonic() - occasion.at)
    window = log_window(log, start, now)
    words = f"the device's log since {start:%Y-%m-%d %H:%M:%S}, its own time"
    lines = log.splitlines()
    full = len(lines) >= _LOG_LINES and window.startswith(lines[0])
    more = f"; only its last {_LOG_LINES} lines were asked for" if full else ""
    bundle.add("log.txt", window or "(no line)", words + more, newest=True)


def _last_lines(asking: Asking) -> str:
    try:
        return asking.text(f"{_LOG} | last {_LOG_LINES}")
    except RpcRefused:  # a release that takes no pipes here
        return asking.text(_LOG)


def _shown(
    bundle: Bundle, asking: Asking, questions: dict[str, tuple[tuple[str, ...], str]]
) -> None:
    for name, (commands, what) in questions.items():
        told: list[str] = []
        refused: list[str] = []
        for command in commands:
            try:
                told.append(f"> {command}\n{asking.text(command).strip()}\n")
            except HarnessError as error:
                refused.append(str(error))
        if told:
            notes = "".join(f"\n[{words}]" for words in refused)
            bundle.add(name, "\n".join(told) + notes, what)
        else:
            bundle.lacks(name, "; ".join(refused))


def _new_cores(bundle: Bundle, folder: RunFolder, bench: Bench) -> None:
    """Put the core files first that weren't there when the run began."""
    if CORES not in bundle.files:
        return
    now = (bundle.folder / CORES).read_text("utf-8")
    known = folder.device(bench.device.name) / BEFORE / CORES
    if not known.exists():
        head = "New since the run began: can't be told, nothing was listed then"
    else:
        before = set(known.read_text("utf-8").splitlines())
        new = [line for line in now.splitlines() if _is_file(line) and line not in before]
        head = "\n".join([f"New since the run began: {len(new) or 'none'}", *new])
    bundle.add(CORES, f"{head}\n\n{now}", "core files, new ones first")


def _is_file(line: str) -> bool:
    """Tell a line of ``ls -l`` from a place without core files."""
    return line.startswith("-") and "core" in line


def _support(bundle: Bundle, bench: Bench) -> None:
    with Asking(bench, as_text=True, seconds=SUPPORT_SECONDS, each=SUPPORT_SECONDS) as asking:
        try:
            told = asking.text("request support information")
        except HarnessError as error:
            bundle.lacks(SUPPORT, str(error))
            return
    bundle.add(SUPPORT, told, "request support information", limit=_SUPPORT_LIMIT)


def _add_identity(bundle: Bundle, bench: Bench) -> None:
    try:
        known = {
            "device": _device(bench, bench.facts),
            "committed configuration, sha256": bench.baseline().fingerprint,
        }
    except HarnessError as error:
        bundle.lacks("device.json", str(error))
    else:
        bundle.add("device.json", _json(known), "who it is, and what it has committed")


def _versions(bench: Bench) -> str:
    checkout = Path(harness.__file__).parents[1]
    facts = bench.facts_if_asked
    return _json(
        {
            "device": "not known" if facts is None else _device(bench, facts),
            "harness": git_commit(checkout) or library_versions()["hil-harness"],
            "python": python_version(),
            "libraries": library_versions(),
            "pushed by": bench.run.driver,
            "run": bench.run.run_id,
        }
    )


def _device(bench: Bench, facts: Facts) -> dict[str, str]:
    return {
        "name": bench.device.name,
        "platform": bench.device.platform,
        "model": facts.model,
        "release": facts.version,
        "serial": facts.serial,
        "host name": facts.hostname,
    }


def _heading(occasion: Occasion, case: Case, rerun: str) -> dict[str, str]:
    bench = occasion.bench
    return {
        "Case": case.nodeid,
        "Outcome": str(case.outcome),
        "Reason": case.reason,
        "Device": bench.device.name,
        "Began": _utc(occasion.began),
        "Collected": _utc(bench.run.clock.now()),
        "Run again": rerun,
    }


def _json(value: object) -> str:
    return json.dumps(value, cls=json.JSONEncoder, indent=1)


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def _session(number: str) -> str:
    return f"session {number}" if number else "at the CLI"
