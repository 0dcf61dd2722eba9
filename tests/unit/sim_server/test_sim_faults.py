"""Each fault does what the table says, and nothing while its conditions aren't met."""

from __future__ import annotations

import pytest
from lxml import etree

from harness.errors import UsageError
from harness.sim.config.tree import get, leaf
from harness.sim.device import SimulatedDevice
from harness.sim.dialect import BASE_NAMESPACE
from harness.sim.effects import HangUp
from harness.sim.faults.named import KINDS, Faults
from harness.sim.netconf.framing import frame
from harness.sim.spec import DeviceSpec, FaultSpec

NC = f"{{{BASE_NAMESPACE}}}"
COMMIT = b"<rpc><commit-configuration/></rpc>"


def errors(reply: etree._Element) -> list[str]:
    return [each.text for each in reply.iter(f"{NC}error-severity")]


def committed(bench) -> str:
    store = bench.device.store
    return store.render(store.committed, "set")


def vpns(bench) -> list[str]:
    return list(get(bench.device.store.committed, "security", "ipsec", "vpn"))


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (FaultSpec("drop-tunel"), "unknown fault 'drop-tunel', did you mean 'drop-tunnel'?"),
        (FaultSpec("x"), "; known: drop-tunnel"),
        (FaultSpec("slow", {"second": 1}), "no option 'second'; known: seconds"),
        (FaultSpec("slow", {"seconds": "1"}), "allowed: a number"),
        (FaultSpec("slow", {"seconds": -1}), "allowed: 0-86400"),
        (FaultSpec("slow", {"seconds": float("nan")}), "allowed: 0-86400"),
        (FaultSpec("drop-tunnel", {"index": 0}), "allowed: 1-1000000"),
        (FaultSpec("split-replies", {"bytes": 0}), "allowed: 1-1000000"),
        (FaultSpec("drop-tunnel", {"index": True}), "allowed: a whole number"),
        (FaultSpec("secret-data", {"x": 1}), "known: none"),
        (FaultSpec("hang-commit", {"when": "later"}), "allowed: before, after"),
    ],
)
def test_wrong_faults(spec, says):
    """An unknown fault or option is refused naming what is known."""
    with pytest.raises(UsageError, match="fault") as caught:
        Faults([spec])
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("switches", "says"),
    [({"peer": "x"}, "unknown switch 'peer'; known:"), ({"peers": "x"}, "silent, answering")],
)
def test_wrong_switches(bench_for, switches, says):
    """An unknown switch or value is refused naming what is allowed."""
    with pytest.raises(UsageError, match="switch") as caught:
        bench_for(switches=switches)
    assert says in str(caught.value)


def test_unknown_platform(bench_for):
    """An unknown platform is refused naming the known ones."""
    with pytest.raises(UsageError, match="known: srx4100"):
        bench_for("mx960")


def test_faults_of_the_specification(bench_for):
    """Faults of the specification are on from the start."""
    device = bench_for(faults=(FaultSpec("lock-held"),)).device
    assert device.store.lock_holder.user == "alice"


@pytest.mark.parametrize("index", [1, 2, 3])
def test_drop_tunnel(bench, push, ipsec, index):
    """The commit is accepted; one new tunnel is gone from the configuration, whole."""
    bench.arm("drop-tunnel", index=index)
    reply = push(bench.netconf(), ipsec(3))
    assert reply.find(f"{NC}ok") is not None
    assert vpns(bench) == ["corp-hq", *(f"t{n}" for n in (1, 2, 3) if n != index)]
    text = committed(bench)
    for trace in (f"vpn t{index} ", f"gateway t{index} ", f"policy t{index} ", f"st0.{index}\n"):
        assert trace not in text
    assert f"st0 unit {index} " not in text
    assert text.count("next-hop st0.") == 3  # the two that are left, and the one before


def test_drop_tunnel_of_gre(bench, push, gre):
    """A GRE tunnel is dropped with its unit."""
    bench.arm("drop-tunnel", index=2)
    push(bench.netconf(), gre(3))
    units = get(bench.device.store.committed, "interfaces", "interface", "gr-0/0/0", "unit")
    assert list(units) == ["1", "3"]


GRE_OVER_IPSEC = "".join(
    f"set interfaces gr-0/0/0 unit {n} tunnel source 10.9.0.{2 * n}\n"
    f"set interfaces gr-0/0/0 unit {n} tunnel destination 10.9.0.{2 * n + 1}\n"
    f"set interfaces gr-0/0/0 unit {n} family inet address 10.7.0.{2 * n}/31\n"
    f"set security zones security-zone vpn-corp interfaces gr-0/0/0.{n}\n"
    for n in (1, 2)
)


def test_two_halves_are_one_tunnel(bench, push, ipsec):
    """Two tunnels of GRE over IPsec are two new tunnels, not four."""
    bench.arm("drop-tunnel", from_count=3)
    push(bench.netconf(), ipsec(2) + GRE_OVER_IPSEC)
    assert vpns(bench) == ["corp-hq", "t1", "t2"]


def test_drop_tunnel_of_both_halves(bench, push, ipsec):
    """Of GRE over IPsec both halves go: the GRE unit stands on the st0 address."""
    bench.arm("drop-tunnel", index=2)
    push(bench.netconf(), ipsec(2) + GRE_OVER_IPSEC)
    assert vpns(bench) == ["corp-hq", "t1"]
    assert "gr-0/0/0 unit 2" not in committed(bench)
    assert "gr-0/0/0.2" not in committed(bench)
    assert "gr-0/0/0 unit 1" in committed(bench)


def test_dropping_the_only_one_leaves_nothing_empty(bench, push, gre):
    """What contained the dropped tunnel alone doesn't stay behind as an empty container."""
    before = committed(bench)
    bench.arm("drop-tunnel")
    push(bench.netconf(), gre(1))
    assert [line for line in committed(bench).splitlines() if line not in before] == [
        "set interfaces gr-0/0/0"
    ]


@pytest.mark.parametrize("name", [n for n, k in KINDS.items() if "from_count" in k.options])
def test_from_count(bench, push, ipsec, name):
    """Below from_count new tunnels the fault does nothing, so that calibration passes."""
    bench.arm(name, from_count=3)
    talk = bench.netconf()
    assert push(talk, ipsec(2)).find(f"{NC}ok") is not None
    assert vpns(bench) == ["corp-hq", "t1", "t2"]
    found = talk.rpc("<get-inactive-tunnels/>").iter("{*}sa-remote-gateway")
    assert [each.text.strip() for each in found] == ["192.0.2.250", "198.18.0.2", "198.18.0.3"]


def test_disarmed(bench, push, ipsec):
    """A fault that is switched off does nothing any more."""
    bench.arm("drop-tunnel")
    bench.device.disarm("drop-tunnel")
    bench.device.disarm("drop-tunnel")
    push(bench.netconf(), ipsec(2))
    assert vpns(bench) == ["corp-hq", "t1", "t2"]


@pytest.mark.parametrize(("index", "swapped"), [(1, (1, 2)), (2, (2, 3)), (9, (2, 3))])
def test_swap_psk(bench_for, push, ipsec, index, swapped):
    """Two neighbours among the new tunnels have each other's key."""
    keys = []
    for faulty in (False, True):
        bench = bench_for()
        if faulty:
            bench.arm("swap-psk", index=index)
        push(bench.netconf(), ipsec(3))
        tree = bench.device.store.committed
        path = ("security", "ike", "policy")
        keys.append([leaf(tree, *path, f"t{n}", "pre-shared-key", "ascii-text") for n in (1, 2, 3)])
    right, wrong = keys
    one, other = (n - 1 for n in swapped)
    right[one], right[other] = right[other], right[one]
    assert wrong == right


def test_wrong_unit(bench, push, ipsec):
    """One tunnel sits on another unit; the configuration is consistent, only not what was sent."""
    bench.arm("wrong-unit", index=2)
    push(bench.netconf(), ipsec(2))
    text = committed(bench)
    assert "st0 unit 2 " not in text
    assert "st0.2\n" not in text
    for trace in ("vpn t2 bind-interface st0.15999", "interfaces st0.15999", "next-hop st0.15999"):
        assert trace in text


def test_wrong_unit_of_gre(bench, push, gre):
    """A GRE tunnel may be on a wrong unit too."""
    bench.arm("wrong-unit")
    push(bench.netconf(), gre(2))
    assert "gr-0/0/0 unit 15999 tunnel source" in committed(bench)
    assert "gr-0/0/0 unit 1 " not in committed(bench)


@pytest.mark.parametrize(
    "back",
    ['<load-configuration compare="rollback" rollback="1"/>', "the deadline"],
)
def test_rollback_leftover(bench, push, ipsec, back):
    """The way back to an earlier configuration leaves one statement behind."""
    before = committed(bench)
    talk = bench.netconf()
    bench.arm("rollback-leftover")
    confirmed = "<commit-configuration><confirmed/></commit-configuration>"
    push(talk, ipsec(2), confirmed)
    assert vpns(bench) == ["corp-hq", "t1", "t2"]
    if back == "the deadline":
        bench.clock.advance(600)
        bench.device.tick()
    else:
        talk.rpc(back)
        talk.rpc("<commit-configuration/>")
    left = set(committed(bench).splitlines()) - set(before.splitlines())
    assert len(left) == 1


def test_a_new_configuration_leaves_nothing_behind(bench, push, ipsec):
    """rollback-leftover leaves commits alone that return to nothing earlier."""
    talk = bench.netconf()
    push(talk, ipsec(2))
    bench.arm("rollback-leftover")
    push(talk, "delete security ipsec vpn t2\n" + ipsec(1, first=3))
    assert vpns(bench) == ["corp-hq", "t1", "t3"]


def test_ok_beside_error(bench, push, ipsec):
    """The commit isn't carried out; the reply has an error and, directly below it, ok."""
    bench.arm("ok-beside-error")
    reply = push(bench.netconf(), ipsec(1))
    assert errors(reply) == ["error", "error"]
    assert reply.find(f"{NC}ok") is not None
    assert vpns(bench) == ["corp-hq"]
    screen = typed_commit(bench)
    assert "error: configuration check-out failed" in screen
    assert "commit complete" in screen


def typed_commit(bench) -> str:
    shell = bench.shell()
    shell.type("configure")
    return shell.type("commit")


def test_warnings_only(bench, push, ipsec):
    """The commit is carried out; the reply has a warning and no ok."""
    bench.arm("warnings-only")
    reply = push(bench.netconf(), ipsec(1))
    assert errors(reply) == ["warning"]
    assert reply.find(f".//{NC}ok") is None
    assert vpns(bench) == ["corp-hq", "t1"]
    bench.arm("warnings-only", from_count=0)
    screen = typed_commit(bench)
    assert "warning: " in screen
    assert "commit complete" not in screen


def test_a_refused_commit_stays_refused(bench, push):
    """warnings-only doesn't turn a refusal into success."""
    bench.arm("warnings-only", from_count=0)
    talk = bench.netconf()
    reply = push(talk, "set security ipsec vpn v ike gateway nope\n")
    assert set(errors(reply)) == {"error"}


@pytest.mark.parametrize(("when", "there"), [("before", False), ("after", True)])
@pytest.mark.parametrize("by", ["netconf", "cli"])
def test_die_during_commit(bench, push, ipsec, *, when, there, by):
    """The connection drops without a reply; the commit is carried out or not, as told."""
    talk = bench.netconf()
    push(talk, ipsec(2), "<get-system-information/>")
    bench.arm("die-during-commit", when=when)
    if by == "netconf":
        assert talk.say(frame(COMMIT, chunked=False)) == b""
        assert talk.hung_up == HangUp(abrupt=True)
    else:
        shell = bench.shell()
        shell.type("configure")
        assert shell.type("commit") == "commit\n"
        assert shell.hung_up == HangUp(abrupt=True)
    assert ("t2" in vpns(bench)) is there


@pytest.mark.parametrize(("when", "there"), [("before", False), ("after", True)])
@pytest.mark.parametrize("by", ["netconf", "cli"])
def test_hang_commit(bench, push, ipsec, *, when, there, by):
    """The reply never comes, and none after it; the commit is carried out or not, as told."""
    talk = bench.netconf()
    push(talk, ipsec(2), "<get-system-information/>")
    bench.arm("hang-commit", when=when)
    if by == "netconf":
        assert talk.say(frame(COMMIT, chunked=False)) == b""
        assert talk.say(frame(b"<rpc><get-system-information/></rpc>", chunked=False)) == b""
    else:
        talk = bench.shell()
        talk.type("configure")
        assert talk.type("commit") == "commit\n"
        assert talk.type("show") == ""
    assert talk.hung_up is None
    assert ("t2" in vpns(bench)) is there


def gateways(talk) -> list[str]:
    found = talk.rpc("<get-inactive-tunnels/>").iter("{*}sa-remote-gateway")
    return [each.text.strip() for each in found]


def test_drop_sa(bench, push, ipsec):
    """A configured tunnel is missing from the operational tables alone."""
    talk = bench.netconf()
    push(talk, ipsec(3))
    bench.arm("drop-sa", index=2)
    assert gateways(talk) == ["192.0.2.250", "198.18.0.2", "198.18.0.4"]
    assert "Total inactive tunnels: 3" in bench.shell().type("show security ipsec inactive-tunnels")
    assert vpns(bench) == ["corp-hq", "t1", "t2", "t3"]


def units(talk, interface: str) -> list[str]:
    ask = f"<interface-name>{interface}</interface-name><terse/>"
    reply = talk.rpc(f"<get-interface-information>{ask}</get-interface-information>")
    return [each.findtext("{*}name").strip() for each in reply.iter("{*}logical-interface")]


def test_table_faults_of_gre(bench, push, gre):
    """GRE tunnels have the interface table only: there one is lacking, or one too many."""
    talk = bench.netconf()
    push(talk, gre(2))
    bench.arm("drop-sa", index=1)
    assert units(talk, "gr-0/0/0") == ["gr-0/0/0.2"]
    bench.device.disarm("drop-sa")
    bench.arm("ghost-tunnel")
    assert units(talk, "gr-0/0/0") == ["gr-0/0/0.1", "gr-0/0/0.2", "gr-0/0/0.15999"]


def test_ghost_tunnel(bench, push, ipsec):
    """The operational tables show a tunnel that nobody configured, on the CLI too."""
    talk = bench.netconf()
    bench.arm("ghost-tunnel")
    assert gateways(talk) == ["192.0.2.250"]
    push(talk, ipsec(1))
    assert gateways(talk) == ["192.0.2.250", "198.18.0.2", "198.51.100.254"]
    assert "198.51.100.254" in bench.shell().type("show security ipsec inactive-tunnels")
    assert "ghost" not in committed(bench)


def test_linger_sa(bench, push, ipsec):
    """A tunnel that was deleted stays in the tables, though no configuration has it."""
    talk = bench.netconf()
    bench.arm("linger-sa", index=2)
    push(talk, ipsec(2))
    assert gateways(talk) == ["192.0.2.250", "198.18.0.2", "198.18.0.3"]
    talk.rpc('<load-configuration rollback="1"/>')
    talk.rpc("<commit-configuration/>")
    assert gateways(talk) == ["192.0.2.250", "198.18.0.3"]
    assert "198.18.0.3" not in committed(bench)


def test_stale_sa_table(bench, push, ipsec):
    """The table has as many tunnels as configured, with the gateways of another night."""
    talk = bench.netconf()
    push(talk, ipsec(2))
    bench.arm("stale-sa-table")
    assert gateways(talk) == ["192.0.2.250", "198.19.0.2", "198.19.0.3"]


def test_stale_history(bench, push, ipsec):
    """New commits are missing from the history."""
    bench.arm("stale-history")
    talk = bench.netconf()
    push(talk, ipsec(1))
    assert len(talk.rpc("<get-commit-information/>").findall(".//{*}commit-history")) == 1
    assert "by lab" not in bench.shell().type("show system commit")
    bench.device.disarm("stale-history")
    assert len(talk.rpc("<get-commit-information/>").findall(".//{*}commit-history")) == 2


def test_repeat_reply(bench, push, ipsec):
    """The first answer to an operational question is repeated for the next ones."""
    bench.arm("repeat-reply")
    talk = bench.netconf()
    assert gateways(talk) == ["192.0.2.250"]
    push(talk, ipsec(2))
    assert gateways(talk) == ["192.0.2.250"]
    bench.device.disarm("repeat-reply")
    assert len(gateways(talk)) == 3


def test_secret_data(bench, push, ipsec):
    """Secrets read as SECRET-DATA in every form and on the CLI."""
    bench.arm("secret-data")
    talk = bench.netconf()
    push(talk, ipsec(1))
    for fmt in ("xml", "text", "set", "json"):
        reply = talk.rpc(f'<get-configuration database="committed" format="{fmt}"/>')
        text = etree.tostring(reply).decode()
        assert "SECRET-DATA" in text
        assert "$9$" not in text
    assert "$9$" not in bench.shell().type("show configuration security | display set")


def test_lock_held(bench):
    """Somebody else holds the lock until the fault is switched off."""
    bench.arm("lock-held", user="bob", pid=99)
    talk = bench.netconf()
    refusal = talk.rpc("<lock-configuration/>").findtext(f".//{NC}error-message")
    assert "locked by:\n  bob terminal p0 (pid 99)" in refusal
    bench.device.disarm("lock-held")
    assert talk.rpc("<lock-configuration/>").find(f"{NC}ok") is not None


def test_dirty_candidate(bench):
    """Somebody else's edits are in the shared candidate until the fault is switched off."""
    bench.arm("dirty-candidate")
    assert bench.device.store.dirty
    assert bench.netconf().rpc("<lock-configuration/>").find(f"{NC}ok") is None
    bench.device.disarm("dirty-candidate")
    assert not bench.device.store.dirty


def test_foreign_confirm(bench):
    """Somebody else's confirmed commit is pending, and rolls back if nobody confirms it."""
    bench.arm("foreign-confirm", minutes=2)
    record = bench.netconf().rpc("<get-commit-information/>").find(".//{*}commit-history")
    assert record.findtext("{*}user") == "alice"
    assert record.findtext("{*}comment") == "commit confirmed, rollback in 2mins"
    assert bench.device.store.pending is not None
    bench.clock.advance(120)
    bench.device.tick()
    assert bench.device.store.pending is None
    assert "changed by hand" not in committed(bench)


def test_a_fault_that_cannot_be_armed_now(bench):
    """While a client holds the lock, another holder can't be simulated, and the error says so."""
    bench.netconf().rpc("<lock-configuration/>")
    with pytest.raises(UsageError, match="locked by: lab"):
        bench.arm("lock-held")


def test_slow_and_commit_seconds(bench_for):
    """A slow device pauses before each request; a commit takes its own time on top."""
    bench = bench_for(commit_seconds=5.0)
    bench.arm("slow", seconds=2)
    talk = bench.netconf()
    talk.rpc("<get-system-information/>")
    assert talk.paused == 2
    talk.rpc("<commit-configuration/>")
    assert talk.paused == 9
    shell = bench.shell()
    shell.type("configure")
    shell.type("commit")
    assert shell.paused == 2 + 7


def test_tunnel_limit(bench_for, push, ipsec):
    """Above its limit the device refuses in its own words, marked as simulated."""
    bench = bench_for(tunnel_limit=3)
    talk = bench.netconf()
    reply = push(talk, ipsec(3))
    assert "[simulated]" in reply.findtext(f".//{NC}error-message")
    assert reply.find(f".//{NC}ok") is None
    talk.rpc('<load-configuration rollback="0"/>')
    assert push(talk, ipsec(2)).find(f"{NC}ok") is not None


def test_every_fault_is_documented():
    """The table of the documentation names each fault."""
    from pathlib import Path  # noqa: PLC0415 - only this test reads a file

    page = Path(__file__).resolve().parents[3] / "docs" / "simulated-device.md"
    text = page.read_text(encoding="utf-8")
    assert [name for name in KINDS if f"`{name}`" not in text] == []


def test_password_is_not_shown(bench):
    """Neither the specification nor the device shows the password."""
    device = SimulatedDevice(DeviceSpec("x", "vmx", password="hush"), bench.clock)
    assert "hush" not in repr(device.spec) + repr(device)
