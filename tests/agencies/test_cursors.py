"""A cursor brings its reader back to the place, and tells nobody anything."""

from __future__ import annotations

import uuid
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agencies.cursors import START, Place, seal, unseal

places = st.builds(Place, st.integers(0, 2**63 - 1), st.uuids())


@given(places)
def test_a_cursor_leads_back_to_its_place(place: Place) -> None:
    assert unseal(seal(place, "feed"), "feed") == place


@given(places)
def test_the_same_place_is_always_the_same_text(place: Place) -> None:
    assert seal(place, "feed") == seal(place, "feed")


def test_a_cursor_opens_in_its_own_feed_only() -> None:
    assert unseal(seal(START, "Eastport's leads"), "Northland's leads") is None


def test_how_far_two_places_are_apart_cannot_be_read_off() -> None:
    row = uuid.uuid4()
    texts = [seal(Place(txid, row), "feed") for txid in range(1_000, 1_064)]
    shared = [sum(a == b for a, b in zip(one, other, strict=True)) for one, other in pairwise(texts)]
    assert max(shared) < len(texts[0]) / 3


@given(st.text(max_size=80))
def test_what_is_no_cursor_does_not_open(text: str) -> None:
    assert unseal(text, "feed") is None


@pytest.mark.parametrize("position", range(0, 54, 5))
def test_a_cursor_cannot_be_altered(position: int) -> None:
    text = seal(Place(7, uuid.uuid4()), "feed")
    other = "A" if text[position] != "A" else "B"
    assert unseal(text[:position] + other + text[position + 1 :], "feed") is None
