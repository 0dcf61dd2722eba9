"""Choices of behaviour that sources leave open, or that differ between labs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harness.errors import UsageError

# name → what is allowed, the default first
SWITCHES: Final[Mapping[str, tuple[str, ...]]] = {
    # as "system services netconf rfc-compliant" says, or one of the dialects whatever it says
    "netconf-dialect": ("configured", "default", "rfc-compliant", "rfc-compliant-1.1"),
    "peers": ("silent", "answering"),  # whether the far ends of tunnels negotiate
    "followup-confirm-target": ("previous", "first"),
    "pending-at-reboot": ("lost", "kept"),  # a confirmed commit that nobody confirmed yet
    "cancel-commit": ("refused", "taken"),  # in no Junos document; RFC 6241 has it
    "rfc-confirm-timeout": ("seconds", "minutes"),  # the unit of the RFC's confirm-timeout
    # whether connection-limit and rate-limit of "system services ssh" and "netconf ssh" hold
    "session-limits": ("on", "off"),
    # at once: 80 ms less for each login of a client without TCP_NODELAY
    "tcp-acknowledgement": ("quick", "delayed"),
}


def checked_switches(given: Mapping[str, str]) -> Mapping[str, str]:
    """Fill in the defaults; raises :class:`UsageError` naming what is known and allowed."""
    for name, value in given.items():
        allowed = SWITCHES.get(name)
        if allowed is None:
            raise UsageError(f"unknown switch {name!r}; known: {', '.join(SWITCHES)}")
        if value not in allowed:
            raise UsageError(f"switch {name!r} is {value!r}; allowed: {', '.join(allowed)}")
    return {name: given.get(name, allowed[0]) for name, allowed in SWITCHES.items()}
