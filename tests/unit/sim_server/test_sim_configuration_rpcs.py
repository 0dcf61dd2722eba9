"""Load, compare, read and commit over NETCONF: the shapes of Junos, in both vocabularies."""

from __future__ import annotations

import pytest
from lxml import etree

from harness.sim.committing import Told
from harness.sim.dialect import BASE_NAMESPACE, Dialect
from harness.sim.messages import Complaint
from harness.sim.netconf.commit_reply import commit_reply, rfc_commit_reply
from harness.sim.store.commit import CommitResult

NC = f"{{{BASE_NAMESPACE}}}"
MESSAGE = "changed by a test"
PAYLOADS = {
    "xml": (
        "<configuration><system><login><message>changed by a test</message></login></system>"
        "</configuration>"
    ),
    "text": (
        '<configuration-text>system { login { message "changed by a test"; } }</configuration-text>'
    ),
    "set": ('<configuration-set>set system login message "changed by a test"</configuration-set>'),
    "json": (
        '<configuration-json>{"configuration": {"system": {"login": '
        '{"message": "changed by a test"}}}}</configuration-json>'
    ),
}


def shown(element: etree._Element) -> str:
    return etree.tostring(element).decode()


def errors(reply: etree._Element) -> list[tuple[str, str, str]]:
    return [
        (
            each.findtext(f"{NC}error-severity"),
            (each.findtext(f"{NC}error-message") or "").strip(),
            (each.findtext(f"{NC}error-info/{NC}bad-element") or "").strip(),
        )
        for each in reply.iter(f"{NC}rpc-error")
    ]


def load(fmt: str, attributes: str = "") -> str:
    action = 'action="set" ' if fmt == "set" else ""
    named = "text" if fmt == "set" else fmt
    opening = f'<load-configuration format="{named}" {action}{attributes}>'
    return f"{opening}{PAYLOADS[fmt]}</load-configuration>"


_TWO = f"{PAYLOADS['xml']}<configuration><system><bogus/></system></configuration>"


@pytest.mark.parametrize(
    ("request_", "bad"),
    [
        (f"<load-configuration>{_TWO}</load-configuration>", "configuration"),
        (f'<load-configuration format="yaml">{PAYLOADS["xml"]}</load-configuration>', "yaml"),
        (
            f'<load-configuration format="json">{PAYLOADS["text"]}</load-configuration>',
            "configuration-text",
        ),
        (
            f'<load-configuration action="set" format="text">{PAYLOADS["text"]}'
            "</load-configuration>",
            "configuration-text",
        ),
        (
            f'<load-configuration format="text">{PAYLOADS["set"]}</load-configuration>',
            "configuration-set",
        ),
        ('<load-configuration rescue="x"/>', "x"),
        ("<get-configuration><bogus/></get-configuration>", "bogus"),
        (
            "<get-configuration><configuration/><configuration><system/></configuration>"
            "</get-configuration>",
            "configuration",
        ),
        (
            "<get-config><source><running/></source><filter><configuration><system/>"
            "</configuration><configuration/></filter></get-config>",
            "configuration",
        ),
        (
            "<commit-configuration><confirm-timeout>5</confirm-timeout></commit-configuration>",
            "confirm-timeout",
        ),
        ("<commit-configuration><check/><confirmed/></commit-configuration>", "confirmed"),
        (
            "<commit-configuration><check/><at-time>23:00</at-time></commit-configuration>",
            "at-time",
        ),
    ],
)
def test_what_would_be_passed_over_is_refused(bench, request_, bad):
    """A part of a request that nothing would be done about is named; nothing changes."""
    talk = bench.netconf()
    assert errors(talk.rpc(request_))[0][2] == bad
    difference = talk.rpc('<get-configuration compare="rollback" rollback="0" format="text"/>')
    assert MESSAGE not in shown(difference)


@pytest.mark.parametrize("fmt", PAYLOADS)
def test_load_diff_commit_in_every_format(bench, fmt):
    """Each format loads the same statement; it's in the difference and then committed."""
    talk = bench.netconf()
    results = talk.rpc(load(fmt)).find(f"{NC}load-configuration-results")
    assert results.find(f"{NC}ok") is not None
    difference = talk.rpc('<get-configuration compare="rollback" rollback="0" format="text"/>')
    output = difference.findtext(f"{NC}configuration-information/{NC}configuration-output")
    assert output == '\n[edit system login]\n+   message "changed by a test";\n'
    assert talk.rpc("<commit-configuration/>").find(f"{NC}ok") is not None
    answer = talk.rpc('<get-configuration database="committed"/>')
    assert answer.findtext(f"{NC}configuration/{NC}system/{NC}login/{NC}message") == MESSAGE
    difference = talk.rpc('<get-configuration compare="rollback" rollback="0" format="text"/>')
    assert difference.findtext(f".//{NC}configuration-output") == "\n"


@pytest.mark.parametrize(
    ("fmt", "tag", "text"),
    [
        ("text", "configuration-text", "system {"),
        ("set", "configuration-set", "set system host-name dut"),
    ],
)
def test_read_as_text(bench, fmt, tag, text):
    """The text forms come inside an element of their own."""
    answer = bench.netconf().rpc(f'<get-configuration database="committed" format="{fmt}"/>')
    assert text in answer.findtext(f"{NC}{tag}")


def test_json_is_the_reply_text(bench):
    """JSON has no element of its own."""
    answer = bench.netconf().rpc('<get-configuration database="committed" format="json"/>')
    assert '"host-name"' in answer.text


def test_subtree_filter(bench):
    """A configuration element inside the request narrows the answer down."""
    answer = bench.netconf().rpc(
        '<get-configuration database="committed"><configuration><security><ipsec/></security>'
        "</configuration></get-configuration>"
    )
    configuration = answer.find(f"{NC}configuration")
    assert [child.tag for child in configuration] == [f"{NC}security"]
    assert [child.tag for child in configuration[0]] == [f"{NC}ipsec"]
    junos = configuration.nsmap["junos"]
    assert configuration.get(f"{{{junos}}}commit-user") == "root"


def test_candidate_says_changed(bench):
    """A changed candidate carries the time of the change instead of a commit."""
    talk = bench.netconf()
    talk.rpc(load("set"))
    configuration = talk.rpc("<get-configuration/>").find(f"{NC}configuration")
    junos = configuration.nsmap["junos"]
    assert configuration.get(f"{{{junos}}}changed-seconds") is not None


def test_load_syntax_error(bench):
    """An unknown word is two errors inside load-configuration-results, without ok."""
    talk = bench.netconf()
    reply = talk.rpc(
        "<load-configuration><configuration><system1/></configuration></load-configuration>"
    )
    results = reply.find(f"{NC}load-configuration-results")
    assert errors(results)[0] == ("error", "syntax error", "system1")
    assert errors(results)[1][1] == "error recovery ignores input until this point"
    assert results.find(f"{NC}ok") is None
    assert not bench.device.store.dirty


def test_delete_of_nothing_is_a_warning(bench):
    """Deleting what isn't there is a warning beside a nested ok."""
    reply = bench.netconf().rpc(
        '<load-configuration action="set"><configuration-set>delete system login message'
        "</configuration-set></load-configuration>"
    )
    results = reply.find(f"{NC}load-configuration-results")
    assert [(severity, text) for severity, text, _ in errors(results)] == [
        ("warning", "statement not found")
    ]
    assert results.find(f"{NC}ok") is not None


def test_refused_commit(bench):
    """A refused commit has no ok anywhere; its last error is the check-out."""
    talk = bench.netconf()
    talk.rpc(
        '<load-configuration action="set"><configuration-set>'
        "set security ipsec vpn v ike gateway nope</configuration-set></load-configuration>"
    )
    reply = talk.rpc("<commit-configuration/>")
    assert reply.find(f".//{NC}ok") is None
    assert errors(reply)[-1][1].startswith("configuration check-out failed")
    assert len(errors(reply)) > 1
    assert len(bench.device.store.history) == 1


def test_commit_check_commits_nothing(bench):
    """A check says so with commit-check-success, and leaves the candidate as it was."""
    talk = bench.netconf()
    talk.rpc(load("set"))
    reply = talk.rpc("<commit-configuration><check/></commit-configuration>")
    assert reply.find(f".//{NC}commit-check-success") is not None
    assert reply.find(f"{NC}ok") is not None
    assert bench.device.store.dirty


def test_commit_confirmed_rolls_back(bench):
    """The native form announces minutes, survives its session, and rolls back at the deadline."""
    talk = bench.netconf()
    talk.rpc(load("set"))
    reply = talk.rpc(
        "<commit-configuration><confirmed/><confirm-timeout>3</confirm-timeout>"
        "<log>run 1</log><synchronize/></commit-configuration>"
    )
    assert "rolled back in 3 minutes" in reply.findtext(f".//{NC}output")
    assert reply.find(f"{NC}ok") is not None
    talk.rpc("<close-session/>")
    bench.clock.advance(179)
    other = bench.netconf()
    assert MESSAGE in shown(other.rpc('<get-configuration database="committed"/>'))
    bench.clock.advance(1)
    assert MESSAGE not in shown(other.rpc('<get-configuration database="committed"/>'))
    records = other.rpc("<get-commit-information/>").findall(f".//{NC}commit-history")
    assert [each.findtext(f"{NC}user") for each in records] == ["root", "lab", "root"]
    assert records[1].findtext(f"{NC}log") == "run 1"
    assert records[1].findtext(f"{NC}comment") == "commit confirmed, rollback in 3mins"


@pytest.mark.parametrize(
    ("words", "bad"),
    [
        ("<at-time>25:00</at-time>", "at-time"),
        ("<confirmed/><confirm-timeout>0</confirm-timeout>", ""),
        ("<confirmed/><confirm-timeout>x</confirm-timeout>", ""),
        ("<confirmed/><confirm-timeout>65536</confirm-timeout>", ""),
        ("<comfirmed/>", "comfirmed"),
    ],
)
def test_commit_words_that_are_refused(bench, words, bad):
    """A word that the device doesn't take refuses the commit: nothing is committed."""
    talk = bench.netconf()
    talk.rpc(load("set"))
    found = errors(talk.rpc(f"<commit-configuration>{words}</commit-configuration>"))
    assert found[0][0] == "error"
    assert found[0][2] == bad
    assert len(bench.device.store.history) == 1


def test_rollback_and_its_information(bench):
    """An older configuration can be looked at, loaded, compared and committed."""
    talk = bench.netconf()
    talk.rpc(load("set"))
    talk.rpc("<commit-configuration/>")
    show = "<get-rollback-information><rollback>{}</rollback><format>{}</format>"
    for index, there in ((0, True), (1, False)):
        for fmt in ("xml", "text", "set"):
            answer = talk.rpc(show.format(index, fmt) + "</get-rollback-information>")
            assert (MESSAGE in shown(answer)) is there
    answer = talk.rpc(
        "<get-rollback-information><rollback>0</rollback><compare>1</compare>"
        "</get-rollback-information>"
    )
    assert f'+   message "{MESSAGE}";' in answer.findtext(f".//{NC}configuration-output")
    assert not errors(talk.rpc('<load-configuration compare="rollback" rollback="1"/>'))
    assert talk.rpc("<commit-configuration/>").find(f"{NC}ok") is not None
    assert MESSAGE not in shown(talk.rpc('<get-configuration database="committed"/>'))


@pytest.mark.parametrize(
    "request_",
    [
        '<load-configuration rescue="rescue"/>',
        '<load-configuration url="ftp://x/y"/>',
        '<load-configuration rollback="49"/>',
        "<open-configuration><dynamic/></open-configuration>",
        "<open-configuration><ephemeral/></open-configuration>",
        '<get-configuration database="ephemeral"/>',
        '<get-configuration compare="configuration"/>',
        '<get-configuration compare="rollback" rollback="7"/>',
    ],
)
def test_what_is_not_simulated_is_refused(bench, request_):
    """What isn't simulated is an error, never a silent success."""
    reply = bench.netconf().rpc(request_)
    assert errors(reply)[0][0] == "error"
    assert reply.find(f".//{NC}ok") is None


def test_open_and_close(bench):
    """Opening the shared database is accepted; exclusive takes the lock until closed."""
    talk = bench.netconf()
    assert talk.rpc("<open-configuration/>").find(f"{NC}ok") is not None
    assert bench.device.store.lock_holder is None
    (warning,) = errors(talk.rpc("<open-configuration><exclusive/></open-configuration>"))
    assert warning == ("warning", "uncommitted changes will be discarded on exit", "")
    assert bench.device.store.lock_holder.user == "lab"
    assert talk.rpc("<close-configuration/>").find(f"{NC}ok") is not None
    assert bench.device.store.lock_holder is None


def test_lock_of_a_dirty_candidate(bench):
    """A lock is refused while the shared candidate has changes of anybody."""
    talk = bench.netconf()
    talk.rpc(load("set"))
    assert errors(bench.netconf("bob").rpc("<lock-configuration/>"))[0][0] == "error"


TARGET = "<target><candidate/></target>"


@pytest.mark.parametrize("platform", ["srx4100", "vmx"])
def test_the_vocabulary_of_rfc_4741(bench_for, platform):
    """lock, edit-config, validate, commit, get-config, discard-changes, unlock work together."""
    talk = bench_for(platform).netconf()
    edit = f"<edit-config>{TARGET}<config>{PAYLOADS['xml']}</config></edit-config>"
    steps = (
        f"<lock>{TARGET}</lock>",
        edit,
        "<validate><source><candidate/></source></validate>",
        "<commit/>",
        "<discard-changes/>",
        f"<unlock>{TARGET}</unlock>",
    )
    for step in steps:
        assert talk.rpc(step).find(f"{NC}ok") is not None, step
    answer = talk.rpc(
        "<get-config><source><running/></source><filter type='subtree'><configuration><system>"
        "<login/></system></configuration></filter></get-config>"
    )
    assert answer.findtext(f"{NC}data//{{*}}message") == MESSAGE
    assert "host-name" not in shown(answer)


def test_rfc_confirmed_commit_ends_with_its_session(bench):
    """The confirmed commit of :1.0 rolls back when its session closes."""
    talk = bench.netconf()
    talk.rpc(load("set"))
    assert talk.rpc("<commit><confirmed/></commit>").find(f"{NC}ok") is not None
    assert MESSAGE in bench.device.store.render(bench.device.store.committed, "set")
    talk.rpc("<close-session/>")
    assert MESSAGE not in bench.device.store.render(bench.device.store.committed, "set")


@pytest.mark.parametrize(
    "request_",
    [
        "<lock><target><running/></target></lock>",
        "<lock><target><startup/></target></lock>",
        f"<edit-config>{TARGET}<default-operation>x</default-operation><config/></edit-config>",
        f"<edit-config>{TARGET}<config><other/></config></edit-config>",
        "<get-config><source><startup/></source></get-config>",
        "<commit><confirmed/><confirm-timeout>x</confirm-timeout></commit>",
        "<copy-config/>",
    ],
)
def test_refusals_of_the_rfc_vocabulary(bench, request_):
    """A datastore or word that Junos doesn't have is refused."""
    assert errors(bench.netconf().rpc(request_))[0][0] == "error"


@pytest.mark.parametrize(("compliant", "warned"), [(False, True), (True, False)])
def test_commit_with_warnings(compliant, warned):
    """A commit that succeeds with warnings shows them beside ok, unless rfc-compliant."""
    told = Told(CommitResult((Complaint("warning", "mgd: requires 'mpls' license"),), True))
    dialect = Dialect("18.4R3", rfc_compliant=compliant)
    for reply in (commit_reply(dialect, told), rfc_commit_reply(dialect, told)):
        assert ("requires" in reply.body) is warned
        assert dialect.ok in reply.body


def test_warnings_beside_ok_depend_on_the_dialect(bench_for):
    """A default session sees the warning of an edit, a rfc-compliant one sees ok alone."""
    edit = (
        f'<edit-config>{TARGET}<config><configuration><system><login><message operation="delete"/>'
        "</login></system></configuration></config></edit-config>"
    )
    for platform, warned in (("srx4100", True), ("vmx", False)):
        reply = bench_for(platform).netconf().rpc(edit)
        assert bool(errors(reply)) is warned
        assert reply.find(f"{NC}ok") is not None
