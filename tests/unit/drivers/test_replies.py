"""Reading replies: every error and warning is found, in every shape a device uses."""

import os
from pathlib import Path

import pytest

from harness.drivers import replies
from harness.errors import DeviceMessage, RpcRefused

CHECKOUT = Path(__file__).parents[3]
RECORDED = (
    Path(os.environ.get("HARNESS_REFERENCE_DATA", CHECKOUT.parent / "shared" / "data")) / "replies"
)

BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"
XNM = "http://xml.juniper.net/xnm/1.1/xnm"
BODY = """<{p}rpc-error><{p}error-severity>
{severity}
</{p}error-severity><{p}error-path>
[edit security ike]
</{p}error-path><source-daemon>kmd</source-daemon><{p}error-message>
no
   room
</{p}error-message><{p}error-info><bad-element>gateway</bad-element></{p}error-info></{p}rpc-error>"""


def _body(severity, prefix=""):
    return BODY.format(severity=severity, p=prefix)


def _expected(severity):
    return DeviceMessage(severity, "no room", "[edit security ike]", "gateway", "kmd")


@pytest.mark.parametrize("severity", ["error", "warning"])
@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param(lambda b: f'<rpc-reply xmlns="{BASE}">{b("")}</rpc-reply>', id="default"),
        pytest.param(lambda b: f"<rpc-reply>{b('')}</rpc-reply>", id="no namespace"),
        pytest.param(
            lambda b: f'<nc:rpc-reply xmlns:nc="{BASE}">{b("nc:")}</nc:rpc-reply>', id="prefixed"
        ),
        pytest.param(lambda b: f"<nc:rpc-reply>{b('nc:')}</nc:rpc-reply>", id="undeclared prefix"),
        pytest.param(
            lambda b: f'<rpc-reply xmlns="{BASE}">{b("")}<ok/></rpc-reply>', id="beside ok"
        ),
        pytest.param(
            lambda b: (
                f'<rpc-reply xmlns="{BASE}"><commit-results>{b("")}</commit-results></rpc-reply>'
            ),
            id="in commit-results",
        ),
        pytest.param(
            lambda b: (
                f'<rpc-reply xmlns="{BASE}"><load-configuration-results>{b("")}<ok/>'
                "</load-configuration-results></rpc-reply>"
            ),
            id="in load results",
        ),
        pytest.param(
            lambda b: (
                f'\ufeff<?xml version="1.0" encoding="us-ascii"?>\n<!-- zombies -->\n'
                f'<rpc-reply xmlns="{BASE}">{b("")}</rpc-reply>'
            ),
            id="mark, declaration and comment",
        ),
        pytest.param(
            lambda b: (
                f'<nc:rpc-reply xmlns:nc="{BASE}"><commit-results><routing-engine><name>node0'
                f"</name><commit-check-success/>{b('nc:')}</commit-results><nc:ok/></nc:rpc-reply>"
            ),
            id="unclosed routing-engine",
        ),
    ],
)
def test_rpc_error_is_found(wrap, severity):
    """An rpc-error is found with its path, element and daemon, newline padding removed."""
    raw = wrap(lambda prefix: _body(severity, prefix))

    assert replies.parse(raw).messages == (_expected(severity),)
    assert replies.parse(raw).raw == raw


@pytest.mark.parametrize("severity", ["error", "warning"])
@pytest.mark.parametrize(
    ("declaration", "prefix"),
    [
        (f'xmlns="{XNM}" xmlns:xnm="{XNM}"', "xnm:"),
        (f'xmlns="{XNM}"', ""),
        ("", "xnm:"),
    ],
)
def test_xnm_message_is_found(severity, declaration, prefix):
    """Junos' own error and warning elements are found, deep in an operational reply too."""
    raw = (
        f"<rpc-reply><multi-routing-engine-results><item><{prefix}{severity} {declaration}>"
        "<source-daemon>iked</source-daemon><edit-path>[edit]</edit-path>"
        "<statement>vpn V</statement><message>\nerror: IKE is not configured\n</message>"
        f"</{prefix}{severity}></item></multi-routing-engine-results></rpc-reply>"
    )

    assert replies.parse(raw).messages == (
        DeviceMessage(severity, "error: IKE is not configured", "[edit]", "vpn V", "iked"),
    )


@pytest.mark.parametrize(
    ("error", "text"),
    [
        ("<rpc-error><error-tag>lock-denied</error-tag></rpc-error>", "lock-denied"),
        ("<rpc-error>something</rpc-error>", "something"),
        ("<error>\n Some error message.</error>", "Some error message."),
        (
            "<rpc-error><error-severity>catastrophe</error-severity><error-message>m"
            "</error-message></rpc-error>",
            "m",
        ),
    ],
)
def test_incomplete_error_is_an_error(error, text):
    """A message without severity, text or a known severity still counts as an error."""
    (message,) = replies.parse(f"<rpc-reply>{error}</rpc-reply>").errors

    assert (message.severity, message.text) == ("error", text)


def test_warning_alone_is_found():
    """A warning is found in a reply that has no word of an error."""
    raw = "<rpc-reply><xnm:warning><message>mind the gap</message></xnm:warning></rpc-reply>"

    assert [message.text for message in replies.parse(raw).warnings] == ["mind the gap"]


def test_counters_named_error_are_no_messages():
    """A counter called error, deep in a table, isn't taken for a complaint."""
    raw = (
        "<rpc-reply><interface><error>3</error><warning>1</warning>"
        "<description>error</description></interface></rpc-reply>"
    )

    assert replies.parse(raw).messages == ()


@pytest.mark.parametrize(
    ("body", "done"),
    [
        ("<ok/>", True),
        ("<nc:ok xmlns:nc='x'/>", True),
        ("<commit-results><engine><commit-success/></engine></commit-results>", True),
        ("<commit-results><engine><commit-check-success/></engine></commit-results>", False),
        ("<commit-results/>", False),
        ("", False),
    ],
)
def test_signs_that_a_commit_happened(body, done):
    """Only ok and commit-success claim a commit; a successful check of one node doesn't."""
    assert replies.carried_out(replies.document(f"<rpc-reply>{body}</rpc-reply>")) is done


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        pytest.param("", "not well-formed XML", id="empty"),
        pytest.param("mgd: core dumped", "not XML", id="prose"),
        pytest.param(
            '<!DOCTYPE r [<!ENTITY e "x">]><rpc-reply>&e;</rpc-reply>', "document type", id="dtd"
        ),
    ],
)
def test_hostile_or_broken_reply_is_refused(raw, reason):
    """What isn't a reply is refused with a reason, never taken for an empty one."""
    with pytest.raises(RpcRefused, match=reason):
        replies.parse(raw)


def test_what_is_asked_for_as_evidence_is_not_repaired():
    """A lost closing tag moves everything after it: the rest would read as another statement."""
    raw = "<rpc-reply><configuration><version>1<system/></configuration></rpc-reply>"
    assert replies.document(raw).tag == "rpc-reply"
    with pytest.raises(RpcRefused, match="not well-formed XML"):
        replies.read(raw, repair=False)


def test_long_reply_is_refused(monkeypatch):
    """A reply above the size limit isn't parsed."""
    monkeypatch.setattr(replies, "MAX_MESSAGE", 20)

    with pytest.raises(RpcRefused, match="bytes"):
        replies.parse("<rpc-reply>" + " " * 20 + "</rpc-reply>")


def test_configuration_stays_well_formed_alone():
    """The configuration element brings the namespaces along that its attributes need."""
    root = replies.document(
        f'<rpc-reply xmlns="{BASE}" xmlns:junos="urn:j"><configuration junos:commit-user="lab">'
        "<system/></configuration>\n</rpc-reply>"
    )

    xml = replies.configuration_xml(root, whole=True)

    assert xml.endswith("</configuration>")
    assert replies.document(xml).get("{urn:j}commit-user") == "lab"


def test_missing_configuration():
    """A subtree may be empty, a whole configuration never is."""
    root = replies.document("<rpc-reply><ok/></rpc-reply>")

    assert replies.configuration_xml(root, whole=False) == "<configuration/>"
    with pytest.raises(RpcRefused, match="no <configuration>"):
        replies.configuration_xml(root, whole=True)


@pytest.mark.parametrize(
    ("name", "done", "expected"),
    [
        ("go-netconf/commit-results-0.xml", True, []),
        ("go-netconf/commit-results-1.xml", False, [
            ("error", "mgd: Missing mandatory statement: 'root-authentication'"),
            ("error", "configuration check-out failed: (missing mandatory statements)"),
        ]),
        ("go-netconf/commit-results-2.xml", True, [
            ("warning", "mgd: requires 'mpls' license"), ("warning", "mgd: requires 'bgp' license"),
        ]),
        ("pyez/top_get-rpc-error.xml", False, [
            ("error", "Only unit 0 is valid for this encapsulation"),
            ("error", "configuration check-out failed"),
        ]),
        ("pyez/top_load-configuration-error.xml", False, [
            ("error", "syntax error"), ("error", "error recovery ignores input until this point"),
        ]),
        ("pyez/utils_commit-configuration.xml", False, [
            ("error", "interface-range 'axp' is not defined"),
            ("error", "interface-ranges expansion failed"),
        ]),
        ("pyez/top_get-permission-denied.xml", False, [("error", "permission denied")]),
        ("pyez/cluster_false_get-chassis-cluster-status.xml", False, [
            ("error", "error: Chassis cluster is not enabled"),
        ]),
        ("pyez/chassis_error_xml_get-chassis-inventory.xml", False, [
            ("error", "Some error message."),
        ]),
        ("pyez/sw_info_simple_get-software-information.xml", False, []),
        ("junos_exporter/ipsec-TestParseSRXOutputMultiRE-0.xml", False, []),
        ("junos_exporter/alarm-TestParseOutputMultiRESystemAlarms-0.xml", False, []),
    ],
)  # fmt: skip
def test_recorded_replies(name, done, expected):
    """Replies recorded on real devices give exactly the messages that stand in them."""
    if not RECORDED.is_dir():
        pytest.skip(f"no recorded replies at {RECORDED}")
    raw = (RECORDED / name).read_text(encoding="utf-8")

    assert [(m.severity, m.text) for m in replies.parse(raw).messages] == expected
    assert replies.carried_out(replies.document(raw)) is done
