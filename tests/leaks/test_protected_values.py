"""What other agencies protect changes no byte for an outsider, and no question put to the list answers otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.urls import reverse

from agencies import jobs
from agencies.jobs import Job
from agencies.models import Agency, User
from intel import actions
from intel.matching import engine, protection
from intel.models import Lead
from tests.factories import lead, protect, subject
from tests.leaks.world import sign_in

PHONE, NAME = "+1 404 555 0134", "Nadia Hartveld"
LISTS = ("ours", "asked", "removed", "published")
Hide = Callable[[], None]


@pytest.fixture(autouse=True)
def _one_moment() -> Iterator[None]:
    with time_machine.travel("2026-11-22T08:00:00Z", tick=False):
        yield


@pytest.fixture
def own(charlie: User) -> Lead:
    """Southshore holds the number and the name, and nobody else does: there is no hit to be silenced."""
    made = lead(charlie, phone=PHONE, subjects=(subject(NAME, age=50),))
    engine.match(made.pk)
    Job.objects.all().delete()
    return made


def in_every_way(anna: User, bea: User, eastport: Agency) -> None:
    """Northland protects both for itself, asks Eastport, and the number is confirmed for the whole task force."""
    number, name = protect(anna, PHONE, told="nothing") + protect(anna, NAME, kind="name", told="category")
    protect(bea, PHONE)
    actions.ask_second_agency(number, agency=eastport, by=anna)
    actions.ask_second_agency(name, agency=eastport, by=anna)
    actions.confirm_protection(number, by=bea)
    work = {protection.APPLY: protection.apply}
    while waiting := list(Job.objects.filter(state=Job.State.WAITING)):
        for job in waiting:
            jobs.perform(job.pk, work.get(job.kind, engine.match))


def pages(viewer: User, own: Lead) -> dict[str, str]:
    """The lists, however narrowed, and whatever the lead's page says of its matching."""
    address = reverse("intel:protected-list")
    questions = ["", "&q=404", "&q=Hartveld", "&category=desk"]
    paths = [f"{address}?list={which}{question}" for which in LISTS for question in questions]
    paths += [
        reverse(f"intel:{name}", args=[own.pk]) for name in ("lead-detail", "lead-hits", "lead-matching")
    ]
    paths += [reverse("agencies:room"), reverse("agencies:desk")]
    return {path: comparable(sign_in(viewer).get(path)) for path in paths}


def comparable(response: Any) -> str:
    text = re.sub(r'name="csrfmiddlewaretoken" value="[\w-]+"', "", response.content.decode())
    headers = sorted((name, value) for name, value in response.headers.items() if name != "Content-Length")
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|since=[0-9a-f]{16}", "<new>", text)
    return f"{response.status_code} {headers} {text}"


@pytest.fixture
def hide(anna: User, bea: User, eastport: Agency) -> Hide:
    return lambda: in_every_way(anna, bea, eastport)


def test_other_agencies_entries_change_no_byte_of_any_page(own: Lead, cora: User, hide: Hide) -> None:
    before = pages(cora, own)
    hide()
    after = pages(cora, own)
    assert [path for path in before if before[path] != after[path]] == []
    assert "Published" in str(after)


def add(viewer: User, value: str, kind: str) -> tuple[str, str]:
    """The answer to putting a value on the list, and the list after it; taken back, for the next question."""
    client = sign_in(viewer)
    sent = {"kind": kind, "values": value, "category": "desk", "reason": "Ours", "told": "nothing"}
    with transaction.atomic():
        answer = client.post(reverse("intel:protected-add"), sent)
        seen = comparable(answer), comparable(client.get(answer.headers["Location"]))
        transaction.set_rollback(True)
    return seen


def test_adding_a_value_does_not_tell_whether_others_protect_it(own: Lead, cora: User, hide: Hide) -> None:
    before = [add(cora, PHONE, "phone"), add(cora, NAME, "name")]
    hide()
    assert [add(cora, PHONE, "phone"), add(cora, NAME, "name")] == before
    assert "302" in before[0][0]
    assert "1 value is protected." in before[0][1]


def test_the_effect_counts_own_rows_alone(own: Lead, alice: User, cora: User) -> None:
    protect(cora, PHONE)
    Job.objects.all().delete()
    before = pages(cora, own)
    for _ in range(3):
        theirs = lead(alice, phone=PHONE, subjects=(subject(NAME, age=50),), pointer_policy="owner_only")
        engine.match(theirs.pk)
    after = pages(cora, own)
    assert [path for path in before if before[path] != after[path]] == []


def test_an_entry_of_others_answers_like_one_that_never_was(
    anna: User, cora: User, bob: User, bea: User, eastport: Agency
) -> None:
    [entry] = protect(anna, PHONE)
    actions.ask_second_agency(entry, agency=eastport, by=anna)
    for verb in ("detail", "ask", "remove", "restore", "confirm", "withdraw"):
        path = reverse(f"intel:protected-{verb}", args=[entry.pk])
        assert sign_in(cora).post(path).status_code == 404
    assert PHONE not in pages_text(bob)
    assert "+1 404-555-0134" not in pages_text(bob)
    assert "+1 404-555-0134" in pages_text(bea)
    entry.refresh_from_db()
    assert entry.status == "asked"


def pages_text(viewer: User) -> str:
    text: str = sign_in(viewer).get(f"{reverse('intel:protected-list')}?list=asked").content.decode()
    return text


def test_a_holder_does_not_learn_that_others_make_a_value_too_common(
    own: Lead, alice: User, bob: User, cora: User, settings: Any
) -> None:
    settings.MATCHING_HOT_KEY_CAP = 2
    before = pages(cora, own)
    for each in (alice, alice, bob, bob):
        engine.match(lead(each, phone=PHONE, pointer_policy="owner_only").pk)
    engine.match(own.pk)
    after = pages(cora, own)
    assert [path for path in before if before[path] != after[path]] == []


def test_a_partner_who_is_asked_does_not_read_that_another_was_asked_before(
    anna: User, bea: User, cora: User, eastport: Agency, southshore: Agency
) -> None:
    [entry] = protect(anna, PHONE)

    def told(*before: Agency) -> list[str]:
        with transaction.atomic():
            for agency in (*before, eastport):
                actions.ask_second_agency(entry, agency=agency, by=anna)
                if agency == southshore:
                    actions.confirm_protection(entry, by=cora)
                    actions.edit_protection(entry, category="shelter", reason="Ours", told="nothing", by=anna)
                    back = {"category": "desk", "reason": "Hotel desk", "told": "nothing"}
                    actions.edit_protection(entry, **back, by=anna)
            history = reverse("agencies:history", args=["intel.protectedvalue", entry.pk])
            detail = reverse("intel:protected-detail", args=[entry.pk])
            seen = [comparable(sign_in(bea).get(path)) for path in (history, detail)]
            transaction.set_rollback(True)
        return seen

    assert told() == told(southshore)
    assert told()[0].count("changed the status of") == 1
    assert "Southshore" not in str(told(southshore))
