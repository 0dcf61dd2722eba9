"""The model outlines, the platforms' profiles, and what every base configuration has."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.sim.config.schema import Kind, Statement, compile_outline, schema_of
from harness.sim.config.tree import get, leaf, present
from harness.sim.config.value_types import value_type
from harness.sim.store.profiles import profile

GATEWAYS = {
    "srx4100": "xe-0/0/0",
    "srx4200": "xe-0/0/0",
    "vsrx": "ge-0/0/0",
    "nfx250": "ge-0/0/0",
}


def outline(folder: Path, text: str):
    (folder / "x.txt").write_text(text, encoding="ascii")
    return compile_outline(folder, "x.txt")


def test_an_outline_becomes_a_model(tmp_path):
    """Kinds, flags, macros, types and includes are read as the docstring says."""
    (tmp_path / "more.txt").write_text("more\n  leaf = word\n", encoding="ascii")
    schema = outline(
        tmp_path,
        "%type word = string 1..8  # a comment\n"
        "%define BODY\n"
        "  on;\n"
        "  deeper!\n"
        "    value *= int 1..5 @hidden\n"
        "%include more.txt\n"
        "top\n"
        "  +BODY\n"
        "  pair [a=word | b=word] @words:from,to @ordered\n"
        "    +BODY\n",
    )
    top = schema.children["top"]
    grouped = ["groups", "apply-groups", "apply-groups-except"]
    assert list(schema.children) == [*grouped, "more", "top"]
    assert top.children["on"].kind is Kind.FLAG
    assert top.children["deeper"].presence
    assert top.children["deeper"].unnamed.kind is Kind.LEAF_LIST
    pair = top.words["from"]
    assert (pair.kind, pair.key_words, pair.ordered) == (Kind.LIST, ("from", "to"), True)
    assert pair.children["deeper"].depth == top.children["deeper"].depth + 1
    assert repr(pair) == "<list pair>"


def walk(statement: Statement) -> int:
    """Look at every statement; return how many there are."""
    below = (child for child in statement.children.values() if child.kind is not Kind.KEY)
    return 1 + sum(walk(child) for child in below)


@pytest.mark.parametrize("family", ["junos-es", "junos", "jdm"])
def test_the_outlines_of_the_device_can_be_read(family):
    """No mistake waits in the data for the first client that looks there."""
    assert walk(schema_of(family)) > 200


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = nonsense\n", "unknown type"),
        ("a @nonsense\n", "unknown flag"),
        ("a = int 1..2\n  b = int 1..2\n", "can't be under a"),
        ("a\na\n", "can't be under configuration"),
        ("A?\n", "can't read"),
    ],
)
def test_a_wrong_outline_says_where(tmp_path, text, message):
    """A mistake in the data is found when it's compiled."""
    with pytest.raises(ValueError, match=message):
        walk(outline(tmp_path, text))


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("string 2..3", ["ab", "abc"], ["a", "abcd"]),
        ("int 5..10", ["5", "10"], ["4", "11", "05", "+5", "x", ""]),
        ("enum a b", ["a", "b"], ["c", ""]),
        ("ip", ["192.0.2.1", "2001:db8::1"], ["192.0.2.256", "x", "192.0.2.1/24"]),
        ("ipv4", ["192.0.2.1"], ["2001:db8::1"]),
        ("prefix", ["0.0.0.0/0", "192.0.2.1/24", "2001:db8::/32"], ["10.0.0.0/33", "x"]),
        ("hop", ["192.0.2.1", "st0.7"], ["", "1 2"]),
        ("ifl", ["ge-0/0/0.0", "st0.15999", "lo0"], ["st0.", "ST0", ""]),
    ],
)
def test_value_types(name, good, bad):
    """What each type takes, and what not."""
    kind = value_type(name)
    assert [text for text in good if not kind.accepts(text)] == []
    assert [text for text in bad if kind.accepts(text)] == []


def test_an_unknown_platform_names_the_known_ones():
    """The error says what there is."""
    with pytest.raises(UsageError, match="known: srx4100, srx4200, vsrx, nfx250"):
        profile("mx960")


@pytest.mark.parametrize(("platform", "wan"), GATEWAYS.items())
def test_what_testbeds_rely_on_in_a_gateway(make_store, platform, wan):
    """External interface, address, zones, route, and one tunnel of the baseline."""
    tree = make_store(platform).committed
    unit = get(tree, "interfaces", "interface", wan, "unit", "0")
    assert list(get(unit, "family", "inet", "address")) == ["192.0.2.1/24"]
    zones = get(tree, "security", "zones", "security-zone")
    assert list(zones) == ["trust", "untrust", "vpn-corp"]
    assert list(get(zones, "untrust", "interfaces")) == [f"{wan}.0"]
    assert list(get(zones, "untrust", "host-inbound-traffic", "system-services")) == ["ike"]
    assert not present(zones, "untrust", "host-inbound-traffic", "protocols")
    assert list(get(zones, "vpn-corp", "interfaces")) == ["st0.0"]
    assert list(get(tree, "security", "ipsec", "vpn")) == ["corp-hq"]
    assert leaf(tree, "security", "ike", "gateway", "corp-hq", "external-interface") == f"{wan}.0"
    route = ("routing-options", "static", "route", "0.0.0.0/0", "next-hop")
    assert leaf(tree, *route) == "192.0.2.254"


def test_what_testbeds_rely_on_in_a_router(make_store):
    """No zones, no tunnels, tunnel services on the first PIC."""
    tree = make_store("vmx").committed
    unit = get(tree, "interfaces", "interface", "ge-0/0/0", "unit", "0")
    assert list(get(unit, "family", "inet", "address")) == ["192.0.2.1/24"]
    assert not present(tree, "security")
    assert present(tree, "chassis", "fpc", "0", "pic", "0", "tunnel-services")


@pytest.mark.parametrize("platform", [*GATEWAYS, "vmx", "nfx250-jdm"])
def test_every_base_has_a_login_and_netconf(make_store, platform):
    """Root and one user have passwords; NETCONF over SSH is on."""
    tree = make_store(platform).committed
    assert leaf(tree, "system", "root-authentication", "encrypted-password").startswith("$6$")
    assert leaf(tree, "system", "login", "user", "lab", "class") == "super-user"
    assert present(tree, "system", "services", "netconf", "ssh")
    assert present(tree, "system", "syslog")


def test_jdm_manages_virtual_machines(make_store):
    """JDM has network functions and their wires, and takes another one."""
    store = make_store("nfx250-jdm")
    session = store.session("lab", "netconf", 1)
    assert list(get(store.committed, "virtual-network-functions")) == ["gwr"]
    assert session.load("set virtual-network-functions b image /var/b.qcow2", "set") == []
    assert session.commit().committed
    assert session.load("set security ike", "set")[0].text == "syntax error"
