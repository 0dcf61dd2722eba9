"""Which CLI command answers which operational RPC; data.

Source: the command and RPC names of Juniper's published models (junos-es-rpc-*, 18.4R1), where
each RPC names its command. A new RPC is a new row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.errors import UsageError


@dataclass(frozen=True, slots=True)
class Command:
    """The command, and the word that goes before the value of an argument ("" for none)."""

    text: str
    words: Mapping[str, str] = field(default_factory=dict)


_LEVELS = {"detail": "detail", "brief": "brief"}
_INTERFACES = {
    **_LEVELS,
    "interface-name": "",
    "terse": "terse",
    "extensive": "extensive",
    "descriptions": "descriptions",
}

COMMANDS: Mapping[str, Command] = {
    "get-system-information": Command("show system information"),
    "get-software-information": Command("show version", _LEVELS),
    "get-system-uptime-information": Command("show system uptime"),
    "get-system-users-information": Command("show system users"),
    "get-system-storage": Command("show system storage", _LEVELS),
    "get-commit-information": Command("show system commit"),
    "get-commit-revision-information": Command("show system commit revision", {"level": ""}),
    "get-license-summary-information": Command("show system license"),
    "get-alarm-information": Command("show chassis alarms"),
    "get-system-alarm-information": Command("show system alarms"),
    "get-system-core-dumps": Command("show system core-dumps"),
    "get-performance-summary-information": Command("show security monitoring"),
    "get-chassis-inventory": Command("show chassis hardware", _LEVELS),
    "get-chassis-cluster-status": Command("show chassis cluster status"),
    "get-route-engine-information": Command("show chassis routing-engine"),
    "get-interface-information": Command("show interfaces", _INTERFACES),
    "get-zones-information": Command("show security zones", _LEVELS),
    "get-ike-security-associations-information": Command(
        "show security ike security-associations",
        {**_LEVELS, "peer-address": "", "family": "family"},
    ),
    "get-security-associations-information": Command(
        "show security ipsec security-associations",
        {**_LEVELS, "family": "family", "show-vpnname-ipsec-security-association": "vpn-name"},
    ),
    "get-inactive-tunnels": Command("show security ipsec inactive-tunnels", _LEVELS),
    "get-ipsec-statistics-information": Command("show security ipsec statistics"),
    "get-virtual-network-functions-information": Command(
        "show virtual-network-functions", {**_LEVELS, "vnf-name": ""}
    ),
}


def command_for(rpc: str, arguments: Mapping[str, str | bool] | None) -> str:
    """Return the command for an RPC.

    Raises :class:`~harness.errors.UsageError` for an RPC or argument without a known word.
    """
    command = COMMANDS.get(rpc)
    if command is None:
        known = ", ".join(sorted(COMMANDS))
        raise UsageError(f"no CLI command is known for RPC {rpc}; known: {known}")
    parts = [command.text]
    for name, value in (arguments or {}).items():
        word = command.words.get(name)
        if word is None:
            known = ", ".join(sorted(command.words)) or "none"
            raise UsageError(f"'{command.text}' has no argument {name}; known: {known}")
        if value is True:
            parts.append(word or name)
        elif value is not False:
            parts += [word, _word(value)] if word else [_word(value)]
    return " ".join(parts)


def _word(value: str) -> str:
    if not value or not value.isprintable() or any(c in value for c in ' |;"'):
        raise UsageError(f"{value!r} can't be an argument of a CLI command")
    return value
