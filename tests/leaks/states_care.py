"""What is kept of victims, in every state: services, consents, referrals, and who they are."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from agencies import visibility
from agencies.permissions import Role
from tests import factories
from tests.factories.identities import identity
from tests.leaks.oracle import OWN, VIEW, Thing
from tests.leaks.stage import Stage, in_a_minute, long_ago
from victims import actions as victim_actions
from victims.models import FIELDS, IdentityGrant, IdentityNotice


def care(stage: Stage) -> None:
    """What providers list: the task force reads it, its own caseworkers keep it."""
    everybody = tuple(stage.agencies)
    for owner in "NEL":
        by = stage.people.get(f"{owner}.victim_caseworker") or stage.person(owner, Role.VICTIM_CASEWORKER)
        service = factories.service(by, title=f"Beds of {owner}")
        parties = everybody if owner != "L" else ()  # who left offers nothing
        stage.add(f"service {owner}", service, Thing("service", owner, parties=parties))
    for name, until in (("open", None), ("over", long_ago()), ("ends in a minute", in_a_minute())):
        _referred(stage, name, until)
    winner = _referred(stage, "accepted", None)
    victim_actions.accept_offer(winner, by=stage.people["E.victim_caseworker"])
    key = "follow-up of accepted"
    row = victim_actions.set_follow_up(
        winner,
        due_on=in_a_minute().date(),
        about=stage.token("v", key),
        by=stage.people["E.victim_caseworker"],
    )
    stage.add(key, row, Thing("follow-up", "E", ("offer accepted",)))
    _referred(stage, "withdrawn", None)
    victim_actions.withdraw_consent(stage.row("consent withdrawn"), by=stage.people["N.victim_caseworker"])
    for kind in ("consent", "referral"):
        stage.facts.things[f"{kind} withdrawn"].state = "closed"
    for name in ("accepted", "withdrawn"):
        stage.facts.things[f"offer {name}"].state = "closed"


def _referred(stage: Stage, name: str, until: datetime | None) -> Any:
    """A victim of Northland referred to Eastport: the offer is Eastport's to read, the rest is not."""
    by = stage.people["N.victim_caseworker"]
    victim = victim_actions.register_victim(by=by, needs=["legal"])
    stage.add(f"victim referred, {name}", victim, Thing("victim", "N"))
    told = stage.token("x", f"offer {name}")
    consent = factories.consent(
        victim, stage.agencies["E"], by=by, interpreter=stage.token("w", f"consent {name}")
    )
    stage.add(f"consent {name}", consent, Thing("consent", "N"))
    referral = factories.referral(consent, stage.agencies["E"], by=by, risk=told)
    stage.add(f"referral {name}", referral, Thing("referral", "N"))
    offer = referral.offers.get()
    stage.add(f"offer {name}", offer, Thing("offer", "N"))
    if until is not None:
        grant = visibility.grant_of(offer, stage.agencies["E"])
        grant.expires_at = until
        grant.save()
    stage.facts.grants[f"offer {name}", "E"] = (VIEW, until or consent.expires_at)
    return offer


def identities(stage: Stage) -> None:
    """Held by a caseworker and a deputy; given to a partner's caseworker, to one for a moment, in an emergency."""
    for owner in "NE":
        key, names = f"identity {owner}", (f"{owner}.victim_caseworker", f"{owner}.protection_officer")
        writer, deputy = (stage.people[name] for name in names)
        stage.facts.things[key] = Thing("identity", owner)
        who = {field: stage.token("k", key, OWN) for field in FIELDS} | {"birth_date": "2001"}
        row = identity(writer, deputy, **who)
        stage.add(key, row, Thing("identity", owner, keepers=names))
    held, things = stage.row("identity N"), stage.facts.things
    day = timezone.now() + timedelta(days=1)
    named = [stage.agencies["E"], stage.agencies["S"]]
    consent = factories.consent(
        held.victim,
        *named,
        by=stage.people["N.victim_caseworker"],
        interpreter=stage.token("w", "consent identity"),
    )
    stage.add("consent identity", consent, Thing("consent", "N"))
    for name in ("E.victim_caseworker", "N.investigator", "S.victim_caseworker"):
        by = stage.people["N.victim_caseworker"]
        victim_actions.give_identity(held, person=stage.people[name], until=day, reason="needed", by=by)
    IdentityGrant.objects.filter(person=stage.people["S.victim_caseworker"]).update(expires_at=long_ago())
    things["identity N"].lookers = ("E.victim_caseworker", "N.investigator")
    asked = victim_actions.ask_in_emergency(held, reason="threat", by=stage.boss("N"))
    stage.add("emergency", asked, Thing("emergency", None, parties=("N",), by="N.supervisor"))
    things["identity N"].state = "asked by N.supervisor"
    for name in ("E.victim_caseworker", "N.investigator"):
        notice = IdentityNotice.objects.get(person=stage.people[name])
        stage.add(f"identity notice {name}", notice, Thing("identity notice", None, parties=(name,)))
