"""One module per attribute. What is compared, in the order it is shown; the fields are the keys of model.json."""

from intel.matching.comparisons import (
    aliases,
    births,
    identifiers,
    names,
    nationalities,
    organisations,
    places,
    postcodes,
    sexes,
    texts,
)
from intel.matching.comparisons.found import Comparison

COMPARISONS: tuple[Comparison, ...] = (
    *identifiers.COMPARISONS,
    names.COMPARISON,
    organisations.COMPARISON,
    aliases.COMPARISON,
    births.COMPARISON,
    sexes.COMPARISON,
    nationalities.COMPARISON,
    places.PLACES,
    places.BIRTH_PLACES,
    postcodes.COMPARISON,
    *texts.COMPARISONS,
)

__all__ = ["COMPARISONS", "Comparison"]
