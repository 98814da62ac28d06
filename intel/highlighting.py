"""Text with marks in it: everything is escaped first, so that no lead can put markup on a page."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from intel.extraction import find
from intel.matching.identifiers import KINDS

Span = tuple[int, int, str]
SNIPPET = 180
MARKED_UP_TO = 20_000  # characters; reading a whole book again for each look would keep people waiting


def with_marks(text: str, known: Iterable[tuple[str, str]], country: str) -> SafeString:
    """A narrative with the identifiers that its lead keeps marked where they stand."""
    kept = set(known)
    spans = [
        (each.start, each.end, f"{KINDS[each.kind].label}: {each.display}")
        for each in (find(text[:MARKED_UP_TO], country=country) if kept else ())
        if (each.kind, each.value) in kept
    ]
    return marked(text, spans)


def marked(text: str, spans: Iterable[Span]) -> SafeString:
    """`text` with (start, end, title) spans, in order and apart from each other, in <mark>."""
    pieces, here = [], 0
    for start, end, title in spans:
        pieces.append(escape(text[here:start]))
        hover = format_html(' title="{}"', title) if title else ""
        pieces.append(format_html("<mark{}>{}</mark>", hover, text[start:end]))
        here = end
    return mark_safe("".join([*pieces, escape(text[here:])]))  # noqa: S308


def words_of(query: str) -> list[str]:
    return sorted({word for word in re.findall(r"\w+", query) if len(word) > 1}, key=len, reverse=True)[:10]


def found_in(text: str, query: str) -> SafeString:
    """`text` with the words of a search marked."""
    words = words_of(query)
    if not words:
        return marked(text, [])
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\w*", re.IGNORECASE)
    return marked(text, [(*hit.span(), "") for hit in pattern.finditer(text)])


def snippet(text: str, query: str) -> SafeString:
    """The stretch of `text` around the first word of a search that it holds, its words marked."""
    text = " ".join(text.split())
    starts = [at for word in words_of(query) if (at := text.lower().find(word.lower())) >= 0]
    start = max(0, min(starts, default=0) - SNIPPET // 3)
    start = text.rfind(" ", 0, start) + 1 if start else 0
    part = text[start : start + SNIPPET]
    before, after = "… " if start else "", " …" if start + SNIPPET < len(text) else ""
    return format_html("{}{}{}", before, found_in(part, query), after)
