"""Payment cards. The number is never kept: only which kind of card it was, which links nothing to anything."""

import re

from stdnum import luhn

from intel.matching.identifiers.result import Normalised, require, wash

# Issuer ranges as printed on public acceptance guides (ISO/IEC 7812).
BRANDS: dict[str, tuple[str, re.Pattern[str]]] = {
    "visa": ("Visa", re.compile(r"4\d{12}(?:\d{3}){0,2}\Z")),
    "mastercard": (
        "Mastercard",
        re.compile(r"(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}\Z"),
    ),
    "amex": ("American Express", re.compile(r"3[47]\d{13}\Z")),
    "discover": ("Discover", re.compile(r"(?:6011|64[4-9]\d|65\d\d)\d{12}\Z")),
    "diners": ("Diners Club", re.compile(r"3(?:0[0-5]|[689]\d)\d{11}\Z")),
    "jcb": ("JCB", re.compile(r"35(?:2[89]|[3-8]\d)\d{12}\Z")),
    "unionpay": ("UnionPay", re.compile(r"62\d{14,17}\Z")),
    "mir": ("Mir", re.compile(r"220[0-4]\d{12}\Z")),
    "other": ("other", re.compile(r"\d{13,19}\Z")),
}


def normalise(raw: str, country: str | None = None) -> Normalised:
    text = wash(raw).lower().removeprefix("payment card").strip(" ()")
    if text in BRANDS:
        return _card(text)
    digits = re.sub(r"[ -]", "", text)
    require(digits.isdigit() and 13 <= len(digits) <= 19, "A card number has 13 to 19 digits.")
    warnings = (
        () if luhn.is_valid(digits) else ("The check digit does not match: the card number may be misread.",)
    )
    return _card(brand(digits), warnings)


def brand(digits: str) -> str:
    return next(code for code, (_, shape) in BRANDS.items() if shape.match(digits))


def _card(code: str, warnings: tuple[str, ...] = ()) -> Normalised:
    return Normalised(value=code, display=f"payment card ({BRANDS[code][0]})", warnings=warnings)
