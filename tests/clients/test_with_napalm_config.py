"""NAPALM's configuration methods against the simulated device."""

import napalm
import pytest
from jnpr.junos.exception import ConnectRefusedError
from napalm.base.exceptions import (
    CommitConfirmException,
    LockError,
    MergeConfigException,
    ReplaceConfigException,
)
from napalm.base.models import ConfigDict

LINE = "set system login message hello"
XML = "<configuration><system><login><message>hello</message></login></system></configuration>"
ADDED = "[edit system login]\n+   message hello;"


def opened(endpoint, **options):
    """Return an open driver."""
    driver = napalm.get_network_driver("junos")(
        endpoint.host,
        endpoint.username,
        endpoint.password,
        optional_args={"port": endpoint.port} | options,
    )
    driver.open()
    return driver


@pytest.fixture
def junos(vsrx):
    """Return an open driver of an untouched vSRX."""
    driver = opened(vsrx)
    yield driver
    driver.close()


@pytest.mark.parametrize(
    "payload",
    [
        LINE,
        "system { login { message hello; } }",
        XML,
        '{"configuration": {"system": {"login": {"message": "hello"}}}}',
    ],
    ids=["set", "text", "xml", "json"],
)
def test_merge_compare_commit(junos, payload):
    """load_merge_candidate takes each format; the comparison is exactly Junos' text."""
    assert junos.compare_config() == ""
    junos.load_merge_candidate(config=payload)
    assert junos.compare_config() == ADDED
    junos.commit_config(message="from NAPALM")
    assert junos.compare_config() == ""
    assert "message hello;" in junos.get_config()["running"]
    assert "from NAPALM" in junos.cli(["show system commit"])["show system commit"]


def test_discard(junos):
    """discard_config() forgets what was loaded, and gives the lock back."""
    junos.load_merge_candidate(config=LINE)
    junos.discard_config()
    assert junos.compare_config() == ""
    assert "hello" not in junos.get_config()["candidate"]


def test_replace_by_what_was_read(junos, tmp_path):
    """The running configuration loaded as replacement is no difference; edited, it is the edit."""
    running = junos.get_config(retrieve="running")["running"]
    junos.load_replace_candidate(config=running)
    assert junos.compare_config() == ""
    path = tmp_path / "new.conf"
    path.write_text(running.replace("host-name vsrx-", "host-name new-"))
    junos.load_replace_candidate(filename=str(path))
    lines = junos.compare_config().splitlines()
    assert lines[0] == "[edit system]"
    assert lines[1].startswith("-  host-name vsrx-")
    assert lines[2].startswith("+  host-name new-")
    assert len(lines) == 3
    junos.commit_config()
    assert junos.get_config()["running"].count("host-name new-") == 1


def test_rollback(junos):
    """rollback() returns to the configuration before the last commit, and commits that."""
    junos.load_merge_candidate(config=LINE)
    junos.commit_config()
    junos.rollback()
    assert "hello" not in junos.get_config()["running"]
    assert junos.compare_config() == ""


def test_commit_confirm(junos):
    """revert_in is shown as pending, and confirmed by confirm_commit()."""
    assert junos.has_pending_commit() is False
    junos.load_merge_candidate(config=LINE)
    junos.commit_config(revert_in=300)
    assert junos.has_pending_commit() is True
    ((revision, seconds),) = junos._get_pending_commits().items()
    assert revision.startswith("re0-")
    assert 290 <= seconds <= 300
    junos.confirm_commit()
    assert junos.has_pending_commit() is False
    assert "hello" in junos.get_config()["running"]


def test_commit_confirm_is_undone_by_rollback(junos):
    """rollback() while a commit is pending goes back, and nothing stays pending."""
    junos.load_merge_candidate(config=LINE)
    junos.commit_config(revert_in=120)
    junos.rollback()
    assert junos.has_pending_commit() is False
    assert "hello" not in junos.get_config()["running"]


def test_seconds_that_are_no_minutes(junos):
    """NAPALM refuses a time that Junos can't count."""
    junos.load_merge_candidate(config=LINE)
    with pytest.raises(CommitConfirmException, match="multiple of 60"):
        junos.commit_config(revert_in=90)
    junos.discard_config()


@pytest.mark.parametrize(
    ("load", "raised"),
    [
        ("load_merge_candidate", MergeConfigException),
        ("load_replace_candidate", ReplaceConfigException),
    ],
)
def test_refused_loads(junos, load, raised):
    """What the device doesn't know raises NAPALM's exception; the candidate is clean after it."""
    with pytest.raises(raised, match="syntax error"):
        getattr(junos, load)(config="system { frobnicate on; }")
    assert junos.compare_config() == ""


def test_a_lock_held_by_another(vsrx, junos):
    """With config_lock a second user gets LockError, and it is free again after close()."""
    first = opened(vsrx, config_lock=True)
    with pytest.raises(LockError, match="configuration database locked by"):
        junos.load_merge_candidate(config=LINE)
    first.close()
    junos.load_merge_candidate(config=LINE)
    junos.discard_config()


def test_private_configuration(vsrx, junos):
    """config_private works on a copy: others see nothing before the commit."""
    private = opened(vsrx, config_private=True)
    private.load_merge_candidate(config=LINE)
    assert private.compare_config() == ADDED
    assert junos.compare_config() == ""
    private.commit_config()
    private.close()
    assert "hello" in junos.get_config()["running"]


def test_configurations(junos):
    """get_config() has running and candidate in each format, without secrets on demand."""
    shown = junos.get_config()
    assert set(shown) == set(ConfigDict.__annotations__)
    assert shown["startup"] == ""
    assert "root-authentication {" in shown["running"]
    assert shown["candidate"].strip() == shown["running"].strip()
    junos.load_merge_candidate(config=LINE)
    shown = junos.get_config()
    assert "hello" in shown["candidate"]
    assert "hello" not in shown["running"]
    junos.discard_config()
    clean = junos.get_config(retrieve="running", sanitized=True)["running"]
    assert "$6$" not in clean
    assert "<removed>" in clean
    assert "set system host-name" in junos.get_config(format="set")["running"]


def test_refused_connections(vsrx):
    """A port where nobody listens is PyEZ's exception; is_alive() tells."""
    driver = napalm.get_network_driver("junos")(
        vsrx.host, "lab", "lab", timeout=5, optional_args={"port": 1}
    )
    with pytest.raises(ConnectRefusedError):
        driver.open()
    driver = opened(vsrx)
    assert driver.is_alive() == {"is_alive": True}
    driver.close()
    assert driver.is_alive() == {"is_alive": False}
