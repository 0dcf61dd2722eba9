"""The parts of a rung read the same text without knowing of each other; it's flattened once."""

import pytest

from harness.errors import DeviceError
from harness.render.readback import fingerprint, statements

TEXT = "<configuration><system><host-name>{}</host-name></system></configuration>"


def test_one_text_is_flattened_once():
    """The same text, read again, gives the very statements of the first time."""
    first, again = TEXT.format("once"), "".join(["", TEXT.format("once")])

    assert statements(first) is statements(again)
    assert statements(first).members is statements(again).members


def test_another_text_is_another_answer():
    """One character makes other statements and another fingerprint."""
    one, other = TEXT.format("one"), TEXT.format("two")

    assert statements(one).paths != statements(other).paths
    assert fingerprint(one) != fingerprint(other)


def test_few_texts_are_kept():
    """A fleet's configurations don't gather in memory."""
    for number in range(100):
        statements(TEXT.format(number))
        fingerprint(TEXT.format(number))

    assert statements.cache_info().currsize <= 8
    assert fingerprint.cache_info().currsize <= 8


def test_unreadable_stays_unreadable():
    """A text that can't be read raises each time."""
    for _ in range(2):
        with pytest.raises(DeviceError):
            statements("<configuration>")
