"""Characters that no reply could hold, or that would end a line where nobody ended one."""

from __future__ import annotations

import json

import pytest

from harness.sim.config.xml_format import parse
from harness.sim.messages import refused

DESCRIBED = "<configuration><system><login><message>{}</message></login></system></configuration>"


def as_json(text: str) -> str:
    return json.dumps({"configuration": {"system": {"login": {"message": text}}}})


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\ud800", "\uffff"])
@pytest.mark.parametrize(
    ("fmt", "form"),
    [
        ("json", as_json),
        ("set", 'set system login message "{}"'.format),
        ("text", 'system {{ login {{ message "{}"; }} }}'.format),
    ],
)
def test_what_xml_cannot_carry_is_refused(session, store, fmt, form, character):
    """No form brings a character into the configuration that would spoil every reply."""
    complaints = session.load(form(f"a{character}b"), fmt)
    assert complaints[0].bad_element == f"U+{ord(character):04X}"
    assert not store.dirty


def test_a_comment_cannot_carry_them_either(session):
    """A commit comment is part of the history, which is a reply as well."""
    result = session.commit(log="\x1b[2J")
    assert refused(result.complaints)
    assert not result.committed


def test_a_line_end_in_a_value_ends_no_line(session, store):
    """Lines that a value would make of itself aren't statements to who loads what is shown."""
    assert session.load(parse(DESCRIBED.format("one&#10;set system host-name two")), "xml") == []
    line = 'set system login message "one\\nset system host-name two"'
    assert line in store.render(store.candidate, "set").splitlines()
    assert "host-name two" in store.render(store.candidate, "text")
    assert "\nset" not in store.render(store.candidate, "text")


@pytest.mark.parametrize("character", ["\u0085", "\u2028", "\u2029"])
def test_other_separators_are_part_of_a_value(session, store, character):
    """What only Unicode calls a line end is a character like others, there and back again."""
    line = f'set system login message "a{character}b"'
    assert session.load(line, "set") == []
    assert f"{line}\n" in store.render(store.candidate, "set")


@pytest.mark.parametrize("word", ["delete", "replace", "inactive", "protect", "insert"])
def test_an_attribute_with_another_value_is_refused(session, store, word):
    """``delete="yes"`` isn't taken for an empty value."""
    payload = f'<configuration><system><host-name {word}="yes"/></system></configuration>'
    assert session.load(parse(payload), "xml")[0].bad_element == "yes"
    assert not store.dirty


@pytest.mark.parametrize(
    ("payload", "bad"), [("{", "end of file"), ('{"a": 1} rest', "rest"), ("[" * 100_000, "[" * 20)]
)
def test_broken_json_is_named_in_its_own_words(session, payload, bad):
    """The bad element is what stands there, not what a parser says."""
    assert session.load(payload, "json")[0].bad_element == bad
