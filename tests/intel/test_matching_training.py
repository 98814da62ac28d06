"""Weights learned from candidate pairs, with and without labels, and the second look at whole files."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from intel.matching.blocking import keys
from intel.matching.comparisons import COMPARISONS
from intel.matching.evidence import CountedValues
from intel.matching.frame import Frame
from intel.matching.model import Band, Model, shipped
from intel.matching.normalise import normalise
from intel.matching.pairs import Keyed, candidate_pairs
from intel.matching.records import DateSpan, Kind, Record
from intel.matching.scoring import explain, scored, second_look
from intel.matching.training import calibrated, learn, learn_unlabelled

GIVEN = (
    "Odilon",
    "Maria",
    "Rosa",
    "Felix",
    "Noe",
    "Ioana",
    "Vasile",
    "Amina",
    "Tunde",
    "Elena",
    "Guillermo",
    "Nadia",
)
FAMILY = (
    "Rojas",
    "Cortes",
    "Zacatelco",
    "Okonkwo",
    "Ivanescu",
    "Coyotl",
    "Meza",
    "Rendon",
    "Adeyemi",
    "Popescu",
)
TOWNS = ("Tenancingo", "Craiova", "Benin City", "Apizaco", "Leeds")


@cache
def file() -> tuple[Frame, np.ndarray, np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """120 people in three rows each, some with a misprint, an empty cell or a date one digit out; pairs that share a
    name word; which of them are one."""
    chance = random.Random(5)
    records, people = [], []
    for someone in range(120):
        name = f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}-{chance.choice(FAMILY)}"
        born = date(1960, 1, 1) + timedelta(days=chance.randrange(14_000))
        town = chance.choice(TOWNS)
        for _ in range(3):
            shown = name if chance.random() < 0.7 else name.replace("o", "oo", 1)
            day = born if chance.random() < 0.8 else born + timedelta(days=1)
            span = (DateSpan(day, day),) if chance.random() < 0.8 else ()
            places = (town,) if chance.random() < 0.7 else ()
            records.append(Record(Kind.PERSON, shown, births=span, places=places))
            people.append(someone)
    features = [normalise(record) for record in records]
    words = [{word for name in one.names for word in name.tokens} for one in features]
    pairs = [(a, b) for a, b in combinations(range(len(words)), 2) if words[a] & words[b]]
    left, right = np.array(pairs).T
    one = np.array(people)
    return Frame.of(features, CountedValues(features)), left, right, one[left] == one[right]


def f1(found: np.ndarray, labels: np.ndarray) -> float:  # type: ignore[type-arg]
    return float(2 * (found & labels).sum() / (found.sum() + labels.sum()))


def looked(model: Model) -> np.ndarray:  # type: ignore[type-arg]
    frame, left, right, _ = file()
    return second_look(left, right, scored(frame, left, right, model).bits, len(frame), model)[0]


@cache
def learned() -> Model:
    return learn(*file())


def test_labels_teach_to_tell_the_rows_of_one_person_from_others() -> None:
    assert f1(looked(learned()) >= learned().bands[Band.PROBABLE], file()[3]) > 0.95


def test_without_labels_the_pairs_themselves_teach_nearly_as_much() -> None:
    frame, left, right, labels = file()
    model = learn_unlabelled(frame, left, right)
    assert f1(looked(model) >= model.bands[Band.PROBABLE], labels) > 0.9


def test_what_is_learned_keeps_its_direction() -> None:
    for each in (each for each in COMPARISONS if each.field in {"names", "births", "places"}):
        for sign, name in zip(each.signs, (*each.levels, *each.amounts), strict=True):
            assert learned().weight(each.field, name) * sign >= 0, (each.field, name)


def test_learning_twice_gives_the_same_weights() -> None:
    assert learn(*file()) == learned()


def test_a_model_survives_its_file(tmp_path: Path) -> None:
    learned().dump(tmp_path / "model.json")
    assert Model.load(tmp_path / "model.json") == learned()


@pytest.mark.parametrize("content", ["", "[]", '{"version": "1"}', '{"bands": {"likely": 1}}'])
def test_what_is_no_model_is_refused_by_name(content: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"broken\.json"):
        Model.load(path)


def test_the_shipped_model_weighs_only_columns_there_are() -> None:
    known = {each.field: {*each.levels, *each.amounts} for each in COMPARISONS}
    stored = json.loads(json.dumps({field: list(weights) for field, weights in shipped().weights.items()}))
    assert {field: set(columns) for field, columns in stored.items()} == known


def test_a_third_row_that_agrees_with_both_speaks_for_a_pair() -> None:
    """The first and the last row share a name alone; the middle one shares a date with one and a number with the other."""
    phone = (("phone", "+525554128071"),)
    born = (DateSpan(date(1971, 3, 14), date(1971, 3, 14)),)
    rows = [
        Record(Kind.PERSON, "Odilon Xicohtencatl", births=born),
        Record(Kind.PERSON, "Odilon Xicohtencatl", births=born, identifiers=phone),
        Record(Kind.PERSON, "Odilon Xicohtencatl", identifiers=phone),
    ]
    features = [normalise(row) for row in rows]
    frame = Frame.of(features, CountedValues(features))
    left, right = np.array([0, 0, 1]), np.array([1, 2, 2])
    first = scored(frame, left, right).bits
    model = replace(shipped(), second_look={**shipped().second_look, "scale": 1.0, "prior_bits": 0.0})
    second, kept = second_look(left, right, first, len(frame), model)
    assert first[1] < min(first[0], first[2])
    assert second[1] > first[1]
    assert kept is not None
    told = explain(frame, left[1:2], right[1:2], model, all_bands=True, kept=kept.at(np.array([1])))[0]
    assert told is not None
    assert told.bits == pytest.approx(second[1], abs=0.01)
    assert "company" in {each.field for each in told.evidence}


def test_namesakes_are_no_links_however_many_rows_share_few_names() -> None:
    """1,500 rows that hold a name alone, each full name some twelve times, and thirty people twice with their birth."""
    chance = random.Random(3)
    names = [f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}" for _ in range(1_500)]
    people = [Record(Kind.PERSON, name=name) for name in names]
    for someone in range(30):
        born = date(1950, 1, 1) + timedelta(days=531 * someone)
        name = " ".join("".join(chance.choices("abcdeghilmnoprstuvz", k=8)) for _ in range(2))
        people += [Record(Kind.PERSON, name=name, births=(DateSpan(born, born),))] * 2
    features = [normalise(each) for each in people]
    frame = Frame.of(features, CountedValues(features))
    left, right = candidate_pairs(Keyed.of(map(keys, features)))
    for model in (calibrated(frame, left, right, shipped()), learn_unlabelled(frame, left, right)):
        linked = scored(frame, left, right, model).bits >= 0
        assert linked.sum() >= 30
        assert (left[linked] >= 1_500).all()
