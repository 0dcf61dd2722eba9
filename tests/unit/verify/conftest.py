"""Fixtures of the verify tests: recorded replies, and a device on paper whose answers can lie."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from lxml import etree

from harness.drivers.history import CommitEntry
from harness.drivers.protocol import Facts, Reply
from harness.errors import DeviceError
from harness.outcome import Verdict
from harness.plan.builder import build_plan
from harness.plan.model import Kind, Plan, Site
from harness.plan.occupied import occupied
from harness.render.rendering import render
from harness.verify.calibration import Calibration, calibrate
from harness.verify.expect import Expectation, expectation
from harness.verify.facts import digest
from harness.verify.judge import Bundle, judge
from harness.verify.witnesses import Command, Observation, Question, Rpc, Witness, witnesses

CHECKOUT = Path(__file__).resolve().parents[3]
Observations = tuple[Observation, ...]


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], str]:
    """Return a reader of recorded replies by path; it skips, saying so, when they're absent."""
    given = os.environ.get("HARNESS_REFERENCE_DATA")
    folder = (Path(given) if given else CHECKOUT.parent / "shared" / "data") / "replies"

    def read(name: str) -> str:
        path = folder / name
        if not path.is_file():
            pytest.skip(f"no recorded reply {name}: set HARNESS_REFERENCE_DATA to their folder")
        return path.read_text(encoding="utf-8")

    return read


# --- a device on paper: what an honest one would answer, for tests to change -------------------

BASELINE = """
<configuration junos:commit-seconds="1700000000" junos:commit-user="lab">
  <version>18.4R3</version>
  <system><host-name>srx</host-name>
    <root-authentication><encrypted-password>$6$salt$hash</encrypted-password></root-authentication>
  </system>
  <security>
    <ike>
      <policy><name>old</name><pre-shared-key>
        <ascii-text>$9$FNkC3/t1IcevLuOWx</ascii-text></pre-shared-key></policy>
      <gateway><name>old</name><ike-policy>old</ike-policy><address>203.0.113.9</address></gateway>
    </ike>
    <ipsec><vpn><name>old</name><bind-interface>st0.0</bind-interface>
      <ike><gateway>old</gateway></ike></vpn></ipsec>
    <policies>
      <policy><from-zone-name>trust</from-zone-name><to-zone-name>untrust</to-zone-name>
        <policy><name>first</name><then><permit/></then></policy>
        <policy><name>second</name><then><deny/></then></policy></policy>
    </policies>
    <zones><security-zone><name>untrust</name>
      <interfaces><name>ge-0/0/0.0</name></interfaces></security-zone></zones>
  </security>
  <interfaces>
    <interface><name>ge-0/0/0</name><unit><name>0</name><family><inet>
      <address><name>192.0.2.1/24</name></address></inet></family></unit></interface>
    <interface><name>gr-0/0/0</name><unit><name>0</name><tunnel>
      <source>192.0.2.1</source><destination>203.0.113.8</destination></tunnel></unit></interface>
    <interface><name>st0</name><unit><name>0</name><family><inet/></family></unit></interface>
  </interfaces>
</configuration>"""

SITE = Site(
    device="srx-1",
    platform="srx4100",
    external_interface="ge-0/0/0.0",
    external_zone="untrust",
    local=IPv4Address("192.0.2.1"),
    peers=IPv4Network("198.18.0.0/16"),
    inner=IPv4Network("10.128.0.0/10"),
)
LOG = "hil run=7f3a phase=push"


def encode9(clear: str) -> str:
    """Encode as $9$ with a fixed salt; the inverse of what is tested, written from the table."""
    families = ("QzF3n6/9CAtpu0O", "B1IREhcSyrleKvMW8LXx", "7N-dVbwsY2g4oaJZGUDj", "iHkq.mPf5T")
    alphabet = "".join(families)
    weights = ((1, 4, 32), (1, 16, 32), (1, 8, 32), (1, 64), (1, 32), (1, 4, 16, 128), (1, 32, 64))
    out, previous = "i", "i"  # a salt of the last family: no padding
    for position, byte in enumerate(clear.encode()):
        digits, rest = [], byte
        for weight in reversed(weights[position % len(weights)]):
            digit, rest = divmod(rest, weight)
            digits.append(digit)
        for digit in reversed(digits):
            previous = alphabet[(alphabet.index(previous) + digit + 1) % len(alphabet)]
            out += previous
    return f"$9${out}"


def merge(into: etree._Element, other: etree._Element) -> None:
    """Add what ``other`` has, list entries by name; what Junos' load merge does, in small."""
    for child in other:
        key = (child.tag, child.findtext("name"), None if len(child) else child.text)
        for mine in into:
            if (mine.tag, mine.findtext("name"), None if len(mine) else mine.text) == key:
                merge(mine, child)
                break
        else:
            into.append(deepcopy(child))


@dataclass
class Paper:
    """An honest device holding ``count`` tunnels of a kind; its answers can be told to lie."""

    kind: Kind
    count: int
    device_keys: bool = True  # keys read back as $9$
    lists: dict[str, list[str]] = field(default_factory=dict)
    up: bool = False

    def __post_init__(self) -> None:
        self.expected = self.expect(self.count)
        self.base = {"gateway": ["203.0.113.9"], "st0": ["st0.0"], "gr": ["gr-0/0/0.0"]}
        legs = {leg for one in self.expected.tunnels for leg in one.labels}
        self.lists = {leg: [*self.base[leg], *self.expected.of_leg(leg)] for leg in sorted(legs)}

    def plan(self, count: int) -> Plan:
        used = occupied(BASELINE.replace("junos:", ""))
        return build_plan(SITE, self.kind, count, run_key=b"k" * 32, occupied=used)

    def expect(self, count: int) -> Expectation:
        return expectation(self.plan(count), BASELINE)

    def committed(self, count: int | None = None) -> str:
        """Return the configuration as it would be read back."""
        root = etree.fromstring(BASELINE.replace("junos:", ""))
        count = self.count if count is None else count
        if count:
            merge(root, etree.fromstring(render(self.plan(count)).xml()))
        for leaf in root.iter("ascii-text"):
            if self.device_keys and not (leaf.text or "").startswith("$"):
                leaf.text = encode9(leaf.text or "")
        return etree.tostring(root, encoding="unicode")

    def history(self, log: str = LOG) -> tuple[CommitEntry, ...]:
        return (
            CommitEntry(
                0, "lab", "netconf", 1700000100, log, "commit confirmed, rollback in 5mins"
            ),
            *self.history_before(),
        )

    def history_before(self) -> tuple[CommitEntry, ...]:
        return (CommitEntry(1, "lab", "cli", 1700000000, "by hand"),)

    def answer(self, question: Question) -> str:
        """Answer one question of a witness from the lists."""
        if isinstance(question, Rpc):
            return self._rpc(question)
        return self._command(question.line)

    def _rpc(self, question: Rpc) -> str:
        if question.name == "get-interface-information":
            return self._interfaces(str(question.arguments["interface-name"]))
        active = question.name == "get-security-associations-information"
        rows = self.lists["gateway"] if active == self.up else []
        blocks = "".join(
            "<ipsec-security-associations-block>"
            + (f"<sa-block-state>up</sa-block-state>{sa * 2}" if active else sa)
            + "</ipsec-security-associations-block>"
            for index, gateway in enumerate(rows)
            for sa in [
                f"<ipsec-security-associations><sa-tunnel-index>\n{131073 + index}\n"
                f"</sa-tunnel-index><sa-remote-gateway>\n{gateway}\n</sa-remote-gateway>"
                "</ipsec-security-associations>"
            ]
        )
        word = "active" if active else "inactive"
        root = "security-associations" if active else "unestablished-tunnel"
        total = f"<total-{word}-tunnels>{len(rows)}</total-{word}-tunnels>"
        return f"<ipsec-{root}-information>{total}{blocks}</ipsec-{root}-information>"

    def _interfaces(self, physical: str) -> str:
        units = "".join(
            f"<logical-interface><name>\n{name}\n</name><oper-status>up</oper-status>"
            "</logical-interface>"
            for name in self.lists["st0" if physical == "st0" else "gr"]
        )
        return (
            f"<interface-information><physical-interface><name>{physical}</name>{units}"
            "</physical-interface></interface-information>"
        )

    def _command(self, line: str) -> str:
        if line == "show security ipsec inactive-tunnels":
            rows = [] if self.up else self.lists["gateway"]
            return f"  Total inactive tunnels: {len(rows)}\n" + "".join(
                f"  {131073 + i}       500    {gateway}  1             No response\n"
                for i, gateway in enumerate(rows)
            )
        if line == "show security ipsec security-associations":
            rows = self.lists["gateway"] if self.up else []
            return f"  Total active tunnels: {len(rows)}     Total Ipsec sas: 0\n" + "".join(
                f"  {way}{131073 + i} ESP:aes-gcm-256/None ec78f80e 2528/ unlim - root 500 {gw}\n"
                for i, gw in enumerate(rows)
                for way in "<>"
            )
        names = self.lists["st0" if " st0" in line else "gr"]
        if "display set" in line:
            return "".join(
                f"set interfaces gr-0/0/0 unit {name.rpartition('.')[2]} tunnel {end} 192.0.2.1\n"
                for name in names
                for end in ("source", "destination")
            )
        return "Interface               Admin Link Proto    Local\n" + "".join(
            f"{name}                   up    up   inet     10.0.0.1/31\n" for name in names
        )

    def observe(self, lie: Callable[[str, str], str] = lambda _, text: text) -> Observations:
        """Let every witness ask; ``lie`` may change each honest answer."""
        return tuple(self._ask(witness, lie) for witness in witnesses(self.kind))

    def _ask(self, witness: Witness, lie: Callable[[str, str], str]) -> Observation:
        answers = tuple(lie(str(q), self.answer(q)) for q in witness.questions)
        return Observation(witness.name, witness.way, witness.read(answers), digest(answers))

    def observe_baseline(self) -> Observations:
        """Let every witness ask before anything was pushed."""
        empty = Paper(self.kind, self.count)
        empty.lists = {leg: list(self.base[leg]) for leg in self.lists}
        return empty.observe()

    def calibrated(self) -> Calibration:
        """Calibrate with two tunnels against a claim of three, as at the start of a run."""
        two = Paper(self.kind, 2)
        return calibrate(two.expected, two.expect(3), two.observe_baseline(), two.observe())

    def bundle(self, **changes: object) -> Bundle:
        honest = Bundle(
            history=self.history(),
            readback=self.committed(),
            observations=self.observe(),
            history_before=self.history_before(),
        )
        return replace(honest, **changes)

    def judge(
        self, bundle: Bundle | None = None, calibration: Calibration | None = None
    ) -> Verdict:
        return judge(self.expected, bundle or self.bundle(), calibration or self.calibrated(), LOG)


@dataclass
class PaperReader:
    """A session to a device on paper: remembers what it was asked."""

    paper: Paper
    name: str
    refuses: Mapping[str, DeviceError] = field(default_factory=dict)
    device: str = "srx-1"
    asked: list[str] = field(default_factory=list)
    session_id: int | None = None

    def open(self) -> None: ...

    def close(self) -> None: ...

    def facts(self) -> Facts:
        return Facts("srx", "srx4100", "18.4R3.3", "SIM1")

    def configuration(
        self, database: str = "committed", fmt: str = "xml", subtree: str = ""
    ) -> str:
        self._note(f"configuration {database} {fmt}")
        return self.paper.committed()

    def rpc(self, name: str, arguments: dict[str, str | bool] | None = None) -> Reply:
        self._note(name)
        if name == "get-commit-information":
            entries = "".join(
                f"<commit-history><sequence-number>{e.sequence}</sequence-number>"
                f"<user>{e.user}</user><log>{e.log}</log></commit-history>"
                for e in self.paper.history()
            )
            return Reply(f"<commit-information>{entries}</commit-information>")
        return Reply(self.paper.answer(Rpc(name, arguments or {})))

    def cli(self, command: str) -> str:
        self._note(command)
        return self.paper.answer(Command(command))

    def _note(self, question: str) -> None:
        self.asked.append(question)
        if question in self.refuses:
            raise self.refuses[question]


@pytest.fixture
def paper_reader() -> type[PaperReader]:
    """Return the session to a device on paper."""
    return PaperReader


@pytest.fixture
def paper() -> type[Paper]:
    """Return the device on paper."""
    return Paper


@pytest.fixture
def to_type9() -> Callable[[str], str]:
    """Return an encoder of $9$."""
    return encode9
