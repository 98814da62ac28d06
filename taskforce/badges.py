"""How words look: tone and icon of every state, urgency, band and marking, and the sentence behind each marking."""

from __future__ import annotations

from typing import NamedTuple


class Look(NamedTuple):
    tone: str  # neutral, info, good, warn, danger, sealed
    icon: str  # an id in static/icons/sprite.svg


PLAIN = Look("neutral", "circle")

STATES: dict[str, Look] = {
    "draft": Look("neutral", "circle-dashed"),
    "new": Look("info", "circle-dot"),
    "open": Look("info", "circle-dot"),
    "waiting": Look("info", "hourglass"),
    "pending": Look("info", "hourglass"),
    "asked": Look("info", "hourglass"),
    "in_progress": Look("info", "activity"),
    "running": Look("info", "activity"),
    "matching": Look("info", "activity"),
    "doing": Look("info", "activity"),
    "triaged": Look("info", "circle-dot"),
    "assigned": Look("info", "user-check"),
    "active": Look("good", "activity"),
    "accepted": Look("good", "circle-check"),
    "answered": Look("good", "circle-check"),
    "full": Look("good", "lock-open"),
    "granted": Look("good", "lock-open"),
    "same": Look("good", "equal"),
    "done": Look("good", "circle-check"),
    "finished": Look("good", "circle-check"),
    "contact": Look("warn", "phone"),
    "contact_only": Look("warn", "phone"),
    "unsure": Look("warn", "message-circle-question-mark"),
    "paused": Look("warn", "circle-pause"),
    "planned": Look("neutral", "circle-dashed"),
    "checked": Look("info", "check-check"),
    "go": Look("good", "circle-check"),
    "under_way": Look("warn", "activity"),
    "called_off": Look("neutral", "ban"),
    "settled": Look("info", "hourglass"),
    "resolved": Look("good", "circle-check"),
    "overridden": Look("danger", "triangle-alert"),
    "over": Look("neutral", "circle-check"),
    "suspended": Look("warn", "circle-pause"),
    "overdue": Look("danger", "clock"),
    "escalated": Look("danger", "siren"),
    "failed": Look("danger", "octagon-alert"),
    "declined": Look("danger", "circle-x"),
    "rejected": Look("neutral", "circle-x"),
    "not_same": Look("neutral", "equal-not"),
    "different": Look("neutral", "equal-not"),
    "cancelled": Look("neutral", "circle-x"),
    "dropped": Look("neutral", "circle-minus"),
    "closed": Look("neutral", "circle-check"),
    "expired": Look("neutral", "clock"),
    "revoked": Look("neutral", "ban"),
    "withdrawn": Look("neutral", "undo-2"),
    "charged": Look("sealed", "gavel"),
    "inquiry": Look("info", "circle-dot"),
    "investigation": Look("good", "activity"),
    "trial": Look("sealed", "scale"),
    "judged": Look("sealed", "gavel"),
    "appeal": Look("warn", "forward"),
    "final": Look("neutral", "circle-check"),
    "discontinued": Look("neutral", "circle-minus"),
    "drafted": Look("neutral", "circle-dashed"),
    "sent": Look("info", "send"),
    "acknowledged": Look("info", "hourglass"),
    "executed": Look("good", "circle-check"),
    "refused": Look("danger", "circle-x"),
    "sealed": Look("sealed", "lock"),
}

URGENCIES: dict[str, Look] = {
    "immediate": Look("danger", "siren"),
    "urgent": Look("danger", "siren"),
    "critical": Look("danger", "siren"),
    "high": Look("warn", "arrow-up"),
    "normal": Look("neutral", "minus"),
    "medium": Look("neutral", "minus"),
    "routine": Look("neutral", "minus"),
    "low": Look("neutral", "arrow-down"),
    "1": Look("warn", "arrow-up"),
    "2": Look("neutral", "minus"),
    "3": Look("neutral", "arrow-down"),
}

# A strong match is neither good nor bad news, so strength has icons of its own but only one colour.
BANDS: dict[str, Look] = {
    "exact": Look("info", "fingerprint"),
    "certain": Look("info", "fingerprint"),
    "strong": Look("info", "equal"),
    "likely": Look("info", "equal-approximately"),
    "probable": Look("info", "equal-approximately"),
    "possible": Look("neutral", "equal-approximately"),
    "weak": Look("neutral", "circle-question-mark"),
}

HANDLING: dict[str, tuple[Look, str]] = {
    "H0": (
        Look("neutral", "shield"),
        "For the purpose it was given, under the agreement; no further condition",
    ),
    "H1": (Look("info", "gavel"), "Not to be used in court without the originator's permission"),
    "H2": (Look("warn", "forward"), "Not to be passed on without the originator's permission"),
    "H3": (Look("danger", "flag"), "Other restrictions: read the caveat"),
}

TLP: dict[str, str] = {
    "RED": "Named recipients only",
    "AMBER+STRICT": "Recipient's organisation only",
    "AMBER": "Recipient's organisation and its clients who need to know",
    "GREEN": "The community, not the public",
    "CLEAR": "No limit",
}

SOURCES: dict[str, str] = {
    "A": "no doubt about the source",
    "B": "source mostly reliable",
    "C": "source mostly not reliable",
    "X": "source cannot be judged",
}
ACCURACIES: dict[str, str] = {
    "1": "accuracy not in doubt",
    "2": "known to the source, not to the reporting officer",
    "3": "not known to the source, but corroborated",
    "4": "not known to the source, not corroborated",
}

KIND_ICONS: dict[str, str] = {
    "person": "user", "organisation": "building-2", "vehicle": "car", "vessel": "ship", "place": "map-pin",
    "account": "credit-card", "loose": "link-2",
    "phone": "phone", "email": "mail", "handle": "at-sign", "url": "globe", "passport": "id-card",
    "national_id": "id-card", "document": "id-card", "mrz": "id-card", "plate": "car", "vin": "car",
    "imei": "smartphone", "iban": "landmark", "card": "credit-card", "wallet": "bitcoin", "ip": "server",
    "docket": "scale", "imo": "ship", "mmsi": "ship", "date": "calendar", "name": "user", "address": "map-pin",
}  # fmt: skip

LEVEL_ICONS: dict[str, str] = {
    "Owner": "key-round",
    "Contribute": "pencil",
    "View": "eye",
    "Summary": "file-text",
}
