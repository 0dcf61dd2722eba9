"""One simulated device without a socket: its configuration, its faults, and who is logged in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from harness.clock import Clock
from harness.errors import UsageError
from harness.sim.answers import Refusal, Report
from harness.sim.config.tree import EMPTY, Node, leaf
from harness.sim.device_log import DeviceLog, every, nothing
from harness.sim.fabric import Fabric
from harness.sim.faults.appearance import alarms, core_files, crash, load, shown_tunnels, tidy
from harness.sim.faults.board import FaultBoard
from harness.sim.faults.machine_faults import without_dropped
from harness.sim.faults.named import Fault, Faults
from harness.sim.faults.tunnel_faults import TunnelFaults
from harness.sim.files.file_system import CAPACITY, FileSystem
from harness.sim.files.image import IMAGE, MESSAGES
from harness.sim.machines import Hypervisor
from harness.sim.messages import Complaint
from harness.sim.onlooker import Onlooker
from harness.sim.permissions import Permission, checked_class, class_of, permissions
from harness.sim.platforms import Platform, platform, serial_number
from harness.sim.spec import DeviceSpec, FaultSpec
from harness.sim.store.commit import Client, CommitRecord
from harness.sim.store.datastore import ConfigSession, Datastore
from harness.sim.store.profiles import Profile, profile
from harness.sim.switches import checked_switches
from harness.sim.tunnels import Peers, Tunnel, added, tunnels
from harness.sim.view import Terminal, View

_FIRST_PID = 20001  # session ids are pids on Junos
_PID_STEP = 3
MAX_PID = 2**31 - 1


@dataclass(slots=True, eq=False)
class Login:
    """One authenticated session of either kind."""

    device: SimulatedDevice
    user: str
    client: Client
    pid: int
    config: ConfigSession
    hang_up: Callable[[], None]
    directory: str = ""  # of the CLI's file commands; "": the home directory

    @property
    def class_name(self) -> str:
        """The login class: as the committed configuration says, else as the testbed does."""
        given = self.device.users.get(self.user)
        return class_of(self.device.store.effective, self.user, given[1] if given else "super-user")

    def may(self, permission: Permission) -> bool:
        """Say whether the login class has a permission."""
        return permission in permissions(self.device.store.effective, self.class_name)

    def require(self, permission: Permission, bad_element: str = "") -> None:
        """Raise :class:`Refusal` in the words of Junos unless the class has the permission."""
        if not self.may(permission):
            raise Refusal(Complaint("error", "permission denied", bad_element=bad_element, tag=""))

    @property
    def hides_secrets(self) -> bool:
        """Say whether secrets read as SECRET-DATA to this login."""
        return self.device.hides_secrets or not self.may("secret")

    @property
    def holds_lock(self) -> bool:
        """Say whether the configuration lock is this session's."""
        holder = self.device.store.lock_holder
        return holder is not None and holder.pid == self.pid

    def close(self, *, vanished: bool = False, killed: bool = False) -> None:
        """Release what the session holds; harmless the second time.

        A client that ``vanished`` without closing its connection is believed there until the
        keep-alive gives up, and so is what its session holds.
        """
        if self.device.forget(self.pid):
            self.config.close(vanished=vanished, killed=killed)


class SimulatedDevice:
    """Joins store, faults and sessions of one device; touches no socket and no real time.

    Raises :class:`~harness.errors.UsageError` for an unknown platform, fault or switch and
    :class:`~harness.errors.TestbedError` for a base configuration that the device refuses.
    """

    def __init__(self, spec: DeviceSpec, clock: Clock, fabric: Fabric | None = None) -> None:
        self.spec = spec
        self._fabric = fabric or Fabric()
        self.clock = clock
        self.platform: Platform = platform(spec.platform)
        self.version = spec.version or self.platform.version
        self.serial = serial_number(spec.name, spec.serial)
        if spec.cluster and self.platform.schema != "junos-es":
            raise UsageError(f"{spec.name}: a {spec.platform} can't be a chassis cluster")
        self.switches = checked_switches(spec.switches)
        self.users = _users(spec)
        self.onlooker: Onlooker | None = None
        self._log: DeviceLog | None = None
        self._changed = self._fabric.join(self)
        self.booted = clock.now()
        self.faults = Faults()
        spoiler = TunnelFaults(self.faults, self._was_committed)
        parts = profile(spec.platform, spec.schema)
        self.schema = parts.schema
        self.store = self._new_store(parts, spoiler)
        self._hypervisor = (
            Hypervisor(
                self.store.effective,
                self.faults,
                self.platform.memory_mib * 1024,
                clock.monotonic,
            )
            if self.platform.linux_host
            else None
        )
        self._board = FaultBoard(self.faults, self.store, clock, self._switched)
        self._back_at = 0.0  # monotonic seconds; until then it reboots
        self._logins: dict[int, Login] = {}
        self._next_pid = _FIRST_PID
        self._tunnels: tuple[Node, Mapping[str, str], tuple[Tunnel, ...]] = (EMPTY, {}, ())
        self._base_tunnels = tunnels(self.store.effective)
        self._deleted: tuple[Tunnel, ...] = ()  # by the change that last took some away
        self._old_history: tuple[CommitRecord, ...] = ()
        self._repeated: dict[str, Report] = {}
        self._crashed = False  # because of a fault, once for each time it's switched on
        self._files: FileSystem | None = None
        self._logged = -1  # changes of the log that its file has; -1: there is no file yet
        self._board.begin(spec.faults)

    def _new_store(self, parts: Profile, spoiler: TunnelFaults) -> Datastore:
        first = self.switches["followup-confirm-target"] == "first"
        kept = self.switches["pending-at-reboot"] == "kept"
        return Datastore(
            parts.schema,
            self.spec.base if self.spec.base is not None else parts.base,
            self.clock,
            hostname=self.spec.name,
            version=self.version,
            rules=parts.rules,
            mangle=lambda committed, checked: without_dropped(
                self.faults, committed, spoiler.mangle(committed, checked)
            ),
            tunnel_limit=self.spec.tunnel_limit,
            followup_confirm_target="first" if first else "previous",
            pending_at_reboot="kept" if kept else "lost",
            keep_alive_seconds=self.spec.keep_alive_seconds,
            own=self.spec.own,
            secret_seed=self.spec.name.encode(),
            on_commit=self._committed,
        )

    def _committed(self, record: CommitRecord) -> None:
        self.log.committed(record)
        self._changed()
        if self._hypervisor is not None:
            self._hypervisor.committed(self.store.effective)
        if self.faults.get("core-file") is not None:
            self._crash_if_loaded()

    @property
    def log(self) -> DeviceLog:
        """Return the device's own log, made when the first line is written or asked for."""
        if self._log is None:
            self._log = DeviceLog()
        return self._log

    @property
    def acting(self) -> Node:
        """The committed configuration without what is deactivated: what the device acts on."""
        return self.store.effective

    def arm(self, spec: FaultSpec) -> None:
        """Switch a fault on, now or later; raises :class:`~harness.errors.UsageError`."""
        self._board.arm(spec)

    def disarm(self, name: str) -> None:
        """Switch a fault off; one that isn't on is no error."""
        self._board.disarm(name)

    def _switched(self, fault: Fault, on: bool) -> None:  # noqa: FBT001 - one fact
        """Let the device feel that a fault was switched."""
        match fault.name:
            case "stale-history":
                self._old_history = self.store.history
            case "repeat-reply":
                self._repeated.clear()
            case "disk-full":
                self.files.capacity = 0 if on else CAPACITY
            case "core-file" if not on:
                tidy(self.files, fault)
            case "core-file":
                self._crashed = False
                self._crash_if_loaded()
            case "log-lines-lost":
                self.log.lost = every(fault.count("every")) if on else nothing
            case "reboot" if on:
                self._reboot(fault.seconds())

    def _reboot(self, seconds: float) -> None:
        """End every session, lose what is only in memory, and be away for a while."""
        self._back_at = self.clock.monotonic() + seconds
        for login in tuple(self._logins.values()):
            login.close()
            login.hang_up()
        self.store.reboot()
        self.booted = self.clock.now() + timedelta(seconds=seconds)
        self.faults.disarm("reboot")  # once; armed again it reboots again

    @property
    def away(self) -> bool:
        """Say whether the device is rebooting."""
        return self.clock.monotonic() < self._back_at

    def tick(self) -> None:
        """Let what is due happen, as the rollback of a commit that nobody confirmed."""
        self._board.tick()
        self.store.tick()

    def login(self, user: str, client: Client, hang_up: Callable[[], None]) -> Login:
        """Open a session; ``hang_up`` ends its connection when another session kills it."""
        pid = self._next_pid
        self._next_pid += _PID_STEP
        config = self.store.session(user, client, pid, terminal="p0" if client == "cli" else "")
        login = Login(self, user, client, pid, config, hang_up)
        self._logins[pid] = login
        return login

    def password_of(self, user: str) -> str | None:
        """Return the password of a login; None when nobody has that name."""
        found = self.users.get(user)
        return None if found is None else found[0]

    def forget(self, pid: int) -> bool:
        """Take a session off the list; False when it isn't on it."""
        return self._logins.pop(pid, None) is not None

    def kill(self, pid: int) -> bool:
        """End another session; False when there is none of that pid."""
        login = self._logins.get(pid)
        if login is None:
            return False
        login.close(killed=True)
        login.hang_up()
        return True

    @property
    def hides_secrets(self) -> bool:
        """Say whether secrets read as SECRET-DATA to everybody."""
        return self.faults.get("secret-data") is not None

    @property
    def files(self) -> FileSystem:
        """Return the device's file system, made when it's first asked for."""
        if self._files is None:
            image = {} if self.platform.linux_host else IMAGE
            self._files = FileSystem(self.clock.now, image=image)
        if self._logged != self.log.changes:
            self._logged = self.log.changes
            host = leaf(self.store.effective, "system", "host-name") or self.spec.name
            self._files.refresh(MESSAGES, self.log.text(host).encode())
        return self._files

    def view(self) -> View:
        """Return the state that operational questions are answered from, faults applied."""
        stale = self.faults.get("stale-history") is not None
        new = self._new_tunnels() if self.faults.armed() else 0
        tree = self.store.effective
        return View(
            platform=self.platform,
            hostname=leaf(tree, "system", "host-name") or self.spec.name,
            version=self.version,
            serial=self.serial,
            now=self.clock.now(),
            booted=self.booted,
            tree=tree,
            tunnels=shown_tunnels(
                self.faults, self._base_tunnels, self._configured_tunnels(), self._deleted
            ),
            history=self._old_history if stale else self.store.history,
            lock_holder=self.store.lock_holder,
            editor=self.store.editor,
            editing=self.store.editing,
            pending=self.store.pending,
            scheduled=self.store.scheduled,
            rescue_set=self.store.rescue is not None,
            terminals=tuple(self._terminals()),
            cluster=self.spec.cluster,
            alarms=alarms(self._board, new),
            cores=core_files(self._files),
            load=load(self.faults, new),
            machines=self._hypervisor.machines(tree) if self._hypervisor else (),
            memory=self._hypervisor.memory(tree) if self._hypervisor else None,
        )

    def _terminals(self) -> Iterator[Terminal]:
        now = self.clock.now()
        here = (login for login in self._logins.values() if login.client == "cli")
        for number, login in enumerate(here):
            one = login.config.editing(now)
            yield Terminal(login.user, f"p{number}", "127.0.0.1", one.since, now - one.idle)

    def repeated(self, rpc: str, make: Callable[[], Report]) -> Report:
        """Answer an operational question, or repeat the first answer to it if told so."""
        if self.faults.get("repeat-reply") is None:
            return make()
        if rpc not in self._repeated:
            report = make()
            xml, text = report.xml(), report.text()
            self._repeated[rpc] = Report(lambda: xml, lambda: text)
        return self._repeated[rpc]

    def _configured_tunnels(self) -> tuple[Tunnel, ...]:
        tree = self.store.effective
        outcome = self._fabric.outcome(self)
        if self._tunnels[0] is not tree or self._tunnels[1] is not outcome:
            answering = self.switches["peers"] == "answering"
            peers = Peers(answering, self.spec.peers, outcome)
            now = tunnels(tree, peers)
            self._deleted = added(now, self._tunnels[2]) or self._deleted
            self._tunnels = (tree, outcome, now)
        return self._tunnels[2]

    def _new_tunnels(self) -> int:
        """Count the tunnels that it didn't start with."""
        return len(added(self._base_tunnels, self._configured_tunnels()))

    def _crash_if_loaded(self) -> None:
        """Let a daemon dump core, once, if it's to under as many tunnels as there are now."""
        fault = self.faults.get("core-file", self._new_tunnels())
        if fault is not None and not self._crashed:
            self._crashed = True
            crash(self.files, fault)

    def _was_committed(self, tree: Node) -> bool:
        """Say whether ``tree`` is an earlier configuration still in a rollback slot."""
        slots = (self.store.rollback_tree(index) for index in range(1, len(self.store.history)))
        return any(slot == tree for slot in slots)


def _users(spec: DeviceSpec) -> Mapping[str, tuple[str, str]]:
    """Return password and class by name."""
    further = {each.name: (each.password, checked_class(each.login_class)) for each in spec.users}
    return {spec.username: (spec.password, "super-user"), **further}
