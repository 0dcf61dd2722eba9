"""What one client may cost the server, whatever the device's configuration says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of this server's own; Junos' limits on logins are in :mod:`.admission`.

    ``handshakes`` is sshd's MaxStartups at its full stop, ``channels`` Junos' default of
    ``max-sessions-per-connection``, ``password_tries`` sshd's MaxAuthTries for all methods at once,
    with room for an agent full of keys.
    """

    login_seconds: float = 120.0  # as sshd's LoginGraceTime
    handshakes: int = 100  # connections per port that haven't logged in yet
    login_tries: int = 20  # keys and passwords tried on one connection
    channels: int = 10  # open at a time on one connection
    waiting_input: int = 256 * 1024  # bytes taken from a client that isn't answered yet
    unsent_output: int = 1024 * 1024  # bytes written to a connection whose client doesn't read
    stalled_seconds: float = 300.0  # how long a client may not read what it asked for
    full_seconds: float = 1.0  # pause of accepting when descriptors have run out
