"""What clients ask to find out where they are: files, a shell, virtual chassis, users.

PyEZ gathers its facts with these; a device without the thing refuses as Junos does.
"""

from __future__ import annotations

from typing import Final

from harness.sim.answers import Arguments, Refusal, Report
from harness.sim.markup import leaf, node
from harness.sim.messages import error
from harness.sim.operational.operation import ROUTERS, Operation, epoch
from harness.sim.view import View

# Names of the routing engine's end of the internal links (a device with one routing engine).
_HOSTS: Final = "128.0.0.1        master\n128.0.0.4        re0\n"
_FILES: Final = {"/etc/hosts.junos": _HOSTS}


def _file(view: View, arguments: Arguments) -> Report:
    name = arguments.get("filename", "")
    content = _FILES.get(name)
    if content is None:
        raise Refusal(error(f"could not resolve file: {name}"))
    attributes = {"filename": name, "filesize": str(len(content)), "encoding": "text"}
    return Report(
        lambda: leaf("file-content", f"\n{content}", {**attributes, **epoch(view.now)}),
        lambda: content,
    )


def _files(view: View, arguments: Arguments) -> Report:
    home = "/var/home/"
    path = arguments.get("path", "~").replace("~", home)
    return Report(
        lambda: node(
            "directory-list",
            node("directory", leaf("directory-name", path), leaf("total-files", "0")),
            attributes={"root-path": path, **epoch(view.now), "junos:style": "brief"},
        ),
        lambda: f"\n{path}:\n",
    )


OPERATIONS: Final = (
    Operation(
        "file-show", "file show", _file, schemas=ROUTERS, free="filename",
        options=frozenset(("encoding",)),
    ),
    Operation(
        "file-list", "file list", _files, schemas=ROUTERS, free="path",
        options=frozenset(("detail", "recursive")),
    ),
)  # fmt: skip
