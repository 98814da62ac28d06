"""What happens at the door goes on record: signing in and out, failing to, and changes of passwords."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from oauth2_provider.models import AccessToken
from oauth2_provider.signals import app_authorized

from agencies.audit import Act, record, record_sign_in_failed
from agencies.models import User


@receiver(user_logged_in)
def signed_in(user: User, **_: Any) -> None:
    record(Act.SIGNED_IN, user, by=user)


@receiver(app_authorized)
def api_client_signed_in(token: AccessToken, **_: Any) -> None:
    account = token.application.user
    record(Act.SIGNED_IN, account, by=account, through="API")


@receiver(user_login_failed)
def sign_in_failed(credentials: dict[str, Any], **_: Any) -> None:
    typed = str(credentials.get("email") or credentials.get("username") or "").replace("\0", "")
    record_sign_in_failed(User.objects.filter(email__iexact=typed).first())


@receiver(user_logged_out)
def signed_out(user: User | None, **_: Any) -> None:
    if user is not None:
        record(Act.SIGNED_OUT, user, by=user)


@receiver([password_changed, password_reset, password_set])
def password_is_new(user: User, **_: Any) -> None:
    record(Act.PASSWORD, user, by=user)
