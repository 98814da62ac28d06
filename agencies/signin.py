"""Signing in: accounts are appointed, never signed up for; API clients sign in for their agency's service account."""

from __future__ import annotations

import hashlib

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.http import HttpRequest
from django.utils import timezone
from oauth2_provider.models import AccessToken
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from agencies.models import User


class ClosedSignup(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class ServiceAccountAuthentication(BaseAuthentication):
    """A client-credentials token acts as its application's service account, an ordinary user of the agency.

    The token is looked up here rather than by the toolkit, which would also take it from the query string (and so
    into logs), and would read the body of a request before knowing who sends it.
    """

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        checksum = hashlib.sha256(secret.strip().encode()).hexdigest()
        known = AccessToken.objects.select_related("application__user__agency")
        token = known.filter(token_checksum=checksum, expires__gt=timezone.now()).first()
        account = token.application.user if token is not None and token.application is not None else None
        if account is None or not account.is_active:
            raise AuthenticationFailed("The token is unknown or has expired. Ask for a new one.")
        return account, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def password_link(user: User, request: HttpRequest) -> str:
    """An address at which `user` sets a password, once: to hand over in person where no mail is sent."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    link: str = get_adapter(request).get_reset_password_from_key_url(key)
    return link
