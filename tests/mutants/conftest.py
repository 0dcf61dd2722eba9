"""A bench for mutants: fresh simulated devices, each in a lab of this process, over real SSH."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Self

import pytest

from harness.errors import HarnessError
from harness.lab import simulation
from harness.lab.bench import Bench
from harness.lab.lab import Lab
from harness.lab.ladder import Rung
from harness.lab.qualify import qualify
from harness.lab.restoring import put_back
from harness.lab.run import Run
from harness.lab.sessions import Sessions
from harness.lab.ways import ways_to
from harness.plan.model import Kind
from harness.reporting.record import Case, Restore
from harness.sim.answers import Report
from harness.sim.config.tree import Node
from harness.sim.device import SimulatedDevice
from harness.sim.faults.tunnel_faults import new_tunnels
from harness.sim.server import Address, DeviceHandle, SimulatorServer
from harness.sim.spec import FaultSpec
from harness.sim.store.datastore import Mangle
from harness.sim.tunnels import Tunnel, added
from harness.sim.view import View
from harness.system_clock import SystemClock
from harness.testbed.load import load_testbed_text
from harness.testbed.model import Testbed

SPARES = 160  # devices that nobody connects to cost half a millisecond each
CONTROL = 2  # tunnels of the negative control, to which a lie that is worth its name is honest
HISTORY = "get-commit-information"
NO_TABLES = (HISTORY, "get-database-status-information")
COUNT = 5  # of a rung: above the negative control's 2, and with a first, a middle and a last
_DEVICE = """\
  {name}:
    type: gateway
    platform: srx4100
    simulated: true
    underlay:
      external_interface: xe-0/0/0.0
      external_zone: untrust
      local_address: 192.0.2.1
      peers: 198.18.0.0/15
      inner: 100.64.0.0/10
"""


def tunnels_of(device: SimulatedDevice) -> tuple[Tunnel, ...]:
    """Return the tunnels that the device didn't start with."""
    return added(device._base_tunnels, device._configured_tunnels())


@dataclass(frozen=True)
class End:
    """How a rung ended, and which sources of evidence spoke against it."""

    word: str  # "fail", or the name of what was raised
    reason: str
    by: str

    def __str__(self) -> str:
        return f"{self.word}: {self.reason} [{self.by}]"


class Hurried(SystemClock):
    """The real clock, but nobody waits: something else happens in that time."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self._meanwhile = meanwhile

    def sleep(self, _seconds: float) -> None:
        """Let it happen."""
        self._meanwhile()


@dataclass(frozen=True)
class Dut:
    """One simulated device with its bench; ``lab`` can give further benches of another run."""

    bench: Bench
    handle: DeviceHandle
    stage: Stage

    def arm(self, name: str, **options: str | float) -> None:
        """Switch a fault of the simulator on."""
        self.handle.arm(FaultSpec(name, options))

    def spoil(self, change: Callable[[SimulatedDevice], object]) -> None:
        """Change the device's code, between two messages."""
        self.handle.call(change)

    def arm_in_rung(self, name: str, **options: str | float) -> None:
        """Switch it on when a whole rung is on the device and its tables are asked for."""
        once = iter((FaultSpec(name, options),))

        def change(device: SimulatedDevice, ask: Callable[[], Report]) -> Report:
            for spec in once:
                device.arm(spec)
            return ask()

        self.answers(change, "get-inactive-tunnels")

    def arm_in_commit(self, name: str, **options: str | float) -> None:
        """Switch it on when a whole rung is committed."""
        once = iter((FaultSpec(name, options),))

        def change(taken: Node, _new: tuple[Tunnel, ...]) -> Node:
            for spec in once:
                self.arm(spec.name, **spec.options)
            return taken

        self.commits(change)

    def answering(self) -> None:
        """Let the far ends of tunnels negotiate."""

        def spoil(device: SimulatedDevice) -> None:
            device.switches = {**device.switches, "peers": "answering"}

        self.spoil(spoil)

    def hurry(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Let our side do ``meanwhile`` where it would wait before it tries again."""
        self.bench.run = replace(self.bench.run, clock=Hurried(meanwhile))

    def shorten(self, seconds: float) -> None:
        """Let our side wait no longer than this for an answer."""
        ways = self.bench._sessions._endpoints
        shorter = {driver: replace(way, timeout=seconds) for driver, way in ways.items()}
        self.bench._sessions = Sessions(shorter)

    def commits(self, change: Callable[[Node, tuple[Tunnel, ...]], Node]) -> None:
        """Let the commit of a whole rung commit ``change(checked, its new tunnels)`` instead."""

        def mangle(honest: Mangle, committed: Node, checked: Node) -> Node:
            new = new_tunnels(committed, checked)
            taken = honest(committed, checked)
            return change(taken, new) if len(new) > CONTROL else taken

        self._mangle(mangle)

    def returns(self, change: Callable[[Node, Node], Node]) -> None:
        """Let every commit since the return of a whole rung commit ``change(old, checked)``."""
        returning: list[bool] = []

        def mangle(honest: Mangle, committed: Node, checked: Node) -> Node:
            if len(new_tunnels(checked, committed)) > CONTROL:
                returning.append(True)
            taken = honest(committed, checked)
            return change(committed, taken) if returning else taken

        self._mangle(mangle)

    def _mangle(self, mangle: Callable[[Mangle, Node, Node], Node]) -> None:
        def spoil(device: SimulatedDevice) -> None:
            device.store._mangle = partial(mangle, device.store._mangle)

        self.spoil(spoil)

    def loads(self, change: Callable[[Node], Node]) -> None:
        """Let loading a whole rung leave ``change(candidate)`` in the candidate."""

        def spoil(device: SimulatedDevice) -> None:
            store, honest = device.store, device.store.change

            def load(tree: Node, *editor: object) -> None:
                new = new_tunnels(store.committed, tree)
                honest(change(tree) if len(new) > CONTROL else tree, *editor)

            store.change = load

        self.spoil(spoil)

    def sees(self, change: Callable[[View, tuple[Tunnel, ...]], View]) -> None:
        """Let every operational answer during a rung be made from ``change(view, new tunnels)``."""

        def spoil(device: SimulatedDevice) -> None:
            honest = device.view

            def view() -> View:
                new = tunnels_of(device)
                return change(honest(), new) if len(new) > CONTROL else honest()

            device.view = view

        self.spoil(spoil)

    def answers(
        self, change: Callable[[SimulatedDevice, Callable[[], Report]], Report], *rpcs: str
    ) -> None:
        """Let ``change(device, ask)`` answer these questions during a rung; ``ask`` is honest."""

        def spoil(device: SimulatedDevice) -> None:
            honest = device.repeated

            def repeated(rpc: str, make: Callable[[], Report]) -> Report:
                if rpc in rpcs and len(tunnels_of(device)) > CONTROL:
                    return change(device, lambda: honest(rpc, make))
                return honest(rpc, make)

            device.repeated = repeated

        self.spoil(spoil)

    def repeats_tables(self) -> None:
        """Repeat the first answer to every question about tunnels, units and the rest of a device.

        That for the history, and for who is in the configuration, is answered as it should be.
        """
        self.arm("repeat-reply")

        def spoil(device: SimulatedDevice) -> None:
            honest = device.repeated
            device.repeated = lambda rpc, make: make() if rpc in NO_TABLES else honest(rpc, make)

        self.spoil(spoil)

    def qualify(self, kind: Kind = Kind.IPSEC, count: int = COUNT, **claim: object) -> Case:
        """Run one rung as a suite does."""
        return qualify(self.bench, Rung(self.bench.device.name, kind, count, **claim))

    def must_end(
        self, word: str, says: str, by: str | None = None, kind: Kind = Kind.IPSEC
    ) -> None:
        """Assert how a rung ends: its word, its reason, and the sources that disagree."""
        end = self.end(kind)
        told = f"expected {word} '{says}' [{by or 'whoever'}], the run ended as {end}"
        assert end.word == word, told
        assert re.search(says, end.reason), told
        assert by in (None, end.by), told

    def end(self, kind: Kind = Kind.IPSEC) -> End:
        """Run one rung and say how it ended, raised or not."""
        try:
            case = self.qualify(kind)
        except HarnessError as error:
            return End(type(error).__name__, str(error), "")
        wrong = dict.fromkeys(finding.source for finding in case.findings if not finding.ok)
        reason = "; ".join((case.reason, *case.warnings))
        return End(str(case.outcome), reason, ", ".join(wrong))

    def put_back(self) -> Restore:
        """Prove the device as the controller does at the end of a run."""
        return put_back(self.bench)

    def committed(self) -> str:
        """Return the device's configuration as it is, past every session of the harness."""
        return self.handle.call(lambda device: device.store.render(device.store.committed, "set"))

    def of_another_run(self, run_id: str = "0ther0ne", *, real: bool = False) -> Dut:
        """Return the same device on the bench of another run, which knows nothing of this one.

        ``real``: the testbed of that run doesn't say that the device is simulated.
        """
        return self.stage.dut(self.handle.name, replace(self.bench.run, run_id=run_id), real=real)


class Stage:
    """One simulator server with spare devices, and labs on them."""

    def __init__(self, state: Path) -> None:
        self._state = state
        names = [f"dut{number:03}" for number in range(SPARES)]
        text = "testbed: {name: mutants}\ndevices:\n" + "".join(
            _DEVICE.format(name=name) for name in names
        )
        self._testbed: Testbed = load_testbed_text(text, "mutants.yaml")
        self._spares = iter(names)
        self._labs: list[Lab] = []
        self._server: SimulatorServer
        self._addresses: dict[str, Address]

    def __enter__(self) -> Self:
        self._server, addresses = simulation.start(self._testbed)
        self._addresses = dict(addresses)
        return self

    def __exit__(self, *_: object) -> None:
        for lab in self._labs:
            lab.close()
        self._server.stop()

    def fresh(self) -> Dut:
        """Return a device that no test has touched."""
        name = next(self._spares)
        return self.dut(
            name, Run(f"run-{name}", b"k" * 32, self._state / name, SystemClock(), restore_wait=0.0)
        )

    def dut(self, name: str, run: Run, *, real: bool = False) -> Dut:
        """Put a device on the bench of a run."""
        device = self._testbed.device(name)
        ways = ways_to(self._testbed, device, self._addresses, lambda question: question)
        if real:
            device = replace(device, simulated=False)
        lab = Lab(replace(self._testbed, devices=(device,)), run, {name: ways})
        self._labs.append(lab)
        return Dut(lab.bench(name), self._server.device(name), self)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Start the server of this module."""
    with Stage(tmp_path_factory.mktemp("state")) as opened:
        yield opened


@pytest.fixture
def dut(stage: Stage) -> Dut:
    """Give the test a device of its own."""
    return stage.fresh()


@dataclass(frozen=True)
class Row:
    """One row of docs/faults.md; ``says`` are pieces of what the run says, in their order."""

    fault: str
    ends: str
    says: tuple[str, ...]
    by: str


@pytest.fixture(scope="session")
def documented() -> dict[str, dict[str, Row]]:
    """Read docs/faults.md: section → lie → row."""
    page = Path(__file__).parents[2] / "docs" / "faults.md"
    sections: dict[str, dict[str, Row]] = {}
    rows: dict[str, Row] = {}
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            rows = sections.setdefault(line[3:].strip(), {})
        elif line.startswith("| ---"):
            rows.clear()  # what stood above is the head of the table
        elif line.count(" | ") == 4:
            lie, fault, ends, says, by = (cell.strip() for cell in line.strip("|").split(" | "))
            pieces = tuple(piece.strip("`") for piece in says.split(" … "))
            rows[lie] = Row(fault.strip("`"), ends, pieces, by)
    return sections


@pytest.fixture
def expose(dut: Dut, documented: dict[str, dict[str, Row]]) -> Callable[..., None]:
    """Give a function that lets a device lie, qualifies it, and holds the end to what's expected.

    ``tell`` arms the lie. ``says`` is a regular expression that the reason must match. ``by`` are
    the sources whose findings aren't ok, or, where the run was refused, what refused it.
    ``restored`` is the controller's proof, ``clean`` what the device itself says.
    """

    def expose(
        section: str,
        lie: str,
        *,
        tell: Callable[[Dut], object],
        says: str,
        by: str,
        ends: str = "fail",
        kind: Kind = Kind.IPSEC,
        restored: bool = True,
        clean: bool | None = None,
    ) -> None:
        tell(dut)
        before = dut.committed()
        end = dut.end(kind)
        assert end.word == ends, end
        assert re.search(says, end.reason), end
        assert by == (end.by or by), end
        assert dut.put_back().proven is restored, "the controller's proof"
        expected = restored if clean is None else clean
        assert (dut.committed() == before) is expected, "the device's own configuration"
        row = documented[section][lie]
        assert (row.ends, row.by) == (ends, by), "docs/faults.md"
        assert re.search(".*".join(map(re.escape, row.says)), end.reason), "docs/faults.md"

    return expose


@pytest.fixture
def kill(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give a function that breaks the harness and wants a guard to turn red, for this reason.

    ``breaks`` is what is replaced, by its dotted name, ``by`` what stands there instead, ``also``
    where the same was imported by name. Only a
    failed assertion of the guard and an exception of the harness count as red: a mutant that
    can't run shows nothing.
    """

    def kill(
        *,
        breaks: str,
        by: object,
        guard: Callable[[Stage], None],
        says: str,
        also: tuple[str, ...] = (),
    ) -> None:
        for name in (breaks, *also):
            monkeypatch.setattr(name, by)
        with pytest.raises((AssertionError, HarnessError)) as red:
            guard(stage)
        assert re.search(says, str(red.value)), red.value

    return kill
