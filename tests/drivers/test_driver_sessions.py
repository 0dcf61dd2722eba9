"""The driver contract of sessions: how they begin, are refused, and are lost."""

import traceback
from dataclasses import replace

import asyncssh
import pytest

from harness.drivers.cli_channel import CliChannel
from harness.drivers.protocol import Secret
from harness.drivers.registry import make_driver, open_driver
from harness.errors import LoginRefused, Unreachable


def test_open_and_close_again(lab, name):
    """A driver opens, closes and opens again; closing twice does nothing."""
    driver = make_driver(name, lab.endpoint)

    for _ in range(2):
        driver.open()
        assert driver.facts().hostname
        driver.close()
        driver.close()

    with pytest.raises(Unreachable):
        driver.facts()


@pytest.mark.parametrize("password", [Secret("Xyzzy-47"), Secret("")])
def test_wrong_password(lab, name, password):
    """A refused login says so, and shows no password."""
    with pytest.raises(LoginRefused, match="refuses these credentials") as caught:
        open_driver(name, replace(lab.endpoint, password=password))

    assert "Xyzzy-47" not in "".join(traceback.format_exception(caught.value))


def test_wrong_host_key(lab, name):
    """A device with another key than the trusted one isn't logged in to."""
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key("openssh").decode()

    with pytest.raises(LoginRefused, match="another host key"):
        open_driver(name, replace(lab.endpoint, trusted_host_key=other))


def test_host_key_of_another_type(lab, name):
    """A trusted key of a type that the device doesn't have is a mismatch, too."""
    other = asyncssh.generate_private_key("ecdsa-sha2-nistp256").export_public_key("openssh")

    with pytest.raises(LoginRefused, match="another host key"):
        open_driver(name, replace(lab.endpoint, trusted_host_key=other.decode()))


def test_unknown_host(lab, name, tmp_path):
    """A device that known_hosts doesn't list is refused, with its key; nothing is learned."""
    known_hosts = tmp_path / "known_hosts"
    known_hosts.touch()
    endpoint = replace(lab.endpoint, trusted_host_key=None, known_hosts=str(known_hosts))

    with pytest.raises(LoginRefused, match=r"isn't in known_hosts \(ssh-ed25519 SHA256:"):
        open_driver(name, endpoint)

    assert known_hosts.read_text() == ""


def test_known_host(lab, name, tmp_path):
    """A device that known_hosts lists with this key is logged in to."""
    known_hosts = tmp_path / "known_hosts"
    key = lab.endpoint.trusted_host_key
    known_hosts.write_text(f"[{lab.endpoint.host}]:{lab.endpoint.port} {key}\n")

    with lab.session(name, trusted_host_key=None, known_hosts=str(known_hosts)) as driver:
        assert driver.facts().hostname


def test_lost_session(lab, driver):
    """A device that is gone makes every call unreachable, the first and the later ones."""
    lab.server.stop()

    for ask in (driver.facts, driver.diff, driver.lock):
        with pytest.raises(Unreachable):
            ask()
    with pytest.raises(Unreachable):
        driver.commit("nothing was sent")
    driver.close()


def test_silent_device(lab, name):
    """A request without an answer ends at the endpoint's timeout, and ends the session."""
    with lab.session(name, timeout=1.0) as driver:
        lab.arm("slow", seconds=60.0)
        with pytest.raises(Unreachable, match="no answer in time"):
            driver.rpc("get-system-information")
        lab.disarm("slow")
        with pytest.raises(Unreachable, match="lost"):
            driver.facts()


@pytest.mark.parametrize("name", ["netmiko"], indirect=True)
def test_interrupted_command(driver, monkeypatch):
    """Ctrl-C during a command ends a CLI session: what comes next would be its answer."""

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(CliChannel, "run", interrupt)
        with pytest.raises(KeyboardInterrupt):
            driver.cli("show version")

    with pytest.raises(Unreachable, match="lost earlier"):
        driver.cli("show version")
