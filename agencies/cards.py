"""What the API says of an agency and of its contact officer."""

from __future__ import annotations

from typing import Any

from agencies.models import Agency, User

Card = dict[str, Any]


def agency_card(agency: Agency) -> Card:
    return {
        "id": agency.pk,
        "name": agency.name,
        "short_name": agency.short_name,
        "kind": agency.kind,
        "country": agency.country,
    }


def contact_card(officer: User | None) -> Card | None:
    """Whom partners ask about a record; None where the agency has named nobody."""
    if officer is None or not officer.is_active:
        return None
    return {"name": officer.name, "email": officer.email, "phone": officer.phone}
