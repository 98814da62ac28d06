"""Hits between leads, with the evidence of the real scorer, without waiting for the engine's blocking and jobs."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from agencies.models import Agency, User
from agencies.visibility import Level
from intel import actions
from intel.matching import engine, pointers
from intel.matching.engine import features_of
from intel.matching.evidence import CommonNames
from intel.matching.scoring import score
from intel.models import Disclosure, Hit, HitNotice, Lead


def link(one: Lead, other: Lead) -> Hit:
    """The hit between the first records of both leads that reach a band, and its notices."""
    for left in engine.index(one):
        for right in engine.index(other):
            first, second = sorted((left, right), key=lambda record: record.pk)
            scored = score(features_of(first), features_of(second), CommonNames())
            if scored:
                hit = Hit.objects.create(
                    left=first, right=second, bits=scored.bits, band=scored.band.value,
                    evidence=scored.explanation(), model_version=scored.model_version,
                )  # fmt: skip
                pointers.write_notices(hit)
                return hit
    raise AssertionError("These leads have nothing in common that reaches a band.")


def notice_of(agency: Agency, hit: Hit) -> HitNotice:
    return HitNotice.objects.get(hit=hit, agency=agency)


def ask(
    notice: HitNotice, by: User, *, level: Level = Level.VIEW, purpose: str = "To plan a raid", days: int = 7
) -> Disclosure:
    deadline = timezone.now() + timedelta(days=days)
    return actions.request_disclosure(notice, level=level, purpose=purpose, deadline=deadline, by=by)
