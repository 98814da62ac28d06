"""Weights, prior and thresholds: one versioned file, read once. Training writes files of the same form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "model.json"


class Band(StrEnum):
    STRONG = "strong"
    PROBABLE = "probable"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Model:
    """`prior_bits`: log2 odds that two records sharing a blocking key are one before anything is compared;
    `listed_prior_bits` the same against an entry of a (short) reference list. `bands`: least bits of each.
    `weights`: by field, the bits of each level and of one unit of each amount; what is not named weighs nothing.
    `second_look`: for whole files, what of the first score is kept (`scale`), a prior and the weights of
    `company.COLUMNS`; empty for none. `random_bits`: in a file of known size, log2 odds that two of its rows are one
    before anything is known of them, not even that they share a key; None where nobody counted.
    """

    version: str
    prior_bits: float
    listed_prior_bits: float
    bands: Mapping[Band, float]
    weights: Mapping[str, Mapping[str, float]]
    second_look: Mapping[str, float] = field(default_factory=dict)
    random_bits: float | None = None

    def band_of(self, bits: float) -> Band | None:
        return next((band for band in Band if bits >= self.bands[band]), None)

    def weight(self, field: str, column: str) -> float:
        return self.weights.get(field, {}).get(column, 0.0)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Model:
        """A model from its JSON. Whatever is no model is refused here, not when it first scores a pair."""
        numbers = {name: float(stored[name]) for name in ("prior_bits", "listed_prior_bits")}
        bands = {band: float(stored["bands"][band]) for band in Band}
        weights = {field: _floats(columns) for field, columns in stored["weights"].items()}
        second_look = _floats(stored.get("second_look", {}))
        random = None if stored.get("random_bits") is None else float(stored["random_bits"])
        read = {"bands": bands, "weights": weights, "second_look": second_look, "random_bits": random}
        return cls(**{**stored, **numbers, **read})

    @classmethod
    def load(cls, path: Path) -> Model:
        """Raises ValueError (with the path) where the file is no model."""
        try:
            return cls.of(json.loads(path.read_text(encoding="utf-8")))
        except (TypeError, KeyError, AttributeError, ValueError) as broken:
            raise ValueError(f"{path} does not hold a matching model: {broken}") from broken

    def dump(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def _floats(columns: Mapping[str, Any]) -> dict[str, float]:
    return {column: float(bits) for column, bits in columns.items()}


@cache
def shipped() -> Model:
    return Model.load(FILE)
