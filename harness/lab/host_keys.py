"""Trust on first use, once and said aloud: store the host keys of devices that show a new one."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from harness.drivers.known_hosts import Learnt, is_listed, learn
from harness.drivers.protocol import Endpoint
from harness.drivers.ssh import host_key_of
from harness.errors import Unreachable

_AT_ONCE = 8


def accept_new(endpoints: Iterable[Endpoint]) -> tuple[Learnt, ...]:
    """Store the key of each endpoint that its known_hosts doesn't list; return what was stored.

    Nobody logs in for it. A listed key is left alone: one that changed is refused by whoever
    connects, and so is a device that can't be reached here. Raises
    :class:`~harness.errors.LoginRefused` for a revoked key and
    :class:`~harness.errors.UsageError` for a file that can't be read or written.
    """
    places = {(way.host, way.port): way for way in endpoints if way.trusted_host_key is None}
    with ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="host-keys") as threads:
        found = tuple(threads.map(_accept, places.values()))
    return tuple(learnt for learnt in found if learnt is not None)


def _accept(endpoint: Endpoint) -> Learnt | None:
    if is_listed(endpoint):
        return None
    try:
        key = host_key_of(endpoint)
    except Unreachable:
        return None  # whoever connects next says so
    return learn(endpoint, key)
