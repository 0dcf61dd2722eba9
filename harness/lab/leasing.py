"""The leases of a run: of this machine, and of the directory that machines share."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType

from harness.clock import Clock
from harness.errors import LabError
from harness.lab.bench import Bench
from harness.lab.run import Run
from harness.lease import FileLease, LeaseDirectory, Record, SharedLease, Use, Waiting, lost
from harness.lease.shared_lease import RENEW_SECONDS
from harness.testbed.model import Testbed

_HOME_BYTES = 8
_END_SECONDS = 30.0  # for a renewal that is under way; a dead file server may hold it longer


def lease_directory(testbed: Testbed | None, environ: Mapping[str, str]) -> Path | None:
    """Return where machines share leases: ``HARNESS_LEASES``, else what the testbed says."""
    named = environ.get("HARNESS_LEASES") or (testbed.leases if testbed else None)
    return Path(named).expanduser().absolute() if named else None


def home_of(state: Path) -> str:
    """Return the id of a state directory: who shows it has the journals that are there.

    Raises :class:`LabError` when the directory can't be written.
    """
    path = state / "home"
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(_HOME_BYTES))
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise LabError(f"{path}: can't be read or written: {exc}") from exc


class Held:
    """What a run holds in the shared directory, by device; empty where none is configured."""

    def __init__(self) -> None:
        self._leases: dict[str, SharedLease] = {}

    def add(self, device: str, lease: SharedLease) -> None:
        """Take on one that was just acquired."""
        self._leases[device] = lease

    def renew(self) -> None:
        """Renew all; what fails shows, once the term is over, in the worker's own look."""
        for lease in tuple(self._leases.values()):
            try:
                lease.renew()
            except LabError:  # the next renewal may do; else SharedLease.lost says what's wrong
                continue

    @property
    def records(self) -> Mapping[str, Record]:
        """Return the record of each device."""
        found = {device: lease.record for device, lease in self._leases.items()}
        return MappingProxyType({device: record for device, record in found.items() if record})


class _Renewal(threading.Thread):
    """Renews while the run lives: also while it waits for a device, or for a commit."""

    def __init__(self, held: Held) -> None:
        super().__init__(name="lease-renewal", daemon=True)
        self._held = held
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(RENEW_SECONDS):
            self._held.renew()

    def end(self) -> None:
        """Stop, and wait for a renewal that is under way."""
        self._ended.set()
        self.join(_END_SECONDS)


@contextmanager
def leases_of(
    run: Run, benches: Iterable[Bench], shared: Path | None, waiting: Waiting, held: Held
) -> Iterator[None]:
    """Hold the leases of ``benches`` for the run, those of this machine first.

    ``shared`` is the directory for other machines, None where there is none; ``held`` learns what
    is held in it. Raises :class:`~harness.errors.DeviceBusy` and :class:`LabError` with nothing
    left held. A device whose journal is open at the end keeps its shared record: it's dirty.
    """
    directory = LeaseDirectory(shared, run.clock) if shared is not None else None
    renewal = _Renewal(held)
    with ExitStack() as stack:
        try:
            # One order for all runs: else two of them could wait for each other.
            for bench in sorted(benches, key=lambda bench: bench.key):
                lease = FileLease(run.state / "leases", f"{bench.key}.run", run.holder("this run"))
                lease.acquire(run.clock, waiting=waiting)
                stack.callback(lease.release)
                if directory is not None:
                    ours = _shared(run, bench, directory)
                    ours.acquire(run.clock, waiting)
                    held.add(bench.device.name, ours)
                    stack.callback(_give_back, bench, ours, waiting)
                    if not renewal.is_alive():
                        renewal.start()
            yield
        finally:
            if renewal.is_alive():
                renewal.end()


def _shared(run: Run, bench: Bench, directory: LeaseDirectory) -> SharedLease:
    me = run.holder("this run", home_of(run.state))
    part_of = os.environ.get("HARNESS_RESERVATION", "")
    return SharedLease(directory, bench.key, bench.device.name, me, part_of)


def _give_back(bench: Bench, lease: SharedLease, waiting: Waiting) -> None:
    try:
        lease.release(clean=bench.journal.read().pending is None)
    except LabError as exc:  # it runs out, and then says to everybody what it has to
        waiting.tell(f"{bench.device.name}: its lease couldn't be given back: {exc}")


def to_wire(held: Held, shared: Path | None) -> dict[str, object]:
    """Return what a worker needs to see whether its devices are still the run's."""
    return {
        "directory": str(shared) if shared is not None else None,
        "records": {
            device: [record.key, str(record.use), record.generation]
            for device, record in held.records.items()
        },
    }


def why_lost(wire: Mapping[str, object], device: str, clock: Clock) -> str:
    """Say why ``device`` isn't this run's any more, "" while it is; ``wire`` as sent."""
    directory, records = wire.get("directory"), wire.get("records")
    if not isinstance(directory, str) or not isinstance(records, dict) or device not in records:
        return ""
    key, use, generation = records[device]
    record = Record(key, Use(use), int(generation), None, None)
    return lost(LeaseDirectory(Path(directory), clock), record)
