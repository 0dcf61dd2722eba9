"""Find a password when it's needed, not before, and never show it."""

from __future__ import annotations

import importlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import HarnessBug, LabError, UsageError
from harness.testbed.model import CredentialRef, CredentialSource

MAX_BYTES = 4096  # of a password file


@dataclass(frozen=True, slots=True, repr=False)
class Password:
    """A resolved password; ``reveal`` is the only way to it."""

    _text: str

    def reveal(self) -> str:
        """Return the text in clear; the caller must not log it."""
        return self._text

    def __repr__(self) -> str:
        """Hide the text."""
        return "<password>"

    __str__ = __repr__


def resolve(
    ref: CredentialRef,
    *,
    prompt: Callable[[str], str],
    environ: Mapping[str, str] | None = None,
    what: str = "",
) -> Password | None:
    """Return the password that ``ref`` points at; None when ssh-agent or a key alone logs in.

    ``prompt`` gets the question and returns the answer, unechoed; ``environ`` is the process's
    own by default; ``what`` names the secret, "password of USER" without. Raises
    :class:`~harness.errors.UsageError` where the operator can mend it (a variable isn't set, a
    file is open to others), :class:`~harness.errors.LabError` where a keyring fails; both say how
    to go on.
    """
    match ref.source:
        case CredentialSource.AGENT | CredentialSource.NONE:
            return None
        case CredentialSource.LITERAL:
            return Password(ref.literal)
        case CredentialSource.ENV:
            return Password(
                _from_environment(ref.reference, os.environ if environ is None else environ)
            )
        case CredentialSource.PROMPT:
            return Password(_asked(what or f"password of {ref.username}", prompt))
        case CredentialSource.FILE:
            return Password(_from_file(Path(ref.reference)))
        case CredentialSource.KEYRING:
            return Password(_from_keyring(ref.reference, ref.username))
    raise HarnessBug(f"no way to resolve {ref.source}")


def _from_environment(name: str, environ: Mapping[str, str]) -> str:
    text = environ.get(name, "")
    if not text:
        raise UsageError(f"environment variable {name} isn't set; set it, then run again")
    return text


def _asked(what: str, prompt: Callable[[str], str]) -> str:
    text = prompt(f"{what[:1].upper()}{what[1:]}: ")
    if not text:
        raise UsageError(f"no {what} given")
    return text


def require_private(path: Path, what: str) -> None:
    """Raise :class:`~harness.errors.UsageError` unless ``path`` is a file that's its owner's alone.

    ``what`` says in the message what it holds ("key file").
    """
    with _private(path, what):
        pass


def _from_file(path: Path) -> str:
    """Read the file that was checked, not one that took its place."""
    with _private(path, "password file") as handle:
        raw = os.read(handle, MAX_BYTES + 1)
    return _one_line(raw, path)


@contextmanager
def _private(path: Path, what: str) -> Iterator[int]:
    try:
        # Not blocking: a FIFO in its place would hold the run for ever.
        handle = os.open(path.expanduser(), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, RuntimeError) as error:  # RuntimeError: no home folder to put for ~
        reason = error.strerror if isinstance(error, OSError) else "no home folder"
        raise UsageError(f"{what} {path}: can't be read: {reason}") from error
    try:
        _require_private(os.fstat(handle).st_mode, path, what)
        yield handle
    finally:
        os.close(handle)


def _require_private(mode: int, path: Path, what: str) -> None:
    if not stat.S_ISREG(mode):
        raise UsageError(f"{what} {path}: not a regular file")
    if stat.S_IMODE(mode) & 0o077:
        raise UsageError(
            f"{what} {path}: mode {stat.S_IMODE(mode):04o} lets others read or write it; "
            f"allowed: 0600 (chmod 600 {path})"
        )


def _one_line(raw: bytes, path: Path) -> str:
    if len(raw) > MAX_BYTES:
        raise UsageError(f"password file {path}: too large; allowed: {MAX_BYTES} bytes")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        # Not chained: the error would carry the file's bytes into a traceback.
        raise UsageError(f"password file {path}: not UTF-8") from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text or "\n" in text:
        raise UsageError(f"password file {path}: allowed: one line, the password alone")
    return text


def _from_keyring(service: str, username: str) -> str:
    try:
        keyring: Any = importlib.import_module("keyring")
        errors: Any = importlib.import_module("keyring.errors")
    except ImportError as error:
        raise UsageError(
            "a credential points at a keyring, and the keyring extra isn't installed; "
            "install hil-harness[keyring], or use {env: NAME}"
        ) from error
    try:
        text: str | None = keyring.get_password(service, username)
    except errors.KeyringError as error:
        raise LabError(
            f"keyring service {service!r}: {type(error).__name__}; unlock the keyring, "
            "or use {env: NAME}"
        ) from error
    if not text:
        raise UsageError(
            f"keyring service {service!r} holds no password of {username}; "
            f"store it: keyring set {service} {username}"
        )
    return text
