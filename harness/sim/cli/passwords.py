"""``set … plain-text-password``: asks twice for a password, and configures its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Final

from harness.sim.answers import Refusal
from harness.sim.cli.mode import Ask, Step
from harness.sim.messages import SIMULATED, error

STATEMENT: Final = "plain-text-password"
_SHORTEST: Final = 6  # characters, Junos' default minimum-length
_ALPHABET: Final = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def ask(owner: str, configure: Callable[[str], Iterator[Step]]) -> Iterator[Step]:
    """Ask twice; then ``configure`` is given what is stored. Raises ``Refusal``."""

    def once(password: str) -> Iterator[Step]:
        if len(password) < _SHORTEST:
            raise Refusal(error(f"a password has at least {_SHORTEST} characters {SIMULATED}"))
        yield Ask("\nRetype new password:", lambda again: twice(password, again), secret=True)

    def twice(password: str, again: str) -> Iterator[Step]:
        if again != password:
            raise Refusal(error(f"the passwords aren't the same {SIMULATED}"))
        yield from configure(hashed(password, owner))

    yield Ask("New password:", once, secret=True)


def hashed(password: str, owner: str) -> str:
    """Return a hash in the form of SHA-512 crypt.

    Nobody logs in by it: the accounts of a simulated device are those of its testbed.
    """
    salt = hashlib.sha256(owner.encode()).hexdigest()[:8]
    digest = int.from_bytes(hashlib.sha512(f"{salt}{password}".encode()).digest(), "big")
    text = "".join(_ALPHABET[digest >> 6 * place & 63] for place in range(86))
    return f"$6${salt}${text}"
