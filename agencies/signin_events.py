"""Signing in and out, passwords: what the libraries tell of goes into the agency's audit record."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from allauth.core import context
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialLogin
from django.contrib.auth import signals as auth
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest
from oauth2_provider.models import AccessToken
from oauth2_provider.signals import app_authorized

from agencies import audit, lockout, second_factor, sessions, single_sign_on
from agencies.audit import Act
from agencies.models import User


@receiver(auth.user_logged_in)
def _begin_session(request: HttpRequest, **_: Any) -> None:
    sessions.begin(request.session)


@receiver(account.user_logged_in)
def _signed_in(request: HttpRequest, user: User, sociallogin: SocialLogin | None = None, **_: Any) -> None:
    if sociallogin is not None:
        single_sign_on.take_role(user, sociallogin.account.extra_data)
    second_factor.note_sign_in(request, user)
    how = second_factor.how(request, user)
    audit.record(Act.SIGNED_IN, user, by=user, how=how)


@receiver(app_authorized)
def _api_client_signed_in(token: AccessToken, **_: Any) -> None:
    account = token.application.user
    audit.record(Act.SIGNED_IN, account, by=account, through="API")


@receiver(account.user_logged_out)
def _signed_out(user: User, **_: Any) -> None:
    audit.record(Act.SIGNED_OUT, user, by=user)


@receiver([account.password_changed, account.password_set, account.password_reset])
def _password_changed(user: User, **_: Any) -> None:
    audit.record(Act.PASSWORD, user, by=user)


@receiver(mfa.authentication_failed)
def _wrong_code(user: User, **_: Any) -> None:
    lockout.take_turn(user.email)
    lockout.note_failure(user.email, user)


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
