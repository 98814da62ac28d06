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
from cases.models.tracks import (
    OVER,
    CooperationRequest,
    LeadProposal,
    Offence,
    Track,
    TrackSheet,
)

__all__ = [
    "BY_CASE",
    "ON_CASE",
    "OVER",
    "UNFINISHED",
    "Assignment",
    "Case",
    "CaseAdmission",
    "CaseGrant",
    "CaseReach",
    "CooperationRequest",
    "LeadProposal",
    "Note",
    "Offence",
    "Task",
    "Track",
    "TrackSheet",
]
