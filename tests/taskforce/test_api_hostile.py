"""Hostile input is refused in words: never a fault of ours, never an effect."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from agencies.models import User
from intel.models import Lead
from tests.api_client import PROBLEM, ROOT, Api

FACTS = {"title": "A lead", "narrative": "Seen."}
WRONG_VALUES: list[Any] = [None, True, 1, -1, 1.5, 10**400, "", " ", "x" * 101_000, "a\0b", "\ud800", [], {}, [[]], [None],
                           {"a": {"b": []}}, "../../etc", "' or 1=1 --", "9999-99-99", "0001-01-01T00:00:00+23:59"]  # fmt: skip
FIELDS = ["title", "narrative", "category", "source", "grade_source", "grade_information", "handling", "caveat", "basis",
          "reported_on", "occurred_on", "place", "countries", "pointer_policy", "identifiers", "subjects"]  # fmt: skip
SUBJECT_FIELDS = ["id", "kind", "name", "aliases", "birth_earliest", "birth_latest", "age", "sex", "nationalities",
                  "places", "role", "note", "identifiers"]  # fmt: skip


@pytest.fixture
def api(bob_api: User) -> Api:
    return Api(bob_api)


def is_answered(answer: Any) -> bool:
    """A success, or a problem in words."""
    return answer.status_code == 201 or (
        400 <= answer.status_code < 500 and answer["Content-Type"] == PROBLEM
    )


@pytest.mark.parametrize("field", FIELDS)
def test_any_value_in_any_field_of_a_lead_is_taken_or_refused(api: Api, field: str) -> None:
    for value in WRONG_VALUES:
        assert is_answered(api.post("/leads/", {**FACTS, field: value})), value


@pytest.mark.parametrize("field", SUBJECT_FIELDS)
def test_any_value_in_any_field_of_a_subject_is_taken_or_refused(api: Api, field: str) -> None:
    for value in WRONG_VALUES:
        assert is_answered(api.post("/leads/", {**FACTS, "subjects": [{"name": "Jan", field: value}]})), value


@pytest.mark.parametrize(
    "kind", ["phone", "email", "url", "plate", "iban", "mrz", "handle", "wallet", "x", None, 7]
)
def test_any_text_as_an_identifier_is_taken_or_refused(api: Api, kind: Any) -> None:
    texts = [value for value in WRONG_VALUES if isinstance(value, str)] + [
        "٣" * 300,
        "𝟘" * 50,
        "🙂" * 400,
        "\u202e+1",
    ]
    for raw in texts:
        assert is_answered(api.post("/leads/", {**FACTS, "identifiers": [{"kind": kind, "raw": raw}]})), raw


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b'"text"', b"7", b"\xff\xfe", b'{"title": "\xc3\x28"}', b"[" * 100_000,
        b'{"a":' * 100_000, b'{"title": NaN}', b'{"title": ' + b"9" * 5_000 + b"}", b'{"title": "a", "title": 1}',
        b'{"\\u0000": 1}', b'{"\\ud800": 1}', b'{"' + b"k" * 10_000 + b'": 1}',
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=rot13", "text/plain", ""]
)
def test_any_body_is_refused_without_a_trace(api: Api, body: bytes, content_type: str) -> None:
    for key in ({}, {"Idempotency-Key": "k1"}):
        answer = Client().generic(
            "POST", f"{ROOT}/leads/", body, content_type=content_type, headers={**api.headers, **key}
        )
        assert answer.status_code in {400, 415}
        assert answer["Content-Type"] == PROBLEM
        assert len(answer.content) < 2_000
    assert not Lead.objects.exists()


def test_a_body_beyond_all_measure_is_refused_unread(api: Api) -> None:
    body = json.dumps({**FACTS, "narrative": "x" * 6_000_000})
    answer = Client().post(f"{ROOT}/leads/", body, content_type="application/json", headers=api.headers)
    assert (answer.status_code, answer["Content-Type"]) == (413, PROBLEM)


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": value} for value in ("", "x", "AAAA", "é", "a" * 500, "\0", "=" * 40)
    ] + [
        {"limit": value} for value in ("0", "201", "-1", "x", "1e3", "9" * 5_000)
    ] + [
        {"updated_since": value} for value in ("x", "2026", "0001-01-01T00:00:00+23:59", "\0")
    ] + [
        {"narrative__startswith": "a"}, {"order_by": "title"}, {"agency": "x"}, {"case": "x"},
    ],
)  # fmt: skip
def test_a_query_that_is_not_declared_is_refused(api: Api, query: dict[str, str]) -> None:
    answer = api.get("/leads/", **query)
    assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM)


@pytest.mark.parametrize("key", ["x" * 201, "é", "a\tb"])
def test_a_key_that_is_none_is_refused(api: Api, key: str) -> None:
    assert api.post("/leads/", FACTS, key=key).status_code == 400


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer \x00", "bearer é", "Bearer " + "x" * 10_000, "é"]
)
def test_any_authorization_is_answered(db: None, header: str) -> None:
    answer = Client().get(f"{ROOT}/leads/", headers={"Authorization": header})
    assert (answer.status_code, answer["Content-Type"]) == (401, PROBLEM)


@pytest.mark.parametrize("method", ["patch", "delete", "trace"])
def test_methods_that_do_not_exist_are_refused(api: Api, method: str) -> None:
    answer = getattr(Client(), method)(f"{ROOT}/leads/", headers=api.headers)
    assert (answer.status_code, answer["Content-Type"]) == (405, PROBLEM)


@pytest.mark.parametrize("accept", ["application/xml", "text/html", "nonsense"])
def test_any_wish_of_format_is_answered(api: Api, accept: str) -> None:
    answer = Client().get(f"{ROOT}/leads/", headers={**api.headers, "Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (406, PROBLEM)
