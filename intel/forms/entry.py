"""All that stands on the form of one lead: the report, what was picked out of it, its subjects, its shares.

It is made from nothing (`Entry.blank`), from what was typed (`Entry.typed`) or from a kept lead (`Entry.of`), reads the
narrative again each time, and gives `LeadFacts` once `is_valid`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BoundField, Form
from django.http import QueryDict
from django.utils import timezone

from agencies.models import User
from agencies.policies import version_of
from intel import lookups
from intel.actions.logging import searchable
from intel.facts import IdentifierFacts, LeadFacts, SubjectFacts
from intel.forms import chips as chip_list
from intel.forms import kept, subject
from intel.forms.chips import Chip
from intel.forms.lead import NARRATIVE_MAX, LeadForm, suggest_title
from intel.forms.reading import held_values, write_identifier
from intel.forms.sharing import SharingForm
from intel.forms.subject import SubjectForm
from intel.models import Lead

ROWS = "subjects"
MOST_NUMBERS = 500  # rows are numbered on while others are dropped


class Entry:
    """`token` names the draft and makes sure that a form is saved once; `lead` and `version` are those of an edit."""

    def __init__(
        self, user: User, form: LeadForm, subjects: list[SubjectForm], sharing: SharingForm, chips: list[Chip]
    ) -> None:
        self.user, self.country = user, home(user)
        self.form, self.subjects, self.sharing, self.chips = form, subjects, sharing, chips
        self.token, self.version, self.refusal = str(uuid.uuid4()), "", ""
        self.lead: Lead | None = None
        self.found = 0

    # --- Made of -----------------------------------------------------------------------------------------

    @classmethod
    def blank(cls, user: User) -> Entry:
        policy = user.agency.pointer_policy if user.agency else None
        form = LeadForm(initial={"pointer_policy": policy, "reported_on": timezone.localdate().isoformat()})
        return cls(user, form, [], SharingForm(user=user), [])

    @classmethod
    def typed(cls, user: User, data: QueryDict, *, check: bool = False, lead: Lead | None = None) -> Entry:
        """What the browser sent, or a draft; with `check` read strictly, else shown as it is without complaints."""
        if check:
            form, share = LeadForm(data), SharingForm(data, user=user)
        else:
            form, share = LeadForm(initial=_typed(LeadForm(), data)), SharingForm(user=user)
            share.initial = _typed(share, data)
        rows = [_row(data, number, home(user), check=check) for number in _row_numbers(data)]
        entry = cls(user, form, rows, share, chip_list.read(data))
        entry.token, entry.version, entry.lead = _token(data), data.get("version", ""), lead
        entry.read_again()
        return entry

    @classmethod
    def of(cls, lead: Lead, user: User) -> Entry:
        """A kept lead. What its text holds and was not kept then is not kept now, unless somebody says so."""
        held = kept.held_identifiers(lead)
        rows = [
            _blank_row(n, home(user), subject.written(each, held.get(each.pk, [])))
            for n, each in enumerate(kept.shown_subjects(lead))
        ]
        loose = [
            Chip(
                each.kind, write_identifier(each.kind, each.value, each.display), keep=True, found=each.value
            )
            for each in held.get(None, [])
        ]
        entry = cls(user, LeadForm(initial=kept.written(lead)), rows, SharingForm(user=user), loose)
        entry.lead, entry.version = lead, version_of(lead)
        entry.read_again(sure=2.0)
        here = {(chip.kind, chip.found) for chip in entry.chips}
        entry.chips += [replace(chip, found="") for chip in loose if (chip.kind, chip.found) not in here]
        return entry

    # --- Chips ---------------------------------------------------------------------------------------------

    def read_again(self, sure: float = chip_list.SURE) -> None:
        """Pick out of the narrative what it holds now; what stands in a subject's row is not offered again."""
        text = str(self.form["narrative"].value() or "")[:NARRATIVE_MAX]
        findings = (
            chip_list.picked(text, self.country, lookups.known_names(self.user)) if text.strip() else []
        )
        decided = {(chip.kind, chip.found) for chip in self.chips}
        in_rows = {
            each for row in self.subjects for each in held_values(row.typed("identifiers"), self.country)
        }
        findings = [each for each in findings if (each.kind, each.value) not in in_rows - decided]
        self.found = len(findings)
        names = {
            searchable(row.shown_name): f"row-{n}" for n, row in enumerate(self.subjects) if row.shown_name
        }
        self.chips = chip_list.with_rows(
            chip_list.merge(self.chips, findings, self.country, sure=sure), names
        )

    @property
    def left_out(self) -> int:
        """How many findings were too many to be shown."""
        return max(0, self.found - chip_list.MOST)

    @property
    def holders(self) -> list[tuple[str, str]]:
        """To whom an identifier can belong: (key, label)."""
        rows = [(row.key, row.shown_name or f"Subject {n}") for n, row in enumerate(self.subjects, 1)]
        return [*rows, *((chip.as_holder, chip.raw) for chip in chip_list.keeping(self.chips, "person"))]

    @property
    def policy(self) -> str:
        return str(self.form["pointer_policy"].value())

    @property
    def suggested_title(self) -> str:
        return suggest_title(str(self.form["narrative"].value() or ""))

    @property
    def hides_subjects(self) -> bool:
        """Has the lead more subjects than a form shows?"""
        return self.lead is not None and self.lead.subjects.count() > kept.MOST_ROWS

    # --- Buttons that work without JavaScript ----------------------------------------------------------------

    def do(self, act: str) -> None:
        """ "add-subject", "add-identifier", "drop-2" (a subject's row) or "detail-7" (give a found person a row)."""
        verb, _, number = act.rpartition("-")
        if act == "add-subject":
            self._add_row({})
        elif act == "add-identifier":
            self.chips.append(Chip("phone", "", keep=True))
        elif verb == "drop" and number.isdecimal():
            self._drop_row(int(number))
        elif verb == "detail" and number.isdecimal() and int(number) < len(self.chips):
            self._give_row(int(number))

    @property
    def next_row(self) -> int:
        return max((row.number for row in self.subjects), default=-1) + 1

    def _add_row(self, typed: dict[str, Any]) -> None:
        if len(self.subjects) < kept.MOST_ROWS:
            self.subjects.append(_blank_row(self.next_row, self.country, typed))

    def _give_row(self, number: int) -> None:
        chip, row = self.chips[number], f"row-{self.next_row}"
        if chip.kind == "person" and not chip.has_row and len(self.subjects) < kept.MOST_ROWS:
            self._add_row(chip.typed())
            self.subjects[-1].just_added = True
            self.chips[number] = replace(chip, holder=row, keep=False)
            self.chips = [replace(c, holder=row) if c.holder == chip.as_holder else c for c in self.chips]

    def _drop_row(self, number: int) -> None:
        self.subjects = [row for row in self.subjects if row.number != number]
        self.chips = chip_list.without_rows(self.chips, {row.key for row in self.subjects})

    @property
    def row_template(self) -> SubjectForm:
        """An empty row, for the browser to add."""
        return _blank_row("__prefix__", self.country)

    # --- Checked ---------------------------------------------------------------------------------------------

    def is_valid(self) -> bool:
        forms: list[Form] = [self.form, *self.subjects, *([] if self.lead else [self.sharing])]
        good = [form.is_valid() for form in forms]
        self.chips = [self._checked(chip) for chip in self.chips]
        return all(good) and not any(chip.error for chip in self.chips)

    def _checked(self, chip: Chip) -> Chip:
        try:
            if chip.is_kept_identifier:
                chip.identifier(self.country)
        except ValidationError as problem:
            return replace(chip, error=problem.messages[0])
        return chip

    # The summary of errors takes an entry for a form.

    def __iter__(self) -> Iterator[BoundField]:
        for form in (self.form, *self.subjects, self.sharing):
            if form.is_bound:
                yield from (bound for bound in form if bound.errors)

    @property
    def errors(self) -> bool:
        return bool(self.non_field_errors or any(True for _ in self))

    @property
    def non_field_errors(self) -> list[str]:
        return [sentence for sentence in [self.refusal, *(chip.error for chip in self.chips)] if sentence]

    # --- Facts -----------------------------------------------------------------------------------------------

    def facts(self) -> LeadFacts:
        """Call after `is_valid`."""
        people = self._people()
        subjects = [replace(facts, identifiers=self._held_by(key, facts)) for key, facts in people.items()]
        lead = self.lead
        return LeadFacts(
            **self.form.cleaned_data | self._when_and_where(),
            subjects=(*subjects, *(kept.hidden_subjects(lead) if lead else ())),
            identifiers=tuple(
                chip.identifier(self.country)
                for chip in self.chips
                if chip.is_kept_identifier and chip.holder not in people
            ),
            kind=lead.kind if lead else Lead.Kind.REPORT,
        )

    def _people(self) -> dict[str, SubjectFacts]:
        """The subjects by the key under which identifiers name them."""
        rows = {row.key: row.facts() for row in self.subjects}
        found = {chip.as_holder: chip.subject() for chip in chip_list.keeping(self.chips, "person")}
        return {key: facts for key, facts in (rows | found).items() if facts is not None}

    def _held_by(self, holder: str, facts: SubjectFacts) -> tuple[IdentifierFacts, ...]:
        mine = [chip for chip in self.chips if chip.is_kept_identifier and chip.holder == holder]
        return (*facts.identifiers, *(chip.identifier(self.country) for chip in mine))

    def _when_and_where(self) -> dict[str, Any]:
        """Kept dates, places and countries fill what was left empty."""
        typed = self.form.cleaned_data
        days = [
            date.fromisoformat(chip.found) for chip in chip_list.keeping(self.chips, "date") if chip.is_day
        ]
        places = [chip.raw[:200] for chip in chip_list.keeping(self.chips, "place")]
        countries = [chip.found for chip in chip_list.keeping(self.chips, "country")]
        return {
            "occurred_on": typed["occurred_on"]
            or next((day for day in days if day <= timezone.localdate()), None),
            "place": typed["place"] or next(iter(places), ""),
            "countries": tuple(dict.fromkeys([*typed["countries"], *countries])),
        }


def home(user: User) -> str:
    """The country from which `user` writes; it decides how local telephone numbers and dates are read."""
    return user.agency.country if user.agency else ""


def _typed(form: Form, data: QueryDict) -> dict[str, Any]:
    """What stands in the form's fields as it was typed."""
    return {
        name: field.widget.value_from_datadict(data, {}, form.add_prefix(name))
        for name, field in form.fields.items()
        if not field.widget.value_omitted_from_data(data, {}, form.add_prefix(name))
    }


def _blank_row(number: int | str, country: str, typed: dict[str, Any] | None = None) -> SubjectForm:
    return SubjectForm(prefix=f"{ROWS}-{number}", initial=typed, country=country)


def _row(data: QueryDict, number: int, country: str, *, check: bool) -> SubjectForm:
    if check:
        return SubjectForm(data, prefix=f"{ROWS}-{number}", country=country)
    return _blank_row(number, country, _typed(_blank_row(number, country), data))


def _row_numbers(data: QueryDict) -> list[int]:
    """The rows that are to stay, by the number they were sent under."""
    try:
        total = min(int(data.get(f"{ROWS}-TOTAL_FORMS", "0")), MOST_NUMBERS)
    except ValueError:
        total = 0
    sent = [n for n in range(total) if f"{ROWS}-{n}-kind" in data and f"{ROWS}-{n}-DELETE" not in data]
    return sent[: kept.MOST_ROWS]


def _token(data: QueryDict) -> str:
    try:
        return str(uuid.UUID(data.get("token", "")))
    except ValueError:
        return str(uuid.uuid4())
