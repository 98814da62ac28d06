"""The page to try the API works in a browser under our Content-Security-Policy."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from agencies.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_people_try_an_operation_in_the_browser(
    page: Page, live_server: LiveServer, alice: User, as_user: Any
) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    cookie = as_user(alice).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page.goto(f"{live_server.url}/api/v1/docs/")
    operation = page.locator("#operations-leads-leads_list")
    expect(operation).to_contain_text("Pull the leads shared with your agency")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table tbody .response-col_status")).to_contain_text("200")
    assert problems == []
