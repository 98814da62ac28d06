"""How alike two single words of a name are, whatever script, spelling or nickname they came in."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from rapidfuzz.distance import OSA, JaroWinkler

from intel.matching.vocabulary import full_names, name_families


class Likeness(StrEnum):
    """From the strongest to the weakest reason to take two words for one."""

    EXACT = "exact"
    NICKNAME = "nickname"
    SOUND = "sound"  # same consonants, or known spellings of one name: Gonzales / Gonzalez, Mehmet / Muhammad
    TYPO = "typo"
    INITIAL = "initial"


# Letters that spellings swap for one another. Order matters: digraphs before their letters.
_SOUNDS = [
    (r"sch|sh", "s"), (r"tch|tsch|ch|cz", "c"), (r"dzh|dj|zh", "j"), (r"ph", "f"), (r"kh|gh|ck|q", "k"),
    (r"x", "ks"), (r"z", "s"), (r"g(?=[ei])", "j"), (r"c(?=[eiy])", "s"), (r"(?<!^)c(?!h)|^c(?!h)", "k"),
    (r"g", "k"), (r"w", "v"), (r"th", "t"), (r"dh", "d"),
]  # fmt: skip
_RULES = [(re.compile(pattern), sound) for pattern, sound in _SOUNDS]
_NONE: frozenset[str] = frozenset()
_REPEATED = re.compile(r"(.)\1+")


@lru_cache(maxsize=65_536)
def skeleton(word: str) -> str:
    """The consonants one hears, so that spellings of one name meet: "mohammed", "muhamad" -> "mmd"."""
    heard = word
    for pattern, sound in _RULES:
        heard = pattern.sub(sound, heard)
    first = "a" if heard[:1] in set("aeiouyh") else heard[:1]
    return _REPEATED.sub(r"\1", first + re.sub(r"[aeiouyh]", "", heard[1:]))


@lru_cache(maxsize=65_536)
def beginnings(word: str) -> int:
    """The letters and sounds the word, or a name it is short for, begins with, as a bit mask. Known spellings of one name share the bit of its head.

    Two words whose masks share no bit are never alike, which spares most comparisons their cost.
    """
    kin = (*full_names().get(word, ()), *name_families().get(word, ()))
    letters = {word[0], skeleton(word)[0], *(other[0] for other in kin)}
    return sum(1 << (ord(letter) % 64) for letter in letters)


@lru_cache(maxsize=200_000)
def likeness(left: str, right: str) -> Likeness | None:
    """The strongest likeness of two folded words, or None."""
    if left == right:
        return Likeness.EXACT
    if len(left) == 1 or len(right) == 1:
        return Likeness.INITIAL if left[0] == right[0] else None
    if _share_a_full_name(left, right):
        return Likeness.NICKNAME
    if not name_families().get(left, _NONE).isdisjoint(name_families().get(right, _NONE)):
        return Likeness.SOUND
    same_start = left[0] == right[0]
    if same_start and differ_by_gender(left, right):
        return None
    if skeleton(left) == skeleton(right) and JaroWinkler.similarity(left, right) >= 0.8:
        return Likeness.SOUND
    return Likeness.TYPO if same_start and _mistyped(left, right) else None


def _share_a_full_name(left: str, right: str) -> bool:
    names = full_names()
    return left in names.get(right, ()) or right in names.get(left, ())


def differ_by_gender(left: str, right: str) -> bool:
    """Mario / Maria and Daniel / Daniela are two people, one letter apart."""
    short, long = sorted((left, right), key=len)
    if len(short) == len(long):
        return short[:-1] == long[:-1] and {short[-1], long[-1]} <= set("aoe")
    return long == short + "a"


def _mistyped(left: str, right: str) -> bool:
    """One slip in a word, two in a long one. The first letter is seldom mistyped, so it is taken for given."""
    shortest = min(len(left), len(right))
    if shortest < 4 or abs(len(left) - len(right)) > 2:
        return False
    allowed = 1 if shortest < 8 else 2
    return OSA.distance(left, right, score_cutoff=allowed) <= allowed
