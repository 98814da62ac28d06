"""Drafts: what was typed is kept, for its writer alone, until it is a lead or dropped."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from agencies.models import User
from intel.models import Lead, LeadDraft
from tests.intel.lead_form import fields, row, typed

SAVE = "/leads/drafts/save/"


@pytest.fixture
def web(alice: User, as_user: Any) -> Client:
    client: Client = as_user(alice)
    return client


def test_a_form_is_kept_as_it_stands_and_comes_back_whole(web: Client) -> None:
    sent = typed(
        "Half a sentence and (404) 555-01",
        handling=["H1", "H2"],
        countries="nonsense",
        **row(name="Jan", born="?"),
    )
    assert web.post(SAVE, sent).status_code == 204
    assert "Half a sentence" in web.get("/leads/new/").content.decode()

    back = fields(web.get(f"/leads/new/?draft={sent['token']}"))
    assert back["narrative"] == [sent["narrative"]]
    assert (back["handling"], back["countries"]) == (["H1", "H2"], ["nonsense"])
    assert (back["subjects-0-name"], back["subjects-0-born"]) == (["Jan"], ["?"])
    assert back["token"] == [sent["token"]]


def test_saving_again_replaces_it(web: Client) -> None:
    sent = typed("First")
    web.post(SAVE, sent)
    web.post(SAVE, sent | {"narrative": "Second"})
    assert LeadDraft.objects.get().form["narrative"] == ["Second"]


def test_it_ends_when_it_becomes_a_lead(web: Client) -> None:
    sent = typed()
    web.post(SAVE, sent)
    web.post("/leads/new/", sent)
    assert (Lead.objects.count(), LeadDraft.objects.count()) == (1, 0)


def test_a_straggler_does_not_bring_it_back(web: Client) -> None:
    sent = typed()
    web.post("/leads/new/", sent)
    assert web.post(SAVE, sent).status_code == 204
    assert not LeadDraft.objects.exists()


def test_it_is_nobody_elses(web: Client, anna: User, as_user: Any) -> None:
    sent = typed("Mine")
    web.post(SAVE, sent)
    other = as_user(anna)
    assert "Mine" not in other.get("/leads/new/").content.decode()
    assert other.get(f"/leads/new/?draft={sent['token']}").status_code == 404
    assert other.post(f"/leads/drafts/{sent['token']}/drop/").status_code == 404
    assert other.post(SAVE, sent | {"narrative": "Theirs"}).status_code == 409
    assert LeadDraft.objects.get().form["narrative"] == ["Mine"]


def test_it_can_be_dropped(web: Client) -> None:
    sent = typed()
    web.post(SAVE, sent)
    assert web.post(f"/leads/drafts/{sent['token']}/drop/").status_code == 302
    assert not LeadDraft.objects.exists()


def test_signed_out_it_waits(web: Client, alice: User, as_user: Any) -> None:
    sent = typed("Typed before the session ended")
    web.post(SAVE, sent)
    web.logout()
    assert web.post(SAVE, sent).status_code == 302
    assert "Typed before" in as_user(alice).get("/leads/new/").content.decode()


@pytest.mark.parametrize(("sent", "status"), [({"token": "x"}, 404), ({"note": "x" * 1_100_000}, 413)])
def test_rubbish_is_refused(web: Client, sent: dict[str, str], status: int) -> None:
    assert web.post(SAVE, typed() | sent).status_code == status
    assert not LeadDraft.objects.exists()


def test_a_draft_address_that_is_none_is_not_found(web: Client) -> None:
    assert web.get("/leads/new/?draft=rubbish").status_code == 404
    assert web.get(f"/leads/new/?draft={uuid.uuid4()}").status_code == 404
