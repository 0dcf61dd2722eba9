"""A device that deviates from the simulated one is found out, deviation by deviation.

The device is another simulated one into which the deviation was planted; it's asked over SSH, its
answers are kept, and then held against a simulated device without the deviation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from lxml import etree

from harness.compare.probe import Reach
from harness.lab.compare import compare_device, compare_recorded
from harness.lab.run import Run, new_run_id, run_key
from harness.sim.device import Login
from harness.sim.dialect import Dialect
from harness.sim.netconf import session
from harness.sim.netconf.replies import Reply
from harness.system_clock import SystemClock
from harness.testbed.load import load_testbed

_TESTBED = """\
testbed: {name: planted}
devices:
  dut:
    type: gateway
    platform: srx4100
    simulated: true
    underlay:
      external_interface: xe-0/0/0.0
      external_zone: untrust
      local_address: 192.0.2.1
      peers: 198.18.0.0/15
      inner: 100.64.0.0/10
"""
Change = Callable[[str], str]


@dataclass(frozen=True)
class Deviation:
    """What the device does otherwise, and which probe says so."""

    name: str
    found_by: str
    rpc: str = ""  # whose answer is changed; "" for the hello
    change: Change = lambda body: body
    instead: str | None = None  # answered without doing anything


def _cut(old: str, new: str = "") -> Change:
    return lambda body: body.replace(old, new)


_OK = "<ok/>\n"
DEVIATIONS = (
    Deviation("a capability is missing", "hello", change=_cut("capability:candidate:1.0", "x")),
    Deviation("no comment before the hello", "hello", change=_cut("<!-- No zombies", "<!-- Some")),
    Deviation("any lock is granted", "lock-held", "lock-configuration", instead=_OK),
    Deviation("any RFC lock is granted", "lock-held-rfc", "lock", instead=_OK),
    Deviation(
        "a dirty candidate can be locked", "lock-when-changed", "lock-configuration", instead=_OK
    ),
    Deviation(
        "an unlock of nothing is fine", "unlock-without-lock", "unlock-configuration", instead=_OK
    ),
    Deviation(
        "the holder of a lock isn't named",
        "lock-held",
        "lock-configuration",
        _cut("configuration database locked by", "locked by"),
    ),
    Deviation(
        "any statement is taken",
        "load-unknown-set",
        "load-configuration",
        instead=f"<load-configuration-results>{_OK}</load-configuration-results>\n",
    ),
    Deviation("no bad element", "load-unknown-xml", "load-configuration", _cut("system1", "x")),
    Deviation(
        "deleting nothing is an error",
        "delete-absent-set",
        "load-configuration",
        _cut("warning", "error"),
    ),
    Deviation("an unknown RPC is fine", "unknown-rpc", "get-hil-probe", instead=_OK),
    Deviation("an unknown argument is ignored", "unknown-argument", "get-system-information",
              instead="<system-information/>\n"),
    Deviation("a commit does nothing", "commit", "commit-configuration", instead=_OK),
    Deviation("an RFC commit does nothing", "commit-rfc", "commit", instead=_OK),
    Deviation("any confirm time is taken", "commit-confirmed-zero", "commit-configuration",
              instead="<commit-results>\n</commit-results>\n<ok/>\n"),
    Deviation(
        "the history has no comments",
        "commit-confirmed",
        "get-commit-information",
        _cut("commit confirmed, rollback in", "rollback in"),
    ),
    Deviation(
        "the history has no times",
        "get-commit-information",
        "get-commit-information",
        _cut("date-time", "time"),
    ),
    Deviation(
        "patch text without a header", "compare-added", "get-configuration", _cut("[edit", "[")
    ),
    Deviation("nobody is an error to kill", "kill-nobody", "kill-session", instead=_OK),
    Deviation(
        "a wrong configuration is checked well",
        "check-dangling-vpn",
        "commit-configuration",
        instead="<commit-results>\n</commit-results>\n<ok/>\n",
    ),
    Deviation("another namespace", "zones", "get-zones-information", _cut("junos-zones", "z")),
    Deviation(
        "a list element is called otherwise",
        "interfaces-terse",
        "get-interface-information",
        _cut("physical-interface", "interface"),
    ),
    Deviation(
        "a private copy without its warning",
        "open-private",
        "open-configuration",
        _cut("warning", "error"),
    ),
    Deviation(
        "another error tag",
        "edit-config-create-twice",
        "edit-config",
        _cut("data-exists", "operation-failed"),
    ),
)  # fmt: skip


@pytest.mark.parametrize("deviation", DEVIATIONS, ids=lambda deviation: deviation.name)
def test_a_planted_deviation_is_found(
    deviation: Deviation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The probe that is there for it shows a difference; without the deviation it shows none."""
    testbed = tmp_path / "testbed.yaml"
    testbed.write_text(_TESTBED)
    run = Run(new_run_id(), run_key(None), tmp_path / "state", SystemClock())
    only = frozenset((deviation.found_by,))

    def ask(save: Path) -> None:
        compare_device(
            load_testbed(testbed), "dut", run, str, reach=Reach.COMMITS, only=only, save=save
        )

    ask(tmp_path / "alike")
    assert compare_recorded(tmp_path / "alike", SystemClock()).differences == ()
    with monkeypatch.context() as planted:
        _plant(deviation, planted)
        ask(tmp_path / "planted")
    assert compare_recorded(tmp_path / "planted", SystemClock()).differences


def _plant(deviation: Deviation, monkeypatch: pytest.MonkeyPatch) -> None:
    if not deviation.rpc:
        hello = Dialect.hello

        def other_hello(self: Dialect, *args: object) -> str:
            return deviation.change(hello(self, *args))

        monkeypatch.setattr(Dialect, "hello", other_hello)
        return
    handler = session._HANDLERS.get(deviation.rpc)

    def other(login: Login, dialect: Dialect, operation: etree._Element) -> Reply:
        if deviation.instead is not None or handler is None:
            return Reply(deviation.instead or "")
        reply = handler(login, dialect, operation)
        return replace(reply, body=deviation.change(reply.body))

    monkeypatch.setitem(session._HANDLERS, deviation.rpc, other)
