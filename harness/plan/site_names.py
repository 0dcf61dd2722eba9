"""What sites are called: a prefix and a number, within the ten characters that CSO allows."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.errors import PlanError

# Letters, digits and '-', at most ten: CSO 5.2.0 customer portal guide, "Site Name"
# (juniper.net/documentation/en_US/cso5.2.0/help/information-products/pathway-pages/
# customer-portal/topic-121635.html).
SITE_NAME_LENGTH = 10
_ALLOWED = re.compile(r"[A-Za-z0-9-]+")


def check_site_name(name: str) -> str:
    """Return ``name``, or raise :class:`PlanError` when CSO doesn't take it for a site."""
    if not _ALLOWED.fullmatch(name):
        raise PlanError(f"site name {name!a} is none; allowed: letters, digits and '-'")
    if len(name) > SITE_NAME_LENGTH:
        raise PlanError(
            f"site name '{name}' has {len(name)} characters; allowed: {SITE_NAME_LENGTH} at most"
        )
    return name


@dataclass(frozen=True, slots=True)
class Names:
    """``count`` names from ``prefix``: ``site-1``, ``site-2``, …; positions count from 0.

    Raises :class:`PlanError` when the longest of them is too long.
    """

    prefix: str
    count: int

    def __post_init__(self) -> None:
        """Look at the last name, which is the longest."""
        check_site_name(self.name(max(self.count, 1) - 1))

    def name(self, position: int) -> str:
        """Return the name at ``position``."""
        return f"{self.prefix}-{position + 1}"

    def position(self, name: str) -> int | None:
        """Return where ``name`` stands, or None when it's none of these."""
        prefix, _, number = name.rpartition("-")
        if prefix != self.prefix or not (number.isascii() and number.isdecimal()):
            return None
        position = int(number) - 1
        return position if 0 <= position < self.count and self.name(position) == name else None

    def __str__(self) -> str:
        """Write first and last name: ``site-1 … site-6000``."""
        if self.count < 2:
            return self.name(0) if self.count else "none"
        return f"{self.name(0)} … {self.name(self.count - 1)}"
