"""From a testbed's words to endpoints: addresses, resolved credentials, host keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from harness.drivers.protocol import Endpoint, Secret
from harness.errors import LabError, UsageError
from harness.sim.server import Address
from harness.testbed.model import ConnectionName, CredentialSource, Device, Testbed
from harness.testbed.secrets import require_private, resolve

Ways = Mapping[str, Endpoint]  # by driver name
Prompt = Callable[[str], str]

_SIMULATED_SECONDS = 60.0  # of one request; nothing that we simulate takes longer
CONNECTION_OF: Mapping[str, ConnectionName] = MappingProxyType(
    {"pyez": "netconf", "ncclient": "netconf", "netmiko": "cli"}
)


def ways_to(
    testbed: Testbed, device: Device, addresses: Mapping[str, Address], prompt: Prompt
) -> Ways:
    """Return an endpoint for each driver that has a way to ``device``.

    ``addresses`` are those of the simulated devices that this lab started. Raises what
    :func:`harness.testbed.secrets.resolve` raises when a credential can't be had.
    """
    if device.name in addresses:
        return dict.fromkeys(CONNECTION_OF, simulated_way(device.name, addresses[device.name]))
    ways: dict[str, Endpoint] = {}
    secret: Secret | None = None
    passphrase: Secret | None = None
    for driver, name in CONNECTION_OF.items():
        connection = device.connections.get(name)
        if connection is None:
            continue
        if not ways:
            secret, passphrase = _secrets(testbed, device, prompt)
        ways[driver] = Endpoint(
            device=device.name,
            host=connection.host,
            port=connection.port,
            username=device.credentials.username if device.credentials else "lab",
            password=secret,
            key_file=device.credentials.key_file if device.credentials else None,
            passphrase=passphrase,
            agent=_by_agent(device),
            known_hosts=testbed.known_hosts,
        )
    return ways


def simulated_way(device: str, address: Address) -> Endpoint:
    """Return the endpoint of a simulated device that is served at ``address``."""
    return Endpoint(
        device=device,
        host=address.host,
        port=address.port,
        username=address.username,
        password=Secret(address.password),
        trusted_host_key=address.host_key,
        timeout=_SIMULATED_SECONDS,
    )


def _by_agent(device: Device) -> bool:
    return device.credentials is not None and device.credentials.source is CredentialSource.AGENT


def _secrets(testbed: Testbed, device: Device, prompt: Prompt) -> tuple[Secret | None, ...]:
    """Return password and passphrase, each None where there is none."""
    login = device.credentials
    if login is None:
        return None, None
    try:
        if login.key_file is not None:
            require_private(Path(login.key_file), "key file")
        password = resolve(login, prompt=prompt)
        passphrase = login.passphrase and resolve(
            login.passphrase, prompt=prompt, what=f"passphrase of {login.key_file}"
        )
    except (UsageError, LabError) as exc:
        where = f"{testbed.path}:{device.line}: devices.{device.name}.credentials"
        raise type(exc)(f"{where}: {exc}") from exc
    return tuple(Secret(found.reveal()) if found else None for found in (password, passphrase))


def to_wire(ways: Ways) -> dict[str, dict[str, str | int | float | bool | None]]:
    """Return plain values for the pipe to a worker process; never written to disk or a log."""
    return {
        driver: {
            "device": way.device,
            "host": way.host,
            "port": way.port,
            "username": way.username,
            "password": way.password.reveal() if way.password else None,
            "key_file": way.key_file,
            "passphrase": way.passphrase.reveal() if way.passphrase else None,
            "agent": way.agent,
            "known_hosts": way.known_hosts,
            "trusted_host_key": way.trusted_host_key,
            "timeout": way.timeout,
        }
        for driver, way in ways.items()
    }


def from_wire(wire: Mapping[str, Mapping[str, object]]) -> Ways:
    """Return what :func:`to_wire` was given."""
    ways: dict[str, Endpoint] = {}
    for driver, fields in wire.items():
        known = dict(fields)
        password, passphrase = (known.pop(name) for name in ("password", "passphrase"))
        ways[driver] = Endpoint(
            **known,  # type: ignore[arg-type]  # to_wire wrote exactly these fields
            password=Secret(str(password)) if password is not None else None,
            passphrase=Secret(str(passphrase)) if passphrase is not None else None,
        )
    return ways
