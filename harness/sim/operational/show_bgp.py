"""BGP questions. No peer ever answers, so every configured neighbor is in state Active."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from harness.sim.answers import Arguments, Refusal, Report
from harness.sim.config.tree import Node, entries, get, present, values
from harness.sim.config.tree import leaf as leaf_of
from harness.sim.markup import leaf, node
from harness.sim.messages import SIMULATED, error
from harness.sim.operational.operation import ROUTERS, Operation
from harness.sim.operational.show_routes import router_id
from harness.sim.routing import MASTER
from harness.sim.times import elapsed, short
from harness.sim.view import View

_STATE: Final = "Active"
_HOLD_TIME: Final = 90
_COUNTS: Final = (
    "total-prefix-count", "received-prefix-count", "accepted-prefix-count", "active-prefix-count",
    "suppressed-prefix-count", "history-prefix-count", "damped-prefix-count",
    "total-external-prefix-count", "active-external-prefix-count",
    "accepted-external-prefix-count", "suppressed-external-prefix-count",
    "total-internal-prefix-count", "active-internal-prefix-count",
    "accepted-internal-prefix-count", "suppressed-internal-prefix-count", "pending-prefix-count",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Peer:
    """One configured neighbor with what it inherits from its group."""

    address: str
    group: str
    instance: str
    kind: str  # "External", "Internal"
    remote_as: str
    local_as: str
    local_address: str = ""
    description: str = ""
    imports: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()
    hold_time: int = _HOLD_TIME


def _peers(view: View, instance: str) -> list[Peer]:
    """Return the neighbors of one instance; "" and "all" mean all of them."""
    everything = [(MASTER, view.tree)]
    everything += list(entries(view.tree, "routing-instances", "instance"))
    return [
        peer
        for name, body in everything
        if instance in ("", "all", name)
        for peer in _of_instance(view, name, body)
    ]


def _of_instance(view: View, name: str, body: Node) -> Iterator[Peer]:
    own_as = _own_as(body) or _own_as(view.tree)
    protocol = get(body, "protocols", "bgp")
    for group, settings in entries(protocol, "group"):
        for address, neighbor in entries(settings, "neighbor"):
            levels = (neighbor, settings, protocol)
            local_as = _first(levels, "local-as", "as-number") or _first(levels, "local-as")
            local_as = local_as or own_as
            kind = _first(levels, "type") or "external"
            remote = local_as if kind == "internal" else _first(levels, "peer-as")
            yield Peer(
                address,
                group,
                name,
                kind.capitalize(),
                remote or "0",
                local_as or "0",
                _first(levels, "local-address"),
                _first(levels, "description"),
                next((v for level in levels if (v := values(level, "import"))), ()),
                next((v for level in levels if (v := values(level, "export"))), ()),
                int(_first(levels, "hold-time") or _HOLD_TIME),
            )


def _own_as(body: Node) -> str:
    path = ("routing-options", "autonomous-system")
    return leaf_of(body, *path, "as-number") or leaf_of(body, *path) or ""


def _first(levels: tuple[Node, ...], *path: str) -> str:
    """Return the value at the nearest level that has it."""
    return next((found for level in levels if (found := leaf_of(level, *path))), "")


def _asked(view: View, arguments: Arguments) -> list[Peer] | None:
    """Return the peers that are asked for; None when BGP doesn't run at all."""
    configured = present(view.tree, "protocols", "bgp") or any(
        present(body, "protocols", "bgp")
        for _, body in entries(view.tree, "routing-instances", "instance")
    )
    if not configured:
        return None
    group = arguments.get("group", "")
    wanted = arguments.get("neighbor-address", "")
    found = [
        peer
        for peer in _peers(view, arguments.get("instance", ""))
        if group in ("", peer.group) and wanted in ("", peer.address)
    ]
    if wanted and not found:
        raise Refusal(error(f"no BGP neighbor {wanted} {SIMULATED}"))
    return found


def _not_running() -> Report:
    """Say that BGP isn't configured (text: Junos CLI; that its XML is an output: a guess)."""
    text = "BGP is not running\n"
    return Report(lambda: leaf("output", f"\n{text}"), lambda: text)


def _summary(view: View, arguments: Arguments) -> Report:
    peers = _asked(view, arguments)
    if peers is None:
        return _not_running()
    groups = len({(peer.instance, peer.group) for peer in peers})
    ago = view.now - view.booted

    def row(peer: Peer) -> str:
        return node(
            "bgp-peer",
            leaf("peer-address", peer.address),
            leaf("peer-as", peer.remote_as),
            *(
                leaf(tag, 0)
                for tag in ("input-messages", "output-messages", "route-queue-count", "flap-count")
            ),
            leaf("elapsed-time", short(ago), elapsed(ago)),
            leaf("description", peer.description) if peer.description else "",
            leaf("peer-state", _STATE),
            attributes={"junos:style": "terse"},
        )

    ribs = list(dict.fromkeys(_rib(peer) for peer in peers)) or ["inet.0"]
    return Report(
        lambda: node(
            "bgp-information",
            leaf("group-count", groups),
            leaf("peer-count", len(peers)),
            leaf("down-peer-count", len(peers)),
            *(
                node(
                    "bgp-rib",
                    leaf("name", rib),
                    *(leaf(tag, 0) for tag in _COUNTS),
                    leaf("bgp-rib-state", "BGP restart is complete"),
                    attributes={"junos:style": "brief"},
                )
                for rib in ribs
            ),
            *map(row, peers),
            attributes={"xmlns": view.namespace("routing")},
        ),
        lambda: (
            f"Groups: {groups} Peers: {len(peers)} Down peers: {len(peers)}\n"
            "Table          Tot Paths  Act Paths Suppressed    History Damp State    Pending\n"
            + "".join(f"{rib:<21}\n{0:>24}{0:>11}{0:>11}{0:>11}{0:>11}{0:>11}\n" for rib in ribs)
            + "Peer                     AS      InPkt     OutPkt    OutQ   Flaps Last Up/Dwn "
            "State|#Active/Received/Accepted/Damped...\n"
            + "".join(
                f"{peer.address:<16}{peer.remote_as:>11}{0:>11}{0:>11}{0:>8}{0:>8}"
                f"{short(ago):>12} {_STATE}\n"
                for peer in peers
            )
        ),
    )


def _rib(peer: Peer) -> str:
    table = "inet6.0" if ":" in peer.address else "inet.0"
    return table if peer.instance == MASTER else f"{peer.instance}.{table}"


def _neighbors(view: View, arguments: Arguments) -> Report:
    peers = _asked(view, arguments)
    if peers is None:
        return _not_running()
    return Report(
        lambda: node(
            "bgp-information",
            *(_neighbor_xml(view, peer) for peer in peers),
            attributes={"xmlns": view.namespace("routing")},
        ),
        lambda: "\n".join(_neighbor_text(view, peer) for peer in peers),
    )


def _options(peer: Peer) -> str:
    local = "LocalAddress " if peer.local_address else ""
    return f"Preference {local}PeerAS Refresh"


def _neighbor_xml(view: View, peer: Peer) -> str:
    return node(
        "bgp-peer",
        leaf("peer-address", peer.address),
        leaf("peer-as", peer.remote_as),
        leaf("local-address", peer.local_address or "unspecified"),
        leaf("local-as", peer.local_as),
        leaf("description", peer.description) if peer.description else "",
        leaf("peer-group", peer.group),
        leaf("peer-cfg-rti", peer.instance),
        leaf("peer-fwd-rti", peer.instance),
        leaf("peer-type", peer.kind),
        leaf("peer-state", _STATE),
        leaf("peer-flags", ""),
        leaf("last-state", "Connect"),
        leaf("last-event", "ConnectRetry"),
        leaf("last-error", "None"),
        node(
            "bgp-option-information",
            leaf("export-policy", " ".join(peer.exports)) if peer.exports else "",
            leaf("import-policy", " ".join(peer.imports)) if peer.imports else "",
            leaf("bgp-options", _options(peer)),
            leaf("bgp-options2", ""),
            leaf("bgp-options-extended", ""),
            leaf("local-address", peer.local_address) if peer.local_address else "",
            leaf("holdtime", peer.hold_time),
            leaf("preference", 170),
            attributes={"xmlns": view.namespace("routing")},
        ),
        leaf("flap-count", 0),
        leaf("peer-id", "0.0.0.0"),  # noqa: S104 - nobody's router id
        leaf("local-id", router_id(view)),
        leaf("active-holdtime", 0),
        leaf("keepalive-interval", 0),
        *(
            leaf(tag, 0)
            for tag in ("input-messages", "output-messages", "input-updates", "output-updates")
        ),
        attributes={"junos:style": "detail"},
    )


def _neighbor_text(view: View, peer: Peer) -> str:
    lines = [
        f"Peer: {peer.address} AS {peer.remote_as} Local: {peer.local_address or 'unspecified'} "
        f"AS {peer.local_as}",
        *([f"  Description: {peer.description}"] if peer.description else []),
        f"  Group: {peer.group}  Routing-Instance: {peer.instance}",
        f"  Forwarding routing-instance: {peer.instance}",
        f"  Type: {peer.kind}    State: {_STATE}         Flags: <>",
        "  Last State: Connect       Last Event: ConnectRetry",
        "  Last Error: None",
        *([f"  Export: [ {' '.join(peer.exports)} ]"] if peer.exports else []),
        *([f"  Import: [ {' '.join(peer.imports)} ]"] if peer.imports else []),
        f"  Options: <{_options(peer)}>",
        f"  Holdtime: {peer.hold_time} Preference: 170",
        f"  Local ID: {router_id(view)}",
        "  Number of flaps: 0",
    ]
    return "".join(f"{line}\n" for line in lines)


OPERATIONS: Final = (
    Operation(
        "get-bgp-summary-information",
        "show bgp summary",
        _summary,
        schemas=ROUTERS,
        values=("instance", "group"),
        options=("exact-instance",),
    ),
    Operation(
        "get-bgp-neighbor-information",
        "show bgp neighbor",
        _neighbors,
        schemas=ROUTERS,
        values=("instance",),
        options=("exact-instance",),
        free="neighbor-address",
    ),
)
