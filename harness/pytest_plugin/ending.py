"""The end of a run: every device put back and proven, the last of the reports written."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

from harness.errors import LabError
from harness.lab.bench import Bench
from harness.lab.evidence import AFTER, Occasion, case_begins, collect, show_device
from harness.lab.lab import Lab
from harness.lab.restoring import exit_code, forgotten, lock_lost, put_back, touched
from harness.pytest_plugin.schedule import device_of
from harness.pytest_plugin.state import State
from harness.reporting.project import write_junit
from harness.reporting.record import Event, Restore, RunFinished
from harness.reporting.view import restore_case

_AT_ONCE = 8  # devices that are put back at the same time


class Ending:
    """Ends a run in its controller; a full disk hinders neither the restoring nor the exit code."""

    def __init__(
        self, state: State, lab: Lab, write: Callable[[Event], None], *, support: bool
    ) -> None:
        """Take how events are written, and whether minutes may go into support information."""
        self._state = state
        self._lab = lab
        self._append = write
        self._support = support
        self.unwritten: dict[str, str] = {}  # what the reports lack, and why

    def put_all_back(self, begun: AbstractSet[str], deployed: AbstractSet[str]) -> int:
        """Put every device back that a case touched, and return the loudest exit code, 0 for none.

        ``begun`` are the nodeids of the cases that began, ``deployed`` the deployments of which
        something was pushed. All at once: one that is away is waited for, which mustn't keep
        another from its baseline.
        """
        lab = self._lab
        failed: list[tuple[Occasion, Restore]] = []
        self._state.abandon_rollouts()  # sessions of this process: they'd keep their locks
        benches = [lab.bench(device.name) for device in self._state.devices]
        benches = [bench for bench in benches if self._in_hand(bench, begun)]
        benches += lab.unfinished_of_fleets()
        occasions = [case_begins(bench) for bench in benches]
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for occasion, result in zip(occasions, threads.map(put_back, benches), strict=True):
                self._write(result.device, result)
                if not result.proven:
                    failed.append((occasion, result))
        self._write_deployments(deployed, {result.device for _, result in failed})
        for occasion, result in failed:  # only now: questions to one mustn't keep another waiting
            self._write(result.device, self._with_evidence(occasion, result))
        return max((exit_code(result) for _, result in failed), default=0)

    def _write_deployments(self, deployed: AbstractSet[str], unproven: AbstractSet[str]) -> None:
        """Write of each deployment whether all that play in it are back.

        Each wave proved its own devices; what it couldn't finish is ``unproven`` or proven by now.
        """
        for deployment in self._state.testbed.deployments:
            if deployment.name not in deployed:
                continue
            players = self._state.testbed.players(deployment.players)
            left = sorted(unproven & {device.name for device in players})
            reason = f"not proven: {', '.join(left)}" if left else ""
            name, how = deployment.name, "by each wave"
            self._write(name, Restore(device=name, proven=not left, how=how, reason=reason))

    def _in_hand(self, bench: Bench, begun: AbstractSet[str]) -> bool:
        """Say whether a device has to be proven; where its journal can't be read, it has."""
        try:
            if touched(bench) or lock_lost(bench):
                return True
        except LabError:
            return True
        names = [device.name for device in self._state.devices]
        its = any(device_of(nodeid, names) == bench.device.name for nodeid in begun)
        return its and forgotten(bench) != ""

    def _with_evidence(self, occasion: Occasion, result: Restore) -> Restore:
        words = ["harness", "restore", "--testbed", self._state.testbed.path, result.device]
        result = replace(result, rerun=shlex.join(words))
        folder = self._lab.folder
        if folder is None:
            return result
        try:
            attachments = collect(
                folder,
                replace(occasion, out=""),
                restore_case(result),
                result.rerun,
                support=self._support,
            )
        except Exception as error:  # noqa: BLE001 - what's left is to say that it isn't proven
            return replace(result, reason=f"{result.reason}; no evidence: {type(error).__name__}")
        return replace(result, attachments=attachments)

    def show_devices(self) -> None:
        """Show each device after the run that was shown before it; JUnit is written already."""
        folder = self._lab.folder
        for device in self._state.devices:
            if folder is not None and folder.has_device(device.name):
                with suppress(OSError):  # a full disk
                    bench = self._lab.bench(device.name)
                    show_device(folder, bench, AFTER, support=self._support)

    def write_last(self, event: RunFinished) -> None:
        """Write the record's last event, and JUnit from all of it."""
        self._write("the end", event)
        if self._lab.folder is not None:
            try:
                write_junit(self._lab.folder)
            except OSError as error:
                self.unwritten["junit.xml"] = error.strerror or type(error).__name__

    def _write(self, what: str, event: Event) -> None:
        try:
            self._append(event)
        except OSError as error:
            reason = event.reason if isinstance(event, Restore) else ""
            words = filter(None, (error.strerror or type(error).__name__, reason))
            self.unwritten[what] = "; ".join(words)
