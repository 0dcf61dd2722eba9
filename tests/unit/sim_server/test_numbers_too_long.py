"""Numbers that Python itself doesn't read, wherever a client may write one."""

from __future__ import annotations

import pytest

from harness.sim.digits import number_of

LONG = "1" * 5000  # int() refuses more than 4300 digits
SQUARED = "²"  # str.isdigit accepts it, int() doesn't

RPCS = (
    '<load-configuration rollback="{}"/>',
    "<get-rollback-information><rollback>{}</rollback></get-rollback-information>",
    '<get-configuration compare="rollback" rollback="{}"/>',
    "<commit-configuration><confirmed/><confirm-timeout>{}</confirm-timeout></commit-configuration>",
    "<commit><confirmed/><confirm-timeout>{}</confirm-timeout></commit>",
    "<commit-configuration><at-time>{}</at-time></commit-configuration>",
    "<kill-session><session-id>{}</session-id></kill-session>",
    '<load-configuration action="set"><configuration-set>edit system\nup {}\n'
    "</configuration-set></load-configuration>",
    '<load-configuration format="json"><configuration-json>{{"configuration": {{"interfaces": '
    '{{"interface": [{{"name": "xe-0/0/0", "mtu": {} }}]}}}}}}</configuration-json>'
    "</load-configuration>",
)
LINES = (
    "rollback {}",
    "commit confirmed {}",
    'commit at "{}:10"',
    "replace pattern a with b upto {}",
    "show | compare rollback {}",
    "show | match x{{{}}}",
    "show | match x{{1,{}}}",
    "show | last {}",
    "run set cli screen-length {}",
    "run request system logout pid {}",
)


@pytest.mark.parametrize("number", [LONG, SQUARED], ids=["long", "squared"])
@pytest.mark.parametrize("body", RPCS)
def test_an_rpc_is_refused(bench, body, number):
    """The session answers with an error, and goes on."""
    talk = bench.netconf()
    assert talk.rpc(body.format(number)).findall(".//{*}rpc-error")
    assert not talk.rpc("<get-system-information/>").findall(".//{*}rpc-error")


@pytest.mark.parametrize("number", [LONG, SQUARED], ids=["long", "squared"])
@pytest.mark.parametrize("line", LINES)
def test_a_command_is_refused(bench, line, number):
    """The terminal says something, and goes on."""
    talk = bench.shell()
    talk.type("configure")
    talk.type(line.format(number))
    assert "Exiting configuration mode" in talk.type("exit configuration-mode")


def test_up_takes_away_what_there_is(bench):
    """Levels by the hundred million cost nothing."""
    talk = bench.netconf()
    lines = "edit system services ssh\nup 400000000\nset system host-name up\n"
    body = f"<configuration-set>{lines}</configuration-set>"
    refused = talk.rpc(f'<load-configuration action="set">{body}</load-configuration>')
    assert refused.findall(".//{*}rpc-error")
    body = body.replace("400000000", "999999")
    loaded = talk.rpc(f'<load-configuration action="set">{body}</load-configuration>')
    assert not loaded.findall(".//{*}rpc-error")
    assert bench.device.store.candidate["system"]["host-name"] == "up"


@pytest.mark.parametrize(
    ("text", "most", "number"),
    [
        ("0", 9, 0), ("9", 9, 9), ("10", 9, None), ("007", 9, 7), ("000", 9, 0), ("", 9, None),
        ("-1", 9, None), ("+1", 9, None), (" 1", 9, None), ("1_0", 99, None), (SQUARED, 9, None),
        ("٣", 9, None), (LONG, 10**9, None), ("0" * 5000 + "5", 9, 5),
    ],
)  # fmt: skip
def test_numbers_are_read_up_to_a_bound(text, most, number):
    """ASCII digits alone; zeros in front don't count."""
    assert number_of(text, most) == number
