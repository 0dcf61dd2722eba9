"""What loads besides plain statements: order, names, protection, comments, levels, short words."""

from __future__ import annotations

import pytest

from harness.sim.config.tree import get, leaf, present, values
from harness.sim.messages import refused

POLICY = "security policies from-zone trust to-zone untrust policy"
POLICIES = ("security", "policies", "policy", ("trust", "untrust"), "policy")
PSK = ("pre-shared-key", "ascii-text")
THREE = "".join(f"set {POLICY} {name} then deny\n" for name in "abc")


def xml(body: str) -> str:
    return f'<configuration xmlns:junos="urn:junos">{body}</configuration>'


def policies(body: str) -> str:
    zones = "<from-zone-name>trust</from-zone-name><to-zone-name>untrust</to-zone-name>"
    return xml(f"<security><policies><policy>{zones}{body}</policy></policies></security>")


@pytest.mark.parametrize(
    ("fmt", "payload", "order"),
    [
        ("set", f"insert {POLICY} c before policy a", "cab"),
        ("set", f"insert {POLICY} a after policy b", "bac"),
        ("set", f"insert {POLICY} a after b", "bac"),
        ("xml", policies('<policy insert="before" name="a"><name>c</name></policy>'), "cab"),
        ("xml", policies('<policy insert="after" name="c"><name>a</name></policy>'), "bca"),
        ("xml", policies('<policy insert="first"><name>b</name></policy>'), "bac"),
        ("xml", policies('<policy insert="last"><name>a</name></policy>'), "bca"),
        ("set", f"rename {POLICY} b to policy x", "axc"),
        ("set", f"rename {POLICY} b to x", "axc"),
        ("xml", policies('<policy rename="rename" name="x"><name>b</name></policy>'), "axc"),
        ("set", f"copy {POLICY} a to policy x", "abcx"),
    ],
)
def test_entries_get_another_place_or_name(store, session, fmt, payload, order):
    """insert, rename and copy, as commands and as attributes."""
    session.load(f"delete {POLICY.rsplit(' ', 1)[0]}", "set")
    session.load(THREE, "set")
    assert session.load(payload, fmt) == []
    assert "".join(get(store.candidate, *POLICIES)) == order
    for name in order:
        assert present(store.candidate, *POLICIES, name, "then", "deny")


def test_an_insert_with_content_merges_it(store, session):
    """A new entry goes right where it's to be."""
    session.load(f"delete {POLICY.rsplit(' ', 1)[0]}", "set")
    session.load(THREE, "set")
    new = '<policy insert="before" name="b"><name>x</name><then><deny/></then></policy>'
    assert session.load(policies(new), "xml") == []
    assert "".join(get(store.candidate, *POLICIES)) == "axbc"


def test_values_of_a_leaf_list_get_another_place(store, session):
    """Policies of a BGP group are in the order that somebody gives them."""
    session.load("set protocols bgp group g export [ a b c ]", "set")
    session.load("insert protocols bgp group g export c before a", "set")
    assert values(store.candidate, "protocols", "bgp", "group", "g", "export") == ("c", "a", "b")


@pytest.mark.parametrize(
    "line",
    [
        f"insert {POLICY} nope before policy permit-out",
        f"insert {POLICY} permit-out before policy nope",
        f"rename {POLICY} nope to policy x",
        f"rename {POLICY} permit-out to policy {'x' * 64}",
        "rename interfaces xe-0/0/0 to xe-0/0/1",
        "copy interfaces nope to",
        "rename system to",
    ],
)
def test_what_can_not_be_moved_is_refused(store, session, line):
    """Nothing there, a name that doesn't fit or is taken: refused, and nothing is loaded."""
    complaints = session.load(f"set system host-name x\n{line}", "set")
    assert refused(complaints)
    assert not store.dirty


def test_a_protected_statement_stays(store, session):
    """Changes of what is protected are warnings in the recorded words; the rest is loaded."""
    session.load("protect system host-name\nprotect security ike", "set")
    before = store.candidate
    (one,) = session.load("delete system host-name", "set")
    text = "[system host-name] is protected, 'system host-name' cannot be deleted"
    assert (one.severity, one.text) == ("warning", text)
    (two,) = session.load("set security ike gateway new address 192.0.2.9", "set")
    assert two.severity == "warning"
    assert two.text.startswith("[security ike] is protected, ")
    assert store.candidate is before
    session.load("delete security", "set")
    assert set(get(store.candidate, "security")) == {"ike"}
    assert session.load("unprotect security ike\ndelete security ike", "set") == []
    assert not present(store.candidate, "security")


def test_protection_is_shown_and_loads_again(store, session):
    """Each form has its sign for it, and a load of what is there changes nothing."""
    session.load("protect system host-name", "set")
    session.commit()
    assert "    protect: host-name srx4100;\n" in store.render(store.committed, "text")
    assert '<host-name protect="protect">' in store.render(store.committed, "xml")
    assert '"protect" : true' in store.render(store.committed, "json")
    assert "protect system host-name\n" in store.render(store.committed, "set")
    for fmt in ("text", "xml", "json", "set"):
        text = store.render(store.committed, fmt)
        text = text.replace("<configuration ", '<configuration xmlns:junos="urn:junos" ')
        assert session.load(text, fmt, "override") == []
        assert not store.dirty, fmt


def test_comments_stand_above_what_they_are_about(store, session):
    """annotate, text comments and junos:comment are one; set lines have none."""
    session.load('edit system\nannotate services "by hand"', "set")
    session.load("security { /* ours */ ike { # first\n gateway corp-hq; } }", "text")
    text = store.render(store.candidate, "text")
    assert "    /* by hand */\n    services {\n" in text
    assert "    /* ours */\n    ike {\n" in text
    assert "        # first\n        gateway corp-hq {\n" in text
    rendered = store.render(store.candidate, "xml")
    assert "<junos:comment>/* ours */</junos:comment>\n        <ike>" in rendered
    session.commit()
    for fmt in ("text", "xml", "json"):
        again = store.render(store.committed, fmt)
        again = again.replace("<configuration ", '<configuration xmlns:junos="urn:junos/junos" ')
        assert session.load(again, fmt, "override") == []
        assert not store.dirty, fmt
    session.load('top edit system\nannotate services ""', "set")
    assert "by hand" not in store.render(store.candidate, "text")


LEVELS = """\
# a comment

/* another */
edit security ike
set gateway a address 192.0.2.1
up
set ipsec vpn a bind-interface st0.7
edit ipsec vpn a ike
set gateway a
up 2
set policy x proposals p
top set system host-name x
top
set system domain-name y
"""


def test_set_lines_have_edit_levels(store, session):
    """edit, up and top change what the lines after them are relative to."""
    assert session.load(LEVELS, "set") == []
    tree = store.candidate
    assert leaf(tree, "security", "ike", "gateway", "a", "address") == "192.0.2.1"
    assert leaf(tree, "security", "ipsec", "vpn", "a", "bind-interface") == "st0.7"
    assert leaf(tree, "security", "ipsec", "vpn", "a", "ike", "gateway") == "a"
    assert leaf(tree, "security", "ipsec", "policy", "x", "proposals") == "p"
    assert leaf(tree, "system", "host-name") == "x"
    assert leaf(tree, "system", "domain-name") == "y"


def test_words_of_set_lines_may_be_short(store, session):
    """A beginning that only one word has is that word; of several, none is guessed."""
    assert session.load("set sys host x\nset secu ike gatew a addr 192.0.2.1", "set") == []
    assert leaf(store.candidate, "system", "host-name") == "x"
    assert leaf(store.candidate, "security", "ike", "gateway", "a", "address") == "192.0.2.1"
    (complaint,) = session.load("set s host-name y", "set")
    assert complaint.text.startswith("'s' is ambiguous")
    complaints = session.load("system { host x; }", "text")
    assert complaints[0].text == "syntax error"


def test_a_bad_line_undoes_all_lines(store, session):
    """Moves, names and protection before a refused line are undone with the rest."""
    lines = f"rename {POLICY} permit-out to policy x\nprotect system\nset nonsense"
    assert refused(session.load(lines, "set"))
    assert not store.dirty


def test_a_large_template_is_read_once(make_store):
    """Two devices that take the same payload share its nodes; clear keys are each one's own."""
    lines = "".join(f"set security ipsec vpn v{n} bind-interface st0.{n}\n" for n in range(200))
    keys = "".join(
        f"set security ike policy p{n} pre-shared-key ascii-text clear\n" for n in range(200)
    )
    stores = [make_store(secret_seed=seed) for seed in (b"one", b"two")]
    vpns, texts = [], []
    for store in stores:
        session = store.session("lab", "netconf", 1)
        assert session.load(lines, "set") == []
        assert session.load(keys, "set") == []
        vpns.append(get(store.candidate, "security", "ipsec", "vpn", "v7"))
        texts.append(leaf(store.candidate, *("security", "ike", "policy", "p7"), *PSK))
    assert vpns[0] is vpns[1]
    assert texts[0] != texts[1]


ROUTE = "<route{mark}><name>10.9.0.0/16</name>{body}</route>"


@pytest.mark.parametrize(
    ("fmt", "payload"),
    [
        (
            "xml",
            xml(
                "<routing-options><static>"
                + ROUTE.format(mark=' delete="delete"', body="")
                + "</static><static>"
                + ROUTE.format(mark="", body="<next-hop>192.0.2.8</next-hop>")
                + "</static></routing-options>"
            ),
        ),
        (
            "text",
            "routing-options { static { delete: route 10.9.0.0/16; "
            "route 10.9.0.0/16 next-hop 192.0.2.8; } }",
        ),
        (
            "json",
            '{"configuration": {"routing-options": {"static": {"route": ['
            '{"@": {"operation": "delete"}, "name": "10.9.0.0/16"}, '
            '{"name": "10.9.0.0/16", "next-hop": ["192.0.2.8"]}]}}}}',
        ),
        (
            "set",
            "delete routing-options static route 10.9.0.0/16\n"
            "set routing-options static route 10.9.0.0/16 next-hop 192.0.2.8",
        ),
    ],
)
def test_what_is_deleted_and_given_again_is_new(store, session, fmt, payload):
    """A payload is carried out from its beginning: a deleted entry holds what comes after."""
    static = ("routing-options", "static", "route", "10.9.0.0/16")
    session.load("set routing-options static route 10.9.0.0/16 next-hop 192.0.2.7 retain", "set")
    assert session.load(payload, fmt) == []
    assert dict(get(store.candidate, *static)) == {"next-hop": ("192.0.2.8",)}


def test_leaves_and_values_are_carried_out_in_order(store, session):
    """The same of leaves and of values of a leaf-list."""
    session.load("set protocols bgp group g export [ a b ]\nset system host-name x", "set")
    group = (
        '<group><name>g</name><export delete="delete">a</export><export>c</export>'
        '<export>d</export><export delete="delete">d</export></group>'
    )
    name = '<host-name delete="delete"/><host-name>y</host-name>'
    body = f"<system>{name}</system><protocols><bgp>{group}</bgp></protocols>"
    assert session.load(xml(body), "xml")[1:] == []
    assert values(store.candidate, "protocols", "bgp", "group", "g", "export") == ("b", "c")
    assert leaf(store.candidate, "system", "host-name") == "y"
