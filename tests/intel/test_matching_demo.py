"""The shipped demo's own answer key: real leads of many offices, real noise."""

from __future__ import annotations

import pytest

from benchmarks import demo_links
from intel.matching.model import Band

HARD = (Band.STRONG, Band.PROBABLE)


@pytest.fixture(scope="module")
def people() -> demo_links.Figures:
    return demo_links.measure_people(demo_links.SHIPPED)


def test_it_finds_the_people_who_are_in_two_leads(people: demo_links.Figures) -> None:
    assert people.expected >= 130
    assert people.recall >= 0.97


def test_strong_and_probable_are_mostly_right_even_by_a_key_that_lacks_true_links(
    people: demo_links.Figures,
) -> None:
    assert people.precision(*HARD) >= 0.90


def test_it_links_odilon_martinez_rojas_across_three_offices() -> None:
    georgia, civil_rights, new_york = "doj-opa-01358", "doj-opa-04811", "doj-opa-03415"
    shipped = demo_links.SHIPPED
    links = demo_links.link([*demo_links.read_leads(shipped), *demo_links.read_named_in_text(shipped)])
    linked = {
        frozenset((each.left.lead, each.right.lead))
        for each in links
        if each.left.shown == each.right.shown == "Odilon Martinez-Rojas" and each.score.band in HARD
    }
    pairs = [(georgia, civil_rights), (georgia, new_york), (civil_rights, new_york)]
    assert {frozenset(pair) for pair in pairs} <= linked


def test_it_finds_every_true_sanctions_hit_and_doubts_the_false_ones() -> None:
    shipped = demo_links.SHIPPED
    leads = [*demo_links.read_leads(shipped), *demo_links.read_named_in_text(shipped)]
    figures, false = demo_links.measure_screening(shipped, leads)
    assert figures.recall == 1.0
    assert figures.precision(*HARD) >= 0.90
    assert [band for _, _, band in false] == ["possible", "possible"]
