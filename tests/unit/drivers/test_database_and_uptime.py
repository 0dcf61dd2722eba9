"""Who is in the configuration, what waits to be committed, and how long a device has been up."""

from __future__ import annotations

import pytest

from harness.drivers.database import Editor, parse_editors, parse_scheduled
from harness.drivers.uptime import Times, parse_uptime
from harness.errors import DeviceError

STATUS = """
<database-status-information xmlns="http://xml.juniper.net/xnm/1.1/xnm">
  <database-status>
    <user>alice</user><terminal>p0</terminal><pid>4242</pid>
    <start-time junos:seconds="1767225600">2026-01-01 00:00:00 UTC</start-time>
    <idle-time junos:seconds="3">00:00:03</idle-time>{more}<edit-path>[edit]</edit-path>
  </database-status>
</database-status-information>
"""
SINCE = "2026-01-01 00:00:00 UTC"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", Editor("alice", "4242", SINCE, exclusive=False)),
        ("<exclusive/>", Editor("alice", "4242", SINCE, exclusive=True)),
        ("<commit-at/>", Editor("alice", "4242", SINCE, exclusive=False, commit_at="scheduled")),
        (
            "<commit-at>2026-01-02 03:00:00 UTC</commit-at>",
            Editor("alice", "4242", SINCE, exclusive=False, commit_at="2026-01-02 03:00:00 UTC"),
        ),
    ],
    ids=["edits", "locks", "has scheduled", "has scheduled, with its time"],
)
def test_an_editor_is_read_as_the_guide_has_him(more, expected):
    """User, pid, since when, and what he holds."""
    assert parse_editors(STATUS.format(more=more)) == (expected,)


def test_nobody_is_in_the_configuration():
    """An empty database status is an answer."""
    assert parse_editors("<database-status-information/>") == ()


@pytest.mark.parametrize("text", ["", "<other/>", "<database-status-information>", "error: no"])
def test_what_is_no_database_status_is_an_error(text):
    """What can't be read never means nobody."""
    with pytest.raises(DeviceError):
        parse_editors(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("0   2026-01-01 00:00:00 UTC by alice via cli\n    rollback pending\n", ()),
        (
            "commit requested by root via cli at Tue May 7 15:59:00 2002\n"
            "0   2002-05-06 00:00:00 UTC by root via cli\n",
            ("root via cli at Tue May 7 15:59:00 2002",),
        ),
        ("commit requested by root via cli at reboot\n", ("root via cli at reboot",)),
        (
            "0   2026-01-01 00:00:00 UTC by a via cli\n"
            "    commit requested by me via cli at noon\n",
            (),
        ),
    ],
    ids=["nothing", "pending", "at a time", "at a reboot", "in a log"],
)
def test_a_scheduled_commit_is_read_from_the_words_of_the_cli(text, expected):
    """Who, and when; the words in a log of a commit are none."""
    assert parse_scheduled(text) == expected


UPTIME = """
<system-uptime-information xmlns="http://xml.juniper.net/junos/18.4R1/junos">
<current-time><date-time junos:seconds="1700000600">x</date-time></current-time>{booted}
</system-uptime-information>
"""
BOOTED = """<system-booted-time><date-time junos:seconds="1700000000">x</date-time>
<time-length junos:seconds="600">00:10:00</time-length></system-booted-time>"""


@pytest.mark.parametrize(
    ("xml", "expected", "up"),
    [
        (UPTIME.format(booted=BOOTED), Times(1700000600, 1700000000), 600),
        (UPTIME.format(booted=""), Times(1700000600, None), None),
    ],
)
def test_the_uptime_is_told_by_the_device_alone(xml, expected, up):
    """Both moments are of its own clock, so that setting the clock changes nothing."""
    found = parse_uptime(xml)
    assert found == expected
    assert found.up == up


def test_a_reply_without_a_time_says_nothing():
    """Not readable isn't zero."""
    assert parse_uptime("<system-uptime-information/>") is None
