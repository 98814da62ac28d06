"""The states of the matrix: one row for each way in which somebody may, or may not any more, see something."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from agencies import actions as agency_actions
from agencies import canaries, enforcing, passing, reviewing, ruling, visibility
from agencies.models import Agency, Alarm, SignInSubject
from agencies.permissions import Role
from agencies.visibility import Level
from cases import actions
from cases.models import ConflictNotice, WatchNotice
from intel import actions as intel_actions
from intel.matching import runs
from intel.models import HitNotice, LeadDraft, LearnedWeights
from tests import factories
from tests.api_client import token_of
from tests.factories import hits
from tests.leaks.oracle import OWN, SUMMARY, VIEW, Thing
from tests.leaks.stage import Stage, in_a_minute, long_ago
from tests.leaks.states_care import care, identities
from victims import actions as victim_actions


def every_state() -> Stage:
    stage = Stage()
    for build in (_leads, _cases, _through_cases, _hits, _own_affairs, _about_agencies, _people, _units, care, _watched, _purged, identities,
                  _asked_for_purposes, _ruled, _operations):  # fmt: skip
        build(stage)
    stage.leave("L")
    return stage


def _leads(stage: Stage) -> None:
    for owner in "NESHZL":
        stage.lead(f"plain {owner}", owner)
    for level in (Level.SUMMARY, Level.VIEW):
        stage.lead(f"granted {level.label}")
        stage.share(f"lead granted {level.label}", "E", level)
    for name, until in (
        ("expired", long_ago()),
        ("just ended", timezone.now()),
        ("ends in a minute", in_a_minute()),
    ):
        stage.lead(name)
        stage.share(f"lead {name}", "E", Level.VIEW, until=until)
    stage.lead("revoked")
    stage.share("lead revoked", "E", Level.VIEW)
    stage.revoke("lead revoked", "E")
    stage.lead("of the other, granted", "E")
    stage.share("lead of the other, granted", "N", Level.VIEW)
    stage.lead("given to who left")
    stage.share("lead given to who left", "L", Level.VIEW)
    _restricted_leads(stage)
    _passed_on(stage)
    _offered(stage)
    stage.lead("beyond the agreement")
    stage.share("lead beyond the agreement", "H", Level.VIEW)


def _restricted_leads(stage: Stage) -> None:
    for name, named, walled in (
        ("named, both", ["N.supervisor", "E.supervisor"], []),
        ("named, ours alone", ["N.supervisor", "N.investigator"], []),
        ("walled", None, ["E.investigator", "N.analyst"]),
        ("named and walled", ["N.supervisor", "E.supervisor"], ["E.investigator"]),
    ):
        stage.lead(name)
        stage.share(f"lead {name}", "E", Level.VIEW)
        stage.restrict(f"lead {name}", named, walled)


def _passed_on(stage: Stage) -> None:
    key = "lead passed on"
    stage.lead("passed on")
    stage.share(key, "E", Level.VIEW, onward=True)
    passing.pass_on(
        stage.row(key), agency=stage.agencies["S"], level=Level.SUMMARY, reason="needed", by=stage.boss("E")
    )
    stage.facts.grants[key, "S"] = (SUMMARY, None)
    key = "lead asked to release"
    stage.lead("asked to release")
    stage.share(key, "E", Level.VIEW)
    request = passing.pass_on(
        stage.row(key), agency=stage.agencies["S"], level=Level.VIEW, reason="needed", by=stage.boss("E")
    )
    stage.add("release", request, Thing("release", "E", state="asked N"))
    stage.facts.grants["release", "N"] = (VIEW, None)
    stage.facts.pending |= {key, "lead matched, asked"}


def _offered(stage: Stage) -> None:
    """Offered to another agency: open, declined, restricted since, and taken over with something kept or nothing."""
    for name, kind, keeps in (
        ("offered", "lead", 0), ("offered", "case", 3), ("offered, declined", "lead", 0),
        ("offered, then of named people", "lead", 1), ("taken over", "lead", 0), ("taken over, kept", "lead", 2),
        ("taken over", "case", 0),
    ):  # fmt: skip
        getattr(stage, kind)(name)
        stage.offer(f"{kind} {name}", "E", keeps)
    stage.answer_offer("lead offered, declined", accept=False)
    stage.restrict("lead offered, then of named people", ["N.supervisor"], [])
    for key in ("lead taken over", "lead taken over, kept", "case taken over"):
        stage.answer_offer(key, accept=True)


def _cases(stage: Stage) -> None:
    for owner in "NESL":
        stage.case(f"plain {owner}", owner)
    stage.case("assigned")
    stage.assign("assigned", "E")
    stage.case("withdrawn")
    stage.assign("withdrawn", "E")
    stage.track("withdrawn", "E", "MX")
    stage.withdraw("withdrawn", "E")
    for level in (Level.SUMMARY, Level.VIEW, Level.CONTRIBUTE):
        stage.case(f"granted {level.label}")
        stage.share(f"case granted {level.label}", "E", level)
    stage.case("expired")
    stage.share("case expired", "E", Level.CONTRIBUTE, until=long_ago())
    for name, named, walled in (
        ("named", ["N.supervisor", "E.supervisor"], []), ("walled", None, ["E.supervisor", "N.investigator"]),
    ):  # fmt: skip
        stage.case(name)
        stage.assign(name, "E")
        stage.restrict(f"case {name}", named, walled)
    for case in ("assigned", "named", "granted View"):
        stage.task(case, "N")
        stage.task(case, "N", private=True)
        stage.note(case, "N")
        stage.note(case, "N", private=True)
    for case in ("assigned", "named", "walled", "granted View"):
        stage.track(case, "N", "US")
    stage.track("assigned", "E", "MX")
    stage.propose("assigned", "N")
    stage.task("assigned", "E")
    stage.note("assigned", "E", private=True)


def _through_cases(stage: Stage) -> None:
    for lead, case, private in (
        ("in a case", "assigned", False), ("in a case, kept", "assigned", True),
        ("in a case of named people", "named", False), ("in a walled case", "walled", False),
        ("in a case, summary", "granted Summary", False), ("in a case, view", "granted View", False),
        ("in a case that was taken", "withdrawn", False), ("in a case, expired", "expired", False),
    ):  # fmt: skip
        stage.lead(lead)
        stage.attach(case, lead, "N", private=private)
    stage.lead("of the other in a case", "E")
    stage.attach("assigned", "of the other in a case", "E")
    stage.attach("assigned", "granted View", "E")  # not theirs: nobody of the case reads it by that
    stage.lead("not by its owner", "E")
    stage.share("lead not by its owner", "N", Level.VIEW)
    stage.share("case granted View", "S", Level.VIEW)
    stage.attach("granted View", "not by its owner", "N")
    stage.lead("attached by a partner, then revoked")
    stage.share("lead attached by a partner, then revoked", "E", Level.VIEW)
    stage.attach("assigned", "attached by a partner, then revoked", "E")
    stage.revoke("lead attached by a partner, then revoked", "E")
    stage.lead("named, in a case")
    stage.restrict("lead named, in a case", ["N.supervisor", "E.supervisor"], [])
    stage.attach("assigned", "named, in a case", "N")
    stage.lead("cast in a case")
    stage.cast("assigned", "cast in a case", "N")
    stage.lead("cast, kept")
    stage.cast("assigned", "cast, kept", "N", private=True)
    stage.lead("cast, walled")
    stage.cast("assigned", "cast, walled", "N")
    stage.restrict("lead cast, walled", None, ["E.supervisor"])
    stage.lead("subject granted")
    stage.share("subject subject granted", "E", Level.VIEW)
    stage.lead("subject granted, walled")
    stage.share("subject subject granted, walled", "E", Level.VIEW)
    stage.restrict("lead subject granted, walled", None, ["E.supervisor"])


def _hits(stage: Stage) -> None:
    for name, phone in (("matched", "+1 404 555 0134"), ("matched, asked", "+1 404 555 0135")):
        ours = stage.lead(name, "N", phone=phone)
        theirs = stage.lead(f"{name} E", "E", phone=phone)
        hit = hits.link(ours, theirs)
        hangs = ((f"lead {name}", True), (f"lead {name} E", True))
        for agency in "NE":
            notice = hits.notice_of(stage.agencies[agency], hit)
            state = "open" if name == "matched" else ""
            stage.add(f"notice {name} {agency}", notice, Thing("notice", agency, (), hangs, state=state))
    own = stage.row("notice matched, asked E")
    asked = hits.ask(own, stage.boss("E"), purpose=stage.token("q", "disclosure"))
    stage.add("disclosure", asked, Thing("disclosure", "E", (), hangs, state="asked N"))
    stage.facts.grants["disclosure", "N"] = (VIEW, None)
    judgement = intel_actions.judge_hit(
        stage.row("notice matched, asked N"),
        verdict="same",
        reason=stage.token("j", "judgement"),
        by=stage.boss("N"),
    )
    stage.add("judgement", judgement, Thing("judgement", "N", (), hangs))
    low, high = sorted((stage.row("lead plain N"), stage.row("lead granted View")), key=lambda row: row.pk)
    mark = intel_actions.mark_origin(low, high, status="same", by=stage.boss("N"))
    hangs = (("lead plain N", False), ("lead granted View", False))
    stage.add("mark", mark, Thing("mark", "N", (), hangs))
    _named_hit(stage)


def _named_hit(stage: Stage) -> None:
    """A match of a record of named people: its agency's others are not told."""
    phone = "+1 404 555 0136"
    ours = stage.lead("matched, named", "N", phone=phone)
    hit = hits.link(ours, stage.lead("matched, named E", "E", phone=phone))
    stage.restrict("lead matched, named", ["N.supervisor"], [])
    hangs = (("lead matched, named", True), ("lead matched, named E", True))
    for agency in "NE":
        notice = hits.notice_of(stage.agencies[agency], hit)
        stage.add(f"notice named {agency}", notice, Thing("notice", agency, (), hangs, state="open"))
    assert HitNotice.objects.filter(own_lead=ours).exists()


def _own_affairs(stage: Stage) -> None:
    for owner in "NEH":
        name = f"{owner}.victim_caseworker"
        by = stage.people.get(name) or stage.person(owner, Role.VICTIM_CASEWORKER)
        stage.add(
            f"victim {owner}",
            victim_actions.register_victim(by=by, needs=["shelter"]),
            Thing("victim", owner),
        )
    _protected(stage)
    for owner in "NE":
        user = stage.people[f"{owner}.investigator"]
        draft = LeadDraft.objects.create(
            user=user, form={"narrative": [stage.token("f", f"draft {owner}", OWN)]}
        )
        stage.add(f"draft {owner}", draft, Thing("draft", None, parties=(user.name,)))
        run = intel_actions.start_run(by=stage.boss(owner))
        runs.work(run, stop=lambda: False)
        stage.add(f"run {owner}", run, Thing("run", owner))
    run = intel_actions.start_run(by=None)
    runs.work(run, stop=lambda: False)
    stage.add("run of the installation", run, Thing("run", None))


def _protected(stage: Stage) -> None:
    for name, owner in (("kept", "N"), ("asked", "N"), ("kept E", "E")):
        key = f"protected {name}"
        [row] = factories.protect(stage.boss(owner), stage.token("p", key), kind="name", reason="desk")
        stage.add(key, row, Thing("protected", owner))
    asked = intel_actions.ask_second_agency(
        stage.row("protected asked"), agency=stage.agencies["E"], by=stage.boss("N")
    )
    stage.add("protected asked", asked, Thing("protected", "N", state="asked E"))
    stage.facts.grants["protected asked", "E"] = (VIEW, None)
    _asked_for_a_while(stage)


def _asked_for_a_while(stage: Stage) -> None:
    """What has no reach of its own: there the end of a grant is looked at by another line."""
    for name, until in (("asked, over", long_ago()), ("asked, ends in a minute", in_a_minute())):
        key = f"protected {name}"
        [row] = factories.protect(stage.boss("N"), stage.token("p", key), kind="name", reason="desk")
        asked = intel_actions.ask_second_agency(row, agency=stage.agencies["E"], by=stage.boss("N"))
        stage.add(key, asked, Thing("protected", "N", state="asked E"))
        grant = visibility.grant_of(asked, stage.agencies["E"])
        grant.expires_at = until
        grant.save()
        stage.facts.grants[key, "E"] = (VIEW, until)


def _about_agencies(stage: Stage) -> None:
    admin = stage.people["N.agency_administrator"]
    other = stage.person("H", Role.AGENCY_ADMINISTRATOR)
    deal = agency_actions.propose_agreement(
        by=admin, partner=stage.agencies["H"], level=Level.SUMMARY, handling="H3"
    )
    agency_actions.answer_agreement(deal, accept=True, by=other)
    stage.facts.grants.pop(("lead beyond the agreement", "H"))  # it ended what lay beyond it
    stage.add("agreement", deal, Thing("agreement", None, parties=("N", "H"), state="open"))
    proposed = agency_actions.propose_agreement(
        by=admin, partner=stage.agencies["S"], level=Level.CONTRIBUTE, handling="H3"
    )
    stage.add("agreement proposed", proposed, Thing("agreement", None, parties=("N", "S"), state="asked S"))
    lesson = LearnedWeights.objects.create(
        task_force=stage.task_force,
        state="ready",
        learned_by=admin,
        created_at=timezone.now() - timedelta(days=9),
    )
    everybody = tuple(stage.agencies)
    stage.add("weights", lesson, Thing("weights", None, parties=everybody))
    stage.add("task force", stage.task_force, Thing("task force", None, parties=everybody))


def _people(stage: Stage) -> None:
    for owner in "NE":
        stage.person(owner, Role.SUPERVISOR, f"{owner}.gone")
        stage.close_account(f"{owner}.gone")
        for name in (f"{owner}.investigator", f"{owner}.gone"):
            state = "closed" if name.endswith("gone") else "bound"
            stage.add(
                f"person {name}", stage.people[name], Thing("person", None, parties=(owner,), state=state)
            )
        bound = stage.people[f"{owner}.investigator"]
        SignInSubject.objects.create(
            user=bound, issuer="https://id.example", subject=bound.name, role=bound.role
        )
        program = stage.people[f"{owner}.service_account"]
        token_of(program)
        stage.add(f"client {owner}", program, Thing("client", None, parties=(owner,)))
    stage.person("E", Role.STATISTICS_READER, "E.root")
    stage.people["E.root"].is_superuser = True
    stage.people["E.root"].save()
    stage.person(None, Role.SUPERVISOR, "root")


def _units(stage: Stage) -> None:
    """Kept from a unit: from who is in it, from who was and moved on, and from who comes to it."""
    stage.place("N.analyst", "Harbour")
    stage.place("N.protection_officer", "Harbour")
    stage.lead("walled against a unit")
    stage.restrict("lead walled against a unit", unit="Harbour")
    stage.place("N.analyst", "")
    stage.place("N.investigator", "Harbour")


def _watched(stage: Stage) -> None:
    stage.person("N", Role.SUPERVISOR, "N.second")
    stage.person("N", Role.SUPERVISOR, "N.keeper")
    for kind, key in (("lead", "a canary"), ("case", "a canary")):
        getattr(stage, kind)(key)
        stage.share(f"{kind} {key}", "E", Level.VIEW)
        stage.watch(f"{kind} {key}", "N.keeper")
    stage.lead("of named people, a canary")
    stage.restrict("lead of named people, a canary", ["N.supervisor", "N.second"], [])
    stage.watch("lead of named people, a canary")
    stage.lead("canary no more")
    stage.watch("lead canary no more")
    canaries.lift_canary(stage.row("canary lead canary no more"), reason="over", by=stage.boss("N"))
    stage.facts.things["canary lead canary no more"].state = "closed"
    stage.alarm("lead a canary", "E.investigator")
    settled = stage.alarm("case a canary", "N.second")
    canaries.settle_alarm(
        settled, finding=stage.token("z", "alarm case a canary N.second"), by=stage.boss("N")
    )
    stage.facts.things["alarm case a canary N.second"].state = "closed"
    for about in ("N.second", "N.investigator"):
        person = stage.people[about]
        alarm = Alarm.objects.create(agency=stage.agencies["N"], how="read far more than usual",
                                     person_id=person.pk, person_name=about, person_agency="Northland Police")  # fmt: skip
        stage.add(f"alarm of amounts {about}", alarm, Thing("alarm", "N", by=about))


def _purged(stage: Stage) -> None:
    stage.lead("held")
    reviewing.hold(stage.row("lead held"), reason="court", by=stage.boss("N"))
    stage.facts.things["lead held"].state = "held"
    for name in ("purged", "purged, signed", "purged, named", "purged, walled"):
        stage.lead(name)
        stage.share(f"lead {name}", "E", Level.VIEW)
    stage.share("lead purged", "S", Level.SUMMARY)
    stage.restrict("lead purged, named", ["N.supervisor", "E.supervisor"], [])
    stage.restrict("lead purged, walled", None, ["N.auditor", "E.investigator"])
    for name in ("purged", "purged, signed", "purged, named", "purged, walled"):
        stage.purge(name)
    signed = stage.row("certificate purged, signed")
    signed.at, signed.key, signed.signature = "2026-11-22T08:00:00+00:00", "00", "00"
    signed.save()
    stage.facts.things["certificate purged, signed"].state = "signed"
    notice = "notice of purge purged, signed E"
    reviewing.acknowledge(stage.row(notice), by=stage.boss("E"))
    stage.facts.things[notice].state = "closed"


def _asked_for_purposes(stage: Stage) -> None:
    Agency.objects.filter(pk=stage.agencies["Z"].pk).update(asks_purpose=True)
    stage.facts.asking.add("Z")
    stage.share("lead plain Z", "S", Level.VIEW)
    stage.state_purpose("lead plain Z", "S.supervisor")


def _ruled(stage: Stage) -> None:
    """Rules that share: one that is on, one that stopped, one that ended, and what one shared."""
    for owner, receiver in (("N", "E"), ("E", "N")):
        stage.rule(f"on {owner}", owner, receiver)
        stage.rule(f"over {owner}", owner, receiver)
        ruling.end_rule(stage.row(f"rule over {owner}"), take_back=False, reason="over", by=stage.boss(owner))
        stage.facts.things[f"rule over {owner}"].state = "closed"
    stage.person("N", Role.SUPERVISOR, "N.maker")
    stage.rule("stopped", "N", "E", by="N.maker")
    stage.close_account("N.maker")
    enforcing.stop_rules()
    stage.lead("shared by rule", tags=("of N",))
    stage.facts.grants["lead shared by rule", "E"] = (VIEW, None)


def _operations(stage: Stage) -> None:
    """Kept, given, taken back, on a walled case and on one that was taken; conflicts of operations and of places."""
    stage.operation("kept", "assigned", "N", at="50.00, 8.00")
    stage.operation("given", "assigned", "N", at="51.00, 8.00")
    stage.give("given", "E")
    stage.operation("given on a walled case", "walled", "N", at="52.00, 8.00")
    stage.give("given on a walled case", "E")
    stage.operation("given on a case of named people", "named", "N", at="53.00, 8.00")
    stage.give("given on a case of named people", "E")
    stage.operation("of the partner", "assigned", "E", at="54.00, 8.00")
    stage.case("operations taken")
    stage.assign("operations taken", "E")
    stage.operation("given, then off the case", "operations taken", "N", at="55.00, 8.00")
    stage.give("given, then off the case", "E")
    stage.operation("of the partner, off the case", "operations taken", "E", at="55.50, 8.00")
    stage.withdraw("operations taken", "E")
    stage.facts.grants.pop(("operation given, then off the case", "E"))
    _conflicts(stage)


def _conflicts(stage: Stage) -> None:
    actions.name_watch_officer(task_force=stage.task_force, officer=stage.boss("S"), by=None)
    stage.operation("near N", "plain N", "N", at="56.00, 8.00")
    stage.operation("near E", "plain E", "E", at="56.00, 8.00")
    stage.site("kept", "N", at="57.00, 8.00")
    stage.operation("near a site", "plain E", "E", at="57.00, 8.00")
    stage.operation("near, walled", "walled", "N", at="58.00, 8.00")
    stage.operation("near, walled, of E", "plain E", "E", at="58.00, 8.00")
    named = {row.pk: key for key, (_, row) in stage.rows.items()}
    for notice in ConflictNotice.objects.order_by("created_at"):
        own = named[notice.own_operation_id or notice.own_site_id]
        owner = str(stage.facts.things[own].agency)
        hangs = ((stage.facts.things[own].case, False),) if own.startswith("operation") else ()
        kind = "of site" if own.startswith("site") else "of operation"
        stage.add(f"conflict {kind}, {own.partition(' ')[2]}", notice, Thing("conflict", owner, (), hangs))
    for told in WatchNotice.objects.filter(kind="conflict").order_by("created_at", "pk")[:1]:
        stage.add("watch notice", told, Thing("watch notice", None, parties=(stage.boss("S").name,)))
