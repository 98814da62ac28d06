"""Readers and writers at once, over real connections and commits: no row missed, none repeated, nothing done twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction

from agencies import actions, jobs
from agencies.models import Agency, User
from agencies.visibility import Level
from intel.models import Lead
from tests import factories
from tests.api_client import Api

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 60  # seconds; other work on the same database server may hold older transactions open


@pytest.fixture(autouse=True)
def _silent_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "ring", lambda job: False)


@pytest.fixture
def api(bob_api: User) -> Api:
    return Api(bob_api)


def share(by: User, to: Agency, title: str) -> Lead:
    lead = factories.lead(by, title)
    actions.share(lead, agency=to, level=Level.VIEW, reason="joint work", by=by)
    return lead


def in_thread(work: Callable[[], Any]) -> Callable[[], Any]:
    """`work`, with the thread's own connection closed behind it."""

    def run() -> Any:
        try:
            return work()
        finally:
            connection.close()

    return run


def pull_until(api: Api, cursor: str | None, is_enough: Callable[[list[str]], bool]) -> tuple[list[str], str]:
    """Come back with the kept cursor until enough has come, as a partner's program does."""
    titles: list[str] = []
    end = time.monotonic() + PATIENCE
    while True:
        rows, cursor = api.pull("/leads/", cursor, limit=2)
        titles += [row["title"] for row in rows]
        if is_enough(titles) or time.monotonic() > end:
            return titles, cursor
        time.sleep(0.01)


def test_what_commits_late_is_not_jumped_over(api: Api, alice: User, eastport: Agency) -> None:
    """The older transaction commits last. A feed ordered by commit-blind numbers or clocks would lose its row."""
    begun, may_commit = Event(), Event()

    def write_slowly() -> None:
        with transaction.atomic():
            share(alice, eastport, "Old, late")
            begun.set()
            may_commit.wait(PATIENCE)

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(in_thread(write_slowly))
        begun.wait(PATIENCE)
        share(alice, eastport, "Young, early")
        early, cursor = api.pull("/leads/")
        may_commit.set()
        slow.result()
    assert early == []  # the younger row waits for the older one
    titles, _ = pull_until(api, cursor, lambda titles: len(titles) >= 2)
    assert titles == ["Old, late", "Young, early"]


def test_a_reader_misses_nothing_and_repeats_nothing_while_others_write(
    api: Api, alice: User, eastport: Agency
) -> None:
    writers, each = 4, 6
    seeds = random.Random(7)

    def write(writer: int, delays: list[float]) -> None:
        for number, delay in enumerate(delays):
            with transaction.atomic():
                share(alice, eastport, f"{writer}-{number}")
                time.sleep(delay)

    with ThreadPoolExecutor(writers) as pool:
        plans = [[seeds.uniform(0, 0.1) for _ in range(each)] for _ in range(writers)]
        writing = [
            pool.submit(in_thread(lambda w=w, plan=plan: write(w, plan))) for w, plan in enumerate(plans)
        ]
        titles, _ = pull_until(api, None, lambda titles: len(titles) >= writers * each)
        for done in writing:
            done.result()
    assert Counter(titles) == {f"{w}-{n}": 1 for w in range(writers) for n in range(each)}


def test_a_changed_row_comes_again_and_only_that_one(api: Api, alice: User, eastport: Agency) -> None:
    first = share(alice, eastport, "First")
    share(alice, eastport, "Second")
    _, cursor = pull_until(api, None, lambda titles: len(titles) >= 2)
    actions.revoke(first, agency=eastport, reason="by mistake", by=alice)
    actions.share(first, agency=eastport, level=Level.VIEW, reason="again", by=alice)
    titles, cursor = pull_until(api, cursor, bool)
    assert titles == ["First"]
    assert api.pull("/leads/", cursor) == ([], cursor)


def test_the_same_key_at_the_same_moment_is_done_once(bob_api: User) -> None:
    facts = {"title": "Once", "narrative": "Seen."}
    apis = [Api(bob_api) for _ in range(6)]
    with ThreadPoolExecutor(len(apis)) as pool:
        posts = [pool.submit(in_thread(lambda api=api: api.post("/leads/", facts, key="k1"))) for api in apis]
        answers = [post.result() for post in posts]
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert Lead.objects.count() == 1


def test_two_editors_at_the_same_moment_cannot_both_win(bob_api: User) -> None:
    api = Api(bob_api)
    facts = {"title": "Lead", "narrative": "Seen."}
    lead = api.post("/leads/", facts).data
    edits = [{**facts, "title": title, "version": lead["version"]} for title in ("One", "Other")]
    with ThreadPoolExecutor(2) as pool:
        puts = [
            pool.submit(in_thread(lambda edit=edit: api.put(f"/leads/{lead['id']}/", edit))) for edit in edits
        ]
        answers = sorted((put.result() for put in puts), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[1].data["current"]["title"] == answers[0].data["title"]
