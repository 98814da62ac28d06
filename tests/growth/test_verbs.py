"""What a verb costs does not grow with what is there."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from agencies.models import User
from tests import factories


def statements(by: User, subjects: int) -> int:
    who = tuple(
        factories.subject(f"Person Number{n}", phone=f"+1 404 555 01{n:02d}") for n in range(subjects)
    )
    with CaptureQueriesContext(
        connection,
    ) as captured:
        factories.lead(by, subjects=who)
    return len(captured)


def test_logging_a_lead_costs_the_same_however_many_subjects_and_leads_there_are(alice: User) -> None:
    few = statements(alice, 2)
    assert statements(alice, 40) == few
    assert few <= 25
