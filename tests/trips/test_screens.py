"""Every screen in a real Chromium, wide and narrow, light and dark: it fits, it is accessible, nothing breaks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from agencies.models import Agency, User
from agencies.visibility import Level
from cases import actions as case_actions
from intel import actions as intel_actions
from intel.matching import engine
from intel.models import HitNotice
from tests import factories
from tests.leaks.world import finished_run, keep_track
from victims import actions as victim_actions

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture
def screens(contacts: None, alice: User, anna: User, bob: User, bea: User, eastport: Agency) -> list[str]:
    """A small office life, and the addresses of all screens in it, for Anna."""
    who = factories.subject("Jan Sample-Kowalski", phone="+1 404 555 0134", age=41, aliases=("Johnny",))
    lead = factories.lead(alice, "Phone seen at three addresses", phone="+1 404 555 0199", subjects=(who,),
                          narrative="A caller named three addresses and gave (404) 555-0134.")  # fmt: skip
    theirs = factories.lead(bob, "Their lead", phone="+1 404 555 0134")
    intel_actions.assign_lead(lead, to=alice, by=anna)
    case = intel_actions.open_case_from_lead(lead, title="Three addresses", kind="sex_trafficking", by=anna)
    case_actions.assign_case(case, agency=eastport, part="support", reason="local knowledge", by=anna)
    case_actions.write_note(case, text="Asked the telephone company.", by=anna)
    case_actions.set_task(
        case, title="Trace the phone", by=anna, due_on=timezone.localdate() - timedelta(days=2)
    )
    lane = keep_track(case, anna, "Harbour")
    engine.match(lead.pk)
    engine.match(theirs.pk)
    mine, other = (HitNotice.objects.get(agency=user.agency) for user in (anna, bea))
    week = timezone.now() + timedelta(days=7)
    ask = intel_actions.request_disclosure(
        mine, level=Level.VIEW, purpose="Find the caller", deadline=week, by=anna
    )
    asked = intel_actions.request_disclosure(
        other, level=Level.VIEW, purpose="Same caller", deadline=week, by=bea
    )
    linked, run = finished_run(anna), intel_actions.start_run(by=anna)
    with_id = [
        ("intel:run-detail", run.pk), ("intel:run-changes", linked.pk),
        ("intel:lead-detail", lead.pk), ("intel:lead-edit", lead.pk), ("intel:subject-detail", lead.subjects.get().pk),
        ("intel:notice-detail", mine.pk), ("intel:disclosure-detail", ask.pk), ("intel:disclosure-detail", asked.pk),
        ("intel:lead-origins", lead.pk), ("intel:notice-origins", mine.pk),
        ("intel:protected-detail", factories.protect(anna, "+1 404 555 0177")[0].pk),
        ("cases:case-detail", case.pk), ("cases:case-edit", case.pk), ("cases:case-tracks", case.pk),
        ("cases:track-new", case.pk), *((f"cases:{name}", lane.pk) for name in (
            "track", "track-edit", "track-move", "offence-new", "request-new")),
    ]  # fmt: skip
    plain = ["agencies:desk", "intel:lead-list", "intel:lead-new", "intel:notice-list", "intel:disclosure-list",
             "cases:case-list", "cases:case-new", "cases:desk-clocks", "victims:victim-list", "agencies:room", "agencies:room-people",
             "agencies:room-audit", "intel:run-list", "intel:weights", "intel:protected-list"]  # fmt: skip
    return [
        *(reverse(name) for name in plain),
        *(reverse(name, args=[pk]) for name, pk in with_id),
        reverse("intel:search") + "?q=404+555+0134",
    ]


@pytest.fixture
def signed_in(page: Page, live_server: LiveServer, anna: User, as_user: Any) -> Page:
    cookie = as_user(anna).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    return page


@pytest.mark.parametrize(
    ("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop-light", "phone-dark"]
)
def test_every_screen_fits_is_accessible_and_breaks_nothing(
    signed_in: Page, live_server: LiveServer, screens: list[str], size: Any, theme: str
) -> None:
    problems: list[str] = []
    signed_in.on(
        "console", lambda message: problems.append(message.text) if message.type == "error" else None
    )
    signed_in.on("pageerror", lambda error: problems.append(str(error)))
    signed_in.set_viewport_size(size)
    signed_in.context.add_cookies([{"name": "theme", "value": theme, "url": live_server.url}])
    for path in screens:
        signed_in.goto(live_server.url + path)
        expect(signed_in.locator(".htmx-request")).to_have_count(0, timeout=30_000)
        problems += [f"{path}: {problem}" for problem in look(signed_in)]
    assert problems == []


def test_the_sign_in_page_fits_and_is_accessible(page: Page, live_server: LiveServer, db: None) -> None:
    page.set_viewport_size(PHONE)
    page.goto(live_server.url + reverse("account_login"))
    assert look(page) == []


def look(page: Page) -> list[str]:
    """What is wrong with the page as it stands: scrolling sideways, and axe's serious and critical findings."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found = [f"scrolls sideways by {wide} px"] if wide > 1 else []
    violations = Axe().run(page).response["violations"]
    serious = [each for each in violations if each["impact"] in {"serious", "critical"}]
    return found + [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in serious]


def test_a_caseworkers_screens(page: Page, live_server: LiveServer, nora: User, as_user: Any) -> None:
    victim = victim_actions.register_victim(
        by=nora, needs=["shelter", "legal"], languages=["spa"], urgent=True
    )
    page.context.add_cookies(
        [{"name": "sessionid", "value": as_user(nora).cookies["sessionid"].value, "url": live_server.url}]
    )
    page.set_viewport_size(PHONE)
    problems = []
    for path in (
        reverse("victims:victim-list"),
        reverse("victims:victim-new"),
        reverse("victims:victim-detail", args=[victim.pk]),
    ):
        page.goto(live_server.url + path)
        problems += [f"{path}: {problem}" for problem in look(page)]
    assert problems == []
