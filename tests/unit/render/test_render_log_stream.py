"""A log stream in the three notations, and on simulated devices."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from harness.clock import ManualClock
from harness.deploy.blast_radius import AllowList, check_addition
from harness.plan.log_stream import LogPlan, LogTarget, plan_log_stream
from harness.plan.model import Site
from harness.render.log_stream import log_hierarchies, render_log_stream
from harness.render.readback import statements
from harness.sim.device import SimulatedDevice
from harness.sim.fabric import Fabric
from harness.sim.spec import DeviceSpec

TARGET = LogTarget(IPv4Address("192.0.2.9"), 3514, "tcp", "untrust")
EVERYTHING = LogPlan(
    "srx-a", TARGET, mode=True, source=IPv4Address("192.0.2.1"), transport="tcp", tracking=True
)


def site(platform: str) -> Site:
    """Return where tunnels leave a device."""
    return Site(
        device="dut",
        platform=platform,
        external_interface="ge-0/0/0.0",
        external_zone="untrust",
        local=IPv4Address("192.0.2.1"),
        peers=IPv4Network("198.18.0.0/15"),
        inner=IPv4Network("100.64.0.0/10"),
    )


def test_the_text_is_as_junos_shows_it() -> None:
    """The address of the host stands without its keyword."""
    text = render_log_stream(EVERYTHING).text()
    assert "host {\n                192.0.2.9;\n                port 3514;" in text
    assert "application-tracking;" in text


def test_paths_are_those_of_a_readback() -> None:
    """What is planned is compared with what a device sends back, path by path."""
    rendering = render_log_stream(EVERYTHING)
    assert set(rendering.paths()) <= statements(rendering.xml()).members


@pytest.mark.parametrize("platform", ["nfx250", "srx4100", "srx4200", "vsrx"])
@pytest.mark.parametrize("form", ["xml", "set"])
def test_a_device_takes_it_and_changes_nothing_else(platform: str, form: str) -> None:
    """Loaded and committed; its own diff adds exactly what may change."""
    device = SimulatedDevice(DeviceSpec("dut", platform), ManualClock(), Fabric())
    committed = device.store.render(device.store.committed, "xml")
    reply = f'<rpc-reply xmlns:junos="urn:junos">{committed}</rpc-reply>'
    plan = plan_log_stream(site(platform), TARGET, reply)
    assert (plan.mode, plan.transport, plan.tracking) == (False, "tcp", True)
    rendering = render_log_stream(plan)
    text = rendering.xml() if form == "xml" else "\n".join(rendering.set_lines())
    login = device.login("lab", "netconf", lambda: None)
    assert not login.config.load(text, form, "merge" if form == "xml" else "set")
    allowed = AllowList(log_hierarchies(plan))
    assert check_addition(login.config.compare(), allowed) == len(rendering.paths())
    assert login.config.commit().committed
