"""The verbs on cases: each checks, changes and records in one transaction."""

from cases.actions.investigating import (
    assign_case,
    edit_case,
    end_with_grant,
    move_case,
    move_task,
    open_case,
    set_task,
    staff_case,
    withdraw_assignment,
    write_note,
)

__all__ = [
    "assign_case",
    "edit_case",
    "end_with_grant",
    "move_case",
    "move_task",
    "open_case",
    "set_task",
    "staff_case",
    "withdraw_assignment",
    "write_note",
]
