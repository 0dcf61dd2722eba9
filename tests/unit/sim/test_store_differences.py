"""What a kept rollback gives back, over any two trees: content, order and marks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.sim.config.changes import Comparisons, carry_clean, changes, same
from harness.sim.config.tree import Mark, Node, is_clean
from harness.sim.store.slots import difference, restored

KEYS = st.sampled_from("abcdef")
LEAVES = st.one_of(st.sampled_from(("1", "2")), st.just(("1", "2")), st.just(True))


@st.composite
def trees(draw, depth=3):
    """Build a tree whose children stand in any order and may be deactivated."""
    node = Node()
    for key in draw(st.lists(KEYS, unique=True, max_size=5)):
        below = draw(trees(depth - 1)) if depth and draw(st.booleans()) else None
        node[key] = below if below is not None else draw(LEAVES)
        if draw(st.integers(0, 5)) == 0:
            node.marked(key, Mark(inactive=True))
    return node


@st.composite
def edited(draw, tree):
    """Copy the path of a few edits, as a load does, and share the rest."""
    twin = tree.copy()
    for key in draw(st.lists(KEYS, unique=True, max_size=3)):
        value = twin.get(key)
        match draw(st.sampled_from(("drop", "set", "inside", "again", "mark"))):
            case "drop":
                twin.pop(key, None)
                twin.marked(key, None)
            case "set":
                twin[key] = draw(LEAVES)
            case "inside" if isinstance(value, Node):
                twin[key] = draw(edited(value))
            case "again" if value is not None:
                twin[key] = twin.pop(key)
            case "mark" if value is not None:
                twin.marked(key, Mark(inactive=draw(st.booleans())))
    return twin


@st.composite
def pairs(draw):
    """Draw two trees, unrelated or one made from the other."""
    older = draw(trees())
    return older, draw(st.one_of(trees(), edited(older)))


@given(pairs())
def test_a_difference_gives_the_older_tree_back(pair):
    """In both directions, whatever lies between them."""
    for older, newer in (pair, pair[::-1]):
        back = restored(newer, difference(newer, older, Comparisons()))
        assert same(back, older)


@given(pairs())
def test_changes_are_what_a_plain_comparison_finds(pair):
    """Added, changed by identity, and gone; in any order."""
    before, after = pair
    found = changes(before, after)
    assert set(found.added) == after.keys() - before.keys()
    assert set(found.gone) == before.keys() - after.keys()
    common = before.keys() & after.keys()
    assert set(found.changed) == {key for key in common if before[key] is not after[key]}
    if found.aligned:
        assert list(after)[: len(before)] == list(before)


@given(pairs())
def test_carried_cleanness_is_the_truth(pair):
    """What is noted from the tree before is what a walk over the new one finds."""
    before, after = pair
    is_clean(before)
    carry_clean(before, after, Comparisons())
    noted, after.clean = after.clean, None
    assert noted in {None, is_clean(after)}


@given(trees())
def test_sameness_sees_order_and_marks(tree):
    """A tree is the same as its copy, and not as one reordered or marked otherwise."""
    assert same(tree, tree.copy())
    if len(tree) > 1:
        turned = Node(dict(reversed(tree.items())))
        turned.marks = tree.marks
        assert not same(tree, turned)
    if tree:
        marked = tree.copy()
        marked.marked(next(iter(tree)), Mark(protected=True))
        assert not same(tree, marked)
