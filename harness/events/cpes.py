"""The lines of simulated CPEs: each numbers its own events, so that a lost one is missed.

Keys and their order are those of SRX and vSRX samples (Juniper/contrail-specs,
structured_syslog_appqoe.md; test data of tungstenfabric/tf-analytics). Lines are 639 to 1,011 bytes
long there; these are in between, or half as long where they tell of a path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

ELEMENT: Final = b"junos@2636.1.1.1.2.129"

_SESSION: Final = (
    b'source-address="10.1.1.10" source-port="49152" destination-address="192.0.2.80" '
    b'destination-port="443" service-name="junos-https" application="SSL" '
    b'nested-application="UNKNOWN" nat-source-address="10.1.1.10" nat-source-port="49152" '
    b'nat-destination-address="192.0.2.80" nat-destination-port="443" src-nat-rule-name="N/A" '
    b'dst-nat-rule-name="N/A" protocol-id="6" policy-name="site-to-site" '
    b'source-zone-name="trust" destination-zone-name="vpn" session-id-32="%d"'
)
_TRAFFIC: Final = (
    b' packets-from-client="29" bytes-from-client="2066" packets-from-server="31" '
    b'bytes-from-server="4410" elapsed-time="608" username="N/A" roles="N/A" encrypted="No"'
)
_PATH: Final = (
    b'apbr-profile="sites" apbr-rule="web" application="SSL" nested-application="UNKNOWN" '
    b'group-name="N/A" routing-instance="vpn" destination-interface-name="gr-0/0/0.1" '
    b'ip-dscp="0" sla-rule="web" ingress-jitter="3" egress-jitter="4" rtt-jitter="5" rtt="24" '
    b'pkt-loss="0" monitoring-time="60000" session-id-32="%d"'
)
# Nine of ten events tell of sessions; the mix is ours, no source gives one.
_BODIES: Final[Mapping[bytes, bytes]] = MappingProxyType(
    {
        b"APPTRACK_SESSION_CLOSE": b'reason="TCP FIN" ' + _SESSION + _TRAFFIC,
        b"APPTRACK_SESSION_VOL_UPDATE": _SESSION + _TRAFFIC,
        b"APPQOE_PASSIVE_SLA_METRIC_REPORT": _PATH,
    }
)
_MIX: Final = (
    *(b"APPTRACK_SESSION_CLOSE",) * 6,
    *(b"APPTRACK_SESSION_VOL_UPDATE",) * 3,
    b"APPQOE_PASSIVE_SLA_METRIC_REPORT",
)
_LINES: Final = tuple(
    b"<14>1 %s %s RT_FLOW - " + tag + b" [" + ELEMENT + b" " + _BODIES[tag] + b"]" for tag in _MIX
)


def cpe_names(number: int) -> tuple[bytes, ...]:
    """Return so many host names: "cpe-00001" and so on."""
    return tuple(b"cpe-%05d" % each for each in range(1, number + 1))


class Cpes:
    """CPEs that take turns, by their host names; ``sent`` says how many events each has made."""

    def __init__(self, hosts: Sequence[bytes]) -> None:
        self._hosts = tuple(hosts)
        self._made = 0

    @property
    def made(self) -> int:
        """Return how many events were made so far, of all CPEs."""
        return self._made

    @property
    def sent(self) -> dict[bytes, int]:
        """Return host → its events."""
        rounds, more = divmod(self._made, len(self._hosts))
        return {host: rounds + (place < more) for place, host in enumerate(self._hosts)}

    def take(self, number: int, now: datetime) -> Iterator[bytes]:
        """Yield the next ``number`` messages, all of them made at ``now`` (aware)."""
        time = now.isoformat(timespec="microseconds").encode()
        hosts, kinds = self._hosts, len(_LINES)
        for made in range(self._made, self._made + number):
            turn, place = divmod(made, len(hosts))
            yield _LINES[made % kinds] % (time, hosts[place], turn + 1)
        self._made += number
