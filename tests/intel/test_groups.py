"""Groups of records that are one: what ties them, what keeps them apart, and that nothing hidden ties anything."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from agencies import actions as agency_actions
from agencies.models import Agency, User
from agencies.visibility import Level
from intel.actions import judge_hit
from intel.groups import Group
from intel.matching import engine, pointers
from intel.models import Hit, Lead, MatchRecord, Subject
from intel.models.hit import Band
from tests import factories
from tests.factories.hits import notice_of


def logged(by: User, name: str, *, share_with: Agency | None = None, **facts: Any) -> Subject:
    """A subject in a lead of its own, indexed but not yet linked."""
    lead = factories.lead(by, f"About {name}", subjects=(factories.subject(name, **facts),))
    engine.index(lead)
    if share_with:
        agency_actions.share(lead, agency=share_with, level=Level.VIEW, reason="Joint work", by=by)
    return lead.subjects.get()


def tie(one: Subject, other: Subject, band: Band = Band.STRONG, bits: float = 20.0) -> Hit:
    left, right = sorted(
        (MatchRecord.objects.get(subject=each) for each in (one, other)), key=lambda record: record.pk
    )
    hit = Hit.objects.create(left=left, right=right, band=band, bits=bits, model_version="test")
    pointers.write_notices(hit)
    return hit


def members(subject: Subject, user: User) -> set[str]:
    return {str(each.subject) for each in Group.of(subject, user).members}


def test_strong_hits_between_records_one_may_read_make_a_group(
    alice: User, bob: User, northland: Agency
) -> None:
    own, second = logged(alice, "Ana Ruiz"), logged(alice, "Anna Ruiz")
    foreign = logged(bob, "A. Ruiz Soto", share_with=northland)
    tie(own, second)
    tie(second, foreign)

    assert members(own, alice) == {"Ana Ruiz", "Anna Ruiz", "A. Ruiz Soto"}
    assert members(foreign, alice) == members(own, alice)


def test_a_record_one_may_not_read_ties_nothing_together(alice: User, bob: User) -> None:
    own, second, hidden = logged(alice, "Ana Ruiz"), logged(alice, "Anna Ruiz"), logged(bob, "A. Ruiz Soto")
    tie(own, hidden)
    tie(hidden, second)

    group = Group.of(own, alice)

    assert [each.subject for each in group.members] == [own]
    assert not group.apart
    assert not group.is_cut


def test_a_share_taken_back_takes_the_group_apart(alice: User, bob: User, northland: Agency) -> None:
    own, foreign = logged(alice, "Ana Ruiz"), logged(bob, "A. Ruiz Soto", share_with=northland)
    tie(own, foreign)
    assert len(members(own, alice)) == 2

    agency_actions.revoke(Lead.objects.get(pk=foreign.lead_id), agency=northland, reason="Done", by=bob)

    assert members(own, alice) == {"Ana Ruiz"}


def test_a_weaker_hit_ties_only_once_somebody_judged_it_the_same(alice: User, northland: Agency) -> None:
    own, second = logged(alice, "Ana Ruiz"), logged(alice, "Anna Ruiz")
    hit = tie(own, second, Band.PROBABLE, 4.0)
    assert members(own, alice) == {"Ana Ruiz"}

    judge_hit(notice_of(northland, hit), verdict="same", reason="Same photograph", by=alice)

    assert members(own, alice) == {"Ana Ruiz", "Anna Ruiz"}


def test_a_strong_hit_judged_not_the_same_keeps_apart_and_says_so(alice: User, northland: Agency) -> None:
    first, second, third = (logged(alice, name) for name in ("Ana Ruiz", "Anna Ruiz", "Ana Ruis"))
    tie(first, second)
    tie(second, third, bits=15.0)
    judge_hit(notice_of(northland, tie(first, third)), verdict="not_same", reason="Met both", by=alice)

    group = Group.of(first, alice)

    assert {str(each.subject) for each in group.members} == {"Ana Ruiz", "Anna Ruiz"}
    assert [(str(each.subject), each.why) for each in group.apart] == [
        ("Ana Ruis", "Judged not the same by your agency.")
    ]


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        ({"birth": "1971-02-03"}, {"birth": "1990-02-03"}, "over five years apart"),
        ({"sex": "female"}, {"sex": "male"}, "recorded as female"),
    ],
)
def test_a_chain_of_strong_hits_does_not_join_what_excludes_each_other(
    alice: User, left: dict[str, Any], right: dict[str, Any], said: str
) -> None:
    first, last = logged(alice, "Ana Ruiz", **_facts(left)), logged(alice, "Ana Ruiz Soto", **_facts(right))
    between = logged(alice, "A. Ruiz")
    tie(first, between, bits=22.0)
    tie(between, last)

    group = Group.of(first, alice)

    assert {str(each.subject) for each in group.members} == {"Ana Ruiz", "A. Ruiz"}
    assert [said in each.why for each in group.apart] == [True]


def _facts(told: dict[str, Any]) -> dict[str, Any]:
    facts = dict(told)
    if born := facts.pop("birth", None):
        day = date.fromisoformat(born)
        facts |= {"birth_earliest": day, "birth_latest": day}
    return facts


def test_the_panel_names_the_members_in_a_fixed_number_of_statements(
    alice: User, as_user: Any, django_assert_max_num_queries: Any
) -> None:
    first = logged(alice, "Ana Ruiz")
    for number in range(6):
        tie(first, logged(alice, f"Ana Ruiz {'ABCDEF'[number]}"))
    client = as_user(alice)
    url = reverse("intel:subject-group", args=[first.pk])

    with django_assert_max_num_queries(24):
        text = client.get(url).content.decode()

    assert all(f"Ana Ruiz {letter}" in text for letter in "ABCDEF")
    assert "Strong match, 20 bits" in text


def test_nobody_asks_for_the_group_of_a_record_that_is_not_theirs_to_read(
    alice: User, charlie: User, as_user: Any
) -> None:
    hidden = logged(alice, "Ana Ruiz")

    assert as_user(charlie).get(reverse("intel:subject-group", args=[hidden.pk])).status_code == 404
