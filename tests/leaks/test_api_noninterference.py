"""Nobody learns more over the API: an outsider's program gets the same bytes with and without other agencies' rows.

The operations, and every place where an id can be sent, come from the OpenAPI document: a new one that is not taught
to this hunt fails it.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from django.db import transaction
from drf_spectacular.generators import SchemaGenerator

from agencies.models import Agency, User
from agencies.permissions import Role
from intel.matching import engine
from intel.models import HitNotice
from tests import factories
from tests.api_client import Api
from tests.factories import hits, person
from tests.leaks.gate import without_either
from tests.leaks.world import CANARY, PHONE, Files, keep_files

NOW = "2026-11-22T08:00:00Z"
KNOWN_PHONE = "+52 55 9876 5432"  # of a lead whose owner lets Southshore know
FACTS = {"title": "Ours", "narrative": "Seen.", "identifiers": [{"kind": "phone", "raw": PHONE}]}
KINDS = {"leads": "intel.lead", "subjects": "intel.subject", "cases": "cases.case", "tasks": "cases.task",
         "tracks": "cases.track", "hit-notices": "intel.hitnotice", "disclosures": "intel.disclosure"}  # fmt: skip

Ids = dict[str, uuid.UUID]  # by label of the model; more of a kind are numbered


def ids_of(files: Files) -> Ids:
    ids: Ids = {}
    for label, pk in files.rows:
        ids[f"{label} {len(ids)}" if label in ids else label] = pk
    return ids


@dataclass(frozen=True)
class Call:
    """One request: what to send, and where in it (if anywhere) an id may stand that is put there as `FOREIGN`."""

    send: Any
    place: str = ""


FOREIGN = "<foreign>"
LISTS = [Call({}), Call({"limit": 1}), Call({"updated_since": "2020-01-01T00:00:00Z"})]
CALLS: dict[str, list[Call]] = {
    "get /leads/": LISTS,
    "get /subjects/": [*LISTS, Call({"lead": FOREIGN}, "lead")],
    "get /cases/": LISTS,
    "get /tasks/": [*LISTS, Call({"case": FOREIGN}, "case")],
    "get /tracks/": [*LISTS, Call({"case": FOREIGN}, "case")],
    "get /hit-notices/": LISTS,
    "get /disclosures/": LISTS,
    **{f"get /{kind}/{{id}}/": [Call({})] for kind in KINDS},
    "post /leads/": [Call(FACTS), Call({**FACTS, "subjects": [{"name": f"{CANARY} Sample"}]}),
                     Call({**FACTS, "subjects": [{"id": FOREIGN}]}, "subjects.id")],
    "put /leads/{id}/": [Call({**FACTS, "version": "old"}), Call({**FACTS, "version": "<version>"}),
                         Call({**FACTS, "version": "<version>", "subjects": [{"id": FOREIGN}]}, "subjects.id")],
    "post /cases/{id}/tasks/": [
        Call({"title": "Ours"}),
        Call({"title": "Ours", "assigned_agency": FOREIGN}, "assigned_agency"),
        Call({"title": "Ours", "assignee": FOREIGN}, "assignee"),
    ],
    "post /tasks/{id}/move/": [Call({"status": "done"})],
    "post /hit-notices/{id}/judge/": [Call({"verdict": "same", "reason": "Same."})],
    "post /hit-notices/{id}/ask/": [Call({"purpose": "To know", "deadline": "2027-01-01T00:00:00Z"})],
    "post /disclosures/{id}/answer/": [Call({"state": "full"}), Call({"state": "declined", "answer": "No."})],
}  # fmt: skip


@pytest.fixture(autouse=True)
def _one_moment() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def charlie_api(southshore: Agency) -> User:
    return person("Southshore API", southshore, Role.SERVICE_ACCOUNT)


@pytest.fixture
def api(charlie_api: User) -> Api:
    return Api(charlie_api)


@pytest.fixture
def own(charlie: User, cora: User, bob: User, southshore: Agency, eastport: Agency) -> Ids:
    """Southshore's own files, one hit that it may know of, and a request that Eastport made to it."""
    ids = ids_of(keep_files(charlie, cora, "Ourown", phone=PHONE))
    hit = hits.link(factories.lead(charlie, phone=KNOWN_PHONE), factories.lead(bob, phone=KNOWN_PHONE))
    return ids | {
        "intel.hitnotice": hits.notice_of(southshore, hit).pk,
        "intel.disclosure": hits.ask(hits.notice_of(eastport, hit), bob).pk,
    }


@pytest.fixture
def hide(
    alice: User, anna: User, bob: User, bea: User, eastport: Agency, northland: Agency
) -> Callable[[], Ids]:
    """Let everything appear that Southshore must not notice; the ids of the hidden rows."""

    def appear() -> Ids:
        ids = ids_of(
            keep_files(alice, anna, CANARY, phone=PHONE, partner=eastport, pointer_policy="owner_only")
        )
        hit = hits.link(
            factories.lead(alice, phone="+49 30 901820"), factories.lead(bob, phone="+49 30 901820")
        )
        notice = hits.notice_of(northland, hit)
        ask = hits.ask(notice, alice)
        return ids | {
            "intel.hitnotice": notice.pk,
            "intel.disclosure": ask.pk,
            "agencies.agency": northland.pk,
        }

    return appear


def document() -> dict[str, Any]:
    content: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return content


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path.removeprefix('/api/v1')}", operation


def test_every_operation_is_hunted() -> None:
    assert {name for name, _ in operations()} == set(CALLS)


def test_every_place_for_an_id_is_hunted() -> None:
    schemas = document()["components"]["schemas"]
    places = {
        (name, place)
        for name, operation in operations()
        for place in [*_query_ids(operation), *_body_ids(operation, schemas)]
    }
    assert places == {(name, call.place) for name, calls in CALLS.items() for call in calls if call.place}


def _query_ids(operation: dict[str, Any]) -> Iterator[str]:
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "query" and parameter["schema"].get("format") == "uuid":
            yield parameter["name"]


def _body_ids(operation: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    yield from _ids_in(body, schemas) if body else ()


def _ids_in(schema: dict[str, Any], schemas: dict[str, Any], prefix: str = "") -> Iterator[str]:
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
    if schema.get("type") == "array":
        yield from _ids_in(schema["items"], schemas, prefix)
    for name, content in schema.get("properties", {}).items():
        if content.get("format") == "uuid":
            yield f"{prefix}{name}"
        yield from _ids_in(content, schemas, f"{prefix}{name}.")


def ask(api: Api, name: str, call: Call, pk: uuid.UUID, foreign: uuid.UUID | None = None) -> Any:
    """Send one call and take its effects back, so that every call meets the same world."""
    method, path = name.split(" ")
    text = json.dumps(call.send).replace(FOREIGN, str(foreign or pk))
    if "<version>" in text:
        text = text.replace("<version>", api.get(f"/leads/{pk}/").data.get("version", ""))
    body, path = json.loads(text), path.replace("{id}", str(pk))
    with transaction.atomic():
        answer = api.get(path, **body) if method == "get" else getattr(api, method)(path, body)
        if method != "get":
            transaction.set_rollback(True)
    assert answer.status_code < 500
    return answer


def comparable(answer: Any, *asked: uuid.UUID) -> str:
    """Status, headers and bytes; of rows just written also what is random by nature (ids, references) blanked."""
    headers = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
    text = answer.content.decode()
    for pk in asked:
        text = text.replace(str(pk), "<asked>")
    if answer.status_code == 201:
        text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9A-Z]{4}-[0-9A-Z]{4}\b", "<random>", text)
    return f"{answer.status_code} {sorted(headers.items())} {text}"


def answers(api: Api, own: Ids) -> dict[tuple[str, int], str]:
    return {
        (name, number): comparable(ask(api, name, call, own[_kind(name)]))
        for name, calls in CALLS.items()
        for number, call in enumerate(calls)
    }


def _kind(name: str) -> str:
    return KINDS[name.split("/")[1]]


def test_an_outsiders_program_gets_the_same_bytes_when_hidden_rows_appear(
    api: Api, own: Ids, hide: Callable[[], Ids]
) -> None:
    before = answers(api, own)
    hide()
    after = answers(api, own)
    assert [key for key in before if before[key] != after[key]] == []
    assert CANARY not in re.sub(rf"{CANARY} Sample", "", str(after))


def test_its_own_rows_are_answered_so_that_the_hunt_is_no_hunt_of_errors(api: Api, own: Ids) -> None:
    refused = {name for (name, number), text in answers(api, own).items() if number == 0 and text[0] != "2"}
    assert refused == {"put /leads/{id}/"}  # whose first call has an old version


def test_a_hidden_id_in_any_place_answers_like_one_that_never_was(
    api: Api, own: Ids, hide: Callable[[], Ids]
) -> None:
    hidden, ghost = hide(), uuid.uuid4()

    def differing(send: Callable[[uuid.UUID], Any]) -> list[str]:
        """Which of the hidden ids are answered otherwise than the ghost, when sent in this place."""
        nowhere = comparable(send(ghost), ghost)
        return [what for what, pk in hidden.items() if comparable(send(pk), pk) != nowhere]

    leaks = {}
    for name, calls in CALLS.items():
        mine = own[_kind(name)]
        for number, call in enumerate(calls):
            if "{id}" in name:
                leaks[name, number, "address"] = differing(lambda pk: ask(api, name, call, pk))  # noqa: B023
            if call.place:
                leaks[name, number, call.place] = differing(lambda pk: ask(api, name, call, mine, pk))  # noqa: B023
    assert len(leaks) > len(CALLS)
    assert {place: found for place, found in leaks.items() if found} == {}


def test_the_hunt_can_find_a_leak(api: Api, own: Ids, hide: Callable[[], Ids]) -> None:
    """The positive control: with both locks taken away a hidden row no longer answers like a ghost."""
    hidden, ghost = hide(), uuid.uuid4()
    with without_either():
        for kind, what in KINDS.items():
            name = f"get /{kind}/{{id}}/"
            there, nowhere = (comparable(ask(api, name, Call({}), pk), pk) for pk in (hidden[what], ghost))
            assert there != nowhere, name


def test_a_silent_match_stays_silent(api: Api, own: Ids, hide: Callable[[], Ids], northland: Agency) -> None:
    """The hunt's world is a real one: Northland is told of its match with Southshore, Southshore is not."""
    hide()
    lead = api.post("/leads/", FACTS).data
    engine.match(uuid.UUID(lead["id"]))
    assert HitNotice.objects.filter(agency=northland, other_agency__short_name="SBG").exists()
    told = api.get("/hit-notices/").data["results"]
    assert {row["other_agency"]["short_name"] for row in told} <= {"SBG", "EPO"}
