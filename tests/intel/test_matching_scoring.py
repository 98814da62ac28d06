"""Two records, one score: what links, how strongly, and what each side is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intel.matching.blocking import keys
from intel.matching.evidence import CommonNames
from intel.matching.model import Band, shipped
from intel.matching.naming import parse_person
from intel.matching.normalise import Features, normalise
from intel.matching.records import DateSpan, Kind, Record
from intel.matching.scoring import Score, score

REPORTED = date(2015, 1, 22)


def person(name: str = "", *, age: int | None = None, **fields: object) -> Record:
    births = (DateSpan.of_age(age, REPORTED),) if age is not None else ()
    return Record(Kind.PERSON, name, **{"births": births, **fields})  # type: ignore[arg-type]


def compared(left: Record, right: Record) -> Score | None:
    """As the engine does: no comparison without a shared key."""
    a, b = normalise(left), normalise(right)
    return score(a, b, CommonNames()) if keys(a) & keys(b) else None


def bits(left: Record, right: Record) -> float:
    found = compared(left, right)
    return found.bits if found else -99.0


# --- Names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Odilon Martinez-Rojas", "MARTINEZ ROJAS, Odilón"),
        ("Aroldo Castillo-Serrano", "Aroldo Castillo Serrano"),
        ("Alexandru Frumasache", "Alexandru Frumusache"),
        ("Juliana Rose Tome-Froes", "Tome-Froes"),
        ("Rosa Astrid Umanzor-Lopez", "Rosa Umanzor"),
        ("Abrorkhodja Askarkhodjaev", "Аброрходжа Аскарходжаев"),
        ("Ohio. Aroldo Castillo-Serrano", "Special Agent Aroldo Castillo Serrano"),
        ("Bob Okonkwo-Reyes", "Robert Okonkwo Reyes"),
        ("Pancho Rendon-Coyotl", "Francisco Rendon Coyotl"),
        ("Abd al-Rahman Milad", "Abdulrahman MILAD"),
        ("Maryann Zacatelco", "Mary Ann Zacatelco"),
        ("Guillermina Rendon-Reyes", "Guilermina Rendon Reyes"),
    ],
)
def test_it_links_spellings_of_one_name_at_one_age(left: str, right: str) -> None:
    found = compared(person(left, age=43), person(right, age=43))
    assert found is not None
    assert found.band in (Band.STRONG, Band.PROBABLE)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Raul Cortes-Meza", "Juan Cortes-Meza"),  # brothers
        ("Juan Carlos Guerrero", "Juan Carlos Villanueva"),
        ("Mario Zacatelco-Huerta", "Maria Zacatelco-Huerta"),
        ("Paul Toth Jr.", "Paul Toth Sr."),
        ("Jose Garcia", "Pedro Garcia"),
    ],
)
def test_it_keeps_relatives_and_namesakes_apart(left: str, right: str) -> None:
    found = compared(person(left, age=30), person(right, age=30))
    assert found is None or found.band == Band.POSSIBLE


def test_a_rare_name_says_much_more_than_a_common_one() -> None:
    rare = bits(person("Abrorkhodja Askarkhodjaev"), person("Abrorkhodja Askarkhodjaev"))
    common = bits(person("Jose Garcia"), person("Jose Garcia"))
    assert rare > common + 8


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (person("Odilon", age=43), person("Odilon", age=43)),
        (person("Odilon Xicohtencatl", age=43), person("Odilon", age=43)),
        (
            person("Raul Romero", aliases=("Chino",), age=43),
            person("Felix Rojas", aliases=("Chino",), age=43),
        ),
        (person("J. Castaneda", age=43), person("Jorge Castaneda", age=43)),
        (person("Otto Meza", aliases=("Jaime Xicohtencatl",)), person("Jaime Xicohtencatl")),
    ],
    ids=["one word", "given name", "street name", "initial", "bare alias"],
)
def test_a_weak_name_is_never_more_than_possible(left: Record, right: Record) -> None:
    found = compared(left, right)
    assert found is None or found.band == Band.POSSIBLE


PLACEHOLDERS = [
    "FNU LNU", "Bottom Girl", "Bottom 2 Girl", "Unknown", "Unknown Male #2", "John Doe", "DOE, Jane 3", "Jane Roe",
    "N/A", "-", "", "Agent", "Special Agent 2", "Victim 1", "Minor A", "Minor Victim-2", "MV-1", "J.M.", "A. B. C.",
    "CS-1", "UC-1", "Individual A", "Co-conspirator 1", "first name unknown last name unknown", "Desconocido",
]  # fmt: skip


@pytest.mark.parametrize("name", PLACEHOLDERS)
def test_a_placeholder_names_nobody(name: str) -> None:
    assert parse_person(name) is None
    assert compared(person(name, age=30), person(name, age=30)) is None


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("Minor Vargas Calvo", ("minor", "vargas", "calvo")),
        ("FNU Garcia", ("garcia",)),
        ("Agent Zapata", ("zapata",)),
        ("Robert Doe", ("robert", "doe")),
        ("习近平", ("xi", "jin", "ping")),
        ("Jose Luis de la Cruz, Jr.", ("jose", "luis", "cruz")),
    ],
)
def test_what_is_left_of_a_name_is_kept(name: str, tokens: tuple[str, ...]) -> None:
    parsed = parse_person(name)
    assert parsed is not None
    assert parsed.tokens == tokens


# --- Other evidence --------------------------------------------------------------------------------


def test_an_age_is_the_year_it_leaves_open() -> None:
    assert DateSpan.of_age(21, date(2009, 2, 5)) == DateSpan(date(1987, 2, 6), date(1988, 2, 5))
    assert DateSpan.of_age(30, date(2012, 2, 29)) == DateSpan(date(1981, 3, 1), date(1982, 2, 28))


def test_the_closer_the_births_the_more_bits() -> None:
    full, near, year, apart = (
        replace(person("Felix Rojas-Coyotl"), births=(span,))
        for span in (
            DateSpan(date(1971, 3, 4), date(1971, 3, 4)),
            DateSpan(date(1971, 4, 3), date(1971, 4, 3)),
            DateSpan.of_year(1971),
            DateSpan.of_year(1990),
        )
    )
    assert (
        bits(full, full)
        > bits(full, near)
        > bits(full, year)
        > bits(full, person("Felix Rojas-Coyotl"))
        > bits(full, apart)
    )


def test_two_firsts_of_january_agree_on_little_more_than_the_year() -> None:
    on, new_year = (
        replace(person("Felix Rojas-Coyotl"), births=(DateSpan(day, day),))
        for day in (date(1971, 3, 4), date(1971, 1, 1))
    )
    later = replace(on, births=(DateSpan(date(1972, 1, 1), date(1972, 1, 1)),))
    assert bits(on, on) > bits(new_year, new_year) + 4
    assert bits(new_year, later) < bits(person("Felix Rojas-Coyotl"), new_year)


def test_columns_for_given_name_and_surname_say_which_word_is_which() -> None:
    known = Record(Kind.PERSON, given_names=("Noe", "Odilon"), surnames=("Xicohtencatl",))
    (name,) = normalise(known).names
    assert (name.tokens, name.first, name.surnames) == (("noe", "odilon", "xicohtencatl"), 0, (2,))
    exchanged = Record(Kind.PERSON, given_names=("Xicohtencatl",), surnames=("Noe", "Odilon"))
    assert bits(known, known) > bits(known, exchanged) > 0


def test_a_full_name_beside_its_columns_is_one_name() -> None:
    record = Record(Kind.PERSON, "edward russell bedford", given_names=("edward",), surnames=("bedford",))
    (name,) = normalise(record).names
    assert name.tokens == ("edward", "russell", "bedford")
    assert name.surnames == (2,)


def test_a_different_sex_counts_against() -> None:
    woman, man = person("Guadalupe Xicohtencatl", sex="female"), person("Guadalupe Xicohtencatl", sex="male")
    assert bits(woman, woman) > bits(woman, man) + 5


def test_the_longer_the_shared_number_the_stronger_the_hit() -> None:
    passport, plate = (("passport", "G12345678"),), (("plate", "AB123"),)
    strong = compared(person(identifiers=passport), person(identifiers=passport))
    weak = compared(person(identifiers=plate), person(identifiers=plate))
    assert strong is not None
    assert weak is not None
    assert (strong.band, weak.band) == (Band.STRONG, Band.POSSIBLE)


def test_a_number_links_across_kinds_of_subject() -> None:
    phone = (("phone", "+525554128071"),)
    found = compared(
        Record(Kind.LOOSE, identifiers=phone),
        Record(Kind.ORGANISATION, "Rojas Transportes", identifiers=phone),
    )
    assert found is not None
    assert found.band == Band.STRONG


def test_a_number_many_hold_says_less() -> None:
    class Shared(CommonNames):
        def holders(self, kind: str, value: str) -> int:
            return 64

    record = normalise(person(identifiers=(("phone", "+525554128071"),)))
    alone, shared = score(record, record, CommonNames()), score(record, record, Shared())
    assert alone is not None
    assert shared is not None
    assert alone.bits - shared.bits == 5


def test_co_defendants_of_one_docket_are_not_one_person() -> None:
    docket = (("docket", "3:15-cr-00024"),)
    found = compared(
        person("Aroldo Castillo", identifiers=docket), person("Conrado Salgado", identifiers=docket)
    )
    assert found is None or found.band == Band.POSSIBLE


@pytest.mark.parametrize(
    ("left", "right", "linked"),
    [
        ("LOS ZETAS", "The Zetas", True),
        ("Gulf Cartel", "GULF CARTEL", True),
        ("Giant Labor Solutions LLC", "Giant Labour Solutions, L.L.C.", True),
        ("Rojas Transportes, S.A. de C.V.", "Transportes Rojas", True),
        ("Money Laundering Section", "WAKED MONEY LAUNDERING ORGANIZATION", False),
        ("Puerto Rico", "ESTABLO PUERTO RICO S.A. DE C.V.", False),
    ],
)
def test_organisations_link_by_their_rare_words(left: str, right: str, linked: bool) -> None:
    listed = Record(Kind.ORGANISATION, right, listed=True)
    found = compared(Record(Kind.ORGANISATION, left), listed)
    assert bool(found and found.band != Band.POSSIBLE) == linked


def test_a_listed_name_standing_whole_in_ours_is_shown_however_unlikely() -> None:
    khan = Record(
        Kind.PERSON, "KHAN, Nasir Ali", aliases=("KHAN, Ali",), births=(DateSpan.of_year(1955),), listed=True
    )
    found = compared(person("Sharafat Ali Khan", age=32), khan)
    assert found is not None
    assert found.band == Band.POSSIBLE
    assert compared(person("Sharafat Ali Khan", age=32), replace(khan, listed=False)) is None


# --- The sum and the sealed sentences ----------------------------------------------------------------

NAMES = st.sampled_from(
    [
        "Odilon Martinez-Rojas",
        "MARTINEZ, Odilon",
        "Raul Cortes-Meza",
        "Ali Khan",
        "Sharafat Ali Khan",
        "Jose",
        "FNU LNU",
    ]
)
SPANS = st.builds(lambda day, days: DateSpan(day, date.fromordinal(day.toordinal() + days)),
                  st.dates(date(1950, 1, 1), date(2005, 1, 1)), st.integers(0, 800))  # fmt: skip
RECORDS = st.builds(
    Record,
    kind=st.just(Kind.PERSON),
    name=NAMES,
    aliases=st.lists(NAMES | st.just("Chino or Saul"), max_size=2).map(tuple),
    births=st.lists(SPANS, max_size=2).map(tuple),
    sex=st.sampled_from(["", "male", "female"]),
    nationalities=st.lists(st.sampled_from(["MX", "US", "PK"]), max_size=2).map(tuple),
    places=st.lists(st.sampled_from(["Tenancingo, Tlaxcala, Mexico", "Tlaxcala", "Queens"]), max_size=2).map(
        tuple
    ),
    identifiers=st.lists(
        st.sampled_from([("phone", "+525554128071"), ("phone", "+525554128072"), ("passport", "G12345678")]),
        max_size=2,
    ).map(tuple),
    listed=st.booleans(),
)


@given(RECORDS, RECORDS)
def test_the_bits_of_the_evidence_and_the_prior_are_the_score(left: Record, right: Record) -> None:
    found = score(normalise(left), normalise(right), CommonNames())
    if found:
        model = shipped()
        prior = model.listed_prior_bits if left.listed or right.listed else model.prior_bits
        assert found.bits == fsum([prior, *(each.bits for each in found.evidence)])


@given(RECORDS, RECORDS)
def test_it_does_not_matter_which_side_is_left(left: Record, right: Record) -> None:
    one = score(normalise(left), normalise(right), CommonNames())
    other = score(normalise(right), normalise(left), CommonNames())
    assert (one and (one.bits, one.band)) == (other and (other.bits, other.band))


@given(RECORDS, RECORDS)
def test_each_sides_sentences_tell_nothing_of_the_others_values(left: Record, right: Record) -> None:
    found = score(normalise(left), normalise(right), CommonNames())
    for each in found.evidence if found else ():
        if each.right_value not in each.left_value:
            assert each.right_value not in each.left_sentence
        if each.left_value not in each.right_value:
            assert each.left_value not in each.right_sentence


@given(RECORDS)
def test_features_survive_storage(record: Record) -> None:
    features = normalise(record)
    assert Features.from_json(features.to_json()) == features


def test_features_of_another_version_are_refused() -> None:
    with pytest.raises(ValueError, match="version"):
        Features.from_json({**normalise(person("Ali Khan")).to_json(), "version": 0})
