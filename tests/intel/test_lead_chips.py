"""Chips while typing: what the text holds, and what of it the reader may know already."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from agencies import actions
from agencies.models import Agency, User
from agencies.visibility import Level
from tests import factories
from tests.intel.lead_form import typed

CHIPS = "/leads/chips/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def web(alice: User, as_user: Any) -> Client:
    client: Client = as_user(alice)
    return client


def chips(web: Client, narrative: str, **more: Any) -> str:
    answer = web.post(CHIPS, typed(narrative, act="", **more), headers=HTMX)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_they_show_every_kind_of_thing(web: Client) -> None:
    shown = chips(
        web, "Jan Sample of Guatemala, (404) 555-0134, jan@example.com, seen 12 March 2024 in Atlanta."
    )
    for each in (
        "+1 404-555-0134",
        "jan@example.com",
        "Jan Sample",
        "Guatemala",
        "2024-03-12",
        "Atlanta, Georgia",
    ):
        assert each in shown


def test_a_number_is_read_as_one_dials_at_home(as_user: Any, bob: User) -> None:
    assert "+52 55 1234 5678" in chips(as_user(bob), "Llame al 55 1234 5678.")


def test_a_wrong_check_digit_warns(web: Client) -> None:
    assert "check digit" in chips(web, "IMEI 490154203237519")


def test_known_is_said_of_ones_own_leads_with_the_way_there(web: Client, alice: User) -> None:
    lead = factories.lead(alice, phone="+1 404 555 0134")
    shown = chips(web, "Call (404) 555-0134.")
    assert "in a lead you see" in shown
    assert f"/leads/{lead.pk}/" in shown


def test_known_is_never_said_of_what_others_hold(web: Client, bob: User) -> None:
    before = chips(web, "Jan Sample, (404) 555-0134.")
    factories.lead(bob, phone="+1 404 555 0134", subjects=(factories.subject("Jan Sample"),))
    assert chips(web, "Jan Sample, (404) 555-0134.") == before


def test_a_summary_does_not_make_its_content_known(
    web: Client, bob: User, bea: User, northland: Agency
) -> None:
    lead = factories.lead(bob, phone="+1 404 555 0134")
    before = chips(web, "Call (404) 555-0134.")
    actions.share(lead, agency=northland, level=Level.SUMMARY, reason="joint", by=bea)
    assert chips(web, "Call (404) 555-0134.") == before
    actions.share(lead, agency=northland, level=Level.VIEW, reason="joint", by=bea)
    assert "in a lead you see" in chips(web, "Call (404) 555-0134.")


def test_names_one_knows_are_found_in_any_case(web: Client, alice: User) -> None:
    factories.lead(alice, subjects=(factories.subject("Zorbel Quandt"),))
    assert "a subject you see has this name" in chips(web, "spoke with zorbel quandt today")


def test_names_only_others_know_are_not(web: Client, bob: User) -> None:
    before = chips(web, "spoke with zorbel quandt today")
    factories.lead(bob, subjects=(factories.subject("Zorbel Quandt"),))
    assert chips(web, "spoke with zorbel quandt today") == before


def test_a_thousand_findings_are_cut_and_said(web: Client) -> None:
    text = " ".join(f"(404) 555-{n:04}" for n in range(100, 400))
    shown = chips(web, text)
    assert shown.count("-keep") < 300
    assert "more were found than are shown" in shown


def test_the_form_tells_who_will_see_the_lead(web: Client, eastport: Agency) -> None:
    assert "nobody else" in chips(web, "x")
    assert "Eastport Prosecution (full record)" in chips(web, "x", **{f"share-{eastport.pk}": "2"})
    assert "Only you learn of matches" in chips(web, "x", pointer_policy="owner_only")


def test_they_are_for_those_who_log_leads(as_user: Any, nora: User) -> None:
    assert as_user(nora).post(CHIPS, typed()).status_code == 403
