"""Line charts: everything is inside the drawing, and round numbers stand at the axes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from harness.reporting.line_chart import Chart, Level, Line, ticks

NUMBERS = st.floats(0, 1e6, allow_nan=False)
CHARTS = st.builds(
    Chart,
    title=st.just("a <title> & more"),
    x_label=st.just("x"),
    y_label=st.just("y"),
    lines=st.lists(
        st.builds(
            Line,
            st.sampled_from(["one", "two & <three>"]),
            st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=5).map(tuple),
        ),
        min_size=1,
        max_size=8,
    ).map(tuple),
    levels=st.lists(st.builds(Level, st.just("level"), NUMBERS), max_size=4).map(tuple),
    mark=st.none() | st.tuples(NUMBERS, NUMBERS),
)


@given(CHARTS)
def test_everything_drawn_is_inside_and_no_labels_meet(chart):
    """Lines stay between the axes, labels of lines keep their distance, markup is text."""
    root = etree.fromstring(chart.svg())
    for line in root.iter("{*}polyline"):
        for point in line.get("points").split():
            x, y = map(float, point.split(","))
            assert 70 <= x <= 610.05
            assert 49.95 <= y <= 405.05
    labels = [element for element in root.iter("{*}text") if element.get("x") == "618"]
    assert len(labels) == len(chart.lines) + len(chart.levels)
    heights = sorted(float(label.get("y")) for label in labels)
    assert all(above + 13.9 <= below for above, below in pairwise(heights))
    assert root.findtext("{*}title") == "a <title> & more"
    assert len(list(root.iter("{*}circle"))) == (chart.mark is not None)


@pytest.mark.parametrize(
    ("highest", "expected"),
    [
        (6, (0, 1, 2, 3, 4, 5, 6)),
        (747, (0, 200, 400, 600, 800)),
        (6000, (0, 1000, 2000, 3000, 4000, 5000, 6000)),
        (0, (0, 0.2, 0.4, 0.6, 0.8, 1.0)),
    ],
)
def test_ticks_are_round_and_reach_the_top(highest, expected):
    """1, 2 or 5 times a power of ten."""
    assert ticks(highest) == pytest.approx(expected)
