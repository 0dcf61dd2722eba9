"""What a reply says, as values: a sighting, a refusal in the device's words, or not readable."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from lxml import etree

from harness.errors import DeviceError
from harness.render.readback import local_name, parse_document

Leg = str  # what of a tunnel, or of a VNF, a table shows, and how it names it
GATEWAY: Leg = "gateway"  # members are remote gateway addresses
ST0: Leg = "st0"  # members are "st0.7"
GR: Leg = "gr"  # members are "gr-0/0/0.7"
MACHINE: Leg = "vnf"  # members are the VNFs that are listed, in whatever state
ALIVE: Leg = "alive"  # members are those of them that run and answer

NAMED = 10  # tunnels that a sentence names before it counts the rest


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A reply that says nothing; it never counts as zero."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """The device answered with an error instead of a table; ``words`` are its own."""

    words: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one table shows of one leg.

    ``count`` is how many tunnels or units it lists, ``members`` their names without repetition,
    ``up`` those that are in operation. ``complaints`` say where the table contradicts itself.
    """

    count: int
    members: frozenset[str]
    up: frozenset[str] = frozenset()
    complaints: tuple[str, ...] = ()


Answer = str | Refusal  # what a question brought: the reply as received, or an error instead
Seen = Mapping[Leg, Sighting] | Unreadable

NOTHING = Sighting(0, frozenset())


def legs(found: Mapping[Leg, Sighting | Unreadable]) -> Seen:
    """Join sightings of legs; one that can't be read makes the whole unreadable."""
    seen: dict[Leg, Sighting] = {}
    for leg, sighting in found.items():
        if isinstance(sighting, Unreadable):
            return Unreadable(f"{leg}: {sighting.reason}")
        seen[leg] = sighting
    return seen


def open_reply(answer: Answer) -> etree._Element | Refusal | Unreadable:
    """Parse a reply; an error in it that isn't a warning makes it a refusal."""
    if isinstance(answer, Refusal):
        return answer
    try:
        root = parse_document(answer)
    except DeviceError as error:
        return Unreadable(str(error))
    wrong = root.iter("{*}rpc-error", "{*}error")
    words = [text for element in wrong if (text := _error_text(element))]
    return Refusal("; ".join(words)) if words else root


def every(root: etree._Element, *names: str) -> list[etree._Element]:
    """Return the elements with one of these local names, in document order."""
    return [*root.iter(*(f"{{*}}{name}" for name in names))]


def text_of(parent: etree._Element, name: str) -> str:
    """Return the stripped text of the first child with this local name, "" when it's absent.

    Junos wraps operational values in newlines.
    """
    for child in parent:
        if local_name(child) == name:
            return (child.text or "").strip()
    return ""


def node_of(element: etree._Element) -> str:
    """Return the cluster node that a part of a reply speaks for, "" on a single device."""
    for parent in element.iterancestors():
        if local_name(parent) == "multi-routing-engine-item":
            return text_of(parent, "re-name")
    return ""


def address(text: str) -> str:
    """Return an address in its canonical notation, anything else as it is."""
    try:
        return str(ip_address(text))
    except ValueError:
        return text


def named(names: Iterable[str], most: int = NAMED) -> str:
    """Write the first ``most`` names and how many follow."""
    everything = list(names)
    first = ", ".join(everything[:most])
    more = len(everything) - most
    return f"{first} and {more} more" if more > 0 else first


def digest(answers: Iterable[Answer]) -> str:
    """Return a digest of replies, to tell a repeated one without keeping it."""
    whole = hashlib.sha256()
    for answer in answers:
        text = answer if isinstance(answer, str) else answer.words
        whole.update(f"{len(text)}:{text}".encode())
    return whole.hexdigest()


def _error_text(element: etree._Element) -> str:
    """Return the words of an rpc-error or xnm:error, "" for anything else and for warnings."""
    match local_name(element):
        case "rpc-error" if text_of(element, "error-severity") != "warning":
            return text_of(element, "error-message") or "rpc-error without a message"
        case "error" if any(local_name(child) in ("message", "parse") for child in element):
            return text_of(element, "message") or "xnm:error without a message"
        case _:
            return ""
