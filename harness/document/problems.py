"""One line per mistake: where it is, what is wrong, what is allowed; never a secret."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Path = tuple[str | int, ...]

SHOWN = 100  # further problems of one file are only counted


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake at one place."""

    line: int
    path: Path
    text: str

    def render(self, source: str) -> str:
        """Write ``FILE:LINE: key.path: text``."""
        where = path_text(self.path)
        return (
            f"{source}:{self.line}: {where}: {self.text}"
            if where
            else (f"{source}:{self.line}: {self.text}")
        )


def path_text(path: Path) -> str:
    """Write a path as ``devices.hub.tags[1]``; what stands below a password is left out.

    ``password: {hunter2}`` is a mapping in YAML, and its key would be the password.
    """
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            shown = step if step.isprintable() else ascii(step)
            text += ("." if text else "") + shown[:80]
        if step == "password":
            break
    return text


def render_all(problems: Iterable[Problem], source: str) -> tuple[str, ...]:
    """Sort by line, cut after :data:`SHOWN`."""
    ordered = sorted(problems, key=lambda p: (p.line, path_text(p.path), p.text))
    lines = [problem.render(source) for problem in ordered[:SHOWN]]
    if len(ordered) > SHOWN:
        lines.append(f"{source}: and {len(ordered) - SHOWN} more problems")
    return tuple(lines)


def unknown_key(key: str, allowed: Iterable[str], borrowed: Mapping[str, str]) -> str:
    """Word an unknown key, with the nearest allowed one; the key itself stands in the path.

    ``borrowed`` maps words of other tools, too far off for a spelling suggestion, to ours.
    """
    names = list(allowed)
    near = difflib.get_close_matches(key, names, n=1)
    if not near and borrowed.get(key) in names:
        near = [borrowed[key]]
    hint = f", did you mean {near[0]}?" if near else ""
    return f"unknown key{hint}; allowed: {', '.join(names)}"
