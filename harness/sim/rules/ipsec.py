"""Kind ipsec in the device: what an IKE gateway, an IPsec VPN and an st0 unit must satisfy."""

from __future__ import annotations

from collections.abc import Iterator

from harness.sim.config.tree import (
    Key,
    Node,
    entries,
    get,
    leaf,
    logical_interface,
    present,
    values,
)
from harness.sim.messages import SIMULATED, Complaint, error
from harness.sim.rules.engine import (
    Check,
    CommitRule,
    Entry,
    has_unit,
    interface_path,
    missing,
    referenced,
)

MAX_ST0_UNIT = 15999  # st0.16000 to st0.16385 are the device's own (vendor VPN guide)

IKE_PROPOSAL: tuple[Key, ...] = ("security", "ike", "proposal")
IKE_POLICY: tuple[Key, ...] = ("security", "ike", "policy")
IKE_GATEWAY: tuple[Key, ...] = ("security", "ike", "gateway")
IPSEC_PROPOSAL: tuple[Key, ...] = ("security", "ipsec", "proposal")
IPSEC_POLICY: tuple[Key, ...] = ("security", "ipsec", "policy")
IPSEC_VPN: tuple[Key, ...] = ("security", "ipsec", "vpn")
ST0_UNIT: tuple[Key, ...] = ("interfaces", "interface", "st0", "unit")

_NO_INTERFACE = "Referenced interface must be configured under [edit interfaces] hierarchy"


def count(tree: Node) -> int:
    """Return the number of IPsec tunnels that are configured."""
    return len(get(tree, *IPSEC_VPN))


def vpn_references(check: Check) -> Iterator[Complaint]:
    """Require the gateway, policy and interface that a VPN names."""
    for vpn in check.bound(*IPSEC_VPN, because_of=(IKE_GATEWAY, IPSEC_POLICY)):
        path = f"[edit security ipsec vpn {vpn.name} ike]"
        ike = get(vpn.body, "ike")
        text = "Referenced IKE gateway must be defined under [edit security ike gateway]"
        yield from referenced(ike, "gateway", get(check.new, *IKE_GATEWAY), path, text)
        text = "Referenced IPSec policy must be defined under [edit security ipsec policy]"
        yield from referenced(ike, "ipsec-policy", get(check.new, *IPSEC_POLICY), path, text)
        interface = leaf(vpn.body, "bind-interface")
        if interface is not None and not has_unit(check.new, interface):
            path = f"[edit security ipsec vpn {vpn.name}]"
            yield error(_NO_INTERFACE, path, f"bind-interface {interface}")


def vpn_parts(check: Check) -> Iterator[Complaint]:
    """Require a VPN to be keyed by IKE or by hand, and by IKE with whom and how."""
    for vpn in check.changed(*IPSEC_VPN):
        path = f"[edit security ipsec vpn {vpn.name}]"
        ike = get(vpn.body, "ike")
        if "establish-tunnels" in vpn.body and "ike" not in vpn.body:
            text = "VPN must be IKE-keyed to define establish-tunnel method"
            yield error(text, path, f"establish-tunnels {leaf(vpn.body, 'establish-tunnels')}")
        if "manual" in vpn.body:
            continue
        if "ike" not in vpn.body:
            yield missing(path, "ike", f"vpn {vpn.name}", own=True)
            continue
        for part in ("gateway", "ipsec-policy"):
            if part not in ike:
                yield missing(f"{path[:-1]} ike]", part, "ike", own=True)


def gateway(check: Check) -> Iterator[Complaint]:
    """Require a gateway to name an existing IKE policy and interface, and its peer."""
    for entry in check.bound(*IKE_GATEWAY, because_of=(IKE_POLICY,)):
        path = f"[edit security ike gateway {entry.name}]"
        body = entry.body
        text = "Referenced IKE policy must be defined under [edit security ike policy]"
        yield from referenced(body, "ike-policy", get(check.new, *IKE_POLICY), path, text)
        interface = leaf(body, "external-interface")
        if interface is not None and not has_unit(check.new, interface):
            yield error(_NO_INTERFACE, path, f"external-interface {interface}")
        for part in ("ike-policy", "external-interface"):
            if part not in body:
                yield missing(path, part, f"gateway {entry.name}", own=True)
        if "address" not in body and "dynamic" not in body:
            yield missing(path, "address", f"gateway {entry.name}", own=True)
        if len(values(body, "address")) > 5:
            yield error(f"more than 5 addresses {SIMULATED}", path, "address")


def same_peer(check: Check) -> Iterator[Complaint]:
    """Refuse two gateways of the same peer, interface and identities."""
    if not check.differs(*IKE_GATEWAY):
        return
    index = check.index("peers", {"": get(check.new, *IKE_GATEWAY)}, _peer)
    for _, owners in index.shared():
        (_, first), *others = owners
        for _, name in others:
            text = f"gateway {first} has the same peer and interface {SIMULATED}"
            yield error(text, f"[edit security ike gateway {name}]", "address", "kmd")


def _peer(_: str, body: Node) -> Iterator[tuple[object, ...]]:
    addresses = values(body, "address")
    if addresses:
        identities = (str(body.get(f"{side}-identity", "")) for side in ("remote", "local"))
        places = (leaf(body, "external-interface"), leaf(body, "local-address"))
        yield (addresses, *places, *identities)


def ike_policy(check: Check) -> Iterator[Complaint]:
    """Require credentials of an IKE policy, and proposals that exist."""
    for policy in check.changed(*IKE_POLICY, because_of=(IKE_PROPOSAL,)):
        path = f"[edit security ike policy {policy.name}]"
        if "pre-shared-key" not in policy.body and not present(
            policy.body, "certificate", "local-certificate"
        ):
            text = "IKE policy must have either local certificate or pre-shared key configured"
            yield error(text, "[edit security ike]", f"policy {policy.name}")
        yield from _proposals(policy, get(check.new, *IKE_PROPOSAL), path, "IKE policy")


def ipsec_policy(check: Check) -> Iterator[Complaint]:
    """Require proposals of an IPsec policy that exist, or a set of them."""
    for policy in check.changed(*IPSEC_POLICY, because_of=(IPSEC_PROPOSAL,)):
        path = f"[edit security ipsec policy {policy.name}]"
        yield from _proposals(policy, get(check.new, *IPSEC_PROPOSAL), path, "IPSec policy")


def _proposals(policy: Entry, defined: Node, path: str, what: str) -> Iterator[Complaint]:
    text = "Referenced proposal is not defined"
    yield from referenced(policy.body, "proposals", defined, path, text)
    chosen = leaf(policy.body, "proposal-set")
    if chosen is not None and "proposals" in policy.body:
        text = f"{what} must not have both proposals and proposal-set configured"
        yield error(text, path, f"proposal-set {chosen}")
    if chosen is None and "proposals" not in policy.body:
        yield missing(path, "proposals", f"policy {policy.name}", own=True)


def proposals(check: Check) -> Iterator[Complaint]:
    """Refuse encryption and authentication that don't go together."""
    for proposal in check.changed(*IKE_PROPOSAL):
        cipher = leaf(proposal.body, "encryption-algorithm") or ""
        if cipher.endswith("-gcm") and "authentication-algorithm" in proposal.body:
            text = "When using aes-gcm for Encryption the Authentication Algorithm must not be set."
            path = f"[edit security ike proposal {proposal.name}]"
            yield error(text, path, f"encryption-algorithm {cipher}")
    for proposal in check.changed(*IPSEC_PROPOSAL):
        yield from _esp_proposal(proposal)


def _esp_proposal(proposal: Entry) -> Iterator[Complaint]:
    path = f"[edit security ipsec proposal {proposal.name}]"
    cipher = leaf(proposal.body, "encryption-algorithm")
    protocol = leaf(proposal.body, "protocol")
    authenticated = "authentication-algorithm" in proposal.body
    if cipher is not None and cipher.endswith("-gcm") and authenticated:
        text = "HMAC Authentication is not compatible with AES-GCM"
        yield error(text, path, f"encryption-algorithm {cipher}")
    if protocol == "ah" and cipher is not None:
        yield error("Encryption must not be defined for AH", path, "protocol ah")
    if protocol == "ah" and not authenticated:
        yield error("Authentication must be defined for AH", path, "protocol ah")
    if protocol == "esp" and cipher is None and not authenticated:
        text = "Either authentication or encryption must be defined for ESP"
        yield error(text, path, "protocol esp")


def st0_units(check: Check) -> Iterator[Complaint]:
    """Allow st0.0 to st0.15999 only; the rest are the device's own."""
    for unit in check.changed(*ST0_UNIT):
        if int(unit.name) > MAX_ST0_UNIT:
            text = f"unit {unit.name} is not within 0..{MAX_ST0_UNIT} {SIMULATED}"
            yield error(text, "[edit interfaces st0]", f"unit {unit.name}", "dcd")


def one_vpn_per_unit(check: Check) -> Iterator[Complaint]:
    """Allow one VPN on a point-to-point st0 unit, unless traffic selectors tell them apart."""
    if not check.differs(*IPSEC_VPN) and not check.differs("interfaces"):
        return
    index = check.index("bound", {"": get(check.new, *IPSEC_VPN)}, _bound)
    for interface, owners in index.shared():
        if "multipoint" in (logical_interface(check.new, str(interface)) or ()):
            continue
        (_, first), *others = owners
        for _, name in others:
            text = f"{interface} is point-to-point and is bound to vpn {first} {SIMULATED}"
            path = f"[edit security ipsec vpn {name}]"
            yield error(text, path, f"bind-interface {interface}", "kmd")


def _bound(_: str, vpn: Node) -> Iterator[str]:
    interface = leaf(vpn, "bind-interface")
    if interface is not None and "traffic-selector" not in vpn:
        yield interface


def next_hop_tunnels(check: Check) -> Iterator[Complaint]:
    """Require a next-hop tunnel to name an existing VPN that no other one names."""
    vpns = get(check.new, *IPSEC_VPN)
    for unit in check.changed(*ST0_UNIT, because_of=(IPSEC_VPN,)):
        for name in _hops(unit.name, unit.body):
            if name not in vpns:
                text = f"vpn {name} is not defined {SIMULATED}"
                yield error(text, interface_path(f"st0.{unit.name}", "family inet"), name)
    index = check.index("next hops", {"st0": get(check.new, *ST0_UNIT)}, _hops)
    for vpn, owners in index.shared():
        for _, number in owners[1:]:
            text = f"vpn {vpn} has another next-hop tunnel {SIMULATED}"
            yield error(text, interface_path(f"st0.{number}", "family inet"), str(vpn))


def _hops(_: str, unit: Node) -> Iterator[str]:
    for _address, hop in entries(unit, "family", "inet", "next-hop-tunnel"):
        name = leaf(hop, "ipsec-vpn")
        if name is not None:
            yield name


RULES: tuple[CommitRule, ...] = (
    vpn_references,
    vpn_parts,
    gateway,
    same_peer,
    ike_policy,
    ipsec_policy,
    proposals,
    st0_units,
    one_vpn_per_unit,
    next_hop_tunnels,
)
