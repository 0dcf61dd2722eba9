"""Probes of what a session says first, and of messages that are none."""

from __future__ import annotations

from typing import Final

from harness.compare.probe import (
    ALL_FAMILIES,
    Ask,
    Judging,
    Leave,
    Open,
    Probe,
    Reach,
    asking,
)

_WORDS: Final = Judging.WORDS

PROBES: Final = (
    Probe(
        "hello",
        "comments, capabilities, prefixes and session id of the greeting",
        Reach.READS,
        (Open("a", _WORDS),),
        ALL_FAMILIES,
    ),
    Probe(
        "hello-of-a-second-session",
        "a second session is greeted as the first one",
        Reach.READS,
        (Open("a"), Open("b", _WORDS)),
        ALL_FAMILIES,
    ),
    asking("unknown-rpc", "an RPC that nobody knows", "<get-hil-probe/>", judging=_WORDS,
           families=ALL_FAMILIES),
    asking("unknown-rpc-with-content", "the same with something in it",
           "<get-hil-probe><brief/></get-hil-probe>", judging=_WORDS, families=ALL_FAMILIES),
    asking("unknown-argument", "an argument that a known RPC doesn't have",
           "<get-system-information><hil-probe/></get-system-information>", judging=_WORDS,
           families=ALL_FAMILIES),
    asking("unknown-command", "a command that nobody knows, over NETCONF",
           '<command format="text">show hil-probe</command>', judging=_WORDS,
           families=ALL_FAMILIES),
    asking("empty-command", "a command without a word", "<command/>", judging=_WORDS),
    asking("empty-rpc", "an rpc without an operation", "", judging=_WORDS),
    asking("two-operations", "an rpc with two operations",
           "<get-system-information/><get-system-information/>", judging=_WORDS),
    Probe(
        "session-after-an-error",
        "a session lives on after an unknown RPC",
        Reach.READS,
        (Ask("<get-hil-probe/>"), Ask("<get-system-information/>", Judging.SHAPE)),
    ),
    Probe(
        "echoed-attributes",
        "attributes of an rpc come back in its reply (RFC 6241, 4.2)",
        Reach.READS,
        (
            Ask(
                '<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="1" '
                'hil-probe="x"><get-system-information/></rpc>',
                Judging.SHAPE,
                whole=True,
            ),
        ),
        ALL_FAMILIES,
    ),
    Probe(
        "no-message-id",
        "an rpc without a message id is answered",
        Reach.READS,
        (Ask("<rpc><get-system-information/></rpc>", Judging.SHAPE, whole=True),),
        ALL_FAMILIES,
    ),
    Probe(
        "not-an-rpc",
        "a message with another root",
        Reach.READS,
        (Ask("<hil-probe/>", _WORDS, whole=True),),
    ),
    Probe(
        "ill-formed",
        "a message that isn't XML",
        Reach.READS,
        (Ask("<rpc><get-system-information></rpc>", _WORDS, whole=True),),
    ),
    asking("kill-nobody", "kill-session of a session that isn't there",
           "<kill-session><session-id>4194304</session-id></kill-session>", judging=_WORDS),
    asking("kill-without-id", "kill-session without a session id", "<kill-session/>",
           judging=_WORDS),
    Probe(
        "kill-another",
        "kill-session ends another session",
        Reach.READS,
        (Open("b"), Leave("b"), Ask("<close-session/>", _WORDS)),
    ),
    asking("close", "the answer to close-session", "<close-session/>", judging=_WORDS,
           families=ALL_FAMILIES),
)  # fmt: skip
