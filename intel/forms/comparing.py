"""Two versions of one lead side by side, when two people edited it at once."""

from __future__ import annotations

from dataclasses import dataclass

from intel.forms.entry import Entry
from intel.forms.subject import SubjectForm


@dataclass(frozen=True, slots=True)
class Difference:
    """What is saved now, and what the reader typed, of one field."""

    label: str
    saved: str
    typed: str


def differences(saved: Entry, typed: Entry) -> list[Difference]:
    fields = [
        Difference(str(field.label), _text(saved, name), _text(typed, name))
        for name, field in saved.form.fields.items()
    ]
    fields.append(Difference("Subjects", _subjects(saved), _subjects(typed)))
    fields.append(Difference("Identifiers", _identifiers(saved), _identifiers(typed)))
    return [each for each in fields if each.saved != each.typed]


def _text(entry: Entry, name: str) -> str:
    value = entry.form[name].value()
    values = value if isinstance(value, list | tuple) else [value]
    shown = dict(getattr(entry.form.fields[name], "choices", ()))
    return ", ".join(str(shown.get(each, each)) for each in values if each).replace("\r\n", "\n").strip()


def _subjects(entry: Entry) -> str:
    return "\n".join(_row(row) for row in entry.subjects)


def _row(row: SubjectForm) -> str:
    names = ("name", "role", "born", "aliases", "sex", "nationalities", "places", "identifiers", "note")
    return "; ".join(" ".join(row.typed(name).split()) for name in names if row.typed(name))


def _identifiers(entry: Entry) -> str:
    return "\n".join(f"{chip.label}: {chip.raw}" for chip in entry.chips if chip.is_kept_identifier)
