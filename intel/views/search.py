"""One box over leads, subjects and cases: words, names however spelt, identifiers in any format, references."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Case as Choose
from django.db.models import IntegerField, Q, QuerySet, Value, When
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from agencies import audit
from agencies.audit import Act
from agencies.live import SignedIn
from agencies.models import User
from agencies.visibility import Level
from cases.models import Case
from intel import lookups
from intel.actions.logging import searchable
from intel.highlighting import found_in, marked, snippet
from intel.matching.identifiers import KINDS
from intel.models import Identifier, Lead, Subject

SHOWN, SHOWN_ALONE = 5, 50  # rows of a group beside others, and on its own page
CAP = 1_000
GROUPS = {"leads": "Leads", "subjects": "Subjects", "cases": "Cases"}


EXAMPLES = [
    ("(404) 555-0134", "an identifier, written in any way"),
    ("gonzales maria", "a name, also misspelt or in another alphabet"),
    ('"white van" harbour -blue', "words of a report: quotes keep them together, a minus leaves one out"),
    ("7K3F-Q2MX", "a reference"),
]


@dataclass(frozen=True, slots=True)
class Found:
    """One result: where it leads, its title with what was searched marked, and why it is here."""

    obj: Any
    url: str
    title: SafeString
    why: SafeString | str = ""
    icon: str = ""
    is_summary: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    key: str
    label: str
    rows: list[Found]
    count: int

    @property
    def count_label(self) -> str:
        return f"{CAP:,}+" if self.count > CAP else f"{self.count:,}"

    @property
    def has_more(self) -> bool:
        return self.count > len(self.rows)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the text, as whom, the identifiers it is exactly, the references it holds, how many rows."""

    user: User
    text: str
    held: list[Identifier]
    references: list[str]
    size: int


@require_safe
def search(request: SignedIn) -> HttpResponse:
    asked = " ".join(request.GET.get("q", "").replace("\0", " ").split())
    text, only = asked[: lookups.QUERY_MAX], request.GET.get("in", "")
    only = only if only in GROUPS else ""
    groups = find_all(request.user, text, only) if text else []
    shown = [found.obj for group in groups for found in group.rows]
    if text:
        # What was looked for tells as much as what was found: the words are kept, for one's own agency's auditor.
        audit.record(Act.SEARCHED, request.user, by=request.user, text=text, only=only, found=len(shown))
    audit.record_looks(Act.VIEWED, shown, by=request.user, through="search")
    context = {
        "q": text,
        "only": only,
        "groups": [group for group in groups if group.rows],
        "is_cut": len(asked) > lookups.QUERY_MAX,
        "examples": EXAMPLES,
    }
    return render(request, "intel/search.html#results" if request.htmx else "intel/search.html", context)


def find_all(user: User, text: str, only: str = "") -> list[Group]:
    """What the reader may see of what `text` may mean, by kind; of one kind only, more of it."""
    values = lookups.values_in(text, user.agency.country) if user.agency else []
    held = list(lookups.identifiers_with(user, values).order_by()[: CAP + 1])
    size = SHOWN_ALONE if only else SHOWN
    question = Question(user, text, held, lookups.references_in(text), size)
    search = {"leads": _leads, "subjects": _subjects, "cases": _cases}
    return [search[key](question) for key in GROUPS if only in {"", key}]


def _group(key: str, rows: QuerySet[Any, Any], size: int, as_found: Callable[[Any], Found]) -> Group:
    shown = [as_found(row) for row in rows[: size + 1]]
    count = rows.order_by()[: CAP + 1].count() if len(shown) > size else len(shown)
    return Group(key, GROUPS[key], shown[:size], count)


def _exact_first(rows: Any, exact: Q, others: Q) -> QuerySet[Any, Any]:
    rows = rows.filter(exact | others).select_related("agency").checked()
    ranked: QuerySet[Any, Any] = rows.annotate(
        is_exact=Choose(When(exact, then=Value(1)), default=Value(0), output_field=IntegerField())
    )
    return ranked


def _leads(asked: Question) -> Group:
    held_in = Q(pk__in={each.lead_id for each in asked.held})
    words, referred = lookups.Words(asked.text), Q(reference__in=asked.references)
    leads = Lead.objects.with_level(asked.user).filter(held_in | referred | words.anywhere)
    rows = _exact_first(leads, held_in | Q(level__gte=Level.VIEW) & referred, words.rightly)
    held = {each.lead_id: each for each in asked.held}
    return _group(
        "leads", rows.order_by("-is_exact", "-created_at", "-pk"), asked.size,
        lambda lead: _lead(lead, asked.text, held.get(lead.pk)),
    )  # fmt: skip


def _lead(lead: Any, text: str, identifier: Identifier | None) -> Found:
    is_summary = lead.level == Level.SUMMARY
    why: SafeString | str = "" if is_summary else snippet(lead.narrative, text)
    if identifier is not None:
        why = marked(f"{_label(identifier)}: {identifier.display}", [])
    url = reverse("intel:lead-detail", args=[lead.pk])
    return Found(lead, url, found_in(lead.title, text), why, "file-text", is_summary)


def _label(identifier: Identifier) -> str:
    return KINDS[identifier.kind].label if identifier.kind in KINDS else identifier.kind


def _subjects(asked: Question) -> Group:
    exact = Q(pk__in={each.subject_id for each in asked.held if each.subject_id})
    rows = _exact_first(Subject.objects.visible_to(asked.user), exact, lookups.is_named(asked.text))
    likeness = TrigramWordSimilarity(searchable(asked.text), "search_names")
    held = {each.subject_id: each for each in asked.held}
    return _group(
        "subjects", rows.annotate(likeness=likeness).order_by("-is_exact", "-likeness", "-created_at", "-pk"),
        asked.size, lambda subject: _subject(subject, asked.text, held.get(subject.pk)),
    )  # fmt: skip


def _subject(subject: Subject, text: str, identifier: Identifier | None) -> Found:
    also = f"also {', '.join(subject.aliases)}" if subject.aliases else subject.get_kind_display()
    why = f"{_label(identifier)}: {identifier.display}" if identifier else also
    url = reverse("intel:subject-detail", args=[subject.pk])
    return Found(subject, url, found_in(str(subject), text), found_in(why, text), subject.kind)


def _cases(asked: Question) -> Group:
    words, referred = lookups.Words(asked.text), Q(reference__in=asked.references)
    cases = Case.objects.with_level(asked.user).filter(referred | words.anywhere)
    rows = _exact_first(cases, Q(level__gte=Level.VIEW) & referred, words.rightly)
    return _group(
        "cases", rows.order_by("-is_exact", "-created_at", "-pk"), asked.size,
        lambda case: _case(case, asked.text),
    )  # fmt: skip


def _case(case: Any, text: str) -> Found:
    is_summary = case.level == Level.SUMMARY
    why = "" if is_summary else snippet(case.summary, text)
    url = reverse("cases:case-detail", args=[case.pk])
    return Found(case, url, found_in(case.title, text), why, "briefcase", is_summary)
