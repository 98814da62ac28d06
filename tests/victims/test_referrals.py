from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import close_old_connections, connection
from django.urls import reverse
from django.utils import timezone

from agencies import acting
from agencies.models import Agency, AuditEvent, User
from agencies.permissions import Role
from agencies.policies import Refused
from agencies.visibility import level_of
from tests import factories
from victims import actions, ending
from victims.gaps import gaps_for
from victims.models import Consent, FollowUp, Offer, Referral, Victim
from victims.policies_care import diagram

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "referrals.md"


@pytest.fixture
def paula(northland: Agency) -> User:
    return factories.person("Paula", northland, Role.VICTIM_CASEWORKER)


@pytest.fixture
def petra(northland: Agency) -> User:
    return factories.person("Petra", northland, Role.PROTECTION_OFFICER)


@pytest.fixture
def edda(eastport: Agency) -> User:
    return factories.person("Edda", eastport, Role.VICTIM_CASEWORKER)


@pytest.fixture
def victim(paula: User) -> Victim:
    return actions.register_victim(by=paula, age_band="18-20", languages=["ukr"], needs=["legal", "medical"])


@pytest.fixture
def consent(victim: Victim, paula: User, harbour: Agency, eastport: Agency) -> Consent:
    return factories.consent(victim, harbour, eastport, by=paula)


@pytest.fixture
def referral(consent: Consent, paula: User, nora: User, edda: User) -> Referral:
    """To Harbour House and Eastport at once."""
    return factories.referral(consent, nora.agency, edda.agency, by=paula)  # type: ignore[arg-type]


def of(referral: Referral, who: User) -> Offer:
    return referral.offers.get(receiver=who.agency)


def test_a_caseworker_refers_from_the_page_and_the_provider_accepts(
    victim: Victim, consent: Consent, paula: User, nora: User, harbour: Agency, as_user: Any
) -> None:
    factories.service(nora, kind="legal", title="Lawyers", languages=["ukr"])
    url = reverse("victims:refer", args=[victim.pk])
    page = as_user(paula).get(url).content.decode()
    assert "Speaks Ukrainian" in page
    said = {
        "need": "legal", "consent": str(consent.pk), "receivers": [str(harbour.pk)], "purpose": "services",
        "data_classes": ["age_band", "risk"], "risk": "", "kind": "referral",
    }  # fmt: skip
    refused = as_user(paula).post(url, said)
    assert refused.status_code == 422
    assert "Write what is to be sent" in refused.content.decode()
    sent = as_user(paula).post(url, said | {"risk": "He calls daily."})
    desk = as_user(nora).get(reverse("victims:care-desk"))
    assert desk["Cache-Control"] == "no-store, private"
    offer = Offer.objects.get()
    assert offer.reference in desk.content.decode()
    read = as_user(nora).get(reverse("victims:offer-detail", args=[offer.pk])).content.decode()
    assert "He calls daily." in read
    assert "18-20" in read
    as_user(nora).post(reverse("victims:offer-accept", args=[offer.pk]))
    page = as_user(paula).get(sent["Location"]).content.decode()
    assert "Accepted" in page
    assert "Nora" in page


def test_the_receiver_reads_exactly_what_was_sent_and_nothing_else_of_the_person_or_of_a_case(
    referral: Referral, victim: Victim, consent: Consent, nora: User, anna: User, as_user: Any
) -> None:
    factories.case(anna, "Cannery of Quetzal")
    offer, reader = of(referral, nora), as_user(nora)
    assert offer.sent == {"age_band": "18-20", "risk": "He knows her telephone."}
    paths = [
        reverse("victims:offer-detail", args=[offer.pk]), reverse("victims:care-desk"), reverse("victims:victim-list"),
        reverse("victims:referral-list"), reverse("victims:desk-referrals"), reverse("victims:gaps"),
        reverse("agencies:history", args=["victims.offer", offer.pk]),
        reverse("agencies:who-sees", args=["victims.offer", offer.pk]), "/", "/search/?q=Cannery", "/cases/",
    ]  # fmt: skip
    texts = {path: reader.get(path).content.decode() for path in paths}
    secrets = [victim.pseudonym, str(victim.pk), str(consent.pk), consent.reference, consent.code,
               referral.reference, str(referral.pk), "Paula", "Ukrainian", "Medical care", "Eastport", "Quetzal"]  # fmt: skip
    assert [(path, each) for path, text in texts.items() for each in secrets if each in text] == []
    for name, pk in (
        ("victim-detail", victim.pk), ("care", victim.pk), ("refer", victim.pk), ("consent-detail", consent.pk),
        ("referral-detail", referral.pk), ("offer-detail", referral.offers.exclude(pk=offer.pk).get().pk),
    ):  # fmt: skip
        assert reader.get(reverse(f"victims:{name}", args=[pk])).status_code == 404
    with acting.on_behalf_of(acting.viewer(nora)):
        assert list(Offer.objects.values_list("pk", flat=True)) == [offer.pk]
        assert not Referral.objects.exists()
        assert not Consent.objects.exists()
        assert not Victim.objects.exists()


def test_only_the_providers_caseworkers_read_it(
    referral: Referral, nora: User, bob: User, harbour: Agency
) -> None:
    boss = factories.person("Boss", harbour, Role.SUPERVISOR)
    assert level_of(boss, of(referral, nora)) is None
    assert level_of(bob, of(referral, nora)) is None
    with pytest.raises(Refused):
        actions.accept_offer(of(referral, nora), by=boss)


def test_of_two_who_accept_one_wins_and_the_other_is_told_and_reads_nothing_more(
    referral: Referral, nora: User, edda: User, as_user: Any
) -> None:
    actions.accept_offer(of(referral, nora), by=nora)
    late = of(referral, edda)
    url = reverse("victims:offer-accept", args=[late.pk])
    page = as_user(edda).post(url, follow=True).content.decode()
    assert "Another provider accepted it first" in page
    assert "He knows" not in page
    assert "Harbour" not in page
    assert of(referral, nora).state == Offer.State.ACCEPTED


@pytest.mark.django_db(transaction=True)
def test_fifty_who_accept_at_once_have_one_winner_and_no_error(
    victim: Victim, paula: User, northland: Agency, crossroads: Any
) -> None:
    people = []
    for number in range(50):
        agency = factories.agency(f"Provider {number}", f"P{number}")
        crossroads.members.add(agency)
        people.append(factories.person(f"Worker {number}", agency, Role.VICTIM_CASEWORKER))
    agencies = [person.agency for person in people]
    consent = factories.consent(victim, *agencies, by=paula)

    def accept(pair: tuple[Offer, User]) -> str:
        with acting.on_behalf_of(acting.SYSTEM):
            try:
                actions.accept_offer(pair[0], by=pair[1])
            except Refused as refused:
                return str(refused)
            finally:
                connection.close()
        return "won"

    for _ in range(4):
        referral = factories.referral(consent, *agencies, by=paula)
        offers = {offer.receiver_id: offer for offer in referral.offers.all()}
        with ThreadPoolExecutor(10) as pool:  # as many connections as a shared server spares
            said = list(pool.map(accept, [(offers[person.agency_id], person) for person in people]))
        assert said.count("won") == 1
        assert {each for each in said if each != "won"} == {
            "Another provider accepted it first. The person is being helped; you need do nothing."
        }
        states = list(referral.offers.values_list("state", flat=True))
        assert (states.count("accepted"), states.count("taken")) == (1, 49)
    close_old_connections()


def test_a_rejection_takes_a_reason_and_the_last_one_ends_the_referral(
    referral: Referral, nora: User, edda: User, as_user: Any
) -> None:
    offer = of(referral, nora)
    url = reverse("victims:offer-reject", args=[offer.pk])
    assert as_user(nora).post(url, {}).status_code == 422
    as_user(nora).post(url, {"rejection": "no_place"})
    referral.refresh_from_db()
    assert referral.state == Referral.State.IN_PROGRESS
    assert of(referral, nora).sent == {}
    actions.reject_offer(of(referral, edda), rejection="language", by=edda)
    referral.refresh_from_db()
    assert referral.state == Referral.State.REJECTED
    with pytest.raises(Refused, match="rejected already"):
        actions.accept_offer(offer, by=nora)


def test_who_accepted_follows_up_and_finishes_and_then_reads_nothing_more(
    referral: Referral, nora: User, paula: User, as_user: Any
) -> None:
    offer = actions.accept_offer(of(referral, nora), by=nora)
    client, day = as_user(nora), timezone.localdate() + timedelta(days=3)
    client.post(
        reverse("victims:follow-up-new", args=[offer.pk]), {"due_on": str(day), "about": "Ask how she sleeps"}
    )
    assert "Ask how she sleeps" in client.get(reverse("victims:care-desk")).content.decode()
    row = FollowUp.objects.get()
    client.post(reverse("victims:follow-up-done", args=[row.pk]), {"found": "Better"})
    client.post(
        reverse("victims:offer-finish", args=[offer.pk]), {"outcome": "given", "answer": "Ten hours."}
    )
    assert "He knows" not in client.get(reverse("victims:offer-detail", args=[offer.pk])).content.decode()
    page = as_user(paula).get(reverse("victims:referral-detail", args=[referral.pk])).content.decode()
    for words in ("Service given", "Ten hours.", "Ask how she sleeps", "Better"):
        assert words in page


def test_nobody_answers_in_time_and_the_coordinator_is_told_once(
    referral: Referral, paula: User, petra: User, as_user: Any
) -> None:
    assert ending.escalate_unanswered() == 0
    with time_machine.travel(referral.answer_by + timedelta(seconds=1), tick=False):
        assert [ending.escalate_unanswered(), ending.escalate_unanswered()] == [1, 0]
        desk = reverse("victims:desk-referrals")
        assert "Nobody answered" in as_user(petra).get(desk).content.decode()
        assert "Nobody answered" not in as_user(paula).get(desk).content.decode()


def test_an_urgent_need_waits_for_less_time(
    consent: Consent, victim: Victim, paula: User, harbour: Agency
) -> None:
    Victim.objects.update(urgent=True)
    urgent = factories.referral(consent, harbour, by=paula)
    assert urgent.answer_by < timezone.now() + timedelta(hours=3)


def test_how_soon_an_answer_is_asked_for_does_not_tell_that_it_is_urgent(
    consent: Consent, paula: User, harbour: Agency
) -> None:
    Victim.objects.update(urgent=True)
    told = factories.referral(consent, harbour, by=paula, data_classes=["urgency"]).offers.get()
    untold = factories.referral(consent, harbour, by=paula, data_classes=["age_band"]).offers.get()
    assert told.answer_by < timezone.now() + timedelta(hours=3)
    assert timedelta(hours=23) < untold.answer_by - timezone.now() <= timedelta(hours=24)


def test_who_accepts_a_transfer_becomes_responsible_with_a_record_of_only_what_was_sent(
    consent: Consent, victim: Victim, paula: User, nora: User, as_user: Any
) -> None:
    moved = factories.referral(consent, nora.agency, by=paula, kind="transfer", data_classes=["age_band"])  # type: ignore[arg-type]
    actions.accept_offer(moved.offers.get(), by=nora)
    record = Victim.objects.exclude(pk=victim.pk).get()
    assert (record.agency, record.age_band, record.needs, record.languages) == (
        nora.agency,
        "18-20",
        ["legal"],
        [],
    )
    assert record.pseudonym != victim.pseudonym
    page = as_user(paula).get(reverse("victims:referral-detail", args=[moved.pk])).content.decode()
    assert "is responsible since" in page
    assert record.pseudonym not in page


def test_revoking_ends_what_is_open_and_is_on_record_with_its_reason(
    referral: Referral, nora: User, edda: User, paula: User, as_user: Any
) -> None:
    actions.accept_offer(of(referral, nora), by=nora)
    as_user(paula).post(reverse("victims:referral-revoke", args=[referral.pk]), {"reason": "She moved away."})
    assert of(referral, nora).state == Offer.State.REVOKED
    assert of(referral, edda).state == Offer.State.TAKEN
    assert (
        "was withdrawn"
        in as_user(nora).get(reverse("victims:offer-detail", args=[of(referral, nora).pk])).content.decode()
    )
    event = AuditEvent.objects.get(act="revoked", kind="victims.offer")
    assert event.facts["reason"] == "She moved away."
    with pytest.raises(Refused, match="over already"):
        actions.revoke_referral(referral, reason="again", by=paula)


def test_the_reference_draws_the_machine_as_it_is() -> None:
    assert diagram() in REFERENCE.read_text()


def test_a_gap_is_told_only_of_many_people_and_never_of_a_partners_few(
    paula: User, petra: User, nora: User, alice: User, anna: User, as_user: Any
) -> None:
    def told(who: User) -> str:
        text: str = as_user(who).get(reverse("victims:gaps")).content.decode()
        return text

    for _ in range(12):
        actions.register_victim(by=paula, needs=["legal"])
    for _ in range(10):
        actions.register_victim(by=nora, needs=["legal", "medical"])
    assert "Nothing that may be shown" in told(petra)
    for _ in range(2):
        actions.register_victim(by=nora, needs=["legal"])
    assert "Legal assistance" in told(petra)
    assert "Medical care" not in told(anna)
    assert [(gap.at_least, gap.ours) for gap in gaps_for(anna)] == [(10, 12)]
    for registered in range(13, 18):  # of one's own, one by one: the partner's number does not move
        actions.register_victim(by=paula, needs=["legal"])
        assert [(gap.at_least, gap.ours) for gap in gaps_for(anna)] == [(10, registered)]
    assert as_user(alice).get(reverse("victims:gaps")).status_code == 404
