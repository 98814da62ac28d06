"""What the rule says, written apart from the application: plain Python over plain facts, for the tests to ask.

It imports nothing of the product, reads no database and knows no query. Whoever changes the gate does not change this.
Written from docs/explanation/who-sees-what.md; where the two say different things, one of them is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

SUMMARY, VIEW, CONTRIBUTE, OWN = 1, 2, 3, 4
NOTHING = 0

# --- Who may do what at all --------------------------------------------------------------------------------------

_WORK = {"leads", "cases", "protected", "log", "judge", "work", "open", "share"}
_BOSS = {"triage", "answer", "assign", "audit", "confirm", "link", "restrict", "protect", "review", "rules"}
_BOSS |= {"hand over", "emergency"}
ROLES: dict[str, frozenset[str]] = {
    "investigator": frozenset(_WORK | {"victims"}),
    "analyst": frozenset(_WORK),
    "supervisor": frozenset(_WORK | _BOSS | {"victims", "gaps"}),
    "victim_caseworker": frozenset({"protected", "protect", "victims", "register", "refer"}),
    "protection_officer": frozenset(
        {
            "leads",
            "cases",
            "protected",
            "protect",
            "victims",
            "register",
            "refer",
            "coordinate",
            "gaps",
            "emergency",
        }
    ),
    "agency_administrator": frozenset({"manage", "audit", "link"}),
    "auditor": frozenset({"audit"}),
    "statistics_reader": frozenset(),
    "service_account": frozenset({"leads", "cases", "log", "judge", "answer", "work"}),
}
# What a role needs to read a kind of row at all.
READS: dict[str, str] = {
    "lead": "leads", "subject": "leads", "identifier": "leads", "notice": "leads", "judgement": "leads",
    "disclosure": "leads", "mark": "leads", "case": "cases", "task": "cases", "note": "cases",
    "assignment": "cases", "caselead": "cases", "casesubject": "cases", "victim": "victims",
    "protected": "protected", "release": "share", "handover": "hand over", "run": "link", "weights": "link", "task force": "link",
    "track": "cases", "sheet": "cases", "offence": "cases", "cooperation": "cases", "proposal": "cases",
    "canary": "audit", "alarm": "audit", "certificate": "audit", "purge notice": "cases",
    "rule": "rules",
    "operation": "cases", "conflict": "protected", "site": "protect",
    "service": "victims", "consent": "refer", "referral": "refer", "offer": "refer", "follow-up": "refer",
    "emergency": "emergency", "identity notice": "victims",
}  # fmt: skip
SHARED = {"lead": (SUMMARY, VIEW), "case": (SUMMARY, VIEW, CONTRIBUTE), "subject": (VIEW,)}
RESTRICTED = {"lead", "case"}  # what can be opened to named people alone


@dataclass(frozen=True)
class Person:
    name: str
    agency: str | None
    role: str
    active: bool = True


@dataclass
class Thing:
    """One row. `within`: what it is part of. `hangs_on`: what keeps it from whom that is kept (True: own side only)."""

    kind: str
    agency: str | None
    within: tuple[str, ...] = ()
    hangs_on: tuple[tuple[str, bool], ...] = ()
    private: bool = False
    ties: str = ""  # of a tie: the lead or subject that it ties to its case
    parties: tuple[
        str, ...
    ] = ()  # of what is neither owned nor shared: the agencies or the person it belongs to
    case: str = ""  # on which it is, where it is not read because the case is
    state: str = ""
    by: str = ""  # who submitted it; of an alarm: whom it is about
    keepers: tuple[str, ...] = ()  # of an identity: who holds it without an end
    lookers: tuple[str, ...] = ()  # of an identity: who may look for a time


@dataclass
class Facts:
    """All that decides. `circles`: by row, the named people (None: all) and those kept out."""

    now: datetime
    people: dict[str, Person] = field(default_factory=dict)
    things: dict[str, Thing] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)  # agencies that work here no longer
    grants: dict[tuple[str, str], tuple[int, datetime | None]] = field(default_factory=dict)
    circles: dict[str, tuple[frozenset[str] | None, frozenset[str]]] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)  # records of which a partner asks something of their owner
    asking: set[str] = field(default_factory=set)  # agencies that ask partners for a purpose
    purposes: set[tuple[str, str]] = field(default_factory=set)  # (person, record) stated today

    def acts(self, person: Person) -> bool:
        return person.active and person.agency is not None and person.agency not in self.left

    def may(self, person: Person, *permissions: str) -> bool:
        return self.acts(person) and set(permissions) <= ROLES.get(person.role, frozenset())

    def is_shut(self, person: Person, key: str) -> bool:
        named, walled = self.circles.get(key, (None, frozenset()))
        return person.name in walled or (named is not None and person.name not in named)

    def is_kept(self, person: Person, key: str) -> bool:
        """Is it kept from this person, whatever their agency may?"""
        if self.is_shut(person, key):
            return True
        return any(
            self.is_shut(person, other)
            for other, own_side in self.things[key].hangs_on
            if not own_side or self.things[other].agency == person.agency
        )

    def wholes(self, key: str) -> Iterator[str]:
        """What a row is part of, and the open ties by which its owner hung it on cases."""
        thing = self.things[key]
        yield from thing.within
        for tie_key, tie in self.things.items():
            if tie.ties == key and not tie.private and tie.agency == thing.agency:
                yield tie_key

    def is_asked(self, person: Person, key: str) -> bool:
        """Must this person say first for what they open it? Of a part: for what they open the record it is part of."""
        thing = self.things[key]
        if (
            thing.agency == person.agency
            or thing.agency not in self.asking
            or person.role == "service_account"
        ):
            return False
        return not any((person.name, whole) in self.purposes for whole in (key, *thing.within))

    def granted(self, agency: str | None, key: str) -> int:
        level, until = self.grants.get((key, agency or ""), (NOTHING, None))
        return level if until is None or until > self.now else NOTHING

    def level(self, person: Person, key: str) -> int:
        """How much of a row this person may have, now."""
        thing = self.things[key]
        if thing.kind == "identity":
            return self._of_identity(person, thing)
        if thing.parties:
            return self._as_party(person, thing)
        if not self.may(person, READS[thing.kind]) or self.is_kept(person, key):
            return NOTHING
        if thing.agency == person.agency:
            return OWN
        best = self.granted(person.agency, key)
        if thing.private:
            return best
        for whole in self.wholes(key):
            level = self.level(person, whole)
            if level >= VIEW:
                best = max(best, min(level, CONTRIBUTE))
        return best

    def _of_identity(self, person: Person, thing: Thing) -> int:
        """Open by name alone; that it is held, its agency's readers of victims know."""
        if not self.may(person, "victims"):
            return NOTHING
        if person.name in (*thing.keepers, *thing.lookers):
            return OWN
        return SUMMARY if person.agency == thing.agency else NOTHING

    def _as_party(self, person: Person, thing: Thing) -> int:
        if thing.kind == "draft":
            return OWN if person.active and person.name in thing.parties else NOTHING
        if thing.kind == "watch notice":
            return OWN if self.acts(person) and person.name in thing.parties else NOTHING
        if thing.kind == "identity notice":
            return OWN if self.may(person, "victims") and person.name in thing.parties else NOTHING
        may = self.may(person, *([READS[thing.kind]] if thing.kind in READS else []))
        return OWN if may and person.agency in thing.parties else NOTHING


# --- What an operation asks ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """An operation on one row: of which kind, from which level on one may know of it, what it needs beside, and
    whether it then changes something (None: may or may not)."""

    kind: str
    know: int = VIEW
    needs: tuple[str, ...] = ()
    also: str = ""
    writes: bool | None = False


def verdict(facts: Facts, person: Person, rule: Rule, key: str | None, channel: str = "page") -> str:
    """How it must be answered: "absent" (as if it were not there), "barred" (known, and refused), "summary", "shown",
    "done", or "free" (permitted, and nothing said about whether something changes)."""
    if key is None or facts.things[key].kind != rule.kind or not _enters(person, channel):
        return "absent"
    level = facts.level(person, key)
    if level < rule.know:
        return "absent"
    if not set(rule.needs) <= ROLES.get(person.role, frozenset()) or not _also(facts, person, rule.also, key):
        return "barred"
    if rule.know >= VIEW and "asks" not in rule.also and facts.is_asked(person, key):
        return "free" if rule.writes is not False else "barred"
    if rule.writes is None:
        return "free"
    if rule.writes:
        return "done"
    return "summary" if level == SUMMARY else "shown"


def _enters(person: Person, channel: str) -> bool:
    """Programs have no pages, and nobody of the closed accounts has anything."""
    return person.active and not (channel == "page" and person.role == "service_account")


def _also(facts: Facts, person: Person, conditions: str, key: str) -> bool:
    return all(_CONDITIONS[name](facts, person, key) for name in conditions.split())


def _case_of(facts: Facts, key: str) -> str:
    return facts.things[key].case or next(
        each for each in facts.things[key].within if facts.things[each].kind == "case"
    )


def _works_on(facts: Facts, person: Person, case: str) -> bool:
    """Is the agency of this person assigned to the case?"""
    return any(
        thing.kind == "assignment" and case in thing.within and thing.agency == person.agency
        and thing.state != "closed" for thing in facts.things.values()
    )  # fmt: skip


_CONDITIONS = {
    "owns": lambda f, p, k: f.level(p, k) == OWN,
    "contributes": lambda f, p, k: f.level(p, k) >= CONTRIBUTE,
    "works-its-case": lambda f, p, k: f.level(p, _case_of(f, k)) >= CONTRIBUTE,
    "sees-its-case": lambda f, p, k: f.level(p, _case_of(f, k)) >= VIEW,
    "owns-its-case": lambda f, p, k: f.level(p, _case_of(f, k)) == OWN,
    "takes-part": lambda f, p, k: _works_on(f, p, _case_of(f, k)),
    "takes-part-itself": lambda f, p, k: _works_on(f, p, k),
    "is-shared": lambda f, p, k: f.things[k].kind in SHARED,
    "is-restricted": lambda f, p, k: f.things[k].kind in RESTRICTED,
    "sees-wholes": lambda f, p, k: all(f.level(p, whole) >= VIEW for whole in f.wholes(k)),
    "foreign": lambda f, p, k: f.things[k].agency != p.agency,
    "holds": lambda f, p, k: f.granted(p.agency, k) > NOTHING,
    "given-to-E": lambda f, p, k: f.granted("E", k) > NOTHING,
    "not-by-assignment": lambda f, p, k: f.things[k].state != "assigned",
    "of-partner": lambda f, p, k: f.things[k].agency != f.things[_case_of(f, k)].agency,
    "receives": lambda f, p, k: f.granted(p.agency, k) > NOTHING,
    "own": lambda f, p, k: f.things[k].agency == p.agency,
    "open": lambda f, p, k: f.things[k].state == "open",
    "to-answer": lambda f, p, k: f.things[k].state == f"asked {p.agency}",
    "closed": lambda f, p, k: f.things[k].state == "closed",
    "not-closed": lambda f, p, k: f.things[k].state != "closed",
    "reads-its-side": lambda f, p, k: f.may(p, "protect" if "site" in k else "cases"),
    "speaks-for-its-side": lambda f, p, k: f.may(p, "protect" if "site" in k else "work"),
    "not-oneself": lambda f, p, k: k != f"person {p.name}",
    "asks": lambda f, p, k: f.things[k].agency in f.asking,
    "not-by-oneself": lambda f, p, k: f.things[k].by != p.name,
    "not-held": lambda f, p, k: f.things[k].state != "held",
    "signed": lambda f, p, k: f.things[k].state == "signed",
    "holds-it": lambda f, p, k: p.name in (*f.things[k].keepers, *f.things[k].lookers),
    "keeps-it": lambda f, p, k: p.name in f.things[k].keepers,
    "no-holder": lambda f, p, k: p.name not in (*f.things[k].keepers, *f.things[k].lookers),
    "not-asked": lambda f, p, k: f"asked by {p.name}" not in f.things[k].state,
    "bound": lambda f, p, k: f.things[k].state == "bound",
    "its-record-is-known": lambda f, p, k: f.things[k].by == "" or f.level(p, f.things[k].by) > NOTHING,
    "may-go": lambda f, p, k: (
        f.circles.get(k, (None,))[0] is None and f.things[k].state != "offered" and k not in f.pending
        and f.things[k].agency != "Z"  # to whom the matrix offers
    ),
    "no-canary-of-theirs": lambda f, p, k: not any(
        thing.state == f"of {k}" and f.level(p, key) for key, thing in f.things.items()
    ),
}  # fmt: skip
