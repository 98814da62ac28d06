"""The third-agency rule: what Northland gave Eastport, Eastport gives Southshore only where Northland lets it."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from agencies import actions, passing, visibility
from agencies.audit import AuditEvent
from agencies.changes import Change
from agencies.models import Agency, ReleaseRequest, User
from agencies.permissions import Role
from agencies.policies import Refused
from agencies.tasks import announce_expired_grants
from agencies.visibility import Level, level_of, viewers_of
from cases import actions as case_actions
from intel import actions as intel_actions
from intel.models import Lead
from tests import factories


@pytest.fixture
def lead(alice: User) -> Lead:
    return factories.lead(alice, "Mole")


def share(lead: Lead, by: User, to: Agency, **fields: Any) -> None:
    fields = {"level": Level.VIEW, "onward": True, **fields}
    actions.share(lead, agency=to, reason="joint work", by=by, **fields)


def pass_on(
    lead: Lead, by: User, to: Agency, level: Level = Level.VIEW, **fields: Any
) -> ReleaseRequest | None:
    return passing.pass_on(lead, agency=to, level=level, reason="their desk knows him", by=by, **fields)


def test_with_the_right_to_it_is_passed_on_and_the_owner_sees_to_whom_by_whom_and_why(
    lead: Lead, alice: User, bob: User, charlie: User, eastport: Agency, southshore: Agency
) -> None:
    share(lead, alice, eastport)
    assert pass_on(lead, bob, southshore) is None
    assert level_of(charlie, lead) == Level.VIEW
    [third] = [viewer for viewer in viewers_of(lead) if viewer.agency == southshore]
    assert (third.why, third.granted_by) == ("passed on by Eastport Prosecution: their desk knows him", bob)
    told = AuditEvent.objects.about(lead, alice).filter(act="shared", facts__with_agency=str(southshore.pk))
    assert told.count() == 1


def test_never_more_and_never_longer_than_ones_own(
    lead: Lead, alice: User, bob: User, eastport: Agency, southshore: Agency
) -> None:
    end = timezone.now() + timedelta(days=2)
    share(lead, alice, eastport, level=Level.SUMMARY, expires_at=end)
    with pytest.raises(Refused, match="You have it at “Summary”"):
        pass_on(lead, bob, southshore)
    pass_on(lead, bob, southshore, Level.SUMMARY, expires_at=end + timedelta(days=9))
    assert {viewer.expires_at for viewer in viewers_of(lead) if viewer.revocable} == {end}


def test_what_was_passed_on_ends_with_the_share_it_came_from(
    lead: Lead, alice: User, bob: User, charlie: User, eastport: Agency, southshore: Agency
) -> None:
    share(lead, alice, eastport)
    pass_on(lead, bob, southshore)
    actions.revoke(lead, agency=eastport, reason="done", by=alice)
    assert (level_of(bob, lead), level_of(charlie, lead)) == (None, None)
    share(lead, alice, eastport)
    pass_on(lead, bob, southshore)
    share(lead, alice, eastport, onward=False)
    assert (level_of(bob, lead), level_of(charlie, lead)) == (Level.VIEW, None)


def test_it_ends_with_the_agreement_that_ends_the_share_it_came_from(
    lead: Lead, alice: User, ada: User, bob: User, charlie: User, eastport: Agency, southshore: Agency
) -> None:
    eva = factories.person("Eva", eastport, Role.AGENCY_ADMINISTRATOR)
    share(lead, alice, eastport)
    pass_on(lead, bob, southshore)
    end = timezone.localdate() + timedelta(days=1)
    proposed = actions.propose_agreement(
        by=ada, partner=eastport, level=Level.VIEW, handling="H3", ends_on=end
    )
    actions.answer_agreement(proposed, accept=True, by=eva)
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        assert (level_of(bob, lead), level_of(charlie, lead)) == (None, None)


@pytest.mark.django_db(transaction=True)  # the task runs in no transaction but its own
def test_and_with_a_share_that_got_an_end_only_later(
    lead: Lead, alice: User, bob: User, charlie: User, eastport: Agency, southshore: Agency
) -> None:
    share(lead, alice, eastport)
    pass_on(lead, bob, southshore)
    until = timezone.now() + timedelta(days=1)
    with transaction.atomic():  # as an answer to a disclosure request does
        visibility.share(lead, eastport, level=Level.VIEW, by=alice, reason="asked", expires_at=until)
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        announce_expired_grants()
        assert (level_of(bob, lead), level_of(charlie, lead)) == (None, None)
        gone = Change.objects.filter(object_id=lead.pk, withdrawn=True).values_list("agency_id", flat=True)
        assert set(gone) == {eastport.pk, southshore.pk}


def test_without_the_right_to_the_owner_is_asked_and_its_yes_is_a_grant(
    lead: Lead, alice: User, anna: User, bob: User, charlie: User, eastport: Agency, southshore: Agency
) -> None:
    share(lead, alice, eastport, onward=False)
    asked = pass_on(lead, bob, southshore)
    assert asked is not None
    assert level_of(charlie, lead) is None
    assert [level_of(user, asked) for user in (anna, bob, charlie)] == [Level.VIEW, Level.OWN, None]
    with pytest.raises(Refused, match="You have asked the owner already"):
        pass_on(lead, bob, southshore)
    for user in (bob, charlie):
        with pytest.raises(Refused):
            passing.answer_release(asked, release=True, answer="", by=user)
    passing.answer_release(asked, release=True, answer="", by=anna)
    assert level_of(charlie, lead) == Level.VIEW
    [third] = [viewer for viewer in viewers_of(lead) if viewer.agency == southshore]
    assert third.why == "released on request of Eastport Prosecution: their desk knows him"


def test_a_no_needs_a_reason_and_gives_nothing(
    lead: Lead, alice: User, anna: User, bob: User, charlie: User, eastport: Agency, southshore: Agency
) -> None:
    share(lead, alice, eastport, onward=False)
    asked = pass_on(lead, bob, southshore)
    assert asked is not None
    with pytest.raises(Refused, match="Give a reason"):
        passing.answer_release(asked, release=False, answer=" ", by=anna)
    declined = passing.answer_release(asked, release=False, answer="Source at risk", by=anna)
    assert (declined.state, level_of(charlie, lead)) == ("declined", None)


@pytest.mark.parametrize("code", ["H2", "H3"])
def test_h2_and_h3_are_never_passed_on_without_a_release(
    code: str, alice: User, anna: User, bob: User, charlie: User, eastport: Agency, southshore: Agency
) -> None:
    bound = factories.lead(alice, handling=(code,), caveat="Ask us before you tell anybody")
    with pytest.raises(Refused, match=f"It carries {code}"):
        share(bound, alice, eastport)
    share(bound, alice, eastport, onward=False)
    assert pass_on(bound, bob, southshore) is not None
    assert level_of(charlie, bound) is None


@pytest.mark.parametrize("code", ["H2", "H3"])
def test_nor_is_a_case_that_such_a_lead_feeds(
    code: str, alice: User, anna: User, bob: User, charlie: User, eastport: Agency, southshore: Agency
) -> None:
    case, lead = factories.case(anna), factories.lead(alice, handling=(code,))
    intel_actions.attach_lead(case, lead, by=anna)
    share(case, anna, eastport)  # type: ignore[arg-type]
    assert pass_on(case, bob, southshore) is not None  # type: ignore[arg-type]
    assert (level_of(charlie, case), level_of(charlie, lead)) == (None, None)
    pass_on(case, bob, southshore, Level.SUMMARY)  # type: ignore[arg-type]
    assert (level_of(charlie, case), level_of(charlie, lead)) == (Level.SUMMARY, None)


def test_whose_own_agreement_with_the_third_has_ended_passes_nothing_on_to_it(
    lead: Lead, alice: User, bob: User, charlie: User, eastport: Agency, southshore: Agency
) -> None:
    eva, sam = (factories.person("A", agency, Role.AGENCY_ADMINISTRATOR) for agency in (eastport, southshore))
    proposed = actions.propose_agreement(by=eva, partner=southshore, level=Level.VIEW, handling="H3")
    actions.answer_agreement(proposed, accept=True, by=sam)
    share(lead, alice, eastport)
    actions.end_agreement(proposed, reason="over", by=sam)
    with pytest.raises(Refused, match="nothing may be shared"):
        pass_on(lead, bob, southshore)
    assert level_of(charlie, lead) is None


def test_what_the_owner_agreed_with_the_third_is_not_told_but_asked(
    lead: Lead, alice: User, ada: User, bob: User, charlie: User, eastport: Agency, southshore: Agency
) -> None:
    theo = factories.person("Theo", southshore, Role.AGENCY_ADMINISTRATOR)
    agreed = actions.propose_agreement(by=ada, partner=southshore, level=Level.SUMMARY, handling="H1")
    actions.answer_agreement(agreed, accept=True, by=theo)
    share(lead, alice, eastport)
    asked = pass_on(lead, bob, southshore)
    assert asked is not None
    assert level_of(charlie, lead) is None
    with pytest.raises(Refused, match="at most: summary"):
        passing.answer_release(asked, release=True, answer="", by=alice)


def test_the_third_having_it_already_is_not_told_to_the_second(
    lead: Lead, alice: User, bob: User, charlie: User, eastport: Agency, southshore: Agency
) -> None:
    share(lead, alice, eastport)
    actions.share(lead, agency=southshore, level=Level.VIEW, reason="own work", by=alice)
    assert pass_on(lead, bob, southshore) is None
    actions.revoke(lead, agency=eastport, reason="done", by=alice)
    assert level_of(charlie, lead) == Level.VIEW


def test_what_one_sees_through_a_case_is_not_ones_to_pass_on(
    lead: Lead, anna: User, bob: User, eastport: Agency, southshore: Agency, northland: Agency
) -> None:
    case = factories.case(anna)
    case_actions.assign_case(case, agency=eastport, part="support", reason="joint", by=anna)
    intel_actions.attach_lead(case, lead, by=anna)
    with pytest.raises(Refused, match="Its owner alone can share it"):
        pass_on(lead, bob, southshore)


def test_it_is_asked_and_answered_on_the_pages(
    lead: Lead,
    alice: User,
    anna: User,
    bob: User,
    charlie: User,
    eastport: Agency,
    southshore: Agency,
    as_user: Any,
) -> None:
    share(lead, alice, eastport, onward=False)
    url = reverse("agencies:pass-on", args=["intel.lead", lead.pk])
    assert as_user(alice).get(url).status_code == 404
    assert as_user(charlie).get(url).status_code == 404
    assert "has not allowed your agency to pass" in as_user(bob).get(url).content.decode()
    data = {"agency": southshore.pk, "level": 2, "reason": "Their desk"}
    assert as_user(bob).post(url, {**data, "reason": ""}).status_code == 422
    assert as_user(bob).post(url, data).status_code == 302
    asked = ReleaseRequest.objects.get()
    page = reverse("agencies:release", args=[asked.pk])
    assert as_user(charlie).get(page).status_code == 404
    assert "Mole" in as_user(anna).get(reverse("agencies:desk-releases")).content.decode()
    assert "Mole" in as_user(anna).get(reverse("agencies:releases")).content.decode()
    assert "Our answer" not in as_user(bob).get(page).content.decode()
    assert as_user(anna).post(page, {"release": "no", "answer": ""}).status_code == 422
    assert as_user(anna).post(page, {"release": "yes", "answer": "Fine"}).status_code == 302
    assert level_of(charlie, lead) == Level.VIEW


def test_a_request_about_a_restricted_record_is_answered_by_the_named_alone(
    lead: Lead, alice: User, anna: User, bob: User, eastport: Agency, southshore: Agency, as_user: Any
) -> None:
    share(lead, alice, eastport, onward=False)
    asked = pass_on(lead, bob, southshore)
    assert asked is not None
    actions.restrict(lead, named=[anna], walled=[], reason="Mole", by=anna)
    assert "Mole" not in as_user(alice).get(reverse("agencies:desk-releases")).content.decode()
    assert as_user(alice).get(reverse("agencies:release", args=[asked.pk])).status_code == 404
    assert as_user(anna).get(reverse("agencies:release", args=[asked.pk])).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_what_is_passed_on_while_its_source_is_revoked_ends_too(
    lead: Lead, alice: User, bob: User, charlie: User, eastport: Agency, southshore: Agency
) -> None:
    share(lead, alice, eastport)
    checked, go_on = threading.Event(), threading.Event()

    def revoke() -> None:
        checked.wait(10)
        try:
            actions.revoke(lead, agency=eastport, reason="done", by=alice)
        finally:
            connection.close()

    def would(*_: Any) -> bool:
        checked.set()
        go_on.wait(1)  # time enough for a revocation that does not wait
        return True

    taking = threading.Thread(target=revoke)
    taking.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passing, "_owner_would", would)
        pass_on(lead, bob, southshore)
    taking.join()
    assert (level_of(bob, lead), level_of(charlie, lead)) == (None, None)
