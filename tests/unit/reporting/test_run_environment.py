"""What a record says about the software that made it."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.reporting import environment


def git(folder: Path, *arguments: str) -> str:
    """Run git in ``folder`` with an identity of its own."""
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    command = ["git", "-C", str(folder), *identity, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Make a repository with one tagged commit."""
    git(tmp_path, "init", "-q")
    (tmp_path / "file").write_text("one")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "-q", "-m", "one")
    git(tmp_path, "tag", "-a", "v1", "-m", "v1")
    return tmp_path


def test_commit_is_the_full_hash_even_at_a_tag(checkout: Path):
    """A hash can't be moved later, a tag can."""
    assert environment.git_commit(checkout) == git(checkout, "rev-parse", "HEAD")


def test_changed_files_are_said(checkout: Path):
    """A result of an uncommitted change can't be mistaken for one of the commit."""
    (checkout / "file").write_text("two")
    assert environment.git_commit(checkout) == git(checkout, "rev-parse", "HEAD") + "+changes"


def test_no_repository_is_no_commit(tmp_path: Path, monkeypatch):
    """An unpacked archive, and a machine without git, run all the same."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert environment.git_commit(tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert environment.git_commit(tmp_path) is None


@pytest.mark.parametrize("error", [OSError(13, "denied"), subprocess.TimeoutExpired("git", 10)])
def test_git_that_fails_costs_nothing_but_the_commit(tmp_path: Path, monkeypatch, error):
    """A hanging share or a broken git must not stop a run."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(environment.subprocess, "run", fail)
    assert environment.git_commit(tmp_path) is None


def test_versions_of_what_speaks_to_devices_are_recorded(monkeypatch):
    """The three clients are named with their versions; what's missing is named too."""
    versions = environment.library_versions()
    assert versions["ncclient"] == "0.7.0"
    assert {"junos-eznc", "netmiko", "asyncssh"} <= set(versions)
    monkeypatch.setattr(environment, "_LIBRARIES", ("no-such-library",))
    assert environment.library_versions() == {"no-such-library": "not installed"}


def test_python_is_named_with_its_implementation():
    """PyPy's 3.11 isn't CPython's."""
    assert environment.python_version().split() == [
        {"cpython": "CPython", "pypy": "PyPy"}[sys.implementation.name],
        ".".join(map(str, sys.version_info[:3])),
    ]
