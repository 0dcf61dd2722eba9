"""What of an answer is compared, and what is masked."""

from __future__ import annotations

import pytest

from harness.compare.probe import Judging
from harness.compare.shape import lines_of, unchanged

_BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"


def _lines(text: str, judging: Judging = Judging.WORDS) -> tuple[str, ...]:
    return lines_of(text, judging, user="lab", host="srx-a").lines


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("locked by: lab terminal p0 (pid 41)", "locked by: bob terminal pts/1 (pid 99)"),
        ("since 2026-01-01 10:00:00 UTC", "since 2025-02-03 11:12:13 CET"),
        ("idle 00:01:02", "idle 1d 01:00"),
        ("host srx-a is up", "host HOST is up"),
        ("version 18.4R3.3", "version 24.4R1.9"),
        ("10.0.0.1/24 and 7 more", "192.0.2.1/30 and 9 more"),
    ],
)  # fmt: skip
def test_what_differs_between_any_two_devices_is_masked(one: str, other: str) -> None:
    """Names, pids, times, releases, addresses and numbers make no difference."""
    assert _lines(f"<a>{one}</a>") == _lines(f"<a>{other}</a>")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<a>syntax error</a>", "<a>syntax errors</a>"),
        ("<a><b/></a>", "<a><c/></a>"),
        ("<a x='1'/>", "<a/>"),
        (f"<nc:a xmlns:nc='{_BASE}'/>", f"<a xmlns='{_BASE}'/>"),
        ("<a><b/><c/></a>", "<a><c/><b/></a>"),
        ("<!-- user lab, class super-user --><a/>", "<a/>"),
        (
            "<a><b xmlns='http://xml.juniper.net/junos/18.4R3/junos-zones'/></a>",
            "<a><b xmlns='http://xml.juniper.net/junos/18.4R3/junos-chassis'/></a>",
        ),
    ],
)
def test_what_software_is_written_against_stays(one: str, other: str) -> None:
    """Texts, elements, attributes, prefixes, order, comments and namespaces make a difference."""
    assert _lines(one) != _lines(other)


def test_namespaces_of_two_releases_are_alike() -> None:
    """The release in a namespace makes no difference."""
    first, second = (
        _lines(f"<a><b xmlns='http://xml.juniper.net/junos/{release}/junos-zones'/></a>")
        for release in ("18.4R3", "24.4R0")
    )
    assert first == second


def test_a_shape_says_each_element_once() -> None:
    """Ten entries have the shape of one."""
    assert _lines("<a><b>1</b></a>", Judging.SHAPE) == _lines(
        "<a><b>1</b><b>2</b></a>", Judging.SHAPE
    )


def test_the_declaration_of_the_simulated_device_is_left_out() -> None:
    """Its own capability is no difference."""
    assert _lines("<a><c>urn:hil-harness:simulated-device:1.0</c></a>") == _lines("<a></a>")


@pytest.mark.parametrize("text", ["<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "<a>", "hello", ""])
def test_hostile_and_broken_answers_are_one_line(text: str) -> None:
    """What isn't XML, or declares entities, is said to be that."""
    assert _lines(text) == ("not well-formed XML",)


def test_labels_of_command_output() -> None:
    """Labels and whole error lines of a command are compared, values aren't."""
    text = "Hostname: srx-a\nModel: srx4100\nerror: no such thing 7\n"
    assert _lines(text, Judging.LABELS) == (
        "label Hostname",
        "label Model",
        "error: no such thing N",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\n", True),
        ("\n[edit]\n-  x;\n", False),
    ],
)
def test_an_unchanged_candidate_is_told(text: str, expected: bool) -> None:
    """Only an output that's there and empty says that nothing changed."""
    reply = (
        "<rpc-reply><configuration-information><configuration-output>"
        f"{text}</configuration-output></configuration-information></rpc-reply>"
    )
    assert unchanged(reply) is expected
    assert unchanged("<rpc-reply/>") is False
