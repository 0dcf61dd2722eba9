"""What the CLI prints becomes messages; nothing it didn't complain about does."""

import pytest

from harness.drivers import cli_replies
from harness.errors import DeviceMessage

REFUSED = """\
[edit security ipsec vpn V ike]
  'gateway NOPE'
    Referenced IKE gateway must be defined under [edit security ike gateway]
error: configuration check-out failed: (statements constraint check failed)
"""

LICENCE = """\
[edit security]
  'ike'
    warning: requires 'vpn' license

[edit protocols]
  'mpls'
    warning: requires 'mpls' license
configuration check succeeds
commit complete
"""


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (REFUSED, [
            DeviceMessage(
                "error", "Referenced IKE gateway must be defined under [edit security ike gateway]",
                "[edit security ipsec vpn V ike]", "gateway NOPE",
            ),
            DeviceMessage(
                "error", "configuration check-out failed: (statements constraint check failed)"
            ),
        ]),
        (LICENCE, [
            DeviceMessage("warning", "requires 'vpn' license", "[edit security]", "ike"),
            DeviceMessage("warning", "requires 'mpls' license", "[edit protocols]", "mpls"),
        ]),
        ("error: Policy error: Policy X referenced but not defined\n"
         "error: configuration check-out failed\n", [
            DeviceMessage("error", "Policy error: Policy X referenced but not defined"),
            DeviceMessage("error", "configuration check-out failed"),
        ]),
        ("commit confirmed will be automatically rolled back in 5 minutes unless confirmed\n"
         "commit complete\n", []),
        ("", []),
    ],
)  # fmt: skip
def test_commit_messages(output, expected):
    """Blocks of path, element and text are errors unless they say warning."""
    assert list(cli_replies.commit_messages(output)) == expected


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("set a\nset b\nload complete\n", []),
        ("set a\nterminal:2:(5) syntax error: b\n  [edit]\n    'set b'\n      syntax error\n"
         "set b\nload complete (1 errors)\n", [
            DeviceMessage("error", "syntax error: b", "line 2"),
            DeviceMessage("error", "syntax error", "[edit]", "set b"),
        ]),
        ("set a\nset b\nload complete (2 errors)\n", [
            DeviceMessage("error", "load complete (2 errors)"),
        ]),
        ("set a\nwarning: statement not found\nset b\nload complete\n", [
            DeviceMessage("warning", "statement not found"),
        ]),
    ],
)  # fmt: skip
def test_load_messages(output, expected):
    """Errors of a load are found between the echoed lines."""
    assert list(cli_replies.load_messages(output, "set a\nset b\n")) == expected


def test_echo_of_the_payload_is_no_message():
    """A statement that reads like an error isn't taken for one when it's echoed."""
    payload = "system {\n    error: x;\n}\n[edit a]\n  warning: y\n"

    assert cli_replies.load_messages(payload + "load complete\n", payload) == ()


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("Hostname: srx1\nerror: counter 3\n", None),
        ("", None),
        ("error: Chassis cluster is not enabled\n", "Chassis cluster is not enabled"),
        ("                ^\nsyntax error, expecting <command>.\n",
         "syntax error, expecting <command>."),
        ("unknown command.\n", "unknown command."),
    ],
)  # fmt: skip
def test_refusal(output, expected):
    """A refused command is told apart from an output that mentions errors."""
    found = [message.text for message in cli_replies.refusal(output)]

    assert found == ([expected] if expected else [])


def test_lock_holder():
    """The whole refusal, which stands on several lines, is one line."""
    output = (
        "error: configuration database locked by:\n"
        "  ops terminal p0 (pid 4321) on since 2026-01-01 00:00:00 UTC, idle 00:10:00\n"
        "      exclusive [edit]\n"
    )

    assert cli_replies.lock_holder(output) == (
        "configuration database locked by: ops terminal p0 (pid 4321) on since "
        "2026-01-01 00:00:00 UTC, idle 00:10:00 exclusive [edit]"
    )
    assert cli_replies.lock_holder("Entering configuration mode\n") == ""


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("[edit interfaces st0]\n+    unit 1;\n\n[edit]\n", "[edit interfaces st0]\n+    unit 1;"),
        ("\n[edit]\n", ""),
        ("text", "text"),
        ("+   a;\n\n# commit confirmed will be rolled back in 5 minutes\n[edit]\n", "+   a;"),
        ("\n# commit confirmed will be rolled back in 5 minutes\n", ""),
    ],
)
def test_banner_is_removed(output, expected):
    """The banner before the prompt goes, the headings inside a patch stay."""
    assert cli_replies.without_banner(output) == expected
