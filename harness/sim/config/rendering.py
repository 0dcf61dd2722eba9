"""A configuration in any of the four forms, with the header or attributes of its database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from harness.sim.config.json_format import write_json
from harness.sim.config.schema import Schema
from harness.sim.config.set_format import write_set
from harness.sim.config.text_format import write_text
from harness.sim.config.tree import Node
from harness.sim.config.xml_writer import write_xml
from harness.sim.times import timestamp

RenderFormat = Literal["xml", "text", "set", "json"]


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a configuration was committed, and by whom; or, without user, last changed."""

    when: datetime  # aware, UTC
    user: str = ""

    @property
    def local_time(self) -> str:
        """The time as Junos writes it."""
        return timestamp(self.when)

    def attributes(self) -> dict[str, str]:
        """Return the attributes of the ``<configuration>`` element."""
        seconds = str(int(self.when.timestamp()))
        if not self.user:
            return {"junos:changed-seconds": seconds, "junos:changed-localtime": self.local_time}
        return {
            "junos:commit-seconds": seconds,
            "junos:commit-localtime": self.local_time,
            "junos:commit-user": self.user,
        }

    def header(self) -> str:
        """Return the first line of the text form."""
        if not self.user:
            return f"## Last changed: {self.local_time}\n"
        return f"## Last commit: {self.local_time} by {self.user}\n"


def render(
    tree: Node,
    fmt: RenderFormat,
    schema: Schema,
    stamp: Stamp,
    *,
    hide_secrets: bool = False,
    before: Node | None = None,
    groups: bool = False,
) -> str:
    """Write ``tree`` in form ``fmt``; ``before`` and ``groups`` are those of ``write_xml``."""
    if fmt == "xml":
        return write_xml(
            tree,
            schema,
            stamp.attributes(),
            hide_secrets=hide_secrets,
            before=before,
            groups=groups,
        )
    if fmt == "json":
        return write_json(tree, schema, stamp.attributes(), hide_secrets=hide_secrets)
    if fmt == "set":
        return write_set(tree, schema, hide_secrets=hide_secrets)
    return stamp.header() + write_text(tree, schema, hide_secrets=hide_secrets)
