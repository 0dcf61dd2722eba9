"""The environment that the other files of this folder need, so that none is left out unseen."""

import os
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

LOCK = Path(__file__).parents[2] / "requirements-clients.lock"
LOCKED = dict(re.findall(r"^([a-z][\w.-]*)==([^\s;]+)", LOCK.read_text(), re.MULTILINE))
CLIENTS = [
    "ansible",
    "ansible-core",
    "jsnapy",
    "junos-eznc",
    "napalm",
    "ncclient",
    "netmiko",
    "nornir",
    "nornir-napalm",
    "nornir-netmiko",
    "scrapli",
    "scrapli-netconf",
]


@pytest.mark.parametrize("name", CLIENTS)
def test_each_client_is_the_locked_release(name):
    """Every client is installed in the release that the lock file names."""
    try:
        installed = version(name)
    except PackageNotFoundError:
        installed = None
    if installed != LOCKED[name] and os.environ.get("HARNESS_CLIENTS") != "required":
        pytest.skip("`make test-clients` sets up the environment of the foreign clients")
    assert installed == LOCKED[name]
