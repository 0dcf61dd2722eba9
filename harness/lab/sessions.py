"""Sessions to one device: fresh ones to write with, kept ones to ask with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from harness.drivers.protocol import Endpoint, Reader, Writer
from harness.drivers.registry import open_driver
from harness.drivers.transcript import Transcript
from harness.errors import DeviceError, LabError
from harness.lab.ways import CONNECTION_OF


class Sessions:
    """Opens drivers to one device, and keeps the reading ones for the next question.

    Opening costs a key exchange and, over the CLI, a dozen prompts; a ramp asks hundreds of times.
    A session that failed or was interrupted once is closed and never lent again.
    """

    def __init__(
        self, endpoints: Mapping[str, Endpoint], transcript: Transcript | None = None
    ) -> None:
        """Take the endpoint of each driver by its name ("pyez", "ncclient", "netmiko").

        ``transcript`` hears what is said in all of them but those of :meth:`apart`.
        """
        self._endpoints = endpoints
        self._transcript = transcript
        self._kept: dict[str, Reader] = {}

    def has(self, driver: str) -> bool:
        """Say whether the testbed gives a way for ``driver``."""
        return driver in self._endpoints

    @contextmanager
    def reader(self, driver: str) -> Iterator[Reader]:
        """Lend the kept session of ``driver``, opening it when there is none."""
        session = self._kept.get(driver)
        if session is None:
            session = self._kept[driver] = self._open(driver)
        try:
            yield session
        except DeviceError:
            raise  # it answered, only not as wished
        except BaseException:  # Ctrl-C too: an answer may be half-read
            self._kept.pop(driver, None)
            session.close()
            raise

    @contextmanager
    def writer(self, driver: str) -> Iterator[Writer]:
        """Open a session of its own, and close it: that drops its candidate and its lock."""
        session = self._open(driver)
        try:
            yield session
        finally:
            session.close()

    def apart(self, driver: str, seconds: float) -> Reader:
        """Open a session that nobody else uses or hears; no answer takes longer than ``seconds``.

        The caller closes it.
        """
        return open_driver(driver, replace(self.endpoint(driver), timeout=seconds))

    def _open(self, driver: str) -> Writer:
        return open_driver(driver, self.endpoint(driver), transcript=self._transcript)

    def close(self) -> None:
        """Close everything that is kept."""
        while self._kept:
            self._kept.popitem()[1].close()

    def endpoint(self, driver: str) -> Endpoint:
        if driver not in self._endpoints:
            known = ", ".join(self._endpoints) or "none"
            raise LabError(
                f"the testbed has no connection for driver {driver!r}; it has: {known}; "
                f"the device's entry needs connections.{CONNECTION_OF[driver]}"
            )
        return self._endpoints[driver]
