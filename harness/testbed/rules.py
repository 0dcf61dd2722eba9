"""What the shape of one key can't say: rules between keys, and between devices.

They read the plain data and pass over whatever has the wrong type, so that a file's every mistake
shows at once and none twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import AddressValueError, IPv4Address
from types import MappingProxyType

from harness.document.parse import Document, Value
from harness.document.problems import Path, Problem
from harness.testbed.events_rules import events_problems
from harness.testbed.fleet_rules import deployment_problems, fleet_problems
from harness.testbed.model import KINDS, STAND_INS, ZONELESS
from harness.testbed.plain import Found, Raw, at, entries, mapping, pool, pools

REFERENCES = "{env: NAME}, {keyring: SERVICE}, {agent: true}, {prompt: true}, {file: PATH}"
PASSPHRASES = "{env: NAME}, {keyring: SERVICE}, {prompt: true}, {file: PATH}"
_DEFAULT_PORTS: Mapping[str, int] = MappingProxyType({"netconf": 830, "cli": 22})
_LOGIN = ("credentials", "default")
_COMPUTE: Mapping[str, str] = MappingProxyType(
    {"type": "compute", "platform": "compute-node", "os": "linux"}
)
_CHASSIS_PLATFORM = "nfx250"


def check(document: Document) -> list[Problem]:
    """Return every broken rule of the document."""
    raw = entries(document.data, "devices")
    fleets = entries(document.data, "fleets")
    head = mapping(at(document.data, "testbed"))
    found: list[tuple[Path, str]] = []
    for name, device in raw.items():
        for rule in _DEVICE_RULES:
            found += [(("devices", name, *path), text) for path, text in rule(device)]
    for name, fleet in fleets.items():
        for rule in (stand_in, compute, jdm, zone, _own_login):
            found += [(("fleets", name, *path), text) for path, text in rule(fleet)]
    if isinstance(document.data, dict) and not {"devices", "fleets"} & document.data.keys():
        found.append((("devices",), "is missing; allowed: devices, fleets, or both"))
    found += [
        *_logins("devices", raw, head),
        *_logins("fleets", fleets, head),
        *_users(raw, head),
        *_aliases(raw),
        *_addresses(raw),
        *_chassis(raw),
        *events_problems(raw, document.data),
        *fleet_problems(raw, fleets),
        *deployment_problems(raw, fleets, entries(document.data, "deployments")),
    ]
    return [Problem(document.line(path), path, text) for path, text in found]


# --- one device ---------------------------------------------------------------------------------


def stand_in(device: Raw) -> Found:
    """Let only virtual machines stand in for another platform."""
    platform = device.get("platform")
    if device.get("emulates") is not None and platform in KINDS and platform not in STAND_INS:
        yield (
            ("emulates",),
            f"a {platform} stands in for nothing; allowed: only on {', '.join(sorted(STAND_INS))}",
        )


def compute(device: Raw) -> Found:
    """Want type, platform and system of a compute node together; it has nothing but a shell."""
    said = {key: device.get(key) == word for key, word in _COMPUTE.items()}
    if not any(said.values()):
        return
    for key, word in _COMPUTE.items():
        if not said[key]:
            yield (key,), f"a compute node's is {word}; allowed: {word}"
    for key in ("underlay", "chassis", "emulates"):
        if device.get(key) is not None:
            yield (key,), "a compute node has none; allowed: nothing"
    if at(device, "connections", "netconf") is not None:
        yield ("connections", "netconf"), "a compute node speaks none; allowed: cli"


def jdm(device: Raw) -> Found:
    """Refuse a JDM, or a chassis of two devices, on all but an NFX250."""
    platform = device.get("platform")
    if platform not in KINDS or platform == _CHASSIS_PLATFORM:
        return
    if device.get("type") == "jdm":
        yield ("type",), f"a {platform} has no JDM; allowed: gateway, hub"
    if device.get("chassis") is not None:
        yield ("chassis",), f"allowed: only on {_CHASSIS_PLATFORM}, to tie its gateway and its JDM"


def _underlay(device: Raw) -> Found:
    underlay = device.get("underlay")
    if device.get("type") == "compute":
        return
    if device.get("type") == "jdm":
        if underlay is not None:
            yield ("underlay",), "a JDM carries no tunnels; allowed: nothing, its gateway has them"
        return
    if underlay is None:
        yield (
            ("underlay",),
            "is missing; allowed: external_interface, external_zone, local_address, peers, inner",
        )


def zone(device: Raw) -> Found:
    """Want a zone, except where the platform has none."""
    underlay, platform = device.get("underlay"), device.get("platform")
    if not isinstance(underlay, dict) or device.get("type") == "jdm":
        return
    said = underlay.get("external_zone")
    if platform in ZONELESS and said is not None:
        yield ("underlay", "external_zone"), f"a {platform} has no zones; allowed: nothing"
    elif platform in KINDS and platform not in ZONELESS and said is None:
        yield (
            ("underlay", "external_zone"),
            "is missing; allowed: the security zone of the external interface",
        )


def _pools(device: Raw) -> Found:
    underlay = mapping(device.get("underlay"))
    for path, text in pools(underlay, "peers", "inner"):
        yield ("underlay", *path), text
    local = _address(underlay.get("local_address"))
    for key in ("peers", "inner"):
        network = pool(underlay.get(key))
        if local is not None and network is not None and local in network:
            yield (
                ("underlay", "local_address"),
                f"lies inside {key} ({network}); allowed: an address outside both pools",
            )


def _reachable(device: Raw) -> Found:
    if device.get("simulated") is True:
        return
    connections = device.get("connections")
    if isinstance(connections, dict) and not {"netconf", "cli"} & connections.keys():
        yield ("connections",), "no way in; allowed: netconf or cli, or both"


def _own_login(device: Raw) -> Found:
    for path, text in _login_problems(at(device, *_LOGIN)):
        yield (*_LOGIN, *path), text


_DEVICE_RULES: tuple[Callable[[Raw], Found], ...] = (
    stand_in,
    compute,
    jdm,
    _underlay,
    zone,
    _pools,
    _reachable,
    _own_login,
)


# --- between devices ----------------------------------------------------------------------------


def _logins(part: str, devices: Mapping[str, Raw], head: Raw) -> Found:
    shared = at(head, *_LOGIN, "password")
    if part == "devices":
        for path, text in _login_problems(at(head, *_LOGIN)):
            yield ("testbed", *_LOGIN, *path), text
    for name, device in devices.items():
        own = device.get("credentials")
        simulated = device.get("simulated") is True
        password = shared if own is None else at(device, *_LOGIN, "password")
        where: Path = (part, name, *_LOGIN) if own is not None else ("testbed", *_LOGIN)
        whose = "" if own is not None else f" (device {name})"
        if own is None and head.get("credentials") is None and not simulated:
            yield (
                (part, name, "credentials"),
                f"is missing, here and under testbed; allowed: "
                f"{{default: {{username: …, password: {REFERENCES}}}}}",
            )
        elif isinstance(password, str) and not simulated:
            yield (
                (*where, "password"),
                f"literal text for a device that is not simulated{whose}; allowed: {REFERENCES}",
            )
        elif simulated and mapping(password).get("agent") is not None:
            yield (
                (*where, "password"),
                f"a simulated device knows passwords alone{whose}; allowed: text, {{env: NAME}}",
            )


def _users(devices: Mapping[str, Raw], head: Raw) -> Found:
    for name, device in devices.items():
        users = at(device, "custom", "users")
        if device.get("simulated") is not True or not isinstance(users, list):
            continue
        first = at(head if device.get("credentials") is None else device, *_LOGIN, "username")
        taken = {first if isinstance(first, str) else "lab"}
        for number, user in enumerate(users):
            login = mapping(user).get("name")
            if isinstance(login, str) and login in taken:
                yield (
                    ("devices", name, "custom", "users", number, "name"),
                    f"{login!a} is a login of this device already; allowed: another name",
                )
            elif isinstance(login, str):
                taken.add(login)


def _login_problems(login: Value) -> Found:
    if not isinstance(login, dict):
        return
    if login.get("password") is None and login.get("key_file") is None:
        yield ("password",), f"is missing; allowed: {REFERENCES}, or a key_file beside it"
    if login.get("passphrase") is not None and login.get("key_file") is None:
        yield ("passphrase",), "without a key_file; allowed: only beside one"
    for key, allowed in (("password", REFERENCES), ("passphrase", PASSPHRASES)):
        for path, text in _reference_problems(login.get(key), allowed):
            yield (key, *path), text


def _reference_problems(said: Value, allowed: str) -> Found:
    if not isinstance(said, dict):
        return
    for key in ("agent", "prompt"):
        if said.get(key) is False:
            yield (key,), "is false; allowed: true, or another key"
    if sum(value is not None for value in said.values()) != 1:
        yield (), f"names no source, or several; allowed: one of {allowed}"


def _aliases(devices: Mapping[str, Raw]) -> Found:
    owners = dict.fromkeys(devices, "a device's name")
    for name, device in devices.items():
        alias = device.get("alias")
        if not isinstance(alias, str) or alias == name:
            continue
        if alias in owners:
            yield (
                ("devices", name, "alias"),
                f"{alias!a} is {owners[alias]} already; allowed: one that is not taken",
            )
        owners.setdefault(alias, f"the alias of {name}")


def _addresses(devices: Mapping[str, Raw]) -> Found:
    owners: dict[tuple[str, int], tuple[str, str]] = {}
    for name, device in devices.items():
        for service, connection in mapping(device.get("connections")).items():
            host = mapping(connection).get("host")
            port = mapping(connection).get("port", _DEFAULT_PORTS.get(service))
            if not isinstance(host, str) or not isinstance(port, int):
                continue
            owner, first = owners.setdefault((host.lower(), port), (name, service))
            if owner != name:  # one device may offer NETCONF and CLI on one port
                yield (
                    ("devices", name, "connections", service),
                    f"same host and port as devices.{owner}.connections.{first}; "
                    "allowed: one device per address",
                )


def _chassis(devices: Mapping[str, Raw]) -> Found:
    boxes: dict[str, list[str]] = {}
    for name, device in devices.items():
        chassis = device.get("chassis")
        if isinstance(chassis, str):
            boxes.setdefault(chassis, []).append(name)
        elif device.get("type") == "jdm" and device.get("platform") == _CHASSIS_PLATFORM:
            yield (
                ("devices", name, "chassis"),
                "is missing; allowed: the chassis name that its gateway has too",
            )
    for chassis, names in boxes.items():
        jdm = [name for name in names if devices[name].get("type") == "jdm"]
        gateways = [name for name in names if name not in jdm]
        path: Path = ("devices", names[-1], "chassis")
        if not jdm:
            yield path, f"{chassis!a} has no device of type jdm; allowed: one gateway, one jdm"
        elif not gateways:
            yield path, f"{chassis!a} has no gateway; allowed: one gateway, one jdm"
        elif len(names) > 2:
            yield path, f"{chassis!a} has {len(names)} devices; allowed: one gateway, one jdm"
        elif len({devices[name].get("simulated") is True for name in names}) > 1:
            yield path, f"{chassis!a} is half simulated; allowed: both devices, or neither"


def _address(text: Value) -> IPv4Address | None:
    try:
        return IPv4Address(text) if isinstance(text, str) else None
    except AddressValueError:
        return None
