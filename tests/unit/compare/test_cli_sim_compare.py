"""``harness sim compare`` as it's typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli.main import main

_TESTBED = """\
testbed: {name: two}
devices:
  vmx-a:
    type: gateway
    platform: vmx
    simulated: true
    underlay:
      external_interface: ge-0/0/0.0
      local_address: 192.0.2.1
      peers: 198.18.0.0/15
      inner: 100.64.0.0/10
  nfx-a:
    type: gateway
    platform: nfx250
    chassis: box
    simulated: true
    underlay:
      external_interface: ge-0/0/0.0
      external_zone: untrust
      local_address: 192.0.2.1
      peers: 198.18.0.0/15
      inner: 100.64.0.0/10
  jdm-a:
    type: jdm
    platform: nfx250
    chassis: box
    simulated: true
"""


@pytest.fixture
def testbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A testbed with a router and a JDM; state goes beside it."""
    monkeypatch.setenv("HARNESS_STATE", str(tmp_path / "state"))
    path = tmp_path / "two.yaml"
    path.write_text(_TESTBED)
    return path


@pytest.mark.parametrize("device", ["vmx-a", "jdm-a"])
def test_a_simulated_device_is_like_itself(
    testbed: Path, device: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every probe of its model is asked, none differs, and the exit code is 0."""
    assert main(["sim", "compare", "--testbed", str(testbed), "--device", device]) == 0
    assert "0 differ (none)" in capsys.readouterr().out


def test_answers_are_kept_and_compared_again(
    testbed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One changed word in a kept answer is one difference, and the exit code is 1."""
    kept = tmp_path / "answers"
    asked = ["sim", "compare", "--testbed", str(testbed), "--device", "vmx-a", "--read-only"]
    assert main([*asked, "--probe", "unknown-rpc", "--save", str(kept)]) == 0
    answer = kept / "unknown-rpc.json"
    answer.write_text(answer.read_text().replace("syntax error", "syntax mistake"))
    capsys.readouterr()
    assert main(["sim", "compare", "--recorded", str(kept), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert [(each["probe"], each["kind"]) for each in said["differences"]] == [
        ("unknown-rpc", "other words")
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "give --testbed FILE and --device NAME, or --recorded DIR"),
        (["--recorded", "x", "--device", "y"], "--device can't be given with it"),
        (["--recorded", "nowhere"], "nowhere: holds no device.json"),
        (["--testbed", "TESTBED", "--device", "vmx-a", "--probe", "helo"], "did you mean 'hello'?"),
        (["--testbed", "TESTBED", "--device", "vmx-b"], "vmx-b"),
    ],
)
def test_a_mistake_is_one_line(
    testbed: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What's wrong is said in one line, and the exit code is 64."""
    given = [str(testbed) if each == "TESTBED" else each for each in arguments]
    assert main(["sim", "compare", *given]) == 64
    assert words in capsys.readouterr().err
