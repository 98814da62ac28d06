"""The demo: loaded through the ordinary verbs, whole or after being killed, and closed where it is not wanted."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from agencies import jobs
from agencies.models import Agency, AuditEvent, Job, TaskForce, User
from cases import deconfliction
from cases.models import Case
from intel import actions as intel_actions
from intel.matching import engine
from intel.models import HitNotice, Identifier, Lead, ProtectedValue, Subject
from taskforce.demo import loader, people, rows
from taskforce.demo.loader import TASK_FORCE, Loader
from taskforce.demo.logins import FEATURED, PASSWORD
from taskforce.demo.operations import EXERCISE
from taskforce.demo.people import Named
from taskforce.demo.progress import track

GEORGIA, NEW_YORK, CIVIL_RIGHTS = "doj-opa-01358", "doj-opa-03415", "doj-opa-04811"
REFERRED = "doj-opa-01852"
OFFICES = {"usao-gan", "usao-nye", "doj-crt", "usao-cas", "desk-mx", "harbour-light", "ofac"}


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """The shipped data, cut to four leads of four offices and five entries of the list."""
    data = tmp_path / "data"
    shutil.copytree(rows.DATA, data)
    _keep(data / "leads.csv", "lead_ref", {GEORGIA, NEW_YORK, CIVIL_RIGHTS, REFERRED})
    _keep(data / "shares.csv", "lead_ref", {REFERRED})
    _keep(data / "offices.csv", "code", OFFICES)
    _keep(data / "cases.csv", "code", OFFICES)
    name = "ofac-crime-programmes.ftm.jsonl.gz"
    with gzip.open(rows.DATA / name, "rt") as whole, gzip.open(data / name, "wt") as part:
        part.writelines(line for line, _ in zip(whole, range(5), strict=False))
    return data


def _keep(path: Path, column: str, wanted: set[str]) -> None:
    with path.open(newline="") as lines:
        kept = [row for row in csv.DictReader(lines) if row[column] in wanted]
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, kept[0].keys())
        writer.writeheader()
        writer.writerows(kept)


def load(data: Path) -> str:
    out = io.StringIO()
    Loader(data, out).load()
    return out.getvalue()


def match_all() -> None:
    by_kind = {
        "cases.tasks.deconflict_operation": deconfliction.check_operation,
        "cases.tasks.deconflict_site": deconfliction.check_site,
    }
    for job in Job.objects.unfinished():
        jobs.perform(job.pk, by_kind.get(job.kind, engine.match))


def person(email: str) -> User:
    return User.objects.get(email=f"{email}.demo.example")


def held() -> dict[str, int]:
    models: tuple[Any, ...] = (Agency, User, Lead, Subject, Identifier, Case, Job, AuditEvent, ProtectedValue)
    return {model.__name__: model.objects.count() for model in models}


# --- Loading ------------------------------------------------------------------------------------------


def test_each_office_holds_its_own_leads_and_has_its_case_open(db: None, few: Path) -> None:
    load(few)
    georgia = person("supervisor@usao-gan")
    (lead,) = Lead.objects.visible_to(georgia).exclude(kind=Lead.Kind.REFERENCE)
    (case,) = Case.objects.visible_to(georgia).exclude(title=EXERCISE)
    assert GEORGIA in lead.source
    assert lead.status == Lead.Status.ACCEPTED
    assert case.title == "Martinez-Rojas network, Atlanta"
    assert lead.case_leads.get().case == case
    assert {str(one) for one in case.assignments.get().people.all()} == {
        "Investigator, Georgia Northern",
        "Supervisor, Georgia Northern",
    }
    assert set(TaskForce.objects.get(name=TASK_FORCE).members.all()) == set(Agency.objects.all())


def test_names_aliases_and_ages_come_from_the_row_and_from_the_text(db: None, few: Path) -> None:
    load(few)
    odilon = Subject.objects.filter(name="Odilon Martinez-Rojas")
    assert {tuple(one.aliases) for one in odilon} == {("Chino", "Saul"), ()}
    assert {one.age for one in odilon} == {None, 43, 44}
    assert not Subject.objects.filter(name__contains="Moultrie").exists()  # a prosecutor, not a suspect


def test_the_sanctions_list_is_everybodys_reference(db: None, few: Path) -> None:
    load(few)
    (listed,) = Lead.objects.visible_to(person("investigator@desk-mx")).filter(kind=Lead.Kind.REFERENCE)
    assert listed.subjects.count() == 5


def test_a_partner_desk_has_what_was_referred_to_it_and_nothing_else(db: None, few: Path) -> None:
    load(few)
    (lead,) = Lead.objects.visible_to(person("investigator@desk-mx")).filter(kind=Lead.Kind.REPORT)
    assert REFERRED in lead.source


def test_georgia_and_new_york_learn_of_the_match_and_see_nothing_of_each_other(db: None, few: Path) -> None:
    load(few)
    match_all()
    georgia, new_york = person("investigator@usao-gan"), person("investigator@usao-nye")
    for reader, other in ((georgia, new_york), (new_york, georgia)):
        assert not Lead.objects.visible_to(reader).filter(agency=other.agency).exists()
        assert not Case.objects.visible_to(reader).filter(agency=other.agency).exists()
        notices = HitNotice.objects.visible_to(reader).filter(other_agency=other.agency)
        assert "Odilon Martinez-Rojas" in {notice.own_subject.name for notice in notices}


def test_loading_again_changes_nothing(db: None, few: Path) -> None:
    load(few)
    before = held()
    load(few)
    assert held() == before


@pytest.mark.parametrize("after", [0, 2])
def test_a_killed_load_goes_on_where_it_stopped(
    db: None, few: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    whole, calls = intel_actions.log_lead, iter(range(100))

    def dies(*args: Any, **kwargs: Any) -> Lead:
        if next(calls) == after:
            raise KeyboardInterrupt
        return whole(*args, **kwargs)

    monkeypatch.setattr(intel_actions, "log_lead", dies)
    with pytest.raises(KeyboardInterrupt):
        load(few)
    load(few)
    assert Lead.objects.filter(kind=Lead.Kind.REPORT).count() == 4
    assert Case.objects.count() == 6
    assert Lead.objects.get(kind=Lead.Kind.REFERENCE).subjects.count() == 5


def test_an_empty_list_left_by_a_killed_load_is_filled(
    db: None, few: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*args: Any, **kwargs: Any) -> Lead:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(intel_actions, "edit_lead", dies)
        with pytest.raises(KeyboardInterrupt):
            load(few)
    load(few)
    assert Lead.objects.get(kind=Lead.Kind.REFERENCE).subjects.count() == 5


def test_waiting_ends_when_all_is_matched_or_when_no_worker_moves(
    db: None, few: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "_STILL_AFTER", 0)
    monkeypatch.setattr(loader, "_LOOK_EVERY", 0)
    load(few)
    assert loader.wait_for_matching(io.StringIO()) is False
    match_all()
    assert loader.wait_for_matching(io.StringIO()) is True


def test_progress_is_told_with_counts() -> None:
    out = io.StringIO()
    assert list(track("Leads", [1, 2, 3], out)) == [1, 2, 3]
    assert out.getvalue().strip().startswith("Leads")
    assert " 3 in " in out.getvalue()


# --- Signing in ---------------------------------------------------------------------------------------


def test_it_refuses_where_the_demo_is_not_allowed(db: None, settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="TASKFORCE_DEMO=1"):
        call_command("load_demo")
    assert not User.objects.exists()


@pytest.mark.parametrize("allowed", [True, False])
def test_the_public_password_opens_only_a_demo(db: None, few: Path, settings: Any, allowed: bool) -> None:
    load(few)
    settings.DEMO = allowed
    client = Client()
    client.post("/account/login/", {"login": FEATURED[0][1], "password": PASSWORD})
    assert ("_auth_user_id" in client.session) is allowed


# --- The shipped data ---------------------------------------------------------------------------------


def test_the_whole_data_can_be_logged_and_names_only_offices_that_exist() -> None:
    leads = rows.leads()
    assert len(leads) == 97
    assert len({lead.source for lead in leads}) == 97
    assert {lead.agency for lead in leads} == {o.lead_agency for o in rows.offices() if o.lead_agency}
    assert all(lead.facts().countries or not lead.row["countries_mentioned"] for lead in leads)


def test_every_office_that_logs_has_a_case_with_leads() -> None:
    agency_of = {office.code: office.lead_agency for office in rows.offices()}
    for case in rows.cases():
        assert any(lead.agency == agency_of[case.code] and lead.theme == case.themes for lead in rows.leads())


def test_the_answer_key_speaks_only_of_what_ships() -> None:
    with (rows.DATA / "expected-matches.csv").open(newline="") as lines:
        key = list(csv.DictReader(lines))
    refs = {lead.row["lead_ref"] for lead in rows.leads()}
    listed = {(facts.note or "").partition(",")[0] for facts in rows.listed()}
    assert {row["left"] for row in key} <= refs
    assert {row["right"] for row in key} <= refs | listed


def test_mentions_of_one_person_become_one_with_the_fullest_name() -> None:
    mentions = [
        Named("Lerma Plata", age=50),
        Named("Gilberto Lerma Plata", ["Comandante"]),
        Named("Lerma Soto", age=50),
    ]
    first, second = people.together(mentions)
    assert (first.name, first.age, first.aliases) == ("Gilberto Lerma Plata", 50, ["Comandante"])
    assert second.name == "Lerma Soto"


def test_an_ambiguous_short_name_joins_nobody() -> None:
    brothers = [
        Named("Juan Cortes-Meza", age=31),
        Named("Raul Cortes-Meza", age=21),
        Named("Cortes-Meza", age=40),
    ]
    assert [one.age for one in people.together(brothers)] == [31, 21]
