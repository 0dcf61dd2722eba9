"""Loading: every form and action, operations, and what is refused at load."""

from __future__ import annotations

import json

import pytest

from harness.sim.config.paths import Refused
from harness.sim.config.tree import get, leaf, present, values
from harness.sim.config.xml_format import parse
from harness.sim.messages import Complaint

TUNNEL_SET = """\
set interfaces st0 unit 7 family inet address 100.64.0.0/31
set security ipsec vpn a bind-interface st0.7
"""
TUNNEL_XML = """\
<configuration>
  <interfaces><interface><name>st0</name><unit><name>7</name>
    <family><inet><address><name>100.64.0.0/31</name></address></inet></family>
  </unit></interface></interfaces>
  <security><ipsec><vpn><name>a</name><bind-interface>st0.7</bind-interface></vpn></ipsec></security>
</configuration>"""
TUNNEL_TEXT = """\
interfaces { st0 { unit 7 { family inet { address 100.64.0.0/31; } } } }
security { /* ours */ ipsec { vpn a { bind-interface st0.7; } } } # end
"""
TUNNEL_JSON = json.dumps(
    {
        "configuration": {
            "interfaces": {
                "interface": [
                    {
                        "name": "st0",
                        "unit": [
                            {
                                "name": 7,
                                "family": {"inet": {"address": [{"name": "100.64.0.0/31"}]}},
                            }
                        ],
                    }
                ]
            },
            "security": {"ipsec": {"vpn": [{"name": "a", "bind-interface": "st0.7"}]}},
        }
    }
)


def xml(body: str) -> str:
    return f"<configuration>{body}</configuration>"


VPN = "<security><ipsec><vpn{mark}><name>corp-hq</name>{body}</vpn></ipsec></security>"


@pytest.mark.parametrize(
    ("fmt", "payload"),
    [("set", TUNNEL_SET), ("xml", TUNNEL_XML), ("text", TUNNEL_TEXT), ("json", TUNNEL_JSON)],
)
def test_merge_adds_to_what_is_there(store, session, fmt, payload):
    """All four forms merge the same statements and leave the rest alone."""
    assert session.load(payload, fmt) == []
    assert leaf(store.candidate, "security", "ipsec", "vpn", "a", "bind-interface") == "st0.7"
    address = get(store.candidate, "interfaces", "interface", "st0", "unit", "7")
    assert "100.64.0.0/31" in get(address, "family", "inet", "address")
    assert present(store.candidate, "security", "ipsec", "vpn", "corp-hq")
    assert store.dirty


def test_namespaced_and_parsed_payloads_are_the_same(store, session):
    """An element of the NETCONF namespace, already parsed, loads like its text."""
    element = parse(TUNNEL_XML.replace("<configuration>", '<configuration xmlns="urn:x">'))
    assert session.load(element, "xml") == []
    assert present(store.candidate, "security", "ipsec", "vpn", "a")


def rendered(store, fmt: str) -> str:
    """Render what is committed as a client that keeps the prefixes of the reply saves it."""
    text = store.render(store.committed, fmt)
    return text.replace("<configuration ", '<configuration xmlns:junos="urn:junos" ')


def test_merging_what_is_there_changes_nothing(store, session):
    """A load of existing statements leaves the candidate clean."""
    for fmt in ("set", "xml", "text", "json"):
        assert session.load(rendered(store, fmt), fmt) == []
        assert not store.dirty, fmt


@pytest.mark.parametrize("fmt", ["set", "xml", "text", "json"])
@pytest.mark.parametrize("action", ["override", "update"])
def test_override_of_the_same_changes_nothing(store, session, fmt, action):
    """Override and update with what is committed share every node with it."""
    assert session.load(rendered(store, fmt), fmt, action) == []
    assert not store.dirty
    assert session.compare() == ""


def test_override_removes_what_the_payload_lacks(store, session):
    """Override leaves only what is loaded, and the release that runs."""
    session.load("set system host-name only", "set", "override")
    assert store.render(store.candidate, "set") == (
        "set version 18.4R3.3\nset system host-name only\n"
    )


def test_update_shares_what_did_not_change(store, session):
    """Update replaces only differing nodes."""
    lines = store.render(store.committed, "set") + "set system host-name other\n"
    session.load(lines, "set", "update")
    assert store.candidate["security"] is store.committed["security"]
    assert leaf(store.candidate, "system", "host-name") == "other"


@pytest.mark.parametrize(
    ("action", "payload", "replaced"),
    [
        ("replace", xml(VPN.format(mark=' replace="replace"', body="")), True),
        ("merge", xml(VPN.format(mark=' replace="replace"', body="")), False),
        ("merge", xml(VPN.format(mark=' operation="replace"', body="")), True),
        ("replace", xml(VPN.format(mark="", body="")), False),
        ("replace", "security { ipsec { replace: vpn corp-hq; } }", True),
        ("merge", "security { ipsec { replace: vpn corp-hq; } }", False),
    ],
)
def test_replace_marks(store, session, action, payload, replaced):
    """Junos' replace tag counts only in load replace; the RFC operation always."""
    fmt = "xml" if payload.startswith("<") else "text"
    assert session.load(payload, fmt, action) == []
    kept = get(store.candidate, "security", "ipsec", "vpn", "corp-hq")
    assert (not kept) is replaced


@pytest.mark.parametrize(
    ("fmt", "payload"),
    [
        ("set", "delete security ipsec vpn corp-hq"),
        ("xml", xml(VPN.format(mark=' delete="delete"', body=""))),
        ("xml", xml(VPN.format(mark=' operation="delete"', body=""))),
        ("xml", xml(VPN.format(mark=' operation="remove"', body=""))),
        ("xml", xml('<security><ipsec><vpn delete="delete"/></ipsec></security>')),
        ("text", "security { ipsec { delete: vpn corp-hq; } }"),
        (
            "json",
            '{"configuration": {"security": {"ipsec": {"vpn": '
            '[{"@": {"operation": "delete"}, "name": "corp-hq"}]}}}}',
        ),
    ],
)
def test_delete_removes_and_prunes(store, session, fmt, payload):
    """Every way to delete removes the entry, and the list that is empty then."""
    assert session.load(payload, fmt) == []
    assert not present(store.candidate, "security", "ipsec", "vpn")
    assert present(store.candidate, "security", "ipsec", "policy")


def test_containers_that_become_empty_are_gone(store, session):
    """A container without presence doesn't outlive its last child."""
    session.load("delete security log mode", "set")
    assert not present(store.candidate, "security", "log")


@pytest.mark.parametrize(
    ("fmt", "payload", "word"),
    [
        ("set", "delete security ipsec vpn nope", "vpn nope"),
        ("set", "delete system host-name\ndelete system domain-name", "domain-name"),
        ("xml", xml('<system><domain-name delete="delete"/></system>'), "domain-name"),
        ("set", "deactivate security ipsec vpn nope", "vpn nope"),
    ],
)
def test_deleting_what_is_absent_warns(session, fmt, payload, word):
    """One warning for each statement that isn't there; the load goes on."""
    (complaint,) = session.load(payload, fmt)
    assert (complaint.severity, complaint.text) == ("warning", "statement not found")
    assert complaint.bad_element == word


def test_values_of_a_leaf_list_are_deleted_one_by_one(store, session):
    """Deleting a value leaves the others; deleting the last removes the statement."""
    path = ("security", "ike", "policy", "corp-ike", "proposals")
    session.load("set security ike policy corp-ike proposals [ b c ]", "set")
    assert values(store.candidate, *path) == ("corp-ike", "b", "c")
    session.load("delete security ike policy corp-ike proposals b", "set")
    assert values(store.candidate, *path) == ("corp-ike", "c")
    session.load(
        xml(
            "<security><ike><policy><name>corp-ike</name>"
            '<proposals delete="delete">c</proposals></policy></ike></security>'
        ),
        "xml",
    )
    assert values(store.candidate, *path) == ("corp-ike",)


def test_the_last_of_two_that_exclude_each_other_wins(store, session):
    """A choice holds one case: in one payload, and against what was there."""
    policy = "security policies from-zone trust to-zone untrust policy permit-out then"
    then = ("security", "policies", "policy", ("trust", "untrust"), "policy", "permit-out", "then")
    session.load(f"set {policy} permit\nset {policy} deny", "set")
    assert set(get(store.candidate, *then)) == {"deny"}
    session.load(f"set {policy} reject", "set")
    assert set(get(store.candidate, *then)) == {"reject"}


def test_create_is_refused_where_something_exists(store, session):
    """The RFC operation create of an existing entry is data-exists, and changes nothing."""
    (complaint,) = session.load(xml(VPN.format(mark=' operation="create"', body="")), "xml")
    assert complaint.tag == "data-exists"
    assert not store.dirty


UNKNOWN = (
    "syntax error",
    "error recovery ignores input until this point",
)


@pytest.mark.parametrize(
    ("fmt", "payload", "path", "word"),
    [
        ("set", "set security ike nonsense a", "[edit security ike]", "nonsense"),
        ("set", "set nonsense", "", "nonsense"),
        ("set", "frobnicate system", "", "frobnicate"),
        ("set", "set security ipsec vpn a establish-tunnels never", "", "never"),
        ("set", "set interfaces zz-0/0/0 unit 0", "[edit interfaces]", "zz-0/0/0"),
        ("set", "set security ike gateway", "[edit security ike]", ""),
        ("xml", xml("<security><ike><nonsense/></ike></security>"), "[edit security ike]", None),
        ("xml", "<configuration><security>", "", ""),
        ("xml", "<other/>", "", "other"),
        ("text", "security { ike { nonsense a; } }", "[edit security ike]", "nonsense"),
        ("text", "security { ike {", "", "end of file"),
        ("text", "system { } }", "", "}"),
        ("json", '{"configuration": {"security": {"nonsense": 1}}}', "[edit security]", None),
        ("json", "{", "", ""),
    ],
)
def test_unknown_words_are_refused_in_two_complaints(session, fmt, payload, path, word):
    """A syntax error names the word and the place, and nothing of the payload is loaded."""
    good = {"set": "set system host-name x\n"}.get(fmt, "")
    complaints = session.load(good + payload, fmt)
    assert tuple(complaint.text for complaint in complaints) == UNKNOWN
    assert complaints[0].path == path or not path
    assert complaints[0].bad_element == (word or complaints[0].bad_element)
    assert complaints[1].bad_element == "}"
    assert session.compare() == ""


@pytest.mark.parametrize(
    ("line", "element"),
    [
        (f"set security ike gateway {'x' * 33} address 1.1.1.1", "name"),
        (f"set security ipsec vpn a ike gateway {'x' * 33}", "gateway"),
        ("set interfaces st0 unit 16386", "name"),
        ("set interfaces st0 unit x", "name"),
        ("set security ike proposal p lifetime-seconds 179", "lifetime-seconds"),
        ("set interfaces gr-0/0/0 unit 0 tunnel source 300.1.1.1", "source"),
        ("set interfaces st0 unit 0 family inet address 10.0.0.0/33", "name"),
        ("set security ike gateway g dead-peer-detection interval 61", "interval"),
    ],
)
def test_values_out_of_range_are_refused_at_load(store, session, line, element):
    """Lengths, ranges and addresses are checked when they're loaded, in our own words."""
    (complaint,) = session.load(line, "set")
    assert complaint.severity == "error"
    assert complaint.text.endswith("[simulated]")
    assert complaint.bad_element == element
    assert not store.dirty


def test_a_refused_secret_is_not_repeated(session):
    """A key that is too long is refused without being shown."""
    long = "geheim" * 50
    (complaint,) = session.load(
        f"set security ike policy p pre-shared-key ascii-text {long}", "set"
    )
    assert "geheim" not in complaint.text


def test_routers_know_nothing_of_ipsec_vpns(make_store):
    """On MX the security stanzas and st0 are syntax errors."""
    session = make_store("vmx").session("lab", "netconf", 1)
    for line in (
        "set security ipsec vpn a bind-interface st0.0",
        "set security zones security-zone a",
        "set interfaces st0 unit 0",
    ):
        assert session.load(line, "set")[0].text == "syntax error", line


@pytest.mark.parametrize("word", ["wildcard", "replace", "commit"])
def test_what_is_not_simulated_says_so(session, word):
    """Verbs that aren't there are refused, not ignored."""
    (complaint,) = session.load(f"{word} system", "set")
    assert complaint.text == f"{word} is not simulated [simulated]"


@pytest.mark.parametrize(
    "payload",
    [
        '<!DOCTYPE c [<!ENTITY a "b">]><configuration>&a;</configuration>',
        '<!DOCTYPE c SYSTEM "file:///etc/passwd"><configuration/>',
        "<configuration>&unknown;</configuration>",
    ],
)
def test_documents_with_a_dtd_are_refused(payload):
    """No entity is expanded, and no document type is taken."""
    with pytest.raises(Refused) as caught:
        parse(payload)
    assert caught.value.complaints[0].text == "syntax error"


def test_deactivating_keeps_a_statement_without_effect(store, session):
    """What is deactivated stays in the configuration and is gone from its effect."""
    assert session.load("deactivate security ipsec vpn corp-hq", "set") == []
    assert session.commit().committed
    assert present(store.committed, "security", "ipsec", "vpn", "corp-hq")
    assert not present(store.effective, "security", "ipsec", "vpn", "corp-hq")
    assert "inactive: vpn corp-hq {" in store.render(store.committed, "text")
    assert '<vpn inactive="inactive">' in store.render(store.committed, "xml")
    assert "deactivate security ipsec vpn corp-hq\n" in store.render(store.committed, "set")
    session.load("activate security ipsec vpn corp-hq", "set")
    assert session.commit().committed
    assert present(store.effective, "security", "ipsec", "vpn", "corp-hq")


def test_the_same_entry_twice_in_one_payload_is_one(store, session):
    """Two parts of an entry are joined, the later value wins."""
    body = (
        "<interfaces><interface><name>st0</name><unit><name>7</name><description>a</description>"
        "</unit></interface><interface><name>st0</name><unit><name>7</name>"
        "<description>b</description></unit><unit><name>8</name></unit></interface></interfaces>"
    )
    session.load(xml(body), "xml")
    units = get(store.candidate, "interfaces", "interface", "st0", "unit")
    assert list(units) == ["0", "7", "8"]
    assert leaf(units, "7", "description") == "b"


def test_a_statement_declared_active_is_made_or_reactivated(store, session):
    """``active="active"`` merges what is inside, as Ansible's modules say it of all they set."""
    body = (
        '<system><host-name active="active">a</host-name><login>'
        '<user active="active"><name>bob</name><class>operator</class></user></login>'
        '<name-server active="active"><name>192.0.2.8</name></name-server></system>'
    )
    for _ in range(2):
        assert session.load(xml(body), "xml") == []
        assert leaf(store.candidate, "system", "host-name") == "a"
        assert leaf(store.candidate, "system", "login", "user", "bob", "class") == "operator"
        assert present(store.candidate, "system", "name-server", "192.0.2.8")
        assert "inactive" not in store.render(store.candidate, "text")
        off = body.replace("active", "inactive").replace("operator", "read-only")
        assert session.load(xml(off), "xml") == []
        assert "inactive: user bob" in store.render(store.candidate, "text")
    bare = '<system><host-name active="active"/><domain-name active="active"/></system>'
    assert [one.text for one in session.load(xml(bare), "xml")] == ["statement not found"]
    assert leaf(store.candidate, "system", "host-name") == "a"
    assert "inactive: host-name" not in store.render(store.candidate, "text")
    off = bare.replace("active", "inactive")
    assert [one.text for one in session.load(xml(off), "xml")] == ["statement not found"]
    assert "inactive: host-name a" in store.render(store.candidate, "text")


def test_complaints_are_values():
    """Two equal complaints are equal, so that replies can be compared."""
    assert Complaint("error", "a") == Complaint("error", "a")


def json_ike(body: str) -> str:
    return f'{{"configuration": {{"security": {{"ike": {body}}}}}}}'


def test_json_operations_and_states(store, session):
    """Metadata of objects and of leaves delete, replace, deactivate and activate."""
    gateway = ("security", "ike", "gateway", "corp-hq")
    body = (
        '{"gateway": [{"name": "corp-hq", "version": null, "@version": {"operation": "delete"}}]}'
    )
    assert session.load(json_ike(body.replace("null", '"v2-only"')), "json") == []
    assert not present(store.candidate, *gateway, "version")
    body = '{"gateway": [{"@": {"inactive": true}, "name": "corp-hq"}]}'
    assert session.load(json_ike(body), "json") == []
    assert "inactive: gateway corp-hq" in store.render(store.candidate, "text")
    assert '"inactive" : true' in store.render(store.candidate, "json")
    body = '{"gateway": [{"@": {"active": true}, "name": "corp-hq"}]}'
    assert session.load(json_ike(body), "json") == []
    assert "inactive" not in store.render(store.candidate, "text")
    body = '{"@": {"operation": "replace"}, "gateway": [{"name": "only"}]}'
    assert session.load(json_ike(body), "json") == []
    assert set(get(store.candidate, "security", "ike")) == {"gateway"}


@pytest.mark.parametrize(
    "body",
    [
        '{"gateway": [{"address": ["1.1.1.1"]}]}',
        '{"gateway": ["corp-hq"]}',
        '{"gateway": [{"name": true}]}',
        '{"gateway": [{"name": "a", "dead-peer-detection": 7}]}',
        '{"@": {"operation": "frobnicate"}, "gateway": []}',
        '{"@": {"insert": "after"}, "gateway": []}',
    ],
)
def test_json_of_another_shape_is_refused(store, session, body):
    """What isn't the shape of the model is refused, and nothing is loaded."""
    assert session.load(json_ike(body), "json")[0].severity == "error"
    assert not store.dirty


def test_one_form_can_not_stand_in_for_another(session):
    """Elements are XML; a payload beyond the bound is refused unread."""
    element = parse("<configuration/>")
    assert session.load(element, "set")[0].severity == "error"
    assert session.load(" " * (64 * 1024 * 1024 + 1), "set")[0].severity == "error"


def test_the_path_of_an_error_begins_at_the_configuration(session):
    """An element in the middle of a request names the place in the configuration only."""
    unit = "<interface><name>st0</name><unit><name>7</name><nonsense/></unit></interface>"
    request = parse(f"<rpc><load>{xml(f'<interfaces>{unit}</interfaces>')}</load></rpc>")
    first, _ = session.load(request[0][0], "xml")
    assert (first.path, first.bad_element) == ("[edit interfaces st0 unit 7]", "nonsense")
