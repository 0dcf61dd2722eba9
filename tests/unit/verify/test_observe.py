"""Asking: which session, which question, what a refusal becomes, and how long to wait."""

from __future__ import annotations

import pytest

from harness.clock import ManualClock
from harness.drivers.protocol import Reader
from harness.errors import DeviceMessage, RpcRefused, Unreachable
from harness.outcome import Outcome
from harness.plan.model import Kind
from harness.verify.facts import Refusal, Unreadable
from harness.verify.judge import judge
from harness.verify.observe import ask, gather, observe
from harness.verify.wait import Patience, observe_settled
from harness.verify.witnesses import Rpc, witnesses


def readers(paper_reader, device, refuses=()):
    both = {way: paper_reader(device, name) for way, name in WAYS.items()}
    for way, question, error in refuses:
        both[way].refuses = {question: error}
    return both


WAYS = {"netconf": "ncclient", "cli": "netmiko"}
REFUSED = RpcRefused("srx-1 refused", (DeviceMessage("error", "permission denied"),))


@pytest.mark.parametrize("kind", list(Kind))
def test_every_witness_asks_its_own_questions_over_its_way(paper, paper_reader, kind):
    """No two witnesses share an answer, and what they see is what they are told."""
    device = paper(kind, 2)
    both = readers(paper_reader, device)
    assert isinstance(both["cli"], Reader)
    seen = observe(kind, both)
    assert [(o.witness, o.seen) for o in seen] == [(o.witness, o.seen) for o in device.observe()]
    assert {o.driver for o in seen} == set(WAYS.values())
    for way, reader in both.items():
        questions = [w for w in witnesses(kind) if w.way == way]
        assert len(reader.asked) == sum(len(w.questions) for w in questions)


def test_gathered_evidence_passes_an_honest_device(paper, paper_reader):
    """History, read-back and witnesses come from the witness sessions alone."""
    device = paper(Kind.IPSEC, 2)
    both = readers(paper_reader, device)
    bundle = gather(Kind.IPSEC, both, history_before=device.history_before())
    verdict = judge(device.expected, bundle, device.calibrated(), device.history()[0].log)
    assert verdict.passed, verdict.reason
    assert both["netconf"].asked[-1] == "configuration committed xml"


def test_the_cli_answers_where_netconf_is_missing(paper, paper_reader):
    """History and configuration are asked over the way that there is."""
    device = paper(Kind.GRE, 2)
    cli = paper_reader(device, "netmiko")
    bundle = gather(Kind.GRE, {"cli": cli})
    assert {"get-commit-information", "configuration committed xml"} <= set(cli.asked)
    (silent,) = [o for o in bundle.observations if o.witness == "gr-units"]
    assert silent.seen == Unreadable("there's no netconf session to ask over")


def test_without_any_session_nothing_is_readable(paper):
    """No session is an error of the lab, not an empty device."""
    device = paper(Kind.GRE, 2)
    verdict = judge(device.expected, gather(Kind.GRE, {}), device.calibrated(), "x")
    assert verdict.outcome is Outcome.ERROR


def test_a_refusal_is_the_devices_own_words(paper, paper_reader):
    """A refused question is an observation, and unreadable."""
    device = paper(Kind.GRE, 2)
    reader = paper_reader(device, "ncclient", {"get-interface-information": REFUSED})
    assert ask(reader, Rpc("get-interface-information")) == Refusal("permission denied")
    bare = RpcRefused("srx-1: no such element")
    reader.refuses = {"get-interface-information": bare}
    assert ask(reader, Rpc("get-interface-information")) == Refusal("srx-1: no such element")


@pytest.mark.parametrize(
    ("question", "part"),
    [("get-commit-information", "history"), ("configuration committed xml", "readback")],
)
def test_refused_evidence_is_unreadable(paper, paper_reader, question, part):
    """History and read-back that are refused become an error with the device's words."""
    device = paper(Kind.GRE, 2)
    both = readers(paper_reader, device, [("netconf", question, REFUSED)])
    bundle = gather(Kind.GRE, both)
    found = getattr(bundle, part)
    assert isinstance(found, Unreadable)
    assert "permission denied" in found.reason
    verdict = judge(device.expected, bundle, device.calibrated(), device.history()[0].log)
    assert verdict.outcome is Outcome.ERROR


def test_a_lost_link_is_not_swallowed(paper, paper_reader):
    """Unreachable is the lab's fault and goes up."""
    lost = Unreachable("srx-1: the session was lost")
    both = readers(
        paper_reader, paper(Kind.GRE, 2), [("netconf", "get-interface-information", lost)]
    )
    with pytest.raises(Unreachable):
        observe(Kind.GRE, both)


class Late(ManualClock):
    """A clock at whose second look the device's tables have caught up."""

    def __init__(self, at, change):
        super().__init__()
        self._at, self._change = at, change

    def sleep(self, seconds):
        super().sleep(seconds)
        if self.monotonic() >= self._at:
            self._change()


def settle(device, both, clock, seconds=10.0):
    before = {o.witness: o.seen for o in device.observe_baseline()}
    return observe_settled(device.expected, before, both, clock, Patience(seconds, 2.0))


def test_tables_may_follow_the_commit(paper, paper_reader):
    """A tunnel that appears within the patience counts; who agreed isn't asked again."""
    device = paper(Kind.GRE, 2)
    whole, device.lists = device.lists, {"gr": device.lists["gr"][:2]}
    clock = Late(4.0, lambda: device.lists.update(whole))
    both = readers(paper_reader, device)
    seen = settle(device, both, clock)
    assert [o.seen["gr"].count for o in seen] == [3, 3, 3]
    assert clock.monotonic() == 4.0
    assert both["netconf"].asked == ["get-interface-information"] * 3
    settle(device, both, clock)
    assert clock.monotonic() == 4.0


def test_waiting_ends_and_hides_nothing(paper, paper_reader):
    """A tunnel that stays away is still missing when the patience is over."""
    device = paper(Kind.GRE, 2)
    device.lists["gr"].pop()
    clock = ManualClock()
    both = readers(paper_reader, device)
    bundle = gather(Kind.GRE, both, look_around=lambda: settle(device, both, clock))
    assert clock.monotonic() == 10.0
    verdict = judge(device.expected, bundle, device.calibrated(), device.history()[0].log)
    assert verdict.outcome is Outcome.FAIL
    assert "hil-t00002" in verdict.reason


def test_what_can_not_be_read_is_not_waited_for(paper, paper_reader):
    """Refusals don't change by asking again."""
    device = paper(Kind.GRE, 2)
    both = readers(paper_reader, device, [("netconf", "get-interface-information", REFUSED)])
    clock = ManualClock()
    seen = settle(device, both, clock)
    assert isinstance(seen[0].seen, Unreadable)
    assert clock.monotonic() == 0.0
