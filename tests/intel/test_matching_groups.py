"""Links become groups: strong ones first, no chains, no contradictions, whatever the order."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intel.matching.clustering import groups

IDS = st.sampled_from("abcdefgh")
LINKS = st.dictionaries(
    st.tuples(IDS, IDS).filter(lambda pair: pair[0] < pair[1]),
    st.floats(-20, 20).map(lambda bits: round(bits, 3)),
)


def of(links: dict[tuple[str, str], float]) -> dict[str, str]:
    return groups((a, b, bits) for (a, b), bits in links.items())


def test_a_strong_link_makes_a_group_named_after_its_least_member() -> None:
    assert of({("b", "a"): 9.0, ("c", "d"): -3.0}) == {"a": "a", "b": "a", "c": "c", "d": "d"}


def test_a_chain_of_weak_links_does_not_merge() -> None:
    chain = dict.fromkeys((("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "f")), 1.0)
    assert max(list(of(chain).values()).count(name) for name in "abcdef") <= 2


def test_a_strong_clique_merges_whole() -> None:
    assert set(of(dict.fromkeys(combinations("abcde", 2), 6.0)).values()) == {"a"}


def test_a_contradiction_keeps_two_groups_apart() -> None:
    links = {("a", "b"): 10.0, ("c", "d"): 10.0, ("b", "c"): 3.0, ("a", "d"): -12.0, ("a", "c"): -12.0}
    assert of(links) == {"a": "a", "b": "a", "c": "c", "d": "c"}


def test_a_higher_threshold_never_makes_larger_pairs() -> None:
    links = {("a", "b"): 2.0, ("c", "d"): 7.0}
    found = groups(((a, b, bits) for (a, b), bits in links.items()), least=5.0)
    assert found == {"a": "a", "b": "b", "c": "c", "d": "c"}


@settings(deadline=None)
@given(LINKS, st.randoms())
def test_neither_the_order_of_links_nor_of_their_sides_matters(
    links: dict[tuple[str, str], float], dice: object
) -> None:
    shuffled = list(links.items())
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    turned = [(b, a, bits) if n % 2 else (a, b, bits) for n, ((a, b), bits) in enumerate(shuffled)]
    assert groups(turned) == of(links)


@settings(deadline=None)
@given(LINKS)
def test_every_id_is_in_one_group_and_each_group_in_one_piece(links: dict[tuple[str, str], float]) -> None:
    found = of(links)
    assert set(found) == {each for pair in links for each in pair}
    for name in set(found.values()):
        members = {each for each, group in found.items() if group == name}
        assert name == min(members)
        reached = {name}
        while (
            more := {x for pair in links for x in pair if set(pair) & reached and links[pair] >= 0}
            & members - reached
        ):
            reached |= more
        assert reached == members


@settings(deadline=None)
@given(LINKS)
def test_the_mean_over_a_group_of_two_halves_is_never_below_the_bar(
    links: dict[tuple[str, str], float],
) -> None:
    found = of(links)
    for name in set(found.values()):
        members = sorted(each for each, group in found.items() if group == name)
        weights = [max(-8.0, min(8.0, links.get(pair, -4.0))) for pair in combinations(members, 2)]
        assert not weights or sum(weights) / len(weights) >= -1e-9


@pytest.mark.parametrize("bits", [float("inf"), 1e9])
def test_one_boundless_link_says_no_more_than_a_strong_one(bits: float) -> None:
    links = {("a", "b"): bits, ("a", "c"): 5.0, ("b", "c"): -8.0}
    assert len(set(of(links).values())) == 2
