"""What people type, as values: years, ages, countries and identifiers in the words of an office."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

import pycountry
from django.core.exceptions import ValidationError

from intel.extraction import find
from intel.extraction.gazetteer import countries, country_names, demonyms
from intel.extraction.words import fold
from intel.facts import IdentifierFacts
from intel.matching.identifiers import KINDS, NotAnIdentifier, normalise

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_AGE = re.compile(
    r"(?:about|around|approx\.?|ca\.?|age|aged)?\s*(\d{1,3})(?:\s*(?:years?(?: old)?|y\.?o\.?))?", re.I
)
# Words that name a kind in an office, beyond the kind's own code and label.
_KIND_WORDS = {
    "tel": "phone", "mobile": "phone", "cell": "phone", "whatsapp": "phone", "mail": "email", "user": "handle",
    "username": "handle", "web": "url", "site": "url", "national id": "national_id", "id card": "national_id",
    "license plate": "plate", "licence plate": "plate", "account": "iban", "bitcoin": "wallet",
}  # fmt: skip


def several(text: str, separators: str = r"[,;\n]") -> tuple[str, ...]:
    """The parts of a list typed in one box, each once, in order."""
    parts = (" ".join(part.split()) for part in re.split(separators, text))
    return tuple(dict.fromkeys(part for part in parts if part))


@dataclass(frozen=True, slots=True)
class Born:
    """A birth date as exactly as it is known, or an age on the day of the report."""

    earliest: date | None = None
    latest: date | None = None
    age: int | None = None


def read_born(text: str) -> Born:
    """ "1994", "1994-05", "1994-05-17", or an age: "30", "about 30"."""
    text = " ".join(text.split())
    if not text:
        return Born()
    if found := _DATE.fullmatch(text):
        return _read_birth(*found.groups())
    if (found := _AGE.fullmatch(text)) and int(found[1]) <= 120:
        return Born(age=int(found[1]))
    raise ValidationError("Write a year (1994), a month (1994-05), a day (1994-05-17) or an age (about 30).")


def _read_birth(year: str, month: str | None, day: str | None) -> Born:
    try:
        earliest = date(int(year), int(month or 1), int(day or 1))
        last_month = int(month or 12)
        latest = (
            earliest if day else date(int(year), last_month, calendar.monthrange(int(year), last_month)[1])
        )
    except ValueError as problem:
        raise ValidationError("There is no such day in the calendar.") from problem
    if not earliest.year >= 1880 or earliest > date.today():  # noqa: DTZ011
        raise ValidationError("Nobody alive was born then. Look at the year again.")
    return Born(earliest, latest)


def write_born(earliest: date | None, latest: date | None, age: int | None) -> str:
    """The shortest text that `read_born` reads as the same."""
    if earliest is None or latest is None:
        return "" if age is None else str(age)
    if earliest == latest:
        return earliest.isoformat()
    return (
        f"{earliest:%Y-%m}"
        if (earliest.year, earliest.month) == (latest.year, latest.month)
        else f"{earliest:%Y}"
    )


def read_countries(text: str) -> tuple[str, ...]:
    """ISO alpha-2 codes of countries given by name, code or demonym: "Polish, UA; Viet Nam"."""
    return tuple(dict.fromkeys(_country(part) for part in several(text)))


def _country(text: str) -> str:
    folded = fold(text)
    if code := demonyms().get(folded) or countries().get(folded):
        return code
    try:
        return str(pycountry.countries.lookup(text).alpha_2)
    except LookupError as problem:
        raise ValidationError(
            f"“{text[:60]}” is no country known here. Write its name or its two letters."
        ) from problem


def write_countries(codes: list[str]) -> str:
    return ", ".join(country_name(code) for code in codes)


def country_name(code: str) -> str:
    return country_names().get(code, code)


def read_identifiers(text: str, country: str) -> tuple[IdentifierFacts, ...]:
    """One identifier a line: "+48 601 234 567", or with its kind where that is not plain: "passport: AB123456".

    `country` (alpha-2) is where the writer dials from.
    """
    return tuple(
        facts for line in text.splitlines() if line.strip() for facts in _line(line.strip(), country)
    )


def held_values(text: str, country: str) -> set[tuple[str, str]]:
    """(kind, normalised value) of the identifiers in a box; none while it cannot be read."""
    try:
        facts = read_identifiers(text, country)
    except ValidationError:
        return set()
    return {(each.kind, normalise(each.kind, each.raw, country=each.country).value) for each in facts}


def _line(line: str, country: str) -> list[IdentifierFacts]:
    word, colon, rest = line.partition(":")
    kind = _kind(word) if colon else None
    if kind is not None:
        return [read_identifier(kind, rest.strip(), country)]
    found = [each for each in find(line[:500], country=country) if each.kind in KINDS]
    if not found:
        raise ValidationError(
            f"What is “{line[:60]}”? Write its kind before it, for example “passport: {line[:30]}”."
        )
    return [read_identifier(each.kind, each.raw, country, each.fields.get("country")) for each in found]


def _kind(word: str) -> str | None:
    wanted = " ".join(word.lower().replace("_", " ").replace("-", " ").split())
    labels = {kind.label.lower().replace("-", " "): code for code, kind in KINDS.items()}
    codes = {code.replace("_", " "): code for code in KINDS}
    return (labels | codes | _KIND_WORDS).get(wanted)


def read_identifier(kind: str, raw: str, country: str, issued_by: str | None = None) -> IdentifierFacts:
    """Raises ValidationError with the reason when `raw` cannot be of this kind."""
    # Only a telephone number is read by where the writer sits; a plate or passport may be anybody's.
    facts = IdentifierFacts(kind, raw, country if kind == "phone" else issued_by)
    try:
        normal = normalise(kind, raw, country=facts.country)
    except NotAnIdentifier as problem:
        raise ValidationError(f"“{raw[:60]}”: {problem}") from problem
    if len(normal.value) > 500:
        raise ValidationError(f"“{raw[:60]}…” is too long for an identifier.")
    return facts


def write_identifier(kind: str, value: str, display: str) -> str:
    """How a kept identifier stands in a box: as people write it, where that reads as the same value again."""
    try:
        return display if normalise(kind, display).value == value else value
    except NotAnIdentifier:
        return value
