"""The page about the dead-man's switch: its picture and its tables, drawn from the state machine.

``python -m harness.deploy.deadman_page FILE`` draws them anew in FILE, between the two marks;
``make docs`` does it for the project's own page. Pure but for that command.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from harness.deploy.deadman import MEANING, OURS, TRANSITIONS, State
from harness.errors import UsageError

BEGIN: Final = "<!-- drawn from harness/deploy/deadman.py by `make docs`: -->"
END: Final = "<!-- end of what is drawn -->"


def mermaid() -> str:
    """Return the state machine as a Mermaid diagram, which GitHub and GitLab render."""
    return "\n".join(
        [
            "```mermaid",
            "stateDiagram-v2",
            f"    [*] --> {State.BASELINE}",
            *(
                f"    {state} --> {after}: {action}"
                for state, row in TRANSITIONS.items()
                for action, after in row.items()
            ),
            *(f"    {state} --> [*]" for state, row in TRANSITIONS.items() if not row),
            "```",
        ]
    )


def tables() -> str:
    """Return what each state means and what may be sent or happen in it, as Markdown."""
    return "\n".join([*_states(), "", *_steps()])


def drawn(page: str) -> str:
    """Return ``page`` with what stands between the marks drawn anew.

    Raises :class:`UsageError` for a page without the marks.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise UsageError(f"the page needs the lines '{BEGIN}' and '{END}', in this order")
    return f"{before}{BEGIN}\n\n{mermaid()}\n\n{tables()}\n\n{END}{after}"


def _states() -> Iterator[str]:
    yield "| state | what holds |"
    yield "| --- | --- |"
    yield from (f"| {state} | {MEANING[state]} |" for state in State)


def _steps() -> Iterator[str]:
    yield "| in state | we send | it happens, or is found | then |"
    yield "| --- | --- | --- | --- |"
    for state, row in TRANSITIONS.items():
        for action, after in row.items():
            ours, theirs = (action, "") if action in OURS else ("", action)
            yield f"| {state} | {ours} | {theirs} | {after} |"
        if not row:
            yield f"| {state} | nothing | nothing |  |"


def main(arguments: list[str]) -> None:
    """Draw the page that is named anew."""
    (name,) = arguments
    path = Path(name)
    path.write_text(drawn(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
