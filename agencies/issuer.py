"""The conversation with the office's OpenID Connect issuer. The library carries it; what it says is believed here.

Beyond what the library checks: the signature is always verified, the token was made for this browser's own question
(nonce), by this issuer and for us alone, and nothing but the subject finds an account.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

import jwt
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.utils import build_absolute_uri
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from agencies import audit, sessions, single_sign_on
from agencies.live import way_back
from agencies.models import User
from agencies.single_sign_on import Claims, NotAdmitted, is_safe

# Signatures that the issuer alone can make; with a shared secret the client could as well.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
LEEWAY = 60  # seconds that two clocks may differ
WHO = "Single sign-on opened no account. Ask your agency's administrator whether yours is bound to it."
NOT_CONFIRMED = "The issuer did not confirm who you are. Try again; if it stays so, tell your administrator."
ANOTHER = "Somebody else is signed in here. Sign out first."
NOT_FRESH = "The issuer did not ask who you are again, so the page stays locked."


class Issuer(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """The issuer's addresses and keys, and what of its tokens is believed."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, settings.SSO_ISSUER)
        self.nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        if not hasattr(self, "_openid_config"):
            self._openid_config = self._discovered()
        return self._openid_config

    def _discovered(self) -> dict[str, Any]:
        found = fetched(f"{settings.SSO_ISSUER.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != settings.SSO_ISSUER:
            raise OAuth2Error("Discovery names another issuer.")
        if not all(is_safe(found.get(name)) for name in NEEDED):
            raise OAuth2Error("An address of the issuer is missing or not safe.")
        return found

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        url: str = build_absolute_uri(request, reverse("agencies:sso-callback"))
        return url

    def get_access_token_data(
        self, request: HttpRequest, app: SocialApp, client: Any, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        self.nonce = nonce_of(pkce_code_verifier or "")
        found: dict[str, Any] = super().get_access_token_data(request, app, client, pkce_code_verifier)
        return found

    def parse_token(self, data: dict[str, Any]) -> None:
        """The access token opens the issuer's own doors; nothing is asked there, so it is dropped."""

    def complete_login(self, request: HttpRequest, app: SocialApp, token: None, **kwargs: Any) -> SocialLogin:
        claims = self.believed(kwargs["response"].get("id_token"))
        return SocialLogin(
            provider=self.get_provider(),
            account=SocialAccount(provider=settings.SSO_ISSUER, uid=claims["sub"], extra_data=dict(claims)),
            user=User(),
        )

    def believed(self, token: object) -> Claims:
        """The claims of an ID token that this issuer signed, for us, now, in answer to this browser's question."""
        try:
            claims: Claims = jwt.decode(
                token,  # type: ignore[arg-type]
                self._key_for(token),
                algorithms=ALGORITHMS,
                audience=settings.SSO_CLIENT_ID,
                issuer=settings.SSO_ISSUER,
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
            raise OAuth2Error("The ID token is not valid.") from error
        if not constant_time_compare(str(claims.get("nonce")), self.nonce):
            raise OAuth2Error("The ID token answers another question.")
        ours = settings.SSO_CLIENT_ID
        if claims["aud"] not in (ours, [ours]) or claims.get("azp", ours) != ours:
            raise OAuth2Error("The ID token is meant for others too.")
        if not claims["sub"]:
            raise OAuth2Error("The ID token names nobody.")
        return claims

    def _key_for(self, token: object) -> jwt.PyJWK:
        """The issuer's key that the token names; where it names none, its only one."""
        named = jwt.get_unverified_header(token).get("kid")  # type: ignore[arg-type]
        keys = jwt.PyJWKSet.from_dict(fetched(self.openid_config["jwks_uri"])).keys
        fitting = [key for key in keys if key.public_key_use != "enc" and named in (None, key.key_id)]
        if len(fitting) != 1:
            raise OAuth2Error("The issuer has no such key.")
        return fitting[0]


def fetched(url: str) -> dict[str, Any]:
    """What the issuer says of itself."""
    with get_adapter().get_requests_session() as session:
        answer = session.get(url)
        answer.raise_for_status()
        found = answer.json()
    if not isinstance(found, dict):
        raise OAuth2Error("The issuer's answer is no object.")
    return found


def nonce_of(verifier: str) -> str:
    """The nonce of a conversation, from its PKCE secret, which stands in the session of the browser that began it."""
    return salted_hmac("agencies.issuer.nonce", verifier, algorithm="sha256").hexdigest()


class IssuerProvider(OpenIDConnectProvider):  # type: ignore[misc]
    """What the browser is sent to the issuer with. Nothing of it is taken from the address."""

    def get_oauth2_adapter(self, request: HttpRequest) -> Issuer:
        return Issuer(request)

    def get_pkce_params(self) -> dict[str, str]:
        generated: dict[str, str] = generate_code_challenge()
        return generated | {"nonce": nonce_of(generated["code_verifier"])}

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "process": "login", "next_url": way_back(request, settings.LOGIN_REDIRECT_URL), "asked_at": time.time(),
        }  # fmt: skip
        if request.user.is_authenticated:  # to unlock: the issuer's own session must not be enough
            asked["auth_params"] = {"prompt": "login", "max_age": "0"}
        return asked


class SubjectSignIn(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Nobody signs up or is found by an address: a bound subject opens its account, and nothing else does."""

    def get_provider(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> IssuerProvider:
        return IssuerProvider(
            request,
            app=SocialApp(
                provider="openid_connect", provider_id=settings.SSO_ISSUER, name=settings.SSO_NAME,
                client_id=settings.SSO_CLIENT_ID, secret=settings.SSO_CLIENT_SECRET,
                settings={"server_url": settings.SSO_ISSUER, "scope": settings.SSO_SCOPES},
            ),
        )  # fmt: skip

    def get_requests_session(self) -> Any:
        """Where the issuer would send the server elsewhere, it does not go."""
        session = super().get_requests_session()
        session.max_redirects = 0
        return session

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def authenticate_by_email(self, sociallogin: SocialLogin) -> None:
        return None

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        claims = sociallogin.account.extra_data
        try:
            sociallogin.user = person = single_sign_on.admitted(claims)
        except NotAdmitted as refusal:
            raise _turned_away(request, WHO, refusal.why, refusal.person) from refusal
        if request.user.is_authenticated:
            raise _go_on(request, person, sociallogin)
        sociallogin.state["second_factor"] = single_sign_on.brings_second_factor(claims)
        # What waits in the session for the second factor is what decides the role, and nothing else about the person.
        kept = {"sub", settings.SSO_ROLE_CLAIM} & claims.keys()
        sociallogin.account.extra_data = {name: claims[name] for name in kept}

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:  # fmt: skip
        why = str(exception or error).partition(":")[0]  # behind it may stand what the issuer answered
        raise _turned_away(request, NOT_CONFIRMED, why, None)


def _turned_away(request: HttpRequest, sentence: str, why: str, person: User | None) -> ImmediateHttpResponse:
    audit.record_sign_in_failed(person, through="single sign-on", why=why)
    messages.error(request, sentence)
    return ImmediateHttpResponse(redirect(settings.LOGIN_URL))


def _go_on(request: HttpRequest, person: User, sociallogin: SocialLogin) -> ImmediateHttpResponse:
    """Who is in already came back to unlock the page, and only the same person does so, having been asked anew."""
    asked_at = sociallogin.state["asked_at"]
    fresh = sociallogin.account.extra_data.get("auth_time")
    if person.pk != request.user.pk:
        return _turned_away(request, ANOTHER, "somebody else is signed in", person)
    if not sessions.is_locked(request.session):  # signed in meanwhile, in another tab
        return ImmediateHttpResponse(redirect(sociallogin.state["next"]))
    if not isinstance(fresh, int) or fresh < asked_at - LEEWAY:
        return _turned_away(request, NOT_FRESH, "the issuer did not ask again", person)
    sessions.unlock(request.session)
    where = urlencode({"next": sociallogin.state["next"]})
    return ImmediateHttpResponse(redirect(f"{reverse('agencies:locked')}?{where}"))


def sign_out_url(request: HttpRequest) -> str:
    """Where one ends the issuer's own session too; empty if it offers none or does not answer."""
    issuer = Issuer(request)
    try:
        found = issuer.openid_config.get("end_session_endpoint")
    except (OAuth2Error, OSError):  # what requests raises is an OSError
        return ""
    back = request.build_absolute_uri(reverse(settings.LOGIN_URL))
    query = urlencode({"client_id": settings.SSO_CLIENT_ID, "post_logout_redirect_uri": back})
    return f"{found}?{query}" if is_safe(found) else ""
