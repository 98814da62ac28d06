"""The list of hits by keyboard alone, in a real browser: move, select, judge one and several, take it back."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from agencies.models import User
from intel.actions import judge_hit
from intel.models import HitNotice
from tests import factories
from tests.factories.hits import link, notice_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def hits(alice: User, bob: User) -> list[HitNotice]:
    """Four sealed hits, the newest first in the list."""
    assert alice.agency
    found = []
    for number in range(4):
        phone = f"+1 404 555 014{number}"
        own = factories.lead(alice, subjects=(factories.subject(f"Man {number}", phone=phone),))
        found.append(notice_of(alice.agency, link(own, factories.lead(bob, phone=phone))))
    return found


@pytest.fixture
def list_page(page: Page, live_server: LiveServer, alice: User, hits: list[HitNotice], as_user: Any) -> Page:
    cookie = as_user(alice).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page.goto(live_server.url + reverse("intel:notice-list"))
    return page


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def states(hits: list[HitNotice]) -> list[str]:
    return [HitNotice.objects.get(pk=hit.pk).state for hit in hits]


def test_hits_are_judged_and_taken_back_without_the_mouse(list_page: Page, hits: list[HitNotice]) -> None:
    press(list_page, "j", "j", "s")
    expect(list_page.get_by_text("Why “Same”? Enter records it.")).to_be_visible()
    list_page.keyboard.type("one number")
    press(list_page, "Enter")
    expect(list_page.get_by_text("You judged 1 hit “same”")).to_be_visible()
    assert states(hits) == ["new", "new", "same", "new"]

    expect(list_page.locator(".is-current")).to_contain_text("Man 1")  # on with the row that took its place
    press(list_page, "x", "j", "x", "d")
    list_page.keyboard.type("two men")
    press(list_page, "Enter")
    expect(list_page.get_by_text("You judged 2 hits “not the same”")).to_be_visible()
    assert states(hits) == ["not_same", "not_same", "same", "new"]

    press(list_page, "z")
    expect(list_page.get_by_text("Taken back: 2 hits are as before.")).to_be_visible()
    assert states(hits) == ["new", "new", "same", "new"]


def test_enter_in_the_reason_decides_nothing_before_a_verdict_is_chosen(
    list_page: Page, hits: list[HitNotice]
) -> None:
    press(list_page, "j", "x")
    list_page.get_by_label("Why", exact=True).first.fill("one number")
    press(list_page, "Enter")
    expect(list_page.get_by_text("Choose Same, Different or Unsure.")).to_be_visible()
    assert states(hits) == ["new"] * 4


def test_who_was_slower_reads_what_the_other_decided_and_keeps_what_was_typed(
    list_page: Page, hits: list[HitNotice], anna: User
) -> None:
    judge_hit(hits[3], verdict="unsure", reason="too blurred", by=anna)
    press(list_page, "j", "s")
    list_page.keyboard.type("my long reason")
    press(list_page, "Enter")
    expect(list_page.get_by_text("Anna judged this hit “unsure” meanwhile")).to_be_visible()
    expect(list_page.get_by_label("Why", exact=True)).to_have_value("my long reason")
    list_page.get_by_role("button", name="Same", exact=True).click()
    expect(list_page.get_by_text("You judged 1 hit “same”")).to_be_visible()
    assert states(hits)[3] == "same"


def test_without_scripts_the_same_form_works_by_hand(
    browser: Any, live_server: LiveServer, alice: User, hits: list[HitNotice], as_user: Any
) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    cookie = as_user(alice).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page = context.new_page()
    page.goto(reverse("intel:notice-list"))
    page.get_by_label("Select Man 2").check()
    page.locator("#judge-reason").fill("one number")
    page.locator("#judge-many").get_by_role("button", name="Unsure").click()
    expect(page.get_by_text("You judged 1 hit “unsure”")).to_be_visible()
    assert states(hits) == ["new", "new", "unsure", "new"]
    page.locator(".last-judged").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back: 1 hit is as before.")).to_be_visible()
    assert states(hits) == ["new"] * 4
    context.close()
