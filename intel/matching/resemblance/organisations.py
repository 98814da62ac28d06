"""Two readings of the names of organisations, vessels and things."""

from __future__ import annotations

from collections.abc import Iterator
from math import log2

from intel.matching.resemblance.alignment import align, join_split_words
from intel.matching.resemblance.differences import Difference, Finding, bearable, finding
from intel.matching.resemblance.read_organisations import COMPANY
from intel.matching.resemblance.reading import Reading
from intel.matching.resemblance.slips import Slips, slips
from intel.matching.vocabulary import countries, organisation_shares, organisation_terms

MOST, _RATE = 2.4, 0.25
_COMMON_LETTER = 0.5  # a letter of a word that many bear tells half as much
_COMMON = 0.01
_EXTRA, _EXTRA_PER_BIT, _EXTRA_COMPANY = 3.0, 0.33, 0.5
_OTHER_NUMBER, _MISSING_NUMBER, _OTHER_HULL = 2.0, 3.0, 3.0
_OTHER_FORM, _MISSING_FORM = 0.5, 0.15
_OTHER_ORDER = 0.4
_ACRONYM = 1.5
_ALTERNATIVE = 0.3
_SPACED, _MOST_SPACED = 0.2, 1.5
_PLURAL, _TRANSLATED, _SHORTENED = Slips(0.2, "plural"), Slips(0.5, "translation"), Slips(0.7, "abbreviation")

Words = tuple[str, ...]


def compare(left: Reading, right: Reading, *, vessel: bool = False) -> Finding:
    """All that keeps two names apart. Symmetric but for the order of words in sentences."""
    one, other = join_split_words(left.words, right.words)
    bears = bearable((_telling_letters(one) + _telling_letters(other)) / 2, MOST, _RATE)
    beside = list(_beside(left, right, vessel=vessel))
    found = [finding([*_differences(one, other), *beside], bears)]
    if len(one) != len(other) and (together := list(_as_one_word(one, other))):
        found.append(finding([*together, *beside], bears))
    if acronym := _as_acronym(left, right):
        found.append(finding([acronym, *beside], MOST))
    return min(found, key=lambda each: each.cost / each.bearable)


def _telling_letters(words: Words) -> float:
    return sum(
        len(word) * _COMMON_LETTER ** (_share(word) >= _COMMON) for word in words if word not in COMPANY
    )


def _share(word: str) -> float:
    return organisation_shares().get(word, 0.0)


def word_slips(left: str, right: str) -> Slips:
    """What lies between two words of organisations' names. Symmetric."""
    found = slips(left, right)
    if not found.cost:
        return found
    short, long = sorted((left, right), key=lambda word: (len(word), word))
    if long == f"{short}s":
        return _PLURAL
    terms = organisation_terms()
    if (term := terms.get((left,), left)) == terms.get((right,), right) and (term != left or term != right):
        return min(found, _TRANSLATED, key=lambda each: each.cost)
    return min(found, _SHORTENED, key=lambda each: each.cost) if _shortens(short, long) else found


def _shortens(short: str, long: str) -> bool:
    """ "tech." for technologies, "mfg" for manufacturing: only words that many bear are shortened."""
    if not 3 <= len(short) <= len(long) - 3 or short[0] != long[0]:
        return False
    if not (_share(long) or (long,) in organisation_terms()) or _share(short):
        return False
    letters = iter(long)
    return all(letter in letters for letter in short.rstrip("s"))


def _differences(one: Words, other: Words) -> Iterator[Difference]:
    alignment = align(one, other, word_slips)
    for i, j, found in alignment.pairs:
        yield Difference(found.cost, found.how, one[i], other[j])
    spare = [*(one[i] for i in alignment.only_left), *(other[j] for j in alignment.only_right)]
    for word in spare:
        yield Difference(_missing(word), "missing", word)
    if not alignment.in_order:
        yield Difference(_OTHER_ORDER * (1 + bool(spare)), "swapped")


def _missing(word: str) -> float:
    """What it costs that one name lacks a word: little for "group", much for a rare word or a country."""
    share = _share(word)
    if word in COMPANY:
        return _EXTRA_COMPANY
    if not share or word in countries():
        return _EXTRA
    return min(_EXTRA, -_EXTRA_PER_BIT * log2(share))


def _beside(left: Reading, right: Reading, *, vessel: bool) -> Iterator[Difference]:
    one = [number for number in left.numbers if number not in right.numbers]
    other = [number for number in right.numbers if number not in left.numbers]
    for a, b in zip(one, other, strict=False):
        yield Difference(_OTHER_HULL, "number", a, b) if vessel else Difference(_OTHER_NUMBER, "series", a, b)
    for spare in [*one[len(other) :], *other[len(one) :]]:
        yield Difference(_MISSING_NUMBER, "missing number", spare)
    if left.form and right.form and left.form != right.form:
        yield Difference(_OTHER_FORM, "forms", left.form, right.form)
    elif left.form != right.form:
        yield Difference(_MISSING_FORM, "missing form", left.form or right.form)
    if left.alternative or right.alternative:
        yield Difference(_ALTERNATIVE, "alternative")


def _as_one_word(one: Words, other: Words) -> Iterator[Difference]:
    found = slips("".join(one), "".join(other))
    if found.cost <= _MOST_SPACED:
        yield Difference(found.cost + _SPACED, "spaced", " ".join(one), " ".join(other))


def _as_acronym(left: Reading, right: Reading) -> Difference | None:
    for short, long in ((left, right), (right, left)):
        telling = [word for word in short.words if word not in COMPANY]
        if len(telling) == 1 and len(telling[0]) > 2 and telling[0] in long.initials:
            return Difference(_ACRONYM, "acronym", telling[0], long.shown.strip())
    return None
