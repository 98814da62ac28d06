"""Vehicle identification numbers (ISO 3779). Check digit at position 9: 49 CFR 565, weights below."""

import re

from intel.matching.identifiers.result import Normalised, letters_and_digits, require, wash

_MISREAD = str.maketrans("IOQ", "100")  # the standard has no I, O or Q
_VALUE = dict(
    zip(
        "0123456789ABCDEFGHJKLMNPRSTUVWXYZ",
        (*range(10), *range(1, 9), 1, 2, 3, 4, 5, 7, 9, *range(2, 10)),
        strict=True,
    )
)
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def normalise(raw: str, country: str | None = None) -> Normalised:
    text = letters_and_digits(wash(raw)).removeprefix("VIN")
    require(
        re.fullmatch(r"[A-Z0-9]{11,17}", text), "A VIN has 17 letters and digits (11 or more before 1981)."
    )
    value = text.translate(_MISREAD)
    warnings = (
        ["The letters I, O and Q do not occur in a VIN; they were read as 1 and 0."] if value != text else []
    )
    if len(value) < 17:
        warnings.append(f"A VIN has 17 characters since 1981; this one has {len(value)}.")
    elif not check_digit_matches(value):
        warnings.append(_failed(value))
    return Normalised(value=value, display=value, warnings=tuple(warnings))


def check_digit_matches(vin: str) -> bool:
    rest = sum(_VALUE[char] * weight for char, weight in zip(vin, _WEIGHTS, strict=True)) % 11
    return vin[8] == ("X" if rest == 10 else str(rest))


def _failed(vin: str) -> str:
    if vin[0] in "12345L":  # North America and China, where the check digit is the law
        return "The check digit does not match: the VIN may be misread or forged."
    return "The check digit does not match, as is usual for vehicles built outside North America and China."
