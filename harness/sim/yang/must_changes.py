"""What of two configurations matters to a rule that looks at a place in them."""

from __future__ import annotations

from itertools import compress, islice
from operator import is_not
from typing import Final, TypeAlias

from harness.sim.config.tree import Key, Node, Value
from harness.sim.yang.must_grammar import Step, Word
from harness.sim.yang.must_paths import Down, Held, Hops, Scene, as_node, exact
from harness.sim.yang.must_rules import Reach

# For statements of which own values a change matters: none, these, or all.
Touched: TypeAlias = frozenset[str] | None
ANY: Final[frozenset[str]] = frozenset({"any value at all"})  # told from others by identity


Pair: TypeAlias = tuple[Key, Value | None, Value | None]


class Differences:
    """The entries in which lists of two configurations differ, each pair of lists looked at once.

    It keeps the lists alive, which keeps them apart by identity.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[Node, Node, list[Pair]]] = {}

    def of(self, old: Node, new: Node) -> list[Pair]:
        """Return (key, before, now) of the entries that differ; None for one that isn't there."""
        key = (id(old), id(new))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = (old, new, _pairs(old, new))
        return known[2]

    def of_units(self, old: Node, new: Node) -> list[Pair]:
        """Return the logical interfaces that differ; unit 0 goes by its interface's name too."""
        found: list[Pair] = []
        for name, before, now in self.of(old, new):
            units = as_node(as_node(before).get("unit")), as_node(as_node(now).get("unit"))
            for unit, one, other in self.of(*units):
                found.append((f"{name}.{unit}", one, other))
                if unit == "0":
                    found.append((name, one, other))
        return found


def _pairs(old: Node, new: Node) -> list[Pair]:
    count = len(old)
    if count <= len(new) and list(islice(new, count)) == list(old):
        # Mostly something was added at the end: 1500 entries are compared without a loop.
        changed = compress(new, map(is_not, new.values(), old.values()))
        pairs = [(key, old[key], new[key]) for key in changed]
        return pairs + [(key, None, new[key]) for key in islice(new, count, None)]
    gone: list[Pair] = [(key, entry, None) for key, entry in old.items() if key not in new]
    return gone + [
        (key, old.get(key), entry) for key, entry in new.items() if old.get(key) is not entry
    ]


def touched(
    pair: tuple[Value | None, Value | None],
    reach: Reach,
    references: frozenset[Hops],
    scene: Scene,
    differences: Differences,
) -> Touched:
    """Return for which own values the difference of a pair, old and new, matters to a rule.

    ``references``: what the statement requires to exist. It existed before, so that its being
    added now is about nobody.
    """
    old, new = pair
    for place, hop in enumerate(reach.hops):
        if old is new or (not isinstance(old, Node) and not isinstance(new, Node) and old == new):
            return None
        if isinstance(hop, Down):
            old, new = as_node(old).get(hop.tag), as_node(new).get(hop.tag)
        elif isinstance(hop, Held):
            return _held(old, new, hop.value, reach, scene)
        else:
            step = hop.keys[0] if len(hop.keys) == 1 else None
            if step is not None and step.word is Word.OWN:
                pairs = differences.of(as_node(old), as_node(new))
                return _keyed(pairs, reach, references, place)
            if step is not None and step.word is Word.OWN_UNIT:
                pairs = differences.of_units(as_node(old), as_node(new))
                return _keyed(pairs, reach, references, place + 2)
            key = None if step is None else exact(step, scene)
            if key is None:
                return ANY
            old, new = as_node(old).get(key), as_node(new).get(key)
    return _matters(reach, lost=old is not None and new is None, gained=old is None is not new)


def _matters(reach: Reach, *, lost: bool, gained: bool) -> Touched:
    return ANY if (lost and reach.by_loss) or (gained and reach.by_gain) else None


def _held(old: Value | None, new: Value | None, step: Step, reach: Reach, scene: Scene) -> Touched:
    before, now = _values(old), _values(new)
    if step.word is Word.OWN:
        lost = before - now if reach.by_loss else frozenset()
        gained = now - before if reach.by_gain else frozenset()
        return lost | gained or None
    text = exact(step, scene)
    if text is None:
        return ANY if before != now else None
    return _matters(reach, lost=text in before - now, gained=text in now - before)


def _values(value: Value | None) -> frozenset[str]:
    if isinstance(value, tuple):
        return frozenset(value)
    return frozenset({value}) if isinstance(value, str) else frozenset()


def _keyed(pairs: list[Pair], reach: Reach, references: frozenset[Hops], place: int) -> Touched:
    """Return the keys whose entries differ in a way that can break the rule.

    ``place``: the hop that the key is of.
    """
    last = place == len(reach.hops) - 1
    known = reach.hops[: place + 1] in references
    found: set[str] = set()
    for key, before, now in pairs:
        if before is None:
            matters = reach.by_gain and not known
        elif now is None:
            matters = reach.by_loss
        else:
            matters = not last
        if matters and isinstance(key, str):
            found.add(key)
    return frozenset(found) or None
