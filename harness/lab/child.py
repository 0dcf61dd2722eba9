"""A process beside the run, on a pipe: it ends when nobody holds the other end any more."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from harness.errors import HarnessError, LabError

_END_SECONDS = 5.0


@contextmanager
def child(target: Callable[..., None], *given: object) -> Iterator[Connection]:
    """Run ``target(pipe, *given)`` in a fresh process while the context lasts; lend our end.

    ``target`` has to end when its pipe does, which is also how it learns that we died. ``given``
    must be picklable.
    """
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=target, args=(theirs, *given), daemon=True
    )
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()  # which is what the process waits for
        process.join(_END_SECONDS)
        process.kill()
        process.join()


def answer_of(pipe: Connection, ended: str) -> Any:
    """Return the next word of a process, or raise the error that it sent in its place.

    Raises :class:`LabError` with the words ``ended`` when it's gone.
    """
    try:
        answer = pipe.recv()
    except EOFError:
        raise LabError(ended) from None
    if isinstance(answer, HarnessError):
        raise answer
    return answer
