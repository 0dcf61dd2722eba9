"""Requests: what goes on the wire, and what is refused before it does."""

import pytest
from lxml import etree

from harness.drivers import requests
from harness.errors import UsageError

XML = "<configuration><system/></configuration>"


def _text(element):
    return etree.tostring(element, encoding="unicode")


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        (requests.load_configuration(XML, "xml", "merge"),
         f'<load-configuration action="merge" format="xml">{XML}</load-configuration>'),
        (requests.load_configuration("set a", "set", "merge"),
         '<load-configuration action="set" format="text"><configuration-set>set a'
         "</configuration-set></load-configuration>"),
        (requests.load_configuration("a { b; }", "text", "update"),
         '<load-configuration action="update" format="text"><configuration-text>a { b; }'
         "</configuration-text></load-configuration>"),
        (requests.rollback(49), '<load-configuration rollback="49"/>'),
        (requests.compare(0), '<get-configuration compare="rollback" rollback="0" format="text"/>'),
        (requests.commit_check(), "<commit-configuration><check/></commit-configuration>"),
        (requests.commit("run 1", None),
         "<commit-configuration><log>run 1</log></commit-configuration>"),
        (requests.commit("a < b", 7),
         "<commit-configuration><confirmed/><confirm-timeout>7</confirm-timeout>"
         "<log>a &lt; b</log></commit-configuration>"),
        (requests.get_configuration("committed", "set", ""),
         '<get-configuration database="committed" format="set"/>'),
        (requests.get_configuration("candidate", "xml", "security ike"),
         '<get-configuration database="candidate" format="xml"><configuration><security><ike/>'
         "</security></configuration></get-configuration>"),
        (requests.operational("get-x", {"detail": True, "brief": False, "vpn": "V"}),
         "<get-x><detail/><vpn>V</vpn></get-x>"),
        (requests.command("show version"), '<command format="text">show version</command>'),
    ],
)  # fmt: skip
def test_elements(element, expected):
    """Each request has the shape of the Junos XML protocol."""
    assert _text(element) == expected


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: requests.load_action("set", "update"), "set format .* action update"),
        (lambda: requests.load_action("xml", "set"), "xml format .* action set"),
        (lambda: requests.payload_element("<configuration>"), "isn't well-formed"),
        (lambda: requests.payload_element("<system/>"), "must be <configuration>"),
        (lambda: requests.rollback(50), "allowed are 0 to 49"),
        (lambda: requests.compare(-1), "allowed are 0 to 49"),
        (lambda: requests.path("security ike/.."), "isn't the name"),
        (lambda: requests.operational("get x", None), "isn't the name"),
        (lambda: requests.operational("get-x", {"<a>": True}), "isn't the name"),
        (lambda: requests.commit_log(""), "1 to 512 printable"),
        (lambda: requests.commit_log("x" * 513), "1 to 512 printable"),
        (lambda: requests.commit_log('a "b"'), "without double quotes"),
        (lambda: requests.commit_log("a\nb"), "printable"),
        (lambda: requests.confirm_minutes(0), "allowed are 1 to 65535"),
    ],
)
def test_what_cannot_be_asked_is_refused(build, words):
    """A request that no device would take is refused before anything is sent."""
    with pytest.raises(UsageError, match=words):
        build()
