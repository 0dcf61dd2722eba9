"""Ask a device how it is, within bounded time; what it can't tell is a gap, not an exception."""

from __future__ import annotations

from harness.clock import Clock, Deadline
from harness.drivers.protocol import Reader
from harness.errors import RpcRefused
from harness.testbed.model import Platform
from harness.verify.facts import Answer, Refusal, Unreadable
from harness.verify.health import Health, questions, read
from harness.verify.observe import CLI, NETCONF, Readers
from harness.verify.witnesses import Rpc

EXAMINATION_SECONDS = 60.0  # after which nothing more is asked; one question may outlast it


def examine(platform: Platform, readers: Readers, clock: Clock) -> Health:
    """Ask all that there is to ask of a device of ``platform``, over NETCONF if there's a way.

    Raises :class:`~harness.errors.LabError` when the link is lost.
    """
    reader = readers.get(NETCONF) or readers[CLI]
    deadline = Deadline.after(EXAMINATION_SECONDS, clock)
    asked = clock.monotonic()
    answers = {
        part: Unreadable(f"no time left after {EXAMINATION_SECONDS:.0f} s")
        if deadline.passed(clock)
        else _ask(reader, question)
        for part, question in questions(platform).items()
    }
    return read(answers, asked)


def _ask(reader: Reader, question: Rpc) -> Answer | Unreadable:
    """Ask one question; a reply that can't be read isn't a refusal in the device's words."""
    try:
        return reader.rpc(question.name, dict(question.arguments)).raw
    except RpcRefused as error:
        words = "; ".join(str(message) for message in error.messages)
        return Refusal(words) if words else Unreadable(str(error))
