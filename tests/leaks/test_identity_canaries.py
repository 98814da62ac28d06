"""A canary in every field of an identity stands nowhere else: pages, API, search, exports, tables, Valkey, mail, logs."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.views.debug import ExceptionReporter

from agencies.models import Agency, User
from agencies.permissions import Role
from tests.api_client import token_of
from tests.factories import person
from tests.factories.identities import identity, victim
from tests.leaks.outside import all_that_is_said, everything_in_redis
from tests.leaks.world import routes, sign_in
from victims import sealing
from victims.models import FIELDS, VictimIdentity

pytestmark = pytest.mark.django_db
WORD = "Quetzalname"
WHO = {field: f"{WORD} {field} 77231{number}" for number, field in enumerate(FIELDS)} | {
    "birth_date": "1987-03-19"
}
CANARIES = (WORD.lower(), "1987-03-19", "77231")
WHY = {"purpose": "care", "words": "The doctor asks."}


@pytest.fixture
def dora(harbour: Agency) -> User:
    return person("Dora", harbour, Role.PROTECTION_OFFICER)


def told(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text.lower()]


def write_look_and_change(nora: User, dora: User) -> VictimIdentity:
    """The whole life of an identity, by its pages, with a conflict, a refusal and somebody alike."""
    browser, who = sign_in(nora), victim(nora)
    assert browser.post(f"/victims/{who.pk}/identify/", {**WHO, "birth_date": "x"}).status_code == 422
    assert browser.post(f"/victims/{who.pk}/identify/", {**WHO, "deputy": dora.pk}).status_code == 302
    held = VictimIdentity.objects.get()
    url = f"/victims/identities/{held.pk}/"
    assert (
        browser.post(f"/victims/{victim(nora).pk}/identify/", {**WHO, "deputy": dora.pk}).status_code == 422
    )
    for field in FIELDS:
        assert told(browser.post(f"{url}look/", {**WHY, "field": field}).content.decode())
    assert browser.post(f"{url}edit/", {"statement": WHO["statement"], "version": 1}).status_code == 302
    assert browser.post(f"{url}edit/", {"statement": WHO["statement"], "version": 1}).status_code == 422
    held.refresh_from_db()
    return held


def crawl(people: list[User], held: VictimIdentity) -> tuple[list[str], int]:
    """Every route as everybody, by the ids of the identity and of its victim, the looks that are granted left out."""
    wrong, asked = [], 0
    for by in people:
        client, headers = Client(raise_request_exception=False), {}
        if by.is_service:
            headers = {"Authorization": f"Bearer {token_of(by)}"}
        else:
            client = sign_in(by)
        for route in routes():
            label = "<str:label>" in route.path or route.path.startswith("/victims/<")
            for pk in [held.victim_id if label else held.pk] if "logout" not in route.path else []:
                path = route.fill(pk)
                with transaction.atomic():
                    said = client.get(path, headers=headers)
                    body = b"".join(said.streaming_content) if said.streaming else said.content
                    transaction.set_rollback(True)
                asked += 1
                if found := told(f"{said.headers}{body.decode(errors='replace')}"):
                    wrong.append(f"{by} at {path}: {said.status_code} {found}")
    return wrong, asked


def test_every_field_stands_in_the_answer_to_a_granted_look_and_nowhere_else(
    nora: User, dora: User, harbour: Agency, anna: User
) -> None:
    with all_that_is_said() as said:
        held = write_look_and_change(nora, dora)
    roles = (
        Role.SUPERVISOR,
        Role.AGENCY_ADMINISTRATOR,
        Role.AUDITOR,
        Role.INVESTIGATOR,
        Role.SERVICE_ACCOUNT,
    )
    team = [person(f"A {role}", harbour, role) for role in roles]
    root = User.objects.create_superuser("root@nowhere.example", name="root", role=Role.SUPERVISOR)
    root.agency = harbour
    root.save()
    wrong, asked = crawl([nora, root, *team], held)
    for by in (nora, dora, anna):
        for path in (
            f"/search/?q={WORD}",
            f"/agency/audit/?q={WORD}",
            "/search/?q=1987-03-19&in=subjects",
        ):
            page = sign_in(by).get(path).content.decode()
            assert told(page.replace(WORD, "").replace(WORD.lower(), "").replace("1987-03-19", "")) == []
    assert wrong == []
    assert asked > 1_000
    for outside in (said.getvalue(), everything_in_redis(), str([each.message() for each in mail.outbox])):
        assert told(outside.replace(f"q={WORD}", "")) == []


def test_a_plain_dump_of_every_table_holds_none_in_the_clear(
    nora: User, dora: User, northland: Agency
) -> None:
    held = write_look_and_change(nora, dora)
    assert told(sealing.open_field(held, "name"))  # it is held, and only there
    otto, ina = (person(name, northland, Role.PROTECTION_OFFICER) for name in ("Otto", "Ina"))
    identity(otto, ina, **WHO)  # somebody alike elsewhere: pointers, notices
    found, tables = [], 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            with cursor.copy(f"COPY (SELECT * FROM {table}) TO STDOUT") as rows:  # type: ignore[attr-defined]
                text = b"".join(bytes(row) for row in rows)
            tables += 1
            # PostgreSQL writes binary columns as hexadecimal digits.
            hexes = [canary.encode().hex() for canary in (WORD, "1987-03-19", "77231")]
            if told(text.decode(errors="replace")) or any(each in text.decode() for each in hexes):
                found.append(table)
    assert found == []
    assert tables > 60


def test_what_is_sent_to_a_locked_session_does_not_wait_in_it(nora: User, dora: User) -> None:
    browser, who = sign_in(nora), victim(nora)
    browser.post("/account/lock/")
    answer = browser.post(f"/victims/{who.pk}/identify/", {**WHO, "deputy": dora.pk})
    assert answer.status_code == 302
    assert told(str(dict(browser.session))) == []
    assert "session_kept" not in browser.session
    browser.post("/victims/new/", {"age_band": "9-17"})
    assert "session_kept" in browser.session


@pytest.mark.parametrize("broken", ["seal", "_open"])
def test_a_report_of_a_fault_quotes_nothing_of_it(
    nora: User, dora: User, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, client = write_look_and_change(nora, dora), sign_in(nora)
    opens = sealing._open

    def fails(*values: Any) -> Any:
        text = opens(*values) if broken == "_open" else values[1]
        raise RuntimeError(f"{len(text)} letters")

    monkeypatch.setattr(sealing, broken, fails)
    reports: list[str] = []
    monkeypatch.setattr(
        "django.core.handlers.exception.log_response",
        lambda *_, exception=None, request=None, **__: reports.append(report(request, exception)),
    )
    with all_that_is_said() as said, transaction.atomic():
        path = "edit" if broken == "seal" else "look"
        answer = client.post(f"/victims/identities/{held.pk}/{path}/",
                             {**WHO, **WHY, "field": "statement", "version": held.version})  # fmt: skip
    assert answer.status_code == 500
    assert told(answer.content.decode()) == told(said.getvalue()) == []
    assert len(reports) == 1
    assert "RuntimeError" in reports[0]
    assert told(reports[0]) == []


def report(request: Any, exception: Any) -> str:
    """What a report of errors would send: text and page, with the variables of every frame."""
    assert not settings.DEBUG
    reporter = ExceptionReporter(request, type(exception), exception, exception.__traceback__)
    return reporter.get_traceback_text() + reporter.get_traceback_html()
