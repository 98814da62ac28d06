"""Within which bounds an API client's credentials work: until when, from which networks, for reading or writing."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.models import Q
from django.utils import timezone
from oauth2_provider.models import Application
from oauth2_provider.oauth2_validators import OAuth2Validator

from agencies.models import ClientTerms

USED_EVERY = timedelta(minutes=1)  # how exactly the last use is known, for one write a minute


def terms_of(client: Application) -> ClientTerms | None:
    try:
        terms: ClientTerms = client.terms
    except ObjectDoesNotExist:
        return None
    return terms


def refusal(client: Application, ip: str) -> str:
    """Why this client may not call now and from there; empty when it may."""
    terms = terms_of(client)
    if terms is None or terms.expires_at <= timezone.now():
        return "The credentials of this client have expired. Ask your agency's administrator to rotate them."
    if terms.networks and not _is_within(ip, terms.networks):
        return (
            f"This client may not call from {ip or 'an unknown address'}. Its agency allows other networks."
        )
    return ""


def _is_within(ip: str, networks: list[str]) -> bool:
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    return any(address in ip_network(network) for network in networks)


def note_use(client: Application) -> None:
    stale = Q(last_used_at=None) | Q(last_used_at__lt=timezone.now() - USED_EVERY)
    ClientTerms.objects.filter(stale, application=client).update(last_used_at=timezone.now())


def clean_networks(written: str) -> list[str]:
    """Networks as people write them, one a line or with commas, each in its one form; raises for what is none."""
    networks = []
    for part in written.replace(",", " ").split():
        try:
            networks.append(str(ip_network(part, strict=False)))
        except ValueError as problem:
            raise ValidationError(
                f"“{part}” is not a network. Write it like 192.0.2.0/24, 192.0.2.7 or 2001:db8::/48."
            ) from problem
    return networks


class BoundedClients(OAuth2Validator):  # type: ignore[misc]
    """No token for credentials that have expired, and none for more than the client was given."""

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        known = super().authenticate_client(request, *args, **kwargs)
        terms = terms_of(request.client) if known else None
        return terms is not None and terms.expires_at > timezone.now()

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: Application, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        terms = terms_of(client)
        return terms is not None and set(scopes) <= set(terms.scopes.split())

    def get_default_scopes(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> list[str]:
        terms = terms_of(request.client)
        return terms.scopes.split() if terms else []
