"""Rules that share: what comes to fit goes to a partner by the share verb, and nothing that needs a person to decide."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from agencies import actions, enforcing, ruling
from agencies.audit import Act, AuditEvent
from agencies.jobs import Job
from agencies.models import Agency, ShareRule, User
from agencies.policies import Refused
from agencies.presenters_why import explain
from agencies.ruling import Wish
from agencies.visibility import Level, grant_of, level_of
from cases.models import Case
from intel import actions as intel_actions
from intel.models import Lead
from tests import factories

NEW = reverse("agencies:rule-new")


def rule(by: User, receiver: Agency, model: Any = Lead, **says: Any) -> ShareRule:
    says = {"tag": "harbour", "level": Level.VIEW, "reason": "Joint operation"} | says
    return ruling.make_rule(Wish(name="Harbour", receiver=receiver, model=model, **says), by=by)


def tagged(by: User, title: str = "Tagged", **fields: Any) -> Lead:
    return factories.lead(by, title, **{"tags": ("harbour",), **fields})


def edited(lead: Lead, by: User, **changes: Any) -> Lead:
    fresh = Lead.objects.get(pk=lead.pk)
    says = {
        "title": fresh.title,
        "narrative": fresh.narrative,
        "tags": tuple(fresh.tags),
        "handling": tuple(fresh.handling),
    }
    facts = intel_actions.logging.LeadFacts(**says | changes)
    return intel_actions.edit_lead(fresh, facts, version=fresh.updated_at.isoformat(), by=by)


def swept(made: ShareRule) -> ShareRule:
    while made.sweeping:
        ruling.sweep(made.pk)
        made.refresh_from_db()
    return made


# --- What a rule shares -----------------------------------------------------------------------------------------


def test_a_lead_that_fits_is_shared_as_it_is_logged_and_others_are_not(
    alice: User, anna: User, bob: User, charlie: User, eastport: Agency
) -> None:
    made = rule(anna, eastport, handling="H1")
    fits = tagged(alice, handling=("H1",))
    other = [tagged(alice, handling=("H0",)), factories.lead(alice, "No tag", handling=("H1",))]
    assert level_of(bob, fits) == Level.VIEW
    assert [level_of(bob, lead) for lead in other] == [None, None]
    assert level_of(charlie, fits) is None
    grant = grant_of(fits, eastport)
    assert (grant.rule, grant.granted_by, grant.reason, grant.onward) == (
        made,
        anna,
        "Joint operation",
        False,
    )
    event = AuditEvent.objects.get(act=Act.SHARED, object_id=fits.pk)
    assert (event.actor_id, event.facts["rule"]) == (anna.pk, str(made.pk))


def test_a_case_that_fits_is_shared_as_it_is_opened(anna: User, bob: User, eastport: Agency) -> None:
    rule(anna, eastport, Case, tag="", about="smuggling", level=Level.SUMMARY)
    assert level_of(bob, factories.case(anna, kind="smuggling")) == Level.SUMMARY
    assert level_of(bob, factories.case(anna, kind="laundering")) is None


def test_it_acts_when_a_record_comes_to_fit_and_lets_go_when_it_does_no_longer(
    alice: User, anna: User, bob: User, eastport: Agency
) -> None:
    lead = factories.lead(alice, "Untagged")
    rule(anna, eastport)
    edited(lead, alice, tags=("harbour",))
    assert level_of(bob, lead) == Level.VIEW
    edited(lead, alice, tags=())
    assert level_of(bob, lead) is None
    edited(lead, alice, tags=("harbour",))
    assert level_of(bob, lead) == Level.VIEW


def test_twice_is_once_and_what_a_person_took_back_stays_taken(
    alice: User, anna: User, bob: User, eastport: Agency
) -> None:
    rule(anna, eastport)
    lead = tagged(alice)
    granted = grant_of(lead, eastport).granted_at
    edited(lead, alice, title="Other words")
    assert grant_of(lead, eastport).granted_at == granted
    actions.revoke(lead, agency=eastport, reason="Not this one", by=alice)
    edited(lead, alice, title="Other words again")
    assert level_of(bob, lead) is None


@pytest.mark.parametrize("level", [Level.SUMMARY, Level.VIEW])
def test_what_a_person_decided_on_a_record_stands(
    level: Level, alice: User, anna: User, eastport: Agency
) -> None:
    lead = factories.lead(alice, "By hand")
    actions.share(lead, agency=eastport, level=level, reason="By hand", onward=True, by=alice)
    rule(anna, eastport, level=Level.VIEW, days=3)
    edited(lead, alice, tags=("harbour",))
    held = grant_of(lead, eastport)
    assert (held.level, held.rule, held.onward, held.expires_at) == (level, None, True, None)


def test_each_share_lasts_its_days_and_none_longer_than_the_rule(
    alice: User, anna: User, bob: User, eastport: Agency, southshore: Agency, cora: User
) -> None:
    until = timezone.now() + timedelta(days=2)
    rule(anna, eastport, days=3)
    rule(anna, southshore, until=until)
    lead = tagged(alice)
    assert (grant_of(lead, eastport).expires_at - timezone.now()).days == 2
    assert grant_of(lead, southshore).expires_at == until
    ShareRule.objects.filter(receiver=southshore).update(until=timezone.now())
    assert level_of(cora, tagged(alice, "Too late")) is None


# --- What needs a person ------------------------------------------------------------------------------------------


def test_what_needs_a_person_is_left_and_the_preview_says_why(
    alice: User, anna: User, ada: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    eva = factories.person("Eva", eastport, "agency_administrator")  # type: ignore[arg-type]
    deal = actions.propose_agreement(by=ada, partner=eastport, level=Level.VIEW, handling="H3")
    actions.answer_agreement(deal, accept=True, by=eva)
    leads = [
        tagged(alice, "Plain"),
        tagged(alice, "Restricted"),
        tagged(alice, "Conditional", handling=("H3",), caveat="Ask"),
        tagged(alice, "Of a victim", subjects=(factories.subject("Xu", role="victim"),)),
    ]
    actions.restrict(leads[1], named=[anna], walled=[], reason="Source", by=anna)
    asked = {"name": "Harbour", "kind": "intel.lead", "tag": " HARBOUR ", "receiver": eastport.pk, "level": 2,
             "reason": "Joint", "on_existing": "yes", "step": "preview"}  # fmt: skip
    page = as_user(anna).post(NEW, asked).content.decode()
    assert "<strong>4</strong> fit" in page
    assert "<strong>1</strong> would be shared at once" in page
    for why in ("Only named people may open it", "It carries H3", "It speaks of victims or witnesses"):
        assert page.count(why) == 1
    assert not ShareRule.objects.exists()
    assert [level_of(bob, lead) for lead in leads] == [None] * 4
    unseen = as_user(anna).post(NEW, asked | {"step": "do", "level": 1})
    assert (unseen.status_code, ShareRule.objects.exists()) == (200, False)
    seen = re.search(r'name="previewed" value="(\w+)"', page)[1]  # type: ignore[index]
    assert as_user(anna).post(NEW, asked | {"step": "do", "previewed": seen}).status_code == 302
    swept(ShareRule.objects.get())
    assert [level_of(bob, lead) for lead in leads] == [Level.VIEW, None, None, None]


def test_a_record_that_comes_to_need_a_person_is_taken_back(
    alice: User, anna: User, bob: User, eastport: Agency
) -> None:
    rule(anna, eastport)
    lead = tagged(alice)
    edited(lead, alice, subjects=(factories.subject("Xu", role="victim"),))
    assert level_of(bob, lead) is None


def test_agreements_bind_a_rule_as_they_bind_a_person(
    alice: User, anna: User, ada: User, bob: User, eastport: Agency
) -> None:
    eva = factories.person("Eva", eastport, "agency_administrator")  # type: ignore[arg-type]
    deal = actions.propose_agreement(by=ada, partner=eastport, level=Level.VIEW, handling="H0")
    actions.answer_agreement(deal, accept=True, by=eva)
    rule(anna, eastport)
    bound = tagged(alice, handling=("H1",))
    assert level_of(bob, bound) is None
    edited(bound, alice, handling=("H0",))
    assert level_of(bob, bound) == Level.VIEW


def test_what_is_kept_from_who_makes_it_is_neither_counted_nor_shared(
    alice: User, anna: User, bob: User, eastport: Agency, northland: Agency, as_user: Any
) -> None:
    other = factories.person("Olga", northland, "supervisor")  # type: ignore[arg-type]
    lead = tagged(alice, "Against Anna")
    actions.restrict(lead, named=None, walled=[anna], reason="Conflict", by=other)
    asked = {"name": "Harbour", "kind": "intel.lead", "tag": "harbour", "receiver": eastport.pk, "level": 2,
             "reason": "Joint", "on_existing": "yes", "step": "preview"}  # fmt: skip
    assert "No record of yours fits" in as_user(anna).post(NEW, asked).content.decode()
    swept(rule(anna, eastport, on_existing=True))
    assert level_of(bob, lead) is None


# --- Existing records, and the end ----------------------------------------------------------------------------------


def test_what_was_there_is_left_or_shared_as_chosen_some_at_a_time(
    alice: User, anna: User, bob: User, eastport: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ruling, "AT_ONCE", 2)
    leads = [tagged(alice, f"Lead {number}") for number in range(5)]
    left = rule(anna, eastport)
    edited(leads[0], alice, title="Edited")
    assert [level_of(bob, lead) for lead in leads] == [None] * 5
    ruling.end_rule(left, take_back=False, reason="Too narrow", by=anna)
    made = rule(anna, eastport, on_existing=True)
    assert Job.objects.filter(kind=ruling.SWEEP, object_id=made.pk).count() == 1
    swept(made)
    assert [level_of(bob, lead) for lead in leads] == [Level.VIEW] * 5


def test_ending_it_takes_back_what_it_shared_at_once_and_nothing_else(
    alice: User, anna: User, bob: User, eastport: Agency
) -> None:
    made = rule(anna, eastport)
    lead, taken_over, by_hand = (
        tagged(alice),
        tagged(alice, "Decided since"),
        factories.lead(alice, "By hand"),
    )
    for each in (taken_over, by_hand):
        actions.share(each, agency=eastport, level=Level.VIEW, reason="By hand", by=alice)
    assert ruling.end_rule(made, take_back=True, reason="Operation over", by=anna) == 1
    assert [level_of(bob, each) for each in (lead, taken_over, by_hand)] == [None, Level.VIEW, Level.VIEW]
    enforcing.end_expired()
    event = AuditEvent.objects.get(act=Act.REVOKED, object_id=lead.pk)
    assert (event.actor_id, event.facts["reason"]) == (anna.pk, "Operation over")
    assert level_of(bob, tagged(alice, "After the end")) is None
    with pytest.raises(Refused, match="ended already"):
        ruling.end_rule(made, take_back=True, reason="Again", by=anna)


def test_whoever_ends_it_is_not_told_of_how_many_records_that_are_kept_from_them(
    alice: User, anna: User, bob: User, northland: Agency, eastport: Agency, as_user: Any
) -> None:
    made, lead = rule(anna, eastport), tagged(alice)
    olga = factories.person("Olga", northland, "supervisor")  # type: ignore[arg-type]
    actions.restrict(lead, named=None, walled=[olga], reason="Her brother", by=anna)
    assert level_of(bob, lead) == Level.VIEW
    said = as_user(olga).post(
        reverse("agencies:rule-end", args=[made.pk]), {"take_back": "yes", "reason": "Over"}, follow=True
    )
    assert level_of(bob, lead) is None
    assert [str(each) for each in said.context["messages"]] == [
        "The rule has ended, and what it shared with it."
    ]


def test_it_stops_with_its_maker_and_another_supervisor_is_told_and_takes_it_over(
    alice: User, anna: User, ada: User, bob: User, northland: Agency, eastport: Agency, as_user: Any
) -> None:
    made, before = rule(anna, eastport), tagged(alice, "Before")
    olga = factories.person("Olga", northland, "supervisor")  # type: ignore[arg-type]
    actions.dismiss(person=anna, reason="Left the service", by=ada)
    meanwhile = tagged(alice, "Meanwhile")
    assert [level_of(bob, lead) for lead in (before, meanwhile)] == [Level.VIEW, None]
    assert "Harbour" in as_user(olga).get(reverse("agencies:desk-rules")).content.decode()
    assert AuditEvent.objects.filter(act=Act.STOPPED, object_id=made.pk, agency_id=northland.pk).exists()
    assert as_user(olga).post(reverse("agencies:rule-take-over", args=[made.pk])).status_code == 302
    made.refresh_from_db()
    swept(made)
    assert [level_of(bob, lead) for lead in (before, meanwhile)] == [Level.VIEW, Level.VIEW]
    assert grant_of(meanwhile, eastport).granted_by == olga


def test_a_maker_who_lost_the_role_without_being_dismissed_stops_it_too(
    alice: User, anna: User, bob: User, eastport: Agency
) -> None:
    made = rule(anna, eastport)
    User.objects.filter(pk=anna.pk).update(role="analyst")
    lead = tagged(alice)
    made.refresh_from_db()
    assert (level_of(bob, lead), made.state) == (None, "stopped")


# --- Who makes one, and what it says --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        ({"tag": ""}, "never shares everything"),
        ({"until": timezone.now() - timedelta(days=1)}, "lies in the past"),
        ({"until": timezone.now() + timedelta(days=9), "days": 3}, "Choose one"),
        ({"model": Case, "handling": "H1"}, "carry no code of their own"),
        ({"level": Level.CONTRIBUTE}, "cannot be shared at that level"),
        ({"reason": " "}, "Give a reason"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_what_to_do(
    says: dict[str, Any], sentence: str, anna: User, eastport: Agency
) -> None:
    with pytest.raises(Refused, match=sentence):
        rule(anna, eastport, **says)


def test_supervisors_make_them_and_nobody_else_reads_one(
    alice: User, anna: User, bea: User, ada: User, eastport: Agency, as_user: Any
) -> None:
    with pytest.raises(Refused, match="Your role may not"):
        rule(alice, eastport)
    made = rule(anna, eastport)
    pages = [reverse("agencies:room-rules"), reverse("agencies:rule", args=[made.pk]), NEW]
    assert [as_user(anna).get(page).status_code for page in pages] == [200] * 3
    for stranger in (alice, ada):
        assert [as_user(stranger).get(page).status_code for page in pages] == [404] * 3
    assert "Harbour" not in as_user(bea).get(pages[0]).content.decode()
    assert as_user(bea).get(pages[1]).status_code == 404


def test_the_owner_reads_by_which_rule_and_the_receiver_an_ordinary_share(
    alice: User, anna: User, bea: User, eastport: Agency, as_user: Any
) -> None:
    made = rule(anna, eastport)
    lead = tagged(alice)
    page = reverse("agencies:who-sees", args=["intel.lead", lead.pk])
    assert f">“<bdi>{made.name}</bdi>”</a>" in as_user(anna).get(page).content.decode()
    colleagues = as_user(alice).get(page).content.decode()
    assert "by a rule of ours" in colleagues
    assert made.name not in colleagues
    theirs = as_user(bea).get(page).content.decode()
    assert "Joint operation" in theirs
    assert made.name not in theirs
    assert "by rule" not in theirs
    assert any("by rule “Harbour”" in each.because for each in explain(lead, eastport, anna).rules)
    assert any("by a rule of ours" in each.because for each in explain(lead, eastport, alice).rules)


def test_tags_are_read_with_the_record_in_full_and_narrow_the_lists(
    alice: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    lead, other = tagged(alice, "Tagged one"), factories.lead(alice, "Another one")
    actions.share(lead, agency=eastport, level=Level.SUMMARY, reason="Joint", by=alice)
    found = as_user(alice).get("/leads/?view=all&tag=Harbour").content.decode()
    assert lead.title in found
    assert other.title not in found
    assert lead.title not in as_user(bob).get("/leads/?view=all&tag=harbour").content.decode()
    assert "harbour" not in as_user(bob).get(f"/leads/{lead.pk}/").content.decode()
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="Joint", by=alice)
    assert "harbour" in as_user(bob).get(f"/leads/{lead.pk}/").content.decode()
