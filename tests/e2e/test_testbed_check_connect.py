"""`harness testbed check --connect` against simulated devices over real SSH, from outside."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.cli.output import print_records
from harness.outcome import Outcome
from harness.sim.server import Address, SimulatorServer
from harness.sim.spec import DeviceSpec, FaultSpec

FAULTS = ("lock-held", "dirty-candidate", "foreign-confirm", "secret-data")
REPORTED = {
    "lock-held": ("lock", "alice (pid 4242)"),
    "dirty-candidate": ("uncommitted changes", "yes"),
    "foreign-confirm": ("pending confirmed commit", "by alice"),
    "secret-data": ("keys", "couldn't be restored"),
}
COLUMNS = (
    "reachable", "model", "uptime", "clock skew", "lock", "uncommitted changes",
    "pending confirmed commit", "tunnels there", "left over from a run", "underlay", "keys",
    "licence", "free disk", "chassis cluster", "core files", "alarms", "CPU", "memory", "disk",
)  # fmt: skip


@dataclass
class Boxes:
    """Simulated devices standing in for a lab, and the file that describes them."""

    server: SimulatorServer
    addresses: dict[str, Address]
    folder: Path

    def testbed(
        self,
        *names: str,
        interface: str = "xe-0/0/0.0",
        port: int = 0,
        ways: tuple[str, ...] = ("netconf", "cli"),
    ) -> Path:
        """Write a testbed of some of the devices; ``port`` replaces the one they listen on."""
        lines = ["testbed: {name: lab, known_hosts: known_hosts}", "devices:"]
        for name in names:
            address = self.addresses[name]
            where = f"{{host: {address.host}, port: {port or address.port}}}"
            lines += [
                f"  {name}:",
                "    platform: srx4100",
                f"    connections: {{{', '.join(f'{way}: {where}' for way in ways)}}}",
                "    credentials: {default: {username: lab, password: {env: LAB_PASSWORD}}}",
                f"    underlay: {{external_interface: {interface}, external_zone: untrust,",
                "      local_address: 192.0.2.1, peers: 198.18.0.0/15, inner: 100.64.0.0/10}",
            ]
        path = self.folder / f"{'-'.join(names)}.yaml"
        path.write_text("\n".join(lines) + "\n")
        return path

    def state(self, name: str) -> tuple[object, ...]:
        """Return everything that a look must leave alone."""
        return self.server.device(name).call(
            lambda device: (
                device.store.history,
                device.store.committed,
                device.store.candidate,
                device.store.lock_holder,
                device.store.pending,
            )
        )


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boxes]:
    """Serve a clean device and one for each fault, for the length of this file."""
    folder = tmp_path_factory.mktemp("lab")
    specs = [
        DeviceSpec("clean", "srx4100"),
        *(DeviceSpec(name, "srx4100", faults=(FaultSpec(name),)) for name in FAULTS),
    ]
    server = SimulatorServer(specs)
    addresses = dict(server.start())
    try:
        keys = [f"[{a.host}]:{a.port} {a.host_key}\n" for a in addresses.values()]
        (folder / "known_hosts").write_text("".join(keys))
        yield Boxes(server, addresses, folder)
    finally:
        server.stop()


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Set what the shell of an engineer has; return the state directory, not yet made."""
    monkeypatch.setenv("LAB_PASSWORD", "lab")
    monkeypatch.setenv("HARNESS_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def looked_at(capsys: pytest.CaptureFixture[str], path: Path) -> tuple[int, list[dict], str]:
    """Return exit code, the devices of the JSON, and what went to stderr."""
    code = main(["testbed", "check", str(path), "--connect", "--json"])
    out, err = capsys.readouterr()
    return code, json.loads(out), err


def test_a_clean_device_is_shown_whole_and_left_alone(boxes: Boxes, outside: Path) -> None:
    """As a process: exit 0, every column filled, and neither the device nor our disk changed."""
    before = boxes.state("clean")
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli.main", "testbed", "check", "--connect",
         str(boxes.testbed("clean"))],
        capture_output=True, text=True, timeout=60, check=False, env=dict(os.environ),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    heading, row = done.stdout.splitlines()
    assert heading.split()[:6] == ["device", "reachable", "model", "version", "serial", "grade"]
    cells = row.split()
    assert cells[:4] == ["clean", "yes", "srx4100", "18.4R3.3"]
    assert cells[4].startswith("SIM")
    assert cells[5] == "simulated"
    assert boxes.state("clean") == before
    assert not outside.exists()


@pytest.mark.parametrize("fault", FAULTS)
def test_what_forbids_a_run_is_reported(
    boxes: Boxes, outside: Path, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    """Each trouble is exit 69 and named; all the rest is still told, and nothing is touched.

    A device whose lock somebody holds answers in full: the look needs no lock.
    """
    before = boxes.state(fault)
    code, (device,), err = looked_at(capsys, boxes.testbed(fault))
    assert code == 69
    assert tuple(finding["what"] for finding in device["findings"]) == COLUMNS
    what, says = REPORTED[fault]
    assert [(f["what"], f["ok"]) for f in device["findings"] if not f["ok"]] == [(what, False)]
    assert says in next(f["seen"] for f in device["findings"] if f["what"] == what)
    assert f"{fault} ({what})" in err
    assert boxes.state(fault) == before
    assert not outside.exists()


def test_all_of_them_at_once(
    boxes: Boxes, outside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Devices come in the order of the file; what is wrong is told in full below the table."""
    path = boxes.testbed("clean", *FAULTS)
    assert main(["testbed", "check", str(path), "--connect"]) == 69
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert [line.split()[0] for line in lines[1:6]] == ["clean", *FAULTS]
    assert [line.partition(":")[0] for line in lines[6:]] == list(FAULTS)
    assert "clean (" not in err
    assert not outside.exists()


def test_an_unreachable_device_is_an_answer(
    boxes: Boxes, outside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A closed port: exit 69, the device and its address named, no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    code, (device,), err = looked_at(capsys, boxes.testbed("clean", port=port))
    assert (code, device["clean"], device["grade"]) == (69, False, "unverified")
    (finding,) = device["findings"]
    assert finding["what"] == "reachable"
    assert f"127.0.0.1 port {port}" in finding["seen"]
    assert "clean (reachable)" in err


@pytest.mark.parametrize(("way", "driver"), [("netconf", "ncclient"), ("cli", "netmiko")])
def test_one_way_in_is_enough_to_look(
    boxes: Boxes, outside: Path, capsys: pytest.CaptureFixture[str], way: str, driver: str
) -> None:
    """A device with NETCONF alone, or with the CLI alone, is told about in full."""
    before = boxes.state("clean")
    code, (device,), _ = looked_at(capsys, boxes.testbed("clean", ways=(way,)))
    assert (code, device["clean"]) == (0, True)
    assert tuple(finding["what"] for finding in device["findings"]) == COLUMNS
    assert device["findings"][0]["seen"] == f"yes, over {driver}"
    assert boxes.state("clean") == before


def test_a_busy_device_may_still_be_looked_at(
    boxes: Boxes, outside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lease of a run that goes on doesn't keep anybody from looking."""
    from harness.lab.run import Run, run_key  # noqa: PLC0415 - only here
    from harness.lease import FileLease  # noqa: PLC0415
    from harness.system_clock import SystemClock  # noqa: PLC0415

    address = boxes.addresses["clean"]
    clock = SystemClock()
    run = Run("0badcafe", run_key(None), outside, clock)
    lease = FileLease(outside / "leases", f"{address.host}_{address.port}.run", run.holder("test"))
    lease.acquire(clock)
    try:
        code, (device,), _ = looked_at(capsys, boxes.testbed("clean"))
    finally:
        lease.release()
    assert (code, device["clean"]) == (0, True)


def test_an_underlay_that_does_not_fit_is_told_before_a_run(
    boxes: Boxes, outside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The interface of the file isn't on the device: said here, with those that are."""
    code, (device,), _ = looked_at(capsys, boxes.testbed("clean", interface="ge-0/0/5.0"))
    assert code == 69
    (wrong,) = [f for f in device["findings"] if not f["ok"]]
    assert wrong["what"] == "underlay"
    assert "external interface ge-0/0/5.0 isn't in its baseline" in wrong["seen"]
    assert "xe-0/0/0.0" in wrong["seen"]


def test_a_missing_password_is_the_file_s_matter(
    boxes: Boxes,
    outside: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without its environment variable nothing is connected to: exit 64, the variable named."""
    monkeypatch.delenv("LAB_PASSWORD")
    assert main(["testbed", "check", str(boxes.testbed("clean")), "--connect"]) == 64
    out, err = capsys.readouterr()
    assert out == ""
    assert "LAB_PASSWORD" in err


def test_a_wrong_password_is_told_as_such(
    boxes: Boxes,
    outside: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The device refuses the login: exit 69, and the password isn't repeated."""
    monkeypatch.setenv("LAB_PASSWORD", "hunter2-wrong")
    code, (device,), err = looked_at(capsys, boxes.testbed("clean"))
    assert code == 69
    assert "refuses these credentials" in device["findings"][0]["seen"]
    assert "hunter2-wrong" not in json.dumps(device) + err


def test_simulated_devices_without_address_are_started(
    outside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The default testbed needs nobody to serve it; gateway and JDM of one box both answer."""
    path = Path(__file__).parents[2] / "testbeds" / "simulated.yaml"
    code, devices, _ = looked_at(capsys, path)
    assert code == 0
    assert [device["device"] for device in devices][:2] == ["nfx250", "nfx250-jdm"]
    assert {device["grade"] for device in devices} == {"simulated"}
    assert not outside.exists()


def test_json_goes_with_connect(capsys: pytest.CaptureFixture[str]) -> None:
    """Offline there's nothing to tell as JSON but the file, which another verb shows."""
    path = Path(__file__).parents[2] / "testbeds" / "simulated.yaml"
    assert main(["testbed", "check", str(path), "--json"]) == 64
    assert "--json goes with --connect" in capsys.readouterr().err


def test_wide_rows_on_a_narrow_terminal_are_blocks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eighteen columns don't fit a terminal: each row becomes a line per heading."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    print_records(("device", "what it says"), [("a", "x" * 60), ("b", "\x1b[31mred")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["device", "a"]
    assert lines[1].split() == ["what", "it", "says", "x" * 60]
    assert lines[4].split() == ["what", "it", "says", "\\x1b[31mred"]


def test_a_run_without_netconf_says_what_the_testbed_needs(boxes: Boxes, runner) -> None:
    """Looking takes any way in; a run takes NETCONF, and says so before anything is pushed."""
    before = boxes.state("clean")
    run = runner(
        "suites", "--testbed", boxes.testbed("clean", ways=("cli",)), "--count", "2",
        "-k", "preflight or ipsec", environment={"LAB_PASSWORD": "lab"},
    )  # fmt: skip
    assert run.exit_code == 1
    assert {case.outcome for case in run.cases.values()} == {Outcome.ERROR}
    for case in run.cases.values():
        assert "the device's entry needs connections.netconf" in case.reason
    assert boxes.state("clean") == before
