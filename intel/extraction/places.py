"""Countries, nationalities and places. A capitalised word is a place only where something else says so too."""

import re
from collections.abc import Iterator, Sequence

from intel.extraction import gazetteer
from intel.extraction.finding import Finding
from intel.extraction.gazetteer import Place
from intel.extraction.words import Word, fold

_LONGEST_NAME = 5
_LARGE = 500_000
_BEFORE = re.compile(
    r"\b(?:in|of|from|near|to|at|through|via|outside|around|between|into|throughout|toward|towards|across|en|"
    r"desde|hacia|para)(?: (?:the|downtown|central|northern|southern|eastern|western|greater))? \Z",
    re.IGNORECASE,
)
_DISTRICT = re.compile(r"\bdistrict of \Z", re.IGNORECASE)
_CITIZEN = re.compile(
    r" (?:nationals?|citizens?|man|men|woman|women|natives?|born|passport|nationality)\b", re.IGNORECASE
)
_GAPS = {" ", ". "}
# Countries that are as often a given name, a state or an animal.
_OFTEN_OTHER = {
    "georgia",
    "jordan",
    "chad",
    "jersey",
    "israel",
    "guinea",
    "dominica",
    "turkey",
    "niger",
    "mali",
    "cuba",
}


def find_places(text: str, words: Sequence[Word], country: str) -> Iterator[Finding]:
    at = 0
    while at < len(words):
        found, used = (
            place_at(text, words, at, country)
            if words[at].capitalised and len(words[at].text) > 1
            else (None, 1)
        )
        if found:
            yield found
        at += used


def place_at(text: str, words: Sequence[Word], at: int, country: str) -> tuple[Finding | None, int]:
    """What the words from `at` on name, and how many words that took (1 when nothing)."""
    for size in range(_words_in_one_name(text, words, at), 0, -1):
        name = fold(text[words[at].start : words[at + size - 1].end])
        found = _nation(text, words, at, size, name, country) or _state(text, words, at, size, name, country)
        if found:
            return found, size
        city, used = _city(text, words, at, size, name.replace("ft. ", "fort "), country)
        if city:
            return city, used
    return None, 1


def _words_in_one_name(text: str, words: Sequence[Word], at: int) -> int:
    size = 1
    if words[at].folded not in gazetteer.first_words():
        return size
    while size < _LONGEST_NAME and at + size < len(words):
        if text[words[at + size - 1].end : words[at + size].start] not in _GAPS:
            break
        size += 1
    return size


def _finding(
    kind: str, text: str, start: int, end: int, value: str, display: str, confidence: float
) -> Finding:
    return Finding(kind, start, end, text[start:end], value, display, confidence)


def _nation(text: str, words: Sequence[Word], at: int, size: int, name: str, country: str) -> Finding | None:
    start, end = words[at].start, words[at + size - 1].end
    if len(name) <= 3 and not text[start:end].isupper():
        return None
    people = gazetteer.demonyms().get(name)
    if people:
        said = _CITIZEN.match(text, end) is not None
        if people == country and not said:
            return None
        display = gazetteer.country_names()[people]
        return _finding("nationality", text, start, end, people, display, 0.85 if said else 0.65)
    code = gazetteer.countries().get(name)
    if not code or (name == "georgia" and country == "US"):
        return None
    if name in _OFTEN_OTHER and not _BEFORE.search(text[max(0, start - 24) : start]):
        return None
    return _finding("country", text, start, end, code, gazetteer.country_names()[code], 0.75)


def _state(text: str, words: Sequence[Word], at: int, size: int, name: str, country: str) -> Finding | None:
    code = gazetteer.states().get(name)
    start, end = words[at].start, words[at + size - 1].end
    if not code or country != "US" or name != fold(gazetteer.state_names()[code]):
        return None
    if gazetteer.places_named(name) and not _DISTRICT.search(text[max(0, start - 16) : start]):
        return None
    found = _finding("place", text, start, end, f"US-{code}", gazetteer.state_names()[code], 0.55)
    return Finding(*_parts(found), fields={"country": "US", "admin1": code})


def _parts(found: Finding) -> tuple[str, int, int, str, str, str, float, str]:
    return (
        found.kind,
        found.start,
        found.end,
        found.raw,
        found.value,
        found.display,
        found.confidence,
        found.note,
    )


def _city(
    text: str, words: Sequence[Word], at: int, size: int, name: str, country: str
) -> tuple[Finding | None, int]:
    named = gazetteer.places_named(name)
    if not named:
        return None, 1
    start, last = words[at].start, at + size - 1
    code, state, used = _qualifier(text, words, last)
    if code:
        fitting = [p for p in named if p.country == code and (not state or p.admin1 == state)]
        if fitting:
            return _placed(text, start, words[last + used].end, fitting[0], 0.9), size + used
    place = max(named, key=lambda p: p.population * (5 if p.country == country else 1))
    confidence = _alone(text, words, at, last, place)
    return (_placed(text, start, words[last].end, place, confidence), size) if confidence else (None, 1)


def _qualifier(text: str, words: Sequence[Word], last: int) -> tuple[str, str, int]:
    """(country, state, words used) of ", Ga." or ", Mexico" after the name."""
    following = last + 1
    if following >= len(words) or text[words[last].end : words[following].start] not in {", ", " "}:
        return "", "", 0
    for size in range(min(3, _words_in_one_name(text, words, following)), 0, -1):
        written = text[words[following].start : words[following + size - 1].end]
        name = fold(written)
        state = gazetteer.states().get(name) or (written if written in gazetteer.state_names() else "")
        if state:
            return "US", state, size
        if name in gazetteer.countries() and written[0].isupper():
            return gazetteer.countries()[name], "", size
    return "", "", 0


def _alone(text: str, words: Sequence[Word], at: int, last: int, place: Place) -> float:
    """How sure a place is without state or country after it; 0 for not at all."""
    start, end = words[at].start, words[last].end
    led_in = _BEFORE.search(text[max(0, start - 24) : start]) is not None
    if place.word or len(place.name) < 4 or words[at].folded in gazetteer.name_words("never"):
        return 0
    in_a_longer_name = _touches_name(text, words, last, last + 1) or _touches_name(text, words, at - 1, at)
    if in_a_longer_name:
        return 0.45 if place.population >= _LARGE and led_in else 0
    if led_in:
        return 0.7
    given = fold(text[start:end]) in gazetteer.given_names()
    return 0.6 if place.population >= _LARGE and not given else 0


def _touches_name(text: str, words: Sequence[Word], left: int, right: int) -> bool:
    if left < 0 or right >= len(words) or text[words[left].end : words[right].start] != " ":
        return False
    return words[left].capitalised and words[right].capitalised and len(words[left].text) > 3


def _placed(text: str, start: int, end: int, place: Place, confidence: float) -> Finding:
    home = gazetteer.country_names().get(place.country, place.country)
    region = gazetteer.state_names().get(place.admin1, home) if place.country == "US" else home
    return Finding(
        "place",
        start,
        end,
        text[start:end],
        f"geonames:{place.geonameid}",
        f"{place.name}, {region}",
        confidence,
        fields={"country": place.country, "admin1": place.admin1, "lat": place.lat, "lon": place.lon},
    )
