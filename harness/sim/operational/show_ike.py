"""The IKE security associations of the tunnels that are up, and their peers.

Names and values follow recorded and published replies of SRX devices; the roots have no namespace
of their own and their values are padded with newlines.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Final

from harness.sim.answers import Arguments, DaemonRefusal, Report
from harness.sim.config.tree import entries, get, logical_interface, present
from harness.sim.config.tree import leaf as leaf_of
from harness.sim.markup import node, padded
from harness.sim.operational.operation import PRIMARY_NODE, SRX, Operation
from harness.sim.tunnels import Tunnel, TunnelKind
from harness.sim.view import View

PORT: Final = 500
_IKE_EXPIRES: Final = 28000


def require_branch(view: View, branch: str, daemon_says: str) -> None:
    """Refuse as the key management daemon does when that branch isn't configured at all."""
    if not present(view.tree, "security", branch) and not view.of_kind(TunnelKind.IPSEC):
        raise DaemonRefusal("kmd", daemon_says)


def stable_number(tunnel: Tunnel, what: str, digits: int) -> str:
    """Return a number that differs by tunnel and stays the same from question to question."""
    seed = f"{tunnel.name} {tunnel.remote} {what}"
    return hashlib.sha256(seed.encode()).hexdigest()[:digits]


def ike_version(view: View, tunnel: Tunnel) -> str:
    configured = leaf_of(view.tree, "security", "ike", "gateway", tunnel.gateway, "version")
    return "IKEv2" if configured == "v2-only" else "IKEv1"


def _mode(view: View, tunnel: Tunnel) -> str:
    if ike_version(view, tunnel) == "IKEv2":
        return "IKEv2"
    policy = leaf_of(view.tree, "security", "ike", "gateway", tunnel.gateway, "ike-policy") or ""
    mode = leaf_of(view.tree, "security", "ike", "policy", policy, "mode") or "main"
    return mode.capitalize()


def local_address(view: View, tunnel: Tunnel) -> str:
    """Return the address that IKE uses: as configured, or that of the external interface."""
    gateway = get(view.tree, "security", "ike", "gateway", tunnel.gateway)
    given = leaf_of(gateway, "local-address")
    if given:
        return given
    unit = logical_interface(view.tree, leaf_of(gateway, "external-interface") or "")
    families = entries(unit, "family") if unit is not None else ()
    hosts = (host for _, family in families for host, _ in entries(family, "address"))
    return next(hosts, "0.0.0.0").partition("/")[0]  # noqa: S104 - a text


def _ike_rows(view: View, arguments: Arguments) -> list[Tunnel]:
    wanted = arguments.get("peer-address", "")
    index = arguments.get("show-index-ike-security-association") or arguments.get("index", "")
    return [
        tunnel
        for tunnel in view.of_kind(TunnelKind.IPSEC)
        if tunnel.up and wanted in ("", tunnel.remote) and index in ("", str(tunnel.index))
    ]


def _ike(view: View, arguments: Arguments) -> Report:
    require_branch(view, "ike", "IKE is not configured")
    rows = _ike_rows(view, arguments)
    detail = "detail" in arguments
    return Report(
        lambda: node(
            "ike-security-associations-information",
            *(_ike_detail(view, tunnel) if detail else _ike_brief(view, tunnel) for tunnel in rows),
            attributes={"junos:style": "detail" if detail else "brief"},
        ),
        lambda: (
            "".join(_ike_detail_text(view, tunnel) for tunnel in rows)
            if detail
            else _ike_text(view, rows)
        ),
    )


def _ike_brief(view: View, tunnel: Tunnel, *more: str) -> str:
    return node(
        "ike-security-associations",
        padded("ike-sa-remote-address", tunnel.remote),
        padded("ike-sa-index", tunnel.index),
        padded("ike-sa-state", "UP"),
        padded("ike-sa-initiator-cookie", stable_number(tunnel, "initiator", 16)),
        padded("ike-sa-responder-cookie", stable_number(tunnel, "responder", 16)),
        padded("ike-sa-exchange-type", _mode(view, tunnel)),
        *more,
    )


def _ike_detail(view: View, tunnel: Tunnel) -> str:
    return node(
        "ike-security-associations-block",
        padded("ike-sa-remote-address", tunnel.remote),
        padded("ike-sa-index", tunnel.index),
        padded("ike-gw-name", tunnel.gateway),
        _ike_brief(view, tunnel, padded("ike-sa-lifetime", f"Expires in {_IKE_EXPIRES} seconds")),
    )


def _ike_text(view: View, rows: list[Tunnel]) -> str:
    heading = (
        "Index   State  Initiator cookie  Responder cookie  Mode           Remote Address   \n"
    )
    return heading + "".join(
        f"{tunnel.index:<8}{'UP':<7}{stable_number(tunnel, 'initiator', 16):<18}"
        f"{stable_number(tunnel, 'responder', 16):<18}{_mode(view, tunnel):<15}{tunnel.remote}\n"
        for tunnel in rows
    )


def _ike_detail_text(view: View, tunnel: Tunnel) -> str:
    return (
        f"IKE peer {tunnel.remote}, Index {tunnel.index}, Gateway Name: {tunnel.gateway}\n"
        f"  Role: Initiator, State: UP\n"
        f"  Initiator cookie: {stable_number(tunnel, 'initiator', 16)}, "
        f"Responder cookie: {stable_number(tunnel, 'responder', 16)}\n"
        f"  Exchange type: {_mode(view, tunnel)}, Authentication method: Pre-shared-keys\n"
        f"  Local: {local_address(view, tunnel)}:{PORT}, Remote: {tunnel.remote}:{PORT}\n"
        f"  Lifetime: Expires in {_IKE_EXPIRES} seconds\n"
    )


def _active_peers(view: View, _arguments: Arguments) -> Report:
    """List the peers that are up by their identity."""
    require_branch(view, "ike", "IKE is not configured")
    rows = _ike_rows(view, {})
    return Report(
        lambda: node(
            "ike-active-peers-information",
            *(
                node(
                    "ike-active-peers",
                    padded("ike-sa-remote-address", tunnel.remote),
                    padded("ike-sa-remote-port", PORT),
                    padded("ike-ike-id", tunnel.remote),
                )
                for tunnel in rows
            ),
            attributes={"junos:style": "brief"},
        ),
        lambda: (
            "Remote Address                      Port     Peer IKE-ID\n"
            + "".join(f"{tunnel.remote:<36}{PORT:<9}{tunnel.remote}\n" for tunnel in rows)
        ),
    )


# Of a cluster, the primary node answers for the tunnels.
tunnel_operation = partial(Operation, schemas=SRX, nodes=PRIMARY_NODE)
OPERATIONS: Final = (
    tunnel_operation(
        "get-ike-security-associations-information",
        "show security ike security-associations",
        _ike,
        options=("brief", "detail"),
        values=("family", "index", "show-index-ike-security-association"),
        free="peer-address",
    ),
    tunnel_operation(
        "get-ike-active-peers-information",
        "show security ike active-peer",
        _active_peers,
        options=("brief", "detail"),
        free="peer-address",
    ),
)
