"""Evidence as one side may read it while the other side's record is closed to it.

What comes out depends on three things only: the side's own values, which of them agree (wholly or in part), and
the hit's band. Two hidden records that agree in the same fields read the same, whatever else they hold; so
neither the size of a difference, nor a difference at all, nor how many others hold a value can be read off.
"""

from __future__ import annotations

from typing import Any

from intel.matching.model import Band, shipped

# field: (the levels that are whole agreement, bits shown for it, bits shown for agreement in part).
# Round figures, not the hit's own: those vary with the hidden value and with how many records hold it.
_GRADES: dict[str, tuple[frozenset[str], int, int]] = {
    "identifiers": (frozenset({"exact"}), 24, 10),
    "names": (frozenset({"same"}), 14, 6),
    "organisations": (frozenset({"same"}), 14, 6),
    "births": (frozenset({"agree"}), 9, 3),
    "aliases": (frozenset({"shared"}), 4, 2),
    "places": (frozenset({"town"}), 4, 1),
    "nationalities": (frozenset({"shared"}), 2, 1),
    "sexes": (frozenset({"same"}), 1, 1),
    "birth_places": (frozenset({"town"}), 4, 1),
    "streets": (frozenset({"same"}), 6, 2),
    "postcodes": (frozenset({"same"}), 6, 2),
    "regions": (frozenset({"same"}), 2, 1),
    "occupations": (frozenset({"same"}), 2, 1),
    "categories": (frozenset({"same"}), 2, 1),
}
_IN_PART = {
    "identifiers": "“{value}” is close to one that they hold.",
    "names": "Your name “{value}” agrees in part with a name they hold.",
    "organisations": "Your name “{value}” agrees in part with a name they hold.",
    "births": "Your birth date {value} is close to one they hold.",
    "aliases": "Your alias “{value}” agrees in part with an alias they hold.",
    "places": "Your place “{value}” lies in the same part of the world as one they hold.",
    "nationalities": "Your nationality {value} agrees in part with theirs.",
    "sexes": "Your recorded sex ({value}) agrees with theirs.",
    "birth_places": "Your birthplace “{value}” lies in the same part of the world as one they hold.",
    "streets": "Your street “{value}” agrees in part with one they hold.",
    "postcodes": "Your postcode {value} is close to one they hold.",
    "regions": "Your region “{value}” agrees in part with one they hold.",
    "occupations": "Your occupation “{value}” agrees in part with one they hold.",
    "categories": "Your category “{value}” agrees in part with one they hold.",
}
REST = "rest"
_REST_SAYS = (
    "Cut off where the band begins. Whether the rest speaks for or against would tell what they hold."
)


def sealed(evidence: list[dict[str, Any]], which: str, band: str) -> list[dict[str, Any]]:
    """Rows {field, bits, value, sentence} on the values of one side (`which`: "left" or "right"), then the rest.

    Only what agrees is listed: what speaks against the match cannot be named without telling what the other side
    holds. All rows together make the least bits of the band.
    """
    agreeing = [
        _row(each, which)
        for each in evidence
        if each["bits"] > 0 and each[f"{which}_value"] and each["field"] in _GRADES
    ]
    agreeing.sort(key=lambda row: (-row["bits"], row["field"], row["value"]))
    rest = shipped().bands[Band(band)] - sum(row["bits"] for row in agreeing)
    return [*agreeing, {"field": REST, "bits": rest, "value": "", "sentence": _REST_SAYS}]


def _row(each: dict[str, Any], which: str) -> dict[str, Any]:
    _, whole, part = _GRADES[each["field"]]
    value = each[f"{which}_value"]
    if agrees_wholly(each):
        return _told(each, whole, value, each[f"{which}_sentence"])
    return _told(each, part, value, _IN_PART[each["field"]].format(value=value))


def _told(each: dict[str, Any], bits: int, value: str, sentence: str) -> dict[str, Any]:
    return {"field": each["field"], "bits": bits, "value": value, "sentence": sentence}


def agrees_wholly(each: dict[str, Any]) -> bool:
    """Does this evidence say that both sides hold the same, not only something like it?"""
    levels = _GRADES[each["field"]][0] if each["field"] in _GRADES else frozenset()
    return bool(each["bits"] > 0 and each["level"].removeprefix("alias, ") in levels)


def told_wholly(row: dict[str, Any]) -> bool:
    """The same of a sealed row, which has no level: its round figure is that of whole agreement."""
    return row["field"] in _GRADES and row["bits"] == _GRADES[row["field"]][1]


def rank(rows: list[dict[str, Any]], band: str, bits: float | None = None) -> float:
    """The place of a hit in lists: its band, and within it `bits`, given where both records are the reader's own.

    Of a sealed hit the score is not told, and so must not be read off its place either: between two hits whose scores
    one knows, a third would be measured to a fraction of a bit, and with it how rare the hidden value is, or that
    something speaks against. It stands by what the notice tells anyway, the round figures of the agreeing rows: the
    score it had if nothing spoke against it.
    """
    if bits is None:
        bits = shipped().prior_bits + sum(row["bits"] for row in rows if row["field"] != REST)
    return band_rank(band) + bits


def band_rank(band: str) -> float:
    """So far apart that no score reaches from one band into the next."""
    return 1_000.0 * list(reversed(Band)).index(Band(band))
