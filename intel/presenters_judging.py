"""What an agency's people judged: which judgements hold, what was judged last and can be taken back, how often a band was
right by their own lights. Never what another agency judged."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from agencies.models import User
from intel.models import HitNotice, Judgement

_UNDO_OFFERED = timedelta(minutes=15)
_REASONS_LOOKED_AT = 30
_REASONS_SHOWN = 6


def standing(log: Iterable[Judgement]) -> list[Judgement]:
    """Those of a notice's log (newest first) that nobody took back."""
    rows = list(log)
    undone = {each.undoes_id for each in rows}
    return [each for each in rows if each.undoes_id is None and each.pk not in undone]


@dataclass(frozen=True, slots=True)
class Batch:
    """What the reader judged last, in one go."""

    pk: uuid.UUID
    verdict: str
    hits: int
    at: datetime


def last_batch(user: User) -> Batch | None:
    """The reader's own newest judgements of the last minutes, unless they were taken back. At most two queries."""
    own = Judgement.objects.visible_to(user).filter(judged_by=user, undoes=None, undone_by=None)
    newest = own.filter(created_at__gt=timezone.now() - _UNDO_OFFERED).order_by("-created_at").first()
    if newest is None:
        return None
    hits = own.filter(batch=newest.batch).count()
    return Batch(newest.batch, newest.get_verdict_display().lower(), hits, newest.created_at)


def recent_reasons(user: User) -> Sequence[str]:
    """What the reader lately gave as reasons: many hits are decided for the same one."""
    own = Judgement.objects.visible_to(user).filter(judged_by=user).exclude(reason="")
    rows = own.order_by("-created_at").values_list("reason", flat=True)[:_REASONS_LOOKED_AT]
    return list(dict.fromkeys(rows))[:_REASONS_SHOWN]


def own_judgements(user: User) -> dict[str, tuple[int, int]]:
    """Band -> (judged the same, judged the same or not) by the reader's agency. Unsure is no answer."""
    decided = Q(state__in=[HitNotice.State.SAME, HitNotice.State.NOT_SAME])
    counted = (
        HitNotice.objects.visible_to(user)
        .filter(decided, agency=user.agency_id)
        .order_by()
        .values("band")
        .annotate(same=Count("pk", filter=Q(state=HitNotice.State.SAME)), judged=Count("pk"))
    )
    return {row["band"]: (row["same"], row["judged"]) for row in counted}
