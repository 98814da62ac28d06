"""The order of the list of hits: the band, then what the reader may know; and which rows stand together."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import QueryDict

from agencies import actions as agency_actions
from agencies.models import Agency, User
from agencies.pages import keyset_page
from agencies.visibility import Level
from intel import ranking
from intel.matching import pointers
from intel.models import Hit, HitNotice, Lead
from tests import factories
from tests.factories.hits import link


def pair(alice: User, other: User, number: int, name: str = "", **theirs: Any) -> tuple[Hit, Lead]:
    """A hit on a telephone number, and on a name where one is given."""
    phone = f"+1 404 555 03{number:02}"
    own = factories.lead(
        alice, f"Ours {number}", subjects=(factories.subject(name or f"Ours {number}", phone=phone),)
    )
    lead = factories.lead(
        other, f"Theirs {number}", subjects=(factories.subject(name, phone=phone, **theirs),)
    )
    return link(own, lead), lead


def shown(client: Any, query: str = "") -> list[str]:
    """The leads of ours in the order of the rows."""
    return re.findall(r"· (Ours \d+)</small>", client.get(f"/hits/?{query}").content.decode())


def test_the_stronger_band_comes_first_whatever_is_newer(
    alice: User, bob: User, northland: Agency, as_user: Any
) -> None:
    hits = [pair(alice, bob, number)[0] for number in range(3)]
    for hit, band in zip(hits, ("possible", "strong", "probable"), strict=True):
        hit.band = band
        hit.save()
        pointers.write_notices(hit)
    assert shown(as_user(alice)) == ["Ours 1", "Ours 2", "Ours 0"]


def test_sealed_hits_of_a_band_stand_by_what_agrees_with_the_own_record(
    alice: User, bob: User, as_user: Any
) -> None:
    pair(alice, bob, 0)
    pair(alice, bob, 1, "Odilon Martinez-Rojas")
    pair(alice, bob, 2)
    assert shown(as_user(alice)) == ["Ours 1", "Ours 2", "Ours 0"]


def test_open_hits_of_a_band_stand_by_their_score(
    alice: User, bob: User, bea: User, northland: Agency, as_user: Any
) -> None:
    held = [pair(alice, bob, number) for number in range(3)]
    for (hit, lead), bits in zip(held, (9.0, 30.0, 20.0), strict=True):
        Hit.objects.filter(pk=hit.pk).update(bits=bits)
        agency_actions.share(lead, agency=northland, level=Level.VIEW, reason="joint work", by=bea)
    assert shown(as_user(alice)) == ["Ours 1", "Ours 2", "Ours 0"]
    agency_actions.revoke(held[1][1], agency=northland, reason="done", by=bea)
    assert shown(as_user(alice))[0] == "Ours 2"


def test_hits_within_the_own_files_stand_by_their_score(alice: User, anna: User, as_user: Any) -> None:
    for number, name in ((0, ""), (1, "Odilon Martinez-Rojas")):
        pair(alice, anna, number, name)
    scores = [hit.bits for hit in Hit.objects.order_by("-bits")]
    assert [row.rank % 1000 for row in HitNotice.objects.order_by("-rank")] == [
        pytest.approx(bits) for bits in scores
    ]
    # Both records are the agency's own: the notice stands on the one that came first by its id.
    page = as_user(alice).get("/hits/").content.decode()
    assert re.findall(r"· (?:Ours|Theirs) (\d+)</small>", page) == ["1", "0"]


def test_a_list_too_long_to_ask_about_each_row_stands_by_the_kept_places(
    alice: User, bob: User, bea: User, northland: Agency, as_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = (pair(alice, bob, number)[1] for number in (0, 1))
    Hit.objects.update(bits=40.0)
    agency_actions.share(first, agency=northland, level=Level.VIEW, reason="joint work", by=bea)
    assert shown(as_user(alice))[0] == "Ours 0"
    monkeypatch.setattr(ranking, "MOST_ASKED", 1)
    assert shown(as_user(alice))[0] == "Ours 1"


def test_newest_first_is_a_choice(alice: User, bob: User, as_user: Any) -> None:
    pair(alice, bob, 0, "Odilon Martinez-Rojas")
    pair(alice, bob, 1)
    assert shown(as_user(alice), "order=newest") == ["Ours 1", "Ours 0"]


def test_pages_meet_every_hit_once_in_both_directions(
    alice: User, bob: User, bea: User, northland: Agency
) -> None:
    for number in range(7):
        _, lead = pair(alice, bob, number, "Odilon Martinez-Rojas" if number % 2 else "")
        if number % 3 == 0:
            agency_actions.share(lead, agency=northland, level=Level.VIEW, reason="joint work", by=bea)
    rows = HitNotice.objects.visible_to(alice)
    expected = [notice.pk for notice in ranking.most_telling_first(rows, alice)]

    def page(query: str) -> Any:
        return keyset_page(ranking.ranked(rows, alice), QueryDict(query.removeprefix("?")), 2, ranking.ORDER)

    here = page("")
    met = [here.rows]
    while here.older:
        here = page(here.older)
        met.append(here.rows)
    assert [notice.pk for part in met for notice in part] == expected
    back = [here.rows]
    while here.newer:
        here = page(here.newer)
        back.append(here.rows)
    assert {notice.pk for part in back for notice in part} == set(expected)


@pytest.mark.parametrize("cursor", ["rubbish", "MXwyfDN8NA", "bmFufG5hbnxuYW58bmFu"])
def test_a_cursor_that_cannot_be_read_gives_the_first_page(
    cursor: str, alice: User, bob: User, as_user: Any
) -> None:
    pair(alice, bob, 0)
    assert shown(as_user(alice), f"before={cursor}") == ["Ours 0"]


# --- One pair of people, several leads ------------------------------------------------------------------------------


def test_hits_between_the_same_two_people_stand_together_once_both_are_open(
    alice: User, bob: User, bea: User, northland: Agency, as_user: Any
) -> None:
    name = "Odilon Martinez-Rojas"
    leads = [pair(alice, bob, number, name)[1] for number in (0, 1)]
    leads.append(pair(alice, bob, 2, "Somebody Else")[1])
    client = as_user(alice)
    assert "more between these two" not in client.get("/hits/").content.decode()
    for lead in leads:
        agency_actions.share(lead, agency=northland, level=Level.VIEW, reason="joint work", by=bea)
    text = client.get("/hits/").content.decode()
    assert text.count("1 more between these two") == 1
    assert text.count("<tr data-row") == 3
    assert sorted(shown(client)[:2]) == ["Ours 0", "Ours 1"]


def test_sealed_hits_with_one_agency_are_never_put_together(alice: User, bob: User, as_user: Any) -> None:
    """That two hidden records bear one name is theirs to tell."""
    for number in (0, 1):
        pair(alice, bob, number, "Odilon Martinez-Rojas")
    assert "of-pair" not in as_user(alice).get("/hits/").content.decode()
