"""The history of a record, and the explorer for those who inspect."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from agencies import actions
from agencies.audit import Act, record_looks
from agencies.models import Agency, User
from agencies.permissions import Role
from agencies.visibility import Level
from cases import actions as case_actions
from cases.models import Case
from tests import factories

EXPLORER = "/agency/audit/"


@pytest.fixture
def case(alice: User, anna: User, eastport: Agency) -> Case:
    case = factories.case(alice, "Cannery")
    actions.share(case, agency=eastport, level=Level.VIEW, reason="Joint inspection", by=anna)
    case_actions.move_case(case, status="active", reason="Two callers confirm", by=anna)
    return case


def history(client: Any, case: Case) -> str:
    response = client.get(reverse("agencies:history", args=["cases.case", case.pk]))
    assert response.status_code == 200
    return str(response.content.decode())


def test_the_owner_reads_who_did_what_and_why(case: Case, alice: User, as_user: Any) -> None:
    html = history(as_user(alice), case)
    assert "changed the status from Open to Under investigation" in html
    assert "shared this with Eastport Prosecution (view)" in html
    assert "Anna" in html
    assert "Two callers confirm" in html


def test_a_partner_reads_the_open_acts_by_agency_without_names_reasons_or_shares(
    case: Case, bob: User, as_user: Any
) -> None:
    html = history(as_user(bob), case)
    assert "Northland Police" in html
    assert "changed the status of this case" in html
    for secret in ("Anna", "Two callers confirm", "shared this", "Joint inspection"):
        assert secret not in html


def test_a_summary_has_no_history(
    case: Case, anna: User, cora: User, southshore: Agency, as_user: Any
) -> None:
    actions.share(case, agency=southshore, level=Level.SUMMARY, reason="Desk", by=anna)
    assert as_user(cora).get(reverse("agencies:history", args=["cases.case", case.pk])).status_code == 404


def test_the_explorer_opens_to_those_who_read_the_audit_record(
    case: Case, alice: User, anna: User, ada: User, as_user: Any
) -> None:
    assert [as_user(user).get(EXPLORER).status_code for user in (alice, anna, ada)] == [404, 200, 200]


def test_it_names_a_record_only_to_those_who_may_read_it(
    case: Case, anna: User, northland: Agency, as_user: Any
) -> None:
    auditor = factories.person("Olga", northland, Role.AUDITOR)
    assert "Cannery" in as_user(anna).get(EXPLORER).content.decode()
    html = as_user(auditor).get(EXPLORER).content.decode()
    assert "Cannery" not in html
    assert f"Case {str(case.pk)[:8]}" in html


def test_who_saw_this_record_names_the_partners_people_to_its_owner(
    case: Case, anna: User, bob: User, as_user: Any
) -> None:
    record_looks(Act.VIEWED, [case], by=bob)
    everything = as_user(anna).get(EXPLORER).content.decode()
    assert "Bob" not in everything
    for which in (f"cases.case:{case.pk}", str(case.pk), case.reference.lower()):
        html = as_user(anna).get(EXPLORER, {"record": which}).content.decode()
        assert "Bob" in html
        assert "viewed this case" in html


def test_who_saw_anothers_record_is_not_told(
    case: Case, bea: User, anna: User, cora: User, as_user: Any
) -> None:
    record_looks(Act.VIEWED, [case], by=bea)
    assert "Bea" not in as_user(cora).get(EXPLORER, {"record": str(case.pk)}).content.decode()
    html = as_user(bea).get(EXPLORER, {"record": str(case.pk)}).content.decode()
    assert "viewed this case" in html
    assert "Anna" not in html


def test_what_one_person_did_can_be_asked_of_ones_own_people_alone(
    case: Case, anna: User, alice: User, bob: User, as_user: Any
) -> None:
    html = as_user(anna).get(EXPLORER, {"person": alice.pk}).content.decode()
    assert "opened this case" in html
    assert "from Open to" not in html
    ignored = as_user(anna).get(EXPLORER, {"person": bob.pk}).content.decode()
    assert "from Open to" in ignored


@pytest.mark.parametrize(
    "query", ["since=yesterday", "act=x", "person=1", "record=%00", "before=x", "until=2026-99-99"]
)
def test_a_filter_that_makes_no_sense_breaks_nothing(
    case: Case, anna: User, as_user: Any, query: str
) -> None:
    assert as_user(anna).get(f"{EXPLORER}?{query}").status_code == 200


def test_asking_again_brings_the_list_alone(case: Case, anna: User, as_user: Any) -> None:
    html = as_user(anna).get(EXPLORER, {"act": "moved"}, headers={"HX-Request": "true"}).content.decode()
    assert "from Open to Under investigation" in html
    assert "opened this case" not in html
    assert "<html" not in html
