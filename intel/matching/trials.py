"""What weights learned from labelled rows are worth on rows they have not seen: five folds, a person never in two."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from intel.matching.frame import Bools, Floats, Ints
from intel.matching.linking import Loaded, link_threshold
from intel.matching.model import Model
from intel.matching.progress import Progress
from intel.matching.training import learn

FOLDS = 5
_MOST_PAIRS_FOR_ALL = 3_000_000  # beyond it one fifth is held out, once


@dataclass(frozen=True, slots=True)
class Quality:
    """`right` of `found` pairs, out of `true` ones that the labels know."""

    right: int
    found: int
    true: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.true if self.true else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.found + self.true) if self.right else 0.0

    def __str__(self) -> str:
        return f"F1 {self.f1:.4f}, precision {self.precision:.4f}, recall {self.recall:.4f}"


@dataclass(frozen=True, slots=True)
class Labels:
    """Numbers of the rows' clusters, -1 where the row has no label."""

    of: Ints

    @classmethod
    def read(cls, said: Sequence[str]) -> Labels:
        known: dict[str, int] = {}
        return cls(
            np.array([known.setdefault(label, len(known)) if label else -1 for label in said], np.int64)
        )

    def agree(self, left: Ints, right: Ints) -> Bools:
        same: Bools = self.of[left] == self.of[right]
        return same

    def known(self, left: Ints, right: Ints) -> Bools:
        both: Bools = (self.of[left] >= 0) & (self.of[right] >= 0)
        return both

    def quality(
        self, left: Ints, right: Ints, rows: Bools | None = None, split: int | None = None
    ) -> Quality:
        """Of links, among the true pairs of the chosen rows (all, if none are named)."""
        labels = self.of if rows is None else np.where(rows, self.of, -1)
        right_ones = int(self.agree(left, right).sum())
        return Quality(right_ones, len(left), _pairs(labels, split))


def _pairs(labels: Ints, split: int | None) -> int:
    """True pairs: within one file, or across two."""
    if split is None:
        return sum(n * (n - 1) // 2 for n in Counter(labels[labels >= 0].tolist()).values())
    other = Counter(labels[split:].tolist())
    return sum(n * other[label] for label, n in Counter(labels[:split].tolist()).items() if label >= 0)


@dataclass(frozen=True, slots=True)
class Trial:
    """Pairs of the rows that were `tried`, weighed by models that had not seen them."""

    left: Ints
    right: Ints
    bits: Floats
    tried: Bools
    model: Model

    def links(self, least: float | None = None) -> tuple[Ints, Ints]:
        kept = self.bits >= (link_threshold(self.model) if least is None else least)
        return self.left[kept], self.right[kept]


def train(loaded: Loaded, labels: Labels, left: Ints, right: Ints, version: str) -> Model:
    """A model from all labelled pairs."""
    known = labels.known(left, right)
    left, right = left[known], right[known]
    return learn(loaded.frame, left, right, labels.agree(left, right), version)


def tried(
    loaded: Loaded,
    names: Sequence[str],
    left: Ints,
    right: Ints,
    progress: Progress,
    teach: Callable[[Loaded, Labels, Ints, Ints, str], Model] = train,
) -> Trial:
    """Every labelled pair weighed by a model learned from the other folds. A pair belongs to the fold of its left row;
    models learn from pairs with neither row in it. Of very many pairs one fold stands for all."""
    labels = Labels.read(names)
    fold = np.array([_fold(name) for name in names], np.int64)
    folds = range(1 if len(left) > _MOST_PAIRS_FOR_ALL else FOLDS)
    parts: list[tuple[Ints, Ints, Floats]] = []
    for one in folds:
        progress.note(f"trying what was learned on fold {one + 1} of {len(folds)}")
        taught = (fold[left] != one) & (fold[right] != one)
        model = teach(loaded, labels, left[taught], right[taught], "trial")
        said = loaded.weigh(left, right, model, progress)
        own = (fold[said.left] == one) & labels.known(said.left, said.right)
        parts.append((said.left[own], said.right[own], said.bits[own]))
    held = np.isin(fold, np.array(folds)) & (labels.of >= 0)
    return Trial(*_joined(parts), held, model)


def _joined(parts: Iterable[tuple[Ints, Ints, Floats]]) -> tuple[Ints, Ints, Floats]:
    left, right, bits = (np.concatenate(each) for each in zip(*parts, strict=True))
    order = np.lexsort((right, left))
    return left[order], right[order], bits[order]


def _fold(label: str) -> int:
    """By the label itself, so that neither order nor number of rows moves it."""
    return zlib.crc32(label.encode()) % FOLDS
