"""A compiled table as a model: statements that fill themselves in from the table, late.

What the published models don't say is taken from the embedded outline where it knows the
statement of that XML path: which words aren't typed, what shares a line or a block, which order
means something, what is secret, and the type of what the models leave open. Beyond the outline:
a container or list without ``apply-groups`` of its own is printed on one line, a list is typed
with its name before its first key and nothing before the others, the names in
:data:`_UNTYPED` aren't typed. What the outline has and the published models don't, such as
hierarchies of modules that were left out, is the outline's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Final, cast

from harness.sim.config.schema import Kind, Limits, Must, Schema, Statement, deferred, schema_of
from harness.sim.config.value_types import ValueType
from harness.sim.yang.table import Flag, Item, ItemBody, Json, Table
from harness.sim.yang.value_kinds import is_open, made_type, with_pattern

_KINDS: Final[Mapping[int, Kind]] = {
    Item.CONTAINER: Kind.CONTAINER,
    Item.LIST: Kind.LIST,
    Item.LEAF: Kind.LEAF,
    Item.LEAF_LIST: Kind.LEAF_LIST,
    Item.EMPTY: Kind.FLAG,
}
# Lists whose own word isn't typed, by the container around them.
_UNTYPED: Final = frozenset(
    {
        ("interfaces", "interface"),
        ("routing-instances", "instance"),
        ("vlans", "vlan"),
        ("bridge-domains", "domain"),
    }
)
_OUTLINES: Final = {"junos-es": "junos-es", "junos-nfx": "junos-es", "junos": "junos"}
_OF_GROUPS: Final = ("groups", "apply-groups", "apply-groups-except")  # every model has them
# An operation on members of a flag class costs a microsecond, a level has a hundred statements.
_PRESENCE, _USER_ORDER, _MANDATORY = int(Flag.PRESENCE), int(Flag.USER_ORDER), int(Flag.MANDATORY)
_RULES, _INLINE = int(Flag.RULES), int(Flag.INLINE)
_LIMITED: Final = _RULES | _MANDATORY
_BELOW_ONLY: Final = Limits(below=True)
_NO_CASES: Final[tuple[tuple[str, str], ...]] = ()

# The item of a statement and the choices around it.
_Placed = tuple[ItemBody, tuple[tuple[str, str], ...]]


class _Carried:
    """The rules of another family, followed by name; also where there are none."""

    def __init__(self, table: Table) -> None:
        self._groupings = table.carried_groupings
        self._known: dict[int, dict[str, ItemBody]] = {}
        self.root = table.carried_root

    def below(self, items: list[Json] | None) -> Mapping[str, ItemBody]:
        """Return the items of a body by name, groupings resolved."""
        if items is None:
            return {}
        known = self._known.get(id(items))
        if known is None:
            known = self._known[id(items)] = {}
            for item in items:
                if isinstance(item, int):
                    known.update(self.below(self._groupings[item]))
                elif isinstance(item, list):
                    known[str(item[1])] = item
        return known


class _Model:
    """Makes statements of a table; types and rules are shared by all of them."""

    def __init__(self, table: Table, outline: Schema) -> None:
        self._table = table
        self._carried = _Carried(table)
        self._types: dict[tuple[int, int, int], ValueType] = {}
        self._musts: dict[tuple[int, bool], Must] = {}
        self.root = Statement("configuration", Kind.CONTAINER, presence=True)
        self.root.limits = _BELOW_ONLY
        carried = table.carried_root or None
        deferred(self.root, partial(self._grow, items=table.root, outline=outline, carried=carried))

    def _grow(
        self,
        parent: Statement,
        items: list[Json],
        outline: Statement | None,
        carried: list[Json] | None,
    ) -> dict[str, Statement]:
        """Make the children of a statement, keys left out."""
        made: dict[str, Statement] = {}
        known = outline.children if outline is not None else {}
        rules = self._carried.below(carried)
        skipped = dict.fromkeys((*_OF_GROUPS, *(key.tag for key in parent.keys)))
        for item, cases in self._flattened(items, _NO_CASES):
            name = str(item[1])
            if name not in skipped:
                made[name] = self._statement(item, parent, known.get(name), rules.get(name))
                made[name].cases = cases
                made[name].either = cases[0][0] if cases else ""
        added = {
            tag: one
            for tag, one in known.items()
            if tag not in made and tag not in skipped and one.kind is not Kind.KEY
        }
        if parent is self.root:  # among modules there is no order: the outline's is Junos'
            return {tag: (made | added)[tag] for tag in (*known, *made) if tag not in skipped}
        for one in added.values():
            _join_choice(one, made, known)
        return made | added

    def _flattened(
        self, items: list[Json], cases: tuple[tuple[str, str], ...]
    ) -> Iterator[_Placed]:
        """Walk the items of a body with the groupings and choices in it resolved."""
        for item in items:
            if isinstance(item, int):
                yield from self._flattened(self._table.groupings[item], cases)
            elif isinstance(item, list) and item[0] == Item.CHOICE:
                for case, inner in cast("list[tuple[str, list[Json]]]", item[3]):
                    # A choice is told from another of its name by the ones around it.
                    name = "/".join([*(part for pair in cases for part in pair), str(item[1])])
                    yield from self._flattened(inner, (*cases, (name, case)))
            elif isinstance(item, list):
                yield item, cases

    def _statement(
        self,
        item: ItemBody,
        parent: Statement,
        outline: Statement | None,
        carried: ItemBody | None,
    ) -> Statement:
        kind = _KINDS[cast("int", item[0])]
        made = Statement(str(item[1]), kind)
        if outline is not None and outline.kind is not kind:
            outline = None
        flags = cast("int", item[2])
        made.limits = self._limits(item, flags, carried)
        if kind is Kind.LEAF or kind is Kind.LEAF_LIST:
            made.type = self._type(cast("int", item[3]), outline, carried)
        elif kind is Kind.CONTAINER or kind is Kind.LIST:
            made.presence = kind is Kind.CONTAINER and bool(flags & _PRESENCE)
            self._branch(made, item, outline, carried)
            if outline is None:
                made.line = bool(flags & _INLINE)
                made.hidden = (parent.tag, made.tag) in _UNTYPED
        _take_form(made, outline)
        if kind is Kind.LIST:
            made.autosorted = not flags & _USER_ORDER
            first = "" if made.hidden else made.tag
            made.key_words = made.key_words or (first, *("" for _ in made.keys[1:]))
        return made

    def _branch(
        self,
        made: Statement,
        item: ItemBody,
        outline: Statement | None,
        carried: ItemBody | None,
    ) -> None:
        """Give a container or list its keys, and leave its children for later."""
        items = cast("list[Json]", item[3])
        below = carried[3] if carried is not None and carried[0] == item[0] else None
        rules = cast("list[Json] | None", below)
        if made.kind is Kind.LIST:
            made.keys = tuple(self._keys(items, cast("list[str]", item[4]), outline, rules))
        deferred(made, partial(self._grow, items=items, outline=outline, carried=rules))

    def _keys(
        self,
        items: list[Json],
        names: list[str],
        outline: Statement | None,
        rules: list[Json] | None,
    ) -> Iterator[Statement]:
        """Make the keys of a list; their leaves are mostly the first ones."""
        leaves = self._flattened(items, _NO_CASES)
        found: dict[str, ItemBody] = {}
        known = {key.tag: key for key in outline.keys} if outline is not None else {}
        ruled = self._carried.below(rules)
        for name in names:
            while name not in found:
                leaf, _ = next(leaves)
                found[str(leaf[1])] = leaf
            yield self._key(found[name], known.get(name), ruled.get(name))

    def _key(
        self, item: ItemBody, outline: Statement | None, carried: ItemBody | None
    ) -> Statement:
        key = Statement(str(item[1]), Kind.KEY)
        key.limits = self._limits(item, cast("int", item[2]), carried)
        key.type = self._type(cast("int", item[3]), outline, carried)
        if outline is not None:
            key.valued = outline.valued
        return key

    def _type(self, number: int, outline: Statement | None, carried: ItemBody | None) -> ValueType:
        """Return the type of the table, completed by the outline's and the carried one."""
        own = outline.type if outline is not None else None
        other = cast("int", carried[3]) if carried is not None and len(carried) > 3 else -1
        key = (number, id(own), other)
        made = self._types.get(key)
        if made is None:
            shape = self._table.types[number]
            made = made_type(shape)
            if other >= 0 and shape[0] == "string" and len(shape) < 3:
                made = _patterned(made, self._table.types[other])
            if own is not None:
                made = _completed(made, own, replaceable=is_open(shape) and other < 0)
            self._types[key] = made
        return made

    def _limits(self, item: ItemBody, flags: int, carried: ItemBody | None) -> Limits | None:
        last = item[-1]
        extra = last if isinstance(last, dict) else {}
        if carried is None and not extra and not flags & _LIMITED:
            return None
        musts = self._rules(extra.get("must"), inferred=False)
        words = self._word_rules(item, inferred=False)
        below = bool(flags & _RULES)
        if carried is not None:
            more = carried[-1] if isinstance(carried[-1], dict) else {}
            musts += self._rules(more.get("must"), inferred=True)
            words = words or self._word_rules(carried, inferred=True)
            below = True
        most = extra.get("max", 0)
        made = Limits(
            musts,
            words,
            mandatory=bool(flags & _MANDATORY),
            most=most if isinstance(most, int) else 0,
            below=below,
        )
        return _BELOW_ONLY if made == _BELOW_ONLY else made

    def _word_rules(self, item: ItemBody, *, inferred: bool) -> Mapping[str, tuple[Must, ...]]:
        if item[0] not in {Item.LEAF, Item.LEAF_LIST}:
            return {}
        shape = self._table.types[cast("int", item[3])]
        if shape[0] != "enumeration" or len(shape) < 3:
            return {}
        words = cast("dict[str, Json]", shape[2])
        return {word: self._rules(rules, inferred=inferred) for word, rules in words.items()}

    def _rules(self, numbers: Json, *, inferred: bool) -> tuple[Must, ...]:
        made: list[Must] = []
        for number in cast("list[int]", numbers or []):
            key = (number, inferred)
            if key not in self._musts:
                expression, message = self._table.musts[number]
                self._musts[key] = Must(expression, message, inferred)
            made.append(self._musts[key])
        return tuple(made)


def _patterned(kind: ValueType, shape: ItemBody) -> ValueType:
    if shape[0] != "string" or len(shape) < 4:
        return kind
    return with_pattern(kind, str(shape[2]), str(shape[3]))


def _completed(kind: ValueType, own: ValueType, *, replaceable: bool) -> ValueType:
    """Take from the outline what the models leave open, and what is secret."""
    if replaceable:
        return own
    if own.secret and not kind.secret:
        return replace(kind, secret=True, reversible=own.reversible)
    return kind


def _join_choice(
    one: Statement, made: Mapping[str, Statement], known: Mapping[str, Statement]
) -> None:
    """Let a statement of the outline exclude what it excludes there."""
    for tag, other in known.items():
        if one.either and other.either == one.either and tag in made and not made[tag].cases:
            made[tag].either = one.either


def _take_form(made: Statement, outline: Statement | None) -> None:
    """Take from the outline how a statement is typed and printed."""
    if outline is None:
        return
    made.hidden, made.block, made.flat = outline.hidden, outline.block, outline.flat
    made.line, made.line1, made.ordered = outline.line, outline.line1, outline.ordered
    made.valued = outline.valued
    if len(outline.keys) == len(made.keys):
        made.key_words = outline.key_words


def model_of(table: Table) -> Schema:
    """Return the model of a table; nothing below its root exists until somebody looks there."""
    return _Model(table, schema_of(_OUTLINES.get(table.family, "junos-es"))).root
