"""Which role may use which verb. Which *rows* a role meets is the gate's business, not this table's."""

from enum import StrEnum

from django.db.models import TextChoices


class Permission(StrEnum):
    READ_LEADS = "read leads"
    LOG_LEADS = "log leads"
    TRIAGE_LEADS = "assign, accept and reject leads"
    JUDGE_HITS = "judge hits and ask for disclosure"
    ANSWER_DISCLOSURES = "answer disclosure requests"
    READ_PROTECTED = "read the agency's protected values"
    PROTECT_VALUES = "protect values from linking"
    CONFIRM_PROTECTION = "confirm what a partner protects"
    READ_CASES = "read cases"
    WORK_CASES = "write notes and tasks, attach leads"
    OPEN_CASES = "open cases"
    ASSIGN_CASES = "assign agencies and people to cases, move their status"
    SHARE = "share and revoke"
    RESTRICT = "restrict records to named people"
    SHARE_BY_RULE = "make rules that share"
    HAND_OVER = "hand records over to other agencies"
    REVIEW = "review, hold and purge records"
    READ_VICTIMS = "read victims' pseudonymous records"
    REGISTER_VICTIMS = "register victims"
    REFER_VICTIMS = "take consents, send and answer referrals"
    COORDINATE_CARE = "coordinate referrals"
    READ_GAPS = "read which needs no provider meets"
    BREAK_GLASS = "see a victim's identity in an emergency, with a second person"
    READ_IDENTITY_POINTERS = "be told that a victim may be known to another agency"
    MANAGE_AGENCY = "manage the agency's people and API clients"
    READ_AUDIT = "read the agency's audit record"
    RUN_LINKING = "start, pause and cancel linking runs"


P = Permission

# What the second lock (row-level security) tells apart, and the permission that reads it.
READS = {
    "leads": P.READ_LEADS,
    "cases": P.READ_CASES,
    "victims": P.READ_VICTIMS,
    "referrals": P.REFER_VICTIMS,
    "protected": P.READ_PROTECTED,
    "sites": P.PROTECT_VALUES,
    "releases": P.SHARE,
    "rules": P.SHARE_BY_RULE,
    "handovers": P.HAND_OVER,
    "emergencies": P.BREAK_GLASS,
    "identity pointers": P.READ_IDENTITY_POINTERS,
    "linking runs": P.RUN_LINKING,
    "audit": P.READ_AUDIT,
}


class Role(TextChoices):
    INVESTIGATOR = "investigator", "Investigator"
    ANALYST = "analyst", "Analyst"
    SUPERVISOR = "supervisor", "Supervisor"
    VICTIM_CASEWORKER = "victim_caseworker", "Victim caseworker"
    PROTECTION_OFFICER = "protection_officer", "Protection officer"
    AGENCY_ADMINISTRATOR = "agency_administrator", "Agency administrator"
    AUDITOR = "auditor", "Auditor"
    STATISTICS_READER = "statistics_reader", "Statistics reader"
    SERVICE_ACCOUNT = "service_account", "API client"


_READS = frozenset({P.READ_LEADS, P.READ_CASES, P.READ_PROTECTED})
_INVESTIGATES = _READS | {P.LOG_LEADS, P.JUDGE_HITS, P.WORK_CASES, P.OPEN_CASES, P.SHARE}
_PROTECTS = frozenset({P.READ_PROTECTED, P.PROTECT_VALUES})
_CARES = frozenset({P.READ_VICTIMS, P.REGISTER_VICTIMS, P.REFER_VICTIMS})
_SUPERVISES = (
    _INVESTIGATES
    | _PROTECTS
    | {
        P.TRIAGE_LEADS,
        P.ANSWER_DISCLOSURES,
        P.ASSIGN_CASES,
        P.READ_AUDIT,
        P.CONFIRM_PROTECTION,
        P.RUN_LINKING,
        P.RESTRICT,
        P.SHARE_BY_RULE,
        P.HAND_OVER,
        P.REVIEW,
    }
)

ROLES: dict[Role, frozenset[Permission]] = {
    Role.INVESTIGATOR: _INVESTIGATES | {P.READ_VICTIMS},
    Role.ANALYST: _INVESTIGATES,
    Role.SUPERVISOR: _SUPERVISES | {P.READ_VICTIMS, P.READ_GAPS, P.BREAK_GLASS},
    Role.VICTIM_CASEWORKER: _PROTECTS | _CARES,
    Role.PROTECTION_OFFICER: _READS
    | _PROTECTS
    | _CARES
    | {P.COORDINATE_CARE, P.READ_GAPS, P.BREAK_GLASS, P.READ_IDENTITY_POINTERS},
    Role.AGENCY_ADMINISTRATOR: frozenset({P.MANAGE_AGENCY, P.READ_AUDIT, P.RUN_LINKING}),
    Role.AUDITOR: frozenset({P.READ_AUDIT}),
    Role.STATISTICS_READER: frozenset(),
    Role.SERVICE_ACCOUNT: (_READS - {P.READ_PROTECTED})
    | {P.LOG_LEADS, P.JUDGE_HITS, P.ANSWER_DISCLOSURES, P.WORK_CASES},
}


def role_may(role: str, permission: str) -> bool:
    """Does this role carry this permission? An unknown role carries none."""
    return role in ROLES and permission in ROLES[Role(role)]
