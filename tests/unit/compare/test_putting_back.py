"""What becomes of a device when a probe that commits goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.compare.catalogue.statements import COMMIT, load_set
from harness.compare.play import rpc
from harness.compare.probe import Probe, Reach
from harness.errors import Unreachable
from harness.lab import compare
from harness.lab.bench import Bench
from harness.lab.run import Run, new_run_id, run_key
from harness.system_clock import SystemClock
from harness.testbed.load import load_testbed

_TESTBED = """\
testbed: {name: one}
devices:
  dut:
    type: gateway
    platform: vmx
    simulated: true
    underlay: {external_interface: ge-0/0/0.0, local_address: 192.0.2.1,
               peers: 198.18.0.0/15, inner: 100.64.0.0/10}
"""


def test_the_baseline_is_put_back_although_nothing_could_be_discarded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that can't be had to discard with doesn't leave the commit on the device."""
    path = tmp_path / "one.yaml"
    path.write_text(_TESTBED)
    put_back = compare._put_back
    done: list[str] = []

    def fail(*_: object) -> None:
        raise Unreachable("no session")

    def proven(probe: Probe, bench: Bench) -> None:
        put_back(probe, bench)
        done.append(probe.name)

    monkeypatch.setattr(compare, "_discard", fail)
    monkeypatch.setattr(compare, "_put_back", proven)
    run = Run(new_run_id(), run_key(None), tmp_path / "state", SystemClock())
    with pytest.raises(Unreachable, match="no session"):
        compare.compare_device(
            load_testbed(path), "dut", run, str, reach=Reach.COMMITS, only=frozenset(("commit",))
        )
    assert done == ["commit"]


_MESSAGE = "somebody was here"


def _runs(bench: Bench) -> str:
    with bench.reader() as reader:
        return reader.configuration(fmt="set")


@pytest.mark.parametrize("probe", ["commit", "commit-rfc", "commit-with-log", "commit-empty"])
def test_what_somebody_commits_meanwhile_stays(
    probe: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even one who logs in as the probe does: what is the probe's is told by its content."""
    path = tmp_path / "one.yaml"
    path.write_text(_TESTBED)
    put_back = compare._put_back
    shown: list[str] = []

    def somebody(_: Probe, asked: compare._Asked) -> None:
        wire = asked.netconf()
        wire.ask(rpc(load_set(f'set system login message "{_MESSAGE}"')))
        wire.ask(rpc(COMMIT))
        wire.close()

    def seen(probe: Probe, bench: Bench) -> None:
        before = _runs(bench)
        put_back(probe, bench)
        after = _runs(bench)
        assert [each for each in before.splitlines() if "hil-probe" not in each] == (
            after.splitlines()
        )
        shown.append(after)

    monkeypatch.setattr(compare, "_discard", somebody)
    monkeypatch.setattr(compare, "_put_back", seen)
    run = Run(new_run_id(), run_key(None), tmp_path / "state", SystemClock())
    compare.compare_device(
        load_testbed(path), "dut", run, str, reach=Reach.COMMITS, only=frozenset((probe,))
    )
    assert len(shown) == 1
    assert _MESSAGE in shown[0]


def test_the_timer_of_a_probe_is_not_waited_for(tmp_path: Path) -> None:
    """The history calls its commit confirmed ever after, and bears no mark: it's ours."""
    path = tmp_path / "one.yaml"
    path.write_text(_TESTBED)
    state = tmp_path / "state"
    run = Run(new_run_id(), run_key(None), state, SystemClock(), restore_wait=0.0)
    found = compare.compare_device(
        load_testbed(path),
        "dut",
        run,
        str,
        reach=Reach.COMMITS,
        only=frozenset(("commit-confirmed",)),
    )
    assert [probe.name for probe in found.asked] == ["commit-confirmed"]
