"""The summary: nothing smaller, softer or simulated counts as qualified on hardware."""

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from harness.outcome import Grade, Outcome
from harness.reporting.record import Case, Claim, Device, Event, Restore, RunFinished
from harness.reporting.summary import Summary, plain, render, summarise

NODE = "suites/tunnels/test_tunnels.py::test_tunnels"
CATALOGUE = (
    Claim(id="srx4100", title="t", value=1500, source="document", citation="Table 2"),
    Claim(id="nfx250", title="t", value=600, source="document", citation="Table 2"),
    Claim(id="dvpn", title="t", value=40, source="operator", citation="Table 2"),
    Claim(id="events", title="t", value=None, source="document", citation="Table 2"),
)
SRX = Device(name="srx", platform="srx4100", grade=Grade.HARDWARE)
VSRX = Device(name="vsrx", platform="vsrx", emulates="srx4100", grade=Grade.VIRTUAL)
FULL = Case(
    nodeid=f"{NODE}[srx-ipsec-1500]",
    outcome=Outcome.PASS,
    device="srx",
    kind="ipsec",
    requested=1500,
    accepted=1500,
    claim_id="srx4100",
    claimed=1500,
    claim_source="document",
    commit_seconds=31.42,
)
RESTORED = Restore(device="srx", proven=True)
FINISHED = RunFinished(exit_status=0)


def rung(count: int, case: Case = FULL, **changes: object) -> Case:
    """Return the case of another rung, accepted in full unless told otherwise."""
    nodeid = f"{NODE}[{case.device}-{case.kind}-{count}]"
    return replace(case, **{"nodeid": nodeid, "requested": count, "accepted": count} | changes)


def run(*events: Event) -> Summary:
    """Sum up a finished run on both devices with the whole catalogue."""
    return summarise((*CATALOGUE, SRX, VSRX, *events, FINISHED))


def test_last_line_counts_rows_with_a_value():
    """A blank row is nobody's to qualify; the operator's row is in the total."""
    assert plain(run(FULL)).splitlines()[-1] == "1 of 3 rows qualified on hardware"


@pytest.mark.parametrize(
    "cases",
    [
        (),
        (rung(750),),
        (rung(1500, outcome=Outcome.FAIL, accepted=1499),),
        (rung(1500, accepted=1499),),
        (rung(1500, accepted=None),),
        (rung(1500, outcome=Outcome.BLOCKED),),
        (rung(1500, outcome=Outcome.SKIP),),
        (rung(1501, observation=True),),
        (replace(FULL, device="vsrx"),),
        (replace(FULL, device="stranger"),),
        (replace(FULL, grade=Grade.SIMULATED),),
        (replace(FULL, claimed=100, requested=100, accepted=100),),
        (replace(FULL, claim_id="events"),),
        (replace(FULL, claim_id="unheard-of"),),
        (FULL, rung(1500, replace(FULL, kind="gre"), outcome=Outcome.FAIL, accepted=0)),
        (FULL, rung(750, outcome=Outcome.FAIL, accepted=0)),
    ],
)
def test_what_does_not_count_as_qualified(cases):
    """Less, softer, above, refused elsewhere, or against a lower number than the catalogue's."""
    summary = run(*cases)
    assert summary.coverage.qualified == ()
    assert summary.coverage.last_line == "0 of 3 rows qualified on hardware"


def test_each_row_counts_once():
    """Three kinds and two devices of one row are one row."""
    kinds = [replace(FULL, kind=kind, nodeid=f"{NODE}[srx-{kind}-1500]") for kind in "abc"]
    assert run(*kinds).coverage.qualified == ("srx4100",)


def test_sampled_rows_and_lower_grades_are_named_apart():
    """The line before the last says what the last one leaves out."""
    sampled = replace(rung(60), claim_id="nfx250", claimed=600)
    own = replace(rung(40), claim_id="dvpn", claimed=40, claim_source="operator")
    text = plain(run(replace(FULL, device="vsrx"), sampled, own))
    assert text.splitlines()[-2:] == [
        "1 sampled; 1 qualified on virtual only; values of the operator, not of the document: dvpn",
        "1 of 3 rows qualified on hardware",
    ]


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.UNHEALTHY])
def test_contradicted_row_is_named(outcome):
    """A number that one kind took and another didn't, or fell ill of, isn't quietly dropped."""
    other = replace(FULL, kind="gre", nodeid=f"{NODE}[srx-gre-1500]", outcome=outcome)
    assert "1 contradicted (srx4100)" in plain(run(FULL, other))


def test_what_a_device_fell_ill_of_is_not_qualified():
    """It took every tunnel: the numbers stay, the word says what came of it."""
    summary = run(replace(FULL, outcome=Outcome.UNHEALTHY))
    assert cells(summary, "standing") == ["unhealthy"]
    assert cells(summary, "accepted") == [1500]
    assert summary.coverage.qualified == ()
    assert len(summary.problems) == 1


def test_what_a_device_does_not_tell_of_its_health_is_said_once():
    """By what is missing, with the devices that lack it."""
    gap = {"health.not_readable": "chassis alarms"}
    other = replace(FULL, device="vsrx", nodeid=f"{NODE}[vsrx-ipsec-1500]", properties=gap)
    cases = (replace(FULL, properties=gap), rung(750, properties=gap), other, rung(150))
    summary = run(*cases)
    assert summary.health == (f"health of {FULL.device}, vsrx: not readable: chassis alarms",)
    assert summary.health[0] in plain(summary)
    assert run(FULL).health == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": Outcome.ERROR},
        {"outcome": Outcome.BLOCKED},
        {"outcome": Outcome.FAIL, "device": "vsrx"},
    ],
)
def test_only_a_device_that_refuses_on_hardware_contradicts(changes):
    """Our own error, too few witnesses, or a virtual device say nothing against a number."""
    other = replace(FULL, kind="gre", nodeid=f"{NODE}[x-gre-1500]", accepted=None, **changes)
    assert run(FULL, other).coverage.qualified == ("srx4100",)


def test_qualified_row_is_not_sampled_too():
    """The lower rungs of a ramp that reached its claim aren't counted a second time."""
    assert run(rung(750), FULL).coverage.sampled == ()


def cells(summary: Summary, column: str) -> list[object]:
    """Return one column of the table."""
    return [getattr(row, column) for row in summary.rows]


def test_table_shows_the_highest_rung_and_each_that_went_wrong():
    """A green top rung doesn't hide a red one below, and skipped ones don't stand in for it."""
    summary = run(
        rung(150),
        rung(750, outcome=Outcome.FAIL, accepted=749),
        FULL,
        rung(1501, observation=True, outcome=Outcome.FAIL, accepted=0),
        rung(1600, outcome=Outcome.SKIP),
    )
    assert cells(summary, "requested") == [750, 1500]
    assert cells(summary, "standing") == ["not accepted", "qualified"]


@pytest.mark.parametrize(
    ("cases", "margin"),
    [
        ((FULL,), 0),
        ((FULL, rung(1501, observation=True)), 1),
        ((FULL, rung(1501, observation=True, outcome=Outcome.FAIL, accepted=1501)), 0),
        (
            (
                rung(1500, outcome=Outcome.FAIL, accepted=1499),
                rung(1501, observation=True),
            ),
            -1,
        ),
        ((rung(1500, outcome=Outcome.FAIL, accepted=1499),), -1),
        ((rung(150),), None),
        ((rung(1500, outcome=Outcome.ERROR, accepted=None),), None),
        ((replace(FULL, claimed=None),), None),
    ],
)
def test_margin_is_what_was_accepted_less_what_is_claimed(cases, margin):
    """It's unknown, not negative, as long as the claimed count wasn't tried."""
    assert cells(run(*cases), "margin") == [margin]


@pytest.mark.parametrize(
    ("restore", "finished", "shown"),
    [
        ((RESTORED,), True, "yes"),
        ((replace(RESTORED, proven=False),), True, "NO"),
        ((), True, "unknown"),
        ((), False, "NO"),
    ],
)
def test_restored_column_says_no_unless_proven(restore, finished, shown):
    """After a kill, a device without proof is not restored; without any word it's unknown."""
    end = (FINISHED,) if finished else ()
    text = plain(summarise((*CATALOGUE, SRX, FULL, *restore, *end)))
    assert text.splitlines()[1].split()[-1] == shown


def test_row_can_be_quoted_alone():
    """Claim, device, kind, grade, numbers, commit time and standing on one line."""
    lines = plain(run(FULL, RESTORED)).splitlines()
    headings = "claim value device kind grade requested accepted margin commit standing restored"
    assert lines[0].split() == headings.split()
    assert " ".join(lines[1].split()) == (
        "srx4100 1500 srx ipsec hardware 1500 1500 +0 31.42 s qualified yes"
    )
    lower = plain(run(replace(FULL, device="vsrx"))).splitlines()[1]
    assert "qualified on virtual" in lower


def test_operator_value_is_marked_as_his():
    """Nobody reads his number as the document's."""
    own = replace(rung(40), claim_id="dvpn", claimed=40, claim_source="operator")
    assert "40 (operator's)" in plain(run(own)).splitlines()[1]


def test_problems_are_listed_with_their_numbers():
    """Each case that isn't passed or skipped has its line; the counts add up."""
    lines = plain(run(FULL, rung(750, outcome=Outcome.FAIL, accepted=749, reason="one gone")))
    assert (
        "fail: test_tunnels[srx-ipsec-750]: accepted 749 of 750 (documented: 1500) "
        "on srx [hardware]: one gone\n"
        "cases: 1 pass, 1 fail, 0 unhealthy, 0 error, 0 blocked, 0 skip\n"
    ) in lines


def test_killed_run_says_so():
    """A summary of half a run isn't mistaken for a whole one."""
    assert "the record has no end" in plain(summarise((*CATALOGUE, SRX, FULL)))


def test_run_without_claims_has_no_table_but_a_last_line():
    """A preflight-only run still ends with the line that scripts look for."""
    text = plain(summarise((FINISHED,)))
    assert text.splitlines()[-1] == "0 of 0 rows qualified on hardware"


def test_colour_of_a_standing_is_its_own():
    """Qualified on hardware is green, and nothing else is."""

    def ansi(*cases: Case) -> str:
        buffer = io.StringIO()
        console = Console(file=buffer, width=200, color_system="standard", force_terminal=True)
        console.print(render(run(*cases)))
        return buffer.getvalue()

    green = "\x1b[32m"
    assert green in ansi(FULL)
    assert green not in ansi(rung(750), replace(FULL, device="vsrx"))


def test_device_text_is_neither_markup_nor_escape():
    """A device can't colour or clear the terminal through its words."""
    hostile = rung(1500, outcome=Outcome.FAIL, reason="[red]x[/red]\x1b[2J\nfake last line")
    text = plain(run(hostile))
    assert "[red]x[/red]\\x1b[2J fake last line" in text


def test_json_holds_what_the_table_shows():
    """Scripts get plain types, the last line included."""
    body = json.loads(json.dumps(run(FULL, RESTORED).as_json()))
    assert body["rows"][0]["standing"] == "qualified"
    assert body["coverage"]["qualified"] == ["srx4100"]
    assert body["last_line"] == "1 of 3 rows qualified on hardware"


def test_the_dead_mans_switch_of_several_models_is_told_once() -> None:
    """What is the same of two models is one line; what was pushed without it comes first."""
    told = ("srx4100 18.4R3", "srx4200 18.4R3")
    devices = [
        Device(
            name=f"box{n}",
            platform="srx4100",
            grade=Grade.HARDWARE,
            deadman=f"dead-man's switch on {place}: not probed; reboot: unknown",
        )
        for n, place in enumerate((*told, "vSRX 21.2R1 [virtual, probed 2026-01-01]"))
    ]
    case = Case(
        nodeid="suites/t.py::test[box1]",
        outcome=Outcome.PASS,
        device="box1",
        properties={"deadman": "off"},
    )
    lines = summarise([*devices, case]).deadman
    assert lines == (
        "NO DEAD-MAN'S SWITCH on box1: had this run died, only 'harness restore' would have taken "
        "the tunnels off",
        "dead-man's switch on srx4100 18.4R3, srx4200 18.4R3, vSRX 21.2R1 [virtual, probed "
        "2026-01-01]: not probed; reboot: unknown",
    )
    assert summarise([]).deadman == ()
