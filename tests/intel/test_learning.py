"""Weights learned from judgements: what they follow, whom they count for, who switches them, and what each may read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.urls import reverse

from agencies.models import Agency, TaskForce, User
from agencies.permissions import Role
from agencies.policies import NotPermitted, Refused
from intel import actions
from intel.matching import engine, learning
from intel.matching.comparing import compare
from intel.matching.evidence import CommonNames
from intel.matching.frame import Frame
from intel.matching.in_force import ModelsInForce
from intel.matching.model import Model, shipped
from intel.matching.normalise import normalise
from intel.matching.recalibration import recalibrated
from intel.matching.records import Kind, Record
from intel.matching.scoring import bits
from intel.models import Hit, HitNotice, LearnedWeights, LinkRun
from tests import factories

NAMES = [f"{given} {family}" for given in ("Odilon", "Severiano", "Eutimio", "Saturnina", "Crescencia", "Isidoro")
         for family in ("Quintanar", "Zempoalteca", "Xochitl", "Tlapale")]  # fmt: skip


# --- The weights ------------------------------------------------------------------------------------------------


def _judged(same_place_is_same: bool) -> tuple[Any, Any]:
    """Pairs of one name each; half of them in one town. The town tells the truth, or the opposite of it."""
    features = []
    for number, name in enumerate(NAMES):
        towns = ("Puebla", "Puebla") if number % 2 else ("Puebla", "Tijuana")
        features += [normalise(Record(Kind.PERSON, name=name, places=(town,))) for town in towns]
    frame = Frame.of(features, CommonNames())
    left, right = np.arange(0, len(features), 2), np.arange(1, len(features), 2)
    in_one_town = np.arange(len(left)) % 2 == 1
    return compare(frame, left, right), in_one_town == same_place_is_same


def test_judgements_that_follow_a_field_give_it_more_weight() -> None:
    compared, same = _judged(same_place_is_same=True)

    learned = recalibrated(shipped(), compared, same, "learned")

    assert learned.weight("places", "rarity") > shipped().weight("places", "rarity")
    assert learned.weight("names", "conflict") * shipped().weight("names", "conflict") > 0


def test_judgements_never_turn_evidence_round() -> None:
    compared, same = _judged(same_place_is_same=False)

    learned = recalibrated(shipped(), compared, same, "learned")

    assert 0 < learned.weight("places", "rarity") < shipped().weight("places", "rarity")


# --- A task force's lesson --------------------------------------------------------------------------------------


def _hits(one: User, other: User) -> list[Hit]:
    for by in (one, other):
        lead = factories.lead(by, subjects=tuple(factories.subject(name) for name in NAMES))
        engine.match(lead.pk)
    hits = list(Hit.objects.order_by("bits", "pk"))
    assert len(hits) >= learning.FEWEST
    return hits


def _judge_all(hits: list[Hit], by: User, *, same_every: int) -> None:
    for place, hit in enumerate(hits):
        notice = HitNotice.objects.get(hit=hit, agency=by.agency_id)
        verdict = "same" if place % same_every == 0 else "not_same"
        actions.judge_hit(notice, verdict=verdict, reason="Compared the files", by=by)


@pytest.fixture
def lesson(alice: User, bob: User, anna: User, crossroads: TaskForce) -> LearnedWeights:
    hits = _hits(alice, bob)
    for by in (alice, bob):
        _judge_all(hits, by, same_every=3)
    row = actions.learn_weights(crossroads, by=anna)
    learning.learn(row.pk)
    row.refresh_from_db()
    return row


def test_mostly_wrong_hits_teach_to_ask_for_more(lesson: LearnedWeights, northland: Agency) -> None:
    assert lesson.state == LearnedWeights.State.READY
    assert Model.of(lesson.content).prior_bits < shipped().prior_bits
    assert lesson.effect_on(northland.pk)["changed"]


def test_the_effect_is_worked_out_before_anything_changes(lesson: LearnedWeights) -> None:
    assert not lesson.is_on
    assert set(Hit.objects.values_list("model_version", flat=True)) == {shipped().version}


def test_the_judgements_of_one_agency_are_too_few_however_many_there_are(
    alice: User, bob: User, anna: User, crossroads: TaskForce
) -> None:
    _judge_all(_hits(alice, bob), alice, same_every=3)
    row = actions.learn_weights(crossroads, by=anna)

    learning.learn(row.pk)

    row.refresh_from_db()
    assert row.state == LearnedWeights.State.TOO_FEW
    with pytest.raises(Refused, match="within the last day"):
        actions.learn_weights(crossroads, by=anna)


def test_hits_within_one_agency_teach_nothing(
    alice: User, bob: User, anna: User, crossroads: TaskForce
) -> None:
    hits = _hits(alice, anna)
    _judge_all(hits, alice, same_every=3)
    row = actions.learn_weights(crossroads, by=anna)

    learning.learn(row.pk)

    row.refresh_from_db()
    assert row.state == LearnedWeights.State.TOO_FEW


def test_a_switch_links_everything_anew_from_the_beginning(lesson: LearnedWeights, bea: User) -> None:
    stale = actions.start_run(by=None)

    actions.switch_weights_on(lesson, by=bea)

    stale.refresh_from_db()
    assert stale.state == LinkRun.State.CANCELLED
    assert LinkRun.objects.unfinished().count() == 1


def test_it_takes_a_second_agency_to_switch_them_on(lesson: LearnedWeights, anna: User, bea: User) -> None:
    with pytest.raises(NotPermitted, match="second agency"):
        actions.switch_weights_on(lesson, by=anna)

    assert actions.switch_weights_on(lesson, by=bea).is_on
    assert actions.switch_weights_on(lesson, by=bea).is_on  # sent twice
    assert not actions.switch_weights_off(lesson, by=anna).is_on


def test_nobody_outside_the_task_force_learns_from_it_or_switches(
    lesson: LearnedWeights, cora_elsewhere: User, crossroads: TaskForce
) -> None:
    with pytest.raises(NotPermitted):
        actions.learn_weights(crossroads, by=cora_elsewhere)
    with pytest.raises(NotPermitted):
        actions.switch_weights_on(lesson, by=cora_elsewhere)


@pytest.fixture
def cora_elsewhere(db: None) -> User:
    return factories.person("Cora Elsewhere", factories.agency("Elsewhere Police", "EWP"), Role.SUPERVISOR)


def test_weights_that_cannot_be_switched_on_say_why(anna: User, bea: User, crossroads: TaskForce) -> None:
    row = actions.learn_weights(crossroads, by=anna)

    with pytest.raises(Refused, match="Nothing has been learned"):
        actions.switch_weights_on(row, by=bea)


def test_switched_on_they_score_the_pairs_of_the_task_force_alone(
    lesson: LearnedWeights, bea: User, northland: Agency, eastport: Agency, cora_elsewhere: User
) -> None:
    actions.switch_weights_on(lesson, by=bea)
    stranger = cora_elsewhere.agency_id
    assert stranger

    split = {
        model.version: places.tolist()
        for model, places in ModelsInForce().split(
            [northland.pk, northland.pk, stranger], [eastport.pk, stranger, stranger]
        )
    }

    assert split == {lesson.content["version"]: [0], shipped().version: [1, 2]}


def test_a_lead_matched_after_the_switch_carries_the_learned_version(
    lesson: LearnedWeights, alice: User, bob: User, bea: User
) -> None:
    actions.switch_weights_on(lesson, by=bea)
    one = factories.lead(alice, subjects=(factories.subject("Policarpo Huerta", phone="+1 404 555 0177"),))
    other = factories.lead(bob, subjects=(factories.subject("Policarpo Huerta", phone="+1 404 555 0177"),))
    for lead in (one, other):
        engine.match(lead.pk)

    newest = Hit.objects.latest("found_at")

    assert newest.model_version == lesson.content["version"]


@pytest.mark.parametrize(
    "broken",
    [{"weights": None}, {"weights": {"names": "secret"}}, {"bands": {"strong": 9}}, {"newer": "secret"}],
)
def test_weights_that_cannot_be_read_leave_the_shipped_ones_in_force_and_say_so(
    broken: dict[str, Any], lesson: LearnedWeights, alice: User, bob: User, bea: User, caplog: Any
) -> None:
    actions.switch_weights_on(lesson, by=bea)
    lesson.content = {**lesson.content, **broken}
    lesson.save(update_fields=["content"])
    for by in (alice, bob):
        made = factories.lead(by, subjects=(factories.subject("Policarpo Huerta", phone="+1 404 555 0177"),))
        engine.match(made.pk)

    assert Hit.objects.latest("found_at").model_version == shipped().version
    [said] = {record.getMessage() for record in caplog.records if record.levelname == "ERROR"}
    assert str(lesson.pk) in said
    assert "secret" not in said


# --- The page -----------------------------------------------------------------------------------------------------


def test_the_page_shows_each_agency_what_would_change_for_its_own_hits(
    lesson: LearnedWeights, anna: User, bea: User, as_user: Any
) -> None:
    own = as_user(anna).get(reverse("intel:weights")).content.decode()
    theirs = as_user(bea).get(reverse("intel:weights")).content.decode()

    assert "What would change" in own
    assert "A second agency must switch them on" in own
    assert reverse("intel:weights-on", args=[lesson.pk]) in theirs
    assert all(str(pk) not in theirs for pk in _notices_of(anna))


def _notices_of(user: User) -> list[Any]:
    return list(HitNotice.objects.filter(agency=user.agency_id).values_list("pk", flat=True))


def test_an_investigator_has_no_such_page(alice: User, as_user: Any) -> None:
    assert as_user(alice).get(reverse("intel:weights")).status_code == 404


def test_switching_by_the_buttons(lesson: LearnedWeights, bea: User, as_user: Any) -> None:
    client = as_user(bea)

    client.post(reverse("intel:weights-on", args=[lesson.pk]))
    assert LearnedWeights.objects.get(pk=lesson.pk).is_on

    client.post(reverse("intel:weights-off", args=[lesson.pk]))
    assert not LearnedWeights.objects.get(pk=lesson.pk).is_on


def test_bits_of_a_learned_model_still_add_up(lesson: LearnedWeights) -> None:
    compared, _ = _judged(same_place_is_same=True)
    model = Model.of(lesson.content)
    columns = np.array([model.weight(*column.split(".", 1)) for column in compared.columns])

    summed = model.prior_bits + compared.values @ columns

    assert np.allclose(summed, bits(compared, model), atol=0.01)
