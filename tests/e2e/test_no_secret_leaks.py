"""Planted secrets are looked for in everything that runs write, print and show of themselves.

The devices are served by the test's own process: what is scanned was written by the harness.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import signal
import stat
import subprocess
import sys
import urllib.parse
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.drivers.protocol import Endpoint, Secret
from harness.drivers.registry import session
from harness.lab.run import run_key
from harness.plan.keys import KeyRing
from harness.plan.names import tunnel_name
from harness.sim.server import SimulatorServer
from harness.sim.spec import DeviceSpec, FaultSpec
from harness.sim.store.profiles import profile
from harness.verify.secret9 import decode

CHECKOUT = Path(__file__).parents[2]
SECONDS = 240  # a hang ends here
TICK, TICKS = 0.01, 12_000

PASSWORD = "Canary-Login-Password-8317"
WRONG_PASSWORD = "Canary-Mistyped-Password-4410"
PASSPHRASE = "Canary-Key-Passphrase-2203"
SEED = "Canary-Seed-Of-The-Run-5521"
BASELINE_KEY = "Canary-Baseline-Key-9046"
BASELINE_SECRET = "Canary-Radius-Secret-7718"
HASH = "$6$canarysalt$Canary0Hash0Of0A0Password0That0Is0Long0Enough0Abcdefghijkl"
BASE = f"""\
set security ike proposal corp authentication-method pre-shared-keys
set security ike proposal corp dh-group group14
set security ike policy corp proposals corp
set security ike policy corp pre-shared-key ascii-text {BASELINE_KEY}
set system radius-server 198.51.100.9 secret {BASELINE_SECRET}
set system login user ann class super-user
set system login user ann authentication encrypted-password "{HASH}"
"""
IPSEC = ("-k", "ipsec and not gre")
TUNNELS = 3  # each rung pushes as many; the negative control two

# What a device prints of keys and passwords: reversible ($9$, $8$) or a hash (crypt(3)).
_ENCODED = re.compile(rb"\$(?:9|8|6|5|1)\$[A-Za-z0-9./$+-]{4,}")


# --- the scan -----------------------------------------------------------------------------------


def forms(secret: str) -> Iterator[bytes]:
    """Yield ``secret`` as it may be found: in clear, cut, quoted, in hex, in base64 at any offset.

    Half of it counts: what was cut to size may hold only its beginning or its end.
    """
    raw = secret.encode()
    yield from (raw[:14], raw[-14:])
    yield urllib.parse.quote(secret, safe="").encode()
    yield from (raw.hex().encode(), raw.hex().upper().encode(), raw.hex(" ").encode())
    yield secret.encode("utf-16-le")
    for lead in range(3):
        # What its neighbours have a part in, at either end, depends on them.
        text = base64.b64encode(b"\0" * lead + raw)[4 if lead else 0 : -4]
        yield from (text, text.translate(bytes.maketrans(b"+/", b"-_")))


def leaks(root: Path, secrets: Iterable[str]) -> list[str]:
    """Return where below ``root`` a secret, or text that a device encodes keys as, is found.

    The journals of unfinished runs are the one place that may hold them.
    """
    wanted = {form: secret for secret in secrets for form in forms(secret)}
    search = re.compile(b"|".join(re.escape(form) for form in wanted))
    found: list[str] = []
    for path in sorted(root.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.parent.name == "journals":
            continue
        for data in (path.name.encode(), *_contents(path)):
            hits = {wanted[hit] for hit in search.findall(data)}
            hits |= {hit.decode() for hit in _ENCODED.findall(data)}
            found += [f"{path.relative_to(root)}: {hit}" for hit in sorted(hits)]
    return found


def _contents(path: Path) -> Iterator[bytes]:
    data = path.read_bytes()
    yield data
    if data[:2] == b"\x1f\x8b":
        with suppress(OSError, EOFError, zlib.error):  # not whole; its bytes were looked at
            yield gzip.decompress(data)


# --- what is scanned ----------------------------------------------------------------------------


@dataclass
class Place:
    """A folder that everything a run writes goes to, and what the runs are told."""

    root: Path
    inputs: Path  # testbeds, known_hosts: what people wrote isn't scanned
    devices: dict[str, dict[str, Any]]
    secrets: tuple[str, ...]
    started: list[str] = field(default_factory=list)

    def testbed(self, *names: str, **login: Any) -> Path:
        """Write a testbed of some of the devices; ``login`` replaces their credentials."""
        path = self.inputs / f"{'-'.join(names)}{len(login)}.yaml"
        credentials = {"username": "lab", **(login or {"password": {"env": "LAB_PASSWORD"}})}
        head = {
            "name": "lab",
            "known_hosts": "known_hosts",
            "credentials": {"default": credentials},
        }
        devices = {name: self.devices[name] for name in names}
        path.write_text(json.dumps({"testbed": head, "devices": devices}))
        return path

    @property
    def environment(self) -> dict[str, str]:
        """Return what a run gets: all that it might write goes below the folder."""
        known = {k: v for k, v in os.environ.items() if not k.startswith(("HARNESS_", "PYTEST_"))}
        for name in ("home", "tmp", "here"):
            (self.root / name).mkdir(exist_ok=True)
        return {
            **known,
            "HOME": str(self.root / "home"),
            "TMPDIR": str(self.root / "tmp"),
            "XDG_CACHE_HOME": str(self.root / "home" / "cache"),
            "HARNESS_STATE": str(self.root / "state"),
            "HARNESS_RUNDIR": str(self.root / "reports"),
            "HARNESS_SEED": SEED,
            "LAB_PASSWORD": PASSWORD,
            "LAB_PASSPHRASE": PASSPHRASE,
            "PYTHONFAULTHANDLER": "1",
            "PYTHONPATH": f"{self.inputs}{os.pathsep}{CHECKOUT}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def start(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a command whose output is one of the files that are scanned."""
        self.started.append(" ".join(command[:3]))
        output = self.root / f"output-{len(self.started)}.txt"
        with output.open("wb") as file:
            return subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=self.root / "here",
                env={**self.environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, *command: str, **environment: str) -> int:
        """Run a command to its end and return its exit code."""
        (self.root / "here").mkdir(exist_ok=True)
        return self.start(*command, **environment).wait(SECONDS)

    def pytest(self, testbed: Path, *arguments: str) -> tuple[str, ...]:
        """Return the command of a run that says all that can be said."""
        return (
            "pytest", str(CHECKOUT / "suites"), "--testbed", str(testbed),
            "--count", str(TUNNELS), "--tb=long", "--showlocals", "-vv", "-rA",
            "--log-level=DEBUG", "--log-file", str(self.root / "log.txt"), "--log-file-level=DEBUG",
            "--junitxml", str(self.root / "pytest-junit.xml"), "-o", "junit_logging=all",
            "-o", f"cache_dir={self.root / 'cache'}", *arguments,
        )  # fmt: skip

    @property
    def output(self) -> str:
        """Return what the last command printed."""
        return (self.root / f"output-{len(self.started)}.txt").read_text()

    def assert_clean(self) -> None:
        """Expect no secret anywhere, and nobody but the owner at the state directory."""
        assert leaks(self.root, self.secrets) == [], self.output[-2000:]
        for path in (self.root / "state").rglob("*"):
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode == (0o700 if path.is_dir() else 0o600), f"{path}: {mode:o}"


FAULTS = {
    "good": (),
    "drops": (FaultSpec("drop-tunnel", {"from_count": TUNNELS}),),
    "swaps": (FaultSpec("swap-psk", {}),),
    "refuses": (FaultSpec("refuse-above", {"count": 2}),),
    "slow": (FaultSpec("slow", {"seconds": 0.05}),),
    "hides": (FaultSpec("ok-beside-error", {}),),
}


@pytest.fixture(scope="module")
def lab() -> Iterator[tuple[SimulatorServer, dict[str, Any]]]:
    """Serve a device for each way to go wrong; all have secrets in their baselines."""
    base = profile("srx4100").base + BASE
    server = SimulatorServer(
        [
            DeviceSpec(name, "srx4100", password=PASSWORD, base=base, faults=faults)
            for name, faults in FAULTS.items()
        ]
    )
    try:
        yield server, server.start()
    finally:
        server.stop()


@pytest.fixture
def place(lab: Any, tmp_path: Path, simulated_device: Any) -> Place:
    """Give a fresh folder for what a test writes, and the devices."""
    _, addresses = lab
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    lines = [f"[{a.host}]:{a.port} {a.host_key}\n" for a in addresses.values()]
    (inputs / "known_hosts").write_text("".join(lines))
    devices = {}
    for name, address in addresses.items():
        entry = simulated_device("srx4100")
        where = {"host": address.host, "port": address.port}
        devices[name] = {**entry, "connections": {"netconf": where, "cli": where}}
    root = tmp_path / "written"
    root.mkdir(mode=0o700)
    secrets = (PASSWORD, WRONG_PASSWORD, PASSPHRASE, SEED, BASELINE_KEY, BASELINE_SECRET, HASH)
    return Place(root, inputs, devices, (*secrets, *keys_of_the_run(addresses)))


def keys_of_the_run(devices: Iterable[str]) -> Iterator[str]:
    """Yield the keys that a run with our seed makes, and the run key that they come from."""
    key = run_key(SEED)
    yield key.hex()
    yield base64.b64encode(key).decode()
    for device in devices:
        ring = KeyRing(key, device)
        yield from (ring.key(tunnel_name(number)).reveal() for number in range(1, TUNNELS + 2))


# --- the tests ----------------------------------------------------------------------------------


def test_the_canaries_are_where_they_should_be(place: Place, lab: Any) -> None:
    """The device holds them, encoded as Junos does, and the keys are those that a run makes."""
    _, addresses = lab
    code = place.run(*place.pytest(place.testbed("slow"), *IPSEC))
    assert code == 0, place.output
    address = addresses["slow"]
    way = Endpoint(
        "slow",
        address.host,
        address.port,
        "lab",
        Secret(PASSWORD),
        known_hosts=str(place.inputs / "known_hosts"),
    )
    shown = ""
    with session("ncclient", way) as device:
        device.lock()
        for slot in range(4):
            device.rollback(slot)
            shown += device.configuration("candidate")
        device.rollback(0)
    clear = {decode(found) for found in re.findall(r"\$9\$[^<\"; ]+", shown)}
    expected = [key for key in place.secrets if len(key) == 32]
    assert len(set(expected) & clear) == TUNNELS
    assert {BASELINE_KEY, BASELINE_SECRET} <= clear
    assert HASH in shown


SHAPES = {
    "clear": lambda s: f"password={s}".encode(),
    "beginning": lambda s: f"...{s[:16]}".encode(),
    "end": lambda s: f"{s[-16:]}...".encode(),
    "base64": lambda s: base64.b64encode(f"lab:{s}\n".encode()),
    "base64 of lab": lambda s: base64.b64encode(f"la:{s}\n".encode()),
    "hex": lambda s: f"x{s}y".encode().hex().encode(),
    "gzip": lambda s: gzip.compress(f"<a>{s}</a>".encode()),
    "encoded": lambda s: b"secret $9$kqfz9CuEhr-Vw2oaUi",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_scan_finds_what_is_planted(tmp_path: Path, shape: str) -> None:
    """A scan that can't fail proves nothing."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file.bin").write_bytes(b"\xff\0" + SHAPES[shape](PASSWORD))
    if shape == "gzip":
        (tmp_path / "deep" / "file.bin").write_bytes(SHAPES[shape](PASSWORD))
    assert len(leaks(tmp_path, [PASSWORD, SEED])) == 1


RUNS = {
    "pyez": (("good", "drops", "swaps", "refuses", "hides"), ()),
    "ncclient": (("good", "refuses"), IPSEC),
    "netmiko": (("good", "refuses"), IPSEC),
}


@pytest.mark.parametrize("driver", RUNS)
def test_a_run_that_passes_and_fails(place: Place, driver: str) -> None:
    """Runs with workers and everything verbose, of devices that are right and that lie."""
    devices, chosen = RUNS[driver]
    command = place.pytest(place.testbed(*devices), "--driver", driver, "-n", "2", *chosen)
    assert place.run(*command) == 1, place.output
    place.assert_clean()


def test_a_rehearsal(place: Place) -> None:
    """What is loaded and discarded leaves nothing either."""
    assert place.run(*place.pytest(place.testbed("good"), "--rehearse", *IPSEC)) == 0, place.output
    place.assert_clean()


@pytest.mark.parametrize("way", ["pytest", "check"])
def test_a_wrong_password(place: Place, way: str) -> None:
    """The device refuses it; neither the right nor the wrong one is said."""
    testbed = place.testbed("good")
    command = {
        "pytest": place.pytest(testbed, *IPSEC),
        "check": ("harness.cli.main", "-vv", "testbed", "check", str(testbed), "--connect"),
    }[way]
    code = place.run(*command, LAB_PASSWORD=WRONG_PASSWORD)
    assert code == (1 if way == "pytest" else 69)
    assert "refuses these credentials" in place.output
    place.assert_clean()


def test_a_key_file_with_another_passphrase(place: Place) -> None:
    """Neither the passphrase that was tried nor the key is said."""
    key = place.inputs / "key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "another one", "-f", str(key)],  # noqa: S607 - OpenSSH's own
        check=True,
    )
    testbed = place.testbed("good", key_file="key", passphrase={"env": "LAB_PASSPHRASE"})
    assert place.run(*place.pytest(testbed, *IPSEC)) == 1
    assert "another passphrase" in place.output
    place.assert_clean()


def test_what_the_commands_show(place: Place) -> None:
    """Looking at devices and testbeds, as text and as JSON, with all verbosity."""
    testbed = str(place.testbed("good"))
    for command in (
        ("testbed", "check", testbed, "--connect"),
        ("testbed", "check", testbed, "--connect", "--json"),
        ("testbed", "show", testbed, "--json"),
        ("testbed", "check", testbed),
    ):
        assert place.run("harness.cli.main", "-vv", *command) == 0, place.output
    place.assert_clean()


BUG = """
import harness.{module} as module
original = module.{owner}.{method}
def planted(self, *arguments, **named):
    everything = (self, arguments, named)
    text = str(arguments)
    for argument in arguments or (self,):
        raise {error}
    return original(self, *arguments, **named)
module.{owner}.{method} = planted
"""
BUGS = {
    "load, said": ("drivers.netconf_driver", "NetconfDriver", "load", "ValueError(text)"),
    "load, cut": ("drivers.netconf_driver", "NetconfDriver", "load", "ValueError(text[3000:])"),
    "plan": ("lab.attempt", "Attempt", "payload", "ZeroDivisionError(text)"),
    "evidence": ("lab.attempt", "Attempt", "evidence", "ZeroDivisionError(text)"),
    "controller": ("lab.bench", "Bench", "baseline", "ZeroDivisionError(text)"),
    "session": ("lab.sessions", "Sessions", "endpoint", "ZeroDivisionError(text)"),
}


@pytest.mark.parametrize("bug", BUGS)
def test_an_unexpected_exception_with_everything_in_its_frames(place: Place, bug: str) -> None:
    """A mistake of ours, with --showlocals: the frames hold keys, what is printed doesn't."""
    module, owner, method, error = BUGS[bug]
    (place.inputs / "planted_bug.py").write_text(
        BUG.format(module=module, owner=owner, method=method, error=error)
    )
    testbed = place.testbed("good")
    code = place.run(*place.pytest(testbed, "-p", "planted_bug", *IPSEC))
    assert code != 0
    assert "planted" in place.output or "Error" in place.output
    place.assert_clean()


BREAKS = {
    "the proof": """
import harness.lab.restoring as module
def planted(bench):
    xml = bench.baseline().xml
    raise ZeroDivisionError("planted " + xml[:20000])
module._look = planted
""",
    "the plan": """
import harness.pytest_plugin.controller as module
def planted(self, nodeids):
    xml = self._state.lab.bench("good").baseline().xml
    raise ZeroDivisionError("planted " + xml[:20000])
module.Controller._plan = planted
""",
}


@pytest.mark.parametrize("workers", [(), ("-n", "1", "--full-trace")])
@pytest.mark.parametrize("place_of_it", BREAKS)
def test_an_unexpected_exception_outside_of_the_cases(
    place: Place, place_of_it: str, workers: tuple[str, ...]
) -> None:
    """The controller breaks with a configuration in its frames; at the proof it goes on."""
    (place.inputs / "planted_bug.py").write_text(BREAKS[place_of_it])
    testbed = place.testbed("good")
    code = place.run(*place.pytest(testbed, "-p", "planted_bug", *IPSEC, *workers))
    if place_of_it == "the proof":
        assert code == 76, place.output
        assert "internal error: ZeroDivisionError at" in place.output
    else:
        assert "INTERNALERROR" in place.output
        assert "ZeroDivisionError: planted" in place.output
    place.assert_clean()


def test_a_killed_run_and_its_restore(place: Place) -> None:
    """SIGKILL of everybody in the middle: the journal alone keeps the baseline, for its owner."""
    testbed = place.testbed("slow")
    (place.root / "here").mkdir()
    command = place.pytest(testbed, "-n", "1", *IPSEC)
    process = place.start(*command)
    journals = place.root / "state" / "journals"
    try:
        await_commit(process, journals)
        assert not leaking_titles(process.pid, place.secrets)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert list(journals.glob("*baseline*"))
    place.assert_clean()
    assert place.run(*place.pytest(testbed, *IPSEC)) == 1  # refused: the journal is open
    place.assert_clean()
    restore = ("harness.cli.main", "-vv", "restore", "--all", "--testbed", str(testbed))
    assert place.run(*restore) == 0, place.output
    place.assert_clean()
    assert not list(journals.glob("*baseline*"))


def await_commit(process: subprocess.Popen[bytes], journals: Path) -> None:
    """Wait until a journal says that a commit comes next."""
    for _ in range(TICKS):
        if any("committing" in path.read_text() for path in journals.glob("*.jsonl")):
            return
        with suppress(subprocess.TimeoutExpired):
            pytest.fail(f"it ended with {process.wait(TICK)}")
    pytest.fail("no commit")


def leaking_titles(group: int, secrets: Iterable[str]) -> list[str]:
    """Return the command lines of a process group that show a secret to everybody."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.getpgid(int(entry.name)) == group:
                title = (entry / "cmdline").read_bytes()
                found += [f"{title!r}" for s in secrets for form in forms(s) if form in title]
    return found
