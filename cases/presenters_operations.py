"""Operations, conflicts and the board of the day as they read. As many queries as there are kinds of rows."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.formats import date_format

from agencies.models import Agency, User
from agencies.policies import Refused, allows
from agencies.visibility import Level, can, viewers_of
from cases import policies_operations as rules
from cases.models import BLOCKING, Case, ConflictNotice, Operation, Report, SensitiveSite, Team

# What each step is called on its button, with the icon, and whether it asks for a reason.
STEPS: dict[str, tuple[str, str, bool]] = {
    "go": ("Go", "circle-check", False),
    "under_way": ("Start", "activity", False),
    "done": ("Done", "check", False),
    "checked": ("Stand down", "undo-2", True),
    "called_off": ("Call off", "ban", True),
}


def window(operation: Operation) -> str:
    """ "Sat 28 Nov 2026, 06:00 to 09:00 (Europe/Oslo)", by the clock there."""
    begins, ends = operation.local_start, operation.local_end
    first = date_format(begins, "D j M Y, H:i")
    last = date_format(ends, "H:i" if begins.date() == ends.date() else "D j M, H:i")
    return f"{first} to {last} ({operation.time_zone.replace('_', ' ')})"


@dataclass(frozen=True, slots=True)
class OperationRow:
    """A line of a list. `case` and `open_conflicts` are what the gate shows to the reader."""

    operation: Operation
    window: str
    case: Case | None
    open_conflicts: int


def operation_rows(operations: Sequence[Operation], reader: User) -> list[OperationRow]:
    cases = Case.objects.visible_to(reader).in_bulk({each.case_id for each in operations})
    rows = ConflictNotice.objects.visible_to(reader).filter(own_operation__in=operations, state__in=BLOCKING)
    counts: dict[uuid.UUID, int] = defaultdict(int)
    for pk in rows.values_list("own_operation", flat=True):
        counts[pk] += 1
    return [OperationRow(each, window(each), cases.get(each.case_id), counts[each.pk]) for each in operations]


@dataclass(frozen=True, slots=True)
class OperationDoors:
    """What the reader may do with an operation now, by the rules that the verbs enforce."""

    change: bool
    steps: list[tuple[str, str, str, bool]]  # code, words, icon, does it need a reason
    give: bool
    report: bool
    run: bool
    no_go: str


def operation_doors(operation: Operation, reader: User) -> OperationDoors:
    runs = allows(rules.check_can_run, operation, reader)
    codes = rules.BY_PEOPLE[operation.status] if runs else ()
    no_go = ""
    if "go" in codes or "under_way" in codes:
        try:
            rules.check_free_of_conflicts(operation)
        except Refused as refusal:
            no_go = str(refusal)
    return OperationDoors(
        change=allows(rules.check_can_change, operation, reader),
        steps=[(code, *STEPS[code]) for code in codes],
        give=allows(rules.check_can_take_back, operation, reader),
        report=allows(rules.check_can_report, operation, reader),
        run=runs,
        no_go=no_go,
    )


def agencies_with(operation: Operation, reader: User) -> list[Agency]:
    """Those that have the operation. Only its planner is told of all of them."""
    if not can(reader, Level.OWN, operation):
        return []
    return [viewer.agency for viewer in viewers_of(operation)]


# --- The day --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TeamLine:
    team: Team
    in_place: datetime | None


@dataclass(slots=True)
class Board:
    """One operation on its day: who is in place, what came of it so far, the newest reports first."""

    operation: Operation
    window: str
    teams: list[TeamLine] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    arrests: int = 0
    victims: int = 0
    seizures: int = 0

    @property
    def in_place(self) -> int:
        return sum(line.in_place is not None for line in self.teams)


def boards(operations: Sequence[Operation], most: int = 50) -> list[Board]:
    """The boards of operations that the gate gave the reader: their teams and reports are read with them."""
    found = {each.pk: Board(each, window(each)) for each in operations}
    arrived: dict[Any, datetime] = {}
    for line in Report.objects.filter(operation__in=operations).select_related("by", "of", "team"):
        _count(found[line.operation_id], line, arrived, most)
    for team in Team.objects.filter(operation__in=operations).select_related("of"):
        found[team.operation_id].teams.append(TeamLine(team, arrived.get(team.pk)))
    return list(found.values())


def _count(board: Board, line: Report, arrived: dict[Any, datetime], most: int) -> None:
    if len(board.reports) < most:
        board.reports.append(line)
    if line.struck_at is not None:
        return
    if line.kind == Report.Kind.ARRESTS:
        board.arrests += line.number or 0
    elif line.kind == Report.Kind.VICTIMS:
        board.victims += line.number or 0
    elif line.kind == Report.Kind.SEIZURE:
        board.seizures += line.number or 1
    elif line.kind == Report.Kind.IN_PLACE and line.team_id is not None:
        arrived.setdefault(line.team_id, line.at)


# --- Conflicts ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConflictLine:
    """A conflict as its reader may know it. `own`, `other`: rows that the gate shows; `kept`: that one is kept from them."""

    notice: ConflictNotice
    own: Operation | SensitiveSite | None
    other: Operation | SensitiveSite | None
    is_within: bool

    @property
    def is_of_site(self) -> bool:
        return self.notice.own_site_id is not None


def conflict_lines(notices: Sequence[ConflictNotice], reader: User) -> list[ConflictLine]:
    operations = {pk for each in notices for pk in (each.own_operation_id, each.other_operation_id) if pk}
    sites = {pk for each in notices for pk in (each.own_site_id, each.other_site_id) if pk}
    seen: dict[Any, Any] = Operation.objects.visible_to(reader).in_bulk(operations)
    seen |= SensitiveSite.objects.visible_to(reader).in_bulk(sites)
    return [
        ConflictLine(
            notice=each,
            own=seen.get(each.own_operation_id or each.own_site_id),
            other=seen.get(each.other_operation_id or each.other_site_id),
            is_within=each.other_agency_id == each.agency_id,
        )
        for each in notices
    ]


@dataclass(frozen=True, slots=True)
class ConflictDoors:
    settle: bool
    reopen: bool
    ask_override: bool
    confirm_override: bool
    drop_override: bool


def conflict_doors(notice: ConflictNotice, reader: User) -> ConflictDoors:
    settles = allows(rules.check_can_settle, notice, reader)
    asked = notice.override_asked_by_id is not None
    overrides = allows(rules.check_can_ask_override, notice, reader)
    return ConflictDoors(
        settle=settles and notice.settled_at is None,
        reopen=settles and notice.settled_at is not None,
        ask_override=overrides and not asked,
        confirm_override=allows(rules.check_can_confirm_override, notice, reader),
        drop_override=overrides and asked,
    )
