"""Whoever looks on at a device is told of every request, and can take its connection away."""

from __future__ import annotations

from harness.sim.effects import HangUp
from harness.sim.netconf.framing import frame
from harness.sim.onlooker import Stage

_COMMIT = "<commit-configuration><log>x</log></commit-configuration>"


def _seen(bench) -> list[tuple[str, Stage, bool, int]]:
    seen = []

    def look(request):
        seen.append((request.name, request.stage, request.commits, len(bench.device.store.history)))
        return ()

    bench.device.onlooker = look
    return seen


def test_it_sees_a_request_before_and_after_the_work(bench):
    """What isn't done yet isn't there yet; a check is no commit."""
    talk = bench.netconf()
    seen = _seen(bench)
    talk.rpc("<commit-configuration><check/></commit-configuration>")
    talk.rpc(_COMMIT)
    name = "commit-configuration"
    assert seen == [
        (name, Stage.ASKED, False, 1),
        (name, Stage.DONE, False, 1),
        (name, Stage.ASKED, True, 1),
        (name, Stage.DONE, True, 2),
    ]


def test_it_sees_a_line_of_the_cli_before_the_work(bench):
    """A command line answers while it works, so there is no later moment."""
    talk = bench.shell()
    talk.type("configure")
    seen = _seen(bench)
    talk.type("commit")
    assert seen == [("commit", Stage.ASKED, True, 1)]


def test_it_can_end_the_session_before_the_work_or_after_it(bench):
    """The answer is lost either way; only one of them committed."""
    for stage, commits in ((Stage.ASKED, 1), (Stage.DONE, 2)):
        talk = bench.netconf()
        bench.device.onlooker = lambda request, at=stage: (
            (HangUp(abrupt=True),) if request.stage is at else ()
        )
        before = len(talk.sent)
        talk.say(frame(f"<rpc>{_COMMIT}</rpc>".encode(), chunked=False))
        assert (talk.hung_up, len(talk.sent)) == (HangUp(abrupt=True), before)
        assert len(bench.device.store.history) == commits
