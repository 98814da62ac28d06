"""What the pages say of cases: rows of the list, which buttons there are, what an assignment would change."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count
from django.utils import timezone

from agencies.models import Agency, User
from agencies.permissions import Permission
from agencies.policies import Refused, allows, check_owns
from agencies.visibility import Level, viewers_of
from cases import policies
from cases.models import UNFINISHED, Assignment, Case, Note, Task
from cases.presenters_tracks import nearest_limits


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case in a list: who leads it, who of the reader's agency works on it, how many of its tasks are late."""

    case: Case
    in_full: bool
    lead: Agency | None
    people: list[User]
    overdue: int
    limitation: date | None = None  # the nearest that alarms


def case_rows(cases: Sequence[Any], reader: User) -> list[CaseRow]:
    """Rows for cases with a `level`. Four queries however many there are."""
    running = Assignment.objects.visible_to(reader).filter(case__in=cases, ended_at=None)
    leads: dict[uuid.UUID, Agency] = {}
    people: dict[uuid.UUID, list[User]] = defaultdict(list)
    for assignment in running.select_related("agency").prefetch_related("people"):
        if assignment.part == Assignment.Part.LEAD:
            leads[assignment.case_id] = assignment.agency
        if assignment.agency_id == reader.agency_id:
            people[assignment.case_id] += assignment.people.all()
    late = Task.objects.visible_to(reader).filter(case__in=cases, due_on__lt=timezone.localdate())
    overdue = dict(
        late.filter(status__in=UNFINISHED)
        .order_by()
        .values("case")
        .annotate(n=Count("pk"))
        .values_list("case", "n")
    )
    limits = nearest_limits(cases, reader)
    return [
        CaseRow(
            case, case.level >= Level.VIEW, leads.get(case.pk), people[case.pk], overdue.get(case.pk, 0),
            limits.get(case.pk),
        )
        for case in cases
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Doors:
    """What the reader may do with a case now, by the rules that the verbs enforce."""

    edit: bool
    move: bool
    assign: bool
    withdraw: bool
    work: bool
    why_not: str


def doors(case: Case, reader: User) -> Doors:
    work, why_not = True, ""
    try:
        policies.check_can_work(case, reader)
    except Refused as refusal:
        work, why_not = False, str(refusal)
    owns = allows(check_owns, case, reader)
    may_assign = owns and reader.may(Permission.ASSIGN_CASES)
    return Doors(
        edit=work and owns,
        move=may_assign,
        assign=may_assign and case.status != Case.Status.CLOSED,
        withdraw=may_assign,
        work=work,
        why_not=why_not,
    )


@dataclass(frozen=True, slots=True)
class Effect:
    """What an assignment would change in who sees the case."""

    agency: Agency
    now: Level | None
    adds: bool
    opens: list[str]
    stays_shut: str
    gives_up_lead: Agency | None


def effect_of_assigning(case: Case, agency: Agency, part: str, reader: User) -> Effect:
    now = next((viewer.level for viewer in viewers_of(case) if viewer.agency.pk == agency.pk), None)
    is_owner = agency.pk == case.agency_id
    shared, private = _counts(case, reader, agency_private=False), _counts(case, reader, agency_private=True)
    leads = case.assignments.filter(ended_at=None, part=Assignment.Part.LEAD).exclude(agency=agency)
    lead = leads.select_related("agency").first() if part == Assignment.Part.LEAD else None
    opens = (
        [] if now is not None and now >= Level.VIEW else ["the summary and all facts of the case", *shared]
    )
    return Effect(
        agency,
        now,
        now is None or now < Level.CONTRIBUTE,
        opens,
        "" if is_owner else " and ".join(private),
        lead.agency if lead else None,
    )


def _counts(case: Case, reader: User, *, agency_private: bool) -> list[str]:
    """How many tasks and notes the reader knows of, in words: "3 tasks", "1 note"."""
    words = []
    for model, noun in ((Task, "task"), (Note, "note")):
        n = model.objects.visible_to(reader).filter(case=case, agency_private=agency_private).count()
        if n:
            words.append(f"{n} {noun}{'' if n == 1 else 's'}")
    return words
