"""Handing over on its pages: offered under “Who sees this”, waiting on the other desk, answered there."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies import actions, handing_over
from agencies.models import Agency, Handover, User
from agencies.visibility import Level, level_of
from intel.models import Lead
from tests import factories
from tests.api_client import Api

CONTENT = "Seen at the night market."


@pytest.fixture
def lead(alice: User) -> Lead:
    subject = factories.subject("Iris Moravec", phone="+1 404 555 0134")
    return factories.lead(alice, "Mole", narrative=CONTENT, countries=("MX",), subjects=(subject,))


def offer_url(lead: Lead) -> str:
    return reverse("agencies:hand-over", args=["intel.lead", lead.pk])


def offer(client: Client, lead: Lead, to: Agency, **facts: Any) -> Any:
    return client.post(
        offer_url(lead), {"receiver": to.pk, "keeps": 1, "reason": "Their city.", **facts}, follow=True
    )


def text(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def test_from_the_offer_to_the_answer(
    lead: Lead, anna: User, bea: User, eastport: Agency, as_user: Any
) -> None:
    ours, theirs = as_user(anna), as_user(bea)
    who_sees = reverse("agencies:who-sees", args=["intel.lead", lead.pk])
    assert offer_url(lead) in text(ours.get(who_sees))
    assert "stays yours until they accept" in text(offer(ours, lead, eastport))
    made = Handover.objects.get()
    page = reverse("agencies:handover", args=[made.pk])
    assert page in text(ours.get(who_sees))
    assert offer_url(lead) not in text(ours.get(who_sees))
    assert "Northland Police offers “<bdi>Mole</bdi>”" in text(theirs.get(reverse("agencies:desk-handovers")))
    answered = theirs.post(page, {"act": "accept", "reason": "We take it."}, follow=True)
    assert "your agency&#x27;s now" in text(answered)
    assert [level_of(user, lead) for user in (anna, bea)] == [Level.SUMMARY, Level.OWN]
    assert "No partner offers" in text(theirs.get(reverse("agencies:desk-handovers")))
    assert "We take it." in text(ours.get(page))


def test_who_is_offered_a_record_reads_its_summary_and_not_a_word_of_its_content(
    lead: Lead, anna: User, bea: User, eastport: Agency, as_user: Any
) -> None:
    made = handing_over.offer(lead, receiver=eastport, keeps=0, reason="Their city.", by=anna)
    html = "".join(
        text(as_user(bea).get(url))
        for url in (
            reverse("agencies:handover", args=[made.pk]), reverse("agencies:handovers"),
            reverse("agencies:desk-handovers"), reverse("agencies:who-sees", args=["intel.lead", lead.pk]),
            reverse("intel:lead-detail", args=[lead.pk]),
        )
    )  # fmt: skip
    assert "Mole" in html
    assert "Mexico" in html
    assert [word for word in (CONTENT, "Iris", "0134", lead.reference) if word in html] == []


def test_nobody_else_has_an_address_of_it(
    lead: Lead, alice: User, anna: User, bob: User, cora: User, eastport: Agency, as_user: Any
) -> None:
    made = handing_over.offer(lead, receiver=eastport, keeps=0, reason="Their city.", by=anna)
    page = reverse("agencies:handover", args=[made.pk])
    assert [as_user(user).get(page).status_code for user in (alice, bob, cora)] == [404, 404, 404]
    assert as_user(alice).get(offer_url(lead)).status_code == 404
    assert "Mole" not in text(as_user(cora).get(reverse("agencies:handovers")))
    assert "offer" not in text(as_user(bob).get(reverse("agencies:who-sees", args=["intel.lead", lead.pk])))


def test_what_stands_in_the_way_is_said_before_and_nothing_typed_is_lost(
    lead: Lead, anna: User, eastport: Agency, as_user: Any
) -> None:
    client = as_user(anna)
    nothing = client.post(offer_url(lead), {"receiver": eastport.pk, "keeps": 1, "reason": ""})
    assert nothing.status_code == 422
    assert "Give a reason" in nothing.content.decode()
    made = handing_over.offer(lead, receiver=eastport, keeps=0, reason="Their city.", by=anna)
    again = client.post(offer_url(lead), {"receiver": eastport.pk, "keeps": 1, "reason": "Typed long."})
    assert again.status_code == 422
    assert "has not answered yet" in again.content.decode()
    handing_over.withdraw(made, reason="no", by=anna)
    refused = client.post(reverse("agencies:handover", args=[made.pk]), {"act": "accept", "reason": "Typed."})
    assert refused.status_code == 422
    actions.restrict(lead, named=[anna], walled=[], reason="source", by=anna)
    assert "It is open to named people only" in text(client.get(offer_url(lead)))


def test_feeds_of_both_follow(
    lead: Lead, anna: User, bea: User, northland: Agency, bob_api: User, eastport: Agency
) -> None:
    ours, theirs = Api(factories.person("Register", northland, bob_api.role)), Api(bob_api)

    def pulled(api: Api) -> Any:
        [change] = api.get("/leads/").data["results"]
        return change

    assert pulled(ours)["narrative"] == CONTENT
    handover = handing_over.offer(lead, receiver=eastport, keeps=0, reason="Their city.", by=anna)
    assert pulled(theirs)["title"] == "Mole"
    assert "narrative" not in pulled(theirs)
    handing_over.accept(handover, reason="Ours.", by=bea)
    assert pulled(theirs)["narrative"] == CONTENT
    assert pulled(ours).keys() == {"id", "withdrawn", "changed_at"}


def test_the_list_asks_as_often_for_many_offers_as_for_few(
    alice: User, anna: User, eastport: Agency, as_user: Any
) -> None:
    client, counts = as_user(anna), []
    for more in (2, 8):
        for n in range(more):
            record = factories.lead(alice, f"Lead {n}")
            handing_over.offer(record, receiver=eastport, keeps=0, reason="Theirs.", by=anna)
        with CaptureQueriesContext(connection) as asked:
            text(client.get(reverse("agencies:handovers")))
        counts.append(len(asked))
    assert counts[0] == counts[1]
