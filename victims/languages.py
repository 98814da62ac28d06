"""The languages that a person may speak: those with a two-letter code, by their three-letter one (ISO 639)."""

from __future__ import annotations

from collections.abc import Iterable

import pycountry

LANGUAGES = sorted(
    ((language.alpha_3, language.name) for language in pycountry.languages if hasattr(language, "alpha_2")),
    key=lambda pair: pair[1],
)
LANGUAGE_NAMES = dict(LANGUAGES)
# Where people are trafficked from and to, most are spoken to in one of these: nobody should scroll past Abkhazian for them.
OFTEN = (
    "ara", "ben", "deu", "eng", "fas", "fra", "hat", "hin", "hun", "ind", "khm", "nep", "por", "ron", "rus", "spa", "swa",
    "tgl", "tha", "tir", "tur", "ukr", "urd", "vie", "yor", "zho",
)  # fmt: skip
GROUPED = [
    ("Often spoken", sorted(((code, LANGUAGE_NAMES[code]) for code in OFTEN), key=lambda pair: pair[1])),
    ("All others", [pair for pair in LANGUAGES if pair[0] not in OFTEN]),
]


def spelled(codes: Iterable[str]) -> list[str]:
    """The languages in words."""
    return [LANGUAGE_NAMES.get(code, code) for code in codes]
