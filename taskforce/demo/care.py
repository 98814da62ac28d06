"""The demo's care of victims: services, and synthetic people who never existed, referred between offices and desks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from agencies.models import User
from agencies.permissions import Role
from agencies.policies import check_agency
from victims import actions
from victims.models import Consent, DataClass, Offer, Service, Victim

ADULTS = ["18-20", "21-29", "30-47", "48+"]
EVERYBODY = ["0-8", "9-17", *ADULTS]
# Who in which office takes care of victims, beside the caseworkers of the providers.
CARERS = {
    "usao-gan": (Role.VICTIM_CASEWORKER, Role.PROTECTION_OFFICER),
    "desk-mx": (Role.VICTIM_CASEWORKER,),
}
SERVICES: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("harbour-light", "shelter", "Safe beds for women and girls",
     {"places": ["Atlanta", "Savannah"], "languages": ["eng", "spa", "ukr"], "sexes": ["female"], "age_bands": EVERYBODY,
      "free_places": 4, "hours": "Day and night"}),
    ("harbour-light", "legal", "Lawyers for residence and compensation",
     {"places": ["Georgia"], "languages": ["eng", "spa"], "age_bands": EVERYBODY, "hours": "Mon–Fri 9–17"}),
    ("harbour-light", "psychosocial", "Counselling in the person's language",
     {"places": ["Atlanta"], "languages": ["eng", "spa", "zho"], "age_bands": EVERYBODY, "hours": "Mon–Sat 8–20"}),
    ("desk-mx", "return", "Return by choice, met on arrival",
     {"places": ["Mexico City", "Puebla", "Tlaxcala"], "languages": ["spa"], "age_bands": EVERYBODY, "hours": "Mon–Fri 9–18"}),
    ("desk-mx", "legal", "Legal help in Mexico", {"places": ["Puebla"], "languages": ["spa"], "age_bands": ADULTS}),
    ("harbour-light", "return", "Return by choice, with a year of support",
     {"places": ["Guatemala", "Honduras"], "languages": ["eng", "spa"], "age_bands": EVERYBODY, "free_places": 0}),
)  # fmt: skip
PEOPLE: tuple[tuple[str, list[str], list[str], bool], ...] = (
    ("18-20", ["spa"], ["shelter", "legal"], True),
    ("30-47", ["spa"], ["return", "legal"], False),
    ("9-17", ["spa"], ["shelter", "psychosocial"], True),
    ("21-29", ["ukr"], ["legal", "material"], False),
    ("unknown", ["zho"], ["psychosocial", "interpreter"], False),
)


def load(person: Callable[[str, Role], User]) -> None:
    """Whatever is there already is left alone."""
    for code, kind, title, fields in SERVICES:
        by = person(code, Role.VICTIM_CASEWORKER)
        if not Service.objects.filter(provider=by.agency_id, title=title).exists():
            said = {"sexes": Service.Sex.values, "contact_desk": f"desk@{code}.demo.example"} | fields
            actions.publish_service(by=by, kind=kind, title=title, **said)
    with transaction.atomic():
        _people(person)


def _people(person: Callable[[str, Role], User]) -> None:
    by = person("usao-gan", Role.VICTIM_CASEWORKER)
    if Victim.objects.filter(agency=by.agency_id).exists():
        return
    light, mexico = (person(code, Role.VICTIM_CASEWORKER) for code in ("harbour-light", "desk-mx"))
    people = [
        actions.register_victim(by=by, age_band=age, languages=languages, needs=needs, urgent=urgent)
        for age, languages, needs, urgent in PEOPLE
    ]
    _send(people[0], "shelter", by, light)
    accepted = _send(people[1], "return", by, mexico, light)
    actions.accept_offer(accepted, by=mexico)
    actions.set_follow_up(
        accepted, due_on=timezone.localdate() + timedelta(days=7), about="Ask how the arrival went", by=mexico
    )
    refused = _send(people[2], "psychosocial", by, light)
    actions.reject_offer(refused, rejection="no_place", answer="From Monday on there is room.", by=light)
    taken_back = _send(people[3], "legal", by, light)
    actions.withdraw_consent(taken_back.referral.consent, by=by)


def _send(victim: Victim, need: str, by: User, *to: User) -> Offer:
    """On a consent of the synthetic person's; the offer of the first provider."""
    receivers = [check_agency(each.agency) for each in to]
    purpose = Consent.Purpose.RETURN if need == "return" else Consent.Purpose.SERVICES
    consent = actions.record_consent(
        victim, purposes=[purpose], recipients=receivers, by=by, expires_at=timezone.now() + timedelta(days=90),
        data_classes=[DataClass.AGE, DataClass.LANGUAGES, DataClass.URGENCY, DataClass.CONTACT],
        language=victim.languages[0], interpreter="Telephone service, no. 12", how=Consent.How.SIGNED,
    )  # fmt: skip
    asked = actions.Asked(
        need, purpose, consent.data_classes, {DataClass.CONTACT: "I bring the person. Call our desk before."}
    )
    referral = actions.refer(victim, asked, consent=consent, receivers=receivers, by=by)
    return referral.offers.get(receiver=receivers[0])
