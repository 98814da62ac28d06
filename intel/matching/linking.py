"""Whole files linked with the web's own engine: read, keyed, paired, scored, explained. No database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from intel.matching.blocking import keys
from intel.matching.company import Company
from intel.matching.evidence import CountedValues
from intel.matching.frame import Floats, Frame, Ints
from intel.matching.model import Band, Model
from intel.matching.normalise import Features, normalise
from intel.matching.pairs import MOST, Keyed, candidate_pairs
from intel.matching.progress import Progress
from intel.matching.scoring import Score, explain, scored, second_look
from intel.matching.sources import Source

_EXPLAINED_AT_ONCE = 5_000
_LARGE = 250_000  # rows
_MOST_OF_LARGE = 25  # partners that one row of a large file keeps
_SCORED_AT_ONCE = 400_000


@dataclass(frozen=True, slots=True)
class Linked:
    """One link of two rows, by their ids."""

    left_id: str
    right_id: str
    score: Score


@dataclass(frozen=True, slots=True)
class Weighed:
    """Pairs (places left < right, ascending) with their bits, and the company they keep where it was looked at."""

    left: Ints
    right: Ints
    bits: Floats
    kept: Company | None


@dataclass
class Loaded:
    """Every row of one file, or of two (`split` is where the second begins), in the order of their ids: what is
    found in a file does not depend on how its rows are sorted."""

    ids: list[str]
    labels: list[str]
    frame: Frame
    keyed: Keyed
    split: int | None = None

    @classmethod
    def of(cls, sources: Sequence[Source], progress: Progress) -> Loaded:
        """Raises sources' TableError when a file cannot be read."""
        ids: list[str] = []
        labels: list[str] = []
        features: list[Features] = []
        split = None
        for source in sources:
            split = len(ids) if ids else None
            rows = [
                (entry.id, entry.label, normalise(entry.record))
                for entry in progress.counted(source.entries(), f"reading {source.path.name}")
            ]
            for key, label, read in sorted(rows, key=lambda row: row[0]):
                ids.append(key)
                labels.append(label)
                features.append(read)
        keyed = Keyed.of(keys(each) for each in progress.counted(features, "keys", len(features)))
        frame = Frame.of(features, CountedValues(features))
        return cls(ids, labels, frame, keyed, split)

    def pairs(self) -> tuple[Ints, Ints]:
        """The pairs worth comparing; of a very large file fewer for each row, which costs little and saves half."""
        most = MOST if len(self.ids) <= _LARGE else _MOST_OF_LARGE
        return candidate_pairs(self.keyed, split=self.split, most=most)

    def weigh(self, left: Ints, right: Ints, model: Model, progress: Progress) -> Weighed:
        """What each pair weighs. Within one file every pair gets a second look, for the company it keeps."""
        first = self._first_look(left, right, model, progress)
        if self.split is not None or not len(left):
            return Weighed(left, right, first, None)
        said, kept = second_look(left, right, first, len(self.ids), model)
        return Weighed(left, right, said, kept)

    def _first_look(self, left: Ints, right: Ints, model: Model, progress: Progress) -> Floats:
        said = np.empty(len(left))
        for start in progress.steps(len(left), _SCORED_AT_ONCE, "comparing pairs"):
            part = slice(start, start + _SCORED_AT_ONCE)
            said[part] = scored(self.frame, left[part], right[part], model).bits
        return said

    def explained(self, pairs: Weighed, least: float, model: Model, progress: Progress) -> Iterator[Linked]:
        """The links of `least` bits or more in words, by the ids of their rows."""
        chosen = np.flatnonzero(pairs.bits >= least)
        for start in progress.steps(len(chosen), _EXPLAINED_AT_ONCE, "writing links"):
            some = chosen[start : start + _EXPLAINED_AT_ONCE]
            left, right = pairs.left[some], pairs.right[some]
            kept = pairs.kept.at(some) if pairs.kept else None
            scores = explain(self.frame, left, right, model, all_bands=True, kept=kept)
            for a, b, score in zip(left.tolist(), right.tolist(), scores, strict=True):
                if score is not None:
                    yield Linked(self.ids[a], self.ids[b], score)


def link_threshold(model: Model) -> float:
    """Bits from which a model takes two rows for one: where "probable" begins."""
    return model.bands[Band.PROBABLE]


def sentence(score: Score) -> str:
    """Every piece of evidence with its bits, the prior first; they add up to the weight."""
    evidence = sorted(score.evidence, key=lambda each: -each.bits)
    prior = score.bits - sum(each.bits for each in evidence)
    told = [f"{prior:+.3f} before anything is compared"]
    told += [f"{each.bits:+.3f} {each.field}: {each.sentence}" for each in evidence]
    return " | ".join(told)
