"""For what a partner opens one's records: asked before the first look of a day where the owner asks, kept with each look."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.utils import timezone

from agencies import agreements, audit, policies
from agencies.acting import as_system, verb
from agencies.audit import Act
from agencies.models import Agency, Agreement, PurposeStated, User
from agencies.policies import Refused
from agencies.visibility import Level, Shareable, can

STATE_IT = "The owner asks for a purpose. State it on the record's page first."
NOT_AGREED = "Your agreement with its owner does not cover the purpose that this client is registered for."


class PurposeNeeded(Exception):
    """The owner of this row asks partners for a purpose, and the person has stated none for it today."""

    def __init__(self, row: Shareable, why: str = STATE_IT) -> None:
        super().__init__(why)
        self.row = row


@verb
def ask_for_purposes(*, agency: Agency, asks: bool, by: User) -> None:
    """Whether people of other agencies say for what they open one's records."""
    policies.check_manages(agency, by)
    agency.asks_purpose = asks
    agency.save(update_fields=["asks_purpose"])
    audit.record(Act.EDITED, agency, by=by, asks_purpose=asks)


def allowed_for(owner: Agency, reader: Agency) -> list[tuple[str, str]]:
    """The purposes for which `reader` may open records of `owner`: those agreed on, or any."""
    agreed = agreements.purposes_between(owner.pk, reader.pk)
    return [
        (code, str(label)) for code, label in Agreement.Purpose.choices if agreed is None or code in agreed
    ]


@verb
def state_purpose(obj: Shareable, *, purpose: str, words: str, by: User) -> None:
    """Say for what one opens a partner's record today. A purpose that was not agreed on opens nothing."""
    reader = policies.check_agency(by.agency)
    if not can(by, Level.VIEW, obj):
        raise policies.NotPermitted("Your agency may not open this record.")
    allowed = dict(allowed_for(obj.agency, reader))
    if purpose not in allowed:
        raise Refused(
            "Your agreement with its owner does not cover that purpose. It covers:"
            f" {', '.join(label.lower() for label in allowed.values()) or 'none'}."
        )
    kind, pk = whole_of(obj)
    PurposeStated.objects.update_or_create(
        person=by, kind=kind, object_id=pk, day=timezone.localdate(),
        defaults={"said": f"{allowed[purpose]}: {words.strip()}" if words.strip() else allowed[purpose]},
    )  # fmt: skip


def whole_of(row: Shareable) -> tuple[str, uuid.UUID]:
    """What is opened: the lead of a person named in it, the case of a note; else the row itself."""
    for guard in row.guarded_by:
        if "__" not in guard.path and not guard.own_side:
            field: Any = row._meta.get_field(guard.path)
            return field.related_model._meta.label_lower, getattr(row, field.attname)
    return row._meta.label_lower, row.pk


def _is_record(whole: tuple[str, uuid.UUID]) -> bool:
    """What is shared one by one. A partner's request to us, for instance, is opened to be answered."""
    model: Any = apps.get_model(whole[0])
    return bool(model.handed_on)


def purposes_of(act: Act, rows: Sequence[Shareable], by: Any, facts: dict[str, Any]) -> dict[uuid.UUID, str]:
    """For what `by` looks at each of these rows, where the owner asks. Raises `PurposeNeeded` where that is not stated.

    What a summary or a list of found records tells needs none; a program's is the one that it is registered with,
    of which the API asks (`withheld`).
    """
    if facts.get("level") == Level.SUMMARY.label or facts.get("through") == "search" or by.is_service:
        return {}
    wholes = _asked(rows, by)
    stated = _stated(wholes, by)
    for row in rows:
        if row.pk in wholes and wholes[row.pk] not in stated:
            raise PurposeNeeded(row)
    return {pk: stated[whole] for pk, whole in wholes.items()}


@as_system
def withheld(rows: Sequence[Shareable], by: Any, purpose: str) -> list[tuple[Shareable, str]]:
    """Of these rows, which `by` may reach, those that are not shown before their owner's question is answered, and why.

    A program is not asked: `purpose` is what it is registered for, and an agreement that names others keeps rows from it.
    """
    others = [row for row in rows if row.agency_id != by.agency_id and not _is_summary(row)]
    if by.is_service:
        barred = _not_covered(others, by, purpose)
        return [(row, NOT_AGREED) for row in others if row.agency_id in barred]
    wholes = _asked(others, by)
    stated = _stated(wholes, by)
    return [(row, STATE_IT) for row in others if row.pk in wholes and wholes[row.pk] not in stated]


def _is_summary(row: Any) -> bool:
    return getattr(row, "level", None) == Level.SUMMARY


def _asked(rows: Sequence[Shareable], by: Any) -> dict[uuid.UUID, tuple[str, uuid.UUID]]:
    """By row, the record that it is part of, where its owner asks partners."""
    owners = {row.agency_id for row in rows} - {by.agency_id}
    if not owners:
        return {}
    asking = set(Agency.objects.filter(pk__in=owners, asks_purpose=True).values_list("pk", flat=True))
    asked = [row for row in rows if row.agency_id in asking and not _is_summary(row)]
    return {row.pk: whole for row in asked if _is_record(whole := whole_of(row))}


def _stated(wholes: dict[uuid.UUID, tuple[str, uuid.UUID]], by: Any) -> dict[tuple[str, uuid.UUID], str]:
    if not wholes:
        return {}
    ids = {pk for _, pk in wholes.values()}
    today = PurposeStated.objects.filter(person=by, day=timezone.localdate(), object_id__in=ids)
    return {(each.kind, each.object_id): each.said for each in today}


def _not_covered(rows: Sequence[Shareable], by: Any, purpose: str) -> set[uuid.UUID]:
    """The owners whose agreements name purposes, and not this one. Few name any: one question finds that none does."""
    owners = {row.agency_id for row in rows if _is_record(whole_of(row))}
    named = Agreement.objects.filter(state=Agreement.State.IN_FORCE, purposes__len__gt=0)
    if not owners or not named.exists():
        return set()
    agreed = {owner: agreements.purposes_between(owner, by.agency_id) for owner in owners}
    return {owner for owner, codes in agreed.items() if codes is not None and purpose not in codes}
