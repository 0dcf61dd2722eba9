"""The stored form of keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sim.config.secret9 import Salts, decode, encode, same_secret
from harness.sim.config.tree import leaf

KEY = ("security", "ike", "policy", "corp-ike", "pre-shared-key", "ascii-text")


@given(clear=st.text(min_size=1, max_size=255), seed=st.binary(max_size=8))
def test_what_is_stored_can_be_read(clear, seed):
    """Any text comes back, and stands nowhere in what is stored."""
    stored = encode(clear, Salts(seed).next())
    assert stored.startswith("$9$")
    assert decode(stored) == clear


def test_a_published_example_is_read():
    """An example of the public description of the form."""
    assert decode("$9$LbHX-wg4Z") == "lc"


@pytest.mark.parametrize("text", ["", "$9$", "plain", "$9$!", "$9$LbHX-wg4", "$8$abc"])
def test_what_is_no_stored_form_is_none(text):
    """Cut off or foreign texts decode to nothing."""
    assert decode(text) is None


def test_salts_differ_and_repeat_by_seed():
    """Two keys of one device differ in salt; two devices of one seed do the same."""
    first, second = Salts(b"a"), Salts(b"a")
    some = [first.next() for _ in range(20)]
    assert some == [second.next() for _ in range(20)]
    assert len(set(some)) > 10
    assert Salts(b"b").next() != some[0]


def test_the_same_key_in_clear_or_stored_is_the_same():
    """Comparison is by clear text."""
    stored = encode("key", Salts(b"a").next())
    assert same_secret(stored, "key")
    assert same_secret(stored, encode("key", Salts(b"b").next()))
    assert not same_secret(stored, "other")


def line(key: str) -> str:
    return f'set security ike policy corp-ike pre-shared-key ascii-text "{key}"'


@pytest.mark.parametrize("action", ["set", "update", "override"])
def test_a_key_sent_again_keeps_its_stored_text(store, session, action):
    """The same clear key over an equal one changes nothing; another one does."""
    before = leaf(store.committed, *KEY)
    assert before.startswith("$9$")
    lines = store.render(store.committed, "set")
    lines = lines if action != "set" else ""
    session.load(f"{lines}\n{line('simulated-headquarters')}", "set", action)
    assert leaf(store.candidate, *KEY) == before
    assert not store.dirty
    session.load(f"{lines}\n{line('other')}", "set", action)
    after = leaf(store.candidate, *KEY)
    assert after != before
    assert decode(after) == "other"


def test_a_stored_key_is_kept_as_it_is(store, session):
    """A $9$ text isn't stored again in another form."""
    stored = encode("mine", Salts(b"x").next())
    session.load(line(stored), "set")
    assert leaf(store.candidate, *KEY) == stored


def test_a_seed_makes_devices_repeat(make_store):
    """The same seed stores the same text; another seed another one of the same key."""
    stored = []
    for seed in (b"1", b"1", b"2"):
        store = make_store(secret_seed=seed)
        store.session("lab", "cli", 1).load(line("mine"), "set")
        stored.append(leaf(store.candidate, *KEY))
    one, two, other = stored
    assert one == two != other
    assert decode(other) == "mine"


def test_devices_that_start_alike_share_what_they_start_with(make_store):
    """The starting configuration is read once; what isn't the device's own is the same object."""
    one, other = make_store(hostname="one"), make_store(hostname="other")
    assert leaf(one.committed, "system", "host-name") == "one"
    assert leaf(other.committed, "system", "host-name") == "other"
    assert one.committed["security"] is other.committed["security"]
