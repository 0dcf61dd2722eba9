"""Looks on at the device and lets die what the scenario says, at the request that it says."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

from campaign.foreign import USER, Hand
from campaign.full_disk import FLAG
from campaign.kinds import FOREIGN, Death, Instant, Kind
from campaign.network import Cut as LineCut
from campaign.process import Started
from campaign.scenario import Scenario
from campaign.world import DUT, World
from harness.sim.effects import Cut, Effect, HangUp, Pause
from harness.sim.onlooker import Request, Stage
from harness.sim.spec import FaultSpec

_HEARD = 0.05  # really waited, seconds: a signal is heard before the device answers
_COMMIT_GOES_ON = 0.3  # really waited: the device is still at a commit whose session is gone
_DIES_WITHIN = 10.0  # seconds until a killed process is gone
FOREVER = 10 * 365 * 86_400.0


class Director:
    """Counts requests, and does each deed of the scenario once, while the device's answer waits.

    Everything but :meth:`follow` runs on the server's thread, which serves nobody meanwhile.
    """

    def __init__(self, scenario: Scenario, world: World) -> None:
        self._world = world
        self._waiting = list(scenario.deaths)
        self._run: Started | None = None
        self._commits = 0
        self._since_commit = 0
        self._since_deed = 0
        self.hands: list[Hand] = []
        self.story: list[str] = []
        self.happened = 0
        self.landed: dict[str, int] = {}  # log of each commit seen → tunnels of ours then
        self.left_by_run = 0  # tunnels of ours when the run was over
        self._edit_seen = False
        self.edit_lost = ""  # the request of ours that took away what alice was editing
        self._deeds: dict[Kind, Callable[[Death], Iterator[Effect]]] = {
            Kind.WORKER_KILLED: self._kill_worker,
            Kind.CONTROLLER_KILLED: self._kill_controller,
            Kind.ALL_KILLED: self._kill_all,
            Kind.SIGTERM: self._signal,
            Kind.CTRL_C: self._signal,
            Kind.CTRL_C_TWICE: self._signal,
            Kind.DROPPED_BEFORE: self._drop,
            Kind.DROPPED_DURING: self._drop_during,
            Kind.DROPPED_AFTER: self._drop,
            Kind.DROPPED: self._drop,
            Kind.REBOOT: self._reboot,
            Kind.NETWORK_MINUTES: self._cut,
            Kind.NETWORK_GONE: self._cut,
            Kind.DEVICE_DISK: self._fill_device,
            Kind.STATE_DISK: self._fill_state,
            Kind.DEVICE_CLOCK: self._device_clock,
            Kind.OUR_CLOCK: self._our_clock,
        }

    def follow(self, run: Started) -> None:
        """Look on at what ``run`` asks of the device."""

        def begin() -> None:
            self._run = run
            self._world.dut.onlooker = self._look

        self._world.on_loop(begin)

    def leave(self) -> None:
        """Look on no longer."""

        def end() -> None:
            self._world.dut.onlooker = None
            self._edit_seen = False

        self._world.on_loop(end)

    @property
    def still_to_come(self) -> tuple[Death, ...]:
        """Return what never had its instant."""
        return tuple(self._waiting)

    def _look(self, request: Request) -> Iterator[Effect]:
        self._count(request)
        self._note_commits()
        self._watch_edit(request)
        effects: list[Effect] = []
        for death in [each for each in self._waiting if self._is_now(each.at, request)]:
            self._waiting.remove(death)
            self._since_deed = 0
            self.happened += 1
            self.story.append(f"{death.kind}: at {death.at}, {request.name.split()[0]}")
            if death.kind in FOREIGN:
                self.hands.append(Hand(death))
            else:
                effects.extend(self._deeds[death.kind](death))
        self.let_hands_act()
        yield from effects

    def _count(self, request: Request) -> None:
        if request.stage is Stage.DONE:
            return
        self._since_commit += 1
        self._since_deed += 1
        if request.commits:
            self._commits += 1
            self._since_commit = 0

    def _is_now(self, at: Instant, request: Request) -> bool:
        if at.stage is not request.stage:
            return False
        if at.commits < 0:  # counted from the deed before
            return self.happened > 0 and self._since_deed >= at.requests
        if at.commits == self._commits:
            return self._since_commit >= at.requests and (at.requests > 0 or request.commits)
        return self._commits > at.commits  # there were fewer requests than the instant has

    def _note_commits(self) -> None:
        store = self._world.dut.store
        newest = store.history[0]
        if newest.log and newest.log not in self.landed:
            self.landed[newest.log] = ours(store.render(store.committed, "set"))

    def let_hands_act(self) -> None:
        """Let whoever waits for the lock do what they wait to do."""
        for hand in self.hands:
            if hand.act(self._world.dut):
                self.story.append(f"alice {hand.did}: {hand.lines or 'nothing'}".splitlines()[0])

    def _watch_edit(self, request: Request) -> None:
        """Note when alice's edit goes; with the device's own rollback everybody's does."""
        store = self._world.dut.store
        there = store.dirty and store.editor is not None and store.editor.user == USER
        rolled_back = store.history[0].user == "root"
        if self._edit_seen and not there and not rolled_back and not self.edit_lost:
            self.edit_lost = request.name
        self._edit_seen = there

    # -- deeds

    def _kill_worker(self, _: Death) -> Iterator[Effect]:
        pid = self._started.worker_on(DUT)
        if pid is None:
            self.story.append("no worker is there to be killed")
        else:
            kill(pid)
        yield from ()

    def _kill_controller(self, _: Death) -> Iterator[Effect]:
        kill(self._started.pid)
        yield from ()

    def _kill_all(self, _: Death) -> Iterator[Effect]:
        self._started.kill_everybody()
        yield from ()

    def _signal(self, death: Death) -> Iterator[Effect]:
        if death.kind is Kind.SIGTERM:
            os.kill(self._started.pid, signal.SIGTERM)
        else:  # a terminal tells everybody
            os.killpg(self._started.pid, signal.SIGINT)
        threading.Event().wait(_HEARD)
        yield from ()

    def _drop(self, _: Death) -> Iterator[Effect]:
        """Take every session away, as a management daemon does that dies."""
        device = self._world.dut
        for login in tuple(device._logins.values()):
            login.close()
            login.hang_up()
        yield HangUp(abrupt=True)

    def _drop_during(self, _: Death) -> Iterator[Effect]:
        yield Cut()
        yield Pause(_COMMIT_GOES_ON)

    def _reboot(self, death: Death) -> Iterator[Effect]:
        self._world.dut.arm(FaultSpec("reboot", {"seconds": float(death.options["seconds"])}))
        yield HangUp(abrupt=True)

    def _cut(self, death: Death) -> Iterator[Effect]:
        minutes = float(death.options.get("minutes", 0.0))
        seconds = minutes * 60 or FOREVER
        self._world.line.cut(LineCut(str(death.options["how"])), seconds)
        yield from ()

    def _fill_device(self, death: Death) -> Iterator[Effect]:
        lasting = float(death.options["lasting"]) or None
        self._world.dut.arm(FaultSpec("disk-full", lasting=lasting))
        yield from ()

    def _fill_state(self, _: Death) -> Iterator[Effect]:
        (self._world.folder / FLAG).touch()
        yield from ()

    def _device_clock(self, death: Death) -> Iterator[Effect]:
        self._world.clock.skew += float(death.options["seconds"])
        yield from ()

    def _our_clock(self, death: Death) -> Iterator[Effect]:
        self._world.clock.set_us_wrong(float(death.options["seconds"]))
        yield from ()

    @property
    def _started(self) -> Started:
        if self._run is None:
            raise RuntimeError("nothing runs")
        return self._run


def kill(pid: int) -> None:
    """Kill one process and wait until it's gone."""
    with suppress(ProcessLookupError):
        watched = os.pidfd_open(pid)
        try:
            os.kill(pid, signal.SIGKILL)
            gone = select.poll()
            gone.register(watched, select.POLLIN)
            if not gone.poll(_DIES_WITHIN * 1000):
                raise TimeoutError(f"process {pid} doesn't die")
        finally:
            os.close(watched)


def ours(configuration: str) -> int:
    """Count the tunnels of ours in set lines: VPNs, else GRE units with a far end of ours."""
    lines = configuration.splitlines()
    vpns = {
        words[4] for line in lines if (words := line.split())[1:4] == ["security", "ipsec", "vpn"]
    }
    units = {
        line.split()[4]
        for line in lines
        if line.startswith("set interfaces gr-") and " tunnel " in line
    }
    return len([name for name in vpns if name.startswith("hil-")]) or len(units)
