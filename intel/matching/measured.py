"""How often each band was right when it was measured, and how sure that figure is. One shipped file, read once.

`python -m benchmarks.demo_links --write` measures the shipped model anew and writes the file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from math import sqrt
from pathlib import Path
from typing import Any

from intel.matching.model import shipped

FILE = Path(__file__).parent / "measured.json"
_FEWEST_TELLING = 10  # a share of fewer is no share
_Z = 1.959964  # of the normal distribution, for 95 %


@dataclass(frozen=True, slots=True)
class Share:
    """`right` of `judged` links, on which `data`."""

    right: int
    judged: int
    data: str = ""

    @property
    def percent(self) -> int:
        return round(100 * self.right / self.judged)

    @property
    def interval(self) -> tuple[int, int]:
        """The 95 % interval of the share, in whole percent."""
        low, high = wilson(self.right, self.judged)
        return round(100 * low), round(100 * high)

    @property
    def is_telling(self) -> bool:
        return self.judged >= _FEWEST_TELLING

    def __str__(self) -> str:
        counted = f"{self.right} of {self.judged}"
        if not self.is_telling:
            return f"{counted}: too few to tell"
        low, high = self.interval
        return f"{self.percent} % ({counted}; 95 % interval {low} to {high} %)"


def wilson(right: int, judged: int, z: float = _Z) -> tuple[float, float]:
    """Wilson's score interval of a share (E. B. Wilson 1927, JASA 22): sound for few cases and near 0 and 1."""
    if judged == 0:
        return 0.0, 1.0
    share, square = right / judged, z * z
    middle = share + square / (2 * judged)
    reach = z * sqrt(share * (1 - share) / judged + square / (4 * judged * judged))
    low, high = ((middle + side * reach) / (1 + square / judged) for side in (-1, 1))
    return max(0.0, low), min(1.0, high)


def measured(band: str, version: str | None = None) -> Share | None:
    """The band's share under a version of the model (the shipped one by default); None where nobody measured it."""
    of_model = _stored().get(version or shipped().version)
    counted = of_model["bands"].get(band) if of_model else None
    return Share(counted["right"], counted["judged"], of_model["data"]) if of_model and counted else None


@cache
def _stored() -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return stored
