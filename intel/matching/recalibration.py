"""The shipped weights, leaned towards what people judged: few labels move a field as a whole, never a single level."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from intel.matching.comparing import Compared
from intel.matching.frame import Bools, Floats
from intel.matching.model import Model
from intel.matching.scoring import field_bits

_LN2 = float(np.log(2))
_TRUST_IN_A_FIELD = 20.0  # as heavy as about 20 clear judgements against the shipped weight
_TRUST_IN_THE_PRIOR = 0.5  # per squared bit
_LEAST, _MOST = (
    0.5,
    2.0,
)  # a field may come to say half or twice as much, not less, not more, never the opposite
_ROUNDS = 50
_SETTLED = 1e-6


def recalibrated(model: Model, compared: Compared, same: Bools, version: str) -> Model:
    """The model with each field's weights scaled to fit the judged pairs (`same`: True where judged the same).

    Maximum a posteriori logistic regression on the bits of each field, around a scale of 1 and the model's own prior:
    without judgements it is the model itself. The direction of no evidence changes.
    """
    said = np.column_stack([field_bits(compared, each, model) for each in compared.comparisons])
    prior = np.where(compared.listed, model.listed_prior_bits, model.prior_bits)
    scales, shift = _fitted(said * _LN2, (prior + said.sum(1)) * _LN2, np.asarray(same, np.float64))
    weights = dict(model.weights)
    for each, scale in zip(compared.comparisons, scales.tolist(), strict=True):
        of_field = model.weights.get(each.field, {})
        weights[each.field] = {name: round(weight * scale, 4) for name, weight in of_field.items()}
    return replace(
        model,
        version=version,
        prior_bits=round(model.prior_bits + shift, 4),
        listed_prior_bits=round(model.listed_prior_bits + shift, 4),
        weights=weights,
    )


def _fitted(parts: npt.NDArray[np.float64], offset: Floats, wanted: Floats) -> tuple[Floats, float]:
    """(scale of each field, shift of the prior in bits) by damped Newton steps; `parts` and `offset` in nats."""
    table = np.column_stack([np.full(len(parts), _LN2), parts])
    trust = np.array([_TRUST_IN_THE_PRIOR, *[_TRUST_IN_A_FIELD] * parts.shape[1]])

    def loss(moved: Floats) -> float:
        odds = offset + table @ moved
        return float((np.logaddexp(0, odds) - wanted * odds).sum() + (trust * moved**2).sum() / 2)

    moved = np.zeros(table.shape[1])
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(offset + table @ moved, -500, 500)))
        slope = table.T @ (wanted - chance) - trust * moved
        curve = (table * (chance * (1 - chance))[:, None]).T @ table + np.diag(trust)
        step = np.linalg.solve(curve, slope)
        while loss(moved + step) > loss(moved) and np.abs(step).max() > _SETTLED:
            step /= 2
        moved += step
        if np.abs(step).max() < _SETTLED:
            break
    return np.clip(1 + moved[1:], _LEAST, _MOST), float(np.clip(moved[0], -4, 4))
