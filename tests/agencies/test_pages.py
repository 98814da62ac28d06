"""Keyset pages: newest first, every row once in both directions, whatever the cursor says."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from agencies import pages
from agencies.models import User
from agencies.pages import Page, keyset_page
from cases.models import Note
from tests import factories


@pytest.fixture
def notes(alice: User) -> list[Note]:
    """Seven notes, newest first; three of them were written in the same instant."""
    case = factories.case(alice)
    start = timezone.now()
    minutes = [7, 6, 5, 5, 5, 2, 1]
    rows = [
        Note(case=case, agency=case.agency, text=str(n), created_at=start + timedelta(minutes=m))
        for n, m in enumerate(minutes)
    ]
    Note.objects.bulk_create(rows)
    return sorted(rows, key=lambda note: (note.created_at, note.pk), reverse=True)


def page(viewer: User, query: str = "", size: int = 2) -> Page[Note]:
    return keyset_page(Note.objects.visible_to(viewer), QueryDict(query.removeprefix("?")), size)


def test_going_older_meets_every_row_once_and_going_back_meets_them_again(
    alice: User, notes: list[Note]
) -> None:
    here = page(alice)
    there = list(here.rows)
    while here.older:
        here = page(alice, here.older)
        there += here.rows
    assert there == notes

    back = [here.rows]
    while here.newer:
        here = page(alice, here.newer)
        back.append(here.rows)
    assert back == [notes[6:], notes[4:6], notes[2:4], notes[:2]]


def test_the_last_page_has_no_older_and_the_first_no_newer(alice: User, notes: list[Note]) -> None:
    whole = page(alice, size=len(notes))
    assert (whole.rows, whole.newer, whole.older) == (notes, "", "")


def test_it_keeps_the_filters_in_its_links(alice: User, notes: list[Note]) -> None:
    assert page(alice, "status=open&status=new&q=a+b").older.startswith(
        "?status=open&status=new&q=a+b&before="
    )


def test_a_row_that_vanished_leaves_no_gap(alice: User, notes: list[Note]) -> None:
    older = page(alice).older
    notes[1].delete()
    assert page(alice, older).rows == notes[2:4]


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize(
    "text", ["", "rubbish", "|", "2026-01-01T00:00:00|x", "2026-01-01T00:00:00+00:00|x", "\x00"]
)
def test_a_bad_cursor_gives_the_first_page(alice: User, notes: list[Note], side: str, text: str) -> None:
    encoded = base64.urlsafe_b64encode(text.encode()).decode()
    for cursor in (encoded, text, "é", "a"):
        assert page(alice, f"{side}={cursor}").rows == notes[:2]


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_cursor_from_the_ends_of_time_breaks_nothing(
    alice: User, notes: list[Note], side: str, moment: str
) -> None:
    cursor = base64.urlsafe_b64encode(f"{moment}|{notes[0].pk}".encode()).decode()
    assert page(alice, f"{side}={cursor}").rows


def test_an_outsider_gets_no_rows_and_no_count(charlie: User, notes: list[Note]) -> None:
    assert page(charlie) == Page([], "", "", 0)


def test_the_count_stops_at_the_cap(alice: User, notes: list[Note], monkeypatch: pytest.MonkeyPatch) -> None:
    assert page(alice).count_label == "7"
    monkeypatch.setattr(pages, "COUNT_CAP", 5)
    assert page(alice).count_label == "5+"
    assert page(alice).count == 6
