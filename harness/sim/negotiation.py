"""Whether two ends of an IPsec tunnel come to an agreement, judged on their configurations.

An :class:`Offer` is all of one VPN that its peer can notice. Nothing is negotiated packet by
packet: the outcome is what IKE (RFC 2409, RFC 7296) comes to with these settings. Keys are held as
digests, so an offer can be printed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_interface, ip_network
from typing import Final

from harness.sim.config.secret9 import PREFIX, decode
from harness.sim.config.tree import Node, entries, get, leaf, logical_interface, present, values
from harness.sim.messages import SIMULATED

Suite = tuple[str, ...]
_ADDRESSES = ("inet", "inet6")
Identity = tuple[str, str]  # kind ("inet", "hostname", …) and value

# What show security ipsec inactive-tunnels gives as reason. The first three are published texts.
NO_RESPONSE: Final = "No response from peer. Negotiation failed"
WAITING: Final = "Tunnel is ready. Waiting for trigger event or peer to trigger negotiation"
WRONG_IDENTITY: Final = "Peer's IKE-ID validation failed during negotiation"
NO_INTERFACE: Final = f"External interface is down or has no address {SIMULATED}"
BIND_DOWN: Final = f"Bind interface is down {SIMULATED}"
NO_ROUTE: Final = f"No route to the remote gateway {SIMULATED}"
WRONG_VERSION: Final = f"No response from peer. IKE version differs {SIMULATED}"
WRONG_KEY: Final = f"Authentication failed. Negotiation failed {SIMULATED}"
NO_IKE_PROPOSAL: Final = f"No proposal chosen for IKE. Negotiation failed {SIMULATED}"
NO_IPSEC_PROPOSAL: Final = f"No proposal chosen for IPsec. Negotiation failed {SIMULATED}"
WRONG_SELECTORS: Final = f"Traffic selectors unacceptable. Negotiation failed {SIMULATED}"

_VERSIONS: Final = {"v1-only": "1", "v2-only": "2"}  # without either both are answered


@dataclass(frozen=True, slots=True)
class Offer:
    """One VPN as its peer meets it."""

    vpn: str
    local: str  # the address that IKE uses here; "" when the external interface has none
    remotes: tuple[str, ...]  # where it looks for its peer, the first one first
    version: str  # "1", "2", or "" for both
    mode: str  # of IKEv1: main, aggressive
    key: str  # digest of the pre-shared key; of a certificate its kind
    ike: frozenset[Suite]
    ipsec: frozenset[Suite]
    group: str  # of perfect forward secrecy, "" without
    selectors: frozenset[tuple[str, str]]
    own_identity: Identity
    peer_identity: Identity | None  # None: the address that it looks for
    eager: bool  # negotiates without waiting for traffic
    listens: bool  # its zone lets IKE in
    blocked: str = ""  # why nothing leaves this end, "" when something does


class Reader:
    """Reads the offers of one device again and again, and only those that changed anew."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[tuple[object, ...], Offer]] = {}

    def offers(self, tree: Node) -> dict[str, Offer]:
        """Return the VPNs of an effective configuration with a fixed peer, by name.

        An offer of which no part changed is the same object as before.
        """
        scene = _Scene(tree)
        kept: dict[str, tuple[tuple[object, ...], Offer]] = {}
        for name, vpn in entries(tree, "security", "ipsec", "vpn"):
            parts = scene.parts(vpn)
            if not values(parts.gateway, "address"):
                continue
            known = self._kept.get(name)
            if known is None or not _same(known[0], parts.depends):
                known = (parts.depends, scene.offer(name, vpn, parts))
            kept[name] = known
        self._kept = kept
        return {name: offer for name, (_, offer) in kept.items()}


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return all(
        a is b or (not isinstance(a, Node) and a == b) for a, b in zip(one, other, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    """Everything that one offer is made of; ``depends`` is compared by identity."""

    gateway: Node
    policy: Node
    rules: Node
    interface: str
    unit: Node | None
    disabled: bool
    bound_up: bool
    listens: bool
    reachable: bool
    depends: tuple[object, ...]


class _Scene:
    """One configuration, with what several of its VPNs ask for looked up once."""

    def __init__(self, tree: Node) -> None:
        self._tree = tree
        self._gateways = get(tree, "security", "ike", "gateway")
        self._policies = get(tree, "security", "ike", "policy")
        self._rules = get(tree, "security", "ipsec", "policy")
        self._proposals = (
            get(tree, "security", "ike", "proposal"),
            get(tree, "security", "ipsec", "proposal"),
        )
        self._interfaces: dict[str, tuple[Node | None, bool, bool]] = {}
        self._routes = Reach(tree)

    def parts(self, vpn: Node) -> _Parts:
        ike = get(vpn, "ike")
        gateway = get(self._gateways, leaf(ike, "gateway") or "")
        policy = get(self._policies, leaf(gateway, "ike-policy") or "")
        rules = get(self._rules, leaf(ike, "ipsec-policy") or "")
        interface = leaf(gateway, "external-interface") or ""
        unit, disabled, listens = self._interface(interface)
        bound = leaf(vpn, "bind-interface")
        bound_up = bound is None or self._is_enabled(bound)
        remote = leaf(gateway, "address") or ""
        facts = (disabled, bound_up, listens, bool(remote) and self._routes.to(remote))
        depends = (vpn, gateway, policy, rules, unit, *self._proposals, *facts)
        return _Parts(gateway, policy, rules, interface, unit, *facts, depends)

    def _interface(self, name: str) -> tuple[Node | None, bool, bool]:
        """Return the unit, whether it's disabled, and whether its zone lets IKE in."""
        found = self._interfaces.get(name)
        if found is None:
            unit = logical_interface(self._tree, name)
            found = (unit, _disabled(self._tree, name), _listens(self._tree, name))
            self._interfaces[name] = found
        return found

    def _is_enabled(self, name: str) -> bool:
        unit = logical_interface(self._tree, name)
        return unit is not None and not _disabled(self._tree, name)

    def offer(self, name: str, vpn: Node, parts: _Parts) -> Offer:
        gateway, policy, rules = parts.gateway, parts.policy, parts.rules
        remotes = values(gateway, "address")
        local = leaf(gateway, "local-address") or _address(parts.unit, remotes[0])
        return Offer(
            vpn=name,
            local=local,
            remotes=remotes,
            version=_VERSIONS.get(leaf(gateway, "version") or "", ""),
            mode=leaf(policy, "mode") or "main",
            key=_key(policy),
            ike=_suites(self._tree, "ike", policy),
            ipsec=_suites(self._tree, "ipsec", rules),
            group=leaf(rules, "perfect-forward-secrecy", "keys") or "",
            selectors=frozenset(_selectors(vpn)),
            own_identity=_identity(gateway, "local-identity") or ("inet", local),
            peer_identity=_identity(gateway, "remote-identity"),
            eager=leaf(vpn, "establish-tunnels") == "immediately" or present(vpn, "vpn-monitor"),
            listens=parts.listens,
            blocked=_blocked(parts, local),
        )


class Reach:
    """Which addresses a configuration has a route to, next hops taken on trust."""

    def __init__(self, tree: Node) -> None:
        self._tree = tree
        static = get(tree, "routing-options", "static", "route")
        self._default = _leads_on(get(static, "0.0.0.0/0")), _leads_on(get(static, "::/0"))
        self._networks: dict[int, set[str]] | None = None

    def to(self, address: str) -> bool:
        """Say whether there is a route to an address (a host name is never reached)."""
        if self._default[":" in address] and address[:1].isdigit():
            return True
        try:
            wanted = ip_address(address)
        except ValueError:
            return False
        if self._default[wanted.version == 6]:
            return True
        if self._networks is None:
            self._networks = {}
            for network in _networks(self._tree):
                self._networks.setdefault(network.prefixlen, set()).add(str(network))
        return any(
            str(ip_network(f"{wanted}/{length}", strict=False)) in found
            for length, found in self._networks.items()
            if length <= wanted.max_prefixlen
        )


def _leads_on(route: Node) -> bool:
    return present(route, "next-hop") or present(route, "qualified-next-hop")


def _networks(tree: Node) -> Iterator[IPv4Network | IPv6Network]:
    for port, body in entries(tree, "interfaces", "interface"):
        for number, unit in entries(body, "unit"):
            if not _disabled(tree, f"{port}.{number}"):
                for family in ("inet", "inet6"):
                    for address, _ in entries(unit, "family", family, "address"):
                        yield ip_interface(address).network
    for prefix, route in entries(tree, "routing-options", "static", "route"):
        if _leads_on(route):
            with suppress(ValueError):  # a host name, which nothing here resolves
                yield ip_network(prefix, strict=False)


def _address(unit: Node | None, peer: str) -> str:
    """Return the first address of the unit of the family that the peer has."""
    if unit is None:
        return ""
    family = "inet6" if ":" in peer else "inet"
    found = (name.partition("/")[0] for name, _ in entries(unit, "family", family, "address"))
    return next(found, "")


def _blocked(parts: _Parts, local: str) -> str:
    if parts.unit is None or not local or parts.disabled:
        return NO_INTERFACE
    if not parts.bound_up:
        return BIND_DOWN
    return "" if parts.reachable else NO_ROUTE


def _disabled(tree: Node, interface: str) -> bool:
    port, _, number = interface.partition(".")
    body = get(tree, "interfaces", "interface", port)
    return present(body, "disable") or present(body, "unit", number or "0", "disable")


def _key(policy: Node) -> str:
    """Return a digest of the key in clear, so that salts of the stored form don't matter."""
    for form in ("ascii-text", "hexadecimal"):
        stored = leaf(policy, "pre-shared-key", form)
        if stored is None:
            continue
        clear = (decode(stored) if stored.startswith(PREFIX) else None) or stored
        return hashlib.sha256(f"{form} {clear}".encode()).hexdigest()
    return "certificate" if present(policy, "certificate") else ""


def _suites(tree: Node, kind: str, policy: Node) -> frozenset[Suite]:
    """Return what each proposal comes to; a predefined set agrees only with itself."""
    predefined = leaf(policy, "proposal-set")
    if predefined is not None:
        return frozenset({("set", predefined)})
    proposals = get(tree, "security", kind, "proposal")
    tags = ("authentication-method", "dh-group") if kind == "ike" else ("protocol",)
    algorithms = ("authentication-algorithm", "encryption-algorithm")
    return frozenset(
        tuple(leaf(proposals, name, tag) or "" for tag in (*tags, *algorithms))
        for name in values(policy, "proposals")
    )


def _selectors(vpn: Node) -> Iterator[tuple[str, str]]:
    """Walk what may pass, as (here, there); any to any without a word about it."""
    found = False
    for _, selector in entries(vpn, "traffic-selector"):
        found = True
        yield leaf(selector, "local-ip") or "", leaf(selector, "remote-ip") or ""
    proxy = get(vpn, "ike", "proxy-identity")
    if not found:
        yield leaf(proxy, "local") or "", leaf(proxy, "remote") or ""


def _identity(gateway: Node, which: str) -> Identity | None:
    """Return kind and value of ``local-identity`` or ``remote-identity``; None without one."""
    for kind, value in get(gateway, which).items():
        if isinstance(value, str):
            return str(kind), value
        if isinstance(value, Node):
            first = next((str(each) for each in value.values() if isinstance(each, str)), "")
            return _plain(str(kind)), first or next((str(key) for key in value), "")
    return None


def _plain(kind: str) -> str:
    return kind.removesuffix("-identity")


def _listens(tree: Node, interface: str) -> bool:
    """Say whether the zone of an interface lets IKE in, by itself or at that interface."""
    for _, zone in entries(tree, "security", "zones", "security-zone"):
        if not present(zone, "interfaces", interface):
            continue
        allowed = get(zone, "interfaces", interface, "host-inbound-traffic", "system-services")
        allowed = allowed or get(zone, "host-inbound-traffic", "system-services")
        named = [word for word in ("ike", "all", "any-service") if word in allowed]
        return any(not present(allowed, word, "except") for word in named)
    return False


def disagreement(ours: Offer, theirs: Offer) -> str:
    """Return why a tunnel stays down as seen from ``ours``; "" when it comes up.

    The reasons are in the order in which a negotiation would meet them.
    """
    if ours.blocked:
        return ours.blocked
    if theirs.blocked:
        return NO_RESPONSE
    if not _starts(ours, theirs):
        return WAITING if not (ours.eager or theirs.eager) else NO_RESPONSE
    for differs, reason in (
        (bool(ours.version and theirs.version and ours.version != theirs.version), WRONG_VERSION),
        (not ours.ike & theirs.ike, NO_IKE_PROPOSAL),
        (_uses_v1(ours, theirs) and ours.mode != theirs.mode, NO_IKE_PROPOSAL),
        (not _knows(ours, theirs) or not _knows(theirs, ours), WRONG_IDENTITY),
        (not ours.key or ours.key != theirs.key, WRONG_KEY),
        (not ours.ipsec & theirs.ipsec or ours.group != theirs.group, NO_IPSEC_PROPOSAL),
        (ours.selectors != {(b, a) for a, b in theirs.selectors}, WRONG_SELECTORS),
    ):
        if differs:
            return reason
    return ""


def _starts(ours: Offer, theirs: Offer) -> bool:
    """Say whether one end begins and the other one lets it in."""
    return (ours.eager and theirs.listens) or (theirs.eager and ours.listens)


def _uses_v1(ours: Offer, theirs: Offer) -> bool:
    return "2" not in (ours.version, theirs.version)


def _knows(one: Offer, other: Offer) -> bool:
    """Say whether ``one`` expects the identity under which ``other`` comes."""
    kind, value = other.own_identity
    if one.peer_identity is None:  # one of the gateway's addresses, backups included
        return kind in _ADDRESSES and any(_same_address(each, value) for each in one.remotes)
    if one.peer_identity[0] in _ADDRESSES and kind in _ADDRESSES:
        return _same_address(one.peer_identity[1], value)
    return one.peer_identity == (kind, value)


def _same_address(one: str, other: str) -> bool:
    try:
        return ip_address(one) == ip_address(other)
    except ValueError:
        return one == other
