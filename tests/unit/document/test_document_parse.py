"""YAML as plain data with lines: what it means, where it stands, and what is too much."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.document import parse as parsing
from harness.document.parse import MAX_DEPTH, Document, parse, resolve_plain


@pytest.fixture(params=["pure", "libyaml"], autouse=True)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "libyaml" and not yaml.__with_libyaml__:
        pytest.skip("PyYAML was built without libyaml")
    chosen = yaml.SafeLoader if request.param == "pure" else yaml.CSafeLoader
    monkeypatch.setattr(parsing, "_LOADER", chosen)


def said(document: Document) -> list[tuple[int, str]]:
    return [(problem.line, problem.text) for problem in document.problems]


def test_every_key_and_item_has_its_line() -> None:
    """Lines count from 1, and a value that isn't there has its parent's."""
    document = parse("a: 1\nb:\n  - x\n  - c: {d: 2,\n       e: 3}\n")
    assert document.data == {"a": 1, "b": ["x", {"c": {"d": 2, "e": 3}}]}
    lines = {
        ("a",): 1,
        ("b",): 2,
        ("b", 0): 3,
        ("b", 1, "c"): 4,
        ("b", 1, "c", "e"): 5,
        ("b", 1, "c", "missing", "deeper"): 4,
        ("missing",): 1,
    }
    assert {path: document.line(path) for path in lines} == lines


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("12", 12),
        ("-3", -3),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1e999", "1e999"),
        ("9" * 30, float("9" * 30)),
        ("yes", "yes"),
        ("off", "off"),
        ("12:30", "12:30"),
        ("2026-01-01", "2026-01-01"),
        ("192.0.2.1", "192.0.2.1"),
        (".inf", ".inf"),
    ],
)
def test_plain_words_mean_what_the_core_schema_says(text: str, value: object) -> None:
    """Words of YAML 1.1 that surprise people (yes, 12:30, dates) are text."""
    resolved = resolve_plain(text)
    assert (resolved, type(resolved)) == (value, type(value))


def test_quotes_make_text() -> None:
    """A quoted number, word or nothing is text, and keys are text always."""
    assert parse("""{a: '1', b: "true", c: '', 4: x}""").data == {
        "a": "1",
        "b": "true",
        "c": "",
        "4": "x",
    }


def test_an_alias_is_a_copy_and_a_merge_fills_gaps() -> None:
    """An alias repeats its anchor; << adds what the mapping doesn't say itself."""
    document = parse("a: &a {x: 1, y: 2}\nb: *a\nc:\n  <<: *a\n  y: 3\nd: {<<: [*a, {z: 4}]}\n")
    assert document.data == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 2},
        "c": {"x": 1, "y": 3},
        "d": {"x": 1, "y": 2, "z": 4},
    }
    assert document.line(("c", "x")) == 1
    assert document.line(("c", "y")) == 5


def test_a_key_given_twice_is_named_with_both_lines() -> None:
    """The second one is the mistake; reading goes on, so that later mistakes show too."""
    document = parse("a:\n  b: 1\n  b: 2\n  b: 3\nc: 1\nc: 2\n")
    assert said(document) == [
        (3, "given twice; first on line 2"),
        (4, "given twice; first on line 2"),
        (6, "given twice; first on line 5"),
    ]
    assert document.problems[0].path == ("a", "b")


BILLION_LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGE_BOMB = (
    "a: &a {" + ", ".join(f"k{i}: 1" for i in range(1000)) + "}\n"
    "b: {<<: [" + ", ".join(["*a"] * 1000) + "]}\n"
)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param(BILLION_LAUGHS, None, "aliases expand to too much", id="billion laughs"),
        pytest.param(MERGE_BOMB, 2, "aliases expand to too much", id="merge bomb"),
        pytest.param("[" * 100_000, 1, "nested too deeply; allowed: 16 levels", id="deep flow"),
        pytest.param(
            "".join("  " * i + "a:\n" for i in range(200)),
            MAX_DEPTH + 1,
            "nested too deeply",
            id="deep block",
        ),
        pytest.param(
            "a0: &a0 x\n" + "".join(f"a{i + 1}: &a{i + 1} [*a{i}]\n" for i in range(100)),
            None,
            "aliases expand to too much",
            id="depth by aliases",
        ),
        pytest.param("a: &a [*a]\n", 1, "alias without a finished anchor", id="alias of itself"),
        pytest.param("a: *b\n", 1, "alias without a finished anchor", id="no anchor"),
        pytest.param("a: !!python/name:os.system\n", 1, "has a tag", id="python tag"),
        pytest.param("a: !x {b: 1}\n", 1, "has a tag", id="tag on a mapping"),
        pytest.param("? [a]\n: b\n", 1, "a key isn't plain text", id="list as key"),
        pytest.param("a: &a x\n*a : b\n", 2, "a key isn't plain text", id="alias as key"),
        pytest.param("a: &a x\nb: {<<: *a}\n", 2, "<< merges something else", id="merged text"),
        pytest.param("a: 1\n---\nb: 2\n", 2, "a second document starts here", id="two documents"),
        pytest.param("a: 1\n\tb: 2\n", 2, "a tab indents this line; allowed: spaces", id="tab"),
        pytest.param("a: 1\nb: \x07\n", 2, "holds a control character", id="control character"),
        pytest.param("a: 'x\n", None, "not YAML", id="open quote"),
        pytest.param("a: [1, 2\nb: 3\n", None, "not YAML", id="open bracket"),
        pytest.param("a: b: c\n", 1, "not YAML: mapping values are not allowed", id="two colons"),
        pytest.param("a: @x\n", 1, "not YAML: a value starts with a reserved", id="reserved"),
        pytest.param("", 1, "the file is empty", id="empty"),
    ],
)
def test_what_cannot_be_read_is_one_problem(text: str, line: int | None, words: str) -> None:
    """Bombs, tags and syntax errors end in one problem each, before anything grows."""
    document = parse(text)
    assert document.data is None
    assert len(document.problems) == 1
    assert document.problems[0].text.startswith(words)
    if line is not None:
        assert document.problems[0].line == line


@given(st.text(alphabet="ab:-[]{}&*!<|>'\"#%@`,? \n\t~1.", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever is typed, the parser answers with data or with a problem, and never raises."""
    document = parse(text)
    assert document.data is not None or document.problems
