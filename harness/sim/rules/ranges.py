"""Interface ranges and VLANs: a name that stands for several interfaces, or for several VLANs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.sim.config.ranges import members
from harness.sim.config.tree import Key, Node, entries, get, values
from harness.sim.messages import SIMULATED, Complaint, error
from harness.sim.rules.engine import EXPANSION_FAILED, Check, CommitRule, interface_path

# What takes a range in the place of an interface: layer 2, as documented for interface ranges.
_BY_PROTOCOL: tuple[tuple[Key, ...], ...] = tuple(
    ("protocols", *path)
    for path in (
        ("rstp",),
        ("mstp",),
        ("vstp",),
        ("lldp",),
        ("lldp-med",),
        ("dot1x", "authenticator"),
    )
)
_BY_VLAN: tuple[tuple[Key, ...], ...] = (
    ("protocols", "igmp-snooping", "vlan"),
    ("protocols", "vstp", "vlan"),
    ("vlans", "vlan"),
)
_INTERFACE = re.compile(
    r"all|[a-z]+-\d+/.*|(?:ae|em|fxp|gr|irb|lo|lsi|me|reth|st|vlan|vme|vtep)\d*(?:\.\d+)?"
).fullmatch
_VLANS = re.compile(r"(\d+)(?:-(\d+))?").fullmatch
_LAST_VLAN = 4094


def ranges_exist(check: Check) -> Iterator[Complaint]:
    """Require the interface ranges that layer 2 protocols and VLANs name."""
    if not any(check.differs(part) for part in ("protocols", "vlans", "interfaces")):
        return
    defined = get(check.new, "interfaces", "interface-range")
    for name in dict.fromkeys(_named(check.new)):
        if name not in defined and not _INTERFACE(name):
            yield error(f"interface-range '{name}' is not defined")
            yield error(EXPANSION_FAILED)
            return


def ranges_have_members(check: Check) -> Iterator[Complaint]:
    """Require that the members of an interface range can be told."""
    for one in check.changed("interfaces", "interface-range"):
        try:
            members(one.body)
        except ValueError as exc:
            path = f"[edit interfaces interface-range {one.name}]"
            yield error(f"{exc} {SIMULATED}", path, "member")


def _named(tree: Node) -> Iterator[str]:
    """Walk what stands for an interface where a range may."""
    for path in _BY_PROTOCOL:
        yield from map(str, get(tree, *path, "interface"))
    for path in _BY_VLAN:
        for _, vlan in entries(tree, *path):
            yield from map(str, get(vlan, "interface"))


def vlans_are_numbers(check: Check) -> Iterator[Complaint]:
    """Require the VLANs that are named by number to be 1-4094, and ranges to rise."""
    for vlan in check.changed("vlans", "vlan"):
        for word in (*values(vlan.body, "vlan-id-list"), *values(vlan.body, "vlan-id")):
            if word not in {"all", "none"} and not _is_range(word):
                yield _no_vlan(f"[edit vlans {vlan.name}]", "vlan-id", word)
    for interface in check.changed("interfaces", "interface"):
        for unit in check.changed("interfaces", "interface", interface.name, "unit"):
            path = interface_path(f"{interface.name}.{unit.name}", "family ethernet-switching vlan")
            for word in values(unit.body, "family", "ethernet-switching", "vlan", "members"):
                if word[0].isdigit() and not _is_range(word):
                    yield _no_vlan(path, "members", word)


def _is_range(word: str) -> bool:
    match = _VLANS(word)
    return match is not None and 1 <= int(match[1]) <= int(match[2] or match[1]) <= _LAST_VLAN


def _no_vlan(path: str, statement: str, word: str) -> Complaint:
    text = f"{word} is no VLAN id or range of them {SIMULATED}"
    return error(text, path, f"{statement} {word}", "l2ald")


RULES: tuple[CommitRule, ...] = (ranges_exist, ranges_have_members, vlans_are_numbers)
