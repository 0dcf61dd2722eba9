"""Drivers by name, and what is refused before a connection is tried."""

import socket
import threading

import pytest

from harness.drivers.protocol import Endpoint, Secret, Writer
from harness.drivers.registry import DRIVER_NAMES, make_driver, open_driver, session
from harness.errors import LoginRefused, Unreachable, UsageError

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHfw5N9KU4Dqm1bL9EJNqgqVvOP6zMnEdjY4MPvk9K7x"
ENCRYPTED = """\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAc
-----END ENCRYPTED PRIVATE KEY-----
"""


def _endpoint(**changes):
    given = {
        "device": "srx1",
        "host": "127.0.0.1",
        "port": 9,
        "username": "lab",
        "password": Secret("hunter2"),
        "trusted_host_key": KEY,
        "timeout": 5.0,
    }
    return Endpoint(**{**given, **changes})


@pytest.mark.parametrize("name", DRIVER_NAMES)
def test_driver_by_name(name):
    """Each name gives an unopened driver that implements the whole protocol."""
    driver = make_driver(name, _endpoint())

    assert isinstance(driver, Writer)
    assert (driver.name, driver.device) == (name, "srx1")


def test_unknown_name_lists_the_known():
    """A wrong name is answered with the right ones."""
    with pytest.raises(UsageError, match="unknown driver 'pyes'; known: pyez, ncclient, netmiko"):
        make_driver("pyes", _endpoint())


@pytest.mark.parametrize("name", DRIVER_NAMES)
@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        pytest.param({"trusted_host_key": "ssh-ed25519"}, UsageError, "host key isn't one", id="a"),
        pytest.param({"trusted_host_key": "x !!"}, UsageError, "host key isn't one", id="b"),
        pytest.param(
            {"trusted_host_key": None, "known_hosts": "/nonexistent/known_hosts"},
            UsageError,
            "can't read known_hosts file /nonexistent/known_hosts: No such file",
            id="no known_hosts",
        ),
        pytest.param(
            {"key_file": "/nonexistent/key"},
            UsageError,
            "can't read key file /nonexistent/key: No such file",
            id="no key file",
        ),
        pytest.param(
            {"password": None}, LoginRefused, "no password, key file or agent", id="no credentials"
        ),
    ],
)
def test_endpoint_that_cannot_work(name, changes, error, words):
    """A wrong endpoint is refused with its reason before anything is sent."""
    with pytest.raises(error, match=words):
        open_driver(name, _endpoint(**changes))


@pytest.mark.parametrize("content", ["not a key", ENCRYPTED, ""])
def test_unusable_key_file(tmp_path, content):
    """A key file without a usable key is named; neither it nor the password is shown."""
    path = tmp_path / "id"
    path.write_text(content)

    with pytest.raises(LoginRefused) as caught:
        open_driver("ncclient", _endpoint(key_file=str(path)))

    assert str(path) in str(caught.value)
    assert "hunter2" not in repr(caught.value)


def test_agent_without_keys(monkeypatch):
    """An agent that isn't running gives nothing to log in with, and is named."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)

    with pytest.raises(LoginRefused, match="agent holds no key"):
        open_driver("ncclient", _endpoint(password=None, agent=True))


@pytest.mark.parametrize("name", DRIVER_NAMES)
def test_nobody_listens(name):
    """A port without a listener is unreachable, and names device, host and port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    words = rf"srx1 \(127.0.0.1 port {port}\): connecting"
    with pytest.raises(Unreachable, match=words), session(name, _endpoint(port=port)):
        pass


@pytest.mark.parametrize("name", DRIVER_NAMES)
def test_peer_that_is_no_ssh_server(name):
    """A peer that hangs up instead of speaking SSH is unreachable."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up():
            server.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(Unreachable):
            open_driver(name, _endpoint(port=server.getsockname()[1]))
        thread.join()


@pytest.mark.parametrize("name", DRIVER_NAMES)
def test_driver_that_is_not_open(name):
    """Asking a driver that was never opened says so; closing it does nothing."""
    driver = make_driver(name, _endpoint())

    driver.close()
    with pytest.raises(Unreachable, match="session is open"):
        driver.cli("show version")
    with pytest.raises(Unreachable, match="session is open"):
        driver.commit("log")


def test_endpoint_hides_its_password():
    """No representation of an endpoint shows the password."""
    assert "hunter2" not in f"{_endpoint()!r} {_endpoint()!s}"
