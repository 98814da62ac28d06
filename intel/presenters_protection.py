"""The list of protected values as its readers may have it: their own entries, those they are asked about, the published.

The effect of an entry is counted on rows of the viewer's own agency alone, never on anybody else's.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from agencies.jobs import Job
from agencies.models import User
from agencies.visibility import Level
from intel import policies
from intel.matching.identifiers import KINDS
from intel.matching.protection import APPLY, MATCH_LEAD, is_named
from intel.matching.suppression import NAME
from intel.models import HitNotice, Identifier, ProtectedValue, Subject

Status = ProtectedValue.Status
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Effect:
    """How many of the viewer's own leads hold the value, how many of those are being matched again, and how many of
    the viewer's own hits fell since it is protected."""

    leads: int = 0
    matching: int = 0
    silenced: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """An entry, what it does to the viewer's own files, and what the viewer may do with it."""

    entry: ProtectedValue
    kind_label: str
    effect: Effect
    is_own: bool
    may: frozenset[str]

    @property
    def state_label(self) -> str:
        """Where the entry holds, in the words of the viewer's side: “ours” is the owner's word."""
        asked = not self.is_own and self.entry.status == Status.ASKED
        return "Waits for our word" if asked else str(self.entry.get_status_display())


def label_of(kind: str) -> str:
    return "Name" if kind == NAME else KINDS[kind].label


def kind_choices() -> list[tuple[str, str]]:
    """What can be protected: a name, or an identifier of a kind that links."""
    linking = [(code, kind.label) for code, kind in KINDS.items() if kind.links and code != "mrz"]
    return [*sorted(linking, key=lambda each: (each[0] != "phone", each[1])), (NAME, "Name")]


def lines(entries: Collection[ProtectedValue], viewer: User) -> list[Line]:
    """Entries that came through the gate, or are published. Select `agency` and `second_agency` with them."""
    effects = effects_of(entries, viewer)
    return [
        Line(
            entry,
            label_of(entry.kind),
            effects.get(entry.pk, Effect()),
            entry.agency_id is not None and entry.agency_id == viewer.agency_id,
            policies.protection_moves(entry, viewer),
        )
        for entry in entries
    ]


# --- The effect on the viewer's own files ---------------------------------------------------------------------


def effects_of(entries: Collection[ProtectedValue], viewer: User) -> dict[uuid.UUID, Effect]:
    """Four queries however many entries there are."""
    written = _written(entries, viewer)
    named = _named([entry for entry in entries if entry.kind == NAME], viewer)
    fallen = _fallen(entries, viewer)
    applying = _applying(entries)
    effects = {}
    for entry in entries:
        leads, matching = named.get(entry.pk) or written.get((entry.kind, entry.value), (0, 0))
        waiting = max(matching, leads if entry.pk in applying else 0)
        effects[entry.pk] = Effect(leads, waiting, sum(pk in fallen for pk in entry.silenced))
    return effects


def _own(model: Any, viewer: User) -> Any:
    return model.objects.visible_to(viewer, Level.OWN)


_BEING_MATCHED = Exists(
    Job.objects.unfinished().filter(kind=MATCH_LEAD, object_id=OuterRef("lead_id"))
)  # of one's own leads, so it tells nothing of others


def _written(entries: Iterable[ProtectedValue], viewer: User) -> dict[Key, tuple[int, int]]:
    wanted = Q(pk__in=[])
    for kind in {entry.kind for entry in entries} - {NAME}:
        wanted |= Q(kind=kind, value__in=[entry.value for entry in entries if entry.kind == kind])
    rows = _own(Identifier, viewer).filter(wanted).annotate(busy=_BEING_MATCHED)
    counted = (
        rows.order_by()
        .values("kind", "value")
        .annotate(
            leads=Count("lead", distinct=True), matching=Count("lead", distinct=True, filter=Q(busy=True))
        )
    )
    return {(row["kind"], row["value"]): (row["leads"], row["matching"]) for row in counted}


def _named(entries: Collection[ProtectedValue], viewer: User) -> dict[uuid.UUID, tuple[int, int]]:
    if not entries:
        return {}
    counts = {}
    for number, entry in enumerate(entries):
        counts[f"leads_{number}"] = Count("lead", distinct=True, filter=is_named(entry))
        counts[f"busy_{number}"] = Count("lead", distinct=True, filter=is_named(entry) & Q(busy=True))
    wanted = Q(pk__in=[])
    for entry in entries:
        wanted |= is_named(entry)
    found = _own(Subject, viewer).filter(wanted).annotate(busy=_BEING_MATCHED).order_by().aggregate(**counts)
    return {
        entry.pk: (found[f"leads_{number}"], found[f"busy_{number}"]) for number, entry in enumerate(entries)
    }


def _fallen(entries: Iterable[ProtectedValue], viewer: User) -> frozenset[uuid.UUID]:
    noted = {pk for entry in entries for pk in entry.silenced}
    withdrawn = _own(HitNotice, viewer).filter(pk__in=noted, state=HitNotice.State.WITHDRAWN)
    return frozenset(withdrawn.values_list("pk", flat=True)) if noted else frozenset()


def _applying(entries: Collection[ProtectedValue]) -> frozenset[uuid.UUID]:
    jobs = Job.objects.unfinished().filter(kind=APPLY, object_id__in=[entry.pk for entry in entries])
    return frozenset(jobs.values_list("object_id", flat=True))


def tally(rows: Iterable[Line]) -> dict[str, int]:
    """How far matching is over a page: `done` of `total` own leads with one of its values."""
    counted = Counter[str]()
    for row in rows:
        counted["total"] += row.effect.leads
        counted["waiting"] += row.effect.matching
    return {"total": counted["total"], "done": counted["total"] - counted["waiting"]}
