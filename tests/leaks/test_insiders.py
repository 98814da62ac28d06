"""Nobody of one's own house learns more either: what is kept from a colleague changes not one byte of their pages."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from agencies import actions, canaries
from agencies.audit import Act
from agencies.models import Agency, User
from agencies.permissions import Role
from agencies.visibility import Level
from cases import actions as case_actions
from intel import actions as intel_actions
from intel.matching import engine
from intel.models import HitNotice, Lead
from tests import factories
from tests.leaks.test_noninterference import WITH_ID, WITHOUT_ID, difference, leaked, snapshot
from tests.leaks.world import CANARY, PHONE, Files, ask, keep_files

OPENED = {"intel.lead", "cases.case"}


@pytest.fixture(autouse=True)
def _one_moment() -> Iterator[None]:
    with time_machine.travel("2026-11-22T08:00:00Z", tick=False):
        yield


@pytest.fixture
def arno(northland: Agency) -> User:
    return factories.person("Arno", northland, Role.SUPERVISOR)


@pytest.fixture
def own(alice: User, arno: User, bob: User) -> Files:
    """What Arno may see, and a record of Eastport's that will match what he may not."""
    engine.match(factories.lead(bob, phone=PHONE).pk)
    return keep_files(alice, arno, "Ourown", phone=PHONE)


def hide(alice: User, anna: User, arno: User, eastport: Agency, bob: User, *, walled: bool) -> None:
    """A lead and a case that match Arno's own, shared and worked on, and kept from him."""
    kept: dict[str, Any] = (
        {"named": None, "walled": [arno]} if walled else {"named": [alice, anna], "walled": []}
    )
    who = factories.subject(f"{CANARY} Sample", phone=PHONE)
    lead = factories.lead(alice, f"{CANARY} lead", narrative=f"{CANARY} narrative", subjects=(who,))
    case = factories.case(anna, f"{CANARY} case", summary=f"{CANARY} summary")
    for row in (lead, case):
        actions.restrict(row, reason=f"{CANARY} reason", by=anna, **kept)
    engine.match(lead.pk)
    theirs = Lead.objects.get(agency=eastport)
    ask(theirs.notices.filter(agency=eastport).get(hit__notices__own_lead=lead), bob)
    for notice in HitNotice.objects.filter(own_lead=lead, agency=lead.agency):
        intel_actions.judge_hit(notice, verdict="same", reason=CANARY, by=alice)
    intel_actions.attach_lead(case, lead, by=anna)
    case_actions.assign_case(case, agency=eastport, part="support", reason=f"{CANARY} part", by=anna)
    case_actions.write_note(case, text=f"{CANARY} note", by=alice)
    case_actions.set_task(case, title=f"{CANARY} task", by=alice)


@pytest.mark.django_db(transaction=True)
def test_a_colleagues_answers_do_not_change_when_kept_rows_appear(
    own: Files, alice: User, anna: User, arno: User, bob: User, eastport: Agency
) -> None:
    paths = [route.fill(uuid.UUID(int=0)) for route in WITHOUT_ID]
    paths += [
        route.fill(pk, label)
        for route in WITH_ID
        for label, pk in own.rows
        if label in OPENED and label.split(".")[1] in route.path
    ]
    paths += [f"/search/?q={CANARY}", f"/leads/?view=all&q={CANARY}", f"/hits/?q={CANARY}"]
    # Of a record that is closed to all but named people the agency's programs get a tombstone, and nothing else: its
    # own test is `test_a_restricted_record_leaves_every_feed_and_comes_back`.
    paths = [path for path in paths if not path.startswith("/api/v1/")]
    before = snapshot(arno, paths)
    for walled in (False, True):
        hide(alice, anna, arno, eastport, bob, walled=walled)
    after = snapshot(arno, paths)
    assert [
        difference(path, before[path], after[path]) for path in paths if before[path] != after[path]
    ] == []
    assert not leaked(after)
    assert len(leaked(snapshot(alice, ["/leads/?view=all", "/cases/", f"/search/?q={CANARY}"]))) == 3


@pytest.mark.django_db(transaction=True)
def test_a_canary_and_its_alarms_change_no_answer_of_whoever_does_not_keep_it(
    anna: User, arno: User, ada: User, bob: User, eastport: Agency
) -> None:
    lead = factories.lead(anna, f"{CANARY} decoy", subjects=(factories.subject(f"{CANARY} Sample"),))
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint work", by=anna)
    rows = [("intel.lead", lead.pk), ("intel.subject", lead.subjects.get().pk)]
    plain = [route.fill(uuid.UUID(int=0)) for route in WITHOUT_ID] + [f"/search/?q={CANARY}"]
    paths = plain + [
        route.fill(pk, label)
        for route in WITH_ID
        for label, pk in rows
        if "label" in route.converters or label.split(".")[1] in route.path
    ]
    paths = [path for path in paths if not path.startswith("/api/v1/")]
    before = {viewer: snapshot(viewer, paths) for viewer in (arno, ada, bob)}
    canaries.set_canary(lead, reason=f"{CANARY} reason", by=anna)
    canaries.watch(Act.VIEWED, [lead], bob, {})
    assert any("Bob" in str(said) for said in snapshot(anna, ["/desk/alarms/"]).values())
    for viewer, was in before.items():
        now = snapshot(viewer, paths)
        assert [difference(path, was[path], now[path]) for path in paths if was[path] != now[path]] == []
