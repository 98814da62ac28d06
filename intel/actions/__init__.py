"""The verbs on leads, hits and disclosure: each checks, changes and records in one transaction."""

from intel.actions.attaching import (
    add_case_subject,
    attach_lead,
    detach_lead,
    drop_case_subject,
    open_case_from_lead,
)
from intel.actions.disclosing import answer_disclosure, request_disclosure
from intel.actions.judging import judge_hit, undo_judgement
from intel.actions.learning import learn_weights, switch_weights_off, switch_weights_on
from intel.actions.listing import publish_list, update_list
from intel.actions.logging import edit_lead, log_lead
from intel.actions.protecting import (
    ask_second_agency,
    confirm_protection,
    edit_protection,
    protect_values,
    remove_protection,
    restore_protection,
    withdraw_second_word,
)
from intel.actions.running import cancel_run, pause_run, resume_run, start_run
from intel.actions.tracing import mark_origin
from intel.actions.triaging import accept_lead, assign_lead, reject_lead

__all__ = [
    "accept_lead",
    "add_case_subject",
    "answer_disclosure",
    "ask_second_agency",
    "assign_lead",
    "attach_lead",
    "cancel_run",
    "confirm_protection",
    "detach_lead",
    "drop_case_subject",
    "edit_lead",
    "edit_protection",
    "judge_hit",
    "learn_weights",
    "log_lead",
    "mark_origin",
    "open_case_from_lead",
    "pause_run",
    "protect_values",
    "publish_list",
    "reject_lead",
    "remove_protection",
    "request_disclosure",
    "restore_protection",
    "resume_run",
    "start_run",
    "switch_weights_off",
    "switch_weights_on",
    "undo_judgement",
    "update_list",
    "withdraw_second_word",
]
