"""Units of an agency, and conflict walls against one: who is in it, comes to it or was in it since, is kept out by name.

So the gate knows of people alone, and moving somebody out of a unit opens nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from agencies import audit, guards, policies
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import Agency, UnitStay, UnitWall, User
from agencies.permissions import Role
from agencies.policies import Refused
from agencies.visibility import Shareable, lock


def units_of(agency_id: Any) -> list[str]:
    """The units that an agency's people are in, or are kept out by."""
    held = User.objects.filter(agency=agency_id).exclude(unit="").values_list("unit", flat=True)
    return sorted({*held, *UnitWall.objects.filter(agency=agency_id).values_list("unit", flat=True)})


def walls_on(obj: Shareable) -> list[UnitWall]:
    rows = UnitWall.objects.filter(kind=obj._meta.label_lower, object_id=obj.pk)
    return list(rows.prefetch_related("kept").order_by("unit"))


@dataclass(frozen=True, slots=True)
class Kept:
    """A unit that shall be kept out, since when, and its people from then on."""

    unit: str
    since: datetime
    people: set[User]


def kept_by(obj: Shareable, units: Collection[str] | None) -> list[Kept]:
    """Whom walls against these units keep out; None for those that stand. Who was ever kept by one, stays so."""
    standing = {wall.unit: wall for wall in walls_on(obj)}
    wanted = sorted(standing) if units is None else sorted(set(units))
    if unknown := set(wanted) - set(units_of(obj.agency_id)):
        raise Refused(f"Nobody of your agency is in {', '.join(sorted(unknown))}.")
    return [_kept(obj, unit, standing.get(unit)) for unit in wanted]


def _kept(obj: Shareable, unit: str, wall: UnitWall | None) -> Kept:
    since = wall.since if wall else timezone.now()
    stays = UnitStay.objects.filter(Q(until=None) | Q(until__gte=since), unit=unit)
    people = set(User.objects.filter(agency=obj.agency_id, pk__in=stays.values("person")))
    return Kept(unit, since, people | set(wall.kept.all() if wall else ()))


def set_walls(obj: Shareable, kept: list[Kept], walled: Collection[User], reason: str, by: User) -> None:
    """Remember for which units people are kept out. Who is kept out by name besides, stays so without the unit."""
    UnitWall.objects.filter(kind=obj._meta.label_lower, object_id=obj.pk).delete()
    for each in kept:
        wall = UnitWall.objects.create(
            agency=obj.agency, unit=each.unit, kind=obj._meta.label_lower, object_id=obj.pk, since=each.since,
            set_by=by, reason=reason,
        )  # fmt: skip
        wall.kept.set(each.people - set(walled))


def walled_by_name(obj: Shareable, circle: guards.Circle) -> list[User]:
    """Who is kept out as a person, not for being of a unit."""
    through = {person.pk for wall in walls_on(obj) for person in wall.kept.all()}
    return [person for person in circle.walled if person.pk not in through]


def hold_units(agency_id: Any) -> None:
    """Until the transaction ends nobody of the agency comes to a unit, and no wall is set: each must know of the other."""
    list(Agency.objects.select_for_update(no_key=True).filter(pk=agency_id).values_list("pk"))


# --- Placing people ------------------------------------------------------------------------------------------


def check_can_place(person: User, by: User) -> None:
    policies.check_administers(person, by)


@verb
def place(*, person: User, unit: str, by: User) -> None:
    """Put a person into a unit (empty: into none). What is kept from the unit is kept from them from now on."""
    check_can_place(person, by)
    hold_units(person.agency_id)
    person.refresh_from_db(fields=["unit"])
    was, unit = person.unit, " ".join(unit.split())
    if unit == was:
        return
    now = timezone.now()
    UnitStay.objects.filter(person=person, until=None).update(until=now)
    person.unit = unit
    person.save(update_fields=["unit"])
    if unit:
        UnitStay.objects.create(person=person, unit=unit, since=now)
        for wall in UnitWall.objects.filter(agency=person.agency_id, unit=unit):
            _keep_out(wall, person)
    audit.record(Act.EDITED, person, by=by, fields=["unit"], unit=unit, was=was)


def _keep_out(wall: UnitWall, person: User) -> None:
    obj: Any = wall.model._base_manager.get(pk=wall.object_id)
    lock(obj)
    entry = {"let_in": False, "set_by": wall.set_by, "reason": wall.reason}
    is_walled = person in guards.circle_of(obj).walled
    obj.admission_model().objects.update_or_create(content_object=obj, person=person, defaults=entry)
    if not is_walled:
        wall.kept.add(person)
    if not _has_supervisor(obj):
        raise Refused(
            f"{person} is the only supervisor who may see a record that is kept from {wall.unit}. Ask them to name"
            " another one first."
        )


def _has_supervisor(obj: Shareable) -> bool:
    circle = guards.circle_of(obj)
    own = set(User.objects.filter(agency=obj.agency_id, role=Role.SUPERVISOR, is_active=True))
    return bool(own & set(circle.named) if circle.named is not None else own - set(circle.walled))
