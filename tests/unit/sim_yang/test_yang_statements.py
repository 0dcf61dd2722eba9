"""The parser of YANG text: strings, comments, mistakes; and that pyang reads the same tree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.sim.yang.statements import YangStatement, YangSyntaxError, parse_yang


def tree(statement: YangStatement) -> tuple:
    """Return a statement as nested tuples."""
    below = tuple(tree(one) for one in statement.substatements)
    return (statement.keyword, statement.argument, below)


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        ("plain", "plain"),
        ("'single \\n quotes'", "single \\n quotes"),
        ('"double \\"quotes\\"\\tand \\\\"', 'double "quotes"\tand \\'),
        ('"a" + \'b\' + "c"', "abc"),
        ("two // comment\n", "two"),
        ("/* comment */ three", "three"),
        ("a+b", "a+b"),
        ('"first   \n      second"', "first\n second"),  # the quote stands in column 5
        ('"first\n  less indented"', "first\nless indented"),
        ('"first\n\t\ttabs"', "first\n           tabs"),
    ],
)
def test_an_argument(text, argument):
    """Strings, joined strings, comments, and lines of a string (RFC 7950, 6.1.3)."""
    assert parse_yang(f"m m {{\nk   {text};\n}}").substatements[0].argument == argument


def test_a_module_is_a_tree():
    """Keywords, arguments, substatements, in order."""
    module = parse_yang("module m { prefix p; leaf a { type string { length 1..2; } } action; }")
    length = ("length", "1..2", ())
    assert tree(module) == (
        "module",
        "m",
        (
            ("prefix", "p", ()),
            ("leaf", "a", (("type", "string", (length,)),)),
            ("action", None, ()),
        ),
    )


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("module m {\n leaf a b c;\n}", 2, "'leaf a b c ;' is no statement"),
        ("module m {\n}\n}", 3, "'}' closes nothing"),
        ("module m {\n leaf a", 2, "the text ends inside a statement"),
        ("module m {\n leaf a }", 2, "'leaf a }' is no statement"),
        ('module m {\n leaf "a\n}', 2, "unexpected '\"a\\n}'"),
        ("module m; module n;", 1, "2 modules, expected one"),
        ("", 1, "0 modules, expected one"),
        ("module m { ; }", 1, "';' is no statement"),
        ('module m { leaf "a" + ; }', 1, "'leaf a ;' is no statement"),
    ],
)
def test_a_mistake_names_its_line(text, line, said):
    """What isn't YANG is refused with the line."""
    with pytest.raises(YangSyntaxError) as caught:
        parse_yang(text)
    assert (str(caught.value), caught.value.line) == (said, line)


ORACLE = [
    "junos-es/conf-with-extensions/junos-es-conf-security",
    "junos-es/conf-with-extensions/junos-es-conf-routing-options",
    "junos-es/conf/junos-es-conf-applications",
    "junos/conf/junos-conf-vmhost",
    "junos-es/rpc-with-extensions/junos-es-rpc-security",
]


@pytest.mark.parametrize("module", ORACLE)
def test_pyang_reads_the_same_tree(module, release):
    """Statement by statement, in modules with every kind of string."""
    parser, repository, context = (
        pytest.importorskip(f"pyang.{name}", reason="pyang isn't installed")
        for name in ("yang_parser", "repository", "context")
    )
    paths = [*release.glob(f"{module}@*.yang")]
    assert len(paths) == 1
    text = paths[0].read_text()
    reading = context.Context(repository.FileRepository(str(paths[0].parent), use_env=False))
    found = parser.YangParser().parse(reading, str(paths[0]), text)
    assert list(walk(parse_yang(text))) == list(pyang_walk(found))


def walk(statement: YangStatement) -> Iterator[tuple[str, str | None, int]]:
    """Walk (keyword, argument, number of substatements) of a whole tree."""
    yield statement.keyword, statement.argument, len(statement.substatements)
    for one in statement.substatements:
        yield from walk(one)


def pyang_walk(statement) -> Iterator[tuple[str, str | None, int]]:
    """Walk a tree of pyang's in the same terms; comments are no statements."""
    below = [one for one in statement.substmts if one.keyword != "_comment"]
    keyword = statement.raw_keyword
    if isinstance(keyword, tuple):
        keyword = ":".join(keyword)
    yield keyword, statement.arg, len(below)
    for one in below:
        yield from pyang_walk(one)


def test_the_smallest_module_of_a_release_is_read(small):
    """The models that the other tests compile are YANG."""
    for path in sorted(Path(small).glob("*/*/*.yang")):
        assert parse_yang(path.read_text()).keyword == "module"
