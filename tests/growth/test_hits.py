"""Lists and panels of hits ask the database as often for twenty-four rows as for nine."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies import actions as agency_actions
from agencies.models import Agency, User
from agencies.visibility import Level
from cases.models import Case
from intel import actions
from intel.models import HitNotice
from tests import factories
from tests.factories.hits import ask, link, notice_of


@pytest.fixture
def case(anna: User) -> Case:
    return factories.case(anna)


def grow(
    rows: int, start: int, case: Case, alice: User, anna: User, bob: User, bea: User, northland: Agency
) -> None:
    """Hits of every sort: sealed, open, asked, answered; on leads that feed the case."""
    assert alice.agency
    for n in range(start, start + rows):
        phone = f"+1 404 555 {n:04}"
        ours = factories.lead(alice, f"Ours {n}", subjects=(factories.subject(f"Ours {n}", phone=phone),))
        theirs = factories.lead(bob, f"Theirs {n}", subjects=(factories.subject(f"Theirs {n}", phone=phone),))
        hit = link(ours, theirs)
        actions.attach_lead(case, ours, by=anna)
        actions.add_case_subject(case, ours.subjects.get(), role="suspect", by=anna)
        if n % 3 == 0:
            agency_actions.share(theirs, agency=northland, level=Level.VIEW, reason="joint work", by=bea)
        elif n % 3 == 1:
            asked = ask(notice_of(northland, hit), alice)
            if n % 2:
                actions.answer_disclosure(asked, state="contact_only", by=bea)
        else:
            assert bob.agency
            ask(notice_of(bob.agency, hit), bob)


def queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url, HTTP_HX_REQUEST="true").status_code == 200
    return len(seen)


def test_the_number_of_queries_does_not_grow_with_the_rows(
    case: Case, alice: User, anna: User, bob: User, bea: User, northland: Agency, as_user: Any
) -> None:
    urls = [
        "/hits/?state=all", "/hits/?state=all&side=open", "/disclosures/?side=ours", "/disclosures/?side=theirs",
        "/desk/hits/", "/desk/disclosures/", "/desk/leads/",
        *(reverse(f"intel:{name}", args=[case.pk]) for name in ("case-leads", "case-subjects", "case-hits")),
    ]  # fmt: skip
    grow(9, 0, case, alice, anna, bob, bea, northland)
    client = as_user(anna)
    few = {url: queries(client, url) for url in urls}
    grow(15, 9, case, alice, anna, bob, bea, northland)
    assert {url: queries(client, url) for url in urls} == few
    assert max(few.values()) <= 25


def test_a_page_of_hits_costs_a_fixed_number_of_queries(
    case: Case, alice: User, anna: User, bob: User, bea: User, northland: Agency, as_user: Any
) -> None:
    grow(9, 0, case, alice, anna, bob, bea, northland)
    client = as_user(anna)
    opened, sealed = (HitNotice.objects.get(agency=northland, own_lead__title=f"Ours {n}") for n in (0, 2))
    costs = {
        "list": queries(client, "/hits/?state=all"),
        "newest": queries(client, "/hits/?state=all&order=newest"),
        "open": queries(client, reverse("intel:notice-detail", args=[opened.pk])),
        "sealed": queries(client, reverse("intel:notice-detail", args=[sealed.pk])),
    }
    assert costs == {"list": 16, "newest": 12, "open": 25, "sealed": 24}
