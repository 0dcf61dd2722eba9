"""``show configuration`` at any level, in the forms that the CLI has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.sim.answers import Refusal, Report, syntax_error
from harness.sim.config.schema import Kind, Statement
from harness.sim.config.set_format import write_set
from harness.sim.config.text_format import TextWriter
from harness.sim.config.tree import Key, Node, Value
from harness.sim.config.tree_edit import placed
from harness.sim.device import Login
from harness.sim.messages import SIMULATED, error


@dataclass(frozen=True, slots=True)
class _Spot:
    """A statement reached by words: where it is in the tree, and what is there, if anything."""

    statement: Statement
    path: tuple[Key, ...]
    value: Value | None
    listing: bool  # at a list as a whole rather than at one of its entries


def configuration_report(login: Login, tree: Node, words: Sequence[str]) -> Report:
    """Show ``tree``, or the part of it that ``words`` lead to.

    Raises ``Refusal`` at a word that the model doesn't have there.
    """
    store = login.device.store
    schema = login.device.schema
    hide = login.device.hides_secrets
    if not words:
        return Report(
            lambda: store.render(tree, "xml", hide_secrets=hide),
            lambda: store.render(tree, "text", hide_secrets=hide),
            lambda: store.render(tree, "set", hide_secrets=hide),
        )
    spot = find(schema, tree, words)
    part = Node() if spot.value is None else placed(Node(), spot.value, *spot.path)
    return Report(
        lambda: store.render(part, "xml", hide_secrets=hide),
        lambda: _text(spot, hide_secrets=hide),
        lambda: write_set(part, schema, hide_secrets=hide),
    )


def find(schema: Statement, tree: Node, words: Sequence[str]) -> _Spot:
    """Follow words through the model; the value is None where nothing is configured."""
    spot = _Spot(schema, (), tree, listing=False)
    rest = list(words)
    while rest:
        spot = _entry(spot, rest) if spot.listing else _child(spot, rest)
    return spot


def _child(spot: _Spot, rest: list[str]) -> _Spot:
    statement = spot.statement.words.get(rest[0])
    if statement is not None:
        rest.pop(0)
    else:
        statement = spot.statement.unnamed
    if statement is None or spot.statement.kind not in (Kind.CONTAINER, Kind.LIST):
        raise syntax_error(rest[0])
    below = spot.value.get(statement.tag) if isinstance(spot.value, Node) else None
    listing = statement.kind is Kind.LIST
    if statement.kind is Kind.LEAF or statement.kind is Kind.LEAF_LIST:
        rest.clear()  # a value after the name narrows nothing down
    return _Spot(statement, (*spot.path, statement.tag), below, listing)


def _entry(spot: _Spot, rest: list[str]) -> _Spot:
    names: list[str] = []
    for index, _ in enumerate(spot.statement.keys):
        wanted = spot.statement.key_words[index] if index else ""
        if wanted and rest and rest[0] == wanted:
            rest.pop(0)
        if not rest:
            raise Refusal(error(f"missing argument {SIMULATED}"))
        names.append(rest.pop(0))
    key: Key = names[0] if len(names) == 1 else tuple(names)
    below = spot.value.get(key) if isinstance(spot.value, Node) else None
    return _Spot(spot.statement, (*spot.path, key), below, listing=False)


def _text(spot: _Spot, *, hide_secrets: bool) -> str:
    if spot.value is None:
        return ""
    writer = TextWriter(hide_secrets=hide_secrets)
    if isinstance(spot.value, Node) and not spot.listing:
        lines = writer.children(spot.value, spot.statement, "")
    else:
        lines = writer.child(spot.value, spot.statement, "")
    return "".join(f"{line}\n" for line in lines)
