"""A linking run as one reader may have it: state, progress in their own records, and what it did to their own hits."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count

from agencies.models import User
from agencies.pages import COUNT_CAP
from agencies.policies import allows
from intel import policies
from intel.models import LinkChange, LinkError, LinkRun

MINUTE, HOUR = 60, 3_600


@dataclass(frozen=True, slots=True)
class RunCard:
    """`run` carries `done` and `total` (`LinkRunQuerySet.with_progress`); `counts` are of the reader's own notices."""

    run: LinkRun
    may_pause: bool
    may_resume: bool
    may_cancel: bool
    counts: dict[str, int] = field(default_factory=dict)
    errors: int = 0

    @property
    def done(self) -> int:
        done: int = self.run.done  # type: ignore[attr-defined]
        return done

    @property
    def total(self) -> int:
        total: int = self.run.total  # type: ignore[attr-defined]
        return total

    @property
    def title(self) -> str:
        return str(self.run)

    @property
    def speed(self) -> str:
        if not self.done or not self.run.seconds:
            return ""
        return f"{self.done / self.run.seconds * MINUTE:,.0f} records a minute"

    @property
    def left(self) -> str:
        if self.run.state != LinkRun.State.RUNNING or not 0 < self.done < self.total:
            return ""
        return f"about {lasting(self.run.seconds / self.done * (self.total - self.done))} left"

    @property
    def took(self) -> str:
        if 0 < self.run.seconds < 1:
            return "under 1 s"
        return lasting(self.run.seconds) if self.run.seconds else ""

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """(code, label, count) of what it did to own hits, also where that is nothing."""
        return [(code, label, _capped(self.counts.get(code, 0))) for code, label in LinkChange.What.choices]

    @property
    def changed(self) -> list[str]:
        """ "12 new", "3 changed": what it did to own hits, as far as it did anything."""
        return [f"{count} {label.lower()}" for _, label, count in self.changes if count != "0"]


def _capped(count: int) -> str:
    return f"{COUNT_CAP:,}+" if count > COUNT_CAP else f"{count:,}"


def lasting(seconds: float) -> str:
    """ "40 s", "3 min", "2 h 5 min"."""
    if seconds < MINUTE:
        return f"{max(1, round(seconds))} s"
    if seconds < HOUR:
        return f"{round(seconds / MINUTE)} min"
    hours, minutes = divmod(round(seconds / MINUTE), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def run_cards(runs: Iterable[LinkRun], reader: User) -> list[RunCard]:
    """Cards of these runs; two queries however many there are."""
    runs = list(runs)
    changes: dict[uuid.UUID, dict[str, int]] = {}
    rows = LinkChange.objects.visible_to(reader).filter(run__in=[run.pk for run in runs]).order_by()
    for run, what, count in rows.values_list("run", "what").annotate(n=Count("pk")):
        changes.setdefault(run, {})[what] = count
    failed = LinkError.objects.visible_to(reader).filter(run__in=[run.pk for run in runs]).order_by()
    errors = dict(failed.values_list("run").annotate(n=Count("pk")))
    return [_card(run, reader, changes.get(run.pk, {}), errors.get(run.pk, 0)) for run in runs]


def _card(run: LinkRun, reader: User, counts: dict[str, int], errors: int) -> RunCard:
    state = LinkRun.State
    return RunCard(
        run=run,
        may_pause=allows(policies.check_can_steer, run, state.PAUSED, reader),
        may_resume=allows(policies.check_can_steer, run, state.RUNNING, reader),
        may_cancel=allows(policies.check_can_steer, run, state.CANCELLED, reader),
        counts=counts,
        errors=errors,
    )
