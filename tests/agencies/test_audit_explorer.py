"""What an inspector can ask, and take away to check elsewhere."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies import actions, exporting, sealing
from agencies.audit import Act, AuditEvent, record_looks
from agencies.chains import Signer
from agencies.models import Agency, User
from agencies.permissions import Role
from agencies.visibility import Level
from cases.models import Case
from tests import factories

RECORD, PERSON, LEFT, EXPORT = (f"/agency/audit/{name}/" for name in ("record", "person", "left", "export"))


@pytest.fixture(autouse=True)
def _outside(tmp_path: Path, settings: Any) -> None:
    settings.AUDIT_SIGNING_KEY_FILE = str(tmp_path / "key")
    settings.AUDIT_HEADS_FILE = str(tmp_path / "heads.jsonl")


@pytest.fixture
def case(alice: User, anna: User, eastport: Agency) -> Case:
    case = factories.case(alice, "Cannery")
    actions.share(case, agency=eastport, level=Level.VIEW, reason="Joint inspection", by=anna)
    return case


def read(client: Any, path: str, **query: str) -> str:
    response = client.get(path, query)
    assert response.status_code == 200
    return str(response.content.decode())


# --- Who saw this record --------------------------------------------------------------------------------------


def test_the_owner_learns_who_of_whom_saw_the_record_and_who_was_refused_it(
    case: Case, anna: User, bob: User, charlie: User, as_user: Any
) -> None:
    assert as_user(bob).get(f"/cases/{case.pk}/").status_code == 200
    assert as_user(charlie).get(f"/cases/{case.pk}/").status_code == 404
    sealing.seal()
    html = read(as_user(anna), RECORD, record=case.reference)
    assert "Bob" in html
    assert "Eastport Prosecution" in html
    assert "Charlie" in html
    assert "tried to reach this" in html


def test_a_partner_and_an_outsider_learn_nothing_of_each_others_looks(
    case: Case, bea: User, bob: User, charlie: User, cora: User, as_user: Any
) -> None:
    as_user(bob).get(f"/cases/{case.pk}/")
    as_user(charlie).get(f"/cases/{case.pk}/")
    sealing.seal()
    for page in (RECORD, LEFT, "/agency/audit/"):
        theirs = read(as_user(cora), page, record=str(case.pk))
        assert not {"Bob", "Bea", "Eastport", "Northland", "Cannery"} & set(theirs.split())
        assert "Bob" not in theirs
        assert "Charlie" not in read(as_user(bea), page, record=str(case.pk))


def test_a_refusal_is_written_alike_for_a_hidden_record_and_one_that_never_was(
    case: Case, charlie: User, as_user: Any
) -> None:
    client, ghost = as_user(charlie), uuid.uuid4()
    counts = []
    for pk in (case.pk, ghost):
        with CaptureQueriesContext(connection) as asked:
            client.get(f"/cases/{pk}/")
        counts.append([query["sql"].replace(str(pk), "").split("VALUES")[0] for query in asked][-1:])
    assert counts[0] == counts[1]
    denied = AuditEvent.objects.filter(act=Act.DENIED).order_by("pk")
    assert [event.object_id for event in denied] == [case.pk, ghost]
    one, other = ((event.kind, event.agency_id, event.owner_id, event.facts) for event in denied)
    assert one == other


# --- What this person saw ---------------------------------------------------------------------------------------


def test_what_a_person_read_searched_and_was_refused(
    case: Case, alice: User, anna: User, as_user: Any
) -> None:
    client = as_user(alice)
    client.get(f"/cases/{case.pk}/")
    client.get("/search/", {"q": "Cannery row"})
    client.get("/agency/clients/")
    html = read(as_user(anna), PERSON, person=str(alice.pk))
    for said in (
        "viewed this case",
        "searched for “Cannery row”",
        "was refused a page (agencies:room-clients)",
        "signed in",
    ):
        assert said in html
    assert "Which person?" in read(as_user(anna), PERSON)


def test_the_words_of_a_search_stay_with_ones_own_agency(
    case: Case, bob: User, anna: User, as_user: Any
) -> None:
    as_user(bob).get("/search/", {"q": "Cannery -ringleader"})
    sealing.seal()
    for page in ("/agency/audit/", RECORD, LEFT):
        assert "ringleader" not in read(as_user(anna), page, record=str(case.pk))
        assert "ringleader" not in read(as_user(anna), EXPORT, question="left")
    assert AuditEvent.objects.filter(act=Act.VIEWED, object_id=case.pk, actor_id=bob.pk).exists()


# --- The door ---------------------------------------------------------------------------------------------------


def test_signing_in_failing_to_and_signing_out_are_on_record_without_what_was_typed(
    alice: User, client: Any
) -> None:
    alice.set_password(factories.PASSWORD)
    alice.save()
    for login, password in (
        (alice.email, "wrong horse"),
        ("ghost@nowhere.example", "x"),
        (alice.email, factories.PASSWORD),
    ):
        client.post("/account/login/", {"login": login, "password": password})
    client.post("/account/logout/")
    door = AuditEvent.objects.filter(act__in=("signed_in", "sign_in_failed", "signed_out")).order_by("pk")
    assert [(event.act, event.agency_id) for event in door] == [
        (Act.SIGN_IN_FAILED, alice.agency_id),
        (Act.SIGN_IN_FAILED, None),
        (Act.SIGNED_IN, alice.agency_id),
        (Act.SIGNED_OUT, alice.agency_id),
    ]
    assert {event.address for event in door} == {"127.0.0.1"}
    assert "horse" not in str(list(door.values()))
    assert "ghost" not in str(list(door.values()))


# --- What left the agency ---------------------------------------------------------------------------------------


def test_the_dissemination_report_tells_to_whom_when_why_and_on_what_basis(
    case: Case, bob: User, anna: User, eastport: Agency, as_user: Any
) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=62)):
        record_looks(Act.VIEWED, [case], by=factories.person("Oldman", eastport, Role.INVESTIGATOR))
    record_looks(Act.PULLED, [case], by=bob)
    client = as_user(anna)
    html = read(client, LEFT)
    for said in ("Bob", "pulled this case over the API", "shared this with Eastport Prosecution (view)",
                 "Joint inspection (Anna, "):  # fmt: skip
        assert said in html
    assert "Oldman" not in html
    assert "Oldman" in read(client, LEFT, since="2020-01-01")
    assert "Nothing left" in read(client, LEFT, since="2020-01-01", until="2020-02-01")


@pytest.mark.parametrize("path", [RECORD, PERSON, LEFT, EXPORT])
def test_only_those_who_read_the_audit_record_may_ask(path: str, alice: User, as_user: Any) -> None:
    assert as_user(alice).get(path).status_code == 404


# --- For an inspector -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def checker() -> ModuleType:
    """The script as an inspector has it: a file without Taskforce."""
    path = Path(django_settings.BASE_DIR) / "docs" / "how-tos" / "check_audit_export.py"
    spec = importlib.util.spec_from_file_location("check_audit_export", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_rows_with_proofs_are_checked_without_us_and_any_change_is_found(
    case: Case, bob: User, alice: User, anna: User, as_user: Any, settings: Any, checker: ModuleType
) -> None:
    for _ in range(3):
        record_looks(Act.VIEWED, [case], by=bob, level="View")
        factories.lead(alice)
        sealing.seal()
    lines = read(as_user(anna), EXPORT, question="left", **{"as": "jsonl"}).splitlines()
    key = Signer(Path(settings.AUDIT_SIGNING_KEY_FILE)).public
    assert checker.check(lines, key).startswith("4 rows of Northland Police are as they were sealed")
    rows = [json.loads(line) for line in lines[1:] if '"row"' in line]
    assert {line["row"]["act"] for line in rows} == {"shared", "viewed"}
    assert all("address" not in line["row"] for line in rows if line["row"]["name"] == "Bob")
    for changed in (
        [line.replace('"Bob"', '"Rob"') for line in lines],
        [line for line in lines if line != lines[3]],
        lines[:-1],
        [line for line in lines if '"head"' not in line],
    ):
        with pytest.raises(ValueError, match=r"."):
            checker.check(changed, key)
    with pytest.raises(ValueError, match="not of this key"):
        checker.check(lines, Signer(Path(settings.AUDIT_SIGNING_KEY_FILE + "2")).public)


def test_the_table_names_each_row_and_no_cell_is_a_formula(
    case: Case, anna: User, eastport: Agency, as_user: Any
) -> None:
    actions.share(case, agency=eastport, level=Level.VIEW, reason="=HYPERLINK(evil)", by=anna)
    sealing.seal()
    rows = list(csv.DictReader(io.StringIO(read(as_user(anna), EXPORT, question="left"))))
    assert [row["Reason"] for row in rows] == ["Joint inspection", "'=HYPERLINK(evil)"]
    assert rows[0]["Record"] == "Cannery"
    assert all(row["Hash"] and row["Chain row"].isdigit() for row in rows)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", " =1"])
def test_a_cell_is_text_whatever_it_begins_with(cell: str) -> None:
    assert exporting.safe(cell) == f"'{cell}"


@pytest.mark.parametrize("between", [";", "; ", "\n", "\t", "\r\n"])
def test_nor_does_a_formula_begin_where_a_spreadsheet_splits_the_cell(between: str) -> None:
    assert exporting.safe(f"seen{between}=1+1, 3-4; then home") == f"seen{between}'=1+1, 3-4; then home"


def test_a_download_is_on_record_and_a_too_long_one_is_refused_with_what_to_do(
    case: Case, anna: User, as_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_user(anna)
    read(client, EXPORT, question="all")
    assert AuditEvent.objects.filter(act=Act.EXPORTED, actor_id=anna.pk).exists()
    monkeypatch.setattr(exporting, "MOST_ROWS", 1)
    for form in ("csv", "jsonl"):
        refused = client.get(EXPORT, {"question": "all", "as": form}, follow=True)
        assert "Choose a shorter time" in refused.content.decode()


# --- Cost ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [RECORD, PERSON, LEFT])
def test_a_page_asks_the_database_as_often_for_many_rows_as_for_few(
    path: str, case: Case, anna: User, bob: User, as_user: Any
) -> None:
    client, query = as_user(anna), {"record": str(case.pk), "person": str(anna.pk)}

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            read(client, path, **query)
        return len(asked)

    def look(times: int, by: Callable[[], User]) -> None:
        for _ in range(times):
            record_looks(Act.VIEWED, [case], by=by())

    look(3, lambda: bob)
    look(3, lambda: anna)
    cost()
    few = cost()
    look(30, lambda: bob)
    look(30, lambda: anna)
    assert cost() == few


def test_a_page_of_older_entries_does_not_tell_how_much_all_agencies_do(
    case: Case, anna: User, as_user: Any
) -> None:
    for _ in range(60):
        record_looks(Act.VIEWED, [case], by=anna)
    client = as_user(anna)
    response = client.get("/agency/audit/")
    older = response.context["page"].older
    assert "before=" in older
    page = client.get(f"/agency/audit/{older}").context["page"]
    first = {event.pk for event in response.context["page"].rows}
    assert page.rows
    assert not first & {event.pk for event in page.rows}
    assert client.get("/agency/audit/?before=MTIzfDQ1Ng").context["page"].rows[0].pk in first
