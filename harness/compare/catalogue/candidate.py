"""Probes that change the candidate and discard it: locks, loads, differences."""

from __future__ import annotations

from typing import Final

from harness.compare.catalogue import statements as s
from harness.compare.probe import GATEWAYS, ROUTERS, Ask, Judging, Leave, Open, Probe, Reach, Step

_SHAPE: Final = Judging.SHAPE


def _edits(name: str, about: str, *steps: Step, families: frozenset[str] = ROUTERS) -> Probe:
    """Return a probe between lock and discard of session a."""
    around = (Ask(s.LOCK, Judging.UNJUDGED), *steps, Ask(s.DISCARD, Judging.UNJUDGED))
    return Probe(name, about, Reach.EDITS, around, families)


def _contest(name: str, about: str, *steps: Step) -> Probe:
    """Return a probe that takes its own locks."""
    return Probe(name, about, Reach.EDITS, steps)


_LOCKS: Final = (
    _contest("lock", "lock and unlock", Ask(s.LOCK), Ask(s.UNLOCK)),
    _contest("lock-rfc", "the same in the words of RFC 6241", Ask(s.RFC_LOCK), Ask(s.RFC_UNLOCK)),
    _contest("lock-twice", "a lock that the session has already", Ask(s.LOCK), Ask(s.LOCK)),
    _contest("lock-held", "a lock that another session has", Ask(s.LOCK),
             Ask(s.LOCK, session="b")),
    _contest("lock-held-rfc", "the same in the words of RFC 6241", Ask(s.RFC_LOCK),
             Ask(s.RFC_LOCK, session="b")),
    _contest("lock-running", "a lock of the running configuration",
             Ask("<lock><target><running/></target></lock>"),
             Ask("<unlock><target><running/></target></unlock>")),
    _contest("unlock-without-lock", "an unlock of what isn't locked", Ask(s.UNLOCK)),
    _contest("unlock-of-another", "an unlock of another session's lock", Ask(s.LOCK),
             Ask(s.UNLOCK, session="b")),
    _contest("lock-when-changed", "a lock while the candidate has changes",
             Ask(s.load_set(s.LIST_SET), Judging.UNJUDGED), Ask(s.LOCK, session="b"),
             Ask(s.DISCARD, Judging.UNJUDGED)),
    _contest("load-against-lock", "a load while another session has the lock", Ask(s.LOCK),
             Ask(s.load_set(s.LIST_SET), session="b")),
    _contest("commit-against-lock", "a commit check while another session has the lock",
             Ask(s.LOCK), Ask(s.CHECK, session="b")),
    _contest("lock-of-the-gone", "the lock of a session that left is free, its changes are gone",
             Ask(s.LOCK, session="b"), Ask(s.load_set(s.LIST_SET), session="b"), Leave("b"),
             Ask(s.LOCK), Ask(s.COMPARE)),
    _contest("discard-of-another", "a session discards what another one loaded",
             Ask(s.load_set(s.LIST_SET)), Ask(s.DISCARD, session="b"), Ask(s.COMPARE)),
    _contest("change-seen-by-another", "the candidate is shared",
             Ask(s.load_set(s.LIST_SET)), Ask(s.COMPARE, session="b"),
             Ask(s.DISCARD, Judging.UNJUDGED)),
    _contest("open-private", "a private copy", Ask(s.PRIVATE),
             Ask(s.CLOSE)),
    _contest("open-private-twice", "a second private copy of one session",
             Ask(s.PRIVATE, Judging.UNJUDGED),
             Ask(s.PRIVATE),
             Ask(s.CLOSE, Judging.UNJUDGED)),
    _contest("private-apart", "others don't see a private change",
             Ask(s.PRIVATE, Judging.UNJUDGED),
             Ask(s.load_set(s.LIST_SET)), Ask(s.COMPARE, session="b"),
             Ask(s.CLOSE, Judging.UNJUDGED)),
    _contest("open-ephemeral-unknown", "an ephemeral instance that isn't configured",
             Ask("<open-configuration><ephemeral-instance>hil-probe</ephemeral-instance>"
                 "</open-configuration>")),
    _contest("close-without-open", "close-configuration without an open one",
             Ask(s.CLOSE)),
)  # fmt: skip

_LOADS: Final = (
    _edits("load-xml", "XML is taken", Ask(s.load_xml(s.LIST_XML)), Ask(s.COMPARE)),
    _edits("load-text", "braces are taken", Ask(s.load_text(s.LIST_TEXT)), Ask(s.COMPARE)),
    _edits("load-set", "set lines are taken", Ask(s.load_set(s.LIST_SET)), Ask(s.COMPARE)),
    _edits("load-json", "JSON is taken", Ask(s.load_json(s.LIST_JSON)), Ask(s.COMPARE)),
    _edits("load-nothing", "an empty configuration is taken", Ask(s.load_xml("")), Ask(s.COMPARE)),
    _edits("load-unknown-xml", "an unknown statement in XML", Ask(s.load_xml("<system1/>")),
           Ask(s.COMPARE)),
    _edits("load-unknown-text", "an unknown statement with braces",
           Ask(s.load_text("system1 { host-name x; }")), Ask(s.COMPARE)),
    _edits("load-unknown-set", "an unknown statement in a set line",
           Ask(s.load_set("set system1 host-name x"))),
    _edits("load-unclosed-text", "a brace that isn't closed",
           Ask(s.load_text("policy-options { prefix-list hil-probe {"))),
    _edits("load-bad-json", "JSON that is none", Ask(s.load_json("{ not json"))),
    _edits("load-half-refused", "nothing stays of a load with one wrong line",
           Ask(s.load_set(f"{s.LIST_SET}\nset system1 x")), Ask(s.COMPARE)),
    _edits("load-bad-address", "an address that is none",
           Ask(s.load_set("set policy-options prefix-list hil-probe 300.0.0.0/8"))),
    _edits("load-bad-number", "a number out of range",
           Ask(s.load_set("set security ike proposal hil-probe lifetime-seconds 5")),
           families=GATEWAYS),
    _edits("load-long-name", "a name of 33 characters",
           Ask(s.load_set(f"set security ike gateway {'x' * 33} address 192.0.2.1")),
           families=GATEWAYS),
    _edits("load-bad-word", "a word that an enumeration doesn't have",
           Ask(s.load_set("set security ike gateway hil-probe version v9-only")),
           families=GATEWAYS),
    _edits("load-of-a-security-device", "a statement that routers don't have",
           Ask(s.load_set("set security ipsec vpn hil-probe bind-interface st0.0")),
           families=frozenset(("junos",))),
    _edits("delete-absent-set", "deleting what isn't there", Ask(s.load_set(s.DELETE_SET))),
    _edits("delete-absent-xml", "the same in XML",
           Ask(s.load_xml("<policy-options><prefix-list delete=\"delete\"><name>hil-probe</name>"
                          "</prefix-list></policy-options>"))),
    _edits("edit-config", "RFC 6241 merges", Ask(s.edit("")), Ask(s.COMPARE)),
    _edits("edit-config-create-twice", "create of what exists",
           Ask(s.edit("", "create"), Judging.UNJUDGED), Ask(s.edit("", "create"))),
    _edits("edit-config-delete-absent", "delete of what isn't there", Ask(s.edit("", "delete"))),
    _edits("edit-config-remove-absent", "remove of what isn't there", Ask(s.edit("", "remove"))),
    _edits("edit-config-none", "default operation none", Ask(s.edit("", default="none"))),
    _edits("edit-config-url", "edit-config from a URL",
           Ask("<edit-config><target><candidate/></target><url>file:///hil-probe</url></edit-config>")),
    _edits("copy-config-unknown", "copy-config to a datastore that there isn't",
           Ask("<copy-config><target><startup/></target><source><running/></source></copy-config>")),
    _edits("delete-config-running", "delete-config of the running configuration",
           Ask("<delete-config><target><startup/></target></delete-config>")),
    _edits("rollback-beyond", "a rollback to a slot beyond the last one",
           Ask('<load-configuration rollback="50"/>')),
    _edits("rollback-word", "a rollback to a word", Ask('<load-configuration rollback="x"/>')),
    _edits("rollback-now", "a rollback to what runs", Ask('<load-configuration rollback="0"/>'),
           Ask(s.COMPARE)),
    _edits("load-bad-action", "an action that there isn't",
           Ask(s.load_xml(s.LIST_XML, action="hil-probe"))),
    _edits("compare-added", "an added entry in patch text", Ask(s.load_set(s.LIST_SET)),
           Ask(s.load_set(s.ANOTHER_SET)), Ask(s.COMPARE)),
    _edits("compare-deactivated", "a deactivated statement in patch text",
           Ask(s.load_set(f"{s.LIST_SET}\ndeactivate policy-options prefix-list hil-probe")),
           Ask(s.COMPARE)),
    _edits("compare-annotated", "a comment in patch text",
           Ask(s.load_text(f"/* hil-probe */ {s.LIST_TEXT}")), Ask(s.COMPARE)),
)  # fmt: skip

_CHECKS: Final = (
    Probe("validate", "RFC 6241 validate of an unchanged candidate", Reach.COMMITS,
          (Ask("<validate><source><candidate/></source></validate>"),)),
    Probe("check-unchanged", "commit check of an unchanged candidate", Reach.COMMITS,
          (Ask(s.CHECK, _SHAPE, optional=("name",)),)),
)  # fmt: skip

PROBES: Final = (*_LOCKS, *_LOADS, *_CHECKS, Probe(
    "session-ids-differ", "each session has its own id", Reach.READS,
    (Open("a", _SHAPE), Open("b", _SHAPE)),
))  # fmt: skip
