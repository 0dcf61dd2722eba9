"""The configuration before a run: what every rung starts from and every restore ends at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.drivers.protocol import Reader
from harness.errors import LabError
from harness.render.readback import Path, configuration_of, deepest, fingerprint, statements

_HIDDEN_SECRET = "SECRET-DATA"  # noqa: S105 - the marker, what Junos shows without permission "secret"
_SHOWN = 3  # statements that a difference names of each sort


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


def difference(baseline: Baseline, xml: str) -> str:
    """Say how a configuration differs from ``baseline``, naming statements; "" when it doesn't.

    Keys and passwords are named by where they stand, never shown. Raises
    :class:`~harness.errors.DeviceError` when ``xml`` can't be read.
    """
    if fingerprint(xml) == baseline.fingerprint:
        return ""
    before, after = statements(baseline.xml), statements(xml)
    words = [
        f"{len(paths)} {what}: {_some(paths)}"
        for what, paths in (
            ("too many", deepest(after.members - before.members)),
            ("missing", deepest(before.members - after.members)),
            (
                "with another secret",
                [p for p, was in before.secrets.items() if after.secrets.get(p, was) != was],
            ),
        )
        if paths
    ]
    return "; ".join(words) or "the same statements in another order"


def _some(paths: Sequence[Path]) -> str:
    shown = ", ".join(" ".join(path) for path in paths[:_SHOWN])
    return f"{shown}, …" if len(paths) > _SHOWN else shown


def _commit_seconds(xml: str) -> int:
    for name, value in configuration_of(xml).attrib.items():
        if str(name).rpartition("}")[2] == "commit-seconds" and str(value).isdigit():
            return int(value)
    return 0
