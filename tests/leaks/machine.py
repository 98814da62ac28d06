"""A task force at random: give, take, hand over, restrict, wall, attach, agree, close, leave, let time pass. After each step the
product is asked as several people, and the oracle, which was told the same facts, must agree."""

from __future__ import annotations

import copy
from datetime import timedelta
from itertools import cycle
from typing import Any, ClassVar

import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agencies import actions, enforcing
from agencies.models import Agency, Agreement, User
from agencies.policies import Refused
from agencies.visibility import Level, Shareable
from tests.leaks.matrix import Matrix
from tests.leaks.operations import ON_ONE_KIND
from tests.leaks.oracle import VIEW, verdict
from tests.leaks.stage import WORD, Stage

LEADS = ("one", "two", "theirs", "third")
CASES = ("ours", "also ours", "of E")
PARTNERS = ("E", "S", "H")
WATCHED = ("E.supervisor", "E.investigator", "S.supervisor", "N.analyst", "E.service_account", "N.supervisor")
PLACES = (f"/search/?q={WORD}&in=leads", "/leads/?view=all", "/cases/", "/api/v1/leads/?limit=200",
          "/api/v1/subjects/?limit=200", "/hits/?state=all", "/agency/audit/")  # fmt: skip


def small_world() -> Stage:
    stage = Stage()
    for name, owner in zip(LEADS, "NNES", strict=True):
        stage.lead(name, owner)
    for name, owner in zip(CASES, "NNE", strict=True):
        stage.case(name, owner)
        stage.note(name, owner)
        stage.note(name, owner, private=True)
        stage.task(name, owner)
    return stage


class Machine(RuleBasedStateMachine):
    """One run. It takes all that it did back when it is over."""

    stage: ClassVar[Stage]
    clock: ClassVar[time_machine.Traveller]
    steps: ClassVar[int] = 0
    done: ClassVar[dict[str, int]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.kept = copy.deepcopy(self.stage.facts), dict(self.stage.rows), timezone.now()
        self.point = transaction.savepoint()
        self.turns, self.at, self.agreement = cycle(WATCHED), 0, None
        self.most: int | None = None  # by what Northland and Eastport agreed
        for short in WATCHED:
            self.stage.people[short].refresh_from_db()
        self.matrix = Matrix(self.stage)

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.point)
        self.stage.facts, self.stage.rows, then = self.kept
        self.clock.move_to(then)

    def attempt(self, name: str, act: Any, *args: Any, **more: Any) -> bool:
        """Do it as the verb does; what it refuses has changed nothing, and the facts stay as they were."""
        try:
            with transaction.atomic():
                act(*args, **more)
        except (Refused, KeyError):
            return False
        type(self).done[name] = self.done.get(name, 0) + 1
        return True

    # --- What people do -----------------------------------------------------------------------------------------

    @rule(kind=st.sampled_from(["lead", "case", "subject"]), at=st.integers(0, 2), to=st.sampled_from(PARTNERS),
          level=st.sampled_from([Level.SUMMARY, Level.VIEW, Level.CONTRIBUTE]), hours=st.sampled_from([None, 1, 5]))  # fmt: skip
    def share(self, kind: str, at: int, to: str, level: Level, hours: int | None) -> None:
        key = f"{kind} {(CASES if kind == 'case' else LEADS)[at]}"
        until = None if hours is None else timezone.now() + timedelta(hours=hours)
        if self.stage.facts.things[key].agency != to:
            self.attempt("share", self.stage.share, key, to, level, until=until)

    @rule(at=st.integers(0, 50))
    def revoke(self, at: int) -> None:
        if held := sorted(self.stage.facts.grants):
            self.attempt("revoke", self.stage.revoke, *held[at % len(held)])

    @rule(key=st.sampled_from([*(f"lead {name}" for name in LEADS), *(f"case {name}" for name in CASES)]),
          to=st.sampled_from("NES"), keeps=st.sampled_from([0, 1, 2, 3]))  # fmt: skip
    def hand_over(self, key: str, to: str, keeps: int) -> None:
        before = self.stage.facts.things[key].agency
        done = before != to and self.attempt("hand over", self.stage.hand_over, key, to, keeps)
        if done and self.most is not None:  # what others were given is held against what the new owner agreed
            self._ends_above(self.most)

    @rule(case=st.sampled_from(CASES), to=st.sampled_from(PARTNERS))
    def assign(self, case: str, to: str) -> None:
        if self.stage.facts.things[f"case {case}"].agency != to:
            self.attempt("assign", self.stage.assign, case, to)

    @rule(case=st.sampled_from(CASES), to=st.sampled_from(PARTNERS))
    def withdraw(self, case: str, to: str) -> None:
        self.attempt("withdraw", self.stage.withdraw, case, to)

    @rule(
        case=st.sampled_from(CASES),
        lead=st.sampled_from(LEADS),
        by=st.sampled_from("NES"),
        private=st.booleans(),
    )
    def attach(self, case: str, lead: str, by: str, private: bool) -> None:
        self.attempt("attach", self.stage.attach, case, lead, by, private=private)

    @rule(
        case=st.sampled_from(CASES),
        lead=st.sampled_from(LEADS),
        by=st.sampled_from("NES"),
        private=st.booleans(),
    )
    def cast(self, case: str, lead: str, by: str, private: bool) -> None:
        self.attempt("cast", self.stage.cast, case, lead, by, private=private)

    @rule(at=st.integers(0, 50))
    def untie(self, at: int) -> None:
        if ties := sorted(key for key, thing in self.stage.facts.things.items() if thing.ties):
            self.attempt("untie", self.stage.untie, ties[at % len(ties)])

    @rule(key=st.sampled_from([*(f"lead {name}" for name in LEADS), *(f"case {name}" for name in CASES)]),
          how=st.sampled_from(["open", "named", "ours", "walled"]))  # fmt: skip
    def restrict(self, key: str, how: str) -> None:
        owner = f"{self.stage.facts.things[key].agency}.supervisor"
        named = {"named": sorted({owner, "E.supervisor"}), "ours": [owner]}.get(how)
        walled = ["E.investigator", "N.analyst"] if how == "walled" else []
        self.attempt(how, self.stage.restrict, key, named, walled)

    @rule(person=st.sampled_from(["E.investigator", "N.analyst"]))
    def close_or_open_an_account(self, person: str) -> None:
        now = self.stage.facts.people[person]
        User.objects.filter(pk=self.stage.people[person].pk).update(is_active=not now.active)
        self.stage.facts.people[person] = type(now)(person, now.agency, now.role, not now.active)
        self.matrix = Matrix(self.stage)

    @rule()
    def leave_or_return(self) -> None:
        left = self.stage.facts.left
        day = None if "S" in left else timezone.localdate()
        Agency.objects.filter(pk=self.stage.agencies["S"].pk).update(left_on=day)
        left.symmetric_difference_update({"S"})
        for user in self.stage.people.values():
            user.refresh_from_db()
        self.matrix = Matrix(self.stage)

    @rule(hours=st.sampled_from([2, 8]))
    def time_passes(self, hours: int) -> None:
        self.clock.shift(timedelta(hours=hours))
        self.stage.facts.now = timezone.now()
        enforcing.end_expired()
        over = [
            pair for pair, (_, until) in self.stage.facts.grants.items() if until and until <= timezone.now()
        ]
        for pair in over:
            self.stage.facts.grants.pop(pair)
        self.matrix = Matrix(self.stage)  # whoever slept signs in again

    @rule(level=st.sampled_from([Level.SUMMARY, Level.VIEW, Level.CONTRIBUTE]))
    def agree(self, level: Level) -> None:
        """Northland and Eastport agree on a ceiling: what lies above it ends."""
        ours, theirs = (self.stage.people[f"{short}.agency_administrator"] for short in "NE")

        def both() -> None:
            terms: Any = {"partner": self.stage.agencies["E"], "level": level, "handling": "H3"}
            proposed = actions.propose_agreement(by=ours, **terms)
            self.agreement = actions.answer_agreement(proposed, accept=True, by=theirs)

        if self.attempt("agree", both):
            self.most = int(level)
            self._ends_above(self.most)

    @rule()
    def end_the_agreement(self) -> None:
        if self.agreement is not None and Agreement.objects.get(pk=self.agreement.pk).state == "in_force":
            by = self.stage.people["N.agency_administrator"]
            if self.attempt("end", actions.end_agreement, self.agreement, reason="over", by=by):
                self.most = 0
                self._ends_above(0)

    def _ends_above(self, most: int) -> None:
        facts = self.stage.facts
        for key, agency in list(facts.grants):
            owner = facts.things[key].agency
            if {owner, agency} == {"N", "E"} and facts.grants[key, agency][0] > most:
                facts.grants.pop((key, agency))
                if (part := f"assignment {key.removeprefix('case ')} {agency}") in facts.things:
                    facts.things[part].state = "closed"
        if most >= VIEW:
            return
        for thing in facts.things.values():
            if thing.ties and not thing.private and thing.agency in ("N", "E"):
                case, other = thing.within[0], "NE".replace(str(thing.agency), "")
                reads = facts.things[case].agency == other or facts.granted(other, case) >= VIEW
                if reads and facts.things[case].agency != thing.agency:
                    thing.private = True

    # --- What must hold after each step ---------------------------------------------------------------------------

    @invariant()
    def the_product_agrees_with_the_oracle(self) -> None:
        type(self).steps += 1
        self.at += 1  # of this run alone: the same run must ask the same when it is repeated
        who = next(self.turns)
        self._gate_agrees(who)
        self._answers_agree(who)

    def _gate_agrees(self, who: str) -> None:
        viewer, person = User.objects.get(pk=self.stage.people[who].pk), self.stage.facts.people[who]
        models: dict[type[Shareable], dict[Any, str]] = {}
        for key, (_, row) in self.stage.rows.items():
            models.setdefault(type(row), {})[row.pk] = key
        for model, keys in models.items():
            got = dict(model.objects.with_level(viewer).filter(pk__in=keys).values_list("pk", "level"))
            for pk, key in keys.items():
                want = self.stage.facts.level(person, key)
                assert got.get(pk, 0) == want, f"{who} on {key}: expected {want}, got {got.get(pk, 0)}"

    def _answers_agree(self, who: str) -> None:
        person = self.stage.facts.people[who]
        client, headers = self.matrix.client(who)
        path = PLACES[self.at % len(PLACES)]
        text = client.get(path, headers=headers).content.decode()
        assert self.stage.leaks_in(text, person) == [], f"{who} at {path}"
        name = LEADS[self.at % len(LEADS)]
        page = client.get(f"/leads/{self.stage.row(f'lead {name}').pk}/", headers=headers)
        expected = verdict(self.stage.facts, person, ON_ONE_KIND["get /leads/<uuid:pk>/"], f"lead {name}")
        enters = person.role != "service_account" and person.active
        if enters:
            assert (page.status_code == 200) == (expected != "absent"), f"{who} opens lead {name}: {expected}"
        assert self.stage.leaks_in(page.content.decode(), person) == [], f"{who} opens lead {name}"
