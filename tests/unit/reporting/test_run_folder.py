"""The run folder: safe names, files that are whole or absent, and a link to the newest run."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.reporting.runfolder import RunFolder, safe_name, write_whole

STARTED = datetime(2026, 11, 22, 9, 41, 7, tzinfo=timezone(timedelta(hours=1)))


def test_folder_is_named_by_utc_time_and_run_id(tmp_path: Path):
    """Names sort by time, wherever the lab is."""
    folder = RunFolder.create(tmp_path / "reports", "7f3a", STARTED)
    assert folder.path.name == "20261122T084107Z-7f3a"
    assert sorted(path.name for path in folder.path.iterdir()) == ["devices", "tests"]
    assert folder.events.parent == folder.junit.parent == folder.path


def test_latest_points_at_the_newest_run(tmp_path: Path):
    """The link is replaced in one step and leaves nothing behind."""
    RunFolder.create(tmp_path, "one", STARTED)
    second = RunFolder.create(tmp_path, "two", STARTED)
    assert (tmp_path / "latest").resolve() == second.path.resolve()
    assert len(list(tmp_path.iterdir())) == 3


def test_missing_link_support_is_no_error(tmp_path: Path, monkeypatch):
    """On a share without symbolic links the run goes on without the convenience."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    assert RunFolder.create(tmp_path, "one", STARTED).path.is_dir()
    assert not (tmp_path / "latest").exists()


def test_folder_of_another_run_is_refused(tmp_path: Path):
    """Two records never end up in one stream."""
    folder = RunFolder.at(tmp_path / "run")
    assert RunFolder.at(tmp_path / "run") == folder
    folder.events.touch()
    with pytest.raises(UsageError, match="holds the record of another run"):
        RunFolder.at(tmp_path / "run")


def test_folder_that_cannot_be_made_is_a_usage_error(tmp_path: Path):
    """One line with the path and the reason."""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"file/run: can't be used as a run folder \("):
        RunFolder.at(tmp_path / "file" / "run")


def test_device_and_case_folders_stay_inside(tmp_path: Path):
    """A name out of YAML or a test id can't climb out of the run folder."""
    folder = RunFolder.at(tmp_path / "run")
    for name in ("srx4100", "../../etc", "/etc", "..", ".", "a/b", "x[y-1500]", "ü" * 300, ""):
        for made in (folder.device(name), folder.case(name)):
            assert made.is_dir()
            assert made.parent.parent == folder.path


@pytest.mark.parametrize("name", ["srx4100-a", "srx4100-ipsec-1500", "a.b_c"])
def test_harmless_name_is_kept(name):
    """People find the folder of a device by its name."""
    assert safe_name(name) == name


@given(st.lists(st.text(), unique=True, max_size=20))
def test_names_stay_apart_and_are_plain(names: list[str]):
    """Different names never share a folder, and each is a single portable path component."""
    safe = [safe_name(name) for name in names]
    assert len(set(safe)) == len(names)
    for name in safe:
        assert Path(name).name == name
        assert len(name) <= 120
        assert not set(name) & set("[]| \n")


def test_file_is_replaced_whole(tmp_path: Path):
    """Readers see the old content or the new one, and no temporary file stays."""
    target = tmp_path / "junit.xml"
    write_whole(target, b"old")
    write_whole(target, b"new")
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def test_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch):
    """A full disk costs the new report, not the last good one."""
    target = tmp_path / "junit.xml"
    write_whole(target, b"old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="No space left"):
        write_whole(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]
