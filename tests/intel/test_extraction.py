"""Extraction: a narrative's identifiers, dates, places and people as findings with their place in the text."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intel.extraction import Finding, find


def values(text: str, kind: str, country: str = "US") -> list[str]:
    return [found.value for found in find(text, country=country) if found.kind == kind]


def person(text: str) -> dict[str, str]:
    (found,) = [found for found in find(text) if found.kind == "person"]
    return dict(found.fields)


@pytest.mark.parametrize(
    ("text", "country", "kind", "value"),
    [
        ("Call (404) 555-0134 after six", "US", "phone", "+14045550134"),
        ("he used 404.555.0134 24 hours a day", "US", "phone", "+14045550134"),
        ("ring 0161 496 0123 today", "GB", "phone", "+441614960123"),
        ("WhatsApp +52 55 1234 5678.", "US", "phone", "+525512345678"),
        ("llamar al 55 1234 5678", "MX", "phone", "+525512345678"),
        ("le 06 12 34 56 78 répond", "FR", "phone", "+33612345678"),
        ("unter 030 901820 erreichbar", "DE", "phone", "+4930901820"),
        ("tel: ٤٠٤-٥٥٥-٠١٣٤\u200f", "US", "phone", "+14045550134"),
        ("\u202b(4\u200b04) 555\x00-0134\u202c", "US", "phone", "+14045550134"),
        ("write Rosa@Example.org or call", "US", "email", "rosa@example.org"),
        ("write rosa [at] example [dot] org", "US", "email", "rosa@example.org"),
        ("see https://www.example.org/ads/7?utm_source=x.", "US", "url", "example.org/ads/7"),
        ("posted on hxxps://bad[.]example[.]org/a)", "US", "url", "bad.example.org/a"),
        ("her page instagram.com/Rosa_99 was used", "US", "handle", "instagram:rosa_99"),
        ("IG: @rosa_99", "US", "handle", "instagram:rosa_99"),
        ("the account @rosa_99 offered", "US", "handle", "@rosa_99"),
        ("IBAN DE89 3704 0044 0532 0130 00 was credited", "DE", "iban", "DE89370400440532013000"),
        ("paid with 4111 1111 1111 1111 at the desk", "US", "card", "visa"),
        ("white van, license plate ABC-1234 and a trailer", "US", "plate", "ABC1234"),
        ("una camioneta con placas XYZ-12-34", "MX", "plate", "XYZ1234"),
        ("VIN 1M8GDM9AXKP042788", "US", "vin", "1M8GDM9AXKP042788"),
        ("handset 490154203237518 seized", "GB", "imei", "490154203237518"),
        ("passport no. G12345678 was withheld", "US", "passport", "G12345678"),
        ("CURP SOGY500805MBCTLL15", "US", "national_id", "SOGY500805MBCTLL15"),
        (
            "wallet 12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h got",
            "US",
            "wallet",
            "btc:12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h",
        ),
        ("login from 8.8.8.8, again", "US", "ip", "8.8.8.8"),
        ("in case 3:15\u2212cr\u221200024\u2212JZ the court", "US", "docket", "3:15-cr-00024"),
        ("the tanker (IMO 9187629)", "US", "imo", "9187629"),
        ("sentenced on Jan. 22, 2015, in", "US", "date", "2015-01-22"),
        ("el 22 de enero de 2015", "MX", "date", "2015-01-22"),
        ("since May 2014", "US", "date", "2014-05"),
        ("entry 2015-01-22.", "US", "date", "2015-01-22"),
        ("entry 22.01.2015", "DE", "date", "2015-01-22"),
        ("a 17-year-old girl", "US", "age", "17"),
        ("smuggled from Guatemala", "US", "country", "GT"),
        ("two Uzbek women", "US", "nationality", "UZ"),
        ("in Norcross, Ga., and", "US", "place", "geonames:4212888"),
        ("driven to Tlaxcala, Mexico", "US", "place", "geonames:3815415"),
        ("to San Luis Potosi", "US", "place", "geonames:3985606"),
    ],
)
def test_it_finds_what_is_written(text: str, country: str, kind: str, value: str) -> None:
    assert value in values(text, kind, country)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("between 2009-2013 and 1,200,000 dollars", "phone"),
        ("docket 4:09-cr-00143 of 2009", "phone"),
        ("serial 4111 1111 1111 1112", "card"),
        ("telegram service and signal lost", "handle"),
        ("the U.S. Attorney and the Mobile Unit", "place"),
        ("Reading of the verdict in March", "place"),
        ("Northern District of Georgia", "country"),
        ("the Polished surface", "nationality"),
        ("version 1.2.3.4.5", "ip"),
        ("the registration was late", "plate"),
        ("U.S. Attorney David E. Nahmias announced", "person"),
        ("Trial Attorneys Karima Maloney and Susan Coppedge of the Civil Rights Division", "person"),
        ("Member of Human Trafficking Ring Pleads Guilty", "person"),
        ("99/99/2015", "date"),
    ],
)
def test_it_leaves_alone_what_only_looks_alike(text: str, kind: str) -> None:
    assert values(text, kind) == []


def test_one_person_is_one_finding_with_what_the_sentence_says_of_him() -> None:
    assert person('Raul Cortes-Meza, 21, aka "Oscar", a Mexican national, pleaded guilty') == {
        "name": "Raul Cortes-Meza",
        "aliases": "Oscar",
        "age": "21",
        "nationality": "MX",
    }


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ('LaQuentin Brown, aka "Nino," 32, of Memphis, Tennessee, was',
         {"name": "LaQuentin Brown", "aliases": "Nino", "age": "32", "place": "Memphis, Tennessee"}),
        ('Kanubhai Patel, a/k/a "Mr. Kenny" and "Pop," 73, of Kenner, Louisiana',
         {"name": "Kanubhai Patel", "aliases": "Mr. Kenny; Pop", "age": "73", "place": "Kenner, Louisiana"}),
        ('Julian "Piolin" Zapata Espinoza fled', {"name": "Julian Zapata Espinoza", "aliases": "Piolin"}),
        ("then Odilon Martinez-Rojas, 43, of Tenancingo, Tlaxcala, Mexico, drove",
         {"name": "Odilon Martinez-Rojas", "age": "43", "place": "Tenancingo, Tlaxcala, Mexico"}),
        ("the defendant Severiano Martinez-Rojas said", {"name": "Severiano Martinez-Rojas"}),
        ("Pablo Duran Jr., 23, pleaded", {"name": "Pablo Duran Jr.", "age": "23"}),
        ("María de los Ángeles Pérez (DOB 3/4/1985)",
         {"name": "María de los Ángeles Pérez", "birth_date": "1985-03-04"}),
        ("Officer Juan Carlos Guerrero, 39, of Mission, Texas",
         {"name": "Juan Carlos Guerrero", "age": "39", "place": "Mission, Texas"}),
        ("Odilon Martinez-Rojas, aka Chino or Saul, 44, fled",
         {"name": "Odilon Martinez-Rojas", "aliases": "Chino; Saul", "age": "44"}),
        ("Habtom Merhay, 47, a citizen of Eritrea living", {"name": "Habtom Merhay", "age": "47", "nationality": "ER"}),
    ],
)  # fmt: skip
def test_it_gathers_name_alias_age_place_and_nationality(text: str, fields: dict[str, str]) -> None:
    assert person(text) == fields


def test_two_people_of_one_sentence_stay_two() -> None:
    text = (
        "Juan Carlos Guerrero, 39, of Mission, Claudia Flores, 34, of Mission, and Maribel Rivera, 43, drove."
    )
    assert values(text, "person") == ["juan carlos guerrero", "claudia flores", "maribel rivera"]
    assert values(text, "place") == []


def test_the_next_person_of_a_list_is_not_an_alias_of_the_one_before() -> None:
    text = 'Arturo Rojas-Coyotl, also known as Taco and Jonathan, and Duane Phillips, aka "P-nut," and Anthony Ellis, 25'
    aliases = [f.fields.get("aliases", "") for f in find(text) if f.kind == "person"]
    assert aliases == ["Taco; Jonathan", "P-nut", ""]


def test_known_names_are_found_whatever_their_accents_and_case() -> None:
    found = find("rumours about ODILÓN MARTINEZ-ROJAS again", known_names=["Odilon Martínez-Rojas"])
    assert [f.value for f in found if f.kind == "person"] == ["odilon martinez-rojas"]


def test_a_day_and_month_that_could_be_swapped_are_read_as_the_country_writes_and_flagged() -> None:
    (american,) = find("3/4/2015", country="US")
    (british,) = find("3/4/2015", country="GB")
    assert (american.value, british.value) == ("2015-03-04", "2015-04-03")
    assert "other way round" in american.note
    assert find("22/01/2015", country="US")[0].note == ""


def test_a_number_grouped_in_a_foreign_way_carries_a_doubt() -> None:
    (found,) = find("write 55 1234 5678", country="US")
    assert found.confidence < 0.5
    assert found.note


def test_the_issuing_country_of_a_document_is_only_what_the_text_says() -> None:
    stated, silent = (
        next(f for f in find(text) if f.kind == "passport")
        for text in ("a Guatemalan passport 123456789", "passport 123456789")
    )
    assert stated.fields == {"country": "GT"}
    assert silent.fields == {}


def test_a_card_number_does_not_leave_the_text() -> None:
    (found,) = find("card 4111 1111 1111 1111.")
    assert "4111" not in found.raw + found.value + found.display


def test_a_travel_documents_zone_tells_its_holder() -> None:
    zone = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
    (found,) = find(f"copied:\n{zone}\nat the desk")
    assert (found.kind, found.fields["name"], found.fields["birth_date"]) == (
        "mrz",
        "Anna Maria Eriksson",
        "1974-08-12",
    )


def test_positions_count_in_the_text_as_given_with_its_invisible_characters() -> None:
    text = "\u200f\u200bdijo \u202a+52\u00a055\u20111234\u20115678\u202c y\x00 rosa@example.org"
    for found in find(text):
        assert text[found.start : found.end] == found.raw
    assert [found.kind for found in find(text)] == ["phone", "email"]


PIECES = ["(404) 555-0134 ", "Juan Perez, 43, of Houston, Texas, ", 'aka "X" ', "DE89 3704 0044 0532 0130 00 ", "3/4/15 ",
          "a@b.co ", "http://x.org/", "1 ", "Aa ", "P<", "\u200b", "😀", "٤", "\x00", "de la ", "4111 ", "f:", "\n", '"']  # fmt: skip


@settings(deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)),
       st.sampled_from(["US", "GB", "MX", "ZZ", ""]))  # fmt: skip
def test_findings_never_overlap_and_lie_inside_any_text(text: str, country: str) -> None:
    end = 0
    for found in find(text, country=country, known_names=["Juan Perez", ""]):
        assert end <= found.start < found.end <= len(text)
        assert found.value
        assert found.display
        assert 0 < found.confidence < 1
        end = found.end


@pytest.mark.parametrize("piece", PIECES)
def test_reading_time_grows_with_the_length_and_nothing_else(piece: str) -> None:
    """Four times the text may take four times as long, with room for a busy machine; backtracking takes sixteen."""
    find(piece * 2_000)
    short, long = (_seconds(piece * (size // len(piece))) for size in (25_000, 100_000))
    assert long < 10 * short + 0.3


def test_random_noise_of_100_kilobytes_is_read() -> None:
    noise = random.Random(7)
    text = "".join(chr(noise.randrange(1, 0xD7FF)) for _ in range(100_000))
    assert _seconds(text) < 5


def _seconds(text: str) -> float:
    start = time.process_time()
    _: tuple[Finding, ...] = find(text)
    return time.process_time() - start
