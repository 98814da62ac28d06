"""What the two records of a hit say, in the rows of a table: ours, theirs where it is open, and what could not be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from agencies.models import User
from intel import codelists
from intel.extraction.gazetteer import country_names
from intel.matching.records import DateSpan
from intel.matching.sealing import agrees_wholly
from intel.models import Identifier, Lead, Subject
from intel.presenters_hits import HitCard


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a record as shown, and whether the other side holds it too."""

    text: str
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of two records side by side. `verdict`: agrees, close, differs, "" where nothing was compared."""

    label: str
    own: list[str]
    other: list[str]
    verdict: str


_EVIDENCE_OF = {
    "Name": {"names", "organisations"},
    "Also known as": {"aliases"},
    "Born": {"births"},
    "Sex": {"sexes"},
    "Nationality": {"nationalities"},
    "Places": {"places", "birth_places", "streets", "addresses", "postcodes", "regions"},
    "Identifiers": {"identifiers", "phones", "emails"},
}


@dataclass(frozen=True, slots=True)
class Said:
    """What both records say, by label. `other` is None where the reader may not see it."""

    own: dict[str, list[str]]
    other: dict[str, list[str]] | None
    shown: dict[str, str]  # value of an identifier of ours -> as people write it


def said(card: HitCard, user: User) -> Said:
    """In one query a side."""
    own = _identifiers(card.subject, card.lead, user)
    other = None
    if card.other is not None and card.is_open:
        theirs = _identifiers(card.other.subject, card.other.lead, user)
        other = _said(card.other.subject, theirs)
    return Said(_said(card.subject, own), other, {each.value: each.display for each in own})


def own_facts(card: HitCard, says: Said) -> list[tuple[str, list[Value]]]:
    """(label, values) of the reader's own record, marked where the notice says that they agree."""
    agreeing = {row["field"] for row in card.agreeing}
    told = {row["value"] for row in card.agreeing}
    told |= {says.shown[value] for value in told & says.shown.keys()}
    facts = []
    for label, texts in says.own.items():
        whole = len(texts) == 1 and bool(_EVIDENCE_OF.get(label, set()) & agreeing)
        facts.append((label, [Value(text, whole or text in told) for text in texts]))
    return [(label, values) for label, values in facts if values]


def side_by_side(card: HitCard, says: Said) -> list[Compared]:
    """Both records line by line; only for a card whose other side is open."""
    if says.other is None:
        return []
    found = {row["field"]: row for row in (card.notice.hit.evidence if card.tells_all else ())}
    labels = dict.fromkeys([*says.own, *says.other])
    lines = [
        Compared(label, says.own.get(label, []), says.other.get(label, []), _verdict(label, found))
        for label in labels
    ]
    return [line for line in lines if line.own or line.other]


# What a record of each kind should hold to be compared well: label -> how a sentence names it.
_COMPARABLE = {
    "Name": "name",
    "Born": "birth date",
    "Sex": "sex",
    "Nationality": "nationality",
    "Places": "place",
    "Identifiers": "identifier",
}
_OF_THINGS = ("Name", "Places", "Identifiers")


def not_compared(card: HitCard, says: Said) -> list[str]:
    """What could not be compared. While the other side is sealed, only what the own record lacks: what theirs lacks
    would tell of it."""
    labels = _COMPARABLE if card.kind == Subject.Kind.PERSON else _OF_THINGS
    if card.subject is None:
        return []
    missing = []
    for label in labels:
        ours = bool(says.own.get(label))
        theirs = says.other is None or bool(says.other.get(label))
        if not (ours and theirs):
            whose = "in ours" if theirs else "in theirs" if ours else "in either record"
            missing.append(f"{_COMPARABLE[label]} (not {whose})")
    return missing


def _verdict(label: str, found: dict[str, dict[str, Any]]) -> str:
    """By what speaks most for the line, where several comparisons bear on it."""
    bearing = [found[field] for field in _EVIDENCE_OF.get(label, ()) if field in found]
    each = max(bearing, key=lambda row: float(row["bits"]), default=None)
    if each is None or not each["bits"]:
        return ""
    return "differs" if each["bits"] < 0 else "agrees" if agrees_wholly(each) else "close"


def _identifiers(subject: Subject | None, lead: Lead | None, user: User) -> list[Identifier]:
    holder = Q(subject=subject) if subject else Q(lead=lead, subject=None)
    return list(Identifier.objects.visible_to(user).filter(holder)[:50])


def _said(subject: Subject | None, identifiers: list[Identifier]) -> dict[str, list[str]]:
    shown = {"Identifiers": [identifier.display for identifier in identifiers]}
    if subject is None:
        return shown
    return {
        "Name": [subject.name] if subject.name else [],
        "Also known as": subject.aliases,
        **shown,
        "Born": born(subject),
        "Sex": [subject.get_sex_display()] if subject.sex else [],
        "Nationality": [country_names().get(code, code) for code in subject.nationalities],
        "Places": subject.places,
        "Part in it": [codelists.label("person_role_in_case", subject.role)] if subject.role else [],
        "Note": [subject.note] if subject.note else [],
    }


def summary_countries(card: HitCard) -> list[str]:
    """The countries that the summary of the other lead names."""
    codes = card.other.lead.countries if card.other and card.other.lead else []
    return [country_names().get(code, code) for code in codes]


def born(subject: Subject) -> list[str]:
    earliest = subject.birth_earliest or subject.birth_latest
    latest = subject.birth_latest or earliest
    if earliest and latest:
        return [str(DateSpan(min(earliest, latest), max(earliest, latest)))]
    return [f"{subject.age} when reported"] if subject.age is not None else []
