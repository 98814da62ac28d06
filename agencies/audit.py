"""The audit record: who did what to which row, when, why. Append-only in the database, no foreign keys.

Without foreign keys the record can never hinder, nor follow, the life of the rows it speaks of. Facts hold ids,
codes and reasons that people gave; never narratives, names of subjects or identifiers.
"""

from __future__ import annotations

import contextvars
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import pgtrigger
from django.apps import apps
from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import In
from django.utils import timezone

from agencies.acting import AcrossQuerySet, as_system
from agencies.changes import announce, announce_new
from agencies.guards import anything_shut, kept_back
from agencies.permissions import Permission
from agencies.visibility import Level, Shareable, can

NOTHING = uuid.UUID(int=0)  # the object of an event about no row


class Source(NamedTuple):
    """The request that an event comes from: one id joins all events of it."""

    request_id: uuid.UUID | None = None
    address: str | None = None


NO_REQUEST = Source()
source: contextvars.ContextVar[Source] = contextvars.ContextVar("source", default=NO_REQUEST)


@contextmanager
def from_nowhere() -> Iterator[None]:
    """What is written here does not say from where it came: a victim's telephone would tell where they are, for ever."""
    token = source.set(NO_REQUEST)
    try:
        yield
    finally:
        source.reset(token)


class Act(models.TextChoices):
    LOGGED = "logged", "logged"
    EDITED = "edited", "edited"
    ASSIGNED = "assigned", "assigned"
    ACCEPTED = "accepted", "accepted"
    REJECTED = "rejected", "rejected"
    OPENED = "opened", "opened"
    MOVED = "moved", "changed the status of"
    ATTACHED = "attached", "attached a lead to"
    DETACHED = "detached", "detached a lead from"
    CAST = "cast", "gave a subject a role in"
    NOTED = "noted", "wrote a note on"
    TASKED = "tasked", "set a task on"
    SHARED = "shared", "shared"
    REVOKED = "revoked", "revoked a share of"
    RESTRICTED = "restricted", "decided which people see"
    OFFERED = "offered", "offered to hand over"
    OFFER_WITHDRAWN = "offer_withdrawn", "took back the offer to hand over"
    OFFER_DECLINED = "offer_declined", "declined to take over"
    TAKEN_OVER = "taken_over", "took over"
    VALIDATED = "validated", "reviewed and keeps"
    HELD = "held", "put a legal hold on"
    HOLD_LIFTED = "hold_lifted", "lifted the legal hold on"
    PURGED = "purged", "purged"
    JUDGED = "judged", "judged"
    ASKED = "asked", "asked for disclosure of"
    ANSWERED = "answered", "answered a request for disclosure of"
    EXPIRED = "expired", "let expire"
    NOTIFIED = "notified", "was told of"
    VIEWED = "viewed", "viewed"
    PULLED = "pulled", "pulled over the API"
    REGISTERED = "registered", "registered"
    ADMITTED = "admitted", "admitted"
    ISSUED = "issued", "issued API credentials to"
    SEARCHED = "searched", "searched"
    EXPORTED = "exported", "exported"
    DENIED = "denied", "was denied"
    SIGNED_IN = "signed_in", "signed in"
    SIGN_IN_FAILED = "sign_in_failed", "failed to sign in"
    SIGNED_OUT = "signed_out", "signed out"
    LOCKED = "locked", "was locked out as"
    RELEASED = "released", "released the lock on"
    DORMANT = "dormant", "closed the unused account of"
    PASSWORD = "password", "changed the password of"
    FACTOR = "factor", "set up a second factor for"
    FACTOR_GONE = "factor_gone", "removed a second factor of"
    BOUND = "bound", "bound single sign-on to"
    UNBOUND = "unbound", "unbound single sign-on from"
    ALARMED = "alarmed", "raised an alarm about"
    SWITCHED_ON = "switched_on", "switched on the rule"
    STOPPED = "stopped", "stopped the rule"
    ENDED = "ended", "ended the rule"
    PROPOSED = "proposed", "proposed as lead jurisdiction"
    AGREED = "agreed", "agreed to as lead jurisdiction"
    OBJECTED = "objected", "objected to as lead jurisdiction"
    CONSENTED = "consented", "recorded"
    WITHDREW = "withdrew", "withdrew"
    REFERRED = "referred", "sent"
    ESCALATED = "escalated", "escalated"
    FOLLOWED_UP = "followed_up", "finished"
    LISTED = "listed", "listed"
    IDENTIFIED = "identified", "wrote down the identity of"
    REVEALED = "revealed", "looked at the identity of"
    IDENTITY_GIVEN = "identity_given", "opened the identity to somebody, of"
    IDENTITY_TAKEN = "identity_taken", "took the identity back from somebody, of"
    GLASS_ASKED = "glass_asked", "asked in an emergency for the identity of"
    GLASS_BROKEN = "glass_broken", "let a colleague see, in an emergency, the identity of"
    GLASS_REFUSED = "glass_refused", "declined an emergency look at the identity of"
    IDENTITY_ERASED = "identity_erased", "erased the identity of"


# What everybody who sees a row may know of its history; all else stays with the agency that acted.
OPEN_TO_VIEWERS = {
    Act.LOGGED, Act.EDITED, Act.OPENED, Act.MOVED, Act.PROPOSED, Act.AGREED, Act.OBJECTED,
}  # fmt: skip


# To whom a victim's identity is open, and for what somebody looked, is for its keepers and for inspectors, not for every
# colleague who reads the pseudonymous record.
OF_IDENTITIES = {
    Act.IDENTIFIED, Act.REVEALED, Act.IDENTITY_GIVEN, Act.IDENTITY_TAKEN, Act.GLASS_ASKED, Act.GLASS_BROKEN,
    Act.GLASS_REFUSED, Act.IDENTITY_ERASED,
}  # fmt: skip


# Content that reached a reader: what the owner of the record is told of.
LOOKS = (Act.VIEWED, Act.PULLED, Act.EXPORTED, Act.REVEALED)

CHANGES_OF_CONTENT = {
    Act.EDITED, Act.ASSIGNED, Act.ACCEPTED, Act.REJECTED, Act.OPENED, Act.MOVED, Act.TASKED, Act.JUDGED,
    Act.ASKED, Act.ANSWERED, Act.EXPIRED, Act.NOTIFIED, Act.AGREED,
}  # fmt: skip


class AuditQuerySet(AcrossQuerySet["AuditEvent"]):
    def about(self, obj: Shareable, viewer: Any) -> AuditQuerySet:
        """The history of `obj` as `viewer` may read it: own agency's acts, and if the row is seen the open ones, or
        those that name the agency where the row's history is its owner's alone."""
        agency = viewer.sees_as
        if agency is None or not can(viewer, Level.VIEW, obj):
            return self.none()
        events = self.filter(kind=obj._meta.label_lower, object_id=obj.pk)
        told = events.filter(models.Q(agency_id=agency.pk) | _open_to(obj, agency))
        if not viewer.may(Permission.READ_AUDIT):
            told = told.exclude(act__in=OF_IDENTITIES)
        return told.exclude(on_rows_kept_from(viewer)).across()

    def of_agency(self, viewer: Any) -> AuditQuerySet:
        """Everything done by the viewer's agency, for those whose role reads its audit record."""
        agency = viewer.sees_as
        if agency is None or not viewer.may(Permission.READ_AUDIT):
            return self.none()
        return self.filter(agency_id=agency.pk).exclude(on_rows_kept_from(viewer)).across()

    def looks_at_rows_of(self, viewer: Any) -> AuditQuerySet:
        """Which partners were shown rows that the viewer's agency owns: the owner's dissemination record."""
        agency = viewer.sees_as
        if agency is None or not viewer.may(Permission.READ_AUDIT):
            return self.none()
        looks = self.filter(models.Q(owner_id=agency.pk) & ~models.Q(agency_id=agency.pk))
        return looks.exclude(on_rows_kept_from(viewer)).across()


def _open_to(obj: Shareable, agency: Any) -> models.Q:
    if obj.private_history:
        return models.Q(facts__with_agency=str(agency.pk))
    return models.Q(act__in=OPEN_TO_VIEWERS)


def on_rows_kept_from(viewer: Any) -> models.Q:
    """Acts on rows that are kept from this person, auditors included, or that name such a row. Inspectors are named."""
    rule = models.Q(pk__in=[])
    for model in apps.get_models() if anything_shut(viewer) else ():
        if not issubclass(model, Shareable) or not (model.admission_model() or model.guarded_by):
            continue
        kept = model._base_manager.filter(kept_back(model, viewer))
        # A refusal does not say of what kind the record is.
        rule |= models.Q(kind__in=[model._meta.label_lower, ""], object_id__in=kept.values("pk"))
        if model.handed_on:
            rule |= _names(model, kept, "pk")
        if model.stands_for:
            rule |= _on_rows_gone(
                kept.annotate(gone=models.Func(models.F(model.stands_for), function="unnest"))
            )
    return rule


def _on_rows_gone(left: models.QuerySet[Any, Any]) -> models.Q:
    """Acts on rows that were purged, by what is `left` of them."""
    rule = models.Q(object_id__in=left.values("gone"))
    for model in apps.get_models():
        if issubclass(model, Shareable) and model.handed_on:
            rule |= _names(model, left, "gone")
    return rule


def _names(model: type[Shareable], rows: models.QuerySet[Any, Any], column: str) -> models.Q:
    """The acts whose facts name a row of `model` whose id stands in this column of `rows`."""
    said = KeyTextTransform(model._meta.model_name, "facts")
    named = Coalesce(said, models.Value(""), output_field=models.TextField())
    ids = rows.annotate(as_text=Cast(column, models.TextField())).values("as_text")
    return models.Q(In(named, ids))


class AuditEvent(models.Model):
    at = models.DateTimeField(default=timezone.now, db_index=True)
    act = models.CharField(max_length=20, choices=Act.choices)
    kind = models.CharField(max_length=50)
    object_id = models.UUIDField()
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=200)
    agency_id = models.UUIDField(null=True)
    owner_id = models.UUIDField(null=True)  # of a look: whose record was looked at
    address = models.GenericIPAddressField(null=True)
    facts = models.JSONField(default=dict)
    request_id = models.UUIDField(null=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["kind", "object_id", "-at"]),
            models.Index(fields=["agency_id", "-at", "-id"]),
            models.Index(fields=["owner_id", "-at", "-id"]),
        ]
        triggers = [
            # Truncation needs no trigger: the app's role does not hold that privilege.
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="await_sealing",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                level=pgtrigger.Statement,
                referencing=pgtrigger.Referencing(new="fresh"),
                func="INSERT INTO agencies_auditpending (event_id) SELECT id FROM fresh; RETURN NULL;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.get_act_display()} {self.kind} {self.object_id}"


@as_system
def record(act: Act, obj: models.Model, *, by: Any, **facts: Any) -> AuditEvent:
    """Write what `by` (None: the system) did to `obj`, and announce a change of content to the feeds that hold it.

    Call inside the change's transaction. A change of who sees `obj` is announced by the verb, to that agency alone:
    the others must not notice.
    """
    event = _event(act, obj, by, facts)
    event.save(force_insert=True)
    if isinstance(obj, Shareable) and act in CHANGES_OF_CONTENT:
        announce(obj)
    return event


@as_system
def record_new(act: Act, rows: Sequence[Shareable], *, by: Any, **facts: Any) -> None:
    """`record` for many new rows that only their owners see, in a few statements."""
    AuditEvent.objects.bulk_create(_event(act, row, by, facts) for row in rows)
    announce_new(rows)


# What else watches every look is joined at start: canaries, for instance.
WATCHERS: list[Callable[[Act, Sequence[Shareable], Any, dict[str, Any]], None]] = []


# For what a look is, by row; raises where the owner asks and it was not stated.
PURPOSES: list[Callable[[Act, Sequence[Shareable], Any, dict[str, Any]], dict[uuid.UUID, str]]] = []


@as_system
def record_looks(act: Act, objects: Iterable[Shareable], *, by: Any, **facts: Any) -> None:
    """Write that `by` was shown these rows: of one's own agency the record of consultation, of others' that of
    dissemination."""
    rows = list(objects)
    said = {
        pk: words
        for find in PURPOSES
        if rows and by is not None
        for pk, words in find(act, rows, by, facts).items()
    }
    AuditEvent.objects.bulk_create(
        _event(act, row, by, facts | ({"purpose": said[row.pk]} if row.pk in said else {}), row.agency_id)
        for row in rows
    )
    for watch in WATCHERS if rows and by is not None else ():
        watch(act, rows, by, facts)


@as_system
def record_part(obj: Shareable, *, by: Any) -> None:
    """A part of a record's page that is asked for by itself is a look at the record; after that page it belongs to it."""
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for find in PURPOSES:  # each time: the look that is on record may be older than the owner's question
        find(Act.VIEWED, [obj], by, {})
    looks = AuditEvent.objects.filter(kind=obj._meta.label_lower, object_id=obj.pk, at__gte=today)
    met = models.Q(facts__contains={"through": "search"}) | models.Q(
        facts__contains={"level": Level.SUMMARY.label}
    )
    if not looks.filter(actor_id=by.pk, act=Act.VIEWED).exclude(met).exists():
        record_looks(Act.VIEWED, [obj], by=by, through="a part of its page")


@as_system
def record_denial(*, by: Any, object_id: uuid.UUID, **facts: Any) -> None:
    """Write that `by` was refused. The record may exist or not: nothing here asks, so nothing here tells."""
    event = _event(Act.DENIED, by, by, facts)
    event.kind, event.object_id = "", object_id
    event.save(force_insert=True)


@as_system
def record_sign_in_failed(account: models.Model | None, **facts: Any) -> None:
    """Write a failed sign-in: on the record of the account's agency where there is such an account.

    What was typed is not kept: people type passwords into the wrong box.
    """
    event = AuditEvent(act=Act.SIGN_IN_FAILED, kind="agencies.user", object_id=NOTHING, **_from_request())
    if account is not None:
        event.object_id, event.agency_id = account.pk, getattr(account, "agency_id", None)
    event.actor_name, event.facts = "Somebody", facts
    event.save(force_insert=True)


def _event(
    act: Act, obj: models.Model, by: Any, facts: dict[str, Any], owner_id: uuid.UUID | None = None
) -> AuditEvent:
    return AuditEvent(
        act=act,
        kind=obj._meta.label_lower,
        object_id=obj.pk,
        actor_id=getattr(by, "pk", None),
        actor_name=str(by) if by is not None else "Taskforce",
        agency_id=getattr(by, "agency_id", None),
        owner_id=owner_id,
        facts=facts,
        **_from_request(by),
    )


def _from_request(by: Any = None) -> dict[str, Any]:
    """What a rule writes for one agency when somebody of another did something does not say from which address."""
    is_rule = by is not None and getattr(by, "pk", None) is None
    return (NO_REQUEST if is_rule else source.get())._asdict()
