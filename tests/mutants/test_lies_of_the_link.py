"""Devices whose link, login or replies fail, and devices that others work on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.errors import SecondWriter
from harness.sim.server.channel import Channel

CONTROL = 2  # tunnels of the negative control, to which a lie that is worth its name is honest
FOREVER = 3600.0  # seconds; nobody waits for them
HISTORY = "get-commit-information"
HISTORY_ALONE = "commit history"
TABLE = "get-inactive-tunnels"


def armed(name, **options):
    """Arm a fault of the simulator."""
    return lambda dut: dut.arm(name, **options)


def late(name, **options):
    """Arm one to which the negative control is too small."""
    return armed(name, **{"from_count": CONTROL + 1, **options})


def in_rung(name, **options):
    """Arm one when a whole rung is on the device."""
    return lambda dut: dut.arm_in_rung(name, **options)


def together(*deeds):
    """Do all of it."""

    def tell(dut):
        for deed in deeds:
            deed(dut)

    return tell


def impatient(seconds):
    """Let our side wait no longer than that."""
    return lambda dut: dut.shorten(seconds)


def locked_out(dut):
    """Drop the link after the commit of a rung, and let nobody in again."""
    late("die-during-commit")(dut)
    dut.arm_in_commit("refuse-login")


row = dict  # the arguments of the fixture "expose"
NOTHING = "nothing to find: "
UNREADABLE = "unreadable reply: not well-formed XML"
NOT_PROVEN = "not proven to be at its baseline: "
KEY = r"\(ssh-ed25519 SHA256:[\w+/]{43}\)"  # as OpenSSH prints it

HARD_TO_REACH = {
    "lets nobody in": row(
        tell=armed("refuse-login"),
        ends="LoginRefused",
        says="connecting: the device refuses these credentials",
        by="login",
    ),
    "shows another host key": row(
        tell=armed("other-host-key"),
        ends="LoginRefused",
        says=f"connecting: the device shows another host key {KEY} than the one that is trusted"
        f" {KEY}$",
        by="host key",
    ),
    "doesn't greet": row(
        tell=together(armed("slow-banner", seconds=FOREVER), impatient(0.3)),
        ends="Unreachable",
        says="connecting: SSH failed",
        by="connection",
    ),
    "is away for a reboot": row(
        tell=armed("reboot", seconds=FOREVER),
        ends="Unreachable",
        says="connecting: ",
        by="connection",
    ),
    "greets late": row(
        tell=armed("slow-banner", seconds=0.01),
        ends="pass",
        says="accepted: ",
        by=NOTHING + "it's waited for",
    ),
    "was rebooted before": row(
        tell=armed("reboot", seconds=0.0),
        ends="pass",
        says="accepted: ",
        by=NOTHING + "its uptime is young",
    ),
}

LINK = {
    "reboots while it's looked at": row(
        tell=in_rung("reboot", seconds=0.0),
        ends="Unreachable",
        says=f"{TABLE}: the device closed the session",
        by="connection",
    ),
    "reboots while it's looked at and stays away": row(
        tell=in_rung("reboot", seconds=FOREVER),
        ends="RestoreFailed",
        says=NOT_PROVEN + r"\S+ \(\S+ port \d+\): connecting: ",
        by="connection",
        restored=False,
    ),
    "lets nobody in again after the link was lost": row(
        tell=locked_out,
        ends="RestoreFailed",
        says=NOT_PROVEN + ".*connecting: the device refuses these credentials",
        by="login",
        restored=False,
    ),
    "never answers a question": row(
        tell=together(armed("slow", seconds=FOREVER, rpc=TABLE), impatient(1.0)),
        ends="Unreachable",
        says=f"{TABLE}: no answer in time",
        by="connection",
    ),
    "sends its replies in pieces": row(
        tell=armed("split-replies", bytes=97),
        ends="pass",
        says="accepted: ",
        by=NOTHING + "every byte arrives",
    ),
}

GARBLED = {
    "every reply": row(
        tell=armed("ill-formed-reply"),
        ends="RpcRefused",
        says=r"^\S+: get-\S+: " + UNREADABLE,
        by="the reply itself",
    ),
    "the configuration": row(
        tell=armed("ill-formed-reply", rpc="get-configuration"),
        ends="RpcRefused",
        says="get-configuration: " + UNREADABLE,
        by="the reply itself",
    ),
    "the configuration once a rung is on it": row(
        tell=in_rung("ill-formed-reply", rpc="get-configuration"),
        ends="RestoreFailed",
        says=r"no way back to the baseline, .*rollback 1: \S+: get-configuration: " + UNREADABLE,
        by="the reply itself",
        restored=False,
    ),
    "a table": row(
        tell=armed("ill-formed-reply", rpc=TABLE),
        ends="pass",
        says=r"3 witnesses agree \(st0-units, cli-ipsec-tunnels, cli-st0-units\)",
        by="calibration: that witness isn't heard, and the record says why",
    ),
    "a table once a rung is on it": row(
        tell=in_rung("ill-formed-reply", rpc="get-security-associations-information"),
        ends="error",
        says="ipsec-tunnels: gateway: .*get-security-associations-information: " + UNREADABLE,
        by="ipsec-tunnels",
    ),
    "the history once a rung is on it": row(
        tell=in_rung("ill-formed-reply", rpc=HISTORY),
        ends="error",
        says=f"commit history: .*{HISTORY}: " + UNREADABLE,
        by="commit history",
    ),
    "the reply to the commit": row(
        tell=armed("ill-formed-reply", rpc="commit-configuration"),
        ends="pass",
        says="accepted: ",
        by=NOTHING + "what is said of a commit is no evidence for it",
    ),
}

OTHERS = {
    "before us": row(
        tell=armed("second-writer"),
        ends="pass",
        says="accepted: ",
        by=NOTHING + "it's part of the baseline",
    ),
    "on top of ours, when the link is lost": row(
        tell=together(
            late("die-during-commit"),
            lambda dut: dut.arm_in_commit("second-writer", when="after-commit"),
        ),
        ends="SecondWriter",
        says="after the commit: somebody else committed: '' by alice via cli at ",
        by=HISTORY_ALONE,
        clean=False,
    ),
    "between two rungs": row(
        tell=armed("second-writer", when="after-commit"),
        ends="SecondWriter",
        says="under the lock: somebody else committed: '' by alice via cli at .*theirs is kept",
        by=HISTORY_ALONE,
        clean=False,
    ),
}

SECTIONS = {
    "It's hard to reach": HARD_TO_REACH,
    "It loses the link": LINK,
    "Its replies are garbled": GARBLED,
    "Somebody else commits": OTHERS,
}
GOES_ON = {
    "goes on with the commit when the link is gone",
    "goes on with the commit for hours",
}


@pytest.mark.parametrize(
    ("section", "lie"),
    [pytest.param(section, lie, id=lie) for section in SECTIONS for lie in SECTIONS[section]],
)
def test_each_trouble_ends_as_expected_and_is_named(expose, section, lie):
    """The run says what it met, and a device that isn't put back is never called proven."""
    expose(section, lie, **SECTIONS[section][lie])


def test_the_controller_names_who_committed_since(dut):
    """Nothing of ours is left, hers stays, and that is what is proven."""
    dut.arm("second-writer", when="after-commit")
    before = set(dut.committed().splitlines())
    with pytest.raises(SecondWriter):
        dut.qualify()
    proof = dut.put_back()
    assert (proof.proven, proof.kept) == (True, "'' by alice via cli")
    assert {line for line in dut.committed().splitlines() if line not in before} == {
        'set system login message "changed by hand"'
    }


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """Hold what devices would do in an hour, to be called when a test wants it."""
    waiting: list[Callable[[], None]] = []
    honest = Channel.later

    def later(channel, seconds, resume):
        if seconds < FOREVER:
            honest(channel, seconds, resume)
        else:
            waiting.append(resume)

    monkeypatch.setattr(Channel, "later", later)
    return waiting


def finishes(dut, held):
    """Let the device do what it was held back from."""

    def finish(_device):
        while held:
            held.pop()()

    dut.spoil(finish)


def test_a_commit_that_goes_on_is_waited_for(expose, dut, held):
    """The history doesn't show it at first, and the lock isn't to be had: so it's asked again."""
    asked = []

    def tell(dut):
        late("die-during-commit", when="during", seconds=FOREVER)(dut)
        dut.hurry(lambda: (asked.append(len(held)), finishes(dut, held)))

    expose(
        "It loses the link",
        "goes on with the commit when the link is gone",
        tell=tell,
        ends="pass",
        says="accepted: .*the answer to the commit was lost; the history shows it",
        by="commit history",
    )
    assert asked[0] == 1, "it was carried out while we waited for the lock"


def test_a_commit_that_goes_on_for_hours_is_left_to_the_journal(expose, dut, held):
    """What runs is the baseline and proves nothing; the next to ask, later, puts it back."""

    def tell(dut):
        late("die-during-commit", when="during", seconds=FOREVER)(dut)
        dut.hurry()

    expose(
        "It loses the link",
        "goes on with the commit for hours",
        tell=tell,
        ends="RestoreFailed",
        says=NOT_PROVEN + ".*configuration database locked by: lab",
        by="lock",
        restored=False,
        clean=True,
    )
    before = dut.committed()
    finishes(dut, held)
    assert dut.committed() != before
    assert dut.bench.journal.read().open_entry is not None
    assert dut.put_back().proven
    assert dut.committed() == before
    assert dut.bench.journal.read().pending is None


@pytest.mark.parametrize("section", SECTIONS)
def test_the_page_has_these_rows_and_no_others(documented, section):
    """docs/faults.md is held to what was seen."""
    others = GOES_ON if section == "It loses the link" else set()
    assert set(documented[section]) == set(SECTIONS[section]) | others
