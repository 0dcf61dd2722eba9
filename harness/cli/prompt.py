"""Ask for a password on the terminal."""

from __future__ import annotations

import click


def ask_password(question: str) -> str:
    """Ask without an echo, on standard error: standard output is the verb's."""
    answer: str = click.prompt(question, hide_input=True, err=True)
    return answer
