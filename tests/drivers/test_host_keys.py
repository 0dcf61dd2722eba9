"""Host keys are verified whichever driver connects; new ones are stored once, when told to."""

import base64
import hashlib
import subprocess
from dataclasses import replace

import asyncssh
import pytest
from paramiko import PKey

from harness.drivers.known_hosts import host_name, learn
from harness.drivers.registry import open_driver
from harness.errors import LoginRefused, UsageError
from harness.lab.host_keys import accept_new


@pytest.fixture
def known_hosts(tmp_path):
    """Return where the testbed keeps host keys; neither file nor folder is there yet."""
    return tmp_path / "keys" / "known_hosts"


@pytest.fixture
def endpoint(lab, known_hosts):
    """Return the way to the device as one that isn't simulated has it."""
    return replace(lab.endpoint, trusted_host_key=None, known_hosts=str(known_hosts))


@pytest.fixture
def fingerprint(lab):
    """Return the device's fingerprint as OpenSSH prints it."""
    blob = base64.b64decode(lab.endpoint.trusted_host_key.split()[1])
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def other_key():
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key("openssh").decode()
    return " ".join(key.split()[:2])


def test_a_new_key_is_stored_once_and_then_trusted(lab, name, endpoint, known_hosts, fingerprint):
    """Told once with its fingerprint; the file is private, and every driver connects with it."""
    (learnt,) = accept_new([endpoint, endpoint])
    assert str(learnt) == (
        f"srx1: stored the host key of {host_name(endpoint)} in {known_hosts}: ssh-ed25519 "
        f"{fingerprint}; compare it with what the device's console says"
    )
    assert known_hosts.stat().st_mode & 0o777 == 0o600
    assert known_hosts.parent.stat().st_mode & 0o777 == 0o700
    driver = open_driver(name, endpoint)
    driver.close()
    assert accept_new([endpoint]) == ()
    assert len(known_hosts.read_text().splitlines()) == 1


def test_a_changed_key_is_never_accepted(lab, name, endpoint, known_hosts, fingerprint):
    """Neither stored nor trusted: both keys are named, and how to replace one that's explained."""
    known_hosts.parent.mkdir()
    line = f"{host_name(endpoint)} {other_key()}\n"
    known_hosts.write_text(line)
    assert accept_new([endpoint]) == ()
    with pytest.raises(LoginRefused) as refused:
        open_driver(name, endpoint)
    words = str(refused.value)
    assert f"another host key (ssh-ed25519 {fingerprint}) than the one that is trusted" in words
    assert f"ssh-keygen -R '{host_name(endpoint)}' -f {known_hosts}" in words
    assert known_hosts.read_text() == line


def test_who_lists_a_host_first_decides(endpoint, known_hosts):
    """Two runs that learn at once store one key: the second finds the host listed."""
    first, second = (PKey.from_type_string(*told(other_key())) for _ in range(2))
    assert learn(endpoint, first) is not None
    before = known_hosts.read_text()
    assert learn(endpoint, second) is None
    assert known_hosts.read_text() == before


def told(key):
    kind, text = key.split()
    return kind, base64.b64decode(text)


def test_the_remedy_works(endpoint, known_hosts, tmp_path):
    """After the command of the message a new key may be stored again."""
    known_hosts.parent.mkdir()
    known_hosts.write_text(f"{host_name(endpoint)} {other_key()}\n")
    command = ["ssh-keygen", "-R", host_name(endpoint), "-f", str(known_hosts)]
    subprocess.run(command, check=True, capture_output=True)
    assert len(accept_new([endpoint])) == 1


@pytest.mark.parametrize("name", ["ncclient"], indirect=True)
def test_hashed_names_are_known(lab, name, endpoint, known_hosts):
    """OpenSSH's HashKnownHosts hides the name, not that it's listed."""
    accept_new([endpoint])
    command = ["ssh-keygen", "-H", "-f", str(known_hosts)]
    subprocess.run(command, check=True, capture_output=True)
    assert known_hosts.read_text().startswith("|1|")
    assert accept_new([endpoint]) == ()
    open_driver(name, endpoint).close()


def test_what_the_file_holds_already_stays(endpoint, known_hosts):
    """A last line without its end isn't joined with the new one; the mode is its owner's matter."""
    known_hosts.parent.mkdir()
    known_hosts.write_text(f"# mine\nelsewhere {other_key()}")
    known_hosts.chmod(0o644)
    accept_new([endpoint])
    first, second, third = known_hosts.read_text().splitlines()
    assert (first, second.split()[0], third.split()[0]) == (
        "# mine",
        "elsewhere",
        host_name(endpoint),
    )
    assert known_hosts.stat().st_mode & 0o777 == 0o644


def test_a_revoked_key_is_not_stored(lab, endpoint, known_hosts):
    """A key that somebody withdrew isn't a new one, whatever host shows it."""
    known_hosts.parent.mkdir()
    known_hosts.write_text(f"@revoked * {lab.endpoint.trusted_host_key}\n")
    with pytest.raises(LoginRefused, match="revokes the host key"):
        accept_new([endpoint])
    assert len(known_hosts.read_text().splitlines()) == 1


@pytest.mark.parametrize("name", ["ncclient"], indirect=True)
def test_a_revoked_key_is_not_trusted_either(lab, name, endpoint, known_hosts):
    """Listed and revoked is refused, as OpenSSH does."""
    known_hosts.parent.mkdir()
    key = lab.endpoint.trusted_host_key
    known_hosts.write_text(f"{host_name(endpoint)} {key}\n@revoked * {key}\n")
    with pytest.raises(LoginRefused, match="isn't in known_hosts"):
        open_driver(name, endpoint)


@pytest.mark.parametrize("name", ["ncclient"], indirect=True)
@pytest.mark.parametrize(
    "line",
    ["@cert-authority *.lab ssh-ed25519 AAAA", "x ssh-ed25519 AAAA!", "x", "\xff\x00", "x y z"],
)
def test_what_is_no_host_key_hides_none(lab, name, endpoint, known_hosts, line):
    """The lines behind it still count: a changed key is refused, a listed one trusted."""
    known_hosts.parent.mkdir()
    where = host_name(endpoint)
    known_hosts.write_text(f"{line}\n{where} {other_key()}\n")
    assert accept_new([endpoint]) == ()
    with pytest.raises(LoginRefused, match="another host key"):
        open_driver(name, endpoint)
    known_hosts.write_text(f"{line}\n{where}\t{lab.endpoint.trusted_host_key} a comment\n")
    open_driver(name, endpoint).close()


def test_an_unreachable_device_is_left_to_whoever_connects(lab, endpoint, known_hosts):
    """Nothing to store, nothing to complain of here."""
    lab.server.stop()
    assert accept_new([endpoint]) == ()
    assert not known_hosts.exists()


def test_a_file_that_cannot_be_written_is_the_operators(endpoint, known_hosts):
    """The message names it."""
    known_hosts.parent.write_text("a file in its place")
    with pytest.raises(UsageError, match="known_hosts file"):
        accept_new([endpoint])


def test_a_simulated_device_of_ours_is_not_learnt(lab):
    """It says its own key; no file is touched."""
    assert accept_new([lab.endpoint]) == ()
