"""A log stream beside a baseline: what is added, what is left alone, what forbids it."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from harness.errors import PlanError
from harness.plan.log_stream import STREAM, LogTarget, plan_log_stream
from harness.plan.model import Site
from harness.render.log_stream import log_hierarchies, render_log_stream

SITE = Site(
    device="srx-a",
    platform="srx4100",
    external_interface="xe-0/0/0.0",
    external_zone="untrust",
    local=IPv4Address("192.0.2.1"),
    peers=IPv4Network("198.18.0.0/15"),
    inner=IPv4Network("100.64.0.0/10"),
)
TCP = LogTarget(IPv4Address("192.0.2.9"), 3514, "tcp", "untrust")
UDP = replace(TCP, transport="udp")
OURS = [
    f"set security log stream {STREAM} format sd-syslog",
    f"set security log stream {STREAM} host 192.0.2.9",
    f"set security log stream {STREAM} host port 3514",
]
MODE = "set security log mode stream"
SOURCE = "set security log source-address 192.0.2.1"
OVER_TCP = "set security log transport protocol tcp"
TRACKING = "set security zones security-zone untrust application-tracking"


def stream(name: str, host: str = "192.0.2.50", port: str = "") -> str:
    """Return a stream of somebody else."""
    inside = f"<ipaddr>{host}</ipaddr>{port and f'<port>{port}</port>'}"
    return f"<stream><name>{name}</name><host>{inside}</host></stream>"


def baseline(log: str = "", zone: str = "", more: str = "", groups: str = "") -> str:
    """Return a configuration with a zone untrust and what is said of logs."""
    return (
        f"<configuration>{groups}<security><log>{log}</log>{more}<zones><security-zone>"
        f"<name>untrust</name><interfaces><name>xe-0/0/0.0</name></interfaces>{zone}"
        "</security-zone></zones></security></configuration>"
    )


def planned(xml: str, target: LogTarget = TCP) -> list[str]:
    """Return the set lines of the plan; whatever is in them may change on the device."""
    plan = plan_log_stream(SITE, target, xml)
    lines = list(render_log_stream(plan).set_lines())
    allowed = log_hierarchies(plan)
    for line in lines:
        assert any(tuple(line.split()[1:])[: len(words)] == words for words in allowed), line
    return lines


@pytest.mark.parametrize(
    ("xml", "target", "beside"),
    [
        (baseline(), TCP, {MODE, SOURCE, OVER_TCP, TRACKING}),
        (baseline(), UDP, {MODE, SOURCE, TRACKING}),
        (baseline("<mode>stream</mode>"), UDP, {SOURCE, TRACKING}),
        (
            baseline("<mode>stream</mode><source-address>192.0.2.7</source-address>"),
            UDP,
            {TRACKING},
        ),
        (
            baseline("<mode>stream</mode><source-interface>lo0.0</source-interface>"),
            UDP,
            {TRACKING},
        ),
        (
            baseline("<transport><protocol>tcp</protocol></transport>", "<application-tracking/>"),
            TCP,
            {MODE, SOURCE},
        ),
        (
            baseline("<transport><protocol>udp</protocol></transport>"),
            UDP,
            {MODE, SOURCE, TRACKING},
        ),
        (baseline(f"<mode>stream</mode>{stream('corp')}"), UDP, {TRACKING}),
        (
            baseline(
                "<mode>stream</mode><transport><tcp-connections>2</tcp-connections></transport>"
            ),
            TCP,
            {SOURCE, OVER_TCP, TRACKING},
        ),
    ],
)
def test_only_what_is_missing_is_added(xml: str, target: LogTarget, beside: set[str]) -> None:
    """What the baseline says already isn't said again, and theirs keeps its source."""
    assert set(planned(xml, target)) == {*OURS, *beside}


@pytest.mark.parametrize(
    ("xml", "target", "words"),
    [
        (baseline("<mode>event</mode>"), UDP, "'set security log mode event': 'security log mode"),
        (
            baseline('<mode inactive="inactive">stream</mode>'),
            UDP,
            "'set security log mode stream': 'security log mode stream' is needed",
        ),
        (
            baseline(
                groups="<groups><name>all</name><security><log><mode>event</mode></log></security>"
                "</groups>"
            ),
            UDP,
            "'set security log mode event'",
        ),
        (baseline("<disable/>"), UDP, "'set security log disable': nothing would be sent"),
        (
            baseline(more="<application-tracking><disable/></application-tracking>"),
            UDP,
            "'set security application-tracking disable': nothing would be sent",
        ),
        (baseline(stream("corp")), UDP, "would change the baseline's own streams (corp)"),
        (
            baseline(f"<mode>stream</mode>{stream('corp')}"),
            TCP,
            "'security log transport protocol tcp' is needed and would change the baseline's own",
        ),
        (
            baseline("<transport><protocol>tls</protocol></transport>"),
            TCP,
            "'set security log transport protocol tls': 'security log transport protocol tcp'",
        ),
        (
            baseline("<transport><protocol>tcp</protocol></transport>"),
            UDP,
            "'set security log transport protocol tcp': the testbed's events.transport is udp",
        ),
        (
            baseline("<mode>stream</mode>" + "".join(stream(f"s{n}") for n in range(8))),
            UDP,
            "the baseline has 8 log streams; a device has no more",
        ),
        (baseline(stream(STREAM)), UDP, f"the baseline has a stream {STREAM} already"),
        (
            baseline(f"<mode>stream</mode>{stream('corp', '192.0.2.9', '3514')}"),
            UDP,
            "the baseline's stream corp goes to 192.0.2.9 port 3514 already: what arrives there "
            "would prove nothing",
        ),
        (baseline(), replace(UDP, zone="trust"), "has no zone trust whose sessions"),
        (
            baseline(zone='<application-tracking inactive="inactive"/>'),
            UDP,
            "'set security zones security-zone untrust application-tracking': it's deactivated",
        ),
    ],
)
def test_a_baseline_in_the_way_is_quoted(xml: str, target: LogTarget, words: str) -> None:
    """One line that names the device and the statement; what is there is never changed."""
    with pytest.raises(PlanError) as caught:
        plan_log_stream(SITE, target, xml)
    assert words in str(caught.value)
    assert str(caught.value).startswith("device srx-a: ")
    assert "\n" not in str(caught.value)


def test_a_vmx_has_no_streams() -> None:
    """Its models have `security log` for services alone."""
    with pytest.raises(PlanError, match="a vmx has no log streams"):
        plan_log_stream(replace(SITE, platform="vmx"), UDP, baseline())
