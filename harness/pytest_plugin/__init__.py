"""The pytest plugin; inert until a folder of suites asks for it in its ``conftest.py``.

Nothing is registered by installing the package: the options (``--count``, ``--driver`` …) carry
names that other plugins use too. A folder asks with ::

    from harness.pytest_plugin import wake_up

    def pytest_addoption(pluginmanager):
        wake_up(pluginmanager, suites=Path(__file__).parent, testbed=Path("testbed.yaml"))

It can't be an ini key: pytest looks for its ini file before it knows our options, and takes the
FILE of ``--testbed FILE`` for one more folder of tests.
"""

from __future__ import annotations

from pathlib import Path

import pytest

NAME = "harness-suites"


def wake_up(pluginmanager: pytest.PytestPluginManager, *, suites: Path, testbed: Path) -> None:
    """Register the hooks for the folder ``suites``, with the default ``testbed``."""
    from harness.pytest_plugin import fixtures  # noqa: PLC0415 - it imports the whole lab
    from harness.pytest_plugin.hooks import Suites  # noqa: PLC0415 - so does this

    if not pluginmanager.has_plugin(NAME):
        pluginmanager.register(fixtures, f"{NAME}-fixtures")
        pluginmanager.register(Suites(suites, testbed), NAME)
