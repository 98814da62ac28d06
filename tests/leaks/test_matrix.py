"""Every role at every operation on every row in every state answers as the oracle says; nobody is told more.

The oracle (`oracle.py`) is plain Python over plain facts and shares no line with the application. The operations come
from the URLconf and the OpenAPI document: one that is not taught in `operations.py` fails here.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from agencies import acting
from agencies.models import User
from agencies.visibility import Shareable
from tests.leaks.gate import without_either, without_gate, without_second_lock
from tests.leaks.matrix import NOBODY, Cell, Matrix, untaught
from tests.leaks.operations import ON_ONE_KIND, WITHOUT_A_ROW
from tests.leaks.oracle import NOTHING, SUMMARY, VIEW, Person
from tests.leaks.stage import WORD, Stage
from tests.leaks.test_api_noninterference import operations as of_the_document
from tests.leaks.world import routes

pytestmark = pytest.mark.django_db

SAMPLE = int(os.environ.get("LEAK_CELLS", "1000"))  # of the cells that take a request of their own
LISTS = (
    f"/search/?q={WORD}&in=leads", f"/search/?q={WORD}&in=subjects", f"/search/?q={WORD}&in=cases",
    "/leads/?view=all", "/cases/", "/cases/desk/tasks/", "/cases/desk/conflicts/", "/cases/operations/",
    "/cases/operations/?which=past", "/cases/operations/day/?on=2026-11-23", "/cases/conflicts/", "/cases/sites/",
    "/hits/?state=all", "/disclosures/", "/linking/protected/", "/releases/", "/handovers/", "/desk/handovers/",
    "/agency/audit/", "/desk/leads/", "/desk/hits/", "/agency/alarms/", "/agency/purges/", "/desk/purged/",
    "/desk/reviews/", "/agency/rules/", "/desk/rules/", "/api/v1/leads/?limit=200", "/api/v1/subjects/?limit=200",
    "/api/v1/cases/?limit=200", "/api/v1/tasks/?limit=200", "/api/v1/tracks/?limit=200", "/cases/desk/clocks/",
)  # fmt: skip
# Lists that name every row that may be known of, so that one that is missing is wrong too.
WHOLE = {
    "/api/v1/leads/?limit=200": "lead",
    "/api/v1/cases/?limit=200": "case",
    "/api/v1/tasks/?limit=200": "task",
    "/api/v1/tracks/?limit=200": "track",
}


def test_every_route_is_taught() -> None:
    assert untaught() == []


def test_every_operation_of_the_api_is_taught() -> None:
    names = {name.replace("{id}", "<uuid:pk>").replace(" ", " /api/v1") for name, _ in of_the_document()}
    taught = {*ON_ONE_KIND, *(f"{method} {path}" for path in WITHOUT_A_ROW for method in ("get", "post"))}
    assert names - taught == set()


# --- The gate itself --------------------------------------------------------------------------------------------------


def rows_by_model(stage: Stage) -> dict[type[Shareable], dict[object, str]]:
    found: dict[type[Shareable], dict[object, str]] = {}
    for key, (_, row) in stage.rows.items():
        if isinstance(row, Shareable):
            found.setdefault(type(row), {})[row.pk] = key
    return found


def gate_cells(stage: Stage, names: list[str] | None = None) -> Iterator[tuple[str, str, int, int]]:
    """(who, row, level by the oracle, level by the gate) of everybody and every row."""
    models = rows_by_model(stage)
    for name in names or list(stage.people):
        viewer, person = User.objects.get(pk=stage.people[name].pk), stage.facts.people[name]
        for model, keys in models.items():
            got = dict(model.objects.with_level(viewer).filter(pk__in=keys).values_list("pk", "level"))
            for pk, key in keys.items():
                yield name, key, stage.facts.level(person, key), got.get(pk, NOTHING)


def test_the_gate_gives_everybody_what_the_oracle_gives_them(stage: Stage) -> None:
    cells = list(gate_cells(stage))
    wrong = [f"{who} on {key}: expected {want}, got {got}" for who, key, want, got in cells if want != got]
    assert wrong == []
    assert len(cells) > 6_000
    assert {want for _, _, want, _ in cells} == {0, 1, 2, 3, 4}


def test_the_second_lock_shows_everybody_the_rows_that_the_oracle_gives_them(stage: Stage) -> None:
    """Asked without the gate, row by row: what PostgreSQL itself shows to each person."""
    wrong, cells = [], 0
    for name in stage.people:
        viewer, person = User.objects.get(pk=stage.people[name].pk), stage.facts.people[name]
        for model, keys in rows_by_model(stage).items():
            with acting.on_behalf_of(acting.viewer(viewer)):
                shown = set(model._base_manager.filter(pk__in=keys).values_list("pk", flat=True))
            cells += len(keys)
            wrong += [
                f"{name} on {key}: {'shown' if pk in shown else 'hidden'}"
                for pk, key in keys.items()
                if (pk in shown) != (stage.facts.level(person, key) > NOTHING)
            ]
    assert wrong == []
    assert cells > 6_000


# --- What is asked of the product ---------------------------------------------------------------------------------------


def test_a_sample_of_all_cells_is_right(matrix: Matrix, dice: random.Random) -> None:
    cells = list(matrix.cells())
    assert len(cells) > 250_000
    wrong = [said for cell in sample(cells, dice) if (said := matrix.wrong(cell))]
    assert wrong == []


def test_whoever_may_do_something_does_it(matrix: Matrix) -> None:
    """What the oracle calls done is done, once for each operation: a body that does nothing would hide what it should find."""
    first: dict[str, Cell] = {}
    for cell in matrix.cells():
        if cell.operation not in first and matrix.expected(cell) == "done":
            first[cell.operation] = cell
    wrong = [said for cell in first.values() if (said := matrix.wrong(cell))]
    assert wrong == []
    assert len(first) > 60, len(first)


def sample(cells: list[Cell], dice: random.Random) -> list[Cell]:
    """Many states for each person at an operation, who are then asked about the row that never was only once."""
    near: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        near.setdefault((cell.who, cell.operation), []).append(cell)
    chosen: list[Cell] = []
    while len(chosen) < SAMPLE:
        one = dice.choice(cells)
        same = near[one.who, one.operation]
        chosen += dice.sample(same, min(len(same), 10))
    return chosen


@pytest.mark.release
def test_all_cells_are_right(matrix: Matrix) -> None:
    """Hours on a slow machine: LEAK_PART=3/8 asks the third eighth alone."""
    part, parts = (int(each) for each in os.environ.get("LEAK_PART", "1/1").split("/"))
    cells = list(matrix.cells())[part - 1 :: parts]
    wrong = [said for cell in cells if (said := matrix.wrong(cell))]
    assert wrong == []


def test_lists_searches_and_feeds_name_what_may_be_known_and_nothing_else(matrix: Matrix) -> None:
    stage, wrong, cells = matrix.stage, [], 0
    for who in ("N.supervisor", "N.investigator", "N.analyst", "E.supervisor", "E.investigator", "E.service_account",
                "E.agency_administrator", "S.supervisor", "H.supervisor", "L.supervisor", "root", "nobody"):  # fmt: skip
        person = matrix.who[who]
        for path in LISTS:
            client, headers = matrix.client(who)
            text = client.get(path, headers=headers).content.decode()
            cells += len(stage.rows)
            wrong += [f"{who} at {path} reads of {key}" for key in stage.leaks_in(text, person)]
            wrong += [f"{who} at {path} misses {key}" for key in missing(stage, person, path, text)]
    assert wrong == []
    assert cells > 40_000


def missing(stage: Stage, person: Person, path: str, text: str) -> list[str]:
    """Feeds are the agency's: what is open to named people alone stands in none, whoever pulls it."""
    kind, facts = WHOLE.get(path), stage.facts
    if kind is None or person is NOBODY:
        return []
    anybody, least = (
        Person("a program", person.agency, "service_account"),
        VIEW if kind in ("task", "track") else SUMMARY,
    )
    told = (
        key
        for key, thing in facts.things.items()
        if thing.kind == kind and facts.level(anybody, key) >= least
    )
    return [key for key in told if facts.level(person, key) >= least and str(stage.row(key).pk) not in text]


def test_routes_without_a_row_tell_nobody_more(matrix: Matrix) -> None:
    paths = sorted({route.path for route in routes()} & WITHOUT_A_ROW)
    plain = [path for path in paths if "<" not in path and "logout" not in path]
    wrong = []
    for who in ("E.supervisor", "E.agency_administrator", "E.auditor", "S.supervisor", "root", "N.gone"):
        client, headers = matrix.client(who)
        for path in plain:
            said = client.get(path, headers=headers)
            told = matrix.stage.leaks_in(said.content.decode(errors="replace"), matrix.who[who])
            wrong += (
                [f"{who} at {path}: {said.status_code} {told}"] if told or said.status_code >= 500 else []
            )
    assert wrong == []


# --- Positive controls --------------------------------------------------------------------------------------------------

TELLING = [
    Cell(who, operation, state)
    for who in ("S.supervisor", "E.investigator")
    for operation, state in (
        ("get /leads/<uuid:pk>/", "lead plain N"), ("get /api/v1/leads/<uuid:pk>/", "lead revoked"),
        ("get /cases/<uuid:pk>/", "case plain N"), ("get /subjects/<uuid:pk>/", "subject expired"),
        ("get /history/<str:label>/<uuid:pk>/", "lead plain N"), ("get /hits/<uuid:pk>/", "notice matched N"),
        ("post /cases/<uuid:pk>/notes/", "case plain N"), ("get /victims/<uuid:pk>/", "victim N"),
        ("get /cases/<uuid:pk>/notes/", "case plain N"), ("get /linking/protected/<uuid:pk>/", "protected kept"),
    )
]  # fmt: skip


def wrong_of_telling(matrix: Matrix) -> list[str]:
    return [said for cell in TELLING if (said := matrix.wrong(cell))]


def test_without_the_gate_the_second_lock_holds(matrix: Matrix, dice: random.Random) -> None:
    facts = matrix.stage.facts  # it knows rows, not levels: asked are those of which nothing may be known
    reading = [
        cell
        for cell in matrix.cells()
        if cell.operation.startswith("get ")
        and cell.state in facts.things
        and facts.level(matrix.who[cell.who], cell.state) == NOTHING
    ]
    with without_gate():
        assert wrong_of_telling(matrix) == []
        told = [
            cell for cell in dice.sample(reading, 150) if (said := matrix.wrong(cell)) and "got 200" in said
        ]
    assert told == []


def test_without_the_second_lock_the_gate_holds(matrix: Matrix, dice: random.Random) -> None:
    with without_second_lock():
        assert wrong_of_telling(matrix) == []
        wrong = [said for cell in sample(list(matrix.cells()), dice)[:150] if (said := matrix.wrong(cell))]
    assert wrong == []


def test_without_both_the_same_cells_are_wrong(matrix: Matrix) -> None:
    with without_either():
        wrong = wrong_of_telling(matrix)
    assert len(wrong) == len(TELLING), wrong
