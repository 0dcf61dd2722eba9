"""What a NETCONF handler returns: the inside of an rpc-reply, and what becomes of the session."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


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
