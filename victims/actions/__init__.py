"""The verbs on victims: each checks, changes and records in one transaction."""

from victims.actions.registering import register_victim, update_victim

__all__ = ["register_victim", "update_victim"]
