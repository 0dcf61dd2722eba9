"""``| compare``: what distinguishes a configuration from an earlier one."""

from __future__ import annotations

from collections.abc import Sequence

from harness.sim.answers import Refusal, Report
from harness.sim.cli.line import EXPECTING, MISSING, UnknownWord, Word
from harness.sim.config.diff import compare
from harness.sim.config.tree import Node
from harness.sim.device import Login
from harness.sim.messages import SIMULATED, error
from harness.sim.operational.show_configuration import configuration_output
from harness.sim.operational.show_files import read_text
from harness.sim.rollbacks import rollback_tree, slot


def means(word: Word, wanted: str) -> bool:
    """Say whether a word is an abbreviation of ``wanted``, or all of it."""
    return len(word.text) > 2 and wanted.startswith(word.text)


def split(
    pipes: Sequence[Sequence[Word]],
) -> tuple[Sequence[Word] | None, list[Sequence[Word]]]:
    """Return the words behind ``| compare``, None without one, and the other pipes."""
    compared = next((pipe for pipe in pipes if pipe and means(pipe[0], "compare")), None)
    return compared, [pipe for pipe in pipes if pipe is not compared]


def comparison(
    login: Login, tree: Node, pipe: Sequence[Word], path: Sequence[str], *, candidate: bool
) -> Report:
    """Compare ``tree`` at ``path`` with what the words of the pipe name.

    ``candidate`` says that ``tree`` is the login's candidate, whose starting point is rollback 0.
    """
    words = pipe[1:]
    if len(words) == 1 and not means(words[0], "rollback"):
        read_text(login, words[0].text)  # says so when there is no such file
        raise Refusal(error(f"compare with a file is not available {SIMULATED}"))
    if words and (len(words) > 2 or not means(words[0], "rollback")):
        raise words[0].unknown(EXPECTING)
    if len(words) == 1:
        raise UnknownWord(words[0].end + 1, MISSING)
    index = slot(words[1].text) if words else 0
    old = rollback_tree(login, index, private=candidate)
    patch = compare(old, tree, login.device.schema, hide_secrets=login.hides_secrets, level=path)

    def text() -> str:
        return patch

    return Report(lambda: configuration_output(patch), text, text)
