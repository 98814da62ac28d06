"""Leads as received, the subjects and identifiers they name, and what the matching engine found."""

from intel.models.disclosure import Disclosure, DisclosureGrant
from intel.models.hit import Hit, HitNotice, Judgement, Verdict
from intel.models.lead import CaseLead, CaseSubject, Lead, LeadDraft, LeadGrant
from intel.models.matching import HotKey, MatchKey, MatchRecord, ProtectedValue, TermFrequency
from intel.models.subject import Identifier, Subject, SubjectGrant

__all__ = [
    "CaseLead",
    "CaseSubject",
    "Disclosure",
    "DisclosureGrant",
    "Hit",
    "HitNotice",
    "HotKey",
    "Identifier",
    "Judgement",
    "Lead",
    "LeadDraft",
    "LeadGrant",
    "MatchKey",
    "MatchRecord",
    "ProtectedValue",
    "Subject",
    "SubjectGrant",
    "TermFrequency",
    "Verdict",
]
