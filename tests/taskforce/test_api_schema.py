"""The OpenAPI document is whole, and what is answered is what it says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.serializers import Serializer

from agencies.models import User
from cases import actions as case_actions
from cases.serializers import CaseSerializer, TaskSerializer
from intel.answers import LeadSerializer, SubjectSerializer
from tests import factories
from tests.api_client import ROOT, Api


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("schema") / "openapi.json"
    call_command("spectacular", validate=True, fail_on_warn=True, format="openapi-json", file=str(path))
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def operations(document: dict[str, Any]) -> dict[str, Any]:
    return {
        f"{method} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_every_operation_says_what_it_does_and_how_it_fails(document: dict[str, Any]) -> None:
    for name, operation in operations(document).items():
        assert operation["summary"], name
        problems = {status: body for status, body in operation["responses"].items() if status >= "400"}
        assert {"401", "403", "429"} <= set(problems), name
        for body in problems.values():
            schema = body["content"]["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}, name


def test_every_list_gives_the_envelope(document: dict[str, Any]) -> None:
    pages = [name for name in document["components"]["schemas"] if name.endswith("Page")]
    assert len(pages) == 7
    for page in pages:
        assert set(document["components"]["schemas"][page]["properties"]) == {
            "results",
            "next",
            "has_more",
            "withheld",
        }


def test_every_post_takes_an_idempotency_key(document: dict[str, Any]) -> None:
    for name, operation in operations(document).items():
        if name.startswith("post"):
            assert "Idempotency-Key" in {each["name"] for each in operation["parameters"]}, name


def test_it_is_served_to_those_signed_in(alice: User) -> None:
    answer = Client().get(f"{ROOT}/schema/", headers=Api(alice).headers)
    assert "/api/v1/leads/" in answer.json()["paths"]


def fields(serializer: type[Serializer[Any]]) -> set[str]:
    return set(serializer().fields)


def test_answers_have_the_fields_described(alice: User, anna: User) -> None:
    lead = factories.lead(alice, subjects=(factories.subject("Jan Sample", phone="+1 404 555 0134"),))
    case = factories.case(anna)
    task = case_actions.set_task(case, title="Trace", by=anna)
    api = Api(alice)
    described = {
        f"/leads/{lead.pk}/": LeadSerializer,
        f"/subjects/{lead.subjects.get().pk}/": SubjectSerializer,
        f"/cases/{case.pk}/": CaseSerializer,
        f"/tasks/{task.pk}/": TaskSerializer,
    }
    for path, serializer in described.items():
        assert set(api.get(path).data) == fields(serializer), path


def test_the_description_page_works_under_the_content_security_policy(alice: User, as_user: Any) -> None:
    page = as_user(alice).get(f"{ROOT}/docs/")
    assert page.status_code == 200
    assert b"<style" not in page.content
    assert page.content.count(b"<script") == page.content.count(b"<script src=")
    assert "unsafe" not in page["Content-Security-Policy"]
    script = as_user(alice).get(f"{ROOT}/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")
