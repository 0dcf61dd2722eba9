"""What was measured of confirmed commits, kept for each model and release, and how it's told.

One JSON file for each model, release and grade in the state directory, written whole. The grade is
part of the name: what a simulated device answers says nothing of hardware.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Final

from pydantic import BeforeValidator, PlainSerializer, TypeAdapter, ValidationError

from harness.deploy.probe import Answers, Way
from harness.errors import LabError
from harness.outcome import Grade

FOLDER: Final = "dead-mans-switch"
_LIMIT: Final = 65_536  # bytes of a file that is read; ours have about one thousand
_UNKNOWN: Final = "unknown"


def _grade(word: object) -> object:
    known = {str(grade): grade for grade in Grade}
    return known.get(word, word) if isinstance(word, str) else word


KeptGrade = Annotated[Grade, BeforeValidator(_grade), PlainSerializer(str)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """The answers of one device, which stand for its model and release on its grade."""

    model: str
    release: str
    grade: KeptGrade
    device: str  # as the testbed named it
    address: str  # its key for leases and journals
    run: str
    when: str  # ISO 8601, UTC
    answers: Answers

    @property
    def smallest_commit_seconds(self) -> float | None:
        """Return what a commit of one statement took, the middle of all."""
        return median(self.answers.commit_seconds) if self.answers.commit_seconds else None

    @property
    def useless(self) -> str:
        """Return why the dead-man's switch is of no use there, "" where nothing says so."""
        answers, when = self.answers, f"probed {self.when[:10]} on {self.device}"
        place = f"{self.model} {self.release} ({when})"
        if answers.refused:
            return f"{place} refuses confirmed commits"
        if answers.rolls_back is False:
            return f"{place} keeps a commit that nobody confirmed"
        return ""


_KEPT: Final = TypeAdapter(Knowledge)


def keep(state: Path, knowledge: Knowledge) -> Path:
    """Write what was measured, whole or not at all, in place of what was known before.

    Raises :class:`LabError` when the state directory can't be written.
    """
    path = _path(state, knowledge.model, knowledge.release, knowledge.grade)
    temporary = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with temporary.open("wb") as file:
            file.write(_KEPT.dump_json(knowledge, indent=1) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as exc:
        raise LabError(f"{path}: can't keep what was measured: {exc.strerror}") from exc
    return path


def known(state: Path, model: str, release: str, grade: Grade) -> Knowledge | None:
    """Return what was measured on this model, release and grade; None where nothing is known.

    A file that can't be read tells nothing, and what isn't known is taken for the worst.
    """
    found = _read(_path(state, model, release, grade))
    if found is None or (found.release, found.grade) != (release, grade):
        return None
    return found if found.model.casefold() == model.casefold() else None  # PyEZ writes capitals


def known_at(state: Path, address: str) -> tuple[Knowledge, ...]:
    """Return what was measured on the device at ``address``, of whatever release, newest first."""
    files = sorted((state / FOLDER).glob("*.json"))
    found = [each for each in map(_read, files) if each is not None and each.address == address]
    return tuple(sorted(found, key=lambda each: each.when, reverse=True))


def headline(model: str, release: str, knowledge: Knowledge | None) -> str:
    """Say in one line what is known, and of what isn't, how it's taken."""
    place = f"dead-man's switch on {model} {release}"
    if knowledge is None:
        return f"{place}: not probed; {'; '.join(_parts(Answers()))}"
    words = "; ".join(_parts(knowledge.answers))
    return f"{place} [{knowledge.grade}, probed {knowledge.when[:10]}]: {words}"


def _parts(answers: Answers) -> Iterator[str]:
    if answers.refused:
        yield "confirmed commits are refused"
        return
    if answers.rolls_back is not None:
        goes = "goes by itself" if answers.rolls_back else "STAYS: the switch doesn't work"
        held = answers.rolls_back and answers.rolls_back_locked is False
        yield f"an unconfirmed commit {goes}{', BUT NOT WHILE THE LOCK IS HELD' * bool(held)}"
    yield _confirms(answers)
    target = f"goes to the {answers.followup}" if answers.followup else f"{_UNKNOWN}, never sent"
    yield f"second confirmed commit: {target}"
    yield {
        True: "reboot: survived",
        False: "reboot: lost",
        None: f"reboot: {_UNKNOWN}, taken as lost",
    }[answers.survives_reboot]


def _confirms(answers: Answers) -> str:
    asked = [way for way in Way if way in answers.confirmed_by]
    if not asked:
        return f"what confirms: {_UNKNOWN}, taken as any commit or check"
    confirming = [way for way in asked if answers.confirmed_by[way]]
    if len(confirming) == len(Way):
        return "confirmed by any commit or check"
    rest = [way for way in Way if way not in asked]
    beside = f" (not known: {', '.join(rest)})" if rest else ""
    return f"confirmed by {', '.join(confirming) or 'nothing that was tried'}{beside}"


def _path(state: Path, model: str, release: str, grade: Grade) -> Path:
    name = f"{model.casefold()}-{release}-{grade}"
    return state / FOLDER / f"{re.sub(r'[^A-Za-z0-9.-]', '_', name)[:200]}.json"


def _read(path: Path) -> Knowledge | None:
    try:
        with path.open("rb") as file:
            return _KEPT.validate_json(file.read(_LIMIT))
    except (OSError, ValidationError):
        return None
