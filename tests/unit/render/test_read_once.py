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
    first = statements(TEXT.format("first"))
    for number in range(8):
        statements(TEXT.format(number))

    assert statements(TEXT.format("first")) is not first
    assert statements(TEXT.format("first")) == first


def test_the_same_statements_of_another_commit_are_flattened_once():
    """Who committed them, and when, stands at their head alone."""
    first, again = (
        f'<configuration junos:commit-seconds="{seconds}" junos:commit-user="{user}">'
        "<system/></configuration>"
        for seconds, user in ((1, "alice"), (2, "bob"))
    )

    assert statements(first) is statements(again)
    assert fingerprint(first) == fingerprint(again)


@pytest.mark.parametrize(
    "other",
    [
        '<configuration><system junos:commit-user="x" inactive="inactive"/></configuration>',
        '<configuration><system> junos:commit-user="x"</system></configuration>',
        '<configuration><system><name> commit-user="x"</name></system></configuration>',
    ],
)
def test_only_the_head_is_looked_at(other):
    """What looks like it further down is configuration."""
    assert fingerprint(other) != fingerprint("<configuration><system/></configuration>")


def test_unreadable_stays_unreadable():
    """A text that can't be read raises each time."""
    for _ in range(2):
        with pytest.raises(DeviceError):
            statements("<configuration>")
