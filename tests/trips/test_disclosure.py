"""From a sealed pointer to a shared record and back: ask, answer, read, run out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agencies.audit import Act, AuditEvent
from agencies.models import User
from intel.matching import engine
from intel.models import Disclosure, HitNotice, Lead
from tests import factories


@pytest.fixture
def pointer(contacts: None, alice: User, bob: User) -> HitNotice:
    """Alice's pointer to Bob's record."""
    engine.match(
        factories.lead(bob, "Eastcanary title", narrative="Eastcanary narrative", phone="+1 404 555 0134").pk
    )
    engine.match(factories.lead(alice, "Her lead", phone="404-555-0134").pk)
    return HitNotice.objects.get(agency=alice.agency)


def test_a_pointer_becomes_a_shared_record_until_the_day_it_ends(
    pointer: HitNotice, alice: User, bea: User, as_user: Any
) -> None:
    hers, theirs = as_user(alice), as_user(bea)
    page = reverse("intel:notice-detail", args=[pointer.pk])
    sealed = hers.get(page).content.decode()
    assert "Bea" in sealed
    assert "Eastcanary" not in sealed

    ask(hers, pointer)
    disclosure = Disclosure.objects.get()
    end = timezone.now() + timedelta(days=3)
    answer = {"give": "full", "until": end.date().isoformat(), "answer": "Go on"}
    assert theirs.post(reverse("intel:disclosure-answer", args=[disclosure.pk]), answer).status_code == 302

    assert "Eastcanary title" in hers.get(page).content.decode()
    lead = Lead.objects.get(agency=bea.agency)
    assert "Eastcanary narrative" in hers.get(reverse("intel:lead-detail", args=[lead.pk])).content.decode()
    assert AuditEvent.objects.filter(act=Act.VIEWED, object_id=lead.pk, actor_id=alice.pk).exists()
    with time_machine.travel(end + timedelta(days=1)):
        late = as_user(alice)
        assert late.get(reverse("intel:lead-detail", args=[lead.pk])).status_code == 404
        assert "Eastcanary" not in late.get(page).content.decode()


def ask(client: Client, pointer: HitNotice) -> None:
    deadline = (timezone.localdate() + timedelta(days=7)).isoformat()
    form = {"level": "2", "purpose": "Find the caller", "deadline": deadline}
    assert client.post(reverse("intel:notice-ask", args=[pointer.pk]), form).status_code == 302
