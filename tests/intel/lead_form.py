"""What a browser sends from the form of a lead: the fields, the chips it was shown, the rows of subjects."""

from __future__ import annotations

import re
import uuid
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse


class Fields(HTMLParser):
    """The form's fields as a browser would send them untouched: names and values, ticked boxes only."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self._area: str | None = None
        self._select: str | None = None
        self._inert = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = dict(attrs)
        name = have.get("name")
        if tag == "template":
            self._inert += 1
        if self._inert:
            return
        if tag == "textarea" and name:
            self._area = name
            self.values.setdefault(name, [""])
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in have:
            self.values[self._select] = [have.get("value") or ""]
        elif tag == "input" and name:
            self._input(name, have)

    def _input(self, name: str, have: dict[str, str | None]) -> None:
        kind = have.get("type") or "text"
        if kind in {"checkbox", "radio"} and "checked" not in have:
            return
        self.values.setdefault(name, []).append(have.get("value") or ("on" if kind == "checkbox" else ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._inert -= 1
        if tag == "textarea" and self._area and not self._inert:
            self.values[self._area] = [self.values[self._area][0].removeprefix("\n")]  # as HTML has it
            self._area = None
        if tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._area and not self._inert:
            self.values[self._area] = [self.values[self._area][0] + data]


def fields(answer: HttpResponse) -> dict[str, Any]:
    """Every field of the lead's form on a page, as it would be sent."""
    html = answer.content.decode()
    found = re.search(r'<form[^>]*id="lead-form".*?</form>', html, re.DOTALL)
    values = Fields(found[0] if found else html).values
    values.pop("csrfmiddlewaretoken", None)
    return dict(values)


def typed(narrative: str = "A van was seen.", **more: Any) -> dict[str, Any]:
    """The least that a browser without JavaScript sends."""
    return {"token": str(uuid.uuid4()), "narrative": narrative, "grade_source": "X", "grade_information": "4",
            "handling": ["H0"], "basis": "tip", "pointer_policy": "named", "subjects-TOTAL_FORMS": "0",
            "chips-TOTAL_FORMS": "0", "act": "save"} | more  # fmt: skip


def row(number: int = 0, **more: Any) -> dict[str, Any]:
    """One row of the subjects, as sent."""
    row = {"kind": "person", "name": "", "role": "", "born": "", "aliases": "", "sex": "", "nationalities": "",
           "places": "", "identifiers": "", "note": ""} | more  # fmt: skip
    return {"subjects-TOTAL_FORMS": str(number + 1)} | {
        f"subjects-{number}-{name}": value for name, value in row.items()
    }


def chip_of(sent: dict[str, Any], raw: str) -> str:
    """The prefix ("chips-3") of the chip that shows `raw`."""
    return next(
        name.removesuffix("-raw") for name, value in sent.items() if name.endswith("-raw") and value == [raw]
    )
