"""Many pairs at once: the order of rows and values makes no difference, agreement never weighs against a pair, and
every weight has its direction."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import fsum

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intel.matching.comparing import compare
from intel.matching.comparisons import COMPARISONS
from intel.matching.evidence import CommonNames, CountedValues
from intel.matching.frame import Frame
from intel.matching.model import Model, shipped
from intel.matching.normalise import normalise
from intel.matching.records import DateSpan, Kind, Record
from intel.matching.scoring import bits, explain, scored

SHIPPED = shipped()


def day(text: str) -> DateSpan:
    return DateSpan(date.fromisoformat(text), date.fromisoformat(text))


def of(*texts: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(texts), max_size=2).map(tuple)


RECORDS = st.builds(
    Record,
    kind=st.sampled_from([Kind.PERSON, Kind.PERSON, Kind.ORGANISATION]),
    name=st.sampled_from(
        ["Odilon Martinez-Rojas", "MARTINEZ, Odilon", "Raul Cortes-Meza", "Ali Khan", "Bob Okonkwo", "Robert Okonkwo"]
    ),
    aliases=of("Chino", "Ali Khan", "El Gordo", "Diablo"),
    births=st.lists(
        st.sampled_from([day("1971-03-04"), day("1971-04-03"), day("1981-03-04"), DateSpan.of_year(1971)]), max_size=2
    ).map(tuple),
    sex=st.sampled_from(["", "F", "M"]),
    nationalities=of("MX", "US", "PK"),
    places=of("Tenancingo, Tlaxcala, Mexico", "Tlaxcala, Mexico", "Queens", "Mexico"),
    birth_places=of("Tenancingo, Tlaxcala, Mexico", "Tenansingo", "Leeds"),
    identifiers=st.lists(
        st.sampled_from(
            [("phone", "+525554128071"), ("phone", "+525554128072"), ("passport", "G12345678"),
             ("email", "a.khan@mail.example"), ("email", "akhan@post.example"), ("national_id", "1804974")]
        ), max_size=2,
    ).map(tuple),
    streets=of("7 Wallaby Place", "7 wallabyplace", "12 Mill Road"),
    postcodes=of("TQ13 8DF", "TQ13 8DG", "TQ1 2AA", "30303"),
    regions=of("Tlaxcala", "Devon"),
    occupations=of("Driver", "Bus driver", "Painter"),
    categories=of("A", "B"),
    listed=st.booleans(),
)  # fmt: skip


def frame_of(*records: Record) -> Frame:
    return Frame.of([normalise(record) for record in records], CommonNames())


def bits_of(left: Record, right: Record, model: Model = SHIPPED) -> float:
    compared = compare(frame_of(left, right), np.array([0]), np.array([1]))
    return float(bits(compared, model)[0])


# --- Order ------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.lists(RECORDS, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_of_sides_matters(records: list[Record], chance) -> None:  # type: ignore[no-untyped-def]
    left, right = np.triu_indices(len(records), 1)
    said = scored(frame_of(*records), left, right)
    order = list(range(len(records)))
    chance.shuffle(order)
    place = np.argsort(order)
    again = scored(frame_of(*(records[each] for each in order)), place[right], place[left])
    assert said.bits.tolist() == again.bits.tolist()
    assert said.bands.tolist() == again.bands.tolist()


@settings(max_examples=60, deadline=None)
@given(RECORDS, RECORDS)
def test_the_order_of_a_records_values_does_not_matter(left: Record, right: Record) -> None:
    fields = ("aliases", "births", "nationalities", "places", "birth_places", "identifiers", "streets", "postcodes",
              "regions", "occupations", "categories")  # fmt: skip
    turned = replace(left, **{field: getattr(left, field)[::-1] for field in fields})
    assert bits_of(left, right) == bits_of(turned, right)


@settings(max_examples=40, deadline=None)
@given(st.lists(RECORDS, min_size=2, max_size=5))
def test_many_pairs_at_once_score_as_each_alone(records: list[Record]) -> None:
    left, right = np.triu_indices(len(records), 1)
    together = scored(frame_of(*records), left, right).bits.tolist()
    assert together == [bits_of(records[a], records[b]) for a, b in zip(left, right, strict=True)]


@settings(max_examples=60, deadline=None)
@given(RECORDS)
def test_normalising_again_changes_nothing(record: Record) -> None:
    read = normalise(record)
    again = replace(
        record,
        births=read.births,
        sex=read.sex,
        nationalities=read.nationalities,
        places=tuple(place.shown for place in read.places),
        birth_places=tuple(place.shown for place in read.birth_places),
        identifiers=read.identifiers,
        streets=read.streets,
        postcodes=read.postcodes,
        regions=read.regions,
        occupations=read.occupations,
        categories=read.categories,
    )
    assert normalise(again) == read


# --- Sum and direction --------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(RECORDS, RECORDS, st.sampled_from([None, -8.0, -20.0]))
def test_what_is_shown_adds_up_to_the_bits_that_rank(
    left: Record, right: Record, random_bits: float | None
) -> None:
    frame, model = frame_of(left, right), replace(SHIPPED, random_bits=random_bits)
    found = explain(frame, np.array([0]), np.array([1]), model, all_bands=True)[0]
    assert found is not None
    prior = SHIPPED.listed_prior_bits if left.listed or right.listed else SHIPPED.prior_bits
    assert found.bits == fsum([prior, *(each.bits for each in found.evidence)])
    assert found.bits == pytest.approx(scored(frame, np.array([0]), np.array([1]), model).bits[0], abs=1e-9)


MORE: list[dict[str, tuple[object, ...]]] = [
    {"births": (day("1968-05-17"),)},
    {"nationalities": ("RO",)},
    {"places": ("Craiova, Dolj, Romania",)},
    {"birth_places": ("Craiova",)},
    {"identifiers": (("plate", "DJ12ABC"),)},
    {"identifiers": (("phone", "+40721000000"),)},
    {"identifiers": (("email", "someone@mail.example"),)},
    {"streets": ("5 Strada Unirii",)},
    {"postcodes": ("LS1 4AP",)},
    {"regions": ("Dolj",)},
    {"occupations": ("Welder",)},
    {"categories": ("Z",)},
    {"aliases": ("Balaurul",)},
]


@settings(max_examples=80, deadline=None)
@given(RECORDS, RECORDS, st.sampled_from(MORE))
def test_one_more_value_that_both_share_never_lowers_the_score(
    left: Record, right: Record, more: dict[str, tuple[object, ...]]
) -> None:
    def with_more(record: Record) -> Record:
        return replace(
            record, **{field: (*getattr(record, field), *values) for field, values in more.items()}
        )

    assert bits_of(with_more(left), with_more(right)) >= bits_of(left, right)


PERSON, COMPANY = Kind.PERSON, Kind.ORGANISATION


def pair(kind: Kind = PERSON, **sides: tuple[object, object]) -> tuple[Record, Record]:
    """Two records that differ as told: field=(left, right)."""
    left, right = (
        Record(kind, **{field: values[side] for field, values in sides.items()})  # type: ignore[arg-type]
        for side in (0, 1)
    )
    return left, right


def names(left: str, right: str, **more: tuple[object, object]) -> tuple[Record, Record]:
    return pair(name=(left, right), **more)


def born(left: str, right: str) -> tuple[Record, Record]:
    return pair(births=((day(left),), (day(right),)))


def told(field: str, left: object, right: object) -> tuple[Record, Record]:
    return pair(**{field: ((left,), (right,))})


def numbered(kind: str, left: str, right: str) -> tuple[Record, Record]:
    return told("identifiers", (kind, left), (kind, right))


FOR, AGAINST = 1, -1
# For each column that weighs anything: a pair in which it speaks, and whether it may speak for or against.
WITNESSES: dict[str, tuple[int, tuple[Record, Record]]] = {
    "identifiers.near": (FOR, numbered("passport", "G12345678", "G12345679")),
    "identifiers.conflict": (AGAINST, numbered("vin", "1HGCM82633A004352", "5YJSA1E26HF000337")),
    "identifiers.other_number": (AGAINST, numbered("national_id", "1804974", "6220031")),
    "identifiers.worth": (FOR, numbered("passport", "G12345678", "G12345678")),
    "emails.part": (FOR, numbered("email", "anna.khan@mail.example", "annakhan+x@post.example")),
    "emails.near": (FOR, numbered("email", "akhan@mail.example", "akham@mail.example")),
    "emails.alike": (FOR, numbered("email", "akhan71@mail.example", "akham17@mail.example")),
    "emails.worth": (FOR, numbered("email", "akhan@mail.example", "akhan@mail.example")),
    "phones.part": (FOR, numbered("phone", "+525554128071", "+15554128071")),
    "phones.near": (FOR, numbered("phone", "+525554128071", "+525554128070")),
    "phones.worth": (FOR, numbered("phone", "+525554128071", "+525554128071")),
    "names.given": (AGAINST, names("GUERRERO, Odilon", "VILLANUEVA, Odilon")),
    "names.one word": (AGAINST, names("Rojas", "Odilon Rojas")),
    "names.initials": (AGAINST, names("J. Castaneda", "Jorge Castaneda")),
    "names.conflict": (AGAINST, names("Odilon Rojas", "Peter Smith")),
    "names.rarity": (FOR, names("Odilon Rojas", "Odilon Rojas")),
    "names.nickname": (AGAINST, names("Bob Okonkwo", "Robert Okonkwo")),
    "names.sound": (AGAINST, names("Mohammed Rojas", "Muhamad Rojas")),
    "names.typo": (AGAINST, names("Alexandru Frumasache", "Alexandru Frumbsache")),
    "names.joined": (AGAINST, names("Maryann Zacatelco", "Mary Ann Zacatelco")),
    "names.initial": (FOR, names("Jorge L. Castaneda", "Jorge Luis Castaneda")),
    "names.swapped": (AGAINST, names("ROJAS, Odilon", "ODILON, Rojas")),
    "names.omitted": (AGAINST, names("Odilon Martinez Rojas", "Odilon Martinez")),
    "names.omitted_first": (AGAINST, names("Odilon Martinez-Rojas", "Martinez-Rojas")),
    "names.conflicts": (AGAINST, names("Odilon Martinez Rojas", "Odilon Martinez Lopez")),
    "names.conflict_first": (AGAINST, names("Raul Cortes-Meza", "Juan Cortes-Meza")),
    "names.suffix_conflict": (AGAINST, names("Paul Toth Jr.", "Paul Toth Sr.")),
    "names.alias": (AGAINST, names("", "Jaime Xicohtencatl", aliases=(("Jaime Xicohtencatl",), ()))),
    "names.street_name": (AGAINST, names("Raul Romero", "Felix Rojas", aliases=(("Chino",), ("Chino",)))),
    "organisations.same": (FOR, pair(COMPANY, name=("Rojas Transportes", "Transportes Rojas"))),
    "organisations.conflict": (AGAINST, pair(COMPANY, name=("Rojas Transportes", "Gulf Cartel"))),
    "organisations.rarity": (FOR, pair(COMPANY, name=("Rojas Transportes", "Transportes Rojas"))),
    "organisations.sound": (AGAINST, pair(COMPANY, name=("Gonzalez Marine", "Gonsales Marine"))),
    "organisations.typo": (AGAINST, pair(COMPANY, name=("Zacatelco Marine", "Zacatelbo Marine"))),
    "organisations.missing": (AGAINST, pair(COMPANY, name=("Rojas Transportes", "Rojas Minera"))),
    "organisations.form_conflict": (AGAINST, pair(COMPANY, name=("Rojas Marine LLC", "Rojas Marine S.A."))),
    "aliases.rarity": (FOR, names("Noe Aranda-Soto", "Noe Aranda Soto", aliases=(("Diablo",), ("Diablo",)))),
    "births.agree": (AGAINST, born("1971-03-14", "1971-03-14")),  # part of what its rarity is worth, never all
    "births.swapped": (FOR, born("1971-03-04", "1971-04-03")),
    "births.digit": (FOR, born("1971-03-14", "1971-03-15")),
    "births.year_and_month": (FOR, born("1971-03-14", "1971-03-29")),
    "births.year_and_day": (FOR, born("1971-03-14", "1971-12-14")),
    "births.other_year": (FOR, born("1971-03-14", "1988-03-14")),
    "births.month_or_day": (FOR, born("1971-03-14", "1971-12-29")),
    "births.year_apart": (AGAINST, born("1971-11-14", "1972-02-28")),
    "births.two_years_apart": (AGAINST, born("1971-03-14", "1972-11-28")),
    "births.years_apart": (AGAINST, born("1971-03-14", "1975-11-28")),
    "births.far_apart": (AGAINST, born("1971-03-14", "1989-11-28")),
    "births.rarity": (FOR, born("1971-03-14", "1971-03-14")),
    "sexes.same": (FOR, pair(sex=("F", "F"))),
    "sexes.different": (AGAINST, pair(sex=("F", "M"))),
    "nationalities.shared": (FOR, told("nationalities", "MX", "MX")),
    "nationalities.different": (AGAINST, told("nationalities", "MX", "RO")),
    "places.close": (AGAINST, told("places", "Guadalajara", "Gudalajara")),
    "places.region": (FOR, told("places", "Tenancingo, Tlaxcala", "Apizaco, Tlaxcala")),
    "places.country": (FOR, told("places", "Tenancingo, Mexico", "Apizaco, Mexico")),
    "places.rarity": (FOR, told("places", "Tenancingo", "Tenancingo")),
    "birth_places.close": (AGAINST, told("birth_places", "Guadalajara", "Gudalajara")),
    "birth_places.region": (FOR, told("birth_places", "Tenancingo, Tlaxcala", "Apizaco, Tlaxcala")),
    "birth_places.country": (FOR, told("birth_places", "Tenancingo, Mexico", "Apizaco, Mexico")),
    "birth_places.different": (AGAINST, told("birth_places", "Leeds", "Craiova")),
    "birth_places.rarity": (FOR, told("birth_places", "Tenancingo", "Tenancingo")),
    "postcodes.sector": (FOR, told("postcodes", "TQ13 8DF", "TQ13 8AB")),
    "postcodes.slip": (FOR, told("postcodes", "TQ13 8DF", "TQ13 9DF")),
    "postcodes.area": (FOR, told("postcodes", "TQ13 8DF", "TQ1 2AA")),
    "postcodes.different": (AGAINST, told("postcodes", "TQ13 8DF", "LS1 4AP")),
    "postcodes.rarity": (FOR, told("postcodes", "TQ13 8DF", "TQ13 8DF")),
    **{
        f"{field}.{level}": (sign, told(field, *texts))
        for field in ("streets", "regions", "occupations", "categories")
        for level, sign, texts in (
            ("close", AGAINST, ("7 Wallaby Place", "7 Wallabi Place")),  # part of what its rarity is worth
            ("partial", FOR, ("Mill Road", "12 Mill Road Old Quarter")),
            ("different", AGAINST, ("7 Wallaby Place", "Mill Road")),
            ("rarity", FOR, ("7 Wallaby Place", "7 Wallaby Place")),
        )
    },
}  # fmt: skip
WEIGHTY = [
    column for each in COMPARISONS for column in each.columns if SHIPPED.weight(*column.split(".", 1)) != 0
]


def silenced(column: str) -> Model:
    field, name = column.split(".", 1)
    return replace(SHIPPED, weights={**SHIPPED.weights, field: {**SHIPPED.weights[field], name: 0.0}})


@pytest.mark.parametrize("column", WEIGHTY)
def test_every_column_speaks_in_its_direction(column: str) -> None:
    direction, (left, right) = WITNESSES[column]
    contribution = bits_of(left, right) - bits_of(left, right, silenced(column))
    assert contribution * direction > 0


AGREEMENTS = [
    born("1971-03-14", "1971-03-14"),
    pair(births=((DateSpan.of_year(1971),), (DateSpan.of_year(1971),))),
    told("postcodes", "TQ13 8DF", "TQ13 8DF"),
    *(told(field, "7 Wallaby Place", "7 Wallabi Place") for field in ("streets", "regions", "occupations")),
    told("places", "Guadalajara", "Gudalajara"),
    told("birth_places", "Guadalajara", "Gudalajara"),
    names("Guillermina Rendon", "Guilermnia Rendon"),
    names("Bob Okonkwo", "Robert Okonkwo"),
]


@pytest.mark.parametrize(("left", "right"), AGREEMENTS)
def test_what_a_level_takes_off_leaves_agreement_in_favour(left: Record, right: Record) -> None:
    assert bits_of(left, right) > SHIPPED.prior_bits


# --- A file's own counts --------------------------------------------------------------------------------


def test_a_word_that_a_file_is_full_of_says_less() -> None:
    one, other = Record(PERSON, "Odilon Xicohtencatl"), Record(PERSON, "Maria Xicohtencatl")
    crowd = [replace(other, name=f"Nadia{chr(97 + each)} Xicohtencatl") for each in range(20)]
    file = [normalise(each) for each in (one, one, *crowd)]
    at = np.array([0]), np.array([1])
    rare = scored(Frame.of(file, CommonNames()), *at).bits[0]
    common = scored(Frame.of(file, CountedValues(file)), *at).bits[0]
    assert common < rare - 5
