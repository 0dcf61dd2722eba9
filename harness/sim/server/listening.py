"""Listening sockets of simulated devices: loopback only, and quick to answer."""

from __future__ import annotations

import ipaddress
import resource
import socket
from typing import Final

from harness.errors import LabError, UsageError
from harness.sim.spec import DeviceSpec

_BACKLOG = 128
_OTHER_DESCRIPTORS = 256  # what else the process has open
_QUICKACK: Final[int | None] = getattr(socket, "TCP_QUICKACK", None)  # Linux only


class Connected(socket.socket):
    """Acknowledges at once: clients without TCP_NODELAY otherwise wait 40 ms twice per login.

    With ``delayed`` it leaves that to the kernel, as a device does.
    """

    delayed = False

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        data = super().recv(bufsize, flags)
        if (
            _QUICKACK is not None and not self.delayed
        ):  # the kernel clears it again, so it's set at each receive
            self.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        return data


def allow_descriptors(devices: int) -> None:
    """Raise the soft limit of open files, if need be, to a listener and a session per device."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * devices + _OTHER_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else hard
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def listen(spec: DeviceSpec) -> socket.socket:
    """Bind and listen where ``spec`` says.

    Raises :class:`UsageError` for a host that isn't a loopback address, :class:`LabError` when
    the address can't be bound.
    """
    listener = socket.socket(_loopback_family(spec), socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((spec.host, spec.port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    except OSError as exc:
        listener.close()
        raise LabError(
            f"simulated device {spec.name}: can't listen on {spec.host} port {spec.port}: "
            f"{exc.strerror}; choose another port, or none for any that is free"
        ) from exc
    return listener


def accept(listener: socket.socket) -> Connected:
    """Accept one connection, tuned for small messages; raises ``OSError`` as ``accept`` does."""
    plain, _ = listener.accept()
    connected = Connected(plain.family, plain.type, plain.proto, fileno=plain.detach())
    connected.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connected


def _loopback_family(spec: DeviceSpec) -> socket.AddressFamily:
    try:
        address = ipaddress.ip_address(spec.host)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise UsageError(
            f"simulated device {spec.name}: host {spec.host!r} isn't a loopback address; "
            "allowed: 127.0.0.0/8 and ::1"
        )
    return socket.AF_INET if address.version == 4 else socket.AF_INET6
