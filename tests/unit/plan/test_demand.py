"""Sessions over time, and the tunnels that the two documented thresholds make of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import PlanError
from harness.plan.demand import Demand, closed_in
from harness.plan.dvpn import CREATE_WINDOW, DELETE_WINDOW, OnDemand, Thresholds
from harness.plan.full_mesh import FullMesh
from harness.plan.tenants import Tenants


def demand(
    sites: int = 10,
    *,
    tags: int = 1,
    waves: int = 5,
    tunnels: int = 20,
    churn: int = 60,
    create: int = 5,
    delete: int = 2,
    seed: str = "1",
    tenants: int = 1,
) -> Demand:
    """Return a demand of some tenants."""
    mesh = FullMesh(sites, tags) if tenants == 1 else Tenants(tenants, sites, tags)
    return Demand(mesh, waves, tunnels, churn, Thresholds(delete, create), seed)


@st.composite
def demands(draw: st.DrawFn) -> Demand:
    """Draw any demand of a few sites that goes together."""
    sites, tags = draw(st.integers(2, 8)), draw(st.integers(1, 3))
    waves, pairs = draw(st.integers(1, 6)), sites * (sites - 1) // 2
    up = draw(st.integers(1, pairs))
    churn = up + draw(st.integers(0, (waves - 1) * min(up, pairs - up)))
    return demand(
        sites,
        tags=tags,
        waves=waves,
        tunnels=up * tags,
        churn=churn * tags,
        create=draw(st.integers(1, 12)),
        delete=draw(st.integers(0, 40)),
        seed=draw(st.text(max_size=3)),
        tenants=draw(st.integers(1, 3)),
    )


@given(demands())
def test_the_rules_bring_what_was_asked(asked: Demand) -> None:
    """So many tunnels after each wave, so many created in all; the rest is deleted one by one."""
    tenants = asked.mesh.tenants if isinstance(asked.mesh, Tenants) else 1
    waves = list(asked.each())
    assert [wave.tunnels.count for wave in waves] == [asked.tunnels * tenants] * asked.waves
    created, deleted = sum(w.created for w in waves), sum(w.deleted for w in waves)
    assert created == asked.churn * tenants
    assert created - deleted == asked.tunnels * tenants


@given(demands())
def test_every_wave_follows_from_its_sessions(asked: Demand) -> None:
    """A pair is there exactly if it reached one threshold, now or before, and isn't below other.

    Counted anew, second by second and without the module's own windows.
    """
    up: set[tuple[int, int]] = set()
    for wave in asked.each():
        began = (wave.number - 1) * DELETE_WINDOW
        for pair, times in asked.sessions(wave.number).items():
            assert all(began < at <= began + DELETE_WINDOW for at in times)
            most = max(sum(at - CREATE_WINDOW < t <= at for t in times) for at in times)
            if most >= asked.thresholds.create:
                up.add(pair)
        sessions = asked.sessions(wave.number)
        up = {pair for pair in up if len(sessions.get(pair, ())) > asked.thresholds.delete}
        assert wave.tunnels.up == up


def test_the_thresholds_are_met_to_the_one() -> None:
    """Some close exactly as many as delete, some one too few to create, and that twice."""
    asked = demand(create=5, delete=3)
    counts = [len(times) for times in asked.sessions(2).values()]
    assert {3, 4} <= set(counts)
    second = list(asked.each())[1]
    talked = {pair: len(times) for pair, times in asked.sessions(2).items()}
    assert all(talked[pair] > 3 for pair in second.tunnels.up)
    assert 2 * 4 in {n for pair, n in talked.items() if pair not in second.tunnels.up}


def test_a_seed_is_a_sequence() -> None:
    """The same seed brings the same tunnels, another one others."""
    first, again, other = (
        [wave.tunnels.up for wave in demand(seed=seed).each()] for seed in ("1", "1", "2")
    )
    assert first == again != other


def test_no_tunnel_joins_two_tenants() -> None:
    """Each tenant has its own, and asking for one between two is refused."""
    asked = demand(tenants=3)
    last = list(asked.each())[-1].tunnels
    assert {(low // 10, high // 10) for low, high in last.up} == {(0, 0), (1, 1), (2, 2)}
    assert sum(last.degree(site) for site in range(30)) == 2 * last.count
    with pytest.raises(PlanError, match="no tunnel joins t1-s10 and t2-s1, sites of two tenants"):
        OnDemand(Tenants(3, 10), frozenset({(9, 10)}))


def test_ten_thousand_tunnels_come_and_go() -> None:
    """The churn that the suite is held to, from 100 sites."""
    waves = list(demand(100, waves=10, tunnels=1900, churn=10_000).each())
    assert sum(wave.created for wave in waves) == 10_000
    assert all(wave.created and wave.sessions for wave in waves)


def test_windows_are_open_at_their_beginning() -> None:
    """A session that closed when the window began isn't counted, one at its end is."""
    assert closed_in({(0, 1): (10, 20, 30), (0, 2): (10,)}, 10, 30) == {(0, 1): 2}


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"tunnels": 46}, "tunnels: 46; allowed: 1..45"),
        ({"churn": 19}, "churn of 5 waves: 19; allowed: 20..100"),
        ({"churn": 101}, "churn of 5 waves: 101; allowed: 20..100"),
        ({"waves": 0}, "waves: 0; allowed: 1 or more"),
        ({"tags": 3}, "tunnels and churn come in multiples of the 3 tag pairs"),
    ],
)
def test_what_cannot_be_is_told(numbers: dict[str, int], words: str) -> None:
    """In one line, with what is allowed."""
    with pytest.raises(PlanError, match=words):
        demand(**numbers)
