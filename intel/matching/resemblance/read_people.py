"""A person's name as written -> readings: the name, and those it is also said to be."""

from __future__ import annotations

import re
from functools import lru_cache

from intel.matching.resemblance.reading import (
    ALSO,
    BRACKETS,
    IN_WORD,
    MOST_READINGS,
    QUOTED,
    WORDS,
    Reading,
    is_foreign,
)
from intel.matching.vocabulary import fold, person_words, written_without_spaces

_MAIDEN = re.compile(
    r"[\s,(]+(?:n[ée]e?|born|geb\.?|nata|z domu|урожд[.\w]*)\s+([^\W\d_][\w'’-]+)\)?", re.IGNORECASE
)
SONS = frozenset(["bin", "ibn", "ben", "bint", "ould", "wuld", "oglu", "ogly", "kyzy", "binti"])
_OF_THE_PROPHET = frozenset(
    ["sayyid", "sayed", "sayyed", "syed", "seyyed", "seyed"]
)  # a title before two names
_SERVANTS = frozenset({"abd", "abdul", "abdel", "abdal", "abdol", "abdoul"})
_SERVANT_OF = re.compile(r"^abd(?:[aeiou]|ou)(?:l|([rsdtnz])(?=\1))(?=\w{4})")
# How the Arabic article is written before letters that swallow its l: "Zia-ur-Rahman", "Salah ad-Din".
_ARTICLES = frozenset(
    {"ul", "ur", "ud", "us", "uz", "ar", "ad", "as", "ash", "an", "at", "az", "ed", "es", "er", "en"}
)
_LETTERS = re.compile(
    r"[^\W_](?:[^\W_]|(?<=[^\x00-\u052f])[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u1fff\u200c\u200d])*"
)
_MARKS = re.compile("[\u0591-\u05c7\u064b-\u065f\u0670\u0640\u200c\u200d]")
_ARABIC_ARTICLE = re.compile("^\u0627\u0644(?=\\w{3})")
_PARTICLES_LIKE = {
    "بن": "bin",
    "ابن": "ibn",
    "بنت": "bint",
    "ولد": "ould",
    "آل": "al",
    "ال": "al",
    "בן": "ben",
    "בת": "bint",
}


@lru_cache(maxsize=16_384)
def read(text: str) -> tuple[Reading, ...]:
    """The name, then what it is also said to be: brackets, "aka", maiden names."""
    found: dict[tuple[str, ...], Reading] = {}
    for number, part in enumerate(_alternatives(text)):
        reading = _read(part, alternative=number > 0)
        if reading.words:
            found.setdefault(reading.words, reading)
    return tuple(found.values())[:MOST_READINGS]


def _alternatives(text: str) -> list[str]:
    parts = [part for part in ALSO.split(text) if part.strip()] or [text]
    for part in list(parts):
        if maiden := _MAIDEN.search(part):
            married = _MAIDEN.sub(" ", part)
            parts += [married, f"{married.split()[0]} {maiden[1]}"] if married.split() else []
        for apart in (BRACKETS, QUOTED):
            if not maiden and apart.search(part):
                parts += [apart.sub(" ", part), *apart.findall(part)]
    return parts


def _read(text: str, *, alternative: bool) -> Reading:
    if written_without_spaces(text):
        syllables = tuple(char for char in text if char.isalnum())
        return Reading(text, syllables, syllables=True, alternative=alternative)
    text = _given_first(text)
    kept: list[str] = []
    aside: set[str] = set()
    together = suffix = ""
    known = person_words()
    written = [part for word in _words(text) for part in _split_servant(word)]
    titles = known.titles | _OF_THE_PROPHET if len(written) > 2 else known.titles
    for position, shown in enumerate(written):
        last = position == len(written) - 1
        word = shown if shown.isascii() else fold(shown)
        if kept and word in known.suffixes and position >= len(written) - 2:
            suffix = known.suffixes[word]
        elif not kept and not last and word in titles:
            aside.add(word)
        else:
            together += word
            if _is_particle(shown, word, bool(kept), last):
                aside.add(_PARTICLES_LIKE.get(shown, word))
            else:
                kept.append(shown)
    return Reading(text, tuple(kept), suffix=suffix, filiation=not aside.isdisjoint(SONS), aside=frozenset(aside),
                   together=together, alternative=alternative)  # fmt: skip


def _given_first(text: str) -> str:
    family, comma, given = text.partition(",")
    if comma and given.strip() and fold(given.strip(" .")) not in person_words().suffixes:
        return f"{given} {family}"
    return text


def _words(text: str) -> list[str]:
    """Latin words folded; those of other scripts in their own letters, without marks and the Arabic article."""
    bare = IN_WORD.sub("", text)
    folded = fold(bare)
    if bare.isascii() or not any(is_foreign(char) for char in bare):
        return WORDS.findall(folded)
    return [
        _ARABIC_ARTICLE.sub("", _MARKS.sub("", word)) if any(map(is_foreign, word)) else fold(word)
        for word in _LETTERS.findall(bare.lower())
    ]


def _split_servant(word: str) -> list[str]:
    """ "abdulrahman", "abdurrahman" -> abd, rahman; "abdullah" is a word of its own."""
    if word in _SERVANTS:
        return ["abd"]
    bare = _SERVANT_OF.sub("", word)
    return ["abd", bare] if bare != word else [word]


def _is_particle(shown: str, word: str, begun: bool, last: bool) -> bool:
    if last:
        return False
    return word in person_words().particles or shown in _PARTICLES_LIKE or (begun and word in _ARTICLES)
