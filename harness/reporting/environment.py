"""Which software ran: versions and commit, read once at the start of a run."""

from __future__ import annotations

import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

# What decides how a device is spoken to, and what a result may depend on.
_LIBRARIES: Final = (
    "asyncssh",
    "hil-harness",
    "junos-eznc",
    "lxml",
    "ncclient",
    "netmiko",
    "paramiko",
    "pytest",
    "pytest-xdist",
)
_GIT_SECONDS: Final = 10  # a checkout on a hanging share must not hold up a run


def python_version() -> str:
    """Return implementation and version, "CPython 3.11.7"."""
    return f"{platform.python_implementation()} {platform.python_version()}"


def library_versions() -> dict[str, str]:
    """Return name → version of the installed libraries that a result may depend on."""
    versions = {}
    for name in _LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def git_commit(folder: Path) -> str | None:
    """Return the commit checked out in ``folder``, "+changes" added when files differ from it.

    None when there is no repository, no commit, or no git.
    """
    git = shutil.which("git")
    if git is None:
        return None
    describe = ("describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+changes")
    command = [git, "-C", str(folder), *describe]
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, the folder is one argument
            command, capture_output=True, text=True, timeout=_GIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
