"""The configuration datastore of one device: candidate, committed, history, lock, confirm.

Nothing here reads a clock, a socket or a random source; all come in as arguments. The server
calls :meth:`Datastore.tick` before every request, which is when a due rollback happens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from harness.clock import Clock
from harness.sim.commit import (
    Client,
    CommitRecord,
    CommitResult,
    FollowupTarget,
    LockHolder,
)
from harness.sim.loading import LoadAction, LoadFormat
from harness.sim.messages import Complaint
from harness.sim.rendering import RenderFormat
from harness.sim.rules import CommitRule
from harness.sim.schema import Schema
from harness.sim.tree import Node

Mangle = Callable[[Node, Node], Node]


@dataclass(frozen=True, slots=True)
class PendingConfirm:
    """A commit that undoes itself at ``deadline`` (UTC) unless something confirms it."""

    deadline: datetime
    target: Node
    minutes: int | None  # of the native form; None for the RFC form
    owner: int | None = None  # pid of the session that it's bound to (RFC form); None: the device


class Datastore:
    """Committed and candidate configuration of one device, shared by all its sessions."""

    def __init__(
        self,
        schema: Schema,
        base: str,
        clock: Clock,
        *,
        hostname: str,
        version: str,
        rules: Sequence[CommitRule],
        mangle: Mangle | None = None,
        tunnel_limit: int | None = None,
        followup_confirm_target: FollowupTarget = "previous",
        secret_seed: bytes = b"",
    ) -> None:
        """Commit ``base`` (set format) as user root at the clock's time.

        ``hostname`` and ``version`` are set in it. ``mangle(committed, checked)`` returns what
        becomes committed instead of what was checked. ``secret_seed`` fixes the salts of stored
        keys. Raises :class:`~harness.errors.TestbedError` when ``base`` doesn't load or check.
        """
        raise NotImplementedError

    @property
    def committed(self) -> Node:
        """The committed configuration, deactivated statements included."""
        raise NotImplementedError

    @property
    def effective(self) -> Node:
        """The committed configuration without what is deactivated: what the device acts on."""
        raise NotImplementedError

    @property
    def candidate(self) -> Node:
        """The shared candidate."""
        raise NotImplementedError

    @property
    def commit_seconds(self) -> int:
        """Epoch seconds of the last commit."""
        raise NotImplementedError

    @property
    def history(self) -> tuple[CommitRecord, ...]:
        """Up to 50 commits, newest first."""
        raise NotImplementedError

    @property
    def dirty(self) -> bool:
        """Whether the candidate has uncommitted changes."""
        raise NotImplementedError

    @property
    def lock_holder(self) -> LockHolder | None:
        """Who holds the configuration lock."""
        raise NotImplementedError

    @property
    def pending(self) -> PendingConfirm | None:
        """The confirmed commit that nothing has confirmed yet."""
        raise NotImplementedError

    def session(self, user: str, client: Client, pid: int, terminal: str = "") -> ConfigSession:
        """Open a configuration session; ``pid`` is what a lock refusal names."""
        raise NotImplementedError

    def tick(self) -> None:
        """Roll back a confirmed commit whose deadline has passed.

        The rollback is a commit of its own, by root through "other", and stands in the history.
        """
        raise NotImplementedError

    def rollback_tree(self, index: int) -> Node | None:
        """Return configuration ``rollback index``; None when there is no such slot."""
        raise NotImplementedError

    def render(
        self,
        node: Node,
        fmt: RenderFormat,
        *,
        subtree: etree._Element | None = None,
        hide_secrets: bool = False,
    ) -> str:
        """Write a configuration as Junos prints it.

        ``xml`` is a ``<configuration>`` element whose ``junos:`` attributes rely on a prefix
        declared around it; ``set`` has no header, ``text`` begins with ``## Last commit: …`` or
        ``## Last changed: …``. ``subtree`` is a ``<configuration>`` element that names what to
        keep. ``hide_secrets`` shows ``/* SECRET-DATA */`` in place of secrets, as to a login
        without the permission ``secret``.
        """
        raise NotImplementedError

    def compare(self, old: Node, new: Node) -> str:
        """Return Junos patch text from ``old`` to ``new``; "" when they are the same."""
        raise NotImplementedError


class ConfigSession:
    """What one login does to the datastore; made by :meth:`Datastore.session`."""

    def lock(self) -> list[Complaint]:
        """Take the lock; refused while another holds it or the candidate is dirty."""
        raise NotImplementedError

    def unlock(self) -> list[Complaint]:
        """Release the lock; uncommitted changes stay."""
        raise NotImplementedError

    def load(
        self, payload: str | etree._Element, fmt: LoadFormat, action: LoadAction = "merge"
    ) -> list[Complaint]:
        """Change the candidate; on any error it stays as it was.

        ``payload`` is the text, or for ``xml`` the parsed ``<configuration>`` element.
        """
        raise NotImplementedError

    def rollback(self, index: int) -> list[Complaint]:
        """Make the candidate the configuration of slot ``index`` (0..49)."""
        raise NotImplementedError

    def discard(self) -> list[Complaint]:
        """Make the candidate the committed configuration."""
        raise NotImplementedError

    def compare(self, index: int | None = None) -> str:
        """Return Junos patch text from slot ``index`` (None: 0) to the candidate."""
        raise NotImplementedError

    def check(self) -> list[Complaint]:
        """Check the candidate, as ``commit check``; success confirms a pending commit."""
        raise NotImplementedError

    def commit(
        self,
        *,
        log: str = "",
        confirm_minutes: int | None = None,
        rfc_confirm_seconds: int | None = None,
        check: bool = False,
    ) -> CommitResult:
        """Check and commit the candidate; with ``check`` only check it."""
        raise NotImplementedError

    def close(self) -> None:
        """End the session.

        Releases its lock and then discards the candidate; an RFC confirmed commit of this
        session rolls back.
        """
        raise NotImplementedError
