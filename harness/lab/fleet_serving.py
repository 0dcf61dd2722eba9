"""Serve the simulated fleets of a testbed from a process of their own, beside the run.

A process apart, because thousands of devices and the run that works on them would share one
interpreter's lock; one process for all, because tunnels come up only within one.
"""

from __future__ import annotations

import copyreg
import logging
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from types import MappingProxyType

from harness.errors import HarnessError
from harness.lab.child import answer_of, child
from harness.lab.serving import served_from_here
from harness.lab.simulation import spec_of
from harness.plan.deployments import Rollout, rollout_of
from harness.plan.vnf_sites import vnfs_of_nodes
from harness.sim.server import Address
from harness.sim.spec import DeviceSpec
from harness.testbed.model import Testbed

_NO_KEY = bytes(32)  # addresses don't depend on the key


def _proxy(mapping: dict[object, object]) -> MappingProxyType[object, object]:
    return MappingProxyType(mapping)


# Specs hold read-only mappings, which pickle doesn't know how to send to another process.
copyreg.pickle(MappingProxyType, lambda proxy: (_proxy, (dict(proxy),)))


def fleet_specs(testbed: Testbed) -> list[DeviceSpec]:
    """Return what the simulator is told about the fleets that the lab starts itself.

    A device that plays a site has the site's outer addresses on the interface that its tunnels
    leave by. Raises :class:`~harness.errors.UsageError` for what the simulator would refuse.
    """
    simulated = [f for f in testbed.fleets if f.pattern.simulated and f.address is None]
    if not simulated:
        return []
    own = _own_lines(testbed)
    return [
        replace(pattern, name=device.name, own=own.get(device.name, ""))
        for fleet in simulated
        for pattern in (spec_of(fleet.pattern),)
        for device in fleet.members()
    ]


def _own_lines(testbed: Testbed) -> Mapping[str, str]:
    """Return the set lines of each device that plays in a deployment."""
    lines: dict[str, str] = {}
    for deployment in testbed.deployments:
        if deployment.machine is not None:
            continue  # a distributed one: JDMs have nothing of their own
        for node, vnfs in vnfs_of_nodes(testbed, deployment).items():
            lines[node] = lines.get(node, "") + "".join(map(_domain, vnfs))
        rollout = rollout_of(testbed, deployment, run_key=_NO_KEY)
        length = deployment.outer.prefixlen
        for place in (*rollout.hubs, *rollout.sites()):
            fleet = testbed.fleet(place.device.name.rpartition("-")[0])
            if fleet is None or not fleet.external_interface:
                continue
            added = _addresses(fleet.external_interface, rollout, place.index, length)
            lines[place.device.name] = lines.get(place.device.name, "") + added
    return lines


def _domain(vnf: str) -> str:
    """Return the lines of a virtual machine on a simulated compute node: a vSRX has 4 GiB."""
    head = f"set virtual-network-functions {vnf}"
    return f"{head} virtual-cpu count 2\n{head} memory size 4194304\n"


def _addresses(interface: str, rollout: Rollout, index: int, length: int) -> str:
    name, _, unit = interface.partition(".")
    return "".join(
        f"set interfaces {name} unit {unit} family inet address {address}/{length}\n"
        for address in rollout.outer(index)
    )


@contextmanager
def serving_fleets(specs: Sequence[DeviceSpec]) -> Iterator[Mapping[str, Address]]:
    """Serve ``specs`` while the context lasts; it ends with this process, however that ends.

    Raises :class:`LabError` when the process can't be started or ends before its devices listen,
    and what the simulator says of the devices.
    """
    if not specs:
        yield {}
        return
    with child(_serve, tuple(specs)) as pipe:
        yield answer_of(pipe, "the process of the simulated fleets ended by itself")


def _serve(pipe: Connection, specs: Sequence[DeviceSpec]) -> None:
    """Serve until the parent hangs up, which it does by dying too; a Ctrl-C is the parent's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # it warns of each client that hung up
    try:
        with served_from_here(specs) as addresses:
            pipe.send(addresses)
            pipe.recv()
    except (EOFError, ConnectionError):
        pass
    except HarnessError as exc:
        pipe.send(exc)
