"""What the documents point at is there, and what they quote is what the program says."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from harness.claims.catalogue import Catalogue
from harness.cli.main import VERBS, root
from harness.pytest_plugin.options import _OPTIONS

CHECKOUT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "suites/**/*.md", "testbeds/*.md", "reports/*.md")
    for path in CHECKOUT.glob(pattern)
)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)#\s]+)(?:#[^)]*)?\)")


def named(path: Path) -> str:
    """Return a page's path in the project."""
    return str(path.relative_to(CHECKOUT))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    """A relative link names a file of the project."""
    targets = [match["target"] for match in LINK.finditer(page.read_text(encoding="utf-8"))]
    for target in targets:
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), target


def test_the_readme_lists_every_page() -> None:
    """Whoever reads the README finds each page of docs/."""
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    for page in (CHECKOUT / "docs").glob("*.md"):
        assert f"(docs/{page.name})" in text


def documented() -> str:
    """Return the README and all pages as one text."""
    pages = [CHECKOUT / "README.md", *(CHECKOUT / "docs").glob("*.md")]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)


def test_the_commands_of_the_documents_exist() -> None:
    """Each command that a page shows as one is one that the program knows."""
    shown = set(re.findall(r"(?:`|^ {4})harness (\w+) ?([\w-]*)", documented(), re.MULTILINE))
    assert len(shown) > 10
    for verb, word in shown:
        assert verb in VERBS
        with click.Context(root) as context:
            command = root.get_command(context, verb)
        assert command is not None
        if isinstance(command, click.Group) and word:
            assert word in command.commands, f"harness {verb} {word}"


def test_every_option_of_a_run_is_documented() -> None:
    """README or a page names each option of our own."""
    text = documented()
    missing = [option.flag for option in _OPTIONS if option.flag not in text]
    assert not missing


def test_the_readme_counts_the_rows_as_the_catalogue_does() -> None:
    """The ending that it shows has the total of rows with a value."""
    valued = sum(claim.value is not None for claim in Catalogue.load())
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    assert f"0 of {valued} rows qualified on hardware" in readme
