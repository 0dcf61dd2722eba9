"""Opening a driver changes nothing for the rest of the process."""

import json
import logging
import subprocess
import sys
from importlib import import_module

import pytest
import yaml

from harness.drivers.process_defaults import process_defaults_kept, quiet_vendor_loggers

PROBE = """
import json, logging, sys, yaml
{load}
shared = [1]
print(json._default_encoder.__class__.__name__, "&id" in yaml.dump([shared, shared]),
      "&id" in yaml.safe_dump([shared, shared]), len(yaml.Dumper.yaml_multi_representers),
      len(yaml.SafeDumper.yaml_multi_representers), logging.getLogger().handlers,
      "jnpr.junos" in sys.modules)
"""


def _probe(load):
    command = [sys.executable, "-c", PROBE.format(load=load)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_importing_pyez_leaves_json_and_yaml_alone():
    """After importing the PyEZ driver, json and YAML dump as in a process without it."""
    before, after = _probe(""), _probe("import harness.drivers.pyez_driver")

    assert (before[-1], after[-1]) == ("False", "True")
    assert after[:-1] == before[:-1]


def test_pyez_still_patches_when_unguarded():
    """The guard is needed: without it the process' encoder is PyEZ's."""
    assert _probe("import jnpr.junos")[0] == "PyEzJSONEncoder"


def test_registry_imports_no_vendor_library():
    """Listing the drivers costs no import of PyEZ."""
    assert _probe("import harness.drivers.registry")[-1] == "False"


def test_patches_are_undone_after_a_failed_import():
    """Set and inherited attributes are restored when the import raises."""
    encoder, aliases = json._default_encoder, vars(yaml.SafeDumper).get("ignore_aliases")

    @process_defaults_kept()
    def patch_and_fail():
        json._default_encoder = None
        yaml.SafeDumper.ignore_aliases = lambda *_: True
        import_module("there_is_no_such_module")

    with pytest.raises(ModuleNotFoundError):
        patch_and_fail()

    assert json._default_encoder is encoder
    assert vars(yaml.SafeDumper).get("ignore_aliases") is aliases


def test_vendor_records_stay_off_the_root_logger(monkeypatch):
    """What a vendor library logs doesn't reach the root's handlers; its requests aren't logged."""
    seen = []
    handler = logging.Handler(logging.DEBUG)
    handler.emit = seen.append
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    monkeypatch.setattr(logging.getLogger(), "level", logging.DEBUG)

    quiet_vendor_loggers()

    for name in ("ncclient.transport.session", "netmiko", "paramiko", "jnpr.junos.device"):
        logging.getLogger(name).error("pre-shared-key")
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)
    assert seen == []
