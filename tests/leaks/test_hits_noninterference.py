"""What is shown of a sealed hit, its order and its figures, is the same whatever the hidden side and others hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine

from agencies import actions as agency_actions
from agencies.models import Agency, User
from agencies.visibility import Level
from intel import ranking
from intel.actions import judge_hit, undo_judgement
from intel.facts import SubjectFacts
from intel.matching import engine, pointers
from intel.models import Hit, HitNotice, Lead, Subject
from intel.presenters import Seen
from tests import factories
from tests.factories.hits import link, notice_of
from tests.leaks.world import answer, sign_in

NAME, PHONE = "Odilon Martinez-Rojas", "+1 404 555 0134"


@pytest.fixture(autouse=True)
def _one_moment() -> Iterator[None]:
    with time_machine.travel("2026-11-22T08:00:00Z", tick=False):
        yield


def person(name: str = NAME, phone: str = PHONE, **fields: Any) -> SubjectFacts:
    return factories.subject(
        name, phone=phone, birth_earliest=date(1984, 5, 17), birth_latest=date(1984, 5, 17), **fields
    )


@pytest.fixture
def own(alice: User, bob: User) -> list[Hit]:
    """Three sealed hits of Alice's with records of Bob's, all in one band."""
    hits = []
    for number in range(3):
        phone = f"+1 404 555 014{number}"
        ours = factories.lead(alice, f"Ours {number}", subjects=(person(f"{NAME} {number}a", phone),))
        hits.append(link(ours, factories.lead(bob, subjects=(factories.subject("X", phone=phone),))))
    return hits


def pages(user: User, hits: list[Hit]) -> list[Any]:
    assert user.agency
    client = sign_in(user)
    paths = [f"/hits/{notice_of(user.agency, hit).pk}/" for hit in hits]
    leads = [f"/leads/{notice_of(user.agency, hit).own_lead_id}/hits/" for hit in hits]
    lists = ["/hits/", "/hits/?state=all&order=newest", "/desk/hits/", "/hits/?side=sealed"]
    return [answer(client, "get", path) for path in [*lists, *paths, *leads]]


def rescore(hits: list[Hit], *bits: float) -> None:
    """Other hidden scores, told to the notices as the engine tells them."""
    for hit, score in zip(hits, bits, strict=True):
        Hit.objects.filter(pk=hit.pk).update(bits=score, model_version=f"scored anew: {score}")
        pointers.write_notices(Hit.objects.get(pk=hit.pk))


def test_the_hidden_score_moves_no_row_and_shows_on_no_page(own: list[Hit], alice: User) -> None:
    before = pages(alice, own)
    rescore(own, 44.4, 7.1, 23.9)
    assert pages(alice, own) == before


def test_a_cursor_holds_nothing_of_the_hidden_score(own: list[Hit], alice: User) -> None:
    rescore(own, 23.4567, 24.5678, 25.6789)
    places = {row.place for row in ranking.ranked(HitNotice.objects.visible_to(alice), alice)}
    assert not {place for place in places if place != int(place)}


def test_what_else_the_hidden_records_say_changes_nothing(own: list[Hit], alice: User, bob: User) -> None:
    """Two hidden records that agree in the same fields read, count and stand the same."""
    before = pages(alice, own)
    for hit in own:
        other = hit.left if hit.left.agency_id == bob.agency_id else hit.right
        Lead.objects.filter(pk=other.lead_id).update(title="Quetzalcanary", reported_on=date(2020, 1, 1))
        Subject.objects.filter(pk=other.subject_id).update(name="Quetzalcanary", sex="male", note="!")
    assert pages(alice, own) == before


def test_others_who_hold_the_same_name_make_it_no_commoner(
    own: list[Hit], alice: User, bob: User, charlie: User
) -> None:
    """Rarity comes from public tables: what third agencies hold is nothing to it."""
    before = pages(alice, own)
    for number in range(4):
        engine.match(
            factories.lead(
                charlie, pointer_policy="owner_only", subjects=(factories.subject(f"{NAME} {number}a"),)
            ).pk
        )
    assert pages(alice, own) == before


def test_what_the_other_side_judges_and_takes_back_is_not_noticed(
    own: list[Hit], alice: User, bob: User, eastport: Agency
) -> None:
    before = pages(alice, own)
    judgements = [judge_hit(notice_of(eastport, hit), verdict="not_same", reason="no", by=bob) for hit in own]
    assert pages(alice, own) == before
    undo_judgement(judgements[0], by=bob)
    assert pages(alice, own) == before


def test_a_summary_does_not_let_the_score_order_the_list(
    own: list[Hit], alice: User, bea: User, bob: User, northland: Agency
) -> None:
    for hit in own:
        other = hit.left if hit.left.agency_id == bob.agency_id else hit.right
        agency_actions.share(other.lead, agency=northland, level=Level.SUMMARY, reason="joint", by=bea)
    before = pages(alice, own)
    rescore(own, 44.4, 7.1, 23.9)
    assert pages(alice, own) == before


def test_the_hunt_can_find_a_leak(own: list[Hit], alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control: ranked by the hidden score, the pages would differ."""
    monkeypatch.setattr(Seen, "opens", lambda seen, record: True)
    rescore(own, 44.4, 23.9, 7.1)
    before = pages(alice, own)
    rescore(own, 7.1, 44.4, 23.9)
    assert pages(alice, own) != before
