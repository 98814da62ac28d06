"""A number is protected in the browser: its hits fall, a partner confirms it, it is removed and put back."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from agencies.models import User
from intel.matching import engine
from tests.factories import lead
from tests.intel.test_protected import DESK, do_all_jobs, pairs
from tests.trips.test_screens import signed_in

__all__ = ["signed_in"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = reverse("intel:protected-list")
SHOWN = "+1 404-555-0134"


@pytest.fixture
def hit(alice: User, bob: User) -> None:
    for by in (alice, bob):
        engine.match(lead(by, phone=DESK).pk)
    assert pairs()
    do_all_jobs()


def test_two_agencies_protect_a_number_and_the_owner_takes_it_back(
    hit: None, signed_in: Page, live_server: LiveServer, bea: User, as_user: Any
) -> None:
    page = signed_in
    page.goto(live_server.url + LIST)
    page.get_by_label("Values", exact=True).fill("(404) 555-0134")
    page.get_by_label("Reason", exact=True).fill("The hotel's desk")
    page.get_by_role("button", name="Protect Ctrl").click()
    expect(page.get_by_text("1 value is protected.")).to_be_visible()
    do_all_jobs()
    silenced = page.get_by_role("row").filter(has_text=SHOWN).get_by_role("cell").nth(3)
    expect(silenced).to_have_text("1", timeout=30_000)

    page.get_by_role("link", name=SHOWN).click()
    page.get_by_label("Agency").select_option(label="Eastport Prosecution")
    page.get_by_role("button", name="Ask them").click()
    expect(page.get_by_text("Eastport Prosecution is asked").first).to_be_visible()
    their_word(page, live_server, as_user(bea).cookies["sessionid"].value)
    page.reload()
    expect(page.get_by_text("In the whole task force").first).to_be_visible()

    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text(f"{SHOWN} links again.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("It is protected again.")).to_be_visible()
    do_all_jobs()
    assert not pairs()


def their_word(page: Page, live_server: LiveServer, session: str) -> None:
    """The supervisor of the other agency finds the question and confirms."""
    assert page.context.browser
    context = page.context.browser.new_context()
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    theirs = context.new_page()
    theirs.goto(f"{live_server.url}{LIST}?list=asked")
    row = theirs.get_by_role("row").filter(has_text=SHOWN)
    expect(row).to_contain_text("Waits for our word")
    row.get_by_role("button", name="Confirm").click()
    theirs.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    expect(theirs.get_by_text("Confirmed. It now links nobody in the whole task force.")).to_be_visible()
    context.close()
