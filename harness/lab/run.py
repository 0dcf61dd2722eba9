"""What one run is: its id, its keys, its state directory, its options, its time."""

from __future__ import annotations

import getpass
import hashlib
import os
import re
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.clock import Clock
from harness.deploy.rung import Owner
from harness.errors import UsageError
from harness.lease import Holder

DRIVERS = ("pyez", "ncclient", "netmiko")
RUNS = "runs"  # in the state directory: one folder for each run with embedded devices
_RUN_ID_BYTES = 4


@dataclass(frozen=True, slots=True)
class Run:
    """One run, the same in the controller and in every worker of it."""

    run_id: str
    key: bytes = field(repr=False)  # pre-shared keys are derived from it; only in memory
    state: Path  # journals and leases, never under reports/
    clock: Clock
    driver: str = "pyez"  # the one that pushes
    restore_wait: float | None = None  # seconds for a device that is away; None: its timer decides
    confirm_minutes: int | None = None  # of every confirmed commit; None: by what was measured
    deadman: bool = True  # False: pushes are plain commits, which no timer takes off

    @property
    def owner(self) -> Owner:
        """Return who the journal and the leases name."""
        return Owner(self.run_id, f"{getpass.getuser()}@{socket.gethostname()}", run_url())

    @property
    def private_state(self) -> Path:
        """Return where journals and leases of devices are that live and die with this run."""
        return self.state / RUNS / self.run_id

    @classmethod
    def from_wire(cls, wire: Mapping[str, object], clock: Clock) -> Run:
        """Return the controller's run from what :meth:`harness.lab.lab.Lab.wire` sent."""
        minutes, wait = wire["confirm_minutes"], wire.get("restore_wait")
        return cls(
            run_id=str(wire["run_id"]),
            key=bytes.fromhex(str(wire["key"])),
            state=Path(str(wire["state"])),
            clock=clock,
            driver=str(wire["driver"]),
            confirm_minutes=minutes if isinstance(minutes, int) else None,
            deadman=wire["deadman"] is not False,
            restore_wait=wait if isinstance(wait, float) else None,
        )

    def holder(self, purpose: str, home: str = "") -> Holder:
        """Return who a lease of this process names; ``home`` is the id of the state directory."""
        return Holder(
            self.owner.name,
            os.getpid(),
            self.run_id,
            self.clock.now().isoformat(timespec="seconds"),
            purpose,
            home,
            self.owner.url,
        )


def new_run_id() -> str:
    """Return a new run id, 8 hexadecimal digits."""
    return secrets.token_hex(_RUN_ID_BYTES)


def run_key(seed: str | None) -> bytes:
    """Return 32 bytes: random, or fixed by ``seed`` so that a run can be repeated."""
    if seed is None:
        return secrets.token_bytes(32)
    return hashlib.sha256(f"hil-harness seed {seed}".encode()).digest()


def run_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return where the CI job that runs this is looked at, "" outside of one.

    GitLab and Jenkins name it in one variable, GitHub in three (their documentation of predefined
    variables). Only a URL is taken: the text goes to journals and terminals.
    """
    github = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, number = (environ.get(name, "") for name in github)
    told = environ.get("CI_JOB_URL") or environ.get("BUILD_URL") or ""
    if not told and server and repository and number:
        told = f"{server}/{repository}/actions/runs/{number}"
    return told if re.fullmatch(r"https?://[!-~]{1,500}", told) else ""


def outside(state: Path, rundir: Path) -> None:
    """Refuse a state directory below the run folders, which CI archives and people pass on.

    Journals hold baselines with reversible keys. Raises :class:`UsageError`.
    """
    if state.resolve().is_relative_to(rundir.resolve()):
        raise UsageError(
            f"HARNESS_STATE ({state}) is below --rundir ({rundir}): journals hold keys of the "
            "devices, and run folders are archived; give it a directory of its own"
        )


def state_directory() -> Path:
    """Return where journals and leases live: ``HARNESS_STATE``, else the XDG state directory."""
    named = os.environ.get("HARNESS_STATE")
    if named:
        return Path(named).expanduser().absolute()
    home = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(home).expanduser() / "hil-harness"
