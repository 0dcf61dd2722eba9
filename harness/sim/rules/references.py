"""What is named must be defined: packet filters, policers, applications, addresses, lists."""

from __future__ import annotations

from collections.abc import Iterator

from harness.sim.config.tree import Key, Node, entries, get, leaf, values
from harness.sim.messages import SIMULATED, Complaint, error
from harness.sim.rules.engine import Check, CommitRule, interface_path

_POLICIES: tuple[Key, ...] = ("security", "policies", "policy")
_ANY = frozenset({"any", "any-ipv4", "any-ipv6"})


def filters_exist(check: Check) -> Iterator[Complaint]:
    """Require the filters and policers that a logical interface names."""
    everything = check.differs("firewall")
    for interface, body in entries(check.new, "interfaces", "interface"):
        units: Iterator[tuple[str, Node]]
        if everything:
            units = entries(body, "unit")
        else:
            changed = check.changed("interfaces", "interface", interface, "unit")
            units = ((unit.name, unit.body) for unit in changed)
        for number, unit in units:
            yield from _filters(check, f"{interface}.{number}", unit)


def _filters(check: Check, name: str, unit: Node) -> Iterator[Complaint]:
    policers = get(check.new, "firewall", "policer")
    for family, body in get(unit, "family").items():
        for direction in ("arp", "input", "output"):
            wanted = leaf(body, "policer", direction) if isinstance(body, Node) else None
            if wanted is not None and wanted not in policers:
                path = interface_path(name, f"family {family} policer")
                text = "referenced policer must be defined"
                yield error(text, path, f"{direction} {wanted}", "dfwc")
        filters = get(body, "filter") if isinstance(body, Node) else Node()
        for direction in ("input", "output"):
            wanted = leaf(filters, direction, "filter-name")
            if wanted is None or wanted in get(check.new, "firewall", "family", family, "filter"):
                continue
            if wanted not in get(check.new, "firewall", "filter"):  # of family inet
                path = interface_path(name, f"family {family} filter")
                text = "referenced filter must be defined under firewall family any|inet|inet6"
                yield error(text, path, f"{direction} {wanted}", "dfwc")


def policers_and_lists_exist(check: Check) -> Iterator[Complaint]:
    """Require the policers and prefix lists that a filter names."""
    policers = get(check.new, "firewall", "policer")
    lists = get(check.new, "policy-options", "prefix-list")
    if not check.differs("firewall") and not check.differs("policy-options", "prefix-list"):
        return
    families = (("family", str(name)) for name in get(check.new, "firewall", "family"))
    for below in ((), *families):
        for name, body in entries(check.new, "firewall", *below, "filter"):
            for term, parts in entries(body, "term"):
                words = " ".join(("firewall", *below, "filter", name, "term", term))
                policer = leaf(parts, "then", "policer")
                if policer is not None and policer not in policers:
                    text = "referenced policer must be defined"
                    yield error(text, f"[edit {words} then]", f"policer {policer}", "dfwc")
                for kind in ("source-prefix-list", "destination-prefix-list", "prefix-list"):
                    for wanted in get(parts, "from", kind):
                        if wanted not in lists:
                            text = "This prefix-list must be configured in policy-options."
                            yield error(text, f"[edit {words} from]", f"{kind} {wanted}", "dfwc")


def parts_of_routing_policies(check: Check) -> Iterator[Complaint]:
    """Require the prefix lists and communities that a routing policy names."""
    options = "policy-options"
    defined: tuple[tuple[Key, ...], ...] = ((options, "prefix-list"), (options, "community"))
    lists, communities = (get(check.new, *path) for path in defined)
    for policy in check.changed(options, "policy-statement", because_of=defined):
        path = f"[edit policy-options policy-statement {policy.name}]"
        for part in (policy.body, *(term for _, term in entries(policy.body, "term"))):
            for wanted in get(part, "from", "prefix-list"):
                if wanted not in lists:
                    text = "This prefix-list must be configured in policy-options."
                    yield error(text, path, f"prefix-list {wanted}", "rpd")
            wanted_communities = [
                *values(part, "from", "community"),
                *(str(key[-1]) for key in get(part, "then", "community")),
            ]
            for name in wanted_communities:
                if name not in communities:
                    text = f"community {name} is not defined {SIMULATED}"
                    yield error(text, path, f"community {name}", "rpd")


def matches_exist(check: Check) -> Iterator[Complaint]:
    """Require the applications and addresses that a security policy matches."""
    books: tuple[Key, ...] = ("security", "address-book")
    if not any(
        check.differs(*path)
        for path in (_POLICIES, ("applications",), books, ("security", "zones"))
    ):
        return
    whole = check.differs("applications") or check.differs(*books)
    keys = get(check.new, *_POLICIES)
    before = Node() if whole else get(check.old, *_POLICIES)
    for key, pair in keys.items():
        if pair is before.get(key) or not isinstance(pair, Node) or isinstance(key, str):
            continue
        where = f"from-zone {key[0]} to-zone {key[1]}"
        for policy, body in entries(pair, "policy"):
            path = f"[edit security policies {where} policy {policy} match"
            match = get(body, "match")
            for name in values(match, "application"):
                if not _is_application(check.new, name):
                    text = "application or application-set must be defined"
                    yield error(text, f"{path} application]", name)
            for side, zone in (("source-address", key[0]), ("destination-address", key[1])):
                for name in values(match, side):
                    if name not in _ANY and not _is_address(check.new, zone, name):
                        text = "referenced address must be defined under address-book"
                        yield error(text, f"{path} {side}]", name)


def screens_exist(check: Check) -> Iterator[Complaint]:
    """Require the screen that a zone names."""
    screens: tuple[Key, ...] = ("security", "screen", "ids-option")
    for zone in check.changed("security", "zones", "security-zone", because_of=(screens,)):
        screen = leaf(zone.body, "screen")
        if screen is not None and screen not in get(check.new, *screens):
            text = "referenced ids-object must be defined under [security screen ids-option]"
            path = f"[edit security zones security-zone {zone.name}]"
            yield error(text, path, f"screen {screen}")


def _is_application(tree: Node, name: str) -> bool:
    if name == "any" or name.startswith("junos-"):  # the device brings those along
        return True
    found = get(tree, "applications")
    return name in get(found, "application") or name in get(found, "application-set")


def _is_address(tree: Node, zone: str, name: str) -> bool:
    books = [get(tree, "security", "zones", "security-zone", zone, "address-book")]
    for book, body in entries(tree, "security", "address-book"):
        if book == "global" or zone in get(body, "attach", "zone"):
            books.append(body)
    return any(name in get(book, "address") or name in get(book, "address-set") for book in books)


RULES: tuple[CommitRule, ...] = (filters_exist, policers_and_lists_exist, parts_of_routing_policies)
GATEWAY_RULES: tuple[CommitRule, ...] = (matches_exist, screens_exist)
