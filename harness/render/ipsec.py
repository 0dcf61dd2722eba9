"""IPsec tunnels: one IKE policy, gateway, VPN and st0 unit each; the proposals are shared.

The key differs from tunnel to tunnel, and Junos keeps keys in IKE policies: hence a policy each,
called like the tunnel. IKEv2 only.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.plan.model import NAME_PREFIX, Plan, PreSharedKey, SecureLeg, Tunnel
from harness.render import shared
from harness.render.placement import IKE, IPSEC, ST0, Placed
from harness.render.statements import Container, Entry, Leaf, Statement

IKE_PROPOSAL = f"{NAME_PREFIX}ike"
ESP_PROPOSAL = f"{NAME_PREFIX}esp"
ESP_POLICY = f"{NAME_PREFIX}esp"
PLACEHOLDER = PreSharedKey("placeholder-instead-of-the-key")  # 1..255 characters are valid


def common(plan: Plan) -> Iterator[Placed]:
    """Yield what all tunnels share."""
    proposal = plan.proposal
    ike = [
        Leaf("authentication-method", "pre-shared-keys"),
        Leaf("dh-group", proposal.dh_group),
    ]
    if "gcm" not in proposal.ike_encryption:  # GCM authenticates by itself
        ike.append(Leaf("authentication-algorithm", proposal.ike_authentication))
    ike += [
        Leaf("encryption-algorithm", proposal.ike_encryption),
        Leaf("lifetime-seconds", str(proposal.ike_lifetime)),
    ]
    esp = [Leaf("protocol", "esp")]
    if "gcm" not in proposal.esp_encryption:
        esp.append(Leaf("authentication-algorithm", "hmac-sha-256-128"))
    esp += [
        Leaf("encryption-algorithm", proposal.esp_encryption),
        Leaf("lifetime-seconds", str(proposal.esp_lifetime)),
    ]
    policy = (
        Container("perfect-forward-secrecy", (Leaf("keys", proposal.pfs_group),)),
        Leaf("proposals", ESP_PROPOSAL),
    )
    yield Placed(IKE, Entry("proposal", IKE_PROPOSAL, tuple(ike)))
    yield Placed(IPSEC, Entry("proposal", ESP_PROPOSAL, tuple(esp)))
    yield Placed(IPSEC, Entry("policy", ESP_POLICY, policy))
    yield from shared.zone(plan)


def tunnel(plan: Plan, one: Tunnel, *, placeholders: bool) -> Iterator[Placed]:
    """Yield what one tunnel adds."""
    yield from secure_leg(plan, one, placeholders=placeholders)
    if one.secure is not None:
        yield shared.route(one, f"st0.{one.secure.st0_unit}")


def secure_leg(plan: Plan, one: Tunnel, *, placeholders: bool) -> Iterator[Placed]:
    """Yield the IKE/IPsec half of a tunnel."""
    leg = one.secure
    if leg is None:
        return
    interface = f"st0.{leg.st0_unit}"
    key = PLACEHOLDER if placeholders else leg.psk
    yield Placed(ST0, _unit(leg), one.name)
    yield Placed(IKE, _policy(one.name, key), one.name)
    yield Placed(IKE, _gateway(plan, one), one.name)
    yield Placed(IPSEC, _vpn(plan, one.name, interface), one.name)
    yield from shared.zone_interface(plan, one, interface)


def _unit(leg: SecureLeg) -> Statement:
    return Entry("unit", str(leg.st0_unit), (shared.inet(leg.inner),))


def _policy(name: str, key: PreSharedKey) -> Statement:
    return Entry(
        "policy",
        name,
        (
            Leaf("proposals", IKE_PROPOSAL),
            Container("pre-shared-key", (Leaf("ascii-text", key),), inline=True),
        ),
    )


def _gateway(plan: Plan, one: Tunnel) -> Statement:
    probing = (
        Leaf("interval", str(plan.proposal.dpd_interval)),
        Leaf("threshold", str(plan.proposal.dpd_threshold)),
    )
    return Entry(
        "gateway",
        one.name,
        (
            Leaf("ike-policy", one.name),
            Leaf("address", str(one.peer)),
            Container("dead-peer-detection", probing),
            Leaf("external-interface", plan.site.external_interface),
            Leaf("local-address", str(one.local)),
            Leaf("version", "v2-only"),
        ),
    )


def _vpn(plan: Plan, name: str, interface: str) -> Statement:
    statements: tuple[Statement, ...] = (
        Leaf("bind-interface", interface),
        Container("ike", (Leaf("gateway", name), Leaf("ipsec-policy", ESP_POLICY))),
    )
    if plan.establish_immediately:  # else Junos waits for traffic and bothers no stranger
        statements += (Leaf("establish-tunnels", "immediately"),)
    return Entry("vpn", name, statements)
