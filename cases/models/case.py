"""Investigations: the case, who works on it, its tasks and notes."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils import timezone

from agencies.guards import Admission, Guard
from agencies.models import Agency, User
from agencies.permissions import Permission
from agencies.reach import Reach, provenance, reach_indexes, row_of
from agencies.references import new_reference
from agencies.retention import Retained
from agencies.tags import tags_field
from agencies.visibility import Grant, Level, Shareable, Through

ON_CASE = (Through("case_id", "cases.Case"),)
BY_CASE = (Guard("case"),)


class Case(Retained):
    class Kind(models.TextChoices):
        SEX_TRAFFICKING = "sex_trafficking", "Sex trafficking"
        FORCED_LABOUR = "forced_labour", "Forced labour"
        SMUGGLING = "smuggling", "Migrant smuggling"
        FORCED_CRIMINALITY = "forced_criminality", "Forced criminality"
        ORGAN_REMOVAL = "organ_removal", "Organ removal"
        LAUNDERING = "laundering", "Money laundering"
        DOCUMENT_FRAUD = "document_fraud", "Document fraud"
        ORGANISED_CRIME = "organised_crime", "Other organised crime"

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        ACTIVE = "active", "Under investigation"
        SUSPENDED = "suspended", "Suspended"
        CHARGED = "charged", "Charged"
        CLOSED = "closed", "Closed"

    class Priority(models.IntegerChoices):
        HIGH = 1, "High"
        NORMAL = 2, "Normal"
        LOW = 3, "Low"

    reference = models.CharField(max_length=9, default=new_reference, unique=True, editable=False)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    summary = models.TextField(blank=True, max_length=20_000)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.OPEN)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    jurisdictions = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    tags = tags_field()
    opened_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    search = models.GeneratedField(
        expression=SearchVector("title", "summary", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    read_permission: ClassVar = Permission.READ_CASES
    handed_on: ClassVar = (Level.SUMMARY, Level.VIEW, Level.CONTRIBUTE)
    in_feed: ClassVar = True
    page: ClassVar = "cases:case-detail"
    submitted_by: ClassVar = "opened_by"
    sorted_by: ClassVar = {"about": "kind", "tag": "tags"}

    class Meta(Shareable.Meta):
        indexes = [
            GinIndex(fields=["search"]),
            GinIndex(OpClass(Upper("title"), name="gin_trgm_ops"), name="cases_by_title"),
            models.Index(fields=["agency", "-created_at", "-id"]),
            models.Index(fields=["-created_at", "-id"], name="cases_newest"),
            GinIndex(fields=["tags"], name="cases_by_tag"),
            models.Index(fields=["agency", "review_on"]),
        ]

    def __str__(self) -> str:
        return self.title


class CaseGrant(Grant):
    content_object = models.ForeignKey(Case, on_delete=models.CASCADE)


class CaseReach(Reach):
    """A way to a case: of its owner, or by a grant."""

    case = row_of("cases.Case")
    grant = provenance("cases.CaseGrant")
    row: ClassVar = "case"

    class Meta:
        indexes = reach_indexes("casereach", "case", "grant")

    def __str__(self) -> str:
        return f"{self.agency_id} has case {self.case_id}"


class CaseAdmission(Admission):
    content_object = models.ForeignKey(Case, on_delete=models.CASCADE)


class Assignment(Shareable):
    """The part of one agency, and of its people, in a case. `agency` is the assigned one."""

    class Part(models.TextChoices):
        LEAD = "lead", "Lead"
        SUPPORT = "support", "Support"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="assignments")
    part = models.CharField(max_length=10, choices=Part.choices, default=Part.SUPPORT)
    people = models.ManyToManyField(User, blank=True, related_name="assignments")
    assigned_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    read_permission: ClassVar = Permission.READ_CASES
    seen_through: ClassVar = ON_CASE
    guarded_by: ClassVar = BY_CASE

    class Meta(Shareable.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["case", "agency"],
                condition=Q(ended_at=None),
                name="one_running_assignment_per_agency",
            ),
            models.UniqueConstraint(
                fields=["case"], condition=Q(ended_at=None, part="lead"), name="one_lead_agency_per_case"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agency} ({self.get_part_display()})"


class Note(Shareable):
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.TextField(max_length=20_000)
    agency_private = models.BooleanField("only my agency", default=False)

    read_permission: ClassVar = Permission.READ_CASES
    seen_through: ClassVar = ON_CASE
    guarded_by: ClassVar = BY_CASE

    class Meta(Shareable.Meta):
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"note on {self.case_id}"


class Task(Shareable):
    class Status(models.TextChoices):
        OPEN = "open", "To do"
        DOING = "doing", "In progress"
        DONE = "done", "Done"
        DROPPED = "dropped", "Dropped"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="tasks")
    title = models.CharField(max_length=200)
    details = models.TextField(blank=True, max_length=5_000)
    due_on = models.DateField(null=True, blank=True)
    assigned_agency = models.ForeignKey(
        Agency, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    assignee = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="tasks")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    agency_private = models.BooleanField("only my agency", default=False)

    read_permission: ClassVar = Permission.READ_CASES
    seen_through: ClassVar = ON_CASE
    guarded_by: ClassVar = BY_CASE
    in_feed: ClassVar = True

    class Meta(Shareable.Meta):
        ordering = [models.F("due_on").asc(nulls_last=True), "created_at"]

    def __str__(self) -> str:
        return self.title

    @property
    def is_finished(self) -> bool:
        return self.status not in UNFINISHED

    @property
    def is_overdue(self) -> bool:
        return self.due_on is not None and not self.is_finished and self.due_on < timezone.localdate()


UNFINISHED = (Task.Status.OPEN, Task.Status.DOING)
