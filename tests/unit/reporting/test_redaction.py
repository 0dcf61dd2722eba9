"""Canaries: no secret that gets into an event gets into the stream."""

import json
from pathlib import Path

import pytest

from harness.clock import ManualClock
from harness.outcome import Finding, Outcome
from harness.reporting.record import Case, RunRecord
from harness.reporting.redact import HIDDEN, redact, redact_argv

CANARY = "C4n4ryQx7"

SECRETS = [
    f"$9${CANARY}/.-aa",
    f"$8$aes256-gcm$hmac-sha2-256$100${CANARY}$iv$tag",
    f"$6${CANARY}$hash.hash/",
    f"$5${CANARY}$hash",
    f"$1${CANARY}$hash",
    f"$2b$12${CANARY}",
    f"$y$j9T${CANARY}$x",
    f"password={CANARY}",
    f"password = '{CANARY} with blanks'",
    f"Password: {CANARY}",
    f'"password": "{CANARY}"',
    f"--password={CANARY}",
    f"db_password={CANARY};",
    f"passphrase={CANARY}",
    f"psk={CANARY}",
    f"client_secret={CANARY}",
    f"api-key: {CANARY}",
    f"auth_token={CANARY}&x=1",
    f'pre-shared-key ascii-text "{CANARY}"; ## SECRET-DATA',
    f"set security ike policy p pre-shared-key ascii-text {CANARY}",
    f"set security ike policy p pre-shared-key hexadecimal {CANARY}",
    f"set system root-authentication encrypted-password {CANARY}",
    f"<ascii-text>{CANARY}</ascii-text>",
    f"<junos:ascii-text junos:changed='c'>{CANARY}\n</junos:ascii-text>",
    f"<password>{CANARY}",
    f"<encrypted-password>{CANARY}</encrypted-password>",
    f"https://oauth2:{CANARY}@gitlab.example/x.git",
    f"-----BEGIN OPENSSH PRIVATE KEY-----\n{CANARY}\n{CANARY}\n-----END OPENSSH PRIVATE KEY-----",
    f"-----BEGIN PRIVATE KEY-----\n{CANARY} cut off here",
    f"password: [redacted]{CANARY}",
    f'password: "[redacted] {CANARY}"',
    f"password: {{{CANARY}}}",
]

HARMLESS = [
    "allowed: {default: {username: …, password: {env: NAME}, {keyring: SERVICE}, {agent: true}}}",
    "password: {file: ~/.hil-password}",
    "password: [redacted]",
    'secret "[redacted]";',
    "accepted 1499 of 1500 (documented) on srx4100-a [hardware]",
    "[edit security ike gateway hil-t00001] Referenced IKE policy must be defined",
    "## SECRET-DATA",
    "the login reads secrets as SECRET-DATA",
    "costs $9 or $8.50",
    "no password given for srx4100",
    "psk: not compared",
    "tokens: 3",
    "<token-count>3</token-count>",
    "reads secrets as SECRET-DATA: such a baseline can't be restored",
    "login refused (password, keyboard-interactive)",
    "https://user@example.org/path",
    "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----",
]


@pytest.mark.parametrize("text", SECRETS)
def test_secret_is_replaced_wherever_it_stands(text):
    """The canary is gone, and what stood around it can still be read."""
    cleaned = redact(f"before {text} \nafter")
    assert CANARY not in cleaned
    assert HIDDEN in cleaned
    assert cleaned.startswith("before ")


@pytest.mark.parametrize("text", SECRETS)
def test_what_was_redacted_stays_as_it_is(text):
    """A second fence on the way finds nothing to mend."""
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_is_left_alone(text):
    """Reports stay readable: only values are hidden, never the words about them."""
    assert redact(text) == text


@pytest.mark.parametrize("text", SECRETS)
def test_no_field_of_an_event_is_outside_the_fence(tmp_path: Path, text):
    """Reason, findings, warnings, keys and values of properties: nothing leaks to the file."""
    case = Case(
        nodeid=f"suites/a.py::test[{text}]",
        outcome=Outcome.FAIL,
        reason=text,
        warnings=(text,),
        findings=(Finding(text, text, text, ok=False, source=text),),
        unusable_witnesses={"cli": text},
        attachments=(text,),
        properties={text: text, "password": CANARY, "psk": CANARY, "client_secret": CANARY},
    )
    with RunRecord.create(tmp_path, ManualClock()) as record:
        record.append(case)
    assert CANARY not in record.path.read_text()
    assert json.loads(record.path.read_text())["properties"]["psk"] == HIDDEN


def test_secret_is_redacted_before_a_long_text_is_cut(tmp_path: Path):
    """Cutting first could remove the mark by which a secret is known."""
    key = f"-----BEGIN PRIVATE KEY-----\n{CANARY * 40_000}\n-----END PRIVATE KEY-----"
    with RunRecord.create(tmp_path, ManualClock()) as record:
        record.append(Case(nodeid="a.py::t", outcome=Outcome.FAIL, reason=key))
    assert CANARY not in record.path.read_text()


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("--password", CANARY, "-n", "2"), ("--password", HIDDEN, "-n", "2")),
        ((f"--password={CANARY}", "x"), (f"--password={HIDDEN}", "x")),
        (("--seed", "42", "-v"), ("--seed", HIDDEN, "-v")),
        (("--seed=42",), (f"--seed={HIDDEN}",)),
        (("--token", "--seed", "42"), ("--token", HIDDEN, "42")),
        (("--claim", "a=40", "suites/"), ("--claim", "a=40", "suites/")),
        (("-k", f"password={CANARY}"), ("-k", f"password={HIDDEN}")),
    ],
)
def test_command_line_hides_values_that_are_arguments_of_their_own(argv, expected):
    """An option's value has no mark on itself; the option before it decides."""
    assert redact_argv(argv) == expected


HOSTILE_UNITS = [
    *(
        "a",
        "a.",
        "=",
        '"',
        "-",
        "\n",
        "$9$",
        "a://",
        "a.a://b:",
        "password",
        "password ",
        "secret-",
    ),
    *("<password", "ascii-text ", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----"),
]


@pytest.mark.parametrize("unit", HOSTILE_UNITS)
def test_hostile_text_costs_one_pass(unit):
    """No repetition makes a pattern start over: each megabyte is done before anyone notices.

    A pattern that is quadratic in one of these would need hours, and this test with it.
    """
    text = unit * (1_000_000 // len(unit))
    assert redact(text)
