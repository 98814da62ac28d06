"""Links between the demo's real leads, and against the sanctions list, without a database.

    python -m benchmarks.demo_links [folder with the files of taskforce/demo/data] [--write]

Prints recall, precision by band, the links missed and the links the answer key does not have. The key is silver
(made by rules, sampled by eye), so an extra link may be right: docs/reference/matching-figures.md judges them.
`--write` keeps what each band came to under the shipped model in intel/matching/measured.json, which pages show.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from intel.matching import measured
from intel.matching.blocking import keys
from intel.matching.evidence import CommonNames
from intel.matching.frame import Frame
from intel.matching.model import Band, shipped
from intel.matching.naming import parse_person
from intel.matching.normalise import Features, normalise
from intel.matching.records import DateSpan, Kind, Record
from intel.matching.scoring import NO_BAND, Score, explain, scored
from intel.matching.vocabulary import countries

SHIPPED = Path(__file__).parent.parent / "taskforce" / "demo" / "data"
DATA = "97 public leads of 15 U.S. offices, against a key made by rules"
LIST_FILE = "ofac-crime-programmes.ftm.jsonl.gz"
# Runs of capitalised words in a narrative: what a reader would offer for screening.
MENTIONED = re.compile(r"(?:[A-Z][\w'’-]+)(?:[ ](?:(?:de|del|la|of|the) )*[A-Z][\w'’-]+){1,4}")
SCHEMATA = {"Person": Kind.PERSON, "Company": Kind.ORGANISATION, "Organization": Kind.ORGANISATION}


@dataclass(frozen=True)
class Held:
    """One record of one lead (or list entry), ready to compare."""

    lead: str
    shown: str
    features: Features
    keys: frozenset[str]


@dataclass(frozen=True)
class Link:
    left: Held
    right: Held
    score: Score

    def __str__(self) -> str:
        fields = " ".join(f"{e.field}:{e.level}{e.bits:+.1f}" for e in self.score.evidence)
        return (
            f"{self.score.band:9}{self.score.bits:+6.1f}  {self.left.lead} '{self.left.shown}'"
            f" = {self.right.lead} '{self.right.shown}'  ({fields})"
        )


@dataclass
class Figures:
    expected: int
    found: set[tuple[str, str, str, str]] = field(default_factory=set)
    missed: list[tuple[str, str, str, str]] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    extras: list[Link] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return len(self.found) / self.expected

    def counted(self, *bands: Band) -> measured.Share:
        """Against the silver key: links it lacks count as wrong, whatever the eye says."""
        within = [link for link in self.links if link.score.band in bands]
        return measured.Share(sum(link not in self.extras for link in within), len(within))

    def precision(self, *bands: Band) -> float:
        share = self.counted(*bands)
        return share.right / max(1, share.judged)


def held(lead: str, record: Record) -> Held:
    features = normalise(record)
    return Held(lead, record.name, features, keys(features))


def read_leads(folder: Path) -> list[Held]:
    """The subjects that the offices' own records give."""
    return [
        held(row["lead_ref"], record)
        for row in _rows(folder / "leads.csv")
        for record in subjects(row["subjects"], date.fromisoformat(row["received_on"]))
    ]


def read_named_in_text(folder: Path) -> list[Held]:
    """People and organisations that the narratives name, taken from them by hand; the answer key leaves them out."""
    reported = {
        row["lead_ref"]: date.fromisoformat(row["received_on"]) for row in _rows(folder / "leads.csv")
    }
    found = []
    for row in _rows(folder / "named-in-text.csv"):
        on = reported[row["lead_ref"]]
        births = (DateSpan.of_age(int(row["age"]), on),) if row["age"] else ()
        aliases = tuple(filter(None, row["aliases"].split(";")))
        record = Record(Kind(row["kind"]), row["name"], aliases, births, reported_on=on)
        found.append(held(row["lead_ref"], record))
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def subjects(text: str, on: date) -> Iterator[Record]:
    """ "name|alias|age|place; ..." as the demo's file gives them."""
    for described in filter(None, text.split("; ")):
        name, alias, age, place = [*described.split("|"), "", "", ""][:4]
        yield Record(
            kind=Kind.PERSON,
            name=name,
            aliases=(alias,) if alias else (),
            births=(DateSpan.of_age(int(age), on),) if age else (),
            places=(place,) if place else (),
            reported_on=on,
        )


def read_mentions(folder: Path) -> list[Held]:
    """Every capitalised phrase of the narratives, as a person and as an organisation: the noisiest input there is."""
    return [
        held(row["lead_ref"], Record(kind, shown, reported_on=date.fromisoformat(row["received_on"])))
        for row in _rows(folder / "leads.csv")
        for shown in sorted(set(MENTIONED.findall(row["narrative"])))
        for kind in (Kind.PERSON, Kind.ORGANISATION)
    ]


def read_list(path: Path) -> list[Held]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        entries = [json.loads(line) for line in lines]
    return [held(entry["id"], listed(entry)) for entry in entries if entry["schema"] in SCHEMATA]


def listed(entry: dict[str, object]) -> Record:
    properties: dict[str, list[str]] = entry["properties"]  # type: ignore[assignment]
    last, first = properties.get("lastName", [""])[0], properties.get("firstName", [""])[0]
    names = [f"{last}, {first}" if last and first else properties["name"][0], *properties.get("alias", [])]
    return Record(
        kind=SCHEMATA[str(entry["schema"])],
        name=names[0],
        aliases=(*names[1:], *properties.get("weakAlias", [])),
        births=tuple(_birth(text) for text in properties.get("birthDate", [])),
        nationalities=tuple(
            code for text in properties.get("nationality", []) if (code := countries().get(text.lower()))
        ),
        places=tuple(properties.get("birthPlace", [])),
        listed=True,
    )


def _birth(text: str) -> DateSpan:
    if len(text) == 4:
        return DateSpan.of_year(int(text))
    day = date.fromisoformat(text if len(text) == 10 else f"{text}-15")
    return DateSpan(day, day)


def link(left: Iterable[Held], right: Iterable[Held] | None = None) -> list[Link]:
    """Every scored pair sharing a key; with one argument, among its members of different leads."""
    lefts = list(left)
    rights = lefts if right is None else list(right)
    by_key: dict[str, list[int]] = defaultdict(list)
    for position, record in enumerate(rights):
        for key in record.keys:
            by_key[key].append(position)
    pairs = [
        (position, other)
        for position, record in enumerate(lefts)
        for other in sorted({other for key in record.keys for other in by_key.get(key, ())})
        if right is not None or (other > position and rights[other].lead != record.lead)
    ]
    frame = Frame.of([each.features for each in (*lefts, *rights)], CommonNames())
    one, other = np.array(pairs, np.int64).reshape(-1, 2).T
    other = other + len(lefts)
    reached = np.flatnonzero(scored(frame, one, other).bands < NO_BAND)
    scores = explain(frame, one[reached], other[reached])
    found = [
        Link(lefts[pairs[place][0]], rights[pairs[place][1]], said)
        for place, said in zip(reached.tolist(), scores, strict=True)
        if said
    ]
    return sorted(found, key=lambda each: -each.score.bits)


def _same_name(shown: str, expected: str) -> bool:
    name, wanted = parse_person(shown), parse_person(expected)
    return name is not None and wanted is not None and name.tokens == wanted.tokens


def measure_people(folder: Path) -> Figures:
    wanted = [row for row in _expected(folder) if row["kind"] == "person-in-two-leads"]
    links = link(read_leads(folder))
    figures = Figures(len(wanted), links=links)
    rightly: set[int] = set()
    for row in wanted:
        key = (row["left"], row["right"], row["left_name"], row["right_name"])
        hits = [n for n, each in enumerate(links) if _answers(each, row)]
        rightly.update(hits)
        figures.found.add(key) if hits else figures.missed.append(key)
    figures.extras = [each for n, each in enumerate(links) if n not in rightly]
    return figures


def _answers(found: Link, row: dict[str, str]) -> bool:
    for a, b in ((found.left, found.right), (found.right, found.left)):
        if (a.lead, b.lead) == (row["left"], row["right"]):
            return _same_name(a.shown, row["left_name"]) and _same_name(b.shown, row["right_name"])
    return False


def measure_screening(folder: Path, held: list[Held]) -> tuple[Figures, list[tuple[str, str, str]]]:
    """Figures of the true screening hits, and the band each known false positive came out in."""
    rows = [row for row in _expected(folder) if row["kind"].startswith("sanctions-screening")]
    best: dict[tuple[str, str], Link] = {}
    for each in link(held, read_list(folder / LIST_FILE)):
        best.setdefault((each.left.lead, each.right.lead), each)
    true = [row for row in rows if row["kind"].endswith("true")]
    figures = Figures(len(true), links=list(best.values()))
    for row in true:
        key = (row["left"], row["right"], row["left_name"], row["right_name"])
        figures.found.add(key) if key[:2] in best else figures.missed.append(key)
    known = {(row["left"], row["right"]) for row in true}
    figures.extras = [each for pair, each in best.items() if pair not in known]
    false = [(row["left"], row["right"]) for row in rows if row not in true]
    return figures, [(*pair, best[pair].score.band.value if pair in best else "none") for pair in false]


def _expected(folder: Path) -> list[dict[str, str]]:
    return _rows(folder / "expected-matches.csv")


def report(title: str, figures: Figures) -> None:
    bands = Counter(each.score.band for each in figures.links)
    print(f"\n{title}: recall {len(figures.found)}/{figures.expected} = {figures.recall:.3f}")
    for chosen in ((Band.STRONG,), (Band.PROBABLE,), (Band.POSSIBLE,), (Band.STRONG, Band.PROBABLE)):
        count = sum(bands[band] for band in chosen)
        share = figures.counted(*chosen)
        print(f"  {'+'.join(chosen):16} {count:5} links, right by the key {share if count else 'none'}")
    for missed in figures.missed:
        print("  missed  ", *missed)
    for extra in figures.extras:
        print("  extra   ", extra)


def write(figures: Figures) -> None:
    """Keep the bands' figures under the shipped model's version; other versions' stay."""
    stored = json.loads(measured.FILE.read_text(encoding="utf-8")) if measured.FILE.exists() else {}
    shares = {band: figures.counted(band) for band in Band}
    counted = {
        band.value: {"right": each.right, "judged": each.judged}
        for band, each in shares.items()
        if each.judged
    }
    stored[shipped().version] = {"data": DATA, "bands": counted}
    measured.FILE.write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")
    print(f"\n{measured.FILE.name}: {shipped().version} {counted}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=SHIPPED)
    parser.add_argument("--write", action="store_true", help="keep the figures of each band for the pages")
    asked = parser.parse_args()
    folder = asked.folder
    started = time.perf_counter()
    people = measure_people(folder)
    report("People in two leads", people)
    if asked.write:
        write(people)
    subjects_held, named = read_leads(folder), read_named_in_text(folder)
    print("\nMore links, by way of names in the narratives (not in the key)")
    for more in link([*subjects_held, *named]):
        if more.left in named or more.right in named:
            print("  ", more)
    for title, held_there in (
        ("Sanctions screening of the leads' subjects", [*subjects_held, *named]),
        ("Sanctions screening of every capitalised phrase", read_mentions(folder)),
    ):
        figures, false = measure_screening(folder, held_there)
        report(title, figures)
        for lead, entry, band in false:
            print(f"  known false positive {lead} = {entry}: {band}")
    print(f"\n{time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
