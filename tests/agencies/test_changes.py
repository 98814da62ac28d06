"""The change ledger: what a partner's feed says after a share, an edit, a revocation, an expiry."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from django.utils import timezone

from agencies import actions, tasks
from agencies.changes import Change
from agencies.models import Agency, User
from agencies.visibility import Level
from cases import actions as case_actions
from intel import actions as intel_actions
from tests import factories


def feed(agency: Agency) -> dict[tuple[str, str], bool]:
    """(kind, title or id) -> withdrawn, of one agency's feed."""
    rows = Change.objects.filter(agency_id=agency.pk)
    return {(row.kind, str(row.object_id)): row.withdrawn for row in rows}


def test_nothing_hidden_reaches_a_feed(alice: User, southshore: Agency) -> None:
    factories.lead(alice, subjects=(factories.subject("Jan Sample"),))
    assert feed(southshore) == {}


def test_a_share_announces_the_lead_and_its_subjects_and_revoking_withdraws_them(
    alice: User, anna: User, eastport: Agency
) -> None:
    lead = factories.lead(alice, subjects=(factories.subject("Jan Sample"),))
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint work", by=anna)
    assert set(feed(eastport).values()) == {False}
    assert {kind for kind, _ in feed(eastport)} == {"intel.lead", "intel.subject"}
    actions.revoke(lead, agency=eastport, reason="done", by=anna)
    assert set(feed(eastport).values()) == {True}


def test_an_expired_share_is_withdrawn_by_the_clock(alice: User, anna: User, eastport: Agency) -> None:
    lead = factories.lead(alice)
    end = timezone.now() + timedelta(minutes=5)
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint work", by=anna, expires_at=end)
    with time_machine.travel(end + timedelta(seconds=1)):
        tasks.announce_expired_grants()
        assert feed(eastport) == {("intel.lead", str(lead.pk)): True}


def test_a_case_brings_what_feeds_it_and_takes_it_away_again(
    alice: User, anna: User, eastport: Agency, southshore: Agency
) -> None:
    lead = factories.lead(alice, subjects=(factories.subject("Jan Sample"),))
    case = factories.case(anna)
    intel_actions.attach_lead(case, lead, by=anna)
    case_actions.set_task(case, title="Trace the phone", by=anna)
    assignment = case_actions.assign_case(
        case, agency=eastport, part="support", reason="local knowledge", by=anna
    )
    assert {kind for kind, _ in feed(eastport)} == {"intel.lead", "intel.subject", "cases.case", "cases.task"}
    case_actions.withdraw_assignment(assignment, reason="done", by=anna)
    assert set(feed(eastport).values()) == {True}
    assert feed(southshore) == {}


def test_a_private_attachment_hands_nothing_on(alice: User, anna: User, eastport: Agency) -> None:
    case = factories.case(anna)
    case_actions.assign_case(case, agency=eastport, part="support", reason="local knowledge", by=anna)
    intel_actions.attach_lead(case, factories.lead(alice), by=alice, private=True)
    assert {kind for kind, _ in feed(eastport)} == {"cases.case"}
