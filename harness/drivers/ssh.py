"""One SSH connection to a device: host key always verified, then the operator's credentials.

All three drivers connect here, so the rules exist once: with ``trusted_host_key`` the device must
show exactly that key; else it must be in ``known_hosts``. Connecting learns nothing.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path

import paramiko

from harness.drivers.known_hosts import changed, trust
from harness.drivers.protocol import Endpoint
from harness.drivers.translate import Rule, border
from harness.errors import LoginRefused, Unreachable, UsageError

_UnknownKeyType = paramiko.UnknownKeyType  # type: ignore[attr-defined]  # not in the stubs

CONNECT_SECONDS = 30.0  # for each of TCP, banner, authentication; never above endpoint.timeout
_JOIN_SECONDS = 5.0
_IDLE_SECONDS = 30.0

SSH_RULES = (
    Rule(
        paramiko.AuthenticationException,
        LoginRefused,
        "the device refuses these credentials",
    ),
    Rule(paramiko.SSHException, Unreachable, "SSH failed", quote=True),
    Rule(socket.gaierror, Unreachable, "the host name can't be resolved", quote=True),
    Rule(TimeoutError, Unreachable, "no answer in time"),
    Rule(EOFError, Unreachable, "the device closed the connection"),
    Rule(OSError, Unreachable, "no connection", quote=True),
)


def connected_client(endpoint: Endpoint) -> paramiko.SSHClient:
    """Connect, verify the host key and log in; the caller closes the client.

    Raises :class:`~harness.errors.Unreachable`, :class:`~harness.errors.LoginRefused`, and
    :class:`~harness.errors.UsageError` for a known_hosts, host key or key file that can't be read.
    """
    seconds = connect_seconds(endpoint)
    client = paramiko.SSHClient()
    trust(client, endpoint)
    key = _private_key(endpoint)
    _require_credentials(endpoint, key)
    where = f"{endpoint.device} ({endpoint.host} port {endpoint.port})"
    with border(where, "connecting", SSH_RULES):
        sock = socket.create_connection((endpoint.host, endpoint.port), timeout=seconds)
        try:
            # Nagle's algorithm and delayed acknowledgement together cost 40 ms per round trip.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.connect(
                endpoint.host,
                port=endpoint.port,
                username=endpoint.username,
                password=endpoint.password.reveal() if endpoint.password else None,
                pkey=key,
                allow_agent=endpoint.agent,
                look_for_keys=False,
                sock=sock,
                timeout=seconds,
                banner_timeout=seconds,
                auth_timeout=seconds,
                channel_timeout=seconds,
                transport_factory=_gcm_first,  # type: ignore[arg-type]  # the stub wants gss too
            )
        except paramiko.BadHostKeyException as error:
            close_client(client)
            sock.close()
            raise changed(endpoint, error) from error
        except BaseException:
            close_client(client)
            sock.close()
            raise
    _wake_seldom(client)
    return client


def host_key_of(endpoint: Endpoint) -> paramiko.PKey:
    """Connect, ask for the host key, and hang up: nobody logs in, nothing secret is sent.

    Raises :class:`~harness.errors.Unreachable`.
    """
    seconds = connect_seconds(endpoint)
    where = f"{endpoint.device} ({endpoint.host} port {endpoint.port})"
    with (
        border(where, "asking for its host key", SSH_RULES),
        socket.create_connection((endpoint.host, endpoint.port), timeout=seconds) as sock,
        contextlib.closing(_gcm_first(sock)) as transport,
    ):
        transport.banner_timeout = seconds
        transport.start_client(timeout=seconds)
        return transport.get_remote_server_key()


def close_client(client: paramiko.SSHClient) -> None:
    """Close the connection and wait until paramiko's thread has ended; never raises.

    paramiko leaves its thread in a read for up to 100 ms, and the timer of a handshake that
    failed running for 15 s; shutting the socket down wakes the one, the other is cancelled.
    """
    transport = client.get_transport()
    if transport is None:
        return
    with contextlib.suppress(OSError):  # the device may have closed it
        transport.sock.shutdown(socket.SHUT_RDWR)
    client.close()
    if transport.is_alive() and transport is not threading.current_thread():
        transport.join(_JOIN_SECONDS)
    transport.packetizer.complete_handshake()


def _wake_seldom(client: paramiko.SSHClient) -> None:
    """Let paramiko's thread wait for the device instead of looking ten times a second.

    A handshake needs those looks for its own time limits; after it they find nothing: what
    arrives wakes the thread, and so does :func:`close_client`. A thousand kept sessions spend half
    of a core on them.
    """
    transport = client.get_transport()
    if transport is not None:
        transport.sock.settimeout(_IDLE_SECONDS)


def connect_seconds(endpoint: Endpoint) -> float:
    """Return how long one step of connecting may take."""
    return min(CONNECT_SECONDS, endpoint.timeout)


def _gcm_first(
    sock: socket.socket, disabled_algorithms: dict[str, list[str]] | None = None
) -> paramiko.Transport:
    """Make a transport that prefers AES-GCM: a fifth more throughput than CTR with an HMAC."""
    transport = paramiko.Transport(sock, disabled_algorithms=disabled_algorithms)
    options = transport.get_security_options()
    options.ciphers = tuple(sorted(options.ciphers, key=lambda cipher: "gcm" not in cipher))
    return transport


def _private_key(endpoint: Endpoint) -> paramiko.PKey | None:
    if endpoint.key_file is None:
        return None
    path = Path(endpoint.key_file).expanduser()
    # Without a passphrase the password may be it, or only the second way to log in: both are tried.
    known = endpoint.passphrase or endpoint.password
    passphrases = [None, known.reveal().encode()] if known else [None]
    cause: Exception | None = None
    for passphrase in passphrases:
        try:
            return paramiko.PKey.from_path(path, passphrase)  # type: ignore[arg-type]  # bytes work
        except OSError as error:
            raise UsageError(
                f"{endpoint.device}: can't read key file {path}: {error.strerror}"
            ) from error
        except (paramiko.SSHException, _UnknownKeyType, ValueError, TypeError) as error:
            cause = error
    raise LoginRefused(
        f"{endpoint.device}: {path} isn't a private key, or it's encrypted with another passphrase"
    ) from cause


def _require_credentials(endpoint: Endpoint, key: paramiko.PKey | None) -> None:
    if endpoint.password or key:
        return
    if not endpoint.agent:
        raise LoginRefused(f"{endpoint.device}: no password, key file or agent to log in with")
    agent = paramiko.Agent()
    try:
        if not agent.get_keys():
            raise LoginRefused(f"{endpoint.device}: the SSH agent holds no key")
    finally:
        agent.close()
