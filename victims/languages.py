"""The languages that a person may speak: those with a two-letter code, by their three-letter one (ISO 639)."""

from __future__ import annotations

from collections.abc import Iterable

import pycountry

LANGUAGES = sorted(
    ((language.alpha_3, language.name) for language in pycountry.languages if hasattr(language, "alpha_2")),
    key=lambda pair: pair[1],
)
LANGUAGE_NAMES = dict(LANGUAGES)


def spelled(codes: Iterable[str]) -> list[str]:
    """The languages in words."""
    return [LANGUAGE_NAMES.get(code, code) for code in codes]
