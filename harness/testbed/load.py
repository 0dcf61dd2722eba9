"""Read a testbed file: every mistake in it as one line, or the checked value."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from harness.document.parse import MAX_BYTES, Document, parse
from harness.document.problems import Path as KeyPath
from harness.document.problems import Problem, render_all
from harness.document.wording import Wording
from harness.errors import HarnessBug, TestbedError
from harness.testbed import rules
from harness.testbed.model import (
    Connection,
    ConnectionName,
    CredentialRef,
    CredentialSource,
    Device,
    Fault,
    HealthLimits,
    Limits,
    SimulatedUser,
    Simulation,
    Testbed,
    TunnelUnderlay,
)
from harness.testbed.schema import schema
from harness.testbed.shape import (
    ALLOWED,
    Connections,
    Credentials,
    FaultShape,
    HealthShape,
    PasswordRef,
    RealDevice,
    SecretRef,
    SimulatedDevice,
    SimulationShape,
    TestbedFile,
    Underlay,
)

_EXPECTED = "a mapping with testbed and devices"
_WORDING = Wording(
    schema=schema,
    forms=ALLOWED,
    ranges=MappingProxyType(
        {
            "port": "1-65535",
            "ike_lifetime": "180-86400",
            "esp_lifetime": "180-86400",
            "dpd_interval": "2-60",
            "dpd_threshold": "1-5",
            "commit_seconds": "0-3600",
            "cpu_percent": "1-100",
            "memory_percent": "1-100",
            "disk_percent": "1-100",
        }
    ),
    borrowed=MappingProxyType(
        {
            "ip": "host",
            "address": "host",
            "hostname": "host",
            "role": "type",
            "user": "username",
            "zone": "external_zone",
            "interface": "external_interface",
            "passwd": "password",
            "tunnels": "underlay",
        }
    ),
)


def load_testbed(path: Path) -> Testbed:
    """Read and check a file of at most 1 MiB of UTF-8.

    Raises :class:`~harness.errors.TestbedError` with all problems of the file.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise TestbedError([f"{path}: can't be read: {error.strerror}"]) from error
    if len(raw) > MAX_BYTES:
        raise TestbedError([f"{path}: too large; allowed: {MAX_BYTES >> 20} MiB"])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise TestbedError([f"{path}:{line}: not UTF-8; allowed: UTF-8 text"]) from error
    return load_testbed_text(text, str(path))


def load_testbed_text(text: str, source: str) -> Testbed:
    """Check ``text``; ``source`` names it in messages, and relative paths in it start there.

    Touches no file. Raises :class:`~harness.errors.TestbedError` with all problems.
    """
    if len(text) > MAX_BYTES:
        raise TestbedError([f"{source}: too large; allowed: {MAX_BYTES >> 20} MiB"])
    document = parse(text, _EXPECTED)
    problems = list(document.problems)
    shape: TestbedFile | None = None
    if not isinstance(document.data, dict):
        if not problems:
            problems.append(Problem(1, (), f"not a mapping; allowed: {_EXPECTED}"))
    else:
        try:
            shape = TestbedFile.model_validate(document.data)
        except ValidationError as error:
            problems += _WORDING.problems_of(error, document)
        problems += rules.check(document)
    if problems:
        raise TestbedError(render_all(problems, source))
    if shape is None:
        raise HarnessBug("a testbed without problems and without a shape")
    return _Builder(shape, document, source).testbed(hashlib.sha256(text.encode()).hexdigest())


class _Builder:
    """Turns a checked shape into the model."""

    def __init__(self, shape: TestbedFile, document: Document, source: str) -> None:
        self._shape = shape
        self._document = document
        self._source = source
        self._custom_lines: dict[str, dict[KeyPath, int]] = {}  # of each device, below custom
        for path, line in document.lines.items():
            if path[0:1] == ("devices",) and path[2:3] == ("custom",):
                self._custom_lines.setdefault(str(path[1]), {})[path[3:]] = line

    def testbed(self, sha256: str) -> Testbed:
        head, claims = self._shape.testbed, self._shape.claims or {}
        return Testbed(
            name=head.name,
            path=self._source,
            devices=tuple(self._device(name, d) for name, d in self._shape.devices.items()),
            claims=MappingProxyType(dict(claims)),
            claim_lines=MappingProxyType(
                {claim: self._document.line(("claims", claim)) for claim in claims}
            ),
            known_hosts=self._path(head.known_hosts),
            leases=self._path(head.leases),
            sha256=sha256,
        )

    def _device(self, name: str, shape: SimulatedDevice | RealDevice) -> Device:
        simulation = None
        if isinstance(shape, SimulatedDevice):
            simulation = self._simulation(name, shape.custom or SimulationShape())
        return Device(
            name=name,
            platform=shape.platform,
            os=shape.os,
            type=shape.type,
            alias=shape.alias,
            simulated=shape.simulated,
            emulates=shape.emulates,
            chassis=shape.chassis,
            role="jdm" if shape.type == "jdm" else "gateway",
            connections=_connections(shape.connections),
            credentials=self._credentials(shape.credentials or self._shape.testbed.credentials),
            tags=tuple(dict.fromkeys(shape.tags)),
            limits=Limits(shape.limits.tunnels if shape.limits else None),
            health=_health(self._shape.testbed.health, shape.health),
            underlay=_underlay(shape.underlay) if shape.underlay else None,
            simulation=simulation,
            custom=self._custom(name),
            line=self._document.line(("devices", name)),
        )

    def _custom(self, name: str) -> Mapping[str, object]:
        """Return the device's ``custom`` keys as they were written."""
        data = self._document.data
        devices = data.get("devices") if isinstance(data, dict) else None
        device = devices.get(name) if isinstance(devices, dict) else None
        custom = device.get("custom") if isinstance(device, dict) else None
        return MappingProxyType(custom if isinstance(custom, dict) else {})

    def _credentials(self, shape: Credentials | None) -> CredentialRef | None:
        if shape is None:
            return None
        login = shape.default
        return replace(
            self._secret(login.username, login.password),
            key_file=self._path(login.key_file),
            passphrase=self._secret(login.username, login.passphrase) if login.passphrase else None,
        )

    def _secret(self, username: str, said: str | SecretRef | None) -> CredentialRef:
        if said is None:
            return CredentialRef(username, CredentialSource.NONE)
        if isinstance(said, str):
            return CredentialRef(username, CredentialSource.LITERAL, literal=said)
        if said.env is not None:
            return CredentialRef(username, CredentialSource.ENV, said.env)
        if said.keyring is not None:
            return CredentialRef(username, CredentialSource.KEYRING, said.keyring)
        if said.file is not None:
            return CredentialRef(username, CredentialSource.FILE, self._path(said.file) or "")
        by_agent = isinstance(said, PasswordRef) and said.agent
        return CredentialRef(
            username, CredentialSource.AGENT if by_agent else CredentialSource.PROMPT
        )

    def _simulation(self, name: str, shape: SimulationShape) -> Simulation:
        return Simulation(
            faults=tuple(_fault(fault) for fault in shape.faults),
            switches=MappingProxyType(dict(shape.switches)),
            tunnel_limit=shape.tunnel_limit,
            commit_seconds=shape.commit_seconds,
            base=self._path(shape.base),
            schema=self._path(shape.compiled),
            serial=shape.serial,
            version=shape.version,
            users=tuple(
                SimulatedUser(user.name, user.password, user.login_class) for user in shape.users
            ),
            cluster=shape.cluster,
            peers=MappingProxyType(dict(shape.peers)),
            keep_alive_seconds=shape.keep_alive_seconds,
            lines=MappingProxyType(self._custom_lines.get(name, {})),
        )

    def _path(self, text: str | None) -> str | None:
        """Anchor a relative path at the file's folder; ``~`` is left to whoever opens it."""
        if text is None or text.startswith("~"):
            return text
        return str(PurePath(self._source).parent / text)


def _connections(shape: Connections | None) -> Mapping[ConnectionName, Connection]:
    found: dict[ConnectionName, Connection] = {}
    if shape and shape.netconf:
        found["netconf"] = Connection(shape.netconf.host, shape.netconf.port)
    if shape and shape.cli:
        found["cli"] = Connection(shape.cli.host, shape.cli.port)
    if shape and shape.console:
        found["console"] = Connection(shape.console.host, shape.console.port)
    return MappingProxyType(found)


def _health(head: HealthShape | None, own: HealthShape | None) -> HealthLimits:
    """Take each key from the device, else from the testbed, else the default."""
    told: dict[str, Any] = {}
    for shape in (head, own):
        told |= shape.model_dump(exclude_none=True) if shape else {}
    return HealthLimits(**told)


def _underlay(shape: Underlay) -> TunnelUnderlay:
    overrides = shape.proposal.model_dump(exclude_none=True) if shape.proposal else {}
    return TunnelUnderlay(
        external_interface=shape.external_interface,
        external_zone=shape.external_zone,
        local_address=IPv4Address(shape.local_address),
        peers=IPv4Network(shape.peers),
        inner=IPv4Network(shape.inner),
        mpls=shape.mpls,
        proposal=MappingProxyType(overrides),
    )


def _fault(shape: FaultShape) -> Fault:
    options = MappingProxyType(dict(shape.__pydantic_extra__ or {}))
    return Fault(shape.name, options, shape.after, shape.lasting)
