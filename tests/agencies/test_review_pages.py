"""The pages of review: what is due, deciding on one or many, certificates, and what partners purged."""

from __future__ import annotations

import json
import runpy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies import actions, purging, reviewing
from agencies.models import Agency, PurgeCertificate, PurgeNotice, User
from agencies.visibility import Level
from intel.models import Lead
from tests import factories

LIST = "/reviews/"


@pytest.fixture(autouse=True)
def _key(tmp_path: Path, settings: Any) -> None:
    settings.AUDIT_SIGNING_KEY_FILE = str(tmp_path / "key")


def due_in(days: int, by: User, title: str) -> Lead:
    """A lead whose review is so many days from today."""
    lead = factories.lead(by, title)
    Lead.objects.filter(pk=lead.pk).update(review_on=timezone.localdate() + timedelta(days=days))
    return lead


def page(client: Client, path: str = LIST, **query: str) -> str:
    response = client.get(path, query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_shows_what_is_due_or_overdue_most_urgent_first_and_pages(
    as_user: Any, alice: User, anna: User
) -> None:
    for days, title in ((59, "Soon enough"), (61, "Far away"), (-3, "Long over")):
        due_in(days, alice, title)
    text = page(as_user(anna))
    assert text.index("Long over") < text.index("Soon enough")
    assert "Far away" not in text
    assert "Far away" in page(as_user(anna), state="later")
    assert "Soon enough" not in page(as_user(anna), state="overdue")
    assert "Soon enough" not in page(as_user(anna), q="over")
    for n in range(60):
        due_in(1, alice, f"Number {n}")
    first = as_user(anna).get(LIST).context["page"]
    second = page(as_user(anna), LIST + first.older)
    assert len(first.rows) == 50
    assert "Soon enough" in second


def test_the_list_takes_as_many_queries_for_sixty_records_as_for_one(
    as_user: Any, alice: User, anna: User
) -> None:
    client = as_user(anna)
    due_in(1, alice, "One")
    counts = []
    for more in (0, 40):
        for n in range(more):
            due_in(2, alice, f"More {n}")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page(client)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 20


def test_deciding_on_one_record_keeps_what_was_typed_and_says_what_is_wrong(
    as_user: Any, alice: User, anna: User
) -> None:
    lead = due_in(3, alice, "A lead")
    client, path = as_user(anna), f"{LIST}intel.lead/{lead.pk}/"
    late = timezone.localdate() + timedelta(days=4_000)
    refused = client.post(path, {"act": "keep", "reason": "Trial in May", "until": late})
    assert refused.status_code == 422
    assert "Trial in May" in refused.content.decode()
    assert "at most" in refused.content.decode()
    until = timezone.localdate() + timedelta(days=400)
    client.post(path, {"act": "keep", "reason": "Trial in May", "until": until})
    lead.refresh_from_db()
    assert lead.review_on == until
    client.post(path, {"act": "hold", "reason": "Order 12"})
    assert "Order 12" in page(client, path)
    assert "Purge it" not in page(client, path)


def test_purging_ends_at_the_certificate_which_can_be_checked_without_us(
    as_user: Any, alice: User, anna: User, tmp_path: Path
) -> None:
    lead = due_in(3, alice, "A lead")
    client = as_user(anna)
    answer = client.post(f"{LIST}intel.lead/{lead.pk}/", {"act": "purge", "reason": "Proved wrong"})
    certificate = PurgeCertificate.objects.get()
    assert answer["Location"] == f"/agency/purges/{certificate.pk}/"
    assert lead.reference in page(client, answer["Location"])
    assert lead.reference in page(client, "/agency/purges/")
    assert client.get(f"{answer['Location']}file/").status_code == 404  # not signed yet
    purging.sign_certificates()
    file = client.get(f"{answer['Location']}file/").content.decode()
    key = json.loads(file)["key"]
    said = f"Record {lead.reference} was purged on {certificate.purged_at.isoformat()}: "
    assert check(file, key) == f"{said}{sum(certificate.counts.values())} rows. The signature is good."
    with pytest.raises(ValueError, match="not of this key"):
        check(file.replace("Proved wrong", "Proved right"), key)


def check(text: str, key: str) -> str:
    """What the script says that an inspector runs."""
    script = runpy.run_path("docs/how-tos/check_purge_certificate.py")
    return str(script["check"](text, key))


def test_many_are_kept_or_purged_at_once_and_each_refusal_is_told(
    as_user: Any, alice: User, anna: User
) -> None:
    mine, theirs = due_in(3, anna, "Mine"), due_in(3, alice, "Theirs")
    until = timezone.localdate() + timedelta(days=100)
    chosen = {"pk": [mine.pk, theirs.pk], "act": "keep", "reason": "Trial", "until": until}
    answer = as_user(anna).post(f"{LIST}intel.lead/", chosen)
    assert answer.status_code == 422
    assert "1 of 2 was kept" in answer.content.decode()
    assert "Another supervisor" in answer.content.decode()
    as_user(anna).post(f"{LIST}intel.lead/", {**chosen, "act": "purge"})
    assert not Lead.objects.exists()


def test_nobody_decides_on_what_is_not_theirs(
    as_user: Any, alice: User, anna: User, bea: User, eastport: Agency
) -> None:
    lead = due_in(3, alice, "Told by Quetzal")
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="Joint work", by=anna)
    for user in (alice, bea):
        one = as_user(user).post(f"{LIST}intel.lead/{lead.pk}/", {"act": "purge", "reason": "x"})
        many = as_user(user).post(f"{LIST}intel.lead/", {"act": "purge", "reason": "x", "pk": [lead.pk]})
        assert (one.status_code, many.status_code) == (404, 404)
    assert as_user(alice).get(LIST).status_code == 404
    assert "Told by Quetzal" not in page(as_user(bea))
    assert as_user(anna).get(f"{LIST}intel.subject/{lead.pk}/").status_code == 404


def test_the_desk_warns_supervisors_and_tells_partners_until_they_confirm(
    as_user: Any, alice: User, anna: User, bob: User, eastport: Agency
) -> None:
    lead = due_in(59, alice, "Soon enough")
    due_in(61, alice, "Far away")
    text = page(as_user(anna), "/desk/reviews/")
    assert "Soon enough" in text
    assert "Far away" not in text
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="Joint work", by=anna)
    reviewing.purge(lead, reason="Between us", by=anna)
    told = page(as_user(bob), "/desk/purged/")
    assert lead.reference in told
    assert "Between us" not in told
    assert "Soon enough" not in told
    as_user(bob).post(f"/desk/purged/{PurgeNotice.objects.get().pk}/")
    assert lead.reference not in page(as_user(bob), "/desk/purged/")
    assert "Bob" in page(as_user(anna), f"/agency/purges/{PurgeCertificate.objects.get().pk}/")


def test_an_administrator_sets_the_periods_within_the_law(as_user: Any, ada: User, anna: User) -> None:
    refused = as_user(ada).post("/agency/years/", {"years": 9, "victims": 1})
    assert refused.status_code == 422
    assert "5 years at most" in refused.content.decode()
    as_user(ada).post("/agency/years/", {"years": 4, "victims": 1})
    ada.agency.refresh_from_db()
    assert (ada.agency.review_years, ada.agency.review_years_victims) == (4, 1)
    assert as_user(anna).post("/agency/years/", {"years": 1, "victims": 1}).status_code == 404


def test_the_lead_form_asks_for_the_offence_of_a_suspicion_and_keeps_what_was_typed(
    as_user: Any, alice: User
) -> None:
    typed = {"narrative": "He drives them.", "basis": "suspicion", "grade_source": "B", "grade_information": "2",
             "pointer_policy": "named", "handling": "H0", "act": "save"}  # fmt: skip
    answer = as_user(alice).post("/leads/new/", typed)
    assert answer.status_code == 422
    assert "Name the offence" in answer.content.decode()
    assert "He drives them." in answer.content.decode()
    as_user(alice).post("/leads/new/", {**typed, "predicate": "18 U.S.C. 1591"})
    lead = Lead.objects.get()
    assert "18 U.S.C. 1591" in page(as_user(alice), f"/leads/{lead.pk}/")
