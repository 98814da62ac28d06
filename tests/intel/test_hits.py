"""The pages of hits: what each side reads, who judges, and that nothing of the other side's file slips out."""

from __future__ import annotations

import re
import uuid
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from agencies import actions as agency_actions
from agencies.audit import Act, AuditEvent
from agencies.jobs import Job
from agencies.models import Agency, PointerPolicy, User
from agencies.permissions import Role
from agencies.visibility import Level
from intel.actions import judge_hit
from intel.facts import IdentifierFacts, SubjectFacts
from intel.matching import pointers
from intel.models import Hit, HitNotice, Judgement, Lead
from intel.presenters_hits import cards, with_sides
from tests import factories
from tests.factories.hits import ask, link, notice_of
from tests.leaks.world import routes, sign_in

PHONE = "+1 404 555 0134"
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def ours(alice: User) -> Lead:
    return factories.lead(
        alice, "Alices lead", subjects=(factories.subject("Odilon Martinez-Rojas", phone=PHONE),)
    )


@pytest.fixture
def theirs(bob: User) -> Lead:
    who = factories.subject("Odylon Martines Rojas", phone=PHONE, sex="male", note="Bobs note")
    return factories.lead(bob, "Bobs lead", subjects=(who,))


@pytest.fixture
def hit(ours: Lead, theirs: Lead) -> Hit:
    return link(ours, theirs)


def page(client: Client, notice: HitNotice, **query: str) -> str:
    response = client.get(reverse("intel:notice-detail", args=[notice.pk]), query)
    assert response.status_code == 200
    return response.content.decode()


def card_of(notice: HitNotice, user: User) -> Any:
    return cards(with_sides(HitNotice.objects.visible_to(user).filter(pk=notice.pk)), user)[0]


# --- Sealed ---------------------------------------------------------------------------------------------------


def test_a_sealed_hit_shows_the_own_record_and_whom_to_ask(
    hit: Hit, eastport: Agency, bea: User, alice: User, northland: Agency, as_user: Any
) -> None:
    agency_actions.name_contact(agency=eastport, contact=bea, by=None)
    pointers.write_notices(Hit.objects.get(pk=hit.pk))
    text = page(as_user(alice), notice_of(northland, hit))
    for told in (
        "Odilon Martinez-Rojas",
        "Eastport Prosecution",
        "Bea",
        bea.email,
        "+1 404-555-0134",
        "Sealed record",
    ):
        assert told in text
    for sealed in ("Odylon", "Martines", "Bobs", str(hit.pk), f"{hit.bits:.1f}"):
        assert sealed not in text


def test_the_sealed_evidence_adds_up_to_what_is_shown(hit: Hit, northland: Agency, alice: User) -> None:
    card = card_of(notice_of(northland, hit), alice)
    assert not card.is_open
    assert sum(row["weight"] for row in card.evidence) == pytest.approx(card.bits)


def test_an_unnamed_side_leaves_the_liaison(alice: User, bob: User, northland: Agency, as_user: Any) -> None:
    quiet = factories.lead(bob, "Bobs lead", phone=PHONE, pointer_policy=PointerPolicy.LIAISON)
    hit = link(factories.lead(alice, phone=PHONE), quiet)
    text = page(as_user(alice), notice_of(northland, hit))
    assert "A partner agency holds a match" in text
    assert "Liaison desk" in text
    assert "Eastport" not in text
    assert reverse("intel:notice-ask", args=[notice_of(northland, hit).pk]) not in text


def test_a_withdrawn_hit_is_not_listed_and_its_page_names_nobody(
    hit: Hit, northland: Agency, alice: User, as_user: Any
) -> None:
    pointers.withdraw(hit)
    client, notice = as_user(alice), notice_of(northland, hit)
    assert notice.pk.hex not in client.get("/hits/?state=all").content.decode().replace("-", "")
    text = page(client, notice)
    assert "no longer holds" in text
    assert "Eastport" not in text


# --- Open -----------------------------------------------------------------------------------------------------


def test_a_shared_record_opens_the_hit_with_both_values_and_all_evidence(
    hit: Hit, theirs: Lead, bea: User, alice: User, northland: Agency, as_user: Any
) -> None:
    agency_actions.share(theirs, agency=northland, level=Level.VIEW, reason="joint work", by=bea)
    text = page(as_user(alice), notice_of(northland, hit))
    for shown in (
        "Odilon Martinez-Rojas",
        "Odylon Martines Rojas",
        "Bobs note",
        "Bobs lead",
        theirs.reference,
    ):
        assert shown in text
    card = card_of(notice_of(northland, hit), alice)
    assert sum(row["weight"] for row in card.evidence) == pytest.approx(round(hit.bits, 1))
    assert [row["field"] for row in card.evidence] == ["prior", *(row["field"] for row in hit.evidence)]


def test_reading_an_open_record_of_a_partner_is_written_down(
    hit: Hit, theirs: Lead, bea: User, alice: User, northland: Agency, as_user: Any
) -> None:
    client, notice = as_user(alice), notice_of(northland, hit)
    page(client, notice)
    seen = AuditEvent.objects.filter(act=Act.VIEWED, actor_id=alice.pk).exclude(owner_id=northland.pk)
    assert not seen.exists()
    agency_actions.share(theirs, agency=northland, level=Level.VIEW, reason="joint work", by=bea)
    page(client, notice)
    assert set(seen.values_list("object_id", flat=True)) == {theirs.pk, theirs.subjects.get().pk}


def test_a_summary_shows_the_card_of_the_lead_and_keeps_the_evidence_sealed(
    hit: Hit, theirs: Lead, bea: User, alice: User, northland: Agency, as_user: Any
) -> None:
    agency_actions.share(theirs, agency=northland, level=Level.SUMMARY, reason="joint work", by=bea)
    text = page(as_user(alice), notice_of(northland, hit))
    assert "Bobs lead" in text
    for sealed in ("Odylon", "Martines", "Bobs note", theirs.reference):
        assert sealed not in text
    assert not card_of(notice_of(northland, hit), alice).is_open


def test_taking_the_share_back_seals_the_hit_again(
    hit: Hit, theirs: Lead, bea: User, alice: User, northland: Agency, as_user: Any
) -> None:
    agency_actions.share(theirs, agency=northland, level=Level.VIEW, reason="joint work", by=bea)
    agency_actions.revoke(theirs, agency=northland, reason="done", by=bea)
    assert "Odylon" not in page(as_user(alice), notice_of(northland, hit))


def test_an_entry_of_a_shared_list_is_shown_as_listed_and_nobody_is_asked(
    alice: User, northland: Agency, as_user: Any
) -> None:
    keeper = factories.agency("Sanctions List", "SL", kind="reference")
    factories.task_force("Lists", [northland, keeper])
    clerk = factories.person("Clerk", keeper, Role.SUPERVISOR)
    listed = factories.lead(
        clerk, "The list", kind="reference", subjects=(factories.subject("Zabriel Quintanilla"),)
    )
    agency_actions.share(listed, agency=northland, level=Level.VIEW, reason="published", by=clerk)
    own = factories.lead(alice, subjects=(factories.subject("Zabriel Quintanilla"),))
    notice = notice_of(northland, link(own, listed))
    text = page(as_user(alice), notice)
    assert "Listed entry" in text
    assert "The list" in text
    assert reverse("intel:notice-ask", args=[notice.pk]) not in text


# --- The list -------------------------------------------------------------------------------------------------


def rows(client: Client, query: str) -> int:
    return client.get(f"/hits/?{query}").content.decode().count("<tr data-row")


def test_the_list_narrows_by_state_band_side_and_own_record(
    hit: Hit, ours: Lead, theirs: Lead, alice: User, bea: User, northland: Agency, as_user: Any
) -> None:
    second = link(
        factories.lead(alice, "Another", phone="+48 601 234 567"),
        factories.lead(bea, phone="+48 601 234 567"),
    )
    judge_hit(notice_of(northland, second), verdict="unsure", reason="only a number", by=alice)
    agency_actions.share(theirs, agency=northland, level=Level.VIEW, reason="joint work", by=bea)
    client = as_user(alice)
    counted = {
        "": 1, "state=unsure": 1, "state=same": 0, "state=all": 2, "state=all&band=strong": 2, "state=all&band=possible": 0,
        "state=all&side=open": 1, "state=all&side=sealed": 1, f"state=all&q={ours.reference}": 1, "state=all&q=Odilon": 1,
        "state=all&q=Nobody": 0,
    }  # fmt: skip
    assert {query: rows(client, query) for query in counted} == counted


def test_the_hidden_sides_name_finds_nothing(hit: Hit, theirs: Lead, alice: User, as_user: Any) -> None:
    """Filtering is no way to guess the other record."""
    client = as_user(alice)
    assert rows(client, "state=all&q=Odylon Martines") == rows(client, f"state=all&q={theirs.reference}") == 0


# --- Judging --------------------------------------------------------------------------------------------------


def judge(client: Client, notice: HitNotice, **data: str) -> Any:
    data = {"verdict": "same", "reason": "the same scar", **data}
    return client.post(reverse("intel:notice-judge", args=[notice.pk]), data)


def test_a_judgement_is_kept_with_its_reason_and_can_be_taken_back(
    hit: Hit, alice: User, northland: Agency, as_user: Any
) -> None:
    client, notice = as_user(alice), notice_of(northland, hit)
    assert judge(client, notice).status_code == 302
    judge(client, notice, verdict="unsure", reason="the scar was on the other hand")
    notice.refresh_from_db()
    assert notice.state == "unsure"
    assert Judgement.objects.visible_to(alice).count() == 2
    text = page(client, notice)
    assert "the same scar" in text
    assert "the scar was on the other hand" in text


@pytest.mark.parametrize("data", [{"reason": "  "}, {"verdict": ""}, {"verdict": "perhaps"}])
def test_an_incomplete_judgement_keeps_what_was_typed(
    data: dict[str, str], hit: Hit, alice: User, northland: Agency, as_user: Any
) -> None:
    response = judge(as_user(alice), notice_of(northland, hit), **{"reason": "a long thought", **data})
    assert response.status_code == 422
    assert ("a long thought" in response.content.decode()) is ("reason" not in data)
    assert not Judgement.objects.exists()


def test_a_judgement_in_a_list_answers_with_its_row(
    hit: Hit, alice: User, northland: Agency, as_user: Any
) -> None:
    client, notice = as_user(alice), notice_of(northland, hit)
    url = reverse("intel:notice-judge", args=[notice.pk])
    refused = client.post(url, {"verdict": "same", "reason": "", "shape": "row"}, **HTMX)
    assert refused.status_code == 422
    assert refused.content.decode().strip().startswith("<tr")
    done = client.post(url, {"verdict": "same", "reason": "scar", "shape": "decision"}, **HTMX)
    assert done.content.decode().strip().startswith("<li")
    assert reverse("intel:batch-undo", args=[Judgement.objects.get().batch]) in done.headers["HX-Trigger"]


@pytest.mark.parametrize("who", ["bob", "charlie", "ada"])
def test_nobody_else_can_judge_it(
    who: str, request: pytest.FixtureRequest, hit: Hit, northland: Agency, as_user: Any
) -> None:
    assert judge(as_user(request.getfixturevalue(who)), notice_of(northland, hit)).status_code == 404


def test_a_judgement_stays_in_its_agency(
    hit: Hit, alice: User, bob: User, northland: Agency, eastport: Agency, as_user: Any
) -> None:
    before = page(as_user(bob), notice_of(eastport, hit))
    judge(as_user(alice), notice_of(northland, hit), reason="Alices own secret")
    assert stable(page(as_user(bob), notice_of(eastport, hit))) == stable(before)


def stable(text: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"|<time [^>]*>[^<]*', "", text)


# --- Panels ---------------------------------------------------------------------------------------------------


def test_the_panel_of_a_lead_says_matching_then_what_was_compared(
    ours: Lead, alice: User, as_user: Any
) -> None:
    client, url = as_user(alice), reverse("intel:lead-hits", args=[ours.pk])
    text = client.get(url, **HTMX).content.decode()
    assert "Matching…" in text
    waiting = re.search(r'data-live="([^"]+)"', text)
    assert waiting
    assert client.get(waiting[1], **HTMX).status_code == 204
    Job.objects.update(state=Job.State.DONE)
    text = client.get(waiting[1], **HTMX).content.decode()
    assert "No match so far" in text
    assert "1 × name, 1 × telephone" in text


def test_the_panel_shows_a_new_hit_to_the_page_that_polls(
    ours: Lead, theirs: Lead, alice: User, as_user: Any
) -> None:
    client, url = as_user(alice), reverse("intel:lead-hits", args=[ours.pk])
    asked = re.search(r'data-live="([^"]+)"', client.get(url, **HTMX).content.decode())
    assert asked
    link(ours, theirs)
    text = client.get(asked[1], **HTMX).content.decode()
    assert "Odilon Martinez-Rojas" in text
    assert "Eastport Prosecution" in text


def test_a_partner_reading_the_lead_sees_its_own_hits_and_not_the_owners_matching(
    hit: Hit, theirs: Lead, bea: User, alice: User, northland: Agency, as_user: Any
) -> None:
    agency_actions.share(theirs, agency=northland, level=Level.VIEW, reason="joint work", by=bea)
    text = as_user(alice).get(reverse("intel:lead-hits", args=[theirs.pk]), **HTMX).content.decode()
    assert "Odilon Martinez-Rojas" in text
    assert "Matching" not in text


def test_the_hit_page_tells_that_something_changed(
    hit: Hit, alice: User, northland: Agency, as_user: Any
) -> None:
    client, notice = as_user(alice), notice_of(northland, hit)
    since = re.search(r'data-live="([^"]+)"', page(client, notice))
    assert since
    assert client.get(since[1], **HTMX).status_code == 204
    ask(notice, alice)
    assert "has changed" in client.get(since[1], **HTMX).content.decode()


def test_a_judged_hit_leaves_the_desk(hit: Hit, alice: User, northland: Agency, as_user: Any) -> None:
    client = as_user(alice)
    assert "Odilon Martinez-Rojas" in client.get("/desk/hits/", **HTMX).content.decode()
    judge(client, notice_of(northland, hit))
    assert "No hit waits" in client.get("/desk/hits/", **HTMX).content.decode()


# --- Nothing of the other file --------------------------------------------------------------------------------

CANARY = "quetzalcanary"


def canary_lead(alice: User) -> Lead:
    """A lead whose every field would be recognised anywhere; only its phone is Bob's too."""
    who = SubjectFacts(
        name=f"{CANARY} Person", aliases=(f"{CANARY} Alias",), birth_earliest=date(1971, 11, 23),
        birth_latest=date(1971, 11, 23), sex="other", nationalities=("KI",), places=(f"{CANARY} Town",), role="buyer",
        note=f"{CANARY} note",
        identifiers=(IdentifierFacts("phone", PHONE), IdentifierFacts("email", f"{CANARY}@example.org")),
    )  # fmt: skip
    other = SubjectFacts(name=f"{CANARY} Bystander", kind="organisation")
    return factories.lead(
        alice, f"{CANARY} title", narrative=f"{CANARY} narrative", source=f"{CANARY} source", caveat=f"{CANARY} caveat",
        place=f"{CANARY} place", handling=("H3",), countries=("KI",), occurred_on=date(1971, 11, 24),
        reported_on=date(1971, 11, 25), category="organ_removal", subjects=(who, other),
    )  # fmt: skip


def traces(lead: Lead, hit: Hit, alice: User) -> list[str]:
    records = [hit.left, hit.right]
    hidden = next(record for record in records if record.lead_id == lead.pk)
    pks = [lead.pk, hidden.pk, hit.pk, alice.pk, *lead.subjects.values_list("pk", flat=True)]
    words = [CANARY, "1971-11-2", "Kiribati", lead.reference, alice.name, alice.email]
    return [*words, *map(str, pks), *(pk.hex for pk in pks if isinstance(pk, uuid.UUID))]


def test_no_page_panel_or_api_of_bob_holds_a_trace_of_alices_record(
    alice: User, anna: User, bob: User, bea: User, bob_api: User, northland: Agency, eastport: Agency
) -> None:
    agency_actions.name_contact(agency=northland, contact=anna, by=None)
    mine = factories.lead(bob, "Bobs lead", subjects=(factories.subject("Bobs man", phone=PHONE),))
    hidden = canary_lead(alice)
    hit = link(hidden, mine)
    judge_hit(notice_of(northland, hit), verdict="same", reason=f"{CANARY} reason", by=alice)
    notice = notice_of(eastport, hit)
    asked = ask(notice, bea)
    own = [mine.pk, mine.subjects.get().pk, notice.pk, asked.pk, factories.case(bea).pk]
    found, read = [], 0
    page_reader, api_client = sign_in(bea), sign_in(bob_api)
    for path in {route.fill(pk) for route in routes() for pk in own}:
        response = (api_client if path.startswith("/api/") else page_reader).get(path)
        body = response.getvalue().decode(errors="replace") + str(response.headers)
        body = body.replace(
            '<option value="KI">Kiribati</option>', ""
        )  # a form names every country, none chosen
        read += response.status_code == 200 and "Bobs" in body
        found += [f"{path}: {trace}" for trace in traces(hidden, hit, alice) if trace in body]
    assert found == []
    assert read > 15, "the hunt read nothing"
