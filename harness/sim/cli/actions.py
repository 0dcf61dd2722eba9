"""Operational commands that are no questions: what they do, or how they are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from harness.sim.answers import DaemonRefusal, Refusal, Report
from harness.sim.cli.line import EXPECTING, MISSING, UnknownWord, Word
from harness.sim.cli.preferences import Preferences
from harness.sim.device import MAX_PID, Login
from harness.sim.digits import number_of
from harness.sim.files.errors import FileError
from harness.sim.files.image import MESSAGES
from harness.sim.markup import leaf
from harness.sim.messages import SIMULATED, Complaint, error, refused
from harness.sim.operational.show_files import working_directory
from harness.sim.operational.table import ask, by_command

Action = Callable[[Login, Sequence[Word], Preferences], str]

ABOUT: Final = {
    "clear": "Clear information in the system",
    "configure": "Manipulate software configuration information",
    "file": "Perform file operations",
    "help": "Provide help information",
    "monitor": "Show real-time debugging information",
    "mtrace": "Trace multicast path from source to receiver",
    "op": "Invoke an operation script",
    "ping": "Ping remote target",
    "quit": "Exit the management session",
    "request": "Make system-level requests",
    "restart": "Restart software process",
    "set": "Set CLI properties, date/time, craft interface message",
    "show": "Show system information",
    "ssh": "Start secure shell on another host",
    "start": "Start shell",
    "telnet": "Telnet to another host",
    "test": "Perform diagnostic debugging",
    "traceroute": "Trace route to remote host",
}


def unavailable(words: Sequence[str]) -> Complaint:
    """Refuse a command that real devices have and a simulated one hasn't."""
    return error(f"{' '.join(words)} is not available {SIMULATED}")


# Of a command that isn't here nothing is known; of these it is known that they aren't simulated.
REFUSED: Final = (
    ("clear",),
    ("file", "archive"),
    ("help",),
    ("monitor",),
    ("mtrace",),
    ("op",),
    ("ping",),
    ("request",),
    ("restart",),
    ("set", "date"),
    ("ssh",),
    ("telnet",),
    ("test",),
    ("traceroute",),
)

# What somebody wants to know of a device in trouble, in the order of the vendor's own command.
_SUPPORT: Final = (
    "show version",
    "show system uptime",
    "show chassis hardware",
    "show chassis routing-engine",
    "show system storage",
    "show system alarms",
    "show interfaces terse",
    "show security ike security-associations",
    "show security ipsec security-associations",
    "show system commit",
    "show system users",
)


def _support(login: Login, words: Sequence[Word], _preferences: Preferences) -> str:
    _nothing_more(words)
    return "".join(_section(login, command) for command in _SUPPORT)


def _section(login: Login, command: str) -> str:
    found = by_command(login.device, command)
    if found is None:
        return ""
    try:
        text = ask(login.device, *found).text()
    except (Refusal, DaemonRefusal) as exc:
        text = f"error: {exc}\n"
    return f"\n{login.user}@{login.device.view().hostname}> {command} | no-more \n{text}"


def _rescue_save(login: Login, words: Sequence[Word], _preferences: Preferences) -> str:
    _nothing_more(words)
    return _accepted(login.config.rescue_save())


def _rescue_delete(login: Login, words: Sequence[Word], _preferences: Preferences) -> str:
    _nothing_more(words)
    return _accepted(login.config.rescue_delete())


def _accepted(complaints: Sequence[Complaint]) -> str:
    if refused(complaints):
        raise Refusal(*complaints)
    return ""


def _logout(login: Login, words: Sequence[Word], _preferences: Preferences) -> str:
    """End another session: ``request system logout pid NUMBER``."""
    if not words:
        raise UnknownWord(len("request system logout pid "), MISSING)
    number = words[0].text
    pid = number_of(number, MAX_PID)
    if pid is None or pid == login.pid or not login.device.kill(pid):
        raise Refusal(error(f"no other session has pid {number} {SIMULATED}"))
    return ""


def _clear_commit(login: Login, words: Sequence[Word], _preferences: Preferences) -> str:
    _nothing_more(words)
    cleared = login.device.store.clear_scheduled()
    return "Pending commit cleared.\n" if cleared else "No commit scheduled.\n"


def _clear_log(login: Login, words: Sequence[Word], _preferences: Preferences) -> str:
    """Empty a log file."""
    if not words:
        raise UnknownWord(len("clear log "), MISSING)
    files = login.device.files
    if f"/var/log/{words[0].text}" == MESSAGES:
        login.device.log.clear()
        return ""
    try:
        files.truncate(files.file(f"/var/log/{words[0].text}"), 0)
    except FileError as exc:
        raise Refusal(error(f"{words[0].text}: {exc.reason.value}")) from exc
    return ""


def _clear_statistics(login: Login, words: Sequence[Word], _preferences: Preferences) -> str:
    """Clear counters, all of which are zero already."""
    del login, words
    return ""


def _show_cli(login: Login, words: Sequence[Word], preferences: Preferences) -> str:
    _nothing_more(words)
    return preferences.show(working_directory(login))


def _nothing_more(words: Sequence[Word]) -> None:
    if words:
        raise words[0].unknown(EXPECTING)


ACTIONS: Final[Mapping[tuple[str, ...], Action]] = {
    ("request", "support", "information"): _support,
    ("request", "system", "configuration", "rescue", "save"): _rescue_save,
    ("request", "system", "configuration", "rescue", "delete"): _rescue_delete,
    ("request", "system", "logout", "pid"): _logout,
    ("clear", "system", "commit"): _clear_commit,
    ("clear", "log"): _clear_log,
    ("clear", "interfaces", "statistics"): _clear_statistics,
    ("show", "cli"): _show_cli,
}


def act(
    login: Login, command: tuple[str, ...], words: Sequence[Word], preferences: Preferences
) -> Report:
    """Carry out a command of :data:`ACTIONS`; raises ``Refusal`` and :class:`UnknownWord`."""
    text = ACTIONS[command](login, words, preferences)
    return Report(lambda: leaf("output", text) if text else "", lambda: text)
