"""The pytest plugin; inert until an ini file says ``harness_suites = true``.

Installed, it adds two ini keys and nothing else: no option, no fixture, no hook that does anything.
A folder of suites asks for it with a ``pytest.ini`` of its own, as ``suites/`` does here.
"""

from __future__ import annotations

import pytest

INI = "harness_suites"
INI_TESTBED = "harness_testbed"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the ini keys that wake the plugin up."""
    parser.addini(INI, "this folder holds qualification suites", type="bool", default=False)
    parser.addini(INI_TESTBED, "default testbed, relative to the ini file", default="")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Register the real hooks where a folder asked for them."""
    if early_config.getini(INI):
        from harness.pytest_plugin import hooks  # noqa: PLC0415 - the lab's imports cost a second

        if not early_config.pluginmanager.has_plugin(hooks.NAME):
            early_config.pluginmanager.register(hooks, hooks.NAME)
