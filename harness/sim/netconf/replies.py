"""What handles an RPC, and what it returns: the inside of a reply, what becomes of the session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from lxml import etree

from harness.sim.device import Login
from harness.sim.dialect import Dialect


class Then(Enum):
    """What follows the reply."""

    GO_ON = "go on"
    CLOSE = "close"  # answered, then the session ends
    DROP = "drop"  # no answer, the connection is lost
    SILENCE = "silence"  # no answer, the connection stays


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; ``body`` is sent unless ``then`` says that nothing is."""

    body: str
    then: Then = Then.GO_ON


Handler = Callable[[Login, Dialect, etree._Element], Reply]  # noqa: SLF001 - lxml's own name
