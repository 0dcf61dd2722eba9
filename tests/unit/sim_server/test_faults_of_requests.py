"""Faults of commits, requests and the things around them, on sessions driven by bytes."""

from __future__ import annotations

import pytest

from harness.sim.effects import Cut, Pause
from harness.sim.netconf.framing import frame
from harness.sim.operational.table import by_rpc

_LOAD_LINES = (
    '<load-configuration action="set" format="text"><configuration-set>'
    "{}</configuration-set></load-configuration>"
)
_LOAD = _LOAD_LINES.format('set system location building "building one"')
_COMMIT = "<commit-configuration/>"


def _messages(reply) -> list[str]:
    return [each.text.strip() for each in reply.iter("{*}error-message")]


def _location(bench) -> str:
    store = bench.device.store
    return "building one" if "building one" in store.render(store.committed, "set") else ""


def test_a_commit_goes_on_without_its_connection(bench, ipsec):
    """First the connection drops, then the commit takes its time, then it's carried out."""
    bench.arm("die-during-commit", when="during", seconds=7.0)
    talk = bench.netconf()
    talk.rpc("<lock-configuration/>")
    talk.rpc(_LOAD_LINES.format(ipsec(2)))
    talk.session.feed(frame(b"<rpc><commit-configuration/></rpc>", chunked=False))
    effects = talk.session.run()
    before = len(bench.device.store.history)
    assert (next(effects), next(effects)) == (Cut(), Pause(7.0))
    assert bench.device.store.lock_holder is not None
    assert len(bench.device.store.history) == before
    list(effects)
    assert len(bench.device.store.history) == before + 1


def test_a_check_is_not_cut(bench):
    """Only a commit loses its connection."""
    bench.arm("die-during-commit", when="during")
    talk = bench.netconf()
    talk.rpc("<commit-configuration><check/></commit-configuration>")
    assert (talk.cut, talk.paused) == (False, 0.0)


def test_a_commit_takes_longer_with_its_tunnels(bench, ipsec):
    """The check and the commit of three tunnels take their part of the curve."""
    bench.arm("commit-time", seconds=1.0, per_tunnel=0.5)
    talk = bench.netconf()
    talk.rpc(_LOAD_LINES.format(ipsec(2)))
    talk.rpc(_COMMIT)
    assert talk.paused == 1.0 + 0.5 * 3  # the tunnel that the device starts with is the third


def test_only_one_rpc_is_slow(bench):
    """Other requests don't wait."""
    bench.arm("slow", seconds=3.0, rpc="get-system-information")
    talk = bench.netconf()
    talk.rpc("<get-commit-information/>")
    assert talk.paused == 0.0
    talk.rpc("<get-system-information/>")
    assert talk.paused == 3.0


def test_only_some_commands_are_slow(bench):
    """A command counts by how it begins."""
    bench.arm("slow", seconds=3.0, rpc="show version")
    shell = bench.shell()
    shell.type("show system uptime")
    assert shell.paused == 0.0
    shell.type("show version")
    assert shell.paused == 3.0


def test_more_tunnels_than_allowed_are_refused_whole(bench, ipsec):
    """The refusal is the device's, nothing is committed, and without the fault it's taken."""
    bench.arm("refuse-above", count=2)
    talk = bench.netconf()
    talk.rpc(_LOAD_LINES.format(ipsec(2)))
    before = len(bench.device.store.history)
    assert "3 tunnels, 2 allowed [simulated]" in _messages(talk.rpc(_COMMIT))
    assert len(bench.device.store.history) == before
    bench.device.disarm("refuse-above")
    assert _messages(talk.rpc(_COMMIT)) == []


def test_a_full_disk_takes_neither_commits_nor_files(bench):
    """Both are refused until there's room again."""
    bench.arm("disk-full")
    talk = bench.netconf()
    talk.rpc(_LOAD)
    assert any("No space left on device" in text for text in _messages(talk.rpc(_COMMIT)))
    assert "No space left" in bench.shell().type("show version | save /var/tmp/kept")
    bench.device.disarm("disk-full")
    assert _messages(talk.rpc(_COMMIT)) == []
    assert "No space left" not in bench.shell().type("show version | save /var/tmp/kept")


@pytest.mark.parametrize(
    "confirmed",
    [
        "<commit-configuration><confirmed/></commit-configuration>",
        "<commit><confirmed/></commit>",
    ],
)
def test_a_device_that_takes_no_confirmed_commits(bench, confirmed):
    """Either form is refused; the check passes, and a plain commit is carried out."""
    bench.arm("no-confirmed-commit")
    talk = bench.netconf()
    talk.rpc(_LOAD)
    check = "<commit-configuration><check/></commit-configuration>"
    assert _messages(talk.rpc(check)) == []
    commits = len(bench.device.store.history)
    assert "commit confirmed is not supported [simulated]" in _messages(talk.rpc(confirmed))
    assert len(bench.device.store.history) == commits
    assert _messages(talk.rpc(_COMMIT)) == []
    assert len(bench.device.store.history) == commits + 1


def test_a_second_writer_waits_for_the_lock(bench):
    """While somebody has the lock nothing happens; then the other one commits, once."""
    talk = bench.netconf()
    talk.rpc("<lock-configuration/>")
    bench.arm("second-writer", user="bob")
    bench.device.tick()
    assert bench.device.store.history[0].user != "bob"
    talk.rpc("<unlock-configuration/>")
    bench.device.tick()
    bench.device.tick()
    assert [record.user for record in bench.device.store.history].count("bob") == 1


def test_a_second_writer_comes_after_the_next_commit(bench):
    """It confirms the confirmed commit of somebody else, as any commit does."""
    bench.arm("second-writer", when="after-commit")
    talk = bench.netconf()
    talk.rpc(_LOAD)
    talk.rpc("<commit-configuration><confirmed/></commit-configuration>")
    assert bench.device.store.pending is not None
    bench.device.tick()
    assert bench.device.store.history[0].user == "alice"
    assert bench.device.store.pending is None
    assert _location(bench) == "building one"


def test_an_answer_is_not_well_formed(bench):
    """One closing tag is missing, of the answers to that RPC alone."""
    bench.arm("ill-formed-reply", rpc="get-system-information")
    talk = bench.netconf()
    whole = talk.say(frame(b"<rpc><get-commit-information/></rpc>", chunked=False))
    cut = talk.say(frame(b"<rpc><get-system-information/></rpc>", chunked=False))
    assert whole.count(b"</commit-information>") == 1
    assert cut.count(b"<hardware-model>") == 1
    assert cut.count(b"</hardware-model>") == 0


def test_a_reboot_forgets_what_is_in_memory(bench_for):
    """Sessions end, uncommitted changes and the lock are gone, uptime begins anew afterwards."""
    bench = bench_for()
    talk = bench.netconf()
    talk.rpc("<lock-configuration/>")
    talk.rpc(_LOAD)
    booted = bench.device.booted
    bench.arm("reboot", seconds=90.0)
    assert bench.device.away
    assert bench.device.store.lock_holder is None
    assert not bench.device.store.dirty
    bench.clock.advance(90.0)
    assert not bench.device.away
    assert (bench.device.booted - booted).total_seconds() == 90.0


@pytest.mark.parametrize("when", ["lost", "kept"])
def test_a_pending_rollback_at_a_reboot_is_a_switch(bench_for, when):
    """Lost: what was to be confirmed stays. Kept: it still rolls back in time."""
    bench = bench_for(switches={"pending-at-reboot": when})
    talk = bench.netconf()
    talk.rpc(_LOAD)
    talk.rpc("<commit-configuration><confirmed/></commit-configuration>")
    bench.arm("reboot", seconds=60.0)
    bench.clock.advance(601.0)
    bench.device.tick()
    assert _location(bench) == ("building one" if when == "lost" else "")


def test_lines_of_the_log_are_lost(bench):
    """Every second line that a commit writes never arrives."""
    talk = bench.netconf()
    talk.rpc(_COMMIT)
    whole = len(bench.device.log.lines())
    bench.arm("log-lines-lost", every=2)
    talk.rpc(_COMMIT)
    assert len(bench.device.log.lines()) == whole + 1


def test_the_table_of_operations_is_there(bench):
    """The questions that faults are asked with exist on this device."""
    for name in ("get-alarm-information", "get-system-core-dumps"):
        assert by_rpc(bench.device, name) is not None


def test_an_alarm_is_active(bench):
    """It's shown with its class and text, and its time is when it began."""
    bench.arm("alarm", severity="major", text="FPC 0 Hard errors")
    shown = bench.shell().type("show chassis alarms")
    assert "1 alarms currently active" in shown
    assert "Major  FPC 0 Hard errors" in shown
    bench.device.disarm("alarm")
    assert "No alarms currently active" in bench.shell().type("show chassis alarms")


def test_a_core_file_appears(bench):
    """The crashed daemon's file is listed, is there, and goes when it's deleted."""
    bench.arm("core-file", daemon="iked")
    shell = bench.shell()
    assert "/var/crash/iked.core.0.gz" in shell.type("show system core-dumps")
    assert "iked.core.0.gz" in shell.type("file list /var/crash")
    shell.type("file delete /var/crash/iked.core.0.gz")
    assert "iked.core" not in shell.type("show system core-dumps")
    bench.device.disarm("core-file")


def test_a_tunnel_is_half_up(bench_for, push, ipsec):
    """It counts as active with one association, where two belong."""
    bench = bench_for(switches={"peers": "answering"})
    push(bench.netconf(), ipsec(2))
    bench.arm("half-up", index=2)
    reply = bench.netconf().rpc("<get-security-associations-information/>")
    blocks = list(reply.iter("{*}ipsec-security-associations-block"))
    counts = [len(block.findall("{*}ipsec-security-associations")) for block in blocks]
    assert counts == [2, 2, 1]
    assert reply.findtext(".//{*}total-ipsec-sas").strip() == "5"
