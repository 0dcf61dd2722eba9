"""One row of the table that ties an operational RPC to its command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.sim.answers import Arguments, Report, syntax_error
from harness.sim.markup import leaf, node
from harness.sim.view import View

EVERYWHERE = frozenset(("junos-es", "junos", "jdm"))
ROUTERS = frozenset(("junos-es", "junos"))
SRX = frozenset(("junos-es",))
MX = frozenset(("junos",))
JDM = frozenset(("jdm",))

PRIMARY_NODE = ("node0",)
BOTH_NODES = ("node0", "node1")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operational question; ``command`` is "" where Junos has only the RPC.

    ``options`` are words that stand alone (``<terse/>``), ``values`` those followed by one
    (``<index>7</index>``), ``free`` is the element that any other word becomes.
    """

    rpc: str
    command: str
    answer: Callable[[View, Arguments], Report]
    schemas: frozenset[str] = EVERYWHERE
    options: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    free: str = ""
    nodes: tuple[str, ...] = ()  # of a chassis cluster, which answer each for itself

    def arguments(self, words: Sequence[str]) -> dict[str, str]:
        """Read what follows the command; raises ``Refusal`` at a word that it doesn't take."""
        arguments: dict[str, str] = {}
        rest = list(words)
        while rest:
            word = self._whole(rest.pop(0))
            if word in self.options:
                arguments[word] = ""
            elif rest and (word in self.values or (word == "node" and self.nodes)):
                arguments[word] = rest.pop(0)
            elif self.free and self.free not in arguments:
                arguments[self.free] = word
            else:
                raise syntax_error(word)
        return arguments

    def _whole(self, word: str) -> str:
        """Complete an abbreviated option; shorter ones could be names."""
        if len(word) < 3:
            return word
        meant = [option for option in self.options if option.startswith(word)]
        return meant[0] if len(meant) == 1 else word

    def request(self, arguments: Arguments) -> str:
        """Write the RPC that asks the same."""
        return node(self.rpc, *(leaf(name, value) for name, value in arguments.items()))

    def require_known(self, arguments: Arguments) -> None:
        """Refuse an element that the RPC doesn't take."""
        known = {*self.options, *self.values, self.free}
        if self.nodes:
            known.add("node")
        for name in arguments:
            if name not in known:
                raise syntax_error(name)
