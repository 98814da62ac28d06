"""Signing in and out, passwords: what the libraries tell of goes into the agency's audit record."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth import signals as auth
from django.core.exceptions import PermissionDenied
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest

from agencies import audit, lockout, second_factor, sessions
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
    second_factor.note_sign_in(request, user)
    how = second_factor.how(request, user)
    audit.record(Act.SIGNED_IN, user, by=user, ip=ip_of(request), how=how)


@receiver(account.user_logged_out)
def _signed_out(request: HttpRequest, user: User, **_: Any) -> None:
    audit.record(Act.SIGNED_OUT, user, by=user, ip=ip_of(request))


@receiver([account.password_changed, account.password_set, account.password_reset])
def _password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    audit.record(Act.PASSWORD, user, by=user, ip=ip_of(request))


@receiver(mfa.authentication_failed)
def _wrong_code(request: HttpRequest, user: User, **_: Any) -> None:
    lockout.take_turn(user.email)
    lockout.note_failure(user.email, user, ip=ip_of(request))


@receiver(post_save, sender=Authenticator)
def _factor_added(instance: Authenticator, created: bool, **_: Any) -> None:
    """Within the transaction that sets it up: the library tells of it only afterwards."""
    if created and instance.type in second_factor.FACTORS:
        if context.request is not None:
            second_factor.note(context.request.session, instance.user)
        audit.record(Act.FACTOR, instance.user, by=instance.user, kind_of_factor=instance.type)


@receiver(mfa.authenticator_removed)
def _factor_removed(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type in second_factor.FACTORS:
        second_factor.note(request.session, user)
        audit.record(Act.FACTOR_GONE, user, by=user, kind_of_factor=authenticator.type)
