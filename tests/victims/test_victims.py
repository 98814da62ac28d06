from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.urls import reverse

from agencies.models import User
from agencies.policies import Refused
from agencies.visibility import level_of
from victims import actions
from victims.models import Victim


def test_a_caseworker_registers_a_victim_under_a_pseudonym(nora: User, as_user: Any) -> None:
    answer = as_user(nora).post(
        reverse("victims:victim-new"),
        {"age_band": "9-17", "languages": ["spa"], "needs": ["shelter"], "urgent": "on"},
    )
    victim = Victim.objects.get()
    assert answer["Location"] == reverse("victims:victim-detail", args=[victim.pk])
    page = as_user(nora).get(answer["Location"]).content.decode()
    assert victim.pseudonym in page
    assert "Safe accommodation" in page


def test_no_other_agency_learns_of_it(nora: User, alice: User, anna: User, as_user: Any) -> None:
    victim = actions.register_victim(by=nora)
    assert level_of(alice, victim) is level_of(anna, victim) is None
    assert as_user(anna).get(reverse("victims:victim-detail", args=[victim.pk])).status_code == 404


@pytest.mark.parametrize("identity", ["name", "birth_date", "document", "address", "note"])
def test_the_record_has_no_field_for_an_identity(identity: str) -> None:
    with pytest.raises(FieldDoesNotExist):
        Victim._meta.get_field(identity)


def test_an_investigator_may_not_register(alice: User) -> None:
    with pytest.raises(Refused):
        actions.register_victim(by=alice)


def test_the_second_editor_sees_both_versions_and_overwrites_nothing(nora: User, as_user: Any) -> None:
    victim = actions.register_victim(by=nora, needs=["legal"])
    url = reverse("victims:victim-edit", args=[victim.pk])
    stale = as_user(nora).get(url).context["form"].initial["version"]
    as_user(nora).post(url, {"age_band": "18-20", "needs": ["shelter"], "version": stale})
    answer = as_user(nora).post(url, {"age_band": "21-29", "needs": ["medical"], "version": stale})
    assert answer.status_code == 422
    assert "Safe accommodation" in answer.content.decode()
    victim.refresh_from_db()
    assert victim.needs == ["shelter"]
