"""The one description of cases and tasks that pages and API share. Rows come through the gate; these only word them."""

from __future__ import annotations

from agencies.cards import Card, agency_card, contact_card
from agencies.policies import version_of
from agencies.retention import Retained
from agencies.visibility import Level
from cases.models import Assignment, Case, Task


def case_card(case: Case, level: Level) -> Card:
    """A case at the level its viewer has. Select `agency__contact` with the case."""
    card: Card = {
        "id": case.pk,
        "title": case.title,
        "kind": case.kind,
        "jurisdictions": case.jurisdictions,
        "agency": agency_card(case.agency),
        "contact": contact_card(case.agency.contact),
        "created_at": case.created_at,
        "updated_at": case.updated_at,
    }
    if level >= Level.VIEW:
        card |= {
            "reference": case.reference,
            "summary": case.summary,
            "status": case.status,
            "priority": case.priority,
            "tags": case.tags,
        }
    if level == Level.OWN:
        card["version"] = version_of(case)
    return card


def assignment_card(assignment: Assignment) -> Card:
    """An agency's part in a case. Select `agency` with the assignment."""
    return {
        "agency": agency_card(assignment.agency),
        "part": assignment.part,
        "since": assignment.created_at,
    }


def task_card(task: Task, *, case_is_seen: bool) -> Card:
    """A task; its case is named only to those who see the case. Select `agency`, `assigned_agency`, `assignee`."""
    return {
        "id": task.pk,
        "case": task.case_id if case_is_seen else None,
        "title": task.title,
        "details": task.details,
        "status": task.status,
        "due_on": task.due_on,
        "agency": agency_card(task.agency),
        "assigned_agency": agency_card(task.assigned_agency) if task.assigned_agency else None,
        "assignee": task.assignee.name if task.assignee else None,
        "agency_private": task.agency_private,
        "created_at": task.created_at,
        "updated_at": task.updated_at,
    }


def summary_facts(record: Retained) -> list[tuple[str, object]]:
    """What the summary of a case tells beside its title."""
    if not isinstance(record, Case):
        return []
    return [
        ("Kind", record.get_kind_display()),
        ("Opened", record.created_at),
        ("Jurisdictions", ", ".join(record.jurisdictions)),
    ]


def goes_with_case(record: Retained) -> list[str]:
    if not isinstance(record, Case):
        return []
    return [
        "Notes and tasks stay with whoever wrote them. What is marked for your agency alone stays yours alone.",
        "Leads and people that feed the case stay with their owners. What you attached openly they will read; take it"
        " out before, if they shall not.",
        "They lead the case where you led it. Your part in it ends, unless you go on contributing.",
    ]
