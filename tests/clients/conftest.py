"""Simulated devices for clients that nobody here wrote, served by ``harness sim run``.

These tests run in an environment of their own, where the clients are and the harness isn't: what
they know of the device goes over the wire. ``make test-clients`` makes it and runs them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
HARNESS = Path(os.environ.get("HARNESS_PROGRAM", CHECKOUT / ".venv/bin/harness"))
CLIENTS = ("jnpr.junos", "ncclient", "netmiko", "napalm", "ansible", "scrapli_netconf", "nornir")

# The devices of a testbed as (platform, type, how many): no test sees what another one left.
PLATFORMS = {
    "srx4100": ("srx4100", "gateway", 20),
    "srx4200": ("srx4200", "gateway", 20),
    "vsrx": ("vsrx", "gateway", 400),
    "nfx250": ("nfx250", "gateway", 20),
    "jdm": ("nfx250", "jdm", 20),
    "vmx": ("vmx", "gateway", 20),
    "cancelling": ("vsrx", "gateway", 2),
}
SWITCHES = {"cancelling": {"cancel-commit": "taken"}}  # refused otherwise


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
    for name, (platform, kind, count) in PLATFORMS.items():
        for number in range(count):
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
            if name in SWITCHES:
                device["custom"] = {"switches": SWITCHES[name]}
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


Results = list[dict[str, object]]


@pytest.fixture
def playbook(tmp_path: Path) -> Callable[..., Results]:
    """Return what runs tasks against one device, and gives the result of each in order.

    A failed task ends the play, as it does for everybody, unless it says ``ignore_errors``.
    """
    (tmp_path / "home").mkdir()

    def run(
        endpoint: Endpoint,
        *tasks: dict[str, object],
        connection: str = "ansible.netcommon.netconf",
        arguments: tuple[str, ...] = (),
    ) -> Results:
        host = {
            "ansible_host": endpoint.host,
            "ansible_port": endpoint.port,
            "ansible_user": endpoint.username,
            "ansible_password": endpoint.password,
            "ansible_connection": connection,
            "ansible_network_os": "junipernetworks.junos.junos",
            "ansible_python_interpreter": sys.executable,
        }
        (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": {"r1": host}}}))
        play = {"hosts": "all", "gather_facts": False, "tasks": list(tasks)}
        (tmp_path / "play.json").write_text(json.dumps([play]))
        command = [
            Path(sys.executable).parent / "ansible-playbook",
            "-i",
            "hosts.json",
            "play.json",
        ]
        environment = os.environ | {
            "ANSIBLE_HOME": str(tmp_path / "home"),
            "ANSIBLE_HOST_KEY_CHECKING": "False",
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "LC_ALL": "C.UTF-8",
        }
        done = subprocess.run(
            [*command, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,  # a failed task is a result
        )
        if "{" not in done.stdout:
            pytest.fail(f"ansible-playbook: {done.stdout}{done.stderr}")
        said = json.loads(done.stdout[done.stdout.index("{") :])
        return [task["hosts"]["r1"] for task in said["plays"][0]["tasks"]]

    return run
