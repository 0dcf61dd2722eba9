"""Route questions: tables, one destination, summary, instances (namespace junos-routing)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import ip_network
from typing import Final

from harness.sim.answers import Arguments, Refusal, Report, syntax_error
from harness.sim.config.tree import leaf as leaf_of
from harness.sim.markup import leaf, node
from harness.sim.messages import SIMULATED, error
from harness.sim.operational.operation import ROUTERS, Operation
from harness.sim.ports import ports
from harness.sim.routing import Hop, Route, Table, covering, instances, tables
from harness.sim.times import elapsed, short
from harness.sim.view import View

_LEVELS: Final = ("terse", "brief", "detail", "extensive")
_LEGEND: Final = "+ = Active Route, - = Last Active, * = Both"


def all_tables(view: View) -> list[Table]:
    """Return the routing tables of now."""
    return tables(view.tree, ports(view))


def _routes(view: View, arguments: Arguments) -> Report:
    level = next((name for name in _LEVELS if name in arguments), "brief")
    wanted = _Wanted(arguments)
    found = [t for t in map(wanted.of, _named(view, arguments)) if t.routes]
    ago = view.now - view.booted
    age = (short(ago), elapsed(ago))
    return Report(
        lambda: node(
            "route-information",
            *(_table_xml(table, level, age) for table in found),
            attributes={"xmlns": view.namespace("routing")},
        ),
        lambda: "\n".join(_table_text(table, level, age[0]) for table in found),
    )


def _named(view: View, arguments: Arguments) -> list[Table]:
    wanted = arguments.get("table", "")
    found = [t for t in all_tables(view) if wanted in ("", t.name, t.name.removesuffix(".0"))]
    if not found and wanted:
        raise Refusal(error(f"no routing table {wanted} {SIMULATED}"))
    return found


class _Wanted:
    """Keeps what the arguments ask for of a table."""

    def __init__(self, arguments: Arguments) -> None:
        self._protocol = arguments.get("protocol", "").casefold()
        self._destination = arguments.get("destination", "")
        self._exact = "exact" in arguments
        self._best = "best" in arguments
        self._active = "active-path" in arguments
        if self._destination:
            try:
                self._network = ip_network(self._destination, strict=False)
            except ValueError:
                raise syntax_error(self._destination) from None

    def of(self, table: Table) -> Table:
        """Return the table with those routes alone."""
        routes = tuple(
            route
            for route in self._matching(table)
            if self._protocol in ("", route.protocol.casefold())
            and (route.active or not self._active)
        )
        return replace(table, routes=routes)

    def _matching(self, table: Table) -> Iterable[Route]:
        if not self._destination:
            return table.routes
        network = self._network
        same = [r for r in table.routes if r.network.version == network.version]
        if self._exact:
            return [route for route in same if route.network == network]
        if self._best or "/" not in self._destination:
            best = covering(table.routes, str(network.network_address))
            return [r for r in same if best is not None and r.network == best.network]
        return [
            route
            for route in same
            if route.network.network_address in network
            and route.network.prefixlen >= network.prefixlen
        ]


def _counts(table: Table) -> list[tuple[str, int]]:
    return [
        ("destination-count", table.destinations),
        ("total-route-count", len(table.routes)),
        ("active-route-count", table.active),
        ("holddown-route-count", 0),
        ("hidden-route-count", table.hidden),
    ]


def _table_xml(table: Table, level: str, age: tuple[str, dict[str, str]]) -> str:
    by_network: dict[str, list[Route]] = {}
    for route in table.routes:
        by_network.setdefault(route.destination, []).append(route)
    detailed = level in ("detail", "extensive")
    return node(
        "route-table",
        leaf("table-name", table.name),
        *(leaf(tag, count) for tag, count in _counts(table)),
        *(
            _detailed(routes, level, age) if detailed else _brief(routes, level, age)
            for routes in by_network.values()
        ),
    )


def _activity(route: Route) -> str:
    return leaf("active-tag", "*") + "<current-active/>\n<last-active/>\n" if route.active else ""


def _brief(routes: list[Route], level: str, age: tuple[str, dict[str, str]]) -> str:
    return node(
        "rt",
        leaf("rt-destination", routes[0].destination),
        *(
            node(
                "rt-entry",
                _activity(route),
                leaf("protocol-name", route.protocol),
                leaf("preference", route.preference),
                leaf("age", *age) if level == "brief" else "",
                *_next_hops(route),
            )
            for route in routes
        ),
        attributes={"junos:style": level},
    )


def _next_hops(route: Route) -> Iterator[str]:
    if route.kind:
        yield leaf("nh-type", route.kind)
    for place, hop in enumerate(route.hops):
        yield _hop_xml(route, hop, selected=not place)


def _hop_xml(route: Route, hop: Hop, *, selected: bool) -> str:
    if route.kind == "Local":
        return node("nh", leaf("nh-local-interface", hop.via))
    return node(
        "nh",
        "<selected-next-hop/>\n" if selected else "",
        leaf("to", hop.to) if hop.to else "",
        leaf("via", hop.via),
    )


def _detailed(routes: list[Route], level: str, age: tuple[str, dict[str, str]]) -> str:
    network = routes[0].network
    count = f"{len(routes)} entr{'y' if len(routes) == 1 else 'ies'}"
    return node(
        "rt",
        leaf("rt-destination", network.network_address),
        leaf("rt-prefix-length", network.prefixlen),
        leaf("rt-entry-count", len(routes), {"junos:format": count}),
        leaf("rt-announced-count", 1),
        *(
            node(
                "rt-entry",
                _activity(route),
                leaf("protocol-name", route.protocol),
                leaf("preference", route.preference),
                leaf("nh-type", route.kind or ("Router" if route.hops[0].to else "Interface")),
                *(_hop_xml(route, hop, selected=not n) for n, hop in enumerate(route.hops)),
                leaf("rt-entry-state", "Active Int" if route.active else "Int"),
                "" if route.active else leaf("inactive-reason", "Route Preference"),
                leaf("age", *age),
                leaf("task-name", "RT" if route.protocol == "Static" else "IF"),
                leaf("as-path", "AS path: I"),
            )
            for route in routes
        ),
        attributes={"junos:style": "extensive" if level == "extensive" else "detail"},
    )


def _headline(table: Table) -> str:
    counts = dict(_counts(table))
    return (
        f"{table.name}: {counts['destination-count']} destinations, "
        f"{counts['total-route-count']} routes ({counts['active-route-count']} active, "
        f"0 holddown, {table.hidden} hidden)"
    )


def _table_text(table: Table, level: str, age: str) -> str:
    lines = [_headline(table)]
    if level in ("detail", "extensive"):
        for route in table.routes:
            lines += ["", *_detailed_text(route, age)]
    else:
        lines += [_LEGEND, ""]
        last = ""
        for route in table.routes:
            lines += _brief_text(route, age, first=route.destination != last)
            last = route.destination
    return "\n".join(lines) + "\n"


def _brief_text(route: Route, age: str, *, first: bool) -> Iterator[str]:
    mark = "*" if route.active else " "
    name = route.destination if first else ""
    yield f"{name:<19}{mark}[{route.protocol}/{route.preference}] {age}"
    pad = " " * 20
    if route.kind in ("Discard", "Reject", "Receive"):
        yield f"{pad}  {route.kind}"
    for place, hop in enumerate(route.hops):
        if route.kind == "Local":
            yield f"{pad}  Local via {hop.via}"
        else:
            sign = " " if place else ">"
            yield f"{pad}{sign} {f'to {hop.to} ' if hop.to else ''}via {hop.via}"


def _detailed_text(route: Route, age: str) -> Iterator[str]:
    yield f"{route.destination} (1 entry, 1 announced)"
    yield f"        {'*' if route.active else ' '}{route.protocol:<7}Preference: {route.preference}"
    kind = route.kind or ("Router" if route.hops[0].to else "Interface")
    yield f"                Next hop type: {kind}"
    for hop in route.hops:
        if route.kind == "Local":
            yield f"                Interface: {hop.via}"
        else:
            to = f"{hop.to} " if hop.to else ""
            yield f"                Next hop: {to}via {hop.via}, selected"
    yield f"                State: <{'Active Int' if route.active else 'Int'}>"
    yield f"                Age: {age}"
    yield f"                Task: {'RT' if route.protocol == 'Static' else 'IF'}"
    yield "                AS path: I"


def _summary(view: View, arguments: Arguments) -> Report:
    found = _named(view, arguments)
    router = router_id(view)
    number = leaf_of(view.tree, "routing-options", "autonomous-system", "as-number")
    number = number or leaf_of(view.tree, "routing-options", "autonomous-system")

    def protocols(table: Table) -> dict[str, tuple[int, int]]:
        names = sorted({route.protocol for route in table.routes})  # as Junos orders these three
        return {
            name: (
                sum(route.protocol == name for route in table.routes),
                sum(route.protocol == name and route.active for route in table.routes),
            )
            for name in names
        }

    def xml(table: Table) -> str:
        return node(
            "route-table",
            leaf("table-name", table.name),
            *(leaf(tag, count) for tag, count in _counts(table)),
            *(
                node(
                    "protocols",
                    leaf("protocol-name", name),
                    leaf("protocol-route-count", count),
                    leaf("active-route-count", active),
                )
                for name, (count, active) in protocols(table).items()
            ),
        )

    def text(table: Table) -> str:
        rows = "".join(
            f"{name:>20}: {count:>6} routes, {active:>6} active\n"
            for name, (count, active) in protocols(table).items()
        )
        return f"{_headline(table)}\n{rows}\n"

    return Report(
        lambda: node(
            "route-summary-information",
            leaf("as-number", number) if number else "",
            leaf("router-id", router) if router else "",
            *map(xml, found),
            attributes={"xmlns": view.namespace("routing")},
        ),
        lambda: (
            (f"Autonomous system number: {number}\n" if number else "")
            + (f"Router ID: {router}\n\n" if router else "")
            + "".join(map(text, found))
        ),
    )


def router_id(view: View) -> str:
    """Return the configured router id, else the first address of lo0 or of any interface."""
    given = leaf_of(view.tree, "routing-options", "router-id")
    if given:
        return given
    known = ports(view)
    ordered = [known[name] for name in sorted(known, key=lambda name: name != "lo0")]
    hosts = (
        address.host
        for port in ordered
        for unit in port.units
        for family in unit.families
        if family.name == "inet"
        for address in family.addresses
    )
    return next(hosts, "")


def _instances(view: View, arguments: Arguments) -> Report:
    wanted = arguments.get("instance-name", "")
    rows = [(name, kind) for name, kind in instances(view.tree) if wanted in ("", name)]
    ribs = all_tables(view)
    style = next((level for level in ("summary", *_LEVELS) if level in arguments), "terse")

    def xml(name: str, kind: str) -> str:
        return node(
            "instance-core",
            leaf("instance-name", name),
            leaf("instance-type", kind),
            *(
                node(
                    "instance-rib",
                    leaf("irib-name", table.name),
                    leaf("irib-active-count", table.active),
                    leaf("irib-holddown-count", 0),
                    leaf("irib-hidden-count", table.hidden),
                )
                for table in ribs
                if table.instance == name
            ),
        )

    def text(name: str, kind: str) -> str:
        tables_of = [table for table in ribs if table.instance == name]
        lines = [f"{name:<22} {kind}"]
        lines += [f"         {t.name:<45}{t.active}/0/{t.hidden}" for t in tables_of]
        return "".join(f"{line}\n" for line in lines)

    return Report(
        lambda: node(
            "instance-information",
            *(xml(*row) for row in rows),
            attributes={"xmlns": view.namespace("routing"), "junos:style": style},
        ),
        lambda: (
            "Instance             Type\n         Primary RIB                                 "
            "    Active/holddown/hidden\n" + "".join(text(*row) for row in rows)
        ),
    )


OPERATIONS: Final = (
    Operation(
        "get-route-information",
        "show route",
        _routes,
        schemas=ROUTERS,
        options=(*_LEVELS, "all", "exact", "best", "active-path"),
        values=("table", "protocol"),
        free="destination",
    ),
    Operation(
        "get-route-summary-information",
        "show route summary",
        _summary,
        schemas=ROUTERS,
        values=("table",),
    ),
    Operation(
        "get-instance-information",
        "show route instance",
        _instances,
        schemas=ROUTERS,
        options=("summary", "brief", "detail", "extensive"),
        free="instance-name",
    ),
)
