"""The desk: a frame of what waits for a decision, each panel only for those whose role decides."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from agencies.models import User
from agencies.permissions import Role

HITS, TASKS = "/desk/hits/", "/cases/desk/tasks/"


def desk(client: Any) -> str:
    response = client.get("/")
    assert response.status_code == 200
    return str(response.content.decode())


def test_an_investigator_gets_the_panels_of_decisions(alice: User, as_user: Any) -> None:
    html = desk(as_user(alice))
    for name in ("intel:desk-hits", "intel:desk-disclosures", "intel:desk-leads", "cases:desk-tasks"):
        assert f'hx-get="{reverse(name)}"' in html


def test_other_roles_get_only_what_is_theirs_and_a_place_to_begin(
    nora: User, ada: User, as_user: Any
) -> None:
    for user, begins in ((nora, reverse("victims:victim-new")), (ada, reverse("agencies:room-people"))):
        html = desk(as_user(user))
        assert HITS not in html
        assert TASKS not in html
        assert begins in html


def test_whoever_acts_for_no_agency_is_told_so(db: None, as_user: Any) -> None:
    root = User.objects.create_superuser("root@example.org", "x" * 12, name="Root", role=Role.SUPERVISOR)
    html = desk(as_user(root))
    assert HITS not in html
    assert "You act for no agency yet" in html


def test_it_asks_to_sign_in_first(client: Any, db: None) -> None:
    assert "/account/login/" in client.get("/")["Location"]
