"""What a question to the device gives back, before NETCONF or the CLI writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.sim.json_answer import json_document
from harness.sim.messages import Complaint, error

Arguments = Mapping[str, str]  # of an RPC: element name → text; "" for an empty element


@dataclass(frozen=True, slots=True)
class Report:
    """One answer in all its forms, written from the same values when asked for."""

    xml: Callable[[], str]
    text: Callable[[], str]
    commands: Callable[[], str] | None = None  # set form; only configurations have it
    own_json: Callable[[], str] | None = None  # of a configuration, which has a JSON of its own
    # A configuration with what groups give; the argument: with comments that say which group.
    inherited: Callable[[bool], Report] | None = None

    def json(self) -> str:
        """Return the JSON form, by default derived from the XML."""
        return self.own_json() if self.own_json is not None else json_document(self.xml())


class Refusal(Exception):
    """The device refuses a request; NETCONF writes rpc-errors, the CLI ``error:`` lines."""

    def __init__(self, *complaints: Complaint) -> None:
        super().__init__("; ".join(complaint.text for complaint in complaints))
        self.complaints: Sequence[Complaint] = complaints


class DaemonRefusal(Exception):
    """An operational daemon refuses to answer; NETCONF writes ``xnm:error``."""

    def __init__(self, daemon: str, text: str) -> None:
        super().__init__(text)
        self.daemon = daemon
        self.text = text


def syntax_error(bad_element: str) -> Refusal:
    """Refuse a word that the device doesn't know where it stands."""
    return Refusal(error("syntax error", bad_element=bad_element))
