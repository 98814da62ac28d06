"""Geometry of the evidence chart: each bar begins where the one before it ended, the last one is their sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 1000.0  # user units of the SVG; the drawing stretches to its column


@dataclass(frozen=True, slots=True)
class Bar:
    """One piece of evidence as drawn. `weight` in bits: plus speaks for the same, minus against; `reached`: the sum of
    this piece and all before it."""

    label: str
    sentence: str
    weight: float
    x: float
    width: float
    end: float
    reached: float

    @property
    def tone(self) -> str:
        return "for" if self.weight > 0 else "against" if self.weight < 0 else "none"


@dataclass(frozen=True, slots=True)
class Waterfall:
    bars: list[Bar]
    total: Bar
    zero: float
    ticks: list[tuple[str, float]]


def waterfall(
    rows: Sequence[tuple[str, str, float]], thresholds: Sequence[tuple[str, float]] = ()
) -> Waterfall:
    """Lay out (label, sentence, weight in bits) rows; `thresholds` are (band, bits) marks on the sum's row."""
    sums = [0.0]
    for _, _, weight in rows:
        sums.append(sums[-1] + weight)
    marks = [bits for _, bits in thresholds]
    low, high = min(*sums, *marks, 0.0), max(*sums, *marks, 1.0)

    def at(bits: float) -> float:
        return round((bits - low) / (high - low) * WIDTH, 1)

    def bar(label: str, sentence: str, begin: float, end: float) -> Bar:
        left, right = sorted((at(begin), at(end)))
        return Bar(label, sentence, end - begin, left, max(round(right - left, 1), 2.0), at(end), end)

    bars = [
        bar(label, sentence, begin, end)
        for (label, sentence, _), begin, end in zip(rows, sums, sums[1:], strict=False)
    ]
    ticks = [(band, at(bits)) for band, bits in thresholds]
    return Waterfall(bars, bar("", "", 0.0, sums[-1]), at(0.0), ticks)
