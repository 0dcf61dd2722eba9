"""``show configuration`` at any level, in the forms that the CLI has."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from harness.sim.answers import Refusal, Report
from harness.sim.config import groups, paths
from harness.sim.config.paths import Refused, Spot, only
from harness.sim.config.schema import Statement
from harness.sim.config.set_format import quote, write_set
from harness.sim.config.text_format import TextWriter
from harness.sim.config.tree import Node
from harness.sim.device import Login
from harness.sim.markup import node


def configuration_report(login: Login, tree: Node, words: Sequence[str]) -> Report:
    """Show ``tree``, or the part of it that ``words`` lead to.

    Raises ``Refusal`` at a word that the model doesn't have there.
    """
    return _report(login, tree, words, comments=True)


def _report(login: Login, tree: Node, words: Sequence[str], *, comments: bool) -> Report:
    store = login.device.store
    schema = login.device.schema
    hide = login.hides_secrets

    def inherited(with_comments: bool) -> Report:  # noqa: FBT001 - the shape of Report.inherited
        whole = groups.expanded(tree, schema)
        return _report(login, whole, words, comments=with_comments)

    if not words and comments:
        return Report(
            lambda: store.render(tree, "xml", hide_secrets=hide),
            lambda: store.render(tree, "text", hide_secrets=hide),
            lambda: store.render(tree, "set", hide_secrets=hide),
            lambda: store.render(tree, "json", hide_secrets=hide),
            inherited,
        )
    spot = find(schema, tree, words)
    part = only(tree, spot.path) if spot.path else tree
    return Report(
        lambda: store.render(part, "xml", hide_secrets=hide),
        lambda: _text(spot, hide_secrets=hide, comments=comments),
        lambda: write_set(part, schema, hide_secrets=hide),
        lambda: store.render(part, "json", hide_secrets=hide),
        inherited,
    )


def configuration_output(text: str) -> str:
    """Wrap a text about a configuration as NETCONF answers it."""
    output = f"<configuration-output>\n{escape(text)}</configuration-output>\n"
    return node("configuration-information", output)


def find(schema: Statement, tree: Node, words: Sequence[str]) -> Spot:
    """Follow words through the model; the value is None where nothing is configured.

    Raises ``Refusal`` at a word that the model doesn't have there.
    """
    try:
        return paths.find(schema, tree, words)
    except Refused as exc:
        raise Refusal(*exc.complaints) from exc


def _text(spot: Spot, *, hide_secrets: bool, comments: bool) -> str:
    if spot.value is None:
        return ""
    writer = TextWriter(hide_secrets=hide_secrets, origins=comments)
    if isinstance(spot.value, Node) and not spot.listing:
        lines = writer.children(spot.value, spot.statement, "")
    else:
        lines = writer.child(spot.value, spot.statement, "")
    return "".join(f"{line}\n" for line in (*_states(spot), *lines))


def _states(spot: Spot) -> tuple[str, ...]:
    """Say what holds for all that is shown, as it stands on a line that isn't."""
    said = [
        f"## {state}: {' '.join(map(quote, words))}"
        for words, mark in spot.marked
        for state, holds in (("inactive", mark.inactive), ("protect", mark.protected))
        if holds
    ]
    return ("##", *said, "##") if said else ()
