"""The Latin spellings of one word, and the lattices they come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache, lru_cache
from itertools import chain
from typing import NamedTuple

from intel.matching.scripts.lattice import Lattice, lattice, likeliest
from intel.matching.scripts.letters import background
from intel.matching.scripts.signs import Script, Sign, is_latin, readings, romanised, script_of, tidy
from intel.matching.scripts.tables import Table, customary, table

UNLIKELY = 4.0  # natural-log units below the best spelling at which another is not worth a key
USUAL = 0.1  # share of the commonest spelling from which another is usual too
NAMELIKE = 0.5  # how much a spelling gains by looking like a name
LONGEST_NATIVE_NAME = 4  # characters: a double surname and two syllables
_TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


class Reading(NamedTuple):
    """One way to read a word: the table that knows most of its signs, and its lattice."""

    script: Script
    choices: Lattice


@cache
def tables() -> dict[Script, Table]:
    return {script: table(script) for script in Script}


@lru_cache(maxsize=32_768)
def lattices(word: str) -> tuple[Reading, ...]:
    """The word's readings; () when it holds no letter."""
    told = readings(word)
    first, others = told[:1], (signs for signs in told[1:] if all(map(_is_known, signs)))
    return tuple(
        Reading(Counter(sign.script for sign in signs).most_common(1)[0][0], lattice(signs, tables()))
        for signs in (*first, *others)
    )


def _is_known(sign: Sign) -> bool:
    return tables()[sign.script].knows(sign)


def spellings(word: str, most: int = 3) -> tuple[str, ...]:
    """The likeliest Latin spellings of one word, the best first, a to z only; () when it holds no letter.

    Spellings that the word is known by come first, then those that its signs suggest.
    """
    return _spellings(tidy(word), most)


@lru_cache(maxsize=65_536)
def _spellings(word: str, most: int) -> tuple[str, ...]:
    if is_latin(word):
        return latin_forms(word)[:most]
    found = lattices(word)
    if found and found[0].script is Script.LATIN:  # a script without a table: anyascii spells it best
        return tuple(dict.fromkeys([romanised(word), *_suggested(found[0], most)]))[:most]
    known = customary_spellings(word)
    least = USUAL * max(known.values(), default=0.0)
    usual = [
        letters
        for letters in sorted(known, key=lambda letters: (-known[letters], letters))
        if known[letters] >= least
    ]
    first, *others = [_suggested(reading, most) for reading in found] or [[]]
    native = _by_syllable(word)
    early, late = (native, []) if _is_chinese_name(word) else ([], native)
    ranked = [*usual, *early, *first[:1], *chain(*(other[:1] for other in others)), *late, *first[1:]]
    return tuple(dict.fromkeys(ranked))[:most]


def read_in_japan(word: str, most: int = 3) -> tuple[str, ...]:
    """How Chinese characters may be read in a Japanese name, the likeliest first; () for anything else."""
    kanji = (reading for reading in lattices(tidy(word)) if reading.script is Script.KANJI)
    return tuple(letters for reading in kanji for letters in _suggested(reading, most))


def _by_syllable(text: str) -> list[str]:
    """Chinese and Korean names as their own speakers spell them; the tables know names from elsewhere best."""
    scripts = {script_of(character) for character in text}
    if not 2 <= len(text) <= LONGEST_NATIVE_NAME or scripts not in ({Script.HAN}, {Script.HANGUL}):
        return []
    if scripts == {Script.HAN}:
        return [romanised(text)]
    return ["".join(spellings(syllable, 1)[0] for syllable in text if spellings(syllable, 1))]


def _is_chinese_name(text: str) -> bool:
    """Two or three characters that begin with a family name."""
    return script_of(text[0]) is Script.HAN and 2 <= len(text) <= 3 and text[0] in customary()


def customary_spellings(word: str) -> Mapping[str, float]:
    """Spelling -> how often it was met for this very (tidy) word."""
    return customary().get(word, {})


def _suggested(reading: Reading, most: int) -> list[str]:
    weight = 0.0 if reading.script is Script.KANJI else NAMELIKE  # whole readings are namelike as they are
    namelike = {
        letters: chance + weight * background(letters)
        for chance, letters in likeliest(reading.choices, most=4 * most)
    }
    ranked = sorted(namelike, key=lambda letters: (-namelike[letters], letters))
    return [letters for letters in ranked[:most] if namelike[letters] > namelike[ranked[0]] - UNLIKELY]


def latin_forms(word: str) -> tuple[str, ...]:
    """ "müller" -> muller, mueller."""
    forms = (romanised(word), romanised(word.translate(_TWO_LETTERS)))
    return tuple(dict.fromkeys(form for form in forms if form))
