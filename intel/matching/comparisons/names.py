"""People's names: words are paired one to one whatever their order, and each pair counts by its rarity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from intel.matching.evidence import Evidence, Frequencies, Weights, rarity
from intel.matching.naming import Name
from intel.matching.normalise import Features
from intel.matching.records import Kind
from intel.matching.words import Likeness, beginnings, likeness

WEAK_LEVELS = frozenset({"one word", "initials", "given"})
_ORDER = list(Likeness)
# Words that relatives, or all bearers of a common given name, share by nature and not by chance.
_CAPS = {"family": "family_cap", "given": "given_cap", "one word": "one_word_cap", "initials": "one_word_cap"}
_SAID = {
    "same": "agrees word for word with",
    "close": "agrees closely with",
    "contains": "agrees closely with",
    "contained": "agrees closely with",
    "partial": "agrees in part with",
    "family": "shares only family names with",
    "one word": "shares one word with",
    "initials": "shares one word and an initial with",
    "given": "shares only given names with",
    "conflict": "differs from",
}


@dataclass(frozen=True, slots=True)
class Pairing:
    """`pairs` of positions (left, right) and how alike; `left_over`, `right_over` found no counterpart."""

    pairs: tuple[tuple[int, int, str], ...]
    left_over: tuple[int, ...]
    right_over: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NameScore:
    left: Name
    right: Name
    bits: float
    level: str
    through_alias: bool


def compare(left: Features, right: Features, weigh: Weights, frequencies: Frequencies) -> Evidence | None:
    """Two people's names, aliases included: the best-agreeing pair of names speaks for the records."""
    if left.kind != Kind.PERSON or right.kind != Kind.PERSON or not left.names or not right.names:
        return None
    best = best_pair(left, right, weigh, frequencies)
    alias = " (an alias)" if best.through_alias else ""
    said = _SAID[best.level]
    return Evidence(
        field="names",
        level=f"alias, {best.level}" if best.through_alias else best.level,
        bits=best.bits,
        sentence=f"The name '{best.left.shown}' {said} '{best.right.shown}'{alias}.",
        left_sentence=f"Your name '{best.left.shown}' {said} a name they hold.",
        right_sentence=f"Your name '{best.right.shown}' {said} a name they hold.",
        left_value=best.left.shown,
        right_value=best.right.shown,
    )


def best_pair(left: Features, right: Features, weigh: Weights, frequencies: Frequencies) -> NameScore:
    scores = (score(a, b, weigh, frequencies) for a in left.names for b in right.names)
    return max(scores, key=lambda scored: (scored.bits, not scored.through_alias))


def score(left: Name, right: Name, weigh: Weights, frequencies: Frequencies) -> NameScore:
    pairing = pair_words(left.tokens, right.tokens)
    through_alias = left.alias or right.alias
    if not pairing.pairs:
        return NameScore(left, right, weigh["nothing"], "conflict", through_alias)
    agreement = _agreement(left, right, pairing, weigh, frequencies)
    level = _level(left, right, pairing)
    if cap := _CAPS.get(level):
        agreement = min(agreement, weigh[cap])
    if level in WEAK_LEVELS:
        agreement += weigh["one_word"]
    bits = agreement + _disagreement(left, right, pairing, weigh)
    if through_alias:
        bits += weigh["alias"] if len(pairing.pairs) > 1 else weigh["street_name"]
    return NameScore(left, right, round(bits, 3), level, through_alias)


@lru_cache(maxsize=50_000)
def pair_words(left: tuple[str, ...], right: tuple[str, ...]) -> Pairing:
    """The best one-to-one pairing, strongest likeness first; two words may meet one ("ana maria", "anamaria")."""
    starts = [beginnings(word) for word in right]
    likely = sorted(
        (_ORDER.index(kind), abs(i - j), i, j, kind.value)
        for i, a in enumerate(left)
        for j, b in enumerate(right)
        if beginnings(a) & starts[j] and (kind := likeness(a, b))
    )
    pairs: list[tuple[int, int, str]] = []
    free_left, free_right = set(range(len(left))), set(range(len(right)))
    for _, _, i, j, how in likely:
        if i in free_left and j in free_right:
            pairs.append((i, j, how))
            free_left.discard(i)
            free_right.discard(j)
    if len(free_left) + len(free_right) > 2:
        _pair_joined(left, right, free_left, free_right, pairs)
    return Pairing(tuple(pairs), tuple(sorted(free_left)), tuple(sorted(free_right)))


def _pair_joined(
    left: tuple[str, ...],
    right: tuple[str, ...],
    free_left: set[int],
    free_right: set[int],
    pairs: list[tuple[int, int, str]],
) -> None:
    for i in sorted(free_left):
        for j in sorted(free_right):
            if j + 1 in free_right and left[i] == right[j] + right[j + 1]:
                pairs.append((i, j, "joined"))
                free_left.discard(i)
                free_right -= {j, j + 1}
                break
            if i + 1 in free_left and right[j] == left[i] + left[i + 1]:
                pairs.append((i, j, "joined"))
                free_left -= {i, i + 1}
                free_right.discard(j)
                break


def _agreement(left: Name, right: Name, pairing: Pairing, weigh: Weights, frequencies: Frequencies) -> float:
    total = 0.0
    for i, j, kind in pairing.pairs:
        a, b = left.tokens[i], right.tokens[j]
        if kind == Likeness.INITIAL or len(a) == 1:
            total += weigh["initial"]
        elif kind == Likeness.EXACT:
            total += rarity(frequencies.name_word(a), weigh["word_cap"])
        elif kind == "joined":
            total += (
                rarity(min(frequencies.name_word(a), frequencies.name_word(b)), weigh["word_cap"])
                + weigh[kind]
            )
        else:
            either = frequencies.name_word(a) + frequencies.name_word(b)
            total += max(0.5, rarity(either, weigh["word_cap"]) + weigh[kind])
        if (i == left.first and j in right.surnames) or (j == right.first and i in left.surnames):
            total += weigh["swapped"]
    return total


def _disagreement(left: Name, right: Name, pairing: Pairing, weigh: Weights) -> float:
    total = weigh["suffix_conflict"] if left.suffix and right.suffix and left.suffix != right.suffix else 0.0
    left_first = left.first in pairing.left_over
    right_first = right.first in pairing.right_over
    both_first = left_first and right_first
    facing = min(len(pairing.left_over), len(pairing.right_over))
    total += weigh["conflict_first"] if both_first else 0.0
    total += weigh["conflict"] * (facing - both_first)
    spare = abs(len(pairing.left_over) - len(pairing.right_over))
    if (left_first or right_first) and not both_first:
        total += weigh["omitted_first"]
        spare = max(0, spare - 1)
    return total + weigh["omitted"] * spare


def _level(left: Name, right: Name, pairing: Pairing) -> str:
    """How the names agree. "contained": every word of the left one is in the right one; "contains": the reverse."""
    whole = [kind for _, _, kind in pairing.pairs if kind != Likeness.INITIAL]
    if left.first in pairing.left_over and right.first in pairing.right_over:
        return "family"
    if not any(i in _family_places(left) or j in _family_places(right) for i, j, _ in pairing.pairs):
        return "given"
    if len(whole) < 2 and "joined" not in whole:
        return "initials" if len(pairing.pairs) > len(whole) else "one word"
    if pairing.left_over and pairing.right_over:
        return "partial"
    if pairing.left_over or pairing.right_over:
        return "contains" if pairing.left_over else "contained"
    return (
        "same"
        if all(kind == Likeness.EXACT for kind in whole) and len(whole) == len(pairing.pairs)
        else "close"
    )


def _family_places(name: Name) -> frozenset[int]:
    """Where a family name may stand: the marked positions, else any but the given names a name of that length has."""
    if name.surnames:
        return frozenset(name.surnames)
    return frozenset(range(2 if len(name.tokens) > 3 else min(1, len(name.tokens) - 1), len(name.tokens)))
