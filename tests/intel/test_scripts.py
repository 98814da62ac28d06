"""Names across scripts: heads of state, cities and common names, as the world's papers spell them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intel.matching.scripts import agreement, spellings

SAME = [
    ("Путин", "Putin"), ("Зеленский", "Zelensky"), ("Зеленський", "Zelenskyy"), ("Горбачёв", "Gorbachev"),
    ("Шевченко", "Schewtschenko"), ("Хусейн", "Hussein"), ("Вучић", "Vucic"),
    ("محمد", "Mohammed"), ("محمد", "Muhammad"), ("السيسي", "el-Sisi"), ("مبارك", "Mubarak"), ("حسين", "Husayn"),
    ("נתניהו", "Netanyahu"), ("הרצוג", "Herzog"), ("משה", "Moshe"), ("רבקה", "Rivka"),
    ("윤석열", "Yoonsukyeol"), ("이", "Lee"), ("김", "Kim"), ("박", "Park"), ("서울", "Seoul"),
    ("トランプ", "Trump"), ("とらんぷ", "Trump"), ("オバマ", "Obama"), ("メルケル", "Merkel"),
    ("田中", "Tanaka"), ("山本", "Yamamoto"), ("佐藤", "Sato"), ("安倍", "Abe"), ("長谷川", "Hasegawa"),
    ("习近平", "Xijinping"), ("陳", "Chan"), ("陈", "Chen"), ("黄", "Wong"), ("奥巴马", "Obama"), ("歐巴馬", "Obama"),
    ("Παπανδρέου", "Papandreou"), ("Μητσοτάκης", "Mitsotakis"), ("Σαακაშვილი", "Saakashvili"),
    ("Nguyễn", "Nguyen"), ("Müller", "Mueller"), ("Gonzáles", "Gonzalez"), ("Dmitri", "Dmitry"),
    ("Mohammed", "Muhammad"), ("Gaddafi", "Qaddafi"),
    ("محمد", "Мухаммед"), ("プーチン", "Путин"),
]  # fmt: skip
DIFFERENT = [
    ("Путин", "Pushkin"), ("Иван", "Irina"), ("Зеленский", "Kovalenko"), ("محمد", "Abbas"),
    ("نتنياهو", "Mubarak"), ("משה", "Shlomo"), ("김", "Park"), ("トランプ", "Truman"), ("田中", "Suzuki"),
    ("陳", "Wong"), ("奥巴马", "Biden"), ("Παπανδρέου", "Mitsotakis"), ("Müller", "Meyer"), ("Mohammed", "Michael"),
    ("محمد", "Путин"), ("オバマ", "Путин"),
]  # fmt: skip
ANY_WORD = st.text(
    st.sampled_from("aeionrstmklhdüñПутинХсеймحمدسينמשה김이박トランプ田中近陳Πα'-. \u200f\u0301🙂7"),
    max_size=12,
)


@pytest.mark.parametrize(("left", "right"), SAME)
def test_one_name_in_two_spellings_agrees(left: str, right: str) -> None:
    assert agreement(left, right) >= 0.5


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_two_names_do_not_agree(left: str, right: str) -> None:
    assert agreement(left, right) < 0.5


@pytest.mark.parametrize(
    ("word", "spelled"),
    [
        ("Шевченко", "shevchenko"), ("محمد", "muhammad"), ("משה", "moshe"), ("김", "kim"), ("박", "park"),
        ("トランプ", "trump"), ("田中", "tanaka"), ("山本", "yamamoto"), ("習近平", "xijinping"), ("陳", "chan"), ("Παπανδρέου", "papandreou"),
        ("Nguyễn", "nguyen"), ("Müller", "mueller"), ("ＩＶＡＮ", "ivan"),
    ],
)  # fmt: skip
def test_a_word_is_spelled_as_people_spell_it(word: str, spelled: str) -> None:
    assert spelled in spellings(word, most=5)


def test_the_likeliest_spelling_comes_first_and_no_more_are_given_than_asked_for() -> None:
    assert spellings("Шевченко", most=1) == spellings("Шевченко", most=4)[:1]
    assert len(spellings("محمد", most=2)) <= 2


def test_case_points_accents_and_marks_of_direction_change_nothing() -> None:
    assert agreement("ПУТИН", "pUTIN") == agreement("путин", "putin")
    assert agreement("\u200fمُحَمَّد\u200f", "Mohammed") == agreement("محمد", "mohammed")
    assert agreement("Nguye\u0302\u0303n", "Nguyễn") == 1
    assert agreement("ｵﾊﾞﾏ", "Obama") == agreement("オバマ", "obama")


@pytest.mark.parametrize("nothing", ["", " ", "🙂", "12345", "---", "\u200f\u200f", "\u0301"])
def test_what_holds_no_letter_has_no_spelling_and_agrees_with_no_name(nothing: str) -> None:
    assert spellings(nothing) == ()
    assert agreement(nothing, "ivan") == agreement("Иван", nothing) == 0


def test_a_page_pasted_into_a_name_is_answered_at_once() -> None:
    page = "Иван محمد 田中 " * 1_000
    assert 0 <= agreement(page, "a" * 10_000) <= 1
    assert all(len(spelled) < 400 for spelled in spellings(page))


@settings(max_examples=150, deadline=None)
@given(ANY_WORD, ANY_WORD)
def test_agreement_is_a_symmetric_share_and_full_for_equal_words(left: str, right: str) -> None:
    assert 0 <= agreement(left, right) <= 1
    assert agreement(left, right) == agreement(right, left)
    if spellings(left):
        assert agreement(left, left) == 1


@settings(max_examples=100, deadline=None)
@given(ANY_WORD)
def test_spellings_are_distinct_words_of_plain_letters(word: str) -> None:
    found = spellings(word)
    assert len(set(found)) == len(found) <= 3
    assert all(spelled.isascii() and spelled.isalpha() and spelled.islower() for spelled in found)
