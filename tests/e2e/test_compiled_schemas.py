"""The product's suites on simulated devices that have the vendor's whole model and its rules."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from harness.outcome import Outcome
from harness.sim.yang.compiling import compile_family
from harness.sim.yang.table import write_table

DATA = Path(os.environ.get("HARNESS_REFERENCE_DATA", Path(__file__).parents[3] / "shared" / "data"))
MODELS = DATA / "yang" / "junos-18.4R3.tar.xz"
TESTBED = """\
testbed: {name: compiled}
devices:
  srx:
    platform: srx4100
    simulated: true
    underlay: &srx
      external_interface: xe-0/0/0.0
      external_zone: untrust
      local_address: 192.0.2.1
      peers: 198.18.0.0/15
      inner: 100.64.0.0/10
    custom: {schema: junos-es.json.xz}
  mx:
    platform: vmx
    emulates: srx4100
    simulated: true
    underlay:
      external_interface: ge-0/0/0.0
      local_address: 192.0.2.1
      peers: 198.18.0.0/15
      inner: 100.64.0.0/10
    custom: {schema: junos.json.xz}
"""


@pytest.mark.skipif(not MODELS.exists(), reason=f"no reference models at {MODELS}")
def test_the_suites_pass_with_compiled_schemas(tmp_path, runner):
    """An SRX with its own rules and an MX with those taken over, two tunnels of each kind."""
    with tarfile.open(MODELS) as archive:
        archive.extractall(tmp_path, filter="data")
    for family in ("junos-es", "junos"):
        table = compile_family(tmp_path / "18.4R3", family)
        write_table(table, tmp_path / f"{family}.json.xz")
    testbed = tmp_path / "compiled.yaml"
    testbed.write_text(TESTBED)
    run = runner("suites", "--testbed", testbed, "--count", "2", "-n", "0")
    assert run.exit_code == 0, run.output
    assert {case.outcome for case in run.cases.values()} == {Outcome.PASS}
    kinds = [f"tunnels srx-{kind}-2" for kind in ("ipsec", "gre", "gre-over-ipsec")]
    assert {*kinds, "tunnels mx-gre-2"} <= run.cases.keys()
