"""The ``harness`` command: finds the verb, and turns every ending into an exit code."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import click

from harness import __version__
from harness.errors import HarnessBug, HarnessError, UsageError
from harness.reporting.redact import redact
from harness.reporting.text import printable

# Verb → where its command is. A verb whose module isn't there isn't offered.
VERBS: Mapping[str, str] = MappingProxyType(
    {
        "testbed": "harness.cli.testbed:testbed",
        "claims": "harness.cli.claims:claims",
        "plan": "harness.cli.plan:plan",
        "sim": "harness.cli.sim:sim",
        "report": "harness.cli.report:report",
        "restore": "harness.cli.restore:restore",
        "lease": "harness.cli.lease:lease",
        "events": "harness.cli.events:events",
    }
)
INTERRUPTED = 130  # 128 + SIGINT, as shells have it


@dataclass(slots=True)
class Settings:
    """What the options before the verb say; each verb finds it as ``ctx.obj``."""

    verbosity: int = 0


class Verbs(click.Group):
    """A group that imports a verb's module only when that verb, or the list, is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [verb for verb, target in VERBS.items() if _exists(target)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        target = VERBS.get(cmd_name)
        if target is None or not _exists(target):
            return None
        module, _, attribute = target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


def _exists(target: str) -> bool:
    return importlib.util.find_spec(target.partition(":")[0]) is not None


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Examples:
  harness testbed check testbeds/lab.yaml
  harness claims list --json
  harness testbed init testbeds/lab.yaml
""",
)
@click.version_option(__version__, prog_name="harness")
@click.option("-v", "--verbose", count=True, help="Say more; repeat for more still.")
@click.pass_context
def root(ctx: click.Context, verbose: int) -> None:
    """Qualify documented SD-WAN scale numbers on Junos devices.

    The runs themselves are started with pytest: pytest suites/ --testbed FILE.
    """
    settings = ctx.ensure_object(Settings)
    settings.verbosity = verbose
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbose, logging.DEBUG)
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; the console script exits with it.

    0: done. 64 and up: :mod:`harness.errors` says whose fault it was. 130: interrupted.
    """
    settings = Settings()
    arguments = list(argv) if argv is not None else None
    try:
        result = root.main(arguments, prog_name="harness", standalone_mode=False, obj=settings)
    except click.ClickException as error:
        error.show()
        return UsageError.exit_code
    except click.Abort:
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except HarnessBug as error:
        return _unexpected(error, settings)
    except HarnessError as error:
        _trace(settings)
        click.echo(redact(printable(str(error))), err=True)  # a device's own words may be in it
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the last border: nobody sees a traceback unasked
        return _unexpected(error, settings)
    return result if isinstance(result, int) else 0


def _unexpected(error: Exception, settings: Settings) -> int:
    """Say where it broke, not with what: the message of an unknown error may hold anything."""
    _trace(settings)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    click.echo(
        f"harness: internal error: {type(error).__name__} at {frame.filename}:{frame.lineno}; "
        "please report it with what the same command prints under -vv (CONTRIBUTING.md says where)",
        err=True,
    )
    return HarnessBug.exit_code


def _trace(settings: Settings) -> None:
    if settings.verbosity >= 2:
        click.echo(redact(printable(traceback.format_exc())), err=True)


if __name__ == "__main__":
    sys.exit(main())
