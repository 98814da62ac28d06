"""Two names as written: whether they may be one, why, and what the command makes of a file of them."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import example, given, settings
from hypothesis import strategies as st

from intel.matching.resemblance import compare
from intel.matching.resemblance.slips import slips

EVEN = 0.5

ONE_PERSON = [
    ("John Smith", "SMITH, John"),
    ("John F. Smith", "John Smith"),
    ("J. Smith", "John Smith"),
    ("Bob Smith", "Robert Smith"),
    ("Dr. Angela Merkel", "Angela Dorothea Merkel"),
    ("Angela Merkel (née Kasner)", "Angela Kasner"),
    ("José María García López", "Jose Ma. Garcia Lopez"),
    ("María del Carmen Pérez Gómez", "Maria Carmen Perez"),
    ("Joaquín Guzmán Loera", "Joaquin Guzman"),
    ("Juan Ortega y Gasset", "Juan Ortega Gasset"),
    ("Carlos Vega alias El Chino", "Carlos Vega"),
    ("Sean O'Brien", "Sean O Brien"),
    ("Ian MacDonald", "Ian McDonald"),
    ("John St. Clair", "John Saint Clair"),
    ("Jürgen Müller", "Juergen Mueller"),
    ("Mary Ann Smith", "Maryann Smith"),
    ("Ludwig van Beethoven", "Ludwig Beethoven"),
    ("Muhammad Ali", "Mohamed Aly"),
    ("Abd al-Rahman Yousef", "Abdulrahman Yusuf"),
    ("Usama bin Muhammad bin Awad bin Ladin", "Osama bin Laden"),
    ("Vladimir Putin", "Владимир Владимирович Путин"),
    ("Mikhail Gorbachev", "Michail Gorbatschow"),
    ("Mao Zedong", "毛泽东"),
    ("Mao Tse-tung", "Mao Zedong"),
    ("Xi Jin-ping", "Jinping Xi"),
    ("Kim Jong-un", "김정은"),
    ("Đặng Thị Ngọc Thịnh", "Dang Thi Ngoc Thinh"),
    ("Mohamed", "Muhammad"),
    ("Katarzyna", "Kasia"),
]
TWO_PERSONS = [
    ("John Smith", "Jane Smith"),
    ("Mario Rossi", "Maria Rossi"),
    ("Jose Garcia", "Juan Garcia"),
    ("Ahmed Ali", "Mohamed Ali"),
    ("Maria Garcia", "Garcia"),
    ("J. Smith", "K. Smith"),
    ("Omar bin Khalid", "Khalid bin Omar"),
    ("Martin King Jr.", "Martin King Sr."),
    ("Carlos Hernandez Lopez", "Carlos Hernandez Martinez"),
    ("Wang Wei", "Wang Fang"),
    ("王伟", "王芳"),
    ("Peter Parker", "Parker Peterson"),
]
ONE_ORGANISATION = [
    ("Apple, Inc.", "Apple Incorporated"),
    ("OOO Gazprom", "Gazprom LLC"),
    ("ПАО Сбербанк", "Sberbank PJSC"),
    ("Smith & Sons Ltd", "Smith and Sons Limited"),
    ("International Business Machines Corporation", "IBM Corp."),
    ("Petroleos de Venezuela S.A.", "PDVSA"),
    ("University of Oxford", "Oxford University"),
    ("Sinaloa Cartel", "Cártel de Sinaloa"),
    ("Shanghai Intl Trading Co., Ltd", "Shanghai International Trading Company Limited"),
    ("Huawei Tech. Co.", "Huawei Technologies"),
    ("华为技术有限公司", "Huawei Technologies"),
    ("Fund III LP", "Fund 3 LP"),
    ("Facebook", "Face Book"),
    ("J.P. Morgan & Co.", "JP Morgan & Co."),
]
TWO_ORGANISATIONS = [
    ("Bank of China", "Bank of India"),
    ("General Electric", "General Motors"),
    ("Global Trading LLC", "Global Shipping LLC"),
    ("Bank 1", "Bank 2"),
    ("Acme", "Acme II"),
    ("Banco Santander", "Banco Santander Chile"),
    ("Saudi Arabian Gas Company", "Saudi Arabian Oil Company"),
]


@pytest.mark.parametrize(("left", "right"), ONE_PERSON)
def test_it_takes_spellings_of_one_person_for_one(left: str, right: str) -> None:
    assert compare(left, right, "person").score >= EVEN


@pytest.mark.parametrize(("left", "right"), TWO_PERSONS)
def test_it_keeps_two_persons_apart(left: str, right: str) -> None:
    assert compare(left, right, "Person").score < EVEN


@pytest.mark.parametrize(("left", "right"), ONE_ORGANISATION)
def test_it_takes_spellings_of_one_organisation_for_one(left: str, right: str) -> None:
    assert compare(left, right, "Company").score >= EVEN


@pytest.mark.parametrize(("left", "right"), TWO_ORGANISATIONS)
def test_it_keeps_two_organisations_apart(left: str, right: str) -> None:
    assert compare(left, right, "organisation").score < EVEN


@pytest.mark.parametrize(
    ("kind", "left", "right", "one"),
    [
        ("vessel", "M/V Ocean Star", "OCEANSTAR", True),
        ("vessel", "Ocean Star 1", "Ocean Star 2", False),
        ("address", "12 Main Street, Springfield", "12 Main St., Springfield", True),
        ("address", "Flat 3, 25 High Road, London", "25 High Rd, Flat 3, London", True),
        ("address", "Hauptstraße 5, 10115 Berlin", "Hauptstr. 5, Berlin", True),
        ("address", "12 Main Street, Springfield", "14 Main Street, Springfield", False),
    ],
)
def test_ships_and_addresses_stand_or_fall_with_their_numbers(
    kind: str, left: str, right: str, one: bool
) -> None:
    assert (compare(left, right, kind).score >= EVEN) is one


def test_without_a_kind_the_words_tell_what_is_named() -> None:
    assert "legal form" in compare("Gazprom", "OOO Gazprom").reason
    assert compare("International Business Machines", "IBM").score >= EVEN


@pytest.mark.parametrize(
    ("nearer", "farther"),
    [
        (("John Smith", "John Smith"), ("John Smith", "JOHN SMITH")),
        (("John Smith", "JOHN SMITH"), ("John Smith", "John Smyth")),
        (("John Smith", "John F. Smith"), ("John Smith", "John Frederick Smith")),
        (("Ana Silva", "Ana de Silva"), ("Ana Silva", "Ana Pereira Silva")),
        (("Robert Hale", "Bob Hale"), ("Robert Hale", "Hubert Hale")),
        (("Elena Novak", "Yelena Novak"), ("Elena Novak", "Alina Novak")),
    ],
)
def test_a_smaller_difference_scores_higher(nearer: tuple[str, str], farther: tuple[str, str]) -> None:
    assert compare(*nearer, "person").score > compare(*farther, "person").score


def test_only_the_same_text_scores_one() -> None:
    assert compare("Ana Silva", "Ana Silva").score == 1.0
    assert compare("Ana Silva", "ana silva").score < 1.0


def test_the_reason_names_the_words_that_differ() -> None:
    reason = compare("Bob Smith", "Robert James Smith", "person").reason
    assert "'bob' and 'robert' are forms of one name" in reason
    assert "'james' is in one name only" in reason


def test_another_number_of_a_series_is_said() -> None:
    assert (
        "number 2 is not 3"
        in compare("North Sea Fund II LP", "North Sea Fund III LP", "company").reason.lower()
    )


# --- Properties ------------------------------------------------------------------------------------

TEXTS = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [name for pair in ONE_PERSON + TWO_PERSONS + ONE_ORGANISATION + TWO_ORGANISATIONS for name in pair]
    ),
)
KINDS = st.sampled_from(["", "person", "Company", "Vessel", "address", "no such kind"])


@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS, KINDS)
@example("", "", "")
@example("aka", "; |", "person")
@example("(", "()", "person")
@example(",", "Smith,", "person")
@example("née", "X née", "person")
@example("\x00\ud800", "\u202e\u200b", "")
@example("IV", "V", "company")
@example("بن", "בן", "person")
def test_any_two_texts_compare_and_their_order_says_nothing(left: str, right: str, kind: str) -> None:
    found = compare(left, right, kind)
    assert 0.0 <= found.score <= 1.0
    assert found.reason.endswith(".")
    assert found == compare(right, left, kind)
    assert (found.score == 1.0) <= (left.strip() != "")


@settings(max_examples=200, deadline=None)
@given(TEXTS.filter(lambda text: bool(text.strip())), KINDS)
def test_a_name_is_itself(name: str, kind: str) -> None:
    assert compare(name, name, kind).score == 1.0


WORDS = st.text(alphabet="abcdehijklmnoprstuvwyz", min_size=1, max_size=12)


@given(WORDS, WORDS)
def test_slips_between_words_are_symmetric_and_none_within_one(left: str, right: str) -> None:
    assert slips(left, right).cost == slips(right, left).cost
    assert (slips(left, right).cost == 0) == (left == right)


@settings(deadline=20_000, max_examples=30)
@given(
    st.sampled_from(["a b ", "ab|", "(x)", "(((", "aka b;", "'\"", "محمد ", "王", "1 "]),
    st.sampled_from(["person", "company", ""]),
)
def test_a_pasted_page_costs_no_more_than_a_name(piece: str, kind: str) -> None:
    assert compare(piece * 5_000, piece * 4_999 + "end", kind).score <= 1.0


# --- The command -------------------------------------------------------------------------------------


def scores(path: Path, out: Path | None = None) -> tuple[list[dict[str, str]], str]:
    target, said = out or path.with_name("scores.csv"), StringIO()
    call_command("compare_names", str(path), out=target, stderr=said)
    with target.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines)), said.getvalue()


def test_it_scores_each_row_in_order_and_keeps_other_columns(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("id,left,right,kind\n7,Bob Hale,Robert Hale,person\n8,Acme Ltd,Zenith Ltd,company\n")
    rows, said = scores(pairs)
    assert [row["id"] for row in rows] == ["7", "8"]
    assert float(rows[0]["score"]) > EVEN > float(rows[1]["score"])
    assert rows[0]["reason"] == "'bob' and 'robert' are forms of one name."
    assert "2 pairs compared" in said
    pairs.write_text("left,right\nBob Hale,Robert Hale\n")
    assert "1 pair compared" in scores(pairs)[1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_it_reads_what_spreadsheets_save(tmp_path: Path, encoding: str, separator: str) -> None:
    pairs = tmp_path / "pairs.csv"
    lines = [("Left", "RIGHT"), ("José Muñoz", "Jose Munoz"), ("Jürgen Groß", "Jurgen Gross")]
    pairs.write_bytes("\r\n".join(separator.join(line) for line in lines).encode(encoding))
    rows, _ = scores(pairs)
    assert [float(row["score"]) > 0.9 for row in rows] == [True, True]


def test_rows_that_cannot_be_read_are_named_and_left_out(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text(
        'left,right\nAna Silva,Anna Silva\nonly one\na,b,c,d\n"never closed,Ana\n\x00,x\nJan Novak,\n'
    )
    rows, said = scores(pairs)
    assert [row["left"] for row in rows if row["right"] == "Anna Silva"] == ["Ana Silva"]
    assert float(next(row for row in rows if row["left"] == "Jan Novak")["score"]) == 0
    assert "line 3: has 1 cells" in said
    assert "line 4: has 4 cells" in said


@pytest.mark.parametrize("content", ["name,other\na,b\n", "left\na\n", "left,left,right\na,b,c\n", ""])
def test_it_says_in_one_sentence_what_the_file_lacks(tmp_path: Path, content: str) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text(content)
    with pytest.raises(CommandError, match=r"^pairs\.csv .*\.$"):
        scores(pairs)


def test_a_file_that_fails_leaves_the_earlier_scores_alone(tmp_path: Path) -> None:
    out = tmp_path / "scores.csv"
    out.write_text("earlier")
    with pytest.raises(CommandError):
        scores(tmp_path / "missing.csv", out)
    assert out.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [out]


def test_its_own_scores_can_be_scored_again(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("left,right,score,reason\nAna Silva,Ana Silva,0,old\n")
    rows, _ = scores(pairs)
    assert rows == [
        {"left": "Ana Silva", "right": "Ana Silva", "score": "1.0000", "reason": "The names are the same."}
    ]


def test_a_long_file_comes_out_whole_and_in_order(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("left,right\n" + "".join(f"Ana Silva {n},Ana Silva {n + n % 2}\n" for n in range(9_000)))
    rows, _ = scores(pairs)
    assert [row["left"] for row in rows] == [f"Ana Silva {n}" for n in range(9_000)]
    assert all((row["score"] == "1.0000") == (row["left"] == row["right"]) for row in rows)
