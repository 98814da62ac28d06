"""A lead typed by hand finds its match in a file that its author may not read; both desks hear of it within seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from agencies.models import Job, User
from tests import factories
from tests.trips.conftest import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SECONDS = 2_000 + 3_000  # the promise, and what a loaded test machine may add


@pytest.fixture
def sits_down(browser: Browser, live_server: LiveServer, as_user: Any) -> Iterator[Callable[[User], Page]]:
    """`sits_down(alice)`: a browser window of her own, signed in."""
    contexts = []

    def open_window(user: User) -> Page:
        context = browser.new_context(base_url=live_server.url)
        contexts.append(context)
        cookie = as_user(user).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        return context.new_page()

    yield open_window
    for context in contexts:
        context.close()


def test_a_typed_phone_number_becomes_a_pointer_on_both_desks(
    worker: None, contacts: None, sits_down: Callable[[User], Page], alice: User, bob: User
) -> None:
    factories.lead(bob, "Eastcanary title", narrative="Eastcanary narrative", phone="+1 404 555 0134")
    wait_until(lambda: not Job.objects.unfinished().exists(), 120)
    hers, his = sits_down(alice), sits_down(bob)
    his.goto(reverse("agencies:desk"))
    expect(his.get_by_text("Nothing waits for you")).to_be_visible()

    hers.goto(reverse("intel:lead-new"))
    hers.get_by_role("textbox", name="What happened?").fill(
        "Westcanary: the girl called (404) 555-0134 every night."
    )
    expect(hers.locator(".lead-chip input.chip-text")).to_have_value("+1 404-555-0134")
    hers.keyboard.press("Control+Enter")
    begun = time.monotonic()
    expect(hers.get_by_text("Eastport Prosecution").first).to_be_visible(timeout=SECONDS)
    expect(his.get_by_text("Northland Police").first).to_be_visible(timeout=SECONDS)
    print(f"pointer on both desks after {time.monotonic() - begun:.2f} s")  # noqa: T201
    assert "Eastcanary" not in hers.content()
    assert "Westcanary" not in his.content()


def test_nothing_typed_is_lost_when_the_window_closes(sits_down: Callable[[User], Page], alice: User) -> None:
    page = sits_down(alice)
    page.goto(reverse("intel:lead-new"))
    page.get_by_role("textbox", name="What happened?").fill("Half a thought about a house by the river")
    expect(page.get_by_text("Saved", exact=False).first).to_be_visible()
    page.close()
    again = sits_down(alice)
    again.goto(reverse("intel:lead-new"))
    again.get_by_text("1 unfinished draft of yours").click()
    again.get_by_role("link", name="Half a thought").click()
    expect(again.get_by_role("textbox", name="What happened?")).to_have_value(
        "Half a thought about a house by the river"
    )
