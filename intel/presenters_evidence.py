"""The evidence of a hit in words: rows of the chart, how rare what agrees is, how much there is to go by.

Everything here is made of the rows that the reader may see, and of public tables: of the whole evidence of an open
pair, or of the few rows of a sealed notice. So it tells no more than those do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from intel.matching.identifiers import KINDS
from intel.matching.measured import Share, measured
from intel.matching.model import Band, shipped
from intel.matching.rarity import in_words
from intel.matching.sealing import REST, agrees_wholly, told_wholly
from intel.models import Hit, HitNotice

PRIOR = "prior"
PRIOR_SAYS = (
    "Before anything is compared: how rarely two records that have something in common are of the same one."
)


@dataclass(frozen=True, slots=True)
class Field:
    """How a compared field reads. `about`: what it tells of; a circumstance is shared by too many to tell who it is."""

    label: str
    noun: str
    about: str


CIRCUMSTANCE = "circumstance"
_BEGINS = [kind.reads.partition("{")[0].lower() for kind in KINDS.values()]
_KINDS = [(begin, begin.removeprefix("the ").strip()) for begin in _BEGINS if len(begin) > len("the ")]
# The one table of what the engine compares. A field that is not in it yet is shown by its own name.
FIELDS = {
    "identifiers": Field("Identifier", "identifier", "identifier"),
    "phones": Field("Telephone", "telephone number", "telephone"),
    "emails": Field("E-mail", "e-mail address", "e-mail"),
    "names": Field("Name", "name", "name"),
    "organisations": Field("Name", "name", "name"),
    "aliases": Field("Alias", "alias", "name"),
    "births": Field("Birth", "birth date", "birth"),
    "sexes": Field("Sex", "sex", CIRCUMSTANCE),
    "nationalities": Field("Nationality", "nationality", CIRCUMSTANCE),
    "places": Field("Place", "place", "place"),
    "birth_places": Field("Place of birth", "place of birth", "birth place"),
    "streets": Field("Street", "street", "address"),
    "addresses": Field("Address", "address", "address"),
    "postcodes": Field("Postcode", "postcode", "address"),
    "regions": Field("Region", "region", CIRCUMSTANCE),
    "occupations": Field("Occupation", "occupation", CIRCUMSTANCE),
    "categories": Field("Category", "category", CIRCUMSTANCE),
    PRIOR: Field("To begin with", "", ""),
    REST: Field("Sealed part", "", ""),
}


def field_of(name: str) -> Field:
    words = name.replace("_", " ")
    return FIELDS.get(name) or Field(words.capitalize(), words, CIRCUMSTANCE)


# --- Rows of the chart ------------------------------------------------------------------------------------------


def open_rows(hit: Hit) -> list[dict[str, Any]]:
    """The prior and each comparison, in tenths whose running sum is never more than half a tenth off the true one."""
    pieces = [each["bits"] for each in hit.evidence]
    sums = [round(total, 1) for total in accumulate([hit.bits - sum(pieces), *pieces])]
    weights = [sums[0], *(after - before for before, after in pairwise(sums))]
    prior = _row(PRIOR, PRIOR_SAYS, weights[0])
    return [
        prior,
        *(
            _row(each["field"], each["sentence"], weight, _rare(each), agrees_wholly(each))
            for each, weight in zip(hit.evidence, weights[1:], strict=True)
        ),
    ]


def _rare(each: dict[str, Any]) -> str:
    shared = each["bits"] > 0 and each["left_value"] and each["right_value"]
    return in_words(each["field"], each["left_value"], each["right_value"]) if shared else ""


def sealed_rows(notice: HitNotice) -> list[dict[str, Any]]:
    rows = []
    for row in notice.evidence:
        whole = told_wholly(row)
        rarity = in_words(row["field"], row["value"]) if whole else ""
        rows.append(_row(row["field"], row["sentence"], float(row["bits"]), rarity, whole))
    return rows


def _row(field: str, sentence: str, weight: float, rarity: str = "", whole: bool = False) -> dict[str, Any]:
    """`whole`: do both sides say the same, not only something like it?"""
    return {
        "field": field,
        "label": field_of(field).label,
        "sentence": sentence,
        "weight": round(weight, 1),
        "note": rarity,
        "whole": whole,
    }


# --- Bands -------------------------------------------------------------------------------------------------------


def least_bits(band: str) -> float:
    return shipped().bands[Band(band)]


def thresholds() -> list[tuple[str, float]]:
    """Where each band begins, weakest first."""
    return sorted(((str(band), bits) for band, bits in shipped().bands.items()), key=lambda each: each[1])


def held_back(hit: Hit) -> str:
    """Why a pair stands in another band than its score reaches, "" where it does not. Only for open pairs."""
    reached = shipped().band_of(hit.bits)
    if reached == hit.band:
        return ""
    if reached is None:
        return "The score alone would not show this pair. It is shown because a listed name stands whole in the record."
    return f"The score reaches “{reached}”, but a weak name with little beside it is never more than “{hit.band}”."


@dataclass(frozen=True, slots=True)
class BandFigures:
    """How right a band was when it was measured, and in the reader's own agency's judgements (from ten on)."""

    band: str
    label: str
    least: float
    measured: Share | None
    own: Share | None


def band_figures(own: dict[str, tuple[int, int]], version: str | None = None) -> list[BandFigures]:
    """The strongest first. `own`: band -> (judged the same, judged either way) by the reader's agency. `version`: of
    the model (the shipped one by default)."""
    return [
        BandFigures(str(band), band.capitalize(), bits, measured(band, version), _telling(own.get(str(band))))
        for band, bits in sorted(shipped().bands.items(), key=lambda each: -each[1])
    ]


def _telling(counted: tuple[int, int] | None) -> Share | None:
    share = Share(*counted) if counted else None
    return share if share and share.is_telling else None


# --- How much there is to go by -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Amount:
    """How many different things agree, which the score does not tell: one rare name may weigh as much as three facts."""

    level: str  # thin, some, much
    agreeing: str  # "name, birth date"
    sentence: str


def amount(rows: Iterable[dict[str, Any]], *, is_open: bool) -> Amount:
    """Of the rows of the chart as the reader sees them."""
    told = [row for row in rows if row["field"] not in {PRIOR, REST}]
    agreeing = [row for row in told if row["weight"] > 0]
    wholly = _nouns(row for row in agreeing if row["whole"])
    partly = [noun for noun in _nouns(agreeing) if noun not in wholly]
    said = [_agree(wholly, ""), _agree(partly, " in part")]
    if not is_open:
        said.append("whether anything else does is sealed")
    elif differing := _nouns(row for row in told if row["weight"] < 0):
        said.append(f"{listed(differing)} differ{_s(differing)}")
    elif len(wholly + partly) < 2:
        said.append("nothing else to compare")
    level = _level({field_of(row["field"]).about for row in agreeing} - {CIRCUMSTANCE})
    return Amount(level, ", ".join(wholly + partly), _sentence("; ".join(filter(None, said))))


def _level(about: set[str]) -> str:
    return "much" if len(about) >= 3 else "some" if len(about) == 2 else "thin"


def _agree(nouns: list[str], how: str) -> str:
    return f"{listed(nouns)} agree{_s(nouns)}{how}" if nouns else ""


def _s(nouns: list[str]) -> str:
    return "s" if len(nouns) == 1 else ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _nouns(rows: Iterable[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(_noun(row) for row in rows))


def _noun(row: dict[str, Any]) -> str:
    """An identifier goes by its kind, which its sentence begins with ("The telephone number +1 404 …")."""
    if row["field"] != "identifiers":
        return field_of(row["field"]).noun
    begins = row["sentence"].lower()
    return next((noun for begin, noun in _KINDS if begins.startswith(begin)), "identifier")


def listed(nouns: Sequence[str]) -> str:
    """ "name, birth date and sex"."""
    return " and ".join(filter(None, [", ".join(nouns[:-1]), *nouns[-1:]]))
