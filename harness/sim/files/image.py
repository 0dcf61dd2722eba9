"""Files that every device starts with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MESSAGES: Final = "/var/log/messages"  # what the device logs

# Names of the routing engine's end of the internal links (a device with one routing engine).
IMAGE: Final[Mapping[str, bytes]] = {
    "/etc/hosts.junos": b"128.0.0.1        master\n128.0.0.4        re0\n",
}
