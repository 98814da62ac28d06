"""Where a report comes from, in the browser: a copy is shown as one, and a person joins a third and takes it back."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from agencies.models import User
from tests.factories import lead
from tests.intel.test_origins import OTHER, TEXT
from tests.trips.test_screens import signed_in

__all__ = ["signed_in"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_copy_is_circular_reporting_and_a_mark_is_made_and_undone(
    signed_in: Page, live_server: LiveServer, alice: User
) -> None:
    first, again, third = (
        lead(alice, title, narrative=text)
        for title, text in (("First", TEXT), ("Again", f"Received today. {TEXT}"), ("Third", OTHER))
    )
    signed_in.goto(live_server.url + reverse("intel:lead-detail", args=[again.pk]))
    panel = signed_in.locator("#origins")
    panel.scroll_into_view_if_needed()
    expect(panel.get_by_text(f"one origin: all go back to {first.reference}")).to_be_visible()
    expect(panel.get_by_text("Circular reporting")).to_be_visible()

    reference = panel.get_by_label("Same origin as")
    reference.fill("QQQQ-QQQQ")
    panel.get_by_role("button", name="Mark").click()
    expect(panel.get_by_text("No lead that you may read")).to_be_visible()
    expect(reference).to_have_value("QQQQ-QQQQ")

    reference.fill(third.reference)
    panel.get_by_role("button", name="Mark").click()
    expect(panel.get_by_text("3 linked reports, one origin")).to_be_visible()
    panel.get_by_role("button", name="Undo").click()
    expect(panel.get_by_text("2 linked reports, one origin")).to_be_visible()
    expect(panel.get_by_role("link", name="Third")).to_have_count(0)
