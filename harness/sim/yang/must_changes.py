"""What of two configurations matters to a rule that looks at a place in them."""

from __future__ import annotations

from typing import Final, TypeAlias

from harness.sim.config.tree import Node, Value
from harness.sim.yang.must_grammar import Step, Word
from harness.sim.yang.must_paths import Down, Entry, Held, Hops, Scene, as_node, exact
from harness.sim.yang.must_rules import Reach

# For statements of which own values a change matters: none, these, or all.
Touched: TypeAlias = frozenset[str] | None
ANY: Final[frozenset[str]] = frozenset({"any value at all"})  # told from others by identity


def touched(
    old: Value | None, new: Value | None, reach: Reach, references: frozenset[Hops], scene: Scene
) -> Touched:
    """Return for which own values the difference between ``old`` and ``new`` matters to a rule.

    ``references``: what the statement requires to exist. It existed before, so that its being
    added now is about nobody.
    """
    hops = reach.hops
    for place, hop in enumerate(hops):
        if old is new or (not isinstance(old, Node) and not isinstance(new, Node) and old == new):
            return None
        if isinstance(hop, Down):
            old, new = as_node(old).get(hop.tag), as_node(new).get(hop.tag)
        elif isinstance(hop, Held):
            return _held(old, new, hop.value, reach, scene)
        else:
            step = hop.keys[0] if len(hop.keys) == 1 else None
            if step is not None and step.word in {Word.OWN, Word.OWN_UNIT}:
                return _keyed(as_node(old), as_node(new), reach, references, place)
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
        found = (before - now if reach.by_loss else frozenset()) | (
            now - before if reach.by_gain else frozenset()
        )
        return found or None
    text = exact(step, scene)
    if text is None:
        return ANY if before != now else None
    return _matters(reach, lost=text in before - now, gained=text in now - before)


def _values(value: Value | None) -> frozenset[str]:
    if isinstance(value, tuple):
        return frozenset(value)
    return frozenset({value}) if isinstance(value, str) else frozenset()


def _keyed(old: Node, new: Node, reach: Reach, references: frozenset[Hops], place: int) -> Touched:
    """Return the keys whose entries differ in a way that can break the rule."""
    hops = reach.hops
    hop = hops[place]
    by_unit = isinstance(hop, Entry) and hop.keys[0] is not None
    by_unit = by_unit and hop.keys[0].word is Word.OWN_UNIT  # type: ignore[union-attr]  # an Entry
    end = place + 2 if by_unit else place
    pairs = _units(old, new) if by_unit else _pairs(old, new)
    last = end == len(hops) - 1
    known = hops[: end + 1] in references
    found = set()
    for key, before, now in pairs:
        if before is None:
            matters = reach.by_gain and not known
        elif now is None:
            matters = reach.by_loss
        else:
            matters = not last
        if matters:
            found.add(key)
    return frozenset(found) or None


Pair: TypeAlias = tuple[str, Value | None, Value | None]


def _pairs(old: Node, new: Node) -> list[Pair]:
    """Return the entries of two lists that differ, as (key, before, now)."""
    gone: list[Pair] = [(str(key), entry, None) for key, entry in old.items() if key not in new]
    return gone + [
        (str(key), old.get(key), entry) for key, entry in new.items() if old.get(key) is not entry
    ]


def _units(old: Node, new: Node) -> list[Pair]:
    """Return the logical interfaces that differ, by name; unit 0 by that of the interface too."""
    found: list[Pair] = []
    for name, before, now in _pairs(old, new):
        units = _pairs(as_node(as_node(before).get("unit")), as_node(as_node(now).get("unit")))
        for unit, one, other in units:
            found.append((f"{name}.{unit}", one, other))
            if unit == "0":
                found.append((name, one, other))
    return found
