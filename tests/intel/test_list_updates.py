"""A new snapshot of a published list changes what differs, nothing else, and has that screened."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.core.management import CommandError, call_command

from agencies.changes import Change
from agencies.models import Agency, User
from agencies.permissions import Role
from agencies.policies import Refused
from intel import actions, lists
from intel.lists import Snapshot
from intel.matching import engine, runs
from intel.models import HitNotice, Lead, LinkRun, Subject
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = "id,name,kind,aliases,birth_dates,nationalities,identifiers,programmes"
ODILON = "A-1,Odilon Martinez-Rojas,person,Odi;El Flaco,1964-07,Mexico,passport:MX1234567,TCO"
HARBOUR = "A-2,Harbour Cannery Ltd,company,,,,,GLOMAG"
THIRD = "A-3,Basile Okonkwo-Ferrand,person,,1971,NG,,TCO"


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_app, "send_task", lambda *args, **options: None)


@pytest.fixture
def keeper(northland: Agency, eastport: Agency) -> User:
    """Of the agency that keeps published lists, a partner of the others."""
    treasury = factories.agency("Treasury Lists", "TSY", kind="reference")
    factories.task_force("Lists", [treasury, northland, eastport])
    return factories.person("Lena", treasury, Role.ANALYST)


@pytest.fixture
def listed(keeper: User) -> Lead:
    return actions.publish_list(title="Sanctions", narrative="As published.", source="Treasury", by=keeper)


def snapshot(*rows: str) -> Snapshot:
    return lists.parse([f"{line}\n" for line in (HEAD, *rows)])


def update(listed: Lead, *rows: str, **options: Any) -> Any:
    done = actions.update_list(listed, snapshot(*rows), by=None, **options)
    if done.run:
        assert runs.work(done.run, stop=lambda: False) == runs.Next.OVER
    return done


def test_the_first_snapshot_is_all_new_and_the_same_again_changes_nothing(listed: Lead) -> None:
    first = update(listed, ODILON, HARBOUR)
    again = update(listed, ODILON, HARBOUR)
    assert (first.new, first.changed, first.withdrawn) == (("A-1", "A-2"), (), ())
    assert again.is_empty
    assert again.run is None
    assert again.unchanged == 2
    assert LinkRun.objects.count() == 1


def test_only_the_differences_are_applied_and_screened(listed: Lead) -> None:
    update(listed, ODILON, HARBOUR)
    before = {subject.list_entry: subject.pk for subject in listed.subjects.all()}
    done = update(listed, ODILON.replace("1964-07", "1964-07-31"), THIRD)
    assert (done.new, done.changed, done.withdrawn, done.unchanged) == (("A-3",), ("A-1",), ("A-2",), 0)
    after = {subject.list_entry: subject.pk for subject in listed.subjects.all()}
    assert {entry: after[entry] for entry in before} == before
    assert listed.subjects.get(list_entry="A-2").delisted_on is not None


def test_an_unchanged_entry_is_not_touched(listed: Lead) -> None:
    update(listed, ODILON, HARBOUR)
    untouched = listed.subjects.get(list_entry="A-1").updated_at
    update(listed, ODILON, HARBOUR.replace("Cannery", "Canneries"))
    assert listed.subjects.get(list_entry="A-1").updated_at == untouched


def test_a_new_entry_meets_the_agencys_record(listed: Lead, alice: User) -> None:
    lead = factories.lead(
        alice, subjects=(factories.subject("Odilon Martinez Rojas", aliases=("El Flaco",)),)
    )
    engine.match(lead.pk)
    done = update(listed, ODILON, HARBOUR)
    notice = HitNotice.objects.get(agency=alice.agency)
    assert [change.notice for change in done.run.changes.all()] == [notice]


def test_a_withdrawn_entry_links_nobody_but_a_judged_hit_stays(listed: Lead, alice: User, bob: User) -> None:
    for by in (alice, bob):
        lead = factories.lead(
            by, subjects=(factories.subject("Odilon Martinez Rojas", aliases=("El Flaco",)),)
        )
        engine.match(lead.pk)
    update(listed, ODILON, HARBOUR)
    on_list = {notice.agency: notice for notice in HitNotice.objects.filter(other_agency=listed.agency)}
    actions.judge_hit(on_list[bob.agency], verdict="same", reason="his passport", by=bob)  # type: ignore[index]
    update(listed, HARBOUR)
    states = {agency: HitNotice.objects.get(pk=notice.pk).state for agency, notice in on_list.items()}
    assert states == {alice.agency: "withdrawn", bob.agency: "same"}
    update(listed, ODILON, HARBOUR)
    assert listed.subjects.get(list_entry="A-1").delisted_on is None
    assert HitNotice.objects.get(pk=on_list[alice.agency].pk).state == "new"  # type: ignore[index]


def test_the_feeds_of_partners_hear_of_the_differences_alone(listed: Lead, northland: Agency) -> None:
    update(listed, ODILON, HARBOUR)
    Change.objects.update(txid=1)
    update(listed, ODILON, HARBOUR, THIRD)
    told = Change.objects.filter(agency_id=northland.pk, kind="intel.subject").exclude(txid=1)
    assert {change.object_id for change in told} == {listed.subjects.get(list_entry="A-3").pk}


def test_bad_rows_are_named_with_their_line_and_what_is_held_of_them_stays(listed: Lead) -> None:
    update(listed, ODILON, HARBOUR)
    rows = [
        ODILON.replace("1964-07", "July 64"),
        "A-2,,company",
        ",Nobody",
        "A-9,X,dragon",
        "A-8,Y,,,,Atlantis",
        THIRD,
        THIRD,
    ]
    read = snapshot(*rows)
    assert [(bad.line, bad.entry) for bad in read.bad] == [
        (2, "A-1"),
        (3, "A-2"),
        (4, ""),
        (5, "A-9"),
        (6, "A-8"),
        (8, "A-3"),
    ]
    done = actions.update_list(listed, read, by=None)
    assert (done.new, done.changed, done.withdrawn) == (("A-3",), (), ())


def test_a_file_that_lacks_most_of_the_list_is_refused(listed: Lead) -> None:
    rows = [f"B-{n},Somebody Sample {n}" for n in range(30)]
    update(listed, *rows)
    with pytest.raises(Refused, match="29 of the 30"):
        update(listed, *rows[:1])
    assert not Subject.objects.exclude(delisted_on=None).exists()
    assert len(update(listed, *rows[:1], may_withdraw_most=True).withdrawn) == 29


def test_who_edits_the_list_by_hand_keeps_the_numbers_of_its_entries(listed: Lead, keeper: User) -> None:
    from agencies.policies import version_of
    from intel.facts import LeadFacts, SubjectFacts

    update(listed, ODILON)
    listed.refresh_from_db()
    entry = listed.subjects.get()
    facts = LeadFacts(title="Sanctions", narrative="As published.", kind=Lead.Kind.REFERENCE,
                      subjects=(SubjectFacts(pk=entry.pk, name="Odilon Martinez"),))  # fmt: skip
    actions.edit_lead(listed, facts, version=version_of(listed), by=keeper)
    assert update(listed, ODILON).changed == ("A-1",)


def test_a_report_is_no_list(alice: User) -> None:
    with pytest.raises(Refused, match="report"):
        actions.update_list(factories.lead(alice), snapshot(ODILON), by=None)


# --- The commands ---------------------------------------------------------------------------------------


def called(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_the_command_begins_a_list_and_brings_it_up_to_date(
    keeper: User, northland: Agency, tmp_path: Path
) -> None:
    file = tmp_path / "list.csv"
    file.write_text("\n".join([HEAD, ODILON, HARBOUR, ",Nobody"]), encoding="utf-8-sig")
    said = called("update_list", "Sanctions", str(file), "--create", keeper.email)
    assert "2 new: A-1, A-2" in said
    assert "left out, line 4: it has no id" in said
    file.write_text("\n".join([HEAD, ODILON]), encoding="utf-16")
    with pytest.raises(CommandError, match="columns id and name"):
        called("update_list", "Sanctions", str(file))
    file.write_bytes("\n".join([HEAD, ODILON.replace("Odi;", "Odilón;"), THIRD]).encode("cp1252"))
    assert "1 withdrawn: A-2" in called("update_list", "sanctions", str(file), "--dry-run")
    assert not Subject.objects.exclude(delisted_on=None).exists()
    called("update_list", "sanctions", str(file))
    assert "Odilón" in Subject.objects.get(list_entry="A-1").aliases
    assert LinkRun.objects.filter(state="finished").count() == 2


def test_an_unknown_list_is_answered_with_those_that_are(listed: Lead, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=f"{listed.reference} Sanctions"):
        called("screen_lists", "Nothing")


def test_operators_screen_relink_and_read_everything(listed: Lead, alice: User) -> None:
    update(listed, ODILON, HARBOUR)
    engine.index(
        factories.lead(alice, subjects=(factories.subject("Odilon Martinez Rojas", aliases=("El Flaco",)),))
    )
    assert "1 new" in called("screen_lists")
    assert "3 of 3 records" in called("relink")
    assert called("relink", "--agency", "NPD").count("finished") == 1
    assert called("link_runs").count("pairs compared") == 4


def test_ctrl_c_pauses_and_the_same_command_goes_on(listed: Lead, monkeypatch: pytest.MonkeyPatch) -> None:
    update(listed, ODILON)
    with monkeypatch.context() as pressed:
        pressed.setattr(runs, "step", _press_ctrl_c)
        assert "Paused." in called("relink")
    assert LinkRun.objects.get(kind="relink").state == "paused"
    assert "finished" in called("relink")
    assert LinkRun.objects.get(kind="relink").state == "finished"


def _press_ctrl_c(chunk: Any) -> None:
    raise KeyboardInterrupt
