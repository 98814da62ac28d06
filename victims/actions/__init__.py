"""The verbs on victims: each checks, changes and records in one transaction."""

from victims.actions.consenting import (
    note_consent,
    override_for_danger,
    record_consent,
    withdraw_by_code,
    withdraw_consent,
)
from victims.actions.identifying import AlreadyHeld, change_identity, erase_identity, identify
from victims.actions.opening import (
    ask_in_emergency,
    decide_emergency,
    give_identity,
    look,
    read_notice,
    take_identity,
)
from victims.actions.providing import (
    edit_service,
    publish_service,
    update_places,
    verify_service,
    withdraw_service,
)
from victims.actions.referring import (
    Asked,
    accept_offer,
    finish_follow_up,
    finish_offer,
    note_opened,
    refer,
    reject_offer,
    revoke_referral,
    set_follow_up,
)
from victims.actions.registering import register_victim, update_victim

__all__ = [
    "AlreadyHeld",
    "Asked",
    "accept_offer",
    "ask_in_emergency",
    "change_identity",
    "decide_emergency",
    "edit_service",
    "erase_identity",
    "finish_follow_up",
    "finish_offer",
    "give_identity",
    "identify",
    "look",
    "note_consent",
    "note_opened",
    "override_for_danger",
    "publish_service",
    "read_notice",
    "record_consent",
    "refer",
    "register_victim",
    "reject_offer",
    "revoke_referral",
    "set_follow_up",
    "take_identity",
    "update_places",
    "update_victim",
    "verify_service",
    "withdraw_by_code",
    "withdraw_consent",
    "withdraw_service",
]
