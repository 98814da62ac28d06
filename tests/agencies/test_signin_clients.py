"""An API client's credentials work for what, from where and until when its agency said; rotating them stops nothing."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import Application

from agencies import actions
from agencies.audit import Act, AuditEvent
from agencies.models import ClientTerms, User
from agencies.policies import Refused

ASKED = {"name": "Register", "purpose": "Nightly pull", "scopes": "read", "networks": "192.0.2.0/24"}


def token(client: Application, secret: str, scope: str = "") -> Any:
    known = base64.b64encode(f"{client.client_id}:{secret}".encode()).decode()
    body = {"grant_type": "client_credentials", **({"scope": scope} if scope else {})}
    return Client().post("/api/v1/token/", body, headers={"Authorization": f"Basic {known}"})


def call(answer: Any, ip: str = "192.0.2.7", method: str = "get") -> Any:
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return getattr(Client(REMOTE_ADDR=ip), method)(
        "/api/v1/leads/", headers=headers, content_type="application/json"
    )


def test_the_administrator_says_what_for_how_much_and_from_where(ada: User, as_user: Any) -> None:
    page = as_user(ada).post("/agency/clients/", ASKED | {"networks": "192.0.2.0/24, 2001:db8::1"})
    terms = ClientTerms.objects.get()
    assert (terms.purpose, terms.scopes) == ("Nightly pull", "read")
    assert terms.networks == ["192.0.2.0/24", "2001:db8::1/128"]
    assert 89 <= (terms.expires_at - timezone.now()).days <= 90
    for words in ("Nightly pull", "Reads only", "192.0.2.0/24", "Never"):
        assert words in page.content.decode()
    issued = AuditEvent.objects.get(act=Act.ISSUED)
    assert issued.facts["networks"] == terms.networks


def test_what_is_no_network_is_said_and_what_was_typed_stays(ada: User, as_user: Any) -> None:
    page = as_user(ada).post("/agency/clients/", ASKED | {"networks": "192.0.2.0/24\nour office"})
    assert page.status_code == 422
    assert "“our” is not a network" in page.content.decode()
    assert "our office" in page.content.decode()
    assert not Application.objects.exists()


def test_it_calls_from_its_networks_alone_and_its_last_use_is_noted(ada: User) -> None:
    client, secret = actions.issue_api_client(name="Register", by=ada, networks=["192.0.2.0/24"])
    answer = token(client, secret)
    refused = call(answer, ip="198.51.100.1")
    assert refused.status_code == 401
    assert "may not call from 198.51.100.1" in refused.json()["detail"]
    assert ClientTerms.objects.get().last_used_at is None
    [tried] = AuditEvent.objects.of_agency(ada).filter(act=Act.SIGN_IN_FAILED)
    assert (tried.object_id, tried.address) == (client.user_id, "198.51.100.1")
    assert call(answer).status_code == 200
    assert ClientTerms.objects.get().last_used_at is not None


def test_a_client_that_reads_gets_no_token_to_write(ada: User) -> None:
    client, secret = actions.issue_api_client(name="Register", by=ada, scopes="read")
    assert token(client, secret, "read write").status_code == 400
    answer = token(client, secret)
    assert call(answer).status_code == 200
    assert call(answer, method="post").status_code == 403


def test_expired_credentials_get_no_token_and_a_token_that_is_still_held_stops_too(ada: User) -> None:
    client, secret = actions.issue_api_client(name="Register", by=ada, days=1)
    start = timezone.now()
    with time_machine.travel(start + timedelta(hours=23, minutes=50)):
        answer = token(client, secret)
        assert call(answer).status_code == 200
    with time_machine.travel(start + timedelta(days=1, minutes=1)):
        assert "have expired" in call(answer).json()["detail"]
        assert token(client, secret).status_code == 401


def test_rotated_credentials_overlap_for_a_day(ada: User, as_user: Any) -> None:
    old, old_secret = actions.issue_api_client(
        name="Register", by=ada, scopes="read", networks=["192.0.2.0/24"]
    )
    page = as_user(ada).post(f"/agency/clients/{old.user.pk}/rotate/").content.decode()
    shown = re.search(r'id="client-secret">([^<]+)<', page)
    assert shown is not None
    new = Application.objects.exclude(pk=old.pk).get()
    assert (new.user, new.terms.scopes, new.terms.networks) == (old.user, "read", ["192.0.2.0/24"])
    for client, secret in ((old, old_secret), (new, shown[1])):
        assert call(token(client, secret)).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1)):
        assert token(old, old_secret).status_code == 401
        assert call(token(new, shown[1])).status_code == 200
    assert AuditEvent.objects.filter(act=Act.ISSUED, object_id=old.user.pk).count() == 2


def test_nobody_rotates_another_agencys(ada: User, anna: User, bob_api: User, as_user: Any) -> None:
    for user in (ada, anna):
        assert as_user(user).post(f"/agency/clients/{bob_api.pk}/rotate/").status_code == 404
    with pytest.raises(Refused):
        actions.rotate_api_client(account=bob_api, by=ada)
