"""`harness claims list`: the rows, whose value each is, and what may be given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli.main import main

TESTBED = """\
testbed: {name: lab, credentials: {default: {username: lab, password: lab}}}
claims:
  log-events-per-second: 5000
devices:
  sim:
    platform: vmx
    simulated: true
    underlay: {external_interface: ge-0/0/0.0, local_address: 192.0.2.1,
               peers: 198.18.0.0/15, inner: 100.64.0.0/10}
"""


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    path = tmp_path / "lab.yaml"
    path.write_text(TESTBED)
    return path


def rows(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, dict[str, object]]:
    assert main(["claims", "list", "--json", *arguments]) == 0
    return {row["id"]: row for row in json.loads(capsys.readouterr().out)}


def test_plain_rows(capsys: pytest.CaptureFixture[str]) -> None:
    """In a pipe there's one line per row under a header, a blank says what it is."""
    assert main(["claims", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["id", "value", "unit", "source", "meaning"]
    assert len(lines) == 19
    by_id = {line.split()[0]: line for line in lines}
    assert by_id["nfx250-tunnels"].split()[1:4] == ["600", "tunnels", "document"]
    blank = by_id["dvpn-tunnels-per-tenant"]
    assert "no reference value" in blank
    assert "blank in the document" in blank


def test_json_has_everything(capsys: pytest.CaptureFixture[str]) -> None:
    """Scripts get the row whole, a blank as null."""
    found = rows(capsys)
    row = found["small-distributed-sites"]
    assert row["factors"] == {"vnfs-per-site": 2}
    assert isinstance(row["citation"], dict)
    assert row["citation"]["row"] == "small"
    assert found["log-events-per-second"]["value"] is None


def test_operators_values(capsys: pytest.CaptureFixture[str], lab: Path) -> None:
    """The testbed's value is marked with its line; --claim replaces it."""
    row = rows(capsys, "--testbed", str(lab))["log-events-per-second"]
    assert (row["value"], row["source"], row["given_in"]) == (5000, "operator", f"{lab}:3")
    row = rows(capsys, "--testbed", str(lab), "--claim", "log-events-per-second=7")[
        "log-events-per-second"
    ]
    assert (row["value"], row["given_in"]) == (7, "--claim")
    assert main(["claims", "list", "--claim", "log-events-per-second=7"]) == 0
    assert "operator (--claim)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ("srx4100-tunnels=9", "--claim: srx4100-tunnels: the document says 1500; allowed: values"),
        ("srx4100-tunnel=9", "unknown claim 'srx4100-tunnel', did you mean srx4100-tunnels?"),
        ("log-events-per-second=0", "log-events-per-second: is 0; allowed: a whole number"),
        ("log-events-per-second", "--claim 'log-events-per-second': allowed: ID=VALUE"),
        ("log-events-per-second=1e3", "allowed: ID=VALUE, a whole number, 1 or more"),
        ("log-events-per-second=-1", "allowed: ID=VALUE, a whole number, 1 or more"),
        ("=1", "--claim '=1': allowed: ID=VALUE"),
    ],
)
def test_what_is_refused(capsys: pytest.CaptureFixture[str], claim: str, words: str) -> None:
    """A documented number, an unknown row and what is no number are one line and exit 64."""
    assert main(["claims", "list", "--claim", claim]) == 64
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1


def test_a_claim_given_twice(capsys: pytest.CaptureFixture[str]) -> None:
    """Two values for one row are refused, not the last one taken."""
    pair = ["--claim", "log-events-per-second=1"] * 2
    assert main(["claims", "list", *pair]) == 64
    assert capsys.readouterr().err == "--claim log-events-per-second: given twice\n"


def test_a_wrong_claim_in_a_testbed_has_its_line(
    capsys: pytest.CaptureFixture[str], lab: Path
) -> None:
    """A claim that isn't blank is refused at the testbed's line, by both verbs."""
    lab.write_text(TESTBED.replace("log-events-per-second", "srx4100-tunnels"))
    for arguments in (["claims", "list", "--testbed", str(lab)], ["testbed", "check", str(lab)]):
        assert main(arguments) == 64
        assert capsys.readouterr().err.startswith(f"{lab}:3: srx4100-tunnels: the document says")
