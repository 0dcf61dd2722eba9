"""``commit`` of configuration mode: its options, and what it prints."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from harness.sim.answers import Refusal, Report
from harness.sim.cli.commands import complaint_block
from harness.sim.cli.line import MISSING, CommandLine, UnknownWord, Word, choose
from harness.sim.cli.mode import Cut, Step, Write
from harness.sim.cli.pipes import Pipes
from harness.sim.committing import Manner, Told, commit
from harness.sim.device import Login
from harness.sim.digits import number_of
from harness.sim.messages import SIMULATED, Complaint, error, refused
from harness.sim.store.commit import DEFAULT_CONFIRM_MINUTES, MAX_CONFIRM_MINUTES
from harness.sim.store.schedule import parse_at
from harness.sim.times import timestamp

_OPTIONS: Final = {
    "and-quit": "Quit configuration mode if commit succeeds",
    "at": "Time at which to activate configuration changes",
    "check": "Check correctness of syntax; do not apply changes",
    "comment": "Message to write to commit log",
    "confirmed": "Automatically rollback if not confirmed",
    "full": "Activate all configuration changes",
    "no-synchronize": "Don't synchronize commit",
    "prepare": "Prepare for activation",
    "scripts": "Push scripts to other RE",
    "synchronize": "Synchronize commit on both Routing Engines",
}


@dataclass(slots=True)
class CommitOptions:
    """The words behind ``commit``."""

    check: bool = False
    and_quit: bool = False
    comment: str = ""
    minutes: int | None = None
    at: datetime | Literal["reboot"] | None = None

    @staticmethod
    def read(parsed: CommandLine, now: datetime) -> CommitOptions:
        """Read them; raises :class:`UnknownWord` at one that isn't known, or ``Refusal``."""
        options = CommitOptions()
        rest = list(parsed.words[1:])
        while rest:
            options._take(rest.pop(0), rest, now)
        return options

    def _take(self, word: Word, rest: list[Word], now: datetime) -> None:
        name = "force" if word.text == "force" else choose(word, _OPTIONS)
        match name:
            case "check":
                self.check = True
            case "and-quit":
                self.and_quit = True
            case "comment":
                self.comment = _value(word, rest)
            case "confirmed":
                given = rest.pop(0) if rest and rest[0].text[:1].isdigit() else None
                self.minutes = _minutes(given) if given else DEFAULT_CONFIRM_MINUTES
            case "at":
                self.at = _time(_value(word, rest), now)
            case "prepare" | "scripts":
                raise Refusal(error(f"commit {name} is not available {SIMULATED}"))
            case _:
                pass  # of one routing engine, what is synchronized is committed; full is the same


def _value(word: Word, rest: list[Word]) -> str:
    if not rest:
        raise UnknownWord(word.end + 1, MISSING)
    return rest.pop(0).text


def _minutes(word: Word) -> int:
    number = number_of(word.text, MAX_CONFIRM_MINUTES)
    if not number:
        allowed = f"(1..{MAX_CONFIRM_MINUTES})"
        raise UnknownWord(word.end, f"Value {word.text} is not within range {allowed}", word.text)
    return number


def _time(text: str, now: datetime) -> datetime | Literal["reboot"]:
    read = parse_at(text, now)
    if isinstance(read, Complaint):
        raise Refusal(read)
    return "reboot" if read is None else read


def carry_out(login: Login, parsed: CommandLine, pipes: Pipes) -> Generator[Step, None, bool]:
    """Carry out a commit; returns whether it also leaves configuration mode."""
    options = CommitOptions.read(parsed, login.device.clock.now())
    if options.check:
        complaints = login.config.check()
        verdict = "" if refused(complaints) else "configuration check succeeds\n"
        yield _written(_blocks(complaints) + verdict, parsed, pipes)
        return False
    told = commit(login, log=options.comment, confirm_minutes=options.minutes, at=options.at)
    if told.manner in (Manner.SILENCE, Manner.DROP):
        yield Cut(silent=told.manner is Manner.SILENCE)
        return False
    yield _written(_text(told), parsed, pipes)
    scheduled = told.result.scheduled is not None
    return scheduled or (options.and_quit and told.result.committed)


def _written(text: str, parsed: CommandLine, pipes: Pipes) -> Write:
    return Write(pipes.write(Report(lambda: "", lambda: text), parsed.pipes))


def _blocks(complaints: Sequence[Complaint]) -> str:
    return "".join(map(complaint_block, complaints))


def _text(told: Told) -> str:
    result = told.result
    blocks = _blocks(result.complaints)
    if told.manner is Manner.OK_BESIDE_ERROR:
        return blocks + "commit complete\n"
    if result.scheduled is not None:
        when = result.scheduled.when
        shown = timestamp(when) if when is not None else "reboot"
        return f"{blocks}configuration check succeeds\ncommit at will be executed at {shown}\n"
    if told.manner is Manner.WARNINGS_ONLY or not result.committed:
        return blocks
    confirmed = ""
    if result.confirmed_minutes is not None:
        confirmed = (
            "commit confirmed will be automatically rolled back in "
            f"{result.confirmed_minutes} minutes unless confirmed\n"
        )
    return f"{blocks}{confirmed}commit complete\n"
