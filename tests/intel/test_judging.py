"""Judging one hit or many, by two people at once, and taking it back. Nothing that was decided or typed is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from agencies.models import Agency, User
from agencies.permissions import Role
from agencies.policies import Refused
from intel.actions import judge_hit, undo_judgement
from intel.models import HitNotice, Judgement
from tests import factories
from tests.factories.hits import link, notice_of
from tests.leaks.world import sign_in

MANY = reverse("intel:judge-many")
HTMX = {"HTTP_HX_REQUEST": "true"}


def hit_of(alice: User, bob: User, number: int) -> HitNotice:
    """Alice's notice of a hit with a record of Bob's."""
    phone = f"+1 404 555 01{number}"
    who = [factories.lead(by, f"Lead {number}", phone=phone) for by in (alice, bob)]
    assert alice.agency
    return notice_of(alice.agency, link(*who))


@pytest.fixture
def pile(alice: User, bob: User) -> list[HitNotice]:
    return [hit_of(alice, bob, number) for number in (31, 32, 33)]


def tick(notice: HitNotice) -> str:
    """What a ticked row of the page sends: the hit, and the version that the page showed."""
    notice.refresh_from_db()
    return f"{notice.pk} {notice.updated_at.isoformat()}"


def send(
    client: Client, hits: list[str], verdict: str = "same", reason: str = "one number", **more: Any
) -> Any:
    return client.post(MANY, {"hit": hits, "verdict": verdict, "reason": reason, "next": "/hits/"}, **more)


def states(pile: list[HitNotice]) -> list[str]:
    return [HitNotice.objects.get(pk=notice.pk).state for notice in pile]


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


# --- Many -------------------------------------------------------------------------------------------------------


def test_the_list_offers_each_hit_with_its_version_and_both_can_be_sent_back(
    pile: list[HitNotice], alice: User, as_user: Any
) -> None:
    client = as_user(alice)
    ticks = re.findall(r'name="hit" value="([^"]+)"', client.get("/hits/").content.decode())
    assert sorted(ticks) == sorted(map(tick, pile))
    assert send(client, ticks).url == "/hits/"
    assert states(pile) == ["same", "same", "same"]


def test_one_judgement_decides_all_that_were_ticked_and_no_other(
    pile: list[HitNotice], alice: User, as_user: Any
) -> None:
    response = send(as_user(alice), [tick(pile[0]), tick(pile[2])], "not_same", "two people")
    assert said(response) == ["2 hits judged: not the same."]
    assert states(pile) == ["not_same", "new", "not_same"]
    assert {(each.reason, each.judged_by) for each in Judgement.objects.all()} == {("two people", alice)}


@pytest.mark.parametrize("missing", [{"reason": "  "}, {"verdict": ""}, {"verdict": "perhaps"}])
def test_without_a_verdict_or_a_reason_nothing_is_judged_and_all_is_kept(
    missing: dict[str, str], pile: list[HitNotice], alice: User, as_user: Any
) -> None:
    ticks = [tick(notice) for notice in pile[:2]]
    response = send(as_user(alice), ticks, **{"reason": "a long thought", **missing})
    assert response.status_code == 422
    text = response.content.decode()
    assert re.findall(r'name="hit" value="([^"]+)" checked', text) == ticks
    assert ("a long thought" in text) is ("reason" not in missing)
    assert states(pile) == ["new", "new", "new"]


def test_an_id_of_another_agency_refuses_the_whole_request(
    pile: list[HitNotice], alice: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    theirs = HitNotice.objects.get(agency=eastport, hit=pile[0].hit)
    for foreign in (tick(theirs), "00000000-0000-0000-0000-000000000000 ", "rubbish"):
        assert send(as_user(alice), [tick(pile[0]), foreign]).status_code == 404
    assert not Judgement.objects.exists()


def test_more_than_a_page_of_hits_is_refused(alice: User, as_user: Any) -> None:
    ticks = [f"{n:032x} " for n in range(101)]
    assert send(as_user(alice), ticks).status_code == 404


def test_nothing_ticked_judges_nothing(pile: list[HitNotice], alice: User, as_user: Any) -> None:
    assert said(send(as_user(alice), [])) == ["Choose hits first. Nothing was judged."]


def test_the_same_post_again_is_one_judgement(pile: list[HitNotice], alice: User, as_user: Any) -> None:
    client, ticks = as_user(alice), [tick(notice) for notice in pile]
    send(client, ticks)
    again = send(client, ticks)
    assert said(again)[-1] == "3 hits judged: same."
    assert Judgement.objects.count() == 3


def test_who_may_not_judge_is_offered_nothing_and_refused(
    pile: list[HitNotice], northland: Agency, as_user: Any
) -> None:
    reader = factories.person("Rita", northland, Role.AUDITOR)
    client = as_user(reader)
    assert 'name="hit"' not in client.get("/hits/").content.decode()
    assert send(client, [tick(pile[0])]).status_code in {404, 422}
    assert states(pile) == ["new", "new", "new"]


def test_htmx_gets_the_list_alone_with_the_toast_in_it(
    pile: list[HitNotice], alice: User, as_user: Any
) -> None:
    text = send(as_user(alice), [tick(pile[0])], follow=True, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in text
    assert text.count("<tr data-row") == 2
    assert "1 hit judged: same." in text
    assert reverse("intel:batch-undo", args=[Judgement.objects.get().batch]) in text


# --- Two people at once ------------------------------------------------------------------------------------------


def test_a_hit_judged_by_somebody_else_meanwhile_is_shown_with_both_and_the_rest_is_judged(
    pile: list[HitNotice], alice: User, anna: User, as_user: Any
) -> None:
    ticks = [tick(notice) for notice in pile]
    judge_hit(pile[1], verdict="not_same", reason="other scar", by=anna)
    client = as_user(alice)
    response = send(client, ticks, "same", "Alices long reason")
    text = response.content.decode()
    assert response.status_code == 422
    assert states(pile) == ["same", "not_same", "same"]
    for shown in (
        "Anna judged this hit “not the same” meanwhile: “other scar”",
        "Alices long reason",
        "2 hits are judged",
    ):
        assert shown in text
    fresh = re.findall(r'name="hit" value="([^"]+)" checked', text)
    assert fresh == [tick(pile[1])]
    send(client, fresh, "same", "Alices long reason")
    assert states(pile) == ["same", "same", "same"]
    assert {each.reason for each in pile[1].judgements.all()} == {"other scar", "Alices long reason"}


def test_on_the_page_of_one_hit_the_second_to_judge_learns_of_the_first_and_may_insist(
    pile: list[HitNotice], alice: User, anna: User, as_user: Any
) -> None:
    client, url = as_user(alice), reverse("intel:notice-judge", args=[pile[0].pk])
    version = tick(pile[0]).split()[1]
    judge_hit(pile[0], verdict="unsure", reason="too blurred", by=anna)
    sent = {"verdict": "same", "reason": "Alices long reason", "version": version}
    text = client.post(url, sent).content.decode()
    assert "Anna judged this hit “unsure” meanwhile: “too blurred”" in text
    assert "Alices long reason" in text
    shown = re.search(r'name="version" value="([^"]+)"', text)
    assert shown
    assert client.post(url, {**sent, "version": shown[1]}).status_code == 302
    assert states(pile)[0] == "same"


def test_a_hit_whose_evidence_changed_since_is_looked_at_again(pile: list[HitNotice], alice: User) -> None:
    version = tick(pile[0]).split()[1]
    pile[0].save()
    with pytest.raises(Refused, match="Look at it again"):
        judge_hit(pile[0], verdict="same", reason="one number", by=alice, version=version)


# --- Taking it back -----------------------------------------------------------------------------------------------


def test_undo_restores_what_was_judged_before_and_keeps_the_log(pile: list[HitNotice], alice: User) -> None:
    first = judge_hit(pile[0], verdict="unsure", reason="blurred", by=alice)
    second = judge_hit(pile[0], verdict="same", reason="sharp now", by=alice)
    undo_judgement(second, by=alice)
    assert states(pile)[0] == "unsure"
    undo_judgement(first, by=alice)
    assert states(pile)[0] == "new"
    assert [each.undoes for each in pile[0].judgements.order_by("created_at")] == [None, None, second, first]


def test_undo_sent_twice_is_one_undo(pile: list[HitNotice], alice: User) -> None:
    judgement = judge_hit(pile[0], verdict="same", reason="one number", by=alice)
    assert undo_judgement(judgement, by=alice) == undo_judgement(judgement, by=alice)
    assert pile[0].judgements.count() == 2


def test_what_was_judged_again_since_is_not_taken_back(
    pile: list[HitNotice], alice: User, anna: User
) -> None:
    judgement = judge_hit(pile[0], verdict="same", reason="one number", by=alice)
    judge_hit(pile[0], verdict="not_same", reason="other scar", by=anna)
    with pytest.raises(Refused, match="Anna has judged it again"):
        undo_judgement(judgement, by=alice)
    assert states(pile)[0] == "not_same"


def test_judging_after_an_undo_with_the_same_words_is_a_new_judgement(
    pile: list[HitNotice], alice: User
) -> None:
    judgement = judge_hit(pile[0], verdict="same", reason="one number", by=alice)
    undo_judgement(judgement, by=alice)
    judge_hit(pile[0], verdict="same", reason="one number", by=alice)
    assert states(pile)[0] == "same"


def test_a_bulk_judgement_is_taken_back_in_one_go_from_the_list(
    pile: list[HitNotice], alice: User, anna: User, as_user: Any
) -> None:
    client = as_user(alice)
    send(client, [tick(notice) for notice in pile])
    judge_hit(pile[2], verdict="unsure", reason="let me look", by=anna)
    text = client.get("/hits/").content.decode()
    assert "You judged 3 hits “same”" in text
    undo = reverse("intel:batch-undo", args=[Judgement.objects.filter(judged_by=alice)[0].batch])
    assert undo in text
    response = client.post(undo, {"next": "/hits/?state=all"})
    assert response.url == "/hits/?state=all"
    assert said(response)[-2:] == [
        "Taken back: 2 hits are as before.",
        "Anna has judged it again since, so there is nothing to take back here.",
    ]
    assert states(pile) == ["new", "new", "unsure"]


def test_the_page_of_a_hit_takes_back_that_hit_alone(
    pile: list[HitNotice], alice: User, as_user: Any
) -> None:
    client = as_user(alice)
    send(client, [tick(notice) for notice in pile])
    url = reverse("intel:notice-detail", args=[pile[0].pk])
    shown = re.search(r'name="judgement" value="([^"]+)"', client.get(url).content.decode())
    assert shown
    client.post(reverse("intel:notice-undo", args=[pile[0].pk]), {"judgement": shown[1]})
    assert states(pile) == ["new", "same", "same"]
    text = client.get(url).content.decode()
    assert "took back: same" in text
    assert 'name="judgement"' not in text


def test_another_agencys_judgement_cannot_be_taken_back(
    pile: list[HitNotice], alice: User, bob: User, charlie: User, eastport: Agency
) -> None:
    judgement = judge_hit(pile[0], verdict="same", reason="one number", by=alice)
    theirs = HitNotice.objects.get(agency=eastport, hit=pile[0].hit)
    for outsider in (bob, charlie):
        client = sign_in(outsider)
        assert client.post(reverse("intel:batch-undo", args=[judgement.batch])).status_code == 404
        for notice in (pile[0], theirs):
            url = reverse("intel:notice-undo", args=[notice.pk])
            assert client.post(url, {"judgement": judgement.pk}).status_code == 404
    assert states(pile)[0] == "same"


def test_a_hit_that_comes_again_after_an_undo_is_to_be_judged(pile: list[HitNotice], alice: User) -> None:
    judgement = judge_hit(pile[0], verdict="same", reason="one number", by=alice)
    assert pile[0].judged_state() == "same"
    undo_judgement(judgement, by=alice)
    assert pile[0].judged_state() == "new"
