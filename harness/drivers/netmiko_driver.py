"""The netmiko adapter: the CLI witness, and the way in where NETCONF is off.

netmiko logs in and prepares the terminal; commands and bulk loads go through
:class:`~harness.drivers.cli_channel.CliChannel`, because netmiko's own line-by-line sending takes
minutes for what ``load … terminal`` takes in one piece.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from netmiko.base_connection import BaseConnection
from netmiko.channel import SSHChannel
from netmiko.exceptions import NetmikoAuthenticationException, NetmikoBaseException
from netmiko.juniper import JuniperSSH

from harness.clock import Clock, Deadline
from harness.drivers import cli_replies, replies, requests
from harness.drivers.cli_channel import CliChannel
from harness.drivers.cli_commands import command_for
from harness.drivers.protocol import (
    Database,
    Endpoint,
    Facts,
    LoadAction,
    PayloadFormat,
    Reply,
)
from harness.drivers.ssh import SSH_RULES, close_client, connect_seconds, connected_client
from harness.drivers.transcript import OPENING, Transcript
from harness.drivers.translate import Rule, border
from harness.errors import (
    CommitRefused,
    DeviceBusy,
    DeviceMessage,
    HarnessError,
    LoadRefused,
    LoginRefused,
    OutcomeUnknown,
    RpcRefused,
    Unreachable,
    UsageError,
)

CLOSE_SECONDS = 5.0
_LEAVE = "exit configuration-mode"
_DISPLAY = {"xml": " | display xml", "set": " | display set", "text": ""}

NETMIKO_RULES = (
    Rule(NetmikoAuthenticationException, LoginRefused, "the device refuses these credentials"),
    Rule(NetmikoBaseException, Unreachable, "the CLI didn't answer as expected"),
    Rule(ValueError, Unreachable, "no Junos prompt"),
    *SSH_RULES,
)


class VerifiedTerminal(BaseConnection):
    """netmiko's session on a connection whose host key was verified by our rules.

    To be named before netmiko's class for the device.
    """

    kind: ClassVar[str]  # netmiko's name for the device

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        super().__init__(
            host=endpoint.host,
            port=endpoint.port,
            username=endpoint.username,
            device_type=self.kind,
        )

    def establish_connection(self, width: int = 511, height: int = 1000) -> None:
        client = connected_client(self._endpoint)
        self.remote_conn_pre = client
        try:
            self.shell = client.invoke_shell(term="vt100", width=width, height=height)
        except BaseException:
            close_client(client)
            raise
        self.shell.settimeout(connect_seconds(self._endpoint))
        self.remote_conn = self.shell
        self.channel = SSHChannel(conn=self.shell, encoding="utf-8")

    def paramiko_cleanup(self) -> None:
        """Close the connection and wait for its thread, which netmiko doesn't."""
        if self.remote_conn_pre is not None:
            close_client(self.remote_conn_pre)
        self.remote_conn = self.remote_conn_pre = None


class _Terminal(VerifiedTerminal, JuniperSSH):
    kind = "juniper_junos"

    def cleanup(self, command: str = "exit") -> None:
        """Leave the logging out to the driver, which knows the mode it's in."""


class NetmikoDriver:
    """A :class:`~harness.drivers.protocol.Writer` over the CLI; loads set and text format."""

    name: str = "netmiko"
    rules: ClassVar[Sequence[Rule]] = NETMIKO_RULES

    def __init__(
        self, endpoint: Endpoint, clock: Clock, transcript: Transcript | None = None
    ) -> None:
        self.device = endpoint.device
        self._endpoint = endpoint
        self._clock = clock
        self._transcript = transcript
        self._terminal: _Terminal | None = None
        self._channel: CliChannel | None = None
        self._lost: Unreachable | None = None
        self._locked = False
        self._changed = False  # the candidate holds something this session loaded

    @property
    def session_id(self) -> int | None:
        """Return None: a terminal isn't told which process serves it."""
        return None

    def open(self) -> None:
        """Connect, verify the host key, log in and prepare the terminal."""
        self.close()
        with (
            self._noted(OPENING, "") as said,
            border(self.device, "opening a CLI session", self.rules),
        ):
            self._terminal = _Terminal(self._endpoint)
            self._channel = CliChannel(self._terminal.shell, self._endpoint.username, self._clock)
            said.append("")
        self._lost = None

    def close(self) -> None:
        """Log out and end the session; locks and uncommitted changes of it go with it."""
        channel = self._channel
        if channel is not None:
            # It may be gone already; then closing the connection is all that's left.
            with contextlib.suppress(Unreachable), border(self.device, "", self.rules):
                deadline = Deadline.after(CLOSE_SECONDS, self._clock)
                if channel.configuring:
                    channel.answer(_LEAVE, "yes", deadline)
                channel.finish(deadline)
        self._hang_up()

    def facts(self) -> Facts:
        """Ask who the device is; there are no capabilities on the CLI."""
        root = replies.document(self.rpc("get-system-information").raw)
        return Facts(
            hostname=replies.text_of(root, "host-name"),
            model=replies.text_of(root, "hardware-model"),
            version=replies.text_of(root, "os-version"),
            serial=replies.text_of(root, "serial-number"),
        )

    def configuration(
        self, database: Database = "committed", fmt: PayloadFormat = "xml", subtree: str = ""
    ) -> str:
        """Return the configuration; see the protocol for its shape."""
        names = requests.path(subtree)
        show = " ".join(("show", *names)) if database == "candidate" else ""
        show = show or " ".join(("show configuration", *names))
        command = f"{show}{_DISPLAY[fmt]} | no-more"
        output = self._in_candidate(command) if database == "candidate" else self._operate(command)
        if fmt != "xml":
            text = cli_replies.without_banner(output)
            return text if fmt == "set" else _nested(text, names)
        return replies.configuration_xml(self._xml(command, output)[1], whole=not names)

    def rpc(self, name: str, arguments: dict[str, str | bool] | None = None) -> Reply:
        """Run the CLI equivalent of an operational RPC with ``| display xml``."""
        command = f"{command_for(name, arguments)} | display xml | no-more"
        return self._xml(command, self._operate(command))[0]

    def cli(self, command: str) -> str:
        """Run an operational command and return its text."""
        return self._operate(command).strip("\n")

    def lock(self) -> None:
        """Enter exclusive configuration mode."""
        if self._cli().configuring:
            self._leave()
        output = self._run("locking", "configure exclusive")
        if not self._cli().configuring:
            holder = cli_replies.lock_holder(output) or " ".join(output.split())
            raise DeviceBusy(
                f"{self.device}: the configuration can't be locked: {holder}; "
                "let the holder finish (or commit or discard his changes), then run again"
            )
        self._locked = True

    def unlock(self) -> None:
        """Leave configuration mode, discarding what isn't committed."""
        if not self._locked:
            raise RpcRefused(f"{self.device}: this session holds no lock")
        self._leave()

    def load(self, payload: str, fmt: PayloadFormat, action: LoadAction = "merge") -> Reply:
        """Load statements into the candidate, in one piece, through the terminal."""
        action = requests.load_action(fmt, action)
        if fmt == "xml":
            raise UsageError("netmiko loads set and text format; render the payload as one of them")
        if any(not c.isprintable() and c not in "\n\t" for c in payload):
            raise UsageError("the payload holds control characters, which a terminal obeys")
        self._enter()
        command = f"load {action} terminal"
        output = self._during(
            "loading", f"{command}\n{payload}", lambda c, d: c.paste(command, payload, d)
        )
        messages = cli_replies.load_messages(output, payload)
        reply = Reply(output, messages or _unless(cli_replies.LOAD_DONE, output))
        if reply.errors:
            raise self._put_back(LoadRefused(f"{self.device} refused the load", reply.errors))
        self._changed = True
        return reply

    def rollback(self, index: int = 0) -> Reply:
        """Load a previous configuration into the candidate."""
        requests.rollback_index(index)
        self._enter()
        output = self._run(f"rollback {index}", f"rollback {index}")
        messages = cli_replies.commit_messages(output)
        reply = Reply(output, messages or _unless(cli_replies.LOAD_DONE, output))
        if reply.errors:
            raise LoadRefused(f"{self.device} refused rollback {index}", reply.errors)
        self._changed = index != 0
        return reply

    def diff(self, index: int = 0) -> str:
        """Return the device's own patch."""
        against = f" rollback {requests.rollback_index(index)}" if index else ""
        patch = cli_replies.without_banner(self._in_candidate(f"show | compare{against} | no-more"))
        if self._transcript is not None:
            self._transcript.compared(self.name, "", patch)
        return patch

    def commit_check(self) -> Reply:
        """Validate the candidate."""
        self._enter()
        output = self._run("commit check", "commit check")
        reply = Reply(output, cli_replies.commit_messages(output) + cli_replies.refusal(output))
        if reply.errors:
            raise CommitRefused(f"{self.device} refused the commit check", reply.errors)
        return reply

    def commit(self, log: str, confirm_minutes: int | None = None) -> Reply:
        """Commit; returns unless the device clearly refused."""
        minutes = requests.confirm_minutes(confirm_minutes)
        confirmed = f" confirmed {minutes}" if minutes is not None else ""
        command = f'commit{confirmed} comment "{requests.commit_log(log)}"'
        self._enter()
        try:
            output = self._run("commit", command)
        except HarnessError as error:
            raise OutcomeUnknown(
                f"{self.device}: a commit was sent and its outcome isn't known: {error}"
            ) from error
        reply = Reply(output, cli_replies.commit_messages(output))
        if reply.errors and cli_replies.COMMIT_DONE not in output:
            raise CommitRefused(f"{self.device} refused the commit", reply.errors)
        self._changed = False
        return reply

    def _cli(self) -> CliChannel:
        if self._lost is not None:
            raise Unreachable(f"{self.device}: the session was lost earlier") from self._lost
        if self._channel is None:
            raise Unreachable(f"{self.device}: no CLI session is open")
        return self._channel

    def _run(self, doing: str, command: str) -> str:
        return self._during(
            doing, command, lambda channel, deadline: channel.run(command, deadline)
        )

    def _during(self, doing: str, written: str, act: Callable[[CliChannel, Deadline], str]) -> str:
        channel = self._cli()
        try:
            with self._noted(doing, written) as said, border(self.device, doing, self.rules):
                output = act(channel, Deadline.after(self._endpoint.timeout, self._clock))
                said.append(output)
                return output
        except Unreachable as error:
            self._hang_up()
            self._lost = error
            raise
        except HarnessError:
            raise
        except BaseException:  # Ctrl-C half-way: what the terminal shows next belongs to this
            self._hang_up()
            self._lost = Unreachable(f"{self.device}: {doing} was interrupted")
            raise

    @contextlib.contextmanager
    def _noted(self, doing: str, written: str) -> Iterator[list[str]]:
        """Tell the transcript of one exchange; the caller appends what the device printed."""
        began = self._clock.monotonic()
        said: list[str] = []
        failure = "interrupted"
        try:
            yield said
            failure = ""
        except HarnessError as error:
            failure = str(error)
            raise
        finally:
            if self._transcript is not None:
                seconds = self._clock.monotonic() - began
                printed = cli_replies.without_echo(said[0], written) if said else None
                self._transcript.note(
                    self.name, "", doing,
                    request=written, reply=printed, seconds=seconds, failure=failure,
                )  # fmt: skip

    def _operate(self, command: str) -> str:
        """Run an operational command in whichever mode the session is."""
        run = "run " if self._cli().configuring else ""
        output = cli_replies.without_banner(self._run(command, run + command))
        self._refuse(command, cli_replies.refusal(output))
        return output

    def _in_candidate(self, command: str) -> str:
        """Run a configuration-mode command, entering the mode for as long as it takes."""
        was_in = self._cli().configuring
        self._enter()
        output = cli_replies.without_banner(self._run(command, command))
        if not was_in:
            self._leave()
        self._refuse(command, cli_replies.refusal(output))
        return output

    def _enter(self) -> None:
        if self._cli().configuring:
            return
        output = self._run("entering configuration mode", "configure")
        if not self._cli().configuring:
            words = cli_replies.lock_holder(output) or " ".join(output.split())
            raise DeviceBusy(f"{self.device}: configuration mode is refused: {words}")

    def _leave(self) -> None:
        self._during("leaving configuration mode", _LEAVE, lambda c, d: c.answer(_LEAVE, "yes", d))
        self._locked = self._changed = False

    def _xml(self, command: str, output: str) -> tuple[Reply, replies.Element]:
        start, end = output.find("<rpc-reply"), output.rfind("</rpc-reply>")
        if start < 0 or end < 0:
            words = " ".join(output.split())[:200]
            raise RpcRefused(f"{self.device}: '{command}' brought no XML, but '{words}'")
        try:
            reply, root = replies.read(output[start : end + len("</rpc-reply>")], repair=False)
        except RpcRefused as error:
            raise RpcRefused(f"{self.device}: '{command}': {error}") from error
        self._refuse(command, reply.errors)
        return reply, root

    def _refuse(self, command: str, errors: tuple[DeviceMessage, ...]) -> None:
        if errors:
            raise RpcRefused(f"{self.device} refused '{command}'", errors)

    def _put_back(self, refused: LoadRefused) -> LoadRefused:
        """Undo what a refused load left behind, as over NETCONF (see there)."""
        if self._locked and not self._changed:
            try:
                self.rollback(0)
            except HarnessError as error:
                refused.add_note(f"the candidate could not be put back: {error}")
        return refused

    def _hang_up(self) -> None:
        terminal, self._terminal, self._channel = self._terminal, None, None
        self._locked = self._changed = False
        if terminal is not None:
            terminal.disconnect()


def _unless(done: str, output: str) -> tuple[DeviceMessage, ...]:
    """Return the output as an error where it lacks the words for success."""
    if done in output:
        return ()
    return (DeviceMessage("error", " ".join(output.split())[-200:] or f"no '{done}'"),)


def _nested(text: str, names: Sequence[str]) -> str:
    """Put a level shown alone back into its path, as a subtree over NETCONF has it."""
    if not text:
        return ""
    for name in reversed(names):
        inner = "\n".join(f"    {line}" for line in text.splitlines())
        text = f"{name} {{\n{inner}\n}}"
    return text
