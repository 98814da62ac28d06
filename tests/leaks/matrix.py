"""Every role, at every agency, at every operation, on every row in every state: what is answered, against the oracle."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from tests.api_client import token_of
from tests.leaks.operations import IN_THE_BODY, ON_ANY_KIND, ON_ONE_KIND, WITHOUT_A_ROW
from tests.leaks.oracle import RESTRICTED, SHARED, SUMMARY, VIEW, Person, Rule, verdict
from tests.leaks.stage import Stage
from tests.leaks.world import CHANCE, LABELS, routes, sign_in

METHODS = ("get", "post")
NOBODY = Person("nobody", None, "", active=False)
# Written whenever somebody asks, whatever is answered: sessions, the audit record, kept answers, counters.
ASIDE = re.compile(
    r"django_session|auditevent|auditpending|idempotentanswer|\"cache\"|usersession|clientterms|accesstoken|readtally"
    r'|INSERT INTO "agencies_alarm"|UPDATE "agencies_alarm" SET "looks"'  # not what is said of one
)
CHANGES = re.compile(r'^\s*(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)', re.IGNORECASE)
UUIDS = re.compile(r"<uuid:(pk|batch)>")


@dataclass(frozen=True)
class Cell:
    who: str
    operation: str  # "get /leads/<uuid:pk>/"; in the body: "post /leads/bulk/"
    state: str  # the key of a row

    def __str__(self) -> str:
        return f"{self.who} at {self.operation} on {self.state}"


@dataclass(frozen=True)
class Answer:
    status: int
    text: str  # headers and body, with what differs by nature blanked
    wrote: frozenset[str]


class Matrix:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.who: dict[str, Person] = {**stage.facts.people, "nobody": NOBODY}
        self._clients: dict[str, Client] = {}
        self._cookies: dict[str, str] = {}
        self._tokens: dict[str, str] = {}
        self._ghosts: dict[tuple[str, str, str], Answer] = {}

    # --- Which cells there are ----------------------------------------------------------------------------------

    @cached_property
    def kinds(self) -> dict[str, list[str]]:
        """The rows by kind."""
        found: dict[str, list[str]] = {}
        for key in self.stage.rows:
            found.setdefault(self.stage.facts.things[key].kind, []).append(key)
        return found

    def operations(self) -> Iterator[tuple[str, Rule, list[str]]]:
        """Each operation with the rows that it is asked on: all of its kind, and one of each other kind."""
        samples = [keys[0] for keys in self.kinds.values()]
        for operation in with_a_row():
            rule = rule_of(operation)
            if "<str:label>" in operation:
                yield operation, rule or Rule("*", 5), list(self.stage.rows)
            else:
                kind = _kind_on(operation)
                keys = [
                    *self.kinds.get(kind, []),
                    *(key for key in samples if key not in self.kinds.get(kind, [])),
                ]
                yield operation, rule or Rule(kind, 5), keys
        for operation, rule in IN_THE_BODY.items():
            yield operation, rule, self.kinds[rule.kind] if rule.kind != "*" else list(self.stage.rows)

    def cells(self) -> Iterator[Cell]:
        for operation, _, keys in self.operations():
            for key in keys:
                for who in self.who:
                    yield Cell(who, operation, key)

    # --- What the oracle says -----------------------------------------------------------------------------------

    def expected(self, cell: Cell) -> str:
        rule = rule_of(cell.operation)
        if rule is None:  # a method that the route does not have
            return "absent"
        thing = self.stage.facts.things[cell.state]
        if cell.operation in ON_ANY_KIND and self.stage.rows[cell.state][0] not in LABELS:
            return "absent"
        if rule.kind == "*":
            rule = replace(rule, kind=thing.kind)
        many = {"many/": SHARED, "reviews/<str:label>/": RESTRICTED}
        if any(cell.operation.endswith(end) and thing.kind not in kinds for end, kinds in many.items()):
            return "absent"
        channel = "api" if "/api/" in cell.operation else "page"
        return verdict(self.stage.facts, self.who[cell.who], rule, cell.state, channel)

    # --- What the product says ----------------------------------------------------------------------------------

    def wrong(self, cell: Cell) -> str:
        """Empty, or what is wrong with this cell's answer."""
        expected = self.expected(cell)
        answer = self.ask(cell, self.stage.rows[cell.state][1].pk)
        problem = self._problem(cell, expected, answer)
        return f"{cell}: expected {expected}, {problem}" if problem else ""

    def _problem(self, cell: Cell, expected: str, answer: Answer) -> str:
        if answer.status >= 500:
            return f"got {answer.status}"
        if told := self.stage.leaks_in(answer.text, self.who[cell.who]):
            return f"got {answer.status}, and it tells of {told}"
        if expected not in ("done", "free") and answer.wrote:
            return f"got {answer.status}, and it changed {sorted(answer.wrote)}"
        return getattr(self, f"_not_{expected}")(cell, answer)

    def _not_absent(self, cell: Cell, answer: Answer) -> str:
        ghost = self.ghost(cell)
        return "" if (answer.status, answer.text) == (ghost.status, ghost.text) else (
            f"got {answer.status}, and a row that never was gets {ghost.status}"
        )  # fmt: skip

    def _not_barred(self, cell: Cell, answer: Answer) -> str:
        return "" if answer.status in (200, 302, 403, 404, 405, 409, 422) else f"got {answer.status}"

    def _not_shown(self, cell: Cell, answer: Answer) -> str:
        if answer.status not in (200, 204, 302, 400, 409, 422):
            return f"got {answer.status}"
        own_page = cell.operation in OWN_PAGES and cell.state.split()[0] in ("lead", "case", "subject")
        return "got no content" if own_page and self.stage.told(answer.text, cell.state) < VIEW else ""

    def _not_summary(self, cell: Cell, answer: Answer) -> str:
        if answer.status != 200:
            return f"got {answer.status}"
        told = self.stage.told(answer.text, cell.state)
        return "" if told == SUMMARY or cell.operation not in OWN_PAGES else f"got level {told}"

    def _not_done(self, cell: Cell, answer: Answer) -> str:
        return "" if answer.wrote else f"got {answer.status}, and nothing was changed"

    def _not_free(self, cell: Cell, answer: Answer) -> str:
        return ""

    def ghost(self, cell: Cell) -> Answer:
        """What the same person gets at the same operation for a row that never was."""
        label = self.stage.rows[cell.state][0] if "<str:label>" in cell.operation else ""
        key = cell.who, cell.operation, label
        if key not in self._ghosts:
            self._ghosts[key] = self.ask(cell, uuid.uuid4())
        return self._ghosts[key]

    def ask(self, cell: Cell, pk: Any) -> Answer:
        """Ask, and take the effects back, so that every cell meets the same world."""
        method, path = cell.operation.split()[:2]
        body = body_of(self, cell, pk)
        if cell.operation in IN_THE_BODY and UUIDS.search(path):
            path = UUIDS.sub(str(self.own_case(cell.who)), path)
        path = UUIDS.sub(str(pk), path).replace("<str:label>", self.stage.rows[cell.state][0])
        path = path.replace("<uuid:agency_pk>", str(self.stage.agencies["E"].pk))
        client, headers = self.client(cell.who)
        as_json = {"content_type": "application/json"} if "/api/" in path and method != "get" else {}
        with transaction.atomic(), _written() as wrote:
            sent = json.dumps(body) if as_json else body
            said = getattr(client, method)(path, sent if method != "get" else {}, headers=headers, **as_json)
            answer = Answer(said.status_code, _comparable(said, pk), frozenset(wrote))
            transaction.set_rollback(True)
        client.cookies.load(self._cookies[cell.who])
        return answer

    def own_case(self, who: str) -> uuid.UUID:
        """A case of the agency of whoever asks; of nobody's agency, somebody's."""
        key = f"case plain {self.who[who].agency}"
        return uuid.UUID(str(self.stage.row(key if key in self.stage.rows else "case plain N").pk))

    def client(self, who: str) -> tuple[Client, dict[str, str]]:
        """A browser with the person's session; a program sends its token instead."""
        person = self.who[who]
        user = self.stage.people.get(who)
        if who not in self._clients:
            signed_in = user is not None and person.role != "service_account"
            client = sign_in(user) if signed_in and user else Client(raise_request_exception=False)
            self._clients[who] = client
            self._cookies[who] = client.cookies.output(header="", sep=";")
            self._tokens[who] = token_of(user) if user and person.role == "service_account" else ""
        token = self._tokens[who]
        return self._clients[who], {"Authorization": f"Bearer {token}"} if token else {}


# --- The operations -------------------------------------------------------------------------------------------------

OWN_PAGES = {"get /leads/<uuid:pk>/", "get /cases/<uuid:pk>/", "get /subjects/<uuid:pk>/", "get /api/v1/leads/<uuid:pk>/",
             "get /api/v1/cases/<uuid:pk>/", "get /api/v1/subjects/<uuid:pk>/"}  # fmt: skip


def with_a_row() -> list[str]:
    """Every method at every route of the URLconf that has a row's id in it."""
    found = sorted({route.path for route in routes() if UUIDS.search(route.path)})
    taught = [*ON_ONE_KIND, *ON_ANY_KIND]
    others = {name for name in taught if name.split()[0] not in METHODS}
    return sorted({f"{method} {path}" for path in found for method in METHODS} | others)


def rule_of(operation: str) -> Rule | None:
    return ON_ONE_KIND.get(operation) or ON_ANY_KIND.get(operation) or IN_THE_BODY.get(operation)


def _kind_on(operation: str) -> str:
    """The kind of row whose id stands in the path, also for a method that is not taught."""
    path = operation.split()[1]
    return next((rule.kind for name, rule in ON_ONE_KIND.items() if name.split()[1] == path), "")


def untaught() -> list[str]:
    """The routes that nobody taught the matrix, and what it was taught that leads nowhere."""
    real = {route.path for route in routes()}
    taught = {name.split()[1] for name in (*ON_ONE_KIND, *ON_ANY_KIND)} | WITHOUT_A_ROW
    body = {name.split()[1] for name in IN_THE_BODY}
    return sorted((real - taught) | ((taught | body) - real))


# --- Bodies ---------------------------------------------------------------------------------------------------------


def body_of(matrix: Matrix, cell: Cell, pk: Any) -> dict[str, Any]:
    """What a person who may would send: each body is good for the rows and people for whom something is to be done."""
    stage, name = matrix.stage, cell.operation
    if name.startswith("get "):
        return {}
    zenith = str(stage.agencies["Z"].pk)
    row = stage.rows[cell.state][1]
    level = SHARED.get(stage.facts.things[cell.state].kind, (1,))[0]
    third = str(stage.agencies["E"].pk) if stage.facts.things[cell.state].agency == "Z" else zenith
    giving = {"agency": third, "level": level, "reason": "joint work"}
    tail = name.split("/")[-2] if not name.endswith(("lead", "subject")) else name.split()[-1]
    bodies: dict[str, dict[str, Any]] = {
        "unit": {"unit": "Customs team"},
        "single-sign-on": {"unbind": "on"},
        "purpose": {"purpose": "investigation", "words": "A case."},
        "triage": {"act": "accept", "reason": "good"},
        "bulk": {"pk": str(pk), "act": "accept", "reason": "good"},
        "many": {"pk": str(pk), "step": "do", "act": "share", **giving},
        "share": giving,
        "pass-on": giving,
        "hand-over": {"receiver": zenith, "keeps": 0, "reason": "theirs"},
        "people": {"open_to": "all", "walled": _colleague(matrix, cell.who), "reason": "conflict"},
        "mark": {"status": "same", "reference": stage.row("lead plain N").reference},
        "assign": {"agency": zenith, "part": "support", "reason": "help", "told": f"{zenith}:support"},
        "notes": {"text": "Seen.", "readers": "case"},
        "answer": {"act": "accept", "give": "declined", "state": "declined", "answer": "No."},
        "ask": {"level": "view" if "/api/" in name else 2, "purpose": "To know", "deadline": "2027-01-01T00:00:00Z"
                if "/api/" in name else "2027-01-01", **({} if "/api/" in name else {"agency": zenith})},
        "lead": {"lead": str(pk), "private": "on"},
        "subject": {"subject": str(pk), "role": "suspect", "private": "on"},
        "undo": {"judgement": str(uuid.UUID(int=1))},
        "judge": {"verdict": "not_same", "reason": "Looked.", "hit": f"{pk} "},
    }  # fmt: skip
    found = bodies.get(tail, {})
    if "/api/" in name:
        strict = {
            "answer": {"state": "declined", "answer": "No."},
            "judge": {"verdict": "not_same", "reason": "Looked."},
        }
        found = strict.get(tail, found)
    if "/desk/leads/" in name:
        found = {"act": "accept", "reason": "good"}
    if tail == "cases":
        found = {"act": "open", "open-title": "New", "open-kind": "smuggling"}
    if "identities/<uuid:pk>/people/" in name:
        found = {"person": _colleague(matrix, cell.who), "until": "2026-12-20", "reason": "needed"}
    if tail == "tasks":
        found = {"title": "Look"}
    if name.startswith("put"):
        version = row.updated_at.isoformat() if hasattr(row, "updated_at") else ""
        found = {"title": "New", "narrative": "Seen.", "version": version}
    return _by_path(name, pk) or found or {"reason": "because"}


def _by_path(name: str, pk: Any) -> dict[str, Any]:
    """Where the last word of the path is not enough to tell what is asked."""
    bodies = (
        ("/tracks/new/", {"country": "BR", "stage": "inquiry", "since": "2026-01-01"}),
        ("/tracks/<uuid:pk>/move/", {"stage": "investigation", "since": _today(), "reason": "begun"}),
        ("/tracks/<uuid:pk>/offences/", {"kind": "other", "law": "Art. 1", "title": "Fraud"}),
        ("/tracks/<uuid:pk>/requests/", {"kind": "mla", "country": "BR", "asks": "Bank records"}),
        ("/requests/<uuid:pk>/move/", {"status": "sent", "on": _today()}),
        ("/lead/<uuid:pk>/answer/", {"answer": "agree"}),
        ("/cases/<uuid:pk>/move/", {"status": "closed", "reason": "over"}),
        ("/cases/operations/<uuid:pk>/move/", {"status": "called_off", "reason": "over"}),
        (
            "/operations/plan/",
            {
                "title": "Search",
                "kind": "search",
                "place": "Pier Road 4",
                "coordinates": "60.5, 11.5",
                "radius_m": "300",
                "starts_at": "2026-12-01T06:00",
                "ends_at": "2026-12-01T09:00",
                "time_zone": "UTC",
                "risk": "low",
                "tells": "owner_only",
            },
        ),
        ("/cases/conflicts/<", {"act": "settle", "note": "We spoke."}),
        ("/board/", {"kind": "note", "text": "Quiet."}),
        ("/api/v1/tasks/<", {"status": "done"}),
        ("/move/", {"status": "done", "reason": "over"}),
        ("post /handovers", {"act": "decline", "reason": "No."}),
        ("post /releases", {"release": "no", "answer": "No."}),
        ("/reviews/<str:label>/<", {"act": "hold", "reason": "court"}),
        ("/reviews/", {"pk": str(pk), "act": "keep", "until": "2027-01-01", "reason": "needed"}),
        ("/rules/", {"take_back": "no", "reason": "over"}),
        ("/sent-to-us/<uuid:pk>/reject/", {"rejection": "no_place"}),
        ("/sent-to-us/<uuid:pk>/finish/", {"outcome": "given"}),
        ("/sent-to-us/<uuid:pk>/follow-ups/", {"due_on": "2099-01-01", "about": "Look"}),
        ("/services/<uuid:pk>/places/", {"free_places": "3"}),
        ("/services/<uuid:pk>/withdraw/", {"act": "out"}),
        ("identities/<uuid:pk>/look/", {"field": "name", "purpose": "care", "words": "needed"}),
        ("identities/<uuid:pk>/edit/", {"contact": "By letter", "version": "1"}),
        ("/emergencies/", {"act": "decline"}),
        ("/canaries/", {"act": "lift", "reason": "over"}),
    )
    return next((body for part, body in bodies if part in name), {})


def _today() -> str:
    return str(timezone.localdate())


def _colleague(matrix: Matrix, who: str) -> str:
    key = f"{matrix.who[who].agency}.investigator"
    return str(matrix.stage.people.get(key, matrix.stage.people["N.investigator"]).pk)


# --- Answers made comparable ----------------------------------------------------------------------------------------


@contextmanager
def _written() -> Iterator[set[str]]:
    """The tables that are written to, those left out that are written to whatever is answered."""
    tables: set[str] = set()

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if (found := CHANGES.match(sql)) and not ASIDE.search(sql[:200]):
            tables.add(found[1])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield tables


def _comparable(response: Any, pk: Any) -> str:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    text = re.sub(r'name="(csrfmiddlewaretoken|token)" value="[\w-]+"', "", body.decode(errors="replace"))
    headers = {name: value for name, value in response.headers.items() if name != "Content-Length"}
    return f"{sorted(headers.items())}\n{CHANCE.sub('', text)}".replace(str(pk), "<pk>")
