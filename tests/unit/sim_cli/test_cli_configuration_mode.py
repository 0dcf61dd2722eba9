"""Configuration mode: who is in it, statements, levels, loads, comparisons, commits."""

from __future__ import annotations

import pytest

MARK = len("lab@dut# ")


def caret(answer: str) -> tuple[int, str]:
    """Return where the mark of a refused line is, counted from the prompt, and the text."""
    mark, text, *_ = answer.split("\n")
    return mark.index("^") - MARK, text


@pytest.mark.parametrize(
    ("line", "bad"),
    [
        ("set interfaces ge-0/0/0 unit 99999 family inet", "99999"),
        ("set interfaces ge-0/0/0 unit 0 family inet address 192.0.2.300/24 primary", "300/24"),
        ("set security ike proposal p lifetime-seconds 5", "seconds 5"),
    ],
)
def test_a_refused_value_is_marked_where_it_ends(editing, line, bad):
    """Also in the middle of a line."""
    place, text = caret(editing.type(line))
    assert place == line.index(bad) + len(bad), text


def test_entering_tells_who_else_is_there(lab, editing):
    """Somebody who enters sees the others, where they are, and that there are changes."""
    editing.type("edit interfaces ge-0/0/0 unit 0")
    editing.type("set description x")
    lab.clock.advance(90)
    answer = lab.terminal("bob").type("configure")
    assert answer == (
        "Entering configuration mode\n"
        "Users currently editing the configuration:\n"
        "  lab terminal p0 (pid 20001) on since 2026-01-01 00:00:00 UTC, idle 00:01:30\n"
        "      [edit interfaces ge-0/0/0 unit 0]\n"
        "The configuration has been changed but not committed\n"
    )


def test_a_netconf_lock_is_shown_without_a_level(lab, operational):
    """A NETCONF session has no terminal and no edit level."""
    locker = lab.device.login("bob", "netconf", lambda: None)
    assert not locker.config.lock()
    answer = operational.type("configure")
    assert f"  bob (pid {locker.pid}) on since 2026-01-01 00:00:00 UTC\n      exclusive\n" in answer


@pytest.mark.parametrize(
    ("kind", "refusal"),
    [
        ("private", "error: shared configuration database modified\n"),
        ("exclusive", "error: configuration database modified\n"),
    ],
)
def test_a_dirty_candidate_refuses(lab, editing, kind, refusal):
    """Uncommitted changes of the shared candidate keep others from a copy and from the lock."""
    editing.type("set system login message hello")
    answer = lab.terminal("bob").type(f"configure {kind}")
    assert answer.endswith(refusal)
    assert "Entering" not in answer


@pytest.mark.parametrize("kind", ["private", "exclusive"])
def test_leaving_discards(lab, operational, kind):
    """Leaving a private copy or the lock asks, discards, and says so."""
    answer = operational.type(f"configure {kind}")
    assert answer == (
        "warning: uncommitted changes will be discarded on exit\nEntering configuration mode\n"
    )
    operational.type("set system login message hello")
    assert operational.keys("exit\n").endswith(
        "The configuration has been changed but not committed\n"
        f"warning: Auto rollback on exiting 'configure {kind}'\n"
        "Discard uncommitted changes? [yes,no] (yes) "
    )
    assert operational.keys("\n") == (
        "\n\nwarning: discarding uncommitted changes\nload complete\n"
        "Exiting configuration mode\n\nlab@dut> "
    )
    assert not lab.device.store.dirty
    assert not lab.device.store.editing


def test_a_private_copy_takes_what_others_committed(lab, operational):
    """Update brings another session's commit into the private copy; the commit keeps both."""
    operational.type("configure private")
    operational.type("set system login message mine")
    other = lab.terminal("bob")
    other.type("configure private")
    other.type("set system domain-name example.net")
    assert other.type("commit and-quit") == "commit complete\nExiting configuration mode\n"
    assert operational.type("update") == ""
    assert "domain-name example.net;" in operational.type("show system")
    assert operational.type("commit") == "commit complete\n"


def test_a_private_copy_is_compared_with_its_own_beginning(lab, operational):
    """What others committed since isn't a change of the private copy."""
    operational.type("configure private")
    other = lab.terminal("bob")
    other.type("configure private")
    other.type("set system domain-name example.net")
    other.type("commit")
    operational.type("set system login message mine")
    assert operational.type("show | compare") == "[edit system login]\n+   message mine;\n"
    assert operational.type("show system | compare | match domain") == ""


def test_update_needs_a_private_copy(editing):
    """The shared candidate has nothing to update."""
    assert editing.type("update").startswith("error: ")


@pytest.mark.parametrize(
    ("line", "column", "text"),
    [
        ("set", 4, "syntax error."),
        ("set bgp", 4, "syntax error."),
        ("set interfaces", 15, "missing argument."),
        ("set security ike policy", 24, "missing argument."),
        ("set system services nonsense", 20, "syntax error."),
        ("delete protocols nonsense", 17, "syntax error."),
        ("configure", 0, "unknown command."),
        ("edit", 5, "syntax error, expecting <command>."),
        ("edit interfaces ge-0/0/0 description", 25, "syntax error."),
        ("commit nonsense", 7, "syntax error, expecting <command>."),
        ("commit confirmed 0", 18, "Value 0 is not within range (1..65535)"),
        ("commit comment", 15, "missing argument."),
        ("run nonsense", 4, "unknown command."),
        ("run show nonsense", 9, "syntax error, expecting <command>."),
        ("load nonsense terminal", 5, "syntax error."),
        ("load merge", 11, "missing argument."),
        ("show nonsense", 5, "syntax error."),
        ("show | display nonsense", 15, "syntax error, expecting <command>."),
        ("show | nonsense", 7, "syntax error, expecting <command>."),
        ("top set bgp", 8, "syntax error."),
        ("exit nonsense", 5, "syntax error."),
        ("s", 1, "'s' is ambiguous."),
        ("set system s", 12, "'s' is ambiguous."),
    ],
)
def test_mistakes_are_marked(editing, line, column, text):
    """A mark stands below the word that is wrong, or where one is missing."""
    assert caret(editing.type(line)) == (column, text)


def test_statement_commands(editing):
    """Names change, entries move, statements rest, are protected and commented."""
    for line in (
        "rename interfaces ge-0/0/1 to ge-0/0/7",
        "copy interfaces ge-0/0/7 to ge-0/0/8",
        "deactivate interfaces ge-0/0/8",
        'annotate interfaces "two of a kind"',
        "protect system login",
    ):
        assert editing.type(line) == "", line
    shown = editing.type("show | display set")
    assert "ge-0/0/1 " not in shown
    assert "set interfaces ge-0/0/7 unit 0" in shown
    assert "deactivate interfaces ge-0/0/8\n" in shown
    assert "/* two of a kind */" in editing.type("show")
    assert "is protected" in editing.type("delete system login")
    assert editing.type("unprotect system login") == ""
    assert editing.type("activate interfaces ge-0/0/8") == ""
    assert editing.type("delete system login message") == "warning: statement not found\n"


def test_insert_orders_policies(editing):
    """Insert puts an entry before another one."""
    policies = "security policies from-zone trust to-zone untrust"
    editing.type(f"copy {policies} policy permit-out to policy first")
    editing.type(f"insert {policies} policy first before policy permit-out")
    shown = editing.type(f"show {policies} | match policy")
    assert shown.index("policy first") < shown.index("policy permit-out")


def test_levels_are_those_of_the_model(editing):
    """Up leaves one level of the model, however many words it was entered with."""
    editing.type("edit int ge-0/0/0 unit 0 fam inet")
    assert editing.prompt == "[edit interfaces ge-0/0/0 unit 0 family inet]\nlab@dut# "
    editing.type("up")
    editing.type("up")
    assert editing.prompt.startswith("[edit interfaces ge-0/0/0 unit 0]\n")
    editing.type("set description here")
    assert "description here;" in editing.type("show")
    editing.type("up 2 set ge-0/0/7 description there")
    assert editing.prompt.startswith("[edit interfaces ge-0/0/0 unit 0]\n")
    editing.type("top edit system")
    assert editing.prompt.startswith("[edit system]\n")
    editing.type("exit")
    assert editing.prompt.startswith("[edit")
    assert "ge-0/0/7 {\n    description there;" in editing.type("top show interfaces")


def test_deleting_a_level_asks(editing):
    """Delete alone means all below, and is asked about."""
    editing.type("edit interfaces ge-0/0/1")
    assert editing.keys("delete\n").endswith("Delete everything under this level? [yes,no] (no) ")
    editing.keys("\n")
    assert editing.type("show") != ""
    editing.keys("delete\n")
    editing.keys("yes\n")
    assert editing.type("show") == ""
    editing.type("top")
    assert "This will delete the entire configuration\n" in editing.keys("delete\n")
    editing.keys("yes\n")
    assert editing.type("show | count") in (
        "Count: 1 lines\n",
        "Count: 0 lines\n",
        "Count: 2 lines\n",
    )


def test_wildcard_delete(editing):
    """The entries that match are listed, and deleted after a question."""
    editing.type("set interfaces ge-0/0/7 description x")
    answer = editing.keys("wildcard delete interfaces ge-.*/[17]\n")
    assert answer.endswith(
        "  matched: ge-0/0/1\n  matched: ge-0/0/7\nDelete 2 objects? [yes,no] (no) "
    )
    editing.keys("yes\n")
    assert editing.type("show interfaces | match ge-") == "ge-0/0/0 {\n"
    assert editing.type("wildcard delete interfaces xe-.*").startswith("error: ")


def test_replace_pattern_leaves_keywords_alone(editing):
    """Names and values are rewritten everywhere below the level, keywords and secrets are not."""
    before = editing.type("show | display set").splitlines()
    assert editing.type("replace pattern ge-0/0/1 with ge-0/0/7") == ""
    after = editing.type("show | display set").splitlines()
    assert after != before
    assert sorted(line.replace("ge-0/0/7", "ge-0/0/1") for line in after) == sorted(before)
    editing.type(r"replace pattern \$9 with x")
    assert sorted(editing.type("show | display set").splitlines()) == sorted(after)
    editing.type("replace pattern interface with nothing")
    assert editing.type("show interfaces") != ""
    assert editing.type('replace pattern "((" with x').startswith("error: ")


def test_replace_pattern_needs_the_lock_like_any_change(lab, editing):
    """While somebody else has it, nothing is rewritten."""
    other = lab.terminal("bob")
    other.type("configure exclusive")
    before = editing.type("show | display set")
    answer = editing.type("replace pattern ge-0/0/1 with ge-0/0/7")
    assert "configuration database locked by:\n  bob" in answer
    assert editing.type("show | display set") == before


def test_load_from_files(lab, editing):
    """What was saved is loaded again; other forms show themselves by their first character."""
    assert editing.type("save /var/tmp/all.conf").startswith("Wrote ")
    assert editing.type("load override /var/tmp/all.conf") == "load complete\n"
    assert editing.type("show | compare") == ""
    files = lab.device.files
    files.write("/var/home/lab/a.xml", b"<configuration><system><domain-name>a.net</domain-name>"
                b"</system></configuration>", "lab")  # fmt: skip
    assert editing.type("load merge a.xml") == "load complete\n"
    files.write("/var/home/lab/b.set", b"set system domain-name b.net\n", "lab")
    assert editing.type("load set file:///var/home/lab/b.set") == "load complete\n"
    assert editing.type("show system domain-name") == "domain-name b.net;\n"
    assert (
        editing.type("load set /var/tmp/c.set") == "error: could not resolve file: /var/tmp/c.set\n"
    )
    assert editing.type("load set scp://host/c.set").startswith("error: could not fetch")


def test_load_at_a_level(editing):
    """A relative load belongs to the level; without the word it belongs to the top."""
    editing.type("edit system login")
    editing.keys("load merge terminal relative\n")
    assert "load complete" in editing.keys("message hello;\n\x04")
    assert editing.type("show message") == "message hello;\n"


def test_mistakes_in_a_pasted_text(editing):
    """A mistake is told with its line and column, and nothing of the text stays."""
    editing.keys("load merge terminal\n")
    answer = editing.keys("system {\n    domain-name a.net;\n    nonsense 1;\n}\n\x04")
    assert (
        "terminal:3:(12) syntax error: nonsense\n  [edit system]\n    'nonsense 1;'\n"
        "      syntax error\nload complete (1 errors)\n"
    ) in answer
    assert editing.type("show | compare") == ""


def test_a_paste_is_dropped_by_control_c(editing):
    """Control-C ends a paste, and nothing of it is loaded."""
    editing.keys("load set terminal\n")
    assert "lab@dut# " in editing.keys("set system domain-name a.net\n\x03")
    assert editing.type("show | compare") == ""


def test_a_dropped_paste_does_not_count(editing, monkeypatch):
    """What may be pasted at once is counted anew after control-C."""
    monkeypatch.setattr("harness.sim.cli.session._MAX_PASTE", 40)
    for _ in range(3):
        editing.keys("load set terminal\n")
        editing.keys("set system domain-name a.net\n")
        editing.keys("\x03")
    assert not editing.over
    editing.keys("load set terminal\n")
    editing.keys("set system domain-name a.net\n" * 2)
    assert editing.over


def test_comparisons(lab, editing):
    """The candidate is compared with any rollback; at a level only what is below it."""
    editing.type("set system login message hello")
    editing.type("set system domain-name a.net")
    assert "message hello" not in editing.type("show system domain-name | compare")
    assert editing.type("show | compare | match message") == "+   message hello;\n"
    editing.type("commit")
    assert editing.type("show | compare") == ""
    assert editing.type("show | compare rollback 1 | match message") == "+   message hello;\n"
    assert editing.type("show | compare rollback 9").startswith("error: ")
    compared = editing.type("run show configuration system | compare rollback 1")
    assert "domain-name a.net;\n" in compared


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ("", "commit complete\n"),
        ("check", "configuration check succeeds\n"),
        ("full", "commit complete\n"),
        ("synchronize", "commit complete\n"),
        ("no-synchronize", "commit complete\n"),
        ("and-quit", "commit complete\nExiting configuration mode\n"),
        ("comment why", "commit complete\n"),
        (
            "confirmed 2 comment why",
            "commit confirmed will be automatically rolled back in 2 minutes unless confirmed\n"
            "commit complete\n",
        ),
        (
            'at "2026-01-01 10:00:00"',
            "configuration check succeeds\ncommit at will be executed at 2026-01-01 10:00:00 UTC\n"
            "Exiting configuration mode\n",
        ),
    ],
)
def test_commits(editing, options, answer):
    """Each form of commit answers in its own words."""
    editing.type("set system login message hello")
    shown = editing.type(f"commit {options}".strip())
    assert shown.removesuffix("\n# commit confirmed will be rolled back in 2 minutes") == answer


def test_a_scheduled_commit_is_cleared(lab, editing):
    """Clear system commit takes a scheduled commit back, once."""
    editing.type("set system login message hello")
    editing.type("commit at 23:59")
    assert editing.type("clear system commit") == "Pending commit cleared.\n"
    assert editing.type("clear system commit") == "No commit scheduled.\n"


def test_commit_errors(editing):
    """Errors show the path, the statement and the text, and end with the verdict."""
    editing.type("set security ipsec vpn v ike gateway nope")
    answer = editing.type("commit check")
    assert "[edit security ipsec vpn v" in answer
    assert "\n  'gateway nope'\n    " in answer
    assert answer.rpartition("error: ")[2].startswith("configuration check-out failed")


def test_rescue(lab, editing):
    """The rescue configuration is saved, loaded and deleted."""
    assert editing.type("rollback rescue").startswith("error: ")
    assert editing.type("run request system configuration rescue save") == ""
    editing.type("set system login message hello")
    assert editing.type("rollback rescue") == "load complete\n"
    assert editing.type("show | compare") == ""
    assert editing.type("run request system configuration rescue delete") == ""
    assert editing.type("rollback rescue").startswith("error: ")


@pytest.mark.parametrize(
    "line", ["help", "extension", "load factory-default", "commit prepare", "wildcard range set x"]
)
def test_what_is_not_simulated_says_so(editing, line):
    """Commands of real devices that aren't here are refused with the mark of a simulator."""
    answer = editing.type(line)
    assert answer.startswith("error: ")
    assert answer.endswith("[simulated]\n")


def test_good_lines_among_bad_ones_stay(editing):
    """Of pasted set lines the good ones are loaded, in their order, and each bad one is told."""
    good = [f"set system login message number-{n}" for n in range(50)]
    lines = [
        line for n, line in enumerate(good) for line in (line, *["set nonsense"] * (n % 25 == 7))
    ]
    editing.keys("load set terminal\n")
    answer = editing.keys("\n".join(lines) + "\n\x04")
    assert "terminal:9:(12) syntax error: nonsense\n" in answer
    assert "terminal:35:(12) syntax error: nonsense\n" in answer
    assert "load complete (2 errors)\n" in answer
    assert editing.type("show system login message") == "message number-49;\n"


def test_a_text_of_mistakes_is_given_up(editing):
    """A text that is all mistakes isn't read to its end."""
    editing.keys("load set terminal\n")
    answer = editing.keys("set nonsense\n" * 1000 + "\x04")
    assert "error: more than 200 mistakes [simulated]\n" in answer


def test_a_password_is_asked_for(editing):
    """A password is typed twice without echo; its hash is what is configured."""
    statement = "set system login user lab authentication plain-text-password"
    assert editing.keys(f"{statement}\n").endswith("New password:")
    assert editing.keys("hush-hush\n") == "\n\nRetype new password:"
    assert "hush" not in editing.keys("hush-hush\n")
    shown = editing.type("show system login user lab authentication")
    assert shown.startswith('encrypted-password "$6$')
    assert shown != ""
    for first, second in (("short", ""), ("hush-hush", "other-one")):
        editing.keys(f"{statement}\n")
        answer = editing.keys(f"{first}\n") + (editing.keys(f"{second}\n") if second else "")
        assert "error: " in answer
        assert editing.type("show system login user lab authentication") == shown
