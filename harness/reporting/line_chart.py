"""A line chart as SVG: some lines, horizontal levels, and one point that was asked about.

Written here, because what draws charts well (matplotlib, plotly, altair) brings tens of megabytes
or a browser for a drawing of a few lines, and every installation would carry it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

Point = tuple[float, float]

_SVG = "http://www.w3.org/2000/svg"
_WIDTH, _HEIGHT = 800, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 190, 50, 55  # margins; labels of lines stand at the right
_TICKS = 6
# Okabe and Ito's colours, which are told apart by the colour-blind too.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
_LINE_HEIGHT = 14


@dataclass(frozen=True, slots=True)
class Line:
    """A line through ``points``, in ascending order of x."""

    label: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line at ``value``."""

    label: str
    value: float


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn; both axes begin at 0."""

    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    levels: tuple[Level, ...] = ()
    mark: Point | None = None

    def svg(self) -> str:
        """Return the drawing as a document that a browser opens by itself."""
        return _Drawing(self).text()


class _Drawing:
    def __init__(self, chart: Chart) -> None:
        points = [point for line in chart.lines for point in line.points]
        points += [chart.mark] if chart.mark is not None else []
        self._chart = chart
        self._x_ticks = ticks(max(x for x, _ in points))
        self._y_ticks = ticks(
            max([*(y for _, y in points), *(level.value for level in chart.levels)])
        )
        self._labelled: list[float] = []  # heights at which a label stands at the right
        self._root = etree.Element(
            f"{{{_SVG}}}svg",
            {"viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "role": "img", "font-family": "sans-serif"},
            nsmap={None: _SVG},  # type: ignore[dict-item]  # the stubs know no default name space
        )
        self._add("title").text = chart.title
        self._add("rect", width=_WIDTH, height=_HEIGHT, fill="white")
        self._text(chart.title, _LEFT, _TOP - 24, size=15)

    def text(self) -> str:
        self._axes()
        for level in self._chart.levels:
            y = self._y(level.value)
            self._stroke([(_LEFT, y), (_WIDTH - _RIGHT, y)], "#555555", dashed=True)
            self._label(level.label, y, "#555555")
        for at, line in enumerate(self._chart.lines):
            colour = _COLOURS[at % len(_COLOURS)]
            where = [(self._x(x), self._y(y)) for x, y in line.points]
            self._stroke(where, colour)
            self._label(line.label, where[-1][1], colour)
        if self._chart.mark is not None:
            x, y = self._chart.mark
            self._add("circle", cx=self._x(x), cy=self._y(y), r=5, fill="black")
        return etree.tostring(self._root, encoding="unicode", pretty_print=True)

    def _axes(self) -> None:
        right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
        for tick in self._x_ticks:
            x = self._x(tick)
            self._stroke([(x, _TOP), (x, bottom)], "#dddddd")
            self._text(f"{tick:g}", x, bottom + 18, anchor="middle")
        for tick in self._y_ticks:
            y = self._y(tick)
            self._stroke([(_LEFT, y), (right, y)], "#dddddd")
            self._text(f"{tick:g}", _LEFT - 8, y + 4, anchor="end")
        self._text(self._chart.x_label, (_LEFT + right) / 2, _HEIGHT - 12, anchor="middle")
        self._text(self._chart.y_label, _LEFT, _TOP - 8)

    def _label(self, text: str, y: float, colour: str) -> None:
        """Write beside the end of a line, below or above the labels that are there."""
        taken = self._labelled
        free = (y + side * step for step in range(_HEIGHT) for side in (1, -1))
        at = next(try_ for try_ in free if all(abs(try_ - y_) >= _LINE_HEIGHT for y_ in taken))
        taken.append(at)
        self._text(text, _WIDTH - _RIGHT + 8, at + 4, colour=colour)

    def _x(self, value: float) -> float:
        return _LEFT + value / self._x_ticks[-1] * (_WIDTH - _LEFT - _RIGHT)

    def _y(self, value: float) -> float:
        return _HEIGHT - _BOTTOM - value / self._y_ticks[-1] * (_HEIGHT - _TOP - _BOTTOM)

    def _stroke(self, points: Sequence[Point], colour: str, *, dashed: bool = False) -> None:
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        line = self._add("polyline", points=way, fill="none", stroke=colour)
        line.set("stroke-width", "1" if colour == "#dddddd" else "2")
        if dashed:
            line.set("stroke-dasharray", "6 4")

    def _text(
        self,
        text: str,
        x: float,
        y: float,
        *,
        anchor: str = "start",
        colour: str = "#222222",
        size: int = 12,
    ) -> None:
        element = self._add("text", x=x, y=y, fill=colour)
        element.set("text-anchor", anchor)
        element.set("font-size", str(size))
        element.text = text

    def _add(self, tag: str, **attributes: float | str) -> etree._Element:
        written = {
            name: value if isinstance(value, str) else f"{value:g}"
            for name, value in attributes.items()
        }
        return etree.SubElement(self._root, f"{{{_SVG}}}{tag}", written)


def ticks(highest: float) -> tuple[float, ...]:
    """Return round values from 0 to the first that isn't below ``highest``, about six."""
    rough = max(highest, 1) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 5, 10) if power * nice >= rough)
    return tuple(at * step for at in range(math.ceil(max(highest, 1) / step) + 1))
