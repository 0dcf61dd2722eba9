"""Signals: the first one interrupts, a quick second one is the same, none stops the restoring."""

import os
import signal
from types import SimpleNamespace

import pytest

from harness.clock import ManualClock
from harness.pytest_plugin.controller import Controller
from harness.pytest_plugin.interrupts import Interrupts

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def clock():
    """Return a clock that stands still."""
    return ManualClock()


@pytest.fixture
def interrupts(clock):
    """Listen as on a terminal, whatever the test runner was told, and give everything back."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    listening = Interrupts(clock)
    listening.catch()
    yield listening
    listening.release()
    assert {signal.getsignal(number) for number in SIGNALS} == {signal.SIG_DFL}
    for number, handler in before.items():
        signal.signal(number, handler)


def send(number):
    """Send a signal to ourselves; Python hears it before it goes on."""
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_interrupts_and_is_remembered(interrupts, number):
    """Each of them is like Ctrl-C, under its own name."""
    with pytest.raises(KeyboardInterrupt):
        send(number)
    assert interrupts.first == number.name


def test_a_quick_second_is_the_same(interrupts, clock):
    """It would meet the exception of the first one on its way up."""
    with pytest.raises(KeyboardInterrupt):
        send(signal.SIGINT)
    clock.advance(0.4)
    send(signal.SIGTERM)


def test_a_later_second_interrupts_again(interrupts, clock):
    """Whoever waits in vain can go on asking; the first one keeps the name."""
    with pytest.raises(KeyboardInterrupt):
        send(signal.SIGTERM)
    clock.advance(0.6)
    with pytest.raises(KeyboardInterrupt):
        send(signal.SIGINT)
    assert interrupts.first == "SIGTERM"


@pytest.mark.parametrize("number", SIGNALS)
def test_held_off(interrupts, number):
    """Nothing interrupts the restoring, nor is it taken for the run's end."""
    interrupts.hold_off()
    send(number)
    assert interrupts.first is None


def test_what_was_ignored_stays_ignored(clock):
    """A run under nohup is deaf to a terminal that is closed."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    listening = Interrupts(clock)
    try:
        listening.catch()
        send(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert listening.first is None
    finally:
        listening.release()
        signal.signal(signal.SIGHUP, before)


class Stopped(KeyboardInterrupt):
    """As pytest and xdist end a loop themselves: -x, --maxfail."""


@pytest.mark.parametrize("kind", [KeyboardInterrupt, Stopped])
def test_after_the_cases_nothing_interrupts(kind):
    """From the end of the loop on signals wait; an own end of pytest's keeps its words."""
    config = SimpleNamespace(getoption=lambda _, default: default)
    controller = Controller(config, None)
    loop = controller.pytest_runtestloop()
    next(loop)
    raised = kind("words")
    with pytest.raises(kind) as caught:
        loop.throw(raised)
    assert controller._interrupts._held_off
    assert (caught.value is raised) is (kind is Stopped)
