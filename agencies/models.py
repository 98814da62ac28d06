"""Who: agencies, the people and API clients who act for them, and the task forces they work in."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, Group, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agencies.alarms import Alarm, Canary, CanaryAdmission, ReadTally
from agencies.audit import AuditEvent
from agencies.changes import Change
from agencies.handovers import Handover, HandoverGrant
from agencies.jobs import Job
from agencies.permissions import Role, role_may
from agencies.releases import ReleaseRequest, ReleaseRequestGrant
from agencies.retention import PurgeCertificate, PurgeCertificateAdmission, PurgeNotice
from agencies.rules import RuledRecord, ShareRule
from agencies.sealing import AuditHead, AuditLink, AuditPending
from agencies.visibility import Level

__all__ = [
    "Agency",
    "Agreement",
    "Alarm",
    "AuditEvent",
    "AuditHead",
    "AuditLink",
    "AuditPending",
    "Canary",
    "CanaryAdmission",
    "Change",
    "Handover",
    "HandoverGrant",
    "IdempotentAnswer",
    "Job",
    "Membership",
    "PurgeCertificate",
    "PurgeCertificateAdmission",
    "PurgeNotice",
    "PurposeStated",
    "ReadTally",
    "ReleaseRequest",
    "ReleaseRequestGrant",
    "RuledRecord",
    "ShareRule",
    "SignInFailure",
    "SignInSubject",
    "TaskForce",
    "UnitStay",
    "UnitWall",
    "User",
]


class PointerPolicy(models.TextChoices):
    """What the owner of a record lets another agency learn when that agency holds a match."""

    NAMED = "named", "Tell them we hold a match, and whom of us to ask"
    LIAISON = "liaison", "Tell them a match exists, name only the task force's liaison"
    OWNER_ONLY = "owner_only", "Tell only us (silent hit)"
    EXCLUDED = "excluded", "Never match this against other agencies"


class AgencyQuerySet(models.QuerySet["Agency"]):
    def active(self) -> AgencyQuerySet:
        return self.filter(left_on=None)

    def partners_of(self, agency: Agency) -> AgencyQuerySet:
        """The agencies that share a running task force with `agency`, itself excluded."""
        together = TaskForce.objects.running().filter(members=agency)
        return self.active().filter(task_forces__in=together).exclude(pk=agency.pk).distinct()


class Agency(models.Model):
    class Kind(models.TextChoices):
        POLICE = "police", "Police"
        PROSECUTION = "prosecution", "Prosecution"
        BORDER_GUARD = "border_guard", "Border guard"
        LABOUR_INSPECTORATE = "labour_inspectorate", "Labour inspectorate"
        FINANCIAL_INTELLIGENCE = "financial_intelligence", "Financial intelligence unit"
        CUSTOMS = "customs", "Customs"
        SERVICE_PROVIDER = "service_provider", "Victim service provider"
        INTERNATIONAL = "international", "International organisation"
        REFERENCE = "reference", "Published reference list"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200, unique=True)
    short_name = models.CharField(max_length=30, unique=True)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2")
    jurisdictions = models.CharField(max_length=300, blank=True)
    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="agency", editable=False)
    contact = models.ForeignKey(
        "User",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The officer partners ask",
    )
    pointer_policy = models.CharField(
        max_length=20, choices=PointerPolicy.choices, default=PointerPolicy.NAMED,
        help_text="The default for new leads; each lead may be stricter.",
    )  # fmt: skip
    review_years = models.PositiveSmallIntegerField(default=5)
    review_years_victims = models.PositiveSmallIntegerField(default=3)
    asks_purpose = models.BooleanField(
        default=False, db_default=False
    )  # of partners, before they open a record
    left_on = models.DateField(null=True, blank=True)

    objects = AgencyQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "agencies"

    def __str__(self) -> str:
        return self.name

    @property
    def is_reference(self) -> bool:
        return self.kind == self.Kind.REFERENCE


class TaskForceQuerySet(models.QuerySet["TaskForce"]):
    def running(self) -> TaskForceQuerySet:
        today = timezone.localdate()
        return self.filter(starts_on__lte=today).filter(Q(ends_on=None) | Q(ends_on__gte=today))


class TaskForce(models.Model):
    """Agencies that work under one agreement, with dates. Only they exchange pointers and shares."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200, unique=True)
    starts_on = models.DateField(default=timezone.localdate)
    ends_on = models.DateField(null=True, blank=True)
    liaison = models.CharField(
        max_length=200, blank=True, help_text="Who forwards questions on unnamed matches"
    )
    watch_officer = models.ForeignKey(
        "User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text="Told of every conflict of operations, and whom to call",
    )  # fmt: skip
    members = models.ManyToManyField(Agency, through="Membership", related_name="task_forces")

    objects = TaskForceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def between(self, one: uuid.UUID, other: uuid.UUID) -> AgreementQuerySet:
        """What the two agreed with each other."""
        return self.filter(Q(agency=one, partner=other) | Q(agency=other, partner=one))

    def terms_between(self, one: uuid.UUID, other: uuid.UUID) -> AgreementQuerySet:
        """The terms of either in the running task forces in which both work."""
        together = TaskForce.objects.running().filter(members=one).filter(members=other)
        return self.filter(agency__in=(one, other), task_force__in=together.values("pk"))

    def due(self) -> AgreementQuerySet:
        """Those that began or ran out after the day on which shares were last held against them."""
        today = timezone.localdate()
        began = Q(starts_on__lte=today) & (Q(kept_on=None) | Q(kept_on__lt=F("starts_on")))
        ran_out = Q(ends_on__lt=today) & (Q(kept_on=None) | Q(kept_on__lte=F("ends_on")))
        return self.filter(began | ran_out, state=Agreement.State.IN_FORCE)

    def of(self, agency: Agency) -> AgreementQuerySet:
        """Those that the agency is a party of. Nobody else may know that they exist."""
        return self.filter(Q(agency=agency) | Q(partner=agency))


class Membership(models.Model):
    task_force = models.ForeignKey(TaskForce, on_delete=models.CASCADE)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT)
    joined_on = models.DateField(default=timezone.localdate)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task_force", "agency"], name="one_membership_per_agency")
        ]

    def __str__(self) -> str:
        return f"{self.agency} in {self.task_force}"


class Agreement(models.Model):
    """What two agencies may exchange, or an agency's own terms in a task force: ceilings, purposes, dates.

    Between two agencies it takes both administrators' word. Terms in a task force can only narrow, so one's own do.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        IN_FORCE = "in_force", "In force"
        DECLINED = "declined", "Declined"
        ENDED = "ended", "Ended"

    class Handling(models.TextChoices):
        H0 = "H0", "H0: nothing that carries a condition"
        H1 = "H1", "up to H1: not in court without permission"
        H2 = "H2", "up to H2: not to be passed on without permission"
        H3 = "H3", "up to H3: any condition"

    class Purpose(models.TextChoices):
        INVESTIGATION = "investigation", "Investigation"
        PROSECUTION = "prosecution", "Prosecution"
        PROTECTION = "protection", "Protection of victims"
        FINANCE = "finance", "Tracing of money"
        PREVENTION = "prevention", "Prevention and analysis"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="agreements_proposed")
    partner = models.ForeignKey(
        Agency, null=True, on_delete=models.PROTECT, related_name="agreements_received"
    )
    task_force = models.ForeignKey(TaskForce, null=True, on_delete=models.CASCADE, related_name="terms")
    level = models.PositiveSmallIntegerField(
        choices=[(level.value, level.label) for level in Level if level != Level.OWN],
        default=Level.CONTRIBUTE,
    )
    handling = models.CharField(max_length=2, choices=Handling.choices, default=Handling.H3)
    pointers = models.BooleanField(default=True, help_text="Each may learn that the other holds a match")
    purposes = ArrayField(models.CharField(max_length=20, choices=Purpose.choices), default=list, blank=True)
    starts_on = models.DateField(default=timezone.localdate)
    ends_on = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey("User", null=True, on_delete=models.SET_NULL, related_name="+")
    answered_by = models.ForeignKey("User", null=True, on_delete=models.SET_NULL, related_name="+")
    ended_by = models.ForeignKey("User", null=True, on_delete=models.SET_NULL, related_name="+")
    kept_on = models.DateField(null=True, editable=False, help_text="When shares were last held against it")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(partner=None) ^ Q(task_force=None), name="agreement_is_with_agency_or_task_force"
            )
        ]

    def __str__(self) -> str:
        return f"agreement of {self.agency} with {self.partner or self.task_force}"

    @property
    def runs(self) -> bool:
        """Does it hold today?"""
        today = timezone.localdate()
        return (
            self.state == self.State.IN_FORCE
            and self.starts_on <= today
            and (self.ends_on is None or self.ends_on >= today)
        )

    @property
    def has_held(self) -> bool:
        """Did it hold once and does no longer?"""
        begun = self.answered_by_id is not None and self.starts_on <= timezone.localdate()
        return begun and not self.runs and self.state in (self.State.IN_FORCE, self.State.ENDED)

    @property
    def purpose_labels(self) -> list[str]:
        return [str(self.Purpose(code).label) for code in self.purposes]


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> models.QuerySet[User]:
        # Whoever acts is always asked for their agency; one query instead of two on every request.
        return super().get_queryset().select_related("agency")

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person of one agency, or (role "API client") a service account of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    agency = models.ForeignKey(Agency, null=True, on_delete=models.PROTECT, related_name="people")
    role = models.CharField(max_length=30, choices=Role.choices)
    phone = models.CharField(max_length=30, blank=True)
    unit = models.CharField(max_length=100, blank=True, default="", db_default="")
    is_active = models.BooleanField(default=True)
    closed_as_dormant = models.BooleanField(default=False, editable=False)
    reopened_at = models.DateTimeField(null=True, editable=False)
    locked_at = models.DateTimeField(null=True, editable=False, help_text="After too many wrong sign-ins")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_service(self) -> bool:
        return self.role == Role.SERVICE_ACCOUNT

    @property
    def sees_as(self) -> Agency | None:
        """The agency on whose behalf they look; None for the inactive, and when the agency has left."""
        if not self.is_active or self.agency is None or self.agency.left_on is not None:
            return None
        return self.agency

    def may(self, permission: str) -> bool:
        return self.sees_as is not None and role_may(self.role, permission)


class UnitStay(models.Model):
    """That somebody was in a unit of their agency, from when to when."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="stays")
    unit = models.CharField(max_length=100)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["unit", "person"])]

    def __str__(self) -> str:
        return f"{self.person} in {self.unit}"


class UnitWall(models.Model):
    """A record is kept from a unit of its owner. `kept`: for it, and not by name."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    unit = models.CharField(max_length=100)
    kind = models.CharField(max_length=50)
    object_id = models.UUIDField()
    since = models.DateTimeField()
    reason = models.CharField(max_length=500)
    set_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    kept = models.ManyToManyField(User, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["object_id", "kind", "unit"], name="one_wall_per_record_and_unit")
        ]
        indexes = [models.Index(fields=["agency", "unit"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} is kept from {self.unit}"

    @property
    def model(self) -> Any:
        return apps.get_model(self.kind)


class PurposeStated(models.Model):
    """For what somebody opens a partner's record on one day, where its owner asks."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=50)
    object_id = models.UUIDField()
    day = models.DateField()
    said = models.CharField(max_length=400)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "object_id", "day"], name="one_purpose_a_day")
        ]

    def __str__(self) -> str:
        return self.said


class ClientTerms(models.Model):
    """What an API client is for, and the bounds of its credentials. Two of them may be valid while they are rotated."""

    application = models.OneToOneField(
        "oauth2_provider.Application", on_delete=models.CASCADE, related_name="terms", primary_key=True
    )
    purpose = models.CharField(max_length=300)
    purpose_code = models.CharField(
        max_length=20, choices=Agreement.Purpose.choices, blank=True, default="", db_default=""
    )
    scopes = models.CharField(max_length=100, default="read write")
    networks = ArrayField(models.CharField(max_length=50), default=list, help_text="Empty: from anywhere")
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "client terms"

    def __str__(self) -> str:
        return self.purpose

    @property
    def may_write(self) -> bool:
        return "write" in self.scopes.split()

    @property
    def has_expired(self) -> bool:
        return self.expires_at <= timezone.now()


class SignInFailure(models.Model):
    """A wrong sign-in. Held by a keyed hash of what was typed: people type passwords into the field for the address."""

    address = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["address", "at"])]

    def __str__(self) -> str:
        return f"wrong sign-in at {self.at:%F %T}"


class SignInSubject(models.Model):
    """Who a person is to the issuer of single sign-on: its unchanging name for them, never an e-mail address."""

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, related_name="sign_in_subject", primary_key=True
    )
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=255)
    role = models.CharField(
        max_length=30, choices=Role.choices, help_text="The highest that the issuer may give"
    )
    bound_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    bound_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="one_account_per_subject")]

    def __str__(self) -> str:
        return self.subject


class IdempotentAnswer(models.Model):
    """What the API answered to a POST with an Idempotency-Key, so that a retry gets the same answer, once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return self.key
