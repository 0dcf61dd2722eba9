"""The counters of IPsec: nothing passes through a simulated tunnel, so all of them are zero."""

from __future__ import annotations

from typing import Final

from harness.sim.answers import Arguments, Report
from harness.sim.markup import node, padded
from harness.sim.operational.show_ike import require_branch, tunnel_operation
from harness.sim.view import View

_COUNTERS: Final = {
    "esp-statistics": (
        ("esp-encrypted-bytes", "Encrypted bytes"),
        ("esp-decrypted-bytes", "Decrypted bytes"),
        ("esp-encrypted-packets", "Encrypted packets"),
        ("esp-decrypted-packets", "Decrypted packets"),
    ),
    "ah-statistics": (
        ("ah-input-bytes", "Input bytes"),
        ("ah-output-bytes", "Output bytes"),
        ("ah-input-packets", "Input packets"),
        ("ah-output-packets", "Output packets"),
    ),
    "error-statistics": (
        ("ah-authentication-failures", "AH authentication failures"),
        ("replay-errors", "Replay errors"),
        ("esp-authentication-failures", "ESP authentication failures"),
        ("esp-decryption-failures", "ESP decryption failures"),
        ("bad-headers", "Bad headers"),
        ("bad-trailers", "Bad trailers"),
    ),
}


def _statistics(view: View, _arguments: Arguments) -> Report:
    require_branch(view, "ipsec", "IPSec is not configured")
    return Report(
        lambda: node(
            "usp-ipsec-total-statistics-information",
            *(
                node(group, *(padded(tag, 0) for tag, _ in rows))
                for group, rows in _COUNTERS.items()
            ),
        ),
        lambda: "".join(
            f"{group.split('-')[0].upper()} Statistics:\n"
            + "".join(f"  {label}: {0:>16}\n" for _, label in rows)
            for group, rows in _COUNTERS.items()
        ),
    )


OPERATIONS: Final = (
    tunnel_operation(
        "get-ipsec-statistics-information",
        "show security ipsec statistics",
        _statistics,
        values=("index", "show-index-ipsec-statistics"),
    ),
)
