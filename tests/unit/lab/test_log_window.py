"""Of a device's log a case gets its own part, by the device's clock."""

from datetime import datetime

import pytest

from harness.lab.log_window import device_time, log_window

NOW = datetime(2026, 11, 22, 15, 30, 0)  # noqa: DTZ001 - a device's wall time has no zone
START = NOW.replace(minute=20)


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("Nov 22 15:20:00  host mgd[5]: UI_COMMIT: x", True),
        ("Nov 22 15:19:50  host mgd[5]: within the margin of a slow clock", True),
        ("Nov 22 15:19:49  host mgd[5]: before it", False),
        ("Nov  2 15:25:00  host mgd[5]: a day with a blank", False),
        ("Nov 22 15:25:00.123 2026  host mgd[5]: with milliseconds and year", True),
        ("Nov 22 15:31:07  host mgd[5]: written while we read", True),
        ("Dec 24 12:00:00  host mgd[5]: last year's", False),
        ("Feb 29 12:00:00  host mgd[5]: a day that neither year has", True),
        ("Nov 22 25:61:61  host mgd[5]: no time", True),
        ("Xyz 22 12:00:00  host mgd[5]: no month", True),
        ("<14>1 2026-11-22T15:25:00.976+05:30 HOST RT_FLOW - TAG", True),
        ("no stamp at all", True),
    ],
)
def test_a_line_is_in_it_by_its_stamp(line, kept):
    """What has no readable stamp is kept: too much is better than too little."""
    assert log_window(line, START, NOW) == (line if kept else "")


def test_a_line_without_a_stamp_belongs_to_the_one_before():
    """A message of several lines comes and goes as a whole."""
    log = "\n".join([
        "Nov 22 10:00:00  host a: old", "  its second line",
        "Nov 22 15:25:00  host a: new", "  its second line",
    ])  # fmt: skip
    assert log_window(log, START, NOW).splitlines() == log.splitlines()[2:]


def test_a_case_over_new_year_has_both_years():
    """31 December comes before 1 January."""
    now = datetime(2027, 1, 1, 0, 5, 0)  # noqa: DTZ001 - as above
    start = datetime(2026, 12, 31, 23, 55, 0)  # noqa: DTZ001 - as above
    log = (
        "Dec 31 23:50:00  host a: before\n"
        "Dec 31 23:59:00  host a: old year\n"
        "Jan  1 00:01:00  host a: new year"
    )
    assert log_window(log, start, now) == log.partition("\n")[2]


@pytest.mark.parametrize(
    ("uptime", "expected"),
    [
        ("Current time: 2026-11-22 15:30:00 CET\nSystem booted: 2026-01-01 00:00:00 CET", NOW),
        ("node0:\n-----\nCurrent time: 2026-11-22 15:30:00 UTC", NOW),
        ("System booted: 2026-01-01 00:00:00 UTC", None),
        ("", None),
    ],
)
def test_the_device_s_time_is_read_from_its_uptime(uptime, expected):
    """Its own wall time, whatever its zone is called."""
    assert device_time(uptime) == expected
