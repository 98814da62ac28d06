"""The holes that others had, put into our code on purpose, and what finds each of them.

A plant rewrites one function: a text that stands in its source becomes another. When the text no longer stands there
the plant itself fails, so that no plant grows old unseen.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from agencies import passing, presenters, reach
from agencies.views import releases, room, sharing, sharing_many
from cases import actions as case_actions
from cases import api as cases_api
from cases import presenters_pages
from cases.views import notes
from intel import api, corroboration, lookups
from intel.actions import attaching
from intel.models import LinkRun
from intel.views import case_panels, drafts, hits, judging, leads, search, triage
from tests import factories
from tests.leaks.matrix import Cell, Matrix
from tests.leaks.stage import WORD
from tests.leaks.world import answer

Hunt = Callable[[Matrix], list[str]]
Swap = tuple[Any, str, str]  # a function, a text of its source, and what it becomes


@dataclass(frozen=True)
class Hole:
    source: str
    what: str
    plant: tuple[Swap, ...]
    hunt: Hunt

    def __str__(self) -> str:
        return f"{self.source}: {self.what}"


@contextmanager
def planted(swaps: tuple[Swap, ...]) -> Iterator[None]:
    changes: dict[Any, list[tuple[str, str]]] = {}
    for function, text, other in swaps:
        changes.setdefault(inspect.unwrap(function), []).append((text, other))
    with ExitStack() as stack:
        for function, texts in changes.items():
            stack.enter_context(_rewritten(function, texts))
        yield


@contextmanager
def _rewritten(function: Any, texts: list[tuple[str, str]]) -> Iterator[None]:
    source = textwrap.dedent(inspect.getsource(function))
    source = source[source.index("def ") :]  # without its decorators
    for text, other in texts:
        assert text in source, f"{function.__qualname__} no longer says {text!r}"
        source = source.replace(text, other)
    names: dict[str, Any] = {}
    exec("from __future__ import annotations\n" + source, function.__globals__, names)  # noqa: S102
    was, function.__code__ = function.__code__, names[function.__name__].__code__
    try:
        yield
    finally:
        function.__code__ = was


# --- Hunts ----------------------------------------------------------------------------------------------------------


def cells(*wanted: tuple[str, str, str]) -> Hunt:
    return lambda matrix: [said for each in wanted if (said := matrix.wrong(Cell(*each)))]


def reads(who: str, path: str, after: str = "") -> Hunt:
    """What the page tells of rows that this person may not read; `after` that somebody else asked for it."""

    def hunt(matrix: Matrix) -> list[str]:
        for reader in filter(None, (after, who)):
            client, headers = matrix.client(reader)
            text = client.get(path, headers=headers).content.decode()
        return matrix.stage.leaks_in(text, matrix.who[who])

    return hunt


def late_tasks_count(matrix: Matrix) -> list[str]:
    """Does the list of cases count a late task that another agency keeps to itself?"""
    client, _ = matrix.client("E.supervisor")
    yesterday = timezone.localdate() - timedelta(days=1)
    with transaction.atomic():
        before = answer(client, "get", "/cases/")
        case_actions.set_task(
            matrix.stage.row("case assigned"), title="Not theirs", due_on=yesterday, agency_private=True,
            by=matrix.stage.boss("N"),
        )  # fmt: skip
        after = answer(client, "get", "/cases/")
        transaction.set_rollback(True)
    return [] if before == after else ["the list of cases changed"]


def chips_know(matrix: Matrix) -> list[str]:
    """Does the form, while it is typed, know an address that only another agency holds?"""
    token = next(token for token, (key, _) in matrix.stage.tokens.items() if key == "identifier plain N")
    client, _ = matrix.client("S.supervisor")
    page = client.post("/leads/chips/", {"narrative": f"Write to {token}@example.org now."}).content.decode()
    return ["in a lead you see"] if "in a lead you see" in page else []


def copies_know(matrix: Matrix) -> list[str]:
    text = "A white van stood at the harbour gate all night and three men carried boxes to the cold store until dawn came."
    user = matrix.stage.people["S.supervisor"]
    with transaction.atomic():
        factories.lead(matrix.stage.people["N.investigator"], "Not theirs", narrative=text)
        found = corroboration.copies_of(text, user)
        transaction.set_rollback(True)
    return [str(pk) for pk, _ in found]


def names_third_agencies(matrix: Matrix) -> list[str]:
    """A partner who sees a case reads who else does."""
    client, _ = matrix.client("S.supervisor")
    row = matrix.stage.row("case granted View")
    page = client.get(f"/sharing/cases.case/{row.pk}/").content.decode()
    return ["Eastport Prosecution"] if "Eastport Prosecution" in page else []


def nobody_enters(matrix: Matrix) -> list[str]:
    """Without a session everything leads to the sign-in."""
    pk = matrix.stage.row("lead plain N").pk
    client, _ = matrix.client("nobody")
    return [
        path
        for path in (f"/leads/{pk}/", "/leads/", "/search/")
        if client.get(path).status_code not in (302, 401)
    ]


def others_ties(matrix: Matrix) -> list[str]:
    """Can a partner on the case take out what its owner attached?"""
    tie = matrix.stage.row("caselead assigned in a case N")
    client, _ = matrix.client("E.supervisor")
    case = matrix.stage.row("case assigned")
    with transaction.atomic():
        client.post(f"/cases/{case.pk}/leads/detach/", {"tie": str(tie.pk)})
        gone = not type(tie).objects.filter(pk=tie.pk).exists()
        transaction.set_rollback(True)
    return ["the owner's attachment is gone"] if gone else []


_LEAD, _CASE = "/leads/<uuid:pk>/", "/cases/<uuid:pk>/"

HOLES = [
    Hole("MISP CVE-2026-56424", "allowed on one, done on another",
         ((attaching.detach_lead, "case_lead.agency_id != by.agency_id", "False"),), others_ties),
    Hole("MISP CVE-2026-44380", "an administrator acts on an account of another agency",
         ((room.colleague_or_404, "own_agency(user).people", "User.objects"),),
         cells(("N.agency_administrator", "get /agency/people/<uuid:pk>/close/", "person E.investigator"))),
    Hole("MISP f039b21af", "history without the rule of its record",
         ((sharing.visible_or_404, "model.objects.visible_to(user, level)", "model.objects.all()"),),
         cells(("S.supervisor", "get /history/<str:label>/<uuid:pk>/", "lead plain N"))),
    Hole("MISP 4f27f83a7", "search in the browser forgets the rule",
         ((search._leads, "Lead.objects.with_level(asked.user)",
           "Lead.objects.annotate(level=Value(2, output_field=IntegerField()))"),),
         reads("S.supervisor", f"/search/?q={WORD}&in=leads")),
    Hole("MISP 609bfbd45", "matches without the rule",
         ((hits.notice_detail, "HitNotice.objects.visible_to(request.user)", "HitNotice.objects.all()"),),
         cells(("S.supervisor", "get /hits/<uuid:pk>/", "notice matched N"))),
    Hole("MISP 20053ea32", "a partner reads who else was given it",
         ((presenters.seen_by, "_knows_all(obj, user)", "True"),), names_third_agencies),
    Hole("MISP 0ac2468c2", "a GET changes something",
         ((leads.lead_detail, "audit.record_looks(", "Lead.objects.filter(pk=pk).update(place='x'); audit.record_looks("),),
         cells(("N.supervisor", f"get {_LEAD}", "lead plain N"))),
    Hole("MISP b0be3b07f", "a secondary form reads from all rows",
         ((lookups.identifiers_with, "visible_to(viewer)", "all()"),), chips_know),
    Hole("MISP a0f08501d", "a level is taken for a higher one",
         ((reach.ways_of, "level__gte=level", "level__gte=1"),),
         cells(("E.supervisor", f"get {_LEAD}subjects/", "lead granted Summary"))),
    Hole("OpenCTI CVE-2026-27960", "without signing in", (), nobody_enters),
    Hole("OpenCTI CVE-2026-21886", "an id of another kind of row",
         ((sharing.visible_or_404, "not issubclass(model, Shareable) or ", "False and "),
          (sharing.visible_or_404, "model.objects.visible_to(user, level)", "model._default_manager.all()")),
         cells(("E.supervisor", "get /history/<str:label>/<uuid:pk>/", "draft N"))),
    Hole("DefectDojo GHSA-96vq-gqr9-vf2c", "a page kept for the next who asks",
         ((leads.lead_list, "render(request, part, context)",
           "globals().setdefault('_kept', None) or globals().update(_kept=render(request, part, context)) or _kept"),),
         reads("S.supervisor", "/leads/?view=all", after="N.supervisor")),
    Hole("DefectDojo de61f8670f", "an action that does not ask for its row",
         ((api.HitNoticeViewSet.judge, "self.seen(pk)", "HitNotice.objects.get(pk=pk)"),),
         cells(("E.service_account", "post /api/v1/hit-notices/<uuid:pk>/judge/", "notice matched N"))),
    Hole("DefectDojo 1fbecd9786", "the target of a bulk action from all rows",
         ((triage._chosen, "visible_to(request.user, Level.OWN)", "all()"),),
         cells(("E.supervisor", "post /leads/bulk/", "lead plain N"))),
    Hole("DefectDojo b9be86e3d5", "a foreign key in the body from all rows",
         ((case_panels.case_attach, "Lead.objects.visible_to(request.user)", "Lead.objects.all()"),),
         cells(("S.supervisor", f"post {_CASE}leads/attach/ lead", "lead plain N"))),
    Hole("DefectDojo 710e1639f0", "drafts of others",
         ((drafts.draft_drop, "belonging_to(request.user)", "all()"),),
         cells(("E.investigator", "post /leads/drafts/<uuid:pk>/drop/", "draft N"))),
    Hole("DefectDojo b50728eda6", "what hangs on a row without its own rule",
         ((notes.case_notes, "Note.objects.visible_to(request.user)", "Note.objects.all()"),),
         cells(("E.supervisor", f"get {_CASE}notes/", "case assigned"))),
    Hole("paperless GHSA-96jx-fj7m-qh6x", "the search over everything",
         ((search._subjects, "Subject.objects.visible_to(asked.user)", "Subject.objects.all()"),),
         reads("S.supervisor", f"/search/?q={WORD}&in=subjects")),
    Hole("paperless GHSA-386h-chg4-cfw9", "passing on what one only sees",
         ((sharing_many._chosen, "Level.OWN", "Level.SUMMARY"),),
         cells(("E.supervisor", "post /sharing/<str:label>/many/", "lead granted View"))),
    Hole("paperless GHSA-7qqc-wrcw-2fj9", "another's credentials by their id",
         ((room._client_or_404, "own_agency(user).people", "User.objects"),),
         cells(("N.agency_administrator", "post /agency/clients/<uuid:pk>/rotate/", "client E"))),
    Hole("paperless 81795bc93", "more like this",
         ((corroboration.copies_of, "readable(viewer)", "Lead.objects.all()"),), copies_know),
    Hole("paperless 3cbdf5d0b", "a count over all rows",
         ((presenters_pages.case_rows, "Task.objects.visible_to(reader)", "Task.objects.all()"),),
         late_tasks_count),
    Hole("paperless f225f7214", "the list of background work",
         ((type(LinkRun.objects.all()).visible_to, "self.filter(agency=agency.pk)", "self.all()"),),
         cells(("E.supervisor", "get /linking/<uuid:pk>/", "run N"))),
    Hole("Primero 896d3fbd32", "a referral's request by its id",
         ((releases._requests, "ReleaseRequest.objects.visible_to(user)", "ReleaseRequest.objects.all()"),
          (passing.release_lines, "line.record is not None or", "True or")),
         cells(("H.supervisor", "get /releases/<uuid:pk>/", "release"))),
    Hole("TheHive 67214986c", "a bulk action unchecked",
         ((judging._chosen, "HitNotice.objects.visible_to(request.user)", "HitNotice.objects.all()"),),
         cells(("E.supervisor", "post /hits/judge/", "notice matched N"))),
    Hole("TheHive 6c48c5613", "a task on another's case",
         ((cases_api.CaseViewSet.new_task, "self.seen(pk)", "Case.objects.get(pk=pk)"),),
         cells(("S.service_account", f"post /api/v1{_CASE}tasks/", "case plain N"))),
]  # fmt: skip
