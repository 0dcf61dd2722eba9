"""Where statements belong, and how those of many tunnels become one tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from harness.plan.platforms import GRE_INTERFACE
from harness.render.statements import Container, Entry, Statement

Block = Container | Entry
Mount = tuple[Block, ...]  # the blocks from the top down to the place, without children

IKE: Mount = (Container("security"), Container("ike"))
IPSEC: Mount = (Container("security"), Container("ipsec"))
ST0: Mount = (Container("interfaces"), Entry("interface", "st0", keyword=False))
GRE: Mount = (Container("interfaces"), Entry("interface", GRE_INTERFACE, keyword=False))
STATIC: Mount = (Container("routing-options"), Container("static"))


@cache
def zone(name: str) -> Mount:
    """Return the place of what a security zone says."""
    return (Container("security"), Container("zones"), Entry("security-zone", name))


@cache
def zone_interfaces(name: str) -> Mount:
    """Return the place of a security zone's interfaces."""
    return (*zone(name), Container("interfaces", element=False))


@dataclass(frozen=True, slots=True)
class Placed:
    """One statement at its place; ``tunnel`` names the tunnel that it's for, if only one."""

    mount: Mount
    statement: Statement
    tunnel: str | None = None

    def alone(self) -> Statement:
        """Return the statement in its blocks, nothing beside it."""
        statement = self.statement
        for block in reversed(self.mount):
            statement = replace(block, children=(statement,))
        return statement


def assemble(placed: Sequence[Placed]) -> tuple[Statement, ...]:
    """Merge statements into one tree; within a block, those of one name stand together.

    The order is else that of ``placed``.
    """
    top = _Node()
    known: dict[int, _Node] = {}  # by identity: hashing a mount costs more than all the rest
    for one in placed:
        node = known.get(id(one.mount))
        if node is None:
            node = known[id(one.mount)] = top.at(one.mount)
        node.statements.append(one.statement)
    return top.children()


@dataclass(slots=True)
class _Node:
    statements: list[Statement] = field(default_factory=list)
    below: dict[Block, _Node] = field(default_factory=dict)

    def at(self, mount: Mount) -> _Node:
        """Return the node at ``mount``, made if it isn't there."""
        node = self
        for block in mount:
            node = node.below.setdefault(block, _Node())
        return node

    def children(self) -> tuple[Statement, ...]:
        found = list(self.statements)
        found += [replace(block, children=node.children()) for block, node in self.below.items()]
        seen = {statement.name: None for statement in found}
        order = {name: rank for rank, name in enumerate(seen)}
        return tuple(sorted(found, key=lambda statement: order[statement.name]))
