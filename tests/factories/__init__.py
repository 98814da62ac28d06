"""Short builders for the things tests speak of. Where a verb exists they call it, so that audit and feeds are real."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone

from agencies import actions as agency_actions
from agencies.models import Agency, TaskForce, User
from agencies.permissions import Role
from cases import actions as case_actions
from cases import deconfliction
from cases.geometry import read_coordinates
from cases.models import Case, Operation, SensitiveSite
from intel import actions as intel_actions
from intel.facts import IdentifierFacts, LeadFacts, SubjectFacts
from intel.matching import protection
from intel.models import Lead, ProtectedValue
from victims import actions as victim_actions
from victims.models import Consent, DataClass, Referral, Service, Victim

PASSWORD = "correct horse battery"  # for every person of the cast


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User

    name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.LazyAttribute(
        lambda o: f"{o.name.lower().replace(' ', '.')}@{o.agency.short_name.lower()}.example"
    )
    role = Role.INVESTIGATOR


def agency(name: str, short_name: str, **fields: Any) -> Agency:
    fields = {"kind": "police", "country": "US", **fields}
    return agency_actions.admit_agency(name=name, short_name=short_name, by=None, **fields)


def task_force(name: str, members: Iterable[Agency]) -> TaskForce:
    return agency_actions.found_task_force(name=name, members=members, by=None, liaison="Liaison desk")


def person(name: str, of: Agency, role: Role) -> User:
    return UserFactory(name=name, agency=of, role=role)


def subject(name: str = "", *, phone: str = "", **fields: Any) -> SubjectFacts:
    identifiers = (IdentifierFacts("phone", phone),) if phone else ()
    return SubjectFacts(name=name, identifiers=identifiers, **fields)


def lead(
    by: User, title: str = "A lead", *, narrative: str = "Something was seen.", phone: str = "", **fields: Any
) -> Lead:
    """A lead logged by `by`; `phone` becomes a loose identifier of it."""
    identifiers = (IdentifierFacts("phone", phone),) if phone else ()
    sharing = fields.pop("sharing", ())
    facts = LeadFacts(title=title, narrative=narrative, identifiers=identifiers, **fields)
    return intel_actions.log_lead(facts, by=by, sharing=sharing)


def case(by: User, title: str = "A case", **fields: Any) -> Case:
    return case_actions.open_case(
        title=title, kind=fields.pop("kind", Case.Kind.SEX_TRAFFICKING), by=by, **fields
    )


def operation(
    by: User,
    of: Case,
    title: str = "An operation",
    *,
    at: str = "59.9139, 10.7522",
    check: bool = True,
    **plan: Any,
) -> Operation:
    """An operation planned by `by` on a case, tomorrow morning at `at` unless it is said, and compared at once."""
    latitude, longitude = read_coordinates(at)
    begins = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    facts = {"kind": "search", "place": "Pier Road 4", "radius_m": 300, "starts_at": begins, **plan}
    facts.setdefault("ends_at", facts["starts_at"] + timedelta(hours=3))
    row = case_actions.plan_operation(of, title=title, by=by, latitude=latitude, longitude=longitude, **facts)
    if check:
        deconfliction.check_operation(row.pk)
        row.refresh_from_db()
    return row


def site(by: User, name: str = "A shelter", *, at: str = "59.9139, 10.7522", **facts: Any) -> SensitiveSite:
    """A sensitive place of the agency of `by`, compared at once."""
    latitude, longitude = read_coordinates(at)
    facts = {"kind": "shelter", "place": "Quiet Street 1", "radius_m": 250, **facts}
    row = case_actions.keep_site(by=by, name=name, latitude=latitude, longitude=longitude, **facts)
    deconfliction.check_site(row.pk)
    return row


def protect(by: User, *values: str, kind: str = "phone", **said: Any) -> list[ProtectedValue]:
    """Put values on the list of the agency of `by`; what it added."""
    country = by.agency.country if by.agency else ""
    readings = [protection.read(kind, value, country) for value in values]
    about = {"category": "desk", "reason": "Hotel desk", "told": "nothing", **said}
    return intel_actions.protect_values(readings, by=by, **about).added


def service(by: User, kind: str = "shelter", **fields: Any) -> Service:
    """What the agency of `by` lists in the directory, for everybody unless said otherwise."""
    said = {
        "title": "Safe beds", "places": ["Atlanta"], "languages": ["spa"], "sexes": Service.Sex.values,
        "age_bands": ["0-8", "9-17", "18-20", "21-29", "30-47", "48+"], "free_places": 2, "contact_desk": "desk",
    }  # fmt: skip
    return victim_actions.publish_service(by=by, kind=kind, **(said | fields))


def consent(victim: Victim, *recipients: Agency, by: User, **said: Any) -> Consent:
    """The word of `victim` that these agencies may be told everything, for services."""
    fields = {
        "purposes": ["services"], "data_classes": DataClass.values, "language": "spa", "how": "signed",
        "expires_at": timezone.now() + timedelta(days=30),
    }  # fmt: skip
    return victim_actions.record_consent(victim, recipients=recipients, by=by, **(fields | said))


def referral(on: Consent, *receivers: Agency, by: User, **said: Any) -> Referral:
    """A referral on that consent for legal help; `risk` is what was typed for it."""
    classes = said.pop("data_classes", ["age_band", "risk"])
    asked = victim_actions.Asked(
        need=said.pop("need", "legal"), purpose="services", data_classes=classes,
        said={"risk": said.pop("risk", "He knows her telephone.")}, **said,
    )  # fmt: skip
    return victim_actions.refer(on.victim, asked, consent=on, receivers=receivers, by=by)
