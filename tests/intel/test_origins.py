"""Which reports trace to one origin: the rule alone, without a database."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intel.matching.narratives import COPY, bands, shared, shingles
from intel.matching.origins import Because, Report, origins, pair

TEXT = """The caller said that two women were held in a flat above the bakery on Mill Street, that a man called
Viktor took their passports when they arrived in March, and that a white van fetches them each evening at nine."""
OTHER = """During a labour inspection at the cannery four workers without contracts told the inspector that their wages
had been kept back since spring and that they slept in a container behind the hall."""


def report(number: int, text: str = "", **fields: Any) -> Report:
    return Report(
        id=uuid.UUID(int=number),
        reference=f"LEAD-000{number}",
        **{
            "agency": f"agency {number}",
            "agency_names": frozenset({f"Agency {number} Police"}),
            "logged_at": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number),
            "reported_on": date(2026, 1, 1),
            "source": "",
            "shingles": shingles(text),
            **fields,
        },
    )


def because(*reports: Report, **judged: Any) -> list[Because]:
    return [reason.because for origin in origins(reports, **judged) for reason in origin.reasons]


def test_a_forwarded_text_is_a_copy_though_words_were_changed_and_added() -> None:
    forwarded = "Forwarded for information: " + TEXT.replace("Viktor", "Victor").upper()
    [origin] = origins([report(1, TEXT), report(2, forwarded)])
    assert [(each.earlier.int, each.later.int) for each in origin.reasons] == [(1, 2)]
    assert COPY < origin.reasons[0].share < 1


def test_two_accounts_of_one_event_are_independent() -> None:
    assert len(origins([report(1, TEXT), report(2, OTHER)])) == 2


def test_a_few_equal_words_are_no_copy() -> None:
    assert (
        len(origins([report(1, "Called back, nobody answered."), report(2, "Called back, nobody answered.")]))
        == 2
    )


def test_one_informant_is_one_origin_whatever_is_written() -> None:
    reports = [report(1, TEXT, source="Informant  Falcon-7"), report(2, OTHER, source="informant falcon 7")]
    assert because(*reports) == [Because.SOURCE]


@pytest.mark.parametrize(
    "kind", ["Anonymous caller", "Hotline", "Walk-in witness", "", "Police officer on patrol"]
)
def test_a_kind_of_source_is_nobody_in_particular(kind: str) -> None:
    assert because(report(1, TEXT, source=kind), report(2, OTHER, source=kind)) == []


def test_a_report_that_cites_another_goes_back_to_it() -> None:
    cited = frozenset({"LEAD-0001"})
    assert because(report(1, TEXT), report(2, OTHER, cites=cited)) == [Because.CITES]


def test_what_was_received_from_a_partner_goes_back_to_its_report() -> None:
    received = report(2, OTHER, source="Letter of Agency 1 Police, 3 May", from_partner=True)
    assert because(report(1, TEXT), received) == [Because.RECEIVED]


def test_two_that_trace_to_one_informant_are_one_and_a_third_one_counts() -> None:
    ours, theirs = report(1, TEXT, source="CI 4711"), report(2, OTHER, source="CI 4711")
    third = report(
        3, "A third account, of somebody else, who saw neither of them and tells of the harbour alone."
    )
    assert [len(origin.reports) for origin in origins([ours, theirs, third])] == [2, 1]


def test_a_copy_of_a_copy_goes_back_to_the_first_by_a_chain() -> None:
    second = report(2, TEXT + OTHER)
    [origin] = origins([report(3, OTHER), second, report(1, TEXT)])
    assert {(each.earlier.int, each.later.int) for each in origin.reasons} == {(1, 2), (2, 3)}


def test_what_people_say_of_a_pair_goes_before_what_was_computed() -> None:
    one, other = report(1, TEXT), report(2, TEXT)
    key = pair(one.id, other.id)
    assert len(origins([one, other], {key: False})) == 2
    assert because(one, report(2, OTHER), by_hand={key: True}) == [Because.BY_HAND]


WORDS = st.lists(st.sampled_from([*TEXT.split(), *OTHER.split()]), max_size=60).map(" ".join)


@given(WORDS, WORDS)
def test_the_share_is_symmetric_and_between_none_and_all(one: str, other: str) -> None:
    left, right = shingles(one), shingles(other)
    assert shared(left, right) == shared(right, left)
    assert 0 <= shared(left, right) <= 1


@given(st.permutations(range(5)))
def test_the_order_in_which_reports_come_does_not_matter(order: list[int]) -> None:
    texts = [TEXT, OTHER, TEXT + OTHER, "", TEXT[:120]]
    reports = [report(number, texts[number]) for number in order]
    assert origins(reports) == origins(sorted(reports, key=lambda each: each.id))


def test_near_copies_share_a_band_and_strangers_none() -> None:
    near = TEXT.replace("Viktor", "Victor").replace("March", "April")
    assert set(bands(shingles(TEXT))) & set(bands(shingles(near)))
    assert not set(bands(shingles(TEXT))) & set(bands(shingles(OTHER)))


def test_the_bands_are_the_same_on_every_machine() -> None:
    assert bands(shingles(TEXT))[0] == bands(frozenset(shingles(TEXT.upper())))[0]
    assert all(0 <= band < 2**63 for band in bands(shingles(TEXT)))


def test_text_without_spaces_between_words_is_compared_too() -> None:
    text = "来電者表示兩名女子被關在麵包店樓上的公寓裡一名男子拿走了她們的護照"
    assert shared(shingles(text), shingles("轉發：" + text)) == 1.0
