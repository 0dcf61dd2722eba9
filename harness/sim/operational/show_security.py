"""Security questions: zones, and the IKE and IPsec tables of the configured tunnels.

Roots, element names and the values of each row follow recorded replies of SRX devices; the IPsec
and IKE roots have no namespace of their own and their values are padded with newlines.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

from harness.sim.answers import Arguments, DaemonRefusal, Report
from harness.sim.config.tree import entries, present
from harness.sim.config.tree import leaf as leaf_of
from harness.sim.markup import leaf, node, padded
from harness.sim.negotiation import WAITING
from harness.sim.operational.operation import PRIMARY_NODE, SRX, Operation, timestamp
from harness.sim.tunnels import Tunnel, TunnelKind
from harness.sim.view import View

_PORT: Final = 500
_BY_NAME: Final = "show-vpnname-ipsec-security-association"  # the RPC's word for "vpn-name"
_EXPIRES: Final = 3500  # seconds left of a security association that never gets older
_ALGORITHMS: Final = {  # configured words as the tables show them
    "hmac-sha-256-128": "sha256",
    "hmac-sha1-96": "sha1",
    "hmac-md5-96": "md5",
    "3des-cbc": "3des",
    "": "None",
}


def _zones(view: View, arguments: Arguments) -> Report:
    wanted = arguments.get("get-zones-named-information", "")
    rows = [
        (name, tuple(interface for interface, _ in entries(body, "interfaces")), body)
        for name, body in entries(view.tree, "security", "zones", "security-zone")
        if wanted in ("", name)
    ]
    shown = [(name, interfaces, present(body, "tcp-rst")) for name, interfaces, body in rows]
    if wanted in ("", "junos-host"):
        shown.append(("junos-host", (), False))

    def xml(name: str, interfaces: tuple[str, ...], reset: bool) -> str:  # noqa: FBT001 - a column
        bound = "".join(leaf("zones-security-interface-name", each) for each in interfaces)
        return node(
            "zones-security",
            leaf("zones-security-zonename", name),
            leaf("zones-security-send-reset", "On" if reset else "Off"),
            leaf("zones-security-policy-configurable", "Yes"),
            leaf("zones-security-interfaces-bound", len(interfaces)),
            node("zones-security-interfaces", bound),
        )

    def text(name: str, interfaces: tuple[str, ...], reset: bool) -> str:  # noqa: FBT001 - a column
        return (
            f"\nSecurity zone: {name}\n"
            f"  Send reset for non-SYN session TCP packets: {'On' if reset else 'Off'}\n"
            "  Policy configurable: Yes\n"
            f"  Interfaces bound: {len(interfaces)}\n  Interfaces:\n"
            + "".join(f"    {interface}\n" for interface in interfaces)
        )

    return Report(
        lambda: node(
            "zones-information",
            *(xml(*row) for row in shown),
            attributes={"xmlns": view.namespace("zones"), "junos:style": "terse"},
        ),
        lambda: "".join(text(*row) for row in shown),
    )


def _require(view: View, branch: str, daemon_says: str) -> None:
    """Refuse as the key management daemon does when that branch isn't configured at all."""
    if not present(view.tree, "security", branch) and not view.of_kind(TunnelKind.IPSEC):
        raise DaemonRefusal("kmd", daemon_says)


def _ike(view: View, arguments: Arguments) -> Report:
    _require(view, "ike", "IKE is not configured")
    wanted = arguments.get("peer-address", "")
    rows = [
        tunnel
        for tunnel in view.of_kind(TunnelKind.IPSEC)
        if tunnel.up and wanted in ("", tunnel.remote)
    ]
    detail = "detail" in arguments
    return Report(
        lambda: node(
            "ike-security-associations-information",
            *(_ike_detail(tunnel) if detail else _ike_brief(tunnel) for tunnel in rows),
            attributes={"junos:style": "detail" if detail else "brief"},
        ),
        lambda: _ike_text(rows),
    )


def _ike_brief(tunnel: Tunnel, *more: str) -> str:
    return node(
        "ike-security-associations",
        padded("ike-sa-remote-address", tunnel.remote),
        padded("ike-sa-index", tunnel.index),
        padded("ike-sa-state", "UP"),
        padded("ike-sa-initiator-cookie", _number(tunnel, "initiator", 16)),
        padded("ike-sa-responder-cookie", _number(tunnel, "responder", 16)),
        padded("ike-sa-exchange-type", "IKEv2"),
        *more,
    )


def _ike_detail(tunnel: Tunnel) -> str:
    return node(
        "ike-security-associations-block",
        padded("ike-sa-remote-address", tunnel.remote),
        padded("ike-sa-index", tunnel.index),
        padded("ike-gw-name", tunnel.gateway),
        _ike_brief(tunnel, padded("ike-sa-lifetime", "Expires in 28000 seconds")),
    )


def _ike_text(rows: list[Tunnel]) -> str:
    heading = (
        "Index   State  Initiator cookie  Responder cookie  Mode           Remote Address   \n"
    )
    return heading + "".join(
        f"{tunnel.index:<8}{'UP':<7}{_number(tunnel, 'initiator', 16):<18}"
        f"{_number(tunnel, 'responder', 16):<18}{'IKEv2':<15}{tunnel.remote}\n"
        for tunnel in rows
    )


def _number(tunnel: Tunnel, what: str, digits: int) -> str:
    """Return a number that differs by tunnel and stays the same from question to question."""
    seed = f"{tunnel.name} {tunnel.remote} {what}"
    return hashlib.sha256(seed.encode()).hexdigest()[:digits]


def _active(view: View, arguments: Arguments) -> Report:
    _require(view, "ipsec", "IPSec is not configured")
    rows = _selected([t for t in view.of_kind(TunnelKind.IPSEC) if t.up], arguments)
    detail = "detail" in arguments
    return Report(
        lambda: node(
            "ipsec-security-associations-information",
            padded("total-active-tunnels", len(rows)),
            padded("total-ipsec-sas", 2 * len(rows)),
            *(_block(tunnel, detail=detail) for tunnel in rows),
            attributes={"junos:style": "detail" if detail else "brief"},
        ),
        lambda: _detail_text(rows, view) if detail else _active_text(rows),
    )


def _selected(rows: list[Tunnel], arguments: Arguments) -> list[Tunnel]:
    index = arguments.get("index", "")
    name = arguments.get("vpn-name") or arguments.get(_BY_NAME, "")
    return [t for t in rows if index in ("", str(t.index)) and name in ("", t.name)]


def _block(tunnel: Tunnel, *, detail: bool) -> str:
    more = ""
    if detail:
        more = (
            padded("sa-tunnel-index", tunnel.index)
            + padded("sa-virtual-system", "root")
            + padded("sa-vpn-name", tunnel.name)
            + padded("sa-remote-gateway", tunnel.remote)
            + padded("sa-bind-interface", tunnel.interface)
        )
    return node(
        "ipsec-security-associations-block",
        padded("sa-block-state", "up"),
        more,
        _association(tunnel, "<"),
        _association(tunnel, ">"),
    )


def _association(tunnel: Tunnel, direction: str) -> str:
    return node(
        "ipsec-security-associations",
        padded("sa-direction", direction),
        padded("sa-tunnel-index", tunnel.index),
        padded("sa-spi", _number(tunnel, direction, 8).lstrip("0")),
        padded("sa-aux-spi", "0"),
        padded("sa-remote-gateway", tunnel.remote),
        padded("sa-port", _PORT),
        padded("sa-vpn-monitoring-state", "-"),
        padded("sa-protocol", "ESP"),
        padded("sa-esp-encryption-algorithm", _shown(tunnel.encryption)),
        padded("sa-hmac-algorithm", _shown(tunnel.authentication)),
        padded("sa-hard-lifetime", _EXPIRES),
        padded("sa-lifesize-remaining", "unlim"),
        padded("sa-virtual-system", "root"),
    )


def _shown(algorithm: str) -> str:
    return _ALGORITHMS.get(algorithm, algorithm)


def _active_text(rows: list[Tunnel]) -> str:
    totals = f"  Total active tunnels: {len(rows)}     Total Ipsec sas: {2 * len(rows)}\n"
    if not rows:
        return totals
    heading = "  ID    Algorithm       SPI      Life:sec/kb  Mon lsys Port  Gateway   \n"
    return (
        totals
        + heading
        + "".join(_line(tunnel, direction) for tunnel in rows for direction in "<>")
    )


def _line(tunnel: Tunnel, direction: str) -> str:
    algorithm = f"ESP:{_shown(tunnel.encryption)}/{_shown(tunnel.authentication)}"
    spi = _number(tunnel, direction, 8).lstrip("0")
    return (
        f"  {direction}{tunnel.index} {algorithm} {spi} {_EXPIRES}/ unlim "
        f"-   root {_PORT}   {tunnel.remote}\n"
    )


def _detail_text(rows: list[Tunnel], view: View) -> str:
    def one(tunnel: Tunnel) -> str:
        local = leaf_of(view.tree, "security", "ike", "gateway", tunnel.gateway, "local-address")
        return (
            f"\nID: {tunnel.index} Virtual-system: root, VPN Name: {tunnel.name}\n"
            f"  Local Gateway: {local or '0.0.0.0'}, Remote Gateway: {tunnel.remote}\n"  # noqa: S104 - a text
            f"  Version: IKEv2\n  DF-bit: clear, Bind-interface: {tunnel.interface}\n"
            f"  Port: {_PORT}, Nego#: 1, Fail#: 0, Def-Del#: 0 Flag: 0x600a29\n"
        )

    return "".join(map(one, rows))


def _inactive(view: View, arguments: Arguments) -> Report:
    _require(view, "ipsec", "IPSec is not configured")
    rows = _selected([t for t in view.of_kind(TunnelKind.IPSEC) if not t.up], arguments)
    eager = sum(tunnel.immediate for tunnel in rows)
    when = timestamp(view.history[0].when) if view.history else timestamp(view.booted)
    with_name = _BY_NAME in arguments or "detail" in arguments
    return Report(
        lambda: node(
            "ipsec-unestablished-tunnel-information",
            padded("total-inactive-tunnels", len(rows)),
            padded("total-inactive-tunnels-with-establish-immediately", eager),
            *(_inactive_block(tunnel, when, with_name=with_name) for tunnel in rows),
            attributes={"junos:style": "detail" if "detail" in arguments else "brief"},
        ),
        lambda: _inactive_text(rows, eager),
    )


def _inactive_block(tunnel: Tunnel, when: str, *, with_name: bool) -> str:
    association = node(
        "ipsec-security-associations",
        padded("sa-tunnel-index", tunnel.index),
        padded("sa-vpn-name", tunnel.name) if with_name else "",
        padded("sa-remote-gateway", tunnel.remote),
        padded("sa-port", _PORT),
        padded("sa-tunnel-event-time", when),
        padded("sa-tunnel-event", _reason(tunnel)),
        padded("sa-tunnel-event-num-times", "1"),
    )
    return node("ipsec-security-associations-block", association)


def _reason(tunnel: Tunnel) -> str:
    return tunnel.reason or WAITING


def _inactive_text(rows: list[Tunnel], eager: int) -> str:
    heading = "  ID           Port   Gateway          Tunnel events Tunnel Down Reason\n"
    body = "".join(
        f"  {tunnel.index:<12} {_PORT:<6} {tunnel.remote:<16} {1:<13} {_reason(tunnel)}\n"
        for tunnel in rows
    )
    return (
        f"  Total inactive tunnels: {len(rows)}\n"
        f"  Total inactive tunnels with establish immediately: {eager}\n"
        + (heading + body if rows else "")
    )


_COUNTERS: Final = {
    "esp-statistics": (
        ("esp-encrypted-bytes", "Encrypted bytes"),
        ("esp-decrypted-bytes", "Decrypted bytes"),
        ("esp-encrypted-packets", "Encrypted packets"),
        ("esp-decrypted-packets", "Decrypted packets"),
    ),
    "ah-statistics": (
        ("ah-input-bytes", "Input bytes"),
        ("ah-output-bytes", "Output bytes"),
        ("ah-input-packets", "Input packets"),
        ("ah-output-packets", "Output packets"),
    ),
    "error-statistics": (
        ("ah-authentication-failures", "AH authentication failures"),
        ("replay-errors", "Replay errors"),
        ("esp-authentication-failures", "ESP authentication failures"),
        ("esp-decryption-failures", "ESP decryption failures"),
        ("bad-headers", "Bad headers"),
        ("bad-trailers", "Bad trailers"),
    ),
}


def _statistics(view: View, _arguments: Arguments) -> Report:
    """Answer with zeros: nothing passes through a simulated tunnel."""
    _require(view, "ipsec", "IPSec is not configured")
    return Report(
        lambda: node(
            "usp-ipsec-total-statistics-information",
            *(
                node(group, *(padded(tag, 0) for tag, _ in rows))
                for group, rows in _COUNTERS.items()
            ),
        ),
        lambda: "".join(
            f"{group.split('-')[0].upper()} Statistics:\n"
            + "".join(f"  {label}: {0:>16}\n" for _, label in rows)
            for group, rows in _COUNTERS.items()
        ),
    )


def _operation(
    rpc: str, command: str, answer: Callable[[View, Arguments], Report], free: str = ""
) -> Operation:
    return Operation(
        rpc,
        command,
        answer,
        schemas=SRX,
        options=frozenset(("brief", "detail", "terse")),
        values=frozenset(("index", "vpn-name", "family", _BY_NAME)),
        free=free,
        nodes=PRIMARY_NODE,
    )


OPERATIONS: Final = (
    _operation(
        "get-zones-information", "show security zones", _zones, "get-zones-named-information"
    ),
    _operation(
        "get-ike-security-associations-information",
        "show security ike security-associations",
        _ike,
        "peer-address",
    ),
    _operation(
        "get-security-associations-information",
        "show security ipsec security-associations",
        _active,
    ),
    _operation("get-inactive-tunnels", "show security ipsec inactive-tunnels", _inactive),
    _operation("get-ipsec-statistics-information", "show security ipsec statistics", _statistics),
)
