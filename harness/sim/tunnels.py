"""The tunnels that a configuration amounts to, as the device's operational tables see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from harness.sim.config.tree import Node, entries, get, leaf, present, values
from harness.sim.negotiation import NO_RESPONSE, WAITING

_FIRST_INDEX: Final = 131073  # 0x20001: first index of a site-to-site VPN, recorded replies


class TunnelKind(Enum):
    """Which table a tunnel stands in."""

    IPSEC = "ipsec"
    GRE = "gre"


@dataclass(frozen=True, slots=True)
class Tunnel:
    """One IPsec VPN or one GRE unit."""

    kind: TunnelKind
    name: str  # of the VPN; the logical interface of a GRE tunnel
    interface: str  # "st0.7", "gr-0/0/0.7"
    local: str = ""  # address of a GRE source
    remote: str = ""
    gateway: str = ""
    index: int = 0  # of IPsec
    encryption: str = ""
    authentication: str = ""
    immediate: bool = False  # establish-tunnels immediately
    up: bool = False
    reason: str = ""  # why it's down
    half: bool = False  # up with the security association of one direction alone


@dataclass(frozen=True, slots=True)
class Peers:
    """How the far ends behave: by VPN where the fabric knows, else by address, else all alike."""

    answering: bool = False
    declared: Mapping[str, str] = field(default_factory=dict)  # address → answering, silent
    outcome: Mapping[str, str] = field(default_factory=dict)  # VPN → reason, "" for up

    def reason(self, vpn: str, remote: str, *, eager: bool) -> str:
        """Return why a tunnel is down; "" for one that is up."""
        if vpn in self.outcome:
            return self.outcome[vpn]
        declared = self.declared.get(remote)
        if declared == "answering" or (declared is None and self.answering):
            return ""
        return NO_RESPONSE if eager else WAITING


_SILENT: Final = Peers()


def tunnels(tree: Node, peers: Peers = _SILENT) -> tuple[Tunnel, ...]:
    """Return every tunnel of an effective configuration, IPsec first, in configured order."""
    return (*_ipsec(tree, peers), *_gre(tree))


def _ipsec(tree: Node, peers: Peers) -> Iterator[Tunnel]:
    policies = get(tree, "security", "ipsec", "policy")
    for position, (name, vpn) in enumerate(entries(tree, "security", "ipsec", "vpn")):
        gateway = leaf(vpn, "ike", "gateway") or ""
        policy = leaf(vpn, "ike", "ipsec-policy") or ""
        proposal = leaf(policies, policy, "proposals") or ""
        ciphers = get(tree, "security", "ipsec", "proposal", proposal)
        remote = leaf(tree, "security", "ike", "gateway", gateway, "address") or ""
        eager = leaf(vpn, "establish-tunnels") == "immediately"
        reason = peers.reason(name, remote, eager=eager)
        yield Tunnel(
            TunnelKind.IPSEC,
            name,
            leaf(vpn, "bind-interface") or "",
            remote=remote,
            gateway=gateway,
            index=_FIRST_INDEX + position,
            encryption=leaf(ciphers, "encryption-algorithm") or "",
            authentication=leaf(ciphers, "authentication-algorithm") or "",
            immediate=eager,
            up=not reason,
            reason=reason,
        )


def _gre(tree: Node) -> Iterator[Tunnel]:
    for name, interface in entries(tree, "interfaces", "interface"):
        if not name.startswith("gr-"):
            continue
        for unit, body in entries(interface, "unit"):
            if present(body, "tunnel", "source"):
                logical = f"{name}.{unit}"
                yield Tunnel(
                    TunnelKind.GRE,
                    logical,
                    logical,
                    local=leaf(body, "tunnel", "source") or "",
                    remote=leaf(body, "tunnel", "destination") or "",
                    up=True,  # GRE without keepalives is always up
                )


def added(before: tuple[Tunnel, ...], after: tuple[Tunnel, ...]) -> tuple[Tunnel, ...]:
    """Return the tunnels of ``after`` whose names ``before`` lacks.

    Where both kinds are new they are two halves of GRE over IPsec, and only the IPsec ones are
    returned: one for each tunnel.
    """
    known = {tunnel.name for tunnel in before}
    new = tuple(tunnel for tunnel in after if tunnel.name not in known)
    secure = tuple(tunnel for tunnel in new if tunnel.kind is TunnelKind.IPSEC)
    return secure or new


def inner_addresses(tree: Node, interface: str) -> tuple[str, ...]:
    """Return the IPv4 addresses of a logical interface, without prefix length."""
    device, _, unit = interface.partition(".")
    path = ("interfaces", "interface", device, "unit", unit, "family", "inet", "address")
    return tuple(address.partition("/")[0] for address, _ in entries(tree, *path))


def routes_into(tree: Node, interface: str) -> tuple[str, ...]:
    """Return the static routes of the main table whose next hop is that logical interface."""
    path = ("routing-options", "static", "route")
    return tuple(
        prefix for prefix, route in entries(tree, *path) if interface in values(route, "next-hop")
    )
