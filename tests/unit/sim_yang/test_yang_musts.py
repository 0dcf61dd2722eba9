"""The language of rules: each form held and broken once, on a model made for it."""

from __future__ import annotations

import itertools

import pytest

from harness.sim.config.loading import load
from harness.sim.config.secret9 import Salts
from harness.sim.config.tree import Node
from harness.sim.config.words import ValueReader
from harness.sim.yang.compiling import compile_family
from harness.sim.yang.model import model_of
from harness.sim.yang.must_engine import RuleBook
from harness.sim.yang.must_grammar import (
    Both,
    Either,
    MustSyntaxError,
    Never,
    Not,
    Path,
    Quantified,
    Step,
    Word,
    parse_must,
)
from harness.sim.yang.table import read_table

MODEL = """
module junos-es-conf-root {
  prefix jc; revision 2019-01-01 { description "Junos: 1.0"; }
  grouping apply-advanced { leaf-list apply-groups { type string; } }
  grouping ruled { AT_BODY leaf inner { type string; } }
  container configuration {
    container interfaces {
      uses apply-advanced;
      list interface {
        key name; leaf name { type string; } uses apply-advanced;
        leaf mode { AT_MODE type string; }
        list unit {
          key name; leaf name { type string; } uses apply-advanced;
          leaf tag { AT_TAG type string; }
          leaf plain { type empty; }
        }
      }
    }
    container top {
      uses apply-advanced;
      AT_TOP
      list item {
        AT_ITEM
        key name; leaf name { AT_KEY type string; } uses apply-advanced;
        max-elements 4;
        leaf link { AT_LINK type string; }
        leaf-list links { AT_LINKS type string; }
        leaf kind { type enumeration { enum red { AT_RED } enum blue; } }
        leaf on { AT_ON type empty; }
        container deep { uses ruled; uses apply-advanced; leaf level { AT_DEEP type string; } }
        container need {
          leaf must-be { mandatory true; type string; } leaf may-be { type string; }
        }
      }
    }
  }
}
"""
PLACES = [word for word in MODEL.replace("{", " ").split() if word.startswith("AT_")]
MESSAGE = "So it must be"
ITEM = "set top item a "

# The form of a rule → (where it stands, the rule, what it takes, what it doesn't).
FORMS = {
    "a sibling": ("AT_LINK", '(".. on")', "link x\non", "link x"),
    "no sibling": ("AT_LINK", '(!(".. on"))', "link x", "link x\non"),
    "a sibling's value": ("AT_LINK", '(".. kind red")', "link x\nkind red", "link x\nkind blue"),
    "a named value": ("AT_LINK", '(".. kind $$={red}")', "link x\nkind red", "link x\nkind blue"),
    "a value of several": ("AT_LINK", '(".. links x")', "link y\nlinks x", "link y\nlinks y"),
    "one or the other": ("AT_ON", '((".. link" || ".. kind"))', "on\nkind red", "on"),
    "one and the other": (
        "AT_ON",
        '((".. link" && ".. kind"))',
        "on\nlink x\nkind red",
        "on\nlink x",
    ),
    "never": ("AT_ON", '("FALSE")', "link x", "on"),
    "an entry by its own value": ("AT_LINK", '("top item $$")', "link a", "link b"),
    "by each of several values": ("AT_LINKS", '("top item $$")', "links a", "links a\nlinks b"),
    "up from one of several values": ("AT_LINKS", '(".. on")', "links a\non", "links a"),
    "an entry beside": ("AT_LINK", '(".. .. item $$ on")', "link a\non", "link a"),
    "up from a container": ("AT_DEEP", '(".. .. on")', "deep level 1\non", "deep level 1"),
    "a level that is too high": ("AT_DEEP", '(".. .. .. on")', "deep level 1\non", "deep level 1"),
    "about the key": ("AT_KEY", '(".. on")', "on", "link x"),
    "by the key": ("AT_KEY", '("interfaces $$")', "", "on"),
    "about a word": ("AT_RED", '(".. on")', "kind blue", "kind red"),
    "about the entry": ("AT_ITEM", '(".. item $$ on")', "on", "link x"),
    "here": ("AT_ITEM", '(". on")', "on", "link x"),
    "about a container": ("AT_TOP", '(".. interfaces")', "", "on"),
    "in a grouping": ("AT_BODY", '(".. on")', "deep inner x\non", "deep inner x"),
    "a name that begins so": ("AT_LINK", '(any "top item <a*> on")', "link x\non", "link x"),
    "none that begins so": ("AT_ON", '(!(any "top item <b*>"))', "on", "on\n^set top item bb"),
    "any of a value": (
        "AT_LINK",
        '(any "top item <*> kind $$")',
        "link red\nkind red",
        "link red\nkind blue",
    ),
    "all": ("AT_ON", '(all "top item <*> link")', "on\nlink x", "on\nlink x\n^set top item b"),
    "all have this value": (
        "AT_LINK",
        '(all "top item <*> link $$")',
        "link x",
        "link x\n^set top item b link y",
    ),
    "unique": (
        "AT_LINK",
        '(unique "top item <*> link $$")',
        "link x\n^set top item b link y",
        "link x\n^set top item b link x",
    ),
    "the interface and unit of a name": (
        "AT_LINK",
        '("interfaces $$-IFL")',
        "link ge-0/0/0.7\n^set interfaces ge-0/0/0 unit 7",
        "link ge-0/0/0.7\n^set interfaces ge-0/0/0 unit 8",
    ),
    "unit 0 of a bare name": (
        "AT_LINK",
        '("interfaces $$-IFL plain")',
        "link lo0\n^set interfaces lo0 unit 0 plain",
        "link lo0\n^set interfaces lo0 unit 0",
    ),
    "a unit where the rule leaves it out": (
        "AT_LINK",
        '(!("interfaces $$ plain"))',
        "link lo0.0\n^set interfaces lo0 unit 0",
        "link lo0.0\n^set interfaces lo0 unit 0 plain",
    ),
    "the key of a list around": (
        "AT_TAG",
        '("interfaces ${interface} mode $$")',
        "^set interfaces lo0 unit 0 tag x\n^set interfaces lo0 mode x",
        "^set interfaces lo0 unit 0 tag x\n^set interfaces lo1 mode x",
    ),
    "two keys of lists around": (
        "AT_TAG",
        '(any "top item <*> link ${interface}.${unit}")',
        "^set interfaces lo0 unit 3 tag x\nlink lo0.3",
        "^set interfaces lo0 unit 3 tag x\nlink lo0.4",
    ),
}


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    """Return what makes a bench of the model with rules in places."""
    numbers = itertools.count()

    def bench(**rules: str) -> Bench:
        folder = tmp_path_factory.mktemp(f"model{next(numbers)}")
        conf = folder / "junos-es" / "conf"
        conf.mkdir(parents=True)
        text = MODEL
        for place in sorted(PLACES, key=len, reverse=True):
            rule = rules.get(place, "").replace('"', '\\"')
            said = f'junos:must "{rule}"; junos:must-message "{MESSAGE}";' if rule else ""
            text = text.replace(place, said)
        (conf / "junos-es-conf-root@1.yang").write_text(text)
        return Bench(compile_family(folder, "junos-es"))

    return bench


class Bench:
    """A rule book and what loads configurations for it."""

    def __init__(self, table) -> None:
        self.schema = model_of(table)
        self.book = RuleBook(self.schema)

    def loaded(self, short: str) -> Node:
        """Load lines, each about item a unless it begins with ``^``."""
        lines = [one[1:] if one.startswith("^") else ITEM + one for one in short.splitlines()]
        reader = ValueReader(Salts(b""))
        done = load(Node(), "\n".join(lines), self.schema, reader, fmt="set", action="set")
        assert done.complaints == ()
        return done.tree

    def said(self, short: str) -> list[tuple[str, str, str]]:
        """Return (path, bad-element, text) of what is said against lines."""
        found = self.book.complaints(Node(), self.loaded(short))
        return [(one.path, one.bad_element, one.text) for one in found]


@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_a_rule(form, make):
    """Held by one configuration, broken by the other; the same as a change from nothing."""
    place, rule, good, bad = FORMS[form]
    bench = make(**{place: rule})
    assert bench.said(good) == []
    texts = [text for _, _, text in bench.said(bad)]
    assert texts != []
    assert set(texts) == {MESSAGE}
    unrelated = bench.loaded("^set interfaces lo9")
    if form not in {"by the key", "about a container"}:
        merged = bench.loaded(f"{bad}\n^set interfaces lo9")
        assert [c.text for c in bench.book.complaints(unrelated, merged)] == texts


@pytest.mark.parametrize(
    ("place", "bad", "path", "element"),
    [
        ("AT_LINK", "link x", "[edit top item a]", "link x"),
        ("AT_LINKS", "links x", "[edit top item a]", "links x"),
        ("AT_ON", "on", "[edit top item a]", "on"),
        ("AT_RED", "kind red", "[edit top item a]", "kind red"),
        ("AT_ITEM", "on", "[edit top]", "item a"),
        ("AT_KEY", "on", "[edit top]", "item a"),
        ("AT_TOP", "on", "", "top"),
        ("AT_BODY", "deep inner x", "[edit top item a]", "deep"),
        ("AT_DEEP", "deep level 1", "[edit top item a deep]", "level 1"),
        ("AT_TAG", "^set interfaces lo0 unit 0 tag x", "[edit interfaces lo0 unit 0]", "tag x"),
        ("AT_MODE", "^set interfaces lo0 mode x", "[edit interfaces lo0]", "mode x"),
    ],
)
def test_where_a_complaint_stands(place, bad, path, element, make):
    """The path is that of what is around the statement; a list's word as it's typed."""
    assert make(**{place: '("FALSE")'}).said(bad) == [(path, element, MESSAGE)]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ('("nowhere $$")', "it could never hold"),
        ('((".. link y" && ".. nothing"))', "one half could never hold"),
        ('(!(".. nothing"))', "it always holds"),
        ('((".. on" || !(".. nothing")))', "it always holds"),
    ],
)
def test_a_rule_about_nothing_in_the_model_is_not_enforced(rule, reason, make):
    """It would refuse everything, or nothing."""
    assert make(AT_LINK=rule).said("link x") == [], reason


def test_what_the_device_brings_along_exists(make):
    """Zones and applications whose names begin with ``junos-`` are in no model."""
    bench = make(AT_LINK='("top item $$")')
    assert bench.said("link junos-host") == []
    assert bench.said("link other") != []


def test_groups_are_checked_where_they_are_inherited(make):
    """In the group itself nothing refers to anything."""
    assert make(AT_LINK='("top item $$")').said("^set groups g top item a link b") == []


def test_mandatory_statements(make):
    """Asked for where what is around them exists."""
    bench = make()
    assert bench.said("need must-be x") == []
    assert bench.said("need may-be x") == [
        ("[edit top item a need]", "must-be", "Missing mandatory statement: 'must-be'")
    ]
    before = bench.loaded("need must-be x\nneed may-be x")
    assert bench.book.complaints(before, bench.loaded("need may-be x")) != ()


def test_the_number_of_entries(make):
    """At most what the model says."""
    bench = make()
    four = "\n".join(f"^set top item {name}" for name in "abcd")
    assert bench.said(four) == []
    said = [("[edit top]", "item", "more than 4 of item [simulated]")]
    assert bench.said(f"{four}\n^set top item e") == said
    more = bench.loaded(f"{four}\n^set top item e")
    assert len(bench.book.complaints(bench.loaded(four), more)) == 1


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ('("top item $$ on")', "link b\n^set top item b on", "link b\n^set top item b kind red"),
        ('("top item $$")', "link b\n^set top item b", "link b\n^set top item c"),
        ('(!("top item $$ on"))', "link b\n^set top item b", "link b\n^set top item b on"),
        ('(!(any "top item <*> links $$"))', "link b", "link b\n^set top item c links b"),
        ('(all "top item <*> kind")', "link b\nkind red", "link b\nkind red\n^set top item c"),
        ('(".. .. item c")', "link b\n^set top item c", "link b\n^set top item d"),
        ('("interfaces $$-IFL")', "link lo3.1\n^set interfaces lo3 unit 1", "link lo3.1"),
        (
            '(!("interfaces $$-IFL plain"))',
            "link lo3\n^set interfaces lo3",
            "link lo3\n^set interfaces lo3 unit 0 plain",
        ),
    ],
)
def test_a_change_elsewhere_is_noticed(rule, before, after, make):
    """The statement with the rule is untouched, what it looks at isn't."""
    bench = make(AT_LINK=rule)
    old = bench.loaded(before)
    assert bench.book.complaints(Node(), old) == ()
    new = bench.loaded(after)
    # As after a commit: what didn't change is the same node.
    new["top"]["item"]["a"] = old["top"]["item"]["a"]
    assert [one.text for one in bench.book.complaints(old, new)] == [MESSAGE]


def test_expressions_are_read():
    """Operands from left to right; signs inside a name are part of it."""
    link, up = Path(-1, (Step(Word.NAME, "a"), Step(Word.OWN))), Path(2, ())
    assert parse_must('("a $$")') == link
    assert parse_must('((!(".. ..") && ("a $$" || "FALSE")))') == Both(
        Not(up), Either(link, Never())
    )
    assert parse_must('(any "<*> ${x}.${y} $$-IFL $$={w} <st*>")') == Quantified(
        "any",
        Path(
            -1,
            (
                Step(Word.LIKE, ""),
                Step(Word.KEY_OF, "${x}.${y}"),
                Step(Word.OWN_UNIT),
                Step(Word.NAME, "w"),
                Step(Word.LIKE, "st"),
            ),
        ),
    )
    assert parse_must('(" .. b")') == parse_must('("..b")') == Path(1, (Step(Word.NAME, "b"),))
    assert parse_must('(". b")') == Path(0, (Step(Word.NAME, "b"),))


@pytest.mark.parametrize(
    "text", ["", "(", '("a"', '"a" "b"', '("a" &&)', "(any)", '(any !("a"))', "a", '("")', ")"]
)
def test_what_is_no_expression(text):
    """Refused, whatever is missing."""
    with pytest.raises(MustSyntaxError):
        parse_must(text)


def test_all_rules_of_the_vendor_are_read(compiled):
    """1691 of 18.4R3, shared by 6694 places in the files."""
    rules = read_table(compiled("junos-es")).musts
    assert len({str(parse_must(text)) for text, _ in rules}) > 1000
