"""Unused accounts are closed, and passwords that a guesser tries first are refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from agencies import actions, dormancy
from agencies.audit import Act, AuditEvent
from agencies.models import Agency, User

PASSWORD = "a long walk by the sea 7"


def signs_in(user: User) -> Client:
    client = Client()
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    return client


@pytest.fixture
def alice(alice: User) -> User:
    alice.set_password(PASSWORD)
    alice.save()
    return alice


def test_an_account_that_nobody_used_for_90_days_is_closed_and_shown_so(
    alice: User, ada: User, bob_api: User, northland: Agency, as_user: Any
) -> None:
    actions.name_contact(agency=northland, contact=alice, by=None)
    signs_in(alice)
    start = timezone.now()
    with time_machine.travel(start + timedelta(days=89)):
        as_user(ada)
        assert dormancy.close_unused() == 0
    with time_machine.travel(start + timedelta(days=91)):
        assert dormancy.close_unused() == 1
        page = as_user(ada).get("/agency/people/").content.decode()
    alice.refresh_from_db()
    northland.refresh_from_db()
    assert not alice.is_active
    assert northland.contact is None
    assert "not used for 90 days" in page
    assert User.objects.get(pk=bob_api.pk).is_active
    assert AuditEvent.objects.filter(act=Act.DORMANT, object_id=alice.pk).count() == 1


def test_signing_in_too_late_closes_it_too_and_the_administrator_opens_it_again(
    alice: User, ada: User, as_user: Any
) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        assert signs_in(alice).get("/agency/").status_code == 302
        alice.refresh_from_db()
        assert alice.closed_as_dormant
        as_user(ada).post(f"/agency/people/{alice.pk}/open/")
        assert dormancy.close_unused() == 0
        assert signs_in(alice).get("/agency/").status_code == 200


def test_the_demo_and_whoever_says_so_close_none(alice: User, settings: Any) -> None:
    settings.DORMANT_DAYS = 0
    with time_machine.travel(timezone.now() + timedelta(days=900)):
        assert dormancy.close_unused() == 0


@pytest.mark.parametrize(
    "guessed",
    ["Password2026!!", "P@ssw0rd12345", "1234567890123", "qwertyuiop[]12", "aaaaaaaaaaaaaa", "dragondragon",
     "abcabcabcabc", "Taskforce-2026", "!!!letmein2026!!!", "Northland Police 1", "alice.npd.example", "short7word"],
)  # fmt: skip
def test_what_a_guesser_tries_first_is_refused(alice: User, guessed: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(guessed, alice)


@pytest.mark.parametrize(
    "good", ["correct horse battery", "vier Birnen am Zaun", "x7#kPq2$wLm9", "dragons eat slow trains"]
)
def test_words_that_do_not_belong_together_are_taken_without_digits_or_signs(alice: User, good: str) -> None:
    validate_password(good, alice)
