"""The few UNIX commands that a device's shell has, over the device's own files."""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from harness.sim.cli.unix_text import TEXT_TOOLS
from harness.sim.cli.unix_tool import Outcome, Surroundings, Tool, for_each, options, usage
from harness.sim.files.errors import FileError
from harness.sim.files.file_system import Directory, Entry
from harness.sim.files.listing import blocks, df, long_lines


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
    letters, operands = options(arguments)
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


def _rm(here: Surroundings, arguments: Sequence[str], _: str) -> Outcome:
    letters, operands = options(arguments)
    tree = "r" in letters or "R" in letters
    if not operands and "f" not in letters:
        return usage("rm", "[-f | -i] [-dIPRrvWx] file ...")

    def remove(name: str) -> None:
        path = here.path(name)
        here.files.remove_tree(path) if tree else here.files.remove(path)

    return for_each("rm", operands, remove, quiet="f" in letters)


def _mkdir(here: Surroundings, arguments: Sequence[str], _: str) -> Outcome:
    letters, operands = options(arguments)
    if not operands:
        return usage("mkdir", "[-pv] [-m mode] directory_name ...")

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

    return for_each("mkdir", operands, make)


def _rmdir(here: Surroundings, arguments: Sequence[str], _: str) -> Outcome:
    _, operands = options(arguments)
    if not operands:
        return usage("rmdir", "[-p] directory ...")
    return for_each("rmdir", operands, lambda name: here.files.remove_directory(here.path(name)))


def _touch(here: Surroundings, arguments: Sequence[str], _: str) -> Outcome:
    def touch(name: str) -> None:
        here.files.append(here.path(name), b"", here.user)

    return for_each("touch", options(arguments)[1], touch)


def _transfer(name: str) -> Tool:
    """Return ``cp`` or ``mv``."""

    def tool(here: Surroundings, arguments: Sequence[str], _: str) -> Outcome:
        _, operands = options(arguments)
        if len(operands) < 2:
            return usage(name, "source target")
        *sources, target = operands

        def one(source: str) -> None:
            old, new = here.path(source), here.path(target)
            if here.files.is_directory(new):
                new = f"{new}/{old.rpartition('/')[2]}"
            if name == "cp":
                here.files.copy(old, new, here.user)
            else:
                here.files.rename(old, new)

        return for_each(name, sources, one)

    return tool


def _ln(_: Surroundings, arguments: Sequence[str], __: str) -> Outcome:
    name = arguments[-1] if arguments else ""
    return Outcome("", f"ln: {name}: Operation not supported\n", 1)


def _digest(name: str) -> Tool:
    """Return ``md5``, ``sha1`` or ``sha256``, or what Linux has instead."""
    method = name.removesuffix("sum")

    def tool(here: Surroundings, arguments: Sequence[str], given: str) -> Outcome:
        letters, operands = options(arguments)
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
        outcome = for_each(name, operands, one)
        return Outcome("".join(lines), outcome.errors, outcome.status)

    return tool


def _df(here: Surroundings, _: Sequence[str], __: str) -> Outcome:
    return Outcome(df(here.files))


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
    **TEXT_TOOLS,
    "pwd": _pwd,
    "cd": _cd,
    "ls": _ls,
    "rm": _rm,
    "mkdir": _mkdir,
    "rmdir": _rmdir,
    "touch": _touch,
    "cp": _transfer("cp"),
    "mv": _transfer("mv"),
    "ln": _ln,
    "df": _df,
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
