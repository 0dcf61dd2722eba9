"""Operational tables, recorded and made by hand: reply → facts."""

from __future__ import annotations

import pytest

from harness.verify import ipsec
from harness.verify.facts import NOTHING, Refusal, Sighting, Unreadable
from harness.verify.interfaces import tunnel_units_set, units, units_text

XNM = (
    '<rpc-reply><xnm:error xmlns="http://xml.juniper.net/xnm/1.1/xnm"'
    ' xmlns:xnm="http://xml.juniper.net/xnm/1.1/xnm"><parse/>'
    "<source-daemon>{}</source-daemon><message>error: {}</message></xnm:error></rpc-reply>"
)
RPC_ERROR = (
    "<rpc-reply><rpc-error><error-type>protocol</error-type>"
    "<error-severity>{}</error-severity><error-message>\n{}\n</error-message></rpc-error>"
    "</rpc-reply>"
)


def sa(index: object, gateway: str, times: int = 2, state: str = "up") -> str:
    rows = "".join(
        f"<ipsec-security-associations><sa-direction>&{'lg'[n % 2]}t;</sa-direction>"
        f"<sa-tunnel-index>\n{index}\n</sa-tunnel-index>"
        f"<sa-remote-gateway>\n{gateway}\n</sa-remote-gateway></ipsec-security-associations>"
        for n in range(times)
    )
    return (
        f"<ipsec-security-associations-block><sa-block-state>{state}</sa-block-state>"
        f"{rows}</ipsec-security-associations-block>"
    )


def active(*blocks: str, total: object = None, root: str = "ipsec-security-associations") -> str:
    count = len(blocks) if total is None else total
    return (
        f'<rpc-reply xmlns:junos="http://xml.juniper.net/junos/18.4R3/junos"><{root}-information'
        f' junos:style="brief"><total-active-tunnels>{count}</total-active-tunnels>'
        f"{''.join(blocks)}</{root}-information></rpc-reply>"
    )


def cluster(*nodes: str) -> str:
    items = "".join(
        f"<multi-routing-engine-item><re-name>node{i}</re-name>{body}</multi-routing-engine-item>"
        for i, body in enumerate(nodes)
    )
    return f"<multi-routing-engine-results>{items}</multi-routing-engine-results>"


def inner(reply: str) -> str:
    return reply.partition(">")[2].removesuffix("</rpc-reply>").replace("junos:", "")


DETAIL = """<ipsec-security-associations-information>
<total-active-tunnels>1</total-active-tunnels><ipsec-security-associations-block>
<sa-block-state>up</sa-block-state><sa-tunnel-index>131073</sa-tunnel-index>
<sa-vpn-name>hil-t00001</sa-vpn-name><sa-remote-gateway>198.18.0.1</sa-remote-gateway>
<sa-bind-interface>st0.5</sa-bind-interface>
<ipsec-security-associations><sa-direction>inbound</sa-direction><sa-spi>1</sa-spi>
</ipsec-security-associations>
<ipsec-security-associations><sa-direction>outbound</sa-direction><sa-spi>2</sa-spi>
</ipsec-security-associations>
</ipsec-security-associations-block></ipsec-security-associations-information>"""


@pytest.mark.parametrize(
    ("reply", "count", "members", "up"),
    [
        (active(), 0, set(), set()),
        (active(sa(131073, "198.18.0.1")), 1, {"198.18.0.1"}, {"198.18.0.1"}),
        (active(sa(1, "198.18.0.1", times=4)), 1, {"198.18.0.1"}, {"198.18.0.1"}),
        (active(sa(1, "198.18.0.1", state="down")), 1, {"198.18.0.1"}, set()),
        (active(sa(1, "198.18.0.1", times=1)), 1, {"198.18.0.1"}, set()),
        (DETAIL.replace("outbound", "inbound"), 1, {"198.18.0.1"}, set()),
        (active(sa(1, "198.18.0.1"), sa(2, "198.18.0.1")), 2, {"198.18.0.1"}, {"198.18.0.1"}),
        (active(sa(1, "2001:DB8::0:1")), 1, {"2001:db8::1"}, {"2001:db8::1"}),
        (active(sa(1, "1.1.1.1"), root="security-associations"), 1, {"1.1.1.1"}, {"1.1.1.1"}),
        (inner(active(sa(1, "1.1.1.1"))), 1, {"1.1.1.1"}, {"1.1.1.1"}),
        (DETAIL, 1, {"198.18.0.1"}, {"198.18.0.1"}),
        (
            cluster(*[inner(active(sa(1, "1.1.1.1"), sa(2, "2.2.2.2")))] * 2),
            2,
            {"1.1.1.1", "2.2.2.2"},
            {"1.1.1.1", "2.2.2.2"},
        ),
        (
            cluster(inner(active(sa(1, "1.1.1.1"))), inner(active())),
            1,
            {"1.1.1.1"},
            {"1.1.1.1"},
        ),
        (XNM.format("iked", "IKE is not configured"), 0, set(), set()),
        (XNM.format("kmd", "IPSec is not configured"), 0, set(), set()),
        (Refusal("IPSec is not configured"), 0, set(), set()),
        (RPC_ERROR.format("warning", "x") + active(sa(1, "1.1.1.1")), 1, {"1.1.1.1"}, {"1.1.1.1"}),
    ],
    ids=[
        "empty", "one", "rekey", "down", "one direction", "one direction, detail",
        "two indexes one gateway", "IPv6", "name of the model",
        "root only", "detail", "cluster", "cluster, one node", "no IKE", "no IPsec", "refused",
        "warning beside",
    ],
)  # fmt: skip
def test_active_tunnels(reply, count, members, up):
    """Tunnels are counted by index, known by gateway, in every form that devices send."""
    seen = ipsec.gateways([ipsec.active(reply)])
    assert seen == Sighting(count, frozenset(members), frozenset(up))


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ("", "no <ipsec-security-associations-information>"),
        ("<rpc-reply/>", "no <ipsec-security-associations-information>"),
        (active(sa(1, "1.1.1.1"))[:-30], "unreadable XML"),
        (active(sa("x", "1.1.1.1")), "index 'x'"),
        (active(sa("", "1.1.1.1")), "index ''"),
        (active(sa(1, "")), "remote gateway ''"),
        (XNM.format("kmd", "timed out"), "the device refused: error: timed out"),
        (RPC_ERROR.format("error", "permission denied"), "refused: permission denied"),
        (Refusal("syntax error"), "refused: syntax error"),
        ("<!DOCTYPE a []><ipsec-security-associations-information/>", "unreadable XML"),
    ],
)
def test_what_is_no_table_is_unreadable_and_never_zero(reply, says):
    """Ill-formed, cut, refused or incomplete: an error value with the reason."""
    seen = ipsec.gateways([ipsec.active(reply)])
    assert isinstance(seen, Unreadable)
    assert says in seen.reason


def test_a_total_that_contradicts_the_rows_is_a_complaint():
    """The header and the rows of one table must agree, on each node."""
    seen = ipsec.gateways([ipsec.active(active(sa(1, "1.1.1.1"), total=2))])
    assert seen.complaints == ("it says 2 active tunnels and lists 1",)
    both = cluster(inner(active()), inner(active(sa(1, "1.1.1.1"), total="many")))
    seen = ipsec.gateways([ipsec.active(both)])
    assert seen.complaints == ("it says many active tunnels on node1 and lists 1",)


def inactive(*blocks: str) -> str:
    return (
        "<ipsec-unestablished-tunnel-information>"
        f"<total-inactive-tunnels>{len(blocks)}</total-inactive-tunnels>"
        "<total-inactive-tunnels-with-establish-immediately>0"
        "</total-inactive-tunnels-with-establish-immediately>"
        f"{''.join(blocks)}</ipsec-unestablished-tunnel-information>"
    )


def test_active_and_inactive_are_what_is_configured():
    """A tunnel that comes up between two questions is in both and counts once."""
    idle = inactive(sa(1, "1.1.1.1", times=1, state=""), sa(2, "2.2.2.2", times=1, state=""))
    seen = ipsec.gateways([ipsec.inactive(idle), ipsec.active(active(sa(2, "2.2.2.2")))])
    assert seen == Sighting(2, frozenset({"1.1.1.1", "2.2.2.2"}), frozenset({"2.2.2.2"}))


def test_one_index_with_two_gateways_is_a_complaint():
    """A tunnel index belongs to one gateway."""
    tables = [ipsec.inactive(inactive(sa(1, "1.1.1.1"))), ipsec.active(active(sa(1, "2.2.2.2")))]
    assert ipsec.gateways(tables).complaints == ("tunnel 1 has gateways 1.1.1.1, 2.2.2.2",)


def test_recorded_replies_of_an_srx(recorded):
    """SRX 18.4R3: rekeying tunnels have four SAs; a cluster answers per node."""
    for name in ("ipsec-TestParseSRXOutput-1.xml", "ipsec-TestParseSRXOutputMultiRE-0.xml"):
        seen = ipsec.gateways([ipsec.active(recorded(f"junos_exporter/{name}"))])
        both = frozenset({"1.1.1.1", "2.2.2.2"})
        assert (seen.count, seen.members, seen.up) == (2, both, both)


def test_a_recorded_refusal(recorded):
    """An operational daemon's xnm:error is its words, not an empty table."""
    seen = ipsec.active(recorded("pyez/cluster_false_get-chassis-cluster-status.xml"))
    assert seen == Unreadable("the device refused: error: Chassis cluster is not enabled")


SA_TEXT = """  Total active tunnels: 2     Total Ipsec sas: 2
  ID    Algorithm       SPI      Life:sec/kb  Mon lsys Port  Gateway
  <131073 ESP:aes-gcm-128/None ec78f80e 2528/ unlim - root 500 128.168.104.229
  >131073 ESP:aes-gcm-128/None c674a8ac 2528/ unlim - root 500 128.168.104.229
  <500018 ESP:aes-gcm-256/aes256-gcm 0x8e98aec6 1606/ unlim U root 4500 34.116.241.129
  >500018 ESP:aes-gcm-256/aes256-gcm 0xcc413b78 1606/ unlim U root 4500 34.116.241.129
"""
INACTIVE_TEXT = """node0:
--------------------------------------------------------------------------
  Total inactive tunnels: 1
  Total inactive tunnels with establish immediately: 1
  ID           Port   Gateway          Pending SAs   Tunnel Down Reason
  131073       500    128.168.104.229  1             No response from peer (130 times)

node1:
--------------------------------------------------------------------------
  Total inactive tunnels: 0
  Total inactive tunnels with establish immediately: 0

{primary:node0}
"""


def test_the_text_of_active_tunnels():
    """Two tunnels of two SAs each."""
    seen = ipsec.gateways([ipsec.active_text(SA_TEXT)])
    both = frozenset({"128.168.104.229", "34.116.241.129"})
    assert seen == Sighting(2, both, both)


def test_the_text_of_a_tunnel_with_one_direction():
    """It's in the table, and not up."""
    cut = SA_TEXT.replace("  >500018", "  <500018")
    seen = ipsec.gateways([ipsec.active_text(cut)])
    assert seen.members - seen.up == {"34.116.241.129"}


def test_the_text_of_inactive_tunnels_in_a_cluster():
    """Each node has a table of its own."""
    seen = ipsec.gateways([ipsec.inactive_text(INACTIVE_TEXT)])
    assert seen == Sighting(1, frozenset({"128.168.104.229"}))


@pytest.mark.parametrize(
    ("read", "text", "says"),
    [
        (ipsec.active_text, "", "no total"),
        (ipsec.active_text, "error: syntax error", "no total"),
        (ipsec.inactive_text, SA_TEXT, "no total"),
        (ipsec.active_text, "Total active tunnels: 1\n  <1 ESP:x spi - root 500 gw", "a gateway"),
        (ipsec.active_text, Refusal("permission denied"), "permission denied"),
    ],
)
def test_text_that_is_no_table_is_unreadable(read, text, says):
    """Neither empty output nor a foreign table is zero tunnels."""
    seen = ipsec.gateways([read(text)])
    assert isinstance(seen, Unreadable)
    assert says in seen.reason


def test_text_that_lost_a_row_is_a_complaint():
    """The total of the text form is held against its rows."""
    lines = SA_TEXT.splitlines()
    seen = ipsec.gateways([ipsec.active_text("\n".join(lines[:4]))])
    assert seen.complaints == ("it says 2 active tunnels and lists 1",)


@pytest.mark.parametrize("words", ["IPSec is not configured", "error: IKE is not configured"])
def test_text_of_a_device_without_ipsec_is_nothing(words):
    """The CLI prints the daemon's words."""
    assert ipsec.gateways([ipsec.active_text(words)]) == NOTHING


# --- interfaces -----------------------------------------------------------------------------------


def terse(*names: str, physical: str = "st0") -> str:
    unit = (
        "<logical-interface><name>\n{}\n</name><admin-status>\nup\n</admin-status>"
        "<oper-status>\nup\n</oper-status></logical-interface>"
    )
    return (
        '<rpc-reply><interface-information xmlns="http://xml.juniper.net/junos/18.4R3/'
        'junos-interface"><physical-interface><name>\n' + physical + "\n</name>"
        f"{''.join(unit.format(name) for name in names)}</physical-interface>"
        "</interface-information></rpc-reply>"
    )


@pytest.mark.parametrize(
    ("reply", "physical", "names"),
    [
        (terse(), "st0", []),
        (terse("st0.0", "st0.15999"), "st0", ["st0.0", "st0.15999"]),
        (terse("st0.1", "st0.32767"), "st0", ["st0.1"]),
        (terse("gr-0/0/0.1", "st0.2"), "gr-0/0/0", ["gr-0/0/0.1"]),
        (terse("st0.1").replace(">\nup\n</oper", ">\ndown\n</oper"), "st0", ["st0.1"]),
        (RPC_ERROR.format("error", "device st0 not found"), "st0", []),
        (XNM.format("ifinfo", "device st0 not found"), "st0", []),
    ],
    ids=["none", "two", "internal unit", "other interface", "down", "rpc-error", "xnm:error"],
)
def test_units_of_an_interface(reply, physical, names):
    """Configured units of the interface asked for, by name."""
    seen = units(reply, physical)
    assert (seen.count, seen.members) == (len(names), frozenset(names))
    assert seen.up == (frozenset() if ">\ndown\n" in str(reply) else frozenset(names))


def test_a_unit_listed_twice_counts_twice():
    """Repetition is not hidden."""
    assert units(terse("st0.1", "st0.1"), "st0").count == 2


@pytest.mark.parametrize(
    "reply",
    ["", "<x/>", "<interface-information>", RPC_ERROR.format("error", "syntax error"),
     terse("st0.1").replace("st0.1", "")],
)  # fmt: skip
def test_what_is_no_interface_table_is_unreadable(reply):
    """It never is zero units."""
    assert isinstance(units(reply, "st0"), Unreadable)


TERSE_TEXT = """Interface               Admin Link Proto    Local                 Remote
st0                     up    up
st0.0                   up    up   inet     10.255.255.2/30
                                   inet6    fe80::1/64
st0.7                   up    down inet     10.255.255.6/30
st0.32767               up    up
"""


def test_the_text_of_interfaces():
    """One row is one unit; further families and internal units aren't."""
    assert units_text(TERSE_TEXT, "st0") == Sighting(
        2, frozenset({"st0.0", "st0.7"}), frozenset({"st0.0"})
    )


@pytest.mark.parametrize("text", ["error: device st0 not found", "error: device st0 not found\n"])
def test_the_text_of_an_absent_interface_is_nothing(text):
    """Junos says that it isn't there."""
    assert units_text(text, "st0") == NOTHING
    assert units_text(Refusal(text), "st0") == NOTHING


@pytest.mark.parametrize("text", ["", "error: syntax error", "st0.0  up  up"])
def test_text_without_a_header_is_unreadable(text):
    """A cut or foreign output is not zero units."""
    assert isinstance(units_text(text, "st0"), Unreadable)


SET = """set interfaces gr-0/0/0 unit 1 tunnel source 192.0.2.1
set interfaces gr-0/0/0 unit 1 tunnel destination 198.18.0.1
set interfaces gr-0/0/0 unit 1 family inet address 10.0.0.0/31
set interfaces gr-0/0/0 unit 2 tunnel source 192.0.2.1
set interfaces gr-0/0/0 unit 3 tunnel source 192.0.2.1
set interfaces gr-0/0/0 unit 3 tunnel destination 198.18.0.3
deactivate interfaces gr-0/0/0 unit 3
set interfaces gr-0/0/1 unit 4 tunnel source 192.0.2.1
set interfaces gr-0/0/1 unit 4 tunnel destination 198.18.0.4
set interfaces gr-0/0/0 description "x"
"""


def test_units_in_set_format():
    """Only an active unit of that interface with both ends is a tunnel."""
    assert tunnel_units_set(SET, "gr-0/0/0") == Sighting(1, frozenset({"gr-0/0/0.1"}))
    assert tunnel_units_set("", "gr-0/0/0") == NOTHING
    around = (
        f"# commit confirmed will be rolled back in 5 minutes\n{SET}\n{{primary:node0}}\n[edit]"
    )
    assert tunnel_units_set(around, "gr-0/0/0") == tunnel_units_set(SET, "gr-0/0/0")


@pytest.mark.parametrize("text", ["error: syntax error", SET + "---(more)---", Refusal("no")])
def test_lines_that_are_no_configuration_are_unreadable(text):
    """A pager or an error in between isn't skipped."""
    assert isinstance(tunnel_units_set(text, "gr-0/0/0"), Unreadable)
