"""JSNAPy, as a program: snapshots before and after a change, and checks on them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from jnpr.junos import Device
from jnpr.junos.utils.config import Config

TESTS = """
tests_include:
  - interfaces
  - zones
  - version
interfaces:
  - rpc: get-interface-information
    kwargs:
      terse: True
  - iterate:
      id: name
      xpath: //physical-interface[normalize-space(name) = 'ge-0/0/0']
      tests:
        - is-equal: oper-status, up
          info: "ge-0/0/0 is up"
          err: "ge-0/0/0 is {{post['oper-status']}}"
zones:
  - rpc: get-configuration
  - iterate:
      id: name
      xpath: //security-zone
      tests:
        - no-diff: tcp-rst
          info: "zones are what they were"
          err: "a zone has changed"
        - list-not-less: name
          info: "no zone is gone"
          err: "a zone is gone"
version:
  - command: show version
  - item:
      xpath: //software-information
      tests:
        - is-equal: junos-version, RELEASE
          info: "the release is right"
          err: "the release is {{post['junos-version']}}"
"""


class Jsnapy:
    """The program in a home of its own, against one device."""

    def __init__(self, endpoint, room):
        self.room = room
        home = room / "home"
        for name in ("testfiles", "snapshots"):
            (home / name).mkdir(parents=True)
        (home / "jsnapy.cfg").write_text(
            f"[DEFAULT]\nconfig_file_path = {home}\nsnapshot_path = {home}/snapshots\n"
            f"test_file_path = {home}/testfiles\nlog_file_path = {home}\n"
        )
        package = Path(sys.prefix).glob("lib/python*/site-packages/jnpr/jsnapy/logging.yml")
        log = next(package).read_text().replace("/var/log/jsnapy", str(home))
        (home / "logging.yml").write_text(log)
        self.tests("18.4R3.3")
        (room / "main.yml").write_text(
            f"hosts:\n  - device: {endpoint.host}\n    port: {endpoint.port}\n"
            f"    username: {endpoint.username}\n    passwd: {endpoint.password}\n"
            "tests:\n  - checks.yml\n"
        )
        self._environment = os.environ | {"JSNAPY_HOME": str(home), "HOME": str(room)}

    def tests(self, release):
        """Write the file of tests, which expects that release."""
        path = self.room / "home" / "testfiles" / "checks.yml"
        path.write_text(TESTS.replace("RELEASE", release))

    def run(self, *arguments):
        """Return what the program prints."""
        program = Path(sys.executable).parent / "jsnapy"
        done = subprocess.run(
            [program, *arguments, "-f", "main.yml"],
            cwd=self.room,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr


@pytest.fixture
def jsnapy(vsrx, tmp_path):
    """Return the program with its files."""
    return Jsnapy(vsrx, tmp_path)


def test_a_snapshot_is_checked(jsnapy):
    """--snapcheck passes on what is so, and fails on what is not."""
    output = jsnapy.run("--snapcheck", "now")
    assert "Total No of tests passed: 2" in output
    assert "Total No of tests failed: 0" in output
    jsnapy.tests("19.1R1")
    output = jsnapy.run("--snapcheck", "now")
    assert "Total No of tests failed: 1" in output
    assert "the release is 18.4R3.3" in output


def test_before_and_after_a_change(jsnapy, vsrx):
    """--snap, a zone is deleted, --snap, --check: the difference is found."""
    jsnapy.run("--snap", "pre")
    same = jsnapy.run("--check", "pre", "pre")
    assert "Total No of tests failed: 0" in same
    with (
        Device(host=vsrx.host, port=vsrx.port, user="lab", passwd="lab") as device,
        Config(device) as config,
    ):
        config.load(
            "delete security zones security-zone trust\ndelete security policies", format="set"
        )
        config.commit()
    jsnapy.run("--snap", "post")
    output = jsnapy.run("--check", "pre", "post")
    assert "a zone is gone" in output
    assert "Total No of tests passed: 2" in output
    assert "Total No of tests failed: 2" in output
