"""What the pages of services, consents and referrals show, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from victims.languages import spelled
from victims.models import Consent, DataClass, Offer, Service, Victim

EVERYBODY = "Everybody"
AGES = [code for code in Victim.AgeBand.values if code != Victim.AgeBand.UNKNOWN]


def described(service: Service) -> Service:
    """Give an entry its lists in words."""
    row: Any = service
    row.place_names = ", ".join(service.places)
    row.language_names = ", ".join(spelled(service.languages))
    row.sex_names = _all_or(
        service.sexes, Service.Sex.values, [Service.Sex(each).label for each in service.sexes]
    )
    labels = [Victim.AgeBand(each).label for each in service.age_bands]
    row.age_names = _all_or(service.age_bands, AGES, labels, "All ages")
    return service


def _all_or(
    chosen: Sequence[str], every: Iterable[str], labels: list[str], everybody: str = EVERYBODY
) -> str:
    return everybody if set(chosen) >= set(every) else ", ".join(labels)


@dataclass(frozen=True, slots=True)
class Fact:
    """One class of data as it was sent."""

    label: str
    value: str


def facts_of(sent: dict[str, Any]) -> list[Fact]:
    """What an offer holds, in words and in the order of the sheet."""
    return [Fact(each.label, _in_words(each, sent[each])) for each in DataClass if each in sent]


def _in_words(data_class: DataClass, value: Any) -> str:
    if data_class == DataClass.AGE:
        return str(Victim.AgeBand(value).label)
    if data_class == DataClass.LANGUAGES:
        return ", ".join(spelled(value)) or "Not recorded"
    if data_class == DataClass.NEEDS:
        return ", ".join(str(Victim.Need(each).label) for each in value) or "Not recorded"
    if data_class == DataClass.URGENCY:
        return "Needs help today" if value else "Not urgent"
    return str(value)


def worded(consent: Consent) -> Consent:
    """Give a consent its lists in words."""
    row: Any = consent
    row.purpose_names = [Consent.Purpose(each).label for each in consent.purposes]
    row.class_names = [DataClass(each).label for each in consent.data_classes]
    row.recipient_names = [str(agency) for agency in consent.recipients.all()]
    row.language_name = ", ".join(spelled([consent.language])) if consent.language else ""
    return consent


@dataclass(frozen=True, slots=True)
class Left:
    """What a receiver had been sent before access ended."""

    offer: Offer
    classes: list[str]


def what_left(consent: Consent) -> list[Left]:
    """Everything that was sent on a consent, to whom, and whether it was read: that cannot be taken back."""
    offers = Offer.objects.filter(referral__consent=consent, agency=consent.agency_id)
    return [
        Left(offer, [DataClass(each).label for each in offer.referral.data_classes])
        for offer in offers.select_related("referral", "receiver").order_by("created_at")
    ]
