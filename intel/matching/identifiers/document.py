"""Passports and national identity numbers.

The value is the number alone: a report often gives a number without its country, and a link missed over that is
worse than one too many for a person to judge. The issuing country, where known, stands beside it.
"""

import re

from stdnum import exceptions, get_cc_module

from intel.matching.identifiers.result import Normalised, letters_and_digits, require, wash

_PERSONAL_NUMBERS = ("personalid", "ssn", "dni", "cpf", "cnp", "pesel", "cedula")
_CURP = re.compile(
    r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z0-9]\d\Z"
)  # Mexico's population register key says its country


def passport(raw: str, country: str | None = None) -> Normalised:
    text = _number(raw, "PASSPORT", longest=15)
    return Normalised(value=text, display=text, country=country)


def national_id(raw: str, country: str | None = None) -> Normalised:
    """Check digits are verified for the countries whose rule is published; a mismatch only warns."""
    text = _number(raw, "", longest=24)
    country = "MX" if _CURP.match(text) else country
    wrong = country is not None and _check_fails(text, country)
    warnings = ("The check digit does not match: the number may be misread or invented.",) if wrong else ()
    return Normalised(value=text, display=text, warnings=warnings, country=country)


def _number(raw: str, prefix: str, longest: int) -> str:
    text = letters_and_digits(wash(raw)).removeprefix(prefix)
    require(4 <= len(text) <= longest, f"A document number has 4 to {longest} letters and digits.")
    require(any(char.isdigit() for char in text), "A document number has at least one digit.")
    return text


def _check_fails(text: str, country: str) -> bool:
    for name in _PERSONAL_NUMBERS:
        module = get_cc_module(country.lower(), name)
        if module:
            try:
                module.validate(text)
            except exceptions.InvalidChecksum:
                return True
            except exceptions.ValidationError:
                return False
            return False
    return False
