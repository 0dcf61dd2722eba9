"""A valid configuration of ours, spoiled in one place: the device and the models agree."""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network

import pytest
from lxml import etree

from harness.cli.yang import in_name_spaces, reference_models
from harness.plan.builder import build_plan
from harness.plan.model import Kind as TunnelKind
from harness.plan.model import Site
from harness.render.rendering import render
from harness.sim.config.loading import load
from harness.sim.config.schema import Kind, Statement
from harness.sim.config.secret9 import Salts
from harness.sim.config.tree import Node
from harness.sim.config.words import ValueReader
from harness.sim.config.xml_writer import write_xml
from harness.sim.yang.compiled import load_compiled

MODULES = (
    *("root", "system", "interfaces", "security", "routing-options", "routing-instances"),
    *("protocols", "policy-options", "applications", "firewall"),
)
# What the models leave open and our own types don't: a word that isn't one there isn't either.
OPEN = frozenset({"ip", "ipv4", "prefix", "hop", "ifl", "pattern"})

pytestmark = pytest.mark.skipif(
    shutil.which("yanglint") is None, reason="yanglint isn't on the PATH"
)

Verdicts = Callable[[Mapping[str, str]], dict[str, str]]


@pytest.fixture(scope="module")
def judge(release, tmp_path_factory) -> Iterator[Verdicts]:
    """Return what asks the models about many configurations at once: label → complaint or ""."""
    scratch = tmp_path_factory.mktemp("judged")

    def verdicts(configurations: Mapping[str, str]) -> dict[str, str]:
        conf = models / "junos-es" / "conf"
        words = [f"searchpath {models / 'common'}", f"searchpath {conf}"]
        words += [f"add {path}" for m in MODULES for path in conf.glob(f"junos-es-conf-{m}@*")]
        files = {}
        for number, (label, xml) in enumerate(configurations.items()):
            file = scratch / f"{number:05}.xml"
            file.write_text(in_name_spaces(xml, "junos-es"))
            files[str(file)] = label
            words.append(f"data -t config -f xml -o /dev/null {file}")
        run = subprocess.run(
            ["yanglint"],  # noqa: S607 - looked for above
            input="\n".join(words) + "\n",
            env={**os.environ, "HOME": str(scratch)},
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
        found = dict.fromkeys(configurations, "")
        said = ""
        for line in run.stderr.splitlines():
            if "Failed to parse input data file" in line:
                found[files[line.split('"')[1]]] = said
            said = line
        return found

    with reference_models(release) as models:
        yield verdicts


def configuration(kind: TunnelKind, **options: object) -> etree._Element:
    """Return the configuration of two tunnels, as the product pushes it."""
    site = Site(
        device="srx",
        platform="srx4100",
        external_interface="xe-0/0/0.0",
        external_zone="untrust",
        local=IPv4Address("192.0.2.1"),
        peers=IPv4Network("198.18.0.0/15"),
        inner=IPv4Network("100.64.0.0/10"),
    )
    xml = render(build_plan(site, kind, 2, run_key=bytes(32), **options)).xml()
    return etree.fromstring(xml)


def nodes(
    element: etree._Element, statement: Statement
) -> Iterator[tuple[etree._Element, Statement]]:
    """Walk the elements of a configuration with their statements, from the top."""
    for child in element:
        below = statement.children[str(child.tag)]
        yield child, below
        if below.kind in {Kind.CONTAINER, Kind.LIST}:
            yield from nodes(child, below)


def wrong_values(statement: Statement) -> Iterator[tuple[str, str]]:
    """Walk values that the type of a leaf doesn't take, as far as the models limit it."""
    kind = statement.type
    if kind is None or kind.name in OPEN:
        return
    if kind.numeric:
        yield "out of range", str(kind.bounds[1] + 1)
        yield "no number", "many"
    elif kind.choices:
        yield "no word of these", "rot13"
    elif 0 < kind.bounds[1] < 1000 and not kind.secret:
        yield "too long", "x" * (kind.bounds[1] + 1)


def spoiled(kind: TunnelKind, schema: Statement, **options: object) -> Iterator[tuple[str, str]]:
    """Walk (what was done, configuration): each statement dropped, renamed, its value wrong."""
    original = configuration(kind, **options)
    seen = set()
    for number, (element, statement) in enumerate(nodes(original, schema)):
        path = "/".join(str(up.tag) for up in [*reversed([*element.iterancestors()]), element])
        if path in seen:
            continue
        seen.add(path)

        def changed(
            what: str, change: Callable[[etree._Element], object], place: int = number, at=path
        ) -> tuple[str, str]:
            twin = copy.deepcopy(original)
            change([one for one, _ in nodes(twin, schema)][place])
            return f"{kind} {at}: {what}", etree.tostring(twin, encoding="unicode")

        if statement.kind is not Kind.KEY:
            yield changed("dropped", lambda one: one.getparent().remove(one))
        yield changed("renamed", lambda one: setattr(one, "tag", f"{one.tag}x"))
        for what, value in wrong_values(statement):
            yield changed(what, lambda one, text=value: setattr(one, "text", text))


def refusal(schema: Statement, xml: str) -> str:
    """Load a configuration into a device that has none; return what it's refused with."""
    loaded = load(Node(), xml, schema, ValueReader(Salts(b"")), fmt="xml", action="merge")
    return next((one.text for one in loaded.complaints if one.severity == "error"), "")


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (TunnelKind.IPSEC, {"establish_immediately": True}),
        (TunnelKind.GRE, {"mpls": True}),
        (TunnelKind.GRE_OVER_IPSEC, {}),
    ],
)
def test_what_the_models_refuse_is_refused(kind, options, judge, compiled):
    """Every statement of ours, in every way; nothing else but the number of a unit."""
    schema = load_compiled(compiled("junos-es")).schema
    cases = dict(spoiled(kind, schema, **options))
    theirs = judge(cases)
    ours = {label: refusal(schema, xml) for label, xml in cases.items()}
    assert [label for label in cases if theirs[label] and not ours[label]] == []
    stricter = {label for label in cases if ours[label] and not theirs[label]}
    # To the models the number of a unit is a string, of which Junos documents the range.
    assert all("/unit/name: " in label for label in stricter)
    assert sum(map(bool, theirs.values())) > 20
    assert sum(not said for said in theirs.values()) > 10


def test_what_is_said_twice_is_there_once(judge, compiled):
    """Models refuse a payload with an entry twice; a device merges it, and has it once."""
    schema = load_compiled(compiled("junos-es")).schema
    element = configuration(TunnelKind.IPSEC)
    vpn = element.find(".//vpn")
    vpn.addnext(copy.deepcopy(vpn))
    xml = etree.tostring(element, encoding="unicode")
    loaded = load(Node(), xml, schema, ValueReader(Salts(b"")), fmt="xml", action="merge")
    assert loaded.complaints == ()
    verdicts = judge({"payload": xml, "device": write_xml(loaded.tree, schema, {})})
    assert "uplicate" in verdicts["payload"]
    assert verdicts["device"] == ""
