"""Why an agency can or cannot see a record: each rule with yes or no and a sentence, for the record's owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agencies import agreements, policies
from agencies.guards import circle_of
from agencies.models import Agency, Agreement, User
from agencies.presenters import moment
from agencies.visibility import Level, Shareable, Viewer, can, every_way_in, viewers_of


@dataclass(frozen=True, slots=True)
class Rule:
    """One question that the gate asks, and its answer for this agency."""

    asks: str
    holds: bool
    because: str


@dataclass(frozen=True, slots=True)
class Explanation:
    level: Level | None
    rules: list[Rule]
    mend: str


def explain(obj: Shareable, agency: Agency, reader: User) -> Explanation:
    """What decides whether `agency` sees `obj`. For the owner's people: it tells of shares and of named people."""
    ways = [viewer for viewer in every_way_in(obj) if viewer.agency.pk == agency.pk]
    seen = next((viewer for viewer in viewers_of(obj) if viewer.agency.pk == agency.pk), None)
    level = seen.level if seen and agency.left_on is None else None
    rules = [
        _active(agency),
        _shared(ways, reader),
        *_part_of(obj, ways),
        *_private(obj),
        *_open_to(obj, agency),
        _allowed(obj, agency, reader),
    ]
    return Explanation(level, rules, _mend(level, rules))


def _active(agency: Agency) -> Rule:
    because = (
        "They work on this installation."
        if agency.left_on is None
        else "They have left: all their access is over."
    )
    return Rule("Are they still with us?", agency.left_on is None, because)


def _shared(ways: list[Viewer], reader: User) -> Rule:
    share = next((viewer for viewer in ways if viewer.revocable), None)
    if share is None:
        return Rule("Is it shared with them?", False, "No share of it holds: none was given, or it ended.")
    end = f" until {moment(share.expires_at)}" if share.expires_at else ", until you revoke it"
    by = f" by {share.granted_by}" if share.granted_by else ""
    if share.rule:
        by += f", by rule “{share.rule}”" if can(reader, Level.OWN, share.rule) else ", by a rule of ours"
    return Rule(
        "Is it shared with them?",
        True,
        f"{share.level.label}, since {moment(share.since)}{by}{end}: {share.why}",
    )


def _part_of(obj: Shareable, ways: list[Viewer]) -> list[Rule]:
    if not type(obj).seen_through:
        return []
    through = sorted(
        {viewer.why for viewer in ways if viewer.why.startswith("through ") and not viewer.revocable}
    )
    because = (
        f"They see it {' and '.join(through)}."
        if through
        else f"Nothing that this {obj._meta.verbose_name} is part of opens it for them."
    )
    return [Rule("Do they see what it is part of?", bool(through), because)]


def _private(obj: Shareable) -> list[Rule]:
    if not hasattr(obj, "agency_private"):
        return []
    private = bool(obj.agency_private)
    because = (
        "It is marked for its own agency alone." if private else "It is not marked for its own agency alone."
    )
    return [Rule("Is it open beyond its own agency?", not private, because)]


def _open_to(obj: Shareable, agency: Agency) -> list[Rule]:
    if type(obj).admission_model() is None:
        return []
    circle = circle_of(obj)
    asks = "Is it open to their people?"
    if circle.named is None:
        kept = [person.name for person in circle.walled if person.agency_id == agency.pk]
        return [Rule(asks, True, f"To all but {', '.join(kept)}." if kept else "To all whose role reads it.")]
    theirs = [person.name for person in circle.named if person.agency_id == agency.pk]
    because = (
        f"To {', '.join(theirs)} alone."
        if theirs
        else "Only named people may open it, and none of them is theirs."
    )
    return [Rule(asks, bool(theirs), because)]


def _allowed(obj: Shareable, agency: Agency, reader: User) -> Rule:
    """Could it be shared with them, by task force and agreement? It decides what can be given, not what is seen."""
    asks = "May it be shared with them?"
    if not policies.allows(policies.check_partner, agency, reader):
        return Rule(asks, False, "They are in no running task force with us.")
    lowest = next(iter(type(obj).handed_on), None)
    if lowest is None:
        return Rule(asks, False, f"A {obj._meta.verbose_name} is never shared by itself.")
    if why := agreements.why_beyond(obj, agency, lowest):
        return Rule(asks, False, why)
    ceiling = agreements.ceiling_between(obj.agency_id, agency.pk)
    if ceiling is None or ceiling.level is None:
        return Rule(asks, True, "They are in a running task force with us, and no agreement caps it.")
    handling = Agreement.Handling(ceiling.handling).label
    return Rule(asks, True, f"By {ceiling.name} at most: {ceiling.level.label.lower()}; {handling}.")


def _mend(level: Level | None, rules: list[Rule]) -> str:
    """What the owner can do, in a sentence."""
    held: dict[str, Any] = {rule.asks: rule.holds for rule in rules}
    if level is not None:
        return "Revoke the share, or take it out of what it is part of, and it is gone at their next request."
    if held.get("Is it open to their people?") is False:
        return "Name one of their people, or open it to all of the agencies that see it."
    if held["May it be shared with them?"]:
        return "Share it with them."
    return ""
