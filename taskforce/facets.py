"""What the filter bar shows of a GET form: choices with counts, and what is being filtered by, each with a way out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.forms import BoundField, widgets
from django.http import QueryDict

POSITIONS = ("after", "before", "cursor", "page")  # another filter begins at the first page again


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    picked: bool
    count: int | None


@dataclass(frozen=True, slots=True)
class Facet:
    bound: BoundField
    options: list[Option]
    many: bool

    @classmethod
    def of(cls, bound: BoundField, query: QueryDict) -> Facet:
        """A choice field as a drop-down; its counts come from the form field's `counts`, value to number."""
        counts: dict[str, int] = getattr(bound.field, "counts", {})
        picked = query.getlist(bound.html_name)
        options = [
            Option(value, label, value in picked, counts.get(value))
            for value, label in _labels(bound)
            if value
        ]
        return cls(bound, options, getattr(bound.field.widget, "allow_multiple_selected", False))

    @property
    def picked(self) -> int:
        return sum(option.picked for option in self.options)


@dataclass(frozen=True, slots=True)
class Chip:
    """One value that the list is filtered by, and the address of the list without it."""

    label: str
    value: str
    url: str


def is_facet(bound: BoundField) -> bool:
    return isinstance(bound.field.widget, widgets.ChoiceWidget)


def active_chips(bound: BoundField, query: QueryDict) -> Iterator[Chip]:
    labels = dict(_labels(bound))
    values = query.getlist(bound.html_name)
    for value in filter(None, values):
        rest = query.copy()
        rest.setlist(bound.html_name, [other for other in values if other != value])
        for position in POSITIONS:
            rest.pop(position, None)
        yield Chip(str(bound.label), labels.get(value, value), f"?{rest.urlencode()}")


def _labels(bound: BoundField) -> list[tuple[str, str]]:
    """(value, label) of the field's choices, groups opened; nothing for a field without choices."""
    pairs: list[tuple[str, str]] = []
    for value, label in getattr(bound.field.widget, "choices", ()):
        inner = label if isinstance(label, list | tuple) else [(value, label)]
        pairs += [(str(key), str(text)) for key, text in inner]
    return pairs
