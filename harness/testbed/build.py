"""From the checked shape of a testbed file to the model: paths anchored, defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

from harness.document.parse import Document, Value
from harness.document.problems import Path as KeyPath
from harness.testbed.events_shape import EventsShape
from harness.testbed.file_shape import TestbedFile
from harness.testbed.fleet_shape import (
    AnyDeployment,
    CentralizedShape,
    DistributedShape,
    DvpnShape,
    RealFleet,
    SimulatedFleet,
)
from harness.testbed.model import (
    Connection,
    ConnectionName,
    CredentialRef,
    CredentialSource,
    Deployment,
    Device,
    DeviceType,
    EventsSetup,
    Fault,
    Fleet,
    HealthLimits,
    Limits,
    OnDemandNumbers,
    Role,
    SimulatedUser,
    Simulation,
    Testbed,
    TunnelUnderlay,
    VnfMachine,
)
from harness.testbed.shape import (
    Connections,
    Credentials,
    FaultShape,
    HealthShape,
    PasswordRef,
    ProposalShape,
    RealDevice,
    SecretRef,
    SimulatedDevice,
    SimulationShape,
    Underlay,
)

_PLAYERS = {"played_by", "hubs_played_by", "nodes"}
_OF_MACHINE = {"image", "cpus", "memory", "vlan", "hugepages"}
_ON_DEMAND = {"waves", "tunnels", "churn", "create_threshold", "delete_threshold", "seed"}


class Builder:
    """Turns a checked shape into the model."""

    def __init__(self, shape: TestbedFile, document: Document, source: str) -> None:
        self._shape = shape
        self._document = document
        self._source = source
        self._custom_lines: dict[KeyPath, dict[KeyPath, int]] = {}  # of each, below custom
        for path, line in document.lines.items():
            if path[0:1] in {("devices",), ("fleets",)} and path[2:3] == ("custom",):
                self._custom_lines.setdefault(path[:2], {})[path[3:]] = line

    def testbed(self, sha256: str) -> Testbed:
        """Return the model of the file whose text has that digest."""
        head, claims = self._shape.testbed, self._shape.claims or {}
        devices, fleets = self._shape.devices or {}, self._shape.fleets or {}
        deployments = self._shape.deployments or {}
        return Testbed(
            name=head.name,
            path=self._source,
            devices=tuple(self._device(name, d) for name, d in devices.items()),
            claims=MappingProxyType(dict(claims)),
            claim_lines=MappingProxyType(
                {claim: self._document.line(("claims", claim)) for claim in claims}
            ),
            known_hosts=self._path(head.known_hosts),
            leases=self._path(head.leases),
            sha256=sha256,
            fleets=tuple(self._fleet(name, fleet) for name, fleet in fleets.items()),
            deployments=tuple(self._deployment(name, d) for name, d in deployments.items()),
            events=_events(self._shape.events) if self._shape.events else None,
        )

    def _device(self, name: str, shape: SimulatedDevice | RealDevice) -> Device:
        simulation = None
        if isinstance(shape, SimulatedDevice):
            simulation = self._simulation(("devices", name), shape.custom or SimulationShape())
        return Device(
            name=name,
            platform=shape.platform,
            os=shape.os,
            type=shape.type,
            alias=shape.alias,
            simulated=shape.simulated,
            emulates=shape.emulates,
            chassis=shape.chassis,
            role=_role(shape.type),
            connections=_connections(shape.connections),
            credentials=self._credentials(shape.credentials or self._shape.testbed.credentials),
            tags=tuple(dict.fromkeys(shape.tags)),
            limits=Limits(shape.limits.tunnels if shape.limits else None),
            health=_health(self._shape.testbed.health, shape.health),
            underlay=_underlay(shape.underlay) if shape.underlay else None,
            simulation=simulation,
            custom=self._custom("devices", name),
            line=self._document.line(("devices", name)),
        )

    def _fleet(self, name: str, shape: SimulatedFleet | RealFleet) -> Fleet:
        simulation = None
        if isinstance(shape, SimulatedFleet):
            simulation = self._simulation(("fleets", name), shape.custom or SimulationShape())
        line = self._document.line(("fleets", name))
        pattern = Device(
            name=name,
            platform=shape.platform,
            os=shape.os,
            type=shape.type,
            simulated=shape.simulated,
            emulates=shape.emulates,
            role=_role(shape.type),
            credentials=self._credentials(shape.credentials or self._shape.testbed.credentials),
            tags=tuple(dict.fromkeys(shape.tags)),
            limits=Limits(shape.limits.tunnels if shape.limits else None),
            health=_health(self._shape.testbed.health, shape.health),
            simulation=simulation,
            custom=self._custom("fleets", name),
            line=line,
        )
        leaving = shape.underlay
        return Fleet(
            name=name,
            count=shape.count,
            pattern=pattern,
            external_interface=leaving.external_interface if leaving else "",
            external_zone=leaving.external_zone if leaving else None,
            mpls=leaving.mpls if leaving else False,
            proposal=_proposal(leaving.proposal if leaving else None),
            address=IPv4Address(shape.address) if shape.address is not None else None,
            netconf_port=shape.ports.netconf if shape.ports else 830,
            cli_port=shape.ports.cli if shape.ports else 22,
            line=line,
        )

    def _deployment(self, name: str, shape: AnyDeployment) -> Deployment:
        told = shape.model_dump(
            exclude={"outer", "inner", "failures_percent", "plays", *_ON_DEMAND, *_OF_MACHINE}
        )
        for key in _PLAYERS & told.keys():
            told[key] = tuple(told[key])
        if isinstance(shape, DistributedShape):
            told |= {"kind": "vnf", "machine": _machine(shape)}
        else:
            told |= {"outer": IPv4Network(shape.outer), "inner": IPv4Network(shape.inner)}
        if isinstance(shape, DvpnShape):
            told["on_demand"] = _on_demand(shape)
        if isinstance(shape, CentralizedShape):
            told["sites"] = told.pop("vnfs")
        return Deployment(
            name=name,
            plays=MappingProxyType(dict(shape.plays)),
            failures_allowed=shape.failures_percent / 100,
            line=self._document.line(("deployments", name)),
            **told,
        )

    def _custom(self, part: str, name: str) -> Mapping[str, object]:
        """Return the ``custom`` keys of a device or fleet as they were written."""
        found: Value = self._document.data
        for key in (part, name, "custom"):
            found = found.get(key) if isinstance(found, dict) else None
        return MappingProxyType(found if isinstance(found, dict) else {})

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

    def _simulation(self, where: KeyPath, shape: SimulationShape) -> Simulation:
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
            lines=MappingProxyType(self._custom_lines.get(where, {})),
        )

    def _path(self, text: str | None) -> str | None:
        """Anchor a relative path at the file's folder; ``~`` is left to whoever opens it."""
        if text is None or text.startswith("~"):
            return text
        return str(PurePath(self._source).parent / text)


def _on_demand(shape: DvpnShape) -> OnDemandNumbers:
    """Fill in the churn: half of the tunnels are replaced in each wave, as far as others are."""
    told = shape.model_dump(include=_ON_DEMAND)
    if shape.churn is None:
        links = shape.tag_pairs
        pairs, up = shape.sites * (shape.sites - 1) // 2, shape.tunnels // links
        told["churn"] = shape.tunnels + min(up // 2, pairs - up) * links * (shape.waves - 1)
    return OnDemandNumbers(**told)


def _events(shape: EventsShape) -> EventsSetup:
    told = shape.model_dump(exclude={"faults"})
    told["collector"] = IPv4Address(shape.collector) if shape.collector else None
    faults = shape.faults.model_dump() if shape.faults else {}
    return EventsSetup(**told, **faults)


def _role(type_: DeviceType) -> Role:
    return "gateway" if type_ == "hub" else type_


def _machine(shape: DistributedShape) -> VnfMachine:
    return VnfMachine(shape.image, shape.cpus, shape.memory, shape.vlan, shape.hugepages)


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
    return TunnelUnderlay(
        external_interface=shape.external_interface,
        external_zone=shape.external_zone,
        local_address=IPv4Address(shape.local_address),
        peers=IPv4Network(shape.peers),
        inner=IPv4Network(shape.inner),
        mpls=shape.mpls,
        proposal=_proposal(shape.proposal),
    )


def _proposal(shape: ProposalShape | None) -> Mapping[str, str | int]:
    return MappingProxyType(shape.model_dump(exclude_none=True) if shape else {})


def _fault(shape: FaultShape) -> Fault:
    options = MappingProxyType(dict(shape.__pydantic_extra__ or {}))
    return Fault(shape.name, options, shape.after, shape.lasting)
