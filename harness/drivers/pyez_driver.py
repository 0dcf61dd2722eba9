"""The PyEZ adapter: the usual way to push. PyEZ builds and sends; the replies are judged by us.

PyEZ 2.8.2 takes an error beside ``<ok/>``, an ``xnm:error`` and a reply without the base
namespace for success, and warnings alone for failure (docs/drivers.md), so it's never asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from lxml import etree

from harness.drivers import requests
from harness.drivers.netconf_driver import NetconfDriver
from harness.drivers.netconf_session import SESSION_RULES, RawManager
from harness.drivers.process_defaults import process_defaults_kept
from harness.drivers.protocol import Database, LoadAction, PayloadFormat
from harness.drivers.translate import Rule
from harness.errors import HarnessBug, Unreachable

with process_defaults_kept():
    from jnpr.junos import Device
    from jnpr.junos.device import DeviceSessionListener
    from jnpr.junos.exception import ConnectClosedError, ConnectError, RpcTimeoutError
    from jnpr.junos.utils.config import Config

PYEZ_RULES = (
    Rule(RpcTimeoutError, Unreachable, "no answer in time"),
    Rule(ConnectClosedError, Unreachable, "the device closed the session"),
    Rule(ConnectError, Unreachable, "PyEZ has no connection"),
    *SESSION_RULES,
)

_ACTIONS: dict[LoadAction, dict[str, bool]] = {
    "merge": {"merge": True},
    "replace": {},
    "override": {"overwrite": True},
    "update": {"update": True},
    "set": {},
}


class _RawDevice(Device):  # type: ignore[misc]  # PyEZ has no types
    """A PyEZ device on a session that's already open; it remembers the last raw reply."""

    def __init__(self, manager: RawManager) -> None:
        # A name is required, and nothing is looked up by it: the connection exists.
        super().__init__(host="attached", gather_facts=False)
        self._conn = manager
        self.raw = ""
        manager._session.add_listener(DeviceSessionListener(self))  # noqa: SLF001 - as Device.open does
        self.connected = True

    def _sshconf_lkup(self) -> None:
        """Leave the user's ~/.ssh/config alone: the connection exists."""

    def _rpc_reply(self, rpc_cmd_e: etree._Element, **_: Any) -> etree._Element:
        """Send, keep the text, and give PyEZ an empty reply, in which it finds nothing to judge."""
        self.raw = str(self._conn.rpc(rpc_cmd_e).xml)
        return etree.Element("rpc-reply")


class PyezDriver(NetconfDriver):
    """A :class:`~harness.drivers.protocol.Writer` on PyEZ's ``Device`` and ``Config``."""

    name = "pyez"
    rules: ClassVar[Sequence[Rule]] = PYEZ_RULES

    def _attach(self, manager: RawManager) -> None:
        self._pyez = _RawDevice(manager)
        self._config = Config(self._pyez)

    def _send(self, request: etree._Element) -> str:
        self._pyez.execute(request)
        return self._raw()

    def _send_get_configuration(self, database: Database, fmt: PayloadFormat, subtree: str) -> str:
        self._pyez.rpc.get_config(
            filter_xml="/".join(requests.path(subtree)) or None,
            options={"database": database, "format": fmt},
        )
        return self._raw()

    def _send_lock(self) -> str:
        self._pyez.rpc.lock_configuration()  # Config.lock hides a lost session
        return self._raw()

    def _send_unlock(self) -> str:
        self._pyez.rpc.unlock_configuration()
        return self._raw()

    def _send_load(self, payload: str, fmt: PayloadFormat, action: LoadAction) -> str:
        content = requests.payload_element(payload) if fmt == "xml" else payload
        self._config.load(content, format=fmt, **_ACTIONS[action])
        return self._raw()

    def _send_rollback(self, index: int) -> str:
        self._config.rollback(index)
        return self._raw()

    def _send_commit_check(self) -> str:
        self._config.commit_check()
        return self._raw()

    def _send_commit(self, log: str, minutes: int | None) -> str:
        self._config.commit(comment=log, confirm=minutes)
        return self._raw()

    def _raw(self) -> str:
        raw: str = self._pyez.raw
        self._pyez.raw = ""
        if not raw:
            raise HarnessBug(f"{self.device}: PyEZ returned without having sent anything")
        return raw
