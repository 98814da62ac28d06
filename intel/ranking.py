"""The order of hits: the band first, then what tells more within it, then the newer.

Each notice keeps the place that its agency may know of (`sealing.rank`). A pair of another agency whose records the
reader may both see stands by its score instead. Which ones those are is asked of the gate, each time, for so many
hits as people can still judge by hand; a list of more is read through the index by the kept places alone.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Case, F, FloatField, Value, When

from agencies.models import User
from intel.matching.sealing import band_rank
from intel.models.hit import Band
from intel.presenters import Seen, other_record

ORDER = ("place", "created_at")  # each the greatest first, as `keyset_page` takes it
MOST_ASKED = 1_000

_SIDES = (
    "own_lead_id",
    "own_subject_id",
    *(f"hit__{side}__{field}" for side in ("left", "right") for field in ("lead_id", "subject_id")),
)
_BAND_RANK = Case(*(When(band=band, then=Value(band_rank(band))) for band in Band), output_field=FloatField())


def ranked(notices: Any, reader: User) -> Any:
    """The notices with the columns of `ORDER`."""
    opened = _opened(notices, reader)
    by_score = When(pk__in=opened, then=_BAND_RANK + F("hit__bits"))
    place = Case(by_score, default=F("rank"), output_field=FloatField()) if opened else F("rank")
    return notices.annotate(place=place)


def most_telling_first(notices: Any, reader: User) -> Any:
    return ranked(notices, reader).order_by(*(f"-{column}" for column in ORDER), "-pk")


def _opened(notices: Any, reader: User) -> list[Any]:
    """The notices whose other record, another agency's, is open to the reader. At most four queries."""
    foreign = notices.exclude(other_agency=F("agency")).filter(hit__withdrawn_at=None).order_by()
    if not 0 < foreign.values("pk")[: MOST_ASKED + 1].count() <= MOST_ASKED:
        return []
    sides = foreign.select_related(None).select_related("hit__left", "hit__right").defer(None).only(*_SIDES)
    others = {notice.pk: other_record(notice) for notice in sides}
    seen = Seen.of(others.values(), reader)
    return [pk for pk, other in others.items() if seen.opens(other)]
