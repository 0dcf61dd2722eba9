"""A compiled table as a model: types, choices, what the outline adds, what is inferred."""

from __future__ import annotations

import pytest

from harness.sim.config.schema import Kind, Statement, schema_of
from harness.sim.yang.compiled import load_compiled
from harness.sim.yang.compiling import compile_family
from harness.sim.yang.model import model_of
from harness.sim.yang.value_kinds import made_type, posix_pattern


def at(statement: Statement, *path: str) -> Statement:
    """Return the statement at a path of XML names."""
    for tag in path:
        statement = statement.children[tag]
    return statement


@pytest.fixture(scope="module")
def model(small) -> Statement:
    """Return the model of the small family that has rules."""
    return model_of(compile_family(small, "junos-es"))


def test_statements_keep_the_order_of_the_model(model):
    """Keys come last; what every container has comes first."""
    thing = at(model, "security", "thing")
    assert [*thing.children] == [
        *("apply-groups", "apply-groups-except", "size", "mode", "left", "right", "around"),
        *("spot", "name"),
    ]
    assert (thing.kind, thing.limits.most) == (Kind.LIST, 3)


def test_nothing_below_exists_before_somebody_looks(small):
    """The root of a model is made, and nothing else."""
    root = model_of(compile_family(small, "junos-es"))
    with pytest.raises(AttributeError):
        object.__getattribute__(root, "children")
    assert root.children["security"].grow is not None


def test_cases_exclude_each_other_and_not_themselves(model):
    """Both members of one case stay; a member of another one ends them."""
    rivals = at(model, "security", "thing").rivals
    assert rivals == {"left": ("around",), "right": ("around",), "around": ("left", "right")}


@pytest.mark.parametrize(
    ("path", "accepted", "refused"),
    [
        (("thing", "size"), ["2", "9", "20"], ["1", "10", "21", "x", "<*>", "", "2.5", "-3"]),
        (("thing", "mode"), ["fast", "slow"], ["faster", ""]),
        (("thing", "name"), ["a", "Abcdefgh"], ["", "abcdefghi", "a1", "a b"]),
        (("other", "thing"), ["a", "1234"], ["", "12345"]),
    ],
)
def test_types(path, accepted, refused, model):
    """Ranges, words, patterns and lengths; the wildcard of a group is no value."""
    kind = at(model, "security", *path).type
    assert [text for text in accepted if not kind.accepts(text)] == []
    assert [text for text in refused if kind.accepts(text)] == []


def test_a_pattern_refuses_in_the_words_of_the_vendor(model):
    """Another mistake in the same value is told in ours."""
    name = at(model, "security", "thing", "name").type
    assert name.complaint("a1") == "Only letters."
    assert name.complaint("abcdefghi") == (
        "'abcdefghi' is not a string of 1..8 characters [simulated]"
    )


@pytest.mark.parametrize(
    ("pattern", "accepted", "refused"),
    [
        ("^[[:alnum:]][[:alnum:]_-]*$", "a-1_B", "-a"),
        ("![/ %]", "ge-0.0", "ge-0/0"),
        ("!^((__.*)|(.{65,}))$", "a__", "__a"),
        ("^[[:xdigit:]]{2}$", "aF", "ag"),
        (r"^[a-z\.]+$", "a.\\", "a/"),
        ("^[]a]+$", "a]", "b"),
        ("^[^&<>]+$", "a b", "a<"),
        ("^[[:alnum:]._-]+$|^[*]$", "*", "**"),
    ],
)
def test_posix_patterns(pattern, accepted, refused):
    """Character classes, exclusion by ``!``, and a bracket in which a backslash is plain."""
    matches = posix_pattern(pattern)
    assert matches(accepted)
    assert not matches(refused)


@pytest.mark.parametrize(
    ("shape", "accepted", "refused"),
    [
        (["decimal", 2, [[0, 10]]], "9.75", "9.755"),
        (["decimal", 2, [[0, 10]]], "10", "10.01"),
        (["integer", [[-128, 127]]], "-128", "-129"),
        (["integer", [[0, 5]]], "5", "\u0665"),
        (["union", [["integer", [[1, 5]]], ["enumeration", ["default"]]]], "default", "6"),
        (["string", [], "", "", "ipv4addr"], "192.0.2.1", "192.0.2.256"),
        (["string", [[1, 2], [5, 5]]], "12345", "123"),
    ],
)
def test_shapes_of_types(shape, accepted, refused):
    """What the small family has no example of."""
    kind = made_type(shape)
    assert kind.accepts(accepted)
    assert not kind.accepts(refused)


def test_a_list_of_two_keys(model):
    """Its name is typed before the first key, nothing before the second."""
    pair = at(model, "security", "pair")
    assert [key.tag for key in pair.keys] == ["left", "right"]
    assert pair.key_words == ("pair", "")
    assert pair.autosorted
    assert pair.line  # it has no apply-groups of its own


def test_rules_taken_over_are_marked(small):
    """By path: the statement has them, and where they lead to."""
    model = model_of(compile_family(small, "junos"))
    (must,) = at(model, "security", "other", "thing").limits.musts
    assert (must.message, must.inferred) == ("No such thing", True)
    assert [*at(model, "security", "thing", "mode").limits.of_words] == ["fast"]
    assert at(model, "security", "thing", "name").type.complaint("a1") == "Only letters."


def test_the_outline_says_how_it_is_typed(compiled):
    """What isn't typed, what shares a line, what is secret: the models don't say."""
    model = compiled_model(compiled, "junos-es")
    assert at(model, "interfaces", "interface").hidden
    policy = at(model, "security", "policies", "policy")
    assert policy.key_words == ("from-zone", "to-zone")
    key = at(model, "security", "ike", "policy", "pre-shared-key", "ascii-text")
    assert key.type.secret
    assert key.type.reversible
    unit = at(model, "interfaces", "interface", "unit")
    assert unit.keys[0].type.accepts("16385")
    assert not unit.keys[0].type.accepts("99999999")  # a string, as far as the models go


@pytest.mark.parametrize("family", ["junos-es", "junos"])
def test_the_outline_is_part_of_the_compiled_model(family, compiled):
    """Every statement of it is there, is of the same kind and has the same keys."""
    assert list(missing(schema_of(family), compiled_model(compiled, family), ())) == []


def compiled_model(compiled, family: str) -> Statement:
    return load_compiled(compiled(family)).schema


def test_what_only_the_outline_has_is_there_too(compiled):
    """A hierarchy without a module, and a statement that clients send."""
    model = compiled_model(compiled, "junos-es")
    assert "event-options" in model.children
    interface = at(model, "interfaces", "interface")
    assert interface.rivals["enable"] == ("disable",)
    assert interface.rivals["disable"] == ("enable",)


def missing(outline: Statement, model: Statement, path: tuple[str, ...]):
    """Walk what the outline has and the model hasn't; groups are the same again."""
    for tag, child in outline.children.items():
        where = (*path, tag)
        if tag == "groups" or child.kind is Kind.KEY:
            continue
        other = model.children.get(tag)
        if other is None or other.kind is not child.kind:
            yield where
        elif [key.tag for key in other.keys] != [key.tag for key in child.keys]:
            yield (*where, "keys")
        elif child.kind in {Kind.CONTAINER, Kind.LIST}:
            yield from missing(child, other, where)
