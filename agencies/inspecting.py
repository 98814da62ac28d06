"""What an inspector asks of the audit record, and the answers as sentences: who saw this, what did they see, what left."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.apps import apps
from django.db.models import Count, Max, Q
from django.utils import timezone

from agencies import sealing
from agencies.audit import LOOKS, NOTHING, Act, AuditEvent, AuditQuerySet
from agencies.models import Agency, User
from agencies.presenters import HistoryLine, line_of, names_in, noun
from agencies.visibility import Level, Shareable


@dataclass(frozen=True, slots=True)
class Question:
    """One of the things that are asked, where its page is, and by what it is narrowed."""

    label: str
    url_name: str
    fields: tuple[str, ...]
    intro: str
    empty: str


EVERYTHING, RECORD, PERSON, LEFT = "all", "record", "person", "left"
PERIOD = ("since", "until")
QUESTIONS = {
    EVERYTHING: Question(
        "Everything we did", "agencies:room-audit", ("record", "person", "act", *PERIOD),
        "Everything your agency did. Nothing here can be changed or removed, and a copy that is changed is found out.",
        "No act of your agency fits. Ask with the reference on the record, its id, a person or a kind of act.",
    ),
    RECORD: Question(
        "Who saw this record", "agencies:audit-record", ("record", *PERIOD),
        "Everybody of your agency who read it, to whom it was given, and, where it is yours, every look of a partner.",
        "Nobody looked at it in this time, as far as you may know.",
    ),
    PERSON: Question(
        "What this person saw", "agencies:audit-person", ("person", *PERIOD),
        "What one of your people or API clients read, searched for, took out and was refused, and when they signed in.",
        "This person did none of that in this time.",
    ),
    LEFT: Question(
        "What left the agency", "agencies:audit-left", ("partner", *PERIOD),
        "Each share and answer of yours, and each look of a partner at what you own: to whom, when, why, on what basis.",
        "Nothing left your agency in this time.",
    ),
}  # fmt: skip

OF_A_RECORD = (*LOOKS, Act.SHARED, Act.REVOKED)
OF_A_PERSON = (
    *LOOKS, Act.SEARCHED, Act.DENIED, Act.SIGNED_IN, Act.SIGN_IN_FAILED, Act.SIGNED_OUT, Act.PASSWORD,
)  # fmt: skip


# --- What is asked ------------------------------------------------------------------------------------------


def answers(question: str, asked: dict[str, Any], reader: User) -> AuditQuerySet:
    """The events that answer, among those that the reader may read."""
    found = {EVERYTHING: _everything, RECORD: _of_record, PERSON: _of_person, LEFT: _left}[question](
        asked, reader
    )
    if since := asked.get("since"):
        found = found.filter(at__date__gte=since)
    if until := asked.get("until"):
        found = found.filter(at__date__lte=until)
    return found


def _everything(asked: dict[str, Any], reader: User) -> AuditQuerySet:
    found = AuditEvent.objects.of_agency(reader)
    if asked.get("record"):
        found = _about(asked["record"], reader, found)
    if asked.get("person"):
        found = found.filter(actor_id=asked["person"].pk)
    if asked.get("act"):
        found = found.filter(act__in=asked["act"])
    return found


def _of_record(asked: dict[str, Any], reader: User) -> AuditQuerySet:
    if not asked.get("record"):
        return AuditEvent.objects.none()
    ours = AuditEvent.objects.of_agency(reader).filter(act__in=OF_A_RECORD)
    return _about(asked["record"], reader, ours)


def _about(record: str, reader: User, ours: AuditQuerySet) -> AuditQuerySet:
    which = named_record(record, reader)
    looks = AuditEvent.objects.looks_at_rows_of(reader)
    return ours.filter(which) | looks.filter(which) | sealing.denied_of(reader).filter(which)


def _of_person(asked: dict[str, Any], reader: User) -> AuditQuerySet:
    if not asked.get("person"):
        return AuditEvent.objects.none()
    person = asked["person"].pk
    failed = Q(act=Act.SIGN_IN_FAILED, object_id=person)
    return AuditEvent.objects.of_agency(reader).filter(Q(actor_id=person, act__in=OF_A_PERSON) | failed)


def _left(asked: dict[str, Any], reader: User) -> AuditQuerySet:
    looks = AuditEvent.objects.looks_at_rows_of(reader).filter(act__in=LOOKS)
    given = AuditEvent.objects.of_agency(reader).filter(
        Q(act=Act.SHARED) | Q(act=Act.ANSWERED) & ~Q(facts__state="declined")
    )
    if partner := asked.get("partner"):
        looks, given = looks.filter(agency_id=partner.pk), given.filter(facts__with_agency=str(partner.pk))
    return looks | given


def this_month() -> date:
    """Since when the report of what left tells, if nothing else is asked."""
    return timezone.localdate().replace(day=1)


def named_record(text: str, reader: User) -> Q:
    """The record that "cases.case:<id>", a bare id or a reference stands for. Knows references of visible rows only."""
    kind, _, pk = text.strip().rpartition(":")
    try:
        object_id = uuid.UUID(pk)
    except ValueError:
        return Q(object_id__in=_by_reference(text.strip(), reader))
    kinds = [kind] if kind else [model._meta.label_lower for model in apps.get_models()]
    return Q(kind__in=[*kinds, ""], object_id=object_id)


def _by_reference(reference: str, reader: User) -> list[uuid.UUID]:
    found: list[uuid.UUID] = []
    for model in _with_references():
        rows = model.objects.visible_to(reader).filter(reference__iexact=reference)
        found += rows.values_list("pk", flat=True)
    return found


def _with_references() -> list[type[Any]]:
    return [
        model
        for model in apps.get_models()
        if issubclass(model, Shareable) and any(column.name == "reference" for column in model._meta.fields)
    ]


# --- What left, in numbers and with its basis -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Partner:
    """One partner and how much of ours it was shown in a time."""

    name: str
    looks: int
    records: int
    last: Any


def partners(events: AuditQuerySet) -> list[Partner]:
    """Of the looks among `events`: which partner, how many, at how many records. Two queries."""
    counted = (
        events.filter(act__in=LOOKS).order_by().values("agency_id")
        .annotate(looks=Count("pk"), records=Count("object_id", distinct=True), last=Max("at"))
    )  # fmt: skip
    rows = list(counted)
    names = {
        agency.pk: agency.name for agency in Agency.objects.filter(pk__in=[row["agency_id"] for row in rows])
    }
    told = [
        Partner(names[row["agency_id"]], row["looks"], row["records"], row["last"])
        for row in rows
        if row["agency_id"] in names
    ]
    return sorted(told, key=lambda partner: -partner.looks)


def bases(events: Iterable[AuditEvent], reader: User) -> dict[int, str]:
    """On what each look at our records rests: the share that opened it, in its giver's words. One query."""
    looks = [event for event in events if event.act in LOOKS and event.agency_id != reader.agency_id]
    given: dict[tuple[uuid.UUID, str], list[AuditEvent]] = defaultdict(list)
    shares = AuditEvent.objects.of_agency(reader).filter(
        act=Act.SHARED, object_id__in={look.object_id for look in looks}
    )
    for share in shares.order_by("at"):
        given[share.object_id, share.facts.get("with_agency", "")].append(share)
    return {look.pk: _basis(look, given[look.object_id, str(look.agency_id)]) for look in looks}


def _basis(look: AuditEvent, shares: list[AuditEvent]) -> str:
    before = [share for share in shares if share.at <= look.at]
    if not before:
        return "Through a record it is part of, or named in a match"
    share = before[-1]
    return f"{share.facts.get('reason') or 'Shared'} ({share.actor_name}, {share.at:%-d %b %Y})"


# --- As sentences -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AuditLine:
    """An act and the record it was done to: by its title where the reader may know it, else by kind and id."""

    line: HistoryLine
    agency: str
    record: str
    key: str


def audit_lines(events: Iterable[AuditEvent], reader: User) -> list[AuditLine]:
    """Sentences for the explorer. Whoever inspects reads the names of all who acted; queries as for a history, and
    one for each kind of record."""
    events = list(events)
    titles, names = _titles(events, reader), names_in(events)
    return [_audit_line(event, reader, names, titles) for event in events]


def _audit_line(event: AuditEvent, reader: User, names: dict[str, str], titles: dict[str, str]) -> AuditLine:
    key = f"{event.kind}:{event.object_id}"
    untitled = f"{noun(event.kind).capitalize()} {str(event.object_id)[:8]}"
    if event.object_id in {NOTHING, event.actor_id}:
        key, untitled = "", ""
    line = replace(line_of(event, reader, names), by=event.actor_name)
    return AuditLine(
        line,
        names.get(str(event.agency_id), ""),
        titles.get(str(event.object_id), untitled) if key else "",
        key,
    )


# What a kind of record is called by, and from which level on.
TITLES = (("title", Level.SUMMARY), ("name", Level.VIEW), ("pseudonym", Level.VIEW))


def _titles(events: list[AuditEvent], reader: User) -> dict[str, str]:
    """What the records are called, through the gate: one query for each kind."""
    by_kind: dict[str, set[uuid.UUID]] = defaultdict(set)
    for event in events:
        if event.kind:  # of what was refused nobody asked what it is
            by_kind[event.kind].add(event.object_id)
    titles: dict[str, str] = {}
    for kind, pks in by_kind.items():
        for pk, title in _title_rows(apps.get_model(kind), reader, pks):
            titles[str(pk)] = title
    return titles


def _title_rows(model: type[Any], reader: User, pks: set[uuid.UUID]) -> Iterable[tuple[uuid.UUID, str]]:
    if issubclass(model, User):
        return User.objects.filter(pk__in=pks, agency=reader.agency_id).values_list("pk", "name")
    columns = {column.name for column in model._meta.fields}
    for name, level in TITLES:
        if issubclass(model, Shareable) and name in columns:
            rows = model.objects.visible_to(reader, level).filter(pk__in=pks)
            return [row for row in rows.values_list("pk", name) if row[1]]
    return []
