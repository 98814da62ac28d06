"""The pages of linking runs ask the database as often for many runs and hits as for few."""

from __future__ import annotations

from typing import Any

import pytest
from celery import current_app
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.models import User
from intel.matching import engine
from intel.models import LinkError, LinkRun
from tests import factories
from tests.leaks.world import finished_run


def grow(rows: int, start: int, alice: User, anna: User, bob: User) -> tuple[LinkRun, LinkRun]:
    """Leads that one run links in pairs, another of the agency's own with errors, and a history of more."""
    for n in range(start, start + rows):
        for by in (alice, bob):
            engine.index(factories.lead(by, phone=f"+1 404 555 {n:04}"))
    linked = finished_run(anna)
    own = [finished_run(anna) for _ in range(rows)][-1]
    LinkError.objects.bulk_create(
        LinkError(run=own, lead=factories.lead(alice), problem="ValueError") for _ in range(rows)
    )
    return linked, own


def queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url, HTTP_HX_REQUEST="true").status_code == 200
    return len(seen)


def test_the_number_of_queries_does_not_grow_with_the_rows(
    alice: User, anna: User, bob: User, as_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current_app, "send_task", lambda *args, **options: None)
    client = as_user(anna)

    def asked(rows: int, start: int) -> list[int]:
        linked, own = grow(rows, start, alice, anna, bob)
        assert linked.changes.count() == 2 * rows
        urls = [
            reverse("intel:run-list"),
            reverse("intel:run-detail", args=[own.pk]),
            reverse("intel:run-changes", args=[linked.pk]),
        ]
        return [queries(client, url) for url in urls]

    few = asked(3, 0)
    assert asked(8, 3) == few
    assert max(few) <= 20
