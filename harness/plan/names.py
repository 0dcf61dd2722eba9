"""What our objects on a device are called; every name starts with the prefix."""

from __future__ import annotations

from harness.plan.model import NAME_PREFIX, Kind


def tunnel_name(number: int) -> str:
    """Return the name of a tunnel's IKE gateway, IKE policy and VPN: "hil-t00001"."""
    return f"{NAME_PREFIX}t{number:05}"


def zone_name(kind: Kind) -> str:
    """Return the name of our security zone: "hil-gre-over-ipsec"; Junos allows 63 characters."""
    return f"{NAME_PREFIX}{kind}"


def pair_name(ends: str) -> str:
    """Return the name of a tunnel between two sites, the same on both: "hil-site-17_0_hub-1_0".

    Site names of ten characters give 29; Junos allows 32.
    """
    return f"{NAME_PREFIX}{ends}"
