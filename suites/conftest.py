"""Asks for the qualification plugin: options, fixtures and hooks exist in this folder alone."""

from pathlib import Path

from harness.pytest_plugin import wake_up

SUITES = Path(__file__).parent


def pytest_addoption(pluginmanager):
    """Wake the plugin up with the testbed that a run without ``--testbed`` gets."""
    wake_up(pluginmanager, suites=SUITES, testbed=SUITES.parent / "testbeds" / "simulated.yaml")
