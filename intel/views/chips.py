"""What a narrative holds, picked out while it is being typed, and what of it the reader has already."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from agencies.live import SignedIn
from agencies.permissions import Permission
from agencies.visibility import Level
from intel import lookups
from intel.actions.logging import searchable
from intel.corroboration import copies_of, readable
from intel.forms.chips import Chip
from intel.forms.entry import Entry
from intel.forms.typed import uuid_in, without_nuls
from intel.matching.identifiers import KINDS
from intel.models import Lead, Subject

MOST_PEOPLE = 20  # names of a narrative that are looked for among known subjects
MOST_ROWS = 500
MOST_COPIES = 3


@dataclass(frozen=True, slots=True)
class ChipLine:
    """A chip at its place in the form, and what the reader has of it already: words and where they lead."""

    number: int
    chip: Chip
    known: str = ""
    url: str = ""


@require_POST
def lead_chips(request: SignedIn) -> HttpResponse:
    """The chips for the form as it stands; after a button of the subjects' part, that part with them."""
    if not request.user.may(Permission.LOG_LEADS):
        raise PermissionDenied
    data = without_nuls(request.POST)
    edited = uuid_in(data.get("lead", ""))
    own = Lead.objects.visible_to(request.user, Level.OWN)
    lead = own.filter(pk=edited).first() if edited else None
    entry = Entry.typed(request.user, data, lead=lead)
    act = data.get("act", "")
    entry.do(act)
    context = reading_context(entry) | {"moved": bool(act), "reading": True}
    return render(request, "intel/lead_form.html#reading", context)


def reading_context(entry: Entry) -> dict[str, Any]:
    """What the parts of the form need that follow from its narrative."""
    lines = chip_lines(entry)
    return {
        "entry": entry,
        "form": entry.form,
        "kinds": [(code, kind.label) for code, kind in KINDS.items()],
        "identifiers": [line for line in lines if line.chip.is_identifier],
        "people": [line for line in lines if line.chip.kind == "person" and not line.chip.has_row],
        "with_row": [line for line in lines if line.chip.has_row],
        "copies": logged_already(entry),
        "around": [line for line in lines if line.chip.kind in {"date", "place", "country"}],
    }


def logged_already(entry: Entry) -> list[tuple[Lead, int]]:
    """Leads that the reader may read and that say nearly the same, each with the percentage of text in common."""
    narrative = str(entry.form["narrative"].value() or "")
    found = copies_of(narrative, entry.user, but=entry.lead.pk if entry.lead else None)[:MOST_COPIES]
    leads = readable(entry.user).in_bulk([pk for pk, _ in found]) if found else {}
    return [(leads[pk], round(100 * share)) for pk, share in found if pk in leads]


def chip_lines(entry: Entry) -> list[ChipLine]:
    identifiers, people = _known_identifiers(entry), _known_people(entry)
    lines = []
    for number, chip in enumerate(entry.chips):
        if chip.is_identifier:
            known, url = _told(
                identifiers.get(lookups.Value(chip.kind, chip.value(entry.country)), set()), chip
            )
        else:
            known, url = people.get(searchable(chip.raw), ("", "")) if chip.kind == "person" else ("", "")
        lines.append(ChipLine(number, chip, known, url))
    return lines


def _known_identifiers(entry: Entry) -> dict[lookups.Value, set[uuid.UUID]]:
    """The leads, other than this one, in which the reader sees each identifier."""
    values = {
        lookups.Value(chip.kind, chip.value(entry.country)) for chip in entry.chips if chip.is_identifier
    }
    values = {value for value in values if value.value}
    if not values:
        return {}
    rows = lookups.identifiers_with(entry.user, values).order_by()
    if entry.lead:
        rows = rows.exclude(lead=entry.lead)
    known: dict[lookups.Value, set[uuid.UUID]] = {}
    for kind, value, lead in rows.values_list("kind", "value", "lead_id")[:MOST_ROWS]:
        known.setdefault(lookups.Value(kind, value), set()).add(lead)
    return known


def _told(leads: set[uuid.UUID], chip: Chip) -> tuple[str, str]:
    if not leads:
        return "", ""
    if len(leads) == 1:
        return "in a lead you see", reverse("intel:lead-detail", args=[*leads])
    return f"in {len(leads)} leads you see", f"{reverse('intel:search')}?{urlencode({'q': chip.raw})}"


def _known_people(entry: Entry) -> dict[str, tuple[str, str]]:
    names = [searchable(chip.raw) for chip in entry.chips if chip.kind == "person"][:MOST_PEOPLE]
    names = [name for name in names if len(name) >= 3]
    if not names:
        return {}
    wanted = Q(pk__in=[])
    for name in names:
        wanted |= Q(search_names__contains=name)
    rows = Subject.objects.visible_to(entry.user).filter(wanted).order_by()
    if entry.lead:
        rows = rows.exclude(lead=entry.lead)
    held = list(rows.values_list("search_names", flat=True)[:MOST_ROWS])
    counts = {name: sum(name in each for each in held) for name in names}
    return {
        name: (
            "a subject you see has this name" if count == 1 else f"{count} subjects you see have this name",
            f"{reverse('intel:search')}?{urlencode({'q': name})}",
        )
        for name, count in counts.items()
        if count
    }
