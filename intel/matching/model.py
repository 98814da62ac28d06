"""The weights, prior and thresholds that ship: one versioned file, read once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "model.json"


class Band(StrEnum):
    STRONG = "strong"
    PROBABLE = "probable"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Model:
    """`prior_bits`: log2 odds that two records sharing a blocking key are one before anything is compared;
    `listed_prior_bits` the same against an entry of a (short) reference list. `bands`: least bits of each."""

    version: str
    prior_bits: float
    listed_prior_bits: float
    bands: Mapping[Band, float]
    weights: Mapping[str, Mapping[str, float]]

    def band_of(self, bits: float) -> Band | None:
        return next((band for band in Band if bits >= self.bands[band]), None)


@cache
def shipped() -> Model:
    stored = json.loads(FILE.read_text(encoding="utf-8"))
    stored["bands"] = {Band(band): bits for band, bits in stored["bands"].items()}
    return Model(**stored)
