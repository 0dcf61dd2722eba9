"""The commit history, from XML and from CLI text."""

from __future__ import annotations

import pytest

from harness.drivers.history import (
    find_log,
    newest,
    parse_history,
    shows,
)
from harness.errors import DeviceError

OURS = "hil run=7f3a phase=push ipsec 1500"


def entry(sequence: int, log: str = "", extra: str = "") -> str:
    return (
        f"<commit-history><sequence-number>{sequence}</sequence-number><user>lab</user>"
        f'<client>netconf</client><date-time junos:seconds="{1700000000 - sequence}">'
        f"2023-11-14 22:13:20 UTC</date-time><log>{log}</log>{extra}</commit-history>"
    )


def reply(*entries: str) -> str:
    return f"<commit-information>\n{''.join(entries)}\n</commit-information>"


CONFIRMED = "<comment>commit confirmed, rollback in 10mins</comment>"
PENDING = f"{CONFIRMED}<commit-confirmed>rollback pending</commit-confirmed>"


def test_every_field_is_read():
    """User, client, time, log, the device's comment and the pending mark."""
    (found,) = parse_history(reply(entry(0, f"\n{OURS}\n", PENDING)))
    assert (found.sequence, found.user, found.client) == (0, "lab", "netconf")
    assert (found.seconds, found.log) == (1700000000, OURS)
    assert (found.confirm_minutes, found.pending) == (10, True)


def test_a_confirmed_commit_without_the_mark_is_not_called_pending():
    """The comment stays after confirmation and proves nothing."""
    (found,) = parse_history(reply(entry(0, "", CONFIRMED)))
    assert (found.confirm_minutes, found.pending) == (10, False)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ((entry(0, OURS),), True),
        ((entry(0, OURS), entry(1, "x")), True),
        ((entry(1, OURS), entry(0, "x")), False),
        ((entry(0, "x"),), False),
        ((entry(0, OURS + " and more"),), False),
        ((entry(0, ""),), False),
        ((), False),
    ],
    ids=["alone", "newest", "under another", "absent", "longer", "empty log", "no history"],
)
def test_only_the_newest_commit_with_our_log_counts(entries, expected):
    """A commit of ours that somebody's commit covers isn't what the device runs."""
    assert shows(parse_history(reply(*entries)), OURS) is expected


def test_an_empty_log_is_never_found():
    """Two commits without a log must not look like one."""
    assert find_log(parse_history(reply(entry(0))), "") is None


def test_a_log_printed_as_comment_is_found():
    """Some releases print the operator's text in <comment>."""
    history = parse_history(reply(entry(0, "", f"<comment>{OURS}</comment>")))
    assert shows(history, OURS)


def cluster(*nodes: tuple[str, str]) -> str:
    items = "".join(
        f"<multi-routing-engine-item><re-name>{name}</re-name>{history}</multi-routing-engine-item>"
        for name, history in nodes
    )
    return f"<multi-routing-engine-results>{items}</multi-routing-engine-results>"


def test_both_nodes_of_a_cluster_must_show_the_commit():
    """One node alone isn't enough."""
    both = cluster(("node0", reply(entry(0, OURS))), ("node1", reply(entry(0, OURS))))
    one = cluster(("node0", reply(entry(0, OURS))), ("node1", reply(entry(0, "x"), entry(1, OURS))))
    assert shows(parse_history(both), OURS)
    assert not shows(parse_history(one), OURS)
    assert [e.node for e in newest(parse_history(one))] == ["node0", "node1"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<rpc-reply/>",
        "<commit-information><commit-history/></commit-information>",
        "<commit-information>",
        "error: permission denied",
        '<!DOCTYPE x [<!ENTITY e "v">]><commit-information/>',
        "<commit-information>" + " " * (4 * 1024 * 1024) + "</commit-information>",
    ],
    ids=["empty", "other", "no number", "cut", "text", "dtd", "huge"],
)
def test_what_is_no_history_is_an_error(text):
    """An unreadable history is never an empty one."""
    with pytest.raises(DeviceError, match="unreadable commit history"):
        parse_history(text)


def test_a_recorded_history_reads(recorded):
    """An SRX 24.2R2 prints the log in <log> or in <comment>."""
    first, second = parse_history(recorded("junos_exporter/system-TestSystemCommit-0.xml"))
    assert (first.seconds, first.log, first.comment) == (1757518615, "Some log A", "")
    assert find_log((first, second), "Some log B") is second
