"""Bytes from devices and YAML from people meet safe parsers alone, wherever in the project."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HARNESS = Path(__file__).parents[3] / "harness"
SAFE = {"resolve_entities": "False", "no_network": "True"}
PARSERS = {"XMLParser", "XMLPullParser", "HTMLParser", "iterparse"}
READERS = {"etree.fromstring": 2, "etree.parse": 2, "etree.XML": 2}  # with a parser as second
UNSAFE = (
    "yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "yaml.UnsafeLoader",
    "yaml.FullLoader", "yaml.Loader", "pickle.load", "pickle.loads", "marshal.loads",
    "eval", "exec",
)  # fmt: skip


def complaints(tree: ast.AST) -> Iterator[str]:
    """Yield what's wrong with each parser that a module makes or uses."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in UNSAFE:
            yield f"line {node.lineno}: {ast.unparse(node)}"
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        said = {word.arg: ast.unparse(word.value) for word in node.keywords}
        if name in UNSAFE and "." not in name:
            yield f"line {node.lineno}: {name}"
        if name.rpartition(".")[2] in PARSERS and not SAFE.items() <= said.items():
            yield f"line {node.lineno}: {name} without {SAFE}"
        if name in READERS and len(node.args) < READERS[name] and "parser" not in said:
            yield f"line {node.lineno}: {name} with lxml's own parser"


MODULES = sorted(HARNESS.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(HARNESS)))
def test_every_parser_is_a_safe_one(path: Path) -> None:
    """No entities, no network, no document type of somebody else's, no objects out of YAML."""
    assert list(complaints(ast.parse(path.read_text()))) == []


@pytest.mark.parametrize(
    "text",
    [
        "etree.XMLParser(no_network=True)",
        "etree.XMLParser(resolve_entities=False)",
        "lxml.etree.XMLPullParser(resolve_entities=True, no_network=True)",
        "etree.fromstring(text)",
        "etree.parse(path)",
        "yaml.load(text, Loader=yaml.SafeLoader)",
        "class L(yaml.FullLoader): pass",
        "pickle.loads(data)",
        "eval(text)",
    ],
)
def test_an_unsafe_one_is_found(text: str) -> None:
    """The look can fail."""
    assert list(complaints(ast.parse(text)))
