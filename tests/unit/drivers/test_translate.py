"""The border: every foreign exception becomes one of ours, and keeps its cause."""

import pytest

from harness.drivers.ssh import SSH_RULES
from harness.drivers.translate import Rule, border
from harness.errors import DeviceBusy, HarnessBug, LabError, LoginRefused, Unreachable

RULES = (
    Rule(ConnectionResetError, LoginRefused, "reset", quote=True),
    Rule(OSError, Unreachable, "lost"),
)


@pytest.mark.parametrize(
    ("raised", "expected", "words"),
    [
        (ConnectionResetError("by\n peer"), LoginRefused, "srx1: asking: reset: by peer"),
        (OSError("the payload with a key"), Unreachable, "srx1: asking: lost"),
        (KeyError("x"), HarnessBug, "srx1: asking: unexpected KeyError"),
    ],
)
def test_first_matching_rule_wins(raised, expected, words):
    """The most specific rule decides class and words; text is quoted only where allowed."""
    with pytest.raises(expected) as caught, border("srx1", "asking", RULES):
        raise raised

    assert str(caught.value) == words
    assert caught.value.__cause__ is raised


def test_own_errors_pass():
    """An error that already is ours goes through unchanged."""
    with pytest.raises(DeviceBusy, match="held"), border("srx1", "locking", RULES):
        raise DeviceBusy("held")


def test_ssh_rules_are_ordered_most_specific_first():
    """No rule stands behind one that already catches its class."""
    for position, rule in enumerate(SSH_RULES):
        assert not any(issubclass(rule.caught, other.caught) for other in SSH_RULES[:position])
        assert issubclass(rule.raised, LabError)
