"""The verbs on victims: each checks, changes and records in one transaction."""

from victims.actions.identifying import AlreadyHeld, change_identity, erase_identity, identify
from victims.actions.opening import (
    ask_in_emergency,
    decide_emergency,
    give_identity,
    look,
    read_notice,
    take_identity,
)
from victims.actions.registering import register_victim, update_victim

__all__ = [
    "AlreadyHeld",
    "ask_in_emergency",
    "change_identity",
    "decide_emergency",
    "erase_identity",
    "give_identity",
    "identify",
    "look",
    "read_notice",
    "register_victim",
    "take_identity",
    "update_victim",
]
