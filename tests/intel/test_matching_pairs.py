"""Blocking: which records meet, in bounded numbers, whatever their order."""

from __future__ import annotations

import random
from datetime import date
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from intel.matching.blocking import keys
from intel.matching.normalise import normalise
from intel.matching.pairs import Keyed, candidate_pairs
from intel.matching.records import DateSpan, Kind, Record

KEYS = st.lists(st.frozensets(st.sampled_from("abcdefgh"), max_size=4), min_size=1, max_size=12)


def pairs(rows: list[frozenset[str]], **limits: int) -> set[tuple[int, int]]:
    left, right = candidate_pairs(Keyed.of(rows), **limits)
    return set(zip(left.tolist(), right.tolist(), strict=True))


@settings(deadline=None)
@given(KEYS)
def test_records_meet_when_they_share_a_key_and_only_then(rows: list[frozenset[str]]) -> None:
    assert pairs(rows) == {(a, b) for a, b in combinations(range(len(rows)), 2) if rows[a] & rows[b]}


@settings(deadline=None)
@given(KEYS, st.integers(0, 12))
def test_between_two_files_only_pairs_across_are_proposed(rows: list[frozenset[str]], split: int) -> None:
    assert pairs(rows, split=split) == {(a, b) for a, b in pairs(rows) if a < split <= b}


def test_a_key_that_too_many_share_proposes_nobody() -> None:
    assert pairs([frozenset("a")] * 6, cap=5) == set()
    assert len(pairs([frozenset("a")] * 5, cap=5)) == 10


def test_each_record_keeps_the_partners_of_its_rarest_keys() -> None:
    common, rare = frozenset({"common"}), frozenset({"common", "rare"})
    rows = [rare, *[common] * 8, rare]
    assert (0, 9) in pairs(rows, most=1)
    assert len(pairs(rows, most=1)) <= len(rows)


def test_the_pairs_found_do_not_depend_on_how_many_fit_into_memory(monkeypatch: object) -> None:
    dice = random.Random(4)
    rows = [frozenset(dice.choices("abcdefghijklmnop", k=3)) for _ in range(120)]
    whole = pairs(rows, most=5)
    monkeypatch.setattr("intel.matching.pairs._SLAB_MEETINGS", 50)  # type: ignore[attr-defined]
    assert pairs(rows, most=5) == whole


def person(name: str, born: date | None = None, **told: tuple[str, ...]) -> frozenset[str]:
    births = (DateSpan(born, born),) if born else ()
    return keys(normalise(Record(Kind.PERSON, name, births=births, **told)))  # type: ignore[arg-type]


def test_misprints_swaps_and_nicknames_still_meet() -> None:
    born, swapped = date(1990, 3, 4), date(1990, 4, 3)
    ruiz = person("Roberto Castaneda", born, birth_places=("Tenancingo",), postcodes=("TQ13 8DF",))
    assert ruiz & person("Castaneda Beto")
    assert ruiz & person("R. Castaneda")
    assert ruiz & person("Roberto Castanedx", born)
    assert ruiz & person("Rboerto", None, birth_places=("Tenancnigo",)) or ruiz & person("Rboerto Castaneda")
    assert ruiz & person("Somebody Else", swapped)
    assert ruiz & person("Somebody Else", postcodes=("TQ13 8DF",))
    assert ruiz & person("Somebody Else", born, postcodes=("TQ13 9ZZ",))
    assert not ruiz & person("Alan Novak", date(1950, 7, 9), birth_places=("Brno",))


def test_a_record_has_few_enough_keys_for_a_table_of_millions() -> None:
    lead = person("Juan Carlos Perez Lopez", date(1980, 1, 2), places=("Tijuana, Mexico",))
    assert len(lead) <= 60


def test_organisations_meet_across_word_order_and_legal_form() -> None:
    acme = keys(normalise(Record(Kind.ORGANISATION, "Acme Trading GmbH")))
    assert acme & keys(normalise(Record(Kind.ORGANISATION, "Trading Acme Ltd")))
