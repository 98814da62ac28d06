"""Two readings of people's names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from intel.matching.resemblance.alignment import Alignment, align, join_split_words
from intel.matching.resemblance.differences import Difference, Finding, bearable, finding
from intel.matching.resemblance.read_people import SONS
from intel.matching.resemblance.reading import Reading
from intel.matching.resemblance.slips import PER_HALVING, slips
from intel.matching.scripts.signs import script_of
from intel.matching.vocabulary import fold

MOST, _RATE = 2.4, 0.3  # slips that leave an even chance: at most, and for each letter
_EXTRA = 0.78
_EXTRA_SMALL = 0.45  # an initial; a father in a row of fathers
_ONE_WORD = 1.75
_SWAPPED, _SHUFFLED, _TURNED_ROUND = 0.25, 0.8, 3.0
_OTHER_SUFFIX, _MISSING_SUFFIX = 2.6, 0.4
_ASIDE = 0.08
_ALTERNATIVE = 0.3
_SPACED, _MOST_SPACED = 0.2, 1.8
_OTHER_SYLLABLE, _SAME_SOUND, _EXTRA_SYLLABLE = 2.7, 2.3, 1.2

_CHUNKS = re.compile(r"[^\W\d_]+")

Words = tuple[str, ...]


def compare(left: Reading, right: Reading) -> Finding:
    """All that keeps two people's names apart. Symmetric but for the order of words in sentences."""
    beside = list(_beside(left, right))
    both = left.filiation and right.filiation
    if left.syllables and right.syllables and script_of(left.words[0]) == script_of(right.words[0]):
        return finding([*_syllables(left.words, right.words), *beside], MOST)
    found = [
        finding([*differences, *beside], bears)
        for one in _spelled(left, right)
        for other in _spelled(right, left)
        for differences, bears in _ways(one, other, left.filiation or right.filiation, both)
    ]
    if (
        left.together
        and right.together
        and (left.aside != right.aside or len(left.words) != len(right.words))
    ):
        bears = bearable((len(left.together) + len(right.together)) / 2, MOST, _RATE)
        found += [
            finding([close, *beside], bears) for close in _as_one_word((left.together,), (right.together,))
        ]
    return min(found, key=lambda each: each.cost / each.bearable)


def _spelled(reading: Reading, other: Reading) -> list[Words]:
    """The words of a name; of a Chinese, Japanese or Korean one as read in Latin letters, and cut where it may end."""
    if not reading.syllables:
        return [reading.words]
    chunks = tuple(_CHUNKS.findall(reading.shown))
    if len(chunks) == 1 and len(other.words) == 1:
        return [chunks]
    readings = [tuple(fold(reading.shown).split()), chunks]
    if len(chunks) == 1:
        whole = chunks[0]
        readings += [(whole[:place], whole[place:]) for place in (1, 2, 3) if place < len(whole)]
    return [words for words in readings if words]


def _ways(one: Words, other: Words, fathers: bool, both: bool) -> Iterator[tuple[list[Difference], float]]:
    """The words paired as they are, and as one word where their numbers differ."""
    if len(one) == len(other) == 1 and one[0].isascii() != other[0].isascii():
        yield list(_differences(one, other, fathers, both)), PER_HALVING
        return
    bears = bearable((_letters(one) + _letters(other)) / 2, MOST, _RATE)
    if len(one) != len(other):
        if together := list(_as_one_word(one, other)):
            yield together, bears
        one, other = join_split_words(one, other)
    yield list(_differences(one, other, fathers, both)), bears


def _letters(words: Words) -> float:
    """Letters as Latin would need them."""
    return sum(len(word) if word.isascii() else len(fold(word)) for word in words)


def _differences(one: Words, other: Words, fathers: bool, both: bool) -> Iterator[Difference]:
    alignment = align(one, other)
    whole = 0
    for i, j, found in alignment.pairs:
        whole += found.how not in ("initial", "different")
        yield Difference(found.cost, found.how, one[i], other[j])
    spare = [*(one[i] for i in alignment.only_left), *(other[j] for j in alignment.only_right)]
    for word in spare:
        small = fathers or len(word) == 1 or word == "abd"
        yield Difference(_EXTRA_SMALL if small else _EXTRA, "missing", word)
    if spare and whole < 2:
        yield Difference(_ONE_WORD, "one word")
    if not alignment.in_order:
        yield _order(alignment, bool(spare), both)


def _order(alignment: Alignment, spare: bool, fathers: bool) -> Difference:
    if fathers:
        return Difference(_TURNED_ROUND, "turned round")
    places = [j for _, j, _ in alignment.pairs]
    turn = places.index(min(places))
    turned = places[turn:] + places[:turn]
    return Difference(_SHUFFLED if spare or turned != sorted(turned) else _SWAPPED, "swapped")


def _beside(left: Reading, right: Reading) -> Iterator[Difference]:
    if left.suffix and right.suffix and left.suffix != right.suffix:
        yield Difference(_OTHER_SUFFIX, "suffix", left.suffix, right.suffix)
    elif left.suffix != right.suffix:
        yield Difference(_MISSING_SUFFIX, "missing", left.suffix or right.suffix)
    aside = left.aside ^ right.aside
    for word in sorted(aside - SONS if left.filiation and right.filiation else aside):
        yield Difference(_ASIDE, "missing", word)
    if left.alternative or right.alternative:
        yield Difference(_ALTERNATIVE, "alternative")


def _as_one_word(one: Words, other: Words) -> Iterator[Difference]:
    """ "Mary Ann" and "Maryann", "Al Rawi" and "Alrawi": the same letters, spaced otherwise."""
    found = slips("".join(one), "".join(other))
    if found.cost <= _MOST_SPACED:
        yield Difference(found.cost + _SPACED, "spaced", " ".join(one), " ".join(other))


def _syllables(one: Words, other: Words) -> Iterator[Difference]:
    """Chinese, Japanese, Korean: another character is another name, even when it is read alike."""
    for a, b in zip(one, other, strict=False):
        if a != b:
            yield Difference(_SAME_SOUND if fold(a) == fold(b) else _OTHER_SYLLABLE, "different", a, b)
    for spare in [*one[len(other) :], *other[len(one) :]]:
        yield Difference(_EXTRA_SYLLABLE, "missing", spare)
