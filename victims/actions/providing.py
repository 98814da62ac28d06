"""The directory of services: each agency keeps its own entries, and partners say when they last found them true."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from agencies import audit
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import User
from agencies.permissions import Permission
from agencies.policies import EditConflict, Refused, check_agency, check_may
from victims.models import Service
from victims.policies_care import check_can_verify, check_keeps


@verb
def publish_service(*, by: User, **fields: Any) -> Service:
    """List what one's agency offers. Every agency of its task forces reads it."""
    check_may(by, Permission.REFER_VICTIMS)
    now = timezone.now() if fields.get("free_places") is not None else None
    service = Service.objects.create(
        provider=check_agency(by.agency), verified_at=timezone.now(), verified_by=by, places_updated_at=now,
        **fields,
    )  # fmt: skip
    audit.record(Act.LISTED, service, by=by)
    return service


@verb
def edit_service(service: Service, *, version: str, by: User, **fields: Any) -> Service:
    service = _locked(service)
    check_keeps(service, by)
    if service.updated_at.isoformat() != version:
        raise EditConflict("Somebody changed this entry while you were editing. Compare both and save again.")
    if fields.get("free_places") != service.free_places:
        service.places_updated_at = timezone.now()
    for name, value in fields.items():
        setattr(service, name, value)
    service.save()
    audit.record(Act.EDITED, service, by=by, fields=sorted(fields))
    return service


@verb
def update_places(service: Service, *, free_places: int, by: User) -> Service:
    """Say how many places are free now: what partners need most, so it takes one number."""
    service = _locked(service)
    check_keeps(service, by)
    if not 0 <= free_places <= 9_999:
        raise Refused("Give the number of free places, 0 if there is none.")
    service.free_places, service.places_updated_at = free_places, timezone.now()
    service.save(update_fields=["free_places", "places_updated_at", "updated_at"])
    audit.record(Act.EDITED, service, by=by, fields=["free_places"])
    return service


@verb
def verify_service(service: Service, *, by: User) -> Service:
    """Say that the entry was found true today: by its agency, or by a partner who asked its desk."""
    service = _locked(service)
    check_can_verify(service, by)
    service.verified_at, service.verified_by = timezone.now(), by
    service.save(update_fields=["verified_at", "verified_by"])
    audit.record(Act.VALIDATED, service, by=by)
    return service


@verb
def withdraw_service(service: Service, *, by: User, back: bool = False) -> Service:
    """Take an entry out of the directory, or put it back."""
    service = _locked(service)
    check_keeps(service, by)
    service.withdrawn_at = None if back else timezone.now()
    service.save(update_fields=["withdrawn_at", "updated_at"])
    audit.record(Act.LISTED if back else Act.WITHDREW, service, by=by)
    return service


def _locked(service: Service) -> Service:
    found: Service = Service.objects.select_for_update(of=("self",)).get(pk=service.pk)
    return found
