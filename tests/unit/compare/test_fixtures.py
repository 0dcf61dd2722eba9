"""Answers kept on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.compare import fixtures
from harness.compare.fixtures import Recorded, scrubbed
from harness.compare.probe import Answer, Observation
from harness.errors import UsageError

_ABOUT = Recorded("vSRX", "18.4R3.3", "vsrx", rfc_compliant=False)
_SAID = Observation(
    "hello",
    (
        Answer(
            "a",
            "<r><user>ann</user><serial-number>JN1234</serial-number><k>$9$abcd1234</k>"
            "<mac>00:10:DB:FF:10:01</mac> at srx-a via 192.0.2.7</r>",
        ),
    ),
    "ann",
    "srx-a",
)


def test_kept_answers_name_nobody(tmp_path: Path) -> None:
    """Users, hosts, serials, keys and addresses don't reach the disk."""
    fixtures.save(tmp_path, _ABOUT, (scrubbed(_SAID, ("192.0.2.7",)),))
    text = "".join(path.read_text() for path in tmp_path.iterdir())
    for secret in ("ann", "srx-a", "JN1234", "abcd1234", "00:10:DB", "192.0.2.7"):
        assert secret not in text


def test_kept_answers_come_back(tmp_path: Path) -> None:
    """What was saved is what is loaded."""
    said = scrubbed(_SAID)
    fixtures.save(tmp_path, _ABOUT, (said,))
    assert fixtures.load(tmp_path) == (_ABOUT, (said,))


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("device.json", "{}", "device.json: model: Field required"),
        ("hello.json", "[", "hello.json: the file: Invalid JSON"),
        ("hello.json", '{"probe": 1}', "hello.json: probe: Input should be a valid string"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, name: str, text: str, words: str) -> None:
    """The file, the field and what is wrong with it are said."""
    fixtures.save(tmp_path, _ABOUT, (scrubbed(_SAID),))
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=words.replace(".", r"\.")):
        fixtures.load(tmp_path)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    """A folder without device.json isn't one of ours."""
    with pytest.raises(UsageError, match=r"holds no device\.json"):
        fixtures.load(tmp_path)
