"""Ships: IMO number (for the hull's life) and MMSI (for the radio, changes with the flag)."""

from intel.matching.identifiers.result import Normalised, letters_and_digits, require, wash


def imo(raw: str, country: str | None = None) -> Normalised:
    """Seven digits; the last is the last digit of the sum of the others weighted 7 to 2 (IMO A.1117(30))."""
    text = letters_and_digits(wash(raw)).removeprefix("IMO")
    require(len(text) == 7 and text.isascii() and text.isdigit(), "An IMO number has seven digits.")
    right = sum(
        int(digit) * weight for digit, weight in zip(text, range(7, 1, -1), strict=False)
    ) % 10 == int(text[6])
    warnings = () if right else ("The check digit does not match: the IMO number may be misread or forged.",)
    return Normalised(value=text, display=f"IMO {text}", warnings=warnings)


def mmsi(raw: str, country: str | None = None) -> Normalised:
    text = letters_and_digits(wash(raw)).removeprefix("MMSI")
    require(len(text) == 9 and text.isascii() and text.isdigit(), "An MMSI has nine digits.")
    warnings = (
        ()
        if text[0] in "234567"
        else ("Ships' numbers begin with 2 to 7; this may be a coast station or aid.",)
    )
    return Normalised(value=text, display=f"MMSI {text}", warnings=warnings)
