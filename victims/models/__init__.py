"""People to protect: the pseudonymous record, and what is kept about the person apart from it."""

from victims.models.victim import Victim

__all__ = ["Victim"]
