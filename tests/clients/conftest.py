"""Simulated devices for clients that nobody here wrote, served by ``harness sim run``.

These tests run in an environment of their own, where the clients are and the harness isn't: what
they know of the device goes over the wire. ``make test-clients`` makes it and runs them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
HARNESS = Path(os.environ.get("HARNESS_PROGRAM", CHECKOUT / ".venv/bin/harness"))
CLIENTS = ("jnpr.junos", "ncclient", "netmiko", "napalm", "ansible", "scrapli_netconf", "nornir")

# The platforms of a testbed and what a device of each is, as (platform, type).
PLATFORMS = {
    "srx4100": ("srx4100", "gateway"),
    "srx4200": ("srx4200", "gateway"),
    "vsrx": ("vsrx", "gateway"),
    "nfx250": ("nfx250", "gateway"),
    "jdm": ("nfx250", "jdm"),
    "vmx": ("vmx", "gateway"),
}
EACH = 60  # devices per platform: no test sees what another one left


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the parent of a dotted name isn't there
        return False


missing = [name for name in CLIENTS if not _is_installed(name)]
# Elsewhere the files can't even be imported; test_environment.py says so once.
collect_ignore_glob = ["test_with_*.py"] if missing else []


def pytest_configure(config: pytest.Config) -> None:
    """Leave the warnings of the clients' own code to those who wrote it."""
    config.addinivalue_line("filterwarnings", "ignore")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one simulated device listens, and who may log in."""

    name: str
    host: str
    port: int
    username: str
    password: str
    host_key: str


class Fleet:
    """Devices that are listening; each is given out once."""

    def __init__(self, endpoints: list[Endpoint]):
        self._left = {
            platform: [one for one in endpoints if one.name.startswith(f"{platform}-")]
            for platform in PLATFORMS
        }

    def device(self, platform: str = "vsrx") -> Endpoint:
        """Return a device of ``platform`` that nobody has touched."""
        return self._left[platform].pop(0)


def _testbed() -> dict[str, object]:
    devices = {}
    for name, (platform, kind) in PLATFORMS.items():
        for number in range(EACH):
            device: dict[str, object] = {"type": kind, "platform": platform, "simulated": True}
            if platform == "nfx250":
                device["chassis"] = f"box-{number}"
            if kind != "jdm":
                device["underlay"] = {
                    "external_interface": "ge-0/0/0.0",
                    "local_address": "192.0.2.1",
                    "peers": "198.18.0.0/15",
                    "inner": "100.64.0.0/10",
                } | ({} if platform == "vmx" else {"external_zone": "untrust"})
            if platform in {"vsrx", "vmx"}:
                device["emulates"] = "srx4100"
            devices[f"{name}-{number}"] = device
    login = {"username": "lab", "password": "lab"}
    return {"testbed": {"name": "clients", "credentials": {"default": login}}, "devices": devices}


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Serve fresh devices of every platform until the tests of this process have ended."""
    room = tmp_path_factory.mktemp("fleet")
    testbed = room / "testbed.yaml"
    testbed.write_text(json.dumps(_testbed()))  # JSON is YAML
    command = [HARNESS, "sim", "run", "--testbed", testbed, "--json"]
    with (
        (room / "stderr").open("w+") as stderr,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True) as served,
    ):
        try:
            yield Fleet([_endpoint(row) for row in _announced(served, room / "stderr")])
        finally:
            served.terminate()


def _announced(served: subprocess.Popen[str], stderr: Path) -> list[dict[str, object]]:
    """Return the addresses, which are one JSON list over several lines that ends with a "]"."""
    assert served.stdout is not None
    lines = []
    for line in served.stdout:
        lines.append(line)
        if line.rstrip() == "]":
            return json.loads("".join(lines))
    pytest.fail(f"{HARNESS} ended before it listened: {stderr.read_text()}")


def _endpoint(row: dict[str, object]) -> Endpoint:
    return Endpoint(**{name: row[name] for name in Endpoint.__slots__})


@pytest.fixture
def vsrx(fleet: Fleet) -> Endpoint:
    """Return a vSRX that nobody has touched."""
    return fleet.device("vsrx")
