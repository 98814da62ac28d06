from __future__ import annotations

from typing import NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from agencies.live import SignedIn
from agencies.models import User
from agencies.permissions import Permission


class Waiting(NamedTuple):
    """One kind of decision that waits for somebody: a panel of the app that knows it, by URL name."""

    title: str
    url_name: str
    icon: str
    for_those_who: tuple[Permission, ...]


WAITING = (
    Waiting("Alarms", "agencies:desk-alarms", "siren", (Permission.READ_AUDIT,)),
    Waiting("Conflicts of operations", "cases:desk-conflicts", "crosshair", (Permission.READ_PROTECTED,)),
    Waiting(
        "Requests for disclosure", "intel:desk-disclosures", "message-circle-question-mark",
        (Permission.ANSWER_DISCLOSURES, Permission.JUDGE_HITS),
    ),
    Waiting("Requests to release", "agencies:desk-releases", "forward", (Permission.SHARE,)),
    Waiting("Share rules that stopped", "agencies:desk-rules", "share-2", (Permission.SHARE_BY_RULE,)),
    Waiting("Records offered to us", "agencies:desk-handovers", "inbox", (Permission.HAND_OVER,)),
    Waiting("Agreements to answer", "agencies:desk-agreements", "scale", (Permission.MANAGE_AGENCY,)),
    Waiting("Hits to judge", "intel:desk-hits", "git-compare-arrows", (Permission.JUDGE_HITS,)),
    Waiting("Leads to triage", "intel:desk-leads", "file-text", (Permission.TRIAGE_LEADS, Permission.LOG_LEADS)),
    Waiting(
        "Values to confirm", "intel:desk-protected", "shield-check", (Permission.CONFIRM_PROTECTION,)
    ),
    Waiting("Records to review", "agencies:desk-reviews", "calendar-clock", (Permission.REVIEW,)),
    Waiting("Purged by partners", "agencies:desk-purged", "trash-2", (Permission.READ_CASES,)),
    Waiting("Dates that press", "cases:desk-clocks", "timer", (Permission.READ_CASES,)),
    Waiting("Victims’ identities", "victims:desk-identities", "id-card", (Permission.READ_VICTIMS,)),
    Waiting("Tasks", "cases:desk-tasks", "square-check", (Permission.READ_CASES,)),
)  # fmt: skip


class Beginning(NamedTuple):
    """What a role most likely came to do, when nothing waits."""

    permission: Permission
    url_name: str
    icon: str
    label: str
    why: str


BEGINNINGS = (
    Beginning(
        Permission.LOG_LEADS, "intel:lead-new", "plus", "Log a lead",
        "Write down what was reported. It is matched at once against what every agency of the task force holds.",
    ),
    Beginning(
        Permission.OPEN_CASES, "cases:case-new", "briefcase", "Open a case",
        "Bring leads, people and agencies together in one investigation.",
    ),
    Beginning(
        Permission.REGISTER_VICTIMS, "victims:victim-new", "heart-handshake", "Register a victim",
        "Record under a pseudonym what a person needs, so that it can be met without naming them.",
    ),
    Beginning(
        Permission.MANAGE_AGENCY, "agencies:room-people", "users", "Appoint people",
        "Give your colleagues accounts and the roles they need.",
    ),
    Beginning(
        Permission.READ_AUDIT, "agencies:room-audit", "history", "Open the audit record",
        "See who did what, to which record, and why.",
    ),
)  # fmt: skip


@require_safe
def desk(request: SignedIn) -> HttpResponse:
    """What waits for one's decision. A frame: each panel asks the gate for itself."""
    user = request.user
    waiting = [
        (panel, reverse(panel.url_name)) for panel in WAITING if any(map(user.may, panel.for_those_who))
    ]
    return render(request, "agencies/desk.html", {"waiting": waiting, "beginnings": _beginnings(user)})


def _beginnings(user: User) -> list[tuple[Beginning, str]]:
    return [(way, reverse(way.url_name)) for way in BEGINNINGS if user.may(way.permission)][:3]
