"""Identifiers: one canonical form per kind; a failed check warns, an impossible text is refused with a sentence."""

from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from intel.matching.identifiers import KINDS, NotAnIdentifier, mrz, normalise, reads

TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"


@pytest.mark.parametrize(
    ("kind", "raw", "country", "value"),
    [
        ("phone", "(404) 555-0134", "US", "+14045550134"),
        ("phone", "0161 496 0123", "GB", "+441614960123"),
        ("phone", "+52 55 1234 5678", None, "+525512345678"),
        ("phone", "+52 1 55 1234 5678", None, "+525512345678"),
        ("phone", "55 1234 5678", "mx", "+525512345678"),
        ("phone", "0052 55 1234 5678", "US", "+525512345678"),
        ("phone", "٠١٠٠ ١٢٣ ٤٥٦٧", "EG", "+201001234567"),
        ("phone", "\u202a+44\u00a0161\u2011496\u20110123\u202c", None, "+441614960123"),
        ("email", "Mailto:Maria.Lopez+Ads@Example.ORG", None, "maria.lopez+ads@example.org"),
        ("email", "maria [at] example [dot] org", None, "maria@example.org"),
        ("email", "info@bücher.example", None, "info@xn--bcher-kva.example"),
        ("url", "HTTPS://www.Example.org:443/Ads/7/?utm_source=x&id=9#top", None, "example.org/Ads/7?id=9"),
        ("url", "hxxp://bad[.]example[.]org/a", None, "bad.example.org/a"),
        ("handle", "https://www.instagram.com/Rosa_99/?hl=en", None, "instagram:rosa_99"),
        ("handle", "IG: @Rosa_99", None, "instagram:rosa_99"),
        ("handle", "telegram @rosa99", None, "telegram:rosa99"),
        ("handle", "@Rosa99", None, "@rosa99"),
        ("iban", "de89 3704 0044 0532 0130 00", None, "DE89370400440532013000"),
        ("plate", "abc-12-34", "MX", "ABC1234"),
        ("plate", "А123ВС 77", "RU", "A123BC77"),
        ("vin", "1m8gdm9axkp042788", None, "1M8GDM9AXKP042788"),
        ("vin", "1M8GDM9AXKPO42788", None, "1M8GDM9AXKP042788"),
        ("imei", "49-015420-323751-8", None, "490154203237518"),
        ("imei", "49015420323751", None, "490154203237518"),
        ("imei", "4901542032375101", None, "490154203237518"),
        ("passport", "Passport G-12345678", "MX", "G12345678"),
        ("national_id", "SOGY500805MBCTLL15", None, "SOGY500805MBCTLL15"),
        ("national_id", "16.247.821", "CO", "16247821"),
        ("wallet", "12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h", None, "btc:12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h"),
        ("wallet", "bitcoin:BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4?amount=1", None,
         "btc:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
        ("wallet", "0x7F367cC41522cE07553e823bf3be79A889DEbe1B", None, "eth:0x7f367cc41522ce07553e823bf3be79a889debe1b"),
        ("ip", "2001:0DB8:0:0::7", None, "2001:db8::7"),
        ("docket", "3:15\u2212cr\u221200024\u2212JZ", None, "3:15-cr-00024"),
        ("docket", "Case No. 1:2013-CR-128 (BMC)", None, "1:13-cr-00128"),
        ("imo", "IMO 9187629", None, "9187629"),
        ("mmsi", "MMSI: 572469210", None, "572469210"),
    ],
)  # fmt: skip
def test_it_brings_every_way_of_writing_to_one_value(
    kind: str, raw: str, country: str | None, value: str
) -> None:
    assert normalise(kind, raw, country=country).value == value


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("iban", "GB82WEST12345698765432", "GB82WEST12345698765431"),
        ("imei", "490154203237518", "490154203237517"),
        ("vin", "1M8GDM9AXKP042788", "1M8GDM9A1KP042788"),
        ("mrz", TD3, TD3.replace("L898902C36", "L898902C37")),
        ("wallet", "12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h", "12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9i"),
        (
            "wallet",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
        ),
        ("imo", "9187629", "9187628"),
        ("card", "4111 1111 1111 1111", "4111 1111 1111 1112"),
        ("national_id", "SOGY500805MBCTLL15", "SOGY500805MBCTLL16"),
    ],
)
def test_a_failed_check_digit_warns_and_never_blocks(kind: str, right: str, wrong: str) -> None:
    assert normalise(kind, right).warnings == ()
    assert normalise(kind, wrong).warnings


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("phone", "+1999"),
        ("phone", "0161 496 0123"),
        ("phone", "call me"),
        ("email", "maria.example.org"),
        ("email", "two words@example.org"),
        ("url", "javascript:alert(1)"),
        ("url", "file:///etc/passwd"),
        ("iban", "DE12"),
        ("vin", "ABC"),
        ("imei", "12345"),
        ("passport", "LOST"),
        ("mrz", "P<UTOERIKSSON"),
        ("wallet", "0xa7e5d5a720f06526557c513402f2e6b5fa20b00"),
        ("ip", "999.1.1.1"),
        ("docket", "the case"),
        ("card", "4111"),
        ("handle", "https://t.me/joinchat/abc"),
        ("plate", "-"),
        ("phone", "5" * 5000),
    ],
)
def test_what_cannot_be_an_identifier_is_refused_with_a_sentence(kind: str, raw: str) -> None:
    with pytest.raises(NotAnIdentifier, match=r"^[A-Z].*\.$"):
        normalise(kind, raw)


def test_a_card_number_is_never_kept() -> None:
    card = normalise("card", "4111-1111-1111-1111")
    assert (card.value, card.display) == ("visa", "payment card (Visa)")
    assert not KINDS["card"].links


def test_the_country_stands_beside_the_value_and_not_in_it() -> None:
    assert normalise("plate", "ABC 123", country="us").country == "US"
    assert normalise("national_id", "SOGY500805MBCTLL15", country="US").country == "MX"
    assert normalise("phone", "(404) 555-0134", country="US").country == "US"


@pytest.mark.parametrize(("zone", "number"), [(TD1, "D23145890"), (TD2, "D23145890"), (TD3, "L898902C3")])
def test_it_reads_the_specimen_travel_documents(zone: str, number: str) -> None:
    document = mrz.read(zone)
    assert (document.number, document.name, document.sex) == (number, "ANNA MARIA ERIKSSON", "F")
    assert (document.birth_date, document.nationality, document.wrong) == ("1974-08-12", "UTO", ())


def test_a_zone_is_read_in_one_piece_and_names_the_field_that_fails() -> None:
    damaged = TD3.replace("\n", "|").replace("7408122F", "7408132F")
    assert mrz.read(damaged).wrong == ("birth date", "whole zone")


def test_a_two_digit_birth_year_lies_in_the_past() -> None:
    zone = TD1.replace("7408122F", "3008122F")
    assert mrz.read(zone, date(2026, 1, 1)).birth_date == "1930-08-12"
    assert mrz.read(zone, date(2031, 1, 1)).birth_date == "2030-08-12"


def test_it_reads_aloud() -> None:
    assert reads("phone", "+1 404-555-0134") == "the telephone number +1 404-555-0134"


SEEDS = [
    TD3,
    "+525512345678",
    "instagram:rosa",
    "@rosa",
    "DE89370400440532013000",
    "3:15-cr-00024",
    "2001:db8::7",
]
ALPHABET = st.text("0123456789abcxyzABXZ<>:/.@+-() \n%?&=#_İßŉ٣\u200e\u0345", max_size=60)


@settings(deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.one_of(st.text(max_size=60), ALPHABET, st.sampled_from(SEEDS)),
       st.sampled_from([None, "US", "GB", "MX", "DE"]))  # fmt: skip
@example("phone", "+14045550134", None)
def test_normalising_twice_changes_nothing(kind: str, raw: str, country: str | None) -> None:
    try:
        once = normalise(kind, raw, country=country)
    except NotAnIdentifier:
        return
    again = normalise(kind, once.value, country=once.country)
    assert (again.value, again.display, again.country) == (once.value, once.display, once.country)
    assert once.value.strip()
