"""Names of organisations, vessels and places of business: rare words count, legal forms hardly."""

from __future__ import annotations

from intel.matching.comparisons.names import Pairing, pair_words
from intel.matching.evidence import Evidence, Frequencies, Weights, rarity
from intel.matching.naming import Name
from intel.matching.normalise import Features
from intel.matching.records import Kind
from intel.matching.words import Likeness

_NAMED = {Kind.ORGANISATION, Kind.VESSEL, Kind.PLACE}
_SAID = {
    "same": "is the same as",
    "close": "agrees closely with",
    "partial": "agrees in part with",
    "conflict": "differs from",
}


def compare(left: Features, right: Features, weigh: Weights, frequencies: Frequencies) -> Evidence | None:
    """Two organisations' names, aliases included, without "Ltd", "S.A. de C.V." and the like."""
    if left.kind != right.kind or left.kind not in _NAMED or not left.names or not right.names:
        return None
    scored = [(*score(a, b, weigh, frequencies), a, b) for a in left.names for b in right.names]
    bits, level, a, b = max(scored, key=lambda found: found[0])
    said = _SAID[level]
    return Evidence(
        field="organisations",
        level=level,
        bits=round(bits, 3),
        sentence=f"The name '{a.shown}' {said} '{b.shown}'.",
        left_sentence=f"Your name '{a.shown}' {said} a name they hold.",
        right_sentence=f"Your name '{b.shown}' {said} a name they hold.",
        left_value=a.shown,
        right_value=b.shown,
    )


def score(left: Name, right: Name, weigh: Weights, frequencies: Frequencies) -> tuple[float, str]:
    pairing = pair_words(left.tokens, right.tokens)
    if not pairing.pairs:
        return weigh["nothing"], "conflict"
    agreed = _agreement(left, right, pairing, weigh, frequencies)
    missing = sum(
        min(weigh["missing_cap"], rarity(frequencies.organisation_word(word), weigh["word_cap"]))
        for word in [
            *(left.tokens[i] for i in pairing.left_over),
            *(right.tokens[j] for j in pairing.right_over),
        ]
    )
    bits = agreed + weigh["missing"] * missing
    exact = not missing and all(kind in (Likeness.EXACT, "joined") for _, _, kind in pairing.pairs)
    bits += weigh["whole"] if exact else 0.0
    bits += weigh["form_conflict"] if left.form and right.form and left.form != right.form else 0.0
    level = "same" if exact else "close" if missing <= agreed / 4 else "partial"
    return bits, level


def _agreement(left: Name, right: Name, pairing: Pairing, weigh: Weights, frequencies: Frequencies) -> float:
    total = 0.0
    for i, j, kind in pairing.pairs:
        share = max(
            frequencies.organisation_word(left.tokens[i]), frequencies.organisation_word(right.tokens[j])
        )
        worth = rarity(share, weigh["word_cap"])
        total += max(0.0, worth + weigh.get(kind, 0.0)) if kind != Likeness.INITIAL else 0.5
    return total
