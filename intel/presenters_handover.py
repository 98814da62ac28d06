"""What pages say of a lead that is handed over."""

from __future__ import annotations

from agencies.retention import Retained
from intel.extraction.gazetteer import country_names
from intel.models import Lead


def summary_facts(record: Retained) -> list[tuple[str, object]]:
    """What the summary of a lead tells beside its title."""
    if not isinstance(record, Lead):
        return []
    return [
        ("About", record.get_category_display()),
        ("Reported on", record.reported_on),
        ("Countries", ", ".join(country_names().get(code, code) for code in record.countries)),
    ]


def goes_with_lead(record: Retained) -> list[str]:
    if not isinstance(record, Lead):
        return []
    return [
        "Its people, identifiers and places in matching go with it. From then on their pointer policy and protected"
        " values count.",
        "Your matches on it, what you judged of them and what you asked others to disclose for it end. What others"
        " disclosed to you stays yours.",
        "Where you attached it to a case openly, it stays attached for your own agency only.",
    ]
