"""Passwords are found late, from where the reference says, and refusals say how to go on."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from harness.errors import HarnessError, LabError, UsageError
from harness.testbed.model import CredentialRef, CredentialSource
from harness.testbed.secrets import Password, require_private, resolve


def refuse(question: str) -> str:
    raise AssertionError(f"asked {question!r}")


def password(
    source: CredentialSource, reference: str = "", environ: Mapping[str, str] | None = None
) -> str:
    found = resolve(CredentialRef("lab", source, reference), prompt=refuse, environ=environ or {})
    assert found is not None
    return found.reveal()


def secret_file(folder: Path, content: bytes, mode: int = 0o600) -> str:
    path = folder / "password"
    path.write_bytes(content)
    path.chmod(mode)
    return str(path)


def test_a_password_never_shows() -> None:
    """Text and repr of a password hide it; two of the same text are equal."""
    assert (str(Password("hunter2")), repr(Password("hunter2"))) == ("<password>", "<password>")
    assert Password("a") == Password("a") != Password("b")


def test_literal_and_agent() -> None:
    """A literal is itself; ssh-agent needs no password."""
    literal = CredentialRef("lab", CredentialSource.LITERAL, literal="lab")
    assert resolve(literal, prompt=refuse) == Password("lab")
    assert resolve(CredentialRef("lab", CredentialSource.AGENT), prompt=refuse) is None


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable's value is the password; the process's environment is the default."""
    assert password(CredentialSource.ENV, "PW", {"PW": "hunter2"}) == "hunter2"
    monkeypatch.setenv("PW", "hunter3")
    found = resolve(CredentialRef("lab", CredentialSource.ENV, "PW"), prompt=refuse)
    assert found == Password("hunter3")


def test_a_key_alone_needs_no_password() -> None:
    """No password is asked for where the key file logs in."""
    ref = CredentialRef("lab", CredentialSource.NONE, key_file="key")
    assert resolve(ref, prompt=refuse) is None


def test_the_question_for_a_passphrase_says_what_it_is() -> None:
    """Who has two prompts knows which is which."""
    asked: list[str] = []
    ref = CredentialRef("lab", CredentialSource.PROMPT)
    with pytest.raises(UsageError, match="no passphrase of KEY given"):
        resolve(ref, prompt=lambda question: asked.append(question) or "", what="passphrase of KEY")
    assert asked == ["Passphrase of KEY: "]


@pytest.mark.parametrize(
    ("mode", "problem"),
    [(0o640, "mode 0640 lets others read"), (0o602, "mode 0602"), (None, "can't be read")],
)
def test_a_key_file_is_its_owners_alone(tmp_path: Path, mode: int | None, problem: str) -> None:
    """A key that others can read is refused with the remedy; it isn't read before."""
    path = tmp_path / "key"
    if mode is not None:
        path.write_text("a key")
        path.chmod(mode)
    with pytest.raises(UsageError, match=f"key file {path}: {problem}"):
        require_private(path, "key file")


def test_a_private_key_file_is_fine(tmp_path: Path) -> None:
    """Mode 0600 and 0400 pass."""
    path = tmp_path / "key"
    path.write_text("a key")
    for mode in (0o600, 0o400):
        path.chmod(mode)
        require_private(path, "key file")


def test_prompt() -> None:
    """The question names the user, and the answer is the password."""
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return "hunter2"

    ref = CredentialRef("lab", CredentialSource.PROMPT)
    assert resolve(ref, prompt=answer) == Password("hunter2")
    assert asked == ["Password of lab: "]
    with pytest.raises(UsageError, match="no password of lab given"):
        resolve(ref, prompt=lambda _: "")


@pytest.mark.parametrize("content", [b"hunter2", b"hunter2\n", b"hunter2\r\n"])
def test_file(tmp_path: Path, content: bytes) -> None:
    """The file's one line is the password, without its line end."""
    assert password(CredentialSource.FILE, secret_file(tmp_path, content)) == "hunter2"


def test_file_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path with ~ is found in the home folder of whoever runs."""
    secret_file(tmp_path, b"hunter2")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert password(CredentialSource.FILE, "~/password") == "hunter2"


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        (b"hunter2", 0o640, "mode 0640 lets others read or write it; allowed: 0600 (chmod 600"),
        (b"hunter2", 0o604, "mode 0604 lets others"),
        (b"", 0o600, "allowed: one line, the password alone"),
        (b"hunter2\nmore", 0o600, "allowed: one line, the password alone"),
        (b"hunter2\xff", 0o600, "not UTF-8"),
        (b"x" * 4097, 0o600, "too large; allowed: 4096 bytes"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, content: bytes, mode: int, words: str) -> None:
    """A file that others can read, or that isn't one line, is refused without showing it."""
    with pytest.raises(UsageError) as caught:
        password(CredentialSource.FILE, secret_file(tmp_path, content, mode))
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A missing file, a folder and a FIFO are refused; the FIFO doesn't hold the run."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path, words in {
        tmp_path / "none": "can't be read: No such file",
        tmp_path: "not a regular file",
        fifo: "not a regular file",
    }.items():
        with pytest.raises(UsageError) as caught:
            password(CredentialSource.FILE, str(path))
        assert words in str(caught.value)


def test_a_missing_variable_is_named() -> None:
    """An unset or empty variable is named, and nothing else is tried."""
    for environ in ({"OTHER": "x"}, {"PW": ""}):
        with pytest.raises(UsageError, match="environment variable PW isn't set; set it"):
            password(CredentialSource.ENV, "PW", environ)


class KeyringError(Exception):
    """What the keyring library raises when a keyring is locked."""


def put_keyring(monkeypatch: pytest.MonkeyPatch, answer: str | Exception | None) -> None:
    """Put a keyring with one answer in place of the desktop's, which tests mustn't open."""

    def get_password(service: str, username: str) -> str | None:
        if isinstance(answer, Exception):
            raise answer
        return answer if (service, username) == ("hil", "lab") else None

    keyring, errors = ModuleType("keyring"), ModuleType("keyring.errors")
    keyring.get_password = get_password  # type: ignore[attr-defined]  # a module made here
    errors.KeyringError = KeyringError  # type: ignore[attr-defined]  # likewise
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)


def test_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """The password is the one stored for service and user."""
    put_keyring(monkeypatch, "hunter2")
    assert password(CredentialSource.KEYRING, "hil") == "hunter2"


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (None, UsageError, "holds no password of lab; store it: keyring set hil lab"),
        (KeyringError("hunter2"), LabError, "'hil': KeyringError; unlock the keyring"),
    ],
)
def test_a_keyring_without_an_answer(
    monkeypatch: pytest.MonkeyPatch,
    answer: str | Exception | None,
    error: type[HarnessError],
    words: str,
) -> None:
    """An empty keyring and a locked one each say how to go on."""
    put_keyring(monkeypatch, answer)
    with pytest.raises(error) as caught:
        password(CredentialSource.KEYRING, "hil")
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_without_the_keyring_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra isn't installed, the message names it and another way."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(UsageError, match=r"install hil-harness\[keyring\], or use \{env: NAME\}"):
        password(CredentialSource.KEYRING, "hil")
