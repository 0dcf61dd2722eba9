"""What every SSH connection to a simulated device is negotiated with: one shared object."""

from __future__ import annotations

import asyncssh

from harness.sim.server.login import Login

# Cheapest first: measured per handshake and per megabyte (docs/simulated-device.md).
_KEX = ("curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256")
_CIPHERS = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes256-ctr",
    "chacha20-poly1305@openssh.com",
)


def shared_options(
    host_key: asyncssh.SSHKey, login_seconds: float = 120.0
) -> asyncssh.SSHServerConnectionOptions:
    # A key object: asyncssh reads a key given as a path again for every connection.
    return asyncssh.SSHServerConnectionOptions(
        server_factory=Login,
        server_host_keys=[host_key],
        kex_algs=_KEX,
        encryption_algs=_CIPHERS,
        compression_algs=("none",),
        gss_host=None,
        login_timeout=login_seconds,
        host_based_auth=False,
        x11_forwarding=False,
        agent_forwarding=False,
        rdns_lookup=False,
        line_editor=False,
        encoding=None,
    )
