"""Ask for a lab's devices on the terminal, and write them down as a testbed file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import get_args

import click
import yaml

from harness.document.parse import resolve_plain
from harness.errors import TestbedError
from harness.testbed.load import load_testbed_text
from harness.testbed.model import EMULATED, STAND_INS, ZONELESS, Platform
from harness.testbed.shape import (
    ADDRESS,
    ALLOWED,
    HOST,
    INTERFACE,
    NAME,
    NETWORK,
    TEXT,
    USERNAME,
    VARIABLE,
    ZONE,
)

Entry = dict[str, object]

_SOURCES: Mapping[str, tuple[str, str] | None] = {
    "env": ("Environment variable", VARIABLE),
    "keyring": ("Keyring service", TEXT),
    "file": ("Password file (mode 0600)", TEXT),
    "agent": None,
    "prompt": None,
}
# What the simulator starts with (docs/testbed.md); proposed for simulated devices alone.
_SIMULATED_UNDERLAY: Mapping[str, str] = {
    "external_zone": "untrust",
    "local_address": "192.0.2.1",
    "peers": "198.18.0.0/15",
    "inner": "100.64.0.0/10",
}
_QUESTIONS: Mapping[str, tuple[str, str]] = {
    "external_zone": ("  its security zone", ZONE),
    "local_address": ("  the device's own address on it", ADDRESS),
    "peers": ("  pool of the other ends' outer addresses", NETWORK),
    "inner": ("  pool of tunnel links and routed prefixes", NETWORK),
}


class _Dumper(yaml.SafeDumper):
    """Quotes whatever the loader wouldn't read as text."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = None if isinstance(resolve_plain(value), str) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def interview(file: Path) -> str:
    """Ask until there's a testbed that loads, and return its text for ``file``."""
    head: Entry = {"name": _ask("Name of the lab", NAME)}
    simulated_only = not click.confirm("Are there real devices or virtual machines?", default=True)
    devices: Entry = {}
    if simulated_only:
        head["credentials"] = {"default": {"username": "lab", "password": "lab"}}
    else:
        click.echo("The login below holds for every device; write others into the file later.")
        head["credentials"] = {"default": _login()}
    while True:
        click.echo(f"\nDevice {len(devices) + 1}")
        name, device = _device(simulated=simulated_only, taken=devices)
        text = _write({"testbed": head, "devices": {**devices, name: device}}, file)
        try:
            load_testbed_text(text, str(file))
        except TestbedError as error:
            click.echo(f"{error}\nOnce more, please.", err=True)
            continue
        devices[name] = device
        if not click.confirm("Another device?", default=False):
            return text


def _login() -> Entry:
    username = _ask("User name", USERNAME)
    click.echo("No password is written down: the file says where it's found.")
    source = click.prompt("Password from", type=click.Choice(list(_SOURCES)), default="env")
    question = _SOURCES[source]
    reference: object = _ask(*question) if question else True
    return {"username": username, "password": {source: reference}}


def _device(*, simulated: bool, taken: Mapping[str, object]) -> tuple[str, Entry]:
    name = _ask("Name", NAME, refuse=lambda text: "taken" if text in taken else "")
    platform = click.prompt("Platform", type=click.Choice(get_args(Platform)))
    device: Entry = {"type": "gateway", "platform": platform}
    if platform in STAND_INS and click.confirm("Does it stand in for another platform?"):
        device["emulates"] = click.prompt("Which", type=click.Choice(EMULATED))
    if simulated:
        device["simulated"] = True
    else:
        device["connections"] = _connections()
    device["underlay"] = _underlay(platform, simulated=simulated)
    return name, device


def _connections() -> Entry:
    host = _ask("Management host or address", HOST)
    ports = click.IntRange(1, 65535)
    return {
        "netconf": {"host": host, "port": click.prompt("NETCONF port", type=ports, default=830)},
        "cli": {"host": host, "port": click.prompt("SSH port of the CLI", type=ports, default=22)},
    }


def _underlay(platform: str, *, simulated: bool) -> Entry:
    first = "xe-0/0/0.0" if platform in {"srx4100", "srx4200"} else "ge-0/0/0.0"
    default = first if simulated else None
    answers: Entry = {
        "external_interface": _ask("Interface that tunnels leave by", INTERFACE, default=default)
    }
    for key, (question, pattern) in _QUESTIONS.items():
        if key == "external_zone" and platform in ZONELESS:
            continue
        proposed = _SIMULATED_UNDERLAY[key] if simulated else None
        answers[key] = _ask(question, pattern, default=proposed)
    return answers


def _ask(
    question: str,
    pattern: str,
    *,
    default: str | None = None,
    refuse: Callable[[str], str] = lambda _: "",
) -> str:
    def checked(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise click.BadParameter(f"allowed: {ALLOWED[pattern]}")
        reason = refuse(text)
        if reason:
            raise click.BadParameter(reason)
        return text

    answer: str = click.prompt(question, default=default, value_proc=checked)
    return answer


def _write(data: Entry, file: Path) -> str:
    lines = ["# yaml-language-server: $schema=testbed.schema.json"]
    if not (file.parent / "testbed.schema.json").exists():
        lines.append("# (to have that file: harness testbed schema > testbed.schema.json)")
    body = yaml.dump(data, Dumper=_Dumper, sort_keys=False)
    return "\n".join((*lines, body))
