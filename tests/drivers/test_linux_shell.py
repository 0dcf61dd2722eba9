"""The shell of a Linux host, over real SSH to a simulated compute node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.drivers.linux_shell import LinuxShell
from harness.drivers.protocol import Endpoint, Secret
from harness.errors import LoginRefused, RpcRefused, Unreachable
from harness.sim.server import SimulatorServer
from harness.sim.spec import DeviceSpec

VNFS = "".join(f"set virtual-network-functions fw-{n} memory size 4194304\n" for n in (1, 2))


@pytest.fixture(scope="module")
def node() -> Iterator[Endpoint]:
    """Serve a compute node with two machines."""
    server = SimulatorServer([DeviceSpec("node-1", "compute-node", own=VNFS)])
    try:
        at = server.start()["node-1"]
        yield Endpoint(
            device="node-1",
            host=at.host,
            port=at.port,
            username=at.username,
            password=Secret(at.password),
            trusted_host_key=at.host_key,
            timeout=20.0,
        )
    finally:
        server.stop()


def test_a_command_brings_its_output_and_status(node: Endpoint) -> None:
    """One session, several commands, none mixed up with another."""
    with LinuxShell(node) as shell:
        assert shell.ask("hostname").strip() == "node-1"
        listed = shell.run("virsh list --all")
        assert listed.status == 0
        assert [name in listed.output for name in ("fw-1", "fw-2")] == [True, True]
        assert shell.run("false").status == 1


def test_a_command_that_fails_is_a_refusal_in_its_words(node: Endpoint) -> None:
    """An unknown machine, an unknown command."""
    with LinuxShell(node) as shell:
        with pytest.raises(RpcRefused, match="ended with 1: error: failed to get domain 'nobody'"):
            shell.ask("virsh domstate nobody")
        with pytest.raises(RpcRefused, match="ended with 127: -bash: docker: command not found"):
            shell.ask("docker ps")


def test_wrong_credentials_are_told(node: Endpoint) -> None:
    """As every other way in tells them."""
    with pytest.raises(LoginRefused), LinuxShell(replace(node, password=Secret("wrong"))):
        pass


def test_another_host_key_is_refused(node: Endpoint) -> None:
    """The rules of host keys are those of devices."""
    other = (node.trusted_host_key or "")[:-6] + "AAAAAA"
    with pytest.raises(LoginRefused), LinuxShell(replace(node, trusted_host_key=other)):
        pass


def test_without_a_session_nothing_is_asked(node: Endpoint) -> None:
    """Before it's opened, and after it's closed."""
    shell = LinuxShell(node)
    with pytest.raises(Unreachable, match="no shell is open"):
        shell.run("true")
