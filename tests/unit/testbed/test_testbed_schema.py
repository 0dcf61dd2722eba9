"""The JSON schema is the loader's, and the shipped files are right by both."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from harness.document.parse import parse
from harness.errors import TestbedError
from harness.testbed.load import load_testbed, load_testbed_text
from harness.testbed.schema import schema_text

CHECKOUT = Path(__file__).parents[3]
SHIPPED = CHECKOUT / "testbeds"
GOOD = (Path(__file__).parent / "data" / "good.yaml").read_text()


@pytest.fixture(scope="module")
def valid() -> Callable[[str], bool]:
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    return lambda text: validator.is_valid(parse(text).data)


def loads(text: str) -> bool:
    try:
        load_testbed_text(text, "lab.yaml")
    except TestbedError:
        return False
    return True


def test_the_shipped_schema_is_the_models() -> None:
    """testbeds/testbed.schema.json is what `harness testbed schema` prints."""
    assert (SHIPPED / "testbed.schema.json").read_text() == schema_text()


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.name)
def test_each_shipped_file_is_right(path: Path, valid: Callable[[str], bool]) -> None:
    """A shipped file names the schema on its first line, fits it, and loads."""
    text = path.read_text()
    assert text.startswith("# yaml-language-server: $schema=testbed.schema.json\n")
    assert valid(text)
    loaded = load_testbed(path)
    assert loaded.devices or loaded.fleets


def test_the_default_testbed_has_every_platform() -> None:
    """The simulated testbed carries each platform once, and stand-ins say what for."""
    loaded = load_testbed(SHIPPED / "simulated.yaml")
    assert {d.name: (d.platform, d.role, d.claimed_platform) for d in loaded.devices} == {
        "nfx250": ("nfx250", "gateway", "nfx250"),
        "nfx250-jdm": ("nfx250", "jdm", "nfx250"),
        "srx4100": ("srx4100", "gateway", "srx4100"),
        "srx4200": ("srx4200", "gateway", "srx4200"),
        "vsrx": ("vsrx", "gateway", "srx4100"),
        "vmx": ("vmx", "gateway", "srx4100"),
    }
    assert all(device.simulated for device in loaded.devices)


# (old, new): one edit of data/good.yaml that both must refuse
REFUSED = {
    "unknown key": ("tags: [hub", "tag: [hub"),
    "unknown platform": ("platform: srx4100", "platform: srx4000"),
    "port too large": ("host: console, port: 2001", "host: console, port: 65536"),
    "port as text": ("host: console, port: 2001", "host: console, port: '2001'"),
    "console without port": ("{host: console, port: 2001}", "{host: console}"),
    "host with a dash first": ("{host: 10.0.0.1}", "{host: -x}"),
    "no way in": ("      netconf: {host: 10.0.0.1}\n      cli: {host: 10.0.0.1}\n", ""),
    "name with a slash": ("  sim:\n", "  a/b:\n"),
    "name too long": ("  sim:\n", f"  {'s' * 33}:\n"),
    "one for true": ("simulated: true", "simulated: 1"),
    "missing zone": ("external_zone: untrust", "external_zone:"),
    "zone on vmx": ("mpls: true", "external_zone: trust"),
    "hardware that emulates": ("alias: first", "emulates: srx4200"),
    "chassis elsewhere": ("alias: first", "chassis: box-2"),
    "jdm elsewhere": ("type: hub", "type: jdm"),
    "jdm without chassis": ("chassis: box-1", "type: jdm"),
    "management interface": ("xe-0/0/0.0", "fxp0.0"),
    "interface without unit": ("xe-0/0/0.0", "xe-0/0/0"),
    "address with a zero": ("192.0.2.1", "192.0.02.1"),
    "pool of one address": ("peers: 198.18.0.0/15", "peers: 198.18.0.0/32"),
    "two sources": ("{env: LAB_PASSWORD}", "{env: A, agent: true}"),
    "no source": ("{env: LAB_PASSWORD}", "{}"),
    "agent off": ("{env: LAB_PASSWORD}", "{agent: false}"),
    "no way to log in": (", password: {env: LAB_PASSWORD}", ""),
    "agent for a passphrase": (
        "{env: LAB_PASSWORD}",
        "{env: A}, key_file: k, passphrase: {agent: true}",
    ),
    "passphrase in clear": ("{env: LAB_PASSWORD}", "{env: A}, key_file: k, passphrase: hunter2"),
    "bad variable": ("{env: LAB_PASSWORD}", "{env: 'A B'}"),
    "number as password": ("password: secret", "password: 12345"),
    "unknown proposal word": ("group20", "group21"),
    "dpd too short": ("dpd_interval: 30", "dpd_interval: 1"),
    "claim of zero": ("log-events-per-second: 5000", "log-events-per-second: 0"),
    "unknown simulation key": ("tunnel_limit: 599", "tunnel_limits: 599"),
    "fault without a name": ("{name: drop-tunnel, index: 3}", "{index: 3}"),
    "fault option that is a list": ("index: 3", "index: [3]"),
    "release as a number": ("base: base.set", "version: 15.1"),
    "no underlay": ("    type: jdm\n", "    type: hub\n"),
}
# Edits that both must take.
TAKEN = {
    "no change": ("lab", "lab"),
    "another reference": ("{env: LAB_PASSWORD}", "{file: ~/.pw}"),
    "key file alone": ("password: {env: LAB_PASSWORD}", "key_file: ~/.ssh/lab"),
    "key file with passphrase": (
        "password: {env: LAB_PASSWORD}",
        "key_file: k, passphrase: {env: LAB_PASSPHRASE}",
    ),
    "shared leases": ("name: lab\n", "name: lab\n  leases: /net/lab/leases\n"),
    "fewer keys": ("    alias: first\n", ""),
    "blank key": ("alias: first", "alias:"),
    "an option of another type": ("index: 3", "ratio: 0.5"),
    "seconds as a whole number": ("tunnel_limit: 599", "commit_seconds: 2"),
    "notes": ("{rack: 7}", "{rack: [1, {a: null}]}"),
    "cluster interface": ("xe-0/0/0.0", "reth12.100"),
}
# What spans keys or devices is beyond the schema; the loader alone refuses it.
BEYOND = {
    "address of two devices": ("    emulates: srx4200", "    connections: {cli: {host: 10.0.0.1}}"),
    "literal password of a real device": ("{env: LAB_PASSWORD}", "hunter2"),
    "passphrase without a key": ("{env: LAB_PASSWORD}", "{env: A}, passphrase: {env: B}"),
    "host bits": ("peers: 198.18.0.0/15", "peers: 198.18.0.1/15"),
    "overlapping pools": ("inner: 100.64.0.0/10", "inner: 198.19.0.0/16"),
    "missing partner": ("chassis: box-1", "chassis: box-2"),
}


@pytest.mark.parametrize(("old", "new"), REFUSED.values(), ids=REFUSED.keys())
def test_both_refuse(old: str, new: str, valid: Callable[[str], bool]) -> None:
    """What the loader refuses in one device, an editor underlines."""
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    assert (loads(text), valid(text)) == (False, False)


@pytest.mark.parametrize(("old", "new"), TAKEN.values(), ids=TAKEN.keys())
def test_both_take(old: str, new: str, valid: Callable[[str], bool]) -> None:
    """What loads isn't underlined."""
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    assert (loads(text), valid(text)) == (True, True)


@pytest.mark.parametrize(("old", "new"), BEYOND.values(), ids=BEYOND.keys())
def test_the_loader_alone_refuses(old: str, new: str, valid: Callable[[str], bool]) -> None:
    """What the schema can't say, its module says that it can't; the loader refuses it."""
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    assert (loads(text), valid(text)) == (False, True)


def keys_of(schema: Any) -> set[str]:
    found: set[str] = set()
    if isinstance(schema, dict):
        if "additionalProperties" in schema:  # a model, not a condition
            found |= set(schema.get("properties", {}))
        for value in schema.values():
            found |= keys_of(value)
    elif isinstance(schema, list):
        for value in schema:
            found |= keys_of(value)
    return found


def test_the_reference_names_every_key() -> None:
    """docs/testbed.md speaks of each key that a testbed may have."""
    text = (CHECKOUT / "docs" / "testbed.md").read_text()
    assert {key for key in keys_of(json.loads(schema_text())) if f"`{key}" not in text} == set()
