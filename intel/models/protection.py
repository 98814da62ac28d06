from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from agencies.models import Agency, TaskForce, User
from agencies.permissions import Permission
from agencies.visibility import Grant, Shareable, VisibleQuerySet


class ProtectedValueQuerySet(VisibleQuerySet["ProtectedValue"]):
    def public(self) -> ProtectedValueQuerySet:
        """The published values that nobody owns and everybody may know."""
        return self.filter(status=ProtectedValue.Status.PUBLIC)

    def in_force(self) -> ProtectedValueQuerySet:
        return self.exclude(status=ProtectedValue.Status.REMOVED)


class ProtectedValue(Shareable):
    """An identifier or name that must link nobody: a hotline, a hotel's desk, a shelter's own phone.

    Of one agency alone it silences only pairs in which one of that agency's records takes part. For the pairs of a
    whole task force it takes a second agency's word. Published values have no owner.
    """

    class Category(models.TextChoices):
        HOTLINE = "hotline", "Public hotline"
        SHELTER = "shelter", "NGO or shelter"
        DESK = "desk", "Hotel or public desk"
        COUNSEL = "counsel", "Law firm or interpreter"
        AUTHORITY = "authority", "Authority"
        OTHER = "other", "Other"

    class Told(models.TextChoices):
        """What other agencies of the task force learn when they hold the value, once it is protected for all."""

        NOTHING = "nothing", "Nothing: it links nobody, and no page says why"
        PROTECTED = "protected", "That it is protected"
        CATEGORY = "category", "That it is protected, and its category"

    class Status(models.TextChoices):
        OWN = "own", "In our own links"
        ASKED = "asked", "In our own links; a partner is asked"
        TASK_FORCE = "task_force", "In the whole task force"
        REMOVED = "removed", "Removed"
        PUBLIC = "public", "Published"

    # Published values are nobody's: the gate, which asks for the owner, shows them to nobody; `public` does.
    agency = models.ForeignKey(  # type: ignore[assignment]
        Agency, null=True, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=500, help_text="Normalised")
    display = models.CharField(max_length=500)
    name_words = ArrayField(
        models.TextField(), default=list, help_text="Of a name, its words as records are compared by them"
    )
    words_version = models.PositiveSmallIntegerField(
        null=True, help_text="Of a name, the version of the code that read its words"
    )
    category = models.CharField(max_length=10, choices=Category.choices, default=Category.OTHER)
    reason = models.CharField(max_length=300)
    told = models.CharField(max_length=10, choices=Told.choices, default=Told.NOTHING)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OWN)
    added_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    task_force = models.ForeignKey(TaskForce, null=True, on_delete=models.SET_NULL, related_name="+")
    second_agency = models.ForeignKey(Agency, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    silenced = ArrayField(
        models.UUIDField(),
        default=list,
        help_text="Notices of its owner that it took away when it was applied",
    )

    read_permission: ClassVar = Permission.READ_PROTECTED
    private_history: ClassVar = True  # who is asked must not read that another was asked before

    objects: ClassVar = ProtectedValueQuerySet.as_manager()

    class Meta(Shareable.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "kind", "value"], nulls_distinct=False, name="one_protection_per_agency"
            ),
            models.CheckConstraint(
                condition=Q(agency=None, status="public") | (Q(agency__isnull=False) & ~Q(status="public")),
                name="public_values_have_no_owner",
            ),
            models.CheckConstraint(
                condition=~Q(kind="name") | Q(words_version__isnull=False), name="protected_names_are_read"
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "value"]),
            GinIndex(fields=["name_words"], name="protected_name_words", fastupdate=False),
            models.Index(fields=["words_version"], name="protected_names_by_version"),
        ]

    def __str__(self) -> str:
        return self.display


class ProtectedValueGrant(Grant):
    """The second agency may see the entry that it is asked to confirm."""

    content_object = models.ForeignKey(ProtectedValue, on_delete=models.CASCADE)
