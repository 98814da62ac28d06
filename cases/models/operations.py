"""Planned actions, the places that an agency keeps to itself, and what each side may know where the two meet."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from agencies.guards import Guard
from agencies.models import Agency, PointerPolicy, User
from agencies.permissions import Permission
from agencies.visibility import Grant, PersonalQuerySet, Shareable
from cases.geometry import Point
from cases.models.case import BY_CASE, Case

MOST_RADIUS_M = 20_000
# Nothing that is not compared with others' at all: whoever plans is told of a conflict in any case.
TELLS = [
    (PointerPolicy.NAMED.value, "Our agency, and whom of us to call"),
    (PointerPolicy.LIAISON.value, "Only to call the watch officer"),
    (PointerPolicy.OWNER_ONLY.value, "Nothing: only we are told, and call them"),
]


class Placed(models.Model):
    """Something at a place, and what another agency learns of it where theirs comes too near."""

    place = models.CharField(max_length=300)
    latitude = models.DecimalField(
        max_digits=8, decimal_places=6, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.DecimalField(
        max_digits=9, decimal_places=6, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    radius_m = models.PositiveIntegerField(
        validators=[MinValueValidator(50), MaxValueValidator(MOST_RADIUS_M)]
    )
    tells = models.CharField(max_length=20, choices=TELLS, default=PointerPolicy.NAMED)

    class Meta:
        abstract = True

    @property
    def point(self) -> Point:
        return Point(float(self.latitude), float(self.longitude))

    @property
    def coordinates(self) -> str:
        return f"{self.latitude.normalize():f}, {self.longitude.normalize():f}"


class Operation(Placed, Shareable):
    """A planned action on a case. The agency that plans it alone sees it, until it gives it to others on the case."""

    class Kind(models.TextChoices):
        SEARCH = "search", "Search"
        ARREST = "arrest", "Arrest"
        SURVEILLANCE = "surveillance", "Surveillance"
        MEETING = "meeting", "Controlled meeting"
        EXTRACTION = "extraction", "Victim extraction or shelter move"
        UNDERCOVER = "undercover", "Undercover"
        OTHER = "other", "Other"

    class Status(models.TextChoices):
        PLANNED = "planned", "Planned"
        CHECKED = "checked", "Checked"
        GO = "go", "Go"
        UNDER_WAY = "under_way", "Under way"
        DONE = "done", "Done"
        CALLED_OFF = "called_off", "Called off"

    class Risk(models.TextChoices):
        LOW = "low", "Low"
        MEDIUM = "medium", "Medium"
        HIGH = "high", "High"
        CRITICAL = "critical", "Danger to life"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="operations")
    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    details = models.TextField(blank=True, max_length=5_000)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    time_zone = models.CharField(max_length=50, default="UTC")
    risk = models.CharField(max_length=10, choices=Risk.choices, default=Risk.MEDIUM)
    risk_note = models.CharField(max_length=500, blank=True)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PLANNED)
    planned_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    checked_at = models.DateTimeField(null=True, blank=True)

    read_permission: ClassVar = Permission.READ_CASES
    guarded_by: ClassVar = BY_CASE

    class Meta(Shareable.Meta):
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("starts_at")), name="operation_ends_after_it_starts"
            )
        ]
        indexes = [
            models.Index(
                fields=["latitude", "longitude"],
                name="operations_by_place",
                condition=Q(status__in=("planned", "checked", "go", "under_way")),
            ),
            models.Index(fields=["agency", "starts_at", "id"], name="operations_by_start"),
            models.Index(fields=["case", "starts_at"], name="operations_of_case"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def local_start(self) -> dt.datetime:
        return self.starts_at.astimezone(self.zone)

    @property
    def local_end(self) -> dt.datetime:
        return self.ends_at.astimezone(self.zone)


LIVE = (Operation.Status.PLANNED, Operation.Status.CHECKED, Operation.Status.GO, Operation.Status.UNDER_WAY)


class OperationGrant(Grant):
    content_object = models.ForeignKey(Operation, on_delete=models.CASCADE)


class Team(models.Model):
    """Who goes, of which agency, and how to reach them on the day. Read with the operation, by whom the gate lets."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="teams")
    of = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=100)
    phone = models.CharField(max_length=30, blank=True)
    task = models.CharField(max_length=200, blank=True)
    added_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Report(models.Model):
    """One line from the field: a team is in place, arrests, victims found, seizures. Victims are counted, never named."""

    class Kind(models.TextChoices):
        IN_PLACE = "in_place", "In place"
        ARRESTS = "arrests", "Arrests"
        VICTIMS = "victims", "Victims found"
        SEIZURE = "seizure", "Seizure"
        NOTE = "note", "Note"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="reports")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    team = models.ForeignKey(Team, null=True, on_delete=models.SET_NULL, related_name="reports")
    number = models.PositiveSmallIntegerField(null=True, validators=[MaxValueValidator(999)])
    text = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    of = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    struck_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at", "pk"]
        indexes = [models.Index(fields=["operation", "-at"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number or ''}".strip()


class SensitiveSite(Placed, Shareable):
    """A place that nobody outside the agency may ever know of, and where nothing of others may happen unawares."""

    class Kind(models.TextChoices):
        SHELTER = "shelter", "Shelter"
        SAFE_HOUSE = "safe_house", "Safe house"
        UNDERCOVER = "undercover", "Undercover place"
        OTHER = "other", "Other"

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    added_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    removed_at = models.DateTimeField(null=True, editable=False)

    read_permission: ClassVar = Permission.PROTECT_VALUES

    class Meta(Shareable.Meta):
        ordering = ["name"]
        indexes = [
            models.Index(
                fields=["latitude", "longitude"], name="sites_by_place", condition=Q(removed_at=None)
            )
        ]

    def __str__(self) -> str:
        return self.name


class Conflict(models.Model):
    """That an operation comes too near to another, or to a sensitive site. Holds both sides, so nobody sees it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="conflicts")
    other = models.ForeignKey(
        Operation, null=True, on_delete=models.CASCADE, related_name="conflicts_of_other"
    )
    site = models.ForeignKey(SensitiveSite, null=True, on_delete=models.CASCADE, related_name="conflicts")
    found_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "other"], name="one_conflict_per_pair"),
            models.UniqueConstraint(fields=["operation", "site"], name="one_conflict_per_site"),
            models.CheckConstraint(condition=Q(other=None) ^ Q(site=None), name="conflict_has_two_sides"),
            models.CheckConstraint(
                condition=Q(other=None) | Q(operation__lt=models.F("other")), name="conflict_pair_is_ordered"
            ),
        ]

    def __str__(self) -> str:
        return f"conflict {self.pk}"


class ConflictNotice(Shareable):
    """What one side may know of a conflict: that there is one, and whom to call. Nothing of the other's is in the row.

    `other_operation`, `other_site`: only where both sides are the agency's own; the gate says whether they are shown.
    """

    class State(models.TextChoices):
        OPEN = "open", "Unresolved"
        SETTLED = "settled", "We say it is settled"
        RESOLVED = "resolved", "Resolved"
        OVERRIDDEN = "overridden", "Overridden"
        OVER = "over", "Over"

    conflict = models.ForeignKey(Conflict, on_delete=models.CASCADE, related_name="notices")
    own_operation = models.ForeignKey(Operation, null=True, on_delete=models.CASCADE, related_name="notices")
    own_site = models.ForeignKey(SensitiveSite, null=True, on_delete=models.CASCADE, related_name="notices")
    own_case = models.ForeignKey(Case, null=True, on_delete=models.CASCADE, related_name="+")
    other_agency = models.ForeignKey(Agency, null=True, on_delete=models.CASCADE, related_name="+")
    contact = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    liaison = models.CharField(max_length=300, blank=True)
    other_operation = models.ForeignKey(Operation, null=True, on_delete=models.CASCADE, related_name="+")
    other_site = models.ForeignKey(SensitiveSite, null=True, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    settled_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    settled_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)
    other_settled_at = models.DateTimeField(null=True)
    other_note = models.CharField(max_length=500, blank=True)
    override_reason = models.CharField(max_length=500, blank=True)
    override_asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    overridden_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    overridden_at = models.DateTimeField(null=True)
    other_overrode_at = models.DateTimeField(null=True)

    read_permission: ClassVar = Permission.READ_PROTECTED
    guarded_by: ClassVar = (Guard("own_case"),)

    class Meta(Shareable.Meta):
        constraints = [
            models.UniqueConstraint(fields=["conflict", "own_operation"], name="one_notice_per_operation"),
            models.UniqueConstraint(fields=["conflict", "own_site"], name="one_notice_per_site"),
        ]
        indexes = [models.Index(fields=["agency", "state", "-created_at", "-id"], name="conflicts_by_state")]

    def __str__(self) -> str:
        return "conflict"

    @property
    def blocks(self) -> bool:
        """Does it keep the operation from its go?"""
        return self.state in BLOCKING

    @property
    def whom_to_call(self) -> str:
        """In a sentence: the officer and the agency, or who passes the question on."""
        if self.other_agency is None:
            return self.liaison
        if self.contact is None:
            return f"{self.other_agency}, which has named no contact officer"
        return ", ".join(filter(None, [str(self.contact), str(self.other_agency), self.contact.phone]))


BLOCKING = (ConflictNotice.State.OPEN, ConflictNotice.State.SETTLED)


class WatchNotice(models.Model):
    """What the task force's watch officer is told, and nobody of their agency: who should call whom."""

    class Kind(models.TextChoices):
        CONFLICT = "conflict", "Conflict"
        MOVES = "moves", "Unusually many places"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    conflict = models.ForeignKey(Conflict, null=True, on_delete=models.CASCADE, related_name="watch_notices")
    about = models.ForeignKey(Agency, null=True, on_delete=models.CASCADE, related_name="+")
    says = models.CharField(max_length=900)
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True)

    objects = PersonalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "conflict"], name="one_watch_notice_per_conflict")
        ]
        indexes = [models.Index(fields=["user", "seen_at", "-created_at"])]

    def __str__(self) -> str:
        return self.get_kind_display()
