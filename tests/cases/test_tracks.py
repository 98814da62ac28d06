"""Lanes of a case: one for each jurisdiction, kept by one agency, read by all who see the case."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agencies.audit import Act, AuditEvent
from agencies.changes import Change
from agencies.models import Agency, User
from agencies.policies import EditConflict, Refused
from cases import actions, clocks, diagrams, palermo
from cases.actions.tracking import track_version
from cases.forms_tracks import TrackForm
from cases.models import Case, LeadProposal, Track, TrackSheet
from cases.policies_tracks import REQUEST_TRANSITIONS, TRACK_TRANSITIONS
from tests import factories

HTMX = {"HX-Request": "true"}
TODAY = timezone.localdate
FACTS = {"prosecutor": "Attorney’s office", "prosecutor_contact": "", "court": "District court", "docket": "16-CR-001",
         "limitation_on": None, "limitation_basis": "", "remarks": ""}  # fmt: skip
OFFENCE = {"kind": "trafficking", "law": "18 U.S.C. § 1591", "title": "Sex trafficking", "acts": ["recruitment"],
           "means": [], "purposes": ["sexual_other"], "child": False, "agency_private": False}  # fmt: skip


@pytest.fixture
def case(alice: User, anna: User, eastport: Agency) -> Case:
    """Northland's, on which Eastport works."""
    case = factories.case(alice, "Cannery")
    actions.assign_case(case, agency=eastport, part="support", reason="Money", by=anna)
    return case


@pytest.fixture
def ours(case: Case, alice: User) -> Track:
    return actions.open_track(case, country="US", district="Northern District", by=alice)


@pytest.fixture
def theirs(case: Case, bob: User) -> Track:
    return actions.open_track(case, country="MX", by=bob)


def write(track: Track, by: User, *, private: list[str] | None = None, **facts: Any) -> None:
    actions.edit_track(
        track, version=track_version(track), private=private or [], by=by, country=track.country,
        district=track.district, **{**FACTS, **facts},
    )  # fmt: skip


def page(client: Client, track: Track) -> str:
    return str(client.get(f"/cases/tracks/{track.pk}/").content.decode())


def board(client: Client, case: Case) -> str:
    answer = client.get(f"/cases/{case.pk}/tracks/", headers=HTMX)
    assert answer.status_code == 200
    return str(answer.content.decode())


# --- Who keeps a lane, who reads it -----------------------------------------------------------------------


def test_each_agency_edits_its_lane_alone_and_all_who_see_the_case_read_all_lanes(
    case: Case, ours: Track, theirs: Track, alice: User, bob: User, charlie: User, as_user: Any
) -> None:
    assert "Mexico" in board(as_user(alice), case), "also while nothing is written in it"
    write(ours, alice)
    write(theirs, bob, court="Juzgado Tercero")
    for reader in (alice, bob):
        html = board(as_user(reader), case)
        assert "Northern District, United States" in html
        assert "Juzgado Tercero" in html
    assert as_user(charlie).get(f"/cases/{case.pk}/tracks/").status_code == 404
    assert as_user(bob).get(f"/cases/tracks/{ours.pk}/edit/").status_code == 404
    with pytest.raises(Refused, match="Only Northland Police edits this lane"):
        write(ours, bob)


def test_a_jurisdiction_has_one_lane_whoever_asks_for_it_twice(case: Case, ours: Track, bob: User) -> None:
    with pytest.raises(Refused, match=r"already, kept by Northland Police"):
        actions.open_track(case, country="US", district="northern district ", by=bob)
    actions.open_track(case, country="US", district="Southern District", by=bob)


def test_an_agency_without_a_part_in_the_case_opens_no_lane(case: Case, cora: User) -> None:
    with pytest.raises(Refused):
        actions.open_track(case, country="BR", by=cora)


def test_what_an_agency_keeps_to_itself_is_in_no_answer_to_the_others(
    case: Case, theirs: Track, alice: User, bob: User, as_user: Any
) -> None:
    write(theirs, bob, private=["court", "limitation"], limitation_on=TODAY() + timedelta(days=3))
    own, other = page(as_user(bob), theirs), page(as_user(alice), theirs)
    assert "16-CR-001" in own
    assert "barred by time" in own
    for html in (
        other,
        board(as_user(alice), case),
        as_user(alice).get("/cases/desk/clocks/").content.decode(),
    ):
        assert "16-CR-001" not in html
        assert "Limitation in" not in html
    assert "Attorney’s office" in other
    assert "barred by time" not in other


def test_a_private_change_stirs_nothing_that_others_see(
    case: Case, theirs: Track, alice: User, bob: User, as_user: Any
) -> None:
    write(theirs, bob, private=["remarks"], remarks="First")
    client = as_user(alice)

    def told() -> tuple[Any, ...]:
        history = client.get(f"/history/cases.track/{theirs.pk}/", headers=HTMX).content
        moved = Change.objects.filter(agency_id=alice.agency_id).values_list("object_id", "txid")
        return board(client, case), page(client, theirs).split("csrfmiddlewaretoken")[0], history, list(moved)

    before = told()
    write(theirs, bob, private=["remarks"], remarks="The informant is a neighbour")
    actions.write_offence(theirs, by=bob, **{**OFFENCE, "agency_private": True})
    actions.draft_request(theirs, by=bob, kind="mla", country="BR", asks="Accounts", agency_private=True)
    assert told() == before


def test_what_was_open_and_is_kept_from_now_on_is_gone_for_the_others(
    theirs: Track, alice: User, bob: User, as_user: Any
) -> None:
    write(theirs, bob)
    assert "16-CR-001" in page(as_user(alice), theirs)
    write(theirs, bob, private=["court"])
    assert "16-CR-001" not in page(as_user(alice), theirs)
    assert "16-CR-001" in page(as_user(bob), theirs)


def test_a_lane_whose_agency_left_the_case_is_taken_over_without_what_it_kept_to_itself(
    case: Case, theirs: Track, alice: User, anna: User, bob: User, as_user: Any
) -> None:
    write(theirs, bob, private=["remarks"], remarks="Only for Eastport", court="Open court")
    with pytest.raises(Refused, match="still keeps"):
        actions.take_track(theirs, by=alice)
    actions.withdraw_assignment(case.assignments.get(agency=bob.agency), reason="done", by=anna)
    as_user(alice).post(f"/cases/tracks/{theirs.pk}/take/")
    theirs.refresh_from_db()
    assert theirs.agency == alice.agency
    html = page(as_user(alice), theirs)
    assert "Open court" in html
    assert "Only for Eastport" not in html
    write(theirs, alice, remarks="Ours now")
    assert TrackSheet.objects.get(agency=bob.agency).remarks == "Only for Eastport"


# --- Two at once ---------------------------------------------------------------------------------------------


def lane_form(answer: Any) -> TrackForm:
    """Of all forms that were rendered meanwhile: the server of a browser test in this process may render others."""
    found: TrackForm = next(
        page["form"] for page in answer.context if isinstance(page.get("form"), TrackForm)
    )
    return found


def test_of_two_who_edit_a_lane_at_once_neither_loses_a_word(
    ours: Track, alice: User, anna: User, as_user: Any
) -> None:
    write(ours, alice)
    client = as_user(anna)
    form = lane_form(client.get(f"/cases/tracks/{ours.pk}/edit/"))
    sent = {name: form[name].value() or "" for name in form.fields}
    write(ours, alice, court="Appeals court", remarks="Moved")
    sent |= {"court": "Supreme court", "opened_with": str(form["opened_with"].value()), "private": []}
    answer = client.post(f"/cases/tracks/{ours.pk}/edit/", sent)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Both of you changed this" in html
    assert "Appeals court" in html
    assert "Supreme court" in html
    merged = lane_form(answer)
    assert merged["remarks"].value() == "Moved"
    again = {name: merged[name].value() or "" for name in merged.fields} | {"private": []}
    assert client.post(f"/cases/tracks/{ours.pk}/edit/", again).status_code == 302
    sheet = TrackSheet.objects.get(track=ours, agency_private=False)
    assert (sheet.court, sheet.remarks) == ("Supreme court", "Moved")


def test_an_old_version_changes_nothing(ours: Track, alice: User, anna: User) -> None:
    version = track_version(ours)
    write(ours, alice)
    with pytest.raises(EditConflict):
        actions.edit_track(ours, version=version, private=[], by=anna, country="US", district="X", **FACTS)
    offence = actions.write_offence(ours, by=alice, **OFFENCE)
    opened = offence.updated_at.isoformat()
    actions.edit_offence(offence, version=opened, by=anna, **{**OFFENCE, "child": True})
    with pytest.raises(EditConflict):
        actions.edit_offence(offence, version=opened, by=alice, **OFFENCE)


def test_a_form_sent_twice_adds_one_row(ours: Track, alice: User, as_user: Any) -> None:
    client = as_user(alice)
    for path, body in (
        ("offences", OFFENCE),
        ("requests", {"kind": "mla", "country": "BR", "asks": "Accounts"}),
    ):
        assert client.post(f"/cases/tracks/{ours.pk}/{path}/", body).status_code == 302
        assert client.post(f"/cases/tracks/{ours.pk}/{path}/", body).status_code == 422
    assert (ours.offences.count(), ours.requests.count()) == (1, 1)


# --- Elements -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "given", "child", "complete", "says"),
    [
        ("trafficking", "AMP", False, True, "Act, means and purpose are recorded"),
        ("trafficking", "AP", False, False, "The means is missing"),
        ("trafficking", "AP", True, True, "no means is needed"),
        ("trafficking", "AM", False, False, "without exploitation it is not trafficking"),
        ("trafficking", "P", True, False, "The act is missing"),
        ("smuggling", "A", False, True, "illegal entry for gain"),
        ("smuggling", "AP", False, False, "Record it as trafficking"),
        ("other", "", False, True, ""),
    ],
)
def test_the_page_says_which_element_is_missing(
    kind: str, given: str, child: bool, complete: bool, says: str
) -> None:
    acts, means, purposes = (
        [code] if letter in given else []
        for letter, code in zip("AMP", ("transfer", "deception", "servitude"), strict=True)
    )
    reading = palermo.read(kind, acts, means, purposes, child=child)
    assert (reading.is_complete, says in reading.sentence) == (complete, True)


def test_a_purpose_that_is_not_established_is_none() -> None:
    assert not palermo.read("trafficking", ["transfer"], ["fraud"], ["unknown"], child=False).is_complete


def test_a_missing_element_stands_on_the_lane_in_words(
    ours: Track, alice: User, bob: User, as_user: Any
) -> None:
    offence = actions.write_offence(ours, by=alice, **OFFENCE)
    assert "The means is missing" in page(as_user(bob), ours)
    body = {**OFFENCE, "child": "on", "version": offence.updated_at.isoformat(), "opened_with": "{}"}
    body.pop("agency_private")
    assert as_user(alice).post(f"/cases/offences/{offence.pk}/edit/", body).status_code == 302
    assert "no means is needed" in page(as_user(bob), ours)


# --- Stages and limitation ------------------------------------------------------------------------------------


def test_stages_follow_the_table_in_time(ours: Track, alice: User) -> None:
    with pytest.raises(Refused, match="can only go on to: investigation, discontinued"):
        actions.move_track(ours, stage="judged", since=TODAY(), reason="plea", by=alice)
    with pytest.raises(Refused, match="still to come"):
        actions.move_track(
            ours, stage="investigation", since=TODAY() + timedelta(days=1), reason="x", by=alice
        )
    with pytest.raises(Refused, match="The stage before began"):
        actions.move_track(ours, stage="investigation", since=date(2020, 1, 1), reason="x", by=alice)
    moved = actions.move_track(ours, stage="investigation", since=TODAY(), reason="Warrant", by=alice)
    assert moved.stage == "investigation"
    assert AuditEvent.objects.filter(act=Act.MOVED, object_id=ours.pk, facts__now="investigation").exists()


def test_every_stage_and_every_status_is_in_its_table_and_can_be_left_or_is_the_end() -> None:
    assert set(TRACK_TRANSITIONS) == set(Track.Stage.values)
    assert {to for targets in TRACK_TRANSITIONS.values() for to in targets} == set(Track.Stage.values) - {
        "inquiry"
    }
    assert set(REQUEST_TRANSITIONS) == {to for targets in REQUEST_TRANSITIONS.values() for to in targets}


def test_a_limitation_date_alarms_on_the_case_the_list_and_the_desk_until_the_lane_is_over(
    case: Case, ours: Track, alice: User, as_user: Any, settings: Any
) -> None:
    settings.LIMITATION_WARN_DAYS = 30
    client = as_user(alice)

    def alarms() -> list[bool]:
        return ["alarming" in board(client, case), "Limitation" in client.get("/cases/", headers=HTMX).content.decode(),
                "Limitation in" in client.get("/cases/desk/clocks/").content.decode()]  # fmt: skip

    write(ours, alice, limitation_on=TODAY() + timedelta(days=31))
    assert alarms() == [False] * 3
    write(ours, alice, limitation_on=TODAY() + timedelta(days=30))
    assert alarms() == [True] * 3
    actions.move_track(ours, stage="discontinued", since=TODAY(), reason="No victim", by=alice)
    assert alarms() == [False] * 3


# --- Requests to other jurisdictions ----------------------------------------------------------------------------


def test_an_investigation_order_is_recognised_within_30_days_and_carried_out_within_90_more() -> None:
    days: dict[str, date | None] = {
        "received_on": date(2026, 1, 1),
        "begun_on": None,
        "ended_on": None,
        "due_on": None,
    }
    [due] = clocks.running("eio", days)
    assert (due.on, due.source) == (date(2026, 1, 31), "Directive 2014/41/EU, Art. 12(3)")
    [due] = clocks.running("eio", days | {"begun_on": date(2026, 1, 20)})
    assert (due.on, due.source) == (date(2026, 4, 20), "Directive 2014/41/EU, Art. 12(4)")
    assert clocks.next_due("mla", days) is None


def test_preserved_data_are_asked_for_within_60_days_and_the_order_renewed_within_90() -> None:
    days: dict[str, date | None] = {
        "received_on": None,
        "begun_on": date(2026, 1, 1),
        "ended_on": None,
        "due_on": None,
    }
    assert [due.on for due in clocks.running("preservation", days)] == [date(2026, 3, 2), date(2026, 4, 1)]


def test_a_request_goes_its_way_and_its_clock_with_it(
    ours: Track, alice: User, bob: User, as_user: Any
) -> None:
    long_ago = TODAY() - timedelta(days=40)
    asked = actions.draft_request(ours, by=alice, kind="eio", country="FR", asks="Hear the hotel clerk")
    asked = actions.move_request(asked, status="sent", on=long_ago, by=alice)
    assert asked.next_due is None
    asked = actions.move_request(asked, status="acknowledged", on=long_ago, by=alice)
    assert asked.next_due == long_ago + timedelta(days=30)
    assert "Overdue" in page(as_user(bob), ours)
    assert "Hear the hotel clerk" in as_user(alice).get("/cases/desk/clocks/").content.decode()
    with pytest.raises(Refused, match="Say why it was refused"):
        actions.move_request(asked, status="refused", on=TODAY(), by=alice)
    with pytest.raises(Refused, match="The step before was on"):
        actions.move_request(asked, status="executed", on=long_ago - timedelta(days=1), by=alice)
    asked = actions.move_request(asked, status="refused", on=TODAY(), refusal="Bank secrecy", by=alice)
    assert asked.next_due is None
    assert "Bank secrecy" in page(as_user(bob), ours)
    asked = actions.move_request(asked, status="sent", on=TODAY(), by=alice)
    assert (asked.received_on, asked.refusal) == (None, "")


def test_a_day_that_a_kind_of_request_does_not_have_is_refused(ours: Track, alice: User) -> None:
    asked = actions.draft_request(ours, by=alice, kind="mla", country="FR", asks="Accounts")
    with pytest.raises(Refused, match="no such day"):
        actions.edit_request(asked, version=asked.updated_at.isoformat(), begun_on=TODAY(), by=alice)


# --- Which jurisdiction leads ---------------------------------------------------------------------------------


def test_a_jurisdiction_leads_once_every_agency_with_a_lane_has_agreed(
    case: Case, ours: Track, theirs: Track, anna: User, bea: User, as_user: Any
) -> None:
    as_user(anna).post(f"/cases/tracks/{ours.pk}/propose/", {"reason": "The victims are here"})
    proposal = LeadProposal.objects.get()
    assert proposal.state == "asked"
    assert "as lead jurisdiction?" in as_user(bea).get("/cases/desk/clocks/").content.decode()
    with pytest.raises(Refused, match="has agreed already"):
        actions.answer_lead(proposal, agree=True, by=anna)
    as_user(bea).post(f"/cases/lead/{proposal.pk}/answer/", {"answer": "agree"})
    assert "leads, agreed" in board(as_user(anna), case)
    second = actions.propose_lead(theirs, reason="The accounts are there", by=bea)
    actions.answer_lead(second, agree=True, by=anna)
    proposal.refresh_from_db()
    assert (proposal.state, LeadProposal.objects.get(state="agreed").track) == ("replaced", theirs)


def test_an_objection_needs_a_reason_and_ends_the_proposal(
    case: Case, ours: Track, theirs: Track, anna: User, bea: User, bob: User, as_user: Any
) -> None:
    proposal = actions.propose_lead(ours, reason="The victims are here", by=anna)
    with pytest.raises(Refused, match="Give a reason"):
        actions.answer_lead(proposal, agree=False, by=bea)
    with pytest.raises(Refused, match="Your role may not"):
        actions.answer_lead(proposal, agree=True, by=bob)
    actions.answer_lead(proposal, agree=False, reason="Extradition is barred", by=bea)
    assert "Extradition is barred" in board(as_user(anna), case)
    actions.withdraw_lead(actions.propose_lead(ours, reason="Again", by=anna), by=anna)


def test_nobody_waits_for_the_word_of_an_agency_that_left(
    case: Case, ours: Track, theirs: Track, anna: User, bea: User
) -> None:
    proposal = actions.propose_lead(ours, reason="The victims are here", by=anna)
    actions.withdraw_assignment(case.assignments.get(agency=bea.agency), reason="done", by=anna)
    proposal.refresh_from_db()
    assert proposal.state == "agreed"


def test_where_one_agency_has_all_lanes_it_decides_at_once(ours: Track, anna: User) -> None:
    assert actions.propose_lead(ours, reason="Only ours", by=anna).state == "agreed"


# --- Pages ------------------------------------------------------------------------------------------------------


def test_a_case_without_lanes_says_what_they_are_for(case: Case, alice: User, as_user: Any) -> None:
    html = board(as_user(alice), case)
    assert "No jurisdiction has a lane yet" in html
    assert f"/cases/{case.pk}/tracks/new/" in html


def test_a_board_that_did_not_change_answers_nothing(
    case: Case, ours: Track, alice: User, as_user: Any
) -> None:
    client = as_user(alice)
    state = client.get(f"/cases/{case.pk}/tracks/", headers=HTMX).context["state"]
    path = f"/cases/{case.pk}/tracks/?part=board&since={state}"
    assert client.get(path, headers=HTMX).status_code == 204
    write(ours, alice)
    assert client.get(path, headers=HTMX).status_code == 200


def test_bad_input_gets_a_sentence_and_keeps_what_was_typed(ours: Track, alice: User, as_user: Any) -> None:
    answer = as_user(alice).post(
        f"/cases/tracks/{ours.pk}/requests/",
        {"kind": "eio", "country": "FR", "asks": "", "authority": "Paris"},
    )
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Say in a sentence what is asked." in html
    assert "Paris" in html


def test_the_drawn_tables_are_those_that_hold() -> None:
    drawn = Path(__file__).parents[2] / "docs" / "reference" / "case-stages.md"
    assert drawn.read_text() == diagrams.page(), "run: ./run manage draw_case_stages"
