"""What a person sees while a run goes on: which device, which rung, how long, what is next."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from rich.console import Console
from rich.control import Control
from rich.segment import ControlType

from harness.clock import Clock
from harness.outcome import Outcome
from harness.reporting.record import Case
from harness.reporting.redact import redact
from harness.reporting.summary import Summary, plain, render
from harness.reporting.text import one_line

_STYLES = {
    Outcome.PASS: "green",
    Outcome.FAIL: "red",
    Outcome.UNHEALTHY: "red",
    Outcome.ERROR: "red",
    Outcome.BLOCKED: "magenta",
    Outcome.SKIP: "yellow",
}
_ERASE = Control((ControlType.ERASE_IN_LINE, 2))
_TABLE_WIDTH = 120  # columns; below, cells would be cut
_REASON_SHOWN = 200  # characters; the whole reason is in the failure and in the record


class Progress:
    """One line per ended case, through rich; plain text where there is no terminal."""

    def __init__(self, config: pytest.Config, clock: Clock) -> None:
        self._clock = clock
        self._config = config
        self._console = Console(highlight=False, soft_wrap=True)
        self._quiet = config.getoption("verbose", 0) < 0  # no such option with -p no:terminal
        self._order: tuple[str, ...] = ()
        self._began: dict[str, float] = {}
        self._ended: set[str] = set()

    def tell(self, words: str) -> None:
        """Write a line of what goes on before and between cases."""
        # pytest's own writer: before the cases it holds back what others print.
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.ensure_newline()
            reporter.write_line(one_line(redact(words)))
            reporter.flush()

    def planned(self, nodeids: Sequence[str]) -> bool:
        """Take the list of cases; return False when it was given before."""
        if self._order:
            return False
        self._order = tuple(nodeids)
        return True

    def started(self, nodeid: str) -> None:
        """Note when a case began; a terminal shows it until its line is written."""
        self._began[nodeid] = self._clock.monotonic()
        if self._console.is_terminal and not self._quiet:
            running = [_label(n) for n in self._began if n not in self._ended]
            self._console.control(_ERASE)
            self._console.print(f"     running: {', '.join(running)}", end="\r", overflow="crop")

    def ended(self, nodeid: str, case: Case) -> None:
        """Write the line of a case that ended."""
        first = nodeid not in self._ended
        self._ended.add(nodeid)
        if self._quiet or (not first and case.outcome is Outcome.PASS):
            return
        if self._console.is_terminal:
            self._console.control(_ERASE)
        seconds = self._clock.monotonic() - self._began.get(nodeid, self._clock.monotonic())
        style = _STYLES[case.outcome]
        count = f"{len(self._ended):>3}/{len(self._order) or '?'}"
        shown = case.outcome is not Outcome.PASS or case.observation
        words = one_line(redact(case.reason), _REASON_SHOWN) if shown else ""
        reason = f"  {words}" if words else ""
        line = f"{count}  {_label(nodeid)}  [{style}]{case.outcome}[/]  {seconds:.1f} s"
        self._console.print(line, end="")
        self._console.print(reason, markup=False, end="")
        following = self._next()
        self._console.print(f"  (next: {following})" if following else "", markup=False)

    def close(self) -> None:
        """Say that cases are over and restoring begins."""
        if not self._quiet and self._order:
            self._console.print("cases ended; proving that every device is at its baseline")

    def show(self, summary: Summary) -> None:
        """Print the table: drawn on a terminal that's wide enough, else as whole lines."""
        if self._console.is_terminal and self._console.width >= _TABLE_WIDTH:
            self._console.print(render(summary))
        else:
            self._console.print(plain(summary), markup=False)

    def _next(self) -> str:
        waiting = (n for n in self._order if n not in self._began)
        return next((_label(nodeid) for nodeid in waiting), "")


def _label(nodeid: str) -> str:
    function = nodeid.partition("::")[2] or nodeid
    name, bracket, parameters = function.partition("[")
    return f"{name.removeprefix('test_')} {parameters.rpartition(']')[0]}" if bracket else name
