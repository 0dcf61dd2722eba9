"""Models to compile: the vendor's where they are at hand, and a small family of our own."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest

from harness.sim.yang.compiling import compile_family
from harness.sim.yang.table import write_table

DATA = Path(os.environ.get("HARNESS_REFERENCE_DATA", Path(__file__).parents[4] / "shared" / "data"))
MODELS = DATA / "yang" / "junos-18.4R3.tar.xz"

HEAD = """
module {family}-conf-{name} {{
  namespace "urn:{family}:{name}"; prefix jc-{name};
  import junos-common-ddl-extensions {{ prefix junos; }}
  revision 2019-01-01 {{ description "Junos: 18.4R3.3"; }}
  {body}
}}
"""
ROOT = """
  container configuration { uses juniper-config; list groups { key name; uses juniper-group; } }
  grouping juniper-config { leaf version { type string; } }
  grouping juniper-group { uses juniper-config; leaf name { type string; } }
"""
SECURITY = """
  augment /jc:configuration { uses security-group; }
  augment /jc:configuration/jc:groups { uses security-group; }
  grouping apply-advanced { leaf-list apply-groups { ordered-by user; type string; } }
  grouping security-group {
    container security {
      uses apply-advanced;
      list thing { key name; ordered-by user; uses thing_type; max-elements 3; }
      list pair { key "left right"; leaf left { type string; } leaf right { type string; } }
      container other { leaf thing { RULE_A type string { length "1 .. 4"; } } }
    }
  }
  grouping thing_type {
    leaf name { type string { length "1 .. 8"; PATTERN } }
    uses apply-advanced;
    leaf size {
      type union { type string { pattern "<.*>|$.*"; } type uint8 { range "2 .. 9 | 20"; } }
    }
    leaf mode { type enumeration { enum "fast" { RULE_B } enum "slow"; } }
    choice way {
      case one { leaf left { type empty; } leaf right { type empty; } }
      case two { leaf around { type empty; } }
    }
    container spot { leaf at { mandatory true; type string; } leaf why { type string; } }
  }
"""
RULES = {
    "RULE_A": 'junos:must "(\\"security thing $$\\")"; junos:must-message "No such thing";',
    "RULE_B": 'junos:must "(!(\\".. size\\"))"; junos:must-message "Fast has no size";',
    "PATTERN": 'junos:posix-pattern "^[[:alpha:]]+$"; junos:pattern-message "Only letters.";',
}


def published(folder: Path, family: str, *, extended: bool) -> None:
    """Write the small family, as the vendor lays models out."""
    bare = SECURITY
    for name in RULES:
        bare = bare.replace(name, "")
    full = SECURITY
    for name, text in RULES.items():
        full = full.replace(name, text)
    files = {"conf/root": ROOT, "conf/security": bare}
    if extended:
        files["conf-with-extensions/security"] = full
    for path, body in files.items():
        part, name = path.split("/")
        target = folder / family / part / f"{family}-conf-{name}@2019-01-01.yang"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(dedent(HEAD.format(family=family, name=name, body=body)))


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Path:
    """Return a release of two small families; junos has no rules of its own."""
    folder = tmp_path_factory.mktemp("small")
    published(folder, "junos-es", extended=True)
    published(folder, "junos", extended=False)
    return folder


@pytest.fixture(scope="session")
def release(tmp_path_factory) -> Path:
    """Unpack the vendor's models, which skips the test where they aren't."""
    if not MODELS.exists():
        pytest.skip(f"no reference models at {MODELS}")
    folder = tmp_path_factory.mktemp("models")
    with tarfile.open(MODELS) as archive:
        archive.extractall(folder, filter="data")
    return folder / "18.4R3"


@pytest.fixture(scope="session")
def compiled(release, tmp_path_factory) -> Callable[[str], Path]:
    """Compile the vendor's models of a family, once each."""
    folder = tmp_path_factory.mktemp("compiled")

    @cache
    def build(family: str) -> Path:
        target = folder / f"{family}.json.xz"
        write_table(compile_family(release, family), target)
        return target

    return build
