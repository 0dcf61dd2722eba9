"""Faults by schedule, and how long requests are pretended to take."""

from __future__ import annotations

from typing import Any

import pytest

from harness.sim.faults.named import Faults
from harness.sim.faults.pace import commit_seconds, seconds_of
from harness.sim.faults.replies import pieces, spoiled
from harness.sim.faults.schedule import Schedule
from harness.sim.spec import FaultSpec


def _deeds(specs: list[FaultSpec], *moments: float) -> list[str]:
    schedule = Schedule(specs, now=100.0)
    done: list[str] = []

    def arm(spec: FaultSpec) -> bool:
        done.append(f"+{spec.name}")
        return True

    for moment in moments:
        schedule.run(moment, arm, lambda spec: done.append(f"-{spec.name}"))
    return done


@pytest.mark.parametrize(
    ("specs", "moments", "deeds"),
    [
        ([FaultSpec("slow", after=5)], (104.9,), []),
        ([FaultSpec("slow", after=5)], (105.0,), ["+slow"]),
        ([FaultSpec("slow", after=5, lasting=2)], (106.0, 107.0), ["+slow", "-slow"]),
        ([FaultSpec("slow", after=5, lasting=2)], (200.0, 300.0), ["+slow", "-slow"]),
        ([FaultSpec("slow", after=5, lasting=2), FaultSpec("slow", after=7)], (200.0,),
         ["+slow", "-slow", "+slow"]),
        ([FaultSpec("a", after=2), FaultSpec("b", after=1)], (200.0,), ["+b", "+a"]),
    ],
)  # fmt: skip
def test_a_schedule_comes_and_goes(
    specs: list[FaultSpec], moments: tuple[float, ...], deeds: list[str]
) -> None:
    """Each fault begins and ends once, at its time, in the order of the times."""
    assert _deeds(specs, *moments) == deeds


def test_what_can_not_begin_yet_is_tried_again() -> None:
    """A fault that somebody is in the way of begins at the next look."""
    schedule = Schedule([FaultSpec("lock-held", after=5)], now=0.0)
    answers = iter((False, True))
    tries: list[str] = []

    def arm(spec: FaultSpec) -> bool:
        tries.append(spec.name)
        return next(answers)

    for moment in (5.0, 6.0, 7.0):
        schedule.run(moment, arm, lambda spec: tries.append(spec.name))
    assert tries == ["lock-held", "lock-held"]


def _on(bench: Any, *, after: float) -> list[str]:
    bench.clock.advance(after)
    bench.device.tick()
    return [fault.name for fault in bench.device.faults.armed()]


def test_an_end_is_of_its_own_beginning(bench: Any) -> None:
    """A fault that is switched on anew doesn't end when the earlier one would have."""
    bench.device.arm(FaultSpec("slow", lasting=60.0))
    assert _on(bench, after=50.0) == ["slow"]
    bench.device.arm(FaultSpec("slow", lasting=60.0))
    assert _on(bench, after=20.0) == ["slow"]
    assert _on(bench, after=41.0) == []


def test_what_is_to_come_is_switched_off_too(bench: Any) -> None:
    """Off is off, also for a fault that would have begun later; others stay due."""
    bench.device.arm(FaultSpec("slow", after=10.0))
    bench.device.arm(FaultSpec("disk-full", after=10.0))
    bench.device.disarm("slow")
    assert _on(bench, after=11.0) == ["disk-full"]


@pytest.mark.parametrize(
    ("options", "rpc", "seconds"),
    [
        ({"seconds": 2.0}, "get-arp-table-information", 2.0),
        ({"seconds": 2.0, "rpc": "commit-configuration"}, "commit-configuration", 2.0),
        ({"seconds": 2.0, "rpc": "commit-configuration"}, "get-configuration", 0.0),
    ],
)
def test_requests_are_slow_where_told(
    options: dict[str, float | str], rpc: str, seconds: float
) -> None:
    """All requests take longer, or those of one RPC."""
    assert seconds_of(Faults([FaultSpec("slow", options)]), rpc) == seconds


def test_a_commit_takes_longer_with_every_tunnel() -> None:
    """The curve is a constant, a part per tunnel and a part per tunnel squared."""
    curve = {"seconds": 1.0, "per_tunnel": 0.01, "per_tunnel_squared": 0.001}
    faults = Faults([FaultSpec("commit-time", curve)])
    assert [round(commit_seconds(faults, count), 6) for count in (0, 10, 100)] == [1.0, 1.2, 12.0]
    assert commit_seconds(Faults(), 100) == 0.0


def test_pieces_split_characters_and_lose_nothing() -> None:
    """Joined again the pieces are the reply, and one cuts a character in two."""
    reply = "größer".encode()
    cut = list(pieces(Faults([FaultSpec("split-replies", {"bytes": 3})]), reply))
    assert b"".join(cut) == reply
    assert [len(piece) for piece in cut] == [3, 3, 2]
    assert cut[0].decode(errors="replace").endswith("�")


def test_a_reply_loses_one_closing_tag() -> None:
    """Only the answers to the RPC that was named are spoiled."""
    faults = Faults([FaultSpec("ill-formed-reply", {"rpc": "get-x"})])
    assert spoiled(faults, "get-x", "<a><b>1</b></a>") == "<a><b>1</a>"
    assert spoiled(faults, "get-x", "<ok/>") == "<ok/><ill-formed>"
    assert spoiled(faults, "get-y", "<a/>") == "<a/>"
