"""Two offices run one case in two jurisdictions: lanes, a missing element, and which of them leads, in real browsers."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from agencies.models import Agency, User
from cases import actions
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def opened(browser: Browser, live_server: LiveServer, client: Any, *, wide: bool) -> Page:
    size = {"width": 1440, "height": 900} if wide else {"width": 390, "height": 844}
    context = browser.new_context(base_url=live_server.url, viewport=size)  # type: ignore[arg-type]
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    return context.new_page()


def test_two_jurisdictions_keep_their_lanes_and_agree_who_leads(
    browser: Browser,
    live_server: LiveServer,
    anna: User,
    bea: User,
    bob: User,
    eastport: Agency,
    as_user: Any,
) -> None:
    case = factories.case(anna, "Cannery")
    actions.assign_case(case, agency=eastport, part="support", reason="Money", by=anna)
    actions.open_track(case, country="MX", by=bob)
    hers = opened(browser, live_server, as_user(anna), wide=True)
    theirs = opened(browser, live_server, as_user(bea), wide=False)

    hers.goto(f"/cases/{case.pk}/")
    hers.get_by_role("link", name="Add a lane").click()
    hers.get_by_label("State or district").fill("Northern District")
    hers.get_by_role("button", name="Open the lane").click()
    hers.get_by_label("Court").first.fill("District court")
    hers.get_by_label("Court and docket").check()
    hers.get_by_role("button", name="Save").click()
    hers.get_by_role("link", name="Add an offence").click()
    hers.get_by_label("Law").fill("18 U.S.C. § 1589")
    hers.get_by_label("Offence", exact=True).fill("Forced labor")
    hers.get_by_label("Recruitment", exact=True).check()
    hers.get_by_label("Forced labour or services").check()
    hers.get_by_role("button", name="Add the offence").click()
    expect(hers.get_by_text("The means is missing")).to_be_visible()
    hers.get_by_role("link", name="Propose as lead").click()
    hers.get_by_label("Reason").fill("The victims are here")
    hers.get_by_role("button", name="Propose it").click()
    expect(hers.locator("#tracks")).to_contain_text("Waits for Eastport Prosecution", timeout=30_000)

    theirs.goto("/")
    theirs.get_by_role("button", name="Agree").click()
    theirs.goto(f"/cases/{case.pk}/")
    lanes = theirs.locator("#tracks")
    expect(lanes).to_contain_text("leads, agreed", timeout=30_000)
    expect(lanes).to_contain_text("18 U.S.C. § 1589")
    expect(lanes).not_to_contain_text("District court")
    assert theirs.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1")
    expect(hers.locator("#tracks")).to_contain_text("leads, agreed", timeout=30_000)
