"""Arbitrary bytes in arbitrary pieces: a session answers, refuses or ends, and others live."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from harness.clock import ManualClock
from harness.sim.device import SimulatedDevice
from harness.sim.effects import HangUp, Pause, Send
from harness.sim.netconf.framing import FramingError, MessageReader, frame
from harness.sim.netconf.session import NetconfSession
from harness.sim.sessions import open_netconf, open_shell
from harness.sim.spec import DeviceSpec

MARKS = [b"]]>]]>", b"]]>", b"\n##\n", b"\n#1\n", b"\n#0\n", b"\n#4294967295\n", b"\n", b"\x04"]
WORDS = """
    rpc hello capabilities capability load-configuration configuration commit configuration-text
    configuration-set configuration-json get-configuration system commit-configuration
    lock-configuration unlock-configuration get-config source edit-config target candidate running
    config filter interfaces interface name unit security ike gateway command kill-session
    session-id confirmed confirm-timeout log check validate discard-changes copy-config
    delete-config get-interface-information interface-name terse open-configuration
    get-security-associations-information close-configuration private default-operation groups
    rescue
"""
ATTRIBUTES = """
    format action rollback compare database inherit message-id type select operation delete insert
    rename name inactive replace changed
"""
VALUES = [
    *[
        "0",
        "1",
        "-1",
        "49",
        "text",
        "set",
        "json",
        "xml",
        "merge",
        "override",
        "update",
        "replace",
        "candidate",
        "committed",
        "none",
    ],
    *("9" * 40, "", "set system", "set system host-name x", "delete", "subtree", "ge-0/0/0"),
    *("}", "{{{", "[", '"', "/*", "*/", "#", "a\nb", "\u2603", "\u202e"),
    *("show version | match (", "show configuration | display xml", "show | count | | no-more"),
]

values = st.sampled_from(VALUES) | st.text(max_size=12)
CONTROL = {c: None for c in (*range(0x20), 0x7F, 0xFFFE, 0xFFFF) if chr(c) not in "\n\t"}


def element(tag, attributes, text, parts):
    made = etree.Element(tag)
    for name, value in attributes.items():
        made.set(name, clean(value))
    made.text = clean(text)
    made.extend(parts)
    return made


def clean(text: str) -> str:
    return "".join(c for c in text.translate(CONTROL) if not 0xD800 <= ord(c) <= 0xDFFF)


trees = st.recursive(
    st.builds(
        element,
        st.sampled_from(WORDS.split()),
        st.dictionaries(st.sampled_from(ATTRIBUTES.split()), values, max_size=2),
        values,
        st.just([]),
    ),
    lambda inner: st.builds(
        element,
        st.sampled_from(WORDS.split()),
        st.dictionaries(st.sampled_from(ATTRIBUTES.split()), values, max_size=2),
        st.just(""),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)
requests = trees.map(lambda tree: b"<rpc>" + etree.tostring(tree, encoding="utf-8") + b"</rpc>")


@st.composite
def spoiled(draw, source):
    """Return bytes of ``source``, some of them dropped, doubled or replaced."""
    data = bytearray(draw(source))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 8))
        data[at : at + length] = draw(st.sampled_from(MARKS) | st.binary(max_size=6))
    return bytes(data)


@st.composite
def pieces(draw, source):
    """Return bytes of ``source`` in pieces of arbitrary size."""
    data = draw(source)
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=6)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def framed(chunked: bool):
    return st.lists(requests | spoiled(requests), max_size=4).map(
        lambda all_of_them: b"".join(frame(each, chunked=chunked) for each in all_of_them)
    )


@pytest.fixture(scope="module")
def device():
    """Return a device that lives through all of it."""
    return SimulatedDevice(DeviceSpec("dut", "srx4100"), ManualClock())


def talk(session, data) -> tuple[bytes, bool]:
    """Feed pieces as the server does; return what came back and whether the session goes on."""
    sent = bytearray()
    for piece in data:
        session.feed(piece)
        for effect in session.run():
            match effect:
                case Send(answer):
                    sent += answer
                case Pause():
                    pass
                case HangUp():
                    return bytes(sent), False
    return bytes(sent), True


def require_alive(device) -> None:
    """Open a second session on the same device and have it answer."""
    session = open_netconf(device, "lab", lambda: None)
    answer, goes_on = talk(session, [frame(b"<rpc><get-system-information/></rpc>", chunked=False)])
    assert b"<os-name>" in answer
    assert goes_on
    session.close()


relentless = settings(
    max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


@pytest.mark.parametrize("chunked", [False, True])
def test_any_bytes_over_netconf(device, chunked):
    """Every reply is well-formed whatever came before it; no bytes raise."""

    @relentless
    @given(pieces(spoiled(framed(chunked)) | framed(chunked) | st.binary(max_size=300)))
    def check(data):
        session = open_netconf(device, "lab", lambda: None)
        assert isinstance(session, NetconfSession)
        talk(session, [])
        session._reader.chunked = chunked
        answer, _ = talk(session, data)
        session.close()
        reader = MessageReader()
        reader.chunked = chunked
        reader.feed(answer)
        while (message := reader.next_message()) is not None:
            if message.strip():
                etree.fromstring(message.strip())
        assert device.store.lock_holder is None

    check()
    require_alive(device)


def test_any_keys_at_the_command_line(device):
    """Whatever is typed, the session writes UTF-8 and either goes on or ends."""
    lines = st.lists(values | st.sampled_from(WORDS.split()), max_size=6).map(" ".join)
    typed = st.lists(
        lines.map(str.encode) | st.sampled_from([b"configure", b"exit", b"load merge terminal"]),
        max_size=6,
    ).map(lambda each: b"\n".join(each) + b"\n")

    @relentless
    @given(pieces(spoiled(typed) | st.binary(max_size=200)))
    def check(data):
        session = open_shell(device, "lab", lambda: None, echo=True)
        answer, _ = talk(session, data)
        session.close()
        answer.decode()

    check()
    require_alive(device)


@relentless
@given(st.booleans(), pieces(st.binary(max_size=200) | spoiled(framed(chunked=True))))
def test_any_bytes_to_the_reader(chunked, data):
    """A reader gives messages, asks for more, or refuses; nothing else."""
    reader = MessageReader(limit=1000)
    reader.chunked = chunked
    try:
        for piece in data:
            reader.feed(piece)
            while (message := reader.next_message()) is not None:
                assert len(message) <= 1000
    except FramingError:
        pass
