"""Faults by which a simulated device falls ill, on sessions driven by bytes."""

from __future__ import annotations

import pytest

CORES = "<get-system-core-dumps/>"
ENGINE = "<get-route-engine-information/>"
ALARMS = "<get-alarm-information/>"


def texts(reply, name: str) -> list[str]:
    """Return the texts of every element of that name."""
    return [each.text.strip() for each in reply.iter(f"{{*}}{name}")]


def test_without_a_core_file_every_place_says_so(bench):
    """The shape of a recorded reply (12.1X46): an output element for each place."""
    reply = bench.netconf().rpc(CORES).find("{*}directory-list")
    assert [each.tag.rpartition("}")[2] for each in reply] == ["output"] * 5
    assert all(text.endswith(": No such file or directory") for text in texts(reply, "output"))


def test_from_the_first_core_file_on_all_stands_in_its_directory(bench):
    """The shape of a published reply (12.1X46): size and UNIX seconds as text, places below."""
    bench.arm("core-file", daemon="kmd")
    when = int(bench.clock.now().timestamp())
    directory = bench.netconf().rpc(CORES).find("{*}directory-list/{*}directory")
    assert texts(directory, "file-name") == ["/var/crash/kmd.core.0.gz"]
    assert texts(directory, "file-date") == [str(when)]
    assert texts(directory, "file-size") == ["65536"]
    assert len(texts(directory, "output")) == 4
    assert texts(directory, "total-files") == ["1"]


@pytest.mark.parametrize("count", [2, 3])
def test_a_core_file_appears_at_a_count_and_stays(bench, push, ipsec, count):
    """The commit that brings as many new tunnels is followed by a crash, once; fewer by none."""
    bench.arm("core-file", from_count=3)
    talk = bench.netconf()
    push(talk, ipsec(count))
    expected = ["/var/crash/kmd.core.0.gz"] if count == 3 else []
    assert texts(talk.rpc(CORES), "file-name") == expected
    bench.shell().type("file delete /var/crash/kmd.core.0.gz")
    talk.rpc("<commit-configuration/>")
    assert texts(talk.rpc(CORES), "file-name") == []


def test_an_alarm_is_there_while_enough_tunnels_are(bench, push, ipsec):
    """It comes with the third one and goes with it."""
    bench.arm("alarm", from_count=3)
    talk = bench.netconf()
    push(talk, ipsec(2))
    assert texts(talk.rpc(ALARMS), "alarm-class") == []
    push(talk, ipsec(3))
    assert texts(talk.rpc(ALARMS), "alarm-class") == ["Major"]
    talk.rpc('<load-configuration rollback="1"/>')
    talk.rpc("<commit-configuration/>")
    assert texts(talk.rpc(ALARMS), "alarm-class") == []


def test_a_loaded_device_shows_its_figures(bench, push, ipsec):
    """Processor, memory and disk, in NETCONF and on the CLI, from that many tunnels on."""
    bench.arm("load", cpu=98, memory=91, disk=96, from_count=2)
    talk = bench.netconf()
    push(talk, ipsec(1))
    reply = talk.rpc(ENGINE)
    assert (texts(reply, "cpu-idle1"), texts(reply, "memory-buffer-utilization")) == (
        ["95"],
        ["27"],
    )
    push(talk, ipsec(2))
    reply = talk.rpc(ENGINE)
    assert (texts(reply, "cpu-idle1"), texts(reply, "memory-buffer-utilization")) == (["2"], ["91"])
    busy = [int(text) for tag in ("user", "system", "idle") for text in texts(reply, f"cpu-{tag}")]
    assert sum(busy) == 100
    storage = talk.rpc("<get-system-storage/>")
    disks = dict(zip(texts(storage, "mounted-on"), texts(storage, "used-percent"), strict=True))
    assert (disks["/var"], disks["/config"]) == ("96", "0")
    assert "96%  /var" in bench.shell().type("show system storage")


def test_a_full_disk_is_shown_as_full(bench):
    """Nothing is available on /var."""
    bench.arm("disk-full")
    storage = bench.netconf().rpc("<get-system-storage/>")
    free = dict(zip(texts(storage, "mounted-on"), texts(storage, "available-blocks"), strict=True))
    assert free["/var"] == "0"
    assert free["/config"] != "0"


def test_the_second_node_of_a_cluster_is_well(bench_for):
    """What a fault brings happens on the primary node."""
    bench = bench_for(cluster=True)
    bench.arm("alarm")
    bench.arm("core-file")
    talk = bench.netconf()
    for question, name in ((ALARMS, "alarm-class"), (CORES, "file-name")):
        items = talk.rpc(question).iter("{*}multi-routing-engine-item")
        assert [len(texts(item, name)) for item in items] == [1, 0]


def test_security_monitoring_has_a_row_for_each_unit(bench):
    """The elements that exporters read; the CLI has them as a table."""
    reply = bench.netconf().rpc("<get-performance-summary-information/>")
    assert texts(reply, "spu-memory-utilization") == ["44"]
    assert texts(reply, "spu-cpu-utilization") == ["0"]
    assert "5242880" in bench.shell().type("show security monitoring")
