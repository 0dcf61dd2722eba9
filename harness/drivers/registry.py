"""Which drivers there are, by name; a vendor library is imported when its driver is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from harness.clock import Clock
from harness.drivers.process_defaults import quiet_vendor_loggers
from harness.drivers.protocol import Endpoint, Writer
from harness.drivers.transcript import Transcript
from harness.errors import UsageError
from harness.system_clock import SystemClock

_HOMES = {
    "pyez": ("harness.drivers.pyez_driver", "PyezDriver"),
    "ncclient": ("harness.drivers.ncclient_driver", "NcclientDriver"),
    "netmiko": ("harness.drivers.netmiko_driver", "NetmikoDriver"),
}

DRIVER_NAMES = tuple(_HOMES)


def make_driver(
    name: str,
    endpoint: Endpoint,
    clock: Clock | None = None,
    transcript: Transcript | None = None,
) -> Writer:
    """Return the driver ``name`` for the endpoint, not yet open; ``transcript`` hears it.

    Raises :class:`~harness.errors.UsageError` for an unknown name.
    """
    try:
        module, driver = _HOMES[name]
    except KeyError:
        known = ", ".join(DRIVER_NAMES)
        raise UsageError(f"unknown driver '{name}'; known: {known}") from None
    quiet_vendor_loggers()
    home = getattr(import_module(module), driver)
    writer: Writer = home(endpoint, clock or SystemClock(), transcript)
    return writer


def open_driver(
    name: str,
    endpoint: Endpoint,
    clock: Clock | None = None,
    transcript: Transcript | None = None,
) -> Writer:
    """Return the driver ``name``, connected and logged in; the caller closes it.

    Raises what :meth:`~harness.drivers.protocol.Reader.open` raises, and
    :class:`~harness.errors.UsageError` for an unknown name.
    """
    driver = make_driver(name, endpoint, clock, transcript)
    driver.open()
    return driver


@contextmanager
def session(name: str, endpoint: Endpoint, clock: Clock | None = None) -> Iterator[Writer]:
    """Open the driver ``name`` and close it at the end of the ``with`` block."""
    driver = open_driver(name, endpoint, clock)
    try:
        yield driver
    finally:
        driver.close()
