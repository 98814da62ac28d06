"""Rules that share: what an agency decided once about its records of a sort, instead of about each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from agencies.permissions import Permission
from agencies.retention import Retained
from agencies.visibility import Level, Shareable, live


class ShareRule(Shareable):
    """Records of its agency that fit all its conditions are shared with `receiver`. Nobody else reads it.

    It acts under `made_by`: what they may not share, it does not.
    """

    class State(models.TextChoices):
        ACTIVE = "active", "On"
        STOPPED = "stopped", "Stopped"
        ENDED = "ended", "Ended"

    name = models.CharField(max_length=100)
    receiver = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=50)
    handling = models.CharField(max_length=2, blank=True)
    about = models.CharField(max_length=30, blank=True)
    tag = models.CharField(max_length=40, blank=True)
    share_level = models.PositiveSmallIntegerField(choices=[(level.value, level.label) for level in Level])
    reason = models.CharField(max_length=500)
    until = models.DateTimeField(null=True, help_text="The rule and its shares end then")
    days = models.PositiveSmallIntegerField(null=True, help_text="How long each share lasts")
    on_existing = models.BooleanField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    stopped_why = models.CharField(max_length=300, blank=True)
    swept_to = models.UUIDField(null=True, help_text="While it goes through existing records: up to which")
    sweeping = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    end_reason = models.CharField(max_length=500, blank=True)

    read_permission: ClassVar = Permission.SHARE_BY_RULE

    class Meta(Shareable.Meta):
        indexes = [models.Index(fields=["agency", "kind", "state"])]

    def __str__(self) -> str:
        return self.name

    @property
    def model(self) -> type[Retained]:
        model = apps.get_model(self.kind)
        assert issubclass(model, Retained)
        return model

    @property
    def plural(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    @property
    def acts(self) -> bool:
        """Does it share what comes to fit now?"""
        return self.state == self.State.ACTIVE and (self.until is None or self.until > timezone.now())

    @property
    def shares_end(self) -> datetime | None:
        """When a share that it gives now ends."""
        return timezone.now() + timedelta(days=self.days) if self.days else self.until

    @property
    def conditions(self) -> list[tuple[str, str]]:
        """Each condition and its value, as people read them."""
        said = [("Handling code", self.handling), ("Kind", self._about_label()), ("Tag", self.tag)]
        return [(label, value) for label, value in said if value]

    def _about_label(self) -> str:
        return str(dict(about_choices(self.model)).get(self.about, self.about))

    def fitting(self) -> QuerySet[Any, Any]:
        """The records of its agency that fit, whoever asks. To be narrowed to what the asker may see."""
        return self.model._base_manager.filter(self.fits(), agency=self.agency_id)

    def unsettled(self) -> QuerySet[Any, Any]:
        """Those of them on which it has not had its say."""
        said = RuledRecord.objects.filter(rule=self, object_id=OuterRef("pk"))
        return self.fitting().exclude(Exists(said))

    def fits(self) -> Q:
        """What a record has to be."""
        columns = self.model.sorted_by
        fits = Q(review_on__isnull=False)  # published lists are nobody's to share
        if self.handling:
            fits &= Q(**{f"{columns['handling']}__contains": [self.handling]})
        if self.about:
            fits &= Q(**{columns["about"]: self.about})
        return fits & Q(**{f"{columns['tag']}__contains": [self.tag]}) if self.tag else fits

    def grants(self) -> QuerySet[Any, Any]:
        """The shares that it gave and that hold."""
        grants: Any = self.model.grant_model()
        return live(grants).filter(rule=self)


def about_choices(model: type[Retained]) -> list[tuple[str, str]]:
    """What a record of this kind can be about."""
    field: Any = model._meta.get_field(model.sorted_by["about"])
    return [(code, str(label)) for code, label in field.choices]


class RuledRecord(models.Model):
    """A rule has had its say on a record: shared it, or left it as it was when the rule was switched on.

    So what a person took back since is not shared once more. Forgotten when the record no longer fits.
    """

    rule = models.ForeignKey(ShareRule, on_delete=models.CASCADE, related_name="said_on")
    object_id = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "object_id"], name="a_rule_speaks_once")]

    def __str__(self) -> str:
        return f"{self.rule_id} on {self.object_id}"
