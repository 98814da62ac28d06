"""The tables of transitions and clocks as they are drawn in docs: made from the tables, so that they say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cases import codelists
from cases.clocks import BEGUN, CLOCKS
from cases.models import Case, CooperationRequest, Operation, Track
from cases.policies import CASE_TRANSITIONS
from cases.policies_operations import OPERATION_TRANSITIONS
from cases.policies_tracks import REQUEST_TRANSITIONS, TRACK_TRANSITIONS

DRAWN: tuple[tuple[str, Mapping[str, Sequence[str]], Any], ...] = (
    ("A case", CASE_TRANSITIONS, Case.Status),
    ("A lane", TRACK_TRANSITIONS, Track.Stage),
    ("An operation", OPERATION_TRANSITIONS, Operation.Status),
    ("A request to another jurisdiction", REQUEST_TRANSITIONS, CooperationRequest.Status),
)
_DAYS = {
    "received_on": "it was received (acknowledged)",
    "begun_on": "",  # says of each kind what it is
    "ended_on": "it is executed or refused",
}


def page() -> str:
    """`docs/reference/case-stages.md`, whole."""
    parts = [
        "# Stages, statuses and clocks\n",
        "Made by `./run manage draw_case_stages` from the tables in `cases/policies*.py` and `cases/clocks.py`;"
        " a test fails where this page says something else.\n",
    ]
    for title, table, labels in DRAWN:
        parts += [f"## {title}\n", "```mermaid", *_diagram(table, labels), "```\n"]
    return "\n".join([*parts, *_clocks()]) + "\n"


def _diagram(table: Mapping[str, Sequence[str]], labels: Any) -> list[str]:
    """A state diagram: it begins at the first state of the table."""
    first = next(iter(table))
    lines = [
        "stateDiagram-v2",
        *(f'    state "{labels(code).label}" as {labels(code).value}' for code in table),
    ]
    lines.append(f"    [*] --> {labels(first).value}")
    lines += [f"    {labels(code).value} --> {labels(to).value}" for code, tos in table.items() for to in tos]
    return lines


def _clocks() -> list[str]:
    lines = [
        "## Clocks of requests\n",
        "| request | days | from the day on which | until | source |",
        "|---|---|---|---|---|",
    ]
    for kind, clocks in CLOCKS.items():
        for clock in clocks:
            start = _DAYS[clock.starts] or BEGUN[kind].lower()
            end = _DAYS[clock.ends] or BEGUN[kind].lower()
            label = codelists.label("cooperation_kind", kind)
            lines.append(
                f"| {label}: {clock.says.lower()} | {clock.days} | {start} | {end} | {clock.source} |"
            )
    lines.append("\nFor other requests the agency writes down the day that was asked for or agreed.")
    return lines
