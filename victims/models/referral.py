from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from agencies.models import Agency, User
from agencies.permissions import Permission
from agencies.references import new_reference
from agencies.visibility import Grant, Level, Shareable, Through
from victims.models.consent import Consent, DataClass
from victims.models.victim import Victim


class Referral(Shareable):
    """A victim's need, passed to one or several providers at once. The sender's alone: a provider sees its offer."""

    class State(models.TextChoices):
        IN_PROGRESS = "in_progress", "Waiting for an answer"
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected by all"
        DONE = "done", "Done"
        REVOKED = "revoked", "Revoked"

    class Kind(models.TextChoices):
        REFERRAL = "referral", "Referral: we stay responsible"
        TRANSFER = "transfer", "Transfer: whoever accepts becomes responsible"

    reference = models.CharField(max_length=9, default=new_reference, unique=True, editable=False)
    victim = models.ForeignKey(Victim, on_delete=models.CASCADE, related_name="referrals")
    consent = models.ForeignKey(Consent, on_delete=models.CASCADE, related_name="referrals")
    need = models.CharField(max_length=20, choices=Victim.Need.choices)
    purpose = models.CharField(max_length=20, choices=Consent.Purpose.choices)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.REFERRAL)
    data_classes = ArrayField(models.CharField(max_length=20, choices=DataClass.choices), default=list)
    state = models.CharField(max_length=20, choices=State.choices, default=State.IN_PROGRESS)
    answer_by = models.DateTimeField()
    escalated_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    read_permission: ClassVar = Permission.REFER_VICTIMS
    private_history: ClassVar = True

    class Meta(Shareable.Meta):
        indexes = [
            models.Index(fields=["agency", "-created_at", "-id"]),
            models.Index(
                fields=["answer_by"], condition=models.Q(state="in_progress"), name="open_referrals"
            ),
        ]

    def __str__(self) -> str:
        return f"referral {self.reference}"

    @property
    def is_overdue(self) -> bool:
        return self.state == self.State.IN_PROGRESS and self.answer_by <= timezone.now()


class Offer(Shareable):
    """What one provider is told of a referral: the fields that were sent, and nothing else. Its answer, its work.

    Owned by the sender and granted to the receiver. When access ends the fields are emptied and a tombstone stays.
    """

    class State(models.TextChoices):
        IN_PROGRESS = "in_progress", "Waiting for an answer"
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected"
        TAKEN = "taken", "Accepted by another provider"
        DONE = "done", "Done"
        REVOKED = "revoked", "Revoked"

    class Rejection(models.TextChoices):
        NO_PLACE = "no_place", "No free place"
        NOT_OURS = "not_ours", "We do not give this service"
        LANGUAGE = "language", "We do not speak the language"
        UNSAFE = "unsafe", "It would not be safe with us"
        OTHER = "other", "Another reason"

    class Outcome(models.TextChoices):
        GIVEN = "given", "Service given"
        PARTLY = "partly", "Service given in part"
        DECLINED = "declined", "The person did not want it"
        NOT_REACHED = "not_reached", "The person could not be reached"
        NOT_GIVEN = "not_given", "Service not given"

    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="offers")
    reference = models.CharField(max_length=9, default=new_reference, unique=True, editable=False)
    receiver = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    need = models.CharField(max_length=20, choices=Victim.Need.choices)
    purpose = models.CharField(max_length=20, choices=Consent.Purpose.choices)
    is_transfer = models.BooleanField(default=False)
    answer_by = models.DateTimeField()
    sent = models.JSONField(default=dict)
    opened_at = models.DateTimeField(null=True)  # when somebody of the receiver first read it
    state = models.CharField(max_length=20, choices=State.choices, default=State.IN_PROGRESS)
    rejection = models.CharField(max_length=20, choices=Rejection.choices, blank=True)
    answer = models.CharField(max_length=500, blank=True)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    answered_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    ended_at = models.DateTimeField(null=True)

    read_permission: ClassVar = Permission.REFER_VICTIMS
    # Its one grant goes with the referral: who sent it neither hands it on nor takes it back but by revoking.
    handed_on: ClassVar[tuple[Level, ...]] = ()
    private_history: ClassVar = True

    class Meta(Shareable.Meta):
        indexes = [models.Index(fields=["receiver", "-created_at", "-id"])]
        constraints = [
            models.UniqueConstraint(fields=["referral", "receiver"], name="one_offer_per_receiver"),
            models.UniqueConstraint(
                fields=["referral"], condition=models.Q(state__in=["accepted", "done"]), name="one_winner"
            ),
        ]

    def __str__(self) -> str:
        return f"referral {self.reference}"


class OfferGrant(Grant):
    content_object = models.ForeignKey(Offer, on_delete=models.CASCADE)


class FollowUp(Shareable):
    """A day on which the provider looks again at what it accepted, and what it found. The sender reads it too."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="follow_ups")
    due_on = models.DateField()
    about = models.CharField(max_length=200)
    done_at = models.DateTimeField(null=True)
    found = models.CharField(max_length=500, blank=True)
    set_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    read_permission: ClassVar = Permission.REFER_VICTIMS
    seen_through: ClassVar = (Through("offer_id", "victims.Offer"),)

    class Meta(Shareable.Meta):
        indexes = [models.Index(fields=["offer", "due_on"])]

    def __str__(self) -> str:
        return f"follow-up {self.due_on}"
