"""Phones, e-mail addresses, documents, plates, accounts and the other identifiers, compared kind by kind."""

from __future__ import annotations

from functools import partial

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from intel.matching.comparisons.found import Comparison, Found, Told, best, distinct, spread
from intel.matching.frame import Floats, Frame, Ints
from intel.matching.identifiers import KINDS, reads

LEVELS = ("exact", "part", "near", "alike", "conflict", "other_number", "differs")
EXACT, PART, NEAR, ALIKE, CONFLICT, OTHER_NUMBER, DIFFERS = range(1, 8)
AMOUNTS = ("worth",)
FIELDS = {
    "identifiers": "",
    "emails": "email",
    "phones": "phone",
}  # field: the one kind in it, "" for all others
_WORTH = {"ip": 12.0, "url": 18.0, "docket": 17.0, "handle": 20.0, "email": 22.0}
_WORTH_OF_OTHERS, _WORTH_OF_A_CHARACTER = 24.0, 2.8
# Whoever or whatever has one keeps it, so two different ones (of one length, hence of one scheme) speak for two.
_ONE_FOR_LIFE = {"vin": CONFLICT, "imo": CONFLICT, "national_id": OTHER_NUMBER}
_NEVER_A_SLIP = {"ip", "url", "docket"}  # neighbours there are different things, not misprints
_LEAST_LENGTH_FOR_A_SLIP = 7
_ALIKE = 75.0  # of 100
_LAST_DIGITS = 7  # of a phone number, whatever code stands before them

Identifier = tuple[str, str]


def compare(field: str, frame: Frame, left: Ints, right: Ints) -> Found | None:
    """The strongest identifier in common, else a near miss of one, else two that differ."""
    places, a, b = frame.lists[field].combinations(left, right)
    values: list[Identifier] = frame.values[field]
    if field == "identifiers" and len(places):
        kinds = frame.derived("identifiers.kinds", lambda: _kinds(values))
        alike = np.flatnonzero(kinds[a] == kinds[b])
        places, a, b = places[alike], a[alike], b[alike]
    if not len(places):
        return None
    low, high, back, _ = distinct(a, b)
    level = compare_values([values[i] for i in low.tolist()], [values[j] for j in high.tolist()])
    worth = frame.derived(f"{field}.worth", lambda: np.array([worth_of(frame, each) for each in values]))
    worth = np.where(level == EXACT, worth[low], 0.0)
    chosen = best(places, (worth / 100 - level)[back])
    back = back[chosen]
    return spread(len(left), places[chosen], level[back], {"worth": worth[back]}, a[chosen], b[chosen])


def _kinds(values: list[Identifier]) -> Ints:
    known = {kind: place for place, kind in enumerate(dict.fromkeys(kind for kind, _ in values))}
    return np.array([known[kind] for kind, _ in values], np.int64)


def worth_of(frame: Frame, identifier: Identifier) -> float:
    """Bits of an exact agreement: a short value is sooner met by chance, a value that many hold says less."""
    kind, value = identifier
    worth = min(_WORTH.get(kind, _WORTH_OF_OTHERS), _WORTH_OF_A_CHARACTER * len(value))
    holders = frame.frequencies.holders(kind, value)
    return round(worth - float(np.log2(max(1.0, holders / 2))), 3)


def compare_values(left: list[Identifier], right: list[Identifier]) -> Ints:
    """Levels of pairs of identifiers of one kind."""
    one, other = [value for _, value in left], [value for _, value in right]
    slips = cpdist(one, other, scorer=OSA.distance, score_cutoff=1, dtype=np.int64)
    alike: Floats = cpdist(one, other, scorer=fuzz.ratio, score_cutoff=_ALIKE, dtype=np.float64)
    shortest = np.array([min(len(a), len(b)) for a, b in zip(one, other, strict=True)])
    one_length = np.array([len(a) == len(b) for a, b in zip(one, other, strict=True)])
    may_slip = (shortest >= _LEAST_LENGTH_FOR_A_SLIP) & [kind not in _NEVER_A_SLIP for kind, _ in left]
    part = [_core(*a) == _core(*b) for a, b in zip(left, right, strict=True)]
    for_life = np.array([_ONE_FOR_LIFE.get(kind, 0) for kind, _ in left])
    return np.select(
        [np.array(one) == np.array(other), may_slip & (slips == 1), part, one_length & (for_life == CONFLICT),
         one_length & (for_life == OTHER_NUMBER) & (alike == 0), may_slip & (alike > 0)],
        [EXACT, NEAR, PART, CONFLICT, OTHER_NUMBER, ALIKE],
        DIFFERS,
    )  # fmt: skip


def _core(kind: str, value: str) -> str:
    """What stays when somebody writes the same thing another way: the mailbox without dots and tag, the last digits."""
    if kind == "email":
        mailbox = value.partition("@")[0].partition("+")[0].replace(".", "")
        return mailbox if len(mailbox) > 4 else value
    if kind == "phone":
        return value[-_LAST_DIGITS:]
    return value


def tell(field: str, frame: Frame, found: Found, pair: int) -> Told:
    (kind, left), (_, right) = (frame.values[field][side[pair]] for side in (found.left, found.right))
    a, b = _reads(kind, left), _reads(kind, right)
    level = LEVELS[found.level[pair] - 1]
    both, own = _said(level, kind, a, right)
    return Told(level.replace("_", " "), both, f"{a} {own}", f"{b} {own}", left, right)


def _said(level: str, kind: str, left: str, right: str) -> tuple[str, str]:
    """The sentence for those who may see both, and what is said after either value alone."""
    if level == "exact":
        return f"{left} is in both records.", "is also in a record they hold."
    if level == "near":
        return (
            f"{left} differs by one character from {right}.",
            "differs by one character from one they hold.",
        )
    if level == "part":
        what = {"email": "name before the @", "phone": "last digits"}.get(kind, "core")
        return f"{left} and {right} have the same {what}.", f"has the {what} of one they hold."
    if level == "alike":
        return f"{left} is written much like {right}.", "is written much like one they hold."
    return f"{left} differs from {right}.", "differs from the one they hold."


def _reads(kind: str, value: str) -> str:
    text = reads(kind, value) if kind in KINDS else f"{kind.replace('_', ' ')} {value}"
    return text[0].upper() + text[1:]


AGREEING = frozenset({"exact", "worth"})
AGAINST = frozenset({"conflict", "other_number", "differs"})
COMPARISONS = tuple(
    Comparison(
        field,
        LEVELS,
        AMOUNTS,
        partial(compare, field),
        partial(tell, field),
        AGREEING,
        AGAINST,
        "identifiers",
    )
    for field in FIELDS
)
