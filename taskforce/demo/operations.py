"""An invented exercise of two offices and a shelter that come too near to each other: nobody of the releases is in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import timezone

from agencies.models import TaskForce, User
from agencies.permissions import Role
from cases import actions
from cases.models import Case, Operation, SensitiveSite

ZONE = "America/New_York"
EXERCISE = "Exercise Lantern (invented)"
SUMMARY = (
    "An exercise: nobody in it exists. Two offices plan near each other in Savannah, and near a shelter."
)
# office, title, kind, address, latitude, longitude, hours from tomorrow at six, how long, risk
_PLANS = (
    ("usao-gan", "Exercise: warehouse search", "search", "14 River Street, Savannah", "32.081300", "-81.090900", 0, 4, "high"),
    ("usao-gan", "Exercise: surveillance of the terminal", "surveillance", "Garden City Terminal", "32.121400", "-81.136200", 24, 8, "medium"),
    ("usao-nye", "Exercise: controlled meeting", "meeting", "Whitaker Street, Savannah", "32.079500", "-81.093500", 2, 2, "medium"),
)  # fmt: skip
_TEAMS = (("Red", "+1 912 555 0141", "Front entrance"), ("Blue", "+1 912 555 0142", "Loading bay"))


def plan_exercise(person: Callable[[str, Role], User], task_force: TaskForce) -> None:
    """What is there already is left alone."""
    if task_force.watch_officer_id is None:
        actions.name_watch_officer(task_force=task_force, officer=person("doj-crt", Role.SUPERVISOR), by=None)
    caseworker = person("harbour-light", Role.VICTIM_CASEWORKER)
    if not SensitiveSite.objects.filter(agency=caseworker.agency_id).exists():
        actions.keep_site(
            by=caseworker, name="Exercise: Lantern house", kind="shelter", place="Drayton Street, Savannah",
            latitude=Decimal("32.076000"), longitude=Decimal("-81.092000"), radius_m=250, tells="liaison",
        )  # fmt: skip
    for office, title, kind, place, latitude, longitude, after, hours, risk in _PLANS:
        case = _case(person(office, Role.INVESTIGATOR))
        if Operation.objects.filter(case=case, title=title).exists():
            continue
        six = timezone.now().astimezone(ZoneInfo(ZONE)).replace(hour=6, minute=0, second=0, microsecond=0)
        begins = six + timedelta(days=1, hours=after)
        operation = actions.plan_operation(
            case, by=person(office, Role.INVESTIGATOR), title=title, kind=kind, place=place, radius_m=300, risk=risk,
            latitude=Decimal(latitude), longitude=Decimal(longitude), time_zone=ZONE, starts_at=begins,
            ends_at=begins + timedelta(hours=hours), tells="named", details="An exercise. Nothing of it is real.",
        )  # fmt: skip
        for name, phone, task in _TEAMS if kind == "search" else ():
            actions.add_team(
                operation,
                of=operation.agency,
                name=name,
                phone=phone,
                task=task,
                by=person(office, Role.SUPERVISOR),
            )


def _case(investigator: User) -> Case:
    rows = Case.objects.visible_to(investigator).filter(agency=investigator.agency_id, title=EXERCISE)
    found: Case | None = rows.first()
    return found or actions.open_case(
        title=EXERCISE, kind="organised_crime", summary=SUMMARY, by=investigator, jurisdictions=["Georgia"]
    )
