"""Runs the harness as a child of the campaign.

python -m campaign.child pytest suites/ …
python -m campaign.child harness restore --all …
"""

from __future__ import annotations

import signal
import sys

import pytest


def main() -> int:
    """Run what the command line says."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells start jobs deaf to it
    program, *arguments = sys.argv[1:]
    if program == "pytest":
        return int(pytest.main(["-p", "campaign.inside", *arguments]))
    import campaign.inside  # noqa: F401, PLC0415 - pytest loads it itself, and wants to be the first
    from harness.cli.main import main as harness  # noqa: PLC0415 - the suites don't need it

    return harness(arguments)


if __name__ == "__main__":
    sys.exit(main())
