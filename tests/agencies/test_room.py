"""The agency's room: people, partners, pointer policy, API clients."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from oauth2_provider.models import Application

from agencies import actions
from agencies.audit import Act, AuditEvent
from agencies.models import Agency, PointerPolicy, User
from agencies.permissions import Role
from agencies.policies import Refused
from tests import factories

NEW = {"name": "Paul Reed", "email": "paul@npd.example", "role": Role.ANALYST}

CLIENT = {"name": "Case register", "purpose": "Nightly pull", "scopes": "read write"}


def text(response: Any) -> str:
    return str(response.content.decode())


def test_everybody_of_the_agency_finds_colleagues_and_partners(
    alice: User, anna: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    actions.name_contact(agency=eastport, contact=bob, by=None)
    people = text(as_user(alice).get("/agency/people/"))
    assert "Anna" in people
    assert "Bob" not in people
    partners = text(as_user(alice).get("/agency/partners/"))
    assert "Eastport Prosecution" in partners
    assert "Bob" in partners


def test_agencies_outside_ones_task_forces_are_not_shown(alice: User, as_user: Any) -> None:
    stranger = factories.agency("Farland Customs", "FLC")
    factories.task_force("Elsewhere", [stranger])
    html = text(as_user(alice).get("/agency/partners/"))
    assert "Farland" not in html
    assert "Elsewhere" not in html


def test_the_administrator_gives_an_account_and_hands_over_a_link_that_sets_the_password_once(
    ada: User, as_user: Any
) -> None:
    response = as_user(ada).post("/agency/people/", NEW)
    link = re.search(r'id="password-link">([^<]+)<', text(response))
    assert link is not None
    paul = User.objects.get(email="paul@npd.example")
    assert (paul.agency_id, paul.role, mail.outbox) == (ada.agency_id, Role.ANALYST, [])

    visitor = Client()
    form = visitor.get(link[1], follow=True)
    words = "a long walk by the sea 7"
    visitor.post(form.redirect_chain[-1][0], {"password1": words, "password2": words})
    assert User.objects.get(pk=paul.pk).check_password(words)
    assert "password1" not in text(Client().get(link[1], follow=True))


def test_what_is_wrong_with_a_new_account_is_said_and_what_was_typed_stays(
    ada: User, bob: User, as_user: Any
) -> None:
    bad = as_user(ada).post("/agency/people/", NEW | {"email": "paul at npd"})
    assert bad.status_code == 422
    assert "This is not an e-mail address" in text(bad)
    assert 'value="Paul Reed"' in text(bad)
    taken = as_user(ada).post("/agency/people/", NEW | {"email": bob.email.upper()})
    assert taken.status_code == 422
    assert "Eastport" not in text(taken)


def test_nobody_else_gives_accounts_or_api_clients(anna: User, ada: User, as_user: Any) -> None:
    client = as_user(anna)
    assert client.post("/agency/people/", NEW).status_code == 404
    assert client.get("/agency/clients/").status_code == 404
    assert client.post("/agency/", {"pointer_policy": "excluded"}).status_code == 200
    assert Agency.objects.get(pk=ada.agency_id).pointer_policy == PointerPolicy.NAMED


def test_a_closed_account_is_signed_out_at_the_next_click_and_can_be_opened_again(
    ada: User, alice: User, northland: Agency, as_user: Any
) -> None:
    actions.name_contact(agency=northland, contact=alice, by=None)
    hers = as_user(alice)
    assert hers.get("/agency/").status_code == 200
    assert as_user(ada).post(f"/agency/people/{alice.pk}/close/", {"reason": ""}).status_code == 422
    as_user(ada).post(f"/agency/people/{alice.pk}/close/", {"reason": "Left the force"})
    assert "/account/login/" in hers.get("/agency/")["Location"]
    northland.refresh_from_db()
    assert northland.contact is None
    as_user(ada).post(f"/agency/people/{alice.pk}/open/")
    assert User.objects.get(pk=alice.pk).is_active


def test_the_administrator_signs_a_colleague_out_everywhere(
    ada: User, anna: User, bob: User, as_user: Any
) -> None:
    anna.set_password("a long walk by the sea 7")
    anna.save()
    hers = Client()
    hers.post("/account/login/", {"login": anna.email, "password": "a long walk by the sea 7"})
    assert hers.get("/agency/").status_code == 200
    answer = as_user(ada).post(f"/agency/people/{anna.pk}/sign-out/", follow=True)
    assert "signed out of 1 place" in text(answer)
    assert "/account/login/" in hers.get("/agency/")["Location"]
    assert AuditEvent.objects.get(act=Act.SIGNED_OUT, object_id=anna.pk).actor_id == ada.pk
    for user, person in ((anna, ada), (ada, bob)):
        assert as_user(user).post(f"/agency/people/{person.pk}/sign-out/").status_code == 404


def test_an_administrator_closes_neither_their_own_account_nor_anothers_agencys(
    ada: User, bob: User, as_user: Any
) -> None:
    own = as_user(ada).post(f"/agency/people/{ada.pk}/close/", {"reason": "x"})
    assert own.status_code == 422
    assert "You cannot close your own account" in text(own)
    assert as_user(ada).post(f"/agency/people/{bob.pk}/close/", {"reason": "x"}).status_code == 404
    with pytest.raises(Refused):
        actions.dismiss(person=bob, reason="x", by=ada)


def test_the_administrator_decides_what_partners_learn_and_whom_they_ask(
    ada: User, alice: User, bob: User, northland: Agency, as_user: Any
) -> None:
    as_user(ada).post("/agency/", {"pointer_policy": "liaison", "contact": alice.pk})
    northland.refresh_from_db()
    assert (northland.pointer_policy, northland.contact) == (PointerPolicy.LIAISON, alice)
    foreign = as_user(ada).post("/agency/", {"pointer_policy": "liaison", "contact": bob.pk})
    assert foreign.status_code == 422


def test_the_secret_of_an_api_client_is_shown_once_with_a_ready_command(ada: User, as_user: Any) -> None:
    response = as_user(ada).post("/agency/clients/", CLIENT)
    html = text(response)
    client = Application.objects.get(name="Case register")
    secret = re.search(r'id="client-secret">([^<]+)<', html)
    assert secret is not None
    assert client.client_id in html
    assert f"CLIENT_SECRET='{secret[1]}'" in html.replace("&#x27;", "'")
    assert secret[1] not in client.client_secret
    assert secret[1] not in text(as_user(ada).get("/agency/clients/"))


def test_a_withdrawn_client_is_gone_and_only_ones_own_can_be_withdrawn(
    ada: User, bob_api: User, as_user: Any
) -> None:
    client, _ = actions.issue_api_client(name="Case register", by=ada)
    as_user(ada).post(f"/agency/clients/{client.user.pk}/withdraw/")
    assert not Application.objects.exists()
    assert not User.objects.get(pk=client.user.pk).is_active
    assert as_user(ada).post(f"/agency/clients/{bob_api.pk}/withdraw/").status_code == 404
