"""Machine-readable zones of travel documents (ICAO Doc 9303): TD1 3x30, TD2 2x36, TD3 2x44.

Check digit: digits count as themselves, A=10 ... Z=35, < is 0; weights 7, 3, 1 repeating; sum mod 10.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pycountry

from intel.matching.identifiers.result import Normalised, require, required

_WIDTHS = {90: 30, 72: 36, 88: 44}
_ALPHABET = re.compile(r"[A-Z0-9<]+\Z")
_CODES = {"D": "DE", "RKS": "XK", "GBD": "GB", "GBN": "GB", "GBO": "GB", "GBS": "GB"}


@dataclass(frozen=True, slots=True)
class TravelDocument:
    """What a machine-readable zone says; `wrong` names the fields whose check digit does not match."""

    lines: tuple[str, ...]
    number: str
    surname: str
    given_names: str
    nationality: str
    issuer: str
    birth_date: str
    sex: str
    wrong: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.given_names} {self.surname}".strip()


def normalise(raw: str, country: str | None = None) -> Normalised:
    document = read(raw)
    known = [
        document.name.title(),
        f"born {document.birth_date}" if document.birth_date else "",
        document.nationality,
    ]
    return Normalised(
        value="\n".join(document.lines),
        display=f"travel document {document.number}: " + ", ".join(filter(None, known)),
        warnings=tuple(f"The check digit of the {field} does not match." for field in document.wrong),
        country=document.issuer or None,
    )


def read(raw: str, today: date | None = None) -> TravelDocument:
    """The fields of a machine-readable zone, given as lines or in one piece.

    Raises:
        NotAnIdentifier: the text has not the alphabet or the length of a zone.
    """
    text = "".join(raw.replace("|", "").split()).upper().replace("«", "<<")
    require(_ALPHABET.match(text), "A machine-readable zone holds only A to Z, 0 to 9 and <.")
    width = required(
        _WIDTHS.get(len(text)), "A machine-readable zone has 2 lines of 36 or 44, or 3 of 30 characters."
    )
    lines = tuple(text[i : i + width] for i in range(0, len(text), width))
    return _td1(lines, today) if width == 30 else _td2_or_td3(lines, today)


def check_digit(text: str) -> str:
    return str(sum(int(char, 36) * (7, 3, 1)[i % 3] for i, char in enumerate(text.replace("<", "0"))) % 10)


def _td1(lines: tuple[str, ...], today: date | None) -> TravelDocument:
    upper, middle, names = lines
    number, digit = upper[5:14], upper[14]
    if digit == "<":  # a longer number goes on in the optional data, its check digit last
        more = upper[15:].partition("<")[0]
        number, digit = number + more[:-1], more[-1:] or "<"
    composite = upper[5:] + middle[:7] + middle[8:15] + middle[18:29]
    checks = (
        ("document number", number, digit),
        ("birth date", middle[:6], middle[6]),
        ("expiry date", middle[8:14], middle[14]),
        ("whole zone", composite, middle[29]),
    )
    return _document(lines, number, names, middle[15:18], (middle[:6], middle[7]), checks, today)


def _td2_or_td3(lines: tuple[str, ...], today: date | None) -> TravelDocument:
    upper, lower = lines
    number = lower[:9]
    composite = lower[:10] + lower[13:20] + lower[21 : len(lower) - 1]
    checks = [
        ("document number", number, lower[9]),
        ("birth date", lower[13:19], lower[19]),
        ("expiry date", lower[21:27], lower[27]),
        ("whole zone", composite, lower[-1]),
    ]
    if len(lower) == 44 and lower[42] != "<":
        checks.append(("personal number", lower[28:42], lower[42]))
    return _document(lines, number, upper[5:], lower[10:13], (lower[13:19], lower[20]), tuple(checks), today)


def _document(
    lines: tuple[str, ...],
    number: str,
    names: str,
    nationality: str,
    birth_and_sex: tuple[str, str],
    checks: tuple[tuple[str, str, str], ...],
    today: date | None,
) -> TravelDocument:
    surname, _, given = names.strip("<").partition("<<")
    birth, sex = birth_and_sex
    return TravelDocument(
        lines=lines,
        number=number.replace("<", ""),
        surname=" ".join(surname.split("<")),
        given_names=" ".join(given.replace("<", " ").split()),
        nationality=_country(nationality),
        issuer=_country(lines[0][2:5]),
        birth_date=_birth_date(birth, today or datetime.now(tz=UTC).date()),
        sex=sex.replace("<", ""),
        wrong=tuple(field for field, text, digit in checks if check_digit(text) != digit),
    )


def _birth_date(text: str, today: date) -> str:
    """ISO date, or year and month, or nothing; two-digit years lie in the past."""
    if not text.isdigit():
        return ""
    year = 2000 + int(text[:2])
    year -= 100 if year > today.year else 0
    try:
        return date(year, int(text[2:4]), int(text[4:])).isoformat()
    except ValueError:
        return ""


def _country(code: str) -> str:
    """ISO alpha-2 of a zone's three-letter code; codes that are no country (XXA stateless, UTO specimen) stay."""
    code = code.replace("<", "")
    found = pycountry.countries.get(alpha_3=code) if len(code) == 3 else None
    return _CODES.get(code) or (found.alpha_2 if found else code)
