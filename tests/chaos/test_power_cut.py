"""Everything of ours is killed and nobody types another command: the devices help themselves."""

from __future__ import annotations

from types import MappingProxyType

import pytest
from campaign.director import Director
from campaign.kinds import Death, Instant, Kind
from campaign.process import start_restore, start_suites
from campaign.scenario import SWITCHES, Scenario
from campaign.world import DUT, World

from harness.sim.onlooker import Stage
from harness.sim.spec import FaultSpec

WHILE_IT_IS_LOOKED_AT = Instant(3, 5, Stage.ASKED)  # commit 3 is the rung's
UNANSWERED = Instant(3, 0, Stage.DONE)
CONFIRM_SECONDS = 12 * 60.0
MARGIN = 180.0  # real seconds count, too
KILLED = -9


def _scenario(at: Instant, **switches: str) -> Scenario:
    chosen = {name: values[0] for name, values in SWITCHES.items()} | switches
    return Scenario(
        seed=0,
        kind=Kind.ALL_KILLED,
        platform="srx4100",
        tunnels=("ipsec",),
        driver="pyez",
        workers=0,
        switches=MappingProxyType(chosen),
        deaths=(Death(Kind.ALL_KILLED, at),),
    )


class _Lab:
    """A device whose run was killed at an instant."""

    def __init__(self, scenario: Scenario, world: World) -> None:
        self.scenario = scenario
        self.world = world
        self.before = world.configuration(DUT)
        director = Director(scenario, world)
        started = start_suites(scenario, world, "")
        director.follow(started)
        assert started.end().code == KILLED
        director.leave()

    @property
    def now(self) -> str:
        return self.world.configuration(DUT)

    def run(self):
        return start_suites(self.scenario, self.world, "").end()

    def restore(self):
        return start_restore(self.world, "").end()

    def reboot(self) -> None:
        device = self.world.dut
        self.world.on_loop(lambda: device.arm(FaultSpec("reboot", {"seconds": 60.0})))
        self.world.pass_time(61.0)


@pytest.fixture
def killed(tmp_path):
    """Give a maker of labs whose run was killed."""
    worlds = []

    def make(at: Instant, **switches: str) -> _Lab:
        scenario = _scenario(at, **switches)
        worlds.append(World(scenario, tmp_path / "seed"))
        return _Lab(scenario, worlds[-1])

    yield make
    for world in worlds:
        world.close()


@pytest.mark.parametrize(
    ("at", "target"), [(UNANSWERED, "previous"), (WHILE_IT_IS_LOOKED_AT, "first")]
)
def test_the_device_puts_itself_back(killed, at, target):
    """Ours is there until the minutes of its confirmed commit are over, and then it isn't."""
    lab = killed(at, **{"followup-confirm-target": target})
    lab.world.pass_time(CONFIRM_SECONDS - MARGIN)
    assert "hil-t00003" in lab.now
    lab.world.pass_time(MARGIN)
    assert lab.now == lab.before
    assert lab.world.dut.store.pending is None


def test_a_reboot_can_lose_the_rollback(killed):
    """Then ours stays, the next run refuses the device, and the command it names takes ours off."""
    lab = killed(UNANSWERED, **{"pending-at-reboot": "lost"})
    lab.reboot()
    lab.world.pass_time(CONFIRM_SECONDS)
    assert "hil-t00003" in lab.now
    with_ours = lab.now
    refused = lab.run()
    assert refused.code == 1
    assert f"run 'harness restore {DUT}' first" in refused.output
    assert lab.now == with_ours
    restored = lab.restore()
    assert restored.code == 0, restored.output
    assert lab.now == lab.before
    assert lab.run().code == 0


def test_a_rollback_can_survive_a_reboot(killed):
    """Then the device is back by itself; the next run refuses all the same, until it's proven."""
    lab = killed(UNANSWERED, **{"pending-at-reboot": "kept"})
    lab.reboot()
    lab.world.pass_time(CONFIRM_SECONDS)
    assert lab.now == lab.before
    refused = lab.run()
    assert refused.code == 1
    assert f"run 'harness restore {DUT}' first" in refused.output
    restored = lab.restore()
    assert restored.code == 0, restored.output
    assert lab.now == lab.before
    assert lab.run().code == 0
