"""Fixtures: simulated devices without a socket, and sessions driven by bytes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from lxml import etree

from harness.clock import ManualClock
from harness.sim.device import SimulatedDevice
from harness.sim.effects import Cut, HangUp, Pause, Send, Session
from harness.sim.netconf.framing import frame
from harness.sim.sessions import open_netconf, open_shell
from harness.sim.spec import DeviceSpec, FaultSpec

END = b"]]>]]>"


@dataclass
class Talk:
    """A session and everything it has sent."""

    session: Session
    sent: bytearray = field(default_factory=bytearray)
    paused: float = 0.0
    hung_up: HangUp | None = None
    cut: bool = False

    def say(self, data: bytes) -> bytes:
        """Send bytes and return what came back."""
        before = len(self.sent)
        self.session.feed(data)
        self.run()
        return bytes(self.sent[before:])

    def run(self) -> None:
        """Carry out effects; a pause is only added up."""
        if self.hung_up is not None:
            return
        for effect in self.session.run():
            match effect:
                case Send(data):
                    self.sent += data
                case Pause(seconds):
                    self.paused += seconds
                case Cut():
                    self.cut = True
                case HangUp():
                    self.hung_up = effect
                    self.session.close()
                    return

    def rpc(self, body: str, attributes: str = 'message-id="7"') -> etree._Element:
        """Send one rpc and return the reply; raises if there isn't exactly one."""
        answer = self.say(frame(f"<rpc {attributes}>{body}</rpc>".encode(), chunked=False))
        message, mark, rest = answer.partition(END)
        assert mark, f"no whole reply: {answer!r}"
        assert not rest.strip()
        return etree.fromstring(message.strip())

    def type(self, line: str) -> str:
        """Type one line at the CLI and return the screen."""
        return self.say(line.encode() + b"\n").decode().replace("\r\n", "\n")


@dataclass
class Bench:
    """A device, its clock, and ways to talk to it."""

    device: SimulatedDevice
    clock: ManualClock

    def netconf(self, user: str = "lab") -> Talk:
        """Open a NETCONF session, hellos exchanged."""
        talk = Talk(open_netconf(self.device, user, lambda: None))
        talk.run()
        talk.say(frame(b"<hello><capabilities/></hello>", chunked=False))
        return talk

    def shell(self, user: str = "lab") -> Talk:
        """Open a CLI session and read its greeting."""
        talk = Talk(open_shell(self.device, user, lambda: None, echo=True))
        talk.run()
        return talk

    def arm(self, name: str, **options: str | float) -> None:
        """Switch a fault on."""
        self.device.arm(FaultSpec(name, options))


@pytest.fixture
def bench_for():
    """Return a maker of benches: platform, then any field of the specification."""

    def make(platform: str = "srx4100", **fields) -> Bench:
        clock = ManualClock()
        spec = replace(DeviceSpec("dut", platform), **fields)
        return Bench(SimulatedDevice(spec, clock), clock)

    return make


@pytest.fixture
def bench(bench_for) -> Bench:
    """Return a plain SRX4100."""
    return bench_for()


def tunnel_lines(count: int, first: int = 1) -> str:
    """Return set lines of ``count`` IPsec tunnels beside the ones the device starts with."""
    lines = []
    for n in range(first, first + count):
        name, unit = f"t{n}", n
        lines += [
            f"set interfaces st0 unit {unit} family inet address 10.9.{n // 128}.{n % 128 * 2}/31",
            f"set security zones security-zone vpn-corp interfaces st0.{unit}",
            f"set routing-options static route 10.{100 + n // 250}.{n % 250}.0/24 "
            f"next-hop st0.{unit}",
            f"set security ike policy {name} proposals corp-ike",
            f'set security ike policy {name} pre-shared-key ascii-text "secret-{n}"',
            f"set security ike gateway {name} ike-policy {name}",
            f"set security ike gateway {name} address 198.18.{n // 250}.{n % 250 + 1}",
            f"set security ike gateway {name} external-interface xe-0/0/0.0",
            f"set security ipsec vpn {name} bind-interface st0.{unit}",
            f"set security ipsec vpn {name} ike gateway {name}",
            f"set security ipsec vpn {name} ike ipsec-policy corp-esp",
        ]
    return "\n".join(lines) + "\n"


def gre_lines(count: int) -> str:
    """Return set lines of ``count`` GRE tunnels."""
    lines = []
    for n in range(1, count + 1):
        unit = f"set interfaces gr-0/0/0 unit {n}"
        lines += [
            f"{unit} tunnel source 192.0.2.1",
            f"{unit} tunnel destination 198.18.1.{n}",
            f"{unit} family inet address 10.8.0.{2 * n}/31",
        ]
    return "\n".join(lines) + "\n"


@pytest.fixture
def push():
    """Return a function that loads set lines over a NETCONF session and commits them."""

    def go(talk: Talk, lines: str, commit: str = "<commit-configuration/>") -> etree._Element:
        load = (
            '<load-configuration action="set" format="text"><configuration-set>'
            f"{lines}</configuration-set></load-configuration>"
        )
        results = talk.rpc(load)
        assert not results.findall(".//{*}rpc-error"), etree.tostring(results).decode()
        return talk.rpc(commit)

    return go


@pytest.fixture
def ipsec():
    """Return the maker of IPsec tunnel lines."""
    return tunnel_lines


@pytest.fixture
def gre():
    """Return the maker of GRE tunnel lines."""
    return gre_lines
