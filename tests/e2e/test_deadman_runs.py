"""The dead-man's switch of a run: its minutes, a device without it, and what is said about both."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from harness.deploy.deadman import DEFAULT_MINUTES
from harness.outcome import Outcome
from harness.reporting import record
from harness.sim.server import SimulatorServer
from harness.sim.spec import DeviceSpec, FaultSpec

HARD, SOFT = "hard", "soft"  # the first takes no confirmed commits
REFUSES = FaultSpec("no-confirmed-commit")
LOUD = "NO DEAD-MAN'S SWITCH on hard, soft: had this run died, only 'harness restore' would"


@pytest.fixture(scope="module")
def lab(runner, simulated_device, tmp_path_factory):
    """Serve both devices as long as the module takes; give testbed file and server."""
    specs = [DeviceSpec(HARD, "srx4100", faults=(REFUSES,)), DeviceSpec(SOFT, "srx4100")]
    server = SimulatorServer(specs)
    addresses = server.start()
    known = tmp_path_factory.mktemp("keys") / "known_hosts"
    known.write_text("".join(f"[{a.host}]:{a.port} {a.host_key}\n" for a in addresses.values()))
    devices = {}
    for name, address in addresses.items():
        where = {"host": address.host, "port": address.port}
        devices[name] = {
            **simulated_device(),
            "connections": {"netconf": where, "cli": where},
            "credentials": {"default": {"username": address.username, "password": "lab"}},
        }
    yield runner.testbed("deadman", devices, known_hosts=str(known)), server
    server.stop()


@pytest.fixture(scope="module")
def run(lab, runner) -> Callable:
    """Give a function that runs three GRE tunnels on both devices."""
    path, _ = lab
    return lambda *more, **environment: runner(
        "suites", "--testbed", path, "--count=3", "-k", "gre-3", *more, environment=environment
    )


@pytest.fixture(scope="module")
def careful(run):
    """Run as everybody does."""
    return run()


@pytest.fixture(scope="module")
def careless(run):
    """Run without the switch."""
    return run("--without-deadman")


def committed(lab, name):
    """Return what a device runs, and the comments of its commits, newest first."""
    handle = lab[1].device(name)
    return handle.call(lambda d: (d.store.committed, [each.comment for each in d.store.history]))


def test_a_device_that_takes_no_confirmed_commits(careful):
    """Nothing is pushed to it, one line says why and names the way out; the other one passes."""
    case = careful.cases["tunnels hard-gre-3"]
    assert case.outcome is Outcome.ERROR
    assert "hard refuses confirmed commits, whatever they hold" in case.reason
    assert "--without-deadman pushes all the same" in case.reason
    assert careful.restores[HARD].proven
    assert careful.cases["tunnels soft-gre-3"].outcome is Outcome.PASS
    assert careful.exit_code == 1


def test_the_minutes_of_each_case(careful):
    """A case says under which timer its push was, in the record and in junit.xml."""
    case = careful.cases["tunnels soft-gre-3"]
    assert case.properties["deadman"] == "on"
    assert case.properties["deadman.minutes"] == DEFAULT_MINUTES
    told = careful.properties("tunnels soft-gre-3")
    assert told["deadman.minutes"] == str(DEFAULT_MINUTES)
    assert told["device.deadman"].endswith("reboot: unknown, taken as lost")
    assert "NO DEAD-MAN'S SWITCH" not in careful.output


def test_what_isnt_known_is_said(careful):
    """The summary names each model and release once, and how the unknown is taken."""
    lines = [line for line in careful.output.splitlines() if "dead-man's switch on" in line]
    assert lines == [
        "dead-man's switch on srx4100 18.4R3.3: not probed; what confirms: unknown, taken as any "
        "commit or check; second confirmed commit: unknown, never sent; reboot: unknown, taken as "
        "lost"
    ]


def test_without_the_switch(careless):
    """The pushes are plain commits; both devices take them, and are at their baseline again."""
    for name in (HARD, SOFT):
        assert careless.cases[f"tunnels {name}-gre-3"].outcome is Outcome.PASS
        assert careless.restores[name].proven
        committing = [e for e in _journal(careless, name) if e["event"] == "committing"]
        assert [entry["deadman"] for entry in committing] == [False, False]
        assert all("deadline" not in entry for entry in committing)
    assert careless.exit_code == 0


def test_without_the_switch_is_said_loudly(careless):
    """Each case, junit.xml, and the summary say that there was none."""
    for name in (HARD, SOFT):
        assert careless.cases[f"tunnels {name}-gre-3"].properties["deadman"] == "off"
        told = careless.properties(f"tunnels {name}-gre-3")
        assert told["deadman"] == "off"
        assert "deadman.minutes" not in told
    assert LOUD in " ".join(careless.output.split())
    summary = [e for e in careless.events if isinstance(e, record.Device)]
    assert all(device.deadman for device in summary)


def _journal(run, name):
    for path in (run.state / "journals").glob("*.jsonl"):
        entries = [json.loads(line) for line in path.read_text().splitlines()]
        if entries and entries[0].get("device") == name:
            return entries
    return []


def test_minutes_that_a_person_asks_for(run, lab):
    """The option's twin in the environment counts, and the device is told."""
    ended = run("-k", "soft-gre-3", HARNESS_CONFIRM_MINUTES="30")
    assert ended.cases["tunnels soft-gre-3"].properties["deadman.minutes"] == 30
    assert "commit confirmed, rollback in 30mins" in committed(lab, SOFT)[1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--confirm-minutes", "3"), "--confirm-minutes: 3 minutes (the tunnels would go while"),
        (("--confirm-minutes", "65536"), "--confirm-minutes: 65536 minutes; allowed: 5 to 65535"),
        (("--confirm-minutes", "soon"), "--confirm-minutes: 'soon' isn't a whole number"),
        (
            ("--confirm-minutes", "30", "--without-deadman"),
            "--confirm-minutes sizes the timer that --without-deadman does without",
        ),
    ],
)
def test_minutes_that_are_refused(run, arguments, says):
    """One line, exit code 64, and no device was touched."""
    ended = run(*arguments)
    assert ended.exit_code == 64
    assert says in ended.output
    assert "Traceback" not in ended.output
