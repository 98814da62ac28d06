"""What agreements allow: the ceilings between two agencies, and the grants that lie beyond them.

Two agencies that have an agreement with each other exchange by it, and when it ends they exchange nothing until there
is a new one. Otherwise the terms that either set for itself in their task force hold; without any, the task force's
membership alone. Every verb that lets a partner have a record asks `check_within`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.apps import apps
from django.utils import timezone

from agencies import visibility
from agencies.acting import as_system
from agencies.models import Agency, Agreement
from agencies.visibility import Level, Shareable


@dataclass(frozen=True, slots=True)
class Terms:
    """What an agreement says. `pointers`: may either learn that the other holds a match?"""

    level: Level
    handling: str
    pointers: bool = True
    purposes: Collection[str] = ()
    starts_on: date | None = None  # today
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that one agency may let another have, by what, and until when."""

    level: Level | None  # None: nothing at all
    handling: str
    ends: datetime | None
    name: str
    pointers: bool = False  # may they learn that the other holds a match?


# Upper apps join what else is handed on with a record that is shared: the leads that feed a case, for instance.
HANDED_ON_WITH: list[Callable[[Shareable], Iterable[Shareable]]] = []
# Of what a record was made: the same, and what its owner has from others and used in it without letting it be read.
MADE_OF: list[Callable[[Shareable], Iterable[Shareable]]] = []
# And the other way round: the cases of one's own that such a lead feeds, and what of it is shared by itself.
GOES_WITH: list[Callable[[Shareable], Iterable[Shareable]]] = []
# And they close what an agency opened to those who see another's case: no grant of its own stands there to end.
CLOSED_WITH: list[Callable[[Agency, Shareable | None], None]] = []


@as_system
def ceiling_between(one: uuid.UUID, other: uuid.UUID) -> Ceiling | None:
    """The ceiling of what the two exchange today; None where nothing caps it."""
    agreed = list(Agreement.objects.between(one, other))
    if running := [agreement for agreement in agreed if agreement.runs]:
        return _ceiling(running[0], "your agreement with each other")
    if any(agreement.has_held for agreement in agreed):
        return Ceiling(None, "H0", None, "your agreement with each other, which has ended,")
    terms = [term for term in Agreement.objects.terms_between(one, other) if term.runs]
    return _strictest([_ceiling(term, _terms_of(term)) for term in terms])


def _terms_of(term: Agreement) -> str:
    return f"the terms of {term.agency} in {term.task_force}"


def _ceiling(agreement: Agreement, name: str) -> Ceiling:
    ends = None
    if agreement.ends_on is not None and agreement.partner_id is not None:
        ends = timezone.make_aware(datetime.combine(agreement.ends_on + timedelta(days=1), time.min))
    return Ceiling(Level(agreement.level), agreement.handling, ends, name, agreement.pointers)


def _strictest(ceilings: list[Ceiling]) -> Ceiling | None:
    if not ceilings:
        return None
    level = min(ceilings, key=lambda each: each.level or 0)
    handling = min(ceilings, key=lambda each: each.handling)
    names = dict.fromkeys((level.name, handling.name))
    pointers = all(each.pointers for each in ceilings)
    return Ceiling(level.level, handling.handling, None, " and ".join(names), pointers)


def purposes_between(one: uuid.UUID, other: uuid.UUID) -> set[str] | None:
    """For what the two may read each other's records, by what holds today; None where nothing narrows it."""
    agreed = [each for each in Agreement.objects.between(one, other) if each.runs]
    holding = agreed[:1] or [term for term in Agreement.objects.terms_between(one, other) if term.runs]
    lists = [set(each.purposes) for each in holding if each.purposes]
    return set.intersection(*lists) if lists else None


def may_point(one: uuid.UUID, other: uuid.UUID) -> bool:
    """May either of the two learn today that the other holds a match?"""
    ceiling = ceiling_between(one, other)
    return ceiling is None or ceiling.pointers


# Upper apps join what else follows from what was agreed anew, or no longer is.
CHANGED: list[Callable[[Agreement], None]] = []


def changed(agreement: Agreement) -> None:
    for follow in CHANGED:
        follow(agreement)


def why_beyond(obj: Shareable, agency: Agency, level: Level) -> str:
    """Why `agency` may not have `obj` at this level by what was agreed; empty when it may."""
    ceilings: dict[uuid.UUID, Ceiling | None] = {}
    for record, at in handed_on(obj, level):
        if record.agency_id == agency.pk:
            continue
        if record.agency_id not in ceilings:
            ceilings[record.agency_id] = ceiling_between(record.agency_id, agency.pk)
        ceiling = ceilings[record.agency_id]
        if ceiling is not None and (why := _beyond(record, at, ceiling)):
            return why if record == obj else _not_covered(record, obj, why)
    return ""


def _not_covered(record: Shareable, obj: Shareable, why: str) -> str:
    """Not its title: it may be kept from whoever asks. And what another owner agreed is that owner's to know."""
    said = f"A {record._meta.verbose_name} that they would read with it is not covered"
    if record.agency_id == obj.agency_id:
        return f"{said}. {why}"
    return f"{said}: it is another agency's, which decides that."


def handed_on(obj: Shareable, level: Level) -> Iterator[tuple[Shareable, Level]]:
    """What whoever is given `obj` at this level gets with it, and at which level."""
    yield obj, level
    if level > Level.SUMMARY:
        for find in HANDED_ON_WITH:
            for record in find(obj):
                yield record, Level.VIEW


def made_of(obj: Shareable) -> list[Shareable]:
    """What `obj` was made of, its owner's own and others': what binds these binds whoever has it."""
    return [part for find in MADE_OF for part in find(obj)]


def _beyond(record: Shareable, level: Level, ceiling: Ceiling) -> str:
    if ceiling.level is None:
        return f"By {ceiling.name} nothing may be shared. Your administrators can agree on a new one."
    if level > ceiling.level:
        return f"By {ceiling.name} they may have at most: {ceiling.level.label.lower()}."
    above = sorted(code for code in record.handling_codes() if code > ceiling.handling)
    if above:
        return (
            f"It carries {', '.join(above)}, and {ceiling.name} "
            f"{'goes' if 'agreement' in ceiling.name else 'go'} no further than {ceiling.handling}."
        )
    return ""


def why_not_from(giver: uuid.UUID, obj: Shareable, agency: Agency, level: Level) -> str:
    """Why `giver`, who is not the owner, may not pass `obj` on to `agency` by what those two agreed."""
    ceiling = ceiling_between(giver, agency.pk)
    if ceiling is None:
        return ""
    for record, at in handed_on(obj, level):
        if why := _beyond(record, at, ceiling):
            return (
                why
                if record == obj
                else "By what you agreed with them not all that they would read is covered."
            )
    return ""


def capped(obj: Shareable, agency: Agency, expires_at: datetime | None) -> datetime | None:
    """When a share ends: no later than the agreement that it rests on."""
    return capped_from(obj.agency_id, agency, expires_at)


def capped_from(giver: uuid.UUID, agency: Agency, expires_at: datetime | None) -> datetime | None:
    ceiling = ceiling_between(giver, agency.pk)
    ends = [moment for moment in (expires_at, ceiling.ends if ceiling else None) if moment is not None]
    return min(ends, default=None)


@dataclass(frozen=True, slots=True)
class Beyond:
    """A grant that what was agreed no longer covers."""

    obj: Shareable
    agency: Agency
    why: str


def beyond(one: Agency, other: Agency) -> list[Beyond]:
    """The grants between the two that lie above the ceiling now."""
    found = [*_grants(one, other), *_grants(other, one)]
    return [
        Beyond(obj, agency, why) for obj, agency, level in found if (why := why_beyond(obj, agency, level))
    ]


def beyond_of(obj: Shareable) -> list[Beyond]:
    """The grants on one row, and on those it goes with, that lie above a ceiling now."""
    rows = [obj, *(row for find in GOES_WITH for row in find(obj))]
    held = [(row, viewer) for row in rows for viewer in visibility.every_way_in(row) if viewer.revocable]
    return [
        Beyond(row, viewer.agency, why)
        for row, viewer in held
        if (why := why_beyond(row, viewer.agency, viewer.level))
    ]


def _grants(owner: Agency, holder: Agency) -> Iterator[tuple[Shareable, Agency, Level]]:
    for model in apps.get_models():
        if issubclass(model, Shareable) and model.handed_on:
            for obj, level in visibility.granted_to(model, holder, owner):
                yield obj, holder, level


# Upper apps join what else ends with a grant: the assignment that it came with, for instance.
ENDED_WITH: list[Callable[[Shareable, Agency], None]] = []


def ended(obj: Shareable, agency: Agency) -> None:
    """A grant is over, by date or by agreement: what rests on it ends too."""
    for end in ENDED_WITH:
        end(obj, agency)


def close_beyond(owner: Agency, record: Shareable | None = None) -> None:
    """Close what `owner` opened to readers of others' cases who are beyond a ceiling now; of one `record` or of all."""
    for close in CLOSED_WITH:
        close(owner, record)


@dataclass(frozen=True, slots=True)
class ByAgreement:
    """Who acts when an agreement does: the record of it stands with the agency whose row it is."""

    agency_id: uuid.UUID
    says: str = "Taskforce, by agreement"
    pk: None = None

    def __str__(self) -> str:
        return self.says


def end_with(one: Agency, other: Agency) -> None:
    """Let the grants between the two end when their agreement does."""
    ceiling = ceiling_between(one.pk, other.pk)
    if ceiling is not None and ceiling.ends is not None:
        for model in apps.get_models():
            if issubclass(model, Shareable) and model.handed_on:
                visibility.end_grants_by(model, ceiling.ends, one, other)
