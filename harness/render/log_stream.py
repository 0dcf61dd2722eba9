"""A log stream: one entry of ``security log stream``, and what it needs beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.plan.log_stream import LogPlan
from harness.render import placement
from harness.render.allowlist import Hierarchy
from harness.render.placement import Mount, Placed, assemble
from harness.render.rendering import Rendering
from harness.render.statements import Container, Entry, Flag, Leaf

LOG: Final[Mount] = (Container("security"), Container("log"))


def render_log_stream(plan: LogPlan) -> Rendering:
    """Write ``plan`` as statements.

    No category: a stream untold takes all, and its form differs between releases.
    """
    placed = tuple(_placed(plan))
    return Rendering(assemble(placed), placed)


def log_hierarchies(plan: LogPlan) -> tuple[Hierarchy, ...]:
    """Return what a push of ``plan`` may change: our stream, and exactly what it adds beside."""
    found: list[Hierarchy] = [("security", "log", "stream", plan.stream)]
    if plan.mode:
        found.append(("security", "log", "mode", "stream"))
    if plan.source is not None:
        found.append(("security", "log", "source-address", str(plan.source)))
    if plan.transport is not None:
        found.append(("security", "log", "transport", "protocol", plan.transport))
    if plan.tracking:
        zone = ("security", "zones", "security-zone", plan.target.zone)
        found.append((*zone, "application-tracking"))
    return tuple(found)


def _placed(plan: LogPlan) -> Iterator[Placed]:
    target = plan.target
    if plan.mode:
        yield Placed(LOG, Leaf("mode", "stream"))
    if plan.source is not None:
        yield Placed(LOG, Leaf("source-address", str(plan.source)))
    if plan.transport is not None:
        yield Placed(LOG, Container("transport", (Leaf("protocol", plan.transport),)))
    host = Container(
        "host",
        (Leaf("ipaddr", str(target.collector), keyword=False), Leaf("port", str(target.port))),
    )
    yield Placed(LOG, Entry("stream", plan.stream, (Leaf("format", "sd-syslog"), host)))
    if plan.tracking:
        yield Placed(placement.zone(target.zone), Flag("application-tracking"))
