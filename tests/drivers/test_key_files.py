"""Whichever driver connects, an SSH private key logs in, with its passphrase if it has one."""

from dataclasses import replace

import asyncssh
import pytest

from harness.drivers.protocol import Secret
from harness.drivers.registry import open_driver
from harness.errors import LoginRefused

KEY = asyncssh.generate_private_key("ssh-ed25519")
BASE = (
    "set system login user lab class super-user\n"
    f"set system login user lab authentication ssh-ed25519 "
    f'"{KEY.export_public_key("openssh").decode().strip()}"\n'
)


@pytest.fixture
def key_file(tmp_path):
    """Give a maker of key files."""

    def make(passphrase=None, key=KEY):
        path = tmp_path / "key"
        path.write_bytes(key.export_private_key("openssh", passphrase=passphrase))
        path.chmod(0o600)
        return str(path)

    return make


@pytest.fixture
def knowing(lab):
    """Return the way to a device that has the key in its configuration."""
    with lab.session("ncclient") as writer:
        writer.lock()
        writer.load(BASE, "set")
        writer.commit("a key for the tests")
        writer.unlock()
    return replace(lab.endpoint, password=None)


def test_a_key_logs_in_without_a_password(name, knowing, key_file):
    """Neither agent nor password is needed."""
    open_driver(name, replace(knowing, key_file=key_file())).close()


def test_a_passphrase_opens_the_key(name, knowing, key_file):
    """The key is encrypted on disk."""
    way = replace(knowing, key_file=key_file("Sesame-12"), passphrase=Secret("Sesame-12"))
    open_driver(name, way).close()


@pytest.mark.parametrize("name", ["ncclient"], indirect=True)
def test_the_wrong_passphrase_is_told_without_it(name, knowing, key_file):
    """The message names the file, and no passphrase."""
    path = key_file("Sesame-12")
    with pytest.raises(LoginRefused, match="another passphrase") as refused:
        open_driver(name, replace(knowing, key_file=path, passphrase=Secret("Wrong-34")))
    assert path in str(refused.value)
    assert not {"Sesame-12", "Wrong-34"} & set(str(refused.value).split())


@pytest.mark.parametrize("name", ["ncclient"], indirect=True)
def test_an_unknown_key_falls_back_on_the_password(lab, name, knowing, key_file):
    """With both the key is tried first, then the password."""
    stranger = key_file(key=asyncssh.generate_private_key("ssh-ed25519"))
    with pytest.raises(LoginRefused, match="refuses these credentials"):
        open_driver(name, replace(knowing, key_file=stranger))
    open_driver(name, replace(lab.endpoint, key_file=stranger)).close()
