"""A plan written as Junos configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from harness.plan.model import Kind, Plan, PreSharedKey, Tunnel
from harness.render import gre, gre_over_ipsec, ipsec
from harness.render.placement import Placed, assemble
from harness.render.readback import Path
from harness.render.service import service
from harness.render.statements import Statement, paths, write_set, write_text, write_xml


class _OfTunnel(Protocol):
    def __call__(self, plan: Plan, one: Tunnel, *, placeholders: bool) -> Iterator[Placed]: ...


_KINDS: Mapping[Kind, tuple[Callable[[Plan], Iterator[Placed]], _OfTunnel]] = MappingProxyType(
    {
        Kind.IPSEC: (ipsec.common, ipsec.tunnel),
        Kind.GRE: (gre.common, gre.tunnel),
        Kind.GRE_OVER_IPSEC: (gre_over_ipsec.common, gre_over_ipsec.tunnel),
    }
)


@dataclass(frozen=True, slots=True)
class Rendering:
    """The statements of a plan; ``xml``, ``set_lines`` and ``text`` say the same.

    These three hold the keys in clear unless placeholders were asked for; ``repr`` and ``paths``
    never do.
    """

    statements: tuple[Statement, ...] = field(repr=False)
    _placed: tuple[Placed, ...] = field(repr=False)

    def xml(self, *, pretty: bool = False) -> str:
        """Return a ``<configuration>`` element in no name space."""
        return write_xml(self.statements, pretty=pretty)

    def set_lines(self) -> tuple[str, ...]:
        """Return one ``set …`` line per leaf."""
        return write_set(self.statements)

    def text(self) -> str:
        """Return curly-brace text."""
        return write_text(self.statements)

    def paths(self) -> tuple[Path, ...]:
        """Return one path per leaf, in the shape and with the hidden keys of ``readback``."""
        return tuple(path for path, _ in paths(self.statements))

    def secrets(self) -> Mapping[Path, PreSharedKey]:
        """Return the key that belongs to each path that hides one."""
        return {path: key for path, key in paths(self.statements) if key is not None}

    def owners(self) -> Mapping[Path, str]:
        """Return the name of the tunnel that each path is for; shared paths aren't in it."""
        return {
            path: one.tunnel
            for one in self._placed
            if one.tunnel is not None
            for path, _ in paths((one.alone(),))
        }

    def statements_of(self, tunnel: str) -> tuple[Path, ...]:
        """Return the paths that are for the tunnel of that name alone."""
        return tuple(
            path
            for one in self._placed
            if one.tunnel == tunnel
            for path, _ in paths((one.alone(),))
        )


def render(plan: Plan, *, placeholders: bool = False) -> Rendering:
    """Write ``plan`` as statements; ``placeholders`` puts a valid constant where each key goes."""
    common, of_tunnel = _KINDS[plan.kind]
    placed = [*common(plan), *service(plan)]
    for one in plan.tunnels:
        placed.extend(of_tunnel(plan, one, placeholders=placeholders))
    return Rendering(assemble(placed), tuple(placed))
