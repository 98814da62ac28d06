"""Signing in: accounts are appointed, never signed up for; API clients sign in for their agency's service account."""

from __future__ import annotations

import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from oauth2_provider.models import AccessToken
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from agencies import acting, clients, dormancy, lockout, second_factor, single_sign_on
from agencies.models import User


class AppointedSignIn(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up, and who guesses at an account locks it."""

    @property
    def error_messages(self) -> dict[str, str]:
        wrong = dict.fromkeys(("email_password_mismatch", "invalid_login"), lockout.sentence())
        return {**DefaultAccountAdapter.error_messages, **wrong}

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The account that these credentials open. A locked one opens to nobody, and does not say that it is locked."""
        address = credentials.get("email") or ""
        lockout.take_turn(address)
        user: User | None = super().authenticate(request, **credentials)
        if user is not None and self.may_enter(user):
            if request.user == user:  # confirming or unlocking: who is in already is no guesser
                lockout.forgive(address)
            return user
        known = user or User.objects.filter(email__iexact=address.strip()).first()
        lockout.note_failure(address, known)
        return None

    def pre_login(self, request: HttpRequest, user: User, **facts: Any) -> HttpResponse | None:
        """An account that nobody used for long is closed, also before the hourly look for such accounts."""
        if dormancy.close_unused(only=user):
            user.is_active = False
        answer: HttpResponse | None = super().pre_login(request, user, **facts)
        return answer

    def get_login_stages(self) -> list[str]:
        ours = {"allauth.mfa.stages.AuthenticateStage": "agencies.second_factor.OwnFactor"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """Who came through the issuer is still signed in there."""
        if request.user.is_authenticated and came_through_issuer(request, request.user):
            return resolve_url("agencies:sso-ended")
        return resolve_url(settings.LOGIN_URL)

    def login(self, request: HttpRequest, user: User) -> None:
        """The last step of every way in. Whoever was locked meanwhile, by wrong codes, does not get further."""
        user.refresh_from_db(fields=["locked_at"])
        wrong_way = single_sign_on.must_be_used_by(user) and not came_through_issuer(request, user)
        if user.locked_at is not None or wrong_way:
            messages.error(request, lockout.sentence())
            raise ImmediateHttpResponse(redirect(settings.LOGIN_URL))
        super().login(request, user)
        lockout.forgive(user.email)  # not before: a stolen password would buy new guesses at the code

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Who just signed in sets up a second factor without confirming once more."""
        fresh = app == "allauth.mfa" and second_factor.just_signed_in(context.request.session)
        return not fresh and bool(super().is_reauthentication_required(app=app, **kwargs))

    def may_enter(self, user: User) -> bool:
        """Whether the right password is enough, as far as this account goes."""
        return user.locked_at is None and not single_sign_on.must_be_used_by(user)


def came_through_issuer(request: HttpRequest, user: User) -> bool:
    records = get_authentication_records(request, user)
    return any(record["method"] == "socialaccount" for record in records)


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
        known = AccessToken.objects.select_related("application__user__agency", "application__terms")
        token = known.filter(token_checksum=checksum, expires__gt=timezone.now()).first()
        account = token.application.user if token is not None and token.application is not None else None
        if account is None or not account.is_active:
            raise AuthenticationFailed("The token is unknown or has expired. Ask for a new one.")
        if refusal := clients.refusal(token.application, get_adapter(request).get_client_ip(request)):
            # Its record is written after the transaction that this undoes.
            request._request.refused_client = account  # type: ignore[attr-defined]
            raise AuthenticationFailed(refusal)
        acting.become(account)
        clients.note_use(token.application)
        return account, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def password_link(user: User, request: HttpRequest) -> str:
    """An address at which `user` sets a password, once: to hand over in person where no mail is sent."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    link: str = get_adapter(request).get_reset_password_from_key_url(key)
    return link
