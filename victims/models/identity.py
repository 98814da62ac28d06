"""The compartment of a victim's identity: who the person is, apart from everything that is said of them elsewhere.

No role reads it, nor does any administrator or superuser: only people to whom it was opened by name. Every field is
sealed with a key of the record's own (victims/sealing.py).
"""

from __future__ import annotations

import uuid
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from agencies.models import Agency, User
from victims.models.consent import Consent
from victims.models.victim import Victim

# The sealed fields, as pages call them, in the order in which they are asked for.
FIELDS = {
    "name": "Full name",
    "aliases": "Other names",
    "birth_date": "Date of birth",
    "documents": "Documents",
    "contact": "How to reach the person",
    "whereabouts": "Where the person stays",
    "statement": "Statement",
}


class LookPurpose(models.TextChoices):
    """For what somebody looks at a field of an identity."""

    CARE = "care", "Care and services"
    CONTACT = "contact", "Reach or accompany the person"
    SAFETY = "safety", "Safety and protection"
    LEGAL = "legal", "Legal help, status or compensation"
    PROCEEDINGS = "proceedings", "Interview or court hearing"
    FAMILY = "family", "Family tracing or return"
    CHECK = "check", "Correct or complete what is held"


class VictimIdentity(models.Model):
    """Who a victim is. Nothing in it is in the clear but whose record it is and when it was written."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No way back from the victim: whoever has the pseudonymous record does not come here by accident.
    victim = models.OneToOneField(Victim, on_delete=models.CASCADE, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    key_id = models.CharField(max_length=40, db_index=True)
    wrapped_key = models.BinaryField()
    name = models.BinaryField()
    aliases = models.BinaryField()
    birth_date = models.BinaryField()
    documents = models.BinaryField()
    contact = models.BinaryField()
    whereabouts = models.BinaryField()
    statement = models.BinaryField()
    index = ArrayField(models.CharField(max_length=64), default=list)
    written_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "identity"
        verbose_name_plural = "identities"
        indexes = [GinIndex(fields=["index"], name="identities_alike")]

    def __str__(self) -> str:
        return "identity"


class TimedQuerySet(models.QuerySet[Any]):
    def live(self) -> Self:
        """Those that hold at this second."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))


class GrantQuerySet(TimedQuerySet):
    def live(self) -> Self:
        """Those that hold at this second; of another agency's people: with an end, and while the person's word covers it."""
        agreed = Consent.objects.covering_identity(
            victim=OuterRef("identity__victim"), agency=OuterRef("person__agency")
        )
        elsewhere = Q(expires_at__isnull=False) & Exists(agreed)
        return super().live().filter(Q(person__agency=F("identity__agency")) | elsewhere)


class IdentityGrant(models.Model):
    """One person to whom an identity is open. Without an end: its writer, and deputies of the same agency."""

    identity = models.ForeignKey(VictimIdentity, on_delete=models.CASCADE, related_name="grants")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    given_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=500)
    since = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["identity", "person"], name="one_identity_grant_each")]

    def __str__(self) -> str:
        return f"identity open to {self.person}"


class Emergency(models.Model):
    """Breaking the glass: somebody without a grant asks for an identity, and a second person confirms or declines."""

    class State(models.TextChoices):
        ASKED = "asked", "Waits for a second person"
        CONFIRMED = "confirmed", "Confirmed"
        DECLINED = "declined", "Declined"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    identity = models.ForeignKey(VictimIdentity, on_delete=models.CASCADE, related_name="emergencies")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=500)
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)
    # Of a request: until when it may be confirmed. Confirmed: until when the identity is open.
    expires_at = models.DateTimeField()

    objects = TimedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "emergencies"

    def __str__(self) -> str:
        return "emergency"

    @property
    def is_over(self) -> bool:
        return self.expires_at <= timezone.now()


class IdentityNotice(models.Model):
    """What one person is told of an identity, on their desk until they have read it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    identity = models.ForeignKey(VictimIdentity, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    said = models.CharField(max_length=900)
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["person", "-at"], condition=Q(read_at=None), name="notices_unread")]

    def __str__(self) -> str:
        return "notice of an identity"


class IdentityPointer(models.Model):
    """An identity of one agency may be known to another one: one row for each side, told to its protection officers.

    The two rows of a pair share `pair`, a keyed fingerprint; neither names the other's record.
    """

    identity = models.ForeignKey(VictimIdentity, on_delete=models.CASCADE, related_name="pointers")
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="+")
    known_to = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="+")
    pair = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pair", "agency"], name="one_pointer_for_each_side")]

    def __str__(self) -> str:
        return "pointer to an identity"
