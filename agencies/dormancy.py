"""Accounts that nobody used for a long time are closed: an officer who moved on leaves no door open."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone

from agencies import audit
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import Agency, User
from agencies.permissions import Role


def unused() -> QuerySet[User]:
    """Open accounts of people who neither signed in nor were let in anew for so long."""
    if not settings.DORMANT_DAYS:
        return User.objects.none()
    people = User.objects.filter(is_active=True).exclude(role=Role.SERVICE_ACCOUNT)
    last_used = Greatest("last_login", "reopened_at", "created_at")  # PostgreSQL passes over what is null
    return people.annotate(used_at=last_used).filter(
        used_at__lt=timezone.now() - timedelta(days=settings.DORMANT_DAYS)
    )


@verb
def close_unused(only: User | None = None) -> int:
    """Close them (or `only` this one, if it is unused), and say how many were."""
    found = unused() if only is None else unused().filter(pk=only.pk)
    people = list(found.select_for_update(of=("self",)))
    User.objects.filter(pk__in=[person.pk for person in people]).update(
        is_active=False, closed_as_dormant=True
    )
    Agency.objects.filter(contact__in=people).update(contact=None)
    for person in people:
        audit.record(Act.DORMANT, person, by=person, days=settings.DORMANT_DAYS)
    return len(people)
