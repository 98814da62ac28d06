"""Published lists: a new snapshot of a list is compared with what is held, and only the differences are applied."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from agencies import audit
from agencies.acting import verb
from agencies.actions import share
from agencies.audit import Act
from agencies.changes import announce_parts
from agencies.models import Agency, User
from agencies.policies import Refused, check_agency
from agencies.visibility import Level
from intel import policies
from intel.actions.logging import SUBJECT_FIELDS, identifier_of, log_lead, searchable
from intel.actions.running import start_run
from intel.facts import LeadFacts, SubjectFacts
from intel.lists import Snapshot
from intel.models import Identifier, Lead, LinkRun, Subject

_FEW = 10  # entries that may always be withdrawn at once


@dataclass(frozen=True, slots=True)
class ListUpdate:
    """The differences that were applied, by the entries' ids, and the screening that follows (None: no difference)."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    withdrawn: tuple[str, ...]
    unchanged: int
    run: LinkRun | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.new or self.changed or self.withdrawn)


@verb
def publish_list(*, title: str, narrative: str, source: str, by: User) -> Lead:
    """Begin a published list, empty and open to all partners; `update_list` fills it."""
    agency = check_agency(by.agency)
    if not agency.is_reference:
        raise Refused("Published lists belong to an agency of the kind “published reference list”.")
    facts = LeadFacts(
        title=title, narrative=narrative, source=source, kind=Lead.Kind.REFERENCE, basis=Lead.Basis.PUBLIC,
        grade_source="A", grade_information="1",
    )  # fmt: skip
    lead = log_lead(facts, by=by)
    for partner in Agency.objects.partners_of(agency):
        share(
            lead, agency=partner, level=Level.VIEW, reason="published list, for everybody's reference", by=by
        )
    return lead


@verb
def update_list(
    listed: Lead, snapshot: Snapshot, *, by: User | None, may_withdraw_most: bool = False
) -> ListUpdate:
    """Bring a list to a newer snapshot and have what changed screened. The same snapshot again changes nothing.

    An entry that is missing is withdrawn: it stays to be read, links nobody any more, and its hits fall but for those
    that somebody judged. What a bad row said of an entry is as if it were not there. Raises `Refused` when more than
    half of the list would be withdrawn, unless that `may` be: most likely the file is not the whole list.
    """
    listed = Lead.objects.select_for_update(no_key=True).get(pk=listed.pk)
    if listed.kind != Lead.Kind.REFERENCE:
        raise Refused("That is a report, not a published list.")
    if by is not None:
        policies.check_can_edit(listed, by)
    held = {subject.list_entry: subject for subject in listed.subjects.prefetch_related("identifiers")}
    differences = _compare(listed, held, snapshot)
    _check_is_whole(differences, held, may_withdraw_most)
    return differences if differences.is_empty else _apply(listed, held, snapshot, differences, by)


def _compare(listed: Lead, held: dict[str, Subject], snapshot: Snapshot) -> ListUpdate:
    entries = {facts.list_entry: facts for facts in snapshot.entries}
    known = entries.keys() | {row.entry for row in snapshot.bad}
    changed = [
        entry
        for entry, facts in entries.items()
        if entry in held and _content_of(held[entry]) != _stated(listed, facts)
    ]
    return ListUpdate(
        new=tuple(entry for entry in entries if entry not in held),
        changed=tuple(changed),
        withdrawn=tuple(
            entry for entry, subject in held.items() if entry not in known and subject.delisted_on is None
        ),
        unchanged=len(entries.keys() & held.keys()) - len(changed),
    )


def _content_of(subject: Subject) -> dict[str, Any]:
    content = {name: getattr(subject, name) for name in SUBJECT_FIELDS}
    identifiers = {(row.kind, row.value) for row in subject.identifiers.all()}
    return {**content, "identifiers": identifiers, "delisted_on": subject.delisted_on}


def _stated(listed: Lead, facts: SubjectFacts) -> dict[str, Any]:
    content = {name: getattr(facts, name) for name in SUBJECT_FIELDS}
    content = {name: list(value) if isinstance(value, tuple) else value for name, value in content.items()}
    identifiers = {(row.kind, row.value) for row in _identifiers(listed, None, facts)}
    return {**content, "identifiers": identifiers, "delisted_on": None}


def _check_is_whole(update: ListUpdate, held: dict[str, Subject], may_withdraw_most: bool) -> None:
    listed = sum(subject.delisted_on is None for subject in held.values())
    if not may_withdraw_most and len(update.withdrawn) > max(_FEW, listed // 2):
        raise Refused(
            f"The file lacks {len(update.withdrawn):,} of the {listed:,} entries that are held, so it seems not to be "
            "the whole list. Say so if that is meant."
        )


def _apply(
    listed: Lead, held: dict[str, Subject], snapshot: Snapshot, update: ListUpdate, by: User | None
) -> ListUpdate:
    now = timezone.now()
    wanted = {*update.new, *update.changed}
    entries = {facts.list_entry: facts for facts in snapshot.entries if facts.list_entry in wanted}
    place = max((subject.position for subject in held.values()), default=-1)
    fresh = [_fill(Subject(lead=listed, agency_id=listed.agency_id, list_entry=entry, position=place + number), entries[entry], now)
             for number, entry in enumerate(update.new, start=1)]  # fmt: skip
    again = [_fill(held[entry], entries[entry], now) for entry in update.changed]
    gone = [_withdrawn(held[entry], now) for entry in update.withdrawn]
    Subject.objects.bulk_create(fresh, batch_size=1_000)
    changed_columns = [*SUBJECT_FIELDS, "search_names", "delisted_on", "updated_at"]
    Subject.objects.bulk_update([*again, *gone], changed_columns, batch_size=500)
    _write_identifiers(listed, [*fresh, *again], entries, replaced=again)
    audit.record(Act.EDITED, listed, by=by, new=len(fresh), changed=len(again), withdrawn=len(gone))
    announce_parts(listed, Subject, {subject.pk for subject in (*fresh, *again, *gone)})
    run = start_run(kind=LinkRun.Kind.SCREENING, listed=listed, changed_since=now, by=None)
    return ListUpdate(update.new, update.changed, update.withdrawn, update.unchanged, run)


def _fill(subject: Subject, facts: SubjectFacts, now: Any) -> Subject:
    for name, value in _stated(subject.lead, facts).items():
        if name != "identifiers":
            setattr(subject, name, value)
    subject.search_names = searchable(" ".join([facts.name, *facts.aliases]))
    subject.updated_at = now
    return subject


def _withdrawn(subject: Subject, now: Any) -> Subject:
    subject.delisted_on, subject.updated_at = timezone.localdate(now), now
    return subject


def _write_identifiers(
    listed: Lead, subjects: Iterable[Subject], entries: dict[str, SubjectFacts], replaced: Collection[Subject]
) -> None:
    Identifier.objects.filter(subject__in=replaced).delete()
    rows = [row for each in subjects for row in _identifiers(listed, each, entries[each.list_entry])]
    Identifier.objects.bulk_create(rows, batch_size=1_000)


def _identifiers(listed: Lead, subject: Subject | None, facts: SubjectFacts) -> list[Identifier]:
    """As rows, each value once."""
    rows = (identifier_of(listed, subject, stated) for stated in facts.identifiers)
    return list({(row.kind, row.value): row for row in rows}.values())
