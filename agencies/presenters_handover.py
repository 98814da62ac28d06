"""What pages say of a record that is handed over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agencies.retention import Retained

# Upper apps join what a summary of theirs tells, and what stays with the agency that hands over.
FACTS: list[Callable[[Retained], list[tuple[str, Any]]]] = []
WHAT_GOES: list[Callable[[Retained], list[str]]] = []


def facts_of(record: Retained) -> list[tuple[str, Any]]:
    """What a reader of the summary may know: no more, whatever else the reader sees elsewhere."""
    return [fact for find in FACTS for fact in find(record)]


def goes_with(record: Retained) -> list[str]:
    """What changes hands with the record and what does not, in sentences for its owner."""
    return [
        *(line for find in WHAT_GOES for line in find(record)),
        "Who is kept from it by name stays kept out; they will read the names and the reason.",
        "Shares to others stay as far as they could have given them; they will see to whom, by whom and why.",
        "Its review comes no later than their own rules allow. A legal hold goes on.",
        "What stands in your audit record stays there.",
    ]
