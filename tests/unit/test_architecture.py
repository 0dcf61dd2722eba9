"""The import contracts hold, and each one breaks when it's violated."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"][
        "importlinter"
    ]["contracts"]
}

# (contract, module that gets the line, the line)
VIOLATIONS = [
    ("layers", "harness/plan/model.py", "import harness.render.statements"),
    ("layers", "harness/reporting/text.py", "import harness.deploy.mark"),
    ("layers", "harness/misc/__init__.py", ""),
    ("simulator-apart", "harness/sim/spec.py", "import harness.plan.model"),
    ("simulator-apart", "harness/sim/spec.py", "import harness.document.parse"),
    ("driver-port", "harness/deploy/mark.py", "import harness.drivers.registry"),
    ("pure-core", "harness/plan/model.py", "import random"),
    ("pure-core", "harness/render/statements.py", "import subprocess"),
    ("one-simulator-door", "harness/cli/report.py", "import harness.sim.spec"),
    ("pytest-in-plugin", "harness/lab/lab.py", "import pytest"),
    ("jnpr-home", "harness/drivers/registry.py", "import jnpr.junos"),
    ("ncclient-home", "harness/drivers/registry.py", "from ncclient import manager"),
    ("netmiko-home", "harness/drivers/registry.py", "import netmiko"),
    ("asyncssh-home", "harness/sim/spec.py", "import asyncssh"),
    ("asyncssh-home", "harness/deploy/mark.py", "import asyncio"),
    ("edges", "harness/deploy/mark.py", "import time"),
]


def broken_contracts(root: Path) -> tuple[set[str], str]:
    """Run import-linter on the tree in ``root``; return ids of broken contracts and its output."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=root, capture_output=True, text=True, check=False
    )
    output = done.stdout + done.stderr
    assert re.search(r"Contracts: \d+ kept", output), output
    broken = {id_ for id_, name in CONTRACTS.items() if f"{name} BROKEN" in output}
    assert bool(broken) == bool(done.returncode), output
    return broken, output


@pytest.fixture(scope="module")
def already_broken() -> set[str]:
    """Return what the tree breaks by itself: one test is red for it, the others needn't be."""
    return broken_contracts(CHECKOUT)[0]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Copy the package and its contracts to a place where they may be damaged."""
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(CHECKOUT / "harness", tmp_path / "harness", ignore=ignore)
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    return tmp_path


def test_contracts_hold():
    """No module imports what its place doesn't allow."""
    broken, output = broken_contracts(CHECKOUT)
    assert not broken, output


def test_every_contract_is_tried():
    """A contract that nothing can break protects nothing."""
    assert {contract for contract, _, _ in VIOLATIONS} == set(CONTRACTS)


@pytest.mark.parametrize(("contract", "module", "line"), VIOLATIONS)
def test_violation_breaks_its_contract_and_no_other(
    tree: Path, already_broken: set[str], contract, module, line
):
    """One forbidden import in an otherwise clean tree is found and named by one rule."""
    path = tree / module
    path.parent.mkdir(exist_ok=True)
    text = path.read_text() if path.exists() else '"""A package without a place."""\n'
    path.write_text(f"{text}\n{line}\n")
    broken, output = broken_contracts(tree)
    assert broken - already_broken == {contract}, output
