"""Ours is taken out from beside theirs: exactly ours, or nothing at all."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from harness.deploy.baseline import Baseline
from harness.deploy.reconcile import check_removal, check_taken, explained, reconcile
from harness.errors import Quarantined
from harness.render.readback import fingerprint, statements

# -- configurations: a mapping from (kind, tag, key or value) to what is below


@dataclass(frozen=True)
class Step:
    """One step down: a block, an entry of a list, or a leaf with its value."""

    kind: str
    tag: str
    word: str = ""


def block(tag):
    return Step("block", tag)


def entry(tag, key):
    return Step("entry", tag, key)


def leaf(tag, value):
    return Step("leaf", tag, value)


def put(tree, path):
    """Add a statement, with all that it stands in."""
    for step in path:
        tree = tree.setdefault(step, {})


def drop(tree, path):
    """Take a statement away; what it stood in stays."""
    *above, last = path
    for step in above:
        tree = tree.get(step, {})
    tree.pop(last, None)


def xml(tree):
    """Write a configuration as a device does."""
    root = etree.Element("configuration")

    def write(parent, below):
        for step, inner in below.items():
            element = etree.SubElement(parent, step.tag)
            if step.kind == "leaf":
                element.text = step.word
            elif step.kind == "entry":
                etree.SubElement(element, "name").text = step.word
            write(element, inner)

    write(root, tree)
    return etree.tostring(root, encoding="unicode")


def paths(*given_paths):
    """Return paths in the shape of a read-back."""
    return frozenset(
        tuple(word for step in path for word in (step.tag, step.word) if word)
        for path in given_paths
    )


def baseline_of(tree):
    return Baseline("dut", fingerprint(xml(tree)), 1, xml(tree))


# -- generated: theirs and ours share blocks and ports, and meet in the entries of ours

BLOCKS = (
    (block("security"), block("ike")),
    (block("system"),),
    (block("routing"), block("static")),
)
PORT = (block("interfaces"), entry("interface", "st0"))
words = st.sampled_from(["a", "b", "c"])


@st.composite
def statements_of(draw, prefix):
    """Generate a statement below a shared block or port; its names begin with ``prefix``."""
    if draw(st.booleans()):
        unit = entry("unit", prefix + draw(words))
        return (*PORT, unit, block("family"), leaf("address", draw(words)))
    above = draw(st.sampled_from(BLOCKS))
    inside = (entry("policy", prefix + draw(words)),)
    more = draw(st.sampled_from([(), (block("deep"),)]))
    return (*above, *inside, *more, leaf(draw(st.sampled_from(["mode", "peer"])), draw(words)))


many = st.lists


@st.composite
def situations(draw):
    """Generate a baseline, what we add, and what somebody else does to it; entangled or not."""
    base: dict = {}
    for path in draw(many(statements_of("base-"), max_size=6)):
        put(base, path)
    ours = draw(many(statements_of("hil-"), min_size=1, max_size=6))
    adds = draw(many(statements_of("her-"), max_size=4))
    removes = draw(many(statements_of("base-"), max_size=2))
    takes = draw(many(st.sampled_from(ours), max_size=2))
    inside = draw(st.sampled_from([None, None, *ours]))
    return base, ours, adds, removes, takes, inside


def entry_of(path):
    """Return the way to the innermost entry of a statement."""
    last = max(index for index, step in enumerate(path) if step.kind == "entry")
    return path[: last + 1]


@given(situations(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=300)
def test_theirs_stays_and_ours_goes(situation, random):
    """B + ours + theirs, in any order, less ours is B + theirs; or it's said to be entangled."""
    base, ours, adds, removes, takes, inside = situation
    expected, now = _copy(base), _copy(base)
    theirs = [(put, p) for p in adds] + [(drop, p) for p in removes]
    deeds = [(put, p, False) for p in ours] + [(do, p, True) for do, p in theirs]
    random.shuffle(deeds)
    for do, path, hers in deeds:
        do(now, path)
        if hers:
            do(expected, path)
    for path in takes:  # she deletes statements of ours: so would we
        drop(now, path)
    if inside is not None:
        put(now, (*entry_of(inside), leaf("description", "hers")))
    baseline = baseline_of(base)
    if inside is not None:
        with pytest.raises(Quarantined, match="description hers"):
            reconcile(baseline, paths(*ours), xml(now))
        return
    removal = reconcile(baseline, paths(*ours), xml(now))
    assert statements(removal.target).members == statements(xml(expected)).members
    assert removal.removed <= statements(xml(now)).members - statements(xml(expected)).members


def _copy(tree):
    return {step: _copy(below) for step, below in tree.items()}


@given(situations())
@settings(deadline=None, max_examples=100)
def test_without_theirs_the_baseline_comes_back(situation):
    """To the letter, in its order; and the same once more takes nothing."""
    base, ours, *_ = situation
    now = _copy(base)
    for path in ours:
        put(now, path)
    baseline, added = baseline_of(base), paths(*ours)
    removal = reconcile(baseline, added, xml(now))
    assert fingerprint(removal.target) == baseline.fingerprint
    assert explained(baseline, added, xml(now))
    again = reconcile(baseline, added, removal.target)
    assert (again.target, again.removed) == (removal.target, frozenset())


# -- by hand

HERS = "<system><login><message>hers</message></login></system>"
UNIT = (
    "<interfaces><interface><name>st0</name><unit><name>1</name><family><inet/></family></unit>"
    "</interface></interfaces>"
)
IKE = (
    "<security><ike><policy><name>hil-t1</name><mode>main</mode><pre-shared-key>"
    "<ascii-text>$9$abc</ascii-text></pre-shared-key></policy></ike></security>"
)
OURS = statements(f"<configuration>{UNIT}{IKE}</configuration>").members
OLD = "<system><host-name>a</host-name></system>"


def configuration(*parts):
    return f"<configuration>{''.join(parts)}</configuration>"


def baseline_xml(text):
    return Baseline("dut", fingerprint(text), 1, text)


BASE = baseline_xml(configuration(OLD))
PUSHED = configuration(OLD, UNIT, IKE)


@pytest.mark.parametrize(
    ("now", "names"),
    [
        (PUSHED.replace("<mode>main</mode>", "<mode>aggressive</mode>"), "hil-t1 mode aggressive"),
        (PUSHED.replace("<mode>main", '<mode inactive="inactive">main'), "mode main <inactive>"),
        (PUSHED.replace("<unit>", '<unit inactive="inactive">'), "unit 1 <inactive>"),
        (PUSHED.replace("<inet/>", "<inet/><inet6/>"), "st0 unit 1 family inet6"),
        (
            PUSHED.replace("<inet/>", "<inet><address><name>192.0.2.1/31</name></address></inet>"),
            "st0 unit 1 family inet address 192.0.2.1/31",
        ),
    ],
)
def test_both_touched_one_statement(now, names):
    """Nobody but a person can say which of it may go; the statements are named."""
    with pytest.raises(Quarantined, match=names):
        reconcile(BASE, OURS, now)


def test_a_value_that_stands_where_ours_stood():
    """In a block that others share, too."""
    ours = frozenset({("system", "location", "here")})
    moved = configuration("<system><host-name>a</host-name><location>there</location></system>")
    with pytest.raises(Quarantined, match="system location there"):
        reconcile(BASE, ours, moved)


def test_a_port_is_nobodys():
    """Another unit of a port that we were the first to configure is hers alone."""
    hers = "<unit><name>9</name><family><inet/></family></unit>"
    removal = reconcile(BASE, OURS, PUSHED.replace("</interface>", f"{hers}</interface>"))
    left = statements(removal.target).members
    assert ("interfaces", "interface", "st0", "unit", "9", "family", "inet") in left
    assert not {path for path in left if path[4:5] == ("1",)}


def test_what_she_took_from_the_baseline_stays_away():
    """Her deletion is a change like any other."""
    removal = reconcile(BASE, OURS, configuration(HERS, UNIT, IKE))
    assert fingerprint(removal.target) == fingerprint(configuration(HERS))


def test_the_deletion_holds_no_key_and_names_the_topmost_blocks():
    """What goes is named by its way from the top; a block that was there before stays."""
    base = baseline_xml(configuration(OLD, "<security><ike><traceoptions/></ike></security>"))
    now = configuration(OLD, IKE.replace("<policy>", "<traceoptions/><policy>"), HERS)
    patch = reconcile(base, OURS, now).patch
    assert patch == (
        '<configuration><security><ike><policy delete="delete"><name>hil-t1</name></policy></ike>'
        "</security></configuration>"
    )


def test_names_of_the_dialect_do_not_matter():
    """Namespaces and the attributes of readers aren't configuration."""
    dressed = PUSHED.replace(
        "<configuration>",
        '<configuration xmlns="http://xml.juniper.net/xnm/1.1/xnm" '
        'xmlns:junos="http://xml.juniper.net/junos/18.4R3/junos" junos:commit-seconds="7">',
    )
    removal = reconcile(BASE, OURS, dressed)
    assert fingerprint(removal.target) == BASE.fingerprint


def test_explained_means_by_the_baseline_and_ours_alone():
    """A part of ours is; anything else, anything missing, or another password isn't."""
    assert explained(BASE, OURS, PUSHED)
    assert explained(BASE, OURS, configuration(OLD, UNIT))
    assert not explained(BASE, OURS, configuration(OLD, UNIT, HERS))
    assert not explained(BASE, OURS, configuration(UNIT))
    secret = "<system><root><encrypted-password>{}</encrypted-password></root></system>"
    old = baseline_xml(configuration(secret.format("$6$a")))
    assert not explained(old, OURS, configuration(secret.format("$6$b"), UNIT))


def test_what_the_device_remembers_of_our_push_is_compared():
    """A key that somebody changed, and what we never sent, are named without their values."""
    check_taken(BASE, OURS, PUSHED, configuration(OLD, UNIT, IKE, HERS))
    changed = PUSHED.replace("$9$abc", "$9$xyz")
    with pytest.raises(Quarantined, match="hil-t1 pre-shared-key ascii-text <secret>"):
        check_taken(BASE, OURS, PUSHED, changed)
    odd = PUSHED.replace("<name>1</name>", "<name>99</name>")
    with pytest.raises(Quarantined, match=r"what wasn't sent, .*unit 99"):
        check_taken(BASE, OURS, odd, odd)


DIFF = """\
[edit interfaces]
-   st0 {
-       unit 1 {
-           family inet;
-       }
-   }
[edit]
-  security {
-      ike {
-          policy hil-t1 {
-              mode main;
-              pre-shared-key ascii-text "$9$abc"; ## SECRET-DATA
-          }
-      }
-  }
"""


def test_the_device_own_diff_decides():
    """Only deletions, and only of ours; a message never holds a value."""
    removal = reconcile(BASE, OURS, configuration(OLD, UNIT, IKE, HERS))
    check_removal("dut", DIFF, removal)
    for more in ('[edit system]\n-  host-name "$9$x";\n', "[edit system]\n+  host-name b;\n"):
        with pytest.raises(Quarantined, match="system host-name") as said:
            check_removal("dut", DIFF + more, removal)
        assert "$9$" not in str(said.value)
