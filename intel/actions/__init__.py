"""The verbs on leads, hits and disclosure: each checks, changes and records in one transaction."""

from intel.actions.attaching import (
    add_case_subject,
    attach_lead,
    detach_lead,
    drop_case_subject,
    open_case_from_lead,
)
from intel.actions.disclosing import answer_disclosure, request_disclosure
from intel.actions.judging import judge_hit
from intel.actions.logging import edit_lead, log_lead
from intel.actions.triaging import accept_lead, assign_lead, reject_lead

__all__ = [
    "accept_lead",
    "add_case_subject",
    "answer_disclosure",
    "assign_lead",
    "attach_lead",
    "detach_lead",
    "drop_case_subject",
    "edit_lead",
    "judge_hit",
    "log_lead",
    "open_case_from_lead",
    "reject_lead",
    "request_disclosure",
]
