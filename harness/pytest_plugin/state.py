"""What the hooks of one process share, under typed keys of pytest's own stash."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.claims.catalogue import Catalogue
from harness.errors import UsageError
from harness.lab.deployments import cases_of
from harness.lab.event_load import EventLoad, event_loads
from harness.lab.lab import Lab, catalogue_for
from harness.lab.ladder import Rung, rungs
from harness.lab.rollout_cases import RolloutCases, check_deployment
from harness.pytest_plugin.options import Options, read_options
from harness.testbed.load import load_testbed
from harness.testbed.model import Device, Testbed


@dataclass(slots=True)
class State:
    """Options, testbed and claims of this run; ``lab`` is open while cases run."""

    options: Options
    suites: Path  # the folder that asked for the plugin
    testbed: Testbed
    catalogue: Catalogue
    lab: Lab | None = None
    rollouts: dict[str, RolloutCases] = field(default_factory=dict)  # of this process, by name

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """Return every rung that the testbed and the options ask for."""
        return rungs(self.testbed, self.catalogue, self.options.count)

    @property
    def event_loads(self) -> tuple[EventLoad, ...]:
        """Return the rates of log events that are measured."""
        nightly = self.options.profile == "nightly"
        return event_loads(self.testbed, self.catalogue, self.options.count, nightly=nightly)

    @property
    def devices(self) -> tuple[Device, ...]:
        """Return the devices in the order of the file."""
        return self.testbed.devices

    @property
    def asked(self) -> tuple[Device, ...]:
        """Return the devices that speak Junos, in the order of the file: compute nodes don't."""
        return tuple(device for device in self.devices if device.role != "compute")

    def rollout(self, name: str) -> RolloutCases:
        """Return the cases of a deployment, the same ones every time: hubs stand between them."""
        self.abandon_rollouts(but=name)
        if name not in self.rollouts:
            deployment = self.testbed.deployment(name)
            self.rollouts[name] = cases_of(self.open_lab(), deployment, self.catalogue)
        return self.rollouts[name]

    def abandon_rollouts(self, *, but: str | None = None) -> None:
        """Put back what deployments still hold, where their last case wasn't selected.

        Others need the devices: a fleet may play in two deployments, a device in suites of its own.
        """
        for name, rollout in self.rollouts.items():
            if name != but:
                rollout.deployed.abandon()

    @property
    def playing(self) -> tuple[str, ...]:
        """Return the single devices that play in deployments."""
        players = {name for each in self.testbed.deployments for name in each.players}
        return tuple(device.name for device in self.devices if device.name in players)

    def open_lab(self) -> Lab:
        """Return the open lab.

        Raises :class:`UsageError` where none is open: a collection alone touches no device.
        """
        if self.lab is None:
            raise UsageError("no lab is open: this run only collects")
        return self.lab


STATE = pytest.StashKey[State]()


def make_state(config: pytest.Config, suites: Path, testbed: Path) -> State:
    """Read options, testbed and claims; raises :class:`UsageError` for whatever is wrong.

    ``suites`` is the folder that asked for the plugin, ``testbed`` its default.
    """
    options = read_options(config)
    known = load_testbed(options.testbed or testbed)
    catalogue = catalogue_for(known, options.claims)
    for deployment in known.deployments:
        check_deployment(known, deployment, catalogue)
    return State(options, suites, known, catalogue)
