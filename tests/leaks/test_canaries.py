"""Nothing of a record stands where no gate is: in logs, not even of our own faults, in headers, in what is kept."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from agencies.models import User
from intel.views import leads
from tests import factories
from tests.leaks.matrix import Matrix
from tests.leaks.outside import all_that_is_said
from tests.leaks.world import routes, sign_in

pytestmark = pytest.mark.django_db
CANARY = "Quetzalfault"


def test_a_fault_of_ours_logs_no_content(matrix: Matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page fails with the record in its local variables: neither answer nor log quotes it."""
    by: User = matrix.stage.people["N.investigator"]
    lead = factories.lead(by, f"{CANARY} title", narrative=f"{CANARY} narrative")

    def fails(request: Any, lead: Any, **more: Any) -> Any:
        narrative, title = lead.narrative, lead.title
        raise RuntimeError(f"{len(narrative)} letters of {len(title)}")

    monkeypatch.setattr(leads, "lead_page", fails)
    client, _ = matrix.client("N.investigator")
    with all_that_is_said() as said, transaction.atomic():
        page = client.get(f"/leads/{lead.pk}/")
    assert page.status_code == 500
    assert CANARY not in page.content.decode()
    assert "RuntimeError" in said.getvalue()
    assert CANARY not in said.getvalue()


def test_every_answer_of_every_route_is_kept_by_nobody(matrix: Matrix) -> None:
    """Browsers, proxies and back buttons keep no page: what was allowed today may not be tomorrow."""
    stage = matrix.stage
    clients: list[Client] = [sign_in(stage.people["N.supervisor"]), Client(raise_request_exception=False)]
    kept, asked = [], 0
    for route in routes():
        path = route.fill(stage.row("lead plain N").pk)
        for client in clients:
            for method in ("get", "post"):
                with transaction.atomic():
                    said = getattr(client, method)(path)
                    transaction.set_rollback(True)
                asked += 1
                if said.headers.get("Cache-Control") != "no-store, private":
                    kept.append(f"{method} {path}: {said.status_code} {said.headers.get('Cache-Control')}")
            if "logout" in path:
                clients[0] = sign_in(stage.people["N.supervisor"])
    assert kept == []
    assert asked > 500
