"""One device on the bench: its sessions, its leases, its journal, its calibrations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property

from harness.deploy.access import Access
from harness.deploy.baseline import Baseline, capture
from harness.deploy.journal import Journal
from harness.drivers.protocol import Endpoint, Facts, Reader
from harness.drivers.transcript import Transcript
from harness.errors import DeviceBusy, DeviceError, LabError
from harness.lab.knowledge import Knowledge, headline, known
from harness.lab.run import Run
from harness.lab.sessions import Sessions
from harness.lab.timer_size import Timed
from harness.lab.ways import Ways
from harness.lease import FileLease
from harness.outcome import Verdict
from harness.plan.vnfs import Subject
from harness.reporting import record
from harness.testbed.model import Device
from harness.verify.calibration import Calibration
from harness.verify.grade import Chassis, grade
from harness.verify.health import Health
from harness.verify.preflight import chassis
from harness.verify.wait import Patience

_BOOT_SECONDS = 600.0  # a gateway of the larger kind takes up to ten minutes to come up
_WRITER_WAIT = 60.0  # seconds; a worker that was just replaced may still be in a teardown
CLI = "netmiko"


@dataclass(frozen=True, slots=True)
class Control:
    """The negative control of one kind: what it says of the witnesses, and of the device."""

    calibration: Calibration
    verdict: Verdict


@dataclass(slots=True)
class _Seen:
    """What was learnt of the device during this run."""

    controls: dict[Subject, Control | DeviceError] = field(default_factory=dict)
    rungs: int = 0
    timed: list[Timed] = field(default_factory=list)  # commits that it took
    broken: str = ""  # why a restore failed; final, with the first cause
    health: Health | None = None  # before the first push
    ill: str = ""  # under which rung it fell ill, and of what; final
    gone: str = ""  # why nobody answered when evidence was asked for last


class Bench:
    """Everything a suite needs of one device; one process at a time may write to it."""

    def __init__(
        self,
        device: Device,
        ways: Ways,
        run: Run,
        *,
        embedded: bool,
        jdm: Bench | None = None,
        why_lost: Callable[[], str] = str,
        heard: bool = True,
    ) -> None:
        """Take the ways in; a bench that isn't ``heard`` keeps no transcript for a bundle."""
        self.device = device
        self._why_lost = why_lost  # "" while the run's lease among machines holds
        self.jdm = jdm  # of the same chassis, where the gateway is a virtual machine of it
        self.run = run
        self.embedded = embedded  # simulated inside this run: it dies with it
        self.silent: frozenset[str] = frozenset()  # ways that aren't asked: not in the sample
        self.seen = _Seen()
        passwords = {way.password.reveal() for way in ways.values() if way.password}
        self.transcript = Transcript(run.clock, passwords)
        self._sessions = Sessions(ways, self.transcript if heard else None)
        self.key = device.name if embedded else address_key(device)
        state = run.private_state if embedded else run.state
        self.journal = Journal(state / "journals", self.key, run.clock)
        self._lease = FileLease(state / "leases", self.key, run.holder("writing"))

    @property
    def witness_driver(self) -> str:
        """Return the NETCONF library that asks, which is never the one that pushes."""
        return "pyez" if self.run.driver == "ncclient" else "ncclient"

    @property
    def patience(self) -> Patience:
        """Return how long tables may lag behind a commit; simulated ones follow at once."""
        return Patience(seconds=0.0) if self.device.simulated else Patience()

    def restore_patience(self) -> float:
        """Return for how many seconds a restore waits for a device that is away.

        Until its confirmed commit has run out and it had the time to come up again, unless the
        run says otherwise.
        """
        if self.run.restore_wait is not None:
            return self.run.restore_wait
        deadline = self.journal.read().deadline
        left = (deadline - self.run.clock.now()).total_seconds() if deadline else 0.0
        return max(0.0, left) + _BOOT_SECONDS

    @property
    def user(self) -> str:
        """Return as whom the device is written to."""
        return self._sessions.endpoint(self.rescue_driver).username

    @property
    def rescue_driver(self) -> str:
        """Return the library that restores: a CLI can't load a baseline."""
        return "pyez" if self.run.driver == CLI and self._sessions.has("pyez") else self.run.driver

    @property
    def netconf_endpoint(self) -> Endpoint:
        """Return where NETCONF is; raises LabError when the testbed doesn't say."""
        return self._sessions.endpoint(self.witness_driver)

    @property
    def cli_endpoint(self) -> Endpoint:
        """Return where the CLI, or a compute node's shell, is; raises LabError as above."""
        return self._sessions.endpoint(CLI)

    @property
    def smallest_commit_seconds(self) -> float | None:
        """Return what a commit of next to nothing takes on such a device, if that was probed."""
        knowledge = self.knowledge
        return knowledge.smallest_commit_seconds if knowledge is not None else None

    @cached_property
    def knowledge(self) -> Knowledge | None:
        """Return what was probed of its dead-man's switch, on this model, release and grade."""
        facts, grade_now = self.facts, self.identity.grade
        return known(self.run.state, facts.model, facts.version, grade_now)

    @contextmanager
    def lease(self) -> Iterator[None]:
        """Hold the right to write to the device; raises DeviceBusy naming who has it."""
        self._lease.acquire(self.run.clock, _WRITER_WAIT)
        try:
            yield
        finally:
            self._lease.release()

    @cached_property
    def access(self) -> Access:
        """Return the sessions for deploy."""
        return Access(
            self.device.name,
            writer=lambda: self._sessions.writer(self.run.driver),
            reader=lambda: self._sessions.reader(self.witness_driver),
            clock=self.run.clock,
            serial=lambda: self.facts.serial,
            patience=self.restore_patience,
        )

    @cached_property
    def rescue(self) -> Access:
        """Return the sessions to restore with what a case left."""
        return replace(self.access, writer=lambda: self._sessions.writer(self.rescue_driver))

    @contextmanager
    def witnesses(self) -> Iterator[dict[str, Reader]]:
        """Lend the sessions that verify asks, for each way that the testbed has."""
        ways = {"netconf": self.witness_driver, "cli": CLI}
        with ExitStack() as stack:
            yield {
                way: stack.enter_context(self._sessions.reader(driver))
                for way, driver in ways.items()
                if self._sessions.has(driver) and way not in self.silent
            }

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """Lend the NETCONF witness."""
        with self._sessions.reader(self.witness_driver) as reader:
            yield reader

    def apart(self, seconds: float, *, cli_first: bool = False) -> Reader:
        """Open a session apart from all others, by whichever way leads there; bounded in time.

        The caller closes it. Raises what opening the last way raised.
        """
        ways = (CLI, self.witness_driver) if cli_first else (self.witness_driver, CLI)
        there = [driver for driver in ways if self._sessions.has(driver)]
        *others, last = there or [self.witness_driver]
        for driver in others:
            with suppress(LabError):
                return self._sessions.apart(driver, seconds)
        return self._sessions.apart(last, seconds)

    @cached_property
    def facts(self) -> Facts:
        """Ask once who the device is."""
        with self.reader() as reader:
            return reader.facts()

    @property
    def facts_if_asked(self) -> Facts | None:
        """Return who the device is if that was asked before; asks nothing."""
        return self.__dict__.get("facts")  # where cached_property keeps it

    @cached_property
    def identity(self) -> record.Device:
        """Say once who the device is and how real, for the record."""
        facts, graded = self.facts, grade(self.device, self.facts, self._chassis())
        knowledge = known(self.run.state, facts.model, facts.version, graded.grade)
        return record.Device(
            name=self.device.name,
            platform=self.device.platform,
            grade=graded.grade,
            reasons=(graded.reason,),
            model=facts.model,
            emulates=self.device.emulates,
            os_version=facts.version,
            serial=facts.serial,
            hostname=facts.hostname,
            deadman=headline(facts.model, facts.version, knowledge),
        )

    def _chassis(self) -> Chassis | None:
        if self.jdm is None:
            return None
        with self.jdm.reader() as reader:
            return chassis(reader)

    def baseline(self) -> Baseline:
        """Read the committed configuration as a baseline."""
        with self.reader() as reader:
            return capture(reader)

    def next_note(self, kind: str, count: int) -> str:
        """Return the note of the next rung's commits; the number makes it new on the device."""
        self.seen.rungs += 1
        return f"rung={self.seen.rungs} kind={kind} count={count}"

    def refuse_broken(self) -> None:
        """Refuse a device whose restore failed earlier in this run, with the first cause."""
        if self.seen.broken:
            raise LabError(f"{self.device.name} is out for this run: {self.seen.broken}")

    def refuse_lost(self) -> None:
        """Refuse a device whose lease among machines somebody freed, or that ran out.

        What is on it is taken back all the same: a way back asks no lease.
        """
        reason = self._why_lost()
        if reason:
            raise DeviceBusy(f"{self.device.name} isn't this run's any more: {reason}")

    def close(self) -> None:
        """Close the kept sessions."""
        self._sessions.close()


def address_key(device: Device) -> str:
    """Return what leases and journals of a device are kept under: its address, not its name.

    Two testbeds may name one box differently; its NETCONF address (else the CLI's) is the same.
    """
    connection = device.connections.get("netconf") or device.connections.get("cli")
    return f"{connection.host}_{connection.port}" if connection else device.name
