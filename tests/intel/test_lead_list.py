"""The list of leads and its triage queue: who sees which rows, and what of them can be asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agencies import actions as agency_actions
from agencies.models import Agency, User
from agencies.visibility import Level
from intel import actions
from intel.models import Lead
from tests import factories

LIST = "/leads/"
BULK = "/leads/bulk/"


@pytest.fixture
def web(anna: User, as_user: Any) -> Client:
    client: Client = as_user(anna)
    return client


def titles(web: Client, query: str = "") -> set[str]:
    answer = web.get(f"{LIST}?{query}")
    assert answer.status_code == 200
    return {lead.title for lead in answer.context["page"].rows}


@pytest.fixture
def shared(bob: User, bea: User, northland: Agency) -> Lead:
    """Eastport's lead of which Northland sees the summary."""
    lead = factories.lead(
        bob, "Eastport title", narrative="The secretword is here.", place="Hidden place", category="smuggling",
        phone="+1 404 555 0134",
    )  # fmt: skip
    agency_actions.share(lead, agency=northland, level=Level.SUMMARY, reason="joint work", by=bea)
    return lead


def test_each_saved_view_holds_its_leads(web: Client, alice: User, anna: User, shared: Lead) -> None:
    factories.lead(alice, "fresh")
    actions.assign_lead(factories.lead(alice, "mine"), to=anna, by=anna)
    actions.accept_lead(factories.lead(alice, "yes"), by=anna)
    actions.reject_lead(factories.lead(alice, "no"), reason="known", by=anna)
    views = {
        view: titles(web, f"view={view}") for view in ("triage", "mine", "accepted", "rejected", "shared")
    }
    assert views == {
        "triage": {"fresh"}, "mine": {"mine"}, "accepted": {"yes"}, "rejected": {"no"}, "shared": {"Eastport title"},
    }  # fmt: skip
    assert titles(web, "view=all") == {"fresh", "mine", "yes", "no", "Eastport title"}
    assert titles(web, "view=nonsense") == titles(web) == {"fresh"}


def test_an_outsider_sees_none(as_user: Any, charlie: User, alice: User, shared: Lead) -> None:
    factories.lead(alice, "fresh")
    assert titles(as_user(charlie), "view=all") == set()


def test_filters_narrow_it(web: Client, alice: User) -> None:
    factories.lead(alice, "A harbour report", category="smuggling", narrative="white van")
    factories.lead(alice, "A hotel report", category="forced_labour")
    assert titles(web, "view=all&category=smuggling") == {"A harbour report"}
    assert titles(web, "view=all&q=van") == {"A harbour report"}
    assert titles(web, "view=all&q=report+-van") == {"A hotel report"}
    assert titles(web, "view=all&hits=yes") == set()
    assert titles(web, "view=all&status=accepted") == set()
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert titles(web, f"view=all&since={tomorrow}") == set()
    assert titles(web, f"view=all&until={tomorrow}") == {"A harbour report", "A hotel report"}
    assert titles(web, f"view=all&owner={alice.agency_id}&owner=rubbish&since=rubbish") != set()


def test_a_reference_is_found(web: Client, alice: User) -> None:
    lead = factories.lead(alice, "This one")
    factories.lead(alice, "Another one")
    assert titles(web, f"view=all&q={lead.reference.lower()}") == {"This one"}


def test_of_a_summary_only_the_summary_is_shown_and_asked(web: Client, shared: Lead) -> None:
    page = web.get(f"{LIST}?view=shared").content.decode()
    assert "Eastport title" in page
    for hidden in ("secretword", "Hidden place", shared.reference):
        assert hidden not in page
    assert titles(web, "view=shared&q=eastport") == {"Eastport title"}
    for asked in ("q=secretword", "q=eastport+-nosuchword", f"q={shared.reference}", "status=new"):
        assert titles(web, f"view=shared&{asked}") == set()


def test_htmx_gets_the_list_alone(web: Client, alice: User) -> None:
    factories.lead(alice, "fresh")
    part = web.get(f"{LIST}?view=all&q=fresh", headers={"HX-Request": "true"}).content.decode()
    assert "fresh" in part
    assert "<html" not in part


# --- Many at once -------------------------------------------------------------------------------------------------


def bulk(web: Client, leads: list[Lead], act: str, **more: str) -> Any:
    return web.post(BULK, {"pk": [str(lead.pk) for lead in leads], "act": act} | more)


def statuses(leads: list[Lead]) -> list[str]:
    return [Lead.objects.get(pk=lead.pk).status for lead in leads]


@pytest.fixture
def leads(alice: User) -> list[Lead]:
    return [factories.lead(alice, f"Lead {n}") for n in range(3)]


def test_they_are_assigned_accepted_and_rejected(web: Client, leads: list[Lead], alice: User) -> None:
    assert bulk(web, leads, "assign", to=str(alice.pk)).status_code == 302
    assert {Lead.objects.get(pk=lead.pk).assigned_to for lead in leads} == {alice}
    assert bulk(web, leads, "accept").status_code == 302
    assert statuses(leads) == ["accepted"] * 3
    assert bulk(web, leads, "reject", reason="Known already").status_code == 302
    assert statuses(leads) == ["rejected"] * 3


def test_each_row_that_could_not_be_decided_says_why(web: Client, leads: list[Lead], anna: User) -> None:
    actions.accept_lead(leads[0], by=anna)
    answer = bulk(web, leads, "accept")
    assert answer.status_code == 422
    assert "cannot become accepted" in answer.content.decode()
    assert statuses(leads) == ["accepted"] * 3


def test_rejecting_needs_a_reason(web: Client, leads: list[Lead]) -> None:
    assert "Give a reason" in bulk(web, leads, "reject").content.decode()
    assert statuses(leads) == ["new"] * 3


@pytest.mark.parametrize("kind", ["hidden", "shared"])
def test_one_id_that_is_not_ones_own_refuses_them_all(
    web: Client, leads: list[Lead], bob: User, shared: Lead, kind: str
) -> None:
    foreign = shared if kind == "shared" else factories.lead(bob, "Hidden")
    assert bulk(web, [*leads, foreign], "accept").status_code == 404
    assert statuses([*leads, foreign]) == ["new"] * 4


def test_they_are_given_to_ones_own_people_only(web: Client, leads: list[Lead], bob: User) -> None:
    bulk(web, leads, "assign", to=str(bob.pk))
    assert statuses(leads) == ["new"] * 3


def test_an_investigator_does_not_triage(as_user: Any, alice: User, leads: list[Lead]) -> None:
    answer = bulk(as_user(alice), leads, "accept")
    assert "Your role may not" in answer.content.decode()
    assert statuses(leads) == ["new"] * 3


@pytest.mark.parametrize("sent", [{}, {"act": "explode"}, {"pk": "rubbish"}, {"pk": [], "act": "accept"}])
def test_rubbish_changes_nothing(web: Client, leads: list[Lead], sent: dict[str, Any]) -> None:
    assert web.post(BULK, sent).status_code in {302, 404}
    assert statuses(leads) == ["new"] * 3
