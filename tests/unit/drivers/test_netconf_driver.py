"""What the NETCONF drivers make of replies that the simulated device never gives."""

import pytest

from harness.clock import ManualClock
from harness.drivers import netconf_driver
from harness.drivers.netconf_session import DirectSession, RawManager
from harness.drivers.protocol import Endpoint, Secret
from harness.drivers.registry import make_driver
from harness.errors import (
    CommitRefused,
    DeviceBusy,
    LoadRefused,
    OutcomeUnknown,
    RpcRefused,
    Unreachable,
)

OK = "<ok/>"
REFUSED = (
    "<load-configuration-results><rpc-error><error-severity>error</error-severity>"
    "<error-message>syntax error</error-message></rpc-error></load-configuration-results>"
)
WARNED = (
    "<commit-results><rpc-error><error-severity>warning</error-severity>"
    "<error-message>mgd: requires 'mpls' license</error-message></rpc-error></commit-results>"
)
HALF = (
    "<commit-results><routing-engine><name>node0</name><commit-success/></routing-engine>"
    "<routing-engine><name>node1</name><rpc-error><error-severity>error</error-severity>"
    "<error-message>no</error-message></rpc-error></routing-engine></commit-results>"
)
CHECKED = HALF.replace("commit-success", "commit-check-success")
ENDPOINT = Endpoint("srx1", "192.0.2.9", 830, "lab", Secret("x"), timeout=5.0)
LOAD = "set system host-name a"


@pytest.fixture(params=["pyez", "ncclient"])
def talk(request, scripted_device, monkeypatch, threads_end):
    """Return a function that opens the driver on a device giving these reply bodies."""
    opened = []

    def start(*bodies, timeout=5.0):
        device = scripted_device()
        device.answers = [
            None if body is None else f'<rpc-reply message-id="{{id}}">{body}</rpc-reply>'
            for body in (*bodies, None)
        ]

        def connect(endpoint, clock):
            session = DirectSession(device, clock, timeout)
            session.start_netconf(5.0)
            return RawManager(session, session._device_handler, timeout=timeout)

        monkeypatch.setattr(netconf_driver, "connect", connect)
        driver = make_driver(request.param, ENDPOINT, ManualClock())
        driver.open()
        opened.append(driver)
        return driver, device

    yield start
    for driver in opened:
        driver.close()


def _rollbacks(device):
    return [request for request in device.requests if 'rollback="0"' in request]


def test_refused_load_is_undone(talk):
    """Junos keeps the statements before a wrong one: a locked, unchanged candidate is reset."""
    driver, device = talk(OK, REFUSED, OK)
    driver.lock()

    with pytest.raises(LoadRefused, match="syntax error"):
        driver.load(LOAD, "set")

    assert len(_rollbacks(device)) == 1


@pytest.mark.parametrize("before", ["not locked", "changed"])
def test_refused_load_undoes_nothing_else(talk, before):
    """What others may have in the candidate, or an earlier load of ours, isn't thrown away."""
    driver, device = talk(OK, *[OK, REFUSED] if before == "changed" else [REFUSED])
    if before == "changed":
        driver.lock()
    driver.load(LOAD, "set")

    with pytest.raises(LoadRefused):
        driver.load(LOAD, "set")

    assert _rollbacks(device) == []


def test_refused_load_that_cannot_be_undone(talk):
    """When the reset fails too, the refusal says so."""
    driver, _ = talk(OK, REFUSED, REFUSED)
    driver.lock()

    with pytest.raises(LoadRefused) as caught:
        driver.load(LOAD, "set")

    assert any("could not be put back" in note for note in caught.value.__notes__)


@pytest.mark.parametrize(
    ("body", "severities"),
    [
        (OK, []),
        ("", []),
        (f"{WARNED}{OK}", ["warning"]),
        (WARNED, ["warning"]),
        (HALF, ["error"]),
        (f"{REFUSED}{OK}", ["error"]),
    ],
    ids=["ok", "empty", "warning and ok", "warning", "one node of two", "error and ok"],
)
def test_commit_that_was_not_clearly_refused(talk, body, severities):
    """Anything but errors alone returns with its messages; the caller asks the device."""
    driver, _ = talk(body)

    assert [message.severity for message in driver.commit("log").messages] == severities


@pytest.mark.parametrize("body", [REFUSED, CHECKED], ids=["errors", "one node checked"])
def test_commit_that_was_refused(talk, body):
    """Errors without a word of success are a refusal."""
    driver, _ = talk(body)

    with pytest.raises(CommitRefused):
        driver.commit("log")


@pytest.mark.parametrize("body", [f"{REFUSED}{OK}", HALF])
def test_commit_check_with_any_error(talk, body):
    """A check with an error didn't pass, whatever stands beside it."""
    driver, _ = talk(body)

    with pytest.raises(CommitRefused):
        driver.commit_check()


def test_unreadable_reply_to_a_commit(talk):
    """A reply that can't be read doesn't say whether the commit happened."""
    driver, _ = talk("<commit-results><![CDATA[")

    driver.commit("log")  # repaired: nothing is said

    driver, device = talk(OK)
    device.answers = ["]]>]]>"]
    with pytest.raises(OutcomeUnknown):
        driver.commit("log")


def test_timeout_ends_the_session(talk):
    """After a request without an answer the session is gone, its lock with it."""
    driver, device = talk(OK, timeout=0.05)
    driver.lock()
    device.answers = []
    manager = driver._manager

    with pytest.raises(Unreachable, match="no answer in time"):
        driver.diff()

    assert not manager.connected
    with pytest.raises(Unreachable, match="lost earlier"):
        driver.lock()


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda driver: driver.facts(), "no such element"),
        (lambda driver: driver.configuration(), "no <configuration>"),
        (lambda driver: driver.configuration(fmt="set"), "no <configuration-set>"),
        (lambda driver: driver.diff(), "no <configuration-output>"),
    ],
)
def test_reply_without_what_was_asked(talk, ask, words):
    """A reply that lacks the answer is refused, never taken for an empty one."""
    driver, _ = talk(OK)

    with pytest.raises(RpcRefused, match=words):
        ask(driver)


def test_lock_refused_names_the_holder(talk):
    """The holder is named in the device's words, with a way on."""
    held = (
        "<rpc-error><error-severity>error</error-severity><error-message>\nconfiguration database "
        "locked by:\n  ops terminal p0 (pid 4321) on since 2026-01-01\n</error-message></rpc-error>"
    )
    driver, _ = talk(held)

    with pytest.raises(DeviceBusy, match=r"locked by: ops terminal p0 \(pid 4321\).*run again"):
        driver.lock()


def test_text_of_a_command(talk):
    """Text comes from whichever element the device puts it in."""
    driver, _ = talk(
        "<output>\none\n</output>",
        "<configuration-information><configuration-output>two\n</configuration-output>"
        "</configuration-information>",
        "",
    )

    assert [driver.cli("show x") for _ in range(3)] == ["one", "two", ""]
