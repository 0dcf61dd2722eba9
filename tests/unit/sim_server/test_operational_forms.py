"""Text, XML and JSON of each operational answer say the same; its RPC is one of the vendor's."""

from __future__ import annotations

import json
import os
import re
import tarfile
from pathlib import Path

import pytest
from lxml import etree

from harness.sim.answers import DaemonRefusal, Refusal
from harness.sim.json_answer import json_document
from harness.sim.operational.table import OPERATIONS, ask

REFERENCE = Path(
    os.environ.get(
        "HARNESS_REFERENCE_DATA", Path(__file__).resolve().parents[3].parent / "shared" / "data"
    )
)
PLATFORM_OF = {"junos-es": "srx4100", "junos": "vmx", "jdm": "nfx250-jdm"}
# What a login does to the files of a device has tests of its own.
OURS = [each for each in OPERATIONS if not each.answer.__module__.endswith(".show_files")]
CASES = [(schema, operation) for operation in OURS for schema in sorted(operation.schemas)]
# Words with a digit that are labels of the text form, or columns that every XML has as zeros.
LABELS = re.compile(
    r"^(0x\w+|1|2|3|4|5|10|15|16|50|60|64|300|4000\.00|0\.000|IPv6|inet6?|FPC0|PIC|Layer2|12|"
    r"0\.0|\d+%|100|\d+min)$"
)
SETUP = """\
set protocols bgp group up type external
set protocols bgp group up peer-as 65001
set protocols bgp group up neighbor 192.0.2.200 description transit
set routing-options autonomous-system 65000
set protocols ospf area 0.0.0.0 interface xe-0/0/1.0
set protocols lldp interface all
set system ntp server 192.0.2.201
"""


def answers(bench_for, schema, operation):
    """Return the report of an operation on a device that has something to show."""
    bench = bench_for(PLATFORM_OF[schema], switches={"peers": "answering"})
    if schema == "junos-es":
        login = bench.device.login("lab", "netconf", lambda: None)
        login.config.load(SETUP, "set", "set")
        assert login.config.commit().committed
    return ask(bench.device, operation, {})


def leaves(value) -> list[str]:
    """Return every text of a JSON answer, attributes included."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in leaves(each)]
    if isinstance(value, list):
        return [text for each in value for text in leaves(each)]
    return [] if value is None else [value]


@pytest.mark.parametrize(
    ("schema", "operation"), CASES, ids=[f"{s}-{o.command or o.rpc}" for s, o in CASES]
)
def test_the_three_forms_say_the_same(bench_for, schema, operation):
    """JSON has exactly the texts of the XML, and no value of the text is missing from the XML."""
    try:
        report = answers(bench_for, schema, operation)
    except (DaemonRefusal, Refusal) as refusal:
        pytest.skip(f"refused: {refusal}")
    root = etree.fromstring(f"<r xmlns:junos='j'>{report.xml()}</r>")
    said = sorted(
        text.strip()
        for each in root.iter()
        for text in (each.text or "", *map(str, each.attrib.values()))
        if text.strip()
    )
    as_json = leaves(json.loads(report.json()))
    spaces = [text for text in as_json if text.startswith("http://xml.juniper.net/")]
    assert sorted(text for text in as_json if text not in spaces) == said
    words = {word.strip("(),:;<>[]{}%\"'") for text in said for word in re.split(r"\s+", text)}
    whole = " ".join(said)
    for word in re.split(r"\s+", report.text()):
        value = word.strip("(),:;<>[]{}%\"'*+")
        if re.search(r"\d", value) and not LABELS.match(value):
            parts = set(re.split(r"[/:]", value)) - {"ESP"}
            assert value in whole or parts <= words, f"{value!r} of {word!r}"


def test_json_has_the_shape_of_junos():
    """Attributes before children, data before attributes, null for what is empty."""
    xml = (
        '<a xmlns="http://x" junos:style="brief"><b junos:format="two">2</b><c/><d>\n</d>'
        "<b>3</b></a>"
    )
    assert json.loads(json_document(xml)) == {
        "a": [
            {
                "attributes": {"xmlns": "http://x", "junos:style": "brief"},
                "b": [{"data": "2", "attributes": {"junos:format": "two"}}, {"data": "3"}],
                "c": [{"data": [None]}],
                "d": [{}],
            }
        ]
    }


def test_a_recorded_json_reply_has_our_layout(bench):
    """Each key of the recorded user table stands where ours has it."""
    path = REFERENCE / "replies" / "pyez" / "top_get-system-users-information.xml"
    if not path.exists():
        pytest.skip(f"no recorded replies at {REFERENCE}")
    bench.shell()
    recorded = json.loads(etree.parse(path).getroot().text)
    reply = bench.netconf().rpc('<get-system-users-information format="json"/>')
    ours = json.loads(reply.text)

    def shape(value):
        if isinstance(value, dict):
            return {key: shape(each) for key, each in value.items() if key != "attributes"}
        return [shape(value[0])] if isinstance(value, list) else type(value)

    assert shape(ours) == shape(recorded)


@pytest.fixture(scope="module")
def vendor_rpcs() -> dict[str, str]:
    """Return the input part of every RPC in the published models, by name."""
    source = REFERENCE / "yang" / "junos-18.4R3.tar.xz"
    if not source.exists():
        pytest.skip(f"no published models at {source}")
    found: dict[str, str] = {}
    with tarfile.open(source) as archive:
        for member in archive:
            if "/rpc-with-extensions/" not in member.name or not member.isfile():
                continue
            text = archive.extractfile(member).read().decode()
            for match in re.finditer(r"(?ms)^   rpc ([\w.-]+) \{\n(.*?)^   \}", text):
                body = re.search(r"(?ms)     input \{(.*?)^     \}", match[2])
                found[match[1]] = found.get(match[1], "") + (body[1] if body else "")
    return found


# Not in the published models of 18.4R3, with where we know them from.
ELSEWHERE = {
    "get-database-status-information": "Junos XML protocol guide",
    "get-lldp-neighbors-information": "PyEZ and NAPALM tables",
    "get-lldp-interface-neighbors": "NAPALM",
    "get-lldp-local-info": "junos_exporter",
    "get-bfd-session-information": "PyEZ table",
    "get-ipv6-nd-information": "PyEZ table",
    "get-bridge-mac-table": "NAPALM",
    "get-bridge-instance-information": "NAPALM",
    "get-snmp-information": "Junos command reference",
    "get-system-process-information": "Junos command reference",
    "get-boot-messages": "guess: refused anyway",
    "get-virtual-network-functions-information": "model of the NFX family",
}


@pytest.mark.parametrize("operation", [o for o in OURS if o.rpc], ids=lambda o: o.rpc)
def test_the_vendor_has_this_rpc_and_its_arguments(vendor_rpcs, operation):
    """RPC and argument names are those of the published models, or their source is named."""
    if operation.rpc in ELSEWHERE:
        return
    assert operation.rpc in vendor_rpcs
    body = vendor_rpcs[operation.rpc]
    named = set(re.findall(r'(?:leaf|container|list) ([\w.-]+)|enum "([\w-]+)"', body))
    flat = {name for pair in named for name in pair if name}
    asked = {*operation.options, *operation.values, operation.free} - {"", "level"}
    # words of the command line that the RPC calls otherwise
    asked -= {"index", "vpn-name", "local"}
    assert asked - flat == set()


def test_an_unknown_argument_is_a_syntax_error_and_the_session_lives(bench):
    """The refused element is named, and the next request is answered."""
    talk = bench.netconf()
    reply = talk.rpc("<get-route-information><colour>red</colour></get-route-information>")
    assert reply.findtext(".//{*}error-message").strip() == "syntax error"
    assert reply.findtext(".//{*}bad-element").strip() == "colour"
    assert talk.rpc("<get-system-information/>").find(".//{*}host-name") is not None
    unknown = talk.rpc("<get-weather-information/>")
    assert unknown.findtext(".//{*}bad-element").strip() == "get-weather-information"


def test_a_command_says_its_rpc(bench):
    """``| display xml rpc`` is the request that asks the same."""
    reply = bench.netconf().rpc(
        "<command>show interfaces xe-0/0/0 terse | display xml rpc</command>"
    )
    request = reply.find(".//{*}rpc")[0]
    assert etree.QName(request).localname == "get-interface-information"
    assert [etree.QName(each).localname for each in request] == ["interface-name", "terse"]
