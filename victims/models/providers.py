from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from agencies.models import Agency, User
from agencies.permissions import Permission
from victims.models.victim import Victim


class ServiceQuerySet(models.QuerySet["Service"]):
    def listed_for(self, viewer: Any) -> ServiceQuerySet:
        """The directory as `viewer` may read it: entries of one's own agency and of those in a running task force with it."""
        agency = getattr(viewer, "sees_as", None)
        if agency is None or not viewer.may(Permission.READ_VICTIMS):
            return self.none()
        partners = Agency.objects.partners_of(agency).values("pk")
        return self.filter(Q(provider=agency.pk) | Q(provider__in=partners))

    def on_offer(self) -> ServiceQuerySet:
        return self.filter(withdrawn_at=None)


class Service(models.Model):
    """What an agency offers to victims, as it says itself. Where a shelter is has no field, here or anywhere."""

    class Sex(models.TextChoices):
        FEMALE = "female", "Women and girls"
        MALE = "male", "Men and boys"
        OTHER = "other", "Trans and non-binary people"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="services")
    kind = models.CharField(max_length=20, choices=Victim.Need.choices)
    title = models.CharField(max_length=120)
    places = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    languages = ArrayField(models.CharField(max_length=3), default=list, blank=True)
    sexes = ArrayField(models.CharField(max_length=10, choices=Sex.choices), default=list, blank=True)
    age_bands = ArrayField(
        models.CharField(max_length=10, choices=Victim.AgeBand.choices), default=list, blank=True
    )
    free_places = models.PositiveSmallIntegerField(null=True, blank=True)
    places_updated_at = models.DateTimeField(null=True)
    hours = models.CharField(max_length=120, blank=True)
    contact_desk = models.CharField(max_length=120)
    verified_at = models.DateTimeField(null=True)
    verified_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Any] = ServiceQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["-created_at", "-id"]),
            models.Index(fields=["kind", "provider"]),
        ]

    def __str__(self) -> str:
        return self.title
