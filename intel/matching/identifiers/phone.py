"""Telephone numbers in E.164 (ITU-T)."""

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, ValidationResult

from intel.matching.identifiers.result import Normalised, NotAnIdentifier, wash

_WHY = {
    ValidationResult.TOO_SHORT: "This is too short for a telephone number.",
    ValidationResult.TOO_LONG: "This is too long for a telephone number.",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "Add the area code: without it the number exists in many places.",
    ValidationResult.INVALID_COUNTRY_CODE: "No country has this calling code.",
    ValidationResult.INVALID_LENGTH: "No telephone number of this country has this length.",
}


def normalise(raw: str, country: str | None = None) -> Normalised:
    """E.164. `country` decides how a number without a country code is read."""
    number = _parse(wash(raw), country)
    why = _WHY.get(phonenumbers.is_possible_number_with_reason(number))
    if why:
        raise NotAnIdentifier(why)
    warnings = []
    if number.extension:
        warnings.append(f"The extension {number.extension} is left out: it is not part of the number.")
        number.extension = None
    region = phonenumbers.region_code_for_number(number)
    if region is None or not phonenumbers.is_valid_number_for_region(number, region):
        warnings.append("No operator is known to use this number: check the digits and the country.")
    return Normalised(
        value=phonenumbers.format_number(number, PhoneNumberFormat.E164),
        display=phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL),
        warnings=tuple(warnings),
        country=region,
    )


def _parse(text: str, country: str | None) -> PhoneNumber:
    text = text.lower().removeprefix("tel:").strip()
    if text.startswith("00"):  # no country begins its own numbers with 00, most dial abroad with it
        text = "+" + text[2:]
    if not text.startswith("+") and not country:
        raise NotAnIdentifier("Give the country of this number, or write it with + and the country code.")
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        raise NotAnIdentifier("This does not read as a telephone number.") from error
    return _without_old_mobile_prefix(number)


def _without_old_mobile_prefix(number: PhoneNumber) -> PhoneNumber:
    """Mexico dropped the 1 between country code and mobile number in 2019; address books still hold it."""
    digits = str(number.national_number)
    if number.country_code == 52 and len(digits) == 11 and digits.startswith("1"):
        number.national_number = int(digits[1:])
    return number
