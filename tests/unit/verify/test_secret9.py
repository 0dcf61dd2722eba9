"""Keys as they're read back: decoding and comparing."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.verify.secret9 import Comparison, compare, decode, readable


@pytest.mark.parametrize(
    ("encoded", "clear"),
    [
        ("$9$FNkC3/t1IcevLuOWx", "hello"),  # published examples
        ("$9$2GgZjHkPQ39.PhrvLVb.P5Tz6", "password"),
        ("$9$dLw2ajHmFnCZUnCtuEhVwYY", None),  # published as invalid
        ("$9$dLw2ajHmFnCZUnCtuEhVw", None),
        ("$9$", None),
        ("$9$asdf*", None),
        ("$8$x", None),
        ("hello", None),
        ("", None),
    ],
)
def test_published_examples(encoded, clear):
    """Known strings decode, ill-formed ones don't."""
    assert decode(encoded) == clear


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=255))
def test_every_key_survives(to_type9, clear):
    """Whatever is encoded decodes to itself."""
    assert decode(to_type9(clear)) == clear


@given(st.text(max_size=40))
def test_hostile_text_never_raises(text):
    """Anything that isn't a well-formed string is None."""
    assert decode(f"$9${text}") is None or isinstance(decode(f"$9${text}"), str)


@pytest.mark.parametrize(
    ("one", "other", "result"),
    [
        ("hello", "$9$FNkC3/t1IcevLuOWx", Comparison.SAME),
        ("hallo", "$9$FNkC3/t1IcevLuOWx", Comparison.DIFFERENT),
        ("hello", "hello", Comparison.SAME),
        ("hello", "hallo", Comparison.DIFFERENT),
        ("hello", "$8$x", Comparison.NOT_COMPARED),
        ("hello", "/* SECRET-DATA */", Comparison.NOT_COMPARED),
        ("$6$salt$hash", "$6$salt$hash", Comparison.SAME),
        ("$6$salt$hash", "$6$salt$other", Comparison.DIFFERENT),
        ("$8$x", "$8$x", Comparison.SAME),
        ("$8$x", "$8$y", Comparison.NOT_COMPARED),
    ],
)
def test_comparisons(one, other, result):
    """Clear against encoded, encoded against itself, and what can't be said."""
    assert compare(one, other) is result


def test_what_can_be_compared():
    """All but the encrypted and the hidden; a hash stands for itself."""
    assert readable("$6$x") == "$6$x"
    assert readable("clear") == "clear"
    assert readable("$8$x") is None
    assert readable("/* SECRET-DATA */") is None
