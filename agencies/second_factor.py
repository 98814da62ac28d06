"""The second factor: an authenticator app, a passkey, or a recovery code. Required of everybody who may do anything here.

Nobody reads a secret back: it is shown once to its owner and kept encrypted.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from agencies import audit, policies, sessions
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import User
from agencies.permissions import ROLES, Role

GIVEN = "second_factor"  # in the session: it was opened with one, or one was set up in it
FRESH = 10 * 60  # seconds after signing in during which one's own factors are managed without confirming anew
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets lie encrypted in the database, by a key that is derived from the installation's."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()

    def _get_site_name(self) -> str:
        return "Taskforce"


def _box() -> MultiFernet:
    return MultiFernet([_fernet(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _fernet(secret: str) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=b"agencies.second_factor").derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


class OwnFactor(AuthenticateStage):  # type: ignore[misc]
    """Asks for ours at sign-in, unless the issuer of single sign-on asked for one that counts."""

    def handle(self) -> tuple[Any, bool]:
        through = (self.login.signal_kwargs or {}).get("sociallogin")
        if through is None or not through.state.get("second_factor"):
            found: tuple[Any, bool] = super().handle()
            return found
        record_authentication(self.request, self.login.user, "mfa", type="issuer")
        return None, True


# --- Who needs one, who has one --------------------------------------------------------------------------------


def is_required(user: User) -> bool:
    return settings.REQUIRE_MFA and user.role in ROLES and bool(ROLES[Role(user.role)])


def is_missing(request: HttpRequest) -> bool:
    """Whether this session may go nowhere before a second factor is set up."""
    return not request.session.get(GIVEN) and isinstance(request.user, User) and is_required(request.user)


def is_held_elsewhere(request: HttpRequest) -> bool:
    """Whether the person set one up after this session began without it."""
    return isinstance(request.user, User) and bool(holders([request.user]))


def holders(people: Iterable[User]) -> set[UUID]:
    """Which of these people have one. One query."""
    rows = Authenticator.objects.filter(user__in=list(people), type__in=FACTORS)
    return set(rows.values_list("user_id", flat=True))


def note(session: SessionBase, user: User) -> None:
    """A factor was set up or taken away in this session."""
    session[GIVEN] = bool(holders([user]))


def note_sign_in(request: HttpRequest, user: User) -> None:
    records = get_authentication_records(request, user)
    request.session[GIVEN] = any(record["method"] in settings.METHODS_WITH_MFA for record in records)


def just_signed_in(session: SessionBase) -> bool:
    begun: int = session.get(sessions.BEGUN, 0)
    return time.time() - begun < FRESH


METHODS = {
    "password": "a password", "totp": "an authenticator app", "webauthn": "a passkey",
    "recovery_codes": "a recovery code", "socialaccount": "single sign-on",
    "issuer": "its second factor",
}  # fmt: skip


def how(request: HttpRequest, user: User) -> str:
    """“a password and a passkey”: what this sign-in was made with."""
    records = get_authentication_records(request, user)
    names = [METHODS.get(record.get("type") or record["method"], record["method"]) for record in records]
    return " and ".join(dict.fromkeys(names))


# --- When it is lost -----------------------------------------------------------------------------------------------


@verb
def reset(person: User, *, by: User | None) -> None:
    """Take a person's second factors away, who then sets up new ones. `by` is None for the installation itself."""
    policies.check_can_reset_factor(person, by)
    removed, _ = Authenticator.objects.filter(user=person).delete()
    if not removed:
        raise policies.Refused("That account has no second factor.")
    sessions.end_others(person, None)
    audit.record(Act.FACTOR_GONE, person, by=by)
