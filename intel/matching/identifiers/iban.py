"""International bank account numbers (ISO 13616): the last two check digits make the whole divisible, mod 97 = 1."""

import re

from stdnum import exceptions
from stdnum import iban as registry

from intel.matching.identifiers.result import Normalised, letters_and_digits, require, wash

_SHAPE = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}\Z")


def normalise(raw: str, country: str | None = None) -> Normalised:
    text = letters_and_digits(wash(raw)).removeprefix("IBAN")
    require(
        text.isascii() and _SHAPE.match(text), "An IBAN is two letters, two digits and 10 to 30 characters."
    )
    warnings: tuple[str, ...] = ()
    try:
        registry.validate(text, check_country=False)
    except exceptions.InvalidChecksum:
        warnings = ("The check digits do not match: the IBAN may be misread or invented.",)
    except exceptions.ValidationError:
        warnings = ("This is not the form that the IBANs of this country have.",)
    groups = " ".join(text[i : i + 4] for i in range(0, len(text), 4))
    return Normalised(value=text, display=groups, warnings=warnings, country=text[:2])
