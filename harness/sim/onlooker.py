"""Whoever looks on at a device: told of each request, in the process that serves it alone.

With an onlooker an instant is a request and not a time, so that what happens at it can be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from harness.sim.effects import Effect

if TYPE_CHECKING:
    from harness.sim.device import Login


class Stage(Enum):
    """Where a request stands."""

    ASKED = "asked"  # nothing was done yet
    DONE = "done"  # carried out, not answered; of NETCONF alone, a command line answers as it works


@dataclass(frozen=True, slots=True)
class Request:
    """One RPC or command line of a session."""

    stage: Stage
    user: str
    client: str  # "netconf" or "cli"
    name: str  # of the RPC, or the line
    commits: bool  # a check doesn't


# Nothing else happens at the server until it returns; its effects come before the request's own.
Onlooker = Callable[[Request], Iterable[Effect]]


def told(login: Login, name: str, stage: Stage, *, commits: bool) -> Iterator[Effect]:
    """Tell the onlooker of ``login``'s device, if there is one, and yield what it wants done."""
    onlooker = login.device.onlooker
    if onlooker is not None:
        yield from onlooker(Request(stage, login.user, login.client, name, commits))
