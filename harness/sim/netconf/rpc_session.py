"""RPCs about sessions: close-session and kill-session."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from harness.sim.answers import Refusal
from harness.sim.device import MAX_PID, Login
from harness.sim.dialect import Dialect
from harness.sim.digits import number_of
from harness.sim.markup import child, text_of
from harness.sim.messages import SIMULATED, error
from harness.sim.netconf.replies import Handler, Reply, Then


def _close_session(_login: Login, dialect: Dialect, _request: etree._Element) -> Reply:
    return Reply(dialect.ok, Then.CLOSE)


def _kill_session(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    """End another session; the id is the pid that a lock refusal shows."""
    wanted = text_of(child(request, "session-id"))
    pid = number_of(wanted, MAX_PID)
    if pid is None or pid == login.pid or not login.device.kill(pid):
        raise Refusal(error(f"no other session has id '{wanted}' {SIMULATED}"))
    return Reply(dialect.ok)


HANDLERS: Mapping[str, Handler] = {
    "close-session": _close_session,
    "kill-session": _kill_session,
}
