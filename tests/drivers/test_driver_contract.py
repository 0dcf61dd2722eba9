"""The driver contract: the same expectations for all three drivers, over real SSH.

Each test has a simulated device of its own; faults are switched on where a test needs one.
"""

import logging
import traceback
from ipaddress import IPv4Address, IPv4Network

import pytest
from lxml import etree

from harness.drivers.registry import DRIVER_NAMES
from harness.errors import (
    CommitRefused,
    DeviceBusy,
    LoadRefused,
    OutcomeUnknown,
    RpcRefused,
    Unreachable,
    UsageError,
)
from harness.plan.builder import build_plan
from harness.plan.model import Kind, Site
from harness.plan.occupied import occupied
from harness.render.rendering import render

NETCONF = ("pyez", "ncclient")
PAYLOADS = {
    "set": "set interfaces st0 unit 7 description seven\n",
    "text": "interfaces {\n    st0 {\n        unit 7 {\n            description seven;\n"
    "        }\n    }\n}\n",
    "xml": "<configuration><interfaces><interface><name>st0</name><unit><name>7</name>"
    "<description>seven</description></unit></interface></interfaces></configuration>",
}
LOADED = "set interfaces st0 unit 7 description seven"
FORMATS = [
    (name, fmt) for name in DRIVER_NAMES for fmt in PAYLOADS if (name, fmt) != ("netmiko", "xml")
]
# The gateway that the VPN names doesn't exist.
BROKEN = """\
set interfaces st0 unit 9 family inet
set security ipsec vpn hil-v ike gateway hil-nowhere
set security ipsec vpn hil-v ike ipsec-policy hil-nothing
set security ipsec vpn hil-v bind-interface st0.9
"""
SECRET = "hunter2-in-the-clear"


# --- reading -----------------------------------------------------------------------------------


def test_facts(driver):
    """Facts come from get-system-information; capabilities from the hello, if there is one."""
    facts = driver.facts()

    assert facts.model.lower() == "srx4100"
    assert facts.hostname
    assert facts.version
    assert facts.serial.startswith("SIM")
    assert bool(facts.capabilities) is (driver.name in NETCONF)


@pytest.mark.parametrize("database", ["committed", "candidate"])
def test_configuration_formats(driver, database):
    """The three formats show the same host name; XML is a document of its own."""
    hostname = driver.facts().hostname
    root = etree.fromstring(driver.configuration(database))

    assert etree.QName(root).localname == "configuration"
    assert root.xpath("string(//*[local-name()='host-name'])").strip() == hostname
    as_set = driver.configuration(database, "set")
    assert f"set system host-name {hostname}" in as_set.splitlines()
    assert f"host-name {hostname};" in driver.configuration(database, "text")


def test_subtree(driver):
    """A subtree holds what is below its path, inside its path, and nothing else."""
    hostname = driver.facts().hostname
    root = etree.fromstring(driver.configuration(subtree="system host-name"))
    as_set = driver.configuration(fmt="set", subtree="system host-name")

    assert [etree.QName(e).localname for e in root.iter()] == [
        "configuration", "system", "host-name"
    ]  # fmt: skip
    assert as_set.strip() == f"set system host-name {hostname}"


def test_subtree_in_text_format(driver):
    """Text format shows the containers around a subtree."""
    lines = driver.configuration(fmt="text", subtree="system services").splitlines()

    assert [line.strip() for line in lines if not line.startswith("#")][:2] == [
        "system {", "services {"
    ]  # fmt: skip


@pytest.mark.parametrize("fmt", ["xml", "set", "text"])
def test_empty_subtree(driver, fmt):
    """A subtree that isn't configured is empty."""
    found = driver.configuration(fmt=fmt, subtree="protocols")

    assert "host-name" not in found
    assert fmt != "xml" or etree.QName(etree.fromstring(found)).localname == "configuration"


def test_candidate_differs_from_committed(driver):
    """What is loaded shows in the candidate alone."""
    driver.lock()
    driver.load(PAYLOADS["set"], "set")

    assert LOADED in driver.configuration("candidate", "set")
    assert LOADED not in driver.configuration("committed", "set")


def test_rpc(driver):
    """An operational RPC brings its reply whole."""
    reply = driver.rpc("get-commit-information")

    assert reply.messages == ()
    assert "<commit-information" in reply.raw


def test_rpc_with_arguments(driver):
    """Arguments reach the device."""
    reply = driver.rpc("get-interface-information", {"interface-name": "st0", "terse": True})

    names = etree.fromstring(reply.raw.encode()).xpath("//*[local-name()='physical-interface']")
    assert len(names) == 1


def test_unknown_rpc(driver):
    """An RPC that the device or the CLI table doesn't know is refused; the session lives on."""
    refused = (UsageError, "known:") if driver.name == "netmiko" else (RpcRefused, "syntax error")

    with pytest.raises(refused[0], match=refused[1]):
        driver.rpc("get-no-such-thing")
    assert driver.facts().hostname


def test_cli(driver):
    """A command's text comes without echo and prompt."""
    text = driver.cli("show version")

    assert driver.facts().version in text
    assert "show version" not in text
    assert not text.endswith(("> ", "# "))


def test_unknown_command(driver):
    """A command that the device doesn't know is refused; the session lives on."""
    with pytest.raises(RpcRefused):
        driver.cli("show nonsense")
    assert driver.facts().hostname


def test_cli_while_configuring(driver):
    """Operational commands work while the session holds the lock."""
    driver.lock()

    assert "Hostname" in driver.cli("show version")
    assert driver.rpc("get-commit-information").messages == ()


# --- the candidate -----------------------------------------------------------------------------


def test_lock_held_by_another_session(lab, driver):
    """The second to lock is told who holds it; after the first unlocks, it can."""
    with lab.session(driver.name) as first:
        first.lock()
        with pytest.raises(DeviceBusy, match=r"locked by.* lab .*pid"):
            driver.lock()
        first.unlock()
        driver.lock()
    driver.unlock()


def test_lock_ends_with_its_session(lab, driver):
    """Closing a session frees its lock and drops what it didn't commit."""
    with lab.session(driver.name) as first:
        first.lock()
        first.load(PAYLOADS["set"], "set")

    driver.lock()

    assert driver.diff() == ""


@pytest.mark.parametrize(
    ("fault", "words"), [("lock-held", "alice"), ("dirty-candidate", "can't be locked")]
)
def test_lock_refused_by_somebody_else(lab, driver, fault, words):
    """A lock or uncommitted changes of a person keep us out, in the device's words."""
    lab.arm(fault)

    with pytest.raises(DeviceBusy, match=words):
        driver.lock()


def test_unlock_without_lock(driver):
    """Unlocking what isn't locked is refused."""
    with pytest.raises(RpcRefused):
        driver.unlock()


@pytest.mark.parametrize(("name", "fmt"), FORMATS, indirect=["name"])
def test_load_and_diff(driver, fmt):
    """A load in each format is in the device's own diff."""
    driver.lock()

    reply = driver.load(PAYLOADS[fmt], fmt)

    assert reply.errors == ()
    assert driver.diff().splitlines()[0].startswith("[edit interfaces")
    assert any(line.startswith("+") and "seven" in line for line in driver.diff().splitlines())


@pytest.mark.parametrize("action", ["replace", "override", "update"])
def test_load_actions(lab, driver, action):
    """Replace keeps what it doesn't name; override and update remove it."""
    kept = f"set system host-name {driver.facts().hostname}"
    assert kept in lab.committed()
    driver.lock()

    driver.load(PAYLOADS["text"], "text", action)

    candidate = driver.configuration("candidate", "set").splitlines()
    assert LOADED in candidate
    assert (kept in candidate) is (action == "replace")


def test_load_that_cannot_be_said(driver):
    """A format and an action that don't go together are refused before sending."""
    with pytest.raises(UsageError):
        driver.load(PAYLOADS["set"], "set", "update")
    with pytest.raises(UsageError):
        driver.load("<system>", "xml")
    assert driver.diff() == ""


def test_load_with_warning(driver):
    """Deleting what isn't there is a warning, returned and not raised."""
    driver.lock()

    reply = driver.load("delete interfaces st0 unit 99\n" + PAYLOADS["set"], "set")

    assert reply.errors == ()
    assert [message.text for message in reply.warnings] == ["statement not found"]
    assert "seven" in driver.diff()


def test_refused_load(driver):
    """A refused load brings the device's words, and leaves the candidate as it was."""
    driver.lock()

    with pytest.raises(LoadRefused, match="syntax error") as caught:
        driver.load(PAYLOADS["set"] + "set interfaces nonsense here\n", "set")

    assert caught.value.messages
    assert driver.diff() == ""


def test_rollback_discards(driver):
    """Rollback 0 drops what was loaded."""
    driver.lock()
    driver.load(PAYLOADS["set"], "set")

    driver.rollback(0)

    assert driver.diff() == ""


def test_rollback_to_an_earlier_commit(lab, driver):
    """Rollback 1 loads what was committed before, and the diff against it is empty."""
    driver.lock()
    driver.load(PAYLOADS["set"], "set")
    driver.commit("hil contract: first")
    assert LOADED in lab.committed()

    driver.rollback(1)

    assert any(line.startswith("-") and "seven" in line for line in driver.diff().splitlines())
    assert driver.diff(1) == ""


def test_rollback_that_is_not_there(driver):
    """A rollback that the device doesn't have is refused."""
    driver.lock()

    with pytest.raises(LoadRefused):
        driver.rollback(49)


# --- commits -----------------------------------------------------------------------------------


def test_commit(lab, driver):
    """A commit is in the history with its log, and in the committed configuration."""
    driver.lock()
    driver.load(PAYLOADS["set"], "set")

    reply = driver.commit("hil run=7f3a phase=push")

    assert reply.messages == ()
    assert reply.raw
    assert LOADED in lab.committed()
    assert "hil run=7f3a phase=push" in driver.rpc("get-commit-information").raw
    assert driver.diff() == ""


def test_commit_confirmed(lab, driver):
    """A confirmed commit is in force at once and known as one to the device."""
    driver.lock()
    driver.load(PAYLOADS["set"], "set")

    driver.commit("hil contract: confirmed", confirm_minutes=7)

    assert LOADED in lab.committed()
    assert "rollback in 7min" in driver.rpc("get-commit-information").raw


def test_commit_check(lab, driver):
    """A check that passes changes nothing."""
    driver.lock()
    driver.load(PAYLOADS["set"], "set")

    assert driver.commit_check().errors == ()
    assert LOADED not in lab.committed()


@pytest.mark.parametrize("verb", ["check", "commit"])
def test_refused_commit(lab, driver, verb):
    """A reference to nothing is refused at the check and the commit, naming its place."""
    driver.lock()
    driver.load(BROKEN, "set")

    with pytest.raises(CommitRefused, match=r"\[edit security ipsec vpn hil-v") as caught:
        driver.commit_check() if verb == "check" else driver.commit("hil contract: refused")

    assert any("check-out failed" in message.text for message in caught.value.messages)
    assert not any("hil-v" in line for line in lab.committed())
    assert "hil-v" in driver.diff()


@pytest.mark.parametrize(("when", "done"), [("before", False), ("after", True)])
def test_connection_lost_during_commit(lab, driver, when, done):
    """A commit without an answer is unknown; a fresh session can find out."""
    driver.lock()
    driver.load(PAYLOADS["set"], "set")
    lab.arm("die-during-commit", when=when, from_count=0)

    with pytest.raises(OutcomeUnknown, match="srx1: a commit was sent"):
        driver.commit("hil contract: unknown")

    assert (LOADED in lab.committed()) is done


def test_commit_without_answer(lab, name):
    """A commit that isn't answered in time is unknown, not failed."""
    with lab.session(name, timeout=1.0) as driver:
        driver.lock()
        driver.load(PAYLOADS["set"], "set")
        lab.arm("hang-commit", when="after", from_count=0)
        with pytest.raises(OutcomeUnknown, match="no answer in time"):
            driver.commit("hil contract: silence")

    assert LOADED in lab.committed()


def test_ok_beside_error(lab, driver):
    """An error beside ok is neither success nor refusal: the caller gets it and must ask."""
    driver.lock()
    driver.load(PAYLOADS["set"], "set")
    lab.arm("ok-beside-error", from_count=0)

    reply = driver.commit("hil contract: both")

    assert reply.errors
    assert LOADED not in lab.committed()


def test_warnings_only(lab, driver):
    """Warnings without ok come back as warnings; the commit was carried out."""
    driver.lock()
    driver.load(PAYLOADS["set"], "set")
    lab.arm("warnings-only", from_count=0)

    reply = driver.commit("hil contract: warnings")

    assert reply.errors == ()
    assert reply.warnings
    assert LOADED in lab.committed()


@pytest.mark.parametrize("log", ["", 'with "quotes"', "two\nlines", "x" * 513])
def test_log_that_cannot_be_kept(driver, log):
    """A commit log that one of the protocols would garble is refused before sending."""
    with pytest.raises(UsageError, match="commit log"):
        driver.commit(log)


# --- both dialects, and the full count -----------------------------------------------------------


@pytest.mark.parametrize(
    "lab",
    [{"switches": {"netconf-dialect": d}} for d in ("default", "rfc-compliant")],
    indirect=True,
    ids=["default", "rfc-compliant"],
)
@pytest.mark.parametrize("name", NETCONF, indirect=True)
def test_netconf_dialects(lab, driver):
    """The whole way works in both dialects of NETCONF."""
    driver.lock()
    driver.load(PAYLOADS["xml"], "xml")
    assert "seven" in driver.diff()
    driver.commit_check()
    driver.commit("hil contract: dialect")
    driver.unlock()

    assert driver.facts().model.lower() == "srx4100"
    assert "seven" in driver.configuration(subtree="interfaces")
    with pytest.raises(RpcRefused, match="syntax error"):
        driver.rpc("get-no-such-thing")


@pytest.mark.parametrize("name", NETCONF, indirect=True)
@pytest.mark.parametrize(
    ("rpc", "ask"),
    [
        ("get-configuration", lambda driver: driver.configuration()),
        ("get-system-information", lambda driver: driver.facts()),
        ("get-commit-information", lambda driver: driver.rpc("get-commit-information")),
    ],
    ids=["configuration", "facts", "rpc"],
)
def test_an_ill_formed_answer_is_not_guessed_at(lab, driver, rpc, ask):
    """Device and question are named, and the session lives on."""
    lab.arm("ill-formed-reply", rpc=rpc)
    with pytest.raises(RpcRefused, match=f"^srx1: {rpc}: unreadable reply: not well-formed XML"):
        ask(driver)
    lab.disarm("ill-formed-reply")
    ask(driver)


@pytest.mark.parametrize(
    ("name", "fmt"),
    [("pyez", "xml"), ("ncclient", "text"), ("netmiko", "set")],
    indirect=["name"],
)
def test_full_count(driver, fmt):
    """1500 tunnels load, commit and read back in one piece each."""
    baseline = driver.configuration()
    site = Site(
        device="srx1",
        platform="srx4100",
        external_interface="xe-0/0/0.0",
        external_zone="untrust",
        local=IPv4Address("192.0.2.1"),
        peers=IPv4Network("198.18.0.0/16"),
        inner=IPv4Network("10.128.0.0/10"),
    )
    plan = build_plan(site, Kind.IPSEC, 1500, run_key=b"k" * 32, occupied=occupied(baseline))
    rendered = render(plan)
    payload = {
        "xml": rendered.xml,
        "text": rendered.text,
        "set": lambda: "\n".join(rendered.set_lines()),
    }[fmt]()

    driver.lock()
    driver.load(payload, fmt)
    reply = driver.commit("hil contract: 1500")

    vpns = etree.fromstring(driver.configuration(subtree="security ipsec"))
    assert reply.errors == ()
    assert (
        len(vpns.xpath("//*[local-name()='vpn'][starts-with(normalize-space(), 'hil-')]")) == 1500
    )


def test_no_secret_in_any_error_or_log(lab, name, caplog):
    """What was sent is in no log, nor in an error or its causes when the session dies on it."""
    payload = f"set security ike policy hil-p pre-shared-key ascii-text {SECRET}\n"
    with caplog.at_level(logging.DEBUG), lab.session(name, timeout=1.0) as driver:
        driver.lock()
        lab.arm("slow", seconds=60.0)
        with pytest.raises(Unreachable) as caught:
            driver.load(payload, "set")

    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert SECRET not in caplog.text


def test_the_session_knows_what_a_lock_refusal_calls_it(driver, lab):
    """Over NETCONF; a terminal isn't told, and a session that is closed has none."""
    driver.lock()
    holder = lab.server.device("srx1").call(lambda device: device.store.lock_holder)
    told = driver.session_id
    assert told == (holder.pid if driver.name in NETCONF else None)
    driver.close()
    assert driver.session_id is None
