"""What the viewer already has: exact identifiers, names however spelt, words and references. All through the gate.

Nothing here counts, ranks or hints at rows that the viewer may not see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet

from agencies.references import ALPHABET
from agencies.visibility import Level
from intel.actions.logging import searchable
from intel.extraction import find
from intel.matching.identifiers import KINDS, NotAnIdentifier, normalise
from intel.models import Identifier, Lead, Subject

KNOWN_LEADS = 200  # the newest leads whose subjects' names are looked for in a narrative
KNOWN_NAMES = 500
SHORTEST_NAME = 3  # two letters are too few for trigrams to tell names apart
QUERY_MAX = 300  # nobody searches for more; what comes after is not read
_REFERENCE = re.compile(rf"\b([{ALPHABET}]{{4}})[-\s]?([{ALPHABET}]{{4}})\b", re.IGNORECASE)


class Value(NamedTuple):
    """An identifier in its normalised form."""

    kind: str
    value: str


def known_names(viewer: Any) -> list[str]:
    """Names of people and organisations in the newest leads that the viewer may read."""
    newest = Lead.objects.visible_to(viewer).order_by("-created_at", "-pk").values("pk")[:KNOWN_LEADS]
    named = Subject.objects.visible_to(viewer).filter(lead__in=newest).exclude(name="")
    return list(named.order_by().values_list("name", flat=True)[:KNOWN_NAMES])


def identifiers_with(viewer: Any, values: Iterable[Value]) -> QuerySet[Identifier, Identifier]:
    """The identifiers the viewer may see that are exactly one of `values`."""
    by_kind: dict[str, set[str]] = {}
    for kind, value in values:
        if kind in KINDS and KINDS[kind].links:
            by_kind.setdefault(kind, set()).add(value)
    wanted = Q(pk__in=[])
    for kind, each in by_kind.items():
        wanted |= Q(kind=kind, value__in=each)
    found: QuerySet[Identifier, Identifier] = Identifier.objects.visible_to(viewer).filter(wanted)
    return found


def values_in(text: str, country: str) -> list[Value]:
    """Every identifier that `text` may be, or holds: "(404) 555-0134" is a telephone number, and might be a passport."""
    values = [Value(each.kind, each.value) for each in find(text, country=country) if each.kind in KINDS]
    for kind in KINDS:
        try:
            values.append(Value(kind, normalise(kind, text, country=country).value))
        except NotAnIdentifier:
            continue
    return list(dict.fromkeys(values))


@dataclass(frozen=True, slots=True)
class Words:
    """What rows with a title and `search` say, and that carry their `level`; of one seen in summary only the title is asked.

    `anywhere` can be answered by indexes, `rightly` says which of these rows the reader may be told of.
    """

    text: str

    @property
    def inside(self) -> Q:
        return Q(search=SearchQuery(self.text, config="simple", search_type="websearch"))

    @property
    def titled(self) -> Q:
        return Q(title__icontains=self.text)

    @property
    def anywhere(self) -> Q:
        return self.inside | self.titled

    @property
    def rightly(self) -> Q:
        return Q(level__gte=Level.VIEW) & self.inside | Q(level=Level.SUMMARY) & self.titled


def is_named(text: str) -> Q:
    """Subjects among whose names each word of `text` stands, in any order, alphabet or nearly right spelling."""
    words = [word for word in re.findall(r"\w+", searchable(text)) if len(word) >= SHORTEST_NAME][:8]
    named = Q() if words else Q(pk__in=[])
    for word in words:
        named &= Q(search_names__trigram_word_similar=word)
    return named


def references_in(text: str) -> list[str]:
    return [f"{left}-{right}".upper() for left, right in _REFERENCE.findall(text)][:10]
