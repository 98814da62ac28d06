"""What a lead costs from the form's verb to the notice on the other desk, as the office grows.

    ./run bench lead_to_pointer [records]

Two agencies log leads by turns into a database of `records` synthetic subjects (default 2,000, then 20,000). Printed
for each size: SQL statements and milliseconds of `log_lead`, milliseconds of `engine.match`, and the share of planted
pairs that became a notice on both sides; at the end the ratio of the two sizes. Runs on a database of its own.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from collections.abc import Callable

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taskforce.settings")
django.setup()

from agencies import acting  # noqa: E402

acting.be_the_system()

from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from agencies import actions as agency_actions  # noqa: E402
from agencies.models import Agency, User  # noqa: E402
from agencies.permissions import Role  # noqa: E402
from intel import actions  # noqa: E402
from intel.facts import IdentifierFacts, LeadFacts, SubjectFacts  # noqa: E402
from intel.matching import engine  # noqa: E402
from intel.models import HitNotice, Lead  # noqa: E402
from intel.models.matching import MatchRecord  # noqa: E402

MEASURED = 60
GIVEN = [
    "Ana",
    "Luis",
    "Olga",
    "Ivan",
    "Mei",
    "Tariq",
    "Rosa",
    "Piotr",
    "Amara",
    "Jon",
    "Sofia",
    "Dmitri",
    "Lina",
    "Omar",
]
SYLLABLES = [
    "ka",
    "ro",
    "mi",
    "ta",
    "ve",
    "lo",
    "sha",
    "ne",
    "du",
    "bri",
    "zan",
    "po",
    "qui",
    "fer",
    "gol",
    "wen",
]


def main(sizes: list[int]) -> None:
    dice = random.Random(7)
    one, other = (colleague(name) for name in ("Bench North", "Bench East"))
    medians = {}
    for size in sizes:
        fill(one, size - MatchRecord.objects.count(), dice)
        medians[size] = measure(one, other, dice)
    if len(sizes) > 1:
        small, large = medians[sizes[0]], medians[sizes[-1]]
        print(
            f"{sizes[-1]:,} records against {sizes[0]:,}: match x {large[1] / small[1]:.2f}, log x {large[0] / small[0]:.2f}"
        )


def colleague(name: str) -> User:
    agency = Agency.objects.filter(name=name).first() or agency_actions.admit_agency(
        name=name, short_name=name.replace(" ", "")[:8] + name[-1], kind="police", country="US", by=None
    )
    agency_actions.found_task_force(name="Benchmark", members=[agency], by=None)
    email = f"{name.lower().replace(' ', '.')}@bench.invalid"
    return User.objects.filter(email=email).first() or agency_actions.appoint(
        agency=agency, email=email, name=name, role=Role.SUPERVISOR, by=None
    )


def invented(dice: random.Random) -> SubjectFacts:
    surname = "".join(dice.choices(SYLLABLES, k=dice.randint(2, 4))).title()
    phone = f"+1 {dice.randint(201, 989)} 555 {dice.randint(1000, 9999)}"
    return SubjectFacts(
        name=f"{dice.choice(GIVEN)} {surname}",
        age=dice.randint(18, 60),
        identifiers=(IdentifierFacts("phone", phone),),
    )


def fill(by: User, missing: int, dice: random.Random) -> None:
    """Log leads of 500 synthetic subjects until `missing` records are there, indexed but not linked with each other."""
    while missing > 0:
        who = tuple(invented(dice) for _ in range(min(500, missing)))
        lead = actions.log_lead(
            LeadFacts("Synthetic", "Synthetic lead of the benchmark.", subjects=who), by=by
        )
        engine.index(lead)
        missing -= len(who)
        print(f"\r{missing:>8,} records to go ", end="", flush=True)
    print()


def measure(one: User, other: User, dice: random.Random) -> tuple[float, float]:
    """(median ms of log_lead, median ms of match); half of the leads are planted twice, once by each agency."""
    logged, matched, statements, told = [], [], [], 0
    for _ in range(MEASURED // 2):
        facts = LeadFacts("Planted", "Planted lead of the benchmark.", subjects=(invented(dice),))
        for by in (one, other):
            lead, took, count = counted(lambda by=by, facts=facts: actions.log_lead(facts, by=by))
            logged.append(took)
            statements.append(count)
            matched.append(counted(lambda lead=lead: engine.match(lead.pk))[1])
        told += HitNotice.objects.filter(own_lead=lead, other_agency=one.agency).exists()
    print(
        f"{MatchRecord.objects.count():>8,} records: log_lead {statistics.median(statements):.0f} statements, "
        f"p50 {statistics.median(logged):.0f} ms, p95 {p95(logged):.0f} ms; match p50 {statistics.median(matched):.0f} ms, "
        f"p95 {p95(matched):.0f} ms; pointer for {told} of {MEASURED // 2} planted pairs"
    )
    return statistics.median(logged), statistics.median(matched)


def counted(work: Callable[[], Lead]) -> tuple[Lead, float, int]:
    with CaptureQueriesContext(connection) as captured:
        begun = time.perf_counter()
        result = work()
        took = (time.perf_counter() - begun) * 1_000
    return result, took, len(captured)


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main([int(size.replace(",", "")) for size in sys.argv[1:]] or [2_000, 20_000])
