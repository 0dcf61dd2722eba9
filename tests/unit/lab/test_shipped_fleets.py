"""The fleets of every shipped testbed can be served."""

from pathlib import Path

import pytest

from harness.lab.fleet_serving import fleet_specs
from harness.testbed.load import load_testbed

TESTBEDS = sorted((Path(__file__).parents[3] / "testbeds").glob("*.yaml"))


@pytest.mark.parametrize("path", TESTBEDS, ids=lambda path: path.stem)
def test_each_device_of_a_shipped_fleet_has_a_specification(path):
    """The simulator is told of every device, each by its own name, whatever the deployment is."""
    testbed = load_testbed(path)

    names = [spec.name for spec in fleet_specs(testbed)]

    served = [f for f in testbed.fleets if f.pattern.simulated and f.address is None]
    assert len(set(names)) == len(names) == sum(fleet.count for fleet in served)
