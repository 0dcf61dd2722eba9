"""Ask for a password on the terminal."""

from __future__ import annotations

import sys

import click

from harness.errors import UsageError


def ask_password(question: str) -> str:
    """Ask without an echo, on standard error: standard output is the verb's.

    Raises :class:`UsageError` where nobody is there to answer: a job in CI must end, not wait.
    """
    if not sys.stdin.isatty():
        raise UsageError(
            f"{question.strip().rstrip(':')}: there's no terminal to ask on; let the testbed take "
            "it from the environment or from a file"
        )
    answer: str = click.prompt(question, hide_input=True, err=True)
    return answer
