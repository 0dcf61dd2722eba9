"""Zones, policies, flow sessions, address translation and screens of the committed configuration.

No packet is ever forwarded: sessions, hits and translations are zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from harness.sim.answers import Arguments, Report
from harness.sim.config.tree import Node, entries, get, present, values
from harness.sim.config.tree import leaf as leaf_of
from harness.sim.hardware import hardware
from harness.sim.markup import leaf, node
from harness.sim.operational.operation import BOTH_NODES, PRIMARY_NODE, SRX, Operation
from harness.sim.view import View

_FIRST_POLICY: Final = 4  # smaller numbers are Junos' own
_ACTIONS: Final = ("permit", "deny", "reject")


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


@dataclass(frozen=True, slots=True)
class _Policy:
    """One policy as the table shows it."""

    name: str
    number: int  # in the whole device
    sequence: int  # in its context
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    applications: tuple[str, ...]
    action: str


def _contexts(view: View) -> Iterator[tuple[str, str, list[_Policy]]]:
    """Walk pairs of zones with their policies; ("global", "") holds the global ones."""
    number = _FIRST_POLICY
    for pair, body in entries(view.tree, "security", "policies", "policy"):
        source, _, destination = pair.partition(" ")
        policies = list(_policies(body, number))
        number += len(policies)
        yield source, destination, policies
    everywhere = get(view.tree, "security", "policies", "global")
    if everywhere:
        yield "global", "", list(_policies(everywhere, number))


def _policies(body: Node, first: int) -> Iterator[_Policy]:
    for place, (name, policy) in enumerate(entries(body, "policy")):
        then = get(policy, "then")
        yield _Policy(
            name,
            first + place,
            place + 1,
            sources=values(policy, "match", "source-address"),
            destinations=values(policy, "match", "destination-address"),
            applications=values(policy, "match", "application"),
            action=next((action for action in _ACTIONS if action in then), "deny"),
        )


def _shown_policies(view: View, arguments: Arguments) -> Report:
    name = arguments.get("policy-name", "")
    from_zone, to_zone = arguments.get("from-zone", ""), arguments.get("to-zone", "")
    found = [
        (source, destination, [p for p in policies if name in ("", p.name)])
        for source, destination, policies in _contexts(view)
        if from_zone in ("", source) and to_zone in ("", destination)
    ]
    found = [context for context in found if context[2]]
    detail = "detail" in arguments
    return Report(
        lambda: node(
            "security-policies",
            *(_context_xml(*context) for context in found),
            attributes={"junos:style": "detail" if detail else "brief"},
        ),
        lambda: (
            "Default policy: deny-all\n" + "".join(_context_text(*context) for context in found)
        ),
    )


def _context_xml(source: str, destination: str, policies: list[_Policy]) -> str:
    if source == "global" and not destination:
        context = "<global-context/>\n"
    else:
        context = leaf("source-zone-name", source) + leaf("destination-zone-name", destination)
    return node(
        "security-context",
        node("context-information", context),
        *(node("policies", _policy_xml(policy)) for policy in policies),
    )


def _policy_xml(policy: _Policy) -> str:
    brief = {"junos:style": "brief"}

    def addresses(tag: str, names: tuple[str, ...]) -> str:
        inside = (node(tag, leaf("address-name", name)) for name in names)
        return node(f"{tag}es", *inside, attributes=brief)

    return node(
        "policy-information",
        leaf("policy-name", policy.name),
        leaf("policy-state", "enabled"),
        leaf("policy-identifier", policy.number),
        leaf("scope-policy-identifier", 0),
        leaf("policy-sequence-number", policy.sequence),
        addresses("source-address", policy.sources),
        addresses("destination-address", policy.destinations),
        node(
            "applications",
            *(node("application", leaf("application-name", n)) for n in policy.applications),
            attributes=brief,
        ),
        node("policy-action", leaf("action-type", policy.action)),
    )


def _context_text(source: str, destination: str, policies: list[_Policy]) -> str:
    head = f"From zone: {source}, To zone: {destination}" if destination else "Global policies:"
    lines = [head]
    for policy in policies:
        lines += [
            f"  Policy: {policy.name}, State: enabled, Index: {policy.number}, "
            f"Scope Policy: 0, Sequence number: {policy.sequence}",
            f"    Source addresses: {', '.join(policy.sources)}",
            f"    Destination addresses: {', '.join(policy.destinations)}",
            f"    Applications: {', '.join(policy.applications)}",
            f"    Action: {policy.action}",
        ]
    return "".join(f"{line}\n" for line in lines)


def _hits(view: View, _arguments: Arguments) -> Report:
    rows = [
        (source, destination, policy)
        for source, destination, policies in _contexts(view)
        for policy in policies
    ]
    return Report(
        lambda: node(
            "policy-hit-count",
            *(
                node(
                    "policy-hit-count-entry",
                    leaf("policy-hit-count-index", place),
                    leaf("policy-hit-count-from-zone", source),
                    leaf("policy-hit-count-to-zone", destination),
                    leaf("policy-hit-count-policy-name", policy.name),
                    leaf("policy-hit-count-count", 0),
                    leaf("policy-hit-count-action", policy.action.capitalize()),
                )
                for place, (source, destination, policy) in enumerate(rows, 1)
            ),
        ),
        lambda: (
            "Logical system: root-logical-system\n"
            " Index   From zone        To zone           Name           Policy count  Action\n"
            + "".join(
                f" {place:<8}{source:<17}{destination:<18}{policy.name:<15}{0:<14}"
                f"{policy.action.capitalize()}\n"
                for place, (source, destination, policy) in enumerate(rows, 1)
            )
            + f"\nNumber of policy: {len(rows)}\n"
        ),
    )


def _sessions(view: View, arguments: Arguments) -> Report:
    """Answer that no session exists; ``summary`` counts them by kind."""
    attributes = {"xmlns": view.namespace("flow")}
    if "summary" not in arguments:
        return Report(
            lambda: node(
                "flow-session-information",
                leaf("displayed-session-count", 0),
                attributes=attributes,
            ),
            lambda: "Total sessions: 0\n",
        )
    room = hardware(view.platform).flow_sessions
    kinds = ("unicast", "multicast", "services-offload", "failed")
    states = ("valid", "pending", "invalidated", "other-state")
    rows = [
        *((f"active-{kind}-sessions", f"{kind.capitalize()}-sessions", 0) for kind in kinds),
        ("active-sessions", "Sessions-in-use", 0),
        *((f"active-session-{state}", f"  {state.capitalize()} sessions", 0) for state in states),
        ("max-sessions", "Maximum-sessions", room),
    ]
    return Report(
        lambda: node(
            "flow-session-summary-information",
            *(leaf(tag, value) for tag, _, value in rows),
            attributes=attributes,
        ),
        lambda: "".join(f"{label}: {value}\n" for _, label, value in rows),
    )


def _books(view: View) -> Iterator[tuple[str, str, str]]:
    for book, body in entries(view.tree, "security", "address-book"):
        for name, address in entries(body, "address"):
            prefix = leaf_of(address, "ip-prefix") or leaf_of(address, "dns-name", "name")
            yield book, name, prefix or ""


def _address_book(view: View, _arguments: Arguments) -> Report:
    """List addresses by book (the command and its XML are a guess: no reply is published)."""
    rows = list(_books(view))
    return Report(
        lambda: node(
            "address-book-information",
            *(
                node(
                    "address-book-entry",
                    leaf("address-book-name", book),
                    leaf("address-name", name),
                    leaf("address-prefix", prefix),
                )
                for book, name, prefix in rows
            ),
        ),
        lambda: "".join(f"{book:<20}{name:<32}{prefix}\n" for book, name, prefix in rows),
    )


def _rules(view: View, kind: str) -> list[tuple[str, str, str]]:
    """Return rule set, rule and action of each rule of one kind of address translation."""
    return [
        (name, rule, str(next(iter(get(body, "then", f"{kind}-nat")), "")))
        for name, rules in entries(view.tree, "security", "nat", kind, "rule-set")
        for rule, body in entries(rules, "rule")
    ]


def _nat(kind: str) -> Callable[[View, Arguments], Report]:
    def rules(view: View, _arguments: Arguments) -> Report:
        rows = [(place, *row) for place, row in enumerate(_rules(view, kind), 1)]
        return Report(
            lambda: node(
                f"{kind}-nat-rule-detail-information",
                leaf(f"{kind}-nat-rule-total-count", len(rows)),
                node(
                    f"{kind}-nat-rule-information",
                    *(
                        node(
                            f"{kind}-nat-rule-entry",
                            leaf("rule-name", rule),
                            leaf("rule-set-name", name),
                            leaf("rule-id", place),
                            leaf("rule-matching-position", place),
                            leaf(f"{kind}-nat-rule-action", action),
                            leaf("rule-translation-hits", 0),
                        )
                        for place, name, rule, action in rows
                    ),
                ),
                attributes={"xmlns": view.namespace("nat")},
            ),
            lambda: (
                f"Total rules: {len(rows)}\n"
                + "".join(
                    f"{kind} NAT rule: {rule:<24}Rule-set: {name}\n  Rule-Id                    "
                    f": {place}\n  Rule position              : {place}\n"
                    f"  Action                     : {action}\n"
                    "    Translation hits         : 0\n"
                    for place, name, rule, action in rows
                )
            ),
        )

    return rules


def _screens(view: View, _arguments: Arguments) -> Report:
    """Name the screens and the zones that have them; no packet was ever dropped."""
    rows = [
        (zone, leaf_of(body, "screen") or "")
        for zone, body in entries(view.tree, "security", "zones", "security-zone")
        if present(body, "screen")
    ]
    return Report(
        lambda: node(
            "show-ids-status",
            *(
                node(
                    "screen-status",
                    leaf("screen-zone-name", zone),
                    leaf("screen-object-name", screen),
                )
                for zone, screen in rows
            ),
        ),
        lambda: (
            "Screen object status:\n"
            + "".join(f"  Zone: {zone}, Screen: {screen}\n" for zone, screen in rows)
        ),
    )


_operation = partial(Operation, schemas=SRX, nodes=PRIMARY_NODE)
OPERATIONS: Final = (
    Operation(
        "get-zones-information",
        "show security zones",
        _zones,
        SRX,
        options=("terse", "detail"),
        free="get-zones-named-information",
    ),
    _operation(
        "get-firewall-policies",
        "show security policies",
        _shown_policies,
        options=("detail",),
        values=("from-zone", "to-zone", "policy-name"),
    ),
    _operation("get-security-policies-hit-count", "show security policies hit-count", _hits),
    Operation(
        "get-flow-session-information",
        "show security flow session",
        _sessions,
        SRX,
        options=("summary", "brief", "extensive"),
        values=("source-prefix", "destination-prefix", "protocol", "interface"),
        nodes=BOTH_NODES,
    ),
    _operation("", "show security address-book", _address_book),
    _operation("", "show security nat source rule all", _nat("source")),
    _operation("", "show security nat destination rule all", _nat("destination")),
    _operation("get-security-screen-ids-status", "show security screen status", _screens),
)
