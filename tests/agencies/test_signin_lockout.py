"""Who guesses at an account locks it; nobody learns from the answers which accounts exist or when a guess was right."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies import lockout
from agencies.audit import Act, AuditEvent
from agencies.models import SignInFailure, User
from agencies.permissions import Role
from agencies.policies import Refused
from tests.factories import person

PASSWORD, WRONG = "a long walk by the sea 7", "a short walk"


@pytest.fixture
def alice(alice: User) -> User:
    alice.set_password(PASSWORD)
    alice.save()
    return alice


def attempt(email: str, password: str = WRONG) -> Any:
    return Client().post("/account/login/", {"login": email, "password": password})


def said(response: Any) -> str:
    """The page without what differs by nature: tokens, and the address that was typed."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    return re.sub(r'value="[^"]*@[^"]*"', "", text)


def entered(response: Any) -> bool:
    return response.status_code == 302 and "sessionid" in response.cookies


def lock(user: User) -> None:
    for _ in range(5):
        attempt(user.email)
    user.refresh_from_db()


def test_the_fifth_wrong_try_locks_and_then_the_right_password_does_not_open(alice: User) -> None:
    for _ in range(4):
        attempt(alice.email)
    assert entered(attempt(alice.email, PASSWORD))
    lock(alice)
    assert alice.locked_at is not None
    assert not entered(attempt(alice.email, PASSWORD))


def test_four_wrong_tries_and_one_sixteen_minutes_later_lock_nothing(alice: User) -> None:
    for _ in range(4):
        attempt(alice.email)
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        attempt(alice.email)
        assert entered(attempt(alice.email, PASSWORD))


def test_waiting_does_not_unlock(alice: User) -> None:
    lock(alice)
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        lockout.forget_old_failures()
        assert not entered(attempt(alice.email, PASSWORD))


def test_unknown_wrong_right_but_locked_and_spelled_otherwise_read_the_same(alice: User) -> None:
    first = said(attempt("nobody@npd.example"))
    assert "is locked until an administrator" in first
    assert said(attempt(alice.email)) == first
    lock(alice)
    assert said(attempt(alice.email, PASSWORD)) == first
    assert said(attempt(f" {alice.email.upper()}")) == first


def test_an_unknown_address_costs_the_same_work_as_a_known_one(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes long is the hash of the password: one for either. The statements differ by the audit's one."""
    attempt("first@npd.example")  # makes the rows that count by sender
    hashes = 0

    def counted(real: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal hashes
            hashes += 1
            return real(*args, **kwargs)

        return call

    for name in ("encode", "verify"):
        monkeypatch.setattr(Argon2PasswordHasher, name, counted(getattr(Argon2PasswordHasher, name)))
    work = []
    for email in (alice.email, "nobody@npd.example"):
        hashes = 0
        with CaptureQueriesContext(connection) as statements:
            attempt(email)
        work.append((hashes, len(statements)))
    (known_hashes, known_statements), (unknown_hashes, unknown_statements) = work
    assert known_hashes == unknown_hashes == 1
    assert known_statements - unknown_statements <= 1


def test_neither_address_nor_password_is_kept_of_a_wrong_try(alice: User) -> None:
    attempt(alice.email, "wrong-secret")
    attempt("my-password-by-mistake@npd.example")
    kept = str(list(SignInFailure.objects.values())) + str(list(AuditEvent.objects.values()))
    assert "wrong-secret" not in kept
    assert "by-mistake" not in kept


@pytest.mark.django_db(transaction=True)
def test_guesses_at_the_same_moment_are_counted_one_by_one(alice: User) -> None:
    def guess() -> None:
        attempt(alice.email)
        connection.close()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert SignInFailure.objects.count() == 8
    assert AuditEvent.objects.filter(act=Act.LOCKED).count() == 1


def test_an_open_session_goes_on_so_that_guessing_cannot_drive_an_officer_out(
    alice: User, as_user: Any
) -> None:
    hers = as_user(alice)
    lock(alice)
    assert hers.get("/agency/").status_code == 200


def test_the_administrator_of_the_agency_sees_the_lock_and_releases_it(
    alice: User, ada: User, as_user: Any
) -> None:
    lock(alice)
    page = as_user(ada).get("/agency/people/").content.decode()
    assert f"/agency/people/{alice.pk}/release/" in page
    as_user(ada).post(f"/agency/people/{alice.pk}/release/")
    assert entered(attempt(alice.email, PASSWORD))
    acts = list(AuditEvent.objects.of_agency(ada).order_by("id").values_list("act", flat=True))
    assert [act for act in acts if act != Act.SIGN_IN_FAILED][:2] == [Act.LOCKED, Act.RELEASED]
    assert acts.count(Act.SIGN_IN_FAILED) == 5


def test_nobody_else_releases_it(alice: User, anna: User, bob: User, as_user: Any, eastport: Any) -> None:
    lock(alice)
    other = person("Eve", eastport, Role.AGENCY_ADMINISTRATOR)
    for user in (anna, bob, other):
        assert as_user(user).post(f"/agency/people/{alice.pk}/release/").status_code == 404
    assert "/release/" not in as_user(anna).get("/agency/people/").content.decode()
    with pytest.raises(Refused):
        lockout.release(alice, by=other)


def test_a_locked_administrator_is_released_by_another_one_or_by_the_installation(
    ada: User, as_user: Any
) -> None:
    lock(ada)
    as_user(ada).post(f"/agency/people/{ada.pk}/release/")
    ada.refresh_from_db()
    assert ada.locked_at is not None
    call_command("release_account", ada.email)
    ada.refresh_from_db()
    assert ada.locked_at is None
    with pytest.raises(CommandError, match="not locked"):
        call_command("release_account", ada.email)
