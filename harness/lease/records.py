"""Lease records in a directory that several machines share, NFS included.

A device has a chain of generations, each of up to three small files::

    KEY.run.000007.lease    who took it, and until when; made once, never changed
    KEY.run.000007.until    until when it was renewed; only its holder writes it
    KEY.run.000007.freed    who gave it back, and why; made once

Everything that decides is a hard link to a new name: it either appears whole or the name was
there before, on NFS too, where ``flock`` and ``O_APPEND`` may not reach other machines. Nothing
that decides is ever replaced or removed, so nobody can free or overwrite what he didn't see: a
holder that slept through its term writes to its own generation, which is over.

Assumed: the directory exists, its file system has hard links and atomic renames, a client sees
a directory anew after it made a file there (NFS close-to-open consistency does), and clocks are
within :data:`MAX_SKEW` of the file server's, which is checked at each writing.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from harness.clock import Clock
from harness.errors import LabError
from harness.lease.file_lease import file_name
from harness.lease.holder import Holder, encode, holder_from, read_facts

MAX_SKEW = timedelta(seconds=60)  # between a machine and the file server
GRACE = 2 * MAX_SKEW  # hence between two machines: a term is over for others only after it
_KEPT = 8  # generations behind the newest that stay, for clients with an old list of names
_DIGITS = 6
_SUFFIXES = ("lease", "until", "freed")


class Use(StrEnum):
    """What a record is of; a person's reservation stands beside the runs on the device."""

    RUN = "run"
    RESERVATION = "reservation"


@dataclass(frozen=True, slots=True)
class Record:
    """One generation of a device's lease that nobody freed."""

    key: str  # as in the file name
    use: Use
    generation: int
    holder: Holder | None  # None: the file isn't ours to understand
    until: datetime | None  # aware, UTC; None: can't be read

    def expired(self, now: datetime) -> bool:
        """Say whether its time is over on every clock; what can't be read isn't."""
        return self.until is not None and now > self.until + GRACE

    def __str__(self) -> str:
        """Write one phrase for an error message."""
        until = self.until.isoformat(timespec="seconds") if self.until else "nobody knows when"
        return f"{self.holder or 'a record that cannot be read'}, until {until}"


@dataclass(frozen=True, slots=True)
class Freed:
    """Who ended a generation, when (ISO 8601, UTC), and why."""

    by: str
    at: str
    reason: str


ServerTime = Callable[[Path], datetime]


def written_at(path: Path) -> datetime:
    """Return when the file server says that a file was written."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


class LeaseDirectory:
    """The records of one shared directory."""

    def __init__(self, path: Path, clock: Clock, server_time: ServerTime = written_at) -> None:
        self.path = path
        self.clock = clock
        self._server_time = server_time

    def newest(self, key: str, use: Use) -> Record | None:
        """Return the newest generation of ``key`` unless it was freed."""
        name = file_name(key)
        files = self._names()
        generation = _newest(files, name, use)
        if not generation or _name(name, use, generation, "freed") in files:
            return None
        return self._read(name, use, generation)

    def standing(self) -> tuple[Record, ...]:
        """Return every record that wasn't freed, by key; raises LabError without the directory."""
        files = self._names()
        parsed = {part for name in files if (part := _parse(name))}
        found: list[Record] = []
        for key, use in sorted({(key, use) for key, use, _, _ in parsed}):
            generation = _newest(files, key, use)
            if generation and _name(key, use, generation, "freed") not in files:
                found.append(self._read(key, use, generation))
        return tuple(found)

    def take(self, key: str, use: Use, holder: Holder, term: timedelta) -> Record | None:
        """Begin the next generation; None if the newest one wasn't freed, or somebody was faster.

        Raises :class:`LabError` when the directory can't be written, or its clock is another.
        """
        name = file_name(key)
        files = self._names()
        generation = _newest(files, name, use)
        if generation and _name(name, use, generation, "freed") not in files:
            return None
        generation += 1
        taken = Record(name, use, generation, holder, self.clock.now() + term)
        facts = {**asdict(holder), "until": (self.clock.now() + term).isoformat()}
        if not self._link(_name(name, use, generation, "lease"), facts):
            return None
        if _newest(self._names(), name, use) != generation:  # an old list of names misled us
            self._mark_freed(taken, Freed(holder.owner, self._now(), "taken by mistake"))
            return None
        self._forget(name, use, generation)
        return taken

    def renew(self, record: Record, term: timedelta) -> Record:
        """Let ``record``, which the caller holds, last for ``term`` from now."""
        until = self.clock.now() + term
        name = _name(record.key, record.use, record.generation, "until")
        temporary = self._written(name, {"until": until.isoformat(), "renewed": self._now()})
        try:
            temporary.replace(self.path / name)
        except OSError as exc:
            temporary.unlink(missing_ok=True)
            raise self._unusable(exc) from exc
        return replace(record, until=until)

    def free(self, record: Record, by: str, reason: str) -> None:
        """End ``record``; it makes no difference if somebody else did so before."""
        self._mark_freed(record, Freed(by, self._now(), reason))

    def freed(self, record: Record) -> Freed | None:
        """Return who ended ``record``, None while it stands."""
        path = self.path / _name(record.key, record.use, record.generation, "freed")
        if not path.exists():
            return None
        facts = read_facts(path) or {}
        words = {name: str(facts.get(name, "")) for name in ("by", "at", "reason")}
        return Freed(**{name: text if text.isprintable() else "" for name, text in words.items()})

    def until(self, record: Record) -> datetime | None:
        """Return until when ``record`` holds by now: its holder may have renewed it."""
        return self._read(record.key, record.use, record.generation).until

    # --- files ------------------------------------------------------------------------------

    def _now(self) -> str:
        return self.clock.now().isoformat(timespec="seconds")

    def _names(self) -> frozenset[str]:
        try:
            return frozenset(path.name for path in self.path.iterdir())
        except OSError as exc:
            raise self._unusable(exc) from exc

    def _read(self, key: str, use: Use, generation: int) -> Record:
        facts = read_facts(self.path / _name(key, use, generation, "lease")) or {}
        renewed = read_facts(self.path / _name(key, use, generation, "until")) or {}
        until = _instant(renewed.get("until")) or _instant(facts.pop("until", None))
        facts.pop("until", None)
        return Record(key, use, generation, holder_from(facts), until)

    def _mark_freed(self, record: Record, freed: Freed) -> None:
        self._link(_name(record.key, record.use, record.generation, "freed"), asdict(freed))

    def _link(self, name: str, facts: dict[str, object]) -> bool:
        """Make a file that wasn't there, whole at once; False if it was there."""
        temporary = self._written(name, facts)
        try:
            os.link(temporary, self.path / name)
        except FileExistsError:
            # An NFS server that lost its answer refuses the repetition of what it has done.
            return temporary.stat().st_nlink == 2
        except OSError as exc:
            if temporary.stat().st_nlink != 2:
                raise self._unusable(exc) from exc
        finally:
            temporary.unlink(missing_ok=True)
        self._sync()
        return True

    def _written(self, name: str, facts: dict[str, object]) -> Path:
        """Write a file under a name that nobody else uses, synced; everybody may read it."""
        temporary = self.path / f".{name}.{secrets.token_hex(8)}.new"
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                os.fchmod(descriptor, 0o644)  # whatever the umask: others have to see the holder
                file.write(encode(facts))
                file.flush()
                os.fsync(descriptor)
            self._check_clock(temporary)
        except OSError as exc:
            temporary.unlink(missing_ok=True)
            raise self._unusable(exc) from exc
        except LabError:
            temporary.unlink(missing_ok=True)
            raise
        return temporary

    def _check_clock(self, fresh: Path) -> None:
        skew = self.clock.now() - self._server_time(fresh)
        if abs(skew) > MAX_SKEW:
            raise LabError(
                f"{self.path}: this machine's clock is {skew.total_seconds():+.0f} s off the file "
                f"server's; leases need {MAX_SKEW.total_seconds():.0f} s or less: set it (NTP)"
            )

    def _sync(self) -> None:
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _forget(self, key: str, use: Use, newest: int) -> None:
        """Remove generations far behind; those that somebody else freed stay, with the reason."""
        parsed = filter(None, map(_parse, self._names()))
        for generation in {p[2] for p in parsed if p[:2] == (key, use) and p[2] < newest - _KEPT}:
            record = self._read(key, use, generation)
            freed = self.freed(record)
            if freed is None or record.holder is None or freed.by != record.holder.owner:
                continue
            for suffix in _SUFFIXES:  # who freed it goes last
                with contextlib.suppress(OSError):  # another owner's file, in a sticky directory
                    (self.path / _name(key, use, generation, suffix)).unlink(missing_ok=True)

    def _unusable(self, cause: OSError) -> LabError:
        return LabError(
            f"{self.path}: can't keep leases there: {cause.strerror}; it must exist, be writable "
            "and have hard links"
        )


def _name(key: str, use: Use, generation: int, suffix: str) -> str:
    return f"{key}.{use}.{generation:0{_DIGITS}d}.{suffix}"


def _parse(name: str) -> tuple[str, Use, int, str] | None:
    parts = name.rsplit(".", 3)
    if name.startswith(".") or len(parts) != 4:
        return None
    key, use, number, suffix = parts
    if use not in set(Use) or suffix not in _SUFFIXES or not number.isascii():
        return None
    return (key, Use(use), int(number), suffix) if number.isdecimal() else None


def _newest(names: Iterable[str], key: str, use: Use) -> int:
    """Return the highest generation that has a holder, 0 if there is none."""
    parsed = (_parse(name) for name in names)
    return max(
        (p[2] for p in parsed if p and p[:2] == (key, use) and p[3] == "lease"),
        default=0,
    )


def _instant(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
