"""More rows, no more queries: pages of leads cost the same for ten as for thirty."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agencies import actions
from agencies.models import Agency, User
from agencies.visibility import Level
from intel.models import Lead
from tests import factories
from tests.intel.lead_form import typed


def grow(alice: User, bob: User, bea: User, northland: Agency, start: int) -> None:
    """Ten leads of one's own and one shared by a partner, each with a subject, an identifier and a case."""
    for n in range(start, start + 10):
        who = factories.subject(f"Sample {n}", phone=f"+1 404 555 {2000 + n}")
        factories.lead(alice, f"Harbour {n}", narrative="van", phone="+1 404 555 0134", subjects=(who,))
        factories.case(alice, f"Harbour case {n}")
    shared = factories.lead(bob, f"Harbour of Eastport {start}", phone="+1 404 555 0134")
    actions.share(shared, agency=northland, level=Level.VIEW, reason="joint", by=bea)


@pytest.mark.parametrize(
    "address",
    ["/leads/?view=all", "/leads/?view=all&q=harbour&status=new&hits=no", "/leads/new/", "/search/?q=harbour",
     "/search/?q=sample", "/search/?q=%28404%29+555-0134&in=leads", "/leads/{pk}/", "/leads/{pk}/edit/",
     "/leads/{pk}/subjects/", "/leads/{pk}/cases/", "/subjects/{subject}/"],
)  # fmt: skip
def test_a_page_asks_no_more_of_more_rows(
    as_user: Any, alice: User, anna: User, bob: User, bea: User, northland: Agency, address: str
) -> None:
    who = tuple(factories.subject(f"Entry {n}", phone=f"+1 404 555 {3000 + n}") for n in range(2))
    lead = factories.lead(alice, "The long one", subjects=who)
    grow(alice, bob, bea, northland, 100)
    web = as_user(anna)
    address = address.format(pk=lead.pk, subject=lead.subjects.first().pk)
    web.get(address)  # once, for what is only asked the first time

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert web.get(address).status_code == 200
        return len(queries)

    before = asked()
    grow(alice, bob, bea, northland, 200)
    assert asked() == before


def test_the_subjects_panel_asks_the_same_for_two_and_for_twenty(as_user: Any, alice: User) -> None:
    web = as_user(alice)

    def asked(lead: Lead) -> int:
        with CaptureQueriesContext(connection) as queries:
            web.get(f"/leads/{lead.pk}/subjects/")
        return len(queries)

    few, many = (
        factories.lead(alice, subjects=tuple(factories.subject(f"Entry {k}", phone=f"+1 404 555 {1000 + k}") for k in range(n)))
        for n in (2, 20)
    )  # fmt: skip
    assert asked(few) == asked(many)


def test_chips_ask_the_same_for_one_finding_and_for_thirty(as_user: Any, alice: User) -> None:
    web = as_user(alice)
    for n in range(30):
        factories.lead(
            alice, phone=f"+1 404 555 {1000 + n}", subjects=(factories.subject(f"Zorbel Quandt{n}"),)
        )

    def asked(count: int) -> int:
        text = ". ".join(f"Zorbel Quandt{n} uses (404) 555-{1000 + n}" for n in range(count))
        with CaptureQueriesContext(connection) as queries:
            web.post("/leads/chips/", typed(text))
        return len(queries)

    assert asked(8) == asked(30)  # a shorter text is nobody's copy, so that is not asked
