"""Whether two names, as written, may be one: a figure and a sentence. Needs nothing but the two texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from rapidfuzz import fuzz

from intel.matching.resemblance import organisations, people, places, read_organisations, read_people
from intel.matching.resemblance.differences import Finding
from intel.matching.resemblance.reading import WORDS, Reading
from intel.matching.vocabulary import (
    fold,
    organisation_forms,
    organisation_terms,
    organisation_words,
    written_without_spaces,
)

_KINDS = {
    "person": "person", "people": "person", "individual": "person",
    "organisation": "organisation", "organization": "organisation", "company": "organisation", "entity": "organisation",
    "legalentity": "organisation", "publicbody": "organisation", "vessel": "vessel", "ship": "vessel", "airplane": "vessel",
    "aircraft": "vessel", "vehicle": "vessel", "place": "place", "address": "place", "location": "place",
}  # fmt: skip
_READ: dict[str, Callable[[str], tuple[Reading, ...]]] = {
    "person": read_people.read, "organisation": read_organisations.read, "vessel": read_organisations.read_vessel,
    "place": places.read,
}  # fmt: skip
_COMPARE: dict[str, Callable[[Reading, Reading], Finding]] = {
    "person": people.compare, "organisation": organisations.compare, "place": places.compare,
    "vessel": partial(organisations.compare, vessel=True),
}  # fmt: skip

_WRITTEN_OTHERWISE = 0.02
_LONGEST = 400  # letters that are read; a pasted page is no name and must not cost a minute
_MOST_SAID = 5  # of many differences, those that count most
_NEARLY = 0.999  # what two texts that differ at all may score


@dataclass(frozen=True, slots=True)
class Resemblance:
    """`score` 0..1, 1 only for the same text; from 0.5 on the two may be one. `reason` is a sentence."""

    score: float
    reason: str


def compare(left: str, right: str, kind: str = "") -> Resemblance:
    """How alike two names are, in any script. `kind` as in a file ("Person", "company"); empty: judged by the words.

    Symmetric: the order of the two says nothing.
    """
    if right < left:
        left, right = right, left
    meant = _KINDS.get(re.sub(r"\W", "", kind).lower()) or _kind_by_words(left[:_LONGEST], right[:_LONGEST])
    read, between = _READ[meant], _COMPARE[meant]
    found = [between(a, b) for a in read(left[:_LONGEST]) for b in read(right[:_LONGEST])]
    if not found:
        return Resemblance(float(left == right and bool(left.strip())), "There is no name to compare.")
    return _resemblance(left, right, max(found, key=lambda each: each.score))


def _kind_by_words(left: str, right: str) -> str:
    for short, long in ((left, right), (right, left)):
        if short.isupper() and any(
            short.lower() in reading.initials for reading in read_organisations.read(long)
        ):
            return "organisation"
    return "organisation" if _sounds_like_organisation(left) or _sounds_like_organisation(right) else "person"


def _sounds_like_organisation(text: str) -> bool:
    """A legal form at either end, a word like "bank", a number."""
    words = WORDS.findall(fold(text).replace(".", ""))
    forms = organisation_forms()
    syllables = written_without_spaces(text)  # single ones sound like all sorts of short words
    for length in range(1 + syllables, min(6, len(words))):
        if tuple(words[-length:]) in forms or tuple(words[:length]) in forms:
            return True
    if syllables:
        return False
    return any(
        word in organisation_words() or (word,) in organisation_terms() or word.isdigit() for word in words
    )


def _resemblance(left: str, right: str, found: Finding) -> Resemblance:
    one, other = (unicodedata.normalize("NFKC", text).strip() for text in (left, right))
    if one == other:
        return Resemblance(1.0, "The names are the same.")
    # However little they mean, differences of case, order and script still rank equals.
    alike = 1 - _WRITTEN_OTHERWISE * (1 - fuzz.ratio(one.casefold(), other.casefold()) / 100)
    if not found.differences:
        return Resemblance(min(_NEARLY, alike), "The names are the same but for the way they are written.")
    said = sorted(found.differences, key=lambda difference: -difference.cost)
    clauses = "; ".join(dict.fromkeys(difference.said for difference in said[:_MOST_SAID]))
    return Resemblance(min(_NEARLY, found.score * alike), f"{clauses[0].upper()}{clauses[1:]}.")
