"""Virtual network functions, as JDM of an NFX250 lists them.

No recorded XML exists: the model says "anyxml" below ``vnf-information``, so the elements inside
are the simulator's own, named after the columns of the command.
"""

from __future__ import annotations

from typing import Final

from harness.sim.answers import Arguments, Refusal, Report
from harness.sim.config.tree import entries, present
from harness.sim.markup import leaf, node
from harness.sim.messages import error
from harness.sim.operational.operation import JDM, Operation
from harness.sim.view import View

_FIRST_ID: Final = 2  # 1 is the Junos control plane


def _functions(view: View, arguments: Arguments) -> Report:
    wanted = arguments.get("vnf-name", "")
    rows = [(1, "vjunos0", "Running", "alive")]
    configured = entries(view.tree, "virtual-network-functions")
    for number, (name, body) in enumerate(configured, _FIRST_ID):
        stopped = present(body, "no-autostart")
        rows.append((number, name, *(("Shut Off", "down") if stopped else ("Running", "alive"))))
    rows = [row for row in rows if wanted in ("", row[1])]
    if not rows:
        raise Refusal(error(f"virtual network function {wanted} not found"))
    return Report(
        lambda: node(
            "vnf-information",
            *(
                node(
                    "vnf-instance",
                    leaf("vnf-id", number),
                    leaf("vnf-name", name),
                    leaf("vnf-state", state),
                    leaf("vnf-liveliness", alive),
                )
                for number, name, state, alive in rows
            ),
        ),
        lambda: (
            f"{'ID':<8}{'Name':<52}{'State':<11}Liveliness\n{'-' * 81}\n"
            + "".join(
                f"{number:<8}{name:<52}{state:<11}{alive}\n" for number, name, state, alive in rows
            )
        ),
    )


OPERATIONS: Final = (
    Operation(
        "get-virtual-network-functions-information",
        "show virtual-network-functions",
        _functions,
        schemas=JDM,
        options=("brief", "detail"),
        values=("verbosity_level",),
        free="vnf-name",
    ),
)
