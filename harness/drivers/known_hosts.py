"""Which host keys are trusted: the one that a simulated device says of itself, or known_hosts.

Nothing is learned by connecting. :func:`learn` stores the key of a host that isn't listed yet,
once, when a person said so; a key that differs from a listed one is never stored or accepted.
"""

from __future__ import annotations

import fcntl
import os
import struct
from dataclasses import dataclass
from pathlib import Path

import paramiko
from paramiko.hostkeys import HostKeyEntry, InvalidHostKey

from harness.drivers.protocol import Endpoint
from harness.errors import LoginRefused, UsageError

_USERS_OWN = "~/.ssh/known_hosts"


@dataclass(frozen=True, slots=True)
class Learnt:
    """A host key that was stored; ``fingerprint`` as OpenSSH prints it ("SHA256:…")."""

    device: str
    host: str  # as in the file: "host", "[host]:port"
    kind: str
    fingerprint: str
    path: Path

    def __str__(self) -> str:
        """Write one line for the person who has to compare it."""
        return (
            f"{self.device}: stored the host key of {self.host} in {self.path}: {self.kind} "
            f"{self.fingerprint}; compare it with what the device's console says"
        )


class RefuseUnknown(paramiko.MissingHostKeyPolicy):
    """Ends the connection to a host that isn't listed, before anything secret is sent."""

    def missing_host_key(
        self,
        client: paramiko.SSHClient,  # noqa: ARG002 - paramiko's signature
        hostname: str,
        key: paramiko.PKey,
    ) -> None:
        """Raise :class:`LoginRefused` with the key and the ways to trust it."""
        raise LoginRefused(
            f"{hostname} shows a host key that isn't in known_hosts ({describe(key)}); check it "
            "on the device's console, then add it, or let --accept-new-host-keys store it once"
        )


def describe(key: paramiko.PKey) -> str:
    """Return type and fingerprint: "ssh-ed25519 SHA256:…"."""
    return f"{key.get_name()} {key.fingerprint}"


def host_name(endpoint: Endpoint) -> str:
    """Return the endpoint's name in a known_hosts file."""
    return endpoint.host if endpoint.port == 22 else f"[{endpoint.host}]:{endpoint.port}"


def known_hosts_path(endpoint: Endpoint) -> Path:
    """Return the file that lists the endpoint's key: the testbed's, or the user's own."""
    return Path(endpoint.known_hosts or _USERS_OWN).expanduser()


def trust(client: paramiko.SSHClient, endpoint: Endpoint) -> None:
    """Tell ``client`` which host keys to accept.

    Raises :class:`UsageError` for a file or a key that can't be read.
    """
    client.set_missing_host_key_policy(RefuseUnknown())
    if endpoint.trusted_host_key is not None:
        _trust_one(client, endpoint, endpoint.trusted_host_key)
        return
    path, name = known_hosts_path(endpoint), host_name(endpoint)
    if endpoint.known_hosts is None and not path.exists():
        return  # the user's own file: nobody is listed
    try:
        listed = _listed(path.read_bytes(), name)
    except OSError as error:
        raise UsageError(
            f"{endpoint.device}: can't read known_hosts file {path}: {error.strerror}; "
            "--accept-new-host-keys makes one that is missing"
        ) from error
    for key in reversed(listed.keys):  # of two of one type the first counts
        client.get_host_keys().add(name, key.get_name(), key)


def _trust_one(client: paramiko.SSHClient, endpoint: Endpoint, key: str) -> None:
    name = host_name(endpoint)
    try:
        entry = HostKeyEntry.from_line(f"{name} {key}")
    except (InvalidHostKey, paramiko.SSHException):
        entry = None
    if entry is None or entry.key is None:
        raise UsageError(
            f"{endpoint.device}: the trusted host key isn't one; "
            "allowed is '<type> <base64>', as in ssh-ed25519 AAAA…"
        )
    client.get_host_keys().add(name, entry.key.get_name(), entry.key)


def changed(endpoint: Endpoint, error: paramiko.BadHostKeyException) -> LoginRefused:
    """Say which key was shown, which was expected, and what to do once that is explained."""
    words = (
        f"{endpoint.device} ({endpoint.host} port {endpoint.port}): connecting: the device shows "
        f"another host key ({describe(error.key)}) than the one that is trusted "
        f"({describe(error.expected_key)})"
    )
    if endpoint.trusted_host_key is None:
        words += (
            "; nothing was sent to it. If it was installed anew, compare the key with its console, "
            f"then: ssh-keygen -R '{host_name(endpoint)}' -f {known_hosts_path(endpoint)}"
        )
    return LoginRefused(words)


def is_listed(endpoint: Endpoint) -> bool:
    """Say whether known_hosts has any key of the endpoint; a missing file has none.

    Raises :class:`UsageError` for a file that can't be read.
    """
    path = known_hosts_path(endpoint)
    try:
        return path.exists() and bool(_listed(path.read_bytes(), host_name(endpoint)).keys)
    except OSError as error:
        raise UsageError(
            f"{endpoint.device}: can't read known_hosts file {path}: {error.strerror}"
        ) from error


def learn(endpoint: Endpoint, key: paramiko.PKey) -> Learnt | None:
    """Store ``key`` for a host that isn't listed; None when somebody listed it meanwhile.

    A file that has to be made is of mode 0600. Raises :class:`LoginRefused` for a key that the
    file revokes, :class:`UsageError` when it can't be written.
    """
    path, name = known_hosts_path(endpoint), host_name(endpoint)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "a+b") as file:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # other runs learn, too
            file.seek(0)
            text = file.read()
            listed = _listed(text, name)
            if key.get_base64() in listed.revoked:
                raise LoginRefused(
                    f"{endpoint.device}: {path} revokes the host key that it shows "
                    f"({describe(key)}): not stored, not trusted"
                )
            if listed.keys:
                return None
            torn = b"\n" if text and not text.endswith(b"\n") else b""
            file.write(torn + f"{name} {key.get_name()} {key.get_base64()}\n".encode())
            file.flush()
            os.fsync(descriptor)
    except OSError as error:
        raise UsageError(
            f"{endpoint.device}: can't write known_hosts file {path}: {error.strerror}"
        ) from error
    return Learnt(endpoint.device, name, key.get_name(), key.fingerprint, path)


@dataclass(frozen=True, slots=True)
class _Listed:
    """What a known_hosts file says of one host."""

    keys: tuple[paramiko.PKey, ...]  # without what is revoked
    revoked: frozenset[str]  # base64, of any host


def _listed(text: bytes, name: str) -> _Listed:
    """Read a known_hosts file as OpenSSH does (sshd(8)): a line that isn't one is passed over.

    paramiko's own loader stumbles over the markers. Keys of authorities are not used.
    """
    lines = [line.split() for line in text.decode(errors="replace").splitlines()]
    revoked = frozenset(fields[3] for fields in lines if len(fields) > 3 and _is(fields, "revoked"))
    keys = (_key(fields) for fields in lines if len(fields) > 2 and _names(fields[0], name))
    return _Listed(
        tuple(key for key in keys if key is not None and key.get_base64() not in revoked), revoked
    )


def _names(hosts: str, name: str) -> bool:
    """Say whether the first field of a line lists ``name``, in clear or hashed."""
    return any(
        host == name or (host.startswith("|1|") and _hashed(name, host))
        for host in hosts.split(",")
    )


def _hashed(name: str, hashed: str) -> bool:
    try:
        return paramiko.HostKeys.hash_host(name, hashed) == hashed
    except (ValueError, AssertionError):  # not a salt and a hash
        return False


def _is(fields: list[str], marker: str) -> bool:
    return fields[0] == f"@{marker}"


def _key(fields: list[str]) -> paramiko.PKey | None:
    try:
        entry = HostKeyEntry.from_line(" ".join(fields[:3]))
    except (InvalidHostKey, paramiko.SSHException, ValueError, struct.error, IndexError):
        return None
    return entry.key if entry is not None else None
