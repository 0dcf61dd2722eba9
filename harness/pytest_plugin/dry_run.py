"""Say what would be pushed where, from plans alone; no device is touched, no password asked."""

from __future__ import annotations

import pytest

from harness.errors import HarnessError
from harness.lab.event_load import EventLoad
from harness.lab.ladder import Rung
from harness.lab.steps import Part, Step
from harness.plan.builder import build_plan
from harness.plan.deployments import topology_of
from harness.plan.log_stream import STREAM
from harness.plan.sites import device_proposal, site_of
from harness.pytest_plugin.state import State
from harness.render.rendering import render
from harness.testbed.model import Deployment, Device

_KEY = bytes(32)  # placeholders take the place of every key derived from it


def dry_run(session: pytest.Session, state: State) -> None:
    """Print a line for each selected case; :class:`Suites` lets none of them run."""
    lines = [_line(item, state) for item in session.items]
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    for line in lines:
        if reporter is not None:
            reporter.write_line(line)


def _line(item: pytest.Item, state: State) -> str:
    parameters = getattr(item, "callspec", None)
    rung = parameters.params.get("rung") if parameters is not None else None
    step = parameters.params.get("step") if parameters is not None else None
    if isinstance(step, Step):
        return f"{item.name}: {_step(step, state.testbed.deployment(step.deployment))}"
    load = parameters.params.get("load") if parameters is not None else None
    if isinstance(load, EventLoad):
        return f"{item.name}: would send {load.words} to itself, pushes nothing"
    if "log_events" in getattr(item, "fixturenames", ()):
        return f"{item.name}: would push a log stream ({STREAM}), and take it back"
    if not isinstance(rung, Rung):
        return f"{item.name}: asks, pushes nothing"
    return f"{item.name}: {_push(rung, state.testbed.device(rung.device))}"


def _step(step: Step, deployment: Deployment) -> str:
    if step.part is Part.WHOLE:
        return "puts back what stands, and judges all"
    if step.part is Part.NODES:
        return f"would ask {', '.join(deployment.nodes)} by virsh, pushes nothing"
    if deployment.machine is not None:
        more = step.part is Part.ABOVE
        vnfs = (deployment.vnfs_per_site + more) * (step.last - step.first)
        return f"would push {vnfs} VNFs to {step.last - step.first} sites, and take them back"
    topology = topology_of(deployment)
    if deployment.on_demand is not None:
        tunnels = deployment.on_demand.tunnels * deployment.tenants
        return f"would have {tunnels} {deployment.kind} tunnels there, and delete all others"
    first = deployment.hubs if step.part is Part.WAVE else 0
    places = range(first + step.first, first + step.last)
    tunnels = sum(topology.degree(place) for place in places)
    names = f"{topology.name(places[0])}..{topology.name(places[-1])}"
    return f"would push {tunnels} ends of {deployment.kind} tunnels to {names}, and take them back"


def _push(rung: Rung, device: Device) -> str:
    try:
        plan = build_plan(
            site_of(device),
            rung.kind,
            rung.count,
            run_key=_KEY,
            proposal=device_proposal(device),
            mpls=device.underlay.mpls if device.underlay else False,
        )
        statements = len(render(plan, placeholders=True).paths())
    except HarnessError as exc:
        return f"refused: {exc}"
    first, last = plan.tunnels[0], plan.tunnels[-1]
    connection = device.connections.get("netconf")
    where = f"{connection.host}:{connection.port}" if connection else "a simulated device"
    return (
        f"would push {rung.count} {rung.kind} tunnels ({first.name}..{last.name}, "
        f"{statements} statements) to {device.name} at {where}, and take them back"
    )
