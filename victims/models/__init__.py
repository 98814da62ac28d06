"""People to protect: the pseudonymous record, and what is kept about the person apart from it."""

from victims.models.consent import Consent, DataClass, digest, digests
from victims.models.identity import (
    FIELDS,
    Emergency,
    IdentityGrant,
    IdentityNotice,
    IdentityPointer,
    LookPurpose,
    VictimIdentity,
)
from victims.models.providers import Service
from victims.models.referral import FollowUp, Offer, OfferGrant, Referral
from victims.models.victim import Victim

__all__ = [
    "FIELDS",
    "Consent",
    "DataClass",
    "Emergency",
    "FollowUp",
    "IdentityGrant",
    "IdentityNotice",
    "IdentityPointer",
    "LookPurpose",
    "Offer",
    "OfferGrant",
    "Referral",
    "Service",
    "Victim",
    "VictimIdentity",
    "digest",
    "digests",
]
