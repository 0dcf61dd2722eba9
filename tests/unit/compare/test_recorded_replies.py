"""Replies that were recorded on real devices, held against the simulated device of their kind.

Left out: releases before 12.3, whose errors have other elements.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.compare import fixtures
from harness.compare.catalogue import PROBES
from harness.compare.fixtures import Recorded
from harness.compare.probe import Answer, Observation
from harness.lab.compare import compare_recorded
from harness.system_clock import SystemClock

_DATA = Path(
    os.environ.get("HARNESS_REFERENCE_DATA", Path(__file__).parents[4] / "shared" / "data")
)
_REPLIES = _DATA / "replies"
_CLI = re.compile(r"<cli>.*?</cli>", re.DOTALL)
_PROBES = {probe.name: probe for probe in PROBES}


@dataclass(frozen=True)
class Reply:
    """One recorded reply: which probe asks for it, and of which device it came."""

    file: str
    probe: str
    platform: str
    version: str
    step: int = 0  # of the probe
    rfc_compliant: bool = False


_RECORDED = (
    Reply("scrapli_netconf/rpc", "zones", "vsrx", "17.3R2.10"),
    Reply("junos_exporter/ipsec-TestParseSRXOutput-1.xml", "ipsec-associations", "srx4100",
          "18.4R3.3"),
    Reply("junos_exporter/system-TestSystemCommit-0.xml", "get-commit-information", "vsrx",
          "24.2R2-S1.6"),
    Reply("junos_exporter/alarm-TestParseOutputSingleRESystemAlarms-1.xml", "alarms", "vsrx",
          "18.4R3.3"),
    Reply("junos_exporter/storage-TestParseNoMultiREOutput-1.xml", "storage", "vmx", "18.2R1.9"),
    Reply("pyez/cluster_false_get-chassis-cluster-status.xml", "cluster-status", "vsrx",
          "12.3X48-D10"),
    Reply("pyez/sw_info_simple_get-software-information.xml", "software-information", "vmx",
          "16.1R1.1"),
    Reply("pyez/personality_vmx_get-route-engine-information.xml", "route-engine", "vmx",
          "16.1R1.1"),
    Reply("go-netconf/commit-results-0.xml", "commit", "vsrx", "15.1F4.1", step=1),
)  # fmt: skip


@pytest.mark.skipif(not _REPLIES.is_dir(), reason=f"no recorded replies at {_REPLIES}")
@pytest.mark.parametrize("reply", _RECORDED, ids=lambda reply: reply.file)
def test_no_difference_to_what_real_devices_said(reply: Reply, tmp_path: Path) -> None:
    """The simulated device answers as the real one of that kind and release did."""
    text = (_REPLIES / reply.file).read_text(encoding="utf-8-sig")
    text = _CLI.sub("", text)  # recorded on a terminal, with "| display xml"
    probe = _PROBES[reply.probe]
    answers = tuple(
        Answer(str(step), text if number == reply.step else "", lost="")
        for number, step in enumerate(probe.steps[: reply.step + 1])
    )
    seen = Observation(probe.name, answers, "USER", "HOST")
    about = Recorded("recorded", reply.version, reply.platform, rfc_compliant=reply.rfc_compliant)
    fixtures.save(tmp_path, about, (seen,))
    found = compare_recorded(tmp_path, SystemClock()).differences
    assert [str(each) for each in found if each.step == str(probe.steps[reply.step])] == []
