"""What can be said on pytest's command line, each with an environment twin ``HARNESS_…``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.lab.run import DRIVERS
from harness.lab.timer_size import checked_minutes
from harness.outcome import Grade
from harness.reporting.text import one_line

_ON = ("1", "true", "yes", "on")
_OFF = ("", "0", "false", "no", "off")
_GRADES = tuple(str(grade) for grade in Grade if grade is not Grade.UNVERIFIED)


@dataclass(frozen=True, slots=True)
class _Option:
    flag: str
    help: str
    default: str | None = None
    switch: bool = False
    many: bool = False
    choices: tuple[str, ...] = ()
    again: bool = True  # matters to a case that is run again by itself

    @property
    def dest(self) -> str:
        return "harness_" + self.flag.lstrip("-").replace("-", "_")

    @property
    def twin(self) -> str:
        return "HARNESS_" + self.flag.lstrip("-").replace("-", "_").upper()


_OPTIONS = (
    _Option("--testbed", "testbed YAML (default: the simulated testbed)"),
    _Option("--rundir", "folder that run folders are made in", default="reports", again=False),
    _Option("--driver", "library that pushes", default=DRIVERS[0], choices=DRIVERS),
    _Option("--count", "one count in place of each ramp", again=False),
    _Option("--claim", "a value for a blank claim, ID=VALUE; repeatable", many=True),
    _Option("--seed", "fixes the pre-shared keys, to repeat a run; random without", again=False),
    _Option("--require-grade", "skip devices below this grade of evidence", choices=_GRADES),
    _Option("--wait", "seconds to wait for devices that somebody else holds; 0 without"),
    _Option(
        "--accept-new-host-keys",
        "store the SSH host keys of devices that known_hosts doesn't list; changed ones never",
        switch=True,
    ),
    _Option("--profile", "how long to measure", default="default", choices=("default", "nightly")),
    _Option("--confirm-minutes", "minutes a device may hold a push unconfirmed; measured without"),
    _Option(
        "--without-deadman",
        "push by plain commits: nothing but 'harness restore' undoes a dead run",
        switch=True,
    ),
    _Option(
        "--restore-wait",
        "seconds to wait for a device that is away when it has to be put back; "
        "without, until its confirm timer has run out and ten minutes more",
        again=False,
    ),
    _Option("--rehearse", "lock, load, diff, check, discard: never commit", switch=True),
    _Option("--rsi", "with a failed case, the device's support information too", switch=True),
    _Option("--dry-run", "say what would be pushed where, touch nothing", switch=True, again=False),
)


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a run, read once."""

    testbed: Path | None
    rundir: Path
    driver: str
    count: int | None
    claims: Mapping[str, int]
    seed: str | None = field(repr=False)  # every key of the run is derived from it
    require_grade: Grade | None
    wait: int
    accept_new_host_keys: bool
    profile: str
    confirm_minutes: int | None
    deadman: bool
    restore_wait: float | None  # seconds
    rehearse: bool
    support_information: bool
    dry_run: bool


def add_options(parser: pytest.Parser) -> None:
    """Add the group "harness" to pytest's command line.

    Raises :class:`UsageError` when another plugin has taken one of the names.
    """
    group = parser.getgroup("harness", "hardware-in-the-loop qualification")
    for option in _OPTIONS:
        allowed = f": {', '.join(option.choices)}" if option.choices else ""
        words = f"{option.help}{allowed} [{option.twin}]"
        try:
            if option.switch:
                group.addoption(
                    option.flag, dest=option.dest, action="store_true", default=None, help=words
                )
            elif option.many:
                group.addoption(option.flag, dest=option.dest, action="append", help=words)
            else:
                # Choices are checked with all else: argparse would end with pytest's exit code.
                group.addoption(option.flag, dest=option.dest, help=words)
        except ValueError as exc:
            raise UsageError(
                f"another pytest plugin has taken {option.flag}; switch it off with '-p no:NAME'"
            ) from exc


def read_options(config: pytest.Config, environ: Mapping[str, str] | None = None) -> Options:
    """Read the options, the environment where the command line is silent.

    Raises :class:`UsageError` for a value that isn't allowed, naming where it came from.
    """
    said = _Said(config, os.environ if environ is None else environ)
    testbed, grade = said.text("--testbed"), said.text("--require-grade")
    return Options(
        testbed=_path(testbed, config) if testbed else None,
        rundir=_path(said.text("--rundir") or "reports", config),
        driver=said.text("--driver") or DRIVERS[0],
        count=said.count("--count"),
        claims=_claims(said.many("--claim"), said.source("--claim")),
        seed=said.text("--seed"),
        require_grade=Grade[grade.upper()] if grade else None,
        wait=said.count("--wait", least=0) or 0,
        accept_new_host_keys=said.switch("--accept-new-host-keys"),
        profile=said.text("--profile") or "default",
        confirm_minutes=_minutes(said),
        restore_wait=_seconds(said.count("--restore-wait", least=0)),
        deadman=not said.switch("--without-deadman"),
        rehearse=said.switch("--rehearse"),
        support_information=said.switch("--rsi"),
        dry_run=said.switch("--dry-run"),
    )


def said_again(config: pytest.Config, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the options that a case has to be run again with, those of the environment too.

    ``--count`` is the case's own; ``--seed`` is secret and changes no verdict.
    """
    said = _Said(config, os.environ if environ is None else environ)
    words: list[str] = []
    for option in _OPTIONS:
        if not option.again:
            continue
        if option.switch:
            words += [option.flag] if said.switch(option.flag) else []
        elif option.many:
            words += [word for value in said.many(option.flag) for word in (option.flag, value)]
        elif (value := said.text(option.flag)) != option.default and value is not None:
            words += [option.flag, value]
    return tuple(words)


def _seconds(count: int | None) -> float | None:
    return None if count is None else float(count)


class _Said:
    def __init__(self, config: pytest.Config, environ: Mapping[str, str]) -> None:
        self._config = config
        self._environ = environ
        self._known = {option.flag: option for option in _OPTIONS}

    def text(self, flag: str) -> str | None:
        option = self._known[flag]
        value = self._config.getoption(option.dest, None)
        if value is None:
            value = self._environ.get(option.twin) or None
        if value is None:
            return option.default
        if option.choices and value not in option.choices:
            known = ", ".join(option.choices)
            raise UsageError(f"{self.source(flag)}: {value!r} isn't one of {known}")
        return str(value)

    def source(self, flag: str) -> str:
        """Return where a value comes from: the option, or its twin in the environment."""
        option = self._known[flag]
        return flag if self._config.getoption(option.dest, None) else option.twin

    def switch(self, flag: str) -> bool:
        option = self._known[flag]
        if self._config.getoption(option.dest, None):
            return True
        word = self._environ.get(option.twin, "").strip().lower()
        if word not in (*_ON, *_OFF):  # a misspelt HARNESS_DRY_RUN must not become a real run
            raise UsageError(
                f"{option.twin}: {one_line(word)!r} isn't one of {', '.join((*_ON, *_OFF[1:]))}"
            )
        return word in _ON

    def many(self, flag: str) -> tuple[str, ...]:
        option = self._known[flag]
        given = self._config.getoption(option.dest, None)
        if given:
            return tuple(given)
        return tuple(filter(None, self._environ.get(option.twin, "").split(",")))

    def count(self, flag: str, least: int = 1) -> int | None:
        text = self.text(flag)
        if text is None:
            return None
        if not text.isascii() or not text.isdecimal() or len(text) > 9 or int(text) < least:
            raise UsageError(
                f"{self.source(flag)}: {text[:20]!r} isn't a whole number of at least {least}"
            )
        return int(text)


def _minutes(said: _Said) -> int | None:
    minutes = said.count("--confirm-minutes")
    if minutes is None:
        return None
    if said.switch("--without-deadman"):
        raise UsageError("--confirm-minutes sizes the timer that --without-deadman does without")
    return checked_minutes(minutes, said.source("--confirm-minutes"))


def _claims(given: tuple[str, ...], source: str) -> dict[str, int]:
    values: dict[str, int] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name or not (value.isascii() and value.isdecimal()):
            raise UsageError(f"{source}: {text!r} isn't ID=VALUE with a whole number")
        if name in values:
            raise UsageError(f"{source}: {name!r} is given twice")
        values[name] = int(value)
    return values


def _path(text: str, config: pytest.Config) -> Path:
    path = Path(text).expanduser()
    return path if path.is_absolute() else config.invocation_params.dir / path
