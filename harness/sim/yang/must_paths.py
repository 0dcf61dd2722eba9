"""Paths of rules on a configuration: found in the model once, then followed in trees."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from harness.sim.config.schema import Kind, Statement
from harness.sim.config.tree import EMPTY, Key, Node, Value
from harness.sim.yang.must_grammar import Path, Step, Word

_KEY_OF = re.compile(r"\$\{([^}]*)\}")


@dataclass(slots=True)
class Scene:
    """Where a rule is looked at: the nodes from the top to the statement, and its own value."""

    nodes: list[Node] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)  # of the entries on the way, by list
    own: str = ""
    tallies: dict[tuple[int, int], Counter[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Down:
    """To a child; ``many``: a list, which is there if it has entries."""

    tag: str
    many: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """To the entries of a list that match; None is a key that isn't asked for."""

    keys: tuple[Step | None, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A value of the leaf or leaf-list."""

    value: Step


Hop: TypeAlias = Down | Entry | Held
Hops: TypeAlias = tuple[Hop, ...]
# What of a name follows the own value: the whole, the part before or after its last dot.
_OWN, _OWN_UNIT = Step(Word.OWN), Step(Word.OWN_UNIT)
_IFD, _IFL = Step(Word.OWN_UNIT, "interface"), Step(Word.OWN_UNIT, "unit")


def level_of(chain: Sequence[Statement], path: Path) -> tuple[int, Hops] | None:
    """Find where in the model a path begins, and its hops from there; None: nowhere.

    ``chain``: the statements from the top to the one that has the rule. Where a path doesn't
    exist at its level, the nearest level where it does is taken: some rules count otherwise.
    """
    if path.up < 0:
        hops = hops_of(chain[0], path.steps)
        return None if hops is None else (0, hops)
    wanted = len(chain) - 1 - path.up
    levels = [at for at, one in enumerate(chain) if one.kind in _BODIES]
    for level in sorted(levels, key=lambda one: (abs(one - wanted), -one)):
        hops = hops_of(chain[level], path.steps)
        if hops is not None:
            return level, hops
    return None


def hops_of(statement: Statement, steps: Sequence[Step]) -> Hops | None:
    """Find the words of a path below a container or list entry; None: not in the model."""
    if not steps:
        return ()
    if statement.kind not in _BODIES:
        return (Held(steps[0]),) if statement.kind in _VALUED and len(steps) == 1 else None
    head = steps[0]
    child = None
    if head.word is Word.NAME:
        child = statement.words.get(head.text) or statement.children.get(head.text)
        if child is not None and child.kind is Kind.KEY:
            child = None
    if child is None:
        child = statement.unnamed
    else:
        steps = steps[1:]
    if child is None:
        return None
    if child.kind is Kind.LIST:
        return _entry_hops(child, steps)
    below = hops_of(child, steps)
    return None if below is None else (Down(child.tag), *below)


_VALUED = frozenset({Kind.LEAF, Kind.LEAF_LIST})
_BODIES = frozenset({Kind.CONTAINER, Kind.LIST})


def _entry_hops(statement: Statement, steps: Sequence[Step]) -> Hops | None:
    down = Down(statement.tag, many=True)
    if not steps:
        return (down,)
    if steps[0] == _OWN_UNIT:
        return _unit_hops(statement, steps)
    keys: list[Step | None] = []
    for position, _ in enumerate(statement.keys):
        typed = statement.key_words[position] if position else ""
        if typed and steps and steps[0] == Step(Word.NAME, typed):
            steps = steps[1:]
        keys.append(steps[0] if steps else None)
        steps = steps[1:]
    below = hops_of(statement, steps)
    if below is None and keys == [_OWN]:
        return _unit_hops(statement, (_OWN, *steps))  # some rules leave out "-IFL"
    return None if below is None else (down, Entry(tuple(keys)), *below)


def _unit_hops(statement: Statement, steps: Sequence[Step]) -> Hops | None:
    """Find what is below a logical interface; None: the list isn't that of interfaces."""
    if "unit" not in statement.words:
        return None
    below = hops_of(statement, (Step(Word.NAME, "unit"), _IFL, *steps[1:]))
    return None if below is None else (Down(statement.tag, many=True), Entry((_IFD,)), *below)


def exact(step: Step, scene: Scene) -> str | None:
    """Return the text that a step stands for; None for a pattern, or when nothing is known."""
    word = step.word
    if word is Word.NAME:
        return step.text
    if word is Word.OWN:
        return scene.own
    if word is Word.OWN_UNIT:
        before, _, after = scene.own.partition(".")
        return before if step == _IFD else after or "0"
    if word is Word.KEY_OF:
        names = _KEY_OF.findall(step.text)
        if all(name in scene.keys for name in names):
            return _KEY_OF.sub(lambda found: scene.keys[found[1]], step.text)
    return None


def matches(step: Step, text: str, scene: Scene) -> bool:
    """Say whether a key or value is one that a step stands for."""
    if step.word is Word.LIKE:
        return text.startswith(step.text)
    return exact(step, scene) == text


def reached(value: Value | None, hops: Hops, scene: Scene, place: int = 0) -> Iterator[Value]:
    """Walk what the hops lead to from ``value``."""
    while value is not None:
        if place == len(hops):
            yield value
            return
        hop = hops[place]
        place += 1
        if isinstance(hop, Held):
            held = value if isinstance(value, tuple) else (value,)
            yield from (one for one in held if matches(hop.value, str(one), scene))
            return
        if not isinstance(value, Node):
            return
        if isinstance(hop, Down):
            value = value.get(hop.tag)
            if hop.many and isinstance(value, Node) and not value:
                return
            continue
        one = hop.keys[0]
        if len(hop.keys) > 1 or one is None or one.word is Word.LIKE:
            for entry in _entries(value, hop, scene):
                yield from reached(entry, hops, scene, place)
            return
        key = exact(one, scene)
        value = None if key is None else value.get(key)


def _entries(node: Node, hop: Entry, scene: Scene) -> Iterator[Value]:
    for key, entry in node.items():
        names = (key,) if isinstance(key, str) else key
        wanted = zip(hop.keys, names, strict=False)
        if all(step is None or matches(step, name, scene) for step, name in wanted):
            yield entry


def is_pattern(hops: Hops) -> bool:
    """Say whether hops can lead to several places."""
    return any(
        isinstance(hop, Entry) and any(s is None or s.word is Word.LIKE for s in hop.keys)
        for hop in hops
    )


def finder(level: int, hops: Hops) -> Callable[[Scene], int]:
    """Return what counts the places that hops lead to from a level.

    A pattern is looked up in a tally that is made once for a tree, if nothing but its end
    depends on the statement: a rule of 1500 tunnels that looks at 1500 tunnels stays cheap.
    """
    last = hops[-1] if hops else None
    if is_pattern(hops) and not any(map(_depends, hops[:-1])):
        if _is_own(last):
            return _tallied(level, hops)
        if last is not None and not _depends(last):
            return _counted(level, hops)

    def count(scene: Scene) -> int:
        return sum(1 for _ in reached(scene.nodes[level], hops, scene))

    return count


def _counted(level: int, hops: Hops) -> Callable[[Scene], int]:
    def count(scene: Scene) -> int:
        top = scene.nodes[level]
        key = (id(hops), id(top))
        tally = scene.tallies.get(key)
        if tally is None:
            found = sum(1 for _ in reached(top, hops, scene))
            tally = scene.tallies[key] = Counter({"": found})
        return tally[""]

    return count


def _is_own(hop: Hop | None) -> bool:
    step = hop.value if isinstance(hop, Held) else None
    if isinstance(hop, Entry) and len(hop.keys) == 1:
        step = hop.keys[0]
    return step is not None and step.word is Word.OWN


def _depends(hop: Hop) -> bool:
    """Say whether a hop means something else for another statement."""
    if isinstance(hop, Down):
        return False
    steps = (hop.value,) if isinstance(hop, Held) else hop.keys
    return any(step is not None and step.word not in {Word.NAME, Word.LIKE} for step in steps)


def _tallied(level: int, hops: Hops) -> Callable[[Scene], int]:
    def count(scene: Scene) -> int:
        top = scene.nodes[level]
        key = (id(hops), id(top))
        tally = scene.tallies.get(key)
        if tally is None:
            tally = scene.tallies[key] = Counter()
            for value in reached(top, hops[:-1], scene):
                held: Sequence[Key] = [str(value)]
                if isinstance(value, Node):
                    held = list(value)
                elif isinstance(value, tuple):
                    held = value
                tally.update(one for one in held if isinstance(one, str))
        return tally[scene.own]

    return count


def as_node(value: Value | None) -> Node:
    """Return a node where there is one, else an empty one."""
    return value if isinstance(value, Node) else EMPTY
