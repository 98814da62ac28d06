"""Who sees a record, on its page: the owner reads it all, shares and revokes; others read only their own way in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agencies import actions
from agencies.models import Agency, User
from agencies.policies import Refused
from agencies.visibility import Level, level_of
from cases import actions as case_actions
from cases.models import Case
from intel import actions as intel_actions
from tests import factories

HTMX = {"HX-Request": "true"}


@pytest.fixture
def case(alice: User) -> Case:
    return factories.case(alice, "Cannery")


@pytest.fixture
def shared(case: Case, anna: User, eastport: Agency, southshore: Agency) -> Case:
    actions.share(case, agency=eastport, level=Level.VIEW, reason="Joint inspection", by=anna)
    actions.share(case, agency=southshore, level=Level.SUMMARY, reason="Their desk asked", by=anna)
    return case


def url(name: str, case: Case, *rest: object) -> str:
    return reverse(f"agencies:{name}", args=["cases.case", case.pk, *rest])


def page(client: Client, name: str, case: Case, *rest: object) -> str:
    response = client.get(url(name, case, *rest))
    assert response.status_code == 200
    return response.content.decode()


def share(client: Client, case: Case, agency: Agency, **facts: Any) -> Any:
    data = {"agency": agency.pk, "level": 2, "reason": "Joint inspection", **facts}
    return client.post(url("share", case), data)


def test_the_owner_reads_every_viewer_with_level_reason_and_who_decided(
    shared: Case, alice: User, as_user: Any
) -> None:
    html = page(as_user(alice), "who-sees", shared)
    for said in (
        "Northland Police",
        "Eastport Prosecution",
        "Joint inspection",
        "Southshore Border Guard",
        "Anna",
    ):
        assert said in html


def test_a_share_beside_a_wider_way_in_is_listed_and_revoked_by_itself(
    shared: Case, anna: User, bea: User, southshore: Agency, eastport: Agency, as_user: Any
) -> None:
    lead = factories.lead(anna, "Ledger")
    intel_actions.attach_lead(shared, lead, by=anna)  # Eastport reads it through the case …
    actions.share(
        lead, agency=eastport, level=Level.SUMMARY, reason="Named in their file", by=anna
    )  # … and has this
    who, revoke = (reverse(f"agencies:{name}", args=["intel.lead", lead.pk, *rest])
                   for name, rest in (("who-sees", ()), ("revoke", (eastport.pk,))))  # fmt: skip
    html = as_user(anna).get(who).content.decode()
    assert html.index("Through the case") < html.index("Named in their file")
    assert html.count(f'href="{revoke}') == 1
    as_user(anna).post(revoke, {"reason": "Not needed beside the case"})
    html = as_user(anna).get(who).content.decode()
    assert "Named in their file" not in html
    assert "Through the case" in html
    assert level_of(bea, lead) == Level.VIEW
    assert "Named in their file" not in as_user(bea).get(who).content.decode()


def test_a_partner_reads_the_owner_and_its_own_way_in_and_of_nobody_else(
    shared: Case, bob: User, as_user: Any
) -> None:
    html = page(as_user(bob), "who-sees", shared)
    assert "Joint inspection" in html
    assert "Southshore" not in html
    assert "Their desk asked" not in html
    assert "Revoke" not in html


def test_whoever_knows_nothing_of_the_record_gets_the_answer_for_what_does_not_exist(
    case: Case, charlie: User, as_user: Any
) -> None:
    client = as_user(charlie)
    for label in ("cases.case", "cases.nothing", "agencies.user", "auth.group", "CASES.CASE", "x"):
        for name in ("who-sees", "share", "history"):
            assert client.get(reverse(f"agencies:{name}", args=[label, case.pk])).status_code == 404


def test_sharing_opens_the_record_for_the_partner(
    case: Case, alice: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    response = share(as_user(alice), case, eastport, next=f"/cases/{case.pk}/")
    assert response["Location"] == f"/cases/{case.pk}/"
    assert level_of(bob, case) == Level.VIEW


def test_sharing_never_leads_to_a_foreign_address(
    case: Case, alice: User, eastport: Agency, as_user: Any
) -> None:
    response = share(as_user(alice), case, eastport, next="https://evil.example/")
    assert response["Location"] == url("who-sees", case)


def test_a_share_can_end_by_itself(
    case: Case, alice: User, eastport: Agency, bob: User, as_user: Any
) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    share(as_user(alice), case, eastport, expires_at=tomorrow.strftime("%Y-%m-%dT%H:%M"))
    assert "ends" in page(as_user(alice), "who-sees", case)
    assert "ends" in page(as_user(bob), "who-sees", case)


def test_what_the_partner_would_see_is_told_before_it_is_shared(
    case: Case, alice: User, eastport: Agency, bob: User, as_user: Any
) -> None:
    chosen = {"agency": eastport.pk, "level": 1}
    told = as_user(alice).get(url("share", case), chosen, headers=HTMX).content.decode()
    assert "Eastport Prosecution will see" in told
    assert "Nothing of the content" in told
    assert level_of(bob, case) is None


def test_a_share_without_a_reason_is_sent_back_with_all_that_was_chosen(
    case: Case, alice: User, eastport: Agency, bob: User, as_user: Any
) -> None:
    response = share(as_user(alice), case, eastport, reason=" ", expires_at="2099-01-31T17:00")
    html = response.content.decode()
    assert response.status_code == 422
    assert "Give a reason" in html
    assert f'value="{eastport.pk}" selected' in html
    assert "2099-01-31T17:00" in html
    assert level_of(bob, case) is None


def test_a_share_that_ended_before_it_began_is_refused_in_a_sentence(
    case: Case, alice: User, eastport: Agency, as_user: Any
) -> None:
    response = share(as_user(alice), case, eastport, expires_at="2001-01-01T00:00")
    assert response.status_code == 422
    assert "The date lies in the past" in response.content.decode()


def test_only_partners_of_a_running_task_force_are_offered(
    case: Case, alice: User, eastport: Agency, as_user: Any
) -> None:
    stranger = factories.agency("Farland Customs", "FLC")
    html = page(as_user(alice), "share", case)
    assert "Eastport Prosecution" in html
    assert "Farland" not in html
    assert share(as_user(alice), case, stranger).status_code == 422


def test_nobody_shares_what_is_not_theirs(
    shared: Case, bob: User, bea: User, southshore: Agency, as_user: Any
) -> None:
    for partner in (bob, bea):
        assert as_user(partner).get(url("share", shared)).status_code == 404
        assert share(as_user(partner), shared, southshore).status_code == 404


def test_revoking_asks_for_a_reason_and_then_shuts_the_record(
    shared: Case, alice: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    address = url("revoke", shared, eastport.pk)
    assert as_user(alice).post(address, {"reason": ""}).status_code == 422
    assert level_of(bob, shared) == Level.VIEW
    assert as_user(alice).post(address, {"reason": "Done"}).status_code == 302
    assert level_of(bob, shared) is None


def test_a_dialog_gets_its_form_back_alone_and_a_success_moves_the_page(
    shared: Case, alice: User, eastport: Agency, as_user: Any
) -> None:
    address = url("revoke", shared, eastport.pk)
    refused = as_user(alice).post(address, {"reason": ""}, headers=HTMX)
    assert refused.content.decode().lstrip().startswith("<form")
    done = as_user(alice).post(address, {"reason": "Done"}, headers=HTMX)
    assert done["HX-Redirect"] == url("who-sees", shared)


def test_an_assigned_agency_is_not_revoked_here_but_by_withdrawing_the_assignment(
    case: Case, anna: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    case_actions.assign_case(case, agency=eastport, part="support", reason="Money trail", by=anna)
    assert "Revoke" not in page(as_user(anna), "who-sees", case)
    response = as_user(anna).post(url("revoke", case, eastport.pk), {"reason": "Done"})
    assert response.status_code == 422
    assert "Withdraw the assignment instead" in response.content.decode()
    assert level_of(bob, case) == Level.CONTRIBUTE


def test_an_assigned_agency_is_not_given_another_level_behind_its_assignment(
    case: Case, anna: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    case_actions.assign_case(case, agency=eastport, part="support", reason="Money trail", by=anna)
    assert share(as_user(anna), case, eastport, level=1).status_code == 422
    with pytest.raises(Refused, match="Withdraw the assignment"):
        actions.share(case, agency=eastport, level=Level.SUMMARY, reason="Less", by=anna)
    assert level_of(bob, case) == Level.CONTRIBUTE


def test_nobody_learns_from_the_revoke_page_who_has_a_share(
    shared: Case, alice: User, bob: User, southshore: Agency, harbour: Agency, as_user: Any
) -> None:
    assert as_user(alice).get(url("revoke", shared, harbour.pk)).status_code == 404
    assert as_user(bob).get(url("revoke", shared, southshore.pk)).status_code == 404
