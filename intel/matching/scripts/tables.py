"""How often each sign is spelled with which Latin letters, by its neighbours; read once from data/scripts."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from intel.matching.scripts.signs import Script, Sign, spelled_out

DATA = Path(__file__).parent.parent / "data" / "scripts"
LONGEST = 4  # letters that one sign is spelled with, where no table says more
PER_LETTER = -3.6  # log chance of any letter that a table has never seen there: 1 in 27, and a little more
UNHEARD_OF = -1.0
CAUTION = 2  # weight of the more general context, tuned on held-out names
EDGE = "|"

Counts = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Emissions:
    """Log chances of what one sign is spelled with; `floor[n]` is for n letters never seen there."""

    chunks: Mapping[str, float]
    floor: tuple[float, ...]


def contexts(signs: Sequence[Sign], at: int) -> tuple[str, ...]:
    """Keys into a table, from general to specific. Half-syllables depend on their character most, others on
    the sign after and the sign before."""
    sign = signs[at]
    after = signs[at + 1].symbol if at + 1 < len(signs) else EDGE
    before = signs[at - 1].symbol if at else EDGE
    if sign.script is Script.HAN:
        return (sign.symbol, f"{sign.symbol}>{after}", f"{sign.symbol}@{sign.host}")
    return (sign.symbol, f"{sign.symbol}>{after}", f"{before}<{sign.symbol}>{after}")


@dataclass
class Table:
    """Counts by context, interpolated from general to specific (Witten and Bell 1991, method C)."""

    counts: Counts
    _known: dict[tuple[str, ...], Emissions] = field(default_factory=dict)

    def knows(self, sign: Sign) -> bool:
        return sign.symbol in self.counts

    def emissions(self, keys: tuple[str, ...]) -> Emissions:
        """What the sign in this context is spelled with; a context never met says what the more general one says."""
        if keys not in self._known:
            general = self.emissions(keys[:-1]) if keys else _unheard_of()
            level = self.counts.get(keys[-1]) if keys else None
            self._known[keys] = _refined(general, level) if level else general
        return self._known[keys]


def _unheard_of() -> Emissions:
    return Emissions({}, tuple(UNHEARD_OF + PER_LETTER * length for length in range(LONGEST + 1)))


def _refined(general: Emissions, level: Mapping[str, float]) -> Emissions:
    kinds, total = CAUTION * len(level), sum(level.values())
    kept = math.log(kinds / (total + kinds))
    chances = {chunk: kept + chance for chunk, chance in general.chunks.items()}
    unseen = general.floor[0] + kept
    for chunk, count in level.items():
        before = math.exp(chances.get(chunk, unseen + PER_LETTER * len(chunk)))
        chances[chunk] = math.log(before + count / (total + kinds))
    longest = max(len(general.floor) - 1, *map(len, level))
    return Emissions(chances, tuple(unseen + PER_LETTER * length for length in range(longest + 1)))


def read(lines: Iterable[str]) -> Counts:
    """`context <tab> letters count letters count ...`; "-" stands for no letters."""
    counts: Counts = {}
    for line in lines:
        key, _, cells = line.rstrip("\n").partition("\t")
        pairs = iter(cells.split(" "))
        counts[key] = {
            "" if chunk == "-" else chunk: float(count) for chunk, count in zip(pairs, pairs, strict=True)
        }
    return counts


@cache
def table(script: Script) -> Table:
    with gzip.open(DATA / f"{script}.tsv.gz", "rt", encoding="utf-8") as lines:
        return Table(read(lines))


@cache
def customary() -> Counts:
    """Common foreign names -> the spellings they were met in: محمد -> muhammad, mehmet, ..."""
    with gzip.open(DATA / "customary.tsv.gz", "rt", encoding="utf-8") as lines:
        return read(lines)


@cache
def calibration() -> Mapping[str, tuple[float, ...]]:
    """Script -> weights of what is telling, in the order of `agreeing.telling`, from held-out names."""
    weights = json.loads((DATA / "calibration.json").read_text(encoding="utf-8"))
    return {script: tuple(values) for script, values in weights.items()}


def known_signs(signs: Iterable[Sign], tables: Mapping[Script, Table]) -> tuple[Sign, ...]:
    """Signs that no table knows, spelled out by anyascii."""
    kept: list[Sign] = []
    for sign in signs:
        kept += [sign] if tables[sign.script].knows(sign) else spelled_out(sign)
    return tuple(kept)
