"""The look before a run: every column, clean and not, and what a release doesn't offer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network

import pytest

from harness.clock import ManualClock
from harness.drivers.protocol import Facts, Reply
from harness.errors import DeviceMessage, RpcRefused, Unreachable
from harness.outcome import Grade
from harness.plan.model import Kind
from harness.testbed.model import Device, TunnelUnderlay
from harness.verify import system
from harness.verify.facts import Refusal, Unreadable
from harness.verify.preflight import preflight

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
J = 'xmlns:junos="http://xml.juniper.net/junos/18.4R3/junos"'


def moment(name, seconds):
    return f'<{name}><date-time junos:seconds="{seconds}">x</date-time></{name}>'


def uptime(now=SECONDS, booted=SECONDS - 90000):
    parts = moment("current-time", now) + (moment("system-booted-time", booted) if booted else "")
    return (
        f"<rpc-reply {J}><system-uptime-information>{parts}</system-uptime-information></rpc-reply>"
    )


def commit(extra="", seconds=SECONDS - 30):
    return (
        f"<rpc-reply {J}><commit-information><commit-history><sequence-number>0</sequence-number>"
        f'<user>alice</user><client>cli</client><date-time junos:seconds="{seconds}">x</date-time>'
        f"{extra}</commit-history></commit-information></rpc-reply>"
    )


def storage(mounted="/var", blocks=44306520):
    return (
        "<system-storage-information><filesystem><available-blocks>0</available-blocks>"
        f"<mounted-on>/</mounted-on></filesystem><filesystem><available-blocks>{blocks}"
        f"</available-blocks><mounted-on>{mounted}</mounted-on></filesystem>"
        "</system-storage-information>"
    )


def editing(*users, exclusive=""):
    rows = "".join(
        f"<database-status><user>{user}</user><terminal>p0</terminal><pid>7</pid>"
        f"<start-time>2026-01-01 11:00:00 UTC</start-time>"
        f"{'<exclusive/>' if user == exclusive else ''}<edit-path>[edit]</edit-path>"
        "</database-status>"
        for user in users
    )
    return f"<database-status-information>{rows}</database-status-information>"


LICENCE = (
    "<license-summary-information><license-usage-summary><feature-summary><name>idp</name>"
    "<description>IDP</description><licensed>1</licensed><used-licensed>2</used-licensed>"
    "<needed>1</needed></feature-summary></license-usage-summary></license-summary-information>"
)
CONFIG = (
    "<configuration><security><ipsec><vpn><name>old</name></vpn></ipsec></security><interfaces>"
    "<interface><name>gr-0/0/0</name><unit><name>3</name></unit></interface></interfaces>"
    "</configuration>"
)
ENGINE = (
    "<route-engine-information><route-engine><memory-buffer-utilization>96"
    "</memory-buffer-utilization></route-engine></route-engine-information>"
)
ALARM = (
    "<alarm-information><alarm-detail><alarm-class>Major</alarm-class>"
    "<alarm-description>PEM 1 Not Powered</alarm-description></alarm-detail></alarm-information>"
)
CORE = (
    "<directory-list><directory><file-information><file-name>/var/tmp/rpd.core.0.gz</file-name>"
    "</file-information></directory></directory-list>"
)
CONFIRMED = "<comment>commit confirmed, rollback in 10mins</comment>"
PENDING = f"{CONFIRMED}<commit-confirmed>rollback pending</commit-confirmed>"


def refused(words):
    return RpcRefused("refused", (DeviceMessage("error", words),))


class Box:
    """A device that answers from a table."""

    def __init__(self, name="ncclient", *, candidate=CONFIG, config=CONFIG, facts=None, **replies):
        self.name, self.device = name, "srx-1"
        self._facts = facts or Facts("srx", "srx4100", "18.4R3.3", "DA1234")
        self.configs = {"committed": config, "candidate": candidate}
        self.replies = {
            "get-system-uptime-information": uptime(),
            "get-commit-information": commit(),
            "get-system-storage": storage(),
            "get-license-summary-information": LICENCE,
            "get-database-status-information": editing(),
            "get-chassis-cluster-status": refused("Chassis cluster is not enabled"),
            **{f"get-{name.replace('_', '-')}": reply for name, reply in replies.items()},
        }

    def open(self): ...

    def close(self): ...

    def facts(self):
        if isinstance(self._facts, Exception):
            raise self._facts
        return self._facts

    def configuration(self, database="committed", fmt="xml", subtree=""):
        return self.configs[database]

    def rpc(self, name, arguments=None):
        reply = self.replies.get(name, refused("syntax error"))
        if isinstance(reply, Exception):
            raise reply
        return Reply(reply)

    def cli(self, command):
        return self.replies[command]


def look(box=None, *, declared=None, jdm=None, way="netconf"):
    return preflight(
        declared or Device("srx-1", "srx4100"), {way: box or Box()}, ManualClock(NOW), jdm
    )


def test_a_clean_device_is_clean():
    """Every column is there and says what was seen."""
    found = look()
    assert found.clean, [str(f) for f in found.findings if not f.ok]
    assert found.graded.grade is Grade.HARDWARE
    assert found.seen("reachable") == "yes, over ncclient"
    assert found.seen("model").startswith("srx4100 18.4R3.3, serial DA1234, host srx: hardware")
    assert found.seen("uptime") == "1 day, 1:00:00"
    assert found.seen("clock skew") == "+0 s"
    assert found.seen("lock") == "nobody"
    assert found.seen("uncommitted changes") == "none"
    assert found.seen("pending confirmed commit") == "none"
    assert found.seen("tunnels there") == "1 ipsec, 1 gre"
    assert found.seen("left over from a run") == "nothing"
    assert found.seen("keys") == "readable"
    assert found.seen("licence") == "IDP (2 of 1 used, 1 needed)"
    assert found.seen("free disk") == "21634 MiB on /var"
    assert found.seen("chassis cluster") == "standalone"
    assert found.seen("no such column") == ""


OURS = CONFIG.replace("<name>old<", "<name>hil-t00001<")


@pytest.mark.parametrize(
    ("box", "what", "says"),
    [
        ({"facts": Unreachable("no route")}, "reachable", "no: no route"),
        ({"facts": Facts("x", "mx480", "18.4", "A")}, "model", "unverified"),
        ({"system_uptime_information": uptime(SECONDS + 61)}, "clock skew", "+61 s"),
        ({"system_uptime_information": uptime(SECONDS - 3600)}, "clock skew", "-3600 s"),
        (
            {"database_status_information": editing("bob", "eve", exclusive="eve")},
            "lock",
            "eve (pid 7) since 2026-01-01 11:00:00 UTC, exclusive",
        ),
        ({"candidate": CONFIG.replace("old", "new")}, "uncommitted changes", "yes"),
        ({"candidate": "<configuration>"}, "uncommitted changes", "not readable"),
        ({"config": "<x/>"}, "tunnels there", "not readable"),
        (
            {"commit_information": commit(CONFIRMED)},
            "pending confirmed commit",
            "maybe pending (newest commit was confirmed-type), by alice, until "
            "2026-01-01 12:09:30 UTC",
        ),
        (
            {"commit_information": commit(PENDING)},
            "pending confirmed commit",
            "pending, by alice, until 2026-01-01 12:09:30 UTC",
        ),
        (
            {"commit_information": commit(PENDING, SECONDS - 99999)},
            "pending confirmed commit",
            "pending, by alice, until 2025-12-31",
        ),
        (
            {"commit_information": commit(CONFIRMED).replace("junos:seconds", "x")},
            "pending confirmed commit",
            "maybe pending",
        ),
        ({"commit_information": "<x/>"}, "pending confirmed commit", "not readable"),
        ({"commit_information": refused("no")}, "pending confirmed commit", "not readable: no"),
        ({"config": OURS, "candidate": OURS}, "left over from a run", "vpn hil-t00001"),
        ({"config": CONFIG.replace("old", "/* SECRET-DATA */")}, "keys", "couldn't be restored"),
        ({"system_storage": storage(blocks=99)}, "free disk", "0 MiB on /var"),
        ({"route_engine_information": ENGINE}, "memory", "routing engine: 96 percent"),
    ],
)  # fmt: skip
def test_what_forbids_a_run_is_named(box, what, says):
    """One trouble each: the column says what, and the device isn't clean."""
    found = look(Box(**box))
    assert not found.clean
    (finding,) = [f for f in found.findings if f.what == what]
    assert not finding.ok
    assert says in finding.seen


@pytest.mark.parametrize(
    ("box", "what", "says"),
    [
        ({"database_status_information": editing("bob")}, "lock", "bob (pid 7)"),
        ({"database_status_information": refused("syntax error")}, "lock", "not readable: the de"),
        ({"database_status_information": "<x/>"}, "lock", "not readable: no <database-status"),
        ({"commit_information": commit(CONFIRMED, SECONDS - 900)}, "pending confirmed commit",
         "none"),
        ({"system_uptime_information": "<x/>"}, "uptime", "not readable"),
        ({"system_uptime_information": uptime(booted=None)}, "uptime", "not readable"),
        ({"system_storage": storage("/tmp")}, "free disk", "neither /var nor /config"),
        ({"system_storage": "<x/>"}, "free disk", "not readable"),
        ({"license_summary_information": "<x/>"}, "licence", "none"),
        ({"license_summary_information": refused("x")}, "licence", "not readable"),
        ({}, "alarms", "chassis alarms not readable: refused: syntax error; system alarms not"),
        ({"alarm_information": ALARM}, "alarms", "major chassis alarm: PEM 1 Not Powered; system"),
        ({"system_core_dumps": CORE}, "core files", "/var/tmp/rpd.core.0.gz (unknown size"),
        ({"chassis_cluster_status": refused("syntax error")}, "chassis cluster", "standalone"),
        ({"chassis_cluster_status": refused("busy")}, "chassis cluster", "not readable"),
        ({"chassis_cluster_status": "<x"}, "chassis cluster", "not readable"),
        ({"chassis_cluster_status": "<x/>"}, "chassis cluster", "no node"),
    ],
)  # fmt: skip
def test_what_a_release_does_not_offer_is_said_and_forgiven(box, what, says):
    """Not readable is honest; it doesn't make a device unclean."""
    found = look(Box(**box))
    assert found.clean
    assert says in found.seen(what)


def test_over_the_cli_the_lock_is_not_readable():
    """Everything else is asked over the way that there is."""
    found = look(Box("netmiko"), way="cli")
    assert found.clean
    assert found.seen("lock") == "not readable: only NETCONF tells"


def cluster(*nodes):
    stats = "".join(
        f"<device-name>{name}</device-name><redundancy-group-status>{state}"
        "</redundancy-group-status>"
        for name, state in nodes
    )
    return (
        "<chassis-cluster-status><redundancy-group><device-stats>"
        f"{stats}</device-stats></redundancy-group></chassis-cluster-status>"
    )


def inventory(*nodes):
    items = "".join(
        f"<multi-routing-engine-item><re-name>{name}</re-name><chassis-inventory><chassis>"
        f"<serial-number>{serial}</serial-number></chassis></chassis-inventory>"
        "</multi-routing-engine-item>"
        for name, serial in nodes
    )
    return f"<multi-routing-engine-results>{items}</multi-routing-engine-results>"


BOTH = (("node0", "primary"), ("node1", "secondary"))


@pytest.mark.parametrize(
    ("nodes", "serials", "clean", "says"),
    [
        (BOTH, (("node0", "A1"), ("node1", "B2")), True, "node0 primary, serial A1, node1 sec"),
        (BOTH, (("node0", "A1"),), False, "node1 secondary, serial not readable"),
        ((BOTH[0], ("node1", "lost")), (("node0", "A1"), ("node1", "B2")), False, "node1 lost"),
        (BOTH[:1], (("node0", "A1"), ("node1", "B2")), False, "node0 primary"),
    ],
    ids=["well", "one serial", "lost", "alone"],
)
def test_a_cluster_needs_both_nodes(nodes, serials, clean, says):
    """Both nodes with their serials, or it isn't clean."""
    box = Box(chassis_cluster_status=cluster(*nodes), chassis_inventory=inventory(*serials))
    found = look(box)
    assert found.clean is clean
    assert says in found.seen("chassis cluster")


def test_recorded_clusters(recorded):
    """SRX 12.1 and 23.4: a lost node shows, two redundancy groups are one state per node."""
    lost = system.cluster_nodes(recorded("pyez/cluster_true_get-chassis-cluster-status.xml"))
    assert [(n.name, n.state) for n in lost] == [("node0", "primary"), ("node1", "lost")]
    well = system.cluster_nodes(
        recorded("junos_exporter/cluster-TestParseChassisClusterStatus-0.xml")
    )
    assert {n.state for n in well} <= {"primary", "secondary"}
    alone = system.cluster_nodes(recorded("pyez/cluster_false_get-chassis-cluster-status.xml"))
    assert alone == ()


def test_recorded_storage_and_serials(recorded):
    """Blocks are of 512 bytes; the chassis serial isn't that of a module."""
    found = system.file_systems(recorded("junos_exporter/storage-TestParseNoMultiREOutput-1.xml"))
    assert [fs.free_bytes for fs in found] == [0, 16879496 * 512]
    found = system.serials(recorded("pyez/chassis_serialnumber_get-chassis-inventory.xml"))
    assert found == {"": "JN1249018AFB"}


def test_older_licence_names():
    """Releases before 24.4 spell the numbers differently."""
    old = (
        "<license-summary-information><feature-summary><name>IDP Signature</name>"
        "<licenses-used>1</licenses-used><licenses-installed>2</licenses-installed>"
        "<licenses-needed>0</licenses-needed></feature-summary></license-summary-information>"
    )
    assert system.licences(old) == (system.Licence("IDP Signature", 1, 2, 0),)


MACHINES = """ID       Name                              State      Liveliness
------------------------------------------------------------------
44       ThousandEyesVNF                   Running    alive
-        stopped                           Shutdown   down
"""


def test_virtual_machines_of_a_jdm():
    """Only running ones count; what isn't the table isn't read as none."""
    assert system.machines(MACHINES) == frozenset({"ThousandEyesVNF"})
    assert isinstance(system.machines("error: x"), Unreadable)
    assert isinstance(system.machines(Refusal("no")), Unreadable)


def test_the_jdm_of_an_nfx250_is_asked_for_the_gateway():
    """The gateway is hardware because the JDM of its chassis runs it."""
    jdm = Box(facts=Facts("jdm", "nfx250_s2_10_t", "15.1X53-D47.4", "DD1"))
    jdm.replies["show virtual-network-functions"] = MACHINES.replace("ThousandEyesVNF", "gw")
    gateway = Box(facts=Facts("gw", "vSRX", "15.1X49-D140.2", "V1"))
    declared = Device("nfx-1", "nfx250", chassis="c1")
    assert look(gateway, declared=declared, jdm=jdm).graded.grade is Grade.HARDWARE
    jdm.replies["show virtual-network-functions"] = "error: x"
    assert look(gateway, declared=declared, jdm=jdm).graded.grade is Grade.UNVERIFIED


UNDERLAY = TunnelUnderlay(
    external_interface="ge-0/0/0.0",
    external_zone="untrust",
    local_address=IPv4Address("192.0.2.1"),
    peers=IPv4Network("198.18.0.0/16"),
    inner=IPv4Network("10.128.0.0/10"),
)


@pytest.mark.parametrize(
    ("change", "clean", "says"),
    [
        ({}, True, "fits"),
        ({"external_zone": "dmz"}, False, "ge-0/0/0.0 should be in zone dmz"),
        ({"external_interface": "ge-0/0/9.0"}, False, "ge-0/0/9.0"),
        ({"local_address": IPv4Address("192.0.2.99")}, False, "192.0.2.99"),
    ],
)
def test_the_underlay_of_the_testbed_is_held_against_the_device(paper, change, clean, says):
    """What the testbed says of interface, zone and address must be what the device has."""
    config = paper(Kind.GRE, 1).committed(0)
    declared = Device("srx-1", "srx4100", underlay=replace(UNDERLAY, **change))
    found = look(Box(config=config, candidate=config), declared=declared)
    assert says in found.seen("underlay")
    assert found.clean is clean


def test_an_unreadable_configuration_hides_the_underlay():
    """It isn't taken for one that fits."""
    found = look(Box(config="<x/>"), declared=Device("srx-1", "srx4100", underlay=UNDERLAY))
    assert "not readable" in found.seen("underlay")
    assert not found.clean
