"""What ``events`` has to say of the devices beside it."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import AddressValueError, IPv4Address

from harness.document.parse import Value
from harness.testbed.plain import Found, Raw, at

_ALLOWED = "allowed: the address of this machine by which the devices reach it"


def events_problems(devices: Mapping[str, Raw], data: Value) -> Found:
    """Say what is wrong with the collector's address, by itself and for real devices."""
    said = at(data, "events", "collector")
    address = _address(said)
    if address is None:
        return
    where = ("events", "collector")
    if address.is_multicast or address.is_unspecified or address.is_reserved:
        yield where, f"{address} is no host's; {_ALLOWED}"
        return
    real = [name for name, device in devices.items() if device.get("simulated") is not True]
    if address.is_loopback and real:
        yield where, f"{address} is each device's own ({real[0]} is a real one); {_ALLOWED}"


def _address(text: Value) -> IPv4Address | None:
    try:
        return IPv4Address(text) if isinstance(text, str) else None
    except AddressValueError:
        return None
