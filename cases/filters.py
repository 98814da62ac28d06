"""Which cases a list shows. A filter on something that a summary hides leaves out the rows seen only in summary."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet
from django.utils import timezone

from agencies.models import Agency, User
from agencies.tags import LONGEST, read_tag
from agencies.visibility import Level
from cases.models import UNFINISHED, Assignment, Case, Task

MANY = forms.CheckboxSelectMultiple
PARTS = [
    ("mine", "I work on it"),
    ("agency", "My agency works on it"),
    ("owned", "My agency owns it"),
    ("received", "A partner let us in"),
]
CLOCKS = [("overdue", "Has overdue tasks"), ("idle", "Has no task to do")]


class CaseFilter(forms.Form):
    q = forms.CharField(label="Title, reference or words", required=False, max_length=200)
    part = forms.ChoiceField(label="Our part", choices=PARTS, required=False, widget=forms.RadioSelect)
    status = forms.MultipleChoiceField(
        label="Status", choices=Case.Status.choices, required=False, widget=MANY
    )
    kind = forms.MultipleChoiceField(label="Kind", choices=Case.Kind.choices, required=False, widget=MANY)
    priority = forms.MultipleChoiceField(
        label="Priority", choices=Case.Priority.choices, required=False, widget=MANY
    )
    agency = forms.ModelMultipleChoiceField(
        Agency.objects.none(), label="Agency on it", required=False, widget=MANY
    )
    tag = forms.CharField(max_length=LONGEST, required=False)
    tasks = forms.ChoiceField(label="Tasks", choices=CLOCKS, required=False, widget=forms.RadioSelect)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        agency = self.fields["agency"]
        assert isinstance(agency, forms.ModelMultipleChoiceField)
        agency.queryset = Agency.objects.filter(pk__in=self._running().values("agency"))

    def rows(self) -> QuerySet[Any]:
        """The cases of the user, each with its `level`, that fit; a filter that makes no sense is left out."""
        self.is_valid()
        cases: QuerySet[Any] = Case.objects.with_level(self.user)
        for name, value in self.cleaned_data.items():
            if value:
                cases = getattr(self, f"_by_{name}")(cases, value)
        return cases

    def _running(self) -> QuerySet[Any]:
        assignments: QuerySet[Any] = Assignment.objects.visible_to(self.user).filter(ended_at=None)
        return assignments

    def _by_q(self, cases: QuerySet[Any], text: str) -> QuerySet[Any]:
        words = SearchQuery(text, config="simple", search_type="websearch")
        inside, titled = Q(reference=text.upper()) | Q(search=words), Q(title__icontains=text)
        found: Any = cases.filter(inside | titled)  # what indexes can answer, asked first
        return found.filter(titled | Q(level__gte=Level.VIEW) & inside).checked()  # type: ignore[no-any-return]

    def _by_part(self, cases: QuerySet[Any], part: str) -> QuerySet[Any]:
        own = self.user.agency_id
        if part == "owned":
            return cases.filter(agency=own)
        if part == "received":
            return cases.exclude(agency=own)
        who = {"people": self.user} if part == "mine" else {"agency": own}
        return cases.filter(pk__in=self._running().filter(**who).values("case"))

    def _by_status(self, cases: QuerySet[Any], statuses: list[str]) -> QuerySet[Any]:
        return cases.filter(level__gte=Level.VIEW, status__in=statuses)

    def _by_kind(self, cases: QuerySet[Any], kinds: list[str]) -> QuerySet[Any]:
        return cases.filter(kind__in=kinds)

    def _by_priority(self, cases: QuerySet[Any], priorities: list[str]) -> QuerySet[Any]:
        return cases.filter(level__gte=Level.VIEW, priority__in=priorities)

    def _by_agency(self, cases: QuerySet[Any], agencies: QuerySet[Agency]) -> QuerySet[Any]:
        return cases.filter(pk__in=self._running().filter(agency__in=agencies).values("case"))

    def _by_tag(self, cases: QuerySet[Any], tag: str) -> QuerySet[Any]:
        return cases.filter(level__gte=Level.VIEW, tags__contains=[read_tag(tag)])

    def _by_tasks(self, cases: QuerySet[Any], clock: str) -> QuerySet[Any]:
        unfinished = Task.objects.visible_to(self.user).filter(status__in=UNFINISHED)
        if clock == "overdue":
            late = unfinished.filter(due_on__lt=timezone.localdate())
            return cases.filter(level__gte=Level.VIEW, pk__in=late.values("case"))
        return cases.filter(level__gte=Level.VIEW).exclude(pk__in=unfinished.values("case"))
