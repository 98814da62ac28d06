"""What the evidence of a hit says: a sum that is one, how rare what agrees is, how much there is to go by."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agencies import actions as agency_actions
from agencies.models import Agency, User
from agencies.visibility import Level
from intel.actions import judge_hit
from intel.matching.measured import Share, measured, wilson
from intel.matching.model import Band, shipped
from intel.matching.rarity import in_words
from intel.matching.vocabulary import name_shares
from intel.models import Hit, HitNotice
from intel.presenters_evidence import amount, band_figures, held_back, open_rows
from intel.presenters_hits import cards, with_sides
from intel.presenters_records import not_compared, said
from tests import factories
from tests.factories.hits import link, notice_of

PHONE = "+1 404 555 0134"


def piece(field: str = "names", bits: float = 5.0, level: str = "same", **values: str) -> dict[str, Any]:
    return {"field": field, "bits": bits, "level": level, "sentence": "So.", "left_value": "Rojas", "right_value": "Rojas"} | values  # fmt: skip


def row(field: str, weight: float = 5.0, *, whole: bool = True, sentence: str = "So.") -> dict[str, Any]:
    return {"field": field, "weight": weight, "whole": whole, "sentence": sentence}


# --- The chart ----------------------------------------------------------------------------------------------------

BITS = st.lists(st.floats(-20, 30), max_size=12)


@given(prior=st.floats(-20, 0), bits=BITS)
def test_the_running_sum_is_the_true_one_to_the_tenth(prior: float, bits: list[float]) -> None:
    rows = open_rows(Hit(bits=prior + sum(bits), evidence=[piece(bits=each) for each in bits]))
    assert rows[0]["weight"] == pytest.approx(prior, abs=0.051)
    for shown in range(len(rows)):
        so_far = sum(each["weight"] for each in rows[: shown + 1])
        assert so_far == pytest.approx(prior + sum(bits[:shown]), abs=0.051)


def test_a_field_that_the_table_does_not_know_is_shown_by_its_own_name() -> None:
    rows = open_rows(Hit(bits=-10.0, evidence=[piece("shoe_sizes", 5.0)]))
    assert rows[1]["label"] == "Shoe sizes"
    assert amount([row("shoe_sizes")], is_open=True).agreeing == "shoe sizes"


def test_a_pair_kept_below_its_score_says_why() -> None:
    bands = shipped().bands
    assert held_back(Hit(bits=bands[Band.STRONG], band="strong")) == ""
    assert "never more than “possible”" in held_back(Hit(bits=bands[Band.STRONG], band="possible"))
    assert "listed name" in held_back(Hit(bits=bands[Band.POSSIBLE] - 5, band="possible"))


# --- Rarity -------------------------------------------------------------------------------------------------------


def test_a_shared_name_is_as_rare_as_the_public_table_says() -> None:
    assert in_words("names", "García") == "“García” in about 1 in 82 people’s names."
    assert round(1 / name_shares()["garcia"]) == 82


def test_a_name_that_no_table_knows_is_rarer_than_all_in_it_and_comes_first() -> None:
    told = in_words("names", "Garcia Qwyzzyx")
    assert told.index("“Qwyzzyx” in fewer than 1 in") < told.index("“Garcia”")


def test_only_words_in_both_names_count_where_both_are_seen() -> None:
    assert in_words("names", "Jan Garcia", "GARCÍA, Pedro") == "“Garcia” in about 1 in 82 people’s names."
    assert in_words("names", "Jan", "Pedro") == ""


@pytest.mark.parametrize(
    ("value", "said"),
    [("1984-05-17", "a given day"), ("1984", "a given year"), ("1984-05-17 to 1985-05-16", "")],
)
def test_a_birth_date_is_as_rare_as_the_calendar_makes_it(value: str, said: str) -> None:
    assert (said in in_words("births", value)) is (in_words("births", value) != "" or not said)
    assert in_words("births", value, "1990-01-01") == ""


def test_what_no_public_table_counts_is_not_counted() -> None:
    assert in_words("identifiers", PHONE) == in_words("places", "Tenancingo") == ""


# --- How much there is to go by -------------------------------------------------------------------------------------


def test_the_same_name_and_nothing_else_is_thin() -> None:
    told = amount([row("prior", -15.0), row("names")], is_open=True)
    assert (told.level, told.sentence) == ("thin", "Name agrees; nothing else to compare.")


def test_name_birth_date_and_telephone_are_much() -> None:
    phone = row("identifiers", sentence=f"The telephone number {PHONE} is in both records.")
    told = amount([phone, row("names", whole=False), row("births"), row("sexes")], is_open=True)
    assert told.level == "much"
    assert told.sentence == "Telephone number, birth date and sex agree; name agrees in part."


def test_circumstances_do_not_make_a_name_more_than_thin() -> None:
    told = amount([row("names"), row("nationalities"), row("sexes"), row("births", -5.0)], is_open=True)
    assert (told.level, told.sentence) == ("thin", "Name, nationality and sex agree; birth date differs.")


def test_of_a_sealed_hit_it_does_not_say_that_there_is_nothing_else() -> None:
    told = amount([row("names"), row("rest", -7.0)], is_open=False)
    assert told.sentence == "Name agrees; whether anything else does is sealed."


# --- What could not be compared ---------------------------------------------------------------------------------------


def test_of_a_sealed_hit_only_what_the_own_record_lacks_is_told(
    alice: User, bob: User, bea: User, northland: Agency
) -> None:
    own = factories.lead(alice, subjects=(factories.subject("Odilon Rojas", phone=PHONE, sex="male"),))
    theirs = factories.lead(
        bob, subjects=(factories.subject("Odilon Rojas", phone=PHONE, nationalities=("MX",)),)
    )
    notice = notice_of(northland, link(own, theirs))

    def told() -> list[str]:
        card = cards(with_sides(HitNotice.objects.visible_to(alice).filter(pk=notice.pk)), alice)[0]
        return not_compared(card, said(card, alice))

    assert told() == ["birth date (not in ours)", "nationality (not in ours)", "place (not in ours)"]
    agency_actions.share(theirs, agency=northland, level=Level.VIEW, reason="joint work", by=bea)
    assert told() == [
        "birth date (not in either record)", "sex (not in theirs)", "nationality (not in ours)",
        "place (not in either record)",
    ]  # fmt: skip


# --- How right a band is -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "judged", "low", "high"), [(0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0), (81, 263, 0.255, 0.366)]
)
def test_the_interval_is_wilsons(right: int, judged: int, low: float, high: float) -> None:
    """The last as in R. G. Newcombe 1998, Statistics in Medicine 17, table I."""
    assert wilson(right, judged) == pytest.approx((low, high), abs=0.0006)


@given(judged=st.integers(1, 500), data=st.data())
def test_the_interval_holds_the_share_and_narrows_with_more_of_the_same(judged: int, data: Any) -> None:
    right = data.draw(st.integers(0, judged))
    low, high = wilson(right, judged)
    assert 0 <= low <= right / judged + 1e-12
    assert right / judged - 1e-12 <= high <= 1
    further = wilson(right * 4, judged * 4)
    assert further[1] - further[0] < high - low


def test_the_shipped_model_was_measured() -> None:
    assert measured("strong") is not None, "run: python -m benchmarks.demo_links --write"
    assert measured("strong", "a version that never was") is None


def test_a_share_of_few_is_no_share() -> None:
    assert str(Share(3, 4)) == "3 of 4: too few to tell"
    assert str(Share(119, 128)) == "93 % (119 of 128; 95 % interval 87 to 96 %)"


def test_an_agencys_own_judgements_are_told_from_ten_on() -> None:
    few, enough = band_figures({"strong": (9, 9)})[0], band_figures({"strong": (18, 20)})[0]
    assert few.own is None
    assert str(enough.own).startswith("90 % (18 of 20;")


def test_they_stand_on_the_page_of_a_hit_and_count_the_own_agency_alone(
    alice: User, bob: User, northland: Agency, eastport: Agency, as_user: Any
) -> None:
    notices = []
    for number in range(11):
        both = [factories.lead(by, phone=f"+1 404 555 02{number:02}") for by in (alice, bob)]
        hit = link(*both)
        notices.append(notice_of(northland, hit))
        judge_hit(notice_of(eastport, hit), verdict="not_same", reason="no", by=bob)
    for notice in notices[:9]:
        judge_hit(notice, verdict="same", reason="one number", by=alice)
    client = as_user(alice)
    url = f"/hits/{notices[10].pk}/"
    assert "Your agency judged them" not in client.get(url).content.decode()
    judge_hit(notices[9], verdict="not_same", reason="another", by=alice)
    assert "90 % (9 of 10;" in client.get(url).content.decode()
    assert "90 % (9 of 10;" in client.get("/hits/").content.decode()
