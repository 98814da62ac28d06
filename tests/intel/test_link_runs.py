"""Long linking work: chunks that survive their workers, and pages that tell each agency its own part alone."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from celery import current_app
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone

from agencies import audit
from agencies.audit import Act, AuditEvent
from agencies.models import User
from agencies.policies import NotPermitted, Refused
from intel import actions
from intel.matching import engine, relinking, run_steps, runs
from intel.models import HitNotice, LinkChange, LinkChunk, LinkError, LinkRun, LinkTally, MatchRecord
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = "+1 404 555 0134"
S = LinkRun.State


@pytest.fixture(autouse=True)
def bells(monkeypatch: pytest.MonkeyPatch) -> list[list[Any]]:
    """What the broker was asked to ring for runs."""
    rung: list[list[Any]] = []

    def send(task: str, args: list[Any], **options: Any) -> None:
        if task == runs.TASK:
            rung.append(args)

    monkeypatch.setattr(current_app, "send_task", send)
    return rung


@pytest.fixture
def pair(alice: User, bob: User) -> None:
    """Two indexed leads of two agencies that share a phone, and were never linked."""
    for by in (alice, bob):
        engine.index(factories.lead(by, phone=PHONE))


def never() -> bool:
    return False


def at_once() -> bool:
    return True


def finish(run: LinkRun) -> LinkRun:
    assert runs.work(run, stop=never) == runs.Next.OVER
    run.refresh_from_db()
    return run


# --- What a run does ----------------------------------------------------------------------------------


def test_a_relink_of_everything_finds_what_was_missed_and_tells_each_side(
    pair: None, anna: User, bea: User
) -> None:
    run = finish(actions.start_run(by=None))
    assert run.state == S.FINISHED
    for reader in (anna, bea):
        assert [change.what for change in LinkChange.objects.visible_to(reader).filter(run=run)] == ["new"]


def test_a_second_run_changes_nothing(pair: None) -> None:
    finish(actions.start_run(by=None))
    again = finish(actions.start_run(by=None))
    assert not again.changes.exists()
    assert HitNotice.objects.count() == 2


def test_an_agency_relinks_its_own_leads_against_everything(
    pair: None, anna: User, alice: User, bea: User
) -> None:
    run = finish(actions.start_run(by=anna))
    assert run.agency == anna.agency
    assert set(LinkTally.objects.values_list("agency", flat=True)) == {anna.agency_id}
    assert LinkChange.objects.visible_to(anna).filter(run=run).count() == 1


def test_a_hit_that_no_longer_holds_is_told_as_withdrawn(pair: None, anna: User, alice: User) -> None:
    finish(actions.start_run(by=None))
    lead = MatchRecord.objects.get(agency=alice.agency).lead
    lead.identifiers.update(value="+14045550199", display="+1 404 555 0199")
    engine.index(lead)
    run = finish(actions.start_run(by=anna))
    assert [change.what for change in LinkChange.objects.visible_to(anna).filter(run=run)] == ["withdrawn"]


# --- Bells, claims, leases ----------------------------------------------------------------------------


def test_starting_twice_is_one_run(pair: None, anna: User) -> None:
    assert actions.start_run(by=anna) == actions.start_run(by=anna)
    assert actions.start_run(by=None) != actions.start_run(by=anna)
    assert LinkRun.objects.count() == 2


@pytest.fixture
def run(pair: None) -> LinkRun:
    """A planned run of two chunks, one for each of two records."""
    run = actions.start_run(by=None)
    runs._set_going(run)
    run.chunks.all().delete()
    for record in MatchRecord.objects.order_by("number"):
        LinkChunk.objects.create(run=run, work="relink", first=record.number, last=record.number)
    return run


def test_each_chunk_is_held_by_one_worker(run: LinkRun) -> None:
    first, second, third = runs.claim(run), runs.claim(run), runs.claim(run)
    assert first is not None
    assert second is not None
    assert first.pk != second.pk
    assert third is None
    assert runs.work(run, stop=never) == runs.Next.WAIT


def test_the_chunk_of_a_killed_worker_is_taken_over_after_its_lease(run: LinkRun) -> None:
    killed = runs.claim(run)
    assert killed is not None
    with time_machine.travel(timezone.now() + run_steps.LEASE + timedelta(seconds=1)):
        assert finish(run).state == S.FINISHED
    assert HitNotice.objects.count() == 2


def test_a_worker_that_lost_its_lease_keeps_nothing(run: LinkRun) -> None:
    slow = runs.claim(run)
    assert slow is not None
    LinkChunk.objects.filter(pk=slow.pk).update(holder=uuid.uuid4())
    with pytest.raises(run_steps.LostLeaseError):
        run_steps.step(slow)
    assert not LinkChange.objects.exists()
    assert not HitNotice.objects.exists()


def test_a_later_phase_waits_for_all_of_the_earlier_one(run: LinkRun) -> None:
    LinkChunk.objects.filter(pk=run.chunks.order_by("-pk")[0].pk).update(phase=1)
    assert runs.claim(run) is not None
    assert runs.claim(run) is None


def test_a_bell_works_for_a_while_and_rings_itself_again(
    run: LinkRun, bells: list[list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    bells.clear()
    monkeypatch.setattr(runs, "SLICE", -1.0)
    assert runs.answer(run.pk, run.bell) == runs.Next.MORE
    assert bells == [[str(run.pk), run.bell]]
    assert runs.answer(run.pk, run.bell) == runs.Next.MORE
    assert runs.answer(run.pk, run.bell) == runs.Next.OVER
    assert LinkRun.objects.get().state == S.FINISHED


def test_lost_bells_are_replaced_and_late_ones_do_nothing(run: LinkRun, bells: list[list[Any]]) -> None:
    assert runs.ring_still() == 0
    bells.clear()
    with time_machine.travel(timezone.now() + runs.STILL_AFTER + timedelta(seconds=1)):
        assert runs.ring_still() == 1
    assert bells
    assert bells[0] == [str(run.pk), run.bell + 1]
    assert runs.answer(run.pk, run.bell) == runs.Next.OVER
    assert not run.chunks.filter(state="done").exists()


def test_a_dead_broker_loses_no_run(pair: None, anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(current_app, "send_task", refuse)
    assert actions.start_run(by=anna).state == S.WAITING


# --- Pause, resume, cancel ----------------------------------------------------------------------------


def test_a_paused_run_goes_on_where_it_stopped(run: LinkRun) -> None:
    assert runs.work(run, stop=at_once) == runs.Next.MORE
    actions.pause_run(run, by=None)
    assert runs.work(run, stop=never) == runs.Next.OVER
    assert run.chunks.filter(state="done").count() == 1
    actions.resume_run(LinkRun.objects.get(), by=None)
    assert finish(LinkRun.objects.get()).state == S.FINISHED


def test_a_cancelled_run_never_moves_again(run: LinkRun) -> None:
    actions.cancel_run(run, by=None)
    assert runs.work(run, stop=never) == runs.Next.OVER
    assert not run.chunks.filter(state="done").exists()
    with pytest.raises(Refused, match="cancelled"):
        actions.resume_run(run, by=None)


def test_an_agency_cannot_halt_the_installations_run(run: LinkRun, anna: User) -> None:
    for verb in (actions.pause_run, actions.cancel_run):
        with pytest.raises(NotPermitted):
            verb(run, by=anna)


def test_only_supervisors_and_administrators_run_links(pair: None, alice: User, ada: User) -> None:
    with pytest.raises(NotPermitted):
        actions.start_run(by=alice)
    run = actions.start_run(by=ada)
    actions.cancel_run(run, by=ada)
    said = AuditEvent.objects.filter(kind="intel.linkrun", agency_id=ada.agency_id).values_list(
        "act", flat=True
    )
    assert sorted(said) == [Act.MOVED, Act.OPENED]
    assert audit.AuditEvent.objects.of_agency(ada).filter(object_id=run.pk).count() == 2


# --- Errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("work", ["relink", "relink_agency"])
def test_a_chunk_that_fails_is_halved_until_the_lead_is_named_and_holds_up_nothing(
    work: str, pair: None, alice: User, anna: User, bea: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = factories.lead(alice, phone="+1 404 555 0199")
    engine.index(bad)
    number, link = bad.match_records.get().number, getattr(relinking, work)

    def refuse(*args: Any) -> Any:
        first, last = next(each for each in args if isinstance(each, tuple))
        if first <= number <= last:
            raise ValueError("secret content")
        return link(*args)

    monkeypatch.setattr(relinking, work, refuse)
    run = finish(actions.start_run(by=anna if work == "relink_agency" else None))
    error = LinkError.objects.get()
    assert (run.state, error.lead, error.problem) == (S.FINISHED, bad, "ValueError")
    assert HitNotice.objects.count() == 2
    assert LinkError.objects.visible_to(anna).exists()
    assert not LinkError.objects.visible_to(bea).exists()


def test_trouble_of_the_database_is_no_error_of_a_lead(
    run: LinkRun, bells: list[list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def deadlock(chunk: LinkChunk) -> None:
        raise OperationalError("deadlock detected")

    with monkeypatch.context() as broken:
        broken.setattr(runs, "step", deadlock)
        with pytest.raises(OperationalError):
            runs.answer(run.pk, run.bell)
    assert bells[-1] == [str(run.pk), run.bell]
    assert finish(run).state == S.FINISHED
    assert not LinkError.objects.exists()


def test_a_chunk_that_kills_its_workers_is_passed_over(run: LinkRun) -> None:
    run.chunks.update(attempts=run_steps.MOST_ATTEMPTS)
    assert finish(run).state == S.FINISHED
    assert set(LinkError.objects.values_list("problem", flat=True)) == {"WorkerLost"}


# --- Who sees what ------------------------------------------------------------------------------------


def test_a_run_of_an_agency_is_nobody_elses(pair: None, anna: User, bea: User, as_user: Any) -> None:
    run = finish(actions.start_run(by=anna))
    assert (
        reverse("intel:run-detail", args=[run.pk])
        in as_user(anna).get(reverse("intel:run-list")).content.decode()
    )
    page = as_user(bea)
    assert str(run.pk) not in page.get(reverse("intel:run-list")).content.decode()
    for name in ("run-detail", "run-changes"):
        assert page.get(reverse(f"intel:{name}", args=[run.pk])).status_code == 404
    for name in ("run-pause", "run-resume", "run-cancel"):
        assert page.post(reverse(f"intel:{name}", args=[run.pk])).status_code == 404


def test_investigators_do_not_meet_runs(pair: None, alice: User, anna: User, as_user: Any) -> None:
    run = finish(actions.start_run(by=anna))
    for path in (reverse("intel:run-list"), reverse("intel:run-detail", args=[run.pk])):
        assert as_user(alice).get(path).status_code == 404
    assert as_user(alice).post(reverse("intel:run-start")).status_code == 404


def test_of_a_run_over_all_agencies_nobody_sees_anything_neither_while_it_goes_on_nor_later(
    pair: None, anna: User, cora: User, bea: User, as_user: Any
) -> None:
    def told(reader: User) -> list[str]:
        paths = [reverse("intel:run-list"), reverse("intel:run-list") + "?since=0", reverse("agencies:room")]
        pages = [as_user(reader).get(path).content.decode() for path in paths]
        return [re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page) for page in pages]

    with time_machine.travel("2026-11-22T08:00:00Z", tick=False):
        before = told(anna), told(cora)
        everything, theirs = actions.start_run(by=None), actions.start_run(by=bea)
        assert (told(anna), told(cora)) == before
        for run in (finish(everything), finish(theirs)):
            assert (told(anna), told(cora)) == before
            for name in ("run-detail", "run-changes"):
                assert as_user(anna).get(reverse(f"intel:{name}", args=[run.pk])).status_code == 404
    assert HitNotice.objects.visible_to(anna).exists()  # what it found is not lost on her


def test_a_run_is_counted_in_own_records_alone(pair: None, anna: User, alice: User) -> None:
    engine.index(factories.lead(alice, phone="+1 404 555 0111"))
    run = finish(actions.start_run(by=anna))
    seen = LinkRun.objects.visible_to(anna).with_progress(anna).get(pk=run.pk)
    assert (seen.done, seen.total) == (2, 2)
