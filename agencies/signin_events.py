"""Signing in and out, passwords: what the libraries tell of goes into the agency's audit record."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from allauth.account.adapter import get_adapter
from django.contrib.auth import signals as auth
from django.core.exceptions import PermissionDenied
from django.dispatch import receiver
from django.http import HttpRequest

from agencies import audit, sessions
from agencies.audit import Act
from agencies.models import User


def ip_of(request: HttpRequest) -> str:
    try:
        return str(get_adapter(request).get_client_ip(request))
    except PermissionDenied:
        return ""


@receiver(auth.user_logged_in)
def _begin_session(request: HttpRequest, **_: Any) -> None:
    sessions.begin(request.session)


@receiver(account.user_logged_in)
def _signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    audit.record(Act.SIGNED_IN, user, by=user, ip=ip_of(request))


@receiver(account.user_logged_out)
def _signed_out(request: HttpRequest, user: User, **_: Any) -> None:
    audit.record(Act.SIGNED_OUT, user, by=user, ip=ip_of(request))


@receiver([account.password_changed, account.password_set, account.password_reset])
def _password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    audit.record(Act.PASSWORD, user, by=user, ip=ip_of(request))
