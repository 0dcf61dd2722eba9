"""Ask the device: the one part of verify that does, through readers that it's handed.

The readers are sessions of their own, of another library than the one that committed where the
testbed allows it; nothing here sees the session that pushed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from harness.drivers.history import CommitEntry, parse_history
from harness.drivers.protocol import Reader
from harness.errors import DeviceError, DeviceMessage, RpcRefused
from harness.plan.vnfs import Subject
from harness.verify.facts import Answer, Refusal, Unreadable, digest
from harness.verify.judge import Bundle
from harness.verify.witnesses import Command, Observation, Question, Rpc, Witness, witnesses

NETCONF = "netconf"
CLI = "cli"

Readers = Mapping[str, Reader]  # by way: "netconf", "cli"; a way that isn't there has no witnesses

_HISTORY_RPC = "get-commit-information"


def observe(kind: Subject, readers: Readers) -> tuple[Observation, ...]:
    """Let every witness of ``kind`` ask its own questions, in order.

    A refusal by the device is an observation of its words; a lost link raises
    :class:`~harness.errors.Unreachable`.
    """
    return tuple(look(witness, readers) for witness in witnesses(kind))


def look(witness: Witness, readers: Readers) -> Observation:
    """Let one witness ask."""
    reader = readers.get(witness.way)
    if reader is None:
        reason = f"there's no {witness.way} session to ask over"
        return Observation(witness.name, "", Unreadable(reason), digest(()))
    answers = tuple(ask(reader, question) for question in witness.questions)
    return Observation(witness.name, reader.name, witness.read(answers), digest(answers), answers)


def ask(reader: Reader, question: Question) -> Answer:
    """Ask one question; a refusal comes back as the device's own words."""
    try:
        match question:
            case Rpc(name=name, arguments=arguments):
                return reader.rpc(name, dict(arguments)).raw
            case Command(line=line):
                return reader.cli(line)
    except RpcRefused as error:
        words = "; ".join(str(message) for message in error.messages)
        return Refusal(words or str(error))


def gather(
    kind: Subject,
    readers: Readers,
    *,
    messages: Iterable[DeviceMessage] = (),
    history_before: tuple[CommitEntry, ...] = (),
    look_around: Callable[[], tuple[Observation, ...]] | None = None,
) -> Bundle:
    """Collect all evidence on a push: history, committed configuration, every witness.

    ``messages`` are those of the reply to the commit; they can speak against the push alone.
    ``look_around`` replaces the single look by one that waits (:mod:`harness.verify.wait`). The
    configuration is asked last: what the witnesses saw must still be what is committed.
    """
    observations = (look_around or (lambda: observe(kind, readers)))()
    reader = next((readers[way] for way in (NETCONF, CLI) if way in readers), None)
    return Bundle(
        history=_history(reader),
        readback=_readback(reader),
        observations=observations,
        messages=tuple(messages),
        history_before=history_before,
    )


def _history(reader: Reader | None) -> tuple[CommitEntry, ...] | Unreadable:
    if reader is None:
        return Unreadable("there's no session to ask over")
    try:
        return parse_history(reader.rpc(_HISTORY_RPC).raw)
    except DeviceError as error:
        return Unreadable(str(error))


def _readback(reader: Reader | None) -> str | Unreadable:
    if reader is None:
        return Unreadable("there's no session to ask over")
    try:
        return reader.configuration("committed", "xml")
    except DeviceError as error:
        return Unreadable(str(error))
