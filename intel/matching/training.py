"""Weights learned from a file's own pairs: without labels (EM) or from labels (logistic regression). No database here.

Both give a Model of the shipped form: bits of each level and of each unit of an amount, a prior, a second look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from intel.matching.company import AGAINST, AGREEING, COLUMNS, Company, company
from intel.matching.comparing import Compared, compare
from intel.matching.comparisons import Comparison
from intel.matching.frame import Bools, Floats, Frame, Ints
from intel.matching.model import Band, Model, shipped
from intel.matching.scoring import agreement, bits, scored

_LN2 = float(np.log(2))
_MOST_PAIRS = 150_000  # a sample of this many teaches as much as all of them
_ROUNDS = 60
_SETTLED = 1e-4
_SMALLEST = 1e-4  # chance of a level that no pair of a class showed
_FARTHEST = 50.0  # bits
_FEWEST, _MOST = 1e-6, 0.999  # share of matches among candidates
_MOST_PRIOR = -3.0  # bits: of the pairs that blocking proposes seldom more than one in nine match
_LEVEL_AT = 0.0  # bits: a trained model is calibrated, and takes two rows for one where that is the likelier
_CERTAIN = 5.0  # bits
_MORE_THAN_CERTAIN = 16.0  # the weights are only about right, and many matches are not certain
_FEWEST_MATCHES, _MOST_MATCHES = 1 / 16, 128.0  # of one row, in the mean
_BARS = range(-6, 17)  # bits tried as the bar of a link
_MOST_MIDDLES, _MOST_ENDS = 20_000, 30  # records whose links are looked at for closing, and links of each


def learn(frame: Frame, left: Ints, right: Ints, labels: Bools, version: str = "labels") -> Model:
    """Both looks from labelled candidate pairs (indices into the frame, left < right, ascending), on any number."""
    labels = np.asarray(labels, np.bool_)
    chosen = _sample(len(left))
    first = train_logistic(compare(frame, left[chosen], right[chosen]), labels[chosen], version)
    said = scored(frame, left, right, first).bits
    kept = company(left, right, said, len(frame)).at(chosen)
    return replace(first, second_look=train_second_look(said[chosen], kept, labels[chosen]))


def learn_unlabelled(frame: Frame, left: Ints, right: Ints, version: str = "em") -> Model:
    """The first look by EM on candidate pairs, its prior from how links close; the second look as shipped."""
    chosen = _sample(len(left))
    compared = compare(frame, left[chosen], right[chosen])
    learned = _closing(frame, left, right, train_em(compared, version))
    return _sized(len(frame), len(left), compared, learned)


def calibrated(frame: Frame, left: Ints, right: Ints, model: Model) -> Model:
    """The same weights with the prior that these candidate pairs bear out: how many match differs from file to file."""
    chosen = _sample(len(left))
    compared = compare(frame, left[chosen], right[chosen])
    total = _total([_start(compared, each, model) for each in compared.comparisons])
    prior = round(_prior(total, _share(total)), 4)
    started = _trained(model, f"{model.version}, prior of the file", prior, {})
    found = _closing(frame, left, right, started)
    prior = min(found.prior_bits, _MOST_PRIOR)
    found = replace(found, prior_bits=prior, listed_prior_bits=prior)
    return _sized(len(frame), len(left), compared, found)


def _sized(records: int, pairs: int, compared: Compared, model: Model) -> Model:
    """The model with the odds that any two of so many rows are one: how many surely are, of all pairs there are, and
    some more for what is not sure. `compared` is a sample of the `pairs` that share a key."""
    alone = agreement(compared) - float(np.log2(records))
    certain = (np.minimum(bits(compared, model), alone) >= _CERTAIN).sum() * pairs / max(len(compared), 1)
    matches = float(np.clip(_MORE_THAN_CERTAIN * 2 * certain / records, _FEWEST_MATCHES, _MOST_MATCHES))
    return replace(model, random_bits=round(float(np.log2(matches / records)), 4))


def _closing(frame: Frame, left: Ints, right: Ints, model: Model) -> Model:
    """The prior moved to where links are most of one mind.

    Two rows that are each linked to a third should be linked too. Too low a bar chains strangers, too high a bar
    breaks groups; the square of the share of such pairs that are linked, times the root of the number of links, peaks
    between. Between two files nothing ever closes, and the prior stays.
    """
    said = scored(frame, left, right, model).bits
    middle = np.zeros(len(frame), np.bool_)
    middle[np.random.default_rng(7).permutation(len(frame))[:_MOST_MIDDLES]] = True
    closed = [_closed(left, right, said >= bar, middle) for bar in _BARS]
    if not any(done for done, _, _ in closed):
        return model
    merit = [((done + 1) / (met + 1)) ** 2 * np.sqrt(links) for done, met, links in closed]
    prior = round(model.prior_bits - _BARS[int(np.argmax(merit))], 4)
    return replace(model, prior_bits=prior, listed_prior_bits=prior)


def _closed(left: Ints, right: Ints, linked: Bools, middle: Bools) -> tuple[int, int, int]:
    """Of the pairs that are both linked to one of the `middle` records: how many are linked, how many there are; and
    the number of all links."""
    records = len(middle)
    a, b = left[linked], right[linked]
    own, other = np.concatenate([a, b]), np.concatenate([b, a])
    own, other = own[middle[own]], other[middle[own]]
    order = np.argsort(own, kind="stable")
    own, other = own[order], other[order]
    start = np.searchsorted(own, np.arange(records + 1))
    width = np.minimum(np.diff(start), _MOST_ENDS)
    square = width * width
    within = np.arange(int(square.sum())) - np.repeat(np.cumsum(square) - square, square)
    first, second = np.divmod(within, np.repeat(width, square))
    base = np.repeat(start[:-1], square)
    one, two = other[base + first], other[base + second]
    codes = (one * np.int64(records) + two)[one < two]
    return int(np.isin(codes, a * np.int64(records) + b).sum()), len(codes), len(a)


def _sample(pairs: int) -> Ints:
    if pairs <= _MOST_PAIRS:
        return np.arange(pairs)
    return np.sort(np.random.default_rng(7).choice(pairs, _MOST_PAIRS, replace=False))


# --- Without labels ------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Field:
    """One comparison's part of EM. `offset`: what its amounts say within a level, in bits, by the shipped weights."""

    comparison: Comparison
    level: Ints
    offset: Floats
    weigh: Floats

    def bits(self) -> Floats:
        said: Floats = self.weigh[self.level] + self.offset
        return said


def train_em(compared: Compared, version: str = "em") -> Model:
    """Fellegi and Sunter's m and u by one round of expectation maximisation (Winkler 1988) from the shipped weights.

    The share of matches, hence the prior, is the one at which the shipped weights agree with themselves, and is held:
    further rounds drift away from matches to whatever else parts candidates in two, such as how they were blocked.
    What amounts say within a level (rarity, words left out) is taken from the shipped weights, less its mean among
    the pairs that do not match, so that it moves bits between values and not between levels.
    """
    start = shipped()
    fields = [_start(compared, each, start) for each in compared.comparisons]
    share = _share(_total(fields))
    chance = _chance(_total(fields), _prior(_total(fields), share))
    for each in fields:
        _learn(each, chance)
    prior = round(_prior(_total(fields), share), 4)
    weights = {each.comparison.field: _weights_of(each, start) for each in fields}
    return _trained(start, version, prior, weights)


def _trained(start: Model, version: str, prior: float, weights: Mapping[str, Mapping[str, float]]) -> Model:
    return replace(
        start,
        version=version,
        prior_bits=prior,
        listed_prior_bits=prior,
        bands={**start.bands, Band.PROBABLE: _LEVEL_AT},
        weights={**start.weights, **weights},
    )


def _start(compared: Compared, comparison: Comparison, model: Model) -> _Field:
    found = compared.found[comparison.field]
    offset = np.zeros(len(compared))
    for amount in comparison.amounts:
        offset += model.weight(comparison.field, amount) * found.amounts[amount]
    weigh = np.array([0.0, *(model.weight(comparison.field, name) for name in comparison.levels)])
    return _Field(comparison, found.level.astype(np.int64), offset, weigh)


def _total(fields: list[_Field]) -> Floats:
    total: Floats = np.sum([each.bits() for each in fields], axis=0)
    return total


def _chance(said: Floats, prior: float) -> Floats:
    chance: Floats = 1 / (1 + 2.0 ** -np.clip(said + prior, -_FARTHEST, _FARTHEST))
    return chance


def _share(said: Floats) -> float:
    """The share of matches at which the mean chance of a match is that share."""
    share = 0.1
    for _ in range(300):
        share = float(np.clip(_chance(said, float(np.log2(share / (1 - share)))).mean(), _FEWEST, _MOST))
    return share


def _prior(said: Floats, share: float) -> float:
    """The prior at which the mean chance of a match is `share`, by bisection."""
    low, high = -2 * _FARTHEST, 2 * _FARTHEST
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if _chance(said, middle).mean() < share else (low, middle)
    return (low + high) / 2


def _learn(each: _Field, chance: Floats) -> None:
    levels = len(each.weigh)
    match = np.bincount(each.level, weights=chance, minlength=levels)
    other = np.bincount(each.level, weights=1 - chance, minlength=levels)
    centre = np.bincount(each.level, weights=each.offset * (1 - chance), minlength=levels) / np.maximum(
        other, 1e-9
    )
    m = np.maximum(match / max(match[1:].sum(), 1.0), _SMALLEST)
    u = np.maximum(other / max(other[1:].sum(), 1.0), _SMALLEST)
    each.weigh = np.log2(m / u) - centre
    each.weigh[0] = 0.0


def _weights_of(each: _Field, model: Model) -> dict[str, float]:
    levels = {
        name: round(float(said), 4) for name, said in zip(each.comparison.levels, each.weigh[1:], strict=True)
    }
    return {**levels, **{name: model.weight(each.comparison.field, name) for name in each.comparison.amounts}}


# --- From labels ---------------------------------------------------------------------------------------


def train_logistic(
    compared: Compared, labels: Bools, version: str = "labels", strength: float = 1.0
) -> Model:
    """Logistic regression by Newton's method, drawn towards 0 with `strength` (L2); the second look as shipped.

    Evidence keeps its direction: a column that agreement stands in never weighs against, nor the reverse.
    """
    signs = np.concatenate([each.signs for each in compared.comparisons])
    weights, prior = _fitted(
        compared.values.astype(np.float64), np.asarray(labels, np.float64), signs, strength
    )
    learned: dict[str, Mapping[str, float]] = {}
    for each in compared.comparisons:
        own, weights = weights[: len(each.columns)], weights[len(each.columns) :]
        names = (*each.levels, *each.amounts)
        learned[each.field] = {name: round(float(said), 4) for name, said in zip(names, own, strict=True)}
    return _trained(shipped(), version, round(prior, 4), learned)


def train_second_look(first: Floats, kept: Company, labels: Bools, strength: float = 1.0) -> dict[str, float]:
    """Weights of `Model.second_look` for pairs of known bits and company."""
    signs = np.array([1, *((name in AGREEING) - (name in AGAINST) for name in COLUMNS)])
    table = np.column_stack([first, kept.values()])
    weights, prior = _fitted(table, np.asarray(labels, np.float64), signs, strength)
    learned = dict(zip(COLUMNS, (round(float(said), 4) for said in weights[1:]), strict=True))
    return {"scale": round(float(weights[0]), 4), "prior_bits": round(prior, 4), **learned}


def _fitted(
    values: npt.NDArray[np.float64], wanted: Floats, signs: Ints, strength: float
) -> tuple[Floats, float]:
    """Weights in bits (of the values as they are) and prior. Columns that come out on the wrong side are left out,
    and the rest fitted anew."""
    used = np.flatnonzero(values.any(0))
    fitted = np.zeros(len(used) + 1)
    while True:
        table = np.column_stack([np.ones(len(values)), values[:, used]])
        fitted = _newton(table, wanted, strength, fitted)
        wrong = fitted[1:] * signs[used] < 0
        if not wrong.any():
            break
        used, fitted = used[~wrong], fitted[np.append(True, ~wrong)]
    weights = np.zeros(values.shape[1])
    weights[used] = fitted[1:] / _LN2
    return weights, float(fitted[0] / _LN2)


def _newton(table: npt.NDArray[np.float64], wanted: Floats, strength: float, weights: Floats) -> Floats:
    """Logistic regression by Newton's method, in nats; the intercept (first column) is not penalised. A step that
    would raise the loss is halved until it does not: columns of very different width make whole steps overshoot."""
    penalty = np.full(table.shape[1], strength)
    penalty[0] = 1e-6
    side = np.where(wanted > 0, 1.0, -1.0)

    def loss(tried: Floats) -> float:
        return float(np.logaddexp(0.0, -side * (table @ tried)).sum() + penalty @ tried**2 / 2)

    now = loss(weights)
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(table @ weights, -30, 30)))
        slope = table.T @ (wanted - chance) - penalty * weights
        curve = (table * (chance * (1 - chance))[:, None]).T @ table + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        while (after := loss(weights + step)) > now and np.abs(step).max() > _SETTLED:
            step = step / 2
        weights, now = weights + step, after
        if np.abs(step).max() < _SETTLED:
            break
    return weights
