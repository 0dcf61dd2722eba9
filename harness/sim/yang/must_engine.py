"""The rules of a compiled model at commit: what of them a change can break, and what is said.

The rules that a change could have broken are those of what it touched, and of what refers to
something it added or took away. Only these are looked at; if one of them fails, all rules are
looked at, so that what is said doesn't depend on what was committed before.

An untouched statement is found through the places its rules look at (:class:`Reach`): a place
where nothing changed breaks nothing, gaining something breaks only what must not be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from harness.sim.config.paths import child_words, edit_path
from harness.sim.config.schema import Kind, Limits, Must, Schema, Statement
from harness.sim.config.tree import EMPTY, Key, Node, Value
from harness.sim.messages import SIMULATED, Complaint, error
from harness.sim.yang.must_changes import ANY, Differences, Touched, touched
from harness.sim.yang.must_paths import Hops, Scene, as_node
from harness.sim.yang.must_rules import Reach, Rule, rule_of

_NOT_CHECKED = frozenset({"groups", "tenants"})  # a group is checked where it's inherited
_NOTHING = Limits()
_PREDEFINED = "junos-"  # zones, applications and others that the device brings along


@dataclass(slots=True, eq=False)
class Site:
    """A statement that has rules, or something below it has; made when it's first configured."""

    statement: Statement
    chain: tuple[Statement, ...]  # from the top to the statement
    rules: tuple[Rule, ...]
    of_words: dict[str, tuple[Rule, ...]]
    keys: tuple[Site, ...]  # keys with rules
    mandatory: tuple[str, ...]  # children that must be there
    most: int
    children: dict[str, Site | None] = field(default_factory=dict)
    outward: tuple[int, tuple[Outward, ...]] = (-1, ())  # and of which generation of the model

    @property
    def level(self) -> int:
        """How many levels of the configuration are around it."""
        return len(self.chain) - 1

    def every_rule(self) -> Iterator[Rule]:
        """Walk its rules, those of its words and keys included."""
        yield from self.rules
        for rules in self.of_words.values():
            yield from rules
        for key in self.keys:
            yield from key.every_rule()


@dataclass(frozen=True, slots=True)
class Outward:
    """A site and the way down to it from a site above."""

    route: tuple[Site, ...]
    references: frozenset[Hops]  # what the rules themselves require to exist


class RuleBook:
    """The rules of one model; devices of the model share it."""

    def __init__(self, schema: Schema) -> None:
        self._generation = 0  # sites are made as configurations show them
        self._top = self._site((schema,))

    def complaints(self, old: Node, new: Node) -> tuple[Complaint, ...]:
        """Return what is against ``new``; ``old`` is a configuration without complaints.

        Both are without deactivated statements. An empty ``old`` has everything looked at.
        """
        if old is new or (old and not any(_Change(self, old, new).broken())):
            return ()
        return tuple(_Whole(self, new).complaints())

    @property
    def top(self) -> Site:
        """The site of the configuration as a whole."""
        return self._top

    def child(self, site: Site, tag: str) -> Site | None:
        """Return the site of a child; None when nothing is asked of it or below it."""
        try:
            return site.children[tag]
        except KeyError:
            pass
        made = None
        statement = site.statement.children.get(tag)
        skipped = site.level == 0 and tag in _NOT_CHECKED
        if statement is not None and statement.limits is not None and not skipped:
            made = self._site((*site.chain, statement))
        site.children[tag] = made
        return made

    def _site(self, chain: tuple[Statement, ...]) -> Site:
        self._generation += 1
        statement = chain[-1]
        limits = statement.limits or _NOTHING
        has_body = statement.kind in {Kind.CONTAINER, Kind.LIST}
        return Site(
            statement,
            chain,
            rules=_ready(chain, limits.musts),
            of_words={word: _ready(chain, musts) for word, musts in limits.of_words.items()},
            keys=tuple(self._site((*chain, key)) for key in statement.keys if key.limits),
            mandatory=_mandatory(statement) if has_body and limits.below else (),
            most=limits.most,
        )

    def outward(self, site: Site) -> tuple[Outward, ...]:
        """Return the sites at and below ``site`` that have rules, as far as they exist."""
        generation, found = site.outward
        if generation != self._generation:
            found = tuple(self._outward(site))
            site.outward = (self._generation, found)
        return found

    def _outward(self, site: Site) -> Iterator[Outward]:
        references = frozenset(
            rule.reference for rule in site.every_rule() if rule.reference is not None
        )
        if any(rule.reaches for rule in site.every_rule()):
            yield Outward((site,), references)
        for child in site.children.values():
            if child is not None:
                for below in self.outward(child):
                    yield Outward((site, *below.route), below.references)


def _ready(chain: tuple[Statement, ...], musts: Sequence[Must]) -> tuple[Rule, ...]:
    made = (rule_of(chain, must) for must in musts)
    return tuple(rule for rule in made if rule is not None)


def _mandatory(statement: Statement) -> tuple[str, ...]:
    """Return the children that must be there; what stands in a case is asked of no other case."""
    return tuple(
        child.tag
        for child in statement.children.values()
        if child.limits is not None
        and child.limits.mandatory
        and not child.cases
        and child.kind is not Kind.KEY
    )


class _Walk:
    """A walk over a tree; keeps what a rule may ask about the way to where it stands."""

    def __init__(self, book: RuleBook) -> None:
        self.book = book
        self.scene = Scene()

    def enter(self, node: Node, site: Site, key: Key | None = None) -> str | None:
        """Step into a container or an entry; return the key of its list that was known before."""
        self.scene.nodes.append(node)
        if key is None:
            return None
        name = site.statement.tag
        before = self.scene.keys.get(name)
        self.scene.keys[name] = key if isinstance(key, str) else key[0]
        return before

    def leave(self, site: Site, key: Key | None = None, before: str | None = None) -> None:
        """Step out again."""
        self.scene.nodes.pop()
        if key is None:
            return
        if before is None:
            del self.scene.keys[site.statement.tag]
        else:
            self.scene.keys[site.statement.tag] = before

    def failing(self, rules: Iterable[Rule], own: str) -> Iterator[Rule]:
        """Walk the rules that don't hold for a statement of value ``own``."""
        if own.startswith(_PREDEFINED):
            return iter(())
        self.scene.own = own
        return (rule for rule in rules if not rule.holds(self.scene))

    def failing_here(self, site: Site, value: Value, key: Key | None) -> Iterator[Rule]:
        """Walk the rules of a statement that don't hold, its node entered if it has one."""
        if key is not None:
            names = (key,) if isinstance(key, str) else key
            yield from self.failing(site.rules, names[0])
            for ruled in site.keys:
                its = names[site.statement.keys.index(ruled.statement)]
                yield from self.failing(ruled.rules, its)
                yield from self.failing(ruled.of_words.get(its, ()), its)
        elif isinstance(value, Node):
            yield from self.failing(site.rules, "")
        else:
            for own in value if isinstance(value, tuple) else (value,):
                text = own if isinstance(own, str) else ""
                yield from self.failing(site.rules, text)
                yield from self.failing(site.of_words.get(text, ()), text)


class _Whole(_Walk):
    """Everything, in the order of the model."""

    def __init__(self, book: RuleBook, tree: Node) -> None:
        super().__init__(book)
        self._tree = tree

    def complaints(self) -> Iterator[Complaint]:
        """Walk all complaints."""
        yield from self._body(self._tree, self.book.top, ())

    def _body(self, node: Node, site: Site, path: tuple[str, ...]) -> Iterator[Complaint]:
        self.scene.nodes.append(node)
        for name in site.mandatory:
            if name not in node:
                text = f"Missing mandatory statement: '{name}'"
                yield error(text, edit_path(path), name)
        order = site.statement.order
        for tag in sorted(node, key=lambda tag: order.get(str(tag), -1)):
            child = self.book.child(site, str(tag))
            if child is not None:
                yield from self._child(node[tag], child, path)
        self.scene.nodes.pop()

    def _child(self, value: Value, site: Site, path: tuple[str, ...]) -> Iterator[Complaint]:
        statement = site.statement
        if site.most and isinstance(value, Node | tuple) and len(value) > site.most:
            text = f"more than {site.most} of {statement.tag} {SIMULATED}"
            yield error(text, edit_path(path), statement.tag)
        if statement.kind is Kind.LIST:
            for key, entry in as_node(value).items():
                yield from self._node(as_node(entry), site, path, key)
        elif isinstance(value, Node):
            yield from self._node(value, site, path)
        else:
            for one in value if isinstance(value, tuple) else (value,):
                words = [*child_words(statement), *([one] if isinstance(one, str) else [])]
                yield from self._said(site, one, path, " ".join(words))

    def _node(
        self, node: Node, site: Site, path: tuple[str, ...], key: Key | None = None
    ) -> Iterator[Complaint]:
        words = child_words(site.statement, key)
        before = self.enter(EMPTY, site, key)
        self.scene.nodes[-1] = node
        yield from self._said(site, node, path, " ".join(words), key)
        self.scene.nodes.pop()
        yield from self._body(node, site, path + words)
        self.scene.nodes.append(node)
        self.leave(site, key, before)

    def _said(
        self, site: Site, value: Value, path: tuple[str, ...], element: str, key: Key | None = None
    ) -> Iterator[Complaint]:
        for message in dict.fromkeys(rule.message for rule in self.failing_here(site, value, key)):
            yield error(message, edit_path(path), element)


class _Change(_Walk):
    """What a change may have broken."""

    def __init__(self, book: RuleBook, old: Node, new: Node) -> None:
        super().__init__(book)
        self._trees = (old, new)
        self._before: list[Node] = []  # the old nodes on the way
        self._touched: dict[int, Touched] = {}  # by reach
        self._differences = Differences()

    def broken(self) -> Iterator[object]:
        """Walk whatever is wrong; anything at all means that the change is refused."""
        old, new = self._trees
        yield from self._body(new, old, self.book.top)

    def _body(self, new: Node, old: Node, site: Site) -> Iterator[object]:
        self.scene.nodes.append(new)
        self._before.append(old)
        yield from (tag for tag in site.mandatory if tag not in new)
        for tag, value in new.items():
            child = self.book.child(site, str(tag))
            if child is None:
                continue
            before = old.get(tag)
            if child.most and isinstance(value, Node | tuple) and len(value) > child.most:
                yield child
            if child.statement.kind is Kind.LIST:
                if isinstance(value, Node):
                    yield from self._list(value, as_node(before), child)
            elif not isinstance(value, Node):
                yield from self.failing_here(child, value, None)
            elif value is before:
                yield from self._untouched(value, child)
            else:
                yield from self._node(value, as_node(before), child)
        self.scene.nodes.pop()
        self._before.pop()

    def _list(self, new: Node, old: Node, site: Site) -> Iterator[object]:
        for key, before, now in self._differences.of(old, new):
            if now is not None:
                yield from self._node(as_node(now), as_node(before), site, key)
        for outward in self.book.outward(site):
            changed = self._reached_by(outward)
            if changed is not None:
                for key, entry in _candidates(new, outward, changed):
                    if old.get(key) is entry:
                        yield from self._down(entry, key, outward.route, changed)

    def _node(self, new: Node, old: Node, site: Site, key: Key | None = None) -> Iterator[object]:
        known = self.enter(new, site, key)
        yield from self.failing_here(site, new, key)
        self.scene.nodes.pop()
        yield from self._body(new, old, site)
        self.scene.nodes.append(new)
        self.leave(site, key, known)

    def _untouched(self, node: Node, site: Site) -> Iterator[object]:
        """Look at a container that didn't change for the sake of what did elsewhere."""
        for outward in self.book.outward(site):
            changed = self._reached_by(outward)
            if changed is not None:
                yield from self._down(node, None, outward.route, changed)

    def _reached_by(self, outward: Outward) -> Touched:
        """Return for which own values the change matters to a site: None, some, or any."""
        found: Touched = None
        for rule in outward.route[-1].every_rule():
            for reach in rule.reaches:
                if reach.level >= len(self.scene.nodes):
                    continue  # within what didn't change
                one = self._touched_by(reach, outward.references)
                if one is ANY:
                    return ANY
                if one is not None:
                    found = one if found is None else found | one
        return found

    def _touched_by(self, reach: Reach, references: frozenset[Hops]) -> Touched:
        if reach.everywhere and id(reach) in self._touched:
            return self._touched[id(reach)]
        pair = (self._before[reach.level], self.scene.nodes[reach.level])
        found = touched(pair, reach, references, self.scene, self._differences)
        self._touched[id(reach)] = found
        return found

    def _down(
        self, value: Value, key: Key | None, route: Sequence[Site], changed: frozenset[str]
    ) -> Iterator[object]:
        """Follow a route from a node to where it ends, and look at the rules there."""
        site, *rest = route
        if not rest:
            if changed is ANY or _may_be(value, key, changed):
                yield from self._at_end(value, key, site)
            return
        if not isinstance(value, Node):
            return
        following = rest[0]
        below = value.get(following.statement.tag)
        if below is None:
            return
        known = self.enter(value, site, key)
        if following.statement.kind is Kind.LIST:
            for inner, entry in as_node(below).items():
                yield from self._down(entry, inner, rest, changed)
        else:
            yield from self._down(below, None, rest, changed)
        self.leave(site, key, known)

    def _at_end(self, value: Value, key: Key | None, site: Site) -> Iterator[object]:
        if isinstance(value, Node):
            known = self.enter(value, site, key)
            yield from self.failing_here(site, value, key)
            self.leave(site, key, known)
        else:
            yield from self.failing_here(site, value, key)


def _candidates(
    entries: Node, outward: Outward, changed: frozenset[str]
) -> Iterable[tuple[Key, Value]]:
    """Return the entries of a list that a route may lead through to a value of ``changed``."""
    alone = len(outward.route) == 1 and len(outward.route[0].statement.keys) == 1
    if alone and changed is not ANY:
        return [(key, entries[key]) for key in changed if key in entries]
    return entries.items()


def _may_be(value: Value, key: Key | None, changed: frozenset[str]) -> bool:
    """Say whether a statement's own value, or one of them, is among ``changed``."""
    if key is not None:
        return not changed.isdisjoint((key,) if isinstance(key, str) else key)
    if isinstance(value, tuple):
        return not changed.isdisjoint(value)
    return not isinstance(value, str) or value in changed
