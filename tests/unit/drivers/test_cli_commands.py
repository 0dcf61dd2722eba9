"""Each operational RPC has its CLI command, with the words that the CLI wants."""

import pytest

from harness.drivers.cli_commands import command_for
from harness.errors import UsageError


@pytest.mark.parametrize(
    ("rpc", "arguments", "command"),
    [
        ("get-system-information", None, "show system information"),
        ("get-security-associations-information", {"detail": True, "brief": False},
         "show security ipsec security-associations detail"),
        ("get-security-associations-information",
         {"show-vpnname-ipsec-security-association": "hil-t00001"},
         "show security ipsec security-associations vpn-name hil-t00001"),
        ("get-interface-information", {"interface-name": "st0", "terse": True},
         "show interfaces st0 terse"),
        ("get-ike-security-associations-information", {"peer-address": "192.0.2.1"},
         "show security ike security-associations 192.0.2.1"),
        ("get-commit-revision-information", {"level": "detail"},
         "show system commit revision detail"),
    ],
)  # fmt: skip
def test_commands(rpc, arguments, command):
    """The table gives the command as an operator would type it."""
    assert command_for(rpc, arguments) == command


@pytest.mark.parametrize(
    ("rpc", "arguments", "words"),
    [
        ("get-nothing", None, "no CLI command .* known: get-alarm-information, "),
        ("get-commit-information", {"level": "x"}, "no argument level; known: none"),
        ("get-interface-information", {"interface-name": "st0 | save x"}, "can't be an argument"),
        ("get-interface-information", {"interface-name": "st0\nrequest"}, "can't be an argument"),
    ],
)
def test_unknown_or_unsafe_is_refused(rpc, arguments, words):
    """Unknown RPCs and arguments name the known ones; a value can't smuggle in a command."""
    with pytest.raises(UsageError, match=words):
        command_for(rpc, arguments)
