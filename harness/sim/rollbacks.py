"""Rollback configurations as clients name them: an index, what it holds, or why it can't be had."""

from __future__ import annotations

from harness.sim.answers import Refusal
from harness.sim.config.tree import Node
from harness.sim.device import Login
from harness.sim.digits import number_of
from harness.sim.messages import SIMULATED, error
from harness.sim.store.commit import ROLLBACK_SLOTS


def slot(index: str) -> int:
    """Read a rollback index; raises :class:`Refusal` unless it's 0..49."""
    number = number_of(index, ROLLBACK_SLOTS - 1)
    if number is None:
        raise Refusal(error(f"invalid rollback index '{index}', 0..49 {SIMULATED}"))
    return number


def rollback_tree(login: Login, index: int, *, private: bool = False) -> Node:
    """Return what slot ``index`` holds; raises :class:`Refusal` when it's empty.

    ``private``: in place of slot 0, what the session's private copy was copied from.
    """
    config, store = login.config, login.device.store
    tree = config.compared_with(index) if private else store.rollback_tree(index)
    if tree is None:
        raise Refusal(error(f"could not open configuration rollback file {index} {SIMULATED}"))
    return tree
