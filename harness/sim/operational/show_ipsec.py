"""The IPsec tables: active tunnels brief and in detail, inactive ones with reasons, next hops.

Names and values follow recorded and published replies of SRX devices; the roots have no namespace
of their own and their values are padded with newlines.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from harness.sim.answers import Arguments, Report
from harness.sim.config.tree import entries, get
from harness.sim.config.tree import leaf as leaf_of
from harness.sim.markup import node, padded
from harness.sim.operational.show_ike import (
    PORT,
    ike_version,
    local_address,
    require_branch,
    stable_number,
    tunnel_operation,
)
from harness.sim.tunnels import Tunnel, TunnelKind
from harness.sim.view import View

_BY_NAME: Final = "show-vpnname-ipsec-security-association"  # the RPC's word for "vpn-name"
_BY_INDEX: Final = "show-index-ipsec-security-association"
_EXPIRES: Final = 3500  # seconds left of a security association that never gets older
_SOFT_EXPIRES: Final = 2900
_ANY: Final = "ipv4(any:0,[0..3]=0.0.0.0/0)"
_ALGORITHMS: Final = {  # configured words as the brief table shows them
    "hmac-sha-256-128": "sha256",
    "hmac-sha1-96": "sha1",
    "hmac-md5-96": "md5",
    "3des-cbc": "3des",
    "": "None",
}
_DONE: Final = (
    "IPSec SA negotiation successfully completed",
    "IKE SA negotiation successfully completed",
)


def _spi(tunnel: Tunnel, direction: str) -> str:
    return stable_number(tunnel, direction, 8).lstrip("0")


def _directions(tunnel: Tunnel) -> str:
    """Return the signs of the directions that have a security association."""
    return "<" if tunnel.half else "<>"


def _selected(rows: list[Tunnel], arguments: Arguments) -> list[Tunnel]:
    index = arguments.get(_BY_INDEX) or arguments.get("index", "")
    name = arguments.get("vpn-name") or arguments.get(_BY_NAME, "")
    return [t for t in rows if index in ("", str(t.index)) and name in ("", t.name)]


def _active(view: View, arguments: Arguments) -> Report:
    require_branch(view, "ipsec", "IPSec is not configured")
    rows = _selected([t for t in view.of_kind(TunnelKind.IPSEC) if t.up], arguments)
    detail = "detail" in arguments or _BY_INDEX in arguments or "index" in arguments
    count = sum(len(_directions(tunnel)) for tunnel in rows)
    totals = padded("total-active-tunnels", len(rows)) + padded("total-ipsec-sas", count)
    block = _detail_block if detail else _brief_block
    return Report(
        lambda: node(
            "ipsec-security-associations-information",
            totals,
            *(block(view, tunnel) for tunnel in rows),
            attributes={"junos:style": "detail" if detail else "brief"},
        ),
        lambda: (
            "".join(_detail_text(view, tunnel) for tunnel in rows)
            if detail
            else _active_text(rows, count)
        ),
    )


def _brief_block(_view: View, tunnel: Tunnel) -> str:
    return node(
        "ipsec-security-associations-block",
        padded("sa-block-state", "up"),
        *(_association(tunnel, direction) for direction in _directions(tunnel)),
    )


def _association(tunnel: Tunnel, direction: str) -> str:
    return node(
        "ipsec-security-associations",
        padded("sa-direction", direction),
        padded("sa-tunnel-index", tunnel.index),
        padded("sa-spi", _spi(tunnel, direction)),
        padded("sa-aux-spi", "0"),
        padded("sa-remote-gateway", tunnel.remote),
        padded("sa-port", PORT),
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


def _event_time(when: datetime) -> str:
    return f"{when:%a %b %d %Y %H:%M:%S} +0000"


def _since(view: View) -> datetime:
    return view.history[0].when if view.history else view.booted


def _detail_block(view: View, tunnel: Tunnel) -> str:
    """Write one tunnel at length (a published reply of 17.x; VPN and peer come first)."""
    when = _event_time(_since(view))
    local, remote = _selectors(view, tunnel)
    return node(
        "ipsec-security-associations-block",
        padded("sa-block-state", "up"),
        padded("sa-tunnel-index", tunnel.index),
        padded("sa-virtual-system", "root"),
        padded("sa-vpn-name", tunnel.name),
        padded("sa-local-gateway", local_address(view, tunnel)),
        padded("sa-remote-gateway", tunnel.remote),
        padded("sa-local-identity", local),
        padded("sa-remote-identity", remote),
        padded("sa-ike-version", ike_version(view, tunnel)),
        padded("sa-df-bit", "clear"),
        padded("sa-copy-outer-dscp", "Disabled"),
        padded("sa-bind-interface", tunnel.interface),
        node(
            "sa-dev-info",
            padded("sa-port", PORT),
            padded("sa-nego-num", 1),
            padded("sa-nego-fail", 0),
            padded("sa-del-num", 0),
            padded("sa-flag", "0x600a29"),
        ),
        node(
            "sa-ipsec-tunnel-events",
            *(
                padded("sa-tunnel-event-time", when)
                + padded("sa-tunnel-event", event)
                + padded("sa-tunnel-event-num-times", 1)
                for event in _DONE
            ),
        ),
        *(_long_association(tunnel, direction) for direction in _directions(tunnel)),
    )


def _long_values(tunnel: Tunnel, direction: str) -> list[tuple[str, object]]:
    return [
        ("sa-direction", "inbound" if direction == "<" else "outbound"),
        ("sa-tunnel-index", tunnel.index),
        ("sa-spi", _spi(tunnel, direction)),
        ("sa-aux-spi", "0"),
        ("sa-remote-gateway", tunnel.remote),
        ("sa-port", PORT),
        ("sa-vpn-monitoring-state", "-"),
        ("sa-hard-lifetime", f"Expires in {_EXPIRES} seconds"),
        ("sa-lifesize-remaining", "Unlimited"),
        ("sa-soft-lifetime", f"Expires in {_SOFT_EXPIRES} seconds"),
        ("sa-virtual-system", "root"),
        ("sa-mode", "Tunnel(0 0)"),
        ("sa-type", "dynamic"),
        ("sa-state", "installed"),
        ("sa-protocol", "ESP"),
        ("sa-authentication-algorithm", tunnel.authentication or "None"),
        ("sa-encryption-algorithm", tunnel.encryption),
        ("sa-anti-replay-service", "counter-based enabled"),
        ("sa-replay-window-size", 64),
    ]


def _long_association(tunnel: Tunnel, direction: str) -> str:
    values = _long_values(tunnel, direction)
    return node("ipsec-security-associations", *(padded(tag, value) for tag, value in values))


def _selectors(view: View, tunnel: Tunnel) -> tuple[str, str]:
    proxy = get(view.tree, "security", "ipsec", "vpn", tunnel.name, "ike", "proxy-identity")
    local, remote = leaf_of(proxy, "local"), leaf_of(proxy, "remote")
    form = "ipv4_subnet(any:0,[0..7]={})"
    return (
        form.format(local) if local else _ANY,
        form.format(remote) if remote else _ANY,
    )


def _active_text(rows: list[Tunnel], count: int) -> str:
    totals = f"  Total active tunnels: {len(rows)}     Total Ipsec sas: {count}\n"
    if not rows:
        return totals
    heading = "  ID    Algorithm       SPI      Life:sec/kb  Mon lsys Port  Gateway   \n"
    lines = (_line(tunnel, sign) for tunnel in rows for sign in _directions(tunnel))
    return totals + heading + "".join(lines)


def _line(tunnel: Tunnel, direction: str) -> str:
    algorithm = f"ESP:{_shown(tunnel.encryption)}/{_shown(tunnel.authentication)}"
    return (
        f"  {direction}{tunnel.index} {algorithm} {_spi(tunnel, direction)} {_EXPIRES}/ unlim "
        f"-   root {PORT}   {tunnel.remote}\n"
    )


def _detail_text(view: View, tunnel: Tunnel) -> str:
    local, remote = _selectors(view, tunnel)
    when = _event_time(_since(view)).rpartition(" ")[0]
    lines = [
        "",
        f"ID: {tunnel.index} Virtual-system: root, VPN Name: {tunnel.name}",
        f"  Local Gateway: {local_address(view, tunnel)}, Remote Gateway: {tunnel.remote}",
        f"  Local Identity: {local}",
        f"  Remote Identity: {remote}",
        f"  Version: {ike_version(view, tunnel)}",
        f"  DF-bit: clear, Copy-Outer-DSCP Disabled, Bind-interface: {tunnel.interface}",
        f"  Port: {PORT}, Nego#: 1, Fail#: 0, Def-Del#: 0 Flag: 0x600a29",
        "  Tunnel events:",
        *(f"    {when}: {event} (1 times)" for event in _DONE),
        *_direction_lines(tunnel),
    ]
    return "".join(f"{line}\n" for line in lines)


def _direction_lines(tunnel: Tunnel) -> Iterator[str]:
    for sign in _directions(tunnel):
        direction = "inbound" if sign == "<" else "outbound"
        yield f"  Direction: {direction}, SPI: {_spi(tunnel, sign)}, AUX-SPI: 0"
        yield f"    Hard lifetime: Expires in {_EXPIRES} seconds"
        yield "    Lifesize Remaining:  Unlimited"
        yield f"    Soft lifetime: Expires in {_SOFT_EXPIRES} seconds"
        yield "    Mode: Tunnel(0 0), Type: dynamic, State: installed"
        yield (
            f"    Protocol: ESP, Authentication: {tunnel.authentication or 'None'}, "
            f"Encryption: {tunnel.encryption}"
        )
        yield "    Anti-replay service: counter-based enabled, Replay window size: 64"


def _inactive(view: View, arguments: Arguments) -> Report:
    require_branch(view, "ipsec", "IPSec is not configured")
    rows = _selected([t for t in view.of_kind(TunnelKind.IPSEC) if not t.up], arguments)
    eager = sum(tunnel.immediate for tunnel in rows)
    when = _event_time(_since(view))
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
        padded("sa-port", PORT),
        padded("sa-tunnel-event-time", when),
        padded("sa-tunnel-event", tunnel.reason),
        padded("sa-tunnel-event-num-times", "1"),
    )
    return node("ipsec-security-associations-block", association)


def _inactive_text(rows: list[Tunnel], eager: int) -> str:
    heading = "  ID           Port   Gateway          Pending SAs   Tunnel Down Reason\n"
    body = "".join(
        f"  {tunnel.index:<12} {PORT:<6} {tunnel.remote:<16} {int(tunnel.immediate):<13} "
        f"{tunnel.reason} (1 times)\n"
        for tunnel in rows
    )
    return (
        f"  Total inactive tunnels: {len(rows)}\n"
        f"  Total inactive tunnels with establish immediately: {eager}\n"
        + (heading + body if rows else "")
    )


def _next_hop_tunnels(view: View, arguments: Arguments) -> Report:
    """List which VPN each configured next hop of a multipoint st0 leads into."""
    wanted = arguments.get("interface-name", "")
    by_name = {tunnel.name: tunnel for tunnel in view.of_kind(TunnelKind.IPSEC)}
    rows = [
        (hop, unit, by_name[vpn])
        for unit, hop, vpn in _configured_hops(view)
        if vpn in by_name and wanted in ("", unit)
    ]
    return Report(
        lambda: node(
            "usp-ipsec-next-hop-tunnel-information",
            *(
                node(
                    "next-hop-tunnel-information",
                    padded("next-hop-gateway-address", hop),
                    padded("next-hop-interface", unit),
                    padded("next-hop-ipsec-vpn-name", tunnel.name),
                    padded("next-hop-flag", "Static"),
                )
                for hop, unit, tunnel in rows
            ),
        ),
        lambda: (
            "Next-hop gateway  interface   IPSec VPN name                    Flag     IKE-ID\n"
            + "".join(
                f"{hop:<18}{unit:<12}{tunnel.name:<34}{'Static':<9}{tunnel.remote}\n"
                for hop, unit, tunnel in rows
            )
        ),
    )


def _configured_hops(view: View) -> Iterator[tuple[str, str, str]]:
    for number, unit in entries(view.tree, "interfaces", "interface", "st0", "unit"):
        for hop, body in entries(unit, "family", "inet", "next-hop-tunnel"):
            yield f"st0.{number}", hop, leaf_of(body, "ipsec-vpn") or ""


_SELECTING: Final = ("family", "index", "vpn-name", _BY_INDEX, _BY_NAME)
OPERATIONS: Final = (
    tunnel_operation(
        "get-security-associations-information",
        "show security ipsec security-associations",
        _active,
        options=("brief", "detail"),
        values=_SELECTING,
    ),
    tunnel_operation(
        "get-inactive-tunnels",
        "show security ipsec inactive-tunnels",
        _inactive,
        options=("brief", "detail"),
        values=_SELECTING,
    ),
    tunnel_operation(
        "get-ipsec-next-hop-tunnel-information",
        "show security ipsec next-hop-tunnels",
        _next_hop_tunnels,
        values=("family", "interface-name"),
    ),
)
