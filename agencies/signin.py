"""Signing in: accounts are appointed, never signed up for; API clients sign in for their agency's service account."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from oauth2_provider.contrib.rest_framework import OAuth2Authentication


class ClosedSignup(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class ServiceAccountAuthentication(OAuth2Authentication):  # type: ignore[misc]
    """A client-credentials token acts as its application's service account, an ordinary user of the agency."""

    def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        answer = super().authenticate(request)
        if answer is None:
            return None
        _, token = answer
        account = token.application.user
        return (account, token) if account is not None and account.is_active else None
