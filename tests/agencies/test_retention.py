"""Records are kept until their review: validated with a reason, held for a court, or purged without a trace of content."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import connection
from django.utils import timezone
from redis import Redis

from agencies import actions, guards, passing, purging, reviewing, verifying
from agencies.audit import Act, AuditEvent
from agencies.models import Agency, PurgeCertificate, PurgeNotice, User
from agencies.permissions import Role
from agencies.policies import Refused
from agencies.tasks import purge_lapsed, seal_audit
from agencies.visibility import Level
from cases import actions as case_actions
from cases.models import Case
from intel import actions as intel_actions
from intel.models import Hit, HitNotice, Lead, MatchRecord, TermFrequency
from tests import factories
from tests.api_client import Api
from tests.factories import hits
from tests.leaks.world import settle

CANARY = "Quetzalcanary"
PHONE = "+1 404 555 0134"


@pytest.fixture(autouse=True)
def _key_and_heads(tmp_path: Path, settings: Any) -> None:
    settings.AUDIT_SIGNING_KEY_FILE = str(tmp_path / "secrets" / "key")
    settings.AUDIT_HEADS_FILE = str(tmp_path / "heads.jsonl")


@pytest.fixture
def ann(northland: Agency) -> User:
    """A second supervisor of Northland."""
    return factories.person("Ann", northland, Role.SUPERVISOR)


@pytest.fixture
def lead(alice: User) -> Lead:
    return factories.lead(alice, f"{CANARY} at the border")


# --- When -----------------------------------------------------------------------------------------------------


def day(years: int) -> date:
    today = timezone.localdate()
    return today.replace(year=today.year + years)


def test_a_record_is_reviewed_after_five_years_and_one_of_a_victim_after_three(alice: User) -> None:
    witness = factories.subject("Jane Roe", role="witness")
    assert factories.lead(alice).review_on == day(5)
    assert factories.case(alice).review_on == day(5)
    assert factories.lead(alice, basis=Lead.Basis.VICTIM_REPORT).review_on == day(3)
    assert factories.lead(alice, subjects=(witness,)).review_on == day(3)


def test_an_agency_may_choose_less_which_moves_no_date_that_stands(
    alice: User, ada: User, anna: User
) -> None:
    before = factories.lead(alice)
    reviewing.choose_review_years(agency=ada.agency, years=2, victims=1, by=ada)
    alice.refresh_from_db()
    assert factories.lead(alice).review_on == day(2)
    assert factories.lead(alice, basis=Lead.Basis.VICTIM_REPORT).review_on == day(1)
    before.refresh_from_db()
    assert before.review_on == day(5)
    with pytest.raises(Refused, match="administrator"):
        reviewing.choose_review_years(agency=ada.agency, years=5, victims=5, by=anna)


def test_suspicion_names_its_offence_and_a_tip_or_a_victims_report_needs_none(alice: User) -> None:
    with pytest.raises(Refused, match="Name the offence"):
        factories.lead(alice, basis=Lead.Basis.SUSPICION)
    named = factories.lead(alice, basis=Lead.Basis.SUSPICION, predicate="Sex trafficking, 18 U.S.C. 1591")
    assert named.predicate.startswith("Sex trafficking")
    for basis in (Lead.Basis.TIP, Lead.Basis.VICTIM_REPORT):
        assert factories.lead(alice, basis=basis).pk


# --- Deciding ---------------------------------------------------------------------------------------------------


def test_a_supervisor_who_did_not_submit_it_keeps_it_for_a_new_reason_until_a_new_date(
    lead: Lead, alice: User, anna: User
) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=4 * 366), tick=False):
        reviewing.validate(lead, reason="Charged again", until=day(5), by=anna)
        lead.refresh_from_db()
        assert lead.review_on == day(5)
    told = AuditEvent.objects.get(act=Act.VALIDATED)
    assert told.facts["reason"] == "Charged again"
    with pytest.raises(Refused, match="Your role"):
        reviewing.validate(lead, reason="Mine", until=day(1), by=alice)
    own = factories.lead(anna)
    with pytest.raises(Refused, match="Another supervisor"):
        reviewing.validate(own, reason="Mine", until=day(1), by=anna)


@pytest.mark.parametrize(("years", "days", "said"), [(5, 1, "at most"), (0, 0, "future")])
def test_nothing_is_kept_longer_than_allowed_nor_until_yesterday(
    lead: Lead, anna: User, years: int, days: int, said: str
) -> None:
    with pytest.raises(Refused, match=said):
        reviewing.validate(lead, reason="Useful", until=day(years) + timedelta(days=days), by=anna)


def test_a_legal_hold_stops_people_and_the_clock_until_a_second_supervisor_lifts_it(
    lead: Lead, anna: User, ann: User
) -> None:
    reviewing.hold(lead, reason="Order of the court", by=anna)
    with time_machine.travel(timezone.now() + timedelta(days=2_000), tick=False):
        purge_lapsed()
        with pytest.raises(Refused, match="legal hold"):
            reviewing.purge(lead, reason="Old", by=anna)
        with pytest.raises(Refused, match="second supervisor"):
            reviewing.lift_hold(lead, reason="Over", by=anna)
        reviewing.lift_hold(lead, reason="Trial is over", by=ann)
        purge_lapsed()
    assert not Lead.objects.exists()


def test_what_nobody_validated_goes_the_day_after_and_not_on_the_day(lead: Lead, anna: User) -> None:
    assert lead.review_on is not None
    noon = datetime.combine(lead.review_on, datetime.min.time(), UTC) + timedelta(hours=12)
    with time_machine.travel(noon, tick=False):
        purge_lapsed()
        assert Lead.objects.count() == 1
    with time_machine.travel(noon + timedelta(days=1), tick=False):
        purge_lapsed()
    assert not Lead.objects.exists()
    certificate = PurgeCertificate.objects.get()
    assert (certificate.ground, certificate.purged_by) == ("lapsed", None)
    assert AuditEvent.objects.of_agency(anna).filter(act=Act.PURGED).exists()


def test_published_lists_stay_as_long_as_they_are_published(alice: User, anna: User) -> None:
    listed = factories.lead(alice, "Sanctions", kind=Lead.Kind.REFERENCE)
    with time_machine.travel(timezone.now() + timedelta(days=9_000), tick=False):
        purge_lapsed()
    assert Lead.objects.get() == listed
    with pytest.raises(Refused, match="published"):
        reviewing.purge(listed, reason="Old", by=anna)


# --- What goes, and what is left -----------------------------------------------------------------------------------


def everything_about(alice: User, anna: User, bob: User, bea: User, nora: User) -> tuple[Lead, Case]:
    """A lead and a case that are shared, matched, asked for, judged, attached, written on, pulled and put on record."""
    who = factories.subject(f"{CANARY} Roe", phone=PHONE, aliases=(f"{CANARY}ita",), note=f"{CANARY} note")
    sent = {
        "title": f"{CANARY} lead", "narrative": f"{CANARY} narrative",
        "subjects": [{"name": f"{CANARY} Roe", "identifiers": [{"kind": "phone", "raw": PHONE}]}],
    }  # fmt: skip
    system = factories.person("Register", anna.agency, Role.SERVICE_ACCOUNT)
    answer = Api(system).post("/leads/", sent, key="once")
    lead = Lead.objects.get(pk=answer.data["id"])
    theirs = factories.lead(bob, "Ours", subjects=(factories.subject("Jane Roe", phone=PHONE),))
    hit = hits.link(lead, theirs)
    asked = hits.ask(hits.notice_of(bea.agency, hit), bea)
    intel_actions.answer_disclosure(asked, state="full", answer="See page 3", by=anna)
    intel_actions.judge_hit(hits.notice_of(bea.agency, hit), verdict="same", reason=f"{CANARY} again", by=bea)
    passing.pass_on(lead, agency=nora.agency, level=Level.VIEW, reason="To shelter her", by=bea)
    case = factories.case(anna, f"{CANARY} case", summary=f"{CANARY} summary")
    intel_actions.attach_lead(case, lead, by=anna)
    intel_actions.add_case_subject(case, lead.subjects.get(), role="suspect", by=anna)
    case_actions.assign_case(case, agency=bea.agency, part="support", reason="Together", by=anna)
    case_actions.write_note(case, text=f"{CANARY} note", by=bea)
    case_actions.set_task(case, title=f"{CANARY} task", details=f"{CANARY} details", by=anna)
    guards.admit(lead, named=None, walled=[alice], by=anna, reason="Related")
    assert who.aliases
    return lead, case


def rows_with(word: str) -> list[str]:
    """The tables of the database of which any row says the word, in any column of any type."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            said = " OR ".join(["t::text ILIKE %s"] * 3)
            hidden = [f"%{word}%", f"%{word.encode().hex()}%", f"%{word.lower().encode().hex()}%"]
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE {said}', hidden)
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def redis_says(word: str) -> bool:
    redis = Redis.from_url(settings.CELERY_BROKER_URL.replace("redis+socket:", "unix:"))
    return any(word.encode() in (key + (redis.dump(key) or b"")) for key in redis.scan_iter("*"))


def test_after_a_purge_no_table_holds_a_word_of_it_on_either_side(
    alice: User, anna: User, bob: User, bea: User, nora: User
) -> None:
    lead, case = everything_about(alice, anna, bob, bea, nora)
    before = rows_with(CANARY)
    assert {"intel_lead", "intel_subject", "intel_judgement", "agencies_idempotentanswer"} <= set(before)
    assert {"cases_case", "cases_note", "cases_task", "intel_matchrecord"} <= set(before)
    reviewing.purge(lead, reason="No longer needed", by=anna)
    reviewing.purge(case, reason="No longer needed", by=anna)
    seal_audit()
    assert rows_with(CANARY) == []
    assert not redis_says(CANARY)
    # Of the other side's match nothing is left but its own record, and of the words not even their count.
    assert not Hit.objects.exists()
    assert not HitNotice.objects.exists()
    assert MatchRecord.objects.exclude(agency=bob.agency).count() == 0
    kept = MatchRecord.objects.get()
    sums: dict[int, int] = {}
    for term, n in TermFrequency.objects.values_list("term", "n"):
        sums[term] = sums.get(term, 0) + n
    assert {term for term, n in sums.items() if n} == set(kept.terms)


def test_the_audit_record_still_verifies_and_tells_who_purged_what_and_why(
    alice: User, anna: User, bob: User, bea: User, nora: User
) -> None:
    lead, _ = everything_about(alice, anna, bob, bea, nora)
    seal_audit()
    reviewing.purge(lead, reason="Proved wrong", by=anna)
    seal_audit()
    assert verifying.verify().faults == []
    event = AuditEvent.objects.get(act=Act.PURGED, object_id=lead.pk)
    assert (event.actor_name, event.facts["reason"]) == ("Anna", "Proved wrong")


def test_the_certificate_counts_what_went_and_is_signed_with_the_installations_key(
    lead: Lead, anna: User
) -> None:
    certificate = reviewing.purge(lead, reason="No longer needed", by=anna)
    purging.sign_certificates()
    certificate.refresh_from_db()
    assert certificate.counts["lead"] == 1
    assert certificate.reference == lead.reference
    assert CANARY not in json.dumps(certificate.told())
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(certificate.key))
    key.verify(bytes.fromhex(certificate.signature), certificate.statement())


def test_what_partners_and_restricted_records_had_with_it_makes_no_difference_to_what_is_counted(
    alice: User, anna: User, ann: User, bob: User, eastport: Agency
) -> None:
    """A certificate that counted a hit of which only the other side was told, a partner's private attachment, or a
    colleague's restricted lead would tell of each."""

    def purged(*, used: bool) -> dict[str, int]:
        lead = factories.lead(alice, subjects=(factories.subject("Jane Roe", phone=PHONE),))
        actions.share(lead, agency=eastport, level=Level.VIEW, reason="Joint work", by=anna)
        case = factories.case(alice)
        if used:
            hit = hits.link(lead, factories.lead(bob, subjects=(factories.subject("Jane Roe", phone=PHONE),)))
            HitNotice.objects.filter(hit=hit, agency=anna.agency).delete()
            intel_actions.attach_lead(factories.case(bob), lead, by=bob)
            kept = factories.lead(anna, "Informant")
            intel_actions.attach_lead(case, kept, by=anna)
            actions.restrict(kept, named=[anna], walled=[], reason="Informant", by=anna)
        done = [reviewing.purge(record, reason="Old", by=ann) for record in (lead, case)]
        return done[0].counts | done[1].counts

    assert purged(used=True) == purged(used=False)


def test_the_same_rows_make_the_same_digest_and_a_changed_word_another(lead: Lead) -> None:
    def digest() -> str:
        return purging._digest(purging._collected(Lead.objects.get(pk=lead.pk))[0])

    one = digest()
    assert digest() == one
    Lead.objects.filter(pk=lead.pk).update(title="Another")
    assert digest() != one


# --- Who is told ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_whoever_had_it_gets_a_tombstone_and_a_line_and_nobody_else_anything(
    alice: User, anna: User, bea: User, bob_api: User, eastport: Agency, cora: User
) -> None:
    lead = factories.lead(alice, "Shared", subjects=(factories.subject("Jane Roe"),))
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="Joint work", by=anna)
    settle()
    pulled, cursor = Api(bob_api).pull("/leads/")
    assert [row["title"] for row in pulled] == ["Shared"]
    reviewing.purge(lead, reason="Secret reason", by=anna)
    settle()
    [row], _ = Api(bob_api).pull("/leads/", cursor)
    assert (row["id"], row["withdrawn"]) == (str(lead.pk), True)
    notice = PurgeNotice.objects.visible_to(bea).get()
    assert (notice.reference, notice.owner) == (lead.reference, anna.agency)
    assert not PurgeNotice.objects.visible_to(cora).exists()
    assert not PurgeCertificate.objects.visible_to(bea, Level.SUMMARY).exists()
    reviewing.acknowledge(notice, by=bea)
    [seen_by_owner] = PurgeNotice.objects.visible_to(anna)
    assert seen_by_owner.acknowledged_by == bea


def test_who_had_a_summary_is_not_told_the_reference(
    alice: User, anna: User, bea: User, eastport: Agency
) -> None:
    lead = factories.lead(alice)
    actions.share(lead, agency=eastport, level=Level.SUMMARY, reason="Joint work", by=anna)
    reviewing.purge(lead, reason="Old", by=anna)
    assert PurgeNotice.objects.visible_to(bea).get().reference == ""


@pytest.mark.django_db(transaction=True)
def test_whose_share_was_revoked_before_notices_nothing(
    alice: User, anna: User, bob_api: User, eastport: Agency
) -> None:
    lead = factories.lead(alice)
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="Joint work", by=anna)
    actions.revoke(lead, agency=eastport, reason="Over", by=anna)
    settle()
    _, cursor = Api(bob_api).pull("/leads/")
    reviewing.purge(lead, reason="Old", by=anna)
    settle()
    assert Api(bob_api).pull("/leads/", cursor)[0] == []
    assert not PurgeNotice.objects.exists()


def test_the_other_side_of_a_match_learns_only_that_its_hit_is_over(
    alice: User, anna: User, bob: User, bea: User
) -> None:
    mine = factories.lead(alice, subjects=(factories.subject("Jane Roe", phone=PHONE),))
    theirs = factories.lead(bob, subjects=(factories.subject("Jane Roe", phone=PHONE),))
    hits.link(mine, theirs)
    reviewing.purge(mine, reason="Old", by=anna)
    assert not HitNotice.objects.visible_to(bob).exists()
    assert not PurgeNotice.objects.visible_to(bea).exists()
    assert Lead.objects.visible_to(bob).get() == theirs


def test_what_named_people_alone_saw_stays_theirs_after_the_purge(
    lead: Lead, anna: User, ann: User, ada: User
) -> None:
    actions.restrict(lead, named=[anna], walled=[], reason="Informant", by=anna)
    reviewing.purge(lead, reason="Informant left", by=anna)
    assert PurgeCertificate.objects.visible_to(anna).exists()
    for outside in (ann, ada):
        assert not PurgeCertificate.objects.visible_to(outside).exists()
        seen = AuditEvent.objects.of_agency(outside)
        assert not seen.filter(object_id=lead.pk).exists()
        assert not any(str(lead.pk) in json.dumps(event.facts) for event in seen)
    assert AuditEvent.objects.of_agency(anna).filter(object_id=lead.pk, act=Act.PURGED).exists()
