"""What pages and API say of agencies and their people, of sharing, of history and the audit record."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.apps import apps
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format

from agencies import policies
from agencies.audit import NOTHING, Act, AuditEvent
from agencies.guards import Circle, circle_of
from agencies.models import Agency, User
from agencies.permissions import Permission
from agencies.visibility import (
    Level,
    Shareable,
    Viewer,
    can,
    every_way_in,
    reached_by,
    sees_parents,
    viewers_of,
)

# --- Who sees this ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShareLine:
    """One way by which an agency sees a record, and whether the reader may take that back from it."""

    viewer: Viewer
    is_own: bool
    may_revoke: bool
    is_further: bool = False  # beside a wider one of the same agency, which stands above it

    @property
    def dialog(self) -> str:
        return f"revoke-{self.viewer.agency.pk}"


def seen_by(obj: Shareable, user: User, *, all_given: bool = False) -> list[Viewer]:
    """Who sees `obj`, as far as `user` may know: the owner's people all, others only the owner and their own way in.

    `all_given`: with those among them of which nobody is named to a restricted record.
    Who sees a note because they see its case is no longer told to its writer once the case was taken from them.
    """
    viewers = reached_by(obj) if all_given else viewers_of(obj)
    if _knows_all(obj, user):
        return viewers
    known = [viewer for viewer in viewers if viewer.agency.pk in {obj.agency_id, user.agency_id}]
    return [replace(viewer, rule=None) for viewer in known]


def _knows_all(obj: Shareable, user: User) -> bool:
    return user.agency_id == obj.agency_id and sees_parents(user, obj)


def share_lines(obj: Shareable, user: User) -> list[ShareLine]:
    """Every way by which `obj` is given to somebody, an agency's widest first, each with whether `user` may revoke it.

    The rules are those of `policies.check_can_revoke`, asked once. Only the owner's people are told of all ways.
    """
    held = policies.held_shares(obj) if may_share(obj, user) else None
    further = _further_ways(obj) if _knows_all(obj, user) else {}
    lines = []
    for widest in seen_by(obj, user, all_given=held is not None):
        others = [way for way in further.get(widest.agency.pk, ()) if _way(way) != _way(widest)]
        for way in (widest, *others):
            may_revoke = held is not None and way.revocable and way.agency.pk not in held
            lines.append(ShareLine(way, way.agency.pk == user.agency_id, may_revoke, way is not widest))
    return lines


def _further_ways(obj: Shareable) -> dict[uuid.UUID, list[Viewer]]:
    """By agency, the owner left out, its ways in; two that would read the same are one."""
    found: dict[uuid.UUID, dict[Any, Viewer]] = {}
    for way in every_way_in(obj):
        if way.agency.pk != obj.agency_id:
            found.setdefault(way.agency.pk, {}).setdefault(_way(way), way)
    return {agency: sorted(ways.values(), key=lambda way: -way.level) for agency, ways in found.items()}


def _way(viewer: Viewer) -> tuple[Any, ...]:
    return viewer.why, viewer.level, viewer.revocable


def may_share(obj: Shareable, user: User) -> bool:
    return bool(type(obj).handed_on) and user.may(Permission.SHARE) and can(user, Level.OWN, obj)


def circle_for(obj: Shareable, user: User) -> Circle | None:
    """Which people `obj` is open to, for the owner's people who see it; None where there is nothing to tell."""
    if user.agency_id != obj.agency_id or type(obj).admission_model() is None:
        return None
    return circle_of(obj)


def what_they_see(obj: Shareable, level: Level) -> str:
    """What an agency gets of `obj` at a level, in a sentence."""
    noun = obj._meta.verbose_name
    return {
        Level.SUMMARY: "Only a card: title, kind, dates, where, and whom of us to call. Nothing of the content.",
        Level.VIEW: f"The whole {noun} and what belongs to it, except what is marked for our agency alone.",
        Level.CONTRIBUTE: f"The whole {noun}, and they may add to it. What is marked for our agency alone stays hidden.",
        Level.OWN: "Everything.",
    }[level]


def share_sentence(obj: Shareable, agency: Agency, level: Level, until: datetime | None) -> str:
    """What sharing would do, told before it is done."""
    shown = what_they_see(obj, level)
    end = f"until {moment(until)}" if until else "until you revoke it"
    return f"{agency} will see, from now {end}: {shown[0].lower()}{shown[1:]}"


# --- History ----------------------------------------------------------------------------------------------

LOOKS: dict[str, tuple[str, str]] = {
    Act.LOGGED: ("neutral", "file-text"),
    Act.EDITED: ("neutral", "pencil"),
    Act.ASSIGNED: ("info", "user-check"),
    Act.ACCEPTED: ("good", "check"),
    Act.REJECTED: ("neutral", "x"),
    Act.OPENED: ("info", "briefcase"),
    Act.MOVED: ("info", "arrow-right"),
    Act.ATTACHED: ("neutral", "link-2"),
    Act.DETACHED: ("neutral", "unlink"),
    Act.NOTED: ("neutral", "message-square"),
    Act.TASKED: ("neutral", "square-check"),
    Act.SHARED: ("good", "share-2"),
    Act.REVOKED: ("warn", "ban"),
    Act.RESTRICTED: ("sealed", "lock"),
    Act.OFFERED: ("info", "forward"),
    Act.OFFER_WITHDRAWN: ("neutral", "undo-2"),
    Act.OFFER_DECLINED: ("warn", "x"),
    Act.TAKEN_OVER: ("good", "forward"),
    Act.VALIDATED: ("good", "check-check"),
    Act.HELD: ("sealed", "gavel"),
    Act.HOLD_LIFTED: ("neutral", "lock-open"),
    Act.PURGED: ("danger", "trash-2"),
    Act.JUDGED: ("info", "gavel"),
    Act.ASKED: ("info", "message-circle-question-mark"),
    Act.ANSWERED: ("good", "send"),
    Act.EXPIRED: ("neutral", "clock"),
    Act.NOTIFIED: ("info", "bell"),
    Act.VIEWED: ("neutral", "eye"),
    Act.PULLED: ("neutral", "download"),
    Act.REGISTERED: ("neutral", "heart-handshake"),
    Act.ADMITTED: ("good", "user-plus"),
    Act.ISSUED: ("good", "key-round"),
    Act.SEARCHED: ("neutral", "search"),
    Act.EXPORTED: ("warn", "download"),
    Act.DENIED: ("danger", "ban"),
    Act.SIGNED_IN: ("neutral", "log-in"),
    Act.SIGN_IN_FAILED: ("warn", "triangle-alert"),
    Act.SIGNED_OUT: ("neutral", "log-out"),
    Act.LOCKED: ("danger", "lock"),
    Act.RELEASED: ("good", "lock-open"),
    Act.DORMANT: ("neutral", "ban"),
    Act.PASSWORD: ("info", "key-round"),
    Act.FACTOR: ("good", "shield-check"),
    Act.FACTOR_GONE: ("warn", "shield-check"),
    Act.BOUND: ("good", "link-2"),
    Act.UNBOUND: ("warn", "unlink"),
    Act.ALARMED: ("danger", "siren"),
    Act.IDENTIFIED: ("sealed", "id-card"),
    Act.REVEALED: ("sealed", "eye"),
    Act.IDENTITY_GIVEN: ("sealed", "lock-open"),
    Act.IDENTITY_TAKEN: ("sealed", "lock"),
    Act.GLASS_ASKED: ("danger", "siren"),
    Act.GLASS_BROKEN: ("danger", "siren"),
    Act.GLASS_REFUSED: ("warn", "ban"),
    Act.IDENTITY_ERASED: ("danger", "trash-2"),
}


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One act as a sentence: who, what they did, when, and the reason they gave where the reader may have it."""

    by: str
    said: str
    at: datetime
    tone: str
    icon: str
    quote: str
    event: AuditEvent


def history_lines(events: Iterable[AuditEvent], reader: User) -> list[HistoryLine]:
    """Sentences for a page of events; three queries however many there are.

    Of another agency's act the reader learns the agency and the act: not the officer, not the reason.
    """
    events = list(events)
    names = names_in(events)
    return [line_of(event, reader, names) for event in events]


def line_of(event: AuditEvent, reader: User, names: dict[str, str]) -> HistoryLine:
    own = event.agency_id == reader.agency_id
    tone, icon = LOOKS.get(event.act, ("neutral", "circle-dot"))
    by = event.actor_name if own or event.agency_id is None else names.get(str(event.agency_id), "A partner")
    facts = event.facts if own else {}
    purpose = event.facts.get("purpose") if event.owner_id else ""  # of a look: told to both sides
    quote = facts.get("reason") or purpose or ""
    return HistoryLine(by, _said(event, facts, names), event.at, tone, icon, quote, event)


def _said(event: AuditEvent, facts: dict[str, Any], names: dict[str, str]) -> str:
    """What was done, as fully as the facts that the reader may have allow."""
    if (event.kind, event.act) in SAID_OF:
        return SAID_OF[event.kind, event.act]
    say = SAID.get(event.act)
    return (say(event, facts, names) if say else "") or f"{event.get_act_display()} this {noun(event.kind)}"


def _said_shared(event: AuditEvent, facts: dict[str, Any], names: dict[str, str]) -> str:
    other = names.get(facts.get("with_agency", ""), "a partner")
    if "part" in facts:
        return f"assigned {other} ({facts['part']})"
    if "level" not in facts:
        return ""
    until = parse_datetime(facts.get("until") or "")
    end = f" until {moment(until)}" if until else ""
    return f"shared this with {other} ({facts['level'].lower()}){end}"


def _said_revoked(event: AuditEvent, facts: dict[str, Any], names: dict[str, str]) -> str:
    return (
        f"took this back from {names.get(facts['with_agency'], 'a partner')}"
        if "with_agency" in facts
        else ""
    )


def _said_restricted(event: AuditEvent, facts: dict[str, Any], names: dict[str, str]) -> str:
    if "walled" not in facts:
        return ""
    named, walled = ([names.get(pk, "somebody") for pk in facts[key] or ()] for key in ("named", "walled"))
    walled += [f"the unit {unit}" for unit in facts.get("units", ())]
    said = f"opened this to {', '.join(named)} alone" if named else "opened this to all who see it"
    return f"{said}, never to {', '.join(walled)}" if walled else said


def _said_validated(event: AuditEvent, facts: dict[str, Any], names: dict[str, str]) -> str:
    return f"reviewed this and keeps it until {facts['until']}" if "until" in facts else ""


def _said_moved(event: AuditEvent, facts: dict[str, Any], names: dict[str, str]) -> str:
    if "now" not in facts:
        return ""
    columns = {column.name: column for column in apps.get_model(event.kind)._meta.fields}
    status = columns.get("status") or columns["state"]
    labels = {str(code): str(label) for code, label in status.flatchoices}
    was = f" from {labels.get(facts['was'], facts['was'])}" if "was" in facts else ""
    return f"changed the status{was} to {labels.get(facts['now'], facts['now'])}"


def _said_edited(event: AuditEvent, facts: dict[str, Any], names: dict[str, str]) -> str:
    return f"edited {', '.join(facts['fields'])}" if facts.get("fields") else ""


def _said_assigned(event: AuditEvent, facts: dict[str, Any], names: dict[str, str]) -> str:
    if "people" not in facts:
        return ""
    chosen = [names.get(pk, "somebody") for pk in facts["people"]]
    return f"put {', '.join(chosen)} on this" if chosen else "took everybody off this"


def _said_answered(event: AuditEvent, facts: dict[str, Any], names: dict[str, str]) -> str:
    if "with_agency" not in facts:
        return ""
    how = {"full": "in full", "contact_only": "with a contact only"}.get(
        facts["state"], f"({facts['state']})"
    )
    return f"answered {names.get(facts['with_agency'], 'a partner')} {how}"


def _said_searched(event: AuditEvent, facts: dict[str, Any], names: dict[str, str]) -> str:
    return f"searched for “{facts['text']}” and was shown {facts['found']}" if "text" in facts else "searched"


def _said_exported(event: AuditEvent, facts: dict[str, Any], names: dict[str, str]) -> str:
    return f"downloaded the audit record ({facts['rows']} rows, {facts['as']})" if "as" in facts else ""


def _said_denied(event: AuditEvent, facts: dict[str, Any], names: dict[str, str]) -> str:
    if event.object_id == NOTHING:
        return f"was refused a page ({facts['route']})" if "route" in facts else "was refused a page"
    return "tried to reach this, and got the answer of a record that does not exist"


def _said_alarmed(event: AuditEvent, facts: dict[str, Any], names: dict[str, str]) -> str:
    who = " and ".join(names.get(pk, "somebody") for pk in facts.get("people", ()))
    return f"raised an alarm: {who} {facts['how']}" if "how" in facts else ""


def _said_revealed(event: AuditEvent, facts: dict[str, Any], names: dict[str, str]) -> str:
    how = " in an emergency" if facts.get("emergency") else ""
    return f"looked at the identity of this person{how}: {facts['field'].lower()}" if "field" in facts else ""


def _said_identity_moved(event: AuditEvent, facts: dict[str, Any], names: dict[str, str]) -> str:
    if "people" not in facts:
        return ""
    who = " and ".join(names.get(pk, "somebody") for pk in facts["people"])
    given = event.act == Act.IDENTITY_GIVEN
    return f"opened the identity of this person to {who}" if given else f"took the identity back from {who}"


SIGNING_IN = {
    Act.SIGNED_IN: "signed in",
    Act.SIGN_IN_FAILED: "failed to sign in to this account",
    Act.SIGNED_OUT: "signed out",
    Act.LOCKED: "was locked out after wrong sign-ins",
    Act.RELEASED: "released the locked account",
    Act.DORMANT: "closed the account, which nobody used",
    Act.PASSWORD: "changed the password",
    Act.FACTOR: "set up a second factor",
    Act.FACTOR_GONE: "removed a second factor",
    Act.BOUND: "bound single sign-on to this account",
    Act.UNBOUND: "unbound single sign-on from this account",
}


def _said_signing_in(event: AuditEvent, facts: dict[str, Any], names: dict[str, str]) -> str:
    if "places" in facts:
        return "signed this account out everywhere"
    how = f" with {facts['how']}" if facts.get("how") else ""
    return f"{SIGNING_IN[Act(event.act)]}{how}{' over the API' if facts.get('through') == 'API' else ''}"


SAID: dict[str, Callable[[AuditEvent, dict[str, Any], dict[str, str]], str]] = {
    Act.SHARED: _said_shared,
    Act.REVOKED: _said_revoked,
    Act.RESTRICTED: _said_restricted,
    Act.VALIDATED: _said_validated,
    Act.MOVED: _said_moved,
    Act.EDITED: _said_edited,
    Act.ASSIGNED: _said_assigned,
    Act.NOTED: lambda event, facts, names: "wrote this note",
    Act.TASKED: lambda event, facts, names: "set this task",
    Act.ANSWERED: _said_answered,
    Act.PULLED: lambda event, facts, names: f"pulled this {noun(event.kind)} over the API",
    Act.SEARCHED: _said_searched,
    Act.EXPORTED: _said_exported,
    Act.DENIED: _said_denied,
    Act.ALARMED: _said_alarmed,
    Act.REVEALED: _said_revealed,
    Act.IDENTITY_GIVEN: _said_identity_moved,
    Act.IDENTITY_TAKEN: _said_identity_moved,
    **dict.fromkeys(SIGNING_IN, _said_signing_in),
}


# Where the act's usual words would not say what was done to this kind of thing.
SAID_OF: dict[tuple[str, str], str] = {
    ("agencies.agreement", Act.ASKED): "proposed an agreement",
    ("agencies.agreement", Act.ANSWERED): "answered a proposed agreement",
    ("agencies.agreement", Act.REVOKED): "ended an agreement",
    ("agencies.purgenotice", Act.ANSWERED): "confirmed that no copy of a purged record is left",
    ("agencies.releaserequest", Act.ASKED): "asked to pass a record on",
    ("agencies.releaserequest", Act.ANSWERED): "answered a request to release a record",
    ("agencies.canary", Act.REGISTERED): "made a record a canary",
    ("agencies.canary", Act.REVOKED): "lifted a canary",
    ("agencies.alarm", Act.ANSWERED): "looked into an alarm",
    ("victims.victim", Act.NOTIFIED): "typed this person's details elsewhere, and was told of this record",
    ("cases.operation", Act.OPENED): "planned this operation",
    ("cases.operation", Act.NOTED): "reported from the field",
    ("cases.sensitivesite", Act.REGISTERED): "put this place on the list",
    ("cases.sensitivesite", Act.REVOKED): "took this place off the list",
    ("cases.conflictnotice", Act.ANSWERED): "said that this conflict is settled",
    ("cases.conflictnotice", Act.REVOKED): "took back that this conflict is settled",
    ("cases.conflictnotice", Act.ASKED): "asked to override this conflict",
    ("cases.conflictnotice", Act.ACCEPTED): "overrode this conflict, as the second supervisor",
    ("cases.conflictnotice", Act.REJECTED): "dropped the override of this conflict",
}


def noun(kind: str) -> str:
    return str(apps.get_model(kind)._meta.verbose_name) if kind else "record"


def moment(of: datetime) -> str:
    """A moment as pages say it within a sentence."""
    return date_format(timezone.localtime(of), "j M Y, H:i")


def names_in(events: list[AuditEvent]) -> dict[str, str]:
    """The names of the agencies and people that the events speak of, by id as text."""
    agencies = {str(event.agency_id) for event in events if event.agency_id}
    people: set[str] = set()
    for event in events:
        agencies.update(filter(None, [event.facts.get("with_agency")]))
        for key in ("people", "named", "walled"):
            people.update(event.facts.get(key) or ())
    found = {str(agency.pk): agency.name for agency in Agency.objects.filter(pk__in=agencies)}
    return found | {str(user.pk): user.name for user in User.objects.filter(pk__in=people)}
