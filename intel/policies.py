"""What the state of leads, hits and disclosure requests allows."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from agencies.models import Agency, TaskForce, User
from agencies.permissions import Permission
from agencies.policies import (
    NotPermitted,
    Refused,
    allows,
    check_may,
    check_owns,
    check_partner,
    check_within,
)
from agencies.visibility import Level, Shareable, can, every_way_in, reached_by
from cases.models import Case
from cases.policies import assigned_agencies
from intel.models import (
    CaseLead,
    CaseSubject,
    Disclosure,
    HitNotice,
    Lead,
    LearnedWeights,
    LinkRun,
    ProtectedValue,
    Subject,
)

BETWEEN_LESSONS = timedelta(days=1)

S = Lead.Status
Protection = ProtectedValue.Status

LEAD_TRANSITIONS: dict[str, tuple[str, ...]] = {
    S.NEW: (S.ASSIGNED, S.ACCEPTED, S.REJECTED),
    S.ASSIGNED: (S.ASSIGNED, S.ACCEPTED, S.REJECTED),
    S.ACCEPTED: (S.ASSIGNED, S.REJECTED),
    S.REJECTED: (S.ASSIGNED, S.ACCEPTED),
}


def check_can_log(by: User) -> None:
    check_may(by, Permission.LOG_LEADS)


NO_PREDICATE = (
    "Name the offence that the suspicion is of. Without one nobody may be kept on suspicion: choose another basis if"
    " there is none yet."
)


def check_has_basis(basis: str, predicate: str) -> None:
    """Intelligence on suspicion names its criminal predicate (28 CFR 23.20). A tip or a victim's report never needs one."""
    if basis == Lead.Basis.SUSPICION and not predicate.strip():
        raise Refused(NO_PREDICATE)


def check_can_edit(lead: Lead, by: User) -> None:
    check_may(by, Permission.LOG_LEADS)
    check_owns(lead, by)


def check_can_triage(lead: Lead, status: str, by: User) -> None:
    """Supervisors triage their agency's leads; the person a lead is assigned to decides on it."""
    check_owns(lead, by)
    decides_own = lead.assigned_to_id == by.pk and status in {S.ACCEPTED, S.REJECTED}
    if not decides_own:
        check_may(by, Permission.TRIAGE_LEADS)
    if status not in LEAD_TRANSITIONS[lead.status]:
        raise Refused(
            f"A lead that is {lead.get_status_display().lower()} cannot become {S(status).label.lower()}."
        )


def check_can_judge(notice: HitNotice, by: User) -> None:
    check_may(by, Permission.JUDGE_HITS)
    check_owns(notice, by)
    if notice.state == HitNotice.State.WITHDRAWN:
        raise Refused("This hit no longer holds: one of the records was changed.")


def check_can_ask(notice: HitNotice, by: User) -> None:
    """May `by` ask the other side of this hit to disclose its record?"""
    check_can_judge(notice, by)
    if notice.other_agency is None:
        raise Refused("The other agency is not named to you. Ask the task force's liaison.")
    if notice.other_agency_id == notice.agency_id:
        raise Refused("Both records are your own agency's.")
    if notice.state == HitNotice.State.NOT_SAME:
        raise Refused("You judged this hit as not the same. Judge again before asking for the other record.")
    if notice.disclosures.filter(state=Disclosure.State.ASKED, deadline__gt=timezone.now()).exists():
        raise Refused("You have already asked, and the answer is still open.")


def check_can_answer(disclosure: Disclosure, by: User) -> None:
    check_may(by, Permission.ANSWER_DISCLOSURES)
    if disclosure.holder_id != by.agency_id or not can(by, Level.VIEW, disclosure):
        raise Refused("Only the agency that was asked can answer.")
    if disclosure.state != Disclosure.State.ASKED:
        raise Refused("This request has been answered already.")
    if disclosure.deadline <= timezone.now():
        raise Refused("The deadline of this request has passed. The other agency can ask again.")


# --- What is handed on with a case --------------------------------------------------------------------------


def check_can_feed(record: Lead | Subject, case: Case, by: User) -> None:
    """Attached openly it can be read by every agency of the case: the agreement with each must go so far."""
    for viewer in reached_by(case):
        if viewer.level >= Level.VIEW:
            try:
                check_within(record, viewer.agency, Level.VIEW)
            except Refused as refusal:
                raise Refused(_cannot_feed(case, viewer.agency, str(refusal), by)) from refusal


def _cannot_feed(case: Case, reader: Agency, why: str, by: User) -> str:
    """To whom else the case is shared is told to nobody but its owner."""
    known = case.agency_id == by.agency_id or reader.pk in {case.agency_id, *assigned_agencies(case)}
    said = (
        f"{reader} sees this case. {why}"
        if known
        else "By what you agreed not all who see this case may read it."
    )
    return f"{said} Attach it for your own agency only."


def fed_openly(obj: Shareable) -> list[Shareable]:
    """The leads and subjects that whoever reads a case reads with it, as their owners decided."""
    if not isinstance(obj, Case):
        return []
    ties = {"case": obj, "agency_private": False}
    leads = CaseLead.objects.filter(**ties, agency=F("lead__agency")).select_related("lead")
    subjects = CaseSubject.objects.filter(**ties, agency=F("subject__agency")).select_related("subject__lead")
    return [*(tie.lead for tie in leads), *(tie.subject for tie in subjects)]


def used_in(obj: Shareable) -> list[Shareable]:
    """What a case was made of: what is attached openly, and what its owner has from others and attached for itself.

    What its owner attached of its own for itself is its owner's to judge.
    """
    if not isinstance(obj, Case):
        return []
    leads = CaseLead.objects.filter(case=obj, agency=obj.agency_id).exclude(lead__agency=obj.agency_id)
    subjects = CaseSubject.objects.filter(case=obj, agency=obj.agency_id)
    others = subjects.exclude(subject__agency=obj.agency_id).select_related("subject__lead")
    found = [
        *fed_openly(obj),
        *(tie.lead for tie in leads.select_related("lead")),
        *(tie.subject for tie in others),
    ]
    return list(dict.fromkeys(found))


def bound_with(obj: Shareable) -> list[Shareable]:
    """What a lead's codes bind beside it: its subjects that are shared, and the owner's cases that it or they feed."""
    if not isinstance(obj, Lead):
        return []
    subjects = Subject.objects.filter(lead=obj, subjectgrant__isnull=False).distinct()
    fed = Q(case_leads__lead=obj, case_leads__agency_private=False)
    fed |= Q(case_subjects__subject__lead=obj, case_subjects__agency_private=False)
    return [*subjects, *Case.objects.filter(fed, agency=obj.agency_id).distinct()]


def beyond_in(case: Case, record: Lead | Subject) -> bool:
    """Does any agency read `record` through `case` beyond what its owner agreed with it?"""
    return any(
        viewer.level >= Level.VIEW and not allows(check_within, record, viewer.agency, Level.VIEW)
        for viewer in every_way_in(case)
    )


# --- Linking runs ---------------------------------------------------------------------------------------

R = LinkRun.State

RUN_TRANSITIONS: dict[str, tuple[str, ...]] = {
    R.WAITING: (R.PAUSED, R.CANCELLED),
    R.RUNNING: (R.PAUSED, R.CANCELLED),
    R.PAUSED: (R.WAITING, R.RUNNING, R.CANCELLED),
}


def check_can_run(by: User | None) -> None:
    """May `by` start runs over their own agency's leads? None stands for the installation's operator."""
    if by is not None:
        check_may(by, Permission.RUN_LINKING)


def check_can_steer(run: LinkRun, state: str, by: User | None) -> None:
    """May `by` pause, resume or cancel this run?"""
    check_can_run(by)
    if by is not None and run.agency_id != by.agency_id:
        raise NotPermitted(
            "This run covers all agencies: only those who operate the installation can halt it."
        )
    if state not in RUN_TRANSITIONS.get(run.state, ()):
        raise Refused(
            f"A run that is {run.get_state_display().lower()} cannot become {R(state).label.lower()}."
        )


# --- Weights learned from judgements --------------------------------------------------------------------


def check_can_learn(task_force: TaskForce, by: User) -> None:
    """May `by` have weights learned from what this task force judged?"""
    check_may(by, Permission.RUN_LINKING)
    if not TaskForce.objects.running().filter(pk=task_force.pk, members=by.agency_id).exists():
        raise NotPermitted("Your agency does not work in that task force.")


def check_can_learn_now(task_force: TaskForce, by: User) -> None:
    """Lessons are rare: what changes between two of them would tell who judged what meanwhile."""
    check_can_learn(task_force, by)
    lately = LearnedWeights.objects.filter(
        task_force=task_force, created_at__gt=timezone.now() - BETWEEN_LESSONS
    )
    if lately.exclude(state=LearnedWeights.State.LEARNING).exists():
        raise Refused("This task force had a lesson within the last day. Try again tomorrow.")


def check_can_switch_on(weights: LearnedWeights, by: User) -> None:
    check_can_learn(weights.task_force, by)
    if weights.state != LearnedWeights.State.READY:
        raise Refused("Nothing has been learned here that could be switched on.")
    if LearnedWeights.objects.filter(
        task_force=weights.task_force, created_at__gt=weights.created_at
    ).exists():
        raise Refused("There is a newer lesson. Look at that one.")
    if weights.learned_by is None or weights.learned_by.agency_id == by.agency_id:
        raise NotPermitted("A second agency must switch them on, not the one that had them learned.")


def check_can_switch_off(weights: LearnedWeights, by: User) -> None:
    check_can_learn(weights.task_force, by)


# --- Protected values ----------------------------------------------------------------------------------------

# What the owner, and the second agency, may do with an entry in each state.
OWNERS_MOVES: dict[str, frozenset[str]] = {
    Protection.OWN: frozenset({"change", "ask"}),
    Protection.ASKED: frozenset({"change", "withdraw"}),
    Protection.TASK_FORCE: frozenset({"change", "withdraw"}),
    Protection.REMOVED: frozenset({"restore"}),
}
SECONDS_MOVES: dict[str, frozenset[str]] = {
    Protection.ASKED: frozenset({"confirm", "withdraw"}),
    Protection.TASK_FORCE: frozenset({"withdraw"}),
}


def protection_moves(entry: ProtectedValue, by: User) -> frozenset[str]:
    """What `by` may do with an entry that the gate shows them; asks the database nothing."""
    if entry.agency_id is not None and entry.agency_id == by.agency_id:
        moves, needs = OWNERS_MOVES, Permission.PROTECT_VALUES
    elif entry.second_agency_id is not None and entry.second_agency_id == by.agency_id:
        moves, needs = SECONDS_MOVES, Permission.CONFIRM_PROTECTION
    else:
        return frozenset()
    return moves.get(entry.status, frozenset()) if by.may(needs) else frozenset()


def check_can_protect(by: User) -> None:
    check_may(by, Permission.PROTECT_VALUES)


def check_list_fits(agency: Agency, kind: str) -> None:
    """Raise if an agency's list, to which a value of this kind was just added, is longer than it may be.

    What nobody can look through any more is no list of exceptions.
    """
    listed = ProtectedValue.objects.in_force().filter(agency=agency)
    if kind == "name":
        noun, held, most = "names", listed.filter(kind=kind), settings.PROTECTED_NAMES_MOST
    else:
        noun, held, most = "other values", listed.exclude(kind="name"), settings.PROTECTED_VALUES_MOST
    if (count := held.count()) > most:
        raise Refused(
            f"Your agency would then protect {count:,} {noun}, and at most {most:,} are possible. "
            "Remove what no longer needs it first, or add fewer."
        )


def check_can_change_protection(entry: ProtectedValue, by: User) -> None:
    check_may(by, Permission.PROTECT_VALUES)
    check_owns(entry, by)
    if "change" not in protection_moves(entry, by):
        raise Refused("That value was removed already. Put it back first.")


def check_can_restore_protection(entry: ProtectedValue, by: User) -> None:
    check_may(by, Permission.PROTECT_VALUES)
    check_owns(entry, by)
    if "restore" not in protection_moves(entry, by):
        raise Refused("That value is on the list already.")


def check_can_ask_second_agency(entry: ProtectedValue, agency: Agency, by: User) -> None:
    check_can_change_protection(entry, by)
    if "ask" not in protection_moves(entry, by):
        raise Refused("A partner has been asked or has confirmed it already. Take that back first.")
    check_partner(agency, by)
    if agency.is_reference:
        raise Refused("A published list can confirm nothing. Choose a partner agency.")


def common_task_force(agency: Agency, chosen: TaskForce | None, by: User) -> TaskForce:
    """The running task force in which the two agencies protect a value: the chosen one, or the only one they share."""
    together = list(TaskForce.objects.running().filter(members=by.agency_id).filter(members=agency))
    if chosen is None and len(together) == 1:
        return together[0]
    if chosen is None or chosen not in together:
        names = " or ".join(f"“{each}”" for each in together)
        raise Refused(f"Choose a task force in which {agency} works with you: {names}.")
    return chosen


def check_can_confirm_protection(entry: ProtectedValue, by: User) -> None:
    """The second word must be another agency's: whoever protects a number cannot also agree to it."""
    check_may(by, Permission.CONFIRM_PROTECTION)
    if entry.agency is None or entry.agency_id == by.agency_id:
        raise NotPermitted("A second agency must confirm it, not the one that put it on the list.")
    _check_was_asked(entry, by)
    if "confirm" not in protection_moves(entry, by):
        raise Refused("That question is no longer open.")
    check_partner(entry.agency, by)


def check_can_withdraw_second_word(entry: ProtectedValue, by: User) -> None:
    if entry.agency_id == by.agency_id:
        check_can_change_protection(entry, by)
    else:
        check_may(by, Permission.CONFIRM_PROTECTION)
        _check_was_asked(entry, by)
    if "withdraw" not in protection_moves(entry, by):
        raise Refused("No partner's word stands on that value.")


def _check_was_asked(entry: ProtectedValue, by: User) -> None:
    if entry.second_agency_id != by.agency_id or not can(by, Level.VIEW, entry):
        raise NotPermitted("Your agency was not asked to confirm that.")
