"""The configuration before a run: what every rung starts from and every restore ends at."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.drivers.protocol import Reader
from harness.errors import LabError
from harness.render.readback import configuration_of, fingerprint

_HIDDEN_SECRET = "SECRET-DATA"  # noqa: S105 - the marker, what Junos shows without permission "secret"


@dataclass(frozen=True, slots=True)
class Baseline:
    """A committed configuration by content and time, never by rollback index.

    An index moves with every commit, the content hash doesn't. ``xml`` holds reversible ``$9$``
    strings: it's not in ``repr`` and goes to disk only with mode 0600.
    """

    device: str
    fingerprint: str  # sha256, hexadecimal
    commit_seconds: int  # epoch of the commit that made it; 0 when the device doesn't say
    xml: str = field(repr=False)


def capture(reader: Reader) -> Baseline:
    """Read the committed configuration of ``reader``'s device.

    Raises :class:`LabError` when the login can't read secrets: such a baseline can't be restored.
    """
    xml = reader.configuration("committed", "xml")
    if _HIDDEN_SECRET in xml:
        raise LabError(
            f"{reader.device}: this login reads secrets as {_HIDDEN_SECRET}, so the configuration "
            "couldn't be put back; use a login whose class has the permission 'secret'"
        )
    return Baseline(reader.device, fingerprint(xml), _commit_seconds(xml), xml)


def _commit_seconds(xml: str) -> int:
    for name, value in configuration_of(xml).attrib.items():
        if str(name).rpartition("}")[2] == "commit-seconds" and str(value).isdigit():
            return int(value)
    return 0
