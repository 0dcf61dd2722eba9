"""The ncclient adapter: the raw witness. It sends requests built here and in ncclient itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from lxml import etree

from harness.drivers import requests
from harness.drivers.netconf_driver import NetconfDriver
from harness.drivers.netconf_session import SESSION_RULES, RawManager
from harness.drivers.protocol import Database, LoadAction, PayloadFormat
from harness.drivers.translate import Rule


class NcclientDriver(NetconfDriver):
    """A :class:`~harness.drivers.protocol.Writer` on ncclient's operations (RFC lock)."""

    name = "ncclient"
    rules: ClassVar[Sequence[Rule]] = SESSION_RULES

    def _attach(self, manager: RawManager) -> None:
        """Keep nothing: the manager is the session."""

    def _send(self, request: etree._Element) -> str:
        return str(self._session().rpc(request).xml)

    def _send_get_configuration(self, database: Database, fmt: PayloadFormat, subtree: str) -> str:
        return self._send(requests.get_configuration(database, fmt, subtree))

    def _send_lock(self) -> str:
        return str(self._session().lock(target="candidate").xml)

    def _send_unlock(self) -> str:
        return str(self._session().unlock(target="candidate").xml)

    def _send_load(self, payload: str, fmt: PayloadFormat, action: LoadAction) -> str:
        return self._send(requests.load_configuration(payload, fmt, action))

    def _send_rollback(self, index: int) -> str:
        return str(self._session().rollback(rollback=index).xml)

    def _send_commit_check(self) -> str:
        return self._send(requests.commit_check())

    def _send_commit(self, log: str, minutes: int | None) -> str:
        # ncclient's own commit takes seconds and rounds them up to Junos' minutes.
        return self._send(requests.commit(log, minutes))
