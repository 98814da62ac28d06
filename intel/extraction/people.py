"""Persons as reports name them: "Raul Cortes-Meza, 21, aka "Oscar", a Mexican national".

A run of capitalised words becomes a person when evidence adds up: an age, an alias, a known given name, a word such
as "defendant" before it. What the sentence says of the person right after the name is gathered into its fields.
Officials ("U.S. Attorney David Roe announced") are left out unless more than their name is told.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import prod

from intel.extraction import gazetteer
from intel.extraction.finding import Finding
from intel.extraction.tails import Told, told_after
from intel.extraction.words import Word, fold, words_of

_SUFFIX = re.compile(r",? (?:Jr|Sr|II|III|IV)\b\.?")
_NICKNAME = re.compile(r""" ["'(]([^"'()\n]{1,30}?),?["')] (?=\w)""")
_OFFICIAL_AFTER = re.compile(
    r", (?:the |an? )?(?:(?:[A-Z][\w.]*|for|in|of|the) ){0,4}?(?i:attorney|director|judge|agent|chief|secretary|"
    r"commissioner|sheriff|prosecutor|counsel|ambassador|spokes\w+|inspector|administrator)\b"
    r"| (?:of|with|for) the (?:[A-Z][\w.]*(?: and)? ){0,5}?(?:Division|Section|Office|Department|Bureau|Unit|District)s?\b"
)
_IN_A_LIST = re.compile(r"(?: of the [\w ]{1,40})?,?(?: and|,) \Z")
_LONGEST_NAME = 6
_LIKELY = 0.5


@dataclass(slots=True)
class _Name:
    """A run of words that could be a name: word indexes, end in the text, nicknames written inside it."""

    first: int
    last: int
    end: int
    nicknames: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(self.parts)


def find_people(
    text: str, words: Sequence[Word], country: str, known_names: Iterable[str] = ()
) -> Iterator[Finding]:
    known = _index(known_names)
    starts = [word.start for word in words]
    at, official_end = 0, -1
    while at < len(words):
        name = _known_at(text, words, at, known)
        sure = name is not None
        name = name or _name_at(text, words, at)
        if name is None:
            at += 1
            continue
        told = told_after(text, words, starts, name.end, country)
        if not sure and _is_official(text, words, name, told, official_end):
            official_end, at = name.end, name.last + 1
            continue
        found = _person(text, words, name, told, sure)
        if found:
            yield found
        at = max(name.last + 1, bisect_left(starts, found.end)) if found else at + 1


def _index(known_names: Iterable[str]) -> dict[str, list[list[str]]]:
    """First folded word -> the folded words of each known name that begins with it, longest first."""
    index: dict[str, list[list[str]]] = {}
    for name in known_names:
        folded = [word.folded for word in words_of(name)]
        if len(folded) > 1 or (folded and len(folded[0]) > 3):
            index.setdefault(folded[0], []).append(folded)
    for names in index.values():
        names.sort(key=len, reverse=True)
    return index


def _known_at(text: str, words: Sequence[Word], at: int, known: dict[str, list[list[str]]]) -> _Name | None:
    for folded in known.get(words[at].folded, ()) if known else ():
        stretch = words[at : at + len(folded)]
        if [word.folded for word in stretch] == folded:
            return _Name(at, at + len(folded) - 1, stretch[-1].end, parts=[word.text for word in stretch])
    return None


def _name_at(text: str, words: Sequence[Word], at: int) -> _Name | None:
    if not _may_begin(words[at]) or _is_dateline(words, at):
        return None
    name = _Name(at, at, words[at].end, parts=[words[at].text])
    index = at + 1
    while index < len(words) and len(name.parts) < _LONGEST_NAME:
        index = _past_nickname(text, words, name, index)
        if index >= len(words) or not _joins(text, words, name.end, index):
            break
        word = words[index]
        name.parts.append(
            word.text + ("." if len(word.text) == 1 and text[word.end : word.end + 1] == "." else "")
        )
        name.last, name.end = index, word.end
        index += 1
    suffix = _SUFFIX.match(text, name.end)
    if suffix:
        name.parts.append(suffix[0].strip(", "))
        name.end = suffix.end()
    return name


def _may_begin(word: Word) -> bool:
    folded = word.folded
    if not word.capitalised or folded in gazetteer.name_words("never") or folded in gazetteer.demonyms():
        return False
    if folded in gazetteer.given_names():
        return True
    acronym = word.text.isupper() and len(word.text) < 5
    return not acronym and folded not in gazetteer.ordinary_words()


def _past_nickname(text: str, words: Sequence[Word], name: _Name, index: int) -> int:
    """Index of the word after a nickname written inside the name; `index` when there is none."""
    nickname = _NICKNAME.match(text, name.end)
    if not nickname:
        return index
    after = index
    while after < len(words) and words[after].start < nickname.end():
        after += 1
    if after < len(words) and words[after].start == nickname.end() and _may_continue(words[after]):
        name.nicknames.append(nickname[1])
        name.end = nickname.end() - 1
        return after
    return index


def _joins(text: str, words: Sequence[Word], end: int, index: int) -> bool:
    """Whether the word goes on with the name that has come to `end`."""
    gap = text[end : words[index].start]
    initial = gap == ". " and len(words[index - 1].text) == 1
    return (gap == " " or initial) and (_may_continue(words[index]) or _is_particle(text, words, index))


def _is_dateline(words: Sequence[Word], at: int) -> bool:
    """ "WASHINGTON Amador Roe pleaded guilty": a place in capitals before a name that is not."""
    if not words[at].text.isupper() or at + 1 == len(words) or words[at + 1].text.isupper():
        return False
    return bool(gazetteer.places_named(words[at].folded))


def _may_continue(word: Word) -> bool:
    acronym = word.text.isupper() and 1 < len(word.text) < 4
    return word.capitalised and word.folded not in gazetteer.name_words("never") and not acronym


def _is_particle(text: str, words: Sequence[Word], index: int) -> bool:
    if words[index].text.lower() not in gazetteer.name_words("particle") or index + 1 >= len(words):
        return False
    following = words[index + 1]
    return text[words[index].end : following.start] == " " and (
        following.capitalised or following.text.lower() in gazetteer.name_words("particle")
    )


def _is_official(text: str, words: Sequence[Word], name: _Name, told: Told, official_end: int) -> bool:
    """Somebody in office, or in a list of such: "Trial Attorneys Ann Roe and Ben Doe of the Fraud Section"."""
    several = name.last > name.first
    if several and told.fields.get("age"):
        return False
    between = text[official_end : words[name.first].start] if official_end >= 0 else ""
    in_office = _word_before(text, words, name.first) in gazetteer.name_words("official")
    listed = len(between) < 60 and _IN_A_LIST.match(between) is not None
    return in_office or listed or _OFFICIAL_AFTER.match(text, name.end) is not None


def _person(text: str, words: Sequence[Word], name: _Name, told: Told, sure: bool) -> Finding | None:
    if not sure and not told.anything:
        _drop_ordinary_tail(words, name)
    likely = _likelihood(text, words, name, told, sure)
    if likely < _LIKELY:
        return None
    end = told.end if told.anything else name.end
    aliases = "; ".join(dict.fromkeys([*name.nicknames, *told.aliases]))
    said = {"name": name.text, "aliases": aliases} | told.fields
    fields = {key: value for key, value in said.items() if value}
    start = words[name.first].start
    return Finding(
        "person", start, end, text[start:end], fold(name.text), _reads(fields), likely, fields=fields
    )


def _reads(fields: dict[str, str]) -> str:
    alias = f" ({fields['aliases']})" if "aliases" in fields else ""
    return f"{fields['name']}{alias}" + (f", {fields['age']}" if "age" in fields else "")


def _drop_ordinary_tail(words: Sequence[Word], name: _Name) -> None:
    """ "Maria Lopez Yesterday" is a name and the next thing said, when nothing marks where the name ends."""
    ordinary = gazetteer.ordinary_words()
    while name.last - name.first > 1 and words[name.last].folded in ordinary and len(name.parts) > 2:
        name.last -= 1
        name.parts.pop()
        name.end = words[name.last].end


def _likelihood(text: str, words: Sequence[Word], name: _Name, told: Told, sure: bool) -> float:
    """1 - the product of the doubts that each sign leaves."""
    if sure:
        return 0.95
    before = _word_before(text, words, name.first)
    several = name.last > name.first
    signs = [
        0.85 if told.fields.get("age") else 0,
        0.7 if told.aliases or name.nicknames else 0,
        0.8 if told.fields.get("birth_date") else 0,
        0.6 if told.fields.get("nationality") else 0,
        0.3 if told.fields.get("place") else 0,
        0.5
        if before in gazetteer.name_words("subject") and several
        else 0.2
        if before in gazetteer.name_words("subject")
        else 0,
        0.55 if several and words[name.first].folded in gazetteer.given_names() else 0,
    ]
    likely = 1 - prod(1 - sign for sign in signs)
    if not several and not (
        told.aliases or (before in gazetteer.name_words("subject") and told.fields.get("age"))
    ):
        return 0
    return round(min(likely, 0.97), 2)


def _word_before(text: str, words: Sequence[Word], first: int) -> str:
    if first == 0 or text[words[first - 1].end : words[first].start] not in {" ", ". ", ": ", ", "}:
        return ""
    return words[first - 1].text.lower()
