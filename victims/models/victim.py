"""People to protect. A victim's record is pseudonymous: it holds no name, document, contact or whereabouts."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from agencies.models import User
from agencies.permissions import Permission
from agencies.references import new_reference
from agencies.visibility import Shareable


class Victim(Shareable):
    """A victim as case workers may speak of them: a pseudonym, an age band, languages and needs (HTCDS 2.0 terms)."""

    class AgeBand(models.TextChoices):
        CHILD_0_8 = "0-8", "0-8"
        CHILD_9_17 = "9-17", "9-17"
        ADULT_18_20 = "18-20", "18-20"
        ADULT_21_29 = "21-29", "21-29"
        ADULT_30_47 = "30-47", "30-47"
        ADULT_48 = "48+", "48 and over"
        UNKNOWN = "unknown", "Not known"

    class Need(models.TextChoices):
        SHELTER = "shelter", "Safe accommodation"
        MEDICAL = "medical", "Medical care"
        PSYCHOSOCIAL = "psychosocial", "Psychosocial support"
        LEGAL = "legal", "Legal assistance"
        INTERPRETER = "interpreter", "Interpreter"
        MATERIAL = "material", "Food, clothing, money"
        EDUCATION = "education", "Education or training"
        RETURN = "return", "Assisted voluntary return"
        PROTECTION = "protection", "Protection from reprisal"

    pseudonym = models.CharField(max_length=9, default=new_reference, unique=True, editable=False)
    age_band = models.CharField(max_length=10, choices=AgeBand.choices, default=AgeBand.UNKNOWN)
    languages = ArrayField(models.CharField(max_length=3), default=list, blank=True)
    needs = ArrayField(models.CharField(max_length=20, choices=Need.choices), default=list, blank=True)
    urgent = models.BooleanField(default=False)
    registered_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    # Never handed on: sharing a victim's record takes their recorded consent, so it has no grants at all.
    read_permission: ClassVar = Permission.READ_VICTIMS

    class Meta(Shareable.Meta):
        indexes = [models.Index(fields=["agency", "-created_at", "-id"])]

    def __str__(self) -> str:
        return self.pseudonym
