"""Leads as received, the subjects and identifiers they name, and what the matching engine found."""

from intel.models.disclosure import Disclosure, DisclosureGrant
from intel.models.hit import Hit, HitNotice, Judgement, Verdict
from intel.models.lead import CaseLead, CaseSubject, Lead, LeadAdmission, LeadDraft, LeadGrant, LeadReach
from intel.models.learned import LearnedWeights
from intel.models.link_run import LinkChange, LinkChunk, LinkError, LinkRun, LinkTally
from intel.models.matching import MatchKey, MatchRecord, TermFrequency
from intel.models.origin import NarrativePrint, OriginMark
from intel.models.protection import ProtectedValue, ProtectedValueGrant
from intel.models.subject import Identifier, Subject, SubjectGrant, SubjectReach

__all__ = [
    "CaseLead",
    "CaseSubject",
    "Disclosure",
    "DisclosureGrant",
    "Hit",
    "HitNotice",
    "Identifier",
    "Judgement",
    "Lead",
    "LeadAdmission",
    "LeadDraft",
    "LeadGrant",
    "LeadReach",
    "LearnedWeights",
    "LinkChange",
    "LinkChunk",
    "LinkError",
    "LinkRun",
    "LinkTally",
    "MatchKey",
    "MatchRecord",
    "NarrativePrint",
    "OriginMark",
    "ProtectedValue",
    "ProtectedValueGrant",
    "Subject",
    "SubjectGrant",
    "SubjectReach",
    "TermFrequency",
    "Verdict",
]
