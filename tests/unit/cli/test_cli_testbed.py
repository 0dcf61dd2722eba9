"""`harness testbed`: check, show, schema, and a file written from answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.main import main, root
from harness.cli.output import print_table
from harness.testbed.load import load_testbed
from harness.testbed.model import CredentialRef, CredentialSource
from harness.testbed.schema import schema_text

TESTBEDS = Path(__file__).parents[3] / "testbeds"

REAL = [
    "my-lab",
    "y",  # real devices
    "hil",
    "env",
    "LAB_PASSWORD",
    "hub-1",
    "srx4100",
    "203.0.113.11",
    "",  # NETCONF port
    "2222",
    "xe-0/0/0.0",
    "untrust",
    "192.0.2.11",
    "198.18.0.0/16",
    "100.64.0.0/16",
    "n",
]
SIMULATED = ["sim", "n", "r1", "vmx", "y", "srx4200", "", "", "", "", "n"]


def interview(path: Path, answers: list[str]) -> tuple[int, str]:
    """Type the answers, and return exit code and all that was shown."""
    result = CliRunner().invoke(
        root, ["testbed", "init", str(path)], input="\n".join(answers) + "\n"
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_check_says_what_it_found(capsys: pytest.CaptureFixture[str]) -> None:
    """A good file is summed up in a line and a row per device."""
    path = TESTBEDS / "simulated.yaml"
    assert main(["testbed", "check", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{path}: ok: 6 devices, 6 of them simulated"
    (last,) = (line for line in lines if line.startswith("vmx "))
    assert last.split() == [
        "vmx", "vmx", "srx4100", "gateway", "gre", "started", "when", "needed", "in", "the", "file"
    ]  # fmt: skip


def test_check_names_connections_and_password_sources(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """For real devices the row says how they're reached, and where the password is found."""
    assert main(["testbed", "check", str(TESTBEDS / "lab.example.yaml")]) == 0
    out = capsys.readouterr().out
    assert "netconf 203.0.113.11:830, cli 203.0.113.11:22, console console.lab.example:2011" in out
    assert "env LAB_PASSWORD" in out
    assert "file ~/.hil-password" in out
    assert "keyring hil-lab" in out


def test_check_shows_every_mistake(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A bad file is exit 64, one line per mistake on stderr and nothing on stdout."""
    path = tmp_path / "lab.yaml"
    path.write_text("testbed: {name: x}\ndevices:\n  a: {platform: srx, simulated: true, x: 1}\n")
    assert main(["testbed", "check", str(path)]) == 64
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split(": ")[:2] for line in err.splitlines()] == [
        [f"{path}:3", "devices.a.platform"],
        [f"{path}:3", "devices.a.underlay"],
        [f"{path}:3", "devices.a.x"],
    ]


def test_show_as_json_is_complete_and_holds_no_password(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """JSON has every device with its defaults, no literal password and no private notes."""
    path = tmp_path / "lab.yaml"
    text = (TESTBEDS / "lab.example.yaml").read_text()
    sim = (TESTBEDS / "simulated.yaml").read_text()
    path.write_text(text.replace("owner: branch team", "enable_password: hunter2"))
    assert main(["testbed", "show", "--json", str(path)]) == 0
    out = capsys.readouterr().out
    assert "hunter2" not in out
    shown = json.loads(out)
    assert list(shown["devices"]) == ["hub-1", "hub-2", "branch-1", "branch-1-jdm"]
    assert shown["devices"]["hub-2"]["limits"] == {"tunnels": 1500}
    path.write_text(sim.replace("password: lab", "password: hunter2"))
    for arguments in (["--json"], []):
        assert main(["testbed", "show", str(path), *arguments]) == 0
        out = capsys.readouterr().out
        assert "hunter2" not in out
        assert "in the file" in out


def test_show_leaves_out_what_is_not_set(capsys: pytest.CaptureFixture[str]) -> None:
    """The plain form has a line per key that is set."""
    assert main(["testbed", "show", str(TESTBEDS / "vsrx.example.yaml")]) == 0
    out = capsys.readouterr().out
    assert "    claimed_platform: srx4100\n" in out
    assert "      netconf:\n        host: clab-vsrx01-srx1\n        port: 830\n" in out
    assert "None" not in out
    assert "limits" not in out


def test_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """The schema command prints the schema alone."""
    assert main(["testbed", "schema"]) == 0
    assert capsys.readouterr().out == schema_text()


def test_init_writes_a_lab(tmp_path: Path) -> None:
    """Answers for a real device become a file that loads as answered."""
    path = tmp_path / "lab.yaml"
    code, output = interview(path, REAL)
    assert code == 0, output
    assert f"wrote {path}; next: harness testbed check {path}" in output
    loaded = load_testbed(path)
    hub = loaded.device("hub-1")
    assert loaded.name == "my-lab"
    assert hub.credentials == CredentialRef("hil", CredentialSource.ENV, "LAB_PASSWORD")
    assert {name: (c.host, c.port) for name, c in hub.connections.items()} == {
        "netconf": ("203.0.113.11", 830),
        "cli": ("203.0.113.11", 2222),
    }
    assert hub.underlay is not None
    assert hub.underlay.external_zone == "untrust"
    assert path.read_text().startswith("# yaml-language-server: $schema=testbed.schema.json\n")


def test_init_proposes_the_simulators_facts(tmp_path: Path) -> None:
    """For simulated devices Enter takes what the simulator starts with."""
    path = tmp_path / "sim.yaml"
    code, output = interview(path, SIMULATED)
    assert code == 0, output
    device = load_testbed(path).device("r1")
    assert (device.simulated, device.claimed_platform, device.kinds) == (True, "srx4200", ("gre",))
    assert device.underlay is not None
    assert str(device.underlay.peers) == "198.18.0.0/15"


@pytest.mark.parametrize(
    "reference", [["agent"], ["prompt"], ["file", "~/.pw"], ["keyring", "hil"]]
)
def test_init_knows_every_reference(tmp_path: Path, reference: list[str]) -> None:
    """Each source of a password can be chosen, and asks for no more than it needs."""
    path = tmp_path / "lab.yaml"
    code, output = interview(path, [*REAL[:3], *reference, *REAL[5:]])
    assert code == 0, output
    ref = load_testbed(path).device("hub-1").credentials
    assert ref is not None
    assert [str(ref.source), ref.reference] == [*reference, ""][:2]


def test_init_asks_again_after_a_bad_answer(tmp_path: Path) -> None:
    """A malformed answer is refused on the spot, with what is allowed."""
    path = tmp_path / "lab.yaml"
    answers = [*REAL]
    answers[5:6] = ["hub 1", "hub-1"]
    code, output = interview(path, answers)
    assert code == 0, output
    assert "Error: allowed: 1-32 letters, digits" in output


def test_init_asks_for_a_device_again_when_its_answers_clash(tmp_path: Path) -> None:
    """Answers that contradict each other are shown as the loader says it, and asked again."""
    path = tmp_path / "lab.yaml"
    clash = [*REAL[5:13], "198.18.0.0/15", "198.19.0.0/16"]
    code, output = interview(path, [*REAL[:5], *clash, *REAL[5:]])
    assert code == 0, output
    assert "devices.hub-1.underlay.inner: overlaps peers" in output
    assert [device.name for device in load_testbed(path).devices] == ["hub-1"]


def test_init_takes_several_devices_and_no_name_twice(tmp_path: Path) -> None:
    """A second device is asked for, and its name must be another."""
    path = tmp_path / "sim.yaml"
    second = ["r1", "r2", "srx4100", "", "", "", "", "", "n"]
    code, output = interview(path, [*SIMULATED[:-1], "y", *second])
    assert code == 0, output
    assert "Error: taken" in output
    assert [device.name for device in load_testbed(path).devices] == ["r1", "r2"]


def test_init_quotes_what_would_not_be_text(tmp_path: Path) -> None:
    """A name that YAML reads as a number is still the name."""
    path = tmp_path / "sim.yaml"
    code, output = interview(path, ["1e5", *SIMULATED[1:]])
    assert code == 0, output
    assert load_testbed(path).name == "1e5"


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    """An existing file is refused before the first question, and stays."""
    path = tmp_path / "lab.yaml"
    path.write_text("mine")
    assert main(["testbed", "init", str(path)]) == 64
    assert path.read_text() == "mine"


def test_init_overwrites_nothing_that_came_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that somebody else made during the questions stays, and is named."""

    def interview(file: Path) -> str:
        file.write_text("theirs")
        return "mine"

    monkeypatch.setattr("harness.cli.testbed.interview", interview)
    path = tmp_path / "lab.yaml"
    assert main(["testbed", "init", str(path)]) == 64
    assert path.read_text() == "theirs"
    assert capsys.readouterr().err == f"{path}: can't be written: File exists\n"


def test_init_needs_a_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A folder that isn't there is refused before the first question."""
    path = tmp_path / "none" / "lab.yaml"
    assert main(["testbed", "init", str(path)]) == 64
    assert capsys.readouterr().err == f"{path}: no such folder; allowed: one that exists\n"


def test_a_table_on_a_terminal_is_drawn(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal the table has lines; brackets in a cell are shown as they are."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    print_table(("a", "b"), [("[red]x", "y")])
    out = capsys.readouterr().out
    assert "[red]x" in out
    assert "━" in out


def test_show_as_json_has_the_numbers_of_deployments(capsys: pytest.CaptureFixture[str]) -> None:
    """What each VNF of a site is, as plain values."""
    assert main(["testbed", "show", "--json", str(TESTBEDS / "cso-small.yaml")]) == 0
    shown = json.loads(capsys.readouterr().out)["deployments"]
    assert shown["distributed"]["machine"]["memory"] == 4194304
    assert shown["centralized"]["nodes"] == ["node"]
