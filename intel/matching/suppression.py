"""Values that must not link: protected ones (hotlines, shelters' phones) and those that too many records hold.

Whoever protects a value could do it to hide a trafficker's number. One agency's word therefore silences only pairs in
which one of its own records takes part; a value is silent in the pairs of a whole task force once a second agency of
it agreed. Published values are silent everywhere. For the same reason one agency that logs a value very often makes
it too common in its own pairs only.

How the engine uses it: `silence = Silence.over(features)`; keys are made of `without(features, silence.always(agency))`
when a record is indexed and when candidates are sought; a pair is scored on `without(features, silence.between(agency,
other_agency))` of both sides.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Self

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q

from agencies.models import Agency, Membership, TaskForce
from intel.matching.frequencies import LiveFrequencies
from intel.matching.naming import Name, parse_organisation, parse_person
from intel.matching.normalise import VERSION, Features
from intel.models import Identifier, ProtectedValue

NAME = "name"  # the kind under which a name is protected; every other kind is an identifier's

Spoken = tuple[
    str, str
]  # a value as compared: the kind and value of an identifier, or NAME and a name's words
Status, Told = ProtectedValue.Status, ProtectedValue.Told


class Why(StrEnum):
    PROTECTED = "protected"
    TOO_COMMON = "too common to link"


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A value of a lead that links nothing, in the words its reader may have: `category` and `reason` may be empty."""

    kind: str
    value: str
    why: Why
    category: str = ""
    reason: str = ""


# --- Between whose records a value is silent ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of the list, for the values it is about. `members` is the task force it holds in, if in one."""

    entry: ProtectedValue
    values: frozenset[Spoken]
    members: frozenset[uuid.UUID] = frozenset()

    def silences(self, one: uuid.UUID, other: uuid.UUID) -> bool:
        """Is the value silent in a pair of records of these two agencies?"""
        owner = self.entry.agency_id
        return owner is None or owner in {one, other} or {one, other} <= self.members

    def told_to(self, agency: uuid.UUID) -> Suppressed | None:
        """What the holder of such a value learns, if anything: never whose entry it is, and the reason only of its own."""
        shown = Suppressed(self.entry.kind, self.entry.display, Why.PROTECTED)
        category = self.entry.get_category_display()
        if self.entry.agency_id in {None, agency}:
            return replace(shown, category=category, reason=self.entry.reason)
        if agency not in self.members or self.entry.told == Told.NOTHING:
            return None
        return replace(shown, category=category if self.entry.told == Told.CATEGORY else "")


@dataclass(frozen=True, slots=True)
class Silence:
    """What of some records' values may not speak, by the agencies on the two sides. Loaded in at most five statements,
    in two if none of the values is protected or common.

    `hot` is held by too many records of several agencies; `flooded` by too many of one.
    """

    rules: tuple[Rule, ...]
    hot: frozenset[Spoken]
    flooded: Mapping[uuid.UUID, frozenset[Spoken]]

    @classmethod
    def over(cls, features: Iterable[Features], known: LiveFrequencies | None = None) -> Self:
        """`known` spares a statement, where the values of these features are counted already."""
        held = list(features)
        values = {value for each in held for value in spoken(each)}
        counts = _holders_of_common(
            {value for value in values if value[0] != NAME}, known or LiveFrequencies(held)
        )
        share = agency_share()
        hot = {
            value
            for value, held in counts.items()
            if sum(min(n, share) for n in held.values()) > settings.MATCHING_HOT_KEY_CAP
        }
        return cls(_rules(values), frozenset(hot), _flooded(counts, share))

    def __or__(self, other: Silence) -> Silence:
        rules = {rule.entry.pk: rule for rule in self.rules}
        for rule in other.rules:
            known = rules.get(rule.entry.pk, rule)
            rules[rule.entry.pk] = replace(rule, values=known.values | rule.values)
        flooded = {
            agency: self.flooded.get(agency, frozenset()) | other.flooded.get(agency, frozenset())
            for agency in self.flooded.keys() | other.flooded.keys()
        }
        return Silence(tuple(rules.values()), self.hot | other.hot, flooded)

    @property
    def values(self) -> frozenset[Spoken]:
        """Every value that is silent in any pair at all."""
        return self.hot.union(*self.flooded.values(), *(rule.values for rule in self.rules))

    def flooded_by_some(self) -> frozenset[Spoken]:
        """What is too common in the pairs of one agency or another, and of nobody else."""
        return frozenset[Spoken]().union(*self.flooded.values()) - self.hot

    def always(self, agency: uuid.UUID) -> frozenset[Spoken]:
        """What of a record of this agency is silent whoever holds the other record."""
        own = (rule.values for rule in self.rules if rule.entry.agency_id in {None, agency})
        return self.hot.union(self.flooded.get(agency, ()), *own)

    def between(self, one: uuid.UUID, other: uuid.UUID) -> frozenset[Spoken]:
        """What is silent in a pair of records of these two agencies."""
        ruled = (rule.values for rule in self.rules if rule.silences(one, other))
        return self.hot.union(self.flooded.get(one, ()), self.flooded.get(other, ()), *ruled)


def without(features: Features, silent: Collection[Spoken]) -> Features:
    """The features that may link: neither in blocking nor in scoring does a silent value speak."""
    if not silent:
        return features
    return replace(
        features,
        identifiers=tuple(each for each in features.identifiers if each not in silent),
        names=tuple(name for name in features.names if (NAME, _words(name)) not in silent),
    )


def spoken(features: Features) -> set[Spoken]:
    """Everything in these features that could be silenced."""
    return {*features.identifiers, *((NAME, _words(name)) for name in features.names)}


def _words(name: Name) -> str:
    return " ".join(sorted(set(name.tokens)))


@lru_cache(maxsize=20_000)
def words_of(name: str) -> frozenset[Spoken]:
    """A protected name as it is compared: its words in any order, read as a person's and as an organisation's."""
    return frozenset((NAME, _words(each)) for each in (parse_person(name), parse_organisation(name)) if each)


def _rules(values: set[Spoken]) -> tuple[Rule, ...]:
    if not (entries := _about(values)):
        return ()
    listed = ProtectedValue.objects.in_force().filter(pk__in=entries).order_by("kind", "value", "pk")
    meant = [(entry, _meant(entry) & values) for entry in listed]
    members = _members({entry.task_force_id for entry, held in meant if held and entry.task_force_id})
    return tuple(Rule(entry, held, _holding(entry, members)) for entry, held in meant if held)


def _about(values: set[Spoken]) -> list[uuid.UUID]:
    """Entries that may be about one of these, by keys alone: this is asked for every lead.

    Names that another version of the code has read are all looked at, until `protection.read_names_anew` was there.
    """
    identifiers = [value for value in values if value[0] != NAME]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id FROM intel_protectedvalue WHERE name_words && %(names)s::text[]
            UNION SELECT id FROM intel_protectedvalue WHERE words_version < %(now)s
            UNION SELECT id FROM intel_protectedvalue WHERE words_version > %(now)s
            UNION SELECT entry.id FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS held (kind, value)
            JOIN intel_protectedvalue AS entry ON entry.kind = held.kind AND entry.value = held.value
            """,
            {
                "names": [words for kind, words in values if kind == NAME],
                "now": VERSION,
                "kinds": [kind for kind, _ in identifiers],
                "values": [value for _, value in identifiers],
            },
        )
        return [pk for (pk,) in cursor.fetchall()]


def _meant(entry: ProtectedValue) -> frozenset[Spoken]:
    return words_of(entry.display) if entry.kind == NAME else frozenset({(entry.kind, entry.value)})


def _holding(entry: ProtectedValue, members: dict[uuid.UUID, frozenset[uuid.UUID]]) -> frozenset[uuid.UUID]:
    """Whose pairs an entry confirmed by a second agency silences: none, once one of the two has left."""
    held = members.get(entry.task_force_id, frozenset()) if entry.task_force_id else frozenset()
    agreed = entry.status == Status.TASK_FORCE and {entry.agency_id, entry.second_agency_id} <= held
    return held if agreed else frozenset()


def _members(task_forces: Collection[uuid.UUID]) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
    """The agencies of each running task force, and with them the published lists, which belong to nobody."""
    if not task_forces:
        return {}
    running = TaskForce.objects.running().filter(pk__in=task_forces)
    rows = Membership.objects.filter(task_force__in=running, agency__left_on=None)
    lists = set(Agency.objects.filter(kind=Agency.Kind.REFERENCE).values_list("pk", flat=True))
    held: dict[uuid.UUID, set[uuid.UUID]] = {}
    for task_force, agency in rows.values_list("task_force_id", "agency_id"):
        held.setdefault(task_force, set(lists)).add(agency)
    return {task_force: frozenset(agencies) for task_force, agencies in held.items()}


def protected_values() -> set[Spoken]:
    """Whatever any entry in force is about, whosever pairs it silences."""
    return {value for entry in ProtectedValue.objects.in_force() for value in _meant(entry)}


def perhaps_common() -> frozenset[Spoken]:
    """Identifiers that so many records hold that `hot` or `flooded` may be true of them."""
    counted = Identifier.objects.order_by().values_list("kind", "value").annotate(n=Count("pk"))
    return frozenset((kind, value) for kind, value, _ in counted.filter(n__gt=agency_share()))


def agency_share() -> int:
    """How many records of one agency count towards a value's being too common; with more it is so for that agency."""
    return max(1, settings.MATCHING_HOT_KEY_CAP // 2)


def _holders_of_common(
    identifiers: Collection[Spoken], known: LiveFrequencies
) -> dict[Spoken, dict[uuid.UUID, int]]:
    """Of those that may be too common, how many records of each agency hold them."""
    common = [value for value in identifiers if known.records_holding(*value) > agency_share()]
    if not common:
        return {}
    wanted = Q(pk__in=[])
    for kind, value in common:
        wanted |= Q(kind=kind, value=value)
    rows = Identifier.objects.filter(wanted).order_by().values_list("kind", "value", "agency_id")
    counts: dict[Spoken, dict[uuid.UUID, int]] = {}
    for kind, value, agency, n in rows.annotate(n=Count("pk")):
        counts.setdefault((kind, value), {})[agency] = n
    return counts


def _flooded(
    counts: Mapping[Spoken, Mapping[uuid.UUID, int]], share: int
) -> dict[uuid.UUID, frozenset[Spoken]]:
    flooding = {(agency, value) for value, held in counts.items() for agency, n in held.items() if n > share}
    return {
        agency: frozenset(value for other, value in flooding if other == agency) for agency, _ in flooding
    }


# --- What is said of it -------------------------------------------------------------------------------------


def told(features: Iterable[Features], agency: uuid.UUID) -> list[Suppressed]:
    """The values of its records that link nothing, as far as this agency may know it.

    That a value is too common is said only when the agency's own records alone make it so: else whoever logs a value
    often enough would learn how often others hold it.
    """
    silence = Silence.over(features)
    said = [(rule, line) for rule in silence.rules if (line := rule.told_to(agency))]
    lines = {line for _, line in said}
    common = silence.flooded.get(agency, frozenset()).difference(*(rule.values for rule, _ in said))
    return [
        *sorted(lines, key=lambda each: (each.kind, each.value, each.reason)),
        *(Suppressed(kind, value, Why.TOO_COMMON) for kind, value in sorted(common)),
    ]
