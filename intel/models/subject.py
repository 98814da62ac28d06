from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from agencies.guards import Guard
from agencies.permissions import Permission
from agencies.reach import Reach, provenance, reach_indexes, row_of
from agencies.visibility import Grant, Level, Shareable, Through
from intel.models.lead import Lead


class Subject(Shareable):
    """A person, organisation or thing as one agency's file describes it. The same person in two files is two subjects."""

    class Kind(models.TextChoices):
        PERSON = "person", "Person"
        ORGANISATION = "organisation", "Organisation"
        VEHICLE = "vehicle", "Vehicle"
        VESSEL = "vessel", "Vessel"
        PLACE = "place", "Place"
        ACCOUNT = "account", "Account"

    class Sex(models.TextChoices):
        FEMALE = "female", "Female"
        MALE = "male", "Male"
        OTHER = "other", "Other"

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="subjects")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.PERSON)
    name = models.CharField(max_length=300, blank=True)
    aliases = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    birth_earliest = models.DateField(null=True, blank=True)
    birth_latest = models.DateField(null=True, blank=True)
    age = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="As stated on the day of the report"
    )
    sex = models.CharField(max_length=10, choices=Sex.choices, blank=True)
    nationalities = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    places = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    role = models.CharField(
        max_length=30, blank=True, help_text="Code of person_role_in_case: role in this lead"
    )
    note = models.CharField(max_length=2_000, blank=True)
    list_entry = models.CharField(
        max_length=100,
        blank=True,
        help_text="Its number in the published list, by which a newer snapshot finds it",
    )
    delisted_on = models.DateField(null=True, blank=True, help_text="No longer on the published list since")
    position = models.PositiveIntegerField(default=0)
    search_names = models.TextField(
        blank=True, editable=False, help_text="Name and aliases, transliterated, lower case"
    )

    read_permission: ClassVar = Permission.READ_LEADS
    handed_on: ClassVar = (Level.VIEW,)
    in_feed: ClassVar = True
    guarded_by: ClassVar = (Guard("lead"),)
    seen_through: ClassVar = (
        Through("lead_id", "intel.Lead"),
        Through(
            "id",
            "intel.CaseSubject",
            "subject_id",
            Q(agency_private=False, agency_id=F("subject__agency_id")),
        ),
    )

    class Meta(Shareable.Meta):
        ordering = ["position", "id"]
        indexes = [GinIndex(fields=["search_names"], name="subject_names_trgm", opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return self.name or self.get_kind_display()

    def handling_codes(self) -> list[str]:
        return self.lead.handling_codes()


class SubjectGrant(Grant):
    content_object = models.ForeignKey(Subject, on_delete=models.CASCADE)


class SubjectReach(Reach):
    """A way to a subject by itself: of its owner, by a grant, or through a case it openly has a role in.

    Whoever reads its lead has it too: that way is the lead's, and twice the rows would answer no faster.
    """

    subject = row_of("intel.Subject")
    grant = provenance("intel.SubjectGrant")
    case = provenance("cases.Case")
    case_subject = provenance("intel.CaseSubject")
    case_reach = provenance("cases.CaseReach")
    row: ClassVar = "subject"
    by_case: ClassVar = True

    class Meta:
        indexes = reach_indexes("subjectreach", "subject", "grant", "case_subject", "case_reach")

    def __str__(self) -> str:
        return f"{self.agency_id} has subject {self.subject_id}"


class Identifier(Shareable):
    """A phone, plate, account … in a lead, of one of its subjects or of nobody known yet."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="identifiers")
    subject = models.ForeignKey(
        Subject, null=True, blank=True, on_delete=models.CASCADE, related_name="identifiers"
    )
    kind = models.CharField(max_length=20)
    raw = models.CharField(max_length=500)
    value = models.CharField(max_length=500, help_text="Normalised")
    display = models.CharField(max_length=500)
    warnings = ArrayField(models.CharField(max_length=300), default=list, blank=True)

    read_permission: ClassVar = Permission.READ_LEADS
    seen_through: ClassVar = (Through("lead_id", "intel.Lead"), Through("subject_id", "intel.Subject"))
    guarded_by: ClassVar = (Guard("lead"),)

    class Meta(Shareable.Meta):
        ordering = ["kind", "value"]
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "subject", "kind", "value"],
                nulls_distinct=False,
                name="one_identifier_per_holder",
            )
        ]
        indexes = [models.Index(fields=["kind", "value"])]

    def __str__(self) -> str:
        return self.display
