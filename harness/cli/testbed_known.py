"""What ``harness testbed show`` adds of the state directory: what was probed on its devices."""

from __future__ import annotations

from harness.cli.testbed import as_data
from harness.lab.bench import address_key
from harness.lab.knowledge import headline, known_at
from harness.lab.run import state_directory
from harness.testbed.model import Testbed


def with_known(loaded: Testbed) -> dict[str, object]:
    """Return the testbed as plain data, each device with what was probed on it, newest first."""
    data = as_data(loaded)
    devices = data["devices"]
    if isinstance(devices, dict):
        for device in loaded.devices:
            found = known_at(state_directory(), address_key(device))
            devices[device.name]["probed"] = [headline(k.model, k.release, k) for k in found]
    return data
