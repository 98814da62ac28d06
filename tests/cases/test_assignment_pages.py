"""Agencies on a case: what an assignment will show is told first; withdrawing shuts the case again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agencies.models import Agency, TaskForce, User
from agencies.visibility import Level, level_of
from cases import actions
from cases.models import Case
from tests import factories

HTMX = {"HX-Request": "true"}


@pytest.fixture
def case(alice: User) -> Case:
    return factories.case(alice, "Cannery")


def text(response: Any) -> str:
    return str(response.content.decode())


def choose(agency: Agency, part: str = "support", **more: str) -> dict[str, str]:
    return {"agency": str(agency.pk), "part": part, "reason": "Money trail", **more}


def test_the_effect_on_who_sees_the_case_is_told_before_anything_happens(
    case: Case, alice: User, anna: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    actions.set_task(case, title="Call", by=alice)
    actions.write_note(case, text="For us", by=alice, agency_private=True)
    html = text(as_user(anna).get(f"/cases/{case.pk}/assign/", choose(eastport, "lead"), headers=HTMX))
    for said in ("does not know of this case", "1 task", "Stays hidden from it: 1 note", "gives up the lead"):
        assert said in html
    assert level_of(bob, case) is None


def test_without_script_the_first_press_tells_and_the_second_confirms(
    case: Case, anna: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    client, address = as_user(anna), f"/cases/{case.pk}/assign/"
    first = client.post(address, choose(eastport))
    assert "Confirm the assignment" in text(first)
    assert "Money trail" in text(first)
    assert level_of(bob, case) is None
    second = client.post(address, choose(eastport, told=first.context["told"]))
    assert second["Location"] == f"/cases/{case.pk}/"
    assert level_of(bob, case) == Level.CONTRIBUTE


def test_what_was_told_of_one_agency_is_not_done_to_another(
    case: Case, anna: User, bob: User, cora: User, eastport: Agency, southshore: Agency, as_user: Any
) -> None:
    client, address = as_user(anna), f"/cases/{case.pk}/assign/"
    told = client.get(address, choose(eastport)).context["told"]
    client.post(address, choose(southshore, told=told))
    client.post(address, choose(eastport, "lead", told=told))
    assert (level_of(bob, case), level_of(cora, case)) == (None, None)


def test_agencies_of_no_common_task_force_are_not_offered(case: Case, anna: User, as_user: Any) -> None:
    stranger = factories.agency("Farland Customs", "FLC")
    response = as_user(anna).post(f"/cases/{case.pk}/assign/", choose(stranger))
    assert response.status_code == 422
    assert "Farland" not in text(response)


def test_only_a_supervisor_of_the_owner_assigns_and_withdraws(
    case: Case, alice: User, anna: User, bea: User, eastport: Agency, southshore: Agency, as_user: Any
) -> None:
    assignment = actions.assign_case(case, agency=eastport, part="support", reason="Money", by=anna)
    for user in (alice, bea):
        assert as_user(user).post(f"/cases/{case.pk}/assign/", choose(southshore)).status_code == 404
        withdraw = f"/cases/assignments/{assignment.pk}/withdraw/"
        assert as_user(user).post(withdraw, {"reason": "x"}).status_code == 404


def test_withdrawing_needs_a_reason_and_shuts_the_case(
    case: Case, anna: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    assignment = actions.assign_case(case, agency=eastport, part="lead", reason="Money", by=anna)
    address = f"/cases/assignments/{assignment.pk}/withdraw/"
    assert "The lead goes back to" in text(as_user(anna).get(address))
    assert as_user(anna).post(address, {"reason": ""}).status_code == 422
    assert level_of(bob, case) == Level.CONTRIBUTE
    assert as_user(anna).post(address, {"reason": "Trial over"}).status_code == 302
    assert level_of(bob, case) is None
    assert "1 ended" in text(as_user(anna).get(f"/cases/{case.pk}/agencies/"))


def test_access_can_be_taken_back_when_the_case_is_closed_and_the_task_force_has_ended(
    case: Case, anna: User, bob: User, eastport: Agency, crossroads: TaskForce, as_user: Any
) -> None:
    assignment = actions.assign_case(case, agency=eastport, part="support", reason="Money", by=anna)
    actions.move_case(case, status="closed", reason="Done", by=anna)
    crossroads.ends_on = timezone.localdate() - timedelta(days=1)
    crossroads.save()
    address = f"/cases/assignments/{assignment.pk}/withdraw/"
    assert address in text(as_user(anna).get(f"/cases/{case.pk}/agencies/"))
    assert as_user(anna).post(address, {"reason": "Task force ended"}).status_code == 302
    assert level_of(bob, case) is None


def test_the_leading_agency_hands_the_lead_on_and_cannot_lay_it_down(
    case: Case, anna: User, northland: Agency, eastport: Agency, as_user: Any
) -> None:
    client, address = as_user(anna), f"/cases/{case.pk}/assign/"
    told = client.get(address, choose(northland)).context["told"]
    refused = client.post(address, choose(northland, told=told))
    assert refused.status_code == 422
    assert "A case always has a leading agency" in text(refused)
    actions.assign_case(case, agency=eastport, part="lead", reason="Trial there", by=anna)
    assert case.assignments.get(part="lead").agency == eastport


def test_the_owner_is_never_withdrawn_from_its_own_case(case: Case, anna: User, as_user: Any) -> None:
    own = case.assignments.get()
    assert as_user(anna).post(f"/cases/assignments/{own.pk}/withdraw/", {"reason": "x"}).status_code == 404


def test_each_agency_names_its_own_people_and_both_read_them(
    case: Case, alice: User, anna: User, bea: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    assignment = actions.assign_case(case, agency=eastport, part="support", reason="Money", by=anna)
    address = f"/cases/assignments/{assignment.pk}/staff/"
    offered = as_user(bea).get(address).context["form"].fields["people"].queryset
    assert set(offered) == {bea, bob}
    assert as_user(bea).post(address, {"people": [alice.pk]}).status_code == 422
    assert as_user(bea).post(address, {"people": [bob.pk]}).status_code == 302
    assert as_user(anna).get(address).status_code == 404
    for reader in (anna, bob):
        assert "Bob" in text(as_user(reader).get(f"/cases/{case.pk}/agencies/"))


def test_the_reason_is_read_by_the_owner_and_the_assigned_agency_alone(
    case: Case, anna: User, bob: User, cora: User, eastport: Agency, southshore: Agency, as_user: Any
) -> None:
    actions.assign_case(case, agency=eastport, part="support", reason="Forged passports", by=anna)
    actions.assign_case(case, agency=southshore, part="support", reason="Border", by=anna)
    pages = [text(as_user(user).get(f"/cases/{case.pk}/agencies/")) for user in (anna, bob, cora)]
    assert ["Forged passports" in page for page in pages] == [True, True, False]
