"""Rules of fleets and deployments: addresses that collide, sites that nobody plays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address

from harness.document.parse import Value
from harness.testbed.model import KINDS
from harness.testbed.plain import Found, Raw, mapping, number, pools, words

_PORTS: Mapping[str, int] = {"netconf": 830, "cli": 22}
_HIGHEST = int(IPv4Address("255.255.255.255"))


@dataclass(frozen=True, slots=True)
class _Span:
    """The management addresses of one fleet."""

    fleet: str
    first: int
    last: int
    ports: frozenset[int]


def fleet_problems(devices: Mapping[str, Raw], fleets: Mapping[str, Raw]) -> Found:
    """Yield what is wrong with fleets, alone and beside devices and each other."""
    spans: list[_Span] = []
    for name, fleet in fleets.items():
        if fleet.get("type") not in {"jdm", "compute"} and fleet.get("underlay") is None:
            yield (
                ("fleets", name, "underlay"),
                "is missing; allowed: external_interface, external_zone",
            )
        if fleet.get("type") == "jdm" and fleet.get("underlay") is not None:
            yield ("fleets", name, "underlay"), "a JDM carries no tunnels; allowed: nothing"
        taken = _member_among(name, number(fleet.get("count")) or 0, devices)
        if taken is not None:
            yield (
                ("fleets", name),
                f"has a device called {taken}, as devices has; allowed: another name",
            )
        span = _span(name, fleet)
        if span is None:
            continue
        if span.last > _HIGHEST:
            yield ("fleets", name, "address"), "leaves no room for so many; allowed: a lower one"
            continue
        yield from _collisions(span, spans, devices)
        spans.append(span)


def _member_among(name: str, count: int, devices: Mapping[str, Raw]) -> str | None:
    for device in devices:
        prefix, _, digits = device.rpartition("-")
        if prefix == name and digits.isdecimal() and len(digits) == len(str(count)):
            return device
    return None


def _span(name: str, fleet: Raw) -> _Span | None:
    first, count = _address(fleet.get("address")), number(fleet.get("count"))
    if first is None or count is None:
        return None
    said = mapping(fleet.get("ports"))
    ports = frozenset(number(said.get(key)) or port for key, port in _PORTS.items())
    return _Span(name, int(first), int(first) + count - 1, ports)


def _collisions(span: _Span, others: list[_Span], devices: Mapping[str, Raw]) -> Found:
    path = ("fleets", span.fleet, "address")
    for other in others:
        if span.first <= other.last and other.first <= span.last and span.ports & other.ports:
            both = IPv4Address(max(span.first, other.first))
            yield path, f"fleet {other.fleet} has {both} too; allowed: addresses of its own"
    for name, device in devices.items():
        for service, connection in mapping(device.get("connections")).items():
            host = _address(mapping(connection).get("host"))
            port = number(mapping(connection).get("port")) or _PORTS.get(service)
            if host is not None and span.first <= int(host) <= span.last and port in span.ports:
                yield path, f"device {name} has {host} too; allowed: addresses of its own"
                break


def deployment_problems(
    devices: Mapping[str, Raw], fleets: Mapping[str, Raw], deployments: Mapping[str, Raw]
) -> Found:
    """Yield what is wrong with deployments: numbers that don't go together, sites nobody plays."""
    for name, deployment in deployments.items():
        for path, text in (
            *pools(deployment, "outer", "inner"),
            *_numbers(deployment),
            *_players(deployment, devices, fleets),
            *_stand_ins(deployment, devices, fleets),
        ):
            yield ("deployments", name, *path), text


def _numbers(deployment: Raw) -> Found:
    hubs, each = number(deployment.get("hubs")), number(deployment.get("hubs_per_site"))
    if hubs is not None and each is not None and each > hubs:
        yield ("hubs_per_site",), f"is {each}; allowed: {hubs} or less, there are so many hubs"
    if deployment.get("topology") == "dvpn":
        yield from _on_demand(deployment)


def _on_demand(deployment: Raw) -> Found:
    """Hold what comes and goes against the mesh that it's a part of."""
    keys = {"sites": None, "waves": None, "tunnels": None, "tag_pairs": 1}
    found = [number(deployment.get(key, default)) for key, default in keys.items()]
    if any(value is None or value < 1 for value in found):
        return
    sites, waves, tunnels, tags = (value or 0 for value in found)
    mesh = tags * sites * (sites - 1) // 2
    if tunnels > mesh:
        yield ("tunnels",), f"is {tunnels}; allowed: {mesh} or less, the full mesh has so many"
        return
    if tunnels % tags:
        yield (
            ("tunnels",),
            f"is {tunnels}; allowed: a multiple of {tags}, so many come and go together",
        )
        return
    churn = number(deployment.get("churn"))
    most = tunnels + (waves - 1) * min(tunnels, mesh - tunnels)
    if churn is not None and (churn % tags or not tunnels <= churn <= most):
        yield (
            ("churn",),
            f"is {churn}; allowed: {tunnels}-{most}, a multiple of {tags}: {waves} waves can "
            "create so many",
        )


def _players(deployment: Raw, devices: Mapping[str, Raw], fleets: Mapping[str, Raw]) -> Found:
    seen: set[str] = set()
    for key, needed in _wanted(deployment).items():
        there: int | None = 0
        for place, player in enumerate(words(deployment.get(key))):
            if player not in devices and player not in fleets:
                known = ", ".join((*devices, *fleets)) or "none"
                yield (key, place), f"{player!a} is no fleet and no device; there: {known}"
                there = None
                continue
            if player in seen:
                yield (key, place), f"{player!a} plays twice; allowed: once"
            seen.add(player)
            yield from _fit(deployment, key, place, devices.get(player) or fleets[player])
            size = number(fleets[player].get("count")) if player in fleets else 1
            there = None if there is None or size is None else there + size
        if needed is not None and there is not None and key in deployment and needed > there:
            what = _PARTS[key]
            yield (key,), f"has {there} devices; allowed: one for each of the {needed} {what}"


_PARTS = {"played_by": "sites", "hubs_played_by": "hubs", "nodes": "compute nodes"}


def _wanted(deployment: Raw) -> dict[str, int | None]:
    """Return how many devices play each part, None where that can't be told."""
    tenants, sites = number(deployment.get("tenants", 1)), number(deployment.get("sites"))
    vnfs, per_node = number(deployment.get("vnfs")), number(deployment.get("per_node", 20))
    nodes = -(-vnfs // per_node) if vnfs is not None and per_node else None
    places = sites * tenants if sites is not None and tenants is not None else vnfs
    return {
        "played_by": places,
        "hubs_played_by": number(deployment.get("hubs")),
        "nodes": nodes,
    }


def _fit(deployment: Raw, key: str, place: int, player: Raw) -> Found:
    platform, kind = player.get("platform"), deployment.get("kind", "ipsec")
    carried = next((kinds for known, kinds in KINDS.items() if known == platform), None)
    wanted = _type_of(deployment, key)
    if wanted is not None and player.get("type") != wanted:
        yield (key, place), f"is no device of type {wanted}; allowed: those alone"
    elif wanted is not None:
        return
    elif player.get("type") == "jdm":
        yield (key, place), "is a JDM, which carries no tunnels; allowed: gateways, hubs"
    elif player.get("type") == "compute":
        yield (key, place), "is a compute node, which carries no tunnels; allowed: gateways, hubs"
    elif carried is not None and isinstance(kind, str) and kind not in carried:
        yield (key, place), f"a {platform} carries no {kind}; allowed: {', '.join(carried)}"


def _type_of(deployment: Raw, key: str) -> str | None:
    """Return the one type that plays a part, None where it's whoever carries tunnels."""
    if key == "nodes":
        return "compute"
    return "jdm" if deployment.get("topology") == "distributed" else None


def _stand_ins(deployment: Raw, devices: Mapping[str, Raw], fleets: Mapping[str, Raw]) -> Found:
    played = {*words(deployment.get("played_by")), *words(deployment.get("hubs_played_by"))}
    for site, player in mapping(deployment.get("plays")).items():
        if not isinstance(player, str):
            continue
        if player not in devices:
            what = "a fleet" if player in fleets else "no device"
            yield ("plays", site), f"{player!a} is {what}; allowed: {', '.join(devices) or 'none'}"
        elif player in played:
            yield ("plays", site), f"{player!a} plays a site already; allowed: once"


def _address(text: Value) -> IPv4Address | None:
    try:
        return IPv4Address(text) if isinstance(text, str) else None
    except AddressValueError:
        return None
