"""``file …``, ``show log`` and the working directory: what a login does to the device's files.

The shapes of the replies are those that PyEZ's file utilities read (recorded ``file-list`` and
``file-show`` replies); texts about single files are those of the FreeBSD tools that Junos runs.
"""

from __future__ import annotations

import base64
import difflib
import fnmatch
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from harness.errors import HarnessBug
from harness.sim.answers import Arguments, Refusal, Report
from harness.sim.device import Login
from harness.sim.files.errors import FileError, Reason
from harness.sim.files.file_system import Directory, Entry
from harness.sim.files.listing import GROUP, blocks, links, long_lines, permissions
from harness.sim.files.paths import local
from harness.sim.markup import leaf, node
from harness.sim.messages import SIMULATED, error
from harness.sim.operational.operation import EVERYWHERE, Operation
from harness.sim.times import epoch
from harness.sim.view import View

_SILENT: Final = Report(lambda: "", lambda: "")
_MAX_COMPARED: Final = 2000
_DIGESTS: Final = {"md5": "MD5", "sha1": "SHA1", "sha256": "SHA256"}


def working_directory(login: Login) -> str:
    """Return where relative names start: the home directory, unless it was changed."""
    return login.directory or login.device.files.home(login.user)


def path_of(login: Login, name: str) -> str:
    """Return the absolute path that ``name`` means to this login.

    Raises ``Refusal`` for a file of another host, :class:`FileError` for an impossible path.
    """
    login.device.files.home(login.user)
    path = local(name, login.user, working_directory(login))
    if path is None:
        raise Refusal(error(f"could not fetch {name}: other hosts can't be reached {SIMULATED}"))
    return path


def read_text(login: Login, name: str) -> str:
    """Return a file's text; raises ``Refusal`` when there is none."""
    try:
        return login.device.files.read(path_of(login, name)).decode("utf-8", "replace")
    except FileError as exc:
        raise Refusal(error(f"could not resolve file: {name}")) from exc


def _needed(arguments: Arguments, name: str) -> str:
    value = arguments.get(name, "")
    if not value:
        raise Refusal(error("missing argument", bad_element=name))
    return value


def _show(login: Login, arguments: Arguments) -> Report:
    return _content(login, _needed(arguments, "filename"))


def _log(login: Login, arguments: Arguments) -> Report:
    name = arguments.get("filename", "")
    if name:
        return _content(login, name if name.startswith("/") else f"/var/log/{name}")
    return _list(login, {"path": "/var/log", "detail": ""})


def _content(login: Login, name: str) -> Report:
    files = login.device.files
    try:
        path = path_of(login, name)
        content = files.read(path)
    except FileError as exc:
        raise Refusal(error(f"could not resolve file: {name}")) from exc
    text = content.decode("utf-8", "replace")
    plain = all(sign.isprintable() or sign in "\n\t" for sign in text)
    attributes = {
        "filename": path,
        "filesize": str(len(content)),
        "encoding": "text" if plain else "base64",
        **epoch(login.device.clock.now()),
    }
    shown = text if plain else base64.encodebytes(content).decode("ascii")
    return Report(lambda: leaf("file-content", f"\n{shown}", attributes), lambda: text)


def _list(login: Login, arguments: Arguments) -> Report:
    name = arguments.get("path") or working_directory(login)
    try:
        path = path_of(login, name)
        return _listed(login, path, name, detail="detail" in arguments)
    except FileError as exc:
        return _no_list(login, f"{name}: {exc.reason.value}", name)


def _listed(login: Login, path: str, name: str, *, detail: bool) -> Report:
    files = login.device.files
    if files.is_directory(path):
        shown = f"{path.rstrip('/')}/"
        entries = [(one, files.find(f"{shown}{one}")) for one in files.names(path)]
        return _directory(login, shown, entries, detail=detail)
    parent, _, pattern = path.rpartition("/")
    names = files.names(parent or "/")
    found = [one for one in names if one == pattern or fnmatch.fnmatchcase(one, pattern)]
    if not found:
        raise FileError(Reason.MISSING, name)
    entries = [(f"{parent}/{one}", files.find(f"{parent}/{one}")) for one in found]
    return _directory(login, "", entries, detail=detail)


def _no_list(login: Login, text: str, path: str) -> Report:
    attributes = {"root-path": path, **epoch(login.device.clock.now()), "junos:style": "verbose"}
    return Report(
        lambda: node("directory-list", leaf("output", text), attributes=attributes),
        lambda: f"{text}\n",
    )


def _directory(
    login: Login, name: str, entries: list[tuple[str, Entry]], *, detail: bool
) -> Report:
    """List a directory, or without ``name`` single files."""
    total = sum(blocks(entry) for _, entry in entries)
    attributes = {
        "root-path": name or entries[0][0],
        **epoch(login.device.clock.now()),
        "junos:style": "verbose" if detail else "brief",
    }
    header = (leaf("directory-name", name), leaf("total-file-blocks", total)) if name else ()
    files = sum(not isinstance(entry, Directory) for _, entry in entries)

    def xml() -> str:
        return node(
            "directory-list",
            node(
                "directory",
                *header,
                *(_information(one, entry, detail=detail) for one, entry in entries),
                leaf("total-files", files),
                attributes={"name": name},
            ),
            attributes=attributes,
        )

    def text() -> str:
        shown = [(f"{one}/" if isinstance(e, Directory) else one, e) for one, e in entries]
        lines = long_lines(shown) if detail else [one for one, _ in shown]
        head = [f"\n{name}:"] if name else []
        if detail:
            head += [f"total blocks: {total}"] if name else []
            lines.append(f"total files: {files}")
        return "".join(f"{line}\n" for line in (*head, *lines))

    return Report(xml, text)


def _information(name: str, entry: Entry, *, detail: bool) -> str:
    kind = leaf("file-directory", "", {"junos:format": "/"})
    parts = [leaf("file-name", name), kind if isinstance(entry, Directory) else ""]
    if detail:
        when = entry.modified
        date = {"junos:format": f"{when:%b} {when.day:>2} {when:%H:%M}"}
        parts += [
            leaf("file-permissions", f"{entry.mode:o}", {"junos:format": permissions(entry)}),
            leaf("file-owner", entry.owner),
            leaf("file-group", GROUP),
            leaf("file-links", links(entry)),
            leaf("file-size", entry.size),
            leaf("file-date", int(when.timestamp()), date),
        ]
    return node("file-information", *parts)


def _checksum(method: str) -> Callable[[Login, Arguments], Report]:
    def answer(login: Login, arguments: Arguments) -> Report:
        name = _needed(arguments, "path")
        try:
            path = path_of(login, name)
            content = login.device.files.read(path)
        except FileError as exc:
            raise Refusal(error(f"{method}: {name}: {exc.reason.value}")) from exc
        digest = hashlib.new(method, content, usedforsecurity=False).hexdigest()
        label = _DIGESTS[method]
        body = node(
            "file-checksum",
            leaf("computation-method", label),
            leaf("input-file", path),
            leaf("checksum", digest),
        )
        return Report(
            lambda: node("checksum-information", body), lambda: f"{label} ({path}) = {digest}\n"
        )

    return answer


def _delete(login: Login, arguments: Arguments) -> Report:
    name = _needed(arguments, "path")
    return _said(lambda: login.device.files.remove(path_of(login, name)), f"rm: {name}")


def _rename(login: Login, arguments: Arguments) -> Report:
    old, new = _needed(arguments, "source"), _needed(arguments, "destination")

    def rename() -> None:
        files, target = login.device.files, path_of(login, new)
        source = path_of(login, old)
        if files.is_directory(target):
            target = f"{target}/{source.rpartition('/')[2]}"
        files.rename(source, target)

    return _said(rename, f"mv: rename {old} to {new}")


def _copy(login: Login, arguments: Arguments) -> Report:
    old, new = _needed(arguments, "source"), _needed(arguments, "destination")
    try:
        login.device.files.copy(path_of(login, old), path_of(login, new), login.user)
    except FileError as exc:
        if exc.reason is Reason.NO_SPACE:
            raise Refusal(error(f"{new}: {exc.reason.value}")) from exc
        raise Refusal(
            error("file-fetch failed"), error("could not fetch local copy of file")
        ) from exc
    return _SILENT


def _compare(login: Login, arguments: Arguments) -> Report:
    names = _needed(arguments, "from-file"), _needed(arguments, "to-file")
    old, new = (read_text(login, name).splitlines() for name in names)
    if max(len(old), len(new)) > _MAX_COMPARED:
        raise Refusal(error(f"files of more than {_MAX_COMPARED} lines {SIMULATED}"))
    text = "".join(f"{line}\n" for line in difference(old, new))
    return Report(lambda: leaf("output", text), lambda: text)


def difference(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """Compare lines in the normal format of ``diff``."""
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        letter = {"replace": "c", "delete": "d", "insert": "a"}[tag]
        yield f"{_lines(a, b)}{letter}{_lines(c, d)}"
        yield from (f"< {line}" for line in old[a:b])
        if tag == "replace":
            yield "---"
        yield from (f"> {line}" for line in new[c:d])


def _lines(start: int, end: int) -> str:
    """Write a range of lines; an empty one is named by the line before it."""
    if end - start < 2:
        return str(end)
    return f"{start + 1},{end}"


def _said(action: Callable[[], None], about: str) -> Report:
    """Run ``action``; what goes wrong is the output of the tool behind it, not an error."""
    try:
        action()
    except FileError as exc:
        text = f"{about}: {exc.reason.value}"
        return Report(lambda: leaf("output", text), lambda: f"{text}\n")
    return _SILENT


def _enter(login: Login, arguments: Arguments) -> Report:
    name = _needed(arguments, "directory")
    try:
        path = path_of(login, name)
        login.device.files.names(path)
    except FileError as exc:
        raise Refusal(error(f"{name}: {exc.reason.value}")) from exc
    login.directory = path
    return _where(login, {})


def _where(login: Login, _arguments: Arguments) -> Report:
    here = working_directory(login)
    return Report(
        lambda: node("cli", leaf("working-directory", here)), lambda: f"Current directory: {here}\n"
    )


ACTIONS: Final[Mapping[str, Callable[[Login, Arguments], Report]]] = {
    "file-show": _show,
    "file-list": _list,
    "get-log": _log,
    "get-checksum-information": _checksum("md5"),
    "get-sha1-checksum-information": _checksum("sha1"),
    "get-sha256-checksum-information": _checksum("sha256"),
    "file-delete": _delete,
    "file-rename": _rename,
    "file-copy": _copy,
    "file-compare": _compare,
    "set-cli-working-directory": _enter,
    "get-cli-working-directory": _where,
}


# Arguments that are told apart by their place alone.
PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "file-rename": ("source", "destination"),
    "file-copy": ("source", "destination"),
    "file-compare": ("from-file", "to-file"),
}


def _alone(_view: View, _arguments: Arguments) -> Report:
    raise HarnessBug("a file operation was asked without its login")


def _row(
    rpc: str, command: str, *free: str, options: tuple[str, ...] = (), values: tuple[str, ...] = ()
) -> Operation:
    return Operation(
        rpc, command, _alone, EVERYWHERE, options, (*values, *free[1:]), free[0] if free else ""
    )  # fmt: skip


OPERATIONS: Final = (
    _row("file-show", "file show", "filename", values=("encoding",)),
    _row("file-list", "file list", "path", options=("detail", "recursive")),
    _row("get-log", "show log", "filename"),
    _row("get-checksum-information", "file checksum md5", "path"),
    _row("get-sha1-checksum-information", "file checksum sha1", "path"),
    _row("get-sha256-checksum-information", "file checksum sha-256", "path"),
    _row("file-delete", "file delete", "path", options=("purge",)),
    _row("file-rename", "file rename", "source", "destination"),
    _row("file-copy", "file copy", "source", "destination"),
    _row("file-compare", "file compare files", "from-file", "to-file"),
    _row("set-cli-working-directory", "set cli directory", "directory"),
    _row("get-cli-working-directory", "show cli directory"),
)
