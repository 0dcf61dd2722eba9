"""Configurations as read back: flattening and fingerprint."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.document.xml import MAX_BYTES
from harness.errors import DeviceError
from harness.render.readback import (
    HIDDEN,
    configuration_of,
    deepest,
    fingerprint,
    statements,
)

GATEWAY = """
<configuration xmlns="http://xml.juniper.net/xnm/1.1/xnm" junos:commit-seconds="1">
  <security><ike><gateway>
    <name>hil-t00001</name>
    <address>
198.18.0.1
    </address>
    <dead-peer-detection><interval>10</interval></dead-peer-detection>
  </gateway></ike></security>
</configuration>"""


def config(body: str, attributes: str = "") -> str:
    return f"<configuration {attributes}>{body}</configuration>"


def test_a_list_entry_adds_its_key_and_a_leaf_its_value():
    """Paths hold keys and values, white space around them is gone."""
    gateway = ("security", "ike", "gateway", "hil-t00001")
    assert statements(GATEWAY).paths == (
        ("security",),
        ("security", "ike"),
        gateway,
        (*gateway, "address", "198.18.0.1"),
        (*gateway, "dead-peer-detection"),
        (*gateway, "dead-peer-detection", "interval", "10"),
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<a><name>k</name></a>", "<a>k</a>"),
        ("<a><b>1</b></a>", "<!-- x --><a>\n<b>\n1\n</b></a>"),
        ("<a><b/></a>", "<a junos:group='g' operation='create'><b> </b></a>"),
        ("<a><b/></a>", "<?pi x?><a><b></b></a>"),
        ("<a><b/></a>", "<x:a xmlns:x='urn:x'><x:b/></x:a>"),
    ],
)
def test_notations_of_one_configuration_are_one_set(one, other):
    """The same configuration written another way flattens to the same statements."""
    assert statements(config(one)) == statements(config(other))


@pytest.mark.parametrize(
    "other",
    [
        "<a><b>2</b><c>x</c></a>",
        "<a><b>1</b></a>",
        "<a><b>1</b><c>x</c><d/></a>",
        "<a><c>x</c><b>1</b></a>",
        "<a inactive='inactive'><b>1</b><c>x</c></a>",
        "<a><b>1</b><c protect='protect'>x</c></a>",
        "<a><b>1</b><c>x</c></a><a><b>1</b><c>x</c></a>",
    ],
)
def test_what_differs_has_another_fingerprint(other):
    """A value, a statement, the order and the marks all change the fingerprint."""
    assert fingerprint(config(other)) != fingerprint(config("<a><b>1</b><c>x</c></a>"))


def test_when_and_by_whom_do_not_change_the_fingerprint():
    """Commit times, users, name spaces and padding aren't configuration."""
    plain = config("<a><b>1</b></a>")
    dressed = (
        '<?xml version="1.0" encoding="us-ascii"?>\n<rpc-reply xmlns="urn:x">'
        '<configuration xmlns="http://yang.juniper.net/x" timestamp="now"'
        ' junos:changed-seconds="9" junos:changed-localtime="t" junos:commit-user="u">'
        "\n <a>\n  <b>\n1\n</b>\n </a>\n</configuration></rpc-reply>"
    )
    assert fingerprint(plain) == fingerprint(dressed) == fingerprint(dressed.encode())


def test_a_value_can_not_imitate_markup_in_the_fingerprint():
    """Two documents with the same characters in other places differ."""
    assert fingerprint(config("<a>b</a><c/>")) != fingerprint(config("<a/><b>c</b>"))
    assert fingerprint(config("<a>1:x</a>")) != fingerprint(config("<a>x</a>"))
    forged = config("<a>x&gt;&lt;b y</a>")
    assert fingerprint(forged) != fingerprint(config("<a>x</a><b>y</b>"))


def test_marks_are_statements_of_their_own():
    """A deactivated or protected node has one more path."""
    found = statements(config('<a inactive="inactive"><name>k</name><b protect="protect"/></a>'))
    assert found.paths == (
        ("a", "k"),
        ("a", "k", "b"),
        ("a", "k", "b", "<protect>"),
        ("a", "k", "<inactive>"),
    )


def test_policies_of_two_zone_pairs_stay_apart():
    """A list with two keys isn't merged into one."""
    pair = (
        "<policy><from-zone-name>{}</from-zone-name><to-zone-name>b</to-zone-name>"
        "<policy><name>p</name><{}/></policy></policy>"
    )
    body = f"<policies>{pair.format('a', 'x')}{pair.format('c', 'y')}</policies>"
    paths = statements(config(body)).paths
    assert ("policies", "policy", "a", "b", "policy", "p", "x") in paths
    assert ("policies", "policy", "a", "b", "policy", "p", "y") not in paths


@pytest.mark.parametrize(
    ("leaf", "value"),
    [
        ("ascii-text", "plain as day"),
        ("ascii-text", "$9$abc"),
        ("secret", "$9$abc"),
        ("hexadecimal", "00ff"),
        ("encrypted-password", "$6$salt$hash"),
        ("password", "$8$aes256-gcm$hmac-sha2-256$100$x"),
        ("key", "/* SECRET-DATA */"),
    ],
)
def test_keys_are_kept_apart_and_never_shown(leaf, value):
    """No path and no repr holds a key; it's found under its path."""
    found = statements(config(f"<a><{leaf}>{value}</{leaf}></a>"))
    path = ("a", leaf, HIDDEN)
    assert path in found.paths
    assert found.secrets[path] == (value,)
    assert value not in repr(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "found 0"),
        ("<configuration><a></configuration>", "unreadable XML"),
        ("<a/>", "found 0"),
        ("<configuration/><configuration/>", "found 2"),
        ('<!DOCTYPE x [<!ENTITY e "v">]><configuration>&e;</configuration>', "unreadable XML"),
        ("<configuration>&e;</configuration>", "unreadable XML"),
        ("<configuration>" + "<a>" * 300 + "</a>" * 300 + "</configuration>", "unreadable XML"),
        ("</fragment><configuration/>", "unreadable XML"),
    ],
    ids=["empty", "cut", "other", "two", "dtd", "entity", "deep", "escape"],
)
def test_what_can_not_be_read_is_an_error(text, says):
    """Ill-formed or hostile XML raises; it never is an empty configuration."""
    with pytest.raises(DeviceError, match=says):
        statements(text)


def test_too_much_is_refused_before_it_is_parsed():
    """The size is bounded."""
    with pytest.raises(DeviceError, match="at most"):
        configuration_of(b" " * (MAX_BYTES + 1))


def test_only_the_deepest_paths_are_named():
    """A missing subtree is reported by its leaves, not by every container above them."""
    assert deepest([("a",), ("a", "b"), ("a", "b", "1"), ("c",), ("ab",)]) == (
        ("a", "b", "1"),
        ("ab",),
        ("c",),
    )
    assert deepest([]) == ()


def test_a_recorded_configuration_reads(recorded):
    """The rfc-compliant dialect of a vSRX 17.3R2 flattens to known statements."""
    text = recorded("scrapli_netconf/get_config")
    found = statements(text)
    assert ("system", "services", "netconf", "rfc-compliant") in found.members
    assert ("security", "zones", "security-zone", "trust", "tcp-rst") in found.members
    assert fingerprint(text) == fingerprint(text.replace('timestamp="TIMESTAMP"', ""))


def test_a_recorded_ipsec_configuration_reads(recorded):
    """Entries of one list stay apart by name."""
    found = statements(recorded("junos_exporter/ipsec-TestParseConfigOutput-2.xml"))
    assert ("security", "ipsec", "vpn", "vpn2", "ike", "gateway", "gateway2") in found.members


_NAMES = st.sampled_from(["a", "b", "c"])
_TREES = st.recursive(
    st.builds("<{0}>{1}</{0}>".format, _NAMES, st.text("xyz 1", max_size=3)),
    lambda inner: st.builds(
        lambda tag, kids: f"<{tag}>{''.join(kids)}</{tag}>", _NAMES, st.lists(inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.lists(_TREES, max_size=4), st.lists(_TREES, max_size=4))
def test_equal_fingerprints_mean_equal_statements(one, other):
    """A fingerprint never hides a difference that the statements show."""
    first, second = config("".join(one)), config("".join(other))
    if fingerprint(first) == fingerprint(second):
        assert statements(first).paths == statements(second).paths
