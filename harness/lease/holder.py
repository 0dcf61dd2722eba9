"""Who holds a lease, as text that two machines can read and no terminal acts upon."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

_FILE_LIMIT = 4096  # bytes read back; ours are far shorter
_TEXT_LIMIT = 512  # characters of one field


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease, since when (ISO 8601, UTC), and for what."""

    owner: str  # user@host
    pid: int
    run_id: str
    since: str
    purpose: str
    home: str = ""  # id of the state directory that has the journals of this run
    url: str = ""  # of the CI job, where there is one

    def __str__(self) -> str:
        """Write one phrase for an error message."""
        where = f", {self.url}" if self.url else ""
        return (
            f"{self.owner} (pid {self.pid}, run {self.run_id}, {self.purpose}{where}) "
            f"since {self.since}"
        )


def encode(facts: dict[str, object]) -> str:
    """Return one line of JSON."""
    # An encoder of our own: importing junos-eznc replaces the process-wide default one.
    return json.dumps(facts, cls=json.JSONEncoder, ensure_ascii=True) + "\n"


def encode_holder(holder: Holder) -> str:
    """Return ``holder`` as one line of JSON."""
    return encode(asdict(holder))


def read_facts(path: Path) -> dict[str, object] | None:
    """Return the JSON object that a file holds, None if there is none that can be read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            facts = json.loads(file.read(_FILE_LIMIT))
    except (OSError, ValueError, RecursionError):
        return None
    return facts if isinstance(facts, dict) else None


def holder_from(facts: dict[str, object] | None) -> Holder | None:
    """Return the holder that ``facts`` describe.

    None for what no harness wrote: anybody may write to a shared directory, and what it says is
    shown on terminals.
    """
    if facts is None:
        return None
    known = {field.name for field in fields(Holder)}
    if not {"owner", "pid", "run_id", "since", "purpose"} <= facts.keys() <= known:
        return None
    if not isinstance(facts["pid"], int):
        return None
    if not all(_is_text(value) for name, value in facts.items() if name != "pid"):
        return None
    return Holder(**facts)  # type: ignore[arg-type]  # checked just above


def read_holder(path: Path) -> Holder | None:
    """Return who the file names, or None when it names nobody; says nothing about a lock."""
    return holder_from(read_facts(path))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _TEXT_LIMIT and value.isprintable()
