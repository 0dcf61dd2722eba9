"""Transactions, users and releases over NETCONF: the shapes that clients look for."""

from __future__ import annotations

import pytest

from harness.errors import UsageError
from harness.sim.dialect import BASE_NAMESPACE, Dialect
from harness.sim.sessions import open_netconf
from harness.sim.spec import UserSpec

NC = f"{{{BASE_NAMESPACE}}}"
PRIVATE = "<open-configuration><private/></open-configuration>"
COMMITTED = '<get-configuration database="committed" format="set"/>'
DIFFERENCE = '<get-configuration compare="rollback" rollback="0" format="text"/>'
CANDIDATE = "<target><candidate/></target>"


def host(name: str) -> str:
    """Return a load of a host name."""
    return (
        '<load-configuration action="set" format="text"><configuration-set>'
        f"set system host-name {name}</configuration-set></load-configuration>"
    )


def errors(reply):
    """Return severity, text and bad element of each rpc-error."""
    return [
        (
            each.findtext(f"{NC}error-severity"),
            (each.findtext(f"{NC}error-message") or "").strip(),
            (each.findtext(f"{NC}error-info/{NC}bad-element") or "").strip(),
        )
        for each in reply.iter(f"{NC}rpc-error")
    ]


def tags(element) -> list[str]:
    """Return the names of the children."""
    return [each.tag.removeprefix(NC) for each in element]


def is_ok(reply) -> bool:
    """Say whether the reply is ok and nothing else."""
    return tags(reply) == ["ok"]


def text(reply) -> str:
    """Return all text of a reply."""
    return "".join(reply.itertext())


@pytest.mark.parametrize("kind", ["private", "batch"])
def test_a_private_copy_answers_as_clients_expect(bench, kind):
    """Opening warns without ok; the commit tells of the merge; nobody else sees the copy."""
    talk, other = bench.netconf(), bench.netconf("bob")
    opened = talk.rpc(f"<open-configuration><{kind}/></open-configuration>")
    assert errors(opened) == [("warning", "uncommitted changes will be discarded on exit", "")]
    assert tags(opened) == ["rpc-error"]
    assert tags(opened[0]) == ["error-severity", "error-message"]
    talk.rpc(host("mine"))
    assert "+  host-name mine;" in text(talk.rpc(DIFFERENCE))
    assert text(other.rpc(DIFFERENCE)).strip() == ""
    assert "host-name mine" in text(talk.rpc('<get-configuration format="set"/>'))
    assert "host-name mine" not in text(other.rpc('<get-configuration format="set"/>'))
    reply = talk.rpc("<commit-configuration/>")
    assert tags(reply) == ["commit-results", "ok"]
    assert tags(reply[0]) == ["load-success", "routing-engine"]
    assert tags(reply[0][1]) == ["name", "commit-success"]
    empty = talk.rpc("<commit-configuration/>")
    assert tags(empty) == ["commit-results", "ok"]
    assert tags(empty[0]) == []
    assert is_ok(talk.rpc("<close-configuration/>"))
    assert "host-name mine" in text(other.rpc(COMMITTED))


def test_a_conflict_counts_and_names_its_statements(bench):
    """load-error-count and an error with the edit path; nothing is committed."""
    talk, other = bench.netconf(), bench.netconf("bob")
    for one, name in ((talk, "a"), (other, "b")):
        one.rpc(PRIVATE)
        one.rpc(host(name))
    other.rpc("<commit-configuration/>")
    reply = talk.rpc("<commit-configuration/>")
    assert tags(reply) == ["commit-results"]
    assert reply.findtext(f".//{NC}load-error-count") == "1"
    assert reply.findtext(f".//{NC}error-path").strip() == "[edit system]"
    assert errors(reply)[0][2] == "host-name"
    assert len(bench.device.store.history) == 2


def test_private_edits_keep_the_shared_candidate_closed(bench):
    """The words are those of a device."""
    talk = bench.netconf()
    talk.rpc(PRIVATE)
    (refusal,) = errors(bench.netconf("bob").rpc(host("b")))
    wanted = "private edits in use. Try 'configure private' or 'configure exclusive'"
    assert refusal == ("error", wanted, "")


@pytest.mark.parametrize(
    ("kind", "version", "message"),
    [
        ("dynamic", "18.4R3.3", "not available"),
        ("ephemeral", "18.4R3.3", "not available"),
        ("ephemeral", "15.1X49-D140.2", "syntax error"),
        ("nonsense", "18.4R3.3", "syntax error"),
    ],
)
def test_databases_that_are_not_there(bench_for, kind, version, message):
    """They are refused by name, and the session lives on."""
    talk = bench_for(version=version).netconf()
    ((severity, said, bad),) = errors(
        talk.rpc(f"<open-configuration><{kind}/></open-configuration>")
    )
    assert (severity, bad) == ("error", kind)
    assert message in said
    assert is_ok(talk.rpc("<lock-configuration/>"))


@pytest.mark.parametrize(
    ("lock", "unlock"),
    [
        ("<lock-configuration/>", "<unlock-configuration/>"),
        (f"<lock>{CANDIDATE}</lock>", f"<unlock>{CANDIDATE}</unlock>"),
    ],
)
def test_locks(bench, lock, unlock):
    """Both forms answer alike: the holder by name, severity and message only."""
    talk, other = bench.netconf(), bench.netconf("bob")
    assert errors(talk.rpc(unlock)) == [("error", "Configuration database is not open", "")]
    assert is_ok(talk.rpc(lock))
    assert errors(talk.rpc(lock)) == [("error", "Configuration database is already open", "")]
    refused = other.rpc(lock)
    assert tags(refused[0]) == ["error-severity", "error-message"]
    message = refused[0].findtext(f"{NC}error-message").strip()
    assert message.startswith("configuration database locked by:\n  lab terminal  (pid 20001) on")
    assert is_ok(other.rpc("<kill-session><session-id>20001</session-id></kill-session>"))
    assert is_ok(other.rpc(lock))
    assert is_ok(other.rpc(unlock))


def test_a_scheduled_commit(bench):
    """The answer of the documents; it's carried out at its time, in the name of its user."""
    talk = bench.netconf()
    talk.rpc(host("later"))
    reply = talk.rpc("<commit-configuration><at-time>20:00</at-time></commit-configuration>")
    assert tags(reply) == ["commit-results", "ok"]
    assert tags(reply[0][0]) == ["name", "commit-check-success", "output"]
    wanted = "commit at will be executed at 2026-01-01 20:00:00 UTC"
    assert reply.findtext(f".//{NC}output") == wanted
    assert "host-name later" not in text(talk.rpc(COMMITTED))
    assert errors(talk.rpc("<commit-configuration/>"))
    bench.clock.advance(20 * 3600)
    assert "host-name later" in text(talk.rpc(COMMITTED))
    assert bench.device.store.history[0].user == "lab"


def test_detail_tells_of_the_routing_engine(bench):
    """commit-results come first: PyEZ returns the first child."""
    reply = bench.netconf().rpc('<commit-configuration detail="detail"/>')
    assert tags(reply) == ["commit-results", "ok"]
    assert "progress-indicator" in tags(reply[0][0])
    assert "commit-success" in tags(reply[0][0])


@pytest.mark.parametrize(
    ("version", "expected"),
    [("15.1X49-D140.2", ["commit-results", "ok"]), ("18.4R3.3", ["ok"])],
)
def test_a_plain_commit_by_release(bench_for, version, expected):
    """15.1 sends empty results beside ok (recorded)."""
    reply = bench_for(version=version).netconf().rpc("<commit-configuration/>")
    assert tags(reply) == expected


def test_the_rescue_configuration(bench):
    """Saved, shown in the shape that PyEZ reads, loaded, deleted."""
    talk = bench.netconf()
    assert errors(talk.rpc("<get-rescue-information/>"))[0][0] == "error"
    assert errors(talk.rpc('<load-configuration rescue="rescue"/>'))[0][0] == "error"
    saved = talk.rpc("<request-save-rescue-configuration/>")
    assert saved.find(f"{NC}rescue-management-results/{NC}success") is not None
    talk.rpc(host("new"))
    talk.rpc("<commit-configuration/>")
    shown = talk.rpc("<get-rescue-information><format>text</format></get-rescue-information>")
    path = f"{NC}rescue-information/{NC}configuration-information/{NC}configuration-output"
    assert "host-name dut;" in shown.findtext(path)
    assert not errors(talk.rpc('<load-configuration rescue="rescue"/>'))
    assert "-  host-name new;" in text(talk.rpc(DIFFERENCE))
    assert not errors(talk.rpc("<request-delete-rescue-configuration/>"))
    assert errors(talk.rpc("<get-rescue-information/>"))


@pytest.mark.parametrize(("unit", "seconds"), [("seconds", 90), ("minutes", 5400)])
def test_the_unit_of_the_rfc_timeout_is_a_switch(bench_for, unit, seconds):
    """``confirm-timeout`` of the RFC form counts seconds or minutes."""
    bench = bench_for(switches={"rfc-confirm-timeout": unit})
    talk = bench.netconf()
    talk.rpc(host("new"))
    confirmed = "<commit><confirmed/><confirm-timeout>90</confirm-timeout></commit>"
    assert is_ok(talk.rpc(confirmed))
    pending = bench.device.store.pending
    assert (pending.deadline - bench.clock.now()).total_seconds() == seconds
    assert "host-name new" in text(talk.rpc(COMMITTED))
    bench.clock.advance(seconds)
    assert "host-name new" not in text(talk.rpc(COMMITTED))


def test_cancel_commit_is_a_switch(bench_for):
    """Taken, it undoes the confirmed commit of its own session, and nothing else."""
    bench = bench_for(switches={"cancel-commit": "taken"})
    talk, other = bench.netconf(), bench.netconf("bob")
    talk.rpc(host("new"))
    talk.rpc("<commit><confirmed/></commit>")
    assert errors(other.rpc("<cancel-commit/>"))[0][0] == "error"
    assert is_ok(talk.rpc("<cancel-commit/>"))
    assert "host-name new" not in text(talk.rpc(COMMITTED))
    assert errors(talk.rpc("<cancel-commit/>"))[0][0] == "error"


@pytest.mark.parametrize(
    ("name", "fmt", "content"),
    [
        ("/var/tmp/x.set", 'action="set" format="text"', "set system host-name new\n"),
        ("file:///var/tmp/x.conf", 'format="text"', "system { host-name new; }"),
        (
            "x.xml",
            "",
            "<configuration><system><host-name>new</host-name></system></configuration>",
        ),
    ],
)
def test_a_file_of_the_device_is_loaded(bench, name, fmt, content):
    """By its path, absolute or in the user's home; one that isn't there is refused."""
    talk = bench.netconf()
    request = f'<load-configuration {fmt} url="{name}"/>'
    assert errors(talk.rpc(request))[0][0] == "error"
    path = name.removeprefix("file://")
    files = bench.device.files
    files.write(
        path if path.startswith("/") else f"{files.home('lab')}/{path}", content.encode(), "lab"
    )
    assert not errors(talk.rpc(request))
    assert "+  host-name new;" in text(talk.rpc(DIFFERENCE))


@pytest.mark.parametrize(
    ("request_", "bad"),
    [
        ("<commit><confirmed/><persist>x</persist></commit>", "persist"),
        ("<cancel-commit/>", "cancel-commit"),
        (
            "<get-config><source><running/></source><with-defaults>report-all</with-defaults>"
            "</get-config>",
            "with-defaults",
        ),
        ('<get><filter type="xpath" select="/"/></get>', "filter"),
        ("<get><filter><chassis/></filter></get>", "chassis"),
        ("<lock><target><running/></target></lock>", "target"),
        ("<lock><target><startup/></target></lock>", "startup"),
        ("<delete-config><target><running/></target></delete-config>", "target"),
        (
            f"<copy-config>{CANDIDATE}<source><url>ftp://x/y</url></source></copy-config>",
            "url",
        ),
        (f"<edit-config>{CANDIDATE}<url>ftp://x/y</url></edit-config>", "url"),
        (
            f"<edit-config>{CANDIDATE}<test-option>test-only</test-option>"
            "<config><configuration/></config></edit-config>",
            "test-only",
        ),
        (
            f"<edit-config>{CANDIDATE}<error-option>rollback-on-error</error-option>"
            "<config><configuration/></config></edit-config>",
            "rollback-on-error",
        ),
        (
            f"<edit-config>{CANDIDATE}<default-operation>delete</default-operation>"
            "<config><configuration/></config></edit-config>",
            "delete",
        ),
    ],
)
def test_what_junos_does_not_take_of_the_rfc(bench, request_, bad):
    """One error that names the word; nothing happens, and the session lives on."""
    talk = bench.netconf()
    reply = talk.rpc(request_)
    assert [(severity, found) for severity, _, found in errors(reply)] == [("error", bad)]
    assert reply.find(f".//{NC}ok") is None
    assert not bench.device.store.dirty
    assert is_ok(talk.rpc("<discard-changes/>"))


def edit(content: str, operation: str = "none") -> str:
    """Return an edit-config of the candidate."""
    return (
        f"<edit-config>{CANDIDATE}<default-operation>{operation}</default-operation>"
        f"<config><configuration>{content}</configuration></config></edit-config>"
    )


def test_operation_none_does_only_what_carries_an_operation(bench):
    """The rest of the content says where, keys included."""
    talk = bench.netconf()
    content = (
        "<system><host-name>ignored</host-name>"
        '<domain-name operation="merge">example.net</domain-name></system>'
        "<security><ike><gateway><name>corp-hq</name><version>v1-only</version>"
        '<external-interface operation="replace">xe-0/0/1.0</external-interface>'
        "</gateway></ike></security>"
    )
    assert is_ok(talk.rpc(edit(content)))
    difference = text(talk.rpc(DIFFERENCE))
    assert "host-name" not in difference
    assert "v1-only" not in difference
    assert "+  domain-name example.net;" in difference
    assert "external-interface xe-0/0/1.0;" in difference


def test_the_candidate_emptied_and_refilled(bench):
    """delete-config empties it, copy-config from running restores it."""
    talk = bench.netconf()
    assert is_ok(talk.rpc(f"<delete-config>{CANDIDATE}</delete-config>"))
    assert "-  security {" in text(talk.rpc(DIFFERENCE))
    copy = f"<copy-config>{CANDIDATE}<source><running/></source></copy-config>"
    assert is_ok(talk.rpc(copy))
    assert not bench.device.store.dirty


def test_get_gives_configuration_and_who_edits_it(bench):
    """Without a filter both; with one the part of the committed configuration alone."""
    talk = bench.netconf()
    talk.rpc(host("new"))
    data = talk.rpc("<get/>").find(f"{NC}data")
    assert tags(data)[0].endswith("configuration")
    assert tags(data)[1].endswith("database-status-information")
    wanted = '<filter type="subtree"><configuration><system><host-name/></system></configuration>'
    part = talk.rpc(f"<get>{wanted}</filter></get>").find(f"{NC}data")
    assert len(part) == 1
    assert text(part).split() == ["dut"]


def test_users_have_passwords_and_classes(bench_for):
    """The testbed's users log in; the configuration's class goes before theirs."""
    bench = bench_for(users=(UserSpec("op", "secret1", "operator"), UserSpec("eve", "x")))
    device = bench.device
    assert device.password_of("op") == "secret1"
    assert device.password_of("lab") == "lab"
    assert device.password_of("nobody") is None
    assert "secret1" not in repr(device.spec)
    assert device.login("op", "cli", lambda: None).class_name == "operator"
    assert device.login("eve", "cli", lambda: None).class_name == "super-user"
    talk = bench.netconf()
    talk.rpc(host("x").replace("host-name x", "login user eve class read-only"))
    assert is_ok(talk.rpc("<commit-configuration/>"))
    assert device.login("eve", "cli", lambda: None).class_name == "read-only"


def test_an_unknown_class_is_the_testbed_s_mistake(bench_for):
    """It's refused with the known ones."""
    with pytest.raises(UsageError, match="unknown login class 'boss'; known: super-user"):
        bench_for(users=(UserSpec("op", "x", "boss"),))


@pytest.mark.parametrize(
    ("login_class", "rpc", "allowed"),
    [
        ("super-user", "<lock-configuration/>", True),
        ("no-secret", "<lock-configuration/>", True),
        ("operator", "<lock-configuration/>", False),
        ("operator", "<get-system-information/>", True),
        ("operator", COMMITTED, False),
        ("operator", "<get/>", False),
        ("operator", "<file-delete><path>/var/tmp/x</path></file-delete>", False),
        ("read-only", "<file-list/>", False),
        ("operator", "<kill-session><session-id>1</session-id></kill-session>", False),
        ("read-only", "<get-system-information/>", True),
        ("read-only", "<request-save-rescue-configuration/>", False),
        ("read-only", "<commit/>", False),
        ("unauthorized", "<get-system-information/>", False),
    ],
)
def test_permissions(bench_for, login_class, rpc, allowed):
    """What a class may not do is refused in the recorded shape, with the name of the RPC."""
    talk = bench_for(users=(UserSpec("op", "x", login_class),)).netconf("op")
    reply = talk.rpc(rpc)
    denied = [each for each in errors(reply) if each[1] == "permission denied"]
    assert bool(denied) is not allowed
    if denied:
        name = rpc[1:].split("/")[0].split(">")[0].split()[0]
        assert denied == [("error", "permission denied", name)]
        assert "error-type" not in tags(reply[0])
    assert is_ok(talk.rpc("<close-session/>"))


def test_without_the_permission_secret_nothing_secret_is_shown(bench_for):
    """Neither in a configuration nor in a difference."""
    talk = bench_for(users=(UserSpec("op", "x", "no-secret"),)).netconf("op")
    for fmt in ("xml", "text", "set", "json"):
        shown = text(talk.rpc(f'<get-configuration format="{fmt}"/>'))
        assert "SECRET-DATA" in shown
        assert "$9$" not in shown
    talk.rpc(f"<delete-config>{CANDIDATE}</delete-config>")
    difference = text(talk.rpc(DIFFERENCE))
    assert "SECRET-DATA" in difference
    assert "$9$" not in difference


@pytest.mark.parametrize(
    ("user", "shown"), [("root", "super-user"), ("lab", "j-super-user"), ("op", "j-operator")]
)
def test_the_hello_names_user_and_class(bench_for, user, shown):
    """In the second comment, as recorded."""
    device = bench_for(users=(UserSpec("op", "x", "operator"),)).device
    (greeting, *_) = open_netconf(device, user, lambda: None).run()
    assert f"<!-- user {user}, class {shown} -->".encode() in greeting.data


@pytest.mark.parametrize(
    ("release", "has", "lacks"),
    [
        ("15.1X49", ":xml:ns:netconf:base:1.0", "urn:ietf:params:netconf:base:1.0"),
        ("17.3R3", "url:1.0?protocol=", "scheme="),
        ("18.4R3", "url:1.0?scheme=", "protocol="),
        ("18.4R3", "urn:ietf:params:netconf:base:1.0", "base:1.1"),
        ("18.4R3", "urn:ietf:params:xml:ns:netconf:base:1.0 ", "?module="),
        ("24.4R1", "urn:ietf:params:xml:ns:netconf:base:1.0?module=ietf-netconf&", "base:1.1"),
        ("24.4R1", "http://yang.juniper.net/junos/jcmd?module=", "base:1.1"),
    ],
)
def test_capabilities_by_release(release, has, lacks):
    """Before 16.1 only the legacy names; the url capability changed its parameter."""
    offered = " ".join(Dialect(release).capabilities())
    assert has in offered
    assert lacks not in offered


@pytest.mark.parametrize(
    ("lines", "chunks"),
    [
        ([], False),
        (["rfc-compliant"], False),
        (["version-1.1"], False),
        (["rfc-compliant", "version-1.1"], True),
    ],
)
def test_chunks_only_when_both_are_configured(lines, chunks):
    """base:1.1 is offered with rfc-compliant and version-1.1 only."""
    dialect = Dialect("21.4R1", "rfc-compliant" in lines, "version-1.1" in lines)
    assert dialect.offers_chunks is chunks


@pytest.mark.parametrize(("release", "dropped"), [("17.3R3", False), ("18.4R3", True)])
def test_warnings_of_an_rfc_compliant_session_by_release(release, dropped):
    """They are dropped beside ok since 17.4."""
    assert Dialect(release, rfc_compliant=True).drops_warnings is dropped
    assert not Dialect(release).drops_warnings


def test_the_end_of_a_vanished_client_is_seen_late(bench_for):
    """Its lock stays until the keep-alive gives up."""
    bench = bench_for(keep_alive_seconds=60)
    login = bench.device.login("bob", "netconf", lambda: None)
    login.config.lock()
    login.close(vanished=True)
    talk = bench.netconf()
    assert "locked by:\n  bob" in errors(talk.rpc("<lock-configuration/>"))[0][1]
    bench.clock.advance(60)
    assert is_ok(talk.rpc("<lock-configuration/>"))
