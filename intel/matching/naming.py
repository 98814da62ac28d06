"""A name as written -> the words that are compared: order-free, folded, without titles and placeholders."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from intel.matching.scripts import read_in_japan, spellings
from intel.matching.vocabulary import (
    fold,
    name_families,
    organisation_forms,
    organisation_words,
    person_words,
    written_without_spaces,
)

_WORDS = re.compile(r"[a-z0-9]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_SPELLED = re.compile("[\u0590-\u06ff\u30a1-\u30ff]")  # Hebrew, Arabic, katakana
_EAST_ASIAN = re.compile("[\u3005\u4e00-\u9fff]+|[\uac00-\ud7a3]+")
_WITHOUT_VOWELS = re.compile("[\u05d0-\u05ea]+|[\u0620-\u06ff]+")  # Hebrew, Arabic
_ARTICLE = "\u0627\u0644"
# Where the family name may end in an East Asian name written as one word, by the length of that.
_FAMILY_NAME_ENDS = {2: (1,), 3: (2, 1), 4: (2,), 5: (2, 3), 6: (3,)}
_READINGS_OF_A_WORD = {1: 4, 2: 3, 3: 2}  # by the number of words, so that a name has ten at most
_SENTENCE_END = re.compile(r"(?<=[A-Za-z]{3})\.\s+(?=\w)")

Spelling = Callable[[str, int], tuple[str, ...]]  # a word -> its likeliest Latin spellings, as many as asked


@dataclass(frozen=True, slots=True)
class Name:
    """One name: `shown` as the file has it, `tokens` as compared.

    `surnames` are the positions surely holding a family name (from "SURNAME, Given", capitals or a hyphen);
    empty when the text does not tell. `first` is the position of the main given name.
    """

    shown: str
    tokens: tuple[str, ...]
    first: int = 0
    surnames: tuple[int, ...] = ()
    suffix: str = ""
    form: str = ""
    alias: bool = False


def parse_person(shown: str) -> Name | None:
    """Order-free tokens of a person's name; None when the text names nobody in particular."""
    text = _after_sentence(shown.strip(" \t\"'.,;:“”‘’"))
    if written_without_spaces(text):
        text = _spaced(text)
    family, comma, given = text.partition(",")
    if comma and fold(given.strip(" .")) in person_words().suffixes:
        text, comma = f"{family} {given}", ""
    words, marked = _split(given, family) if comma else _split(text, "")
    if means_nobody([fold(word) for word in words]):
        return None
    tokens, surnames, suffix = _read_words(words, marked)
    if not tokens or (len(tokens) == 1 and len(tokens[0]) < 3) or all(len(token) == 1 for token in tokens):
        return None
    first = next((i for i in range(len(tokens)) if i not in surnames), 0)
    return Name(shown.strip(), tuple(tokens), first, tuple(surnames), suffix)


def other_readings(shown: str) -> list[Name]:
    """What else a name may be called in Latin letters, where its script leaves that to the reader.

    `parse_person` reads Chinese characters as a Chinese name, and spells Arabic and Hebrew in one way. Here are the
    Japanese readings, the Korean spellings in use, and other vowels.
    """
    letters = "".join(_LETTERS.findall(shown))
    if _EAST_ASIAN.fullmatch(letters):
        words = _EAST_ASIAN.findall(shown)
        splits = [tuple(words)] if len(words) > 1 else _split_in_two(words[0])
        return [name for split in splits for name in _read_as(shown, split, _east_asian, family_first=True)]
    words = _WITHOUT_VOWELS.findall(shown)
    return list(_read_as(shown, words, _with_vowels)) if "".join(words) == letters else []


def _split_in_two(word: str) -> list[tuple[str, ...]]:
    return [(word[:end], word[end:]) for end in _FAMILY_NAME_ENDS.get(len(word), ())]


def _read_as(
    shown: str, words: Sequence[str], spell: Spelling, *, family_first: bool = False
) -> Iterator[Name]:
    most = _READINGS_OF_A_WORD.get(len(words), 1)
    for tokens in product(*(spell(word, most) for word in words)):
        if tokens and len(set(tokens)) == len(tokens):
            yield Name(shown.strip(), tokens, first=int(family_first), surnames=(0,) if family_first else ())


def _east_asian(word: str, most: int) -> tuple[str, ...]:
    return read_in_japan(word, most) or spellings(word, most)


def _with_vowels(word: str, most: int) -> tuple[str, ...]:
    return spellings(word.removeprefix(_ARTICLE) if len(word) > 4 else word, most)


def _after_sentence(text: str) -> str:
    """ "Ohio. Aroldo Castillo" came out of running text: the name begins after the stop."""
    pieces = _SENTENCE_END.split(text)
    if len(pieces) == 1 or fold(pieces[0].split()[-1]) in person_words().suffixes:
        return text
    return pieces[-1] if len(pieces[-1].split()) > 1 else text


def _split(given: str, family: str) -> tuple[list[str], set[int]]:
    """Words given-first, and the positions of those that are surely surnames."""
    words: list[str] = []
    surnames: set[int] = set()
    capitals = _capitals_mark_surnames(given)
    for chunk in [*given.split(), "\0", *family.split()]:
        if chunk == "\0":
            start_of_family = len(words)
            continue
        parts = [part for part in re.split(r"[-‐‑–—_/]", chunk) if part]
        if (len(parts) > 1 and words) or (capitals and chunk.isupper() and len(chunk) > 1):
            surnames |= set(range(len(words), len(words) + len(parts)))
        words += parts
    return words, surnames | set(range(start_of_family, len(words)))


def _capitals_mark_surnames(text: str) -> bool:
    shouted = [word.isupper() for word in re.findall(r"[^\W\d_]{2,}", text)]
    return any(shouted) and not all(shouted)


def means_nobody(words: list[str]) -> bool:
    """Whether folded words are a placeholder: "fnu lnu", "bottom 2 girl", "minor victim a", "jane doe 3"."""
    known = person_words()
    bare = [token for word in words for token in _WORDS.findall(word)]
    telling = [w for w in bare if len(w) > 1 and not w.isdigit() and w not in known.titles]
    surname = next((word for word in telling if word in known.invented), None)
    if surname and set(telling) - {surname} - known.roles - known.nobody <= known.invented[surname]:
        return True
    if not any(w in known.nobody for w in telling):
        return all(w in known.roles or w in known.suffixes for w in telling)
    return all(w in known.nobody or w in known.roles or w in known.suffixes for w in telling)


def _read_words(words: list[str], marked: set[int]) -> tuple[list[str], list[int], str]:
    """Drop titles, particles and doubled words; move the suffix aside; keep surname positions in step."""
    known = person_words()
    nobody = any(fold(word).strip(".") in known.nobody for word in words)
    dropped = known.nobody | known.roles if nobody else frozenset()
    tokens: list[str] = []
    surnames: list[int] = []
    suffix = ""
    for position, word in enumerate(words):
        token = _token(word)
        leading = not tokens and len(words) > 1
        if not token or token in dropped or token.isdigit() or (leading and token in known.titles):
            continue
        if tokens and token in known.suffixes and position >= len(words) - 2:
            suffix = known.suffixes[token]
        elif not _is_particle(token, position, len(words)) and token not in tokens:
            if position in marked:
                surnames.append(len(tokens))
            tokens.append(token)
    return (*join_compounds(tokens, surnames), suffix)


def _token(word: str) -> str:
    """A word in plain letters. Scripts that leave vowels out are spelled as people spell them, not letter by letter."""
    folded = "".join(_WORDS.findall(fold(word)))
    if word.isascii() or folded in person_words().particles:
        return folded
    if heads := name_families().get(word):
        return min(heads)
    spelled = spellings(word, 1) if _SPELLED.match(word) else ()
    return spelled[0] if spelled else folded


def _spaced(text: str) -> str:
    """Chinese, Japanese and Korean as syllables; a name in katakana, mostly a foreign one, in its words."""
    chunks = _LETTERS.findall(text)
    return " ".join(chunks) if all(map(_SPELLED.match, chunks)) else fold(text)


def _is_particle(token: str, position: int, count: int) -> bool:
    known = person_words()
    inside = 0 < position < count - 1
    return (inside and token in known.particles) or (position < count - 1 and token in known.articles)


def join_compounds(tokens: list[str], surnames: list[int]) -> tuple[list[str], list[int]]:
    """ "Abd al-Rahman", "Abdul Rahman" and "Abdulrahman" are one word: "abdrahman". Keeps `surnames` in step."""
    joined: list[str] = []
    kept: list[int] = []
    for position, token in enumerate(tokens):
        if joined and joined[-1] in {"abd", "abdul", "abdel", "abdal", "abdol"}:
            joined[-1] = "abd" + token
            continue
        if position in surnames:
            kept.append(len(joined))
        compact = re.sub(r"^abd[uaeo]l(?=\w{3})", "abd", token)
        joined.append(compact)
    return joined, kept


def parse_organisation(shown: str) -> Name | None:
    """Tokens of an organisation, vessel or place name, without its legal form; None when nothing is left."""
    words = [
        word for word in _WORDS.findall(re.sub(r"(?<=\w)\.(?=\w)|['’`]", "", fold(shown))) if word != "the"
    ]
    core, form = _without_form(words)
    equivalents = organisation_words()
    tokens = [equivalents.get(word, word) for word in core if word not in person_words().particles] or core
    if not tokens or all(word in person_words().nobody for word in tokens) or len("".join(tokens)) < 3:
        return None
    return Name(shown.strip(), tuple(dict.fromkeys(tokens)), form=form)


def _without_form(words: list[str]) -> tuple[list[str], str]:
    forms = organisation_forms()
    for length in range(min(5, len(words) - 1), 0, -1):
        if (ending := tuple(words[-length:])) in forms:
            return words[:-length], forms[ending] or " ".join(ending)
        if (beginning := tuple(words[:length])) in forms and length < len(words):
            return words[length:], forms[beginning] or " ".join(beginning)
    return words, ""
