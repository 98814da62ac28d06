"""What a sentence says of a person right after the name: age, aliases, place, nationality, birth."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from intel.extraction import gazetteer
from intel.extraction.dates import find_dates
from intel.extraction.places import place_at
from intel.extraction.words import Word, fold

_AGE = re.compile(
    r"(?:[,]? ?\((?:aged? )?|, ?(?:aged? |age: ?)?| aged? | )(?P<age>[1-9]\d)"
    r"(?=,(?!\d)|;|\)|\.(?!\d)| of | from |, |-year|\n|$)(?:-year-old)?\)?"
)
_ALIAS = re.compile(
    r",? ?[(\[]?(?:a/k/a/?|aka|a\.k\.a\.?|alias|also known as|known as|nicknamed|f/k/a|fka|who goes by|goes by)"
    r"(?: the names?)?[ ,:]{1,3}",
    re.IGNORECASE,
)
_QUOTED = re.compile(r""" ?(?:"([^"\n]{1,40}?)[,.]?"|'([^'\n]{1,40}?)[,.]?'(?!\w))""")
_UNQUOTED = re.compile(r"[^\W\d_a-z][\w.'-]{1,30}(?: [^\W\d_a-z][\w.'-]{1,30}){0,4}")
_NEXT_QUOTED = re.compile(
    r"(?:,? (?:and|or) |, ?)(?:(?i:a/k/a/?|aka|alias)[ ,:]{1,2})?(?=[\"'])|,? (?i:aka|a/k/a) "
)
_NEXT_BARE = re.compile(r" (?:and|or) (?=[^\W\d_a-z][\w.'-]{0,30}(?: [^\W\d_a-z][\w.'-]{1,30})?[,;)])")
_FROM = re.compile(
    r",? (?:a (?:former )?(?:resident|native) of|formerly of|both of|all of|of|from|who lives in) "
)
_PLACE_WORD = re.compile(
    r"[^\W\d_a-z][^\W\d_]*(?:['.-][^\W\d_]+)*(?: [^\W\d_a-z][^\W\d_]*(?:['.-][^\W\d_]+)*){0,3}"
)
_NATIONAL = re.compile(
    r",? (?:who is )?an? (?:[a-z]+ )?(?P<people>[^\W\d_]+(?: [^\W\d_]+)?) (?:national|citizen|man|woman|native)\b"
    r"|,? (?:who is )?an? (?:national|citizen|native) of (?P<land>[^\W\d_]+(?: [^\W\d_]+){0,2})",
)
_BORN = re.compile(r"[,;]? ?\(?(?:born(?: on)?|d\.?o\.?b\.?|date of birth)[: ]{1,2}", re.IGNORECASE)
_MORE_FOLLOWS = re.compile(r"[,;(\[]|,? [(\[a-z\d]")  # most names are followed by nothing of theirs
_LONGEST_DATE = 32
_MOST_SAID = 6


@dataclass(slots=True)
class Told:
    """What was said, and where in the text the telling ended."""

    end: int
    aliases: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def anything(self) -> bool:
        return bool(self.aliases or self.fields)


def told_after(text: str, words: Sequence[Word], starts: Sequence[int], end: int, country: str) -> Told:
    told = Told(end)
    if not _MORE_FOLLOWS.match(text, end):
        return told
    for _ in range(_MOST_SAID):
        if not (
            _alias(text, told)
            or _age(text, told)
            or _birth(text, told, country)
            or _nationality(text, told)
            or _place(text, words, starts, told, country)
        ):
            break
    return told


def _age(text: str, told: Told) -> bool:
    found = None if "age" in told.fields else _AGE.match(text, told.end)
    if not found:
        return False
    told.fields["age"] = found["age"]
    told.end = found.end()
    return True


def _alias(text: str, told: Told) -> bool:
    lead = _ALIAS.match(text, told.end)
    if not lead:
        return False
    at, before = lead.end(), len(told.aliases)
    while len(told.aliases) < before + _MOST_SAID:
        quoted = _QUOTED.match(text, at)
        item = quoted or _UNQUOTED.match(text, at)
        if not item:
            break
        told.aliases.append(next(filter(None, item.groups()), item[0]).strip(" ,."))
        told.end = at = item.end()
        following = _NEXT_QUOTED.match(text, at) or (None if quoted else _NEXT_BARE.match(text, at))
        if not following:
            break
        at = following.end()
    if text[told.end : told.end + 1] in {")", "]"} and text[lead.start() : lead.end()].lstrip(", ")[:1] in {
        "(",
        "[",
    }:
        told.end += 1
    return len(told.aliases) > before


def _birth(text: str, told: Told, country: str) -> bool:
    lead = _BORN.match(text, told.end)
    if not lead:
        return False
    stretch = text[lead.end() : lead.end() + _LONGEST_DATE]
    found = next((date for date in find_dates(stretch, country) if date.start == 0), None)
    if not found:
        return False
    told.fields["birth_date"] = found.value
    told.end = lead.end() + found.end
    return True


def _nationality(text: str, told: Told) -> bool:
    found = _NATIONAL.match(text, told.end)
    if not found:
        return False
    people, land = fold(found["people"] or ""), fold(found["land"] or "")
    code = gazetteer.demonyms().get(people) or gazetteer.demonyms().get(people.rpartition(" ")[2])
    end = found.end()
    while land and not code:  # "a citizen of Costa Rica living": words are given back until a country is left
        code = gazetteer.countries().get(land)
        if not code:
            land = land.rpartition(" ")[0]
            end = found.start("land") + len(land)
    if not code:
        return False
    told.fields["nationality"] = code
    told.end = end
    return True


def _place(text: str, words: Sequence[Word], starts: Sequence[int], told: Told, country: str) -> bool:
    lead = None if "place" in told.fields else _FROM.match(text, told.end)
    first = _PLACE_WORD.match(text, lead.end()) if lead else None
    if not first:
        return False
    at = bisect_left(starts, first.start())
    found, _ = place_at(text, words, at, country) if at < len(words) else (None, 0)
    end = _with_regions(text, max(found.end if found else 0, first.end()))
    if (
        not found and end == first.end()
    ):  # "of Homeland Security": neither a known place nor one in a known region
        return False
    told.fields["place"] = text[first.start() : end]
    told.end = end
    return True


def _with_regions(text: str, end: int) -> int:
    """Further ", Tlaxcala, Mexico" after a place, as long as each part is a known place, state or country."""
    for _ in range(2):
        part = _PLACE_WORD.match(text, end + 2) if text[end : end + 2] == ", " else None
        if not part:
            return end
        name = fold(part[0])
        state = name in gazetteer.states() or part[0] in gazetteer.state_names()
        if not (state or name in gazetteer.countries() or gazetteer.places_named(name)):
            return end
        end = part.end() + (1 if state and text[part.end() : part.end() + 2] in {".,", ".;"} else 0)
    return end
