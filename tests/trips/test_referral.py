"""From a consent to a provider's answer, on an old telephone without script, and back by the code on the sheet."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from agencies.models import User
from agencies.permissions import Role
from tests import factories
from tests.trips.test_screens import PHONE, look
from victims import actions
from victims.models import Offer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def paula(northland: Any) -> User:
    return factories.person("Paula", northland, Role.VICTIM_CASEWORKER)


def test_a_referral_is_accepted_without_script_and_taken_back_with_the_code(
    browser: Browser, live_server: LiveServer, paula: User, nora: User, as_user: Any
) -> None:
    victim = actions.register_victim(by=paula, age_band="18-20", languages=["ukr"], needs=["legal"])
    consent = factories.consent(victim, nora.agency, by=paula)  # type: ignore[arg-type]
    factories.referral(consent, nora.agency, by=paula)  # type: ignore[arg-type]
    phone = browser.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    page = phone.new_page()
    sign_in(page, live_server, as_user(nora))
    page.goto(live_server.url + reverse("victims:care-desk"))
    page.get_by_role("link", name="Open").click()
    assert "He knows her telephone." in page.content()
    page.get_by_role("button", name="Accept: we help").click()
    assert "Accepted. It is yours now." in page.content()
    address = page.url
    survivor = browser.new_context(viewport=PHONE, java_script_enabled=False).new_page()  # type: ignore[arg-type]
    survivor.goto(live_server.url + reverse("victims:withdraw"))
    survivor.get_by_label("The code on your sheet").fill(consent.code.lower())
    survivor.get_by_role("button", name="Take it back").click()
    assert "Noted" in survivor.content()
    page.goto(address)
    assert "It was withdrawn" in page.content()
    assert "He knows" not in page.content()


def test_the_screens_of_care_fit_a_telephone_and_are_accessible(
    page: Page, live_server: LiveServer, paula: User, nora: User, as_user: Any
) -> None:
    victim = actions.register_victim(by=paula, needs=["legal"], languages=["ukr"])
    consent = factories.consent(victim, nora.agency, by=paula)  # type: ignore[arg-type]
    referral = factories.referral(consent, nora.agency, by=paula)  # type: ignore[arg-type]
    service = factories.service(nora, kind="legal")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    problems = []
    offer = Offer.objects.get()
    for who, paths in (
        (paula, [("victim-detail", victim), ("refer", victim), ("consent-new", victim), ("danger", victim), ("consent-detail", consent),
                 ("referral-list", None), ("referral-detail", referral), ("service-list", None), ("withdraw", None)]),
        (nora, [("care-desk", None), ("offer-detail", offer), ("service-detail", service), ("service-edit", service)]),
    ):  # fmt: skip
        sign_in(page, live_server, as_user(who))
        for name, row in paths:
            path = reverse(f"victims:{name}", args=[row.pk] if row else [])
            page.goto(live_server.url + path)
            problems += [f"{path}: {problem}" for problem in look(page)]
    assert problems == []


def sign_in(page: Page, live_server: LiveServer, client: Any) -> None:
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
