"""Juniper's published YANG models as a judge of our configuration, by way of ``yanglint``.

The models (github.com/Juniper/yang) give every top-level statement a name space of its own, while
Junos itself uses none or one for all: configurations are put into name spaces first. They also
mark statements inside non-presence containers as mandatory, which asks for things nobody
configured; those marks are removed in a private copy.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from lxml import etree

from harness.errors import UsageError

# The tunnels of an NFX250 end in its gateway, which runs the software of a vSRX.
FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "nfx250": "junos-es",
        "srx4100": "junos-es",
        "srx4200": "junos-es",
        "vsrx": "junos-es",
        "vmx": "junos",
    }
)
_MODULES = (  # root refers to all of them; class-of-service has an invalid pattern
    "root",
    "system",
    "interfaces",
    "security",
    "routing-options",
    "routing-instances",
    "protocols",
    "policy-options",
    "applications",
    "firewall",
    "chassis",
    "services",
    "snmp",
    "vlans",
    "access",
    "access-profile",
    "vmhost",
)
_NAMESPACE = "http://yang.juniper.net/{family}/conf/{module}"
_MANDATORY = re.compile(rb"^ *mandatory true;\n", re.MULTILINE)
_SECONDS = 600  # for one call; reading the models takes 4


@contextmanager
def reference_models(source: Path) -> Iterator[Path]:
    """Yield a private copy of the models in ``source``, an unpacked release or its ``.tar.xz``.

    Raises :class:`~harness.errors.UsageError` when ``source`` holds no models.
    """
    with tempfile.TemporaryDirectory(prefix="yang-") as scratch:
        copy = Path(scratch) / "models"
        try:
            if source.is_dir():
                shutil.copytree(_release(source), copy)
            else:
                with tarfile.open(source) as archive:
                    archive.extractall(copy, filter="data")
                copy = _release(copy)
        except (OSError, tarfile.TarError) as exc:
            why = str(exc).partition("\n")[0]  # tarfile lists every format that it tried
            raise UsageError(f"{source}: can't be read as YANG models ({why})") from exc
        for root in copy.glob("*/conf/*-conf-root@*.yang"):
            root.write_bytes(_MANDATORY.sub(b"", root.read_bytes()))
        yield copy


def violations(
    models: Path, family: str, configurations: Mapping[str, str]
) -> Mapping[str, tuple[str, ...]]:
    """Return what ``yanglint`` says against each configuration; none means all are valid.

    ``configurations`` maps labels to Junos XML. All go into one call; only when one is refused
    is there another call for those after it. Raises :class:`~harness.errors.UsageError` when
    yanglint isn't there or the family has no models.
    """
    command = _yanglint(models, family)
    found: dict[str, tuple[str, ...]] = {}
    with tempfile.TemporaryDirectory(prefix="yang-") as scratch:
        waiting: dict[str, str] = {}  # file: label
        for number, (label, xml) in enumerate(configurations.items()):
            file = Path(scratch) / f"{number:05}.xml"
            file.write_text(in_name_spaces(xml, family), encoding="utf-8")
            waiting[str(file)] = label
        while waiting:
            complaints = _complaints((*command, *waiting))
            if not complaints:
                break
            # yanglint stops at the first file that it refuses, and names it last.
            refused = next((file for file in waiting if file in complaints[-1]), None)
            if refused is None:
                raise UsageError(f"yanglint couldn't judge: {' '.join(complaints)}")
            found[waiting[refused]] = tuple(complaints[:-1])
            files = list(waiting)
            waiting = {file: waiting[file] for file in files[files.index(refused) + 1 :]}
    return found


def _complaints(command: tuple[str, ...]) -> list[str]:
    try:
        run = subprocess.run(  # noqa: S603 - no shell; a fixed program and our own files
            command, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired as exc:
        raise UsageError(f"yanglint didn't finish in {_SECONDS} s") from exc
    if run.returncode == 0:
        return []
    return [line for line in run.stderr.splitlines() if line] or [f"exit status {run.returncode}"]


def in_name_spaces(xml: str, family: str) -> str:
    """Return Junos XML with the name spaces that the models of ``family`` ask for."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    configuration = etree.fromstring(xml.encode(), parser)
    root = _NAMESPACE.format(family=family, module="root")
    out = [f'<configuration xmlns="{root}">']
    for child in configuration.iterchildren("*"):
        name = str(child.tag)
        space = _NAMESPACE.format(family=family, module=name)
        text = etree.tostring(child, encoding="unicode", with_tail=False)
        out.append(f'<{name} xmlns="{space}"{text[len(name) + 1 :]}')
    return "".join((*out, "</configuration>"))


def _release(folder: Path) -> Path:
    """Return ``folder``, or the one folder in it, whichever has the models."""
    candidates = [folder, *(child for child in sorted(folder.iterdir()) if child.is_dir())]
    for candidate in candidates:
        if (candidate / "common").is_dir():
            return candidate
    raise UsageError(
        f"{folder}: no YANG models there; expected an unpacked release of github.com/Juniper/yang, "
        "with a folder 'common' in it"
    )


def _yanglint(models: Path, family: str) -> tuple[str, ...]:
    program = shutil.which("yanglint")
    if program is None:
        raise UsageError(
            "yanglint isn't on the PATH; it comes with libyang (Debian: libyang2-tools)"
        )
    conf = models / family / "conf"
    modules = [path for name in _MODULES for path in conf.glob(f"{family}-conf-{name}@*.yang")]
    if not modules:
        raise UsageError(f"no models of {family} among: {', '.join(_families(models))}")
    search = ("-p", str(models / "common"), "-p", str(conf))
    # -t config: getconfig would let duplicates pass.
    return (program, *search, "-t", "config", "-f", "xml", "-o", "/dev/null", *map(str, modules))


def _families(models: Path) -> list[str]:
    return sorted(path.parent.name for path in models.glob("*/conf")) or ["none"]
