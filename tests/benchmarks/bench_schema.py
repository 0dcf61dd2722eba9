"""Measure compiled schemas: their size, building, loading, look-up, and rules; asserts no time.

``python tests/benchmarks/bench_schema.py MODELS [tunnels]``, where MODELS is a release of the
vendor's models, unpacked or its ``.tar.xz``. Ratios say more than seconds: each stands beside
what the same work costs otherwise.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Network
from itertools import count
from pathlib import Path

from rich.console import Console
from rich.table import Table as Shown

from harness.cli.yang import reference_models
from harness.plan.builder import build_plan
from harness.plan.model import Kind, Site
from harness.render.rendering import render
from harness.sim.config.loading import load
from harness.sim.config.schema import Statement
from harness.sim.config.secret9 import Salts
from harness.sim.config.tree import Node
from harness.sim.config.words import ValueReader
from harness.sim.store.profiles import profile
from harness.sim.yang.compiling import compile_family
from harness.sim.yang.model import model_of
from harness.sim.yang.must_engine import RuleBook
from harness.sim.yang.table import Table, read_table, write_table

REPETITIONS = 5
PATH = ("security", "ipsec", "vpn", "ike", "gateway")
SITE = Site(
    device="srx4100",
    platform="srx4100",
    external_interface="xe-0/0/0.0",
    external_zone="untrust",
    local=IPv4Address("192.0.2.1"),
    peers=IPv4Network("198.18.0.0/15"),
    inner=IPv4Network("100.64.0.0/10"),
)


def best(work: Callable[[], object], repetitions: int = REPETITIONS) -> float:
    """Return the seconds of the fastest of several runs."""
    found = []
    for _ in range(repetitions):
        gc.collect()
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def found_in(model: Statement) -> Statement:
    """Look a statement up."""
    for tag in PATH:
        model = model.children[tag]
    return model


def files(models: Path, folder: Path, shown: Shown) -> None:
    """Build and load each family."""
    for family in ("junos-es", "junos", "junos-nfx"):
        building = best(lambda family=family: compile_family(models, family), 1)
        table = compile_family(models, family)
        for suffix in (".json.xz", ".json.gz"):
            target = folder / f"{family}{suffix}"
            size = write_table(table, target)
            loading = best(lambda target=target: model_of(read_table(target)))
            shown.add_row(
                target.name,
                f"{size / 1024:.0f} KiB",
                f"{building:.2f} s",
                f"{loading * 1000:.0f} ms",
                f"{building / loading:.0f}",
            )


class Bench:
    """Configurations of a device with a compiled schema, or with the embedded one."""

    def __init__(self, schema: Path | None) -> None:
        parts = profile("srx4100", schema)
        self.model = parts.schema
        self._reader = ValueReader(Salts(b""))
        self.base = self.loaded(Node(), parts.base, "set")

    def loaded(self, tree: Node, payload: str, fmt: str) -> Node:
        """Load a payload; anything said against it ends the benchmark."""
        action = "set" if fmt == "set" else "merge"
        done = load(tree, payload, self.model, self._reader, fmt=fmt, action=action)
        if done.complaints:
            raise SystemExit(str(done.complaints[0]))
        return done.tree


def growing_blanks() -> Iterator[str]:
    """Walk strings of one, two, three and more blanks."""
    return (" " * number for number in count(1))


def rules(schema: Path, tunnels: int, shown: Shown) -> None:
    """Load and judge tunnels of each kind, all of them and one more."""
    compiled, embedded = Bench(schema), Bench(None)
    book = RuleBook(compiled.model)
    book.complaints(Node(), compiled.base)
    # Another blank at the end each time: a device remembers payloads that it has read.
    blanks = growing_blanks()
    for kind in Kind:
        many, more = (
            render(build_plan(SITE, kind, number, run_key=bytes(32))).xml()
            for number in (tunnels, tunnels + 1)
        )
        tree = compiled.loaded(compiled.base, many, "xml")
        after = compiled.loaded(tree, more, "xml")
        book.complaints(compiled.base, tree)
        loading = best(lambda p=many: compiled.loaded(compiled.base, p + next(blanks), "xml"))
        otherwise = best(lambda p=many: embedded.loaded(embedded.base, p + next(blanks), "xml"))
        whole = best(lambda tree=tree: book.complaints(Node(), tree))
        change = best(lambda tree=tree, after=after: book.complaints(tree, after))
        shown.add_row(
            str(kind),
            f"{loading * 1000:.0f} ms",
            f"{loading / otherwise:.2f}",
            f"{whole * 1000:.0f} ms",
            f"{change * 1000:.2f} ms",
            f"{whole / change:.0f}",
        )


def main() -> None:
    """Print the tables."""
    if len(sys.argv) < 2:
        raise SystemExit("usage: bench_schema.py MODELS [tunnels]")
    tunnels = int(sys.argv[2]) if len(sys.argv) > 2 else 1500
    console = Console(width=110)
    about_files = Shown("file", "size", "build", "load", "build/load", title="compiled schemas")
    about_rules = Shown(
        *("kind", "load", "load/embedded", "all rules", "one more tunnel", "all/one more"),
        title=f"{tunnels} tunnels",
    )
    with (
        reference_models(Path(sys.argv[1])) as models,
        tempfile.TemporaryDirectory() as folder,
    ):
        files(models, Path(folder), about_files)
        schema = Path(folder) / "junos-es.json.xz"
        table = read_table(schema)
        found_in(profile("srx4100").schema)  # the outline beside it is grown once for all
        cold = min(best(lambda model=model: found_in(model), 1) for model in models_of(table))
        warm_model = model_of(table)
        found_in(warm_model)
        warm = best(lambda: found_in(warm_model))
        rules(schema, tunnels, about_rules)
    console.print(about_files)
    console.print(
        f"look-up of {' '.join(PATH)}: {cold * 1e6:.0f} µs cold, {warm * 1e6:.1f} µs warm"
    )
    console.print(about_rules)


def models_of(table: Table) -> list[Statement]:
    """Return models of one table that nobody has looked at."""
    return [model_of(table) for _ in range(REPETITIONS)]


if __name__ == "__main__":
    main()
