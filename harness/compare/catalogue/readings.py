"""Probes that read configuration and history."""

from __future__ import annotations

from typing import Final

from harness.compare.catalogue.statements import COMPARE
from harness.compare.probe import ALL_FAMILIES, Judging, asking

_WORDS: Final = Judging.WORDS
_COMMIT_ATTRIBUTES: Final = (
    "@junos:commit-seconds",
    "@junos:commit-localtime",
    "@junos:commit-user",
    "@junos:changed-seconds",
    "@junos:changed-localtime",
)
# Below <configuration> everything is the operator's own.
_SYSTEM: Final = "<configuration><system><host-name/></system></configuration>"

PROBES: Final = (
    asking("get-configuration", "the committed configuration, one leaf",
           f'<get-configuration database="committed">{_SYSTEM}</get-configuration>',
           families=ALL_FAMILIES),
    asking("get-configuration-candidate", "the candidate, one leaf",
           f"<get-configuration>{_SYSTEM}</get-configuration>", optional=_COMMIT_ATTRIBUTES,
           families=ALL_FAMILIES),
    asking("get-configuration-text", "one leaf with braces",
           f'<get-configuration database="committed" format="text">{_SYSTEM}</get-configuration>',
           judging=_WORDS),
    asking("get-configuration-set", "one leaf as set lines",
           f'<get-configuration database="committed" format="set">{_SYSTEM}</get-configuration>',
           judging=_WORDS),
    asking("get-configuration-json", "one leaf as JSON",
           f'<get-configuration database="committed" format="json">{_SYSTEM}</get-configuration>'),
    asking("get-configuration-inherit", "one leaf with what groups give",
           '<get-configuration database="committed" inherit="inherit">'
           f"{_SYSTEM}</get-configuration>"),
    asking("get-configuration-nothing", "a subtree in which nothing is configured",
           '<get-configuration database="committed"><configuration><event-options/>'
           "</configuration></get-configuration>", judging=_WORDS, optional=_COMMIT_ATTRIBUTES),
    asking("get-configuration-unknown", "a subtree that the model doesn't have",
           '<get-configuration database="committed"><configuration><hil-probe/>'
           "</configuration></get-configuration>", judging=_WORDS, optional=_COMMIT_ATTRIBUTES),
    asking("get-configuration-bad-format", "a format that there isn't",
           '<get-configuration format="hil-probe"/>', judging=_WORDS),
    asking("get-configuration-bad-database", "a database that there isn't",
           '<get-configuration database="hil-probe"/>', judging=_WORDS),
    asking("compare-nothing", "the difference of an unchanged candidate", COMPARE,
           judging=_WORDS, families=ALL_FAMILIES),
    asking("compare-beyond", "the difference to a slot beyond the last one",
           '<get-configuration compare="rollback" rollback="50" format="text"/>', judging=_WORDS),
    asking("get-config-running", "RFC 6241 get-config with a subtree filter",
           '<get-config><source><running/></source><filter type="subtree">'
           f"{_SYSTEM}</filter></get-config>"),
    asking("get-config-candidate", "the same of the candidate",
           '<get-config><source><candidate/></source><filter type="subtree">'
           f"{_SYSTEM}</filter></get-config>", optional=_COMMIT_ATTRIBUTES),
    asking("get-config-nothing", "get-config of a subtree in which nothing is configured",
           '<get-config><source><running/></source><filter type="subtree"><configuration>'
           "<event-options/></configuration></filter></get-config>", judging=_WORDS,
           optional=_COMMIT_ATTRIBUTES),
    asking("get-config-startup", "a datastore that Junos doesn't have",
           "<get-config><source><startup/></source></get-config>", judging=_WORDS),
    asking("get-commit-information", "the commit history", "<get-commit-information/>",
           optional=("log", "comment")),
    asking("get-commit-revision", "the revision of the newest commit",
           "<get-commit-revision-information><level>detail</level>"
           "</get-commit-revision-information>", optional=("comment",)),
    asking("get-rollback-beyond", "a rollback slot beyond the last one",
           "<get-rollback-information><rollback>50</rollback></get-rollback-information>",
           judging=_WORDS),
    asking("get-rescue", "the rescue configuration, if there is one",
           "<get-rescue-information/>", judging=Judging.UNJUDGED),
)  # fmt: skip
