"""Street names: a second agreement beside the one that `names` already counted."""

from __future__ import annotations

from intel.matching.comparisons.names import pair_words
from intel.matching.evidence import Evidence, Frequencies, Weights, rarity
from intel.matching.naming import Name
from intel.matching.normalise import Features
from intel.matching.records import Kind
from intel.matching.words import Likeness


def compare(left: Features, right: Features, weigh: Weights, frequencies: Frequencies) -> Evidence | None:
    """An alias held by both, when the main names agree too: "Noe Aranda-Soto", both times "Diablo"."""
    if left.kind != Kind.PERSON or right.kind != Kind.PERSON:
        return None
    if not _mains_agree(left, right):
        return None
    shared = [
        (a, b)
        for a in left.names
        for b in right.names
        if a.alias and b.alias and pair_words(a.tokens, b.tokens).pairs and _whole(a, b)
    ]
    if not shared:
        return None
    a, b = shared[0]
    bits = rarity(max(frequencies.name_word(word) for word in a.tokens), weigh["cap"])
    return Evidence(
        field="aliases",
        level="shared",
        bits=round(bits, 3),
        sentence=f"Both are also called '{a.shown}'."
        if a.shown == b.shown
        else f"Also called '{a.shown}' and '{b.shown}'.",
        left_sentence=f"Your alias '{a.shown}' agrees with an alias they hold.",
        right_sentence=f"Your alias '{b.shown}' agrees with an alias they hold.",
        left_value=a.shown,
        right_value=b.shown,
    )


def _mains_agree(left: Features, right: Features) -> bool:
    """Otherwise the alias is the best-agreeing name already, and would count twice."""
    mains = [(a, b) for a in left.names for b in right.names if not a.alias and not b.alias]
    return any(len(pair_words(a.tokens, b.tokens).pairs) > 1 for a, b in mains)


def _whole(left: Name, right: Name) -> bool:
    pairing = pair_words(left.tokens, right.tokens)
    strong = all(kind in (Likeness.EXACT, Likeness.TYPO, Likeness.SOUND) for _, _, kind in pairing.pairs)
    return strong and not pairing.left_over and not pairing.right_over
