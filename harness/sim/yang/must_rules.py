"""Rules of the models made ready: an expression as a function, and what could break it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from harness.sim.config.schema import Must, Statement
from harness.sim.yang.must_grammar import (
    Both,
    Either,
    Expression,
    Never,
    Not,
    Path,
    Quantified,
    Word,
    parse_must,
    paths_of,
)
from harness.sim.yang.must_paths import Entry, Hops, Scene, finder, level_of, reached

Holds = Callable[[Scene], bool]


@dataclass(frozen=True, slots=True)
class Reach:
    """A path of a rule: what it looks at, and which kind of change there can break the rule."""

    level: int  # where it begins, from the top
    hops: Hops
    by_loss: bool
    by_gain: bool

    @property
    def everywhere(self) -> bool:
        """Whether it looks at the same place wherever the rule stands."""
        return self.level == 0 and not any(map(_is_around, self.hops))


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule at one place of the model."""

    holds: Holds
    message: str
    reaches: tuple[Reach, ...]
    reference: Hops | None = None  # it says no more than that this exists


def rule_of(chain: Sequence[Statement], must: Must) -> Rule | None:
    """Make a rule ready for the statement at the end of ``chain``; None: it isn't enforced.

    That is so where a path isn't in the model and the rule would then hold never, or always,
    and where the rule was taken over from another family and a path isn't in this one.
    """
    expression = parse_must(must.expression)
    found = {path: level_of(chain, path) for path in paths_of(expression)}
    lacking = None in found.values()
    if lacking and (must.inferred or _outcome(expression, found) is not None):
        return None
    plain = _without_dead_ends(expression, found)
    reference = found[plain] if isinstance(plain, Path) else None
    return Rule(
        _function(expression, found),
        must.message,
        tuple(_reaches(expression, found, positive=True)),
        reference[1] if reference is not None and reference[0] == 0 else None,
    )


_Found = dict[Path, tuple[int, Hops] | None]


def _outcome(expression: Expression, found: _Found) -> bool | None:
    """Return what an expression comes to whatever is configured; None: it depends."""
    if isinstance(expression, Never):
        return False
    if isinstance(expression, Path | Quantified):
        path = expression if isinstance(expression, Path) else expression.path
        absent = isinstance(expression, Quantified) and expression.word != "any"
        return absent if found[path] is None else None
    if isinstance(expression, Not):
        inner = _outcome(expression.inner, found)
        return None if inner is None else not inner
    sides = {_outcome(expression.left, found), _outcome(expression.right, found)}
    decides = isinstance(expression, Either)
    if decides in sides:
        return decides
    return None if None in sides else not decides


def _without_dead_ends(expression: Expression, found: _Found) -> Expression:
    """Leave the side of an ``||`` that can be true, if the other one can't."""
    if isinstance(expression, Either):
        for side, other in (
            (expression.left, expression.right),
            (expression.right, expression.left),
        ):
            if _outcome(other, found) is False:
                return _without_dead_ends(side, found)
    return expression


def _function(expression: Expression, found: _Found) -> Holds:
    if isinstance(expression, Never):
        return lambda _: False
    if isinstance(expression, Path):
        return _exists(found[expression])
    if isinstance(expression, Quantified):
        return _quantified(expression.word, found[expression.path])
    if isinstance(expression, Not):
        inner = _function(expression.inner, found)
        return lambda scene: not inner(scene)
    left, right = _function(expression.left, found), _function(expression.right, found)
    if isinstance(expression, Both):
        return lambda scene: left(scene) and right(scene)
    return lambda scene: left(scene) or right(scene)


def _exists(place: tuple[int, Hops] | None) -> Holds:
    if place is None:
        return lambda _: False
    count = finder(*place)
    return lambda scene: count(scene) > 0


def _quantified(word: str, place: tuple[int, Hops] | None) -> Holds:
    if word == "any" or place is None:
        return _exists(place) if word == "any" else lambda _: True
    level, hops = place
    if word == "unique":
        count = finder(level, hops)
        return lambda scene: count(scene) <= 1
    patterns = [at for at, hop in enumerate(hops) if _is_like(hop)]
    split = patterns[-1] + 1 if patterns else len(hops)

    def every(scene: Scene) -> bool:
        return all(
            any(True for _ in reached(value, hops[split:], scene))
            for value in reached(scene.nodes[level], hops[:split], scene)
        )

    return every


def _is_around(hop: object) -> bool:
    return isinstance(hop, Entry) and any(
        step is not None and step.word is Word.KEY_OF for step in hop.keys
    )


def _is_like(hop: object) -> bool:
    return isinstance(hop, Entry) and any(s is None or s.word is Word.LIKE for s in hop.keys)


def _reaches(expression: Expression, found: _Found, *, positive: bool) -> Iterator[Reach]:
    if isinstance(expression, Not):
        yield from _reaches(expression.inner, found, positive=not positive)
    elif isinstance(expression, Both | Either):
        yield from _reaches(expression.left, found, positive=positive)
        yield from _reaches(expression.right, found, positive=positive)
    elif isinstance(expression, Path | Quantified):
        path = expression if isinstance(expression, Path) else expression.path
        word = "" if isinstance(expression, Path) else expression.word
        place = found[path]
        # What breaks "unique" is new itself, and has the same rule.
        if place is not None and word != "unique":
            yield Reach(*place, by_loss=positive, by_gain=not positive)
