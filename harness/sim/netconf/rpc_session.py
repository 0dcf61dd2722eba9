"""RPCs that end sessions: close-session, kill-session, and the reboot that ends them all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lxml import etree

from harness.sim.answers import Refusal, syntax_error
from harness.sim.device import MAX_PID, Login
from harness.sim.dialect import Dialect
from harness.sim.digits import number_of
from harness.sim.markup import child, children, leaf, local_name, node, text_of
from harness.sim.messages import SIMULATED, error
from harness.sim.netconf.replies import Handler, Reply, Then
from harness.sim.spec import FaultSpec

_ANSWERED: Final = 1.0  # seconds between the answer and the end of every session


def _close_session(_login: Login, dialect: Dialect, _request: etree._Element) -> Reply:
    return Reply(dialect.ok, Then.CLOSE)


def _kill_session(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    """End another session; the id is the pid that a lock refusal shows."""
    wanted = text_of(child(request, "session-id"))
    pid = number_of(wanted, MAX_PID)
    if pid is None or pid == login.pid or not login.device.kill(pid):
        raise Refusal(error(f"no other session has id '{wanted}' {SIMULATED}"))
    return Reply(dialect.ok)


def _reboot(login: Login, _dialect: Dialect, request: etree._Element) -> Reply:
    """Reboot at once; the reply is what ncclient's example and PyEZ look for."""
    for element in children(request):
        if (local_name(element), text_of(element)) != ("in", "0"):  # at, media, other minutes
            raise syntax_error(local_name(element))
    login.device.arm(FaultSpec("reboot", after=_ANSWERED))
    now = int(login.device.clock.now().timestamp())
    status = leaf("request-reboot-status", f"Shutdown NOW!\n[pid {login.pid}]\n")
    status = status.replace(">", f' reboot-time="{now}">', 1)
    return Reply(node("request-reboot-results", status))


HANDLERS: Mapping[str, Handler] = {
    "close-session": _close_session,
    "kill-session": _kill_session,
    "request-reboot": _reboot,
}
