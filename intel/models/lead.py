from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils import timezone

from agencies.guards import Admission, Guard
from agencies.models import PointerPolicy, User
from agencies.permissions import Permission
from agencies.reach import Reach, provenance, reach_indexes, row_of
from agencies.references import new_reference
from agencies.retention import Retained
from agencies.tags import tags_field
from agencies.visibility import Grant, Level, PersonalQuerySet, Shareable, Through
from cases.models import ON_CASE, Case

# Codes of person_role_in_case for those who are reviewed sooner (Directive (EU) 2016/680 Art. 5 and 6).
VICTIM_ROLES = ("victim", "potential_victim", "witness", "reporter")


class Lead(Retained):
    """One report as received. `kind` "reference" is a published list whose entries are its subjects."""

    class Kind(models.TextChoices):
        REPORT = "report", "Report"
        REFERENCE = "reference", "Published reference list"

    class Status(models.TextChoices):
        NEW = "new", "New"
        ASSIGNED = "assigned", "Assigned"
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected"

    class Basis(models.TextChoices):
        """Why the agency may hold this (28 CFR 23.20; Directive (EU) 2016/680 Art. 8)."""

        INVESTIGATION = "investigation", "Criminal investigation or prosecution"
        SUSPICION = "suspicion", "Reasonable suspicion of a named offence"
        VICTIM_REPORT = "victim_report", "Report by a victim or witness"
        TIP = "tip", "Tip, not yet assessed"
        INSPECTION = "inspection", "Inspection or border check"
        FINANCIAL_REPORT = "financial_report", "Suspicious transaction report"
        PUBLIC = "public", "Public record or open source"
        PARTNER = "partner", "Received from a partner agency"

    reference = models.CharField(max_length=9, default=new_reference, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.REPORT)
    title = models.CharField(max_length=200)
    narrative = models.TextField(max_length=100_000)
    category = models.CharField(max_length=30, choices=Case.Kind.choices, blank=True)
    source = models.CharField(max_length=500, blank=True)
    grade_source = models.CharField(max_length=1, default="X", help_text="Europol 4x4: A, B, C, X")
    grade_information = models.CharField(max_length=1, default="4", help_text="Europol 4x4: 1, 2, 3, 4")
    handling = ArrayField(models.CharField(max_length=2), default=list, help_text="Europol H0-H3")
    caveat = models.CharField(max_length=500, blank=True, help_text="What H3 asks for")
    basis = models.CharField(max_length=20, choices=Basis.choices, default=Basis.TIP)
    predicate = models.CharField(
        max_length=300, blank=True, help_text="The offence that a reasonable suspicion is of"
    )
    reported_on = models.DateField(default=timezone.localdate)
    occurred_on = models.DateField(null=True, blank=True)
    place = models.CharField(max_length=200, blank=True)
    countries = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    tags = tags_field()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.NEW)
    assigned_to = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="leads"
    )
    decision_reason = models.CharField(max_length=500, blank=True)
    pointer_policy = models.CharField(
        max_length=20, choices=PointerPolicy.choices, default=PointerPolicy.NAMED
    )
    logged_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    search = models.GeneratedField(
        expression=SearchVector("title", "narrative", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    read_permission: ClassVar = Permission.READ_LEADS
    handed_on: ClassVar = (Level.SUMMARY, Level.VIEW)
    page: ClassVar = "intel:lead-detail"
    submitted_by: ClassVar = "logged_by"
    sorted_by: ClassVar = {"handling": "handling", "about": "category", "tag": "tags"}
    in_feed: ClassVar = True
    # A lead's owner may let the agencies of a case it feeds read it; nobody else's attaching opens it.
    seen_through: ClassVar = (
        Through("id", "intel.CaseLead", "lead_id", Q(agency_private=False, agency_id=F("lead__agency_id"))),
    )

    class Meta(Shareable.Meta):
        indexes = [
            GinIndex(fields=["search"]),
            GinIndex(OpClass(Upper("title"), name="gin_trgm_ops"), name="leads_by_title"),
            GinIndex(fields=["tags"], name="leads_by_tag"),
            models.Index(fields=["agency", "-created_at", "-id"]),
            models.Index(fields=["agency", "status", "-created_at", "-id"]),
            models.Index(fields=["-created_at", "-id"], name="leads_newest"),
            models.Index(fields=["status", "-created_at", "-id"], name="leads_newest_by_status"),
            models.Index(fields=["agency", "review_on"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="reference") | Q(review_on__isnull=False), name="leads_are_reviewed"
            )
        ]

    def __str__(self) -> str:
        return self.title

    def handling_codes(self) -> list[str]:
        return list(self.handling)

    @property
    def is_of_victims(self) -> bool:
        return self.basis == Lead.Basis.VICTIM_REPORT or self.subjects.filter(role__in=VICTIM_ROLES).exists()


class LeadGrant(Grant):
    content_object = models.ForeignKey(Lead, on_delete=models.CASCADE)


class LeadReach(Reach):
    """A way to a lead: of its owner, by a grant, or through a case that its owner openly attached it to."""

    lead = row_of("intel.Lead")
    grant = provenance("intel.LeadGrant")
    case = provenance("cases.Case")
    case_lead = provenance("intel.CaseLead")
    case_reach = provenance("cases.CaseReach")
    row: ClassVar = "lead"
    by_case: ClassVar = True

    class Meta:
        indexes = reach_indexes("leadreach", "lead", "grant", "case_lead", "case_reach")

    def __str__(self) -> str:
        return f"{self.agency_id} has lead {self.lead_id}"


class LeadAdmission(Admission):
    content_object = models.ForeignKey(Lead, on_delete=models.CASCADE)


class LeadDraft(models.Model):
    """What somebody has typed and not yet saved. Theirs alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    form = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar = PersonalQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at"]

    def __str__(self) -> str:
        return f"draft of {self.user_id}"


class CaseLead(Shareable):
    """A lead feeds a case. Unless private, the owner of the lead lets the case's agencies read it by attaching it."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="case_leads")
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="case_leads")
    agency_private = models.BooleanField(default=False)
    attached_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    read_permission: ClassVar = Permission.READ_CASES
    seen_through: ClassVar = ON_CASE
    guarded_by: ClassVar = (Guard("case"), Guard("lead"))

    class Meta(Shareable.Meta):
        constraints = [
            models.UniqueConstraint(fields=["case", "lead", "agency"], name="one_attachment_per_agency")
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} feeds {self.case_id}"


class CaseSubject(Shareable):
    """A subject's role in a case."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="case_subjects")
    subject = models.ForeignKey("intel.Subject", on_delete=models.CASCADE, related_name="case_subjects")
    role = models.CharField(max_length=30, help_text="Code of person_role_in_case")
    agency_private = models.BooleanField(default=False)
    added_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    read_permission: ClassVar = Permission.READ_CASES
    seen_through: ClassVar = ON_CASE
    guarded_by: ClassVar = (Guard("case"), Guard("subject__lead"))

    class Meta(Shareable.Meta):
        constraints = [
            models.UniqueConstraint(fields=["case", "subject", "agency"], name="one_role_per_agency")
        ]

    def __str__(self) -> str:
        return f"{self.subject_id} in {self.case_id}"
