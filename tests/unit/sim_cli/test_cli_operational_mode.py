"""Operational mode: commands and their abbreviations, pipes, settings, refusals, permissions."""

from __future__ import annotations

import json

import pytest
from lxml import etree

from harness.sim.effects import Send
from harness.sim.sessions import open_netconf
from harness.sim.spec import UserSpec


@pytest.mark.parametrize(
    ("line", "column", "text"),
    [
        ("nonsense", 0, "unknown command."),
        ("show", 5, "syntax error, expecting <command>."),
        ("show nonsense", 5, "syntax error, expecting <command>."),
        ("show version nonsense", 13, "syntax error, expecting <command>."),
        ("show configuration nonsense", 19, "syntax error."),
        ("c", 1, "'c' is ambiguous."),
        ("set cli nonsense 1", 8, "syntax error, expecting <command>."),
        ("set cli screen-length", 22, "missing argument."),
        ("show version | match", 21, "missing argument."),
        ("show version | last x", 21, "Invalid numeric value: 'x' at 'x'"),
        ("show version | display", 23, "missing argument."),
        ("show version | c", 16, "'c' is ambiguous."),
        ("configure nonsense", 10, "syntax error, expecting <command>."),
        ("start shell nonsense", 12, "syntax error, expecting <command>."),
        ("file delete a b", 14, "syntax error, expecting <command>."),
    ],
)
def test_mistakes_are_marked(operational, line, column, text):
    """A mark stands below the word that is wrong, or where one is missing."""
    mark, said, *_ = operational.type(line).split("\n")
    assert (mark.index("^") - len("lab@dut> "), said) == (column, text)


def test_ambiguous_words_are_listed(operational):
    """What a word could be is listed as a device lists it."""
    assert operational.type("c") == (
        "          ^\n'c' is ambiguous.\nPossible completions:\n"
        "  clear                Clear information in the system\n"
        "  configure            Manipulate software configuration information\n"
    )


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("sh ver", "show version"),
        ("show conf sys host", "show configuration system host-name"),
        ("show conf int | d s", "show configuration interfaces | display set"),
        ("show sys upt | mat boot", "show system uptime | match boot"),
        ("fi li /var/log", "file list /var/log"),
    ],
)
def test_abbreviations(operational, short, whole):
    """Any unambiguous beginning of a word stands for it, in pipes too."""
    answer = operational.type(short)
    assert answer == operational.type(whole)
    assert "^" not in answer


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("set cli screen-length 40", "Screen length set to 40\n"),
        ("set cli screen-width 200", "Screen width set to 200\n"),
        ("set cli complete-on-space off", "Disabling complete-on-space\n"),
        ("set cli complete-on-space on", "Enabling complete-on-space\n"),
        ("set cli timestamp", "CLI timestamp set to: %b %d %T\n"),
        ("set cli timestamp disable", "CLI timestamp disabled\n"),
        ("set cli idle-timeout 20", "Idle timeout set to 20 minutes\n"),
        ("set cli idle-timeout 0", "Idle timeout disabled\n"),
        ("set cli terminal vt100", ""),
        ("set cli directory /var/tmp", "Current directory: /var/tmp\n"),
    ],
)
def test_settings(operational, line, answer):
    """Settings of the terminal are acknowledged in the words that clients wait for."""
    assert operational.type(line) == answer


def test_settings_are_shown_and_kept(operational):
    """What was set is what ``show cli`` shows; a timestamp precedes every answer."""
    operational.type("set cli screen-width 132")
    operational.type("set cli directory /var/tmp")
    operational.type("set cli timestamp")
    shown = operational.type("show cli")
    assert shown.startswith("Jan 01 00:00:00\n")
    assert "CLI screen-width set to 132\n" in shown
    assert "CLI working directory is '/var/tmp'\n" in shown
    assert operational.keys('set cli prompt "router> "\n').endswith("\nrouter> ")


PIPES = [
    ("match 198.51.100", 1),
    ("match ^set.*security | except zones | match ike | count", 1),
    ("except . | count", 1),
    ("match host-name | except set", 0),
    ("match host-name | except nothing-like-it", 1),
    ("last 2", 2),
    ("find security | last 1", 1),
    ("trim 4 | last 1", 1),
    ("no-more | last 3", 3),
    ("match nothing-of-the-kind", 0),
]


@pytest.mark.parametrize(("pipe", "lines"), [p for p in PIPES if "198" not in p[0]])
def test_pipes(operational, pipe, lines):
    """Pipes filter one after another, on the form that was asked for."""
    shown = operational.type(f"show configuration | display set | {pipe}")
    assert len(shown.splitlines()) == lines


def test_trim_and_find(operational):
    """Columns are cut from the left; a find that finds nothing says so."""
    assert operational.type("show version | match Hostname | trim 10") == "dut\n"
    assert operational.type("show version | find nothing-here") == "Pattern not found\n"


def test_display_forms(operational):
    """The forms of an answer are well-formed, and the request that asks for it is shown."""
    document = etree.fromstring(operational.type("show version | display xml"))
    assert document.findtext(".//{*}host-name") == "dut"
    assert "software-information" in json.loads(operational.type("show version | display json"))
    request = etree.fromstring(operational.type("show version | display xml rpc"))
    assert request[0][0].tag == "get-software-information"
    operational.type("configure")
    operational.type("edit system")
    document = etree.fromstring(operational.type("show | display xml"))
    assert document.findtext("cli/banner") == "[edit system]"


def test_saving_output(lab, operational):
    """Output goes into a file of the device, anew or behind what is there."""
    answer = operational.type("show version | save out.txt")
    assert answer == "Wrote 4 lines of output to 'out.txt'\n"
    operational.type("show version | match Hostname | append out.txt")
    assert lab.device.files.read("/var/home/lab/out.txt").count(b"Hostname") == 2
    assert (
        operational.type("show version | save /etc/x") == "error: /etc/x: Read-only file system\n"
    )
    assert operational.type("show version | save ftp://h/x").startswith("error: ")


@pytest.mark.parametrize(
    "line",
    [
        "request system reboot",
        "request system zeroize",
        "request system software add x.tgz",
        "request security pki",
        "restart routing",
        "monitor interface traffic",
        "ping 192.0.2.1",
        "traceroute 192.0.2.1",
        "op script",
        "help topic ospf",
        "clear arp",
        "ssh host",
        "file archive source a destination b",
        "show version | resolve",
        "show version | hold",
        "configure dynamic",
        "show configuration | display detail",
    ],
)
def test_what_is_not_simulated_says_so(operational, line):
    """Commands of real devices that aren't here are refused, and the session lives on."""
    answer = operational.type(line)
    assert answer.startswith("error: ")
    assert answer.endswith("is not available [simulated]\n")
    assert "Hostname" in operational.type("show version")


def test_support_information(operational):
    """One command shows much of the device, each part under the command that shows it alone."""
    shown = operational.type("request support information")
    assert "lab@dut> show version | no-more \n" in shown
    assert "lab@dut> show interfaces terse | no-more \n" in shown
    assert operational.type("request support information | match Hostname") == "Hostname: dut\n"


def test_logging_another_session_out(lab, operational):
    """The pid that ``status`` shows ends that session."""
    other = lab.terminal("bob")
    other.type("configure exclusive")
    pid = lab.device.store.lock_holder.pid
    assert operational.type(f"request system logout pid {pid}") == ""
    assert lab.device.store.lock_holder is None
    assert operational.type(f"request system logout pid {pid}").startswith("error: ")


@pytest.fixture
def operator(lab_for):
    """Return a terminal of somebody who may look, but not change."""
    lab = lab_for(users=(UserSpec("eve", "x", "read-only"),))
    return lab.terminal("eve")


@pytest.mark.parametrize("line", ["configure", "request system reboot", "start shell", "clear arp"])
def test_what_a_class_may_not_is_not_there(operator, line):
    """To a class without the permission a command is unknown, as recorded on a device."""
    assert operator.type(line).split("\n")[1] == "unknown command."
    assert operator.type("show version") != ""


def test_a_class_without_the_configuration(operator):
    """The configuration is refused by name to who may not see it."""
    assert operator.type("show configuration") == "error: permission denied\n"


@pytest.mark.parametrize("form", ["", ' format="text"'])
def test_comparisons_over_netconf(lab, operational, form):
    """A command sent as RPC compares as the command line does."""
    operational.type("configure")
    operational.type("set system domain-name a.net")
    operational.type("commit and-quit")
    shown = operational.type("show configuration | compare rollback 1")
    assert "+  domain-name a.net;\n" in shown
    session = open_netconf(lab.device, "lab", lambda: None)
    session.feed(b"<hello/>]]>]]>")
    command = f"<command{form}>show configuration | compare rollback 1</command>"
    session.feed(f"<rpc>{command}</rpc>]]>]]>".encode())
    sent = b"".join(e.data for e in session.run() if isinstance(e, Send)).decode()
    assert f"<configuration-output>\n{shown}</configuration-output>" in sent


def test_the_log_is_a_file(lab, operational):
    """What the device logs is read by the CLI and the shell, and can be cleared."""
    operational.type("configure")
    operational.type('commit comment "run 7"')
    operational.type("exit")
    shown = operational.type("show log messages")
    assert "UI_COMMIT: User 'lab' requested 'commit' operation (comment: run 7)\n" in shown
    assert operational.type("show log messages | match UI_COMMIT_COMPLETED | count").startswith(
        "Count: "
    )
    assert lab.device.files.read("/var/log/messages").decode() == shown
    assert "messages" in operational.type("show log")
    operational.type("clear log messages")
    assert operational.type("show log messages") == ""


def test_the_log_is_there_before_its_first_line(operational):
    """Nothing was logged yet: the file is empty, not missing."""
    assert operational.type("show log messages") == ""
