"""The few UNIX commands that a device's shell has, over the device's own files."""

from __future__ import annotations

import fnmatch
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from harness.sim.files.errors import FileError, Reason
from harness.sim.files.file_system import Directory, Entry, FileSystem
from harness.sim.files.listing import blocks, df, long_lines
from harness.sim.files.paths import absolute

_MAX_LINES: Final = 10
_OCTAL: Final = re.compile(r"\\([abfnrtv\\]|0?[0-7]{1,3})")
_ESCAPES: Final = dict(zip("abfnrtv\\", "\a\b\f\n\r\t\v\\", strict=True))


@dataclass(slots=True)
class Surroundings:
    """What commands see of the shell that runs them."""

    files: FileSystem
    user: str
    directory: str
    hostname: str
    release: str  # of Junos
    now: datetime
    linux: bool = False

    def path(self, name: str) -> str:
        """Return the absolute path of ``name``; raises :class:`FileError`."""
        if name == "~" or name.startswith("~/"):
            name = self.files.home(self.user) + name[1:]
        return absolute(name, self.directory)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command printed, and its exit status."""

    output: str = ""
    errors: str = ""
    status: int = 0


Tool = Callable[[Surroundings, Sequence[str], str], Outcome]


def _split(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """Return the letters of the options, and the operands."""
    letters = ""
    rest = list(arguments)
    while rest and rest[0].startswith("-") and len(rest[0]) > 1:
        option = rest.pop(0)
        if option == "--":
            break
        letters += option.lstrip("-")
    return letters, rest


def _each(
    name: str, operands: Sequence[str], action: Callable[[str], None], *, quiet: bool = False
) -> Outcome:
    """Do something to every operand; what fails is told and fails the command."""
    errors = ""
    for operand in operands:
        try:
            action(operand)
        except FileError as exc:
            if not (quiet and exc.reason is Reason.MISSING):
                errors += f"{name}: {operand}: {exc.reason.value}\n"
    return Outcome("", errors, 1 if errors else 0)


def _usage(name: str, rest: str) -> Outcome:
    return Outcome("", f"usage: {name} {rest}\n", 64)


def _echo(_: Surroundings, arguments: Sequence[str], __: str) -> Outcome:
    silent = bool(arguments) and arguments[0] == "-n"
    return Outcome(" ".join(arguments[silent:]) + ("" if silent else "\n"))


def _printf(_: Surroundings, arguments: Sequence[str], __: str) -> Outcome:
    """Write a format with its escapes; of conversions only %s, %d and %% are known."""
    if not arguments:
        return _usage("printf", "format [arguments ...]")
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


def _pwd(here: Surroundings, _: Sequence[str], __: str) -> Outcome:
    return Outcome(f"{here.directory}\n")


def _cd(here: Surroundings, arguments: Sequence[str], _: str) -> Outcome:
    target = arguments[0] if arguments else "~"
    try:
        path = here.path(target)
        here.files.names(path)
    except FileError as exc:
        return Outcome("", f"{target}: {exc.reason.value}.\n", 1)
    here.directory = path
    return Outcome()


def _ls(here: Surroundings, arguments: Sequence[str], _: str) -> Outcome:
    letters, operands = _split(arguments)
    single: list[tuple[str, Entry]] = []
    directories: list[tuple[str, str]] = []
    errors = ""
    for operand in operands or ["."]:
        try:
            path = here.path(operand)
            found = here.files.find(path)
        except FileError as exc:
            errors += f"ls: {operand}: {exc.reason.value}\n"
            continue
        if isinstance(found, Directory) and "d" not in letters:
            directories.append((operand, path))
        else:
            single.append((operand, found))
    text = _lines(single, letters)
    for name, path in directories:
        heading = f"{name}:\n" if len(operands) > 1 else ""
        entries = [
            (one, here.files.find(f"{path}/{one}"))
            for one in here.files.names(path)
            if "a" in letters or not one.startswith(".")
        ]
        total = f"total {sum(blocks(entry) for _, entry in entries)}\n" if "l" in letters else ""
        text += heading + total + _lines(entries, letters)
    return Outcome(text, errors, 1 if errors else 0)


def _lines(entries: Sequence[tuple[str, Entry]], letters: str) -> str:
    lines = long_lines(entries) if "l" in letters else [name for name, _ in entries]
    return "".join(f"{line}\n" for line in lines)


def _cat(here: Surroundings, arguments: Sequence[str], given: str) -> Outcome:
    _, operands = _split(arguments)
    if not operands:
        return Outcome(given)
    parts: list[str] = []

    def read(name: str) -> None:
        parts.append(here.files.read(here.path(name)).decode("utf-8", "replace"))

    outcome = _each("cat", operands, read)
    return Outcome("".join(parts), outcome.errors, outcome.status)


def _rm(here: Surroundings, arguments: Sequence[str], _: str) -> Outcome:
    letters, operands = _split(arguments)
    tree = "r" in letters or "R" in letters
    if not operands and "f" not in letters:
        return _usage("rm", "[-f | -i] [-dIPRrvWx] file ...")

    def remove(name: str) -> None:
        path = here.path(name)
        here.files.remove_tree(path) if tree else here.files.remove(path)

    return _each("rm", operands, remove, quiet="f" in letters)


def _mkdir(here: Surroundings, arguments: Sequence[str], _: str) -> Outcome:
    letters, operands = _split(arguments)
    if not operands:
        return _usage("mkdir", "[-pv] [-m mode] directory_name ...")

    def make(name: str) -> None:
        path = here.path(name)
        if "p" not in letters:
            here.files.make_directory(path, here.user)
            return
        parts = path.strip("/").split("/")
        for count in range(1, len(parts) + 1):
            part = "/" + "/".join(parts[:count])
            if not here.files.is_directory(part):
                here.files.make_directory(part, here.user)

    return _each("mkdir", operands, make)


def _rmdir(here: Surroundings, arguments: Sequence[str], _: str) -> Outcome:
    _, operands = _split(arguments)
    if not operands:
        return _usage("rmdir", "[-p] directory ...")
    return _each("rmdir", operands, lambda name: here.files.remove_directory(here.path(name)))


def _touch(here: Surroundings, arguments: Sequence[str], _: str) -> Outcome:
    def touch(name: str) -> None:
        here.files.append(here.path(name), b"", here.user)

    return _each("touch", _split(arguments)[1], touch)


def _transfer(name: str) -> Tool:
    """Return ``cp`` or ``mv``."""

    def tool(here: Surroundings, arguments: Sequence[str], _: str) -> Outcome:
        _, operands = _split(arguments)
        if len(operands) < 2:
            return _usage(name, "source target")
        *sources, target = operands

        def one(source: str) -> None:
            old, new = here.path(source), here.path(target)
            if here.files.is_directory(new):
                new = f"{new}/{old.rpartition('/')[2]}"
            if name == "cp":
                here.files.copy(old, new, here.user)
            else:
                here.files.rename(old, new)

        return _each(name, sources, one)

    return tool


def _ln(_: Surroundings, arguments: Sequence[str], __: str) -> Outcome:
    name = arguments[-1] if arguments else ""
    return Outcome("", f"ln: {name}: Operation not supported\n", 1)


def _digest(name: str) -> Tool:
    """Return ``md5``, ``sha1`` or ``sha256``, or what Linux has instead."""
    method = name.removesuffix("sum")

    def tool(here: Surroundings, arguments: Sequence[str], given: str) -> Outcome:
        letters, operands = _split(arguments)
        lines: list[str] = []

        def one(operand: str) -> None:
            content = here.files.read(here.path(operand))
            digest = hashlib.new(method, content, usedforsecurity=False).hexdigest()
            if name.endswith("sum"):
                lines.append(f"{digest}  {operand}\n")
            else:
                lines.append(
                    f"{digest}\n"
                    if "q" in letters
                    else f"{method.upper()} ({operand}) = {digest}\n"
                )

        if not operands:
            digest = hashlib.new(method, given.encode(), usedforsecurity=False).hexdigest()
            return Outcome(f"{digest}\n")
        outcome = _each(name, operands, one)
        return Outcome("".join(lines), outcome.errors, outcome.status)

    return tool


def _df(here: Surroundings, _: Sequence[str], __: str) -> Outcome:
    return Outcome(df(here.files))


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
    letters, operands = _split(arguments)
    outcome = _cat(here, operands, given)
    text = outcome.output
    counts = {"l": text.count("\n"), "w": len(text.split()), "c": len(text.encode())}
    shown = "".join(f"{counts[each]:>8}" for each in (letters or "lwc") if each in counts)
    return Outcome(" ".join((shown, *operands)) + "\n", outcome.errors, outcome.status)


def _says(make: Callable[[Surroundings], str]) -> Tool:
    return lambda here, _arguments, _given: Outcome(f"{make(here)}\n")


def _uname(here: Surroundings, arguments: Sequence[str], _: str) -> Outcome:
    system = "Linux" if here.linux else "JUNOS"
    if "-a" in arguments:
        return Outcome(f"{system} {here.hostname} {here.release} [simulated]\n")
    return Outcome(f"{system}\n")


def _identity(here: Surroundings) -> str:
    number = 0 if here.user == "root" else 2000
    return f"uid={number}({here.user}) gid=0(wheel) groups=0(wheel)"


TOOLS: Final[Mapping[str, Tool]] = {
    "echo": _echo,
    "printf": _printf,
    "pwd": _pwd,
    "cd": _cd,
    "ls": _ls,
    "cat": _cat,
    "rm": _rm,
    "mkdir": _mkdir,
    "rmdir": _rmdir,
    "touch": _touch,
    "cp": _transfer("cp"),
    "mv": _transfer("mv"),
    "ln": _ln,
    "df": _df,
    "test": _test,
    "[": _test,
    "head": _ends("head"),
    "tail": _ends("tail"),
    "wc": _wc,
    "true": lambda _here, _arguments, _given: Outcome(),
    "false": lambda _here, _arguments, _given: Outcome(status=1),
    "hostname": _says(lambda here: here.hostname),
    "whoami": _says(lambda here: here.user),
    "id": _says(_identity),
    "uname": _uname,
    "date": _says(
        lambda here: f"{here.now:%a %b} {here.now.day:>2} {here.now:%H:%M:%S} UTC {here.now:%Y}"
    ),
}
BSD: Final[Mapping[str, Tool]] = {name: _digest(name) for name in ("md5", "sha1", "sha256")}
LINUX: Final[Mapping[str, Tool]] = {
    name: _digest(name) for name in ("md5sum", "sha1sum", "sha256sum")
}


def expand(here: Surroundings, pattern: str) -> list[str]:
    """Return the names that a word with wildcards in its last part stands for, sorted."""
    directory, slash, last = pattern.rpartition("/")
    try:
        names = here.files.names(here.path(directory + slash if slash else "."))
    except FileError:
        return []
    hidden = last.startswith(".")
    return [
        f"{directory}{slash}{name}"
        for name in names
        if fnmatch.fnmatchcase(name, last) and (hidden or not name.startswith("."))
    ]
