"""A world in every state that a row can be in, and beside it the plain facts that the oracle is asked about.

Whatever is done here is done twice: by a verb of the product, and as a line of facts. Every text of a row is a token of
its own (`qzb017z`), so that any answer says by itself what it tells of whom.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from agencies import actions as agency_actions
from agencies import canaries, handing_over, purposes, reviewing, ruling, units, visibility
from agencies.audit import Act
from agencies.models import Agency, Alarm, Canary, PurgeNotice, UnitWall, User
from agencies.permissions import Role
from agencies.visibility import Level, Shareable
from cases import actions as case_actions
from cases.actions.tracking import track_version
from cases.models import Case, TrackSheet
from intel import actions as intel_actions
from intel.models import Lead
from tests import factories
from tests.leaks.oracle import CONTRIBUTE, SUMMARY, VIEW, Facts, Person, Thing

TOKEN = re.compile(r"qz[a-z]\d{3}z", re.IGNORECASE)
WORD = "harbourmaster"  # stands in every text, so that one search finds them all
AGENCIES = {"N": "Northland Police", "E": "Eastport Prosecution", "S": "Southshore Border Guard",
            "H": "Harbour House", "Z": "Zenith Customs", "L": "Lakeside Office"}  # fmt: skip


class Stage:
    def __init__(self) -> None:
        self.facts = Facts(now=timezone.now())
        self.rows: dict[str, tuple[str, Any]] = {}  # key of the oracle -> label of the model, row
        self.tokens: dict[
            str, tuple[str, int]
        ] = {}  # token -> whose it is, from which level on it may be read
        self.people: dict[str, User] = {}
        self.units: dict[str, str] = {}
        self.agencies = {short: factories.agency(name, short) for short, name in AGENCIES.items()}
        self.task_force = factories.task_force("Crossroads", self.agencies.values())
        for short in "NES":
            for role in Role:
                self.person(short, role)
        for short in "HZL":
            self.person(short, Role.SUPERVISOR)

    def person(self, agency: str | None, role: str, name: str = "") -> User:
        name = name or f"{agency}.{role}"
        if agency is None:
            user = User.objects.create_superuser(f"{name}@nowhere.example", name=name, role=role)
        else:
            user = factories.person(name, self.agencies[agency], Role(role))
        self.people[name] = user
        self.facts.people[name] = Person(name, agency, role)
        return user

    def close_account(self, name: str) -> None:
        User.objects.filter(pk=self.people[name].pk).update(is_active=False)
        old = self.facts.people[name]
        self.facts.people[name] = Person(name, old.agency, old.role, active=False)

    def leave(self, agency: str) -> None:
        Agency.objects.filter(pk=self.agencies[agency].pk).update(left_on=timezone.localdate())
        self.facts.left.add(agency)

    def boss(self, agency: str) -> User:
        return self.people[f"{agency}.supervisor"]

    # --- Rows ------------------------------------------------------------------------------------------------

    def add(self, key: str, row: Any, thing: Thing) -> Any:
        self.rows[key] = (row._meta.label_lower, row)
        self.facts.things[key] = thing
        return row

    def token(self, letter: str, key: str, level: int = VIEW) -> str:
        """A word that stands in this row alone, and may be read from this level on."""
        token = f"qz{letter}{len(self.tokens):03d}z"
        self.tokens[token] = (key, level)
        return token

    def lead(self, name: str, owner: str = "N", *, phone: str = "", **fields: Any) -> Lead:
        key, subject_key, identifier_key = f"lead {name}", f"subject {name}", f"identifier {name}"
        title, body = self.token("t", key, SUMMARY), self.token("b", key)
        who, mail = self.token("s", subject_key), self.token("i", identifier_key)
        facts = factories.subject(f"{who} {WORD}", phone=phone)
        mails = factories.IdentifierFacts("email", f"{mail}@example.org")
        row = factories.lead(
            self.people[f"{owner}.investigator"] if owner in "NES" else self.boss(owner),
            f"{title} {WORD}", narrative=f"{body} {WORD} {mail}@example.org", source=body,
            subjects=(type(facts)(name=facts.name, note=who, identifiers=(*facts.identifiers, mails)),), **fields,
        )  # fmt: skip
        self.add(key, row, Thing("lead", owner, by=str(row.logged_by)))
        subject = row.subjects.get()
        self.add(subject_key, subject, Thing("subject", owner, (key,), ((key, False),)))
        self.add(identifier_key, subject.identifiers.get(kind="email"),
                 Thing("identifier", owner, (key, subject_key), ((key, False),)))  # fmt: skip
        return row

    def case(self, name: str, owner: str = "N") -> Case:
        key = f"case {name}"
        title, body = self.token("c", key, SUMMARY), self.token("d", key)
        row = factories.case(self.boss(owner), f"{title} {WORD}", summary=f"{body} {WORD}")
        self.add(key, row, Thing("case", owner, by=f"{owner}.supervisor"))
        own = row.assignments.get()
        self.add(f"assignment {name} {owner}", own, self._on(key, "assignment", owner))
        return row

    def _on(self, case: str, kind: str, owner: str, **more: Any) -> Thing:
        return Thing(kind, owner, (case,), ((case, False),), **more)

    def task(self, case: str, owner: str, *, private: bool = False) -> Any:
        key = f"task {case} {owner}{' private' if private else ''}"
        row = case_actions.set_task(
            self.row(f"case {case}"), title=f"{self.token('k', key)} {WORD}", by=self.boss(owner),
            details=self.token("l", key), agency_private=private,
        )  # fmt: skip
        return self.add(key, row, self._on(f"case {case}", "task", owner, private=private))

    def track(self, case: str, owner: str, country: str) -> None:
        """A lane with both its sheets, and of offences and requests an open one and one of the agency alone."""
        by, key = self.boss(owner), f"track {case} {owner}"
        row = case_actions.open_track(
            self.row(f"case {case}"), country=country, district=f"{self.token('u', key)} {WORD}", by=by
        )
        self.add(key, row, self._on(f"case {case}", "track", owner))
        names = {False: f"sheet {case} {owner}", True: f"sheet {case} {owner} private"}
        soon = timezone.localdate() + timedelta(days=9)
        case_actions.edit_track(
            row, version=track_version(row), private=["court", "limitation"], by=by, country=country,
            district=row.district, prosecutor=self.token("v", names[False]), prosecutor_contact="",
            court=self.token("w", names[True]), docket="", limitation_on=soon,
            limitation_basis=self.token("x", names[True]), remarks="",
        )  # fmt: skip
        for private, name in names.items():
            sheet = TrackSheet.objects.get(track=row, agency_private=private)
            self.add(name, sheet, self._on(f"case {case}", "sheet", owner, private=private))
            self._parts(row, case, owner, private=private)

    def _parts(self, track: Any, case: str, owner: str, *, private: bool) -> None:
        by, end = self.boss(owner), f"{case} {owner}{' private' if private else ''}"
        offence = case_actions.write_offence(
            track, kind="trafficking", law="Art. 3", title=self.token("e", f"offence {end}"), acts=[], means=[],
            purposes=[], child=False, agency_private=private, by=by,
        )  # fmt: skip
        self.add(f"offence {end}", offence, self._on(f"case {case}", "offence", owner, private=private))
        asked = case_actions.draft_request(
            track, kind="mla", country="BR", asks=self.token("q", f"cooperation {end}"), agency_private=private,
            due_on=timezone.localdate(), by=by,
        )  # fmt: skip
        self.add(f"cooperation {end}", asked, self._on(f"case {case}", "cooperation", owner, private=private))

    def propose(self, case: str, owner: str) -> None:
        key = f"proposal {case} {owner}"
        row = case_actions.propose_lead(
            self.row(f"track {case} {owner}"), reason=self.token("j", key), by=self.boss(owner)
        )
        self.add(key, row, self._on(f"case {case}", "proposal", owner))

    def note(self, case: str, owner: str, *, private: bool = False) -> Any:
        key = f"note {case} {owner}{' private' if private else ''}"
        text = f"{self.token('n', key)} {WORD}"
        row = case_actions.write_note(
            self.row(f"case {case}"), text=text, by=self.boss(owner), agency_private=private
        )
        return self.add(key, row, self._on(f"case {case}", "note", owner, private=private))

    def operation(self, name: str, case: str, owner: str, **plan: Any) -> Any:
        """A plan on a case; every text of it, and where it is, is a token of its own."""
        key = f"operation {name}"
        row = factories.operation(
            self.boss(owner), self.row(f"case {case}"), f"{self.token('o', key)} {WORD}",
            place=self.token("v", key), details=self.token("w", key), **plan,
        )  # fmt: skip
        return self.add(key, row, self._on_no_whole(f"case {case}", "operation", owner))

    def _on_no_whole(self, case: str, kind: str, owner: str) -> Thing:
        """What hangs on a case and is not read because the case is."""
        return Thing(kind, owner, (), ((case, False),), case=case)

    def give(self, name: str, agency: str) -> None:
        key = f"operation {name}"
        owner = self.boss(str(self.facts.things[key].agency))
        case_actions.give_operation(self.row(key), agency=self.agencies[agency], reason="joint day", by=owner)
        self.facts.grants[key, agency] = (CONTRIBUTE, None)

    def site(self, name: str, owner: str, **facts: Any) -> Any:
        key = f"site {name}"
        row = factories.site(self.boss(owner), self.token("x", key), place=self.token("u", key), **facts)
        return self.add(key, row, Thing("site", owner))

    def row(self, key: str) -> Any:
        return self.rows[key][1]

    # --- Who may have them -----------------------------------------------------------------------------------

    def share(
        self, key: str, agency: str, level: Level, *, until: datetime | None = None, onward: bool = False
    ) -> None:
        obj: Shareable = self.row(key)
        owner = self.boss(str(self.facts.things[key].agency))
        agency_actions.share(
            obj, agency=self.agencies[agency], level=level, reason="joint work", by=owner, onward=onward
        )
        if until is not None:  # also one that is over already, which the verb refuses
            grant = visibility.grant_of(obj, self.agencies[agency])
            grant.expires_at = until
            grant.save()
        self.facts.grants[key, agency] = (int(level), until)

    def revoke(self, key: str, agency: str) -> None:
        owner = self.boss(str(self.facts.things[key].agency))
        agency_actions.revoke(self.row(key), agency=self.agencies[agency], reason="done", by=owner)
        self.facts.grants.pop((key, agency))

    def assign(self, case: str, agency: str) -> None:
        owner = str(self.facts.things[f"case {case}"].agency)
        part = case_actions.assign_case(
            self.row(f"case {case}"), agency=self.agencies[agency], part="support", reason="joint work",
            by=self.boss(owner),
        )  # fmt: skip
        self.facts.grants[f"case {case}", agency] = (CONTRIBUTE, None)
        self.facts.things[f"case {case}"].state = "assigned"
        self.add(f"assignment {case} {agency}", part, self._on(f"case {case}", "assignment", agency))

    def withdraw(self, case: str, agency: str) -> None:
        owner = str(self.facts.things[f"case {case}"].agency)
        key = f"assignment {case} {agency}"
        case_actions.withdraw_assignment(self.row(key), reason="done", by=self.boss(owner))
        self.facts.grants.pop((f"case {case}", agency))
        self.facts.things[f"case {case}"].state = ""
        self.facts.things[key].state = "closed"

    def restrict(
        self, key: str, named: list[str] | None = None, walled: list[str] | None = None, unit: str = ""
    ) -> None:
        agency_actions.restrict(
            self.row(key), named=None if named is None else [self.people[each] for each in named],
            walled=[self.people[each] for each in walled or []], units=[unit] if unit else [], reason="conflict",
            by=self.boss(str(self.facts.things[key].agency)),
        )  # fmt: skip
        kept_out = {*(walled or []), *(name for name, of in self.units.items() if unit and of == unit)}
        self.facts.circles[key] = (None if named is None else frozenset(named), frozenset(kept_out))

    def place(self, name: str, unit: str) -> None:
        """Into a unit: what is kept from it is kept from them, and stays so when they leave it."""
        person = self.people[name]
        admin = self.people[f"{self.facts.people[name].agency}.agency_administrator"]
        units.place(person=person, unit=unit, by=admin)
        self.units[name] = unit
        if unit:
            for wall in UnitWall.objects.filter(agency=person.agency, unit=unit):
                key = next(key for key, (_, row) in self.rows.items() if row.pk == wall.object_id)
                named, walled = self.facts.circles[key]
                self.facts.circles[key] = (named, walled | {name})

    def offer(self, key: str, agency: str, keeps: int) -> None:
        """The offer, and the summary of the record that comes with it."""
        owner = str(self.facts.things[key].agency)
        offered = handing_over.offer(
            self.row(key), receiver=self.agencies[agency], keeps=keeps, reason="theirs", by=self.boss(owner)
        )
        self.add(f"handover of {key}", offered, Thing("handover", owner, state=f"asked {agency}", by=key))
        self.facts.things[key].state = "offered"
        self.facts.grants[f"handover of {key}", agency] = (VIEW, None)
        self.facts.grants[key, agency] = (SUMMARY, None)

    def answer_offer(self, key: str, *, accept: bool) -> None:
        offered = self.row(f"handover of {key}")
        giver, receiver = str(self.facts.things[key].agency), str(offered.receiver.short_name)
        answer = handing_over.accept if accept else handing_over.decline
        answer(offered, reason="because", by=self.boss(receiver))
        self.facts.things[f"handover of {key}"].state = ""
        self.facts.things[key].state = ""
        self.facts.grants.pop((key, receiver))
        if accept:
            self._handed_over(key, giver, receiver, offered.keeps)

    def hand_over(self, key: str, to: str, keeps: int) -> None:
        """Offered and accepted in one go."""
        giver = str(self.facts.things[key].agency)
        offered = handing_over.offer(
            self.row(key), receiver=self.agencies[to], keeps=keeps, reason="theirs", by=self.boss(giver)
        )
        handing_over.accept(offered, reason="because", by=self.boss(to))
        self._handed_over(key, giver, to, keeps)

    def _handed_over(self, key: str, giver: str, receiver: str, keeps: int) -> None:
        """What hangs on a lead goes with it, and what the giver tied of it opens it to nobody any more."""
        facts, (kind, name) = self.facts, key.split(" ", 1)
        parts = [key, f"subject {name}", f"identifier {name}"] if kind == "lead" else [key]
        for each in parts:
            facts.things[each].agency = receiver
            label, row = self.rows[each]
            self.rows[each] = label, type(row)._base_manager.get(pk=row.pk)
            for gone in {receiver, *facts.left}:  # who needs none, and with whom nobody works
                facts.grants.pop((each, gone), None)
        for tie in facts.things.values():
            if tie.ties in parts and tie.agency == giver:
                tie.private = True
        if keeps:
            facts.grants[key, giver] = (keeps, None)
        if kind == "case":
            self._parts_after(key, name, giver, receiver, keeps)

    def _parts_after(self, key: str, name: str, giver: str, receiver: str, keeps: int) -> None:
        self.facts.things[key].state = "assigned" if keeps == CONTRIBUTE else ""
        if keeps != CONTRIBUTE:
            self.facts.things[f"assignment {name} {giver}"].state = "closed"
        led = self.row(key).assignments.get(agency=self.agencies[receiver], ended_at=None)
        self.add(f"assignment {name} {receiver}", led, self._on(key, "assignment", receiver))

    def attach(self, case: str, lead: str, by: str, *, private: bool = False) -> Any:
        key, lead_key = f"caselead {case} {lead} {by}", f"lead {lead}"
        tie = intel_actions.attach_lead(
            self.row(f"case {case}"), self.row(lead_key), by=self.boss(by), private=private
        )
        hangs = ((f"case {case}", False), (lead_key, False))
        private = private or self.facts.things[lead_key].agency != by
        thing = Thing("caselead", by, (f"case {case}",), hangs, private=private, ties=lead_key)
        return self.add(key, tie, thing)

    def cast(self, case: str, subject: str, by: str, *, private: bool = False) -> Any:
        key, subject_key = f"casesubject {case} {subject} {by}", f"subject {subject}"
        tie = intel_actions.add_case_subject(
            self.row(f"case {case}"), self.row(subject_key), role="suspect", by=self.boss(by), private=private
        )
        hangs = ((f"case {case}", False), (f"lead {subject}", False))
        private = private or self.facts.things[subject_key].agency != by
        thing = Thing("casesubject", by, (f"case {case}",), hangs, private=private, ties=subject_key)
        return self.add(key, tie, thing)

    def untie(self, key: str) -> None:
        tie = self.row(key)
        by = self.boss(str(self.facts.things[key].agency))
        drop = intel_actions.detach_lead if key.startswith("caselead") else intel_actions.drop_case_subject
        drop(tie, by=by)
        self.rows.pop(key)
        self.facts.things.pop(key)

    def purge(self, name: str) -> None:
        """A lead with all that hangs on it. Its certificate and the notices take over to whom it was open."""
        key = f"lead {name}"
        owner = str(self.facts.things[key].agency)
        row, left = self.row(key), f"certificate {name}"
        reason = self.token("g", left)
        certificate = reviewing.purge(row, reason=reason, by=self.boss(owner))
        for gone in (key, f"subject {name}", f"identifier {name}"):
            self.rows.pop(gone)
            self.facts.things.pop(gone)
        self.add(left, certificate, Thing("certificate", owner))
        if key in self.facts.circles:
            self.facts.circles[left] = self.facts.circles.pop(key)
        for agency in [agency for told, agency in self.facts.grants if told == key]:
            self.facts.grants.pop((key, agency))
            notice = PurgeNotice.objects.get(certificate=certificate, agency=self.agencies[agency])
            self.add(f"notice of purge {name} {agency}", notice,
                     Thing("purge notice", agency, (left,), ((left, False),)))  # fmt: skip

    def watch(self, key: str, *keepers: str) -> Canary:
        """A canary: its keepers and the auditors of the agency alone know."""
        owner = str(self.facts.things[key].agency)
        by, name = self.boss(owner), f"canary {key}"
        keeping = [self.people[each] for each in keepers]
        canary = canaries.set_canary(self.row(key), reason=self.token("y", name), by=by, keepers=keeping)
        self.facts.circles[name] = (frozenset({by.name, *keepers, f"{owner}.auditor"}), frozenset())
        return self.add(name, canary, Thing("canary", owner, state=f"of {key}"))

    def rule(self, name: str, owner: str, receiver: str, by: str = "") -> Any:
        """A rule that shares what is tagged for it, in the name of its agency."""
        key = f"rule {name}"
        wish = ruling.Wish(
            name=self.token("r", key), receiver=self.agencies[receiver], model=Lead, level=Level.VIEW, tag=f"of {owner}",
            reason="joint work",
        )  # fmt: skip
        rule = ruling.make_rule(wish, by=self.people[by] if by else self.boss(owner))
        return self.add(key, rule, Thing("rule", owner))

    def alarm(self, key: str, about: str) -> Alarm:
        """Somebody looks at a canary."""
        canary, owner = f"canary {key}", str(self.facts.things[key].agency)
        canaries.watch(Act.VIEWED, [self.row(key)], self.people[about], {})
        row = Alarm.objects.get(canary=self.row(canary), person_id=self.people[about].pk)
        return self.add(f"alarm {key} {about}", row, Thing("alarm", owner, (), ((canary, False),), by=about))

    def state_purpose(self, key: str, by: str) -> None:
        purposes.state_purpose(self.row(key), purpose="investigation", words="A case.", by=self.people[by])
        self.facts.purposes.add((by, key))

    # --- What an answer tells --------------------------------------------------------------------------------

    def leaks_in(self, text: str, reader: Person) -> list[str]:
        """The rows of which the text tells this reader more than the oracle lets them have."""
        found = {token.lower() for token in TOKEN.findall(text)} & set(self.tokens)
        return sorted({key for token in found for key, level in [self.tokens[token]]
                       if key not in self.facts.things or self.facts.level(reader, key) < level})  # fmt: skip

    def told(self, text: str, key: str) -> int:
        """The level of what the text tells of a row: that of the deepest of its tokens in there."""
        found = {token.lower() for token in TOKEN.findall(text)}
        return max((level for token in found if token in self.tokens
                    for whose, level in [self.tokens[token]] if whose == key), default=0)  # fmt: skip


def long_ago() -> datetime:
    return timezone.now() - timedelta(days=3)


def in_a_minute() -> datetime:
    return timezone.now() + timedelta(minutes=1)
