"""Compiled schemas named by a testbed and by ``harness sim run``: which device takes which."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli.main import main
from harness.errors import TestbedError, UsageError
from harness.lab.simulation import specs_of, with_schemas
from harness.sim.spec import DeviceSpec
from harness.sim.store.profiles import profile, published_family
from harness.sim.yang.compiling import compile_family
from harness.sim.yang.table import write_table
from harness.testbed.load import load_testbed

TESTBED = """\
testbed: {name: lab}
devices:
  srx:
    platform: srx4100
    simulated: true
    underlay:
      external_interface: xe-0/0/0.0
      external_zone: untrust
      local_address: 192.0.2.1
      peers: 198.18.0.0/15
      inner: 100.64.0.0/10
    custom:
      commit_seconds: 0
      schema: NAME
"""


@pytest.fixture
def lab(small, tmp_path) -> Path:
    """Return a folder with both small families compiled and a testbed."""
    for family in ("junos-es", "junos"):
        write_table(compile_family(small, family), tmp_path / f"{family}.json.xz")
    (tmp_path / "lab.yaml").write_text(TESTBED)
    return tmp_path


def spec(lab: Path, name: str) -> DeviceSpec:
    """Return what the simulator is told when the testbed names the schema ``name``."""
    path = lab / "lab.yaml"
    path.write_text(TESTBED.replace("NAME", name))
    testbed = load_testbed(path)
    return specs_of(testbed)[0]


def test_the_path_begins_at_the_testbed(lab, monkeypatch):
    """Wherever the program runs, and however the testbed is named."""
    assert spec(lab, "junos-es.json.xz").schema == lab / "junos-es.json.xz"
    monkeypatch.chdir(lab.parent)
    testbed = load_testbed(Path(lab.name) / "lab.yaml")
    told = specs_of(testbed)[0]
    assert told.schema == Path(lab.name) / "junos-es.json.xz"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("junos.json.xz", "a schema of junos for a srx4100; it takes junos-es"),
        ("nope.json.xz", "no such file"),
        (
            "lab.yaml",
            "no compiled schema; make one with: harness sim schema build",
        ),
    ],
)
def test_a_schema_that_doesnt_fit(name, said, lab):
    """File, line and key of the testbed, and why."""
    with pytest.raises(TestbedError) as caught:
        spec(lab, name)
    where = f"{lab / 'lab.yaml'}:14: devices.srx.custom.schema"
    assert str(caught.value) == f"{where}: {lab / name}: {said}"


def test_devices_share_the_model(lab):
    """Of one file, however many name it; another file has its own."""
    path = lab / "junos-es.json.xz"
    assert profile("srx4100", path).schema is profile("vsrx", path).schema
    assert profile("srx4100", path).schema is not profile("srx4100").schema
    assert profile("srx4100", path).family == "junos-es"


def test_jdm_has_no_published_models(lab):
    """Whatever the schema is of."""
    with pytest.raises(UsageError, match=r"for a nfx250-jdm; it takes none$"):
        profile("nfx250-jdm", lab / "junos.json.xz")


def test_each_device_gets_the_schema_of_its_family(lab):
    """One that names its own keeps it; one of another family has none."""
    es, mx = lab / "junos-es.json.xz", lab / "junos.json.xz"
    own = lab / "own.json.xz"
    specs = [
        DeviceSpec("a", "srx4100"),
        DeviceSpec("b", "vmx"),
        DeviceSpec("c", "nfx250-jdm"),
        DeviceSpec("d", "vsrx", schema=own),
    ]
    assert [one.schema for one in with_schemas(specs, [es, mx])] == [es, mx, None, own]
    assert with_schemas(specs, []) == specs
    assert published_family("nfx250") == "junos-es"


def test_a_schema_for_nobody_is_refused(lab):
    """And two for the same family."""
    es, mx = lab / "junos-es.json.xz", lab / "junos.json.xz"
    specs = [DeviceSpec("a", "srx4100")]
    with pytest.raises(UsageError, match=r"a schema of junos, and no device is of that family$"):
        with_schemas(specs, [mx])
    with pytest.raises(UsageError, match=r"is a schema of junos-es already$"):
        with_schemas(specs, [es, es])


def test_sim_run_takes_a_schema(lab, capsys):
    """A mistake in it is one line and exit 64."""
    (lab / "lab.yaml").write_text(TESTBED.replace("      schema: NAME\n", ""))
    run = ["sim", "run", "--testbed", str(lab / "lab.yaml")]
    assert main([*run, "--schema", str(lab / "junos.json.xz")]) == 64
    assert capsys.readouterr().err == (
        f"{lab / 'junos.json.xz'}: a schema of junos, and no device is of that family\n"
    )
