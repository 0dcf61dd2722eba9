"""PyEZ's Config against the simulated device: modes, formats, actions, diff, commit, rescue."""

import pytest
from jnpr.junos import Device
from jnpr.junos.exception import CommitError, ConfigLoadError, LockError, RpcError, UnlockError
from jnpr.junos.utils.config import Config
from lxml import etree

SET = "set system login message hello"
TEXT = "system { login { message hello; } }"
XML = "<configuration><system><login><message>hello</message></login></system></configuration>"
JSON = '{"configuration": {"system": {"login": {"message": "hello"}}}}'
ADDED = "\n[edit system login]\n+   message hello;\n"


def opened(endpoint, **options):
    """Return an open Device."""
    return Device(
        host=endpoint.host,
        port=endpoint.port,
        user=endpoint.username,
        passwd=endpoint.password,
        **options,
    ).open()


@pytest.fixture
def device(vsrx):
    """Return an open Device of an untouched vSRX."""
    with opened(vsrx) as one:
        yield one


@pytest.fixture
def other(vsrx, device):
    """Return a second session to the same device."""
    with opened(vsrx) as one:
        yield one


def committed(device, words="system login"):
    """Return the set lines below a hierarchy of the committed configuration."""
    reply = device.rpc.get_config(options={"format": "set", "database": "committed"})
    return [line for line in reply.text.splitlines() if line.startswith(f"set {words}")]


def history(device):
    """Return user, client and comment of each commit, the newest first."""
    rows = device.rpc.get_commit_information().findall("commit-history")
    return [tuple(row.findtext(tag) for tag in ("user", "client", "log")) for row in rows]


@pytest.mark.parametrize("mode", ["private", "exclusive", "batch", None])
def test_each_mode_commits_what_it_loaded(device, mode):
    """`with Config(dev, mode=...)` loads, shows the difference, commits and closes."""
    with Config(device, mode=mode) as config:
        assert config.diff() is None
        config.load(SET, format="set")
        assert config.diff() == ADDED
        assert config.commit(comment=f"in {mode} mode") is True
        assert config.diff() is None
    assert committed(device, "system login message") == [SET]
    assert history(device)[0] == ("lab", "netconf", f"in {mode} mode")


def test_private_candidates_do_not_meet(device, other):
    """Two private copies: neither sees the other's edits, and the shared candidate sees neither."""
    with Config(device, mode="private") as mine, Config(other, mode="private") as theirs:
        mine.load(SET, format="set")
        assert theirs.diff() is None
        theirs.load("set system domain-name example.net", format="set")
        assert mine.commit() is True
        assert "domain-name" in theirs.diff()
        assert theirs.commit() is True
    assert Config(device).diff() is None
    assert committed(device, "system login message") == [SET]
    assert committed(device, "system domain-name") == ["set system domain-name example.net"]


def test_private_edits_vanish_on_close(device):
    """What a private copy has not committed is gone when it is closed."""
    with Config(device, mode="private") as config:
        config.load(SET, format="set")
    assert Config(device).diff() is None
    with Config(device, mode="private") as config:
        assert config.diff() is None


def test_dynamic_mode_is_refused(device):
    """The dynamic database is refused as an RpcError, and the session lives on."""
    with pytest.raises(RpcError), Config(device, mode="dynamic"):
        pytest.fail("nobody gets in here")
    assert device.facts["model"] == "VSRX"


def test_exclusive_keeps_others_out(device, other):
    """While one session has exclusive access another gets LockError with its holder."""
    with Config(device, mode="exclusive"):
        with pytest.raises(LockError, match="configuration database locked by") as refused:
            Config(other).lock()
        assert "lab" in refused.value.message
        with pytest.raises(RpcError, match="configuration database locked by"):
            Config(other).load(SET, format="set")
    assert Config(other).lock() is True
    assert Config(other).unlock() is True


def test_a_dirty_candidate_cannot_be_locked(device, other):
    """Uncommitted changes of another session refuse the lock."""
    Config(other).load(SET, format="set")
    with pytest.raises(LockError, match="configuration database modified"):
        Config(device).lock()
    Config(other).rollback(0)
    assert Config(device).lock() is True


def test_unlock_of_what_is_not_locked(device):
    """To unlock without a lock is an UnlockError."""
    with pytest.raises(UnlockError):
        Config(device).unlock()


@pytest.mark.parametrize(
    ("payload", "fmt"), [(SET, "set"), (TEXT, "text"), (XML, "xml"), (JSON, "json")]
)
@pytest.mark.parametrize("told", [True, False], ids=["named", "guessed"])
def test_each_format_loads_the_same(device, payload, fmt, told):
    """set, text, XML and JSON make the same change, also where PyEZ finds out the format itself."""
    config = Config(device)
    reply = config.load(payload, **({"format": fmt} if told else {}))
    assert reply.tag == "load-configuration-results"
    assert reply.find("ok") is not None
    assert config.diff() == ADDED
    config.rollback(0)


def test_an_element_loads(device):
    """An lxml element is a configuration too."""
    config = Config(device)
    config.load(etree.XML(XML))
    assert config.diff() == ADDED


def test_merge_keeps_and_replace_replaces(device):
    """`merge=True` adds to a hierarchy; the tag `replace:` exchanges it."""
    config = Config(device)
    config.load("set system name-server 192.0.2.53", format="set")
    config.load("system { name-server { 192.0.2.54; } }", format="text", merge=True)
    assert "192.0.2.53" in config.diff()
    config.load("system { replace: name-server { 192.0.2.55; } }", format="text")
    assert "192.0.2.53" not in config.diff()
    assert "+  name-server {\n+      192.0.2.55;\n+  }" in config.diff()
    config.rollback(0)
    config.load('<configuration><system><services operation="delete"/></system></configuration>')
    assert "-   services {" in config.diff()


@pytest.mark.parametrize("action", ["overwrite", "update"])
def test_the_whole_configuration_is_exchanged(device, action):
    """Loading what was read back is no change; without one statement, that one is deleted."""
    config = Config(device)
    config.load(SET, format="set")
    config.commit()
    whole = device.rpc.get_config(options={"format": "text"}).text
    config.load(whole, format="text", **{action: True})
    assert config.diff() is None
    without = whole.replace("message hello;", "")
    config.load(without, format="text", **{action: True})
    assert config.diff() == ADDED.replace("+", "-")


def test_a_patch_is_loaded(device):
    """`patch=True` takes what diff() gives."""
    config = Config(device)
    config.load(ADDED, format="text", patch=True)
    assert config.diff() == ADDED


def test_files_and_templates(device, tmp_path):
    """Files by their extension, Jinja2 templates with their variables."""
    config = Config(device)
    for extension, payload in (("set", SET), ("conf", TEXT), ("xml", XML), ("json", JSON)):
        path = tmp_path / f"change.{extension}"
        path.write_text(payload)
        config.load(path=str(path))
        assert config.diff() == ADDED
        config.rollback(0)
    template = tmp_path / "change.j2.set"
    template.write_text("{% for word in words %}set system login message {{ word }}\n{% endfor %}")
    config.load(template_path=str(template), template_vars={"words": ["bye", "hello"]})
    assert config.diff() == ADDED


def test_pdiff_prints(device, capsys):
    """pdiff() prints what diff() returns."""
    config = Config(device)
    config.load(SET, format="set")
    config.pdiff()
    assert capsys.readouterr().out == ADDED + "\n"


def test_diff_against_older_ones(device):
    """diff(rb_id=N) compares with that rollback; use_fast_diff gives the same text."""
    config = Config(device)
    for word in ("one", "two"):
        config.load(f"set system login message {word}", format="set")
        config.commit()
    assert config.diff(rb_id=1) == "\n[edit system login]\n-   message one;\n+   message two;\n"
    assert config.diff(rb_id=2) == "\n[edit system login]\n+   message two;\n"
    config.load(SET, format="set")
    assert config.diff(use_fast_diff=True) == config.diff()
    with pytest.raises(ValueError, match="Invalid rollback"):
        config.diff(rb_id=50)


def test_rollbacks(device):
    """rollback(N) loads the Nth last configuration; one that isn't there is refused."""
    config = Config(device)
    before = committed(device, "system login")
    config.load(SET, format="set")
    config.commit()
    assert config.rollback(1) is True
    assert config.diff() == ADDED.replace("+", "-")
    config.commit()
    assert committed(device, "system login") == before
    with pytest.raises(RpcError):
        config.rollback(49)


def test_load_errors_are_config_load_errors(device):
    """A word that the model hasn't refuses the whole load, with Junos' two errors."""
    config = Config(device)
    with pytest.raises(ConfigLoadError) as refused:
        config.load("system { login { message hello; } frobnicate on; }", format="text")
    first, second = refused.value.errs
    assert (first["message"], first["bad_element"]) == ("syntax error", "frobnicate")
    assert first["severity"] == "error"
    assert second["message"] == "error recovery ignores input until this point"
    assert config.diff() is None


def test_deleting_nothing_is_a_warning(device):
    """`statement not found` raises unless it is ignored; the rest of the load stands."""
    config = Config(device)
    with pytest.raises(ConfigLoadError, match="statement not found") as warned:
        config.load("delete system login message", format="set")
    assert warned.value.errs[0]["severity"] == "warning"
    lines = f"delete system domain-name\n{SET}"
    config.load(lines, format="set", ignore_warning="statement not found")
    assert config.diff() == ADDED
    config.rollback(0)
    with pytest.raises(ConfigLoadError):
        config.load(lines, format="set", ignore_warning="another text")


def test_a_refused_commit(device):
    """CommitError has path, element and message of each error; nothing is committed."""
    config = Config(device)
    config.load("delete system root-authentication", format="set")
    with pytest.raises(CommitError) as refused:
        config.commit_check()
    texts = [error["message"] for error in refused.value.errs]
    assert "Missing mandatory statement: 'root-authentication'" in texts[0]
    assert texts[-1].startswith("configuration check-out failed")
    assert refused.value.errs[0]["edit_path"] == "[edit system]"
    with pytest.raises(CommitError):
        config.commit()
    config.rollback(0)
    assert config.commit_check() is True


def test_a_vpn_that_names_nothing(device):
    """A VPN without its gateway is refused in the words of the vendor's model."""
    config = Config(device)
    config.load("set security ipsec vpn branch ike gateway nowhere", format="set")
    config.load("set security ipsec vpn branch ike ipsec-policy nowhere", format="set")
    with pytest.raises(CommitError) as refused:
        config.commit()
    paths = [error["edit_path"] for error in refused.value.errs]
    assert "[edit security ipsec vpn branch ike]" in paths


def test_commit_options(device):
    """comment, sync, force_sync, full, timeout, and detail with the routing engine's report."""
    config = Config(device)
    config.load(SET, format="set")
    assert config.commit(comment="first", timeout=60) is True
    for options in ({"sync": True}, {"force_sync": True}, {"full": True}):
        assert config.commit(**options) is True
    detail = config.commit(detail=True)
    assert detail.tag == "commit-results"
    assert detail.find(".//commit-success") is not None
    assert history(device)[4] == ("lab", "netconf", "first")
    assert len(history(device)) >= 5


def test_commit_confirmed_is_confirmed(device):
    """A confirmed commit shows as pending until a second commit."""
    config = Config(device)
    config.load(SET, format="set")
    assert config.commit(confirm=3) is True
    revision = device.rpc.get_commit_revision_information(level="detail")
    assert "rollback in 3mins" in etree.tostring(revision).decode()
    assert config.commit_check() is True
    assert committed(device, "system login message") == [SET]


def test_commit_confirmed_survives_its_session(vsrx, device):
    """The native form belongs to the device: it stays pending when the session closes."""
    with opened(vsrx) as short:
        config = Config(short)
        config.load(SET, format="set")
        config.commit(confirm=5)
    assert committed(device, "system login message") == [SET]
    newest = device.rpc.get_commit_information().find("commit-history")
    assert newest.findtext("comment") == "commit confirmed, rollback in 5mins"


def test_rescue(device):
    """Save, read, load and delete the rescue configuration."""
    config = Config(device)
    assert config.rescue("get") is None
    assert config.rescue("reload") is False
    assert config.rescue("save") is True
    config.load(SET, format="set")
    config.commit()
    assert "host-name vsrx-" in config.rescue("get")
    assert "message hello" not in config.rescue("get")
    assert config.rescue("get", format="xml").find(".//system/host-name") is not None
    assert config.rescue("reload").find("ok") is not None
    assert config.diff() == ADDED.replace("+", "-")
    config.rollback(0)
    assert config.rescue("delete") is True
    assert config.rescue("get") is None
    with pytest.raises(ValueError, match="unsupported action"):
        config.rescue("frobnicate")


def test_an_ephemeral_instance_is_refused(device):
    """An ephemeral database that isn't configured is refused."""
    with pytest.raises(RpcError), Config(device, mode="ephemeral"):
        pytest.fail("nobody gets in here")
