"""Investigations: the case, who works on it, and what is done in it."""

from cases.models.case import (
    BY_CASE,
    ON_CASE,
    UNFINISHED,
    Assignment,
    Case,
    CaseAdmission,
    CaseGrant,
    CaseReach,
    Note,
    Task,
)

__all__ = [
    "BY_CASE",
    "ON_CASE",
    "UNFINISHED",
    "Assignment",
    "Case",
    "CaseAdmission",
    "CaseGrant",
    "CaseReach",
    "Note",
    "Task",
]
