"""A bundle holds clean, bounded text, and its index tells what's there and what isn't."""

import pytest

from harness.reporting.bundle import INDEX, Bundle

KEY = "cAnArY-8642"


@pytest.fixture
def bundle(tmp_path):
    """Give a bundle whose owner knows one more secret."""
    return Bundle(tmp_path, lambda text: text.replace("lab-password", "*hidden*"))


def test_the_index_names_what_is_there_and_what_is_not(bundle, tmp_path):
    """Both with their reason, below the heading."""
    bundle.add("log.txt", "a line", "the log")
    bundle.lacks("cores.txt", "refused:\npermission denied")
    bundle.finish({"Case": "test_tunnels[a]", "Reason": "", "Device": "a"})
    index = (tmp_path / INDEX).read_text()
    assert index.startswith(
        "Case       test_tunnels[a]\nDevice     a\n\nFiles\n  log.txt  the log\n"
    )
    assert "Not had\n  cores.txt  refused: permission denied\n" in index
    assert bundle.files == (INDEX, "log.txt")
    assert bundle.lacking == {"cores.txt": "refused: permission denied"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("in lab-password out", "in *hidden* out"),
        (f"ftp://joe:{KEY}@host", "ftp://joe:[redacted]@host"),
        (f"anything $9${KEY}", "anything [redacted]"),
        ("clear \x1b[2J screen\r", "clear \\x1b[2J screen\\x0d"),
        ("umlaut ä", "umlaut ä"),
        ("half \udce4", "half \\udce4"),
    ],
)
def test_whatever_is_written_is_clean(bundle, tmp_path, text, shown):
    """In a file, in a heading, and in a reason."""
    bundle.add("a.txt", text, "a")
    bundle.lacks("b.txt", text)
    bundle.finish({"Reason": text})
    assert (tmp_path / "a.txt").read_text() == f"{shown}\n"
    assert (tmp_path / INDEX).read_text().count(shown) == 2


@pytest.mark.parametrize(("newest", "kept", "lost"), [(False, "line 0", "99"), (True, "99", "0\n")])
def test_a_long_file_is_cut_at_a_line(bundle, tmp_path, newest, kept, lost):
    """The beginning stays, or the end, and what was left out is said."""
    text = "".join(f"line {number}\n" for number in range(100))
    bundle.add("a.txt", text, "a", limit=100, newest=newest)
    lines = (tmp_path / "a.txt").read_text().splitlines()
    assert any(kept in line for line in lines)
    assert not any(line.endswith(lost) for line in lines)
    note = next(line for line in lines if "characters left out" in line)
    assert str(len(text)) in note
    assert all(line in text for line in lines if line is not note)


@pytest.mark.parametrize("newest", [False, True])
def test_a_cut_leaves_no_key_without_its_name(bundle, tmp_path, newest):
    """Whatever the limit, a key that's cut in two is gone."""
    text = f'set ike pre-shared-key ascii-text "{KEY}"\n' * 20
    for limit in range(30, 130):
        bundle.add("a.txt", text, "a", limit=limit, newest=newest)
        shown = (tmp_path / "a.txt").read_text()
        assert not any(KEY[at:] in shown for at in range(len(KEY) - 3))


def test_one_line_that_is_too_long_is_left_out(bundle, tmp_path):
    """Without an end of line nothing can be kept safely."""
    bundle.add("a.txt", KEY * 100, "a", limit=50)
    bundle.add("b.txt", KEY * 100, "b", limit=50, newest=True)
    assert KEY[:4] not in (tmp_path / "a.txt").read_text()
    assert KEY[-4:] not in (tmp_path / "b.txt").read_text()


def test_a_file_that_can_not_be_written_is_in_the_index(bundle, tmp_path):
    """The others stay."""
    (tmp_path / "a.txt").mkdir()
    bundle.add("a.txt", "x", "a")
    bundle.add("b.txt", "x", "b")
    bundle.finish({})
    assert "a.txt  can't be written: Is a directory" in (tmp_path / INDEX).read_text()
    assert bundle.files == (INDEX, "b.txt")


def test_an_index_that_can_not_be_written_is_not_listed(bundle, tmp_path):
    """A reader isn't sent to a file that isn't there."""
    (tmp_path / INDEX).mkdir()
    bundle.add("b.txt", "x", "b")
    bundle.finish({})
    assert bundle.files == ("b.txt",)


def test_a_second_attempt_begins_anew(tmp_path):
    """What the first one left would be taken for the second one's."""
    first = Bundle(tmp_path, str)
    first.add("log.txt", "old", "the log")
    Bundle(tmp_path, str).finish({})
    assert {path.name for path in tmp_path.iterdir()} == {INDEX}
