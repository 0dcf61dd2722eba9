"""Probes that commit statements without effect, and that check what can't be committed.

A check confirms a pending confirmed commit, so none of these is asked of a device on which
somebody else's is pending. The baseline is put back and proven after each.
"""

from __future__ import annotations

from typing import Final

from harness.compare.catalogue import statements as s
from harness.compare.probe import GATEWAYS, ROUTERS, Ask, Judging, Leave, Probe, Reach, Step

_ENGINE: Final = ("routing-engine", "name")
_WORDS: Final = Judging.WORDS


def _commits(name: str, about: str, *steps: Step, families: frozenset[str] = ROUTERS) -> Probe:
    return Probe(name, about, Reach.COMMITS, steps, families)


def _newest() -> Ask:
    return Ask(s.HISTORY, Judging.NEWEST)


def _ask(rpc: str) -> Ask:
    return Ask(rpc, _WORDS, optional=_ENGINE)


_CONFIRMED: Final = (
    "<commit-configuration><confirmed/><confirm-timeout>5</confirm-timeout></commit-configuration>"
)

PROBES: Final = (
    _commits("commit", "a commit of one statement", Ask(s.load_set(s.LIST_SET), Judging.UNJUDGED),
             _ask(s.COMMIT), _newest(), Ask(s.COMPARE)),
    _commits("commit-rfc", "the same in the words of RFC 6241",
             Ask(s.load_set(s.LIST_SET), Judging.UNJUDGED), _ask("<commit/>"), Ask(s.COMPARE)),
    _commits("commit-empty", "a commit without a change", _ask(s.COMMIT), _newest()),
    _commits("commit-with-log", "a commit with a comment",
             _ask("<commit-configuration><log>hil-probe</log></commit-configuration>"),
             _newest()),
    _commits("commit-log-512", "a comment of 512 characters",
             _ask(f"<commit-configuration><log>{'x' * 512}</log></commit-configuration>")),
    _commits("commit-log-513", "a comment of 513 characters",
             _ask(f"<commit-configuration><log>{'x' * 513}</log></commit-configuration>")),
    _commits("commit-confirmed", "a confirmed commit in the history, and its end by a check",
             Ask(s.load_set(s.LIST_SET), Judging.UNJUDGED), _ask(_CONFIRMED),
             _newest(), _ask(s.CHECK)),
    _commits("commit-confirmed-zero", "a confirmed commit of no minutes",
             _ask("<commit-configuration><confirmed/><confirm-timeout>0</confirm-timeout>"
                  "</commit-configuration>")),
    _commits("commit-confirmed-too-long", "a confirmed commit of 65536 minutes",
             _ask("<commit-configuration><confirmed/><confirm-timeout>65536</confirm-timeout>"
                  "</commit-configuration>")),
    _commits("confirm-by-another", "another session's commit confirms",
             Ask(s.load_set(s.LIST_SET), Judging.UNJUDGED), Ask(_CONFIRMED, Judging.UNJUDGED),
             Ask(s.COMMIT, _WORDS, "b", optional=_ENGINE), _newest()),
    _commits("confirmed-rfc-and-gone", "an RFC confirmed commit rolls back with its session",
             Ask(s.load_set(s.LIST_SET), Judging.UNJUDGED, "b"),
             Ask("<commit><confirmed/></commit>", _WORDS, "b", optional=_ENGINE),
             Ask("<close-session/>", Judging.UNJUDGED, "b"), Leave("b"), _newest()),
    _commits("cancel-nothing", "cancel-commit without a pending one", Ask("<cancel-commit/>")),
    _commits("commit-synchronize", "commit synchronize on one routing engine",
             _ask("<commit-configuration><synchronize/></commit-configuration>")),
    _commits("commit-at-the-past", "a commit at a time that is over",
             Ask("<commit-configuration><at-time>2001-01-01 00:00:00</at-time>"
                 "</commit-configuration>")),
    _commits("commit-unknown-option", "an option that there isn't",
             Ask("<commit-configuration><hil-probe/></commit-configuration>")),
    _commits("check-dangling-table", "a route to a table that isn't there",
             Ask(s.load_set(s.DANGLING_POLICY_SET), Judging.UNJUDGED), _ask(s.CHECK)),
    _commits("check-dangling-gateway", "a gateway whose IKE policy isn't there",
             Ask(s.load_set(s.DANGLING_GATEWAY_SET), Judging.UNJUDGED), _ask(s.CHECK),
             families=GATEWAYS),
    _commits("check-dangling-vpn", "a VPN whose gateway and policy aren't there",
             Ask(s.load_set(s.DANGLING_VPN_SET), Judging.UNJUDGED), _ask(s.CHECK),
             families=GATEWAYS),
    _commits("commit-refused", "a refused commit leaves the candidate as it was",
             Ask(s.load_set(s.DANGLING_VPN_SET), Judging.UNJUDGED), Ask(s.COMMIT, Judging.UNJUDGED),
             Ask(s.COMPARE), families=GATEWAYS),
    _commits("commit-from-private", "a commit of a private copy",
             Ask(s.PRIVATE, Judging.UNJUDGED),
             Ask(s.load_set(s.LIST_SET)), _ask(s.COMMIT)),
    _commits("confirmed-from-private", "a confirmed commit of a private copy",
             Ask(s.PRIVATE, Judging.UNJUDGED),
             Ask(s.load_set(s.LIST_SET), Judging.UNJUDGED), _ask(_CONFIRMED)),
)  # fmt: skip
