"""Rebuild the word tables in intel/matching/data from their public sources (see the README there).

    python benchmarks/build_name_tables.py --releases core.jsonl.gz background.jsonl.gz --sanctions 2021-sdn.csv.gz \
        --sanctions-aliases 2021-alt.csv.gz --nicknames nicknames.csv --forms org_types.yml --symbols name_symbols.yml

Names are counted once per distinct person (normalised full name), so one much-reported defendant does not make
a rare surname look common. Only shares of single words leave this script, never a full name.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from intel.matching.naming import parse_organisation, parse_person
from intel.matching.vocabulary import DATA, fold

# "Juan Soto Rodriguez, 45," is how the releases introduce a defendant.
INTRODUCED = re.compile(r"((?:[A-Z][\w'’.-]+ ){1,4}[A-Z][\w'’-]+(?:,? [JS]r\.?)?), \d\d,")
ENTITY_TYPES = {"individual", "vessel", "aircraft"}
DATELINE = re.compile(r"^WASHINGTON\s+")
MOST_WORDS_IN_A_FORM = 5
LEAST = 2  # a word met once says nothing, and might point at one person


def released_names(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield from (DATELINE.sub("", name) for name in INTRODUCED.findall(json.loads(line)["text"]))


def sanctioned_names(listed: Path, aliases: Path) -> tuple[list[str], list[str]]:
    """Persons' and organisations' names, aliases included (weak ones left out)."""
    people: list[str] = []
    organisations: list[str] = []
    kind_of: dict[str, str] = {}
    for row in _rows(listed):
        kind_of[row[0]] = row[2].strip()
        if row[2].strip() not in ENTITY_TYPES - {"individual"}:
            (people if row[2].strip() == "individual" else organisations).append(row[1])
    for row in _rows(aliases):
        kind = kind_of.get(row[0], "vessel")
        if row[2].strip() != "fka" and "weak" not in row[4]:
            if kind == "individual":
                people.append(row[3])
            elif kind not in ENTITY_TYPES:
                organisations.append(row[3])
    return people, organisations


def _rows(path: Path) -> Iterator[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8", errors="replace") as lines:
        yield from (row for row in csv.reader(lines) if len(row) > 3)


def shares(sources: Iterable[tuple[tuple[int, Counter[str]], float]]) -> dict[str, int]:
    """Word -> holders per 100,000 names: the largest share any source gives it, times that source's factor.

    A pair to be judged mostly comes from one population, so a mixed list understates how common its names are
    there: the sanctions list, roughly a third each Latin American, Arabic or Persian, and other, counts threefold.
    """
    share: dict[str, float] = {}
    for (total, counts), factor in sources:
        for word, n in counts.items():
            if n >= LEAST and len(word) > 1:
                share[word] = max(share.get(word, 0.0), factor * n / total)
    return {word: round(value * 100_000) for word, value in share.items()}


def count_people(names: Iterable[str]) -> tuple[int, Counter[str]]:
    seen: set[frozenset[str]] = set()
    counts: Counter[str] = Counter()
    for shown in names:
        name = parse_person(shown)
        if name and len(name.tokens) > 1 and frozenset(name.tokens) not in seen:
            seen.add(frozenset(name.tokens))
            counts.update(set(name.tokens))
    return len(seen), counts


def count_organisations(names: Iterable[str]) -> tuple[int, Counter[str]]:
    seen = {name.tokens for shown in names if (name := parse_organisation(shown))}
    counts: Counter[str] = Counter()
    for tokens in seen:
        counts.update(set(tokens))
    return len(seen), counts


def write_shares(path: Path, share: dict[str, int]) -> None:
    path.write_text("".join(f"{word}\t{n}\n" for word, n in sorted(share.items())), encoding="utf-8")


def write_nicknames(path: Path, source: Path) -> None:
    full_names: dict[str, set[str]] = defaultdict(set)
    with source.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            full_names[fold(row["name2"])].add(fold(row["name1"]))
    lines_out = [f"{nick}\t{' '.join(sorted(names))}" for nick, names in sorted(full_names.items())]
    path.write_text("\n".join(lines_out) + "\n", encoding="utf-8")


def write_forms(path: Path, source: Path) -> None:
    """Legal forms of companies as folded words, with the general kind they stand for."""
    forms: dict[str, str] = {}
    for entry in yaml.safe_load(source.read_text(encoding="utf-8"))["types"]:
        generic = entry.get("generic") or ""
        for alias in [*(entry.get("aliases") or []), entry.get("display") or ""]:
            words = " ".join(re.findall(r"[a-z0-9]+", fold(alias).replace(".", "")))
            if len(words) > 1 and len(words.split()) <= MOST_WORDS_IN_A_FORM:
                forms.setdefault(words, generic)
    path.write_text("".join(f"{form}\t{kind}\n" for form, kind in sorted(forms.items())), encoding="utf-8")


def write_organisation_words(path: Path, source: Path) -> None:
    """One-word equivalents ("intl", "internacional" -> "international"); the first spelling wins."""
    words: dict[str, str] = {}
    for symbol, spellings in yaml.safe_load(source.read_text(encoding="utf-8"))["org_symbols"].items():
        for spelling in spellings:
            word = fold(str(spelling)).replace(".", "")
            if re.fullmatch(r"[a-z]{2,}", word):
                words.setdefault(word, re.sub(r"[^a-z]", "", fold(str(symbol))) or word)
    path.write_text(
        "".join(f"{word}\t{symbol}\n" for word, symbol in sorted(words.items())), encoding="utf-8"
    )


def write_organisation_terms(path: Path, source: Path) -> None:
    """What an organisation does, in other languages ("neft", "ji shu"): phrase, then the term it means."""
    terms: dict[str, str] = {}
    for term, spellings in yaml.safe_load(source.read_text(encoding="utf-8"))["org_domains"].items():
        for spelling in spellings:
            words = re.findall(r"[a-z0-9]+", fold(str(spelling)).replace("'", ""))
            if len("".join(words)) > 2 and len(words) <= MOST_WORDS_IN_A_FORM - 1:
                terms.setdefault(" ".join(words), re.sub(r"[^a-z]", "", term))
    path.write_text(
        "".join(f"{phrase}\t{term}\n" for phrase, term in sorted(terms.items())), encoding="utf-8"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=Path, nargs="+", required=True)
    for option in ("--sanctions", "--sanctions-aliases", "--nicknames", "--forms", "--symbols"):
        parser.add_argument(option, type=Path, required=True)
    given = parser.parse_args()
    write_nicknames(DATA / "nicknames.tsv", given.nicknames)
    write_forms(DATA / "organisation_forms.tsv", given.forms)
    write_organisation_words(DATA / "organisation_words.tsv", given.symbols)
    write_organisation_terms(DATA / "organisation_terms.tsv", given.symbols)
    people, organisations = sanctioned_names(given.sanctions, given.sanctions_aliases)
    released = count_people(released_names(given.releases))
    write_shares(DATA / "name_shares.tsv", shares([(released, 1.0), (count_people(people), 3.0)]))
    write_shares(DATA / "organisation_shares.tsv", shares([(count_organisations(organisations), 1.0)]))


if __name__ == "__main__":
    main()
