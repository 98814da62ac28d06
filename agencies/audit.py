"""The audit record: who did what to which row, when, why. Append-only in the database, no foreign keys.

Without foreign keys the record can never hinder, nor follow, the life of the rows it speaks of. Facts hold ids,
codes and reasons that people gave; never narratives, names of subjects or identifiers.
"""

from __future__ import annotations

import contextvars
import uuid
from typing import Any

import pgtrigger
from django.apps import apps
from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import In
from django.utils import timezone

from agencies.changes import announce
from agencies.guards import anything_shut, kept_back
from agencies.permissions import Permission
from agencies.visibility import Level, Shareable, can

request_id: contextvars.ContextVar[uuid.UUID | None] = contextvars.ContextVar("request_id", default=None)


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


# What everybody who sees a row may know of its history; all else stays with the agency that acted.
OPEN_TO_VIEWERS = {Act.LOGGED, Act.EDITED, Act.OPENED, Act.MOVED}


CHANGES_OF_CONTENT = {
    Act.EDITED, Act.ASSIGNED, Act.ACCEPTED, Act.REJECTED, Act.OPENED, Act.MOVED, Act.TASKED, Act.JUDGED,
    Act.ASKED, Act.ANSWERED, Act.EXPIRED, Act.NOTIFIED,
}  # fmt: skip


class AuditQuerySet(models.QuerySet["AuditEvent"]):
    def about(self, obj: Shareable, viewer: Any) -> AuditQuerySet:
        """The history of `obj` as `viewer` may read it: own agency's acts, and the open ones if the row is seen."""
        agency = viewer.sees_as
        if agency is None or not can(viewer, Level.VIEW, obj):
            return self.none()
        told = models.Q(agency_id=agency.pk) | models.Q(act__in=OPEN_TO_VIEWERS)
        events = self.filter(kind=obj._meta.label_lower, object_id=obj.pk)
        return events.filter(told).exclude(_on_rows_kept_from(viewer))

    def of_agency(self, viewer: Any) -> AuditQuerySet:
        """Everything done by the viewer's agency, for those whose role reads its audit record."""
        agency = viewer.sees_as
        if agency is None or not viewer.may(Permission.READ_AUDIT):
            return self.none()
        return self.filter(agency_id=agency.pk).exclude(_on_rows_kept_from(viewer))

    def looks_at_rows_of(self, viewer: Any) -> AuditQuerySet:
        """Which partners were shown rows that the viewer's agency owns: the owner's dissemination record."""
        agency = viewer.sees_as
        if agency is None or not viewer.may(Permission.READ_AUDIT):
            return self.none()
        looks = self.filter(act__in=(Act.VIEWED, Act.PULLED), facts__owner=str(agency.pk))
        return looks.exclude(_on_rows_kept_from(viewer))


def _on_rows_kept_from(viewer: Any) -> models.Q:
    """Acts on rows that are kept from this person, auditors included, or that name such a row. Inspectors are named."""
    rule = models.Q(pk__in=[])
    for model in apps.get_models() if anything_shut(viewer) else ():
        if not issubclass(model, Shareable) or not (model.admission_model() or model.guarded_by):
            continue
        kept = model._base_manager.filter(kept_back(model, viewer))
        rule |= models.Q(kind=model._meta.label_lower, object_id__in=kept.values("pk"))
        if model.handed_on:
            said = KeyTextTransform(model._meta.model_name, "facts")
            named = Coalesce(said, models.Value(""), output_field=models.TextField())
            ids = kept.annotate(as_text=Cast("pk", models.TextField())).values("as_text")
            rule |= models.Q(In(named, ids))
    return rule


class AuditEvent(models.Model):
    at = models.DateTimeField(default=timezone.now, db_index=True)
    act = models.CharField(max_length=20, choices=Act.choices)
    kind = models.CharField(max_length=50)
    object_id = models.UUIDField()
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=200)
    agency_id = models.UUIDField(null=True)
    facts = models.JSONField(default=dict)
    request_id = models.UUIDField(null=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["kind", "object_id", "-at"]),
            models.Index(fields=["agency_id", "-at", "-id"]),
        ]
        triggers = [
            # Truncation needs no trigger: the app's role does not hold that privilege.
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.get_act_display()} {self.kind} {self.object_id}"


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


def record_looks(act: Act, objects: list[Shareable], *, by: Any, **facts: Any) -> None:
    """Write that `by` was shown rows of other agencies: the dissemination record. Own rows are not written."""
    foreign = [obj for obj in objects if obj.agency_id != by.agency_id]
    AuditEvent.objects.bulk_create(
        _event(act, obj, by, {"owner": str(obj.agency_id), **facts}) for obj in foreign
    )


def _event(act: Act, obj: models.Model, by: Any, facts: dict[str, Any]) -> AuditEvent:
    return AuditEvent(
        act=act,
        kind=obj._meta.label_lower,
        object_id=obj.pk,
        actor_id=getattr(by, "pk", None),
        actor_name=str(by) if by is not None else "Taskforce",
        agency_id=getattr(by, "agency_id", None),
        facts=facts,
        request_id=request_id.get(),
    )
