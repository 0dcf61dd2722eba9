"""What a platform's schema and hardware say about tunnels, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.errors import PlanError
from harness.plan.model import Kind
from harness.testbed.model import KINDS, ZONELESS

GRE_INTERFACE = "gr-0/0/0"  # SRX creates it at boot; MX needs tunnel-services on FPC 0 PIC 0
ST0_UNITS = 16_000  # st0.0..st0.15999; higher ones are reserved (Junos, route-based IPsec VPNs)
GRE_UNITS = 16_384  # 0..16383 (Junos, unit statement of tunnel interfaces)


@dataclass(frozen=True, slots=True)
class PlatformFacts:
    """What a plan must know of a platform."""

    name: str
    kinds: tuple[Kind, ...]  # that its schema has statements for
    zones: bool  # has `security zones`
    tunnel_services: bool  # gr-0/0/0 exists only with `chassis fpc 0 pic 0 tunnel-services`


PLATFORMS: Mapping[str, PlatformFacts] = MappingProxyType(
    {
        name: PlatformFacts(
            name=name,
            kinds=tuple(Kind(kind) for kind in kinds),
            zones=name not in ZONELESS,
            tunnel_services=name == "vmx",
        )
        for name, kinds in KINDS.items()
    }
)


def platform_facts(name: str) -> PlatformFacts:
    """Return the facts of ``name``; an unknown platform is a :class:`PlanError`."""
    if name in PLATFORMS:
        return PLATFORMS[name]
    if name.endswith("jdm"):
        raise PlanError(f"platform {name} carries VNFs, not tunnels; plan for the gateway instead")
    raise PlanError(f"unknown platform '{name}'; known: {', '.join(PLATFORMS)}")


def parse_kind(text: str) -> Kind:
    """Return the kind called ``text``; :class:`PlanError` lists the known ones."""
    try:
        return Kind(text)
    except ValueError as exc:
        raise PlanError(f"unknown kind '{text}'; known: {', '.join(Kind)}") from exc
