"""Number plates. A witness seldom knows the country, so it stands beside the value and not in it."""

from intel.matching.identifiers.result import Normalised, letters_and_digits, require, wash

# Plates of many countries use only the letters that Latin and the local alphabet share; typists use either.
_LOOK_ALIKE = str.maketrans("АВЕКМНОРСТУХΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEKMHOPCTYXABEZHIKMNOPTYX")


def normalise(raw: str, country: str | None = None) -> Normalised:
    text = letters_and_digits(letters_and_digits(wash(raw)).translate(_LOOK_ALIKE))
    require(2 <= len(text) <= 12, "A number plate has 2 to 12 letters and digits.")
    return Normalised(value=text, display=text, country=country)
