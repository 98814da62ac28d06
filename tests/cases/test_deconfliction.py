"""Two agencies plan near each other: both are told that, and whom to call, and nothing else."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from agencies import actions as agency_actions
from agencies.models import Agency, Alarm, Membership, TaskForce, User
from agencies.permissions import Role
from agencies.policies import Refused
from agencies.visibility import Level, can
from cases import actions, deconfliction
from cases.geometry import METRES_A_DEGREE, Point, box_round, distance, read_coordinates, snapped
from cases.models import Case, Conflict, ConflictNotice, Operation, WatchNotice
from tests import factories

OSLO, NEAR, FAR = "59.9139, 10.7522", "59.9160, 10.7550", "59.9900, 10.7522"  # 280 m, 8.5 km


@pytest.fixture
def north_case(anna: User, northland: Agency) -> Case:
    northland.contact = anna
    northland.save()
    return factories.case(anna, "Cannery")


@pytest.fixture
def east_case(bea: User, eastport: Agency) -> Case:
    eastport.contact = bea
    eastport.save()
    return factories.case(bea, "Ferry")


def notices(of: Agency) -> list[ConflictNotice]:
    return list(ConflictNotice.objects.filter(agency=of).order_by("created_at"))


def two_hours_later(operation: Operation) -> dict[str, Any]:
    return {
        "starts_at": operation.ends_at + timedelta(hours=2),
        "ends_at": operation.ends_at + timedelta(hours=3),
    }


# --- Finding --------------------------------------------------------------------------------------------------


def test_two_warrants_280_metres_and_two_hours_apart_are_told_to_both_with_whom_to_call(
    north_case: Case, east_case: Case, anna: User, bea: User
) -> None:
    ours = factories.operation(anna, north_case, "Warrant", at=OSLO)
    factories.operation(bea, east_case, "Other warrant", at=NEAR, **two_hours_later(ours))
    [mine], [theirs] = notices(north_case.agency), notices(east_case.agency)
    assert (mine.own_operation, mine.other_agency, mine.contact) == (ours, bea.agency, bea)
    assert (theirs.other_agency, theirs.contact) == (anna.agency, anna)
    assert mine.other_operation is None
    assert "Bea, Eastport Prosecution" in mine.whom_to_call


@pytest.mark.parametrize(
    ("at", "later", "found"),
    [(NEAR, 0, True), (FAR, 0, False), (NEAR, 2, True), (NEAR, 4, False)],
    ids=["near", "far away", "within the hours", "long after"],
)
def test_a_conflict_is_near_in_place_and_in_time(
    at: str, later: int, found: bool, north_case: Case, east_case: Case, anna: User, bea: User
) -> None:
    ours = factories.operation(anna, north_case, at=OSLO)
    begins = ours.ends_at + timedelta(hours=later)
    factories.operation(bea, east_case, at=at, starts_at=begins, ends_at=begins + timedelta(hours=1))
    assert Conflict.objects.exists() is found


def test_a_shelter_is_told_of_an_operation_near_it_and_the_operation_of_nothing_but_whom_to_call(
    east_case: Case, bea: User, nora: User, harbour: Agency
) -> None:
    factories.site(nora, "Quiet house", at=OSLO, tells="liaison")
    factories.operation(bea, east_case, at=NEAR)
    [hers], [theirs] = notices(harbour), notices(east_case.agency)
    assert hers.other_agency == bea.agency
    assert (theirs.other_agency, theirs.contact, theirs.liaison) == (None, None, "Liaison desk")


def test_a_shelter_that_tells_only_its_own_people_is_warned_and_the_other_side_learns_nothing(
    east_case: Case, bea: User, nora: User, harbour: Agency
) -> None:
    factories.operation(bea, east_case, at=NEAR)
    factories.site(nora, at=OSLO, tells="owner_only")
    assert len(notices(harbour)) == 1
    assert notices(east_case.agency) == []


def test_agencies_that_agreed_on_no_pointers_are_told_nothing_and_forget_what_they_were(
    north_case: Case, east_case: Case, anna: User, bea: User
) -> None:
    factories.operation(anna, north_case)
    factories.operation(bea, east_case)
    north, east = (factories.person(name, agency, Role.AGENCY_ADMINISTRATOR)
                   for name, agency in (("Nadja", anna.agency), ("Emil", bea.agency)))  # fmt: skip
    agreement = agency_actions.propose_agreement(
        by=north, partner=bea.agency, level=Level.VIEW, handling="H3", pointers=False
    )
    agency_actions.answer_agreement(agreement, accept=True, by=east)
    told = [(each.state, each.other_agency, each.contact) for each in ConflictNotice.objects.all()]
    assert told == [("over", None, None)] * 2


def test_conflicts_within_one_agency_name_the_other_operation_to_those_who_see_it(
    north_case: Case, anna: User, alice: User
) -> None:
    other = factories.case(anna, "Kept from Alice")
    agency_actions.restrict(other, named=[anna], walled=[], reason="conflict", by=anna)
    ours, kept = factories.operation(anna, north_case), factories.operation(anna, other)
    by_own = {each.own_operation_id: each for each in notices(north_case.agency)}
    assert by_own[ours.pk].other_operation == kept
    assert can(alice, Level.OWN, by_own[ours.pk])
    assert not can(alice, Level.OWN, by_own[kept.pk])
    assert not can(alice, Level.VIEW, kept)


def test_the_watch_officer_is_told_who_should_call_whom(
    north_case: Case, east_case: Case, anna: User, bea: User, cora: User, crossroads: TaskForce
) -> None:
    actions.name_watch_officer(task_force=crossroads, officer=cora, by=None)
    factories.operation(anna, north_case)
    factories.operation(bea, east_case, place="Secret Lane 9")
    notice = WatchNotice.objects.get()
    assert notice.user == cora
    assert "Northland Police: Anna." in notice.says
    assert "Eastport Prosecution: Bea." in notice.says
    assert "Secret" not in notice.says


def test_who_lets_only_the_liaison_know_is_named_to_a_watch_officer_of_neither_side(
    north_case: Case, east_case: Case, anna: User, bea: User, cora: User, crossroads: TaskForce
) -> None:
    for officer, names in ((cora, True), (anna, False)):
        actions.name_watch_officer(task_force=crossroads, officer=officer, by=None)
        ours = factories.operation(anna, north_case)
        theirs = factories.operation(bea, east_case, tells="liaison")
        notice = WatchNotice.objects.get(user=officer)
        assert ("Eastport" in notice.says) is names
        for row, by in ((ours, anna), (theirs, bea)):
            actions.move_operation(row, status="called_off", by=by, reason="over")


def test_a_night_s_look_finds_what_came_nearer_by_another_margin(
    north_case: Case, east_case: Case, anna: User, bea: User, settings: Any
) -> None:
    factories.operation(anna, north_case, at=OSLO)
    factories.operation(bea, east_case, at=FAR)
    settings.DECONFLICTION_MARGIN_M = 9_000
    for operation in deconfliction.all_to_check():
        deconfliction.check_operation(operation.pk)
    assert Conflict.objects.count() == 1


@pytest.mark.parametrize("radius", [300, 20_000], ids=["in time", "in place"])
def test_what_the_database_leaves_out_first_tells_nothing_more_finely_than_the_hour_and_the_grid(
    radius: int, north_case: Case, east_case: Case, anna: User, bea: User
) -> None:
    """Two askers within one hour, or one field, at the very edge of what is in conflict: both or neither are told."""
    field = 500 / METRES_A_DEGREE
    middle = snapped(Point(59.9139, 10.7522), 500)
    ours = factories.operation(
        anna, north_case, at=f"{middle.latitude - 0.49 * field}, {middle.longitude}", radius_m=radius
    )
    ours.ends_at += timedelta(minutes=1)
    ours.save()
    for place, minutes in ((0.0, 59), (0.49, 0)):
        if radius == 300:
            at, begins = OSLO, ours.ends_at + timedelta(hours=2, minutes=59 + minutes)
        else:
            at, begins = f"{middle.latitude + (82 + place) * field}, {middle.longitude}", ours.starts_at
        asking = factories.operation(
            bea, east_case, at=at, radius_m=radius, starts_at=begins, ends_at=begins + timedelta(hours=1)
        )
        assert deconfliction.in_conflict(asking, ours)
        assert asking.notices.filter(other_agency=anna.agency).exists()


def test_what_an_agency_may_be_told_is_looked_at_every_night_after_a_move_away_too(
    conflict: Conflict, anna: User, bea: User, crossroads: TaskForce
) -> None:
    [mine] = notices(anna.agency)
    moved_far(mine, anna)
    TaskForce.objects.filter(pk=crossroads.pk).update(ends_on=timezone.localdate() - timedelta(days=1))
    for operation in deconfliction.all_to_check():
        deconfliction.check_operation(operation.pk)
    told = [(each.state, each.other_agency, each.contact) for each in ConflictNotice.objects.all()]
    assert told == [("over", None, None)] * 2


def test_the_watch_is_not_told_which_side_is_a_place_by_the_order_of_names(
    north_case: Case, anna: User, nora: User, cora: User, crossroads: TaskForce
) -> None:
    actions.name_watch_officer(task_force=crossroads, officer=cora, by=None)
    factories.operation(anna, north_case)
    factories.site(nora)
    says = WatchNotice.objects.get().says
    assert says.index("Harbour House") < says.index("Northland Police")


def test_who_is_watch_officer_no_more_reads_nothing_more_and_the_next_one_what_waits(
    conflict: Conflict, cora: User, crossroads: TaskForce, as_user: Any
) -> None:
    def desk(officer: User) -> str:
        return str(as_user(officer).get("/cases/desk/conflicts/").content.decode())

    actions.name_watch_officer(task_force=crossroads, officer=cora, by=None)
    assert "Bea" in desk(cora)
    told = WatchNotice.objects.get()
    next_one = factories.person("Carl", cora.agency, Role.SUPERVISOR)  # type: ignore[arg-type]
    actions.name_watch_officer(task_force=crossroads, officer=next_one, by=None)
    assert "Bea" not in desk(cora)
    assert as_user(cora).post(f"/cases/desk/watch/{told.pk}/").status_code == 404
    assert "Bea" in desk(next_one)
    Membership.objects.filter(task_force=crossroads, agency=cora.agency).delete()
    assert "Bea" not in desk(next_one)


# --- Resolving --------------------------------------------------------------------------------------------------


@pytest.fixture
def conflict(north_case: Case, east_case: Case, anna: User, bea: User) -> Conflict:
    factories.operation(anna, north_case, "Ours", at=OSLO)
    factories.operation(bea, east_case, "Theirs", at=NEAR)
    return Conflict.objects.get()


def go(operation: Operation, by: User) -> Operation:
    return actions.move_operation(operation, status="go", by=by)


def moved_far(notice: ConflictNotice, by: User) -> Operation:
    operation = notice.own_operation
    assert operation is not None
    latitude, longitude = read_coordinates(FAR)
    operation.refresh_from_db()
    moved = actions.change_operation(
        operation, by=by, version=operation.updated_at.isoformat(), latitude=latitude, longitude=longitude
    )
    deconfliction.check_operation(moved.pk)
    return moved


def test_no_go_until_both_have_said_that_it_is_settled(conflict: Conflict, anna: User, bea: User) -> None:
    [mine], [theirs] = notices(anna.agency), notices(bea.agency)
    assert mine.own_operation is not None
    with pytest.raises(Refused, match=r"Call Bea, Eastport Prosecution"):
        go(mine.own_operation, anna)
    actions.settle_conflict(mine, note="We go at six, they at nine.", by=anna)
    with pytest.raises(Refused, match="unresolved conflict"):
        go(mine.own_operation, anna)
    actions.settle_conflict(theirs, note="Fine.", by=bea, share_note=True)
    mine.refresh_from_db()
    assert (mine.state, mine.other_note) == ("resolved", "Fine.")
    theirs.refresh_from_db()
    assert theirs.other_note == "", "a note that was not shared stays with its own side"
    assert go(mine.own_operation, anna).status == "go"


def test_two_supervisors_override_and_the_other_side_is_told(
    conflict: Conflict, anna: User, alice: User, bea: User
) -> None:
    [mine], [theirs] = notices(anna.agency), notices(bea.agency)
    assert mine.own_operation is not None
    with pytest.raises(Refused):
        actions.ask_override(mine, reason="A life", by=alice)
    actions.ask_override(mine, reason="A life is at stake", by=anna)
    mine.refresh_from_db()
    with pytest.raises(Refused, match="second supervisor"):
        actions.confirm_override(mine, by=anna)
    second = factories.person("Sven", anna.agency, Role.SUPERVISOR)  # type: ignore[arg-type]
    actions.confirm_override(mine, by=second)
    assert go(mine.own_operation, anna).status == "go"
    theirs.refresh_from_db()
    assert theirs.other_overrode_at is not None
    assert theirs.override_reason == ""
    assert theirs.blocks


def test_a_conflict_that_turns_up_after_the_go_takes_it_back(
    north_case: Case, east_case: Case, anna: User, bea: User
) -> None:
    ours = go(factories.operation(anna, north_case), anna)
    factories.operation(bea, east_case)
    ours.refresh_from_db()
    assert ours.status == "checked"


def test_moving_away_ends_no_conflict_but_calling_off_does(conflict: Conflict, anna: User, bea: User) -> None:
    [mine] = notices(anna.agency)
    moved = moved_far(mine, anna)
    mine.refresh_from_db()
    assert mine.state == "open", "an answer to a move would tell where the other is"
    actions.move_operation(moved, status="called_off", by=anna, reason="Warrant refused")
    assert {each.state for each in ConflictNotice.objects.all()} == {"over"}


def test_what_was_said_before_a_move_counts_no_more_on_either_side(
    conflict: Conflict, anna: User, bea: User
) -> None:
    """Else one would agree from afar, and then move onto the other."""
    [mine], [theirs] = notices(anna.agency), notices(bea.agency)
    actions.settle_conflict(mine, note="We stay on our side of the river.", by=anna)
    actions.settle_conflict(theirs, note="Fine.", by=bea, share_note=True)
    assert theirs.own_operation is not None
    go(theirs.own_operation, bea)
    moved = moved_far(mine, anna)
    said = [
        (each.state, each.note, each.other_note, each.settled_at) for each in ConflictNotice.objects.all()
    ]
    assert said == [("open", "", "", None)] * 2
    theirs.own_operation.refresh_from_db()
    assert theirs.own_operation.status == "checked"
    with pytest.raises(Refused, match="unresolved conflict"):
        go(moved, anna)


def test_a_move_opens_nothing_with_what_is_over(conflict: Conflict, anna: User, bea: User) -> None:
    [mine], [theirs] = notices(anna.agency), notices(bea.agency)
    actions.settle_conflict(mine, note="Fine.", by=anna)
    actions.settle_conflict(theirs, note="Fine.", by=bea)
    assert theirs.own_operation is not None
    actions.move_operation(theirs.own_operation, status="called_off", by=bea, reason="Warrant refused")
    assert go(moved_far(mine, anna), anna).status == "go"


def test_a_place_that_is_put_back_on_the_list_is_protected_again(
    east_case: Case, bea: User, nora: User, harbour: Agency
) -> None:
    site = factories.site(nora, at=OSLO, tells="liaison")
    operation = factories.operation(bea, east_case, at=NEAR)
    actions.remove_site(site, by=nora)
    assert {each.state for each in ConflictNotice.objects.all()} == {"over"}
    site.refresh_from_db()
    actions.restore_site(site, by=nora)
    deconfliction.check_site(site.pk)
    assert {each.state for each in ConflictNotice.objects.all()} == {"open"}
    with pytest.raises(Refused, match="unresolved conflict"):
        go(operation, bea)


def test_agencies_that_have_an_operation_are_not_told_that_a_conflict_took_its_go_back(
    north_case: Case, anna: User, bob: User, nora: User, eastport: Agency, as_user: Any
) -> None:
    actions.assign_case(north_case, agency=eastport, part="support", reason="Money", by=anna)
    ours = factories.operation(anna, north_case)
    actions.give_operation(ours, agency=eastport, reason="Second team", by=anna)
    go(ours, anna)
    factories.site(nora)
    ours.refresh_from_db()
    assert ours.status == "checked"
    mine, theirs = (
        str(as_user(reader).get(f"/history/cases.operation/{ours.pk}/").content.decode())
        for reader in (anna, bob)
    )
    assert "A conflict was found." in mine
    assert "Taskforce changed" not in re.sub(r"<[^>]+>|\s+", " ", theirs)
    assert "conflict" not in theirs


def test_a_word_can_be_taken_back_until_the_other_has_spoken(
    conflict: Conflict, anna: User, bea: User
) -> None:
    [mine], [theirs] = notices(anna.agency), notices(bea.agency)
    actions.settle_conflict(mine, note="Fine", by=anna, share_note=True)
    actions.reopen_conflict(mine, reason="Not fine", by=anna)
    theirs.refresh_from_db()
    assert (theirs.other_settled_at, theirs.other_note) == (None, "")
    actions.settle_conflict(theirs, note="Fine", by=bea)
    mine.refresh_from_db()
    assert mine.state == "open"


# --- Probing ----------------------------------------------------------------------------------------------------


def test_who_enters_many_places_raises_an_alarm_tells_the_watch_and_is_stopped(
    north_case: Case, anna: User, cora: User, crossroads: TaskForce, settings: Any
) -> None:
    settings.DECONFLICTION_UNUSUAL, settings.DECONFLICTION_MOST = 3, 5
    actions.name_watch_officer(task_force=crossroads, officer=cora, by=None)
    for n in range(5):
        factories.operation(anna, north_case, f"Probe {n}", at=f"59.{n}, 10.7")
    with pytest.raises(Refused, match="as many as it may"):
        factories.operation(anna, north_case, "One more")
    alarm = Alarm.objects.get(agency=anna.agency)
    assert "more places" in alarm.how
    assert (alarm.person_id, alarm.looks) == (anna.pk, 2)
    assert "Northland Police entered or moved 5 places" in WatchNotice.objects.get(user=cora).says


def test_one_operation_that_is_moved_about_raises_an_alarm(north_case: Case, anna: User) -> None:
    operation = factories.operation(anna, north_case)
    for n in range(3):
        version = Operation.objects.get(pk=operation.pk).updated_at.isoformat()
        actions.change_operation(operation, by=anna, version=version, radius_m=400 + n)
    assert "moved one operation" in Alarm.objects.get(agency=anna.agency).how


@given(
    lat=st.floats(-0.002, 0.002), lon=st.floats(-0.002, 0.002), radius=st.sampled_from([300, 350, 499, 500]),
    minutes=st.integers(0, 59),
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_within_a_field_of_the_grid_no_change_of_place_radius_or_minutes_changes_the_answer(
    lat: float, lon: float, radius: int, minutes: int
) -> None:
    """What is asked more finely than the grid, the sizes and the hours gets the same answer as the middle of them."""
    begins = timezone.now().replace(hour=6, minute=0, second=0, microsecond=0)
    middle = snapped(Point(59.9139, 10.7522), 500)
    place = Point(middle.latitude + lat, middle.longitude + lon)

    def asking(at: Point, metres: int, minute: int) -> Operation:
        start = begins + timedelta(minutes=minute)
        return Operation(latitude=at.latitude, longitude=at.longitude, radius_m=metres, starts_at=start,
                         ends_at=begins + timedelta(hours=1))  # fmt: skip

    for others in (Point(59.92, 10.77), Point(59.935, 10.7522), Point(59.9139, 10.80)):
        other = Operation(latitude=others.latitude, longitude=others.longitude, radius_m=700,
                          starts_at=begins, ends_at=begins + timedelta(hours=2))  # fmt: skip
        finely = deconfliction.in_conflict(asking(place, radius, minutes), other)
        assert finely == deconfliction.in_conflict(asking(middle, 500, 0), other)


# --- Where ------------------------------------------------------------------------------------------------------

POINTS = st.builds(Point, st.floats(-89.9, 89.9), st.floats(-180, 180))


def test_known_distances() -> None:
    assert distance(Point(59.9139, 10.7522), Point(59.3293, 18.0686)) == pytest.approx(416_000, rel=0.01)
    assert distance(Point(0, 179.999), Point(0, -179.999)) == pytest.approx(222, rel=0.01)
    assert distance(Point(0, 0), Point(0, 180)) == pytest.approx(20_015_115, rel=0.001)


@given(one=POINTS, other=POINTS, metres=st.floats(100, 60_000))
@settings(max_examples=300, deadline=None)
def test_the_box_leaves_out_nothing_that_is_near(one: Point, other: Point, metres: float) -> None:
    assert distance(one, other) == pytest.approx(distance(other, one))
    near = Point(one.latitude + (other.latitude / 90) * metres / 120_000,
                 (one.longitude + other.longitude / 180 + 180) % 360 - 180)  # fmt: skip
    if distance(one, near) <= metres:
        box = box_round(one, metres)
        assert box.south <= near.latitude <= box.north
        inside = (near.longitude >= box.west or near.longitude <= box.east) if box.crosses_date_line else (
            box.west <= near.longitude <= box.east)  # fmt: skip
        assert inside


@pytest.mark.parametrize(
    ("typed", "latitude", "longitude"),
    [("59.9139, 10.7522", "59.9139", "10.7522"), ("59,9139; 10,7522", "59.9139", "10.7522"),
     ("59°54'50\"N 10°45'8\"E", "59.913889", "10.752222"), ("33.45 S, 70.66 W", "-33.45", "-70.66")],
)  # fmt: skip
def test_coordinates_are_read_as_people_write_them(typed: str, latitude: str, longitude: str) -> None:
    assert [f"{value.normalize():f}" for value in read_coordinates(typed)] == [latitude, longitude]


@pytest.mark.parametrize(
    ("typed", "says"),
    [("Pier Road 4", "no place on the map"), ("110.75, 59.91", "are the two swapped"), ("59.9, 190", "longitude")],
)  # fmt: skip
def test_what_is_no_place_is_refused_with_what_to_write(typed: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_coordinates(typed)
