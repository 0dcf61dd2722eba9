"""Pre-shared keys: derived from one run key, so nothing but that key needs keeping."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from harness.errors import PlanError
from harness.plan.model import PreSharedKey

RUN_KEY_BYTES = 32
_SALT = b"hil-harness pre-shared keys"
_KEY_BYTES = 24  # 32 characters of base64url, none of which Junos has to quote


class KeyRing:
    """Derives the key of each tunnel of one scope: HKDF-SHA256 (RFC 5869), info = scope, name.

    A scope is a device, or a topology whose tunnels have one name at both ends. The extract step
    is done once; its output is the same for every tunnel of a run.
    """

    def __init__(self, run_key: bytes, scope: str) -> None:
        if len(run_key) < RUN_KEY_BYTES:
            raise PlanError(
                f"the run key has {len(run_key)} bytes; at least {RUN_KEY_BYTES} are needed"
            )
        self._pseudorandom = hmac.digest(_SALT, run_key, "sha256")
        self._scope = scope.encode()

    def key(self, tunnel: str) -> PreSharedKey:
        """Return the key of ``tunnel``: 32 printable characters (192 bits)."""
        info = self._scope + b"\0" + tunnel.encode()
        expand = HKDFExpand(algorithm=SHA256(), length=_KEY_BYTES, info=info)
        return PreSharedKey(urlsafe_b64encode(expand.derive(self._pseudorandom)).decode())


def run_key_of_seed(seed: int) -> bytes:
    """Return the run key that ``--seed`` stands for: reproducible, hence no secret."""
    return hashlib.sha256(f"hil-harness seed {seed}".encode()).digest()
