"""People to protect: the pseudonymous record, and what is kept about the person apart from it."""

from victims.models.consent import Consent, DataClass, digest, digests
from victims.models.providers import Service
from victims.models.referral import FollowUp, Offer, OfferGrant, Referral
from victims.models.victim import Victim

__all__ = [
    "Consent",
    "DataClass",
    "FollowUp",
    "Offer",
    "OfferGrant",
    "Referral",
    "Service",
    "Victim",
    "digest",
    "digests",
]
