"""How many slips of the pen, the ear or the transliterator turn one word into another."""

from __future__ import annotations

import re
from functools import lru_cache
from math import log2
from typing import NamedTuple

from rapidfuzz.distance import OSA

from intel.matching.resemblance.differences import STEEPNESS
from intel.matching.scripts import agreement
from intel.matching.scripts.signs import Script, script_of
from intel.matching.vocabulary import fold, full_names, name_families, name_shares
from intel.matching.words import differ_by_gender

# What two languages write differently and a hearer takes for one. Order matters: longer spellings first.
_HEARD = [
    (r"(?:[yj]?ow|[yj]ov|ew|ev|eff|off)$", "ov"), (r"(?<=\w\w[^aeiou])e$", ""),
    (r"^[jy](?=[aeou])", "i"), (r"tsch|tch|tsh|cz|ch", "c"), (r"sch|sh|hs|zh", "s"), (r"dj", "j"), (r"ts|tz|dz|z|(?<=[aeiou])j(?=[aeiou])", "s"),
    (r"ph", "f"), (r"kh|gh|ck|q|g", "k"), (r"x", "ks"), (r"c(?=[ieay]|$)", "c"), (r"c", "k"), (r"w", "v"),
    (r"th|d", "t"), (r"b", "p"), (r"ou|oo|au|(?<![qg])ue|oe|o|u", "o"), (r"ai|ay|ei|ey|ae", "e"),
    (r"ee|ie|iy|yi|yj|ij|ii|yy|y", "i"), (r"(?<=[aeio])h", ""),
]  # fmt: skip
_RULES = [(re.compile(pattern), sound) for pattern, sound in _HEARD]
_NONE: frozenset[str] = frozenset()
_EITHER_SEX = ("ko", "ka")  # Lukashenko, in Belarusian Lukashenka
_ABJADS = frozenset({Script.ARABIC, Script.HEBREW})
_REPEATED = re.compile(r"(.)\1+")
_UNHEARD = 0.45  # the part of a slip that is only one of spelling
_OTHER_NAME = 0.3  # a slip seldom lands on another common name
_OTHER_SEX = 2.6
_OTHER_SCRIPT = 0.3
_UNLIKE = 0.7  # of the letters: so many slips are no slips
PER_HALVING = 1.2  # slips that a word across scripts is worth when it is as likely as not the same
MOST = 5.0  # beyond this two words have nothing to do with one another


class Slips(NamedTuple):
    """What lies between two words: `cost` in slips (0 = the same word), and `how` they differ."""

    cost: float
    how: str


@lru_cache(maxsize=131_072)
def heard(word: str) -> str:
    """The word as a hearer would write it down: "wolodymyr", "volodimir" -> "volotimir"."""
    sounds = word
    for pattern, sound in _RULES:
        sounds = pattern.sub(sound, sounds)
    return _REPEATED.sub(r"\1", sounds)


@lru_cache(maxsize=262_144)
def slips(left: str, right: str) -> Slips:
    """The fewest slips between two words: Latin ones folded, others in their own script. Symmetric."""
    if left == right:
        return Slips(0.0, "same")
    if left.isascii() and right.isascii():
        return _latin_slips(left, right)
    scripts = script_of(left[0]), script_of(right[0])
    if scripts[0] != scripts[1]:
        return _across_scripts(left, right)
    if scripts[0] in _ABJADS:  # vowels are not written: each letter tells, and folded ones mislead
        return _latin_slips(left, right)
    return _latin_slips(fold(left), fold(right))


def _across_scripts(left: str, right: str) -> Slips:
    chance = agreement(left, right)
    if _one_family(left, right):
        return Slips(_OTHER_SCRIPT, "form")
    said = Slips(min(MOST, PER_HALVING * log2(1 / max(chance, 1e-9)) ** (1 / STEEPNESS)), "script")
    kin = None if _ABJADS & {script_of(left[0]), script_of(right[0])} else _kin(fold(left), fold(right))
    return min(said, kin) if kin else said


def _latin_slips(left: str, right: str) -> Slips:
    """Between two words of one script."""
    if kin := _kin(left, right):
        return kin
    written = OSA.distance(left, right)
    sounds = OSA.distance(heard(left), heard(right))
    cost = _cost(written, sounds)
    if sounds and written >= _UNLIKE * max(len(left), len(right)):
        return Slips(min(MOST, max(cost, written)), "different")
    shares = name_shares().get(left, 0.0), name_shares().get(right, 0.0)
    if not sounds or not all(shares):
        return Slips(min(MOST, cost), "spelling" if sounds else "sound")
    if differ_by_gender(left, right) and not left.endswith(_EITHER_SEX):
        return Slips(_OTHER_SEX, "gender")
    return Slips(min(MOST, cost * (1 + min(_OTHER_NAME, 6 * min(shares)))), "other name")


def _kin(left: str, right: str) -> Slips | None:
    """What lies between words that are known to stand for one another, or too short to compare by letters."""
    if left == right:
        return Slips(0.0, "same")
    if min(len(left), len(right)) < 2:
        return Slips(0.8, "initial") if left[:1] == right[:1] else Slips(3.0, "different")
    names = full_names()
    if left in names.get(right, ()) or right in names.get(left, ()):
        return Slips(0.7, "nickname")
    if _one_family(left, right):
        return Slips(0.3 + 0.07 * OSA.distance(left, right), "form")
    return None


def _one_family(left: str, right: str) -> bool:
    families = name_families()
    return not families.get(left, _NONE).isdisjoint(families.get(right, _NONE))


def _cost(written: int, sounds: int) -> float:
    """Slips in writing, of which those that cannot be heard count less."""
    if not sounds:
        return min(_UNHEARD * written, 0.35 + 0.25 * written)
    return _UNHEARD * written + (1 - _UNHEARD) * sounds if sounds < written else written
