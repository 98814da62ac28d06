"""The measurements of `link_million`."""

from __future__ import annotations

import gc
import multiprocessing
import os
import random
import statistics
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from celery import current_app
from django.db import connection, connections
from django.db.models import Q

from agencies import actions as agency_actions
from agencies import jobs
from agencies.models import Agency, Job, User
from agencies.permissions import Role
from benchmarks import _load, _synthetic
from intel import actions
from intel.actions.logging import MATCH_LEAD
from intel.facts import IdentifierFacts, LeadFacts, SubjectFacts
from intel.matching import engine, identifiers, keytable, relinking, sides
from intel.matching.held import Reading
from intel.matching.records import Kind, Record
from intel.models import Hit, HitNotice, Lead, MatchRecord

MEASURED = 200
WARM = 40  # the first leads meet cold pages and caches
A_SECOND = 20
STREAM_SECONDS = 30
_WAITED_FOR_THE_LAST = 60.0

Figures = dict[str, float]


@dataclass
class Bench:
    """Two offices that log, and the parts that are loaded so far."""

    one: User
    other: User
    template: Lead
    parts: list[_load.Part] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(7))

    @classmethod
    def begin(cls) -> Bench:
        one, other = colleague("Bench North"), colleague("Bench East")
        agency_actions.found_task_force(name="Benchmark", members=[one.agency, other.agency], by=None)
        template = actions.log_lead(
            LeadFacts(
                "Synthetic", "Synthetic lead of the benchmark.", subjects=(SubjectFacts(name="Synthetic Template"),),
                identifiers=(IdentifierFacts("plate", "SYNTH 1"),),
            ),
            by=one,
        )  # fmt: skip
        return cls(one, other, template)

    def run(self, sizes: list[int], relinked: int, *, stream: bool) -> None:
        figures = {size: self.at(size, relinked) for size in sizes}
        if stream:
            self.stream()
        small, large = figures[sizes[0]], figures[sizes[-1]]
        if len(sizes) > 1:
            ratios = ", ".join(f"{name} x {large[name] / small[name]:.2f}" for name in large)
            print(f"{sizes[-1]:,} subjects against {sizes[0]:,}: {ratios}")

    def at(self, size: int, relinked: int) -> Figures:
        print(f"--- {size:,} subjects")
        self.load(size)
        figures = self.new_leads()
        figures |= self.seek_and_score()
        figures |= self.relink(relinked)
        return figures

    # --- Load --------------------------------------------------------------------------------------------

    def load(self, size: int) -> None:
        begun, held = time.monotonic(), sum(part.count for part in self.parts)
        fresh = [
            _load.Part(
                seed=1_000 + first // _load.CHUNK, first=first + 1_000, count=min(_load.CHUNK, size - first)
            )
            for first in range(held, size, _load.CHUNK)
        ]
        agencies = [self.one.agency_id, self.other.agency_id]
        _load.load(fresh, agencies, self.template.pk)
        written = time.monotonic()
        self.parts += fresh
        _load.finish(fresh[0].first, size + 1_000)
        print(
            f"loaded {size - held:,} in {written - begun:.0f} s by {os.cpu_count()} processes, indexed in"
            f" {time.monotonic() - written:.0f} s; {count('intel_matchkey'):,} keys"
        )
        for name in ("intel_matchkey", "intel_matchrecord", "intel_termfrequency"):
            print(f"  {name}: {size_of(name)}")

    # --- One new lead --------------------------------------------------------------------------------------

    def new_leads(self) -> Figures:
        """Variants of records held, logged by turns, each matched in this process; planted ones must be found."""
        took: dict[bool, list[float]] = {True: [], False: []}
        worked: list[float] = []
        found = planted = 0
        for turn, (number, record) in enumerate(self.to_log(MEASURED + WARM)):
            lead = logged(record, self.one if turn % 2 else self.other)
            begun, busy = time.perf_counter(), cpu()
            result = engine.match(lead.pk)
            if turn < WARM:
                continue
            worked.append(1_000 * (cpu() - busy))
            took[bool(result and result.hits)].append(1_000 * (time.perf_counter() - begun))
            planted += number is not None
            found += number is not None and is_found(lead, number)
        every = [*took[True], *took[False]]
        print(f"new lead, engine.match: {percentiles(every)}; found {found} of {planted} planted")
        print(f"  CPU of this process and of its database backend: mean {statistics.mean(worked):.1f} ms")
        print(
            f"  with hits ({len(took[True])}): {percentiles(took[True])}; without: {percentiles(took[False])}"
        )
        return {"match p50": statistics.median(every), "match p95": quantile(every, 0.95)}

    def to_log(self, many: int) -> Iterator[tuple[int | None, Record]]:
        """Every second one a variant of a record held (by number), the others new."""
        for turn in range(many):
            if turn % 2:
                yield None, fresh(self.dice)
                continue
            part = self.dice.choice(self.parts)
            held = [
                (part.first + at, record) for at, (record, _) in enumerate(_synthetic.records(400, part.seed))
            ]
            number, record = self.dice.choice(
                [each for each in held if each[1].kind == Kind.PERSON and each[1].births]
            )
            yield number, _synthetic.variant(record, self.dice)

    def seek_and_score(self) -> Figures:
        """Finding and scoring alone, nothing written: the goal is p50 15 ms, p95 40 ms at a million."""
        steps: dict[str, list[float]] = {"candidates": [], "fetch": [], "score": []}
        pairs, worked = [], []
        for record in MatchRecord.objects.order_by("-number")[:MEASURED].select_related("lead"):
            own, busy = sides.of_record(record.lead, [record]), cpu()
            with timed(steps["candidates"]):
                met = keytable.candidates(
                    {record.number: record.keys}, most=engine.MOST_CANDIDATES, earlier=False
                )
            with timed(steps["fetch"]):
                others = sides.fetch({other for _, other in met})
            chosen = sides.allowed({**own, **others}, engine.as_pairs(met))
            pairs.append(len(chosen))
            with timed(steps["score"]):
                sides.scores({**own, **others}, chosen)
            worked.append(1_000 * (cpu() - busy))
        whole = [sum(took) for took in zip(*steps.values(), strict=True)]
        print(f"  finding and scoring alone, {statistics.mean(pairs):.0f} pairs a lead: {percentiles(whole)}")
        print(f"    CPU of this process and of its database backend: mean {statistics.mean(worked):.1f} ms")
        for name, took in steps.items():
            print(f"    {name}: {percentiles(took)}")
        return {"find and score p50": statistics.median(whole), "find and score p95": quantile(whole, 0.95)}

    # --- Everything anew ------------------------------------------------------------------------------------

    def relink(self, wanted: int) -> Figures:
        """As many chunks as hold `wanted` records (0: all), the last ones, which have the most to compare with."""
        every = relinking.chunks()
        chosen = every[-max(1, wanted // 2_000) :] if wanted else every
        records = sum(MatchRecord.objects.filter(number__range=chunk).count() for chunk in chosen)
        begun = time.monotonic()
        connections.close_all()
        with ProcessPoolExecutor(max_workers=os.cpu_count(), initializer=hold) as pool:
            done = list(pool.map(relink_chunk, chosen))
        result = sum((each.result for each in done), engine.LinkResult())
        reading = max((each.reading for each in done), key=lambda cost: cost.wall)
        linking = Cost(time.monotonic() - begun - reading.wall, sum(each.linking.cpu for each in done))
        total = MatchRecord.objects.count()
        whole = Cost(
            reading.wall + linking.wall / records * total,
            reading.cpu * (os.cpu_count() or 1) + linking.cpu / records * total,
        )
        print(
            f"re-link: each process holds all {total:,} records after {reading}; linking {records:,} of them:"
            f" {result.compared:,} pairs ({result.compared / records:.0f} a record), {result.hits:,} hits"
            f" ({result.new:,} new), {linking}; everything at this rate: {whole}"
        )
        return {"re-link a record": linking.wall / records}

    # --- A stream of leads -----------------------------------------------------------------------------------

    def stream(self) -> None:
        """Leads that match a record of the other office arrive by the real verb; two other processes do their jobs."""
        facts = [facts_of(record) for number, record in self.to_log(2 * A_SECOND * STREAM_SECONDS) if number]
        Job.objects.filter(kind=MATCH_LEAD).delete()  # of leads that were matched here
        with workers():
            saved = {}
            begun = time.monotonic()
            for turn, each in enumerate(facts):
                time.sleep(max(0.0, begun + turn / A_SECOND - time.monotonic()))
                lead = actions.log_lead(each, by=self.one if turn % 2 else self.other)
                saved[lead.pk] = time.time()
            took = told(saved)
        late = len(saved) - len(took)
        print(
            f"saved -> notice, {len(saved)} leads at {len(saved) / STREAM_SECONDS:.0f} a second, two workers:"
            f" {percentiles([1_000 * each for each in took])}; {late} without a notice"
        )


def colleague(name: str) -> User:
    agency = agency_actions.admit_agency(
        name=name, short_name=name[-8:], kind=Agency.Kind.POLICE, country="US", by=None
    )
    email = f"{name.lower().replace(' ', '.')}@bench.invalid"
    return agency_actions.appoint(agency=agency, email=email, name=name, role=Role.SUPERVISOR, by=None)


def fresh(dice: random.Random) -> Record:
    while (record := _synthetic.invented(dice)).kind != Kind.PERSON:
        pass
    return record


def facts_of(record: Record) -> LeadFacts:
    span = record.births[0] if record.births else None
    who = SubjectFacts(
        name=record.name, aliases=record.aliases, birth_earliest=span and span.earliest,
        birth_latest=span and span.latest, sex=record.sex, nationalities=record.nationalities, places=record.places,
        identifiers=tuple(IdentifierFacts(kind, raw.partition(":")[2] or raw) for kind, raw in record.identifiers
                          if kind in {"phone", "email"} and is_valid(kind, raw)),
    )  # fmt: skip
    return LeadFacts("Synthetic", "Synthetic lead of the benchmark.", subjects=(who,))


def is_valid(kind: str, raw: str) -> bool:
    try:
        return bool(identifiers.normalise(kind, raw))
    except identifiers.NotAnIdentifier:
        return False


def logged(record: Record, by: User) -> Lead:
    return actions.log_lead(facts_of(record), by=by)


def is_found(lead: Lead, number: int) -> bool:
    of_both = Hit.objects.filter(left__lead=lead, right__number=number) | Hit.objects.filter(
        right__lead=lead, left__number=number
    )
    return of_both.exists()


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds by the clock, and those computed by a process and its database backend."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:,.1f} s wall, {self.cpu:,.1f} s CPU with the database"


@dataclass(frozen=True, slots=True)
class Relinked:
    result: engine.LinkResult
    linking: Cost
    reading: Cost  # of this process, before its first chunk


_read: dict[str, Any] = {}


def hold() -> None:
    """Read all records into this process, as a worker does between its bells."""
    begun, busy, reading = time.monotonic(), cpu(), Reading()
    gc.disable()
    while not reading.go_on():
        pass
    gc.freeze()
    gc.enable()
    _read.update(held=reading.held, cost=Cost(time.monotonic() - begun, cpu() - busy))


def relink_chunk(chunk: relinking.Chunk) -> Relinked:
    begun, busy = time.monotonic(), cpu()
    result = relinking.relink(chunk, _read["held"])
    return Relinked(result, Cost(time.monotonic() - begun, cpu() - busy), _read["cost"])


def told(saved: Mapping[uuid.UUID, float]) -> list[float]:
    """Seconds from saved to the first notice of a hit on each lead, by the clock of this machine."""
    deadline = time.monotonic() + _WAITED_FOR_THE_LAST
    while True:
        of_these = Q(hit__left__lead__in=saved) | Q(hit__right__lead__in=saved)
        notices = HitNotice.objects.filter(of_these).order_by("-created_at")
        first = {}
        for left, right, at in notices.values_list("hit__left__lead", "hit__right__lead", "created_at"):
            first |= {left: at, right: at}
        if saved.keys() <= first.keys() or time.monotonic() > deadline:
            return [first[pk].timestamp() - at for pk, at in saved.items() if pk in first]
        time.sleep(0.5)


@contextmanager
def workers() -> Iterator[None]:
    """Two processes that perform the waiting jobs as the Celery task does, without the broker in between."""
    connections.close_all()
    fork = multiprocessing.get_context("fork")
    stop = fork.Event()
    held = [fork.Process(target=work, args=(place, stop)) for place in range(2)]
    for process in held:
        process.start()
    try:
        yield
    finally:
        stop.set()
        for process in held:
            process.join()
        current_app.control.purge()  # the bells that nobody will answer


def work(place: int, stop: Event) -> None:
    while not stop.is_set():
        waiting = Job.objects.filter(kind=MATCH_LEAD, state=Job.State.WAITING).order_by("created_at")
        for job in list(waiting[:10])[place::2]:
            jobs.perform(job.pk, engine.match)
        time.sleep(0.01)


def cpu() -> float:
    """Seconds that this process and its backend, if that runs here too, have computed: wall time without the queue."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    ticks = backend.read_text().rpartition(")")[2].split()[11:13] if backend.exists() else []
    return time.process_time() + sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    into.append(1_000 * (time.perf_counter() - begun))


def percentiles(took: list[float]) -> str:
    if len(took) < 2:
        return "none"
    return ", ".join(f"p{100 * at:.0f} {quantile(took, at):.1f} ms" for at in (0.5, 0.95, 0.99))


def quantile(took: list[float], at: float) -> float:
    return statistics.quantiles(took, n=100, method="inclusive")[round(100 * at) - 1]


def count(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE relname = %s", [name])
        return int(cursor.fetchone()[0])


def size_of(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_size_pretty(pg_table_size(%s)), pg_size_pretty(pg_indexes_size(%s))", [name, name]
        )
        return "{} and {} of indexes".format(*cursor.fetchone())
