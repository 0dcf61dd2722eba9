"""The state of embedded simulated devices: a folder that lives and dies with its run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from harness.errors import DeviceBusy
from harness.lab.run import RUNS, Run
from harness.lease import FileLease


@contextmanager
def private_state(run: Run) -> Iterator[None]:
    """Hold the folder of ``run``, and remove it at the end; first, those of runs that were killed.

    A run lives while its lease is held. The lease comes before the folder, so that nobody takes a
    beginning run for a dead one. Raises :class:`~harness.errors.LabError` when the state directory
    can't be written.
    """
    lease = _lease(run, run.run_id)
    lease.acquire(run.clock)
    try:
        _sweep(run)
        yield
    finally:
        shutil.rmtree(run.private_state, ignore_errors=True)  # else the next run removes it
        lease.discard()


def _sweep(run: Run) -> None:
    folders = run.state / RUNS
    for folder in sorted(folders.iterdir()) if folders.is_dir() else ():
        lease = _lease(run, folder.name)
        if folder.name == run.run_id:
            continue
        try:
            lease.acquire(run.clock)
        except DeviceBusy:
            continue  # it lives
        shutil.rmtree(folder, ignore_errors=True)  # another sweeper may be faster
        lease.discard()


def _lease(run: Run, run_id: str) -> FileLease:
    return FileLease(run.state / "leases", f"run-{run_id}", run.holder("its simulated devices"))
