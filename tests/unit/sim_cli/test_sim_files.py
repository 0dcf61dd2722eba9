"""The file system of a device, held against a plain model of one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.clock import ManualClock
from harness.sim.files import file_system
from harness.sim.files.errors import FileError, Reason
from harness.sim.files.file_system import FileSystem
from harness.sim.files.paths import absolute, local

HOME = "/var/home/lab"


@pytest.fixture
def files() -> FileSystem:
    """Return an empty file system of a kilobyte."""
    files = FileSystem(ManualClock().now, capacity=1024)
    files.home("lab")
    return files


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("x", f"{HOME}/x"),
        ("/var/./tmp//x/", "/var/tmp/x"),
        ("../../../../../etc/passwd", "/etc/passwd"),
        ("~", HOME),
        ("~/x", f"{HOME}/x"),
        ("file:///var/tmp/x", "/var/tmp/x"),
        ("file:/var/tmp/x", "/var/tmp/x"),
        ("re0:/var/tmp/x", "/var/tmp/x"),
        ("scp://lab@host/x", None),
        ("host:/x", None),
    ],
)
def test_names_of_files(name, path):
    """Names are relative to the home directory, and never lead out of the device."""
    assert local(name, "lab", HOME) == path


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("x" * 256, Reason.NAME_TOO_LONG),
        ("x/" * 600, Reason.NAME_TOO_LONG),
        ("a\0b", Reason.INVALID),
    ],
)
def test_impossible_names(path, reason):
    """Names that no file can have are refused."""
    with pytest.raises(FileError) as caught:
        absolute(path, HOME)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (lambda f: f.read(f"{HOME}/x"), Reason.MISSING),
        (lambda f: f.read(HOME), Reason.IS_A_DIRECTORY),
        (lambda f: f.names(f"{HOME}/file"), Reason.NOT_A_DIRECTORY),
        (lambda f: f.read(f"{HOME}/file/x"), Reason.NOT_A_DIRECTORY),
        (lambda f: f.write("/etc/x", b"", "lab"), Reason.READ_ONLY),
        (lambda f: f.write("/x", b"", "lab"), Reason.READ_ONLY),
        (lambda f: f.write(f"{HOME}/none/x", b"", "lab"), Reason.MISSING),
        (lambda f: f.write(f"{HOME}/x", bytes(1025), "lab"), Reason.NO_SPACE),
        (lambda f: f.write_at(f.file(f"{HOME}/file"), 1 << 60, b"x", "x"), Reason.NO_SPACE),
        (lambda f: f.make_directory(f"{HOME}/file", "lab"), Reason.EXISTS),
        (lambda f: f.remove(HOME), Reason.IS_A_DIRECTORY),
        (lambda f: f.remove_directory("/var/home"), Reason.NOT_EMPTY),
        (lambda f: f.remove_directory(f"{HOME}/file"), Reason.NOT_A_DIRECTORY),
        (lambda f: f.rename(HOME, f"{HOME}/x"), Reason.INVALID),
        (lambda f: f.rename(f"{HOME}/x", f"{HOME}/y"), Reason.MISSING),
        (lambda f: f.rename(f"{HOME}/file", "/var/home"), Reason.EXISTS),
    ],
)
def test_refusals(files, action, reason):
    """Each impossible operation is refused with the system's own reason, and changes nothing."""
    files.write(f"{HOME}/file", b"content", "lab")
    with pytest.raises(FileError) as caught:
        action(files)
    assert caught.value.reason is reason
    assert files.read(f"{HOME}/file") == b"content"
    assert files.used == len(b"content")


def test_entries_are_bounded(files, monkeypatch):
    """Files without content can't fill the memory either."""
    monkeypatch.setattr(file_system, "MAX_ENTRIES", 2)
    files.write(f"{HOME}/1", b"", "lab")
    with pytest.raises(FileError, match="No space left on device"):
        files.write(f"{HOME}/2", b"", "lab")


NAMES = st.sampled_from(("a", "b", "c"))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), NAMES, st.binary(max_size=300)),
        st.tuples(st.just("append"), NAMES, st.binary(max_size=300)),
        st.tuples(st.just("remove"), NAMES, st.just(b"")),
        st.tuples(st.just("rename"), NAMES, NAMES),
        st.tuples(st.just("copy"), NAMES, NAMES),
    ),
    max_size=30,
)


@given(STEPS)
def test_it_is_a_file_system(steps):
    """Whatever is done in whatever order, files hold what a dictionary of bytes would hold."""
    files = FileSystem(ManualClock().now, capacity=1024)
    files.home("lab")
    model: dict[str, bytes] = {}
    for verb, name, other in steps:
        after = dict(model)
        path = f"{HOME}/{name}"
        try:
            if verb == "write":
                after[name] = other
                files.write(path, other, "lab")
            elif verb == "append":
                after[name] = after.get(name, b"") + other
                files.append(path, other, "lab")
            elif verb == "remove":
                after.pop(name, None)
                files.remove(path)
            elif verb == "rename":
                if name in after:
                    after[other] = after.pop(name)
                files.rename(path, f"{HOME}/{other}")
            else:
                if name in after:
                    after[other] = after[name]
                files.copy(path, f"{HOME}/{other}", "lab")
        except FileError as exc:
            if exc.reason is Reason.NO_SPACE:
                model = {one: files.read(f"{HOME}/{one}") for one in files.names(HOME)}
            continue
        model = after
        assert files.used == sum(map(len, model.values()))
    assert {name: files.read(f"{HOME}/{name}") for name in files.names(HOME)} == model
