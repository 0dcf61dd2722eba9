"""A NETCONF session of the simulated device: envelope, dialects, and what it survives."""

from __future__ import annotations

import pytest
from lxml import etree

from harness.sim.dialect import BASE_NAMESPACE, SIMULATED_CAPABILITY
from harness.sim.netconf.framing import frame
from harness.sim.sessions import open_netconf

NC = f"{{{BASE_NAMESPACE}}}"


def hello_of(bench) -> bytes:
    sent = b"".join(effect.data for effect in open_netconf(bench.device, "lab", lambda: None).run())
    return sent.partition(b"]]>]]>")[0]


def test_hello(bench):
    """Two comments come before the hello; it names the session and declares the simulation."""
    hello = hello_of(bench)
    assert hello.startswith(b"<!-- No zombies were killed")
    assert hello.index(b"<!-- user lab, class j-super-user -->") < hello.index(b"<hello")
    root = etree.fromstring(hello)
    capabilities = [each.text for each in root.iter(f"{NC}capability")]
    assert root.tag == f"{NC}hello"
    assert "urn:ietf:params:netconf:base:1.0" in capabilities
    assert "urn:ietf:params:netconf:capability:confirmed-commit:1.0" in capabilities
    assert SIMULATED_CAPABILITY in capabilities
    assert root.findtext(f"{NC}session-id").isdigit()


@pytest.mark.parametrize(
    ("platform", "switches", "prefix"),
    [
        ("srx4100", {}, ""),
        ("vmx", {}, "nc:"),
        ("srx4100", {"netconf-dialect": "rfc-compliant"}, "nc:"),
        ("vmx", {"netconf-dialect": "default"}, ""),
    ],
)
def test_dialect(bench_for, platform, switches, prefix):
    """The base configuration decides the dialect unless a switch does."""
    bench = bench_for(platform, switches=switches)
    assert f"<{prefix}hello xmlns".encode() in hello_of(bench)
    talk = bench.netconf()
    answer = talk.say(frame(b'<rpc message-id="1"><lock-configuration/></rpc>', chunked=False))
    assert f"<{prefix}rpc-reply ".encode() in answer
    assert f"<{prefix}ok/>".encode() in answer


def test_chunks_only_when_both_ask(bench_for):
    """base:1.1 is offered only where the device is told so, and used only if both offer it."""
    assert b"urn:ietf:params:netconf:base:1.1" not in hello_of(bench_for("vmx"))
    bench = bench_for(switches={"netconf-dialect": "rfc-compliant-1.1"})
    assert b"urn:ietf:params:netconf:base:1.1" in hello_of(bench)
    talk = bench.netconf()
    offer = b"<hello><capabilities><capability>%s</capability></capabilities></hello>"
    plain = talk.say(frame(b"<rpc><unlock-configuration/></rpc>", chunked=False))
    assert plain.rstrip().endswith(b"]]>]]>")
    modern = open_session(bench)
    modern.say(frame(offer % b"urn:ietf:params:netconf:base:1.1", chunked=False))
    answer = modern.say(frame(b'<rpc message-id="1"><lock-configuration/></rpc>', chunked=True))
    assert answer.startswith(b"\n#")
    assert answer.endswith(b"\n##\n")


def open_session(bench):
    talk = type(bench.netconf())(open_netconf(bench.device, "lab", lambda: None))
    talk.run()
    return talk


def test_attributes_are_echoed(bench):
    """Every attribute of the rpc comes back, a foreign prefix declared with it."""
    talk = bench.netconf()
    answer = talk.rpc(
        "<get-system-information/>", 'message-id="a &amp; b" xmlns:x="urn:x" x:y="z" other="1"'
    )
    assert answer.get("message-id") == "a & b"
    assert answer.get("{urn:x}y") == "z"
    assert answer.get("other") == "1"


def test_own_prefix_is_not_redeclared(bench):
    """An attribute under a prefix of the reply itself doesn't make the reply malformed."""
    answer = bench.netconf().rpc(
        "<get-system-information/>", 'message-id="1" xmlns:junos="urn:x" junos:y="z"'
    )
    assert answer.get("message-id") == "1"


@pytest.mark.parametrize("platform", ["srx4100", "vmx"])
def test_unknown_rpc(bench_for, platform):
    """An RPC that doesn't exist is a syntax error naming it, and the session lives on."""
    talk = bench_for(platform).netconf()
    answer = talk.rpc("<get-ike-active-peer/>")
    error = answer.find(f"{NC}rpc-error")
    assert error.findtext(f"{NC}error-type") == "protocol"
    assert error.findtext(f"{NC}error-tag") == "operation-failed"
    assert error.findtext(f"{NC}error-severity") == "error"
    assert error.findtext(f"{NC}error-message").strip() == "syntax error"
    assert error.findtext(f"{NC}error-info/{NC}bad-element") == "get-ike-active-peer"
    assert talk.rpc("<get-system-information/>").find(".//{*}host-name").text == "dut"


@pytest.mark.parametrize(
    "message",
    [
        b"<rpc",
        b"<rpc></rpc>",
        b"<rpc><a/><b/></rpc>",
        b"<other/>",
        b"\xff\xfe\x00",
        b"plain text",
        b'<!DOCTYPE rpc [<!ENTITY e SYSTEM "file:///etc/passwd">]><rpc><command>&e;</command></rpc>',
        b"<!DOCTYPE rpc><rpc><get-system-information/></rpc>",
        b"<rpc><!-- nothing --></rpc>",
        b"<rpc><command/></rpc>",
        b"<rpc><command>show version | foo</command></rpc>",
        b"<rpc><command>|||</command></rpc>",
        b"<rpc><kill-session/></rpc>",
        b"<rpc><edit-config/></rpc>",
        b"<rpc><get-config/></rpc>",
        b"<rpc><load-configuration/></rpc>",
        b'<rpc><get-configuration format="x"/></rpc>',
        b'<rpc><get-configuration compare="rollback" rollback="50"/></rpc>',
        b'<rpc><load-configuration rollback="-1"/></rpc>',
        b"<rpc><get-interface-information><x/></get-interface-information></rpc>",
    ],
)
def test_hostile_messages(bench, message):
    """Whatever arrives is answered with an rpc-error, and the session lives on."""
    talk = bench.netconf()
    answer = talk.say(frame(message, chunked=False))
    assert b"<rpc-error>" in answer
    assert b"root:" not in answer
    assert talk.hung_up is None
    assert talk.rpc("<get-system-information/>").find(".//{*}host-name").text == "dut"


def test_unframeable_bytes_end_the_session(bench):
    """Bytes without framing end the session, since nothing after them can be understood."""
    talk = bench.netconf()
    talk.session._reader.chunked = True
    talk.say(b"not a chunk at all")
    assert talk.hung_up is not None


def test_close_session(bench):
    """close-session is answered, then the session ends and its lock is free."""
    talk = bench.netconf()
    talk.rpc("<lock-configuration/>")
    assert talk.rpc("<close-session/>").find(f"{NC}ok") is not None
    assert talk.hung_up is not None
    assert bench.device.store.lock_holder is None


def test_kill_session(bench):
    """kill-session ends the session whose pid the lock refusal shows."""
    holder, other = bench.netconf("alice"), bench.netconf("bob")
    holder.rpc("<lock-configuration/>")
    refusal = other.rpc("<lock-configuration/>").findtext(f".//{NC}error-message")
    pid = bench.device.store.lock_holder.pid
    assert f"(pid {pid})" in refusal
    assert "alice" in refusal
    kill = f"<kill-session><session-id>{pid}</session-id></kill-session>"
    assert other.rpc(kill).find(f"{NC}ok") is not None
    assert other.rpc("<lock-configuration/>").find(f"{NC}ok") is not None
    assert other.rpc(kill).find(f"{NC}rpc-error") is not None


@pytest.mark.parametrize(
    "request_", ["<request-reboot/>", "<request-reboot><in>0</in></request-reboot>"]
)
def test_request_reboot(bench, request_):
    """It's answered as ncclient's example and PyEZ look for it, and then the device is away."""
    status = bench.netconf().rpc(request_).find(".//{*}request-reboot-status")
    assert "Shutdown NOW!" in status.text
    assert status.get("reboot-time").isdecimal()
    bench.clock.advance(1.0)
    bench.device.tick()
    assert bench.device.away
    bench.clock.advance(60.0)
    assert not bench.device.away


def test_request_reboot_takes_no_other_time(bench):
    """A time or a medium would be passed over in silence."""
    reply = bench.netconf().rpc("<request-reboot><in>5</in></request-reboot>")
    assert "syntax error" in reply.findtext(".//{*}error-message")
    bench.clock.advance(1.0)
    bench.device.tick()
    assert not bench.device.away
