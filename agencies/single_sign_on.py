"""Single sign-on: which account a subject of the office's issuer opens, and with which role.

The issuer says who somebody is; this installation says what they may. An account is found by the subject alone, which
an administrator bound to it: never by an e-mail address, which another may hold tomorrow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Tags, register

from agencies import audit, dormancy, policies, sessions
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import SignInSubject, User
from agencies.permissions import ROLES, Role

Claims = Mapping[str, Any]


class NotAdmitted(Exception):
    """The issuer knows them, and no account opens: why, for the audit record alone."""

    def __init__(self, why: str, person: User | None = None) -> None:
        super().__init__(why)
        self.why, self.person = why, person


# --- Who is bound ------------------------------------------------------------------------------------------------


@verb
def bind(person: User, subject: str, *, by: User | None) -> SignInSubject:
    """Let a subject of the issuer open this account. `by` is None for whoever runs the installation."""
    policies.check_can_bind(person, by)
    subject = subject.strip()
    if not settings.SSO_ISSUER:
        raise policies.Refused("This installation has no single sign-on.")
    if SignInSubject.objects.filter(user=person).exists():
        raise policies.Refused("The account is bound already. Unbind it first.")
    if not subject or SignInSubject.objects.filter(issuer=settings.SSO_ISSUER, subject=subject).exists():
        raise policies.Refused("This subject cannot be used. Check it, or ask whoever runs the installation.")
    bound = SignInSubject.objects.create(
        user=person, issuer=settings.SSO_ISSUER, subject=subject, role=person.role, bound_by=by
    )
    audit.record(Act.BOUND, person, by=by, subject=subject, issuer=settings.SSO_ISSUER)
    return bound


@verb
def unbind(person: User, *, by: User | None) -> None:
    """Take it back: they are signed out, and their own role is theirs again."""
    policies.check_can_bind(person, by)
    bound = SignInSubject.objects.filter(user=person).first()
    if bound is None:
        raise policies.Refused("The account is not bound.")
    _give_role(person, Role(bound.role), by)
    bound.delete()
    sessions.end_others(person, None)
    audit.record(Act.UNBOUND, person, by=by, subject=bound.subject, issuer=bound.issuer)


def is_bound(person: User) -> bool:
    issuer = settings.SSO_ISSUER
    return bool(issuer) and SignInSubject.objects.filter(user=person, issuer=issuer).exists()


def must_be_used_by(person: User) -> bool:
    """Whether neither a password nor a passkey opens this account."""
    return bool(settings.SSO_ONLY) and is_bound(person)


# --- Who comes ---------------------------------------------------------------------------------------------------


def admitted(claims: Claims) -> User:
    """The person whom these verified claims are about, if their account is open; raises `NotAdmitted`."""
    bound = (
        SignInSubject.objects.select_related("user__agency")
        .filter(issuer=settings.SSO_ISSUER, subject=claims["sub"])
        .first()
    )
    if bound is None:
        raise NotAdmitted("no account is bound to the subject")
    person = bound.user
    if dormancy.close_unused(only=person) or not person.is_active:
        raise NotAdmitted("the account is closed", person)
    if person.locked_at is not None:
        raise NotAdmitted("the account is locked", person)
    if settings.SSO_ROLE_CLAIM and role_for(claims, Role(bound.role)) is None:
        raise NotAdmitted("the issuer gives no role that fits", person)
    return person


def role_for(claims: Claims, highest: Role) -> Role | None:
    """What the first fitting line of SSO_ROLES gives, never more than `highest`, which the administrator allowed."""
    held = claims.get(settings.SSO_ROLE_CLAIM)
    values = [str(value) for value in held] if isinstance(held, list) else [str(held)]
    for value, name in settings.SSO_ROLES.items():
        if value in values and name in Role.values and (role := _at_most(Role(name), highest)):
            return role
    return None


def _at_most(asked: Role, highest: Role) -> Role | None:
    """The smaller of two roles; None if each may what the other may not."""
    if ROLES[asked] <= ROLES[highest]:
        return asked
    return highest if ROLES[highest] <= ROLES[asked] else None


def take_role(person: User, claims: Claims) -> None:
    """Once they are in: the role that the issuer's claim gives, where the installation lets it decide."""
    bound = SignInSubject.objects.filter(user=person).first()
    if bound is not None and settings.SSO_ROLE_CLAIM and (role := role_for(claims, Role(bound.role))):
        _give_role(person, role, person)


def _give_role(person: User, role: Role, by: User | None) -> None:
    if person.role != role:
        was, person.role = person.role, role
        person.save(update_fields=["role"])
        audit.record(Act.EDITED, person, by=by, role=role, was=was, through="single sign-on")


def brings_second_factor(claims: Claims) -> bool:
    """Whether the issuer says that it asked for one, in a word that this installation believes."""
    methods = claims.get("amr")
    said = [claims.get("acr"), *(methods if isinstance(methods, list) else [])]
    return any(word in settings.SSO_SECOND_FACTOR for word in said if isinstance(word, str))


@register(Tags.security)
def check_settings(**_: Any) -> list[Error]:
    """What would otherwise be found out at the first sign-in."""
    unknown = set(settings.SSO_ROLES.values()) - (set(Role.values) - {Role.SERVICE_ACCOUNT})
    found = [f"SSO_ROLES names no role of a person: {', '.join(sorted(unknown))}"] if unknown else []
    if settings.SSO_ISSUER and not is_safe(settings.SSO_ISSUER):
        found.append("SSO_ISSUER must begin with https://")
    return [Error(sentence, id="agencies.E001") for sentence in found]


def is_safe(url: object) -> bool:
    """Whether nobody on the way can read or change what is said there; on this machine itself nobody is on the way."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
    except ValueError:
        return False
    here = parts.hostname in ("127.0.0.1", "localhost")
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and here))
