"""From one hit to what each agency learns of it: never more than the other record's owner lets be known."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from hypothesis import assume, given
from hypothesis import strategies as st

from agencies import actions as agency_actions
from agencies import enforcing, jobs
from agencies.models import Agency, Agreement, Job, PointerPolicy, TaskForce, User
from agencies.permissions import Role
from agencies.visibility import Level
from intel.actions import judge_hit
from intel.actions.telling import TELL_BETWEEN
from intel.matching import engine, keeping, pointers
from intel.matching.evidence import CommonNames
from intel.matching.model import Band, shipped
from intel.matching.normalise import normalise
from intel.matching.records import DateSpan, Kind, Record
from intel.matching.scoring import score
from intel.matching.sealing import REST, sealed
from intel.models import Hit, HitNotice, Lead
from tests import factories
from tests.factories.hits import link, notice_of

NAMED, LIAISON, SILENT, NEVER = PointerPolicy
PHONE = "+1 404 555 0134"


@pytest.fixture
def crossroads(northland: Agency, eastport: Agency, southshore: Agency) -> TaskForce:
    return factories.task_force("Crossroads", [northland, eastport, southshore])


@pytest.fixture
def contacts(northland: Agency, eastport: Agency, anna: User, bea: User) -> None:
    agency_actions.name_contact(agency=northland, contact=anna, by=None)
    agency_actions.name_contact(agency=eastport, contact=bea, by=None)


def leads(alice: User, bob: User, ours: str = NAMED, theirs: str = NAMED) -> tuple[Lead, Lead]:
    """Alice's and Bob's lead on the same man with the same phone."""
    who = factories.subject("Odilon Martinez-Rojas", phone=PHONE)
    return (
        factories.lead(alice, "Alices lead", subjects=(who,), pointer_policy=ours),
        factories.lead(bob, "Bobs lead", subjects=(who,), pointer_policy=theirs),
    )


def told(agency: Agency) -> dict[str, Any] | None:
    """What the agency's notice says of the other side, None when it has no notice."""
    notice = HitNotice.objects.filter(agency=agency).exclude(state="withdrawn").first()
    return notice and {"agency": notice.other_agency, "contact": notice.contact, "liaison": notice.liaison}


# --- What the two agreed -------------------------------------------------------------------------------------


@pytest.fixture
def eva(eastport: Agency) -> User:
    return factories.person("Eva", eastport, Role.AGENCY_ADMINISTRATOR)


def agree(ada: User, eva: User, *, pointers: bool, **dates: date) -> Agreement:
    proposed = agency_actions.propose_agreement(
        by=ada, partner=eva.agency, level=Level.VIEW, handling="H3", pointers=pointers, **dates
    )
    return agency_actions.answer_agreement(proposed, accept=True, by=eva)


def follow() -> None:
    """Do what waits to be done after an agreement changed."""
    for job in Job.objects.filter(kind=TELL_BETWEEN, state=Job.State.WAITING):
        jobs.perform(job.pk, keeping.tell_between)


def told_of_by_matching(own: Lead, agency: Agency) -> bool:
    engine.match(own.pk)
    return told(agency) is not None


def test_agencies_that_agreed_on_no_pointers_learn_of_no_hit_until_they_agree_otherwise(
    alice: User, bob: User, ada: User, eva: User, northland: Agency, eastport: Agency, crossroads: TaskForce
) -> None:
    ours, theirs = leads(alice, bob)
    hit = link(ours, theirs)
    assert told(northland)
    assert told(eastport)
    agreement = agree(ada, eva, pointers=False)
    follow()
    assert (told(northland), told(eastport)) == (None, None)
    assert notice_of(northland, hit).other_agency is None  # the row forgets it, so no reader has to
    assert not told_of_by_matching(ours, northland)
    agree(ada, eva, pointers=True)
    follow()
    assert told(northland)
    assert told(eastport)
    agency_actions.end_agreement(Agreement.objects.exclude(pk=agreement.pk).get(), reason="over", by=ada)
    follow()
    assert (told(northland), told(eastport)) == (None, None)


def test_an_agencys_own_terms_without_pointers_bind_the_whole_task_force(
    alice: User, bob: User, ada: User, northland: Agency, eastport: Agency, crossroads: TaskForce
) -> None:
    link(*leads(alice, bob))
    agency_actions.propose_agreement(
        by=ada, task_force=crossroads, level=Level.VIEW, handling="H3", pointers=False
    )
    follow()
    assert (told(northland), told(eastport)) == (None, None)


def test_an_agreement_that_runs_out_takes_its_pointers_with_it(
    alice: User, bob: User, ada: User, eva: User, northland: Agency, eastport: Agency, crossroads: TaskForce
) -> None:
    link(*leads(alice, bob))
    agree(ada, eva, pointers=True, ends_on=timezone.localdate())
    follow()
    assert told(northland)
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        enforcing.keep_to_agreements()
        follow()
        assert (told(northland), told(eastport)) == (None, None)


# --- Policy of each side, and the task force -------------------------------------------------------------------


@pytest.mark.parametrize("theirs", PointerPolicy)
@pytest.mark.parametrize("ours", PointerPolicy)
def test_each_side_learns_what_the_others_policy_allows(
    ours: str, theirs: str, alice: User, bob: User, anna: User, bea: User, contacts: None, crossroads: TaskForce
) -> None:  # fmt: skip
    link(*leads(alice, bob, ours, theirs))
    for reader, owner, officer, policy in ((alice, bob, bea, theirs), (bob, alice, anna, ours)):
        expected = {
            NAMED: {"agency": owner.agency, "contact": officer, "liaison": ""},
            LIAISON: {"agency": None, "contact": None, "liaison": "Liaison desk"},
        }
        silent = NEVER in (ours, theirs)
        assert reader.agency is not None
        assert told(reader.agency) == (None if silent else expected.get(PointerPolicy(policy)))


@pytest.mark.parametrize("together", [True, False], ids=["same task force", "no task force in common"])
def test_only_agencies_of_one_running_task_force_hear_of_each_other(
    together: bool, alice: User, bob: User, northland: Agency, eastport: Agency, southshore: Agency
) -> None:
    TaskForce.objects.all().delete()
    factories.task_force("One", [northland, eastport] if together else [northland, southshore])
    factories.task_force("Two", [eastport, southshore])
    link(*leads(alice, bob))
    assert bool(told(northland)) == bool(told(eastport)) == together


@pytest.mark.parametrize("how", ["the task force has ended", "it has not begun", "an agency has left"])
def test_a_notice_is_withdrawn_when_the_ground_for_it_goes(
    how: str, alice: User, bob: User, northland: Agency, eastport: Agency, crossroads: TaskForce
) -> None:
    hit = link(*leads(alice, bob))
    day = timedelta(days=1)
    if how == "an agency has left":
        Agency.objects.filter(pk=northland.pk).update(left_on=timezone.localdate())
    elif how == "the task force has ended":
        TaskForce.objects.update(ends_on=timezone.localdate() - day)
    else:
        TaskForce.objects.update(starts_on=timezone.localdate() + day)
    pointers.write_notices(Hit.objects.get(pk=hit.pk))
    assert told(northland) is told(eastport) is None


def test_a_withdrawn_notice_forgets_what_it_told(
    alice: User, bob: User, eastport: Agency, contacts: None, crossroads: TaskForce
) -> None:
    hit = link(*leads(alice, bob))
    pointers.withdraw(hit)
    notice = notice_of(eastport, hit)
    assert (notice.other_agency, notice.contact, notice.liaison, notice.evidence) == (None, None, "", [])


def test_a_revived_notice_keeps_what_its_agency_judged(
    alice: User, bob: User, eastport: Agency, crossroads: TaskForce
) -> None:
    hit = link(*leads(alice, bob))
    judge_hit(notice_of(eastport, hit), verdict="same", reason="the same scar", by=bob)
    pointers.withdraw(hit)
    hit.withdrawn_at = None
    hit.save()
    pointers.write_notices(hit)
    notice = notice_of(eastport, hit)
    assert (notice.state, notice.other_agency) == ("same", alice.agency)


def test_what_the_other_side_judged_makes_no_difference_when_a_hit_falls(
    alice: User, bob: User, northland: Agency, eastport: Agency, crossroads: TaskForce
) -> None:
    hit = link(*leads(alice, bob))
    judge_hit(notice_of(northland, hit), verdict="same", reason="the same scar", by=alice)
    pointers.withdraw(hit)
    assert told(eastport) is None
    assert told(northland) == {"agency": eastport, "contact": None, "liaison": ""}


def test_a_judgement_does_not_outlive_the_permission_to_know(
    alice: User, bob: User, northland: Agency, eastport: Agency, crossroads: TaskForce
) -> None:
    hit = link(*leads(alice, bob))
    judge_hit(notice_of(eastport, hit), verdict="same", reason="the same scar", by=bob)
    Lead.objects.filter(agency=northland).update(pointer_policy=NEVER)
    pointers.withdraw(Hit.objects.get(pk=hit.pk))
    assert told(eastport) is None


def test_a_contact_who_has_left_is_not_named(
    alice: User, bob: User, anna: User, eastport: Agency, contacts: None, crossroads: TaskForce
) -> None:
    User.objects.filter(pk=anna.pk).update(is_active=False)
    link(*leads(alice, bob))
    assert told(eastport) == {"agency": alice.agency, "contact": None, "liaison": ""}


def test_two_leads_of_one_agency_make_one_notice(alice: User, northland: Agency) -> None:
    link(*leads(alice, alice))
    assert HitNotice.objects.get().agency == northland


def test_nothing_is_written_when_nothing_changed_for_the_reader(
    alice: User, bob: User, eastport: Agency, crossroads: TaskForce
) -> None:
    """An edit of the hidden record that leaves the same fields agreeing must not even move the notice's clock."""
    hit = link(*leads(alice, bob))
    before = HitNotice.objects.filter(hit=hit, agency=eastport).values().get()
    hit.bits += 1.7
    for row in hit.evidence:
        row["bits"] += 0.4
    hit.save()
    pointers.write_notices(hit)
    assert HitNotice.objects.filter(hit=hit, agency=eastport).values().get() == before


# --- The sealed evidence --------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    ["Odilon Martinez-Rojas", "Odilon Martines Rojas", "O. Rojas", "Zainab Quux", "Maria Lopez"]
)
BIRTHS = st.dates(date(1970, 1, 1), date(2000, 12, 31)).map(lambda day: (DateSpan(day, day),))
PHONES = st.lists(st.sampled_from(["+14045550134", "+14045550143", "+525555550199"]), max_size=2, unique=True)
RECORDS = st.builds(
    Record,
    kind=st.just(Kind.PERSON),
    name=NAMES,
    aliases=st.sampled_from([(), ("Diablo",), ("Chino",)]),
    births=BIRTHS | st.just(()),
    sex=st.sampled_from(["", "female", "male"]),
    nationalities=st.sampled_from([(), ("MX",), ("PL", "DE")]),
    places=st.sampled_from([(), ("Tenancingo, Tlaxcala",), ("Atlanta, Georgia",)]),
    identifiers=PHONES.map(lambda values: tuple(("phone", value) for value in values)),
)


def scored_against(own: Record, hidden: Record) -> Any:
    scored = score(normalise(own), normalise(hidden), CommonNames())
    assume(scored is not None)
    return scored


def values_of(record: Record) -> set[str]:
    spans = {str(span) for span in record.births}
    words = {"female", "male", ", ".join(sorted(record.nationalities))}
    return {record.name, *record.aliases, *record.places, *spans, *words, *(v for _, v in record.identifiers)}


@given(own=RECORDS, hidden=RECORDS)
def test_it_holds_the_readers_own_values_and_nothing_else(own: Record, hidden: Record) -> None:
    scored = scored_against(own, hidden)
    rows = sealed(scored.explanation(), "left", scored.band)
    secret = values_of(hidden) - values_of(own) - {"female", "male", ""}
    said = " ".join(f"{row['value']} {row['sentence']}" for row in rows)
    assert {row["value"] for row in rows} <= values_of(own) | {""}
    # A shorter hidden value may stand inside a longer own one ("O. Rojas"); that tells nothing new.
    assert not [each for each in secret if each in said and not any(each in mine for mine in values_of(own))]


@given(own=RECORDS, hidden=RECORDS)
def test_its_rows_add_up_to_where_the_band_begins(own: Record, hidden: Record) -> None:
    scored = scored_against(own, hidden)
    rows = sealed(scored.explanation(), "left", scored.band)
    assert sum(row["bits"] for row in rows) == shipped().bands[Band(scored.band)]
    assert rows[-1]["field"] == REST


def test_hidden_records_that_agree_alike_read_the_same() -> None:
    """The reader cannot tell how far apart the differing values are, nor that they differ at all."""
    own = _man("Odilon Martinez-Rojas", date(1990, 3, 4), "male", ("MX",), ("+14045550134",))
    alike: dict[Any, list[tuple[float, Any]]] = defaultdict(list)
    for hidden in product(
        ("Odilon Martinez-Rojas", "Odilon Martines Rojas", "Zainab Quux"),
        (date(1990, 3, 4), date(1990, 4, 3), date(1991, 1, 1), date(1971, 1, 1), None),
        ("male", "female", ""),
        (("MX",), ("PL",), ()),
        (("+14045550134",), ("+14045550143",), ()),
    ):
        if scored := score(normalise(own), normalise(_man(*hidden)), CommonNames()):
            rows = sealed(scored.explanation(), "left", scored.band)
            alike[scored.band, frozenset(_agreeing(scored))].append((scored.bits, rows))
    assert all(len({str(rows) for _, rows in group}) == 1 for group in alike.values())
    assert sum(len({bits for bits, _ in group}) > 1 for group in alike.values()) > 20, (
        "nothing was put to the test"
    )


def _man(
    name: str, birth: date | None, sex: str, nations: tuple[str, ...], phones: tuple[str, ...]
) -> Record:
    return Record(
        Kind.PERSON, name, births=(DateSpan(birth, birth),) if birth else (), sex=sex, nationalities=nations,
        identifiers=tuple(("phone", value) for value in phones),
    )  # fmt: skip


def _agreeing(scored: Any) -> set[tuple[str, ...]]:
    """Field, own value, and whether all of it agrees."""
    whole = {"exact", "same", "alias, same", "agree", "shared", "town"}
    return {
        (each.field, each.left_value, str(each.level in whole)) for each in scored.evidence if each.bits > 0
    }


@pytest.mark.parametrize(
    "hidden_birth", [date(1990, 4, 3), date(1990, 3, 14)], ids=["day and month swapped", "same year"]
)
def test_a_near_birth_date_does_not_tell_the_hidden_one(hidden_birth: date) -> None:
    own = _man("Odilon Martinez-Rojas", date(1990, 3, 4), "", (), ())
    hidden = _man("Odilon Martinez-Rojas", hidden_birth, "", (), ())
    scored = score(normalise(own), normalise(hidden), CommonNames())
    assert scored
    row = next(row for row in sealed(scored.explanation(), "left", scored.band) if row["field"] == "births")
    assert row["sentence"] == "Your birth date 1990-03-04 is close to one they hold."


def test_it_does_not_tell_how_many_hold_a_value() -> None:
    """A number held by forty records weighs less in the hit, and the same in the notice."""

    class Crowded(CommonNames):
        def holders(self, kind: str, value: str) -> int:
            return 40

    own = normalise(Record(Kind.LOOSE, identifiers=(("phone", "+14045550134"),)))
    rare, crowded = score(own, own, CommonNames()), score(own, own, Crowded())
    assert rare
    assert crowded
    assert rare.bits > crowded.bits
    assert sealed(rare.explanation(), "left", "possible") == sealed(crowded.explanation(), "left", "possible")
