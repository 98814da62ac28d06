"""What goes on inside one agency, much of it: every verb that touches nobody else, at random."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from agencies import actions as agency_actions
from agencies.models import User
from agencies.policies import Refused
from agencies.visibility import Level
from cases import actions as case_actions
from cases.models import Case, Task
from intel import actions as intel_actions
from intel.models import CaseLead, Lead
from tests import factories
from tests.leaks.stage import Stage
from victims import actions as victim_actions

SECRET = "Quetzalvolume"


class Busy:
    """Northland at work, now and then with Eastport; Southshore has no part in any of it."""

    def __init__(self, stage: Stage, dice: random.Random) -> None:
        self.stage, self.dice = stage, dice
        self.boss, self.worker = stage.boss("N"), stage.people["N.investigator"]
        self.leads: list[Lead] = [factories.lead(self.worker, f"{SECRET} first")]
        self.cases: list[Case] = [factories.case(self.boss, f"{SECRET} first")]
        self.done: dict[str, int] = {}
        self.verbs: list[Callable[[], Any]] = [
            self.log, self.log, self.log, self.open, self.note, self.task, self.move_task, self.share, self.revoke,
            self.restrict, self.attach, self.detach, self.assign_person, self.accept, self.assign, self.protect,
            self.register, self.appoint, self.edit_case, self.cast,
        ]  # fmt: skip

    def work(self, changes: int) -> None:
        while sum(self.done.values()) < changes:
            verb = self.dice.choice(self.verbs)
            try:
                verb()
            except (Refused, IndexError):
                continue
            self.done[verb.__name__] = self.done.get(verb.__name__, 0) + 1

    @property
    def lead(self) -> Lead:
        return Lead.objects.get(pk=self.dice.choice(self.leads).pk)

    @property
    def case(self) -> Case:
        return Case.objects.get(pk=self.dice.choice(self.cases).pk)

    def word(self) -> str:
        return f"{SECRET} {self.dice.randrange(10**9)}"

    def log(self) -> None:
        facts = {"pointer_policy": "owner_only", "narrative": self.word()}
        phone = f"+1 404 555 {self.dice.randrange(1000, 9999)}"
        self.leads.append(factories.lead(self.worker, self.word(), phone=phone, **facts))

    def open(self) -> None:
        self.cases.append(factories.case(self.boss, self.word(), summary=self.word()))

    def note(self) -> None:
        case_actions.write_note(
            self.case, text=self.word(), by=self.boss, agency_private=self.dice.random() < 0.5
        )

    def task(self) -> None:
        case_actions.set_task(self.case, title=self.word(), details=self.word(), by=self.boss)

    def move_task(self) -> None:
        tasks = list(Task.objects.filter(case__in=self.cases)[:50])
        case_actions.move_task(self.dice.choice(tasks), status="done", by=self.boss)

    def edit_case(self) -> None:
        case = self.case
        case_actions.edit_case(case, by=self.boss, version=case.updated_at.isoformat(), summary=self.word())

    def share(self) -> None:
        east = self.stage.agencies["E"]
        agency_actions.share(self.lead, agency=east, level=Level.VIEW, reason=self.word(), by=self.boss)

    def revoke(self) -> None:
        agency_actions.revoke(self.lead, agency=self.stage.agencies["E"], reason=self.word(), by=self.boss)

    def assign(self) -> None:
        east = self.stage.agencies["E"]
        case_actions.assign_case(self.case, agency=east, part="support", reason=self.word(), by=self.boss)

    def restrict(self) -> None:
        agency_actions.restrict(self.lead, named=[self.boss], walled=[], reason=self.word(), by=self.boss)

    def attach(self) -> None:
        intel_actions.attach_lead(self.case, self.lead, by=self.boss, private=self.dice.random() < 0.5)

    def detach(self) -> None:
        ties = list(CaseLead.objects.filter(case__in=self.cases)[:50])
        intel_actions.detach_lead(self.dice.choice(ties), by=self.boss)

    def cast(self) -> None:
        who = factories.subject(self.word())
        lead = factories.lead(self.worker, self.word(), subjects=(who,), pointer_policy="owner_only")
        intel_actions.add_case_subject(self.case, lead.subjects.get(), role="suspect", by=self.boss)

    def assign_person(self) -> None:
        intel_actions.assign_lead(self.lead, to=self.worker, by=self.boss)

    def accept(self) -> None:
        intel_actions.accept_lead(self.lead, by=self.boss, reason=self.word())

    def protect(self) -> None:
        factories.protect(self.boss, self.word(), kind="name", reason=self.word())

    def register(self) -> None:
        by = self.stage.people["N.victim_caseworker"]
        victim_actions.register_victim(by=by, needs=["shelter"])

    def appoint(self) -> None:
        name = self.word()
        agency_actions.appoint(
            agency=self.stage.agencies["N"], email=f"{name.replace(' ', '.').lower()}@n.example", name=name,
            role=User._meta.get_field("role").choices[0][0], by=self.stage.people["N.agency_administrator"],
        )  # fmt: skip
