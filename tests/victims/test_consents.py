from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from agencies.models import Agency, AuditEvent, User
from agencies.permissions import Role
from agencies.policies import Refused
from tests import factories
from victims import actions, ending
from victims.models import Consent, Offer, Referral, Victim

pytestmark = pytest.mark.django_db


@pytest.fixture
def paula(northland: Agency) -> User:
    return factories.person("Paula", northland, Role.VICTIM_CASEWORKER)


@pytest.fixture
def victim(paula: User) -> Victim:
    return actions.register_victim(by=paula, age_band="18-20", languages=["ukr"], needs=["legal"])


@pytest.fixture
def consent(victim: Victim, paula: User, harbour: Agency) -> Consent:
    return factories.consent(victim, harbour, by=paula)


@pytest.fixture
def offer(consent: Consent, paula: User, harbour: Agency, nora: User) -> Offer:
    return factories.referral(consent, harbour, by=paula).offers.get()


def page(client: Any, offer: Offer) -> str:
    text: str = client.get(reverse("victims:offer-detail", args=[offer.pk])).content.decode()
    return text


def test_a_consent_is_taken_and_its_sheet_says_it_in_plain_words(
    victim: Victim, paula: User, harbour: Agency, as_user: Any
) -> None:
    said = {
        "purposes": ["services"], "recipients": [str(harbour.pk)], "data_classes": ["age_band"], "language": "ukr",
        "interpreter": "No. 7", "given_by": "person", "how": "oral", "witness": "",
        "expires_on": str(timezone.localdate() + timedelta(days=30)),
    }  # fmt: skip
    url = reverse("victims:consent-new", args=[victim.pk])
    refused = as_user(paula).post(url, said)
    assert refused.status_code == 422
    assert "who was the witness" in refused.content.decode()
    answer = as_user(paula).post(url, said | {"witness": "Nurse on duty"})
    sheet = as_user(paula).get(answer["Location"]).content.decode()
    consent = Consent.objects.get()
    for words in (
        "Harbour House",
        "Age band",
        "Ukrainian",
        "No. 7",
        "Nurse on duty",
        consent.code,
        "/victims/withdraw/",
    ):
        assert words in sheet
    assert "Languages" not in sheet.split("Only this")[1].split("How to take it back")[0]


def test_nothing_is_sent_beyond_the_consent(
    consent: Consent, victim: Victim, paula: User, harbour: Agency, eastport: Agency
) -> None:
    Consent.objects.update(data_classes=["age_band"])
    for more, why in (
        ({"to": eastport}, "does not name Eastport"), ({"classes": ["risk"]}, "does not cover: risks"),
        ({"purpose": "return"}, "purpose"),
    ):  # fmt: skip
        asked = actions.Asked(
            "legal", more.get("purpose", "services"), more.get("classes", []), {"risk": "x"}
        )
        with pytest.raises(Refused, match=why):
            actions.refer(victim, asked, consent=consent, receivers=[more.get("to", harbour)], by=paula)
    other = actions.register_victim(by=paula)
    with pytest.raises(Refused, match="another person"):
        actions.refer(
            other, actions.Asked("legal", "services"), consent=consent, receivers=[harbour], by=paula
        )
    assert not Referral.objects.exists()


def test_withdrawal_empties_the_receivers_next_answer_and_lists_what_had_left(
    consent: Consent, offer: Offer, paula: User, nora: User, as_user: Any
) -> None:
    reader = as_user(nora)
    assert "He knows her telephone" in page(reader, offer)
    as_user(paula).post(reverse("victims:consent-withdraw", args=[consent.pk]))
    after = page(reader, offer)
    assert "He knows" not in after
    assert "18-20" not in after
    assert "was withdrawn" in after
    assert "He knows" not in str(Offer.objects.values_list("sent", flat=True))
    sheet = as_user(paula).get(reverse("victims:consent-detail", args=[consent.pk])).content.decode()
    left = sheet.split("What has left already")[1]
    assert "Harbour House" in left
    assert "age band" in left
    assert "Not read" not in left
    with pytest.raises(Refused, match="withdrawn"):
        actions.accept_offer(offer, by=nora)
    with pytest.raises(Refused, match="does not hold"):
        factories.referral(consent, nora.agency, by=paula)  # type: ignore[arg-type]


def test_the_code_on_the_sheet_withdraws_at_once_without_an_account_and_the_caseworker_is_told(
    consent: Consent, offer: Offer, paula: User, nora: User, as_user: Any, client: Any
) -> None:
    url = reverse("victims:withdraw")
    wrong = client.post(url, {"code": "0000-0000-0000"})
    assert Offer.objects.get().state == Offer.State.IN_PROGRESS
    right = client.post(url, {"code": consent.code.lower().replace("-", " ")})
    again = client.post(url, {"code": consent.code})
    assert wrong.content == right.content == again.content
    assert [each.status_code for each in (wrong, right, again)] == [200, 200, 200]
    assert Offer.objects.get().state == Offer.State.REVOKED
    assert (
        f"{consent.victim} took a consent back"
        in as_user(paula).get(reverse("victims:desk-referrals")).content.decode()
    )
    as_user(paula).post(reverse("victims:consent-note", args=[consent.pk]))
    assert "took a consent back" not in as_user(paula).get(reverse("victims:desk-referrals")).content.decode()


def test_where_the_code_was_typed_is_kept_nowhere(consent: Consent, offer: Offer, client: Any) -> None:
    client.post(reverse("victims:withdraw"), {"code": consent.code}, REMOTE_ADDR="198.51.100.77")
    written = AuditEvent.objects.filter(at__gte=Consent.objects.get().withdrawn_at)
    assert {event.act for event in written} == {"withdrew", "revoked"}
    assert [event.address for event in written if event.address or event.request_id] == []


def test_codes_cannot_be_tried_without_end(client: Any, settings: Any) -> None:
    settings.WITHDRAWALS_RATE = "3/m/ip"
    url = reverse("victims:withdraw")
    answers = [client.post(url, {"code": f"AAAA-AAAA-AAA{n}"}).status_code for n in range(5)]
    assert answers == [200, 200, 200, 429, 429]


def test_the_database_holds_no_code(consent: Consent) -> None:
    plain = consent.code.replace("-", "")
    held = str(list(Consent.objects.values())) + str(list(AuditEvent.objects.values()))
    assert plain not in held.replace("-", "")


def test_a_sheet_outlives_a_change_of_the_servers_key(
    consent: Consent, offer: Offer, client: Any, settings: Any
) -> None:
    code = consent.code
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key, as long as a key should be, and not the one before it"
    assert Consent.objects.get().code == code
    client.post(reverse("victims:withdraw"), {"code": code})
    assert Offer.objects.get().state == Offer.State.REVOKED


def test_what_runs_out_is_closed_to_the_receiver_at_that_second_and_emptied_after(
    consent: Consent, offer: Offer, nora: User, as_user: Any
) -> None:
    with time_machine.travel(consent.expires_at + timedelta(seconds=1), tick=False):
        url = reverse("victims:offer-detail", args=[offer.pk])
        client = as_user(nora)
        assert client.get(url).status_code == 404
        assert ending.end_outdated_consents() == 1
        assert ending.end_outdated_consents() == 0
    offer.refresh_from_db()
    assert (offer.state, offer.sent) == (Offer.State.REVOKED, {})


def test_danger_overrides_for_hours_with_a_reason_and_a_second_person_who_is_told(
    victim: Victim, paula: User, nora: User, harbour: Agency, northland: Agency, as_user: Any
) -> None:
    second = factories.person("Petra", northland, Role.PROTECTION_OFFICER)
    said = {
        "recipients": [harbour],
        "data_classes": ["age_band"],
        "hours": 12,
        "reason": "He is at the door.",
        "by": paula,
    }
    for wrong in (
        {"told": paula},
        {"told": nora},
        {"told": second, "hours": 999},
        {"told": second, "reason": " "},
    ):
        with pytest.raises(Refused):
            actions.override_for_danger(victim, **(said | wrong))
    override = actions.override_for_danger(victim, **said, told=second)

    desk = reverse("victims:desk-referrals")
    assert "Passed on without consent" in as_user(second).get(desk).content.decode()
    assert "Passed on without consent" not in as_user(paula).get(desk).content.decode()
    assert override.expires_at <= timezone.now() + timedelta(hours=12)
    assert override.code_digest == ""
    event = AuditEvent.objects.get(act="consented")
    assert event.facts["told"] == str(second.pk)
    assert event.facts["reason"] == "He is at the door."


def test_an_investigator_of_ones_own_agency_reads_no_consent_and_no_referral(
    consent: Consent, offer: Offer, victim: Victim, alice: User, anna: User, as_user: Any
) -> None:
    for who in (alice, anna):
        for name, pk in (
            ("consent-detail", consent.pk), ("referral-detail", offer.referral_id), ("offer-detail", offer.pk),
            ("refer", victim.pk), ("consent-new", victim.pk), ("danger", victim.pk),
        ):  # fmt: skip
            assert as_user(who).get(reverse(f"victims:{name}", args=[pk])).status_code == 404
        assert (
            "Harbour House"
            not in as_user(who).get(reverse("victims:care", args=[victim.pk])).content.decode()
        )
