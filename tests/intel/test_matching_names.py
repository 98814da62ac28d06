"""How a name is read into words, and when two words stand for one another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intel.matching.naming import parse_person
from intel.matching.vocabulary import full_names, name_families, person_words
from intel.matching.words import Likeness, beginnings, likeness


def tokens(shown: str) -> tuple[str, ...]:
    name = parse_person(shown)
    return name.tokens if name else ()


@pytest.mark.parametrize(
    ("shown", "read"),
    [
        ("Maulana Masood Azhar", ("masood", "azhar")),
        ("Zia-ur-Rahman Ghilzai", ("zia", "rahman", "ghilzai")),
        ("Anna Schmidt née Braun", ("anna", "schmidt", "braun")),
        ("Md. Rahman", ("md", "rahman")),
        ("محمد بن سلمان", ("mohammed", "salman")),
        ("ゼレンスキー", ("zelensky",)),
        ("习近平", ("xi", "jin", "ping")),
        ("김정은", ("gim", "jeong", "eun")),
    ],
)
def test_a_name_is_read_into_the_words_people_write_in_latin_letters(
    shown: str, read: tuple[str, ...]
) -> None:
    assert tokens(shown) == read


@pytest.mark.parametrize(
    ("left", "right", "kind"),
    [
        ("mehmet", "muhammad", Likeness.SOUND),
        ("yusuf", "joseph", Likeness.SOUND),
        ("volodymyr", "wladimir", Likeness.SOUND),
        ("kasia", "katarzyna", Likeness.NICKNAME),
        ("toninho", "antonio", Likeness.NICKNAME),
        ("yossi", "yosef", Likeness.NICKNAME),
        ("md", "mohammed", Likeness.NICKNAME),
        ("mario", "maria", None),
        ("ahmed", "mohamed", None),
    ],
)
def test_known_forms_of_one_name_are_alike(left: str, right: str, kind: Likeness | None) -> None:
    assert likeness(left, right) == kind == likeness(right, left)


KNOWN = sorted({*full_names(), *name_families()})


@given(st.sampled_from(KNOWN), st.sampled_from(KNOWN))
def test_words_that_begin_with_nothing_in_common_are_never_alike(left: str, right: str) -> None:
    """The engine spares itself the comparison of words whose beginnings share no bit."""
    if not beginnings(left) & beginnings(right):
        assert likeness(left, right) is None


def test_no_table_calls_a_word_by_itself_or_a_title_a_particle() -> None:
    assert not [word for word, names in full_names().items() if word in names]
    assert not person_words().titles & person_words().particles
