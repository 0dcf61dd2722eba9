"""What a testbed asks of simulated devices, held against what the simulator knows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.document.problems import Path as KeyPath
from harness.document.problems import Problem, render_all
from harness.errors import TestbedError, UsageError
from harness.sim.faults.named import fault
from harness.sim.platforms import platform
from harness.sim.release import release_of
from harness.sim.spec import FaultSpec
from harness.sim.store.profiles import profile
from harness.sim.store.starting import starting_tree
from harness.sim.switches import checked_switches
from harness.testbed.model import Device, Simulation, Testbed

_JDM = "-jdm"  # how the simulator tells the two endpoints of an NFX250 apart

Found = Iterator[tuple[KeyPath, str]]  # below ``custom``


def simulated_platform(device: Device) -> str:
    """Return what the simulator calls the device's platform."""
    return device.platform + (_JDM if device.role == "jdm" else "")


def require_known(testbed: Testbed) -> None:
    """Raise :class:`TestbedError` with every setting that the simulator would refuse.

    Reads the files that ``base`` and ``schema`` name; makes no device.
    """
    alike = ("fleets", [fleet.pattern for fleet in testbed.fleets])
    problems = [
        Problem(simulation.line(path), (part, device.name, "custom", *path), text)
        for part, devices in (("devices", testbed.devices), alike)
        for device in devices
        if (simulation := device.simulation) is not None
        for path, text in _found(simulation, simulated_platform(device), device.name)
    ]
    if problems:
        raise TestbedError(render_all(problems, testbed.path))


def base_of(simulation: Simulation) -> str | None:
    """Return the text of the file that ``base`` names; raises :class:`UsageError`."""
    if simulation.base is None:
        return None
    path = Path(simulation.base).expanduser()
    try:
        return path.read_text(encoding="utf-8")
    except OSError as exc:
        raise UsageError(f"{path}: can't be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise UsageError(f"{path}: not UTF-8; allowed: set commands") from exc


def schema_of(simulation: Simulation) -> Path | None:
    """Return the path of the compiled schema, if one is named."""
    return Path(simulation.schema).expanduser() if simulation.schema is not None else None


def _found(simulation: Simulation, model: str, name: str) -> Found:
    yield from _faults(simulation)
    for switch, value in simulation.switches.items():
        try:
            checked_switches({switch: value})
        except UsageError as exc:
            yield ("switches", switch), str(exc)
    if simulation.cluster and platform(model).schema != "junos-es":
        yield ("cluster",), f"a {model} can't be a chassis cluster; allowed: only on an SRX"
    if simulation.version is not None and release_of(simulation.version) == (0, 0):
        yield ("version",), f"is {simulation.version!a}; allowed: a Junos release, such as 18.4R3.3"
    yield from _files(simulation, model, name)


def _faults(simulation: Simulation) -> Found:
    for number, each in enumerate(simulation.faults):
        where = ("faults", number)
        try:
            fault(FaultSpec(each.name))
        except UsageError as exc:
            yield (*where, "name"), str(exc)
            continue
        for option, value in each.options.items():
            try:
                fault(FaultSpec(each.name, {option: value}))
            except UsageError as exc:
                yield (*where, option), str(exc)


def _files(simulation: Simulation, model: str, name: str) -> Found:
    try:
        parts = profile(model, schema_of(simulation))
    except UsageError as exc:
        yield ("schema",), str(exc)
        return
    try:
        base = base_of(simulation)
        if base is not None:
            starting_tree(base, parts.schema, parts.rules, hostname=name, version="")
    except TestbedError as exc:
        for problem in exc.problems:
            yield ("base",), f"{simulation.base}: {problem}"
    except UsageError as exc:
        yield ("base",), str(exc)
