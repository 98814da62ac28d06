"""Reach: what triggers keep of who has what is what ownership, grants and attachments say, whatever happens to those."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agencies import acting, visibility
from agencies.models import Agency, User
from agencies.visibility import Level, level_of
from cases.models import Case, CaseGrant, CaseReach
from intel import reconciling
from intel.models import (
    CaseLead,
    CaseSubject,
    Lead,
    LeadGrant,
    LeadReach,
    Subject,
    SubjectGrant,
    SubjectReach,
)
from tests import factories

GRANTS = (CaseGrant, LeadGrant, SubjectGrant)
REACH = (CaseReach, LeadReach, SubjectReach)


class World:
    """Two cases, three leads and three subjects of three agencies, and everything that can happen between them."""

    def __init__(self, people: list[User]) -> None:
        self.people = people
        self.agencies = [person.agency for person in people]
        for owner in people[:2]:
            factories.case(owner)
        for owner in people:
            factories.lead(owner, subjects=(factories.subject("Jan Sample"),))

    def pick(self, model: Any, n: int) -> Any:
        rows = list(model.objects.order_by("created_at", "pk"))
        return rows[n % len(rows)] if rows else None

    def grants(self, n: int) -> Any:
        rows = [grant for model in GRANTS for grant in model.objects.order_by("pk")]
        return rows[n % len(rows)] if rows else None

    def ties(self, n: int) -> Any:
        rows = [
            tie for model in (CaseLead, CaseSubject) for tie in model.objects.order_by("created_at", "pk")
        ]
        return rows[n % len(rows)] if rows else None

    def share(self, a: int, b: int, c: int) -> None:
        row = self.pick((Case, Case, Lead, Subject)[a % 4], b)
        level = Level(1 + (a // 4) % 3)
        until = (None, timezone.now() + timedelta(days=1), timezone.now() - timedelta(days=1))[c // 3 % 3]
        if row is not None:
            visibility.share(
                row, self.agencies[c % 3], level=level, by=None, reason="joint work", expires_at=until
            )

    def change_grant(self, a: int, b: int, c: int) -> None:
        grant = self.grants(a)
        if grant is None:
            return
        grant.expires_at = None if b % 2 else timezone.now() + timedelta(hours=c)
        kind = grant.content_object._meta.model_name
        codename = (f"view_summary_{kind}", f"view_{kind}", f"contribute_{kind}")[c % 3]
        permissions: Any = type(grant)._meta.get_field("permission").related_model
        grant.permission = permissions.objects.get(codename=codename)
        grant.save()

    def move_grant(self, a: int, b: int, c: int) -> None:
        grant = self.grants(a)
        if grant is not None:
            rows = type(grant).objects.filter(pk=grant.pk)
            other = self.pick(type(grant.content_object), b)
            taken = type(grant).objects.filter(content_object=other, group_id=self.agencies[c % 3].group_id)
            if not taken.exists():
                rows.update(content_object=other, group=self.agencies[c % 3].group)

    def revoke(self, a: int, b: int, c: int) -> None:
        grant = self.grants(a)
        if grant is not None:
            grant.delete()

    def attach(self, a: int, b: int, c: int) -> None:
        case, agency = self.pick(Case, a), self.agencies[c % 3]
        lead, subject = self.pick(Lead, b), self.pick(Subject, b)
        who = agency if c > 6 else lead and lead.agency
        if case and lead and c % 2:
            private = {"agency_private": a % 5 == 4}
            CaseLead.objects.get_or_create(case=case, lead=lead, agency=who, defaults=private)
        elif case and subject:
            CaseSubject.objects.get_or_create(case=case, subject=subject, agency=who, role="x")

    def attach_all(self, a: int, b: int, c: int) -> None:
        case = self.pick(Case, a)
        leads = Lead.objects.exclude(case_leads__case=case) if case else ()
        CaseLead.objects.bulk_create(CaseLead(case=case, lead=lead, agency=lead.agency) for lead in leads)

    def change_tie(self, a: int, b: int, c: int) -> None:
        tie = self.ties(a)
        if tie is not None:
            tie.agency_private = bool(b % 2)
            if c > 6 and not type(tie).objects.filter(agency=self.agencies[c % 3]).exists():
                tie.agency = self.agencies[c % 3]
            tie.save()

    def detach(self, a: int, b: int, c: int) -> None:
        tie = self.ties(a)
        if tie is not None:
            tie.delete()

    def hand_over(self, a: int, b: int, c: int) -> None:
        row = self.pick((Case, Lead, Subject)[a % 3], b)
        if row is not None:
            type(row).objects.filter(pk=row.pk).update(agency=self.agencies[c % 3])

    def delete(self, a: int, b: int, c: int) -> None:
        row = self.pick((Case, Lead, Subject)[a % 3], b)
        if row is not None and c == 0:
            row.delete()


NUMBERS = st.integers(0, 11)
ACTS = st.sampled_from(
    [
        getattr(World, name)
        for name in vars(World)
        if name not in {"pick", "grants", "ties"} and name[0] != "_"
    ]
)


@given(happened=st.lists(st.tuples(ACTS, NUMBERS, NUMBERS, NUMBERS), min_size=3, max_size=14))
@settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)  # fmt: skip
def test_whatever_happens_reach_is_what_the_grants_say_and_the_gate_shows_it(
    alice: User, bob: User, charlie: User, happened: list[tuple[Callable[..., None], int, int, int]]
) -> None:
    people = [alice, bob, charlie]
    with transaction.atomic():
        world = World(people)
        for act, *numbers in happened:
            act(world, *numbers)
        assert reconciling.differences() == []
        for model in (Case, Lead, Subject):
            for row in model.objects.all():
                due = {viewer.agency.pk: viewer.level for viewer in visibility.reached_by(row)}
                assert {person.agency_id: level_of(person, row) for person in people} == {
                    person.agency_id: due.get(person.agency_id) for person in people
                }
        transaction.set_rollback(True)


def test_a_case_with_many_leads_is_given_and_taken_in_a_handful_of_statements(
    alice: User, bob: User, eastport: Agency, django_assert_max_num_queries: Any
) -> None:
    case = factories.case(alice)
    leads = Lead.objects.bulk_create(
        Lead(agency=alice.agency, title="x", narrative="x", review_on="2099-01-01") for _ in range(300)
    )
    CaseLead.objects.bulk_create(CaseLead(case=case, lead=lead, agency=alice.agency) for lead in leads)
    with django_assert_max_num_queries(12):
        visibility.share(case, eastport, level=Level.VIEW, by=alice, reason="joint work")
    assert Lead.objects.visible_to(bob).count() == 300
    assert reconciling.differences() == []
    with django_assert_max_num_queries(6):
        visibility.revoke(case, eastport)
    assert Lead.objects.visible_to(bob).count() == 0
    assert reconciling.differences() == []


@pytest.mark.parametrize("table", [model._meta.db_table for model in REACH])
def test_only_the_triggers_write_it(db: None, table: str) -> None:
    for statement in (
        f"DELETE FROM {table}",
        f"UPDATE {table} SET level = 4",
        f"INSERT INTO {table} DEFAULT VALUES",
    ):
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as sql,
        ):
            sql.execute(statement)


def as_owner(statement: str) -> None:
    """What a restored backup or a hand in the database could do."""
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute(statement)


def test_a_difference_is_found_told_to_the_operators_and_mended_only_when_asked(
    alice: User, anna: User, eastport: Agency, southshore: Agency, caplog: Any, capsys: Any
) -> None:
    case, lead = factories.case(anna), factories.lead(alice)
    visibility.share(case, eastport, level=Level.VIEW, by=anna, reason="joint work")
    CaseLead.objects.create(case=case, lead=lead, agency=alice.agency)
    lacking = reconciling.Difference("lead", True, eastport.pk, lead.pk, Level.VIEW)
    wrong = reconciling.Difference("lead", False, southshore.pk, lead.pk, Level.OWN)
    try:
        as_owner(f"DELETE FROM intel_leadreach WHERE agency_id = '{eastport.pk}'")
        as_owner(
            f"INSERT INTO intel_leadreach (agency_id, lead_id, level) VALUES ('{southshore.pk}', '{lead.pk}', 4)"
        )
        assert reconciling.report() == 2
        assert "1 ways in are missing and 1 should not be there" in caplog.text
        assert str(lead.pk) not in caplog.text
        assert reconciling.differences() == [lacking, wrong]
        with acting.on_behalf_of(acting.NOBODY):  # an office's operator, whose command runs as the app
            assert reconciling.differences() == [lacking, wrong]
        as_owner("SELECT 1")
        with pytest.raises(SystemExit):
            call_command("check_reach")
        call_command("check_reach", mend=True)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE taskforce_app")
    assert "Written anew" in capsys.readouterr().out
    assert reconciling.differences() == []
