"""A paused run is resumed in the browser, and its end arrives on the open page."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from agencies.models import User
from intel import actions
from intel.matching import engine, runs
from intel.models import LinkRun
from tests import factories
from tests.trips.test_screens import signed_in

__all__ = ["signed_in"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_run_is_resumed_and_its_end_arrives_on_the_open_page(
    signed_in: Page, live_server: LiveServer, anna: User, alice: User, bob: User
) -> None:
    for by in (alice, bob):
        engine.index(factories.lead(by, phone="+1 404 555 0134"))
    run = actions.pause_run(actions.start_run(by=anna), by=anna)
    signed_in.goto(live_server.url + reverse("intel:run-detail", args=[run.pk]))
    signed_in.get_by_role("button", name="Resume").click()
    expect(signed_in.get_by_role("button", name="Pause")).to_be_visible()
    assert runs.work(LinkRun.objects.get(), stop=lambda: False) == runs.Next.OVER
    expect(signed_in.get_by_label("Progress").first.get_by_text("Finished")).to_be_visible(timeout=30_000)
    expect(signed_in.get_by_text("1 of 1")).to_be_visible()
    expect(signed_in.get_by_role("row").filter(has_text="+1 404-555-0134")).to_be_visible(timeout=30_000)
