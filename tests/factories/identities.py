"""A victim whose identity is held, for tests."""

from __future__ import annotations

from agencies.models import Agency, User
from tests import factories
from victims import actions
from victims.models import FIELDS, Consent, Victim, VictimIdentity

WHO = {
    "name": "Mírela Vasquez-Otori", "aliases": "Mimi Otori", "birth_date": "2004-05-17",
    "documents": "passport: QX 4417 720", "contact": "+48 601 222 333, mornings", "whereabouts": "Linden Court 12",
    "statement": "She was told that the debt grows each week.",
}  # fmt: skip


def victim(by: User) -> Victim:
    return actions.register_victim(by=by, needs=["shelter"])


def identity(by: User, deputy: User, **values: str) -> VictimIdentity:
    said = dict.fromkeys(FIELDS, "") | (values or WHO)
    return actions.identify(victim(by), said, deputy=deputy, by=by)


def agreed(held: VictimIdentity, agency: Agency | None, *, by: User) -> Consent:
    """The person's word that people of `agency` may know who they are."""
    assert agency is not None
    return factories.consent(held.victim, agency, by=by)
