"""Tracks: the lane of each jurisdiction in a case, kept by one agency that works on it.

What an agency keeps to itself of its lane stands in rows of their own (`agency_private`), not in hidden columns: so
the gate and the second lock keep it, and nothing that others read changes with it.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from agencies.models import Agency, User
from agencies.permissions import Permission
from agencies.visibility import Shareable
from cases import codelists
from cases.models.case import BY_CASE, ON_CASE, Case


class OnCase(Shareable):
    """A row that is part of a case, seen and kept back with it."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="%(class)ss")

    read_permission: ClassVar = Permission.READ_CASES
    seen_through: ClassVar = ON_CASE
    guarded_by: ClassVar = BY_CASE

    class Meta(Shareable.Meta):
        abstract = True


class Track(OnCase):
    """One jurisdiction: a country, or a state or district of it. `agency` keeps it, and it alone edits it."""

    class Stage(models.TextChoices):
        INQUIRY = "inquiry", "Preliminary inquiry"
        INVESTIGATION = "investigation", "Investigation"
        CHARGED = "charged", "Charged"
        TRIAL = "trial", "On trial"
        JUDGED = "judged", "Judged"
        APPEAL = "appeal", "On appeal"
        FINAL = "final", "Final"
        DISCONTINUED = "discontinued", "Discontinued"

    country = models.CharField(max_length=2)
    district = models.CharField(max_length=100, blank=True)
    stage = models.CharField(max_length=20, choices=Stage.choices, default=Stage.INQUIRY)
    stage_since = models.DateField(default=timezone.localdate)

    in_feed: ClassVar = True

    class Meta(OnCase.Meta):
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint("case", "country", Lower("district"), name="one_track_per_jurisdiction")
        ]

    def __str__(self) -> str:
        return self.jurisdiction

    @property
    def jurisdiction(self) -> str:
        country = codelists.label("country", self.country)
        return f"{self.district}, {country}" if self.district else country


# Where nobody is pursued any more no limitation runs.
OVER = (Track.Stage.FINAL, Track.Stage.DISCONTINUED)


class TrackSheet(OnCase):
    """The facts of a lane: those for all who see the case on one sheet, those of the agency alone on another."""

    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="sheets")
    agency_private = models.BooleanField(default=False)
    prosecutor = models.CharField(max_length=200, blank=True)
    prosecutor_contact = models.CharField(max_length=200, blank=True)
    court = models.CharField(max_length=200, blank=True)
    docket = models.CharField(max_length=100, blank=True)
    limitation_on = models.DateField(null=True, blank=True)
    limitation_basis = models.CharField(max_length=200, blank=True)
    remarks = models.TextField(max_length=5_000, blank=True)

    class Meta(OnCase.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["track", "agency", "agency_private"], name="one_sheet_of_each_kind"
            )
        ]
        indexes = [
            models.Index(fields=["limitation_on"], condition=Q(limitation_on__isnull=False), name="limits")
        ]

    def __str__(self) -> str:
        return f"facts of {self.track_id}"


class Offence(OnCase):
    """What is prosecuted in a lane, as the law there calls it, and the elements it is recorded with."""

    class Kind(models.TextChoices):
        TRAFFICKING = "trafficking", "Trafficking in persons"
        SMUGGLING = "smuggling", "Smuggling of migrants"
        OTHER = "other", "Another offence"

    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="offences")
    agency_private = models.BooleanField("only my agency", default=False)
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.TRAFFICKING)
    law = models.CharField(max_length=100)
    title = models.CharField(max_length=200)
    acts = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    means = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    purposes = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    child = models.BooleanField("a victim was under 18", default=False)

    class Meta(OnCase.Meta):
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return f"{self.law}: {self.title}"


class CooperationRequest(OnCase):
    """What one jurisdiction asks of another. `next_due` is the clock that ends first, kept for lists."""

    class Status(models.TextChoices):
        DRAFTED = "drafted", "Drafted"
        SENT = "sent", "Sent"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        EXECUTED = "executed", "Executed"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"

    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="requests")
    agency_private = models.BooleanField("only my agency", default=False)
    kind = models.CharField(max_length=20)
    country = models.CharField(max_length=2)
    authority = models.CharField(max_length=200, blank=True)
    asks = models.CharField(max_length=500)
    reference = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.DRAFTED)
    refusal = models.CharField(max_length=500, blank=True)
    sent_on = models.DateField(null=True, blank=True)
    received_on = models.DateField(null=True, blank=True)
    begun_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    next_due = models.DateField(null=True, blank=True, editable=False)

    class Meta(OnCase.Meta):
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["next_due"], condition=Q(next_due__isnull=False), name="requests_due")
        ]

    def __str__(self) -> str:
        return (
            f"{codelists.label('cooperation_kind', self.kind)} to {codelists.label('country', self.country)}"
        )

    @property
    def days(self) -> dict[str, date | None]:
        """What its clocks go by."""
        return {name: getattr(self, name) for name in ("received_on", "begun_on", "ended_on", "due_on")}


class LeadProposal(OnCase):
    """A lane put forward as the lead jurisdiction of its case. It leads once every agency with a lane has agreed."""

    class State(models.TextChoices):
        ASKED = "asked", "Waits for agreement"
        AGREED = "agreed", "Leads"
        REFUSED = "refused", "Objected to"
        WITHDRAWN = "withdrawn", "Withdrawn"
        REPLACED = "replaced", "Led before"

    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="proposals")
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=20, choices=State.choices, default=State.ASKED)
    agreed_by = models.ManyToManyField(Agency, blank=True, related_name="+")
    objected_by = models.ForeignKey(Agency, null=True, on_delete=models.PROTECT, related_name="+")
    objection = models.CharField(max_length=500, blank=True)
    proposed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta(OnCase.Meta):
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "state"],
                condition=Q(state__in=["asked", "agreed"]),
                name="one_lead_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.track} as lead jurisdiction"
