"""``show security monitoring``: how busy the security processing units are, which is not at all.

Names of the elements: published exporters. The text has the columns of the vendor's command page.
"""

from __future__ import annotations

from typing import Final

from harness.sim.answers import Arguments, Report
from harness.sim.hardware import hardware
from harness.sim.markup import leaf, node
from harness.sim.operational.operation import BOTH_NODES, SRX, Operation
from harness.sim.view import View

_CPU: Final = 0
_MEMORY: Final = 44  # percent; flow tables are reserved at the start


def _monitoring(view: View, _arguments: Arguments) -> Report:
    most = hardware(view.platform).flow_sessions
    row = (0, 0, _CPU, _MEMORY, 0, most, 0, 0)
    tags = (
        "fpc-number",
        "pic-number",
        "spu-cpu-utilization",
        "spu-memory-utilization",
        "spu-current-flow-session",
        "spu-max-flow-session",
        "spu-current-cp-session",
        "spu-max-cp-session",
    )
    widths = (3, 4, 4, 4, 14, 14, 14, 14)
    heads = ("FPC", "PIC", "CPU", "Mem", "Flow session", "Flow session", "CP session", "CP session")
    below = ("", "", "", "", "current", "maximum", "current", "maximum")

    def line(cells: tuple[object, ...]) -> str:
        return "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)) + "\n"

    return Report(
        lambda: node(
            "performance-summary-information",
            node(
                "performance-summary-statistics",
                *(leaf(tag, value) for tag, value in zip(tags, row, strict=True)),
            ),
        ),
        lambda: line(heads) + line(below) + line(row),
    )


OPERATIONS: Final = (
    Operation(
        "get-performance-summary-information",
        "show security monitoring",
        _monitoring,
        schemas=SRX,
        nodes=BOTH_NODES,
    ),
)
