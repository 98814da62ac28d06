"""Locking an account that somebody guesses at, until an administrator of its agency releases it.

The answer to every wrong sign-in is one sentence, whether the address is known, unknown or locked, so that nobody
learns by asking which accounts exist or when a guess was right. What is known and what is unknown is counted alike.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

from agencies import audit, policies
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import SignInFailure, User


def sentence() -> str:
    """What everybody reads who did not get in."""
    return (
        f"The e-mail address or the password is not right. After {settings.LOCKOUT_FAILURES} wrong tries an account"
        " is locked until an administrator of its agency releases it."
    )


def take_turn(address: str) -> None:
    """One try at a time for an address: parallel guesses would each find the count still low."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [_key(address)])


@verb
def note_failure(address: str, account: User | None) -> None:
    """Count a wrong try for `address`, and lock `account` (None: nobody has that address) when there were too many."""
    key = _key(address)
    SignInFailure.objects.create(address=key)
    tries = SignInFailure.objects.filter(address=key, at__gt=_window_start()).count()
    audit.record_sign_in_failed(account)
    if account is None or account.is_service:
        return
    if tries >= settings.LOCKOUT_FAILURES and account.locked_at is None:
        _lock(account)


def _lock(account: User) -> None:
    User.objects.filter(pk=account.pk).update(locked_at=timezone.now())
    account.locked_at = timezone.now()
    audit.record(Act.LOCKED, account, by=account)


def forgive(address: str) -> None:
    """Somebody got in: what they mistyped before no longer counts."""
    SignInFailure.objects.filter(address=_key(address)).delete()


@verb
def release(person: User, *, by: User | None) -> None:
    """Let a locked person sign in again. `by` is None for whoever runs the installation."""
    policies.check_can_release(person, by)
    User.objects.filter(pk=person.pk).update(locked_at=None)
    forgive(person.email)
    audit.record(Act.RELEASED, person, by=by)


def forget_old_failures() -> None:
    SignInFailure.objects.filter(at__lte=_window_start()).delete()


def _window_start() -> datetime:
    return timezone.now() - timedelta(minutes=settings.LOCKOUT_MINUTES)


def _key(address: str) -> str:
    return salted_hmac("agencies.lockout", address.strip().lower(), algorithm="sha256").hexdigest()
