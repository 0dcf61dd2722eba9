"""The CLI of the simulated device, typed key by key and in bulk."""

from __future__ import annotations

import pytest

from harness.sim.effects import HangUp, Send
from harness.sim.sessions import open_command, open_shell

CONFIG_PROMPT = "\n[edit]\nlab@dut# "


@pytest.fixture
def shell(bench):
    """Return a CLI session in operational mode."""
    return bench.shell()


@pytest.fixture
def editing(shell):
    """Return a CLI session in configuration mode."""
    assert shell.type("configure") == "configure\nEntering configuration mode\n" + CONFIG_PROMPT
    return shell


def test_greeting_and_prompt(shell):
    """The session greets with the release, says that it's simulated, and prompts."""
    screen = shell.sent.decode()
    assert screen.startswith("--- JUNOS 18.4R3.3 [simulated]\r\n")
    assert screen.endswith("\r\nlab@dut> ")


def test_keys_are_echoed_one_by_one(shell):
    """Each key is echoed as it's typed; the answer comes at the end of the line."""
    assert shell.say(b"sho") == b"sho"
    assert shell.say(b"x\x7fw") == b"x\x08 \x08w"
    assert b"Hostname: dut" in shell.say(b" version\r")


def test_control_c_drops_the_line(shell):
    """Control-C forgets what was typed."""
    shell.say(b"delete everything\x03")
    assert shell.type("show version").count("Hostname") == 1


def test_control_d_logs_out(shell):
    """Control-D on an empty line ends the session."""
    shell.say(b"\x04")
    assert isinstance(shell.hung_up, HangUp)


def test_line_ends(shell):
    """CR, LF and CR LF each end one line; an empty one brings the prompt again."""
    assert shell.say(b"\r").count(b"lab@dut> ") == 1
    assert shell.say(b"\n\n").count(b"lab@dut> ") == 2
    assert shell.say(b"\r\n").count(b"lab@dut> ") == 1


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("set cli screen-width 511", "Screen width set to 511"),
        ("set cli screen-length 0", "Screen length set to 0"),
        ("set cli complete-on-space off", "Disabling complete-on-space"),
        ("set cli complete-on-space on", "Enabling complete-on-space"),
    ],
)
def test_terminal_settings(shell, command, answer):
    """What clients set before they work is answered as they expect."""
    assert f"\n{answer}\n" in shell.type(command)


@pytest.mark.parametrize(
    ("line", "column", "text"),
    [
        ("frobnicate", 0, "unknown command."),
        ("show frobs", 5, "syntax error, expecting <command>."),
        ("show security ipsec frobs", 20, "syntax error, expecting <command>."),
        ("show version | frob", 15, "syntax error, expecting <command>."),
        ("show version | display frob", 23, "syntax error, expecting <command>."),
        ("set cli frob 1", 8, "syntax error, expecting <command>."),
        ("configure frob", 10, "syntax error, expecting <command>."),
    ],
)
def test_unknown_words(shell, line, column, text):
    """A caret points at the word, a line below it says what is wrong, and the session goes on."""
    screen = shell.type(line).split("\n")
    assert screen[1] == " " * (len("lab@dut> ") + column) + "^"
    assert screen[2] == text
    assert "Hostname" in shell.type("show version")


@pytest.mark.parametrize("line", ["sh ver", "show vers", "sho sys inf", "show int ter st0"])
def test_abbreviations(shell, line):
    """Words may be abbreviated while they stay unambiguous."""
    assert "syntax error" not in shell.type(line)


def test_ambiguous_abbreviation(shell):
    """A word that could be two isn't guessed."""
    screen = shell.type("show s information")
    assert screen.split("\n")[1].index("^") == len("lab@dut> show s")
    assert "'s' is ambiguous.\nPossible completions:\n  security\n" in screen


PIPES = [
    ("match host-name", "set system host-name dut\n"),
    ("match HOST-NAME | count", "Count: 1 lines\n"),
    ("except ^set | count", "Count: 0 lines\n"),
    ("match xe-0/0/0.0 | last 1 | no-more", "set security zones security-zone untrust interfaces"),
]


@pytest.mark.parametrize(("pipe", "expected"), PIPES)
def test_pipes(shell, pipe, expected):
    """Filters work on the text that comes out of the form asked for, one after another."""
    screen = shell.type(f"show configuration | display set | {pipe}")
    assert screen.partition("\n")[2].startswith(expected)


def test_bad_regular_expression(shell):
    """An expression that isn't one is refused."""
    assert "error: invalid regular expression" in shell.type('show version | match "("')


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("system services", "ssh;"),
        ("system host-name", "host-name dut;"),
        ("interfaces st0", "unit 0 {"),
        ("interfaces st0 unit 0", 'description "to headquarters";'),
        ("security ipsec vpn", "vpn corp-hq {"),
        ("security ipsec vpn corp-hq ike", "gateway corp-hq;"),
        ("routing-options static route 0.0.0.0/0", "next-hop 192.0.2.254;"),
        ("security policies from-zone trust to-zone untrust", "policy permit-out {"),
        ("protocols", ""),
    ],
)
def test_show_configuration_at_a_level(shell, path, first):
    """A level is shown alone, without the levels around it; nothing where nothing is."""
    assert shell.type(f"show configuration {path}").split("\n")[1] == first


def test_show_configuration_of_an_unknown_level(shell):
    """A level that the model doesn't have is a syntax error."""
    screen = shell.type("show configuration frobs").split("\n")
    assert screen[1].index("^") == len("lab@dut> show configuration ")
    assert screen[2] == "syntax error."


def test_statements(editing):
    """Statements change the candidate silently, complaints are shown, the difference says what."""
    assert editing.type("set system login message hello").count("\n") == 3
    assert editing.type("show | compare").split("\n")[1:3] == [
        "[edit system login]",
        "+   message hello;",
    ]
    assert "warning: statement not found" in editing.type("delete system time-zone")
    screen = editing.type("set system frob 1").split("\n")
    assert screen[1].index("^") == len("lab@dut# set system ")
    assert screen[2] == "syntax error."


def test_levels(editing):
    """edit, up, top and exit move; statements and show are relative to the level."""
    assert "[edit system login]\nlab@dut# " in editing.type("edit system login")
    editing.type("set message hello")
    assert "\nmessage hello;\n" in editing.type("show")
    assert "[edit system]\n" in editing.type("up")
    assert "[edit]\n" in editing.type("top")
    editing.type("edit security")
    editing.type("edit ike gateway corp-hq")
    assert "host-name dut;" in editing.type("top show system host-name")
    assert "[edit security ike gateway corp-hq]\n" in editing.type("show")
    assert "[edit security]\n" in editing.type("exit")
    assert "[edit]\n" in editing.type("exit")
    assert "^\nsyntax error.\n" in editing.type("edit frobs")


def test_commit_and_history(bench, editing):
    """A commit carries its comment into the history; checks and refusals read as on a device."""
    editing.type("set system login message hello")
    assert "\nconfiguration check succeeds\n" in editing.type("commit check")
    assert "\ncommit complete\n" in editing.type('commit comment "run 7" synchronize')
    assert bench.device.store.history[0].log == "run 7"
    editing.type("set security ipsec vpn v ike gateway nope")
    screen = editing.type("commit")
    assert "[edit security ipsec vpn v" in screen
    assert "error: configuration check-out failed" in screen
    assert "commit complete" not in screen
    assert "syntax error" in editing.type("commit frob")
    assert "run 7" in editing.type("run show system commit")


def test_commit_confirmed(bench, editing):
    """A confirmed commit announces itself, warns above each prompt, and ends at its deadline."""
    editing.type("set system login message hello")
    screen = editing.type("commit confirmed 5 and-quit")
    assert "commit confirmed will be automatically rolled back in 5 minutes" in screen
    assert "\ncommit complete\nExiting configuration mode\n" in screen
    assert screen.endswith("# commit confirmed will be rolled back in 5 minutes\nlab@dut> ")
    bench.clock.advance(300)
    assert "message" not in editing.type("show configuration system login | display set")
    assert "rolled back" not in editing.type("")


def test_rollback(editing):
    """A rollback loads an older configuration into the candidate."""
    editing.type("set system login message hello")
    editing.type("commit")
    assert "\nload complete\n" in editing.type("rollback 1")
    assert "-   message hello;" in editing.type("show | compare")
    assert "\nload complete\n" in editing.type("rollback")
    assert editing.type("show | compare").split("\n")[1] == ""
    assert "error:" in editing.type("rollback 50")
    assert "error:" in editing.type("rollback 9")


def test_leaving_with_changes_asks(editing, bench):
    """Leaving with uncommitted changes asks; they stay in the shared candidate."""
    editing.type("set system login message hello")
    question = editing.type("exit configuration-mode")
    assert question.endswith("Exit with uncommitted changes? [yes,no] (yes) ")
    assert editing.type("no").endswith("lab@dut# ")
    editing.type("exit")
    assert "Exiting configuration mode" in editing.type("yes")
    assert bench.device.store.dirty
    assert "changed but not committed" in editing.type("configure")


def test_exclusive(bench, shell):
    """Exclusive mode keeps others from changing anything, says by whom, and discards on exit."""
    assert "uncommitted changes will be discarded on exit" in shell.type("configure exclusive")
    bob = bench.shell("bob")
    screen = bob.type("configure exclusive")
    assert "error: configuration database locked by:\n  lab terminal p0 (pid " in screen
    assert "Entering" not in screen
    screen = bob.type("configure")
    assert "Users currently editing the configuration:\n  lab terminal p0 (pid " in screen
    assert "\n      exclusive [edit]\n" in screen
    assert "configuration database locked by" in bob.type("set system login message hello")
    assert "lab terminal p0" in shell.type("status")
    shell.type("set system login message hello")
    shell.type("exit")
    shell.type("yes")
    assert not bench.device.store.dirty
    assert bench.device.store.lock_holder is None


@pytest.mark.parametrize("words", ["configure dynamic", "configure ephemeral"])
def test_other_databases_are_refused(shell, words):
    """Databases that aren't simulated say so."""
    assert "is not available [simulated]" in shell.type(words)


def load(shell, action: str, text: str) -> str:
    invitation = shell.type(f"load {action} terminal")
    assert invitation.endswith("[Type ^D at a new line to end input]\n")
    return shell.say(text.encode() + b"\n\x04").decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("set", "set system login message hello"),
        ("merge", "system {\n login {\n message hello;\n}\n}"),
        ("replace", "system {\n login {\n message hello;\n}\n}"),
    ],
)
def test_load_terminal(editing, bench, action, text):
    """A pasted configuration is loaded when control-D ends it."""
    assert "\nload complete\n" in load(editing, action, text)
    assert "message hello" in editing.type("show | compare")


def test_load_override_terminal(editing, bench):
    """An override replaces the whole configuration."""
    screen = load(editing, "override", 'system { root-authentication { encrypted-password "x"; } }')
    assert "load complete" in screen
    assert "commit complete" in editing.type("commit")
    assert editing.type("run show configuration interfaces").split("\n")[1] == ""


def test_load_with_errors(editing, bench):
    """Errors of a load are counted and shown with their place; good set lines stay."""
    screen = load(editing, "set", "set system login message hello\nset frob")
    assert "terminal:2:(8) syntax error: frob\n" in screen
    assert "load complete (1 errors)" in screen
    assert "message hello" in editing.type("show | compare")


def test_load_that_is_not_available(editing):
    """Other ways to load are refused."""
    assert "error:" in editing.type("load merge /var/tmp/x.conf")


def test_bulk_load_in_any_cut(bench, editing, ipsec):
    """A pasted load of many lines is the same however it arrives."""
    lines = ipsec(200)
    editing.type("load set terminal")
    data = (lines + "\x04").encode()
    for start in range(0, len(data), 997):
        editing.say(data[start : start + 997])
    assert editing.sent.decode().endswith("load complete\r\n\r\n[edit]\r\nlab@dut# ")
    assert "commit complete" in editing.type("commit")
    assert len(bench.device.view().tunnels) == 201


def test_long_line_is_dropped(shell):
    """A line without an end is dropped before it takes all memory."""
    assert "input line is too long" in shell.say(b"x" * 70000).decode()
    assert "Hostname" in shell.type("show version")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("show version", "Hostname: dut\n"),
        ("frob", "\nerror: unknown command: frob\n"),
        ("show frob", "\nerror: syntax error, expecting <command>: frob\n"),
        ("show version; frob", "Hostname: dut\n"),
        ("configure; show system host-name", "Entering configuration mode\nhost-name dut;\n"),
        ("show chassis cluster status", "error: Chassis cluster is not enabled\n"),
    ],
)
def test_one_command(bench, command, expected):
    """A command given to ssh runs without a terminal, answers once and ends."""
    session = open_command(bench.device, "lab", command, lambda: None)
    *sent, last = session.run()
    text = b"".join(effect.data for effect in sent if isinstance(effect, Send)).decode()
    assert text.startswith(expected)
    assert isinstance(last, HangUp)


def test_the_old_name_of_netconf(bench):
    """Clients whose subsystem request is refused run NETCONF as a command."""
    session = open_command(bench.device, "lab", "xml-mode netconf need-trailer", lambda: None)
    assert b"<hello" in next(iter(session.run())).data


def test_no_echo_without_a_terminal(bench):
    """Input from a pipe isn't echoed."""
    session = open_shell(bench.device, "lab", lambda: None, echo=False)
    session.feed(b"show version\nexit\n")
    effects = list(session.run())
    screen = b"".join(effect.data for effect in effects if isinstance(effect, Send))
    assert b"show version" not in screen
    assert b"Hostname: dut" in screen
    assert isinstance(effects[-1], HangUp)
