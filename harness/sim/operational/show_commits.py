"""The commit history, the pending commit, and who has the configuration open."""

from __future__ import annotations

from typing import Final

from harness.sim.answers import Arguments, Report
from harness.sim.markup import leaf, node
from harness.sim.operational.operation import Operation
from harness.sim.store.commit import CommitRecord, Editing, Kind, ScheduledCommit
from harness.sim.times import clock_time, epoch, timestamp
from harness.sim.view import View


def _commits(view: View, _arguments: Arguments) -> Report:
    """List the history, newest first; a commit that waits for its time stands above it."""
    waiting = view.scheduled

    def text() -> str:
        lines = [_waiting_text(waiting)] if waiting is not None else []
        for place, record in enumerate(view.history):
            lines.append(_commit_text(record))
            if not place and view.pending is not None:
                lines.append("    rollback pending\n")
        return "".join(lines)

    return Report(
        lambda: node(
            "commit-information",
            _waiting_xml(waiting) if waiting is not None else "",
            *map(_commit_xml, view.history),
        ),
        text,
    )


def _due(waiting: ScheduledCommit) -> str:
    return "reboot" if waiting.when is None else timestamp(waiting.when)


def _waiting_text(waiting: ScheduledCommit) -> str:
    return f"commit requested by {waiting.user} via {waiting.client} at {_due(waiting)}\n"


def _waiting_xml(waiting: ScheduledCommit) -> str:
    """Write the waiting commit; the element names are a guess, no reply is published."""
    return node(
        "commit-pending",
        leaf("user", waiting.user),
        leaf("client", waiting.client),
        leaf("commit-at", _due(waiting)),
        leaf("log", waiting.log) if waiting.log else "",
    )


def _commit_xml(record: CommitRecord) -> str:
    return node(
        "commit-history",
        leaf("sequence-number", record.sequence),
        leaf("user", record.user),
        leaf("client", record.client),
        leaf("date-time", timestamp(record.when), epoch(record.when)),
        leaf("comment", record.comment) if record.comment else "",
        leaf("log", record.log) if record.log else "",
    )


def _commit_text(record: CommitRecord) -> str:
    comment = f" {record.comment}" if record.comment else ""
    log = f"    {record.log}\n" if record.log else ""
    return (
        f"{record.sequence:<4}{timestamp(record.when)} by {record.user} "
        f"via {record.client}{comment}\n{log}"
    )


def _revision(view: View, _arguments: Arguments) -> Report:
    last = view.history[0]
    return Report(
        lambda: node(
            "commit-revision-information",
            leaf("revision", last.revision),
            leaf("user", last.user),
            leaf("client", last.client),
            leaf("date-time", timestamp(last.when), epoch(last.when)),
            leaf("comment", last.comment) if last.comment else "",
        ),
        lambda: f"Revision: {last.revision}\n",
    )


def _database_status(view: View, _arguments: Arguments) -> Report:
    """List who has the configuration open (shape: Junos XML protocol, database-status)."""
    return Report(
        lambda: node("database-status-information", *map(_editor, _inside(view))),
        lambda: "".join(
            f"{one.user} (pid {one.pid}){' exclusive' if one.kind == 'exclusive' else ''}\n"
            for one in _inside(view)
        ),
    )


def _inside(view: View) -> list[Editing]:
    """Return everybody inside, and who holds the lock or left changes without being listed."""
    inside = {each.pid: each for each in view.editing}
    for one in (view.lock_holder, view.editor):
        if one is not None and one.pid not in inside:
            kind: Kind = "exclusive" if one is view.lock_holder else "shared"
            idle = view.now - one.since
            inside[one.pid] = Editing(one.user, one.terminal, one.pid, one.since, idle, kind)
    return list(inside.values())


def _editor(editor: Editing) -> str:
    path = " ".join(editor.edit_path)
    return node(
        "database-status",
        leaf("user", editor.user),
        leaf("terminal", editor.terminal),
        leaf("pid", str(editor.pid)),
        leaf("start-time", timestamp(editor.since), epoch(editor.since)),
        leaf("idle-time", clock_time(editor.idle)),
        "<exclusive/>\n" if editor.kind == "exclusive" else "",
        leaf("edit-path", f"[edit {path}]" if path else "[edit]"),
    )


OPERATIONS: Final = (
    Operation("get-database-status-information", "", _database_status),
    Operation("get-commit-information", "show system commit", _commits),
    Operation(
        "get-commit-revision-information",
        "show system commit revision",
        _revision,
        options=("brief", "detail"),
        values=("level",),
    ),
)
