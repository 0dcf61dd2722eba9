"""UNIX commands of a device's shell that write, count and compare text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from harness.sim.cli.unix_tool import Outcome, Surroundings, Tool, for_each, options, usage
from harness.sim.files.file_system import FileSystem

_MAX_LINES: Final = 10
_OCTAL: Final = re.compile(r"\\([abfnrtv\\]|0?[0-7]{1,3})")
_ESCAPES: Final = dict(zip("abfnrtv\\", "\a\b\f\n\r\t\v\\", strict=True))


def _echo(_: Surroundings, arguments: Sequence[str], __: str) -> Outcome:
    silent = bool(arguments) and arguments[0] == "-n"
    return Outcome(" ".join(arguments[silent:]) + ("" if silent else "\n"))


def _printf(_: Surroundings, arguments: Sequence[str], __: str) -> Outcome:
    """Write a format with its escapes; of conversions only %s, %d and %% are known."""
    if not arguments:
        return usage("printf", "format [arguments ...]")
    rest = list(arguments[1:])

    def converted(match: re.Match[str]) -> str:
        if match.group() == "%%":
            return "%"
        return rest.pop(0) if rest else ("0" if match.group() == "%d" else "")

    return Outcome(re.sub(r"%[sd%]", converted, _unescaped(arguments[0])))


def _unescaped(text: str) -> str:
    def sign(match: re.Match[str]) -> str:
        code = match.group(1)
        return _ESCAPES.get(code) or chr(int(code, 8) & 0xFF)

    return _OCTAL.sub(sign, text)


def _cat(here: Surroundings, arguments: Sequence[str], given: str) -> Outcome:
    _, operands = options(arguments)
    if not operands:
        return Outcome(given)
    parts: list[str] = []

    def read(name: str) -> None:
        parts.append(here.files.read(here.path(name)).decode("utf-8", "replace"))

    outcome = for_each("cat", operands, read)
    return Outcome("".join(parts), outcome.errors, outcome.status)


def _test(here: Surroundings, arguments: Sequence[str], _: str) -> Outcome:
    words = list(arguments)
    if words[-1:] == ["]"]:
        words.pop()
    negated = words[:1] == ["!"]
    words = words[negated:]
    if len(words) == 2 and words[0] in _ABOUT_FILES:
        holds = _ABOUT_FILES[words[0]](here.files, here.path(words[1]))
    else:
        holds = _compared(words)
    return Outcome(status=int(holds is negated))


_ABOUT_FILES: Final[Mapping[str, Callable[[FileSystem, str], bool]]] = {
    "-e": FileSystem.exists,
    "-r": FileSystem.exists,
    "-w": FileSystem.exists,
    "-d": FileSystem.is_directory,
    "-f": lambda files, path: files.exists(path) and not files.is_directory(path),
    "-s": lambda files, path: files.exists(path) and files.find(path).size > 0,
}


def _compared(words: list[str]) -> bool:
    match words:
        case [one, ("=" | "==" | "-eq"), other]:
            return one == other
        case [one, ("!=" | "-ne"), other]:
            return one != other
        case ["-z", text]:
            return not text
        case ["-n", text] | [text]:
            return bool(text)
    return False


def _ends(name: str) -> Tool:
    """Return ``head`` or ``tail``."""

    def tool(here: Surroundings, arguments: Sequence[str], given: str) -> Outcome:
        count, operands = _MAX_LINES, list(arguments)
        if operands and operands[0] == "-n" and len(operands) > 1:
            operands = [f"-{operands[1].lstrip('-')}", *operands[2:]]
        if operands and operands[0][:1] == "-" and operands[0][1:].isdigit():
            count = int(operands.pop(0)[1:10])
        outcome = _cat(here, operands, given)
        lines = outcome.output.splitlines(keepends=True)
        part = lines[:count] if name == "head" else lines[len(lines) - min(count, len(lines)) :]
        return Outcome("".join(part), outcome.errors, outcome.status)

    return tool


def _wc(here: Surroundings, arguments: Sequence[str], given: str) -> Outcome:
    letters, operands = options(arguments)
    outcome = _cat(here, operands, given)
    text = outcome.output
    counts = {"l": text.count("\n"), "w": len(text.split()), "c": len(text.encode())}
    shown = "".join(f"{counts[each]:>8}" for each in (letters or "lwc") if each in counts)
    return Outcome(" ".join((shown, *operands)) + "\n", outcome.errors, outcome.status)


TEXT_TOOLS: Final[Mapping[str, Tool]] = {
    "echo": _echo,
    "printf": _printf,
    "cat": _cat,
    "test": _test,
    "[": _test,
    "head": _ends("head"),
    "tail": _ends("tail"),
    "wc": _wc,
}
