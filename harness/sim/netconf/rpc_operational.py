"""Operational RPCs, and commands sent over NETCONF."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape

from lxml import etree

from harness.sim.answers import Refusal, Report, syntax_error
from harness.sim.cli.commands import answer, operational_report
from harness.sim.cli.line import UnknownWord
from harness.sim.device import Login
from harness.sim.dialect import Dialect
from harness.sim.markup import children, local_name, text_of
from harness.sim.messages import error
from harness.sim.netconf.replies import Handler, Reply
from harness.sim.operational.show_configuration import configuration_output
from harness.sim.operational.table import OPERATIONS, by_rpc


def _ask(login: Login, _dialect: Dialect, request: etree._Element) -> Reply:
    name = local_name(request)
    operation = by_rpc(login.device, name)
    if operation is None:
        raise syntax_error(name)
    arguments = {local_name(each): text_of(each) for each in children(request)}
    # The long form of a level: <level>detail</level> for <detail/>.
    level = arguments.pop("level", "") if "level" not in operation.values else ""
    if level:
        arguments[level] = ""
    operation.require_known(arguments)
    return _written(answer(login, operation, arguments), request)


def _command(login: Login, _dialect: Dialect, request: etree._Element) -> Reply:
    """Run a command line; without a format it's answered in XML."""
    try:
        report = operational_report(login, text_of(request))
    except UnknownWord as exc:
        raise Refusal(error(exc.text.rstrip("."), bad_element=exc.word)) from exc
    return _written(report, request)


def _written(report: Report, request: etree._Element) -> Reply:
    match request.get("format"):
        case "text" | "ascii" if report.commands is not None:  # a configuration
            return Reply(configuration_output(report.text()))
        case "set" if report.commands is not None:
            return Reply(f"<configuration-set>\n{escape(report.commands())}</configuration-set>\n")
        case "text" | "ascii":
            return Reply(f"<output>\n{escape(report.text())}</output>\n")
        case "json":
            return Reply(escape(report.json()))
        case _:
            return Reply(report.xml())


HANDLERS: Final[Mapping[str, Handler]] = {
    **{operation.rpc: _ask for operation in OPERATIONS if operation.rpc},
    "command": _command,
}
