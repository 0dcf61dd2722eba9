"""What a device shows of its health: replies of real devices, of ours, and what says nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.clock import ManualClock
from harness.drivers.protocol import Reply
from harness.errors import DeviceMessage, RpcRefused, Unreachable
from harness.verify.examine import EXAMINATION_SECONDS, examine
from harness.verify.facts import Refusal, Unreadable
from harness.verify.health import (
    CHASSIS_ALARMS,
    CORES,
    CPU,
    DISK,
    DISKS,
    ENGINES,
    MEMORY,
    SYSTEM_ALARMS,
    UNITS,
    UPTIME,
    Alarm,
    CoreFile,
    Figure,
    questions,
    read,
)

REFERENCE = Path(
    os.environ.get(
        "HARNESS_REFERENCE_DATA", Path(__file__).resolve().parents[3].parent / "shared" / "data"
    )
)
NO_FILE = "No such file or directory"
FILE = (
    "<file-information><file-name>/var/tmp/rpd.core.0.gz</file-name><file-size>3556567</file-size>"
    '<file-date junos:format="Feb 1  21:37">1549057078</file-date></file-information>'
)
RPD = CoreFile("/var/tmp/rpd.core.0.gz", 3556567, "2019-02-01 21:37:58 UTC")


def reply(body: str) -> str:
    """Wrap a body as a device of 12.1X46 does."""
    junos = "http://xml.juniper.net/junos/12.1X46/junos"
    return f'<rpc-reply xmlns:junos="{junos}">{body}<cli><banner/></cli></rpc-reply>'


def by_node(**nodes: str) -> str:
    """Wrap the answers of the nodes of a cluster."""
    items = "".join(
        f"<multi-routing-engine-item><re-name>{name}</re-name>{body}</multi-routing-engine-item>"
        for name, body in nodes.items()
    )
    return reply(f"<multi-routing-engine-results>{items}</multi-routing-engine-results>")


def listing(body: str) -> str:
    """Return a list of core files."""
    return reply(f"<directory-list>{body}</directory-list>")


def alarm_table(body: str) -> str:
    """Return a table of one alarm."""
    return f"<alarm-information><alarm-detail>{body}</alarm-detail></alarm-information>"


def one(part: str, answer: object):
    """Read the answer to one question."""
    return read({part: answer}, 0.0)


def recorded(name: str) -> str:
    """Return a recorded reply, or skip."""
    path = REFERENCE / "replies" / name
    if not path.exists():
        pytest.skip(f"no recorded replies at {REFERENCE}")
    return path.read_text()


@pytest.mark.parametrize(
    ("body", "cores"),
    [
        (
            f"<directory-list><output>\n /var/crash/*core*: {NO_FILE}\n</output></directory-list>",
            set(),
        ),
        (
            f"<directory-list><output>/var/crash/*core*: {NO_FILE}</output><directory name=''>"
            f"{FILE}<output>/var/tmp/pics/*core*: {NO_FILE}</output><total-files>1</total-files>"
            "</directory></directory-list>",
            {RPD},
        ),
        (
            "<output>\n-rw-rw----  1 root  wheel  3556567 Feb 1  21:37 /var/tmp/rpd.core.0.gz\n"
            "total files: 1\n{primary:node0}\n</output>",
            {CoreFile("/var/tmp/rpd.core.0.gz", 3556567, "Feb 1 21:37")},
        ),
        (
            "<directory-list><directory name='/var/tmp/'><file-information><file-name>cored"
            "</file-name></file-information></directory></directory-list>",
            {CoreFile("/var/tmp/cored", None, "")},
        ),
    ],
    ids=["none", "published reply", "as text", "relative, without size and time"],
)
def test_core_files_are_known_by_name_size_and_time(body, cores):
    """However a release lists them; a place without any says so, and that is no gap."""
    health = one(CORES, reply(body))
    assert health.cores == cores
    assert health.readable(CORES)


def test_each_node_of_a_cluster_has_its_own_core_files():
    """One path on two nodes is two files."""
    health = one(
        CORES,
        by_node(
            node0=f"<directory-list>{FILE}</directory-list>",
            node1=f"<directory-list>{FILE}</directory-list>",
        ),
    )
    assert {core.node for core in health.cores} == {"node0", "node1"}
    assert str(min(health.cores, key=str)) == f"{RPD} on node0"


def test_alarms_of_a_recorded_device():
    """Class and description; the time is no part of an alarm."""
    health = one(
        SYSTEM_ALARMS, recorded("junos_exporter/alarm-TestParseOutputSingleRESystemAlarms-1.xml")
    )
    assert health.alarms == {
        Alarm("minor", "Autorecovery information needs to be saved", "system"),
        Alarm("minor", "Rescue configuration is not set", "system"),
    }
    assert not any(alarm.major for alarm in health.alarms)


def test_alarms_of_a_recorded_cluster():
    """Those of each node for themselves."""
    health = one(
        SYSTEM_ALARMS, recorded("junos_exporter/alarm-TestParseOutputMultiRESystemAlarms-0.xml")
    )
    assert sorted(alarm.node for alarm in health.alarms) == ["node0", "node0", "node1", "node1"]


def test_a_severity_that_nobody_knows_counts_as_major():
    """What isn't minor is major."""
    body = alarm_table("<alarm-class>Critical</alarm-class>")
    (alarm,) = one(CHASSIS_ALARMS, reply(body)).alarms
    assert alarm.major


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        (
            "pyez/personality_srx_branch_get-route-engine-information.xml",
            {
                Figure(CPU, "routing engine, 5 seconds"): 28,
                Figure(MEMORY, "routing engine"): 51,
                Figure(MEMORY, "routing engine, control plane"): 47,
                Figure(MEMORY, "routing engine, data plane"): 55,
            },
        ),
        (
            "pyez/re_info_single_get-route-engine-information.xml",
            {
                Figure(CPU, "routing engine 0, 1 minute"): 3,
                Figure(MEMORY, "routing engine 0"): 15,
            },
        ),
        (
            "junos_exporter/routingengine-TestParseOutputMultiRE-0.xml",
            {
                Figure(CPU, "routing engine of node0, 1 minute"): 34,
                Figure(MEMORY, "routing engine of node0"): 35,
                Figure(CPU, "routing engine of node1, 1 minute"): 24,
                Figure(MEMORY, "routing engine of node1"): 23,
            },
        ),
        (
            "junos_exporter/routingengine-TestParseOutputNoMultiRE-1.xml",
            {
                Figure(CPU, "routing engine 0, 5 seconds"): 6,
                Figure(MEMORY, "routing engine 0"): 11,
                Figure(CPU, "routing engine 1, 1 minute"): 8,
                Figure(MEMORY, "routing engine 1"): 14,
            },
        ),
    ],
)  # fmt: skip
def test_load_of_recorded_routing_engines(name, figures):
    """The last minute where the release tells it: an instant may show no idle time at all."""
    health = one(ENGINES, recorded(name))
    assert dict(health.figures) == figures
    assert health.readable(ENGINES)


def test_security_processing_units_are_figures_of_their_own():
    """By FPC and PIC."""
    body = (
        "<performance-summary-information><performance-summary-statistics><fpc-number>0</fpc-number>"
        "<pic-number>1</pic-number><spu-cpu-utilization>7</spu-cpu-utilization>"
        "<spu-memory-utilization>63</spu-memory-utilization></performance-summary-statistics>"
        "</performance-summary-information>"
    )
    unit = "security processing unit fpc 0 pic 1"
    assert dict(one(UNITS, reply(body)).figures) == {Figure(CPU, unit): 7, Figure(MEMORY, unit): 63}


def test_recorded_storage_is_counted_from_its_blocks():
    """A recorded percentage is "6r75"; read-only images and what nobody writes to don't count."""
    cluster = one(DISKS, recorded("junos_exporter/storage-TestParseMultiREOutput-0.xml"))
    assert dict(cluster.figures) == {
        Figure(DISK, "/.mount of fpc0"): 65,
        Figure(DISK, "/.mount of fpc1"): 65,
    }


def test_a_disk_fuller_than_full_is_one():
    """Where what is reserved is in use, fewer than no blocks are available."""
    body = (
        "<system-storage-information><filesystem><used-blocks>1040</used-blocks>"
        "<available-blocks>-40</available-blocks><mounted-on>/var</mounted-on></filesystem>"
        "</system-storage-information>"
    )
    assert dict(one(DISKS, reply(body)).figures) == {Figure(DISK, "/var"): 104}


def test_time_since_a_start_is_a_length_by_the_device_itself():
    """Of the system and of the routing process; dates would move with the device's clock."""
    body = (
        "<system-uptime-information><system-booted-time><date-time junos:seconds='1'/>"
        "<time-length junos:seconds='5000'/></system-booted-time><protocols-started-time>"
        "<time-length junos:seconds='4900'/></protocols-started-time></system-uptime-information>"
    )
    assert dict(one(UPTIME, by_node(node0=body)).up) == {
        "the system of node0": 5000,
        "the routing protocol process of node0": 4900,
    }


ALARM_OF_TWO = (
    "<alarm-information><alarm-summary><active-alarm-count>2</active-alarm-count></alarm-summary>"
    "<alarm-detail><alarm-class>Major</alarm-class></alarm-detail></alarm-information>"
)


@pytest.mark.parametrize(
    ("part", "answer", "words"),
    [
        (CORES, "<rpc-reply/>", "no list of core files"),
        (CORES, listing("<output>/var/crash: Permission denied</output>"),
         "not a line of a list: '/var/crash: Permission denied'"),
        (CORES, listing(FILE * 1001), "1001 core files; at most 1000"),
        (CHASSIS_ALARMS, "<rpc-reply/>", "no <alarm-information>"),
        (CHASSIS_ALARMS, ALARM_OF_TWO, "it says 2 active alarms and lists 1"),
        (ENGINES, "<rpc-reply/>", "no routing engine with figures"),
        (ENGINES, "<route-engine><cpu-idle>many</cpu-idle></route-engine>", "no routing"),
        (ENGINES, "<route-engine><cpu-idle>101</cpu-idle></route-engine>", "no routing"),
        (UNITS, "<rpc-reply/>", "no security processing unit"),
        (DISKS, "<filesystem><mounted-on>/mfs</mounted-on></filesystem>", "no file system that"),
        (UPTIME, "<system-booted-time/>", "no time since a start"),
        (UPTIME, "<x", "not well-formed XML"),
        (UPTIME, "<x>" + "y" * 5_000_000 + "</x>", "a reply of 5000007 characters"),
        (UPTIME, "<!DOCTYPE x><x/>", "document type"),
        (UPTIME, Unreadable("no time left"), "no time left"),
    ],
)  # fmt: skip
def test_what_says_nothing_is_a_gap_with_its_reason(part, answer, words):
    """Never zero core files, never no alarm, never idle."""
    gap = one(part, answer).gaps[part]
    assert isinstance(gap, Unreadable)
    assert words in gap.reason


@pytest.mark.parametrize(
    "answer",
    [
        Refusal("syntax error"),
        "<rpc-error><error-message>syntax error</error-message></rpc-error>",
    ],
)
def test_a_refusal_keeps_the_device_s_words(answer):
    """Over either way."""
    assert one(UNITS, answer).gaps == {UNITS: Refusal("syntax error")}


def test_what_can_be_read_stands_beside_the_gap():
    """A core file isn't lost because of a line that nobody understands."""
    health = one(CORES, reply(f"<directory-list>{FILE}<output>hm</output></directory-list>"))
    assert health.cores == {RPD}
    assert not health.readable(CORES)


def test_words_of_a_device_are_kept_short():
    """A description of a megabyte is a description of two hundred characters."""
    body = alarm_table(f"<alarm-description>{'x' * 9999}</alarm-description>")
    (alarm,) = one(CHASSIS_ALARMS, reply(body)).alarms
    assert len(alarm.text) == 200


def test_only_a_security_device_is_asked_for_its_processing_units():
    """The MX models have no such RPC."""
    assert UNITS in questions("srx4100")
    assert UNITS not in questions("vmx")


class Box:
    """A device that refuses, garbles, or takes its time."""

    name = device = "box"

    def __init__(self, clock: ManualClock, seconds: float, answer: object) -> None:
        self._clock, self._seconds, self._answer = clock, seconds, answer
        self.asked: list[str] = []

    def rpc(self, name, arguments=None):
        self.asked.append(name)
        self._clock.advance(self._seconds)
        if isinstance(self._answer, Exception):
            raise self._answer
        return Reply(str(self._answer))


def test_an_examination_ends_in_time():
    """After a minute nothing more is asked; what wasn't is a gap that says so."""
    clock = ManualClock()
    box = Box(clock, EXAMINATION_SECONDS / 2, "<x/>")
    health = examine("srx4100", {"netconf": box}, clock)
    assert len(box.asked) == 2
    assert health.gaps[UPTIME] == Unreadable("no time left after 60 s")
    assert health.asked == 0.0


@pytest.mark.parametrize(
    ("error", "gap"),
    [
        (RpcRefused("no", (DeviceMessage("error", "syntax error"),)), Refusal("syntax error")),
        (RpcRefused("garbled reply"), Unreadable("garbled reply")),
    ],
)
def test_a_garbled_reply_is_not_a_refusal(error, gap):
    """Only the device's own words are one."""
    clock = ManualClock()
    health = examine("vmx", {"cli": Box(clock, 0, error)}, clock)
    assert set(health.gaps.values()) == {gap}
    assert len(health.gaps) == 6


def test_a_lost_link_is_the_lab_s():
    """It's told by its exception."""
    clock = ManualClock()
    with pytest.raises(Unreachable):
        examine("vmx", {"netconf": Box(clock, 0, Unreachable("gone"))}, clock)
