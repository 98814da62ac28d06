"""A passkey in a real browser: set up at the first sign-in, then it opens the desk alone."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.urls import reverse
from playwright.sync_api import Page

from agencies.models import User
from tests.factories import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_passkey_is_set_up_once_and_then_signs_in_without_the_password(
    alice: User, page: Page, live_server: object, settings: LazySettings
) -> None:
    settings.REQUIRE_MFA = True
    alice.set_password(PASSWORD)
    alice.save()
    site = str(live_server)
    key = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": key})

    page.goto(site + reverse("account_login"))
    page.fill("input[name=login]", alice.email)
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.locator("li", has_text="Passkeys").get_by_role("link", name="Set up").click()
    page.get_by_label("Sign in with it alone").check()
    page.get_by_role("button", name="Add").click()
    page.get_by_role("link", name="I have written them down").click()
    page.wait_for_url(site + "/")

    page.context.clear_cookies()
    page.goto(site + reverse("account_login"))
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(site + "/")
    assert page.get_by_role("heading", level=1).is_visible()

    page.context.clear_cookies()
    page.goto(site + reverse("account_login"))
    page.fill("input[name=login]", alice.email)
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Use a passkey or security key").click()
    page.wait_for_url(site + "/")
