"""What the shell of every page needs: where one may go, which theme, which address signs in."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from agencies import second_factor
from agencies.permissions import Permission
from agencies.signin import came_through_issuer
from taskforce.demo.logins import FEATURED, PASSWORD

THEMES = ("light", "dark")


class Place(NamedTuple):
    """A line of the sidebar. Without a permission everybody with an agency may go there."""

    label: str
    url_name: str
    icon: str
    permission: Permission | None = None
    key: str = ""
    group: str = "work"


PLACES = (
    Place("Desk", "agencies:desk", "inbox", key="g d"),
    Place("Leads", "intel:lead-list", "file-text", Permission.READ_LEADS, "g l"),
    Place("Hits", "intel:notice-list", "git-compare-arrows", Permission.JUDGE_HITS, "g h"),
    Place("Disclosures", "intel:disclosure-list", "lock-open", Permission.JUDGE_HITS, "g r"),
    Place("Cases", "cases:case-list", "briefcase", Permission.READ_CASES, "g c"),
    Place("Operations", "cases:operation-list", "crosshair", Permission.READ_CASES, "g o"),
    Place("Victims", "victims:victim-list", "heart-handshake", Permission.READ_VICTIMS, "g v"),
    Place("Sent to us", "victims:care-desk", "inbox", Permission.REFER_VICTIMS, "g u"),
    Place("Referrals", "victims:referral-list", "send", Permission.REFER_VICTIMS, "g f"),
    Place("Services", "victims:service-list", "hand-heart", Permission.READ_VICTIMS, "g s"),
    Place("Gaps", "victims:gaps", "chart-column", Permission.READ_GAPS, "g p"),
    Place("Review", "agencies:reviews", "calendar-clock", Permission.REVIEW, "g e", "house"),
    Place("Agency room", "agencies:room", "building-2", key="g a", group="house"),
)
# These lie beneath the address of cases, and have a line of their own.
WITH_OPERATIONS = ("cases:operation-list", "cases:conflict-list", "cases:site-list")
ON_PHONE = (
    "agencies:desk",
    "intel:lead-list",
    "intel:notice-list",
    "cases:case-list",
    "victims:victim-list",
    "victims:care-desk",
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """`theme` ("light", "dark" or "" for the system's), `nav`, `log_lead_url`, `search_url`, `demo`."""
    theme = request.COOKIES.get("theme", "")
    context: dict[str, Any] = {"theme": theme if theme in THEMES else "", "demo": settings.DEMO}
    if settings.SSO_ISSUER:
        context["sso_name"] = settings.SSO_NAME
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return context | ({"demo_logins": FEATURED, "demo_password": PASSWORD} if settings.DEMO else {})
    places = [place for place in PLACES if place.permission is None or user.may(place.permission)]
    here = _nearest(places, request.path)
    nav = [_link(place, place == here) for place in places]
    return context | {
        "nav": nav,
        "phone_nav": [link for link in nav if link["url_name"] in ON_PHONE],
        "log_lead_url": reverse("intel:lead-new") if user.may(Permission.LOG_LEADS) else "",
        "search_url": reverse("intel:search"),
        "mfa_required": second_factor.is_required(user),
        "through_issuer": came_through_issuer(request, user),
        "idle_seconds": settings.IDLE_LOCK_MINUTES * 60,
    }


def _nearest(places: list[Place], path: str) -> Place | None:
    """Where one is: of the places whose address the path begins with, that with the longest."""
    if path.startswith(tuple(reverse(name) for name in WITH_OPERATIONS)):
        path = reverse("cases:operation-list")
    around = [(len(url), place) for place in places if path.startswith(url := reverse(place.url_name))]
    inside = [(length, place) for length, place in around if length > 1 or path == "/"]
    return max(inside, key=lambda pair: pair[0])[1] if inside else None


def _link(place: Place, active: bool) -> dict[str, Any]:
    return place._asdict() | {"url": reverse(place.url_name), "active": active}
