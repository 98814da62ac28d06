"""Much that one agency does changes not one byte for another, on no surface; and nothing of it leaves the database."""

from __future__ import annotations

import io
import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app
from django.core import mail
from django.db import transaction

from agencies.jobs import Job
from intel.models import LinkError
from tests.leaks.gate import without_either
from tests.leaks.matrix import Matrix
from tests.leaks.operations import WITHOUT_A_ROW
from tests.leaks.outside import all_that_is_said, everything_in_redis, temporary_files
from tests.leaks.stage import WORD
from tests.leaks.test_noninterference import difference
from tests.leaks.volume import SECRET, Busy
from tests.leaks.world import answer, routes

pytestmark = [pytest.mark.django_db, pytest.mark.release]
CHANGES = int(os.environ.get("LEAK_CHANGES", "500"))
LOOKERS = ("S.supervisor", "S.agency_administrator", "S.service_account")
QUERIES = ("?q={0}&search={0}", f"?q={WORD}&limit=2", "?view=all&state=all&list=published&side=ours")
LISTS = {"/leads/", "/cases/", "/hits/", "/search/", "/disclosures/", "/releases/", "/linking/protected/", "/agency/audit/",
         "/api/v1/leads/", "/api/v1/subjects/", "/api/v1/cases/", "/api/v1/tasks/", "/api/v1/hit-notices/"}  # fmt: skip
ENDED = ("logout", "/account/login/", "schema", "/api/v1/docs/", "/api/v1/token/")


def paths() -> Iterator[tuple[str, bool]]:
    """Each page, and the lists among them also when they are searched and as the fragment of a page."""
    for path in sorted({route.path for route in routes()} & WITHOUT_A_ROW):
        if "<" not in path and not any(each in path for each in ENDED):
            yield path, False
        if path in LISTS:
            yield path, True
            yield from ((path + query.format(SECRET), False) for query in QUERIES)


def own_pages(matrix: Matrix) -> Iterator[str]:
    lead, case = (matrix.stage.row(f"{kind} plain S").pk for kind in ("lead", "case"))
    parts = ("", "hits/", "cases/", "origins/", "subjects/", "matching/")
    yield from (f"/leads/{lead}/{part}" for part in parts)
    parts = ("", "tasks/", "notes/", "agencies/", "leads/", "subjects/", "hits/", "assign/")
    yield from (f"/cases/{case}/{part}" for part in parts)
    for label, pk in (("intel.lead", lead), ("cases.case", case)):
        yield from (f"/sharing/{label}/{pk}/", f"/sharing/{label}/{pk}/share/", f"/history/{label}/{pk}/")
    yield from (f"/leads/{matrix.stage.row('lead plain N').pk}/", "/nowhere/", "/api/v1/nowhere/")


def snapshot(
    matrix: Matrix, lookers: tuple[str, ...] = LOOKERS
) -> dict[tuple[str, str, bool], tuple[Any, ...]]:
    """Every surface as each of the lookers gets it, whole or as a fragment; what looking leaves is taken back.

    The audit record is asked first, before it tells of this very look.
    """
    asked = [*paths(), *((path, alone) for path in own_pages(matrix) for alone in (False, True))]
    asked.sort(key=lambda each: "/audit/" not in each[0])
    found = {}
    for who in lookers:
        client, headers = matrix.client(who)
        with transaction.atomic():
            for path, alone in asked:
                sent = {**headers, **({"HX-Request": "true"} if alone else {})}
                found[who, path, alone] = answer(client, "get", path, headers=sent)
            transaction.set_rollback(True)
    return found


def test_five_hundred_changes_are_not_one_byte_for_another_agency(
    matrix: Matrix,
    dice: random.Random,
    django_capture_on_commit_callbacks: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rung: list[tuple[Any, ...]] = []
    monkeypatch.setattr(current_app, "send_task", lambda *args, **more: rung.append((args, more)))
    before = snapshot(matrix)
    busy = Busy(matrix.stage, dice)
    with all_that_is_said() as said, django_capture_on_commit_callbacks(execute=True):
        busy.work(CHANGES)
    after = snapshot(matrix)
    changed = [
        f"{key}: {difference(key[1], before[key], after[key])}" for key in before if before[key] != after[key]
    ]
    assert changed == []
    assert len(busy.done) > 12, busy.done
    assert len(before) > 400
    held_back(said, rung)
    with without_either():  # the positive control: the same look sees them then
        told = [
            text
            for key, text in snapshot(matrix, LOOKERS[:1]).items()
            if SECRET in str(text) and "?q=" not in key[1]
        ]
    assert len(told) > 5


def held_back(said: io.StringIO, rung: list[tuple[Any, ...]]) -> None:
    """No log line, task argument, job row, mail, temporary file or key of the broker holds anything of it."""
    assert SECRET not in said.getvalue()
    assert rung
    assert SECRET not in str(rung)
    assert all(isinstance(each, str) and len(each) == 36 for args, more in rung for each in more["args"])
    assert SECRET not in str(list(Job.objects.values_list("kind", "error")))
    assert SECRET not in str(list(LinkError.objects.values_list("problem")))
    assert mail.outbox == []
    assert SECRET not in everything_in_redis()
    assert [str(path) for path in temporary_files() if SECRET.encode() in path.read_bytes()] == []
