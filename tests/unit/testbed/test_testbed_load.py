"""What a good testbed file turns into, and what can be wrong with the file itself."""

from __future__ import annotations

from dataclasses import fields
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from harness.errors import TestbedError, UsageError
from harness.plan.model import Proposal
from harness.plan.proposal import _RANGES, _WORDS
from harness.testbed.load import load_testbed, load_testbed_text
from harness.testbed.model import (
    Connection,
    CredentialRef,
    CredentialSource,
    Fault,
    HealthLimits,
    Testbed,
    TunnelUnderlay,
)
from harness.testbed.shape import ProposalShape

GOOD = (Path(__file__).parent / "data" / "good.yaml").read_text()


@pytest.fixture(scope="module")
def good() -> Testbed:
    return load_testbed_text(GOOD, "labs/lab.yaml")


def test_health_is_the_device_s_own_then_the_testbed_s_then_the_default() -> None:
    """Each key for itself."""
    text = GOOD.replace(
        "testbed:\n", "testbed:\n  health: {cpu_percent: 80, disk_percent: 70, alarms: minor}\n", 1
    ).replace("    tags: [hub", "    health: {disk_percent: 60, cores: ignore}\n    tags: [hub", 1)
    assert load_testbed_text(text, "lab.yaml").device("hub").health == HealthLimits(
        cpu_percent=80, memory_percent=95, disk_percent=60, alarms="minor", cores="ignore"
    )


def test_a_real_device_is_loaded_as_written(good: Testbed) -> None:
    """Every key of a real device arrives, defaults filled in, and its line with it."""
    hub = good.device("hub")
    assert (hub.platform, hub.claimed_platform, hub.type, hub.role) == (
        "srx4100",
        "srx4100",
        "hub",
        "gateway",
    )
    assert dict(hub.connections) == {
        "netconf": Connection("10.0.0.1", 830),
        "cli": Connection("10.0.0.1", 22),
        "console": Connection("console", 2001),
    }
    assert hub.credentials == CredentialRef("hil", CredentialSource.ENV, "LAB_PASSWORD")
    assert hub.tags == ("hub", "rack-1")
    assert hub.limits.tunnels == 1500
    assert hub.health == HealthLimits()
    assert hub.underlay == TunnelUnderlay(
        external_interface="xe-0/0/0.0",
        external_zone="untrust",
        local_address=IPv4Address("192.0.2.1"),
        peers=IPv4Network("198.18.0.0/15"),
        inner=IPv4Network("100.64.0.0/10"),
        proposal={"dh_group": "group20", "dpd_interval": 30},
    )
    assert (hub.simulated, hub.simulation, dict(hub.custom), hub.line) == (
        False,
        None,
        {"rack": 7},
        6,
    )


def test_a_simulated_device_has_its_behaviour(good: Testbed) -> None:
    """The custom keys of a simulated device arrive checked, paths from the file's folder."""
    sim = good.device("sim")
    assert sim.simulation is not None
    assert sim.simulation.tunnel_limit == 599
    assert sim.simulation.base == "labs/base.set"
    assert sim.simulation.faults == (Fault("drop-tunnel", {"index": 3}),)
    assert sim.custom["tunnel_limit"] == 599
    assert (sim.claimed_platform, sim.kinds) == ("srx4200", ("gre",))
    assert sim.underlay is not None
    assert (sim.underlay.external_zone, sim.underlay.mpls) == (None, True)


def test_a_jdm_carries_no_tunnels_and_knows_its_box(good: Testbed) -> None:
    """Gateway and JDM of one chassis find each other; only the gateway has kinds."""
    jdm = good.device("box-jdm")
    assert (jdm.role, jdm.kinds, jdm.underlay) == ("jdm", (), None)
    assert [d.name for d in good.chassis_of(jdm)] == ["box", "box-jdm"]
    assert good.chassis_of(good.device("hub")) == (good.device("hub"),)


def test_a_device_is_found_by_name_or_alias(good: Testbed) -> None:
    """An alias finds its device; an unknown name lists the known ones."""
    assert good.device("first") is good.device("hub")
    with pytest.raises(UsageError, match="no device named 'hbu'; known: hub, sim, box, box-jdm"):
        good.device("hbu")


def test_claims_keep_their_lines(good: Testbed) -> None:
    """The operator's values arrive with the line where they stand."""
    assert dict(good.claims) == {"log-events-per-second": 5000}
    assert dict(good.claim_lines) == {"log-events-per-second": 4}


def test_own_credentials_win_over_the_testbeds(good: Testbed) -> None:
    """A device's login replaces the default one, and its literal password never shows."""
    ref = good.device("sim").credentials
    assert ref == CredentialRef("lab", CredentialSource.LITERAL, literal="secret")
    assert "secret" not in repr(good)


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("{env: X_1}", (CredentialSource.ENV, "X_1")),
        ("{keyring: my lab}", (CredentialSource.KEYRING, "my lab")),
        ("{agent: true}", (CredentialSource.AGENT, "")),
        ("{prompt: true}", (CredentialSource.PROMPT, "")),
        ("{file: ~/.pw}", (CredentialSource.FILE, "~/.pw")),
        ("{file: pw}", (CredentialSource.FILE, "labs/pw")),
        ("{file: /etc/pw}", (CredentialSource.FILE, "/etc/pw")),
    ],
)
def test_every_reference_is_known(password: str, expected: tuple[str, str]) -> None:
    """Each way to name a password becomes its own reference; nothing is resolved."""
    text = GOOD.replace("{env: LAB_PASSWORD}", password)
    ref = load_testbed_text(text, "labs/lab.yaml").device("hub").credentials
    assert ref is not None
    assert (ref.source, ref.reference) == expected


def test_a_key_file_logs_in_with_or_without_a_password() -> None:
    """Its path starts at the file's folder; its passphrase is a reference as a password is."""
    text = GOOD.replace(
        "password: {env: LAB_PASSWORD}", "key_file: keys/lab, passphrase: {file: pass}"
    )
    ref = load_testbed_text(text, "labs/lab.yaml").device("hub").credentials
    assert ref == CredentialRef(
        "hil",
        CredentialSource.NONE,
        key_file="labs/keys/lab",
        passphrase=CredentialRef("hil", CredentialSource.FILE, "labs/pass"),
    )


def test_the_shared_leases_start_at_the_files_folder() -> None:
    """A relative path is the file's, as all others are."""
    text = GOOD.replace("testbed:\n", "testbed:\n  leases: leases\n", 1)
    assert load_testbed_text(text, "labs/lab.yaml").leases == "labs/leases"


def test_the_file_itself_can_be_wrong(tmp_path: Path) -> None:
    """A missing file, a folder, bytes that aren't UTF-8 and a huge file are one line each."""
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"testbed:\n  name: b\xfcro\n")
    huge = tmp_path / "huge.yaml"
    huge.write_bytes(b"#" * ((1 << 20) + 1))
    wide = tmp_path / "wide.yaml"  # more bytes than allowed, fewer characters
    wide.write_bytes("# ä".encode() + "ä".encode() * (1 << 19))
    expected = {
        wide: ": too large; allowed: 1 MiB",
        tmp_path / "none.yaml": ": can't be read: No such file or directory",
        tmp_path: ": can't be read: Is a directory",
        latin: ":2: not UTF-8; allowed: UTF-8 text",
        huge: ": too large; allowed: 1 MiB",
    }
    for path, text in expected.items():
        with pytest.raises(TestbedError) as caught:
            load_testbed(path)
        assert caught.value.problems == (f"{path}{text}",)


def test_text_has_the_same_bound() -> None:
    """Text that comes from elsewhere may not be larger than a file."""
    with pytest.raises(TestbedError, match="x: too large; allowed: 1 MiB"):
        load_testbed_text("#" * ((1 << 20) + 1), "x")


def test_a_file_with_a_byte_order_mark_loads(tmp_path: Path) -> None:
    """A file that a Windows editor saved loads, and is named in the result."""
    path = tmp_path / "lab.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    loaded = load_testbed(path)
    assert (loaded.name, loaded.path) == ("lab", str(path))
    assert loaded.sha256 == load_testbed_text(GOOD, "x").sha256


def test_proposal_keys_are_those_of_the_plan() -> None:
    """The keys and words under proposal are those that plans are made of, no more and no less."""
    schema = ProposalShape.model_json_schema()["properties"]
    assert set(schema) == {field.name for field in fields(Proposal)}
    for key, words in _WORDS.items():
        assert tuple(schema[key]["anyOf"][0]["enum"]) == words
    for key, (low, high) in _RANGES.items():
        assert (schema[key]["anyOf"][0]["minimum"], schema[key]["anyOf"][0]["maximum"]) == (
            low,
            high,
        )
