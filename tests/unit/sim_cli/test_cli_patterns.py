"""The pipes' regular expressions: Python's own agree where they can be asked safely."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sim.cli.patterns import Pattern, PatternError

_ATOMS = ("a", "b", ".", "[ab]", "[^a]", "(a|b)", "(ab)*", "^", "$", "a{1,2}", "(a|bb){0,3}", "b+",
          "a?", "(a*)*", "()", "[[:digit:]x]", r"\.", "a{2}", "b{1,}")  # fmt: skip
_PATTERNS = st.lists(st.sampled_from((*_ATOMS, "|")), min_size=1, max_size=6).map("".join)


@given(_PATTERNS, st.text("abC.1x", max_size=10))
def test_it_finds_what_python_finds(pattern, text):
    """A pattern matches a text exactly when Python's engine says so."""
    python = re.compile(pattern.replace("[:digit:]", "0-9"), re.IGNORECASE)
    assert Pattern(pattern).search(text) is (python.search(text) is not None)


@given(
    st.sampled_from(("ge", "g.", "[0-9]+", "(ab|a)b*", "e$", "^g")), st.text("gab0e-", max_size=9)
)
def test_it_replaces_the_longest_matches(pattern, text):
    """Replacing works from the left, and takes the longest match at each place."""
    longest = pattern.replace("(ab|a)b*", "ab*")
    assert Pattern(pattern, fold=False).replace(text, "X") == re.sub(longest, "X", text)


@pytest.mark.parametrize(
    "pattern", ["(", "a)", "[a", "*a", "a{3,2}", "\\", "[b-a]", "[[:foo:]]", "a{256}", "(" * 60]
)
def test_ill_formed_patterns_are_refused(pattern):
    """What isn't an expression is an error, whatever is wrong with it."""
    with pytest.raises(PatternError):
        Pattern(pattern)


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|a)*(a|a)*b", "(a?){60}a{60}b", "((a+)+)+b"])
def test_hostile_patterns_take_linear_time(pattern):
    """Expressions that take a backtracking matcher for ever are simply answered."""
    assert not Pattern(pattern).search("a" * 20_000)


@pytest.mark.parametrize("pattern", ["(.{0,200}){0,200}", "a" * 2000])
def test_expressions_too_large_are_refused(pattern):
    """A pattern may not grow without bound."""
    with pytest.raises(PatternError):
        Pattern(pattern)


def test_the_work_for_one_pattern_is_bounded():
    """A pattern whose states never end is given up."""
    text = "".join(random.Random(7).choices("ac", k=100_000))  # noqa: S311 - any text without order
    with pytest.raises(PatternError, match="too complex"):
        Pattern("a.{200}b").search(text)
