"""The verdict: each rule is told exactly the lie that it exists for."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from harness.drivers.history import CommitEntry
from harness.errors import DeviceMessage, HarnessBug
from harness.outcome import Evidence, Outcome
from harness.plan.model import Kind
from harness.verify.calibration import Calibration
from harness.verify.facts import Unreadable
from harness.verify.judge import accepted

KINDS = list(Kind)
LEGS = [
    (Kind.IPSEC, "gateway", "198.18."),
    (Kind.IPSEC, "st0", "st0."),
    (Kind.GRE, "gr", "gr-0/0/0."),
    (Kind.GRE_OVER_IPSEC, "gateway", "198.18."),
    (Kind.GRE_OVER_IPSEC, "st0", "st0."),
    (Kind.GRE_OVER_IPSEC, "gr", "gr-0/0/0."),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2, 12])
def test_an_honest_device_passes(paper, kind, count):
    """All three conjuncts hold: accepted, proven by read-back."""
    device = paper(kind, count)
    verdict = device.judge()
    assert verdict.passed, verdict.reason
    assert verdict.evidence is Evidence.READ_BACK
    assert not verdict.failures
    assert f"{count} {kind} tunnels accepted" in verdict.reason
    assert accepted(device.expected, device.bundle(), device.calibrated()) == count


@pytest.mark.parametrize("kind", [Kind.IPSEC, Kind.GRE_OVER_IPSEC])
def test_established_needs_an_sa_for_every_tunnel(paper, kind):
    """Security associations up for all of ours raise the evidence by one level."""
    assert paper(kind, 3, up=True).judge().evidence is Evidence.ESTABLISHED


@pytest.mark.parametrize(("kind", "leg", "prefix"), LEGS)
def test_a_dropped_tunnel_is_named(paper, kind, leg, prefix):
    """One tunnel missing from one table of a device that accepted everything fails by name."""
    device = paper(kind, 5)
    dropped = next(iter([x for x in device.lists[leg] if x.startswith(prefix)][-1:]))
    device.lists[leg].remove(dropped)
    verdict = device.judge()
    assert verdict.outcome is Outcome.FAIL
    assert f"missing hil-t00005 ({dropped})" in verdict.reason
    assert "seen 5" in verdict.reason
    assert accepted(device.expected, device.bundle(), device.calibrated()) == 4


@pytest.mark.parametrize(("kind", "leg", "ghost"), [(k, leg, f"{p}9") for k, leg, p in LEGS])
def test_a_ghost_is_named(paper, kind, leg, ghost):
    """A tunnel that isn't configured fails by name."""
    device = paper(kind, 2)
    ghost = "198.18.77.7" if leg == "gateway" else ghost
    device.lists[leg].append(ghost)
    verdict = device.judge()
    assert verdict.outcome is Outcome.FAIL
    assert f"not configured {ghost}" in verdict.reason


@pytest.mark.parametrize(("kind", "leg"), [(kind, leg) for kind, leg, _ in LEGS])
def test_a_swapped_tunnel_is_not_the_same_count(paper, kind, leg):
    """The count can be right while the members are wrong."""
    device = paper(kind, 2)
    stranger = {"gateway": "198.18.77.7", "st0": "st0.77", "gr": "gr-0/0/0.77"}[leg]
    gone = device.lists[leg].pop()
    device.lists[leg].append(stranger)
    verdict = device.judge()
    assert verdict.outcome is Outcome.FAIL
    assert f"({gone})" in verdict.reason
    assert stranger in verdict.reason


@pytest.mark.parametrize(("kind", "leg"), [(kind, leg) for kind, leg, _ in LEGS])
def test_a_lost_tunnel_of_the_baseline_is_named(paper, kind, leg):
    """What was there before must stay."""
    device = paper(kind, 2)
    lost = device.lists[leg].pop(0)
    verdict = device.judge()
    assert verdict.outcome is Outcome.FAIL
    assert f"lost from the baseline {lost}" in verdict.reason


def test_one_tunnel_listed_twice_is_not_two(paper):
    """The same gateway under two indexes: members agree, the count doesn't."""
    device = paper(Kind.IPSEC, 2)
    device.lists["gateway"].append(device.lists["gateway"][-1])
    verdict = device.judge()
    assert verdict.outcome is Outcome.FAIL
    assert "gateway count: expected 3" in verdict.reason


def test_last_nights_table_is_called_stale(paper):
    """A table identical to the one before the push fails and is called out of date."""
    device = paper(Kind.IPSEC, 3)
    old = {o.witness: o for o in device.observe_baseline()}
    observations = tuple(
        old[o.witness] if o.witness == "ipsec-tunnels" else o for o in device.observe()
    )
    verdict = device.judge(device.bundle(observations=observations))
    assert verdict.outcome is Outcome.FAIL
    assert "out of date [ipsec-tunnels]" in verdict.reason
    assert "hil-t00001" in verdict.reason


def test_the_table_of_the_calibration_is_stale_too(paper):
    """The reply given for two tunnels, repeated for five, is recognised."""
    device, two = paper(Kind.GRE, 5), paper(Kind.GRE, 2)
    verdict = device.judge(device.bundle(observations=two.observe()))
    assert verdict.outcome is Outcome.FAIL
    assert "out of date" in verdict.reason
    assert "hil-t00003" in verdict.reason


def test_a_table_that_contradicts_itself_fails(paper):
    """A total above the rows that follow it is a lie, even if members are right."""
    device = paper(Kind.IPSEC, 2)
    told = device.observe(
        lambda _, text: re.sub(r"inactive-tunnels>3<", "inactive-tunnels>4<", text)
    )
    verdict = device.judge(device.bundle(observations=told))
    assert verdict.outcome is Outcome.FAIL
    assert "it says 4 inactive tunnels and lists 3" in verdict.reason


# --- the read-back --------------------------------------------------------------------------------


def edited(device, pattern: str, by: str) -> str:
    text, times = re.subn(pattern, by, device.committed(), count=1, flags=re.DOTALL)
    assert times == 1, "the test edits nothing"
    return text


@pytest.mark.parametrize(
    ("pattern", "by", "says"),
    [
        (r"<vpn><name>hil-t00002</name>.*?</vpn>", "", "1 tunnel(s) incomplete: hil-t00002"),
        (r"<external-interface>", "<external-interface inactive='inactive'>", "<inactive>"),
        (r"<address>198.18.0.2</address>", "<address>198.18.9.9</address>", "is 198.18.9.9"),
        (r"<version>v2-only</version>", "", "incomplete: hil-t00001"),
        (r"<proposal><name>hil-ike</name>.*?</proposal>", "", "missing: security ike proposal"),
        (r"</vpn>", "</vpn><vpn><name>ghost</name></vpn>", "1 added: security ipsec vpn ghost"),
        (r"<host-name>srx</host-name>", "", "1 lost: system host-name srx"),
        (r"<host-name>srx<", "<host-name>other<", "system host-name srx is other"),
        (
            r"(<policy><name>first</name>.*?</policy>)(.*?)(<policy><name>second.*?</policy>)",
            r"\3\2\1",
            "order of the baseline: changed from",
        ),
        (r"<pre-shared-key>.*?</pre-shared-key>", "", "pre-shared-key ascii-text <secret>"),
    ],
    ids=[
        "vpn dropped",
        "deactivated",
        "wrong address",
        "leaf dropped",
        "shared statement dropped",
        "not planned",
        "baseline lost",
        "baseline changed",
        "policies reordered",
        "key dropped",
    ],
)
def test_every_difference_of_the_read_back_fails(paper, pattern, by, says):
    """Witnesses and history are right: the configuration alone tells, by statement."""
    device = paper(Kind.IPSEC, 2)
    verdict = device.judge(device.bundle(readback=edited(device, pattern, by)))
    assert verdict.outcome is Outcome.FAIL
    assert says in verdict.reason
    assert verdict.evidence is Evidence.ACCEPTED


def test_skipping_all_configuration_is_seen(paper):
    """The baseline read back instead of ours names the first ten tunnels and counts the rest."""
    device = paper(Kind.GRE, 12)
    verdict = device.judge(device.bundle(readback=device.committed(0)))
    assert "12 tunnel(s) incomplete: hil-t00001, hil-t00002" in verdict.reason
    assert "hil-t00010 and 2 more" in verdict.reason
    assert "hil-t00011" not in verdict.reason.partition(";")[0]
    assert (
        accepted(device.expected, device.bundle(readback=device.committed(0)), device.calibrated())
        == 0
    )


def test_two_swapped_keys_are_seen(paper, to_type9):
    """Keys of two tunnels exchanged: both named, neither shown, and neither accepted."""
    device = paper(Kind.IPSEC, 3)
    one, two = (t.secure.psk.reveal() for t in device.plan(3).tunnels[:2])
    text = device.committed()
    text = text.replace(to_type9(one), "@").replace(to_type9(two), to_type9(one))
    text = text.replace("@", to_type9(two))
    verdict = device.judge(device.bundle(readback=text))
    assert verdict.outcome is Outcome.FAIL
    assert "keys: 2 different: hil-t00001, hil-t00002" in verdict.reason
    assert accepted(device.expected, device.bundle(readback=text), device.calibrated()) == 1
    whole = f"{verdict}{device.expected}{device.bundle()}"
    for secret in (one, two, to_type9(one), to_type9(two)):
        assert secret not in whole


@pytest.mark.parametrize("hidden", ["$8$aes256-gcm$x", "/* SECRET-DATA */", "$9$!"])
def test_keys_that_can_not_be_read_are_said_not_to_be_compared(paper, hidden):
    """Present but unreadable keys don't fail, and the verdict says so."""
    device = paper(Kind.IPSEC, 2)
    text = re.sub(
        r"(<name>hil-t0000\d</name>.*?<ascii-text>)[^<]*",
        rf"\g<1>{hidden}",
        device.committed(),
        flags=re.DOTALL,
    )
    verdict = device.judge(device.bundle(readback=text))
    assert verdict.passed, verdict.reason
    assert "2 not compared" in verdict.reason


def test_keys_in_clear_are_compared_as_they_are(paper):
    """A device that reads keys back in clear is compared too."""
    device = paper(Kind.IPSEC, 2, device_keys=False)
    verdict = device.judge()
    assert verdict.passed
    assert "not compared" not in verdict.reason


# --- the history and the reply --------------------------------------------------------------------


def test_a_stale_history_is_quoted(paper):
    """The history from before the commit fails twice: not ours, and standing still."""
    device = paper(Kind.GRE, 2)
    verdict = device.judge(device.bundle(history=device.history_before()))
    assert verdict.outcome is Outcome.FAIL
    assert "it doesn't show our commit; the newest is 'by hand' by lab via cli" in verdict.reason
    assert "it stands still" in verdict.reason
    assert verdict.evidence is Evidence.NONE


def test_a_history_that_stands_still_is_seen_when_the_log_repeats(paper):
    """The same log as last time isn't a new commit."""
    device = paper(Kind.GRE, 2)
    verdict = device.judge(device.bundle(history_before=device.history()))
    assert verdict.outcome is Outcome.FAIL
    assert "stands still" in verdict.reason


def test_a_later_commit_than_ours_is_quoted(paper):
    """A roll-back on time-out, or a colleague, is named."""
    device = paper(Kind.GRE, 2)
    late = CommitEntry(0, "root", "other", 1700000200)
    history = (late, *(replace(e, sequence=e.sequence + 1) for e in device.history()))
    verdict = device.judge(device.bundle(history=history))
    assert verdict.outcome is Outcome.FAIL
    assert "a later commit than ours: '' by root via other" in verdict.reason


def test_an_empty_history_fails(paper):
    """No entry is no proof."""
    device = paper(Kind.GRE, 2)
    verdict = device.judge(device.bundle(history=()))
    assert verdict.outcome is Outcome.FAIL
    assert "doesn't show our commit" in verdict.reason


def test_an_error_beside_ok_is_quoted(paper):
    """All evidence agrees, but the device said error: its own words lead the reason."""
    device = paper(Kind.IPSEC, 2)
    message = DeviceMessage("error", "out of memory", "[edit security ike]", daemon="iked")
    verdict = device.judge(device.bundle(messages=(message,)))
    assert verdict.outcome is Outcome.FAIL
    assert "commit reply: error: [edit security ike] out of memory [iked]" in verdict.reason


def test_warnings_are_recorded_and_do_not_fail(paper):
    """A licence warning is a finding that is ok."""
    device = paper(Kind.IPSEC, 2)
    message = DeviceMessage("warning", "requires 'mpls' license", daemon="mgd")
    verdict = device.judge(device.bundle(messages=(message,)))
    assert verdict.passed
    assert any("requires 'mpls' license" in f.seen for f in verdict.findings)


# --- what can't be read, and who may testify ------------------------------------------------------


@pytest.mark.parametrize(
    "part",
    [
        {"history": Unreadable("cut")},
        {"readback": Unreadable("cut")},
        {"readback": "<configuration>"},
        {"readback": ""},
    ],
    ids=["history", "read-back", "ill-formed", "empty"],
)
def test_what_can_not_be_read_is_an_error(paper, part):
    """An unreadable part is neither a pass nor the device's failure."""
    verdict = paper(Kind.IPSEC, 2)
    verdict = verdict.judge(verdict.bundle(**part))
    assert verdict.outcome is Outcome.ERROR
    assert "cut" in verdict.reason or "unreadable" in verdict.reason


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lie", ["", "<garbage", "<rpc-reply/>", "error: syntax"])
def test_an_unreadable_table_is_an_error_and_never_zero(paper, kind, lie):
    """One ill-formed answer of a calibrated witness makes the case an error."""
    device = paper(kind, 2)
    told = device.observe(
        lambda question, text: lie if "interface-information" in question else text
    )
    verdict = device.judge(device.bundle(observations=told))
    assert verdict.outcome is Outcome.ERROR
    assert "-units: " in verdict.reason


def test_a_failure_outweighs_what_can_not_be_read(paper):
    """A dropped tunnel is named although the history is unreadable."""
    device = paper(Kind.IPSEC, 2)
    device.lists["st0"].pop()
    verdict = device.judge(device.bundle(history=Unreadable("cut")))
    assert verdict.outcome is Outcome.FAIL
    assert "hil-t00002" in verdict.reason


def test_a_calibrated_witness_must_be_asked(paper):
    """Leaving a witness out isn't agreement."""
    device = paper(Kind.GRE, 2)
    verdict = device.judge(device.bundle(observations=device.observe()[1:]))
    assert verdict.outcome is Outcome.ERROR
    assert "gr-units: it wasn't asked" in verdict.reason


@pytest.mark.parametrize(("usable", "outcome"), [(2, Outcome.PASS), (1, Outcome.BLOCKED)])
def test_fewer_than_two_witnesses_block(paper, usable, outcome):
    """With one usable witness nothing passes."""
    device = paper(Kind.GRE, 2)
    whole = device.calibrated()
    names = list(whole.usable)
    calibration = Calibration(
        Kind.GRE,
        {name: whole.usable[name] for name in names[:usable]},
        dict.fromkeys(names[usable:], "it can't fail"),
    )
    verdict = device.judge(calibration=calibration)
    assert verdict.outcome is outcome
    assert any("it can't fail" in f.seen for f in verdict.findings)


def test_a_witness_that_is_not_usable_is_not_heard(paper):
    """It may say anything: it's named, and the others decide."""
    device = paper(Kind.IPSEC, 2)
    whole = device.calibrated()
    calibration = Calibration(
        Kind.IPSEC,
        {k: v for k, v in whole.usable.items() if k != "ipsec-tunnels"},
        {"ipsec-tunnels": "it doesn't count 2 for 2"},
    )
    told = device.observe(lambda question, _: "" if "Rpc(name='get-in" in question else _)
    told = tuple(o for o in told if o.witness == "ipsec-tunnels")
    rest = tuple(o for o in device.observe() if o.witness != "ipsec-tunnels")
    verdict = device.judge(device.bundle(observations=(*told, *rest)), calibration)
    assert verdict.passed, verdict.reason
    assert " ipsec-tunnels" not in verdict.reason.replace("(", " ")


def test_a_calibration_of_another_kind_is_a_bug(paper):
    """Witnesses calibrated for GRE can't speak for IPsec."""
    with pytest.raises(HarnessBug, match="calibrated for gre"):
        paper(Kind.IPSEC, 2).judge(calibration=paper(Kind.GRE, 2).calibrated())


def without(whole: Calibration, *names: str) -> Calibration:
    """Return a calibration in which some witnesses weren't usable."""
    usable = {name: reference for name, reference in whole.usable.items() if name not in names}
    return Calibration(whole.kind, usable, dict.fromkeys(names, "it can't fail"))


def test_only_a_usable_witness_speaks_for_established(paper):
    """An SA table that isn't usable doesn't raise the evidence, whatever it shows."""
    device = paper(Kind.IPSEC, 2)
    up = [o for o in paper(Kind.IPSEC, 2, up=True).observe() if o.witness == "cli-ipsec-tunnels"]
    rest = [o for o in device.observe() if o.witness != "cli-ipsec-tunnels"]
    calibration = without(device.calibrated(), "cli-ipsec-tunnels")
    verdict = device.judge(device.bundle(observations=(*rest, *up)), calibration)
    assert verdict.passed
    assert verdict.evidence is Evidence.READ_BACK


@pytest.mark.parametrize(
    ("kind", "table", "names"),
    [
        (Kind.IPSEC, "gateway", ("ipsec-tunnels", "cli-ipsec-tunnels")),
        (Kind.IPSEC, "st0", ("st0-units", "cli-st0-units")),
        (Kind.GRE_OVER_IPSEC, "gateway", ("overlay-tunnels", "cli-overlay-tunnels")),
        (Kind.GRE_OVER_IPSEC, "st0", ("overlay-units", "cli-overlay-units")),
    ],
)
def test_two_witnesses_of_one_table_are_not_enough(paper, kind, table, names):
    """A table that nobody can vouch for blocks; the reason says which, and why."""
    device = paper(kind, 2)
    calibration = without(device.calibrated(), *names)
    verdict = device.judge(calibration=calibration)
    assert verdict.outcome is Outcome.BLOCKED
    assert f"none of the {table} table; {names[0]}: it can't fail" in verdict.reason
    assert accepted(device.expected, device.bundle(), calibration) == 0
    assert device.judge(calibration=without(device.calibrated(), names[0])).passed


def test_without_a_shared_statement_no_tunnel_is_whole(paper):
    """A missing proposal takes all tunnels with it."""
    device = paper(Kind.IPSEC, 2)
    text = edited(device, r"<proposal><name>hil-ike</name>.*?</proposal>", "")
    assert accepted(device.expected, device.bundle(readback=text), device.calibrated()) == 0


@pytest.mark.parametrize(
    "change",
    [{"readback": Unreadable("cut")}, {"observations": ()}],
    ids=["read-back", "witnesses"],
)
def test_nothing_is_counted_as_accepted_without_evidence(paper, change):
    """The number in a report rests on the same evidence as the verdict."""
    device = paper(Kind.GRE, 2)
    assert accepted(device.expected, device.bundle(**change), device.calibrated()) == 0


def test_a_witness_that_changes_its_tables_is_an_error(paper):
    """Another leg than when it was calibrated says nothing."""
    device = paper(Kind.GRE, 2)
    first, *rest = device.observe()
    first = replace(first, seen={"st0": first.seen["gr"]})
    verdict = device.judge(device.bundle(observations=(first, *rest)))
    assert verdict.outcome is Outcome.ERROR
    assert "other tables" in verdict.reason


def test_of_a_list_nobody_can_say_which_replaced_which(paper):
    """Two missing entries and one stranger are two missing and one not planned."""
    device = paper(Kind.GRE, 2)
    text = device.committed()
    for name, stranger in (("gr-0/0/0.1", "gr-0/0/0.77"), ("gr-0/0/0.2", None)):
        entry = f"<interfaces><name>{name}</name></interfaces>"
        assert entry in text
        text = text.replace(entry, entry.replace(name, stranger) if stranger else "")
    verdict = device.judge(device.bundle(readback=text))
    assert "2 tunnel(s) incomplete: hil-t00001, hil-t00002; 2 missing" in verdict.reason
    assert "1 added: security zones security-zone hil-gre interfaces gr-0/0/0.77" in verdict.reason
    assert "changed" not in verdict.reason


def test_a_key_more_than_planned_is_different(paper):
    """Two keys where one was planned don't compare as the same."""
    device = paper(Kind.IPSEC, 2)
    text = re.sub(r"(<ascii-text>[^<]*</ascii-text>)", r"\1\1", device.committed())
    verdict = device.judge(device.bundle(readback=text))
    assert verdict.outcome is Outcome.FAIL
    assert "keys: 3 different" in verdict.reason
