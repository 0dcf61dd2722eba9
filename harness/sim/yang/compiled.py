"""A compiled schema as devices use it: its model and its rules, read once for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from harness.sim.config.schema import Schema
from harness.sim.messages import Complaint
from harness.sim.rules import ipsec
from harness.sim.rules.engine import Check, CommitRule, zone_of_policies
from harness.sim.yang.model import model_of
from harness.sim.yang.must_engine import RuleBook
from harness.sim.yang.table import read_table

_REPEATED = frozenset({ipsec.vpn_references, ipsec.next_hop_tunnels, zone_of_policies})


@dataclass(frozen=True, slots=True)
class Compiled:
    """One compiled file; devices share the model and the rules."""

    family: str
    release: str
    schema: Schema = field(repr=False)
    book: RuleBook = field(repr=False)


def load_compiled(source: Path) -> Compiled:
    """Read a compiled schema, once however many devices use it.

    Raises :class:`~harness.errors.UsageError` for a file that can't be read as one.
    """
    try:
        status = source.stat()
    except OSError:
        return _loaded(source, (0, 0))  # read_table says what is wrong
    return _loaded(source.resolve(), (status.st_mtime_ns, status.st_size))


@lru_cache(maxsize=8)
def _loaded(source: Path, _changed: tuple[int, int]) -> Compiled:
    table = read_table(source)
    schema = model_of(table)
    return Compiled(table.family, table.release, schema, RuleBook(schema))


def beside_the_models(compiled: Compiled, own: Sequence[CommitRule]) -> tuple[CommitRule, ...]:
    """Return the rules of the models and, of our own, what the models don't say themselves.

    Rules of ours that only repeat the models' step aside, and any of them does where the models
    complain about the same statement.
    """
    own = [rule for rule in own if rule not in _REPEATED]

    def check_models(check: Check) -> Iterator[Complaint]:
        said = () if check.learning else compiled.book.complaints(check.old, check.new)
        yield from said
        places = {(one.path, one.bad_element) for one in said}
        for rule in own:
            for one in rule(check):
                if (one.path, one.bad_element) not in places:
                    yield one

    return (check_models,)
