"""A tunnel kind is whole: named everywhere it has to be, so that a new one can't be half there."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.main import root
from harness.plan.builder import build_plan
from harness.plan.check import check_request
from harness.plan.model import Kind, Plan, Proposal, Site
from harness.plan.names import zone_name
from harness.plan.occupied import Occupied
from harness.plan.platforms import PLATFORMS
from harness.plan.vnfs import VNF, Subject
from harness.render import rendering
from harness.render.allowlist import allowed_hierarchies
from harness.testbed.load import load_testbed
from harness.testbed.model import KINDS
from harness.verify import calibration
from harness.verify.expect import expectation
from harness.verify.witnesses import WITNESSES

CHECKOUT = Path(__file__).parents[2]
ROOMS = ("plan", "render", "verify", "sim/rules")
TABLES: dict[str, Mapping[Subject, object]] = {
    "harness/render/rendering.py": rendering._KINDS,
    "harness/verify/witnesses.py": WITNESSES,
    "harness/verify/calibration.py": calibration.TABLES,
}
SITE = {
    "device": "dut",
    "external_interface": "xe-0/0/0.0",
    "external_zone": "untrust",
    "local": IPv4Address("192.0.2.1"),
    "peers": IPv4Network("198.18.0.0/16"),
    "inner": IPv4Network("100.64.0.0/16"),
}

every_kind = pytest.mark.parametrize("kind", Kind)


def plan_of(kind: Kind, count: int = 2) -> Plan:
    """Plan on the first platform that carries the kind."""
    platform = next(name for name, facts in PLATFORMS.items() if kind in facts.kinds)
    return build_plan(Site(platform=platform, **SITE), kind, count, run_key=bytes(32))


@every_kind
@pytest.mark.parametrize("room", ROOMS)
def test_each_room_has_a_file_of_the_kind(kind: Kind, room: str) -> None:
    """Four files of one name, each with a docstring that says what the kind is there."""
    path = CHECKOUT / "harness" / room / f"{kind.replace('-', '_')}.py"
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("place", TABLES)
def test_each_table_has_a_row_for_every_kind(place: str) -> None:
    """No kind is missing, and none is left over; VNFs are no tunnels, and have their own rooms."""
    assert set(TABLES[place]) - {VNF} == set(Kind)


def test_each_kind_is_carried_by_a_platform_and_tried_by_the_default_testbed() -> None:
    """The words of the testbed are those of the plan; every kind is pushed by `make qualify`."""
    assert {word for words in KINDS.values() for word in words} == set(Kind)
    testbed = load_testbed(CHECKOUT / "testbeds" / "simulated.yaml")
    assert {word for device in testbed.devices for word in device.kinds} == set(Kind)


def matches_on_kinds(tree: ast.AST) -> Iterator[ast.Match]:
    """Yield the match statements that name members of Kind."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Match) and any(
            ast.unparse(case.pattern).startswith("Kind.") for case in node.cases
        ):
            yield node


def test_a_match_on_kinds_is_whole_and_has_no_wildcard() -> None:
    """Without ``case _`` mypy finds the member that a match forgot."""
    wanted = {f"Kind.{kind.name}" for kind in Kind}
    seen = 0
    for path in (CHECKOUT / "harness").rglob("*.py"):
        for match in matches_on_kinds(ast.parse(path.read_text())):
            seen += 1
            named = {ast.unparse(case.pattern) for case in match.cases}
            assert named == wanted, f"{path}:{match.lineno}"
    assert seen


@every_kind
def test_what_a_kind_needs_is_what_its_tunnels_take(kind: Kind) -> None:
    """Units are counted for exactly the legs that the planned tunnels have."""
    plan = plan_of(kind)
    free = check_request(plan.site, kind, 2, Occupied.none(), Proposal())
    for one in plan.tunnels:
        assert (one.secure is not None) is bool(free.st0_units)
        assert (one.gre is not None) is bool(free.gr_units)


@every_kind
def test_every_rendered_statement_is_allowed_and_has_an_owner(kind: Kind) -> None:
    """The allow-list covers the kind; each tunnel has statements of its own."""
    plan = plan_of(kind)
    written = rendering.render(plan)
    for line in written.set_lines():
        words = tuple(line.split()[1:])
        assert any(begins(words, row) for row in allowed_hierarchies(plan)), line
    assert all(written.statements_of(one.name) for one in plan.tunnels)
    assert plan.zone == zone_name(kind)


def begins(words: tuple[str, ...], hierarchy: tuple[str, ...]) -> bool:
    """Say whether a statement stands below an allowed hierarchy."""
    head = words[: len(hierarchy)]
    return len(head) == len(hierarchy) and all(
        word.startswith(allowed[:-1]) if allowed.endswith("*") else word == allowed
        for word, allowed in zip(head, hierarchy, strict=True)
    )


@every_kind
def test_every_table_of_a_kind_is_expected_and_witnessed_both_ways(kind: Kind) -> None:
    """The legs of its tunnels are those that witnesses vouch for, over NETCONF and the CLI."""
    expected = expectation(plan_of(kind), "<configuration/>")
    for one in expected.tunnels:
        assert set(one.labels) == set(calibration.TABLES[kind])
    assert {witness.way for witness in WITNESSES[kind]} == {"netconf", "cli"}
    assert len(WITNESSES[kind]) >= calibration.ENOUGH
    assert all(witness.proves and witness.cannot for witness in WITNESSES[kind])


@every_kind
@pytest.mark.parametrize("page", ["docs/tunnels.md", "docs/verification.md"])
def test_the_documents_speak_of_every_kind(kind: Kind, page: str) -> None:
    """Who reads them learns that the kind is there, in a table row of its own."""
    text = (CHECKOUT / page).read_text().replace("`", "")
    assert f"\n| {kind} |" in text


@pytest.mark.parametrize("verb", ["show", "render", "check"])
def test_the_help_names_every_kind(verb: str) -> None:
    """What may be typed stands in the help."""
    shown = " ".join(CliRunner().invoke(root, ["plan", verb, "--help"]).output.split())
    assert ", ".join(Kind) in shown
