"""The name of an organisation, a vessel or a thing as written -> its readings."""

from __future__ import annotations

import re
from functools import lru_cache

from intel.matching.resemblance.reading import (
    ALSO,
    BRACKETS,
    IN_WORD,
    MOST_READINGS,
    WORDS,
    Reading,
    is_number,
    number_of,
)
from intel.matching.vocabulary import (
    fold,
    organisation_forms,
    organisation_terms,
    organisation_words,
    written_without_spaces,
)

_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}(?:[a-z]\b)?|\b[a-z](?:\.[a-z])+\b")
_SLASHED = re.compile(r"\b([a-z])/([a-z])\b")
_FILLERS = frozenset({
    "the", "of", "and", "for", "in", "at", "on", "by", "de", "del", "des", "du", "la", "le", "les", "los", "las", "el", "al",
    "ash", "fur", "und", "et", "y", "e", "di", "da", "do", "dos", "das", "van", "von", "der", "den", "a", "n",
})  # fmt: skip
_SAME_COUNTRY = {"united states of america": "usa", "united states": "usa", "us": "usa", "united kingdom": "uk",
                 "great britain": "uk", "gb": "uk"}  # fmt: skip
_COUNTRIES = re.compile(r"\b(" + "|".join(sorted(_SAME_COUNTRY, key=len, reverse=True)) + r")\b")
# Hardly more than a legal form.
COMPANY = frozenset({"co", "corp", "grp", "holding", "enterprise", "kabushiki", "kk"})
_VESSEL_KINDS = frozenset(["mv", "mt", "ms", "ss", "fv", "sv", "my", "sy", "rv", "mts", "mfv", "lng", "lpg"])
_MOST_WORDS_IN_A_PHRASE = 6


@lru_cache(maxsize=16_384)
def read(text: str) -> tuple[Reading, ...]:
    """The name; what it is also called; and without initials in brackets, which only say it again."""
    parts = [part for part in ALSO.split(text) if part.strip()] or [text]
    found = [_read(part, alternative=number > 0) for number, part in enumerate(parts)]
    for inside in BRACKETS.findall(parts[0]):
        if inside.isalpha() and inside.isupper() and len(inside) > 2:
            found += [_read(BRACKETS.sub(" ", parts[0]), alternative=False), _read(inside, alternative=True)]
    told: dict[tuple[tuple[str, ...], ...], Reading] = {}
    for reading in found:
        if reading.words or reading.numbers:
            told.setdefault((reading.words, reading.numbers), reading)
    return tuple(told.values())[:MOST_READINGS]


def read_vessel(text: str) -> tuple[Reading, ...]:
    """A ship's name without "MV"; its numbers apart."""
    words = WORDS.findall(plain(text))
    if len(words) > 1 and words[0] in _VESSEL_KINDS:
        words = words[1:]
    numbers = tuple(number_of(word) for word in words[1:] if is_number(word))
    names = tuple(word for i, word in enumerate(words) if not i or not is_number(word))
    return (Reading(text, names, numbers),) if words else ()


def plain(text: str) -> str:
    """Folded text; "p.l.c.", "A/S" and "United States" as one word each."""
    plain = IN_WORD.sub("", fold(text).replace("&", " and "))
    plain = _SLASHED.sub(r"\1\2", _DOTTED.sub(lambda dotted: dotted[0].replace(".", ""), plain))
    return _COUNTRIES.sub(lambda named: _SAME_COUNTRY[named[0]], plain)


def _read(text: str, *, alternative: bool) -> Reading:
    written = _joined_initials([word for word in WORDS.findall(plain(text)) if word != "the"])
    core, form = _without_forms(written)
    phrases = _without_phrases(core)
    small = frozenset() if written_without_spaces(text) else _FILLERS
    words = [word for word in phrases if word not in small]
    numbers = tuple(number_of(word) for word in words[1:] if is_number(word))
    equivalents = organisation_words()
    names = tuple(equivalents.get(word, word) for i, word in enumerate(words) if not i or not is_number(word))
    return Reading(text, names or tuple(core), numbers, form=form, initials=_initials(written, core),
                   alternative=alternative)  # fmt: skip


def _initials(written: list[str], core: list[str]) -> frozenset[str]:
    """What the name may be shortened to: with or without the small words and the legal form."""
    telling = [word for word in core if organisation_words().get(word, word) not in COMPANY]
    form = written[len(core) :]
    return frozenset(
        "".join(word[0] for word in words if small or word not in _FILLERS) + ending
        for words, ending in (
            (telling, ""),
            (core, ""),
            (core, "".join(form)),
            (core, "".join(word[0] for word in form)),
        )
        for small in (True, False)
        if len(telling) > 1
    )


def _joined_initials(words: list[str]) -> list[str]:
    """ "j p morgan" -> "jp morgan"; "at and t" stays, its letters are apart."""
    joined: list[str] = []
    single = False
    for word in words:
        letter = len(word) == 1 and not word.isdigit()
        if single and letter:
            joined[-1] += word
        else:
            joined.append(word)
        single = letter
    return joined


def _without_forms(words: list[str]) -> tuple[list[str], str]:
    """The words without the legal forms at either end, and the outermost form."""
    found = ""
    while cut := _outer_form(words):
        words, form = cut
        found = found or form
    return words, found


def _outer_form(words: list[str]) -> tuple[list[str], str] | None:
    forms = organisation_forms()
    for length in range(min(_MOST_WORDS_IN_A_PHRASE, len(words) - 1), 0, -1):
        ending, beginning = tuple(words[-length:]), tuple(words[:length])
        if ending in forms and not is_number(words[-1]):
            return words[:-length], forms[ending] or " ".join(ending)
        if beginning in forms:
            return words[length:], forms[beginning] or " ".join(beginning)
    return None


def _without_phrases(words: list[str]) -> list[str]:
    """ "hua wei ji shu" -> "hua wei tech": terms of several words become one."""
    terms = organisation_terms()
    written: list[str] = []
    place = 0
    while place < len(words):
        for length in range(4, 1, -1):
            if term := terms.get(tuple(words[place : place + length])):
                written.append(term)
                place += length
                break
        else:
            written.append(words[place])
            place += 1
    return written
