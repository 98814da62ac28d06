"""The words that names are made of, read once from `data/` (sources and licences: data/README.md)."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import pycountry
from anyascii import anyascii

DATA = Path(__file__).parent / "data"
_HAN_AND_KIN = re.compile("[\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff]")


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """Any script to lower-case ASCII: "Вадим Ғаниев" -> "vadim ganiev", "Muñoz" -> "munoz"."""
    composed = unicodedata.normalize("NFKC", text)
    if composed.isascii():
        return composed.lower()
    spelled = str(anyascii(composed))
    if written_without_spaces(composed):  # "习近平" comes back as "XiJinPing": one word a syllable
        spelled = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", spelled)
    return spelled.lower()


def written_without_spaces(text: str) -> bool:
    """Chinese, Japanese or Korean."""
    return bool(_HAN_AND_KIN.search(text))


@dataclass(frozen=True, slots=True)
class PersonWords:
    titles: frozenset[str]
    suffixes: Mapping[str, str]
    particles: frozenset[str]
    articles: frozenset[str]
    nobody: frozenset[str]
    roles: frozenset[str]
    invented: Mapping[str, frozenset[str]]


@cache
def person_words() -> PersonWords:
    words = json.loads((DATA / "person_words.json").read_text(encoding="utf-8"))
    sets = {key: frozenset(words[key]) for key in ("titles", "particles", "articles", "nobody", "roles")}
    invented = {surname: frozenset(given) for surname, given in words["invented"].items()}
    return PersonWords(suffixes=words["suffixes"], invented=invented, **sets)


@cache
def full_names() -> Mapping[str, frozenset[str]]:
    """Nickname -> the full given names it may stand for ("beto" -> alberto, roberto, ...)."""
    found: dict[str, frozenset[str]] = {}
    for file in ("nicknames.tsv", "nicknames_world.tsv"):
        for nick, names in _pairs(file):
            found[nick] = found.get(nick, frozenset()) | frozenset(names.split())
    return found


@cache
def name_families() -> Mapping[str, frozenset[str]]:
    """Name -> the names it is a spelling or a language's form of ("mehmet" -> mohammed, "li" -> lee)."""
    found: dict[str, frozenset[str]] = {}
    for head, spellings in _pairs("name_spellings.tsv"):
        for word in (head, *spellings.split()):
            found[word] = found.get(word, frozenset()) | {head}
    return found


@cache
def organisation_forms() -> Mapping[tuple[str, ...], str]:
    """Legal forms as word tuples -> general kind ("gmbh" -> LLC)."""
    return {tuple(form.split()): kind for form, kind in _pairs("organisation_forms.tsv")}


@cache
def organisation_words() -> Mapping[str, str]:
    """One-word equivalents across spellings and languages ("intl" -> "international")."""
    return dict(_pairs("organisation_words.tsv"))


@cache
def organisation_terms() -> Mapping[tuple[str, ...], str]:
    """What an organisation does, in many languages, as word tuples -> one term (("ji", "shu") -> tech)."""
    return {tuple(phrase.split()): term for phrase, term in _pairs("organisation_terms.tsv")}


@cache
def name_shares() -> Mapping[str, float]:
    """Word of a person's name -> the share of people who bear it."""
    return _shares("name_shares.tsv")


@cache
def organisation_shares() -> Mapping[str, float]:
    """The same for organisations. Words of country names are common there whatever the counts say."""
    shares = _shares("organisation_shares.tsv")
    for country in countries():
        for word in country.split():
            shares[word] = max(shares.get(word, 0.0), 0.01)
    return shares


def _shares(file: str) -> dict[str, float]:
    return {word: int(holders) / 100_000 for word, holders in _pairs(file)}


def _pairs(file: str) -> list[tuple[str, str]]:
    lines = (DATA / file).read_text(encoding="utf-8").splitlines()
    return [(left, right) for left, right in (line.split("\t") for line in lines)]


@cache
def countries() -> Mapping[str, str]:
    """Folded names of countries, and a few everyday ones, -> ISO 3166-1 alpha-2."""
    found: dict[str, str] = {
        "usa": "US", "u s": "US", "us": "US", "america": "US", "uk": "GB", "england": "GB", "scotland": "GB",
        "russia": "RU", "iran": "IR", "syria": "SY", "north korea": "KP", "south korea": "KR", "burma": "MM",
        "ivory coast": "CI", "uae": "AE", "kosovo": "XK", "palestine": "PS", "turkey": "TR", "laos": "LA",
    }  # fmt: skip
    for country in pycountry.countries:
        for attribute in ("name", "common_name", "official_name"):
            if shown := getattr(country, attribute, None):
                found.setdefault(" ".join(re.findall(r"[a-z0-9]+", fold(shown))), country.alpha_2)
        found.setdefault(country.name.split(",")[0].lower(), country.alpha_2)
    return found
