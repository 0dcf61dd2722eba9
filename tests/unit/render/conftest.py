"""Plans to render, and readers of set and text that share nothing with the writers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from harness.plan.builder import build_plan
from harness.plan.model import Kind, Plan, Site

SRX = Site(
    device="srx-a",
    platform="srx4100",
    external_interface="xe-0/0/0.0",
    external_zone="untrust",
    local=IPv4Address("192.0.2.1"),
    peers=IPv4Network("198.18.0.0/15"),
    inner=IPv4Network("100.64.0.0/10"),
)
VMX = replace(
    SRX, device="mx-a", platform="vmx", external_interface="ge-0/0/0.0", external_zone=None
)
TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([{};])|([^\s{};"]+))')


@pytest.fixture(scope="session")
def plan_of() -> Callable[..., Plan]:
    """Build a plan on an SRX4100, or on a vMX, from a fixed run key."""

    def build(kind: Kind, count: int, platform: str = "srx4100", **options: bool) -> Plan:
        site = VMX if platform == "vmx" else replace(SRX, platform=platform)
        return build_plan(site, kind, count, run_key=bytes(range(32)), **options)

    return build


def _tokens(text: str) -> list[tuple[str, bool]]:
    """Return the words of a line, each with whether it is punctuation."""
    found, at = [], 0
    while match := TOKEN.match(text, at):
        quoted, mark, word = match.groups()
        at = match.end()
        if mark:
            found.append((mark, True))
        elif word is not None:
            found.append((word, False))
        else:
            found.append((re.sub(r"\\(.)", r"\1", quoted), False))
    assert not text[at:].strip(), text[at:]
    return found


@pytest.fixture(scope="session")
def read_set() -> Callable[[tuple[str, ...]], list[tuple[str, ...]]]:
    """Read set lines into tuples of words."""

    def read(lines: tuple[str, ...]) -> list[tuple[str, ...]]:
        found = []
        for line in lines:
            words = [word for word, _ in _tokens(line)]
            assert words.pop(0) == "set"
            found.append(tuple(words))
        return found

    return read


@pytest.fixture(scope="session")
def read_text() -> Callable[[str], list[tuple[str, ...]]]:
    """Read curly-brace text into tuples of words."""

    def read(text: str) -> list[tuple[str, ...]]:
        found, blocks, words = [], [], []
        for word, mark in _tokens(text):
            if not mark:
                words.append(word)
                continue
            if word == "{":
                blocks.append(tuple(words))
            elif word == ";":
                found.append((*(w for block in blocks for w in block), *words))
            else:
                assert not words
                blocks.pop()
            words = []
        assert not blocks
        assert not words
        return found

    return read
