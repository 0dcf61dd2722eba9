"""Runs of the suites as a person starts them, judged by what they leave behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pytest
from lxml import etree

from harness.reporting import record
from harness.sim.device import SimulatedDevice
from harness.sim.server import Address, SimulatorServer
from harness.sim.spec import DeviceSpec

T = TypeVar("T")

CHECKOUT = Path(__file__).parents[2]
SUITES = CHECKOUT / "suites"
_OURS = ("HARNESS_", "PYTEST_")  # of the run that tests, not of the one that is tested
_SECONDS = 240  # a hang ends here; far above what any of the runs takes


@dataclass(frozen=True)
class FinishedRun:
    """A run that ended: its exit code, what it printed, its run folder and its state directory."""

    exit_code: int
    output: str
    reports: Path
    state: Path

    @property
    def folder(self) -> Path:
        """Return the run folder."""
        return (self.reports / "latest").resolve()

    @cached_property
    def events(self) -> tuple[record.Event, ...]:
        """Read the record; nothing in it may be unreadable."""
        events, notes = record.read_events(self.folder / record.STREAM_NAME)
        assert not notes
        return tuple(events)

    @cached_property
    def cases(self) -> dict[str, record.Case]:
        """Return the cases that ended, by what stands between the brackets, suite in front."""
        ended = [event for event in self.events if isinstance(event, record.Case)]
        found = {_label(case.nodeid): case for case in ended}
        assert len(found) == len(ended), "a case ended twice"
        return found

    @cached_property
    def restores(self) -> dict[str, record.Restore]:
        """Return what the controller proved, by device."""
        return {e.device: e for e in self.events if isinstance(e, record.Restore)}

    @cached_property
    def junit(self) -> etree._Element:
        """Parse junit.xml."""
        return etree.parse(self.folder / "junit.xml").getroot()

    @cached_property
    def testcases(self) -> dict[str, etree._Element]:
        """Return the elements of junit.xml by the same names as ``cases``."""
        return {
            _label(f"{case.get('file')}::{case.get('name')}"): case
            for case in self.junit.iter("testcase")
        }

    def properties(self, label: str) -> dict[str, str]:
        """Return the properties of a case in junit.xml."""
        return {p.get("name"): p.get("value") for p in self.testcases[label].iter("property")}

    def one(self, kind: type[record.Event]) -> Any:
        """Return the only event of a type."""
        (found,) = (event for event in self.events if isinstance(event, kind))
        return found


def _label(nodeid: str) -> str:
    """Shorten "suites/tunnels/test_tunnels.py::test_tunnels[a-ipsec-2]" to "tunnels a-ipsec-2"."""
    path, _, name = nodeid.partition("::")
    return f"{Path(path).parent.name} {name.partition('[')[2].removesuffix(']')}"


@dataclass(frozen=True)
class Runner:
    """Starts runs with a state directory and a reports folder of their own below ``folder``."""

    folder: Path
    started: list[Path] = field(default_factory=list)

    def __call__(
        self,
        *arguments: str | Path,
        cwd: Path = CHECKOUT,
        environment: Mapping[str, str] | None = None,
    ) -> FinishedRun:
        """Run pytest with ``arguments``, to which the suites belong if any are meant."""
        here = self.folder / f"run{len(self.started)}"
        self.started.append(here)
        known = {name: v for name, v in os.environ.items() if not name.startswith(_OURS)}
        finished = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *map(str, arguments)],
            cwd=cwd,
            env={
                **known,
                "HARNESS_STATE": str(here / "state"),
                "HARNESS_RUNDIR": str(here / "reports"),
                "HARNESS_RESTORE_WAIT": "0",  # of the real clock
                **(environment or {}),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        return FinishedRun(finished.returncode, finished.stdout, here / "reports", here / "state")

    def testbed(self, name: str, devices: Mapping[str, Mapping[str, Any]], **head: str) -> Path:
        """Write a testbed; JSON is YAML. ``head`` goes to the mapping ``testbed``."""
        path = self.folder / f"{name}.yaml"
        text = {"testbed": {"name": name, **head}, "devices": dict(devices)}
        path.write_text(json.dumps(text, indent=1), encoding="utf-8")
        return path


@dataclass(frozen=True)
class Served:
    """Simulated devices that a run finds listening, so that they outlive it as real ones do."""

    server: SimulatorServer
    addresses: Mapping[str, Address]
    known_hosts: Path

    def entry(self, name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Return the testbed entry of a device with the way to it."""
        address = self.addresses[name]
        where = {"host": address.host, "port": address.port}
        login = {"username": address.username, "password": address.password}
        ways = {"netconf": where, "cli": where}
        return {**entry, "connections": ways, "credentials": {"default": login}}

    def look(self, name: str, at: Callable[[SimulatedDevice], T]) -> T:
        """Look at a device past every session."""
        return self.server.device(name).call(at)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Give the way to serve devices for as long as a test takes."""
    with ExitStack() as stack:

        def start(*specs: DeviceSpec) -> Served:
            server = SimulatorServer(specs)
            addresses = server.start()
            stack.callback(server.stop)
            known = tmp_path / "known_hosts"
            lines = [f"[{a.host}]:{a.port} {a.host_key}\n" for a in addresses.values()]
            known.write_text("".join(lines))
            return Served(server, addresses, known)

        yield start


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """Give the way to run the suites in processes of their own."""
    return Runner(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="session")
def simulated_device() -> Any:
    """Give a maker of simulated devices for a testbed; keywords are those of ``custom``."""

    def make(
        platform: str = "srx4100", limit: int | None = None, **custom: object
    ) -> dict[str, object]:
        large = platform.startswith("srx")
        underlay = {
            "external_interface": "xe-0/0/0.0" if large else "ge-0/0/0.0",
            "local_address": "192.0.2.1",
            "peers": "198.18.0.0/15",
            "inner": "100.64.0.0/10",
        }
        if platform != "vmx":
            underlay["external_zone"] = "untrust"
        return {
            "platform": platform,
            "simulated": True,
            "underlay": underlay,
            **({"limits": {"tunnels": limit}} if limit else {}),
            **({"custom": custom} if custom else {}),
        }

    return make
