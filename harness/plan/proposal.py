"""Which IKE and ESP parameters Junos takes, and the words of a testbed turned into a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType

from harness.errors import PlanError
from harness.plan.model import Proposal

# The enumerations and ranges of junos-es-conf-security 18.4R3 (ike-proposal, ipsec-proposal,
# ipsec-policy, gateway), less what is broken by today's standards: DES, 3DES, MD5, SHA-1,
# groups 1, 2 and 5.
_GROUPS = ("group14", "group15", "group16", "group19", "group20", "group24")
_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "dh_group": _GROUPS,
        "pfs_group": _GROUPS,
        "ike_encryption": (
            "aes-128-cbc",
            "aes-192-cbc",
            "aes-256-cbc",
            "aes-128-gcm",
            "aes-256-gcm",
        ),
        "ike_authentication": ("sha-256", "sha-384"),
        "esp_encryption": (
            "aes-128-cbc",
            "aes-192-cbc",
            "aes-256-cbc",
            "aes-128-gcm",
            "aes-192-gcm",
            "aes-256-gcm",
        ),
    }
)
_RANGES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "ike_lifetime": (180, 86400),
        "esp_lifetime": (180, 86400),
        "dpd_interval": (2, 60),
        "dpd_threshold": (1, 5),
    }
)


def proposal_of(settings: Mapping[str, str | int]) -> Proposal:
    """Return the default proposal with ``settings`` in place of its fields.

    Keys are the field names of :class:`Proposal`, with ``-`` or ``_``. Raises
    :class:`PlanError` for an unknown key or a value that Junos doesn't take.
    """
    known = {field.name for field in fields(Proposal)}
    named = {key.replace("-", "_"): value for key, value in settings.items()}
    for key in named:
        if key not in known:
            raise PlanError(f"unknown proposal key '{key}'; known: {', '.join(sorted(known))}")
    proposal = Proposal(**named)  # type: ignore[arg-type]  # check_proposal looks at every value
    check_proposal(proposal)
    return proposal


def check_proposal(proposal: Proposal) -> None:
    """Raise :class:`PlanError` for the first parameter that Junos doesn't take."""
    for key, words in _WORDS.items():
        value = getattr(proposal, key)
        if value not in words:
            raise PlanError(f"proposal {key} is '{value}'; allowed: {', '.join(words)}")
    for key, (low, high) in _RANGES.items():
        value = getattr(proposal, key)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise PlanError(f"proposal {key} is {value!r}; allowed: {low}..{high}")
