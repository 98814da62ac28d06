"""What a change of the list of protected values touches: which leads are matched again, and what their owner loses by it."""

from __future__ import annotations

import csv
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anyascii import anyascii
from django.db import transaction
from django.db.models import Q

from agencies import audit, jobs, visibility
from agencies.audit import Act
from agencies.models import Agency, Membership, TaskForce
from intel.matching.identifiers import KINDS, NotAnIdentifier, normalise
from intel.matching.normalise import VERSION
from intel.matching.suppression import NAME, words_of
from intel.models import HitNotice, Identifier, Lead, ProtectedValue, Subject

MATCH_LEAD = "intel.tasks.match_lead"
REMATCH_LEAD = "intel.tasks.rematch_lead"  # no page speaks of it: see `apply`
APPLY = "intel.tasks.apply_protection"
_LONGEST = 500
_AT_ONCE = 1_000
_WORD = re.compile(r"\w+")

Status = ProtectedValue.Status


# --- One value ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """A value as it is kept: `value` is what records are compared by."""

    kind: str
    value: str
    display: str


def read(kind: str, raw: str, country: str) -> Reading:
    """The value that was typed, normalised as in leads. Raises `NotAnIdentifier` with a sentence.

    `country` is the agency's, for telephone numbers without their country code.
    """
    if kind == NAME:
        return _read_name(raw)
    if not KINDS[kind].links:
        raise NotAnIdentifier(f"{KINDS[kind].label}s are never linked, so they need no protection.")
    normal = normalise(kind, raw, country=country if kind == "phone" else None)
    if len(normal.value) > _LONGEST:
        raise NotAnIdentifier(f"It is too long to be kept ({_LONGEST} characters at most).")
    return Reading(kind, normal.value, normal.display[:_LONGEST])


def _read_name(raw: str) -> Reading:
    shown = " ".join(raw.split())
    if len(shown) > _LONGEST or not words_of(shown):
        raise NotAnIdentifier("It is no name that records are compared by.")
    return Reading(NAME, shown.casefold(), shown)


def words_kept(kind: str, display: str) -> dict[str, Any]:
    """By which words an entry is found, as columns: those of a name in any order, of an identifier none."""
    if kind != NAME:
        return {"name_words": [], "words_version": None}
    return {"name_words": sorted(words for _, words in words_of(display)), "words_version": VERSION}


def read_names_anew() -> int:
    """Bring the words of the protected names to how this code reads names; returns how many were read."""
    outdated = ProtectedValue.objects.filter(kind=NAME).exclude(words_version=VERSION)
    read_so_far = 0
    while entries := list(outdated.only("kind", "display")[:_AT_ONCE]):
        for entry in entries:
            for column, value in words_kept(entry.kind, entry.display).items():
                setattr(entry, column, value)
        ProtectedValue.objects.bulk_update(entries, ["name_words", "words_version"])
        read_so_far += len(entries)
    return read_so_far


# --- Which leads hold it --------------------------------------------------------------------------------------


def holding(entry: ProtectedValue) -> Q:
    """Leads that hold the value; of a name, those of whose subjects one has all its words among its names."""
    if entry.kind == NAME:
        return Q(pk__in=Subject.objects.filter(is_named(entry)).values("lead_id"))
    return Q(pk__in=Identifier.objects.filter(is_written(entry)).values("lead_id"))


def is_named(entry: ProtectedValue) -> Q:
    """Subjects that may have the protected name."""
    named = Q()
    for word in _WORD.findall(anyascii(entry.value).lower()):
        named &= Q(search_names__contains=word)
    return named


def is_written(entry: ProtectedValue) -> Q:
    """Identifiers that are the protected one; an identity document's machine-readable zone holds its number too."""
    written = Q(kind=entry.kind, value=entry.value)
    return written | Q(kind="mrz", value__contains=entry.value) if entry.kind == "passport" else written


# --- Making it so -----------------------------------------------------------------------------------------------


def apply(entry_id: uuid.UUID) -> None:
    """Have every lead matched again whose pairs the entry silences, or silenced until now. Twice is once.

    The owner sees its leads being matched. Those of others are matched under another name, which their pages do not
    show: that one of them is matched just now would tell that somebody protects what it holds.
    """
    entry = ProtectedValue.objects.select_for_update().filter(pk=entry_id).first()
    if entry is None:
        return
    if entry.status != Status.REMOVED:
        _note_what_rests_on(entry)
    leads = Lead.objects.filter(holding(entry), agency__left_on=None)
    if entry.agency_id:
        leads = leads.filter(agency__in=_concerned(entry))
    for lead, agency in leads.order_by("pk").values_list("pk", "agency_id"):
        jobs.enqueue(MATCH_LEAD if agency == entry.agency_id else REMATCH_LEAD, lead)


def _concerned(entry: ProtectedValue) -> set[uuid.UUID | None]:
    """The owner: each pair it silences has a side of theirs. In a task force, each member."""
    members = Membership.objects.filter(task_force=entry.task_force_id)
    return {entry.agency_id, *members.values_list("agency_id", flat=True)}


def _note_what_rests_on(entry: ProtectedValue) -> None:
    """Remember its owner's hits that rest on the value: those that fall now are what protecting it costs.

    Only notices that the owner was given count, so the figure tells nothing of hits that nobody may know of.
    """
    leads = Lead.objects.filter(holding(entry), agency=entry.agency_id)
    standing = HitNotice.objects.filter(agency=entry.agency_id, own_lead__in=leads).exclude(
        state=HitNotice.State.WITHDRAWN
    )
    evidence = standing.exclude(pk__in=entry.silenced).values_list("pk", "evidence")
    if resting := [pk for pk, rows in evidence if any(_speaks_of(entry, row["value"]) for row in rows)]:
        entry.silenced = sorted({*entry.silenced, *resting})
        ProtectedValue.objects.filter(pk=entry.pk).update(silenced=entry.silenced)


def _speaks_of(entry: ProtectedValue, value: str) -> bool:
    """Is this the owner's own value in a sealed row of evidence?"""
    if entry.kind == NAME:
        return not words_of(entry.display).isdisjoint(words_of(value))
    return value in {entry.value, entry.display}


# --- When the task force ends --------------------------------------------------------------------------------------


@transaction.atomic
def lapse_outdated() -> int:
    """What two agencies agreed ends when they no longer work together; returns how many entries that were."""
    agreed = ProtectedValue.objects.filter(status__in=[Status.ASKED, Status.TASK_FORCE])
    outdated = [entry for entry in agreed.select_for_update() if not work_together(entry)]
    for entry in outdated:
        lapse(entry, by=None)
    return len(outdated)


def work_together(entry: ProtectedValue) -> bool:
    """Are the owner and the second agency still members of the entry's running task force?"""
    if entry.task_force_id is None:
        return False
    running = TaskForce.objects.running().filter(pk=entry.task_force_id)
    both = Agency.objects.active().filter(pk__in={entry.agency_id, entry.second_agency_id})
    return both.filter(task_forces__in=running).distinct().count() == 2


def lapse(entry: ProtectedValue, *, by: object) -> None:
    """Back to the owner's pairs alone; the second agency no longer sees the entry."""
    was, partner = entry.status, entry.second_agency
    entry.status, entry.second_agency, entry.confirmed_by, entry.confirmed_at = Status.OWN, None, None, None
    entry.save()
    if partner is not None:
        visibility.revoke(entry, partner)
    audit.record(Act.MOVED, entry, by=by, was=was, now=entry.status, **_with(partner))
    jobs.enqueue(APPLY, entry.pk)


def _with(partner: Agency | None) -> dict[str, str]:
    return {"with_agency": str(partner.pk)} if partner else {}


# --- Published values ---------------------------------------------------------------------------------------------


@transaction.atomic
def publish(rows: Iterable[Mapping[str, str]]) -> int:
    """Protect values for everybody, without an owner: `kind`, `value`, `category`, `reason` each. Again, it changes
    nothing. Returns how many were new; raises `NotAnIdentifier` for one that cannot be read."""
    entries = [_published(row) for row in rows]
    for entry in (new := [entry for entry, is_new in entries if is_new]):
        if Lead.objects.filter(holding(entry)).exists():
            jobs.enqueue(APPLY, entry.pk)
    return len(new)


def _published(row: Mapping[str, str]) -> tuple[ProtectedValue, bool]:
    reading = read(row["kind"], row["value"], "")
    content = {
        "display": reading.display, "category": row["category"], "reason": row["reason"],
        "status": Status.PUBLIC, "told": ProtectedValue.Told.CATEGORY,
        **words_kept(reading.kind, reading.display),
    }  # fmt: skip
    entry, is_new = ProtectedValue.objects.get_or_create(
        agency=None, kind=reading.kind, value=reading.value, defaults=content
    )
    return entry, is_new


def publish_shipped() -> int:
    """The national anti-trafficking hotlines that ship with the code."""
    with (Path(__file__).parent / "data" / "public-values.csv").open(encoding="utf-8", newline="") as file:
        return publish(csv.DictReader(file))
