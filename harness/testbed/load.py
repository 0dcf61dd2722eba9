"""Read a testbed file: every mistake in it as one line, or the checked value."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from harness.document.parse import MAX_BYTES, parse
from harness.document.problems import Problem, render_all
from harness.document.wording import Wording
from harness.errors import HarnessBug, TestbedError
from harness.testbed import rules
from harness.testbed.build import Builder
from harness.testbed.file_shape import TestbedFile
from harness.testbed.fleet_shape import FLEET, IMAGE
from harness.testbed.model import Testbed
from harness.testbed.schema import schema
from harness.testbed.shape import ALLOWED

_EXPECTED = "a mapping with testbed and devices"  # or fleets, which few will want first
_WORDING = Wording(
    schema=schema,
    forms=MappingProxyType(
        {
            **ALLOWED,
            FLEET: "lower-case words and numbers joined by '-', a letter first",
            IMAGE: "an absolute path of letters, digits, '.', '_', '-', '/'",
        }
    ),
    ranges=MappingProxyType(
        {
            "port": "1-65535",
            "ike_lifetime": "180-86400",
            "esp_lifetime": "180-86400",
            "dpd_interval": "2-60",
            "dpd_threshold": "1-5",
            "commit_seconds": "0-3600",
            "cpu_percent": "1-100",
            "memory_percent": "1-100",
            "disk_percent": "1-100",
            "per_node": "1-20",
            "vnfs_per_site": "1-20",
        }
    ),
    borrowed=MappingProxyType(
        {
            "ip": "host",
            "address": "host",
            "hostname": "host",
            "role": "type",
            "user": "username",
            "zone": "external_zone",
            "interface": "external_interface",
            "passwd": "password",
            "tunnels": "underlay",
        }
    ),
)


def load_testbed(path: Path) -> Testbed:
    """Read and check a file of at most 1 MiB of UTF-8.

    Raises :class:`~harness.errors.TestbedError` with all problems of the file.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise TestbedError([f"{path}: can't be read: {error.strerror}"]) from error
    if len(raw) > MAX_BYTES:
        raise TestbedError([f"{path}: too large; allowed: {MAX_BYTES >> 20} MiB"])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise TestbedError([f"{path}:{line}: not UTF-8; allowed: UTF-8 text"]) from error
    return load_testbed_text(text, str(path))


def load_testbed_text(text: str, source: str) -> Testbed:
    """Check ``text``; ``source`` names it in messages, and relative paths in it start there.

    Touches no file. Raises :class:`~harness.errors.TestbedError` with all problems.
    """
    if len(text) > MAX_BYTES:
        raise TestbedError([f"{source}: too large; allowed: {MAX_BYTES >> 20} MiB"])
    document = parse(text, _EXPECTED)
    problems = list(document.problems)
    shape: TestbedFile | None = None
    if not isinstance(document.data, dict):
        if not problems:
            problems.append(Problem(1, (), f"not a mapping; allowed: {_EXPECTED}"))
    else:
        try:
            shape = TestbedFile.model_validate(document.data)
        except ValidationError as error:
            problems += _WORDING.problems_of(error, document)
        problems += rules.check(document)
    if problems:
        raise TestbedError(render_all(problems, source))
    if shape is None:
        raise HarnessBug("a testbed without problems and without a shape")
    return Builder(shape, document, source).testbed(hashlib.sha256(text.encode()).hexdigest())
