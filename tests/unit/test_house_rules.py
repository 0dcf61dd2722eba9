"""What every file of the project keeps to, whoever wrote it."""

import ast
import re
import subprocess
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
LONG_MODULE, TOO_LONG_MODULE = 400, 600  # lines
TOO_LONG_FUNCTION = 60  # lines, docstring included; a table in a decorator isn't counted
BANNED_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "base"}

# A file that names the place it was written in doesn't work in another.
FOREIGN_PATHS = re.compile(r"(?<![\w.])/(?:home/\w+|Users/\w+|root|work|tmp/(?!\w*\{)\w+)/")
SELF = Path(__file__).relative_to(CHECKOUT)


def tracked() -> list[Path]:
    """List the files that belong to the project, by git where there is a repository."""
    command = ["git", "-C", str(CHECKOUT), "ls-files", "-z", "--cached", "--others"]
    try:
        done = subprocess.run(
            [*command, "--exclude-standard"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        parts = ("harness", "suites", "testbeds", "tests", "docs")
        found = [path for part in parts for path in (CHECKOUT / part).rglob("*")]
        return sorted(path.relative_to(CHECKOUT) for path in found if path.is_file())
    listed = (Path(name) for name in done.stdout.split("\0") if name)
    return sorted(path for path in listed if (CHECKOUT / path).is_file())


def too_long_functions(tree: ast.AST) -> Iterator[str]:
    """Yield name and length of each function beyond the limit."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > TOO_LONG_FUNCTION:
                yield f"{node.name}: {length} lines"


def sleeps(tree: ast.AST) -> Iterator[int]:
    """Yield the line of each call of time.sleep or asyncio.sleep, however it was imported."""
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in {"time", "asyncio"}
        for alias in node.names
        if alias.name == "sleep"
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        target = ast.unparse(node.func)
        if target in names or target in {"time.sleep", "asyncio.sleep"}:
            yield node.lineno


def foreign_paths(text: str) -> list[str]:
    """Return the absolute paths of somebody's machine that ``text`` names."""
    return [match.group() for match in FOREIGN_PATHS.finditer(text)]


def is_banned(path: Path) -> bool:
    """Say whether a module or folder is named after nothing in particular."""
    return bool({part.lower().strip("_") for part in path.with_suffix("").parts} & BANNED_NAMES)


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """List the files of the project."""
    return tracked()


@pytest.fixture(scope="module")
def trees(files: list[Path]) -> dict[Path, ast.Module]:
    """Parse every module of the project."""
    modules = (path for path in files if path.suffix == ".py")
    return {path: parsed((CHECKOUT / path).read_text()) for path in modules}


def parsed(text: str) -> ast.Module:
    """Parse a module, once more where another thread or a finaliser was compiling meanwhile.

    Python 3.11 counts the depth of both together, and calls the difference an error of its own
    (python/cpython#106905).
    """
    for _ in range(3):
        try:
            return ast.parse(text)
        except SystemError:
            continue
    return ast.parse(text)


def test_modules_are_of_readable_length(trees):
    """A module beyond 600 lines has two subjects; beyond 400 it's worth a look."""
    lengths = {path: len((CHECKOUT / path).read_text().splitlines()) for path in trees}
    assert {path: lines for path, lines in lengths.items() if lines > TOO_LONG_MODULE} == {}
    long = [f"{path} ({lines})" for path, lines in lengths.items() if lines > LONG_MODULE]
    if long:
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            message = f"longer than the {LONG_MODULE} lines wished for: {', '.join(long)}"
            warnings.warn(message, stacklevel=1)


def test_functions_fit_on_a_screen(trees):
    """A function has at most 60 lines."""
    assert offenders(trees, too_long_functions) == {}


def test_modules_say_what_they_are(trees):
    """Each module starts with a docstring; an empty ``__init__`` says nothing either."""
    assert [path for path, tree in trees.items() if not ast.get_docstring(tree)] == []


def test_no_test_sleeps(trees):
    """Time is an argument; a test that waits is slow or flaky, mostly both."""
    tests = {path: tree for path, tree in trees.items() if path.parts[0] == "tests"}
    assert offenders(tests, sleeps) == {}


def test_module_names_say_what_is_inside(trees):
    """No package or module for what found no other place; data may be called what it is."""
    assert [path for path in trees if is_banned(path)] == []


def test_no_file_names_somebodys_machine(files):
    """The project works wherever it's checked out."""
    texts = {path: readable(path) for path in files if path != SELF}
    assert {path: named for path, text in texts.items() if (named := foreign_paths(text))} == {}


def offenders(trees: dict[Path, ast.Module], rule: Callable[[ast.AST], Iterable[object]]):
    """Return what ``rule`` finds, by file."""
    found = {path: list(rule(tree)) for path, tree in trees.items()}
    return {path: each for path, each in found.items() if each}


def readable(path: Path) -> str:
    """Return the text of a file, nothing for one that isn't text."""
    try:
        return (CHECKOUT / path).read_text()
    except UnicodeDecodeError:
        return ""


def test_the_rules_see_what_they_forbid():
    """Each rule is tried on something that breaks it, and on a neighbour that doesn't."""
    body = "\n    x = 1" * TOO_LONG_FUNCTION
    assert list(too_long_functions(ast.parse(f"def f():{body}"))) == ["f: 61 lines"]
    assert list(too_long_functions(ast.parse("def f():" + "\n    x = 1" * 59))) == []
    sleeping = (
        "import time\nfrom asyncio import sleep as nap\ntime.sleep(1)\nnap(1)\nclock.sleep(1)"
    )
    assert list(sleeps(ast.parse(sleeping))) == [3, 4]
    assert foreign_paths("see /home/ada/lab.yaml and /work/x") == ["/home/ada/", "/work/"]
    assert foreign_paths("https://example.org/work/x, reports/tmp/x, /etc/x") == []
    assert is_banned(Path("harness/utils/time.py"))
    assert not is_banned(Path("harness/deploy/baseline.py"))
