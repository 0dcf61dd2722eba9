"""What a campaign prints: a table by kind of death, the figures, and a seed's story."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from campaign.judge import State
from campaign.kinds import Kind
from campaign.scenario import scenario
from campaign.seed import Result

_HEAD = (
    "kind of death",
    "seeds",
    "came",
    "by run",
    "by restore",
    "quarant.",
    "dirty",
    "lost",
    "false",
)


def table(results: Sequence[Result]) -> Iterator[str]:
    """Yield the lines of the table: seeds, instants that came, how devices ended."""
    rows = [_row(kind, [each for each in results if each.kind is kind]) for kind in Kind]
    rows = [row for row in rows if row[1]]
    rows.append(_row("all", results))
    for row in (_HEAD, *rows):
        yield f"{row[0]:<32}" + "".join(f"{value!s:>11}" for value in row[1:])


def _row(name: str, results: Sequence[Result]) -> tuple[str | int, ...]:
    clean = [each for each in results if not each.bad and not each.count(State.QUARANTINED)]
    return (
        str(name),
        len(results),
        sum(each.happened for each in results),
        sum(len(each.codes) == 1 for each in clean),
        sum(len(each.codes) > 1 for each in clean),
        sum(each.count(State.QUARANTINED) for each in results),
        sum(each.count(State.DIRTY) for each in results),
        sum(each.count(State.LOST) for each in results),
        sum(len(each.false_passes) for each in results),
    )


def figures(results: Sequence[Result]) -> str:
    """Return the figures on one line."""
    return (
        f"{len(results)} seeds, {sum(each.count(State.DIRTY) for each in results)} devices dirty, "
        f"{sum(each.count(State.LOST) for each in results)} foreign changes lost, "
        f"{sum(len(each.false_passes) for each in results)} passes that should not be, "
        f"{sum(each.count(State.QUARANTINED) for each in results)} devices quarantined, "
        f"{sum(each.hung for each in results)} commands hung"
    )


def complaint(result: Result) -> Iterator[str]:
    """Yield what is wrong with a seed."""
    yield f"seed {result.seed} ({result.kind}): codes {', '.join(map(str, result.codes))}"
    for each in result.judgements:
        if each.wrong:
            yield f"  {each.device}: {each.state}:"
            yield from (f"    {line}" for line in each.wrong.splitlines()[:12])
    yield from (f"  false pass: {each}" for each in result.false_passes)


def story(result: Result) -> Iterator[str]:
    """Yield all that is known of a seed."""
    yield str(scenario(result.seed))
    yield from (f"* {line}" for line in result.story)
    yield result.output
    yield from complaint(result)
    yield f"signature {result.signature}"
