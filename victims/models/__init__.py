"""People to protect: the pseudonymous record, and what is kept about the person apart from it."""

from victims.models.identity import (
    FIELDS,
    Emergency,
    IdentityGrant,
    IdentityNotice,
    IdentityPointer,
    LookPurpose,
    VictimIdentity,
)
from victims.models.victim import Victim

__all__ = [
    "FIELDS",
    "Emergency",
    "IdentityGrant",
    "IdentityNotice",
    "IdentityPointer",
    "LookPurpose",
    "Victim",
    "VictimIdentity",
]
