"""What comes before the work on a request: it takes its time, and its connection may be lost."""

from __future__ import annotations

from collections.abc import Iterator

from harness.sim.device import Login
from harness.sim.effects import Cut, Effect, Pause
from harness.sim.faults.named import Fault
from harness.sim.faults.pace import commit_seconds, seconds_of
from harness.sim.faults.tunnel_faults import new_tunnels
from harness.sim.onlooker import Stage, told
from harness.sim.tunnels import tunnels


def before(login: Login, request: str, *, commits: bool, checks: bool = False) -> Iterator[Effect]:
    """Yield the effects that precede the work on ``request``: an RPC's name, or a command line.

    ``commits`` says that it commits, or ``checks`` what it would. A commit whose connection is cut
    goes on; its session, and the lock with it, lives until the commit is carried out.
    """
    yield from told(login, request, Stage.ASKED, commits=commits and not checks)
    device = login.device
    seconds = seconds_of(device.faults, request)
    if commits or checks:
        seconds += device.spec.commit_seconds
        if device.faults.get("commit-time") is not None:
            seconds += commit_seconds(device.faults, len(tunnels(login.config.candidate)))
    death = _death(login) if commits and not checks else None
    if death is not None:
        yield Cut()
        seconds += death.seconds()
    if seconds:
        yield Pause(seconds)


def before_command(login: Login, line: str, *, commits: bool) -> Iterator[Effect]:
    """Yield the effects that precede the work on a command line, a commit check among them."""
    checks = commits and "check" in line.split()
    return before(login, line.strip(), commits=commits, checks=checks)


def _death(login: Login) -> Fault | None:
    """Return the fault by which the connection is lost while the commit is carried out."""
    fault = login.device.faults.get("die-during-commit")
    if fault is None or fault.word("when") != "during":
        return None
    new = new_tunnels(login.device.store.committed, login.config.candidate)
    return login.device.faults.get("die-during-commit", len(new))
