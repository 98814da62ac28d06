"""Long linking work as rows: a run, its chunks, what it changed, where it failed.

Who may know what is decided here alone. An agency sees the runs that it started, how far they are in its own records, of
the hits its own notices, of the errors those of its own leads. Of a run over all agencies it sees nothing, not even that
there is one: how long it takes tells how much others hold, and that it began tells that somebody switched weights or that a
list changed. What such a run does to an agency's hits stands where hits stand; all else the operator's commands print.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from agencies.models import Agency, User
from agencies.permissions import Permission
from agencies.visibility import Level
from intel.models.hit import HitNotice
from intel.models.lead import Lead


class LinkRunQuerySet(QuerySet["LinkRun"]):
    def visible_to(self, viewer: Any) -> Self:
        """The runs of the viewer's agency."""
        agency = viewer.sees_as
        may = agency is not None and viewer.may(Permission.RUN_LINKING)
        return self.filter(agency=agency.pk) if may else self.none()

    def with_progress(self, viewer: Any) -> Self:
        """Each with `total` and `done`, in the agency's own records."""
        tallies = LinkTally.objects.visible_to(viewer).filter(chunk__run=OuterRef("pk"))
        finished = tallies.filter(chunk__state=LinkChunk.State.DONE)
        return self.annotate(total=_sum_of(tallies), done=_sum_of(finished))

    def unfinished(self) -> Self:
        return self.filter(state__in=LinkRun.UNFINISHED)


def _sum_of(tallies: QuerySet[LinkTally, LinkTally]) -> Coalesce:
    grouped = tallies.order_by().values("chunk__run").annotate(sum=Sum("total")).values("sum")
    return Coalesce(Subquery(grouped, output_field=models.IntegerField()), 0)


class LinkRun(models.Model):
    """A re-link of leads or a screening of lists, in chunks over any number of workers."""

    class Kind(models.TextChoices):
        RELINK = "relink", "Re-link"
        SCREENING = "screening", "List screening"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        FINISHED = "finished", "Finished"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    UNFINISHED: ClassVar = (State.WAITING, State.RUNNING, State.PAUSED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    agency = models.ForeignKey(
        Agency, null=True, on_delete=models.CASCADE, related_name="+", help_text="None: the installation's"
    )
    listed = models.ForeignKey(
        Lead, null=True, on_delete=models.CASCADE, related_name="+", help_text="The one list that is screened"
    )
    changed_since = models.DateTimeField(null=True, help_text="Only the list's entries that changed since")
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    model_version = models.CharField(max_length=30)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=100, blank=True)  # an exception's class: messages may quote content
    moving_since = models.DateTimeField(null=True)
    moved_before = models.FloatField(default=0, help_text="Seconds of work before the last pause")
    bell = models.PositiveIntegerField(default=0, help_text="Older bells than this one are not answered")
    rung_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = LinkRunQuerySet.as_manager()

    class Meta:
        verbose_name = "linking run"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "agency", "listed"],
                condition=Q(state__in=["waiting", "running", "paused"], changed_since=None),
                nulls_distinct=False,
                name="one_unfinished_run_of_a_kind",
            )
        ]
        indexes = [models.Index(fields=["agency", "-created_at", "-id"]), models.Index(fields=["state"])]

    def __str__(self) -> str:
        what = self.get_kind_display()
        if self.listed is not None:
            return f"{what}: {'changes of ' if self.changed_since else ''}{self.listed.title}"
        return f"{what} of our leads" if self.agency_id else f"{what} of all agencies' records"

    @property
    def is_unfinished(self) -> bool:
        return self.state in self.UNFINISHED

    @property
    def seconds(self) -> float:
        """How long it has been at work, pauses left out."""
        now = (self.finished_at or timezone.now()) - self.moving_since if self.moving_since else None
        return self.moved_before + (now.total_seconds() if now else 0)

    def records(self) -> tuple[int, int]:
        """(done, to do in all) over all agencies: for the operator's terminal, never for a page."""
        tallies = LinkTally.objects.filter(chunk__run=self)
        finished = Sum("total", filter=Q(chunk__state=LinkChunk.State.DONE))
        sums = tallies.aggregate(done=finished, total=Sum("total"))
        return sums["done"] or 0, sums["total"] or 0


class LinkChunk(models.Model):
    """A range of match records, by number, that one worker does at a time."""

    class Work(models.TextChoices):
        REINDEX = "reindex", "Index"
        RELINK = "relink", "Link"
        SCREEN = "screen", "Screen"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(LinkRun, on_delete=models.CASCADE, related_name="chunks")
    work = models.CharField(max_length=10, choices=Work.choices)
    phase = models.PositiveSmallIntegerField(
        default=0, help_text="Begins when all chunks of lower ones are done"
    )
    listed = models.ForeignKey(Lead, null=True, on_delete=models.CASCADE, related_name="+")
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    holder = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Begun without getting on")
    compared = models.BigIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    withdrawn = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    busy = models.FloatField(default=0, help_text="Seconds of work, of all workers together")

    class Meta:
        indexes = [models.Index(fields=["run", "state", "phase", "id"])]

    def __str__(self) -> str:
        return f"{self.work} {self.first}-{self.last}"


class LinkTallyQuerySet(QuerySet["LinkTally"]):
    def visible_to(self, viewer: Any) -> Self:
        """The counts of the agency's own records."""
        return self.filter(agency=viewer.agency_id)


class LinkTally(models.Model):
    """How many records of an agency a chunk holds: what the agency's progress is counted in."""

    chunk = models.ForeignKey(LinkChunk, on_delete=models.CASCADE, related_name="tallies")
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="+")
    total = models.PositiveIntegerField()

    objects: ClassVar[Any] = LinkTallyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chunk", "agency"], name="one_tally_per_chunk_and_agency")
        ]

    def __str__(self) -> str:
        return f"{self.total} in {self.chunk_id}"


class LinkChangeQuerySet(QuerySet["LinkChange"]):
    def visible_to(self, viewer: Any) -> Self:
        """What a run did to the viewer's own notices."""
        return self.filter(notice__in=HitNotice.objects.visible_to(viewer, Level.OWN).values("pk"))


class LinkChange(models.Model):
    """What a run did to one notice."""

    class What(models.TextChoices):
        NEW = "new", "New"
        CHANGED = "changed", "Changed"
        WITHDRAWN = "withdrawn", "No longer holds"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(LinkRun, on_delete=models.CASCADE, related_name="changes")
    notice = models.ForeignKey(HitNotice, on_delete=models.CASCADE, related_name="+")
    what = models.CharField(max_length=10, choices=What.choices)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = LinkChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "notice"], name="one_change_per_run_and_notice")
        ]
        indexes = [models.Index(fields=["run", "-created_at", "-id"])]

    def __str__(self) -> str:
        return f"{self.what} {self.notice_id}"


class LinkErrorQuerySet(QuerySet["LinkError"]):
    def visible_to(self, viewer: Any) -> Self:
        """The errors of the viewer's own leads."""
        return self.filter(lead__in=Lead.objects.visible_to(viewer, Level.OWN).values("pk"))


class LinkError(models.Model):
    """A lead that could not be linked. Of the problem only its class is kept: messages may quote content."""

    run = models.ForeignKey(LinkRun, on_delete=models.CASCADE, related_name="errors")
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+")
    problem = models.CharField(max_length=100)

    objects: ClassVar[Any] = LinkErrorQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "lead"], name="one_error_per_run_and_lead")]

    def __str__(self) -> str:
        return f"{self.problem} on {self.lead_id}"


__all__ = ["LinkChange", "LinkChunk", "LinkError", "LinkRun", "LinkTally"]
