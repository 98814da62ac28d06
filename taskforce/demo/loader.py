"""Loading the demo through the same verbs as everybody. Whatever is there already is left alone, so a load that was
killed goes on where it stopped, and a second one changes nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TextIO

from django.contrib.auth.hashers import make_password

from agencies import actions as agency_actions
from agencies.models import Agency, Job, TaskForce, User
from agencies.permissions import Role
from agencies.policies import check_agency, version_of
from agencies.visibility import Level, can
from cases import actions as case_actions
from cases.actions.tracking import track_version
from cases.models import Case
from intel import actions as intel_actions
from intel.actions.logging import Sharing
from intel.facts import LeadFacts
from intel.matching import protection
from intel.models import Lead
from taskforce.demo import care, rows
from taskforce.demo.logins import DOMAIN, PASSWORD
from taskforce.demo.operations import plan_exercise
from taskforce.demo.progress import Bar, track
from taskforce.demo.rows import DATA, DemoCase, DemoLead, Office

TASK_FORCE = "Operation Crossroads (demo)"
LIAISON = "Crossroads liaison desk, liaison@crossroads.demo.example"
_LOOK_EVERY = 0.3
_STILL_AFTER = 15.0  # seconds in which no job began or ended: no worker is at work

_INVESTIGATING = (Role.INVESTIGATOR, Role.SUPERVISOR, Role.AGENCY_ADMINISTRATOR, Role.AUDITOR)
_ROLES: dict[str, tuple[Role, ...]] = {
    Agency.Kind.SERVICE_PROVIDER: (
        Role.VICTIM_CASEWORKER,
        Role.PROTECTION_OFFICER,
        Role.AGENCY_ADMINISTRATOR,
    ),
    Agency.Kind.REFERENCE: (Role.ANALYST,),
}
_MAILBOX = {
    Role.VICTIM_CASEWORKER: "caseworker",
    Role.PROTECTION_OFFICER: "protection",
    Role.AGENCY_ADMINISTRATOR: "administrator",
}


class Loader:
    """Each step finds out by itself what is missing."""

    def __init__(self, data: Path = DATA, out: TextIO = sys.stdout) -> None:
        self._data, self._out = data, out
        self._offices = rows.offices(data)
        self._leads = rows.leads(data)
        self._people: dict[str, User] = {}

    def load(self) -> None:
        self._admit_offices()
        self._protect_hotlines()
        self._log_leads()
        self._open_cases()
        self._open_lanes()
        self._refer_to_desks()
        plan_exercise(self._person, TaskForce.objects.get(name=TASK_FORCE))
        care.load(self._person)
        self._log_sanctions_list()

    # --- Who ------------------------------------------------------------------------------------------

    def _admit_offices(self) -> None:
        known = {agency.name: agency for agency in Agency.objects.all()}
        self._people = {user.email: user for user in User.objects.filter(email__endswith=f".{DOMAIN}")}
        password = make_password(PASSWORD)
        for office in track("Agencies and people", self._offices, self._out):
            agency = known.get(office.name) or self._admit(office)
            for role in (*_ROLES.get(office.kind, _INVESTIGATING), *care.CARERS.get(office.code, ())):
                self._appoint(agency, office, role, password)
            self._name_contact(agency, office)
        self._found_task_force()

    def _admit(self, office: Office) -> Agency:
        return agency_actions.admit_agency(
            name=office.name, short_name=office.short_name, kind=office.kind, country=office.country,
            jurisdictions=office.jurisdictions, by=None,
        )  # fmt: skip

    def _appoint(self, agency: Agency, office: Office, role: Role, password: str) -> None:
        email = _email(office.code, role)
        if email not in self._people:
            name = f"{role.label.removeprefix('Victim ').removeprefix('Agency ').capitalize()}, {office.desk}"
            self._people[email] = agency_actions.appoint(
                agency=agency, email=email, name=name, role=role, by=None
            )
        if not self._people[email].has_usable_password():  # hashed once for all: it is no secret
            User.objects.filter(email=email).update(password=password)

    def _name_contact(self, agency: Agency, office: Office) -> None:
        role = Role.PROTECTION_OFFICER if office.kind == Agency.Kind.SERVICE_PROVIDER else Role.SUPERVISOR
        contact = self._people.get(_email(office.code, role))
        if contact and agency.contact_id is None:
            agency_actions.name_contact(agency=agency, contact=contact, by=None)

    def _found_task_force(self) -> None:
        members = list(Agency.objects.filter(name__in=[office.name for office in self._offices]))
        joined = TaskForce.objects.filter(name=TASK_FORCE, members__in=members).count()
        if joined < len(members):
            agency_actions.found_task_force(name=TASK_FORCE, members=members, by=None, liaison=LIAISON)

    def _person(self, code: str, role: Role) -> User:
        return self._people[_email(code, role)]

    # --- What -----------------------------------------------------------------------------------------

    def _protect_hotlines(self) -> None:
        protection.publish_shipped()
        protection.publish(rows.protected_values(self._data))

    def _log_leads(self) -> None:
        code_of = {office.lead_agency: office.code for office in self._offices if office.lead_agency}
        held = self._sources(code_of.values())
        for lead in track("Leads", self._leads, self._out):
            if lead.source not in held:
                intel_actions.log_lead(lead.facts(), by=self._person(code_of[lead.agency], Role.INVESTIGATOR))

    def _sources(self, codes: Iterable[str]) -> set[str]:
        held: set[str] = set()
        for code in codes:
            investigator = self._person(code, Role.INVESTIGATOR)
            held.update(Lead.objects.visible_to(investigator, Level.OWN).values_list("source", flat=True))
        return held

    def _open_cases(self) -> None:
        for case in track("Cases", rows.cases(self._data), self._out):
            agency = next(office.lead_agency for office in self._offices if office.code == case.code)
            self._open_case(
                case, [lead for lead in self._leads if lead.agency == agency and lead.theme in case.themes]
            )

    def _open_case(self, planned: DemoCase, leads: list[DemoLead]) -> None:
        investigator = self._person(planned.code, Role.INVESTIGATOR)
        supervisor = self._person(planned.code, Role.SUPERVISOR)
        case = Case.objects.visible_to(investigator, Level.OWN).filter(title=planned.title).first()
        if case is None:
            case = case_actions.open_case(
                title=planned.title, kind=planned.kind, summary=planned.summary, by=investigator
            )
        assignment = case.assignments.get(agency_id=case.agency_id, ended_at=None)
        if not assignment.people.filter(pk=supervisor.pk).exists():
            case_actions.staff_case(assignment, people=[investigator, supervisor], by=supervisor)
        sources = [lead.source for lead in leads]
        mine = Lead.objects.visible_to(investigator, Level.OWN).filter(source__in=sources)
        for lead in mine.exclude(case_leads__case=case):
            intel_actions.attach_lead(case, lead, by=investigator)
        for lead in mine.filter(status=Lead.Status.NEW):
            intel_actions.accept_lead(lead, by=supervisor)

    def _open_lanes(self) -> None:
        """Each office keeps the lane of its own case: who works with whom beyond that, the releases do not say."""
        titles = {case.code: case.title for case in rows.cases(self._data)}
        offences = rows.offences(self._data)
        for planned in track("Lanes", rows.tracks(self._data), self._out):
            if planned["case"] in titles:
                own = [each for each in offences if each["case"] == planned["case"]]
                self._open_lane(planned, titles[planned["case"]], own)

    def _open_lane(self, planned: Mapping[str, str], title: str, offences: list[dict[str, str]]) -> None:
        keeper = self._person(planned["case"], Role.SUPERVISOR)
        case = Case.objects.visible_to(keeper, Level.OWN).get(title=title)
        if case.tracks.exists():
            return
        lane = case_actions.open_track(
            case, country=planned["country"], district=planned["district"], stage=planned["stage"],
            since=date.fromisoformat(planned["since"]), by=keeper,
        )  # fmt: skip
        case_actions.edit_track(
            lane, version=track_version(lane), private=[], by=keeper, country=lane.country, district=lane.district,
            prosecutor=planned["prosecutor"], prosecutor_contact="", court=planned["court"], docket="",
            limitation_on=None, limitation_basis="", remarks=planned["remarks"],
        )  # fmt: skip
        for each in offences:
            case_actions.write_offence(
                lane, kind=each["kind"], law="U.S. federal law", title=each["title"], child=bool(each["child"]),
                acts=each["acts"].split(), means=each["means"].split(), purposes=each["purposes"].split(),
                agency_private=False, by=keeper,
            )  # fmt: skip

    def _refer_to_desks(self) -> None:
        leads = {lead.row["lead_ref"]: lead for lead in self._leads}
        code_of = {office.lead_agency: office.code for office in self._offices}
        for row in rows.shares(self._data):
            planned = leads[row["lead_ref"]]
            supervisor = self._person(code_of[planned.agency], Role.SUPERVISOR)
            desk = self._person(row["with"], Role.INVESTIGATOR)
            lead = Lead.objects.visible_to(supervisor, Level.OWN).get(source=planned.source)
            if not can(desk, Level.VIEW, lead):
                agency_actions.share(
                    lead,
                    agency=check_agency(desk.agency),
                    level=Level.VIEW,
                    reason=row["reason"],
                    by=supervisor,
                )

    def _log_sanctions_list(self) -> None:
        """The list is shared empty and filled afterwards: so every entry is announced to the feeds once."""
        office = next(office for office in self._offices if office.kind == Agency.Kind.REFERENCE)
        keeper = self._person(office.code, Role.ANALYST)
        entries = rows.listed(self._data)
        bar = Bar("Sanctions list (entries)", len(entries), self._out)
        lead = Lead.objects.visible_to(keeper, Level.OWN).filter(title=rows.LIST_TITLE).first()
        facts = LeadFacts(
            title=rows.LIST_TITLE, narrative=rows.LIST_TEXT, source="U.S. Treasury, OFAC, June 2021",
            grade_source="A", grade_information="1", basis=Lead.Basis.PUBLIC, kind=Lead.Kind.REFERENCE,
            subjects=tuple(entries),
        )  # fmt: skip
        if lead is None:
            lead = self._share_empty(facts, keeper)
        if lead.subjects.count() != len(entries):
            intel_actions.edit_lead(lead, facts, version=version_of(lead), by=keeper)
        bar.step(len(entries))
        bar.close()

    def _share_empty(self, facts: LeadFacts, keeper: User) -> Lead:
        partners = Agency.objects.partners_of(check_agency(keeper.agency))
        sharing = [
            Sharing(agency, Level.VIEW, "published list, for everybody's reference") for agency in partners
        ]
        return intel_actions.log_lead(replace(facts, subjects=()), by=keeper, sharing=sharing)


def wait_for_matching(out: TextIO = sys.stdout) -> bool:
    """Watch the job queue until it is empty. False when nothing moves, because no worker runs."""
    waiting = Job.objects.unfinished().count()
    bar = Bar("Matching", waiting, out)
    moved = time.monotonic()
    while waiting:
        time.sleep(_LOOK_EVERY)
        left = Job.objects.unfinished().count()
        if left < waiting or Job.objects.filter(state=Job.State.RUNNING).exists():
            bar.step(max(0, waiting - left))
            moved = time.monotonic()
        elif time.monotonic() - moved > _STILL_AFTER:
            return False
        waiting = left
    bar.close()
    return True


def _email(code: str, role: Role) -> str:
    return f"{_MAILBOX.get(role, role.value)}@{code}.{DOMAIN}"
