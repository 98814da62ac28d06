"""A word in any script -> the signs that carry its sound, each with the table that knows how it is spelled."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from anyascii import anyascii

MOST_SIGNS = 40  # no single name is longer; a pasted page must not cost a minute


class Script(StrEnum):
    """The tables there are. Any other script is spelled by anyascii first, and read as LATIN."""

    LATIN = "latin"
    CYRILLIC = "cyrillic"
    ARABIC = "arabic"
    HEBREW = "hebrew"
    HANGUL = "hangul"
    KANA = "kana"
    HAN = "han"  # in Mandarin, as names from elsewhere are transcribed too
    KANJI = "kanji"  # the same characters, read in Japanese


class Sign(NamedTuple):
    """One sign; `host` is the character that a Mandarin half-syllable was taken from, else the sign itself."""

    script: Script
    symbol: str
    host: str


_BLOCKS = [
    (0x0000, Script.LATIN), (0x0400, Script.CYRILLIC), (0x0530, Script.LATIN), (0x0590, Script.HEBREW),
    (0x0600, Script.ARABIC), (0x0700, Script.LATIN), (0x0750, Script.ARABIC), (0x0780, Script.LATIN),
    (0x08A0, Script.ARABIC), (0x0900, Script.LATIN), (0x1100, Script.HANGUL), (0x1200, Script.LATIN),
    (0x3041, Script.KANA), (0x3100, Script.LATIN), (0x3400, Script.HAN), (0xA000, Script.LATIN),
    (0xA640, Script.CYRILLIC), (0xA6A0, Script.LATIN), (0xAC00, Script.HANGUL), (0xD7A4, Script.LATIN),
    (0xF900, Script.HAN), (0xFB00, Script.LATIN), (0x20000, Script.HAN), (0x33480, Script.LATIN),
]  # fmt: skip
_STARTS = [start for start, _ in _BLOCKS]

# Vowel points, cantillation, tatweel and accents that a name may be written with or without; and invisible marks.
_UNSAID = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u05f4"
    "\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_SAME = str.maketrans("یکھہ׳’ʼ‘`´", "يكهه''''''")
_HIRAGANA = re.compile("[ぁ-ゖ]")
_GREEK_U = re.compile("ο[υύὺῦ]")
_SYLLABLE = re.compile("^(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]?)(.*)$")
_LATIN = re.compile("[\u0000-\u02ff\u1e00-\u1eff]*")
_LETTERS = re.compile("[^a-z]+")


def script_of(character: str) -> Script:
    return _BLOCKS[bisect_right(_STARTS, ord(character)) - 1][1]


def tidy(word: str) -> str:
    """One spelling of what is only typed differently: width, case, points, marks of direction, hiragana."""
    return _tidied(word[: 4 * MOST_SIGNS])


@lru_cache(maxsize=65_536)
def _tidied(word: str) -> str:
    text = unicodedata.normalize("NFKC", word).casefold()
    text = _UNSAID.sub("", unicodedata.normalize("NFC", text).translate(_SAME))
    text = _GREEK_U.sub("ou", text)
    return _HIRAGANA.sub(lambda kana: chr(ord(kana[0]) + 0x60), text).strip()


@lru_cache(maxsize=65_536)
def romanised(text: str) -> str:
    """Letters a to z only: "Đinh" -> "dinh", "Γιάννης" -> "giannis"."""
    letters = "".join(filter(_is_letter, text))  # anyascii has a word for every emoji
    return _LETTERS.sub("", str(anyascii(letters)).lower())[:MOST_SIGNS]


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM"


def is_latin(word: str) -> bool:
    """Whether every letter is of the Latin alphabet."""
    return _LATIN.fullmatch(word) is not None


def readings(word: str) -> tuple[tuple[Sign, ...], ...]:
    """The ways to read the word; () when it holds no letter.

    Chinese characters alone are read in Mandarin and in Japanese; beside kana, in Japanese.
    """
    text = tidy(word)
    scripts = {script_of(character) for character in text}
    if Script.HAN not in scripts:
        found = [_signs(text, Script.HAN)]
    elif Script.KANA in scripts:
        found = [_signs(text, Script.KANJI)]
    else:
        found = [_signs(text, Script.HAN), _signs(text, Script.KANJI)]
    return tuple(signs for signs in found if signs)


def _signs(text: str, han_as: Script) -> tuple[Sign, ...]:
    signs: list[Sign] = []
    for character in text:
        script = script_of(character)
        if script is Script.HAN:
            signs += _mandarin(character) if han_as is Script.HAN else [Sign(han_as, character, character)]
        elif script is Script.HANGUL:
            signs += [Sign(script, jamo, jamo) for jamo in unicodedata.normalize("NFD", character)]
        elif character == "'" and signs and signs[-1].script is Script.HEBREW:
            signs.append(Sign(Script.HEBREW, "'", "'"))  # the geresh: צ' is not צ
        elif not _is_letter(character):
            continue
        elif script is Script.LATIN:
            signs += [Sign(script, letter, letter) for letter in romanised(character)]
        else:
            signs.append(Sign(script, character, character))
    return tuple(signs[:MOST_SIGNS])


def _mandarin(character: str) -> list[Sign]:
    """ "斯" -> s-, -i: halves of syllables generalise to characters and spellings never met."""
    onset, rime = _SYLLABLE.findall(romanised(character))[0]
    halves = [half for half, there in ((f"{onset}-", onset), (f"-{rime}", rime)) if there]
    return [Sign(Script.HAN, half, character) for half in halves]


def spelled_out(sign: Sign) -> list[Sign]:
    """A sign that no table knows, as Latin letters."""
    return [Sign(Script.LATIN, letter, letter) for letter in romanised(sign.host)]
