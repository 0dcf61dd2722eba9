"""A device that doesn't answer costs a bounded time, and is asked no more."""

import pytest

from harness.clock import ManualClock
from harness.errors import HarnessError, LabError, RpcRefused, Unreachable
from harness.lab.asking import ALL_SECONDS, QUESTION_SECONDS, Asking


class Device:
    """A bench and its session in one: each question takes a while and has an answer or an error."""

    def __init__(self, *answers, seconds=1.0, opens=True):
        self.run = self
        self.clock = ManualClock()
        self.answers = list(answers)
        self.seconds = seconds
        self.opens = opens
        self.opened = self.closed = 0
        self.asked = []

    def apart(self, seconds, *, cli_first):
        assert seconds == QUESTION_SECONDS
        assert not cli_first
        self.opened += 1
        if not self.opens:
            raise Unreachable("nobody there")
        return self

    def cli(self, command):
        self.asked.append(command)
        self.clock.advance(self.seconds)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self):
        self.closed += 1


def told(asking, *commands):
    """Return each answer, or the words of the error."""
    answers = []
    for command in commands:
        try:
            answers.append(asking.text(command))
        except HarnessError as error:
            answers.append(str(error))
    return answers


def test_one_session_answers_all():
    """Opened at the first question, closed at the end; a refusal is an answer."""
    device = Device("a", RpcRefused("no such command"), "c")
    with Asking(device) as asking:
        assert told(asking, "1", "2", "3") == ["a", "no such command", "c"]
    assert (device.opened, device.closed) == (1, 1)
    assert not asking.gone


def test_a_lost_answer_costs_a_session_and_the_second_one_the_rest():
    """After two answers that didn't come nothing more is asked, and the reason is kept."""
    device = Device(Unreachable("no answer"), "b", Unreachable("no answer either"))
    with Asking(device) as asking:
        answers = told(asking, "1", "2", "3", "4")
    assert answers == ["no answer", "b", "no answer either", "not asked: no answer either"]
    assert (device.opened, device.closed) == (2, 2)
    assert asking.gone == "no answer either"


def test_a_device_that_can_not_be_reached_is_tried_once():
    """Each further question says why it wasn't asked."""
    device = Device(opens=False)
    with Asking(device) as asking:
        answers = told(asking, "1", "2")
    assert answers == ["nobody there", "not asked: nobody there"]
    assert device.opened == 1


def test_all_questions_together_have_an_end():
    """A slow device is left alone when the time is over."""
    device = Device(*"abcdefgh", seconds=QUESTION_SECONDS)
    with Asking(device) as asking:
        answers = told(asking, *"12345678")
    count = int(ALL_SECONDS / QUESTION_SECONDS)
    assert answers[:count] == list("abcdefgh")[:count]
    assert set(answers[count:]) == {f"not asked: the {ALL_SECONDS:.0f} s for evidence are over"}


def test_what_is_nobody_s_fault_in_the_lab_gets_out():
    """Only errors of ours are answers; a bug isn't swallowed."""
    device = Device(KeyError("bug"))
    with pytest.raises(KeyError), Asking(device) as asking:
        asking.text("1")
    assert device.closed == 1
    assert issubclass(Unreachable, LabError)
