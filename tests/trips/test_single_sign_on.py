"""Single sign-on in a real browser: in through the issuer, and a covered page is opened again from another tab."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.urls import reverse
from playwright.sync_api import Page, expect

from agencies import single_sign_on
from agencies.models import User
from tests.agencies.oidc_issuer import CLIENT, SECRET, OidcIssuer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def issuer(settings: LazySettings) -> Iterator[OidcIssuer]:
    issuer = OidcIssuer()
    settings.SSO_ISSUER, settings.SSO_NAME = issuer.url, "Federal ID"
    settings.SSO_CLIENT_ID, settings.SSO_CLIENT_SECRET = CLIENT, SECRET
    yield issuer
    issuer.stop()


def test_the_issuer_signs_in_and_opens_a_covered_page_for_the_same_person_only(
    alice: User, anna: User, page: Page, live_server: object, issuer: OidcIssuer
) -> None:
    site = str(live_server)
    single_sign_on.bind(alice, "alice", by=None)
    single_sign_on.bind(anna, "anna", by=None)
    issuer.person = "alice"
    page.goto(site + reverse("account_login"))
    page.get_by_role("link", name="Sign in with Federal ID").click()
    page.wait_for_url(site + "/")

    page.goto(site + reverse("intel:lead-new"))
    page.fill("textarea[name=narrative]", "Half a sentence")
    page.locator("form[data-lock-now]").first.evaluate("form => form.requestSubmit()")
    cover = page.locator("#lock")
    expect(cover).to_be_visible()
    for person in ("anna", "alice"):
        issuer.person = person
        with page.context.expect_page() as opened:
            cover.get_by_role("link", name="Unlock with Federal ID").click()
        opened.value.wait_for_load_state()
        if person == "anna":
            expect(opened.value.get_by_role("heading", name="Locked")).to_be_visible()
            expect(opened.value.get_by_text("Somebody else is signed in here")).to_be_visible()
            expect(cover).to_be_visible()
    expect(cover).to_be_hidden()
    assert page.input_value("textarea[name=narrative]") == "Half a sentence"
