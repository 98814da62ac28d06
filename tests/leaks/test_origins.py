"""Reports that the reader may not read neither count as origins, nor join two that are read, nor answer a question."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from agencies import actions as agency_actions
from agencies.models import Agency, User
from agencies.visibility import Level
from intel import actions, corroboration
from intel.corroboration import Corroboration
from intel.matching import engine
from intel.models import HitNotice, Lead
from tests import factories
from tests.factories import lead
from tests.intel.test_origins import OTHER, TEXT
from tests.leaks.world import sign_in

PHONE, SOURCE = "+1 404 555 0134", "Informant Falcon"


@pytest.fixture(autouse=True)
def _one_moment() -> Iterator[None]:
    with time_machine.travel("2026-11-22T08:00:00Z", tick=False):
        yield


@pytest.fixture
def own(charlie: User) -> list[Lead]:
    """Two reports of Southshore that say different things of one number."""
    held = [lead(charlie, narrative=text, phone=PHONE) for text in (TEXT, OTHER)]
    for each in held:
        engine.match(each.pk)
    return held


def hidden_from_southshore(alice: User, anna: User, own: list[Lead]) -> list[Lead]:
    """Northland has both texts in one report, the same texts again, and a report that cites Southshore's."""
    texts = [TEXT + OTHER, TEXT, OTHER, f"See {own[0].reference} and {own[1].reference}. {TEXT}"]
    held = [
        lead(alice, narrative=text, phone=PHONE, source=SOURCE, pointer_policy="owner_only") for text in texts
    ]
    file = factories.case(anna)
    for each in held:
        actions.attach_lead(file, each, by=anna)
        engine.match(each.pk)
    actions.mark_origin(held[0], held[1], status="same", by=alice)
    return held


def answers(viewer: User, own: list[Lead]) -> dict[str, str]:
    client = sign_in(viewer)
    paths = [reverse("intel:lead-origins", args=[each.pk]) for each in own]
    notices = HitNotice.objects.visible_to(viewer).exclude(state="withdrawn").order_by("pk")
    paths += [reverse("intel:notice-origins", args=[notice.pk]) for notice in notices]
    asked = {path: comparable(client.get(path)) for path in paths}
    typed = {"narrative": f"{TEXT} {OTHER}", "chips-TOTAL_FORMS": "0", "subjects-TOTAL_FORMS": "0"}
    asked["chips"] = comparable(client.post(reverse("intel:lead-chips"), typed))
    return asked


def comparable(response: Any) -> str:
    text = re.sub(r'name="csrfmiddlewaretoken" value="[\w-]+"', "", response.content.decode())
    headers = sorted((name, value) for name, value in response.headers.items() if name != "Content-Length")
    return f"{response.status_code} {headers} {text}"


def test_hidden_copies_change_no_byte(own: list[Lead], charlie: User, alice: User, anna: User) -> None:
    before = answers(charlie, own)
    assert len(before) == 4
    hidden = hidden_from_southshore(alice, anna, own)
    after = answers(charlie, own)
    assert [path for path in before if before[path] != after[path]] == []
    assert not any(each.reference in str(after) for each in hidden)


def test_a_hidden_lead_answers_a_mark_like_one_that_never_was(
    own: list[Lead], charlie: User, alice: User, anna: User
) -> None:
    hidden = hidden_from_southshore(alice, anna, own)[0]
    client = sign_in(charlie)

    def mark(of: Lead, reference: str) -> str:
        path = reverse("intel:origin-mark", args=[of.pk])
        answer = client.post(path, {"reference": reference, "status": "same"}, HTTP_HX_REQUEST="true")
        return comparable(answer).replace(reference, "<asked>")

    assert mark(own[0], hidden.reference) == mark(own[0], "QQQQ-QQQQ")
    assert mark(hidden, own[0].reference).startswith("404")
    assert sign_in(charlie).get(reverse("intel:lead-origins", args=[hidden.pk])).status_code == 404


def test_a_summary_is_too_little_and_what_was_taken_back_no_longer_counts(
    own: list[Lead], charlie: User, southshore: Agency, alice: User, anna: User
) -> None:
    before = answers(charlie, own)
    hidden = hidden_from_southshore(alice, anna, own)[0]
    agency_actions.share(hidden, agency=southshore, level=Level.SUMMARY, reason="other work", by=anna)
    assert answers(charlie, own) == before
    agency_actions.share(hidden, agency=southshore, level=Level.VIEW, reason="joint work", by=anna)
    assert hidden.reference in str(answers(charlie, own))
    agency_actions.revoke(hidden, agency=southshore, reason="done", by=anna)
    assert answers(charlie, own) == before


def test_a_mark_stays_with_the_agency_that_made_it(
    own: list[Lead], charlie: User, northland: Agency, alice: User, cora: User
) -> None:
    for each in own:
        agency_actions.share(each, agency=northland, level=Level.VIEW, reason="joint work", by=cora)
    before = answers(charlie, own)
    actions.mark_origin(*own, status="same", by=alice)
    assert answers(charlie, own) == before


def test_hits_with_hidden_reports_do_not_crowd_out_those_that_may_be_read(
    charlie: User, southshore: Agency, alice: User, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corroboration, "_MOST_ROWS", 2)
    named = (factories.subject("Nadia Hartveld", age=50),)
    ours, *theirs = [lead(by, subjects=named) for by in (charlie, *[alice] * 8)]
    for each in (ours, *theirs):
        engine.match(each.pk)
    assert HitNotice.objects.visible_to(charlie).count() == 8
    for shared in theirs[3:5]:
        agency_actions.share(shared, agency=southshore, level=Level.VIEW, reason="joint work", by=anna)

    assert Corroboration.of(ours, charlie).leads.keys() == {ours.pk, *(each.pk for each in theirs[3:5])}
