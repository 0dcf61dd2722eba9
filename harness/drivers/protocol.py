"""What deploy and verify may ask of a device; three adapters implement it.

Every call is synchronous, bounded by the driver's timeout, and raises only from
:mod:`harness.errors`: :class:`~harness.errors.Unreachable` when the link is lost,
:class:`~harness.errors.LoadRefused`, :class:`~harness.errors.CommitRefused` and
:class:`~harness.errors.RpcRefused` with the device's own words, and
:class:`~harness.errors.OutcomeUnknown` from ``commit`` alone when the answer didn't come.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from harness.errors import DeviceMessage

PayloadFormat = Literal["xml", "set", "text"]
LoadAction = Literal["merge", "replace", "override", "update", "set"]
Database = Literal["committed", "candidate"]


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A password that never shows itself."""

    _text: str

    def reveal(self) -> str:
        """Return the text in clear; the caller must not log it."""
        return self._text

    def __repr__(self) -> str:
        """Hide the text."""
        return "<secret>"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where and as whom to connect; the password never is in ``repr``."""

    device: str
    host: str
    port: int
    username: str
    password: Secret | None = None
    key_file: str | None = None  # SSH private key
    passphrase: Secret | None = None  # of the key file; without one the password is tried
    agent: bool = False
    known_hosts: str | None = None  # None: the user's own file; always verified unless trusted
    trusted_host_key: str | None = None  # "ssh-ed25519 AAAA…" of a simulated device
    timeout: float = 300.0  # seconds for one request; a big commit takes minutes


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, whole: raw text as received, and every error or warning found anywhere in it.

    ``raw`` may hold reversible keys, so it isn't in ``repr``.
    """

    raw: str = field(repr=False)
    messages: tuple[DeviceMessage, ...] = ()

    @property
    def errors(self) -> tuple[DeviceMessage, ...]:
        """Return the messages of severity error."""
        return tuple(m for m in self.messages if m.severity == "error")

    @property
    def warnings(self) -> tuple[DeviceMessage, ...]:
        """Return the messages of severity warning."""
        return tuple(m for m in self.messages if m.severity == "warning")


@dataclass(frozen=True, slots=True)
class Facts:
    """Who the device says it is (get-system-information, hello)."""

    hostname: str
    model: str
    version: str
    serial: str
    capabilities: tuple[str, ...] = ()  # NETCONF hello; empty over the CLI


@runtime_checkable
class Reader(Protocol):
    """Ask, change nothing."""

    name: str  # "pyez", "ncclient", "netmiko"
    device: str

    @property
    def session_id(self) -> int | None:
        """Return what a lock refusal calls this session, and ``kill-session`` ends it by.

        None where there's no session, and over the CLI, which doesn't tell.
        """
        ...

    def open(self) -> None:
        """Connect and log in."""
        ...

    def close(self) -> None:
        """End the session; never raises."""
        ...

    def facts(self) -> Facts:
        """Ask who the device is."""
        ...

    def configuration(
        self, database: Database = "committed", fmt: PayloadFormat = "xml", subtree: str = ""
    ) -> str:
        """Return the configuration.

        ``xml``: the ``<configuration>`` element as received, attributes included. ``subtree`` is
        a space-separated path of containers ("security ike") to ask for less.
        """
        ...

    def rpc(self, name: str, arguments: dict[str, str | bool] | None = None) -> Reply:
        """Run an operational RPC; over the CLI the equivalent ``show … | display xml``."""
        ...

    def cli(self, command: str) -> str:
        """Run an operational command and return its text, echo and prompt removed."""
        ...


@runtime_checkable
class Writer(Reader, Protocol):
    """Change the shared candidate and commit it."""

    def lock(self) -> None:
        """Take the configuration lock; :class:`~harness.errors.DeviceBusy` names the holder."""
        ...

    def unlock(self) -> None:
        """Release the lock taken by this session."""
        ...

    def load(self, payload: str, fmt: PayloadFormat, action: LoadAction = "merge") -> Reply:
        """Load statements into the candidate; a refused load leaves the candidate as it was."""
        ...

    def rollback(self, index: int = 0) -> Reply:
        """Load a previous configuration (0..49) into the candidate; 0 discards changes."""
        ...

    def diff(self, index: int = 0) -> str:
        """Return the device's own patch text, candidate against rollback ``index``; "" if none."""
        ...

    def commit_check(self) -> Reply:
        """Validate the candidate. Confirms a pending confirmed commit: never call it then."""
        ...

    def commit(self, log: str, confirm_minutes: int | None = None) -> Reply:
        """Commit, with ``confirm_minutes`` as native ``commit confirmed``.

        Returns whenever the device didn't clearly refuse: the caller must ask the device again,
        because a reply that says ok proves nothing (docs/design.md).
        """
        ...
