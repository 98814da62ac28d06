"""Mobile equipment identities: 14 digits, a Luhn check digit, or two digits of software version instead."""

from stdnum import luhn

from intel.matching.identifiers.result import Normalised, letters_and_digits, require, wash


def normalise(raw: str, country: str | None = None) -> Normalised:
    """15 digits; the 14-digit and the 16-digit form of one device give the same value."""
    text = letters_and_digits(wash(raw)).removeprefix("IMEI").removeprefix("SV")
    require(text.isascii() and text.isdigit() and 14 <= len(text) <= 16, "An IMEI has 15 digits.")
    if len(text) != 15:
        text = text[:14] + luhn.calc_check_digit(text[:14])
    warnings = (
        () if luhn.is_valid(text) else ("The check digit does not match: the IMEI may be misread or cloned.",)
    )
    return Normalised(value=text, display=f"{text[:8]} {text[8:14]} {text[14]}", warnings=warnings)
