"""A person's word on what is passed on of them: given, taken back, run out, and overridden in imminent danger."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from agencies import audit
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import Agency, User
from agencies.policies import Refused, check_agency, check_future, check_owns, check_partner, check_reason
from victims.ending import close_to_partners, take_back
from victims.models import Consent, DataClass, Victim, digest, digests
from victims.policies_care import check_can_withdraw, check_second_person, check_takes_consent


@verb
def record_consent(
    victim: Victim,
    *,
    purposes: Collection[str],
    recipients: Collection[Agency],
    data_classes: Collection[str],
    expires_at: datetime,
    by: User,
    **said: Any,
) -> Consent:
    """Keep what a person agreed to. The sheet with the code to take it back is made from it."""
    check_takes_consent(victim, by)
    check_future(expires_at)
    if expires_at > timezone.now() + timedelta(days=settings.CONSENT_DAYS_MOST):
        raise Refused(f"Consent ends after {settings.CONSENT_DAYS_MOST} days at the latest. Ask anew then.")
    if said.get("how") == Consent.How.ORAL and not said.get("witness", "").strip():
        raise Refused("Said aloud: write who was the witness, by function, not by name.")
    consent = Consent(
        agency=check_agency(victim.agency), victim=victim, purposes=list(purposes),
        data_classes=list(data_classes), expires_at=expires_at, taken_by=by, **said,
    )  # fmt: skip
    return _keep(consent, recipients, Act.CONSENTED, by)


@verb
def override_for_danger(
    victim: Victim,
    *,
    recipients: Collection[Agency],
    data_classes: Collection[str],
    hours: int,
    reason: str,
    told: User,
    by: User,
) -> Consent:
    """Pass on without the person's word because their life is in danger: for hours, with a second person told."""
    check_takes_consent(victim, by)
    check_second_person(told, by)
    if not 1 <= hours <= settings.DANGER_HOURS_MOST:
        raise Refused(f"An override holds for 1 to {settings.DANGER_HOURS_MOST} hours.")
    consent = Consent(
        agency=check_agency(victim.agency), victim=victim, basis=Consent.Basis.DANGER, taken_by=by, told=told,
        purposes=[Consent.Purpose.PROTECTION], data_classes=list(data_classes), reason=check_reason(reason),
        expires_at=timezone.now() + timedelta(hours=hours),
    )  # fmt: skip
    return _keep(consent, recipients, Act.CONSENTED, by, told=str(told.pk), reason=consent.reason)


def _keep(consent: Consent, recipients: Collection[Agency], act: Act, by: User, **facts: Any) -> Consent:
    if not recipients or not consent.purposes:
        raise Refused("Say for what, and to whom: one agency at least.")
    if unknown := set(consent.data_classes) - set(DataClass.values):
        raise Refused(f"There is no such class of data: {', '.join(sorted(unknown))}.")
    for agency in recipients:
        check_partner(agency, by)
    consent.code_digest = "" if consent.is_override else digest(consent.code)
    consent.save()
    consent.recipients.set(recipients)
    to = sorted(str(agency.pk) for agency in recipients)
    audit.record(
        act, consent, by=by, basis=consent.basis, victim=str(consent.victim_id), to=to,
        purposes=sorted(consent.purposes), classes=sorted(consent.data_classes), **facts,
    )  # fmt: skip
    return consent


@verb
def withdraw_consent(consent: Consent, *, by: User) -> Consent:
    """The person takes their word back: whatever hangs on it ends in this transaction."""
    consent = _locked(consent.pk)
    check_can_withdraw(consent, by)
    return _withdraw(consent, by)


@verb
def withdraw_by_code(code: str) -> None:
    """The same, asked for with the code on the sheet by whoever holds it. Says nothing, whether there was one or not."""
    found = Consent.objects.filter(code_digest__in=digests(code)).values_list("pk", flat=True).first()
    if found is not None and not (consent := _locked(found)).withdrawn_at:
        with audit.from_nowhere():
            _withdraw(consent, None)


def _withdraw(consent: Consent, by: User | None) -> Consent:
    consent.withdrawn_at = consent.ended_at = timezone.now()
    consent.withdrawn_by, consent.withdrawal_seen_at = by, timezone.now() if by else None
    consent.save()
    audit.record(Act.WITHDREW, consent, by=by, through="" if by else "the code on the sheet")
    take_back(consent.referrals.all(), by=by, reason="The consent was withdrawn.")
    close_to_partners(consent.victim, by=by)
    return consent


@verb
def note_consent(consent: Consent, *, by: User) -> None:
    """A caseworker has read that it was withdrawn by its code; the second person, that there was an override."""
    consent = _locked(consent.pk)
    check_owns(consent, by)
    if consent.withdrawn_at and consent.withdrawal_seen_at is None:
        consent.withdrawal_seen_at = timezone.now()
    elif consent.told_id == by.pk and consent.told_seen_at is None:
        consent.told_seen_at = timezone.now()
    else:
        raise Refused("There is nothing here that you were told of and did not note.")
    consent.save()
    audit.record(Act.NOTIFIED, consent, by=by)


def _locked(pk: Any) -> Consent:
    found: Consent = Consent.objects.select_for_update(of=("self",)).get(pk=pk)
    return found
